//! Anthropic's Messages: what Google gets for what a client sends, and what the client gets for what Google answers.

mod golden;
mod properties;
mod search;

use std::sync::LazyLock;

use gap_protocol::anthropic::messages::{self, StreamEncoder, UnaryEncoder, count};
use gap_protocol::anthropic::refusal::Refusal;
use gap_protocol::call::{CacheHint, Call, ReplyPlan, Thoughts, Unsupported};
use gap_protocol::meter::Framing;
use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{CallSignature, DecodeContext, DecodeOptions, EncodeError, Memory, NoMemory};
use serde_json::{Value, json};

use crate::openai_encode::events_of;
use crate::support::recording::{self, Recording};

static MODELS: LazyLock<ModelTable> = LazyLock::new(|| ModelTable::built_in().unwrap());
const ID: &str = "msg_0193c0ffee0070008000a1b2c3d4e5f6";
const SIGNING: &str = "gemini-3.1-pro-preview";

fn decode(mut request: Value) -> Result<Call, String> {
    let object = request.as_object_mut().unwrap();
    object.entry("model").or_insert_with(|| "gemini-2.5-flash".into());
    object.entry("max_tokens").or_insert_with(|| 1000.into());
    object.entry("messages").or_insert_with(|| json!([{"role": "user", "content": "Hi"}]));
    let context = DecodeContext { models: &MODELS, memory: &NoMemory, options: DecodeOptions::default() };
    let decoded = messages::decode(request.to_string().as_bytes(), &context).map_err(|error| error.to_string())?;
    decoded.finish(&[]).map_err(|error| error.to_string())
}

fn body(request: Value) -> Value {
    serde_json::from_slice(&decode(request).unwrap().body).unwrap()
}

fn warnings(request: Value) -> Vec<String> {
    decode(request).unwrap().warnings.iter().map(|warning| warning.field.clone()).collect()
}

// === requests ===

#[test]
fn a_whole_conversation_arrives() {
    let request = json!({
        "model": SIGNING,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "stop_sequences": ["END"], "temperature": 0, "top_k": 5, "metadata": {"user_id": "secret"},
        "tools": [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
        "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": true},
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "Look"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2lnbmF0dXJl"},
                {"type": "tool_use", "id": "toolu_x", "name": "weather", "input": {"city": "Oslo", "n": 7}},
                {"type": "tool_use", "id": "toolu_y", "name": "weather", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_y", "content": "no such city", "is_error": true},
                {"type": "tool_result", "tool_use_id": "toolu_x", "content": [{"type": "text", "text": "sunny"}]},
                {"type": "text", "text": "And?"},
            ]},
        ],
    });
    let call = decode(request).unwrap();
    assert!(call.warnings.is_empty(), "{:?}", call.warnings);
    assert!(call.plan.single_call && call.plan.thoughts == Thoughts::Shown);
    assert_eq!(call.cache_hint, Some(CacheHint { messages: 0, seconds: 3600 }));
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["systemInstruction"]["parts"][0]["text"], "Be brief.");
    let parts = |turn: usize| &body["contents"][turn]["parts"];
    assert_eq!(parts(0)[1]["inlineData"]["mimeType"], "image/png");
    assert_eq!(parts(0)[3]["text"], "words");
    assert_eq!(parts(1)[0]["thoughtSignature"], "c2lnbmF0dXJl");
    assert_eq!(parts(1)[0]["functionCall"]["args"], json!({"city": "Oslo", "n": 7}));
    assert_eq!(parts(1)[1].get("thoughtSignature"), None, "wire 76: siblings carry none");
    assert_eq!(
        parts(2)[0]["functionResponse"]["response"],
        json!({"result": "sunny"}),
        "wire 65: in the order of calls"
    );
    assert_eq!(parts(2)[1]["functionResponse"]["response"], json!({"error": "no such city"}));
    assert_eq!(parts(2)[2]["text"], "And?");
    let config = &body["generationConfig"];
    assert_eq!((&config["stopSequences"], &config["topK"]), (&json!(["END"]), &json!(5)));
    assert_eq!(config["thinkingConfig"]["includeThoughts"], true);
    assert_eq!(body["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"], json!(["weather"]));
    assert!(!body.to_string().contains("secret"));
}

