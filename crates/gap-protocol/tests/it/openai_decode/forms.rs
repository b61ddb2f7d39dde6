//! The odd forms in which real clients write messages.

use serde_json::{Value, json};

use super::ask;

fn turns(messages: Value) -> Value {
    ask("gemini-2.5-flash", json!({"messages": messages})).body()["contents"].clone()
}

fn call(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}})
}

// Models of data that write out every field they know send null for those that are not set.
#[test]
fn null_is_the_same_as_absent_at_every_place() {
    let sparse = json!({
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]},
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "response_format": {"type": "text"},
        "stream_options": {},
        "reasoning": {},
        "thinking": {},
        "google": {},
    });
    let mut full = sparse.clone();
    let null = |place: &mut Value, keys: &str| {
        for key in keys.split(' ') {
            place[key] = Value::Null;
        }
    };
    null(
        &mut full,
        "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata \
         modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key reasoning_effort \
         safety_identifier seed service_tier stop store stream temperature tool_choice top_logprobs top_p user \
         verbosity web_search_options extra_body top_k unheard_of",
    );
    for message in 0..4 {
        null(
            &mut full["messages"][message],
            "name refusal audio function_call annotations reasoning_content images extra_content",
        );
    }
    null(&mut full["messages"][2], "content");
    null(&mut full["messages"][0], "tool_calls tool_call_id");
    null(&mut full["messages"][1]["content"][0], "image_url input_audio file cache_control");
    null(&mut full["messages"][1]["content"][1], "text cache_control video_metadata extra_content");
    null(&mut full["messages"][1]["content"][1]["image_url"], "detail");
    null(&mut full["messages"][2]["tool_calls"][0], "index custom extra_content provider_specific_fields");
    null(&mut full["messages"][2]["tool_calls"][0]["function"], "arguments");
    null(&mut full["tools"][0], "custom");
    null(&mut full["tools"][0]["function"], "description parameters strict");
    null(&mut full["response_format"], "json_schema");
    null(&mut full["stream_options"], "include_usage include_obfuscation");
    null(&mut full["reasoning"], "effort max_tokens enabled exclude summary");
    null(&mut full["thinking"], "type budget_tokens");
    null(&mut full["google"], "thinking_config cached_content tools generation_config safety_settings");
    let (sparse, full) = (ask("gemini-2.5-flash", sparse), ask("gemini-2.5-flash", full));
    assert_eq!(full.body(), sparse.body());
    assert_eq!(full.warnings(), sparse.warnings());
    assert_eq!(full.warnings(), [""; 0]);
}

#[test]
fn what_only_answers_have_is_named_in_other_messages() {
    let asked = ask(
        "gemini-2.5-flash",
        json!({"messages": [
            {"role": "user", "content": "What is this?", "images": ["iVBORw0KGgo="], "tool_calls": []},
            {"role": "assistant", "content": "A pelican.", "refusal": "", "images": []},
            {"role": "user", "content": "Sure?", "tool_calls": [call("a", "f")]},
        ]}),
    );
    let warnings = asked.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].starts_with("messages[0].images") && warnings[1].starts_with("messages[2].tool_calls"));
}

// wire 63: Google's own endpoint gave empty ids for a year, and histories from that time have them.
#[test]
fn results_without_an_id_find_their_call_by_name_or_by_order() {
    let named = |name: &str| json!({"role": "tool", "tool_call_id": "", "name": name, "content": name});
    let unnamed = |content: &str| json!({"role": "tool", "tool_call_id": "", "content": content});
    let answers = |calls: Value, results: [Value; 2]| {
        let [first, second] = results;
        let turns = turns(
            json!([{"role": "user", "content": "go"}, {"role": "assistant", "tool_calls": calls}, first, second]),
        );
        [0, 1].map(|at| turns[2]["parts"][at]["functionResponse"]["response"]["result"].clone())
    };
    assert_eq!(answers(json!([call("x", "f"), call("y", "g")]), [named("g"), named("f")]), ["f", "g"]);
    assert_eq!(answers(json!([call("", "f"), call("", "f")]), [unnamed("one"), unnamed("two")]), ["one", "two"]);
}

// wire 62, 65
#[test]
fn results_may_be_anything_and_may_come_in_any_order() {
    for (content, response) in [
        (Value::Null, json!({"result": ""})),
        (json!(""), json!({"result": ""})),
        (json!([]), json!({"result": ""})),
        (
            json!([{"type": "text", "text": "a"}, {"type": "text", "text": ""}, {"type": "text", "text": "b"}]),
            json!({"result": "a\n\nb"}),
        ),
        (json!([{"type": "text", "text": "{\"a\": 7.0}"}]), json!({"a": 7.0})),
        (json!("[1, 2]"), json!({"result": [1, 2]})),
        (json!("7"), json!({"result": "7"})),
        (json!({"a": null}), json!({"a": null})),
        (json!([{"type": "resource", "uri": "x"}]), json!({"result": [{"type": "resource", "uri": "x"}]})),
        (json!(true), json!({"result": true})),
        (json!("{\"cut"), json!({"result": "{\"cut"})),
    ] {
        let turns = turns(json!([
            {"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [call("a", "f")]},
            {"role": "tool", "tool_call_id": "a", "content": content},
        ]));
        assert_eq!(turns[2]["parts"][0]["functionResponse"]["response"], response, "{content}");
    }
}
