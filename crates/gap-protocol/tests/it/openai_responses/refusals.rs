//! What is not taken, and what is taken with a word.

use gap_protocol::call::Problem;
use gap_protocol::openai::responses::compatibility::RESPONSES;
use serde_json::{Value, json};

use super::{MODEL, ask, of};
use crate::openai_decode::compatibility::assert_complete;

#[test]
fn every_property_of_a_request_has_an_entry() {
    assert_complete("CreateResponse", RESPONSES, 28);
}

#[test]
fn a_refusal_names_the_field_and_what_it_takes() {
    let cases: &[(Value, &str)] = &[
        (json!({"input": 7}), "input: must be a string or an array of items, not a number"),
        (json!({"input": [7]}), "input[0]: must be an object"),
        (json!({"input": [{"content": "x"}]}), "input[0].type: is needed"),
        (json!({"input": [{"role": "robot", "content": "x"}]}), "input[0].role: \"robot\" is no role"),
        (json!({"input": [{"type": "message", "content": "x"}]}), "input[0].role: is needed"),
        (json!({"input": [{"type": "function_call", "call_id": "c", "arguments": "{}"}]}), "input[0].name: is needed"),
        (
            json!({"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "["}]}),
            "input[0].arguments: must be a JSON object written as a string",
        ),
        (
            json!({"input": [{"type": "function_call_output", "call_id": "c", "output": "1"}]}),
            "input[0].call_id: no item before it is a call with the id \"c\"",
        ),
        (json!({"input": [{"type": "item_reference", "id": "msg_1"}]}), "input[0].id: Item with id 'msg_1' not found"),
        (json!({"input": []}), "there is nothing to answer"),
        (json!({"background": 1}), "background: must be a boolean"),
        (json!({"background": true, "store": false}), "background: needs store"),
        (
            json!({"conversation": 7}),
            "conversation: must be the id of a conversation, or an object with it, not a number",
        ),
        (json!({"conversation": {}}), "conversation.id: is needed"),
        (json!({"conversation": {"id": 7}}), "conversation.id: must be a string"),
        (json!({"conversation": "conv_1"}), "conversation: Conversation with id 'conv_1' not found."),
        (
            json!({"conversation": "conv_1", "previous_response_id": "resp_1"}),
            "previous_response_id: and conversation exclude each other",
        ),
        (json!({"prompt": {"id": "pmpt_1"}}), "prompt: is not possible"),
        (json!({"stream": "yes"}), "stream: must be a boolean"),
        (json!({"store": 1}), "store: must be a boolean"),
        (json!({"include": "x"}), "include: must be an array"),
        (json!({"max_output_tokens": 0}), "max_output_tokens: must be at least 1"),
        (json!({"temperature": 3}), "temperature: must be from 0 to 2"),
        (json!({"reasoning": {"effort": "hard"}}), "reasoning.effort: must be none"),
        (json!({"reasoning": {"summary": "long"}}), "reasoning.summary: must be auto"),
        (json!({"text": {"format": {"type": "xml"}}}), "text.format.type: \"xml\" is no format"),
        (json!({"text": {"verbosity": "loud"}}), "text.verbosity: must be low"),
        (json!({"tools": [{"type": "mcp", "server_label": "x"}]}), "tools[0].type: \"mcp\" is not possible"),
        (
            json!({"tools": [{"type": "computer_use_preview"}]}),
            "tools[0].type: \"computer_use_preview\" is not possible",
        ),
        (json!({"tools": [{"type": "teleport"}]}), "tools[0].type: \"teleport\" is no kind of tool"),
        (json!({"tools": [{"type": "function"}]}), "tools[0].name: is needed"),
        (
            json!({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}),
            "tools[0].vector_store_ids[0]: must be the name of one of Gemini's stores",
        ),
        (json!({"tool_choice": "maybe"}), "tool_choice: must be none, auto, required"),
        (json!({"tool_choice": "required"}), "tool_choice: asks for a call"),
        (
            json!({"tool_choice": {"type": "function", "name": "f"}, "tools": [{"type": "function", "name": "g"}]}),
            "tool_choice.name: \"f\" is not among the tools",
        ),
        (json!({"previous_response_id": 7}), "previous_response_id: must be a string"),
    ];
    for (request, expected) in cases {
        let refusal = ask(MODEL, request.clone()).refusal();
        assert!(refusal.contains(expected), "{request}: {refusal}");
    }
    assert!(of(json!({"input": "x"})).refusal().starts_with("model: "));
    assert!(of(json!({"model": MODEL})).refusal().starts_with("input: is needed"));
    assert!(of(json!([])).refusal().contains("must be a JSON object"));
}

#[test]
fn an_answer_that_is_not_kept_is_known_by_its_code() {
    let error = ask(MODEL, json!({"previous_response_id": "resp_gone"})).decode().unwrap_err();
    assert_eq!((error.problem, error.code()), (Problem::NotKept, Some("previous_response_not_found")));
    assert_eq!(error.field.as_deref(), Some("previous_response_id"));
    assert!(error.message.starts_with("Previous response with id 'resp_gone' not found"), "{error}");
}

#[test]
fn what_has_no_equal_is_named() {
    let cases: &[(Value, &str)] = &[
        (json!({"truncation": "auto"}), "truncation: "),
        (json!({"max_tool_calls": 3}), "max_tool_calls: "),
        (json!({"something_new": 1}), "something_new: is not known"),
        (json!({"input": [{"role": "user", "content": "x", "mood": "good"}]}), "input[0].mood: is not known"),
        (json!({"include": ["something.new"]}), "include[0]: "),
        (json!({"reasoning": {"mode": "pro"}}), "reasoning.mode: "),
        (json!({"stream_options": {"include_obfuscation": true}}), "stream_options.include_obfuscation: "),
        (json!({"tools": [{"type": "image_generation"}]}), "tools[0]: is not possible with"),
        (json!({"tools": [{"type": "tool_search"}]}), "tools[0]: "),
        (
            json!({"tools": [{"type": "web_search", "filters": {"allowed_domains": ["a.example"]}}]}),
            "tools[0].filters: ",
        ),
        (json!({"tools": [{"type": "code_interpreter", "container": "cntr_1"}]}), "tools[0].container: "),
        (
            json!({"tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search"}}),
            "tool_choice: cannot be forced",
        ),
        (
            json!({"input": [{"role": "user", "content": "x"}, {"type": "mcp_call", "id": "m", "name": "n"}]}),
            "input[1]: \"mcp_call\" has no equal",
        ),
        (
            json!({"input": [
                {"role": "user", "content": "x"},
                {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "gAAAA"},
                {"role": "user", "content": "y"}
            ]}),
            "input[1].encrypted_content: is another provider's",
        ),
    ];
    for (request, expected) in cases {
        let asked = ask(MODEL, request.clone());
        let warnings = asked.warnings();
        assert!(warnings.iter().any(|warning| warning.starts_with(expected)), "{request}: {warnings:?}");
        let strict = ask(MODEL, request.clone()).with(|asked| asked.options.strict = true);
        assert!(strict.decode().is_err(), "{request}");
    }
}

#[test]
fn what_asks_for_nothing_is_not_named() {
    let request = json!({
        "background": false, "conversation": null, "truncation": "disabled", "metadata": {"a": "b"}, "user": "u",
        "prompt_cache_key": "k", "safety_identifier": "s", "client_metadata": {"cwd": "private-folder"}, "store": true,
        "tools": [{"type": "web_search", "search_context_size": "medium", "user_location": null},
                  {"type": "code_interpreter", "container": {"type": "auto"}}],
        "include": ["code_interpreter_call.outputs", "web_search_call.action.sources"],
        "text": {"format": {"type": "text"}, "verbosity": "medium"}, "service_tier": "auto"
    });
    let asked = ask(MODEL, request);
    assert_eq!(asked.warnings(), Vec::<String>::new());
    let sent = asked.body().to_string();
    for private in ["private-folder", "\"u\"", "\"b\"", "\"s\"", "\"k\""] {
        assert!(!sent.contains(private), "{private} went upstream: {sent}");
    }
}
