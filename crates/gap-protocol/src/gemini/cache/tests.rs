use serde_json::{Value, json};

use super::*;

fn request() -> Value {
    json!({
        "system_instruction": { "parts": [{ "text": "Be brief." }] },
        "tools": [{ "functionDeclarations": [{ "name": "look" }] }],
        "toolConfig": { "functionCallingConfig": { "mode": "ANY" } },
        "contents": [
            { "role": "user", "parts": [{ "text": "one" }] },
            { "role": "model", "parts": [{ "text": "two" }] },
            { "role": "user", "parts": [{ "text": "three" }] },
        ],
        "generationConfig": { "temperature": 0.5 },
        "tomorrowsField": [1, 2.50],
    })
}

fn read(json: Option<Vec<u8>>) -> Value {
    serde_json::from_slice(&json.unwrap()).unwrap()
}

/// wire 99
#[test]
fn a_shortened_request_says_nothing_that_its_cache_says() {
    let body = request().to_string();
    assert_eq!(
        read(shorten(body.as_bytes(), 2, "cachedContents/a")),
        json!({
            "cachedContent": "cachedContents/a",
            "generationConfig": { "temperature": 0.5 },
            "tomorrowsField": [1, 2.50],
            "contents": [{ "role": "user", "parts": [{ "text": "three" }] }],
        })
    );
}

#[test]
fn a_cache_holds_what_the_request_is_shortened_by() {
    let body = request().to_string();
    let new = NewCache { model: "gemini-2.5-flash", display_name: "gap-1", seconds: 300 };
    let of = |turns| read(creation(body.as_bytes(), turns, new));
    let mut expected = json!({
        "model": "models/gemini-2.5-flash",
        "displayName": "gap-1",
        "ttl": "300s",
        "systemInstruction": request()["system_instruction"],
        "tools": request()["tools"],
        "toolConfig": request()["toolConfig"],
    });
    assert_eq!(of(0), expected, "no turn, no contents");
    expected["contents"] = json!([request()["contents"][0], request()["contents"][1]]);
    assert_eq!(of(2), expected);
}

#[test]
fn what_leaves_nothing_to_answer_or_has_a_cache_of_its_own_stays_as_it_is() {
    let body = request().to_string();
    assert_eq!(shorten(body.as_bytes(), 3, "cachedContents/a"), None);
    assert_eq!(shorten(b"no json", 0, "cachedContents/a"), None);
    assert_eq!(shorten(br#"{"contents":{"parts":[{"text":"alone"}]}}"#, 0, "cachedContents/a"), None);
    let own = br#"{"cachedContent":"cachedContents/own","contents":[{"parts":[]}]}"#;
    assert_eq!(shorten(own, 0, "cachedContents/a"), None);
    assert_eq!(named_in(own).as_deref(), Some("cachedContents/own"));
    assert_eq!(named_in(br#"{"contents":[{"parts":[{"text":"cachedContents/words"}]}]}"#), None);
}

#[test]
fn of_a_repeated_member_the_last_one_is_sent() {
    let body = br#"{"a":1,"contents":[{"parts":[]}],"a":2}"#;
    assert_eq!(read(shorten(body, 0, "cachedContents/a"))["a"], 2);
}

#[test]
fn what_a_cache_must_repeat_is_found() {
    let body = request().to_string();
    assert_eq!(tool_config(body.as_bytes()).unwrap(), br#"{"functionCallingConfig":{"mode":"ANY"}}"#);
    assert_eq!(tool_config(br#"{"contents":[{"parts":[{"text":"toolConfig"}]}]}"#), None);
    assert!(has_instruction(body.as_bytes()));
    assert!(!has_instruction(br#"{"contents":[{"parts":[{"text":"systemInstruction"}]}]}"#));
}

#[test]
fn every_cache_that_a_request_names_is_found() {
    let found = |body: &str| all_named_in(body.as_bytes());
    let none: [&str; 0] = [];
    assert_eq!(found(&request().to_string()), none);
    assert_eq!(found(r#"{"cachedContent": "cachedContents/a", "cached_content": "b"}"#), ["b", "cachedContents/a"]);
    // The same letters, as JSON may write them.
    assert_eq!(found(r#"{"cachedContent": "cachedContents\/a"}"#), ["cachedContents/a"]);
    assert_eq!(found(r#"{"cached\u0043ontent": "cached\u0043ontents/a"}"#), ["cachedContents/a"]);
    assert_eq!(named_in(br#"{"cached\u0043ontent": "cachedContents\/a"}"#).as_deref(), Some("cachedContents/a"));
    // Within what is counted, and within a batch.
    assert_eq!(found(r#"{"generateContentRequest": {"cachedContent": "cachedContents/a"}}"#), ["cachedContents/a"]);
    let batch = |name: &str| {
        json!({ "batch": { name: { "requests": { "requests": [
            { "request": { "contents": [] } },
            { "request": { "cachedContent": "cachedContents/a" }, "metadata": { "cachedContent": "not one" } },
            { "request": { "cached_content": "cachedContents/b" } },
        ] } } } })
    };
    for name in ["inputConfig", "input_config"] {
        assert_eq!(found(&batch(name).to_string()), ["cachedContents/a", "cachedContents/b"]);
    }
    // What a function is asked with is nobody's cache.
    let call =
        json!({ "contents": [{ "parts": [{ "functionCall": { "args": { "cachedContent": "cachedContents/x" } } }] }] });
    assert_eq!(found(&call.to_string()), none);
    // No JSON, but perhaps to Google.
    assert_eq!(found("{cachedContent: 'cachedContents/a-1',}"), ["cachedContents/a-1"]);
    assert_eq!(found("{cachedContent: 'cachedContents/'"), none);
}
