//! A request in Gemini's words.

use serde_json::{Value, json};

use super::{DRAWING, MODEL, SIGNING, ask};

#[test]
fn a_string_is_what_the_user_says_and_instructions_come_first() {
    let body = ask(
        MODEL,
        json!({"instructions": "Be kind.", "input": [{"role": "developer", "content": "Be terse."}, {"role": "user", "content": "Hi"}]}),
    )
    .body();
    assert_eq!(body["systemInstruction"]["parts"], json!([{"text": "Be kind."}, {"text": "Be terse."}]));
    assert_eq!(body["contents"], json!([{"role": "user", "parts": [{"text": "Hi"}]}]));
    assert_eq!(ask(MODEL, json!({"input": "Hi"})).body()["contents"], body["contents"]);
}

#[test]
fn numbers_and_thinking_arrive() {
    let request = json!({
        "temperature": 0, "top_p": 0.5, "max_output_tokens": 100, "seed": 3, "stop": ["x"],
        "reasoning": {"effort": "low", "summary": "auto"}
    });
    let config = ask(MODEL, request).body()["generationConfig"].clone();
    assert_eq!(config["temperature"], 0);
    assert_eq!((&config["topP"], &config["maxOutputTokens"]), (&json!(0.5), &json!(100)));
    assert_eq!(config["thinkingConfig"], json!({"thinkingBudget": 1024, "includeThoughts": true}));
    let silent = ask(SIGNING, json!({"reasoning": {"effort": "low"}})).body()["generationConfig"].clone();
    assert_eq!(silent["thinkingConfig"], json!({"thinkingLevel": "LOW"}), "without a summary, nothing is shown");
}

#[test]
fn structured_output_in_both_spellings() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    for format in [
        json!({"type": "json_schema", "name": "n", "strict": true, "schema": schema}),
        json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}),
    ] {
        let config = ask(MODEL, json!({"text": {"format": format}})).body()["generationConfig"].clone();
        assert_eq!((&config["responseMimeType"], &config["responseJsonSchema"]), (&json!("application/json"), &schema));
    }
    let wordy = ask(MODEL, json!({"text": {"verbosity": "low"}})).body();
    assert!(wordy["systemInstruction"].to_string().contains("short"));
}

#[test]
fn probabilities_are_asked_for_where_they_are_told() {
    let asked = ask("gemini-2.0-flash", json!({"include": ["message.output_text.logprobs"], "top_logprobs": 2}));
    assert_eq!(asked.body()["generationConfig"]["logprobs"], 2);
    let streamed = ask("gemini-2.0-flash", json!({"top_logprobs": 2, "stream": true}));
    assert!(streamed.warnings().iter().any(|warning| warning.contains("are not told in streams")));
}

#[test]
fn results_go_behind_their_calls_with_what_is_in_them() {
    // wire 62, wire 65, wire 74
    let input = json!([
        {"role": "user", "content": "look"},
        {"type": "function_call", "call_id": "a", "name": "look", "arguments": "{\"n\":7}"},
        {"type": "function_call", "call_id": "b", "name": "look", "arguments": ""},
        {"type": "function_call_output", "call_id": "b", "output": "{\"x\":1}"},
        {"type": "function_call_output", "call_id": "a", "output": [
            {"type": "input_text", "text": "seen"},
            {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
        ]}
    ]);
    let contents = ask(SIGNING, json!({"input": input})).body()["contents"].clone();
    let calls = &contents[1]["parts"];
    assert_eq!(calls[0]["functionCall"], json!({"id": "a", "name": "look", "args": {"n": 7}}));
    assert_eq!(calls[0]["thoughtSignature"], "skip_thought_signature_validator");
    assert!(calls[1].get("thoughtSignature").is_none(), "wire 76");
    let results = &contents[2]["parts"];
    assert_eq!(results[0]["functionResponse"]["response"], json!({"result": "seen"}));
    assert_eq!(results[0]["functionResponse"]["parts"][0]["inlineData"]["mimeType"], "image/png");
    assert_eq!(results[1]["functionResponse"]["response"], json!({"x": 1}));
}

#[test]
fn a_conversation_goes_on_from_what_is_kept() {
    let asked = ask(MODEL, json!({"previous_response_id": "resp_a", "input": "And?", "instructions": "New."})).with(|asked| {
        let said = json!([{"id": "msg_0", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]);
        let answer = json!([{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "Hello", "annotations": []}]}]);
        asked.histories.insert("resp_a", vec![said, answer]);
    });
    let body = asked.body();
    let texts: Vec<&Value> =
        body["contents"].as_array().unwrap().iter().map(|turn| &turn["parts"][0]["text"]).collect();
    assert_eq!(texts, ["Hi", "Hello", "And?"]);
    assert_eq!(asked.decoded().previous.as_deref(), Some("resp_a"));
    // What is kept of this request is its own alone.
    let input: Value = serde_json::from_slice(&asked.decoded().input).unwrap();
    assert_eq!(input.as_array().unwrap().len(), 1);
}

