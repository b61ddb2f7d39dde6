//! Tools under other names, there and back.

use serde_json::{Value, json};

use super::{MODEL, SIGNING, ask, chunk, stop};

/// The names that Google gets.
fn declared(body: &Value) -> Vec<String> {
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let functions = tools.iter().flat_map(|tool| tool["functionDeclarations"].as_array().cloned().unwrap_or_default());
    functions.map(|function| function["name"].as_str().unwrap().to_owned()).collect()
}

/// The one item of an answer that calls.
fn called(tools: Value, name: &str, args: Value) -> Value {
    let call = json!([{"functionCall": {"name": name, "args": args}}]);
    let response = ask(MODEL, json!({"tools": tools})).answered(&[chunk(call), stop()]);
    let output = response["output"].as_array().unwrap();
    assert_eq!(output.len(), 1, "{response}");
    output[0].clone()
}

#[test]
fn a_namespace_is_in_front_of_the_name_at_google_and_beside_it_here() {
    let tools = json!([{"type": "namespace", "name": "agents", "description": "d", "tools": [
        {"type": "function", "name": "spawn"}, {"type": "function", "name": "close"}
    ]}, {"type": "function", "name": "spawn"}]);
    let body = ask(MODEL, json!({"tools": tools})).body();
    assert_eq!(declared(&body), ["agents__spawn", "agents__close", "spawn"]);
    let item = called(tools.clone(), "agents__spawn", json!({"a": 1}));
    assert_eq!((&item["namespace"], &item["name"]), (&json!("agents"), &json!("spawn")));
    assert!(called(tools.clone(), "spawn", json!({})).get("namespace").is_none());
    let input = json!([
        {"role": "user", "content": "x"},
        {"type": "function_call", "call_id": "c", "namespace": "agents", "name": "spawn", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "1"}
    ]);
    let body = ask(MODEL, json!({"tools": tools, "input": input})).body();
    assert_eq!(body["contents"][1]["parts"][0]["functionCall"]["name"], "agents__spawn");
    assert_eq!(body["contents"][2]["parts"][0]["functionResponse"]["name"], "agents__spawn");
}

#[test]
fn a_custom_tool_takes_a_text() {
    let tools = json!([{"type": "custom", "name": "run", "description": "Runs code."}]);
    let item = called(tools, "run", json!({"input": "print(\"ä\")\n"}));
    assert_eq!((&item["type"], &item["input"]), (&json!("custom_tool_call"), &json!("print(\"ä\")\n")));
}

#[test]
fn shells_and_patches_are_called_in_their_own_form() {
    let item =
        called(json!([{"type": "local_shell"}]), "local_shell", json!({"command": ["ls", "-l"], "timeout_ms": 5}));
    assert_eq!(item["type"], "local_shell_call");
    assert_eq!(item["action"], json!({"type": "exec", "command": ["ls", "-l"], "env": {}, "timeout_ms": 5}));
    let item = called(json!([{"type": "shell"}]), "shell", json!({"commands": ["ls"]}));
    assert_eq!(item["action"], json!({"commands": ["ls"], "timeout_ms": null, "max_output_length": null}));
    let patch = json!({"type": "update_file", "path": "a", "diff": "@@\n-a\n+b\n"});
    let item = called(json!([{"type": "apply_patch"}]), "apply_patch", patch.clone());
    assert_eq!((&item["type"], &item["operation"]), (&json!("apply_patch_call"), &patch));
    // A model that forgets something is no reason to break off.
    let item = called(json!([{"type": "apply_patch"}]), "apply_patch", json!({}));
    assert_eq!(item["operation"]["path"], "");
}

