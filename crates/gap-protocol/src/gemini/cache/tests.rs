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
