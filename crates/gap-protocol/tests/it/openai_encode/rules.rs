//! What a client relies on, one rule at a time.

use gap_protocol::call::{IdStyle, ReplyPlan};
use gap_protocol::openai::chat::ids;
use gap_protocol::openai::chat::{EncodeError, Outcome, Progress, StreamEncoder, UnaryEncoder};
use gap_protocol::openai::error::Error;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{CREATED, ID, plan, stream, unary};

fn event(candidate: &Value) -> Vec<u8> {
    json!({"candidates": [candidate]}).to_string().into_bytes()
}

fn said(part: &Value, finish: Option<&str>) -> Vec<u8> {
    let mut candidate = json!({"content": {"parts": [part]}});
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.into();
    }
    event(&candidate)
}

fn outcome(chunks: &[Vec<u8>]) -> Outcome {
    let mut encoder = UnaryEncoder::new(plan(), ID, CREATED);
    for chunk in chunks {
        encoder.chunk(chunk).unwrap();
    }
    encoder.outcome()
}

#[test]
fn while_nothing_was_said_nothing_is_sent() {
    let mut encoder = StreamEncoder::new(plan(), ID, CREATED);
    let mut out = Vec::new();
    for silent in [
        json!({"candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}}], "modelVersion": "m"}),
        json!({"usageMetadata": {"promptTokenCount": 7}}),
        json!({"candidates": []}),
        json!({}),
    ] {
        assert_eq!(encoder.chunk(silent.to_string().as_bytes(), &mut out), Ok(Progress::Silent));
    }
    assert!(out.is_empty() && encoder.is_empty());
    assert_eq!(encoder.chunk(&said(&json!({"text": "a"}), None), &mut out), Ok(Progress::Spoke));
    assert!(!out.is_empty() && !encoder.is_empty());
}

#[test]
fn the_outcome_says_whether_to_ask_again() {
    // wire 73, wire 109, wire 114
    let nothing = json!({"text": ""});
    let call = json!({"functionCall": {"name": "f"}});
    assert_eq!(outcome(&[said(&json!({"text": "a"}), Some("STOP"))]), Outcome::Complete);
    assert_eq!(outcome(&[said(&nothing, Some("STOP"))]), Outcome::Empty);
    assert_eq!(outcome(&[said(&json!({"text": "hm", "thought": true}), Some("STOP"))]), Outcome::Empty);
    assert_eq!(outcome(&[said(&json!({"text": "hm", "thought": true}), Some("MAX_TOKENS"))]), Outcome::Complete);
    assert_eq!(outcome(&[said(&nothing, Some("OTHER"))]), Outcome::Empty);
    assert_eq!(outcome(&[said(&nothing, Some("MAX_TOKENS"))]), Outcome::Complete);
    assert_eq!(outcome(&[said(&nothing, Some("SAFETY"))]), Outcome::Complete);
    assert_eq!(outcome(&[said(&nothing, Some("MALFORMED_FUNCTION_CALL"))]), Outcome::BrokenCall);
    assert_eq!(outcome(&[said(&json!({"text": "a"}), Some("UNEXPECTED_TOOL_CALL"))]), Outcome::BrokenCall);
    assert_eq!(outcome(&[said(&call, Some("MALFORMED_FUNCTION_CALL"))]), Outcome::Complete);
    assert_eq!(outcome(&[said(&json!({"text": "a"}), None)]), Outcome::Unfinished);
    assert_eq!(outcome(&[b"{}".to_vec()]), Outcome::Unfinished);
    assert_eq!(outcome(&[br#"{"promptFeedback":{"blockReason":"OTHER"}}"#.to_vec()]), Outcome::Blocked);
    assert_eq!(outcome(&[br#"{"promptFeedback":{"safetyRatings":[]}}"#.to_vec()]), Outcome::Unfinished);
}

#[test]
fn a_body_without_a_reason_has_ended_and_a_stream_without_one_was_cut() {
    // wire 112
    let chunks = [said(&json!({"text": "a"}), None)];
    assert_eq!(stream(&plan(), &chunks), Err(EncodeError::Truncated));
    assert_eq!(unary(&plan(), &chunks, true), Err(EncodeError::Truncated));
    let body = unary(&plan(), &chunks, false).unwrap();
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!(body["choices"][0]["native_finish_reason"], Value::Null);
}

#[test]
fn one_candidate_that_has_not_ended_keeps_all_from_ending() {
    let chunks =
        [json!({"candidates": [{"finishReason": "STOP"}, {"content": {"parts": [{"text": "b"}]}}]}).to_string()];
    assert_eq!(stream(&plan(), &chunks), Err(EncodeError::Truncated));
}

#[test]
fn a_failed_stream_ends_with_an_error_and_is_not_done() {
    // wire 25
    let mut out = Vec::new();
    let error = Error { message: "The answer broke off.", error_type: "server_error", param: None, code: Some("x") };
    StreamEncoder::fail(&error, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "data: {\"error\":{\"message\":\"The answer broke off.\",\"type\":\"server_error\",\"param\":null,\"code\":\"x\"}}\n\n"
    );
}

#[test]
fn an_error_in_the_place_of_an_answer_is_handed_over_whole() {
    // wire 1, wire 25
    for chunk in [r#"{"error":{"code":429,"details":[]}}"#, r#"[{"error":{"code":429,"details":[]}}]"#] {
        let expected = EncodeError::Upstream(r#"{"code":429,"details":[]}"#.to_owned());
        assert_eq!(stream(&plan(), &[chunk]), Err(expected.clone()));
        assert_eq!(unary(&plan(), &[chunk], false), Err(expected));
    }
}

#[test]
fn ids_of_calls_differ_within_an_answer_and_between_answers() {
    // wire 72
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    let candidate = json!({"content": {"parts": [call, call]}, "finishReason": "STOP"});
    let chunk = json!({"candidates": [candidate, candidate]}).to_string();
    let mut ids = std::collections::HashSet::new();
    for answer in ["chatcmpl-0193c0ffee0070008000a1b2c3d4e5f6", "chatcmpl-0193c0ffee0070008000a1b2c3d4e5f7", "x", ""] {
        for style in [IdStyle::Embedded, IdStyle::Short] {
            let mut encoder = UnaryEncoder::new(ReplyPlan { ids: style, ..plan() }, answer, CREATED);
            encoder.chunk(chunk.as_bytes()).unwrap();
            let body: Value = serde_json::from_slice(&encoder.end(false).unwrap()).unwrap();
            for choice in body["choices"].as_array().unwrap() {
                for call in choice["message"]["tool_calls"].as_array().unwrap() {
                    let id = call["id"].as_str().unwrap().to_owned();
                    assert!(id.len() <= ids::MAX_SHORT);
                    ids.insert((style == IdStyle::Short, id));
                }
            }
        }
    }
    assert_eq!(ids.len(), 4 * 2 * 4);
}

#[test]
fn a_signature_reaches_the_client_three_ways() {
    // wire 64, wire 76, wire 77
    let part = json!({"functionCall": {"name": "f", "id": "rgjcr7hc"}, "thoughtSignature": "c2lnbmF0dXJl"});
    let mut encoder = UnaryEncoder::new(plan(), ID, CREATED);
    encoder.chunk(&said(&part, Some("STOP"))).unwrap();
    let body: Value = serde_json::from_slice(&encoder.end(false).unwrap()).unwrap();
    let call = &body["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["extra_content"]["google"]["thought_signature"], "c2lnbmF0dXJl");
    let id = call["id"].as_str().unwrap();
    let carried = ids::decode(id).unwrap();
    assert_eq!(carried.signature.as_deref(), Some("c2lnbmF0dXJl"));
    assert_eq!((carried.gemini_id.as_deref(), carried.name.as_deref()), (Some("rgjcr7hc"), Some("f")));
    let kept = encoder.take_signatures();
    assert_eq!((kept[0].call_id.as_str(), kept[0].signature.as_str()), (id, "c2lnbmF0dXJl"));
    assert!(encoder.take_signatures().is_empty());
}

#[test]
fn a_short_id_leaves_the_signature_to_the_vault() {
    let part = json!({"functionCall": {"name": "f", "id": "rgjcr7hc"}, "thoughtSignature": "c2ln".repeat(300)});
    let mut encoder = UnaryEncoder::new(ReplyPlan { ids: IdStyle::Short, ..plan() }, ID, CREATED);
    encoder.chunk(&said(&part, Some("STOP"))).unwrap();
    let kept = encoder.take_signatures();
    assert!(kept[0].call_id.len() <= ids::MAX_SHORT);
    assert_eq!(ids::decode(&kept[0].call_id).unwrap().gemini_id.as_deref(), Some("rgjcr7hc"));
    assert_eq!(kept[0].signature.len(), 1200);
}

#[test]
fn usage_is_the_last_word_and_never_a_sum() {
    // wire 122, wire 124
    let usage = |prompt: u64, output: u64| {
        json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}], "usageMetadata": {
            "promptTokenCount": prompt, "candidatesTokenCount": output, "thoughtsTokenCount": 3, "toolUsePromptTokenCount": 4,
            "cachedContentTokenCount": 2, "totalTokenCount": prompt + output + 7,
        }})
        .to_string()
    };
    let body = unary(&plan(), &[usage(10, 1), usage(10, 5)], true).unwrap();
    let usage = &body["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(14), &json!(8)));
    assert_eq!(usage["total_tokens"], 22);
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 2);
    assert_eq!(usage["completion_tokens_details"]["reasoning_tokens"], 3);
}

#[test]
fn usage_that_google_leaves_out_is_estimated_and_marked() {
    // wire 124
    let mut encoder = UnaryEncoder::new(plan(), ID, CREATED).with_estimated_prompt(100);
    encoder.chunk(&said(&json!({"text": "a".repeat(40)}), Some("STOP"))).unwrap();
    let body: Value = serde_json::from_slice(&encoder.end(false).unwrap()).unwrap();
    assert_eq!(body["usage"]["estimated"], true);
    assert_eq!((&body["usage"]["prompt_tokens"], &body["usage"]["completion_tokens"]), (&json!(100), &json!(10)));
}

#[test]
fn service_tiers_have_openais_names() {
    for (google, openai) in
        [("standard", json!("default")), ("FLEX", json!("flex")), ("priority", json!("priority")), ("new", Value::Null)]
    {
        let chunk =
            json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"serviceTier": google}}).to_string();
        assert_eq!(unary(&plan(), &[chunk], false).unwrap()["service_tier"], openai, "{google}");
    }
}

#[test]
fn choices_begin_in_their_order() {
    // openai for Python adds the choices of the first chunk to a list; the second before the first is an error there.
    let second_first = json!({"candidates": [{"index": 1, "content": {"parts": [{"text": "b"}]}}]}).to_string();
    let first = json!({"candidates": [
        {"index": 0, "content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}, {"index": 1, "finishReason": "STOP"},
    ]});
    let frames = stream(&plan(), &[second_first, first.to_string()]).unwrap();
    let begins: Vec<usize> = (0..2).map(|index| frames.find(&format!("\"index\":{index}")).unwrap()).collect();
    assert!(begins[0] < begins[1]);
}

#[test]
fn candidates_without_end_do_not_grow_the_encoder_without_end() {
    let mut encoder = StreamEncoder::new(plan(), ID, CREATED);
    let mut out = Vec::new();
    for index in 0..2000 {
        out.clear();
        let candidate = json!({"index": index, "content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"});
        encoder.chunk(&event(&candidate), &mut out).unwrap();
    }
    assert!(out.is_empty());
    encoder.end(&mut out).unwrap();
    assert!(out.ends_with(b"data: [DONE]\n\n"));
}

#[test]
fn a_hostile_path_of_streamed_arguments_ends() {
    // wire 72
    for path in
        ["$.a".repeat(100_000), "$[4000000000]".to_owned(), "$[[[".to_owned(), "$..['x".to_owned(), String::new()]
    {
        let pieces = json!([{"jsonPath": path, "stringValue": "x"}]);
        let part = json!({"functionCall": {"name": "f", "partialArgs": pieces}});
        let body = unary(&plan(), &[said(&part, Some("STOP"))], false).unwrap();
        let arguments = body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
        assert!(arguments.len() < 100, "{path:.20}");
    }
}

#[test]
fn white_space_is_content() {
    // wire 117
    for text in [" ", "\n", "\n\n  x\t"] {
        let body = unary(&plan(), &[said(&json!({"text": text}), Some("STOP"))], false).unwrap();
        assert_eq!(body["choices"][0]["message"]["content"], text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arguments_keep_their_letters(number in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", pretty in any::<bool>()) {
        // `7` stays `7`, and a number that no float can hold stays what it was.
        let space = if pretty { "\n  " } else { "" };
        let chunk = format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"functionCall":{{"name":"f","args":{{{space}"b":{space}{number},{space}"a": [{number} ]}}}}}}]}},"finishReason":"STOP"}}]}}"#
        );
        let body = unary(&plan(), &[chunk], false).unwrap();
        let arguments = body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
        prop_assert_eq!(arguments, format!(r#"{{"b":{number},"a":[{number}]}}"#));
    }
}