#[test]
fn their_calls_and_results_go_back() {
    let tools = json!([{"type": "local_shell"}, {"type": "shell"}, {"type": "apply_patch"}]);
    let input = json!([
        {"role": "user", "content": "x"},
        {"type": "local_shell_call", "id": "l", "call_id": "c1", "status": "completed", "action": {"type": "exec", "command": ["ls"], "env": {}}},
        {"type": "local_shell_call_output", "id": "c1", "output": "{\"stdout\":\"a\"}"},
        {"type": "shell_call", "call_id": "c2", "action": {"commands": ["ls"], "timeout_ms": null}},
        {"type": "shell_call_output", "call_id": "c2", "output": [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]},
        {"type": "apply_patch_call", "call_id": "c3", "status": "completed", "operation": {"type": "delete_file", "path": "a"}},
        {"type": "apply_patch_call_output", "call_id": "c3", "status": "failed", "output": "no such file"}
    ]);
    let contents = ask(MODEL, json!({"tools": tools, "input": input})).body()["contents"].clone();
    assert_eq!(contents[1]["parts"][0]["functionCall"]["args"], json!({"command": ["ls"], "env": {}}));
    assert_eq!(contents[2]["parts"][0]["functionResponse"]["response"], json!({"stdout": "a"}));
    assert_eq!(contents[3]["parts"][0]["functionCall"]["args"], json!({"commands": ["ls"]}));
    assert_eq!(contents[4]["parts"][0]["functionResponse"]["response"]["result"][0]["stdout"], "a");
    assert_eq!(contents[5]["parts"][0]["functionCall"]["args"], json!({"type": "delete_file", "path": "a"}));
    assert_eq!(
        contents[6]["parts"][0]["functionResponse"]["response"],
        json!({"status": "failed", "output": "no such file"})
    );
}

#[test]
fn googles_tools_are_there_under_openais_names() {
    let tools = json!([
        {"type": "web_search_preview_2025_03_11"}, {"type": "code_interpreter", "container": {"type": "auto"}}
    ]);
    assert_eq!(
        ask(MODEL, json!({"tools": tools})).body()["tools"],
        json!([{"googleSearch": {}}, {"codeExecution": {}}])
    );
}

#[test]
fn gemini_stores_can_be_searched() {
    let tools = json!([{"type": "file_search", "vector_store_ids": ["fileSearchStores/a"], "max_num_results": 3}]);
    let asked = ask(SIGNING, json!({"tools": tools}));
    let expected = json!([{"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/a"], "topK": 3}}]);
    let warned = asked.warnings().iter().any(|warning| warning.contains("fileSearch is not taken"));
    assert!(warned || asked.body()["tools"] == expected, "{}", asked.body());
    assert_eq!(asked.call().resources, ["fileSearchStores/a"]);
}

#[test]
fn choices_are_googles_modes() {
    let tools = json!([{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}, {"type": "shell"}]);
    let mode = |choice: Value| {
        let body = ask(MODEL, json!({"tools": tools, "tool_choice": choice})).body();
        (body["toolConfig"]["functionCallingConfig"].clone(), declared(&body))
    };
    assert_eq!(mode(json!("required")).0, json!({"mode": "ANY"}));
    assert_eq!(mode(json!("none")).0, json!({"mode": "NONE"}));
    let only = |name: &str| json!({"mode": "ANY", "allowedFunctionNames": [name]});
    assert_eq!(mode(json!({"type": "function", "name": "f"})).0, only("f"));
    assert_eq!(mode(json!({"type": "custom", "name": "g"})).0, only("g"));
    assert_eq!(mode(json!({"type": "shell"})).0, only("shell"));
    let allowed = json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}]});
    assert_eq!(mode(allowed), (Value::Null, vec!["f".to_owned()]));
}

#[test]
fn one_call_at_a_time_if_so_asked() {
    // wire 68
    let request = json!({"parallel_tool_calls": false, "tools": [{"type": "function", "name": "f"}]});
    let calls = json!([{"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "f", "args": {}}}]);
    let response = ask(MODEL, request).answered(&[chunk(calls), stop()]);
    assert_eq!(response["output"].as_array().unwrap().len(), 1);
    assert_eq!(response["parallel_tool_calls"], false);
}
