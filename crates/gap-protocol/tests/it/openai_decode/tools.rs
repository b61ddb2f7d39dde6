//! Tools, and which of them are called.

use gap_protocol::call::{CallForm, Feature, JsonMode, ToolKind, ToolPlan};
use serde_json::{Value, json};

use super::ask;

fn function(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}})
}

fn declarations(tools: Value) -> Value {
    ask("gemini-2.5-flash", json!({"tools": tools})).body()["tools"][0]["functionDeclarations"].clone()
}

// wire 50, 52, 53
#[test]
fn all_functions_are_in_one_entry_with_their_schema_as_it_is() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
        "properties": {"b": {"$ref": "#/$defs/B"}, "a": {"type": ["string", "null"], "format": "uuid"}},
        "$defs": {"B": {"const": 1}}, "required": ["b"]
    });
    let tools = json!([
        {"type": "function", "function": {"name": "one", "description": "First.", "parameters": schema, "strict": true}},
        {"type": "function", "function": {"name": "two", "parameters": {"type": "object", "properties": {}}}},
        {"type": "function", "function": {"name": "three", "description": ""}},
        {"function": {"name": "four", "parameters": null}},
    ]);
    assert_eq!(
        declarations(tools),
        json!([
            {"name": "one", "description": "First.", "parametersJsonSchema": schema},
            {"name": "two", "description": "two"},
            {"name": "three", "description": "three"},
            {"name": "four", "description": "four"},
        ])
    );
}

