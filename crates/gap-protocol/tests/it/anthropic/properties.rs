//! Any answer, cut anywhere; any request, damaged anyhow.

use gap_protocol::anthropic::messages;
use gap_protocol::call::{ReplyPlan, Thoughts, Words};
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory, ids};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MODELS, SIGNING, accumulated, plan, stream, stream_as, unary, unary_as};
use crate::mutation::{Dice, damage};
use crate::openai_encode::accounting;
use crate::openai_encode::properties::{answer, wither, written};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_stream_sums_to_the_message_and_both_lose_nothing(said in answer()) {
        // wire 111, wire 112, wire 115, wire 121, wire 124
        let chunks = written(&said);
        let account = accounting::of_gemini(&said);
        let expected = &account.choices[&0];
        for thoughts in [Thoughts::Hidden, Thoughts::Signed, Thoughts::Shown] {
            let message = unary(thoughts, &chunks, true).unwrap();
            prop_assert_eq!(&accumulated(&stream(thoughts, &chunks).unwrap()), &message);

            // Where words wait for a search, the same is said, and after what was searched.
            let waiting = ReplyPlan { words: Words::AfterSearch, ..plan(thoughts) };
            let waited = unary_as(waiting.clone(), &chunks, true).unwrap();
            prop_assert_eq!(&accumulated(&stream_as(waiting, &chunks).unwrap()), &waited);
            prop_assert_eq!(without_search(&waited), without_search(&message));

            let blocks = message["content"].as_array().unwrap();
            let of = |kind: &str, key: &str| -> Vec<&str> {
                blocks.iter().filter(|block| block["type"] == kind).filter_map(|block| block[key].as_str()).collect()
            };
            prop_assert_eq!(of("text", "text").concat(), expected.text.as_str());
            let aloud = if thoughts == Thoughts::Shown { expected.thoughts.as_str() } else { "" };
            prop_assert_eq!(of("thinking", "thinking").concat(), aloud);
            let calls: Vec<&Value> = blocks.iter().filter(|block| block["type"] == "tool_use").collect();
            prop_assert_eq!(calls.len(), expected.calls.len());
            for (call, own) in calls.iter().zip(&expected.calls) {
                prop_assert_eq!((&call["name"], &call["input"]), (&json!(own.name), &own.arguments));
            }
            let images = blocks.iter().filter(|block| block["type"] == "image");
            prop_assert_eq!(images.count(), expected.images.len());

            // The signature of a call is in the block before it or in its id, every other in a block or beside the message.
            let whole = message.to_string();
            let carried: Vec<String> = of("tool_use", "id")
                .iter()
                .filter_map(|id| ids::decode(&format!("call_{}", id.strip_prefix("toolu_")?))?.signature)
                .collect();
            for call in &expected.calls {
                let kept = call.signature.as_ref().is_none_or(|own| whole.contains(own.as_str()) || carried.contains(own));
                prop_assert!(kept, "{:?} is lost", call.signature);
            }
            let input = &message["usage"]["input_tokens"];
            let cached = &message["usage"]["cache_read_input_tokens"];
            let output = &message["usage"]["output_tokens"];
            let tokens = |value: &Value| value.as_u64().unwrap();
            prop_assert_eq!(tokens(input) + tokens(cached), account.prompt);
            prop_assert_eq!((tokens(output), tokens(cached)), (account.completion, account.cached));
        }
    }
}

/// The blocks of a message but those of its search.
fn without_search(message: &Value) -> Vec<&Value> {
    let is_search = |block: &Value| block["type"] == "web_search_tool_result" || block["name"] == "web_search";
    message["content"].as_array().unwrap().iter().filter(|block| !is_search(block)).collect()
}

#[test]
fn damaged_requests_are_refused_and_never_panic() {
    let context = DecodeContext { models: &MODELS, memory: &NoMemory, options: DecodeOptions::default() };
    let whole = everything();
    assert!(messages::decode(whole.to_string().as_bytes(), &context).is_ok());
    for round in 0..4000 {
        let mut dice = Dice(round);
        let mut request = whole.clone();
        wither(&mut request, &mut dice);
        let mut bytes = request.to_string().into_bytes();
        if round % 2 == 0 {
            damage(&mut bytes, &mut dice);
        }
        match messages::decode(&bytes, &context) {
            Ok(decoded) if decoded.pending().is_empty() => {
                let body = &decoded.call().body;
                serde_json::from_slice::<Value>(body).unwrap_or_else(|error| panic!("round {round}: {error}"));
            }
            Ok(_) => {}
            Err(error) => assert!(!error.message.is_empty()),
        }
    }
}

/// A request with something of everything.
fn everything() -> Value {
    json!({
        "model": SIGNING, "max_tokens": 4000, "stream": true, "temperature": 0.5, "top_k": 3, "top_p": 0.9,
        "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "metadata": {"user_id": "u"}, "stop_sequences": ["END"], "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        "tools": [
            {"name": "look", "description": "d", "input_schema": {"type": "object", "properties": {"at": {"type": "integer"}}}},
            {"type": "bash_20250124", "name": "bash"}, {"type": "web_search_20250305", "name": "web_search"},
        ],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"}, {"type": "redacted_thinking", "data": "eHg="},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_a", "name": "look", "input": {"at": 7}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_a", "is_error": true, "content": [
                    {"type": "text", "text": "no"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}]},
                {"type": "image", "source": {"type": "url", "url": "https://a.example/cat.png"}},
                {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "w"}},
                {"type": "text", "text": "And?", "cache_control": {"type": "ephemeral"}},
            ]},
        ],
    })
}