// wire 82, 83
#[test]
fn thinking_is_told_as_the_model_takes_it() {
    let config = |request: Value| body(request)["generationConfig"]["thinkingConfig"].clone();
    assert_eq!(config(json!({})), json!({"thinkingBudget": 0}), "not asked for: none, as at Anthropic");
    assert_eq!(config(json!({"model": "gemini-2.5-pro"})), Value::Null, "it cannot do without");
    assert_eq!(
        config(json!({"thinking": {"type": "enabled", "budget_tokens": 4000}})),
        json!({"thinkingBudget": 4000, "includeThoughts": true})
    );
    let adaptive = json!({"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "high"}});
    assert_eq!(config(adaptive), json!({"thinkingBudget": 24576}));
    let level = json!({"model": SIGNING, "thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}});
    assert_eq!(config(level), json!({"thinkingLevel": "LOW", "includeThoughts": true}));
    assert_eq!(config(json!({"thinking": {"type": "disabled"}})), json!({"thinkingBudget": 0}));
}

#[test]
fn tools_of_the_provider_become_googles_and_known_ones_are_declared() {
    let tools = json!([
        {"type": "web_search_20250305", "name": "web_search"}, {"type": "web_fetch_20250910", "name": "web_fetch"},
        {"type": "code_execution_20250825", "name": "code_execution"},
    ]);
    assert_eq!(
        body(json!({ "tools": tools }))["tools"],
        json!([{"googleSearch": {}}, {"urlContext": {}}, {"codeExecution": {}}])
    );
    let known = json!([
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250124", "name": "str_replace_editor"}, {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
    ]);
    let declared = body(json!({ "tools": known }))["tools"][0]["functionDeclarations"].clone();
    let names: Vec<&str> = declared.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bash", "str_replace_editor", "str_replace_based_edit_tool"]);
    assert!(declared[0]["parametersJsonSchema"]["properties"]["command"].is_object());
    let refused = decode(json!({"tools": [{"type": "computer_20250124", "name": "computer"}]})).unwrap_err();
    assert!(refused.starts_with("tools[0].type: "), "{refused}");
}

#[test]
fn what_is_wrong_is_said_by_its_field() {
    for (request, expected) in [
        (json!({"messages": []}), "messages: "),
        (json!({"max_tokens": 0}), "max_tokens: must be at least 1"),
        (json!({"max_tokens": null}), "max_tokens: is needed"),
        (json!({"messages": [{"role": "robot", "content": ""}]}), "messages[0].role: "),
        (json!({"messages": [{"role": "user", "content": 7}]}), "messages[0].content: "),
        (json!({"messages": [{"role": "user", "content": [{"type": "x"}]}]}), "messages[0].content[0].type: "),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "data": "%"}}]}]}),
            "messages[0].content[0].source.data: ",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_z"}]}]}),
            "messages[0].content[0].tool_use_id: ",
        ),
        (json!({"thinking": {"type": "enabled"}}), "thinking.budget_tokens: "),
        (json!({"tools": [{"name": "x"}]}), "tools[0].input_schema: "),
        (json!({"output_config": {"format": {"type": "xml"}}}), "output_config.format.type: "),
        (json!({"mcp_servers": [{"url": "https://x"}]}), "mcp_servers: "),
    ] {
        let refused = decode(request).unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
    assert_eq!(warnings(json!({"container": "c", "tomorrow": 1, "speed": "standard"})), ["container", "tomorrow"]);
}