// wire 53, 54, 57: the other form, once a model has refused JSON Schema, and at once for what is none.
#[test]
fn schemas_are_cleaned_where_json_schema_is_refused() {
    let schema = json!({"type": "object", "properties": {"level": {"type": "integer", "enum": [1, 2]}, "id": {"type": "string", "format": "uuid"}}});
    let tools = json!({"tools": [{"type": "function", "function": {"name": "set", "parameters": schema}}]});
    let asked = ask("gemini-2.5-flash", tools).with(|asked| asked.refused = asked.refused.with(Feature::JsonSchema));
    let call = asked.call();
    assert_eq!(
        super::body(&call)["tools"][0]["functionDeclarations"][0]["parameters"],
        json!({"type": "OBJECT", "propertyOrdering": ["level", "id"], "properties": {
            "level": {"type": "STRING", "format": "enum", "enum": ["1", "2"]},
            "id": {"type": "STRING", "description": "format: uuid"}
        }})
    );
    let set = call.plan.tools.find_sent("set").unwrap();
    assert_eq!(set.restore_arguments(r#"{"level":"2","id":"2"}"#), r#"{"level":2,"id":"2"}"#);

    let broken = json!([{"type": "function", "function": {"name": "f", "parameters": {"city": {"type": "string", "required": true}}}}]);
    assert_eq!(
        declarations(broken)[0]["parameters"],
        json!({"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]})
    );
}

// wire 51
#[test]
fn names_are_changed_on_the_way_out_and_known_on_the_way_back() {
    let call = ask(
        "gemini-2.5-flash",
        json!({
            "tools": [function("file/read"), function("file read"), function("ok.name")],
            "tool_choice": {"type": "function", "function": {"name": "file read"}},
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "file read", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "a", "content": "1"},
            ]
        }),
    )
    .call();
    let body = super::body(&call);
    let names: Vec<&Value> =
        body["tools"][0]["functionDeclarations"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["file_read", "file_read_2", "ok.name"]);
    assert_eq!(body["contents"][1]["parts"][0]["functionCall"]["name"], "file_read_2");
    assert_eq!(body["contents"][2]["parts"][0]["functionResponse"]["name"], "file_read_2");
    assert_eq!(body["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"], json!(["file_read_2"]));
    let original = |sent: &str| call.plan.tools.find_sent(sent).map(|tool| tool.name.as_str());
    assert_eq!((original("file_read"), original("file_read_2")), (Some("file/read"), Some("file read")));
}

// "Duplicate function declaration found": recorded.
#[test]
fn tools_that_are_declared_twice_are_declared_once() {
    let asked = ask("gemini-2.5-flash", json!({"tools": [function("echo"), function("echo")]}));
    assert_eq!(asked.body()["tools"][0]["functionDeclarations"].as_array().unwrap().len(), 1);
    assert_eq!(asked.warnings(), ["tools[1].function.name: was declared before; the first declaration counts"]);
}

// wire 67
#[test]
fn choices_are_mapped_in_all_forms() {
    let config = |choice: Value| {
        let body =
            ask("gemini-2.5-flash", json!({"tools": [function("a"), function("b")], "tool_choice": choice})).body();
        (body.get("toolConfig").map(|config| config["functionCallingConfig"].clone()), body)
    };
    let any = |names: &[&str]| Some(json!({"mode": "ANY", "allowedFunctionNames": names}));
    assert_eq!(config(json!("auto")).0, None);
    assert_eq!(config(json!(null)).0, None);
    assert_eq!(config(json!("none")).0, Some(json!({"mode": "NONE"})));
    assert_eq!(config(json!("required")).0, Some(json!({"mode": "ANY"})));
    assert_eq!(config(json!({"type": "function", "function": {"name": "b"}})).0, any(&["b"]));
    assert_eq!(config(json!({"type": "function", "name": "b"})).0, any(&["b"]));
    let allowed = |mode: &str| json!({"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [{"type": "function", "function": {"name": "b"}}]}});
    assert_eq!(config(allowed("required")).0, any(&["b"]));
    let (none, body) = config(allowed("auto"));
    assert_eq!((none, body["tools"][0]["functionDeclarations"].as_array().unwrap().len()), (None, 1));
}

#[test]
fn choices_that_cannot_be_kept_are_refused() {
    let refusal = |request: Value| ask("gemini-2.5-flash", request).refusal();
    let tools = json!([function("a")]);
    assert!(refusal(json!({"tool_choice": "required"})).starts_with("tool_choice: asks for a call"));
    assert!(refusal(json!({"tools": tools, "tool_choice": "maybe"})).starts_with("tool_choice: must be none"));
    assert!(
        refusal(json!({"tools": tools, "tool_choice": 7})).starts_with("tool_choice: must be a string or an object")
    );
    assert_eq!(
        refusal(json!({"tools": tools, "tool_choice": {"type": "function", "function": {"name": "ghost"}}})),
        "tool_choice.function.name: \"ghost\" is not among the tools"
    );
    assert_eq!(
        refusal(
            json!({"tools": tools, "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"name": "ghost"}]}}})
        ),
        "tool_choice.allowed_tools.tools[0].name: \"ghost\" is not among the tools"
    );
    // Without tools, to call none is no contradiction.
    assert_eq!(ask("m", json!({"tool_choice": "none"})).body().get("toolConfig"), None);
}

#[test]
fn tools_that_cannot_be_understood_are_refused_by_their_path() {
    let cases = [
        (json!([7]), "tools[0]: must be an object, not a number"),
        (json!({}), "tools: must be an array, not an object"),
        (json!([{}]), ""),
        (json!([{"type": "function"}]), "tools[0].function: is needed"),
        (json!([{"type": "function", "function": {}}]), "tools[0].function.name: is needed"),
        (json!([{"type": "function", "function": {"name": ""}}]), "tools[0].function.name: must not be empty"),
        (
            json!([{"type": "function", "function": {"name": "a", "parameters": []}}]),
            "tools[0].function.parameters: must be an object",
        ),
        (
            json!([{"type": "function", "function": {"name": "a", "description": 7}}]),
            "tools[0].function.description: must be a string",
        ),
        (json!([{"type": "mcp"}]), "tools[0].type: \"mcp\" is no kind of tool"),
        (json!([{"name": "a"}]), "tools[0].type: must say its type"),
    ];
    for (tools, expected) in cases {
        if expected.is_empty() {
            assert_eq!(ask("m", json!({"tools": tools})).body().get("tools"), None);
            continue;
        }
        let refusal = ask("m", json!({"tools": tools})).refusal();
        assert!(refusal.starts_with(expected), "{tools}: {refusal}");
    }
}

// wire 68
#[test]
fn calls_one_at_a_time_are_left_to_the_answer() {
    let plan = |request: Value| ask("m", request).call().plan;
    assert!(plan(json!({"tools": [function("a")], "parallel_tool_calls": false})).single_call);
    assert!(!plan(json!({"tools": [function("a")], "parallel_tool_calls": true})).single_call);
    assert!(!plan(json!({"tools": [function("a")]})).single_call);
}

#[test]
fn the_form_before_tools_still_works() {
    let call = ask(
        "gemini-2.5-flash",
        json!({
            "functions": [{"name": "get", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}],
            "function_call": {"name": "get"},
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": null, "function_call": {"name": "get", "arguments": "{\"q\": 1}"}},
                {"role": "function", "name": "get", "content": "one"},
                {"role": "assistant", "content": null, "function_call": {"name": "get", "arguments": ""}},
                {"role": "function", "name": "get", "content": "two"},
            ]
        }),
    )
    .call();
    let body = super::body(&call);
    assert_eq!(body["toolConfig"]["functionCallingConfig"], json!({"mode": "ANY", "allowedFunctionNames": ["get"]}));
    assert_eq!(
        body["contents"][2]["parts"],
        json!([{"functionResponse": {"name": "get", "response": {"result": "one"}}}])
    );
    assert_eq!(
        body["contents"][4]["parts"],
        json!([{"functionResponse": {"name": "get", "response": {"result": "two"}}}])
    );
    assert!(call.plan.call_form == CallForm::Function && call.plan.single_call);
}

#[test]
fn custom_tools_take_one_text() {
    let custom = json!({"type": "custom", "custom": {"name": "sql", "description": "Runs SQL.", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}}}});
    let asked = ask(
        "gemini-2.5-flash",
        json!({
            "tools": [custom],
            "tool_choice": {"type": "custom", "custom": {"name": "sql"}},
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT \"1\""}}]},
                {"role": "tool", "tool_call_id": "a", "content": "1"},
            ]
        }),
    );
    let call = asked.call();
    let body = super::body(&call);
    assert_eq!(
        body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"],
        json!({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]})
    );
    let arguments = &body["contents"][1]["parts"][0]["functionCall"]["args"];
    assert_eq!(*arguments, json!({"input": "SELECT \"1\""}));
    assert_eq!(ToolPlan::custom_input(&arguments.to_string()), "SELECT \"1\"");
    assert_eq!(call.plan.tools.find("sql").unwrap().kind, ToolKind::Custom);
    assert!(asked.warnings()[0].starts_with("tools[0].custom.format: \"grammar\" has no equal"));
}

