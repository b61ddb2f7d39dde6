//! What was searched for: Anthropic tells it before the words that lean on it, Google last.

use gap_protocol::anthropic::messages::StreamEncoder;
use gap_protocol::call::{ReplyPlan, Thoughts, Words};
use serde_json::{Value, json};

use super::{ID, SIGNING, accumulated, body, decode, plan, stream_as, unary, unary_as, warnings};

fn event(parts: &Value, more: &Value) -> Vec<u8> {
    let mut candidate = json!({"content": {"parts": parts}});
    candidate.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "candidates": [candidate] }).to_string().into_bytes()
}

fn found() -> Value {
    json!({"finishReason": "STOP", "groundingMetadata": {
        "webSearchQueries": ["who won"], "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}],
        "groundingSupports": [{"segment": {"endIndex": 10, "text": "Spain won."}, "groundingChunkIndices": [0]}]}})
}

fn waiting(thoughts: Thoughts) -> ReplyPlan {
    ReplyPlan { words: Words::AfterSearch, ..plan(thoughts) }
}

fn kinds(message: &Value) -> Vec<&str> {
    message["content"].as_array().unwrap().iter().map(|block| block["type"].as_str().unwrap()).collect()
}

// wire 118
#[test]
fn what_was_searched_comes_before_the_words_and_thoughts_do_not_wait() {
    let chunks = [
        event(&json!([{"text": "hm", "thought": true}]), &json!({})),
        event(&json!([{"text": "Spain"}]), &json!({})),
        event(&json!([{"text": " won."}]), &json!({})),
        event(&json!([{"text": "", "thoughtSignature": "c2ln"}]), &found()),
    ];
    let (mut encoder, mut frames) = (StreamEncoder::new(waiting(Thoughts::Shown), ID), Vec::new());
    for chunk in &chunks {
        encoder.chunk(chunk, &mut frames).unwrap();
    }
    let before = String::from_utf8(frames.clone()).unwrap();
    assert!(before.contains("thinking_delta") && !before.contains("Spain"), "{before}");
    encoder.end(&mut frames).unwrap();
    let message = accumulated(std::str::from_utf8(&frames).unwrap());
    assert_eq!(kinds(&message), ["thinking", "server_tool_use", "web_search_tool_result", "text"]);
    let blocks = &message["content"];
    assert_eq!(blocks[1]["input"], json!({"query": "who won"}));
    assert_eq!(blocks[2]["content"][0]["title"], "A");
    assert_eq!((&blocks[3]["text"], &blocks[3]["citations"][0]["url"]), (&json!("Spain won."), &json!("https://a")));
    assert_eq!(message["usage"]["server_tool_use"]["web_search_requests"], 1);
    assert_eq!(unary_as(waiting(Thoughts::Shown), &chunks, true).unwrap(), message);
}

#[test]
fn an_answer_without_a_search_is_whole_all_the_same() {
    let calls = json!([{"functionCall": {"name": "f", "args": {}}}]);
    let chunks =
        [event(&json!([{"text": "Let me see."}]), &json!({})), event(&calls, &json!({"finishReason": "STOP"}))];
    let message = accumulated(&stream_as(waiting(Thoughts::Hidden), &chunks).unwrap());
    assert_eq!(kinds(&message), ["text", "tool_use"]);
    assert_eq!(message, unary(Thoughts::Hidden, &chunks, true).unwrap());
}

#[test]
fn a_cut_answer_that_waited_has_said_nothing() {
    let (mut encoder, mut frames) = (StreamEncoder::new(waiting(Thoughts::Hidden), ID), Vec::new());
    encoder.chunk(&event(&json!([{"text": "Spain"}]), &json!({})), &mut frames).unwrap();
    assert!(frames.is_empty(), "another key may still be tried");
    assert!(encoder.end(&mut frames).is_err());
    assert!(frames.is_empty());
}

#[test]
fn words_wait_only_where_the_model_may_search() {
    let search = json!({"type": "web_search_20250305", "name": "web_search"});
    let function = json!({"name": "f", "input_schema": {"type": "object"}});
    let waits = |request: Value| decode(request).unwrap().plan.words == Words::AfterSearch;
    assert!(waits(json!({"tools": [search]})));
    assert!(waits(json!({"model": SIGNING, "tools": [search, function]})));
    assert!(!waits(json!({"tools": [search, function]})), "this model does not take both, so it does not search");
    assert!(!waits(json!({"tools": [function]})));
}

#[test]
fn a_search_that_is_demanded_is_left_to_the_model() {
    let search = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 8});
    let function = json!({"name": "f", "input_schema": {"type": "object"}});
    for choice in [json!({"type": "tool", "name": "web_search"}), json!({"type": "any"})] {
        let request = json!({"tools": [search], "tool_choice": choice});
        assert!(warnings(request.clone()).contains(&"tool_choice".to_owned()));
        let sent = body(request);
        assert_eq!((&sent["tools"], &sent["toolConfig"]), (&json!([{"googleSearch": {}}]), &Value::Null));
    }
    let request = json!({"model": SIGNING, "tools": [search, function], "tool_choice": {"type": "any"}});
    assert_eq!(body(request)["toolConfig"]["functionCallingConfig"]["mode"], "ANY");
    let request = json!({"tools": [search], "tool_choice": {"type": "tool", "name": "other"}});
    assert!(decode(request).unwrap_err().contains("other"));
}