// wire 75: where a call has no place of its own for a signature, it takes none from the text before it.
#[test]
fn a_call_in_the_old_form_leaves_the_signature_of_the_text() {
    let plan = || ReplyPlan { call_form: gap_protocol::call::CallForm::Function, ..plan() };
    let mut encoder = UnaryEncoder::new(plan(), ID, CREATED);
    encoder.chunk(&said(&json!({"text": "Hm.", "thoughtSignature": "dGV4dA=="}), None)).unwrap();
    encoder.chunk(&said(&json!({"functionCall": {"name": "f"}}), Some("STOP"))).unwrap();
    let body: Value = serde_json::from_slice(&encoder.end(true).unwrap()).unwrap();
    let message = &body["choices"][0]["message"];
    assert_eq!(message["function_call"]["name"], "f");
    assert_eq!(message["extra_content"]["google"]["thought_signature"], "dGV4dA==");
}

#[test]
fn several_answers_are_put_together() {
    // wire 91
    let answer = |text: &str, tokens: u64| {
        let candidate = json!({"content": {"parts": [{"text": text}]}, "finishReason": "STOP", "index": 0});
        let usage = json!({"promptTokenCount": 5, "candidatesTokenCount": tokens, "totalTokenCount": 5 + tokens});
        json!({"candidates": [candidate], "usageMetadata": usage}).to_string().into_bytes()
    };
    let silent = json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 5}});
    let mut encoder = UnaryEncoder::new(plan(), ID, CREATED);
    encoder.chunk(&answer("one", 1)).unwrap();
    encoder.another();
    encoder.chunk(silent.to_string().as_bytes()).unwrap();
    encoder.another();
    encoder.chunk(&answer("three", 3)).unwrap();
    let body: Value = serde_json::from_slice(&encoder.end(false).unwrap()).unwrap();
    let said: Vec<_> = body["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (choice["index"].as_u64().unwrap(), text(&choice["message"]["content"]), text(&choice["finish_reason"]))
        })
        .collect();
    let expected = [(0, "one", "stop"), (1, "", "content_filter"), (2, "three", "stop")];
    assert_eq!(said, expected.map(|(index, text, finish)| (index, text.to_owned(), finish.to_owned())));
    assert_eq!((&body["usage"]["prompt_tokens"], &body["usage"]["completion_tokens"]), (&json!(15), &json!(4)));
    assert_eq!(encoder.findings().usage.unwrap().prompt, 15);
}