// wire 69
#[test]
fn google_s_own_tools_stand_beside_functions_where_the_model_allows_it() {
    let request = |model: &str, extra: Value| {
        let mut request = json!({"tools": [function("a"), {"type": "web_search_preview"}, {"code_execution": {}}]});
        request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ask(model, request)
    };
    let newer = request("gemini-3-flash-preview", json!({}));
    let tools = newer.body()["tools"].clone();
    assert_eq!((&tools[1], &tools[2]), (&json!({"googleSearch": {}}), &json!({"codeExecution": {}})));
    assert_eq!(newer.warnings(), Vec::<String>::new());
    let older = request("gemini-2.5-flash", json!({}));
    assert_eq!(older.body()["tools"][1], json!({"codeExecution": {}}));
    assert_eq!(
        older.warnings(),
        ["tools[1]: googleSearch is not taken by gemini-2.5-flash beside functions and was left out"]
    );
    let strict = request("gemini-2.5-flash", json!({})).with(|asked| asked.options.strict = true);
    assert!(strict.refusal().starts_with("tools[1]: googleSearch"));
}

// "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling": recorded.
#[test]
fn a_model_that_takes_both_kinds_of_tools_is_told_so() {
    let function = json!({"type": "function", "function": {"name": "f"}});
    let config = |model: &str, request: Value| ask(model, request).body()["toolConfig"].clone();
    let both = json!({"tools": [function, {"type": "web_search"}]});
    assert_eq!(config("gemini-3.1-pro-preview", both.clone()), json!({"includeServerSideToolInvocations": true}));
    let mut forced = both.clone();
    forced["tool_choice"] = json!("required");
    assert_eq!(
        config("gemini-3.1-pro-preview", forced),
        json!({"functionCallingConfig": {"mode": "ANY"}, "includeServerSideToolInvocations": true})
    );
    assert_eq!(config("gemini-3.1-pro-preview", json!({"tools": [{"type": "web_search"}]})), Value::Null);
    assert_eq!(config("gemini-3.1-pro-preview", json!({"tools": [function]})), Value::Null);
    assert_eq!(config("gemini-2.5-flash", both), Value::Null);
}

