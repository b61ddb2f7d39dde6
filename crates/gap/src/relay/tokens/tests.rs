use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::*;

fn tokens(body: &Json) -> u64 {
    of_json(body.to_string().as_bytes())
}

fn says(text: &str) -> Json {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }] })
}

#[test]
fn only_words_cost() {
    assert_eq!(tokens(&says("one two three")), 3);
    let mut tuned = says("one two three");
    tuned["generationConfig"] = json!({ "temperature": 0.5, "stopSequences": ["a lot of words that nobody reads"] });
    tuned["safetySettings"] = json!([{ "category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF" }]);
    assert_eq!(tokens(&tuned), 3);
    tuned["systemInstruction"] = json!({ "parts": [{ "text": "be brief" }] });
    assert_eq!(tokens(&tuned), 5);
}

#[test]
fn functions_cost_what_the_model_is_told_of_them() {
    let mut with_tools = says("one two three");
    with_tools["tools"] = json!([{ "functionDeclarations": [{
        "name": "look_up", "description": "looks a word up",
        "parameters": { "type": "OBJECT", "properties": { "text": { "type": "STRING" } } },
    }] }]);
    let cost = tokens(&with_tools) - 3;
    assert!((8..30).contains(&cost), "{cost}");
}

#[test]
fn media_cost_by_their_kind_and_not_by_their_letters() {
    let with = |mime: &str| {
        let data = "A".repeat(400_000);
        json!({ "contents": [{ "parts": [{ "inlineData": { "mimeType": mime, "data": data } }] }] })
    };
    assert_eq!(tokens(&with("image/png")), 258);
    assert_eq!(tokens(&with("application/pdf")), 258 * 6);
    assert!(tokens(&with("text/plain")) > 50_000);
    let elsewhere = json!({ "contents": [{ "parts": [{ "fileData": { "fileUri": "x", "mimeType": "image/png" } }] }] });
    assert_eq!(tokens(&elsewhere), 258);
}

#[test]
fn what_is_no_json_is_worth_its_length() {
    assert_eq!(of_json(b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), 2);
    assert_eq!(of_json(b""), 0);
}

#[test]
fn samples_speak_for_a_long_text() {
    let prose = "The quick brown fox jumps over 13 lazy dogs, and nobody knows why. ".repeat(2_000);
    let chinese = "速度快的棕色狐狸跳过了懒狗。".repeat(5_000);
    let mixed = format!("{prose}{chinese}");
    for text in [&prose, &chinese, &mixed] {
        let (guess, all) = (tokens(&says(text)), estimate::of_text(text));
        assert!(guess.abs_diff(all) * 20 <= all, "{guess} instead of {all}");
    }
}

#[test]
fn samples_speak_for_a_large_body() {
    let kept = |body: &Json| match RequestBody::from(Bytes::from(body.to_string())) {
        RequestBody::Kept(kept) => kept,
        RequestBody::Once(_) => panic!("it was written here"),
    };
    let line = "The quick brown fox jumps over 13 lazy dogs,\nand \"nobody\" knows why. ";
    let prose = says(&line.repeat(100_000));
    let (guess, all) = (of_large(&kept(&prose)), estimate::of_text(line) * 100_000);
    assert!(guess.abs_diff(all) * 10 <= all, "{guess} instead of {all}");
    let film = json!({ "contents": [{ "parts": [{ "inlineData": { "mimeType": "video/mp4", "data": "A1b2".repeat(2_000_000) } }] }] });
    assert!(of_large(&kept(&film)) < 20_000);
}

#[test]
fn escapes_cost_what_they_stand_for() {
    let text = "one\ttwo\n\"three\" \\ four \u{1F600} five";
    assert_eq!(tokens(&says(text)), estimate::of_text(text));
    assert_eq!(of_json(&Bytes::from(r#"{"contents":[{"parts":[{"text":"\u0061\u0062c d"}]}]}"#)), 2);
}