#[test]
fn a_reference_is_the_item_itself() {
    for reference in [json!({"type": "item_reference", "id": "fc_1"}), json!({"id": "fc_1"})] {
        let input = json!([
            {"role": "user", "content": "x"}, reference,
            {"type": "function_call_output", "call_id": "call_1", "output": "1"}
        ]);
        let asked = ask(MODEL, json!({"input": input})).with(|asked| {
            let item =
                json!({"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"});
            asked.items.insert("fc_1", item);
        });
        assert_eq!(asked.body()["contents"][1]["parts"][0]["functionCall"]["name"], "f");
    }
}

#[test]
fn a_signature_in_the_vault_is_found_by_the_id() {
    let input = json!([
        {"role": "user", "content": "x"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    ]);
    let asked = ask(SIGNING, json!({"input": input})).with(|asked| {
        asked.signatures.insert("call_1", "dmF1bHQ=");
    });
    assert_eq!(asked.body()["contents"][1]["parts"][0]["thoughtSignature"], "dmF1bHQ=");
}

#[test]
fn a_model_that_draws_is_asked_to_and_gets_its_images_back() {
    let input = json!([
        {"role": "user", "content": "draw"},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="},
        {"role": "user", "content": "larger"}
    ]);
    let asked = ask(DRAWING, json!({"input": input, "tools": [{"type": "image_generation"}]}));
    let body = asked.body();
    assert_eq!(asked.warnings(), Vec::<String>::new());
    assert_eq!(body["generationConfig"]["responseModalities"], json!(["TEXT", "IMAGE"]));
    assert_eq!(body["contents"][1]["parts"][0]["inlineData"]["mimeType"], "image/png");
}

#[test]
fn googles_own_fields_work_here_too() {
    let body = ask(MODEL, json!({"extra_body": {"google": {"top_k": 3, "tools": [{"url_context": {}}]}}})).body();
    assert_eq!(body["generationConfig"]["topK"], 3);
    assert_eq!(body["tools"], json!([{"urlContext": {}}]));
}

#[test]
fn a_response_repeats_its_request() {
    let request = json!({"metadata": {"k": "v"}, "temperature": 0.5, "user": "u", "store": false, "reasoning": {"effort": "low"}});
    let response = ask(MODEL, request).answered(&[super::chunk(json!([{"text": "x"}])), super::stop()]);
    assert_eq!((&response["metadata"]["k"], &response["temperature"]), (&json!("v"), &json!(0.5)));
    assert_eq!((&response["user"], &response["store"]), (&json!("u"), &json!(false)));
    assert_eq!(response["reasoning"], json!({"effort": "low", "summary": null}));
    assert_eq!(response["text"]["format"]["type"], "text");
    assert_eq!(response["usage"]["total_tokens"], 7);
}