#[test]
fn google_s_own_tools_have_their_settings() {
    let asked = |model: &str, tool: Value| ask(model, json!({"tools": [tool]}));
    let cases = [
        (json!({"type": "google_maps", "enable_widget": true}), json!({"googleMaps": {"enable_widget": true}})),
        (
            json!({"type": "google_maps", "google_maps": {"enableWidget": true}}),
            json!({"googleMaps": {"enableWidget": true}}),
        ),
        (
            json!({"type": "computer_use", "environment": "ENVIRONMENT_BROWSER"}),
            json!({"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}),
        ),
        (
            json!({"type": "file_search", "file_search_store_names": ["fileSearchStores/a"]}),
            json!({"fileSearch": {"file_search_store_names": ["fileSearchStores/a"]}}),
        ),
        (
            json!({"type": "file_search", "vector_store_ids": ["fileSearchStores/a"], "max_num_results": 3}),
            json!({"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/a"], "topK": 3}}),
        ),
    ];
    for (tool, expected) in cases {
        let asked = asked("gemini-3-flash-preview", tool);
        assert_eq!((asked.body()["tools"].clone(), asked.warnings()), (json!([expected]), Vec::new()));
    }
    let foreign = asked("gemini-2.5-flash", json!({"type": "file_search", "vector_store_ids": ["vs_1"]}));
    assert!(foreign.refusal().starts_with("tools[0].vector_store_ids[0]: "));
    let placed = asked("gemini-2.5-flash", json!({"type": "web_search", "user_location": {"city": "Bern"}}));
    assert_eq!(placed.warnings(), ["tools[0].user_location: has no equal: Google's tool works in its own way"]);
    let unable = asked("gemini-2.5-flash", json!({"type": "computer_use"}));
    assert_eq!(unable.warnings(), ["tools[0]: computerUse is not taken by gemini-2.5-flash and was left out"]);
}

#[test]
fn searching_the_web_is_google_s_search() {
    let asked = ask("gemini-2.5-flash", json!({"web_search_options": {"search_context_size": "medium"}}));
    assert_eq!(asked.body()["tools"], json!([{"googleSearch": {}}]));
    assert_eq!(asked.warnings(), Vec::<String>::new());
    let located = ask(
        "gemini-2.5-flash",
        json!({"web_search_options": {"search_context_size": "high", "user_location": {"type": "approximate", "approximate": {"city": "Bern"}}}}),
    );
    assert_eq!(located.warnings().len(), 2);
    let twice = ask(
        "gemini-2.5-flash",
        json!({"web_search_options": {}, "google": {"tools": [{"google_search": {}}, {"urlContext": {}}, {"magic": {}}]}}),
    );
    assert_eq!(twice.body()["tools"], json!([{"googleSearch": {}}, {"urlContext": {}}]));
    assert_eq!(twice.warnings(), ["google.tools.magic: is none of Google's own tools"]);
}

