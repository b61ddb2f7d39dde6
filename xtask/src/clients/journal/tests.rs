use serde_json::{Value, json};

use super::Journal;

fn journal(path: &str, contents: &Value, client_gone: bool) -> Journal {
    let body = json!({ "contents": contents }).to_string();
    Journal::read(&json!({"requests": [{"path": path, "body": body, "client_gone": client_gone}]}))
}

fn of(signatures: &[Option<&str>]) -> String {
    let call = |signature: Option<&str>| match signature {
        Some(signature) => json!({"functionCall": {"name": "f"}, "thoughtSignature": signature}),
        None => json!({"functionCall": {"name": "f"}}),
    };
    let turns: Vec<_> = signatures.iter().map(|own| json!({"role": "model", "parts": [call(*own)]})).collect();
    journal("/v1beta/models/gemini-3.1-pro-preview:generateContent", &json!(turns), false).signatures.to_string()
}

#[test]
fn a_signature_and_what_stands_for_one_are_told_apart() {
    assert_eq!(of(&[]), "-");
    assert_eq!(of(&[Some("c2ln"), Some("bmF0dXJl")]), "ok");
    assert_eq!(of(&[Some("c2ln"), Some(super::STAND_IN), None]), "FAILED: 2 of 3 lost");
}

#[test]
fn only_the_first_of_several_calls_has_one_and_older_models_have_none() {
    let parts = json!([{"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"}, {"functionCall": {"name": "g"}}]);
    let turns = json!([{"role": "model", "parts": parts}]);
    assert_eq!(journal("/v1beta/models/gemini-3-flash-preview:x", &turns, false).signatures.to_string(), "ok");
    let bare = json!([{"role": "model", "parts": [{"functionCall": {"name": "f"}}]}]);
    assert_eq!(journal("/v1beta/models/gemini-2.5-flash:x", &bare, false).signatures.to_string(), "-");
}

#[test]
fn pictures_count_in_turns_and_in_results() {
    let picture = json!({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgoAAAA"}});
    let sound = json!({"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}});
    let result = json!({"functionResponse": {"name": "f", "response": {}, "parts": [picture]}});
    let turns = json!([{"role": "user", "parts": [picture, sound, {"text": "iVBORw0KGgo"}]}, {"role": "user", "parts": [result]}]);
    assert_eq!(journal("/v1beta/models/gemini-2.5-flash:x", &turns, false).pictures, 2);
}

#[test]
fn an_answer_that_is_read_on_is_not_left() {
    let long = json!([{"role": "user", "parts": [{"text": "[[sim: chunks=400 chunk_bytes=40]] Go on."}]}]);
    assert!(journal("/x", &long, true).long.is_left());
    assert!(!journal("/x", &long, false).long.is_left());
    assert!(!journal("/x", &json!([]), true).long.is_left(), "there was none");
}
