//! Requests that cannot be decoded: which field is at fault, and what it takes.

use gap_protocol::call::Problem;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory, decode};
use serde_json::json;

use super::{MODELS, ask};

#[test]
fn what_is_no_json_object_is_refused_as_a_whole() {
    let context = DecodeContext { models: &MODELS, memory: &NoMemory, options: DecodeOptions::default() };
    let cases: [(&[u8], &str); 6] = [
        (b"", "the request body is not valid JSON: the text ends early at line 1, column 1"),
        (b"{\"model\": }", "the request body is not valid JSON: a value was expected at line 1, column 11"),
        (b"[]", "the request body must be a JSON object, not an array"),
        (b"null", "the request body must be a JSON object, not null"),
        (b"\xFF", "the request body is not valid JSON: the text is not UTF-8 at line 1, column 1"),
        (b"model=gemini", "the request body is not valid JSON: a value was expected at line 1, column 1"),
    ];
    for (body, expected) in cases {
        let error = decode(body, &context).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.problem, error.field), (expected, Problem::Malformed, None));
    }
}

#[test]
fn a_number_too_large_for_a_double_is_refused_as_that() {
    let context = DecodeContext { models: &MODELS, memory: &NoMemory, options: DecodeOptions::default() };
    let body =
        br#"{"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "Hi"}], "temperature": 1e999}"#;
    let error = decode(body, &context).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.problem), ("temperature: is too large a number", Problem::Invalid));
}

#[test]
fn fields_are_named_with_what_they_take() {
    let cases = [
        (json!({"model": null}), "model: the name of a model is needed"),
        (json!({"model": "models/"}), "model: the name of a model is needed"),
        (json!({"model": 7}), "model: must be a string, not a number"),
        (json!({"messages": null}), "messages: is needed"),
        (json!({"messages": "Hi"}), "messages: must be an array, not a string"),
        (json!({"messages": ["Hi"]}), "messages[0]: must be an object, not a string"),
        (json!({"messages": [{"content": "Hi"}]}), "messages[0].role: is needed"),
        (json!({"messages": [{"role": "robot", "content": "Hi"}]}), "messages[0].role: \"robot\" is no role"),
        (json!({"temperature": "hot"}), "temperature: must be a number, not a string"),
        (json!({"temperature": 2.1}), "temperature: must be from 0 to 2, not 2.1"),
        (json!({"top_p": -0.1}), "top_p: must be from 0 to 1, not -0.1"),
        (json!({"max_tokens": 0}), "max_tokens: must be at least 1, not 0"),
        (json!({"max_completion_tokens": 1.5}), "max_completion_tokens: must be an integer, not 1.5"),
        (json!({"n": 0}), "n: must be at least 1, not 0"),
        (json!({"n": "2"}), "n: must be an integer, not a string"),
        (json!({"stop": 7}), "stop: must be a string or an array of strings, not a number"),
        (json!({"stop": ["a", 7]}), "stop[1]: must be a string, not a number"),
        (json!({"seed": 1.5}), "seed: must be an integer, not 1.5"),
        (json!({"presence_penalty": 3}), "presence_penalty: must be from -2 to 2, not 3"),
        (json!({"logprobs": 1}), "logprobs: must be a boolean, not a number"),
        (json!({"logprobs": true, "top_logprobs": 21}), "top_logprobs: must be from 0 to 20, not 21"),
        (json!({"stream": "yes"}), "stream: must be a boolean, not a string"),
        (json!({"stream_options": true}), "stream_options: must be an object, not a boolean"),
        (json!({"parallel_tool_calls": "no"}), "parallel_tool_calls: must be a boolean, not a string"),
        (json!({"response_format": {}}), "response_format.type: is needed"),
        (json!({"response_format": {"type": "xml"}}), "response_format.type: \"xml\" is no format"),
        (json!({"response_format": {"type": "json_schema"}}), "response_format.json_schema: is needed"),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": []}}}),
            "response_format.json_schema.schema: must be an object, not an array",
        ),
        (json!({"modalities": ["smell"]}), "modalities[0]: \"smell\" is no form of an answer"),
        (json!({"service_tier": 7}), "service_tier: must be a string, not a number"),
        (json!({"web_search_options": 7}), "web_search_options: must be an object, not a number"),
        (
            json!({"messages": [{"role": "assistant", "tool_calls": {}}]}),
            "messages[0].tool_calls: must be an array, not an object",
        ),
        (
            json!({"messages": [{"role": "assistant", "tool_calls": [{"id": 7, "function": {"name": "f"}}]}]}),
            "messages[0].tool_calls[0].id: must be a string, not a number",
        ),
        (
            json!({"messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}),
            "messages[0].tool_calls[0].function: is needed",
        ),
        (
            json!({"messages": [{"role": "assistant", "extra_content": {"google": {"thought_signature": 7}}}]}),
            "messages[0].extra_content.google.thought_signature: must be a string, not a number",
        ),
    ];
    for (request, expected) in cases {
        let refusal = ask("gemini-2.5-flash", request.clone()).refusal();
        assert!(refusal.starts_with(expected), "{request}: {refusal}");
    }
}

// What costs the square of a number has a limit.
#[test]
fn masses_are_refused() {
    let tools: Vec<_> =
        (0..2049).map(|tool| json!({"type": "function", "function": {"name": format!("ü{tool}")}})).collect();
    let refusal = ask("gemini-2.5-flash", json!({"tools": tools})).refusal();
    assert_eq!(refusal, "tools[2048].function: more than 2048 tools are more than any model takes");
    let fields: serde_json::Map<_, _> = (0..101).map(|field| (format!("f{field}"), json!(1))).collect();
    assert_eq!(ask("m", json!({"google": fields})).refusal(), "google: has more than 100 fields");
    assert_eq!(
        ask("m", json!({"google": {"generation_config": fields}})).refusal(),
        "google.generation_config: has more than 100 fields"
    );
}