#[test]
fn models_without_functions_answer_without_them_unless_they_must_call_one() {
    let asked = ask("gemma-3-27b-it", json!({"tools": [function("a")]}));
    assert_eq!(asked.body().get("tools"), None);
    assert_eq!(asked.warnings(), ["tools: are refused by gemma-3-27b-it and were left out"]);
    let must = ask("gemma-3-27b-it", json!({"tools": [function("a")], "tool_choice": "required"}));
    assert!(must.refusal().starts_with("tools: gemma-3-27b-it knows no functions"));
}

// wire 70
#[test]
fn json_beside_tools_is_asked_for_in_words_where_the_model_refuses_it() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let request = json!({"tools": [function("a")], "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}});
    let newer = ask("gemini-3-flash-preview", request.clone()).call();
    assert_eq!(newer.plan.json, JsonMode::Native);
    assert_eq!(super::body(&newer)["generationConfig"]["responseJsonSchema"], schema);

    let older = ask("gemini-2.5-flash", request.clone());
    let call = older.call();
    let body = super::body(&call);
    assert_eq!(call.plan.json, JsonMode::Instructed);
    assert_eq!(body.get("generationConfig"), None);
    let told = body["systemInstruction"]["parts"][0]["text"].as_str().unwrap();
    assert!(told.contains("When you do not call a function") && told.contains(&schema.to_string()), "{told}");
    assert_eq!(
        older.warnings(),
        ["response_format: is refused by gemini-2.5-flash beside tools; it was asked for in words"]
    );

    // If no function may be called, JSON wins and nothing is lost.
    let none = ask("gemini-2.5-flash", request.clone()).with(|asked| asked.request["tool_choice"] = json!("none"));
    assert_eq!((none.call().plan.json, none.body().get("tools"), none.warnings().len()), (JsonMode::Native, None, 0));

    let learned =
        ask("gemini-3-flash-preview", request).with(|asked| asked.refused = asked.refused.with(Feature::JsonWithTools));
    assert_eq!(learned.call().plan.json, JsonMode::Instructed);
}

// What clients send that offer both, or write out an empty list for what they do not use.
#[test]
fn calls_come_in_the_newer_form_to_clients_that_offer_tools() {
    let form = |request: Value| ask("gemini-2.5-flash", request).call().plan;
    let old = json!([{"name": "old"}]);
    for request in [
        json!({"functions": [], "tools": [function("new")]}),
        json!({"functions": old, "tools": [function("new")]}),
        json!({"functions": []}),
    ] {
        let plan = form(request);
        assert!(plan.call_form == CallForm::Tools && !plan.single_call);
    }
    assert_eq!(form(json!({"functions": old, "tools": []})).call_form, CallForm::Function);
}

#[test]
fn tools_may_be_written_as_the_responses_api_writes_them() {
    let nested = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}}]);
    let flat = json!([{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}, "strict": true}]);
    let choice = json!({"type": "function", "name": "f"});
    let tools = |tools: Value| ask("gemini-2.5-flash", json!({"tools": tools, "tool_choice": choice})).body();
    assert_eq!(tools(flat), tools(nested));
    let custom = ask("gemini-2.5-flash", json!({"tools": [{"type": "custom", "name": "sql"}]})).body();
    assert_eq!(custom["tools"][0]["functionDeclarations"][0]["name"], "sql");
    let neither = ask("gemini-2.5-flash", json!({"tools": [{"type": "function"}]})).refusal();
    assert!(neither.starts_with("tools[0].function: is needed"), "{neither}");
}

#[test]
fn choices_without_tools_are_harmless_unless_they_demand_a_call() {
    for (tools, choice) in [(json!([]), "auto"), (json!([]), "none"), (Value::Null, "auto")] {
        let body = ask("gemini-2.5-flash", json!({"tools": tools, "tool_choice": choice})).body();
        assert_eq!((body.get("tools"), body.get("toolConfig")), (None, None));
    }
    let refusal = ask("gemini-2.5-flash", json!({"tools": [], "tool_choice": "required"})).refusal();
    assert!(refusal.starts_with("tool_choice:"), "{refusal}");
}
