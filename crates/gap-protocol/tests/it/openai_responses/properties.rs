//! Any answer, cut anywhere; any request, damaged anyhow.

use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory};
use gap_protocol::openai::responses::{NothingKept, StreamEncoder, decode};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{CREATED, ID, MODELS, account, ask, check_stream, events, plain, stream, unary};
use crate::mutation::{Dice, damage};
use crate::openai_encode::accounting;
use crate::openai_encode::properties::{answer, wither, written};
use crate::openai_encode::schema::Schemas;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_stream_sums_to_the_response_and_both_lose_nothing(said in answer(), encrypted in any::<bool>()) {
        // wire 111, wire 112, wire 115, wire 121, wire 124
        let include = if encrypted { json!(["reasoning.encrypted_content"]) } else { json!([]) };
        let request = ask(super::MODEL, json!({"include": include})).decoded();
        let plan = request.decoded.call().plan.clone();
        let chunks = written(&said);
        // Whoever asks for one candidate gets one.
        let response = unary(&plan, &request.plan, &chunks, true).unwrap();
        let expected = account::of_gemini(&accounting::of_gemini(&said));
        prop_assert_eq!(account::of_response(&response), expected);
        check_stream(&events(&stream(&plan, &request.plan, &chunks).unwrap()), &response);
    }

    #[test]
    fn a_stream_that_fails_ends_with_one_failure(said in answer(), kept in any::<prop::sample::Index>()) {
        // wire 112
        let chunks = written(&said);
        let (plan, extra) = plain();
        let mut encoder = StreamEncoder::new(plan, extra, ID, CREATED);
        let mut out = Vec::new();
        for chunk in &chunks[..kept.index(chunks.len())] {
            encoder.chunk(chunk, &mut out).unwrap();
        }
        encoder.fail("the upstream fell silent", &mut out);
        let events = events(std::str::from_utf8(&out).unwrap());
        for (number, event) in events.iter().enumerate() {
            prop_assert_eq!(event["sequence_number"].as_u64(), Some(number as u64));
        }
        let last = events.last().unwrap();
        if events.len() == 1 {
            prop_assert_eq!(&last["type"], "error");
        } else {
            prop_assert_eq!(&last["type"], "response.failed");
            prop_assert_eq!(&last["response"]["error"]["message"], "the upstream fell silent");
        }
        let faults = Schemas::load().faults_of_event(last);
        prop_assert_eq!(faults, Vec::<String>::new());
    }
}

/// A request with something of everything.
pub(super) fn everything() -> Value {
    json!({
        "model": "gemini-3.1-pro-preview",
        "instructions": "Be kind.",
        "input": [
            {"role": "developer", "content": "Be terse."},
            {"role": "user", "content": [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
                {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,aGk="}
            ]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "gAAA"},
            {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
             "content": [{"type": "output_text", "text": "Let me see.", "annotations": []}]},
            {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{\"at\":1}"},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "run", "input": "ls"},
            {"type": "function_call", "call_id": "call_3", "namespace": "agents", "name": "spawn", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "a cat"}]},
            {"type": "custom_tool_call_output", "call_id": "call_2", "output": "a.txt"},
            {"type": "function_call_output", "call_id": "call_3", "output": "{\"id\":7}"},
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
            {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "container_id": "c", "code": "print(1)",
             "outputs": [{"type": "logs", "logs": "1\n"}]},
            {"role": "user", "content": "And now?"}
        ],
        "tools": [
            {"type": "function", "name": "look", "strict": true, "parameters": {"type": "object", "properties": {"at": {"type": "integer"}}}},
            {"type": "custom", "name": "run", "format": {"type": "text"}},
            {"type": "namespace", "name": "agents", "description": "d", "tools": [{"type": "function", "name": "spawn"}]},
            {"type": "web_search", "search_context_size": "high"},
            {"type": "local_shell"}, {"type": "apply_patch"}
        ],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "look"}, {"type": "custom", "name": "run"}]},
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}, "verbosity": "low"},
        "include": ["reasoning.encrypted_content"], "metadata": {"a": "b"}, "store": false, "stream": true,
        "temperature": 0, "top_p": 0.5, "max_output_tokens": 100, "truncation": "auto", "parallel_tool_calls": false
    })
}

#[test]
fn damaged_requests_are_refused_and_never_panic() {
    let context = DecodeContext { models: &MODELS, memory: &NoMemory, options: DecodeOptions::default() };
    let whole = everything();
    assert!(decode(whole.to_string().as_bytes(), &context, &NothingKept, ID).is_ok());
    for round in 0..4000 {
        let mut dice = Dice(round);
        let mut request = whole.clone();
        wither(&mut request, &mut dice);
        let mut bytes = request.to_string().into_bytes();
        if round % 2 == 0 {
            damage(&mut bytes, &mut dice);
        }
        match decode(&bytes, &context, &NothingKept, ID) {
            Ok(request) => {
                let call = request.decoded.call();
                if request.decoded.pending().is_empty() {
                    serde_json::from_slice::<Value>(&call.body)
                        .unwrap_or_else(|error| panic!("round {round}: {error}"));
                }
                serde_json::from_slice::<Value>(&request.input)
                    .unwrap_or_else(|error| panic!("round {round}: {error}"));
                serde_json::from_slice::<Value>(&request.plan.echo)
                    .unwrap_or_else(|error| panic!("round {round}: {error}"));
            }
            Err(error) => assert!(!error.message.is_empty()),
        }
    }
}