// wire 47, 79
#[test]
fn prefill_and_the_histories_of_others_are_taken() {
    let prefill = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "The answer is ("}]);
    assert_eq!(body(json!({ "messages": prefill }))["contents"][1]["role"], "model");
    let claudes = json!([{"role": "user", "content": "a"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "x", "signature": "RXJCbGE="}, {"type": "redacted_thinking", "data": "RXJC"},
            {"type": "tool_use", "id": "toolu_01D7FLrfh4GYq7yT1ULFeyMV", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01D7FLrfh4GYq7yT1ULFeyMV"}]}]);
    let sent = body(json!({"model": SIGNING, "messages": claudes})).to_string();
    assert!(!sent.contains("RXJC") && sent.contains("skip_thought_signature_validator"), "{sent}");
}

#[test]
fn what_claude_code_sends_is_understood() {
    let Some(capture) = crate::support::shared::document("captures/claude-code/001-start.json") else { return };
    let request = match &capture["body"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        body => body.clone(),
    };
    let call = decode(request.clone()).unwrap();
    assert!(call.warnings.is_empty(), "{:?}", call.warnings);
    assert!(call.stream && call.cache_hint.is_some() && call.plan.thoughts == Thoughts::Signed);
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    let declared = body["tools"][0]["functionDeclarations"].as_array().unwrap().len();
    assert_eq!(declared, request["tools"].as_array().unwrap().len() - 1, "one is held back");
    let counted: Value = serde_json::from_slice(&count::body(&call)).unwrap();
    assert_eq!(counted["generateContentRequest"]["model"], "models/gemini-2.5-flash");
    assert!(!body.to_string().contains("device_id"));
}

#[test]
fn a_prompt_that_is_too_long_is_called_so() {
    let said = r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#;
    let refusal = Refusal::of(400, said.as_bytes());
    assert_eq!(refusal.message, "prompt is too long: 1200000 tokens > 1048576 maximum");
    assert_eq!(refusal.error_type, "invalid_request_error");
}

// === answers ===

fn plan(thoughts: Thoughts) -> ReplyPlan {
    ReplyPlan { model: "claude-alias".to_owned(), thoughts, ..ReplyPlan::default() }
}

fn unary(thoughts: Thoughts, chunks: &[Vec<u8>], streamed: bool) -> Result<Value, EncodeError> {
    unary_as(plan(thoughts), chunks, streamed)
}

fn unary_as(plan: ReplyPlan, chunks: &[Vec<u8>], streamed: bool) -> Result<Value, EncodeError> {
    let mut encoder = UnaryEncoder::new(plan, ID);
    for chunk in chunks {
        encoder.chunk(chunk)?;
    }
    Ok(serde_json::from_slice(&encoder.end(streamed)?).unwrap())
}

fn stream(thoughts: Thoughts, chunks: &[Vec<u8>]) -> Result<String, EncodeError> {
    stream_as(plan(thoughts), chunks)
}

fn stream_as(plan: ReplyPlan, chunks: &[Vec<u8>]) -> Result<String, EncodeError> {
    let (mut encoder, mut out) = (StreamEncoder::new(plan, ID), Vec::new());
    for chunk in chunks {
        encoder.chunk(chunk, &mut out)?;
    }
    encoder.end(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// Adds a stream up as the SDKs do, and fails where its order is not Anthropic's.
fn accumulated(frames: &str) -> Value {
    let (mut message, mut input, mut open, mut stopped) = (Value::Null, String::new(), false, false);
    for frame in frames.split_terminator("\n\n") {
        let (name, data) = frame.split_once("\ndata: ").unwrap();
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!(name.strip_prefix("event: "), event["type"].as_str(), "{frame}");
        assert!(!stopped, "nothing follows message_stop");
        let index = event["index"].as_u64().map(|index| usize::try_from(index).unwrap());
        match event["type"].as_str().unwrap() {
            "ping" => {}
            "message_start" => {
                assert!(message.is_null());
                message = event["message"].clone();
            }
            "content_block_start" => {
                let content = message["content"].as_array_mut().unwrap();
                assert!(!open && index == Some(content.len()), "{frame}");
                content.push(event["content_block"].clone());
                (open, input) = (true, String::new());
            }
            "content_block_delta" => {
                let content = message["content"].as_array_mut().unwrap();
                assert!(open && index == Some(content.len() - 1), "{frame}");
                let (block, delta) = (content.last_mut().unwrap(), &event["delta"]);
                let more = |block: &mut Value, key: &str| {
                    let text = block[key].as_str().unwrap().to_owned() + delta[key].as_str().unwrap();
                    block[key] = text.into();
                };
                match delta["type"].as_str().unwrap() {
                    "text_delta" => more(block, "text"),
                    "thinking_delta" => more(block, "thinking"),
                    "signature_delta" => {
                        assert_eq!(block["type"], "thinking");
                        block["signature"] = delta["signature"].clone();
                    }
                    "input_json_delta" => {
                        input.push_str(delta["partial_json"].as_str().unwrap());
                        block["input"] = serde_json::from_str(&input).unwrap();
                    }
                    "citations_delta" => match block["citations"].as_array_mut() {
                        Some(list) => list.push(delta["citation"].clone()),
                        None => block["citations"] = json!([delta["citation"]]),
                    },
                    other => panic!("{other}"),
                }
            }
            "content_block_stop" => assert!(std::mem::take(&mut open)),
            "message_delta" => {
                assert!(!open);
                for (key, value) in event["delta"].as_object().unwrap() {
                    message[key] = value.clone();
                }
                message["usage"] = event["usage"].clone();
                message["extra_content"] = event["extra_content"].clone();
            }
            "message_stop" => stopped = true,
            other => panic!("{other}"),
        }
    }
    assert!(stopped);
    message
}

fn chunks(recording: &Recording) -> Vec<Vec<u8>> {
    match recording.framing {
        Framing::Sse => events_of(&recording.bytes).iter().map(|event| event.to_vec()).collect(),
        Framing::Json | Framing::JsonArray => vec![recording.bytes.clone().into_bytes()],
    }
}

/// Everything that the first candidate of a recording says, in the order of its kind: text, names of calls, signatures.
fn said(recording: &Recording) -> (String, Vec<String>, Vec<String>) {
    let (mut text, mut calls, mut signatures) = (String::new(), Vec::new(), Vec::new());
    for event in recording.events.iter().flat_map(|event| match event {
        Value::Array(list) => list.clone(),
        other => vec![other.clone()],
    }) {
        let candidates = event["candidates"].as_array().cloned().unwrap_or_default();
        for candidate in candidates.iter().filter(|candidate| candidate["index"].as_u64().unwrap_or(0) == 0).take(1) {
            for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
                if part["thought"] != true {
                    text.push_str(part["text"].as_str().unwrap_or_default());
                }
                calls.extend(part["functionCall"]["name"].as_str().map(str::to_owned));
                signatures.extend(part["thoughtSignature"].as_str().filter(|own| !own.is_empty()).map(str::to_owned));
            }
        }
    }
    (text, calls, signatures)
}

#[test]
fn every_recorded_answer_keeps_its_order_and_loses_nothing() {
    let is_answer = |recording: &Recording| {
        (recording.path.ends_with(":generateContent") || recording.path.ends_with(":streamGenerateContent"))
            && recording.events.iter().all(|event| event.get("error").is_none())
            && recording.events.iter().any(|event| event.get("candidates").or(event.get("promptFeedback")).is_some())
            && !recording.bytes.contains("\"partialArgs\"")
            && recording.id != "stream/generative-ai-android-success-quotes-escaped-47332c"
    };
    let recordings: Vec<Recording> = recording::all().into_iter().filter(is_answer).collect();
    let mut compared = 0;
    for recording in &recordings {
        let chunks = chunks(recording);
        for thoughts in [Thoughts::Hidden, Thoughts::Signed, Thoughts::Shown] {
            let body = unary(thoughts, &chunks, recording.framing != Framing::Json);
            let body = body.unwrap_or_else(|error| panic!("{}: {error}", recording.id));
            if let Ok(frames) = stream(thoughts, &chunks) {
                assert_eq!(accumulated(&frames), body, "{}", recording.id);
                compared += 1;
            }
            let (text, calls, signatures) = said(recording);
            let blocks = body["content"].as_array().unwrap();
            let of = |kind: &str, key: &str| -> Vec<&str> {
                blocks.iter().filter(|block| block["type"] == kind).filter_map(|block| block[key].as_str()).collect()
            };
            assert_eq!(of("text", "text").concat(), text, "{}", recording.id);
            assert_eq!(of("tool_use", "name"), calls, "{}", recording.id);
            if thoughts != Thoughts::Hidden {
                let whole = body.to_string();
                let opaque = blocks.iter().any(|block| block["type"] == "redacted_thinking");
                for signature in signatures {
                    assert!(opaque || whole.contains(&signature), "{}: a signature is lost", recording.id);
                }
            }
            let usage = &body["usage"];
            let count = |key: &str| usage[key].as_u64().unwrap();
            assert!(count("input_tokens") + count("cache_read_input_tokens") + count("output_tokens") < u64::MAX);
        }
    }
    assert!(recordings.is_empty() || compared > 1000, "only {compared}");
}

#[test]
fn an_answer_comes_back_as_it_went_out() {
    let answer = json!({"candidates": [{"content": {"parts": [
        {"text": "let me see", "thought": true},
        {"text": "I run it", "thoughtSignature": "dGV4dA=="},
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH", "id": "s"}, "thoughtSignature": "dG9vbA=="},
        {"functionCall": {"id": "g1", "name": "f", "args": {"n": 7}}, "thoughtSignature": "Y2FsbA=="},
    ]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 5, "thoughtsTokenCount": 7}});
    let body = unary(Thoughts::Shown, &[answer.to_string().into_bytes()], false).unwrap();
    assert_eq!((&body["stop_reason"], &body["model"]), (&json!("tool_use"), &json!("claude-alias")));
    let usage = &body["usage"];
    assert_eq!(
        (&usage["input_tokens"], &usage["cache_read_input_tokens"], &usage["output_tokens"]),
        (&json!(40), &json!(60), &json!(12))
    );
    let id = body["content"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let messages = json!([{"role": "user", "content": "go"}, {"role": "assistant", "content": body["content"]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "ok"}]}]);
    let call = decode(json!({"model": SIGNING, "messages": messages})).unwrap();
    assert!(call.warnings.is_empty(), "{:?}", call.warnings);
    let sent: Value = serde_json::from_slice(&call.body).unwrap();
    let mut expected = answer["candidates"][0]["content"]["parts"].as_array().unwrap().clone();
    expected.remove(0);
    assert_eq!(sent["contents"][1]["parts"], Value::Array(expected));
    assert_eq!(sent["contents"][2]["parts"][0]["functionResponse"]["id"], "g1", "wire 64");
}

/// A memory that holds what an answer gave it.
struct Kept(Vec<CallSignature>);

impl Memory for Kept {
    fn signature_of(&self, call_id: &str) -> Option<String> {
        self.0.iter().find(|kept| kept.call_id == call_id).map(|kept| kept.signature.clone())
    }

    fn refused_by(&self, _: &str) -> Unsupported {
        Unsupported::default()
    }
}

// wire 75: the signature of a streamed text comes last.
#[test]
fn the_answer_ends_in_words_and_its_signature_is_remembered() {
    let event = |parts: Value, end: Value| {
        json!({"candidates": [{"content": {"parts": parts}, "finishReason": end}]}).to_string().into_bytes()
    };
    let chunks = [
        event(json!([{"text": "hm", "thought": true}]), Value::Null),
        event(json!([{"text": "It is \"so\" "}]), Value::Null),
        event(json!([{"text": "<b>é</b>"}]), Value::Null),
        event(json!([{"text": "", "thoughtSignature": "c2lnbmF0dXJl"}]), json!("STOP")),
    ];
    for thoughts in [Thoughts::Hidden, Thoughts::Signed, Thoughts::Shown] {
        let (mut encoder, mut frames) = (StreamEncoder::new(plan(thoughts), ID), Vec::new());
        for chunk in &chunks {
            encoder.chunk(chunk, &mut frames).unwrap();
        }
        encoder.end(&mut frames).unwrap();
        let message = accumulated(std::str::from_utf8(&frames).unwrap());
        let last = message["content"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["type"], &last["text"]), (&json!("text"), &json!("It is \"so\" <b>é</b>")));
        assert_eq!(message["extra_content"]["google"]["thought_signature"], "c2lnbmF0dXJl");

        let memory = Kept(encoder.take_signatures());
        let sent = |model: &str, answer: &Value| -> Value {
            let messages = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": answer},
                {"role": "user", "content": "b"}]);
            let request = json!({"model": model, "max_tokens": 9, "messages": messages}).to_string();
            let context = DecodeContext { models: &MODELS, memory: &memory, options: DecodeOptions::default() };
            let call = messages::decode(request.as_bytes(), &context).unwrap().finish(&[]).unwrap();
            serde_json::from_slice::<Value>(&call.body).unwrap()["contents"][1]["parts"].clone()
        };
        // As blocks or as plain words; but not where it was changed, and not to a model that signs nothing.
        let words = last["text"].clone();
        for answer in [&message["content"], &words] {
            let parts = sent(SIGNING, answer);
            assert_eq!(parts.as_array().unwrap().last().unwrap()["thoughtSignature"], "c2lnbmF0dXJl", "{parts}");
        }
        assert!(!sent(SIGNING, &json!("It is so")).to_string().contains("thoughtSignature"));
        assert!(!sent("gemini-2.0-flash", &words).to_string().contains("thoughtSignature"));
    }
}

#[test]
fn blocked_cut_and_empty_answers_are_told_apart() {
    let blocked = json!({"promptFeedback": {"blockReason": "SAFETY"}}).to_string().into_bytes();
    let body = unary(Thoughts::Hidden, std::slice::from_ref(&blocked), true).unwrap();
    assert_eq!((&body["stop_reason"], &body["content"]), (&json!("refusal"), &json!([])));
    assert_eq!(accumulated(&stream(Thoughts::Hidden, &[blocked]).unwrap()), body);
    let cut = json!({"candidates": [{"content": {"parts": [{"text": "a"}]}}]}).to_string().into_bytes();
    assert_eq!(stream(Thoughts::Hidden, &[cut]), Err(EncodeError::Truncated), "wire 112");
    assert_eq!(stream(Thoughts::Hidden, &[b"{}".to_vec()]), Err(EncodeError::Nothing), "wire 114");
}
