//! A turn that comes back as its items came out is the turn that Google sent.

use serde_json::{Value, json};

use super::{SIGNING, ask, chunk, stop};

/// What Google gets for the model's turn of its own parts.
fn returned(include: bool, parts: Value) -> Value {
    let include = if include { json!(["reasoning.encrypted_content"]) } else { json!([]) };
    let tools = json!([{"type": "function", "name": "f"}, {"type": "function", "name": "g"}]);
    let first = ask(SIGNING, json!({"include": include, "tools": tools, "reasoning": {"summary": "auto"}}));
    let response = first.answered(&[chunk(parts), stop()]);
    let mut input = vec![json!({"role": "user", "content": "Hi"})];
    let output = response["output"].as_array().unwrap();
    input.extend(output.iter().cloned());
    for item in output.iter().filter(|item| item["type"] == "function_call") {
        input.push(json!({"type": "function_call_output", "call_id": item["call_id"], "output": "done"}));
    }
    input.push(json!({"role": "user", "content": "And?"}));
    let second = ask(SIGNING, json!({"include": include, "tools": tools, "input": input}));
    assert_eq!(second.warnings(), Vec::<String>::new());
    second.body()["contents"][1]["parts"].clone()
}

#[test]
fn signatures_come_back_to_their_parts() {
    // wire 75, wire 76
    for include in [true, false] {
        let parts = json!([
            {"text": "Hm.", "thought": true},
            {"text": "Let me see."},
            {"functionCall": {"id": "g1", "name": "f", "args": {"n": 7}}, "thoughtSignature": "c2lnbmF0dXJlMQ=="},
            {"functionCall": {"id": "g2", "name": "g", "args": {}}}
        ]);
        let back = returned(include, parts.clone());
        let expected: Vec<Value> = parts.as_array().unwrap()[1..].to_vec();
        assert_eq!(back, Value::Array(expected), "include: {include}");

        let back = returned(include, json!([{"text": "Done."}, {"text": "", "thoughtSignature": "dGV4dA=="}]));
        assert_eq!(back, json!([{"text": "Done.", "thoughtSignature": "dGV4dA=="}]));

        let parts = json!([
            {"executableCode": {"language": "PYTHON", "code": "print(1)", "id": "x"}, "thoughtSignature": "Y29kZQ=="},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n", "id": "x"}},
            {"text": "It is 1."}
        ]);
        assert_eq!(returned(include, parts.clone()), parts);

        let parts = json!([
            {"executableCode": {"language": "PYTHON", "code": "1/0"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "ZeroDivisionError"}},
            {"text": "No."}
        ]);
        assert_eq!(returned(include, parts.clone()), parts);

        let parts = json!([
            {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "args": {}}, "thoughtSignature": "dG9vbA=="},
            {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t"}},
            {"text": "Found."}
        ]);
        assert_eq!(returned(include, parts.clone()), parts);
    }
}

#[test]
fn an_image_keeps_its_signature() {
    let parts = json!([
        {"text": "Here:"},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}, "thoughtSignature": "aW1hZ2U="}
    ]);
    assert_eq!(returned(true, parts.clone()), parts);
}

#[test]
fn without_reasoning_items_the_ids_carry_what_calls_need() {
    let tools = json!([{"type": "function", "name": "f"}]);
    let call = json!([{"functionCall": {"id": "g1", "name": "f", "args": {}}, "thoughtSignature": "c2lnbmF0dXJlMQ=="}]);
    let response = ask(SIGNING, json!({"tools": tools})).answered(&[chunk(call), stop()]);
    let item = &response["output"][0];
    assert_eq!(item["type"], "function_call", "nothing needs an item of its own: {response}");
    // As captured from clients that know these members alone.
    let input = json!([
        {"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": item["call_id"], "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": item["call_id"], "output": "x"}
    ]);
    let body = ask(SIGNING, json!({"tools": tools, "input": input})).body();
    assert_eq!(body["contents"][1]["parts"][0]["thoughtSignature"], "c2lnbmF0dXJlMQ==");
    assert_eq!(body["contents"][1]["parts"][0]["functionCall"]["id"], "g1");
}

#[test]
fn with_them_ids_are_as_short_as_openais() {
    let call = json!([{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2ln".repeat(300)}]);
    let request = json!({"tools": [{"type": "function", "name": "f"}], "include": ["reasoning.encrypted_content"]});
    let response = ask(SIGNING, request).answered(&[chunk(call), stop()]);
    assert_eq!(response["output"][0]["type"], "reasoning");
    assert!(response["output"][1]["call_id"].as_str().unwrap().len() <= 40);
}

#[test]
fn endings_have_openais_two_reasons_and_no_third() {
    let end = |reason: &str, parts: Value| {
        let chunk = json!({"candidates": [{"content": {"parts": parts}, "finishReason": reason}]}).to_string();
        ask(SIGNING, json!({})).answered(&[chunk])
    };
    let said = json!([{"text": "Once"}]);
    let cut = end("MAX_TOKENS", said.clone());
    assert_eq!(
        (&cut["status"], &cut["incomplete_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
    assert_eq!(cut["output"][0]["status"], "incomplete");
    let filtered = end("SAFETY", said.clone());
    assert_eq!(filtered["incomplete_details"]["reason"], "content_filter");
    assert_eq!(end("BRAND_NEW", said)["status"], "completed");
    let broken = end("MALFORMED_FUNCTION_CALL", json!([]));
    assert_eq!((&broken["status"], &broken["error"]["code"]), (&json!("failed"), &json!("server_error")));
    let blocked = json!({"promptFeedback": {"blockReason": "SAFETY"}}).to_string();
    let blocked = ask(SIGNING, json!({})).answered(&[blocked]);
    assert_eq!((&blocked["status"], &blocked["output"]), (&json!("incomplete"), &json!([])));
}
