//! Messages into turns.

use gap_protocol::call::IdStyle;
use gap_protocol::openai::chat::ids::{Carried, encode};
use serde_json::{Value, json};

use super::{ask, body};

fn turns(messages: Value) -> Value {
    ask("gemini-2.5-flash", json!({"messages": messages})).body()["contents"].clone()
}

fn call(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}})
}

// wire 39, 40
#[test]
fn system_and_developer_messages_become_the_system_instruction_wherever_they_are() {
    let body = ask(
        "gemini-2.5-flash",
        json!({"messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "Hi"},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": ""}]},
            {"role": "assistant", "content": "Hello"},
            {"role": "system", "content": null},
            {"role": "user", "content": "Bye"},
        ]}),
    )
    .body();
    assert_eq!(body["systemInstruction"], json!({"parts": [{"text": "Be short."}, {"text": "Be kind."}]}));
    assert_eq!(
        body["contents"],
        json!([
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"text": "Hello"}]},
            {"role": "user", "parts": [{"text": "Bye"}]},
        ])
    );
}

// wire 41
#[test]
fn system_messages_alone_are_what_the_user_says() {
    let body = ask("gemini-2.5-flash", json!({"messages": [{"role": "system", "content": "Tell a joke"}]})).body();
    assert_eq!(body["contents"], json!([{"role": "user", "parts": [{"text": "Tell a joke"}]}]));
    assert_eq!(body.get("systemInstruction"), None);
}

// wire 42, 47
#[test]
fn a_model_that_speaks_first_gets_a_user_in_front_and_one_that_speaks_last_goes_on() {
    let turns = turns(json!([{"role": "assistant", "content": "Once upon"}]));
    assert_eq!(
        turns,
        json!([{"role": "user", "parts": [{"text": " "}]}, {"role": "model", "parts": [{"text": "Once upon"}]}])
    );
}

// wire 44, 45
#[test]
fn messages_of_one_role_become_one_turn_and_empty_ones_none() {
    let turns = turns(json!([
        {"role": "user", "content": "a"},
        {"role": "user", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
        {"role": "assistant", "content": null},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": " c\n"},
        {"role": "assistant", "content": "d"},
        {"role": "assistant", "content": "e"},
    ]));
    assert_eq!(
        turns,
        json!([
            {"role": "user", "parts": [{"text": "a"}, {"text": "b"}, {"text": " c\n"}]},
            {"role": "model", "parts": [{"text": "d"}, {"text": "e"}]},
        ])
    );
}

// wire 45
#[test]
fn nothing_to_answer_is_refused() {
    for messages in [
        json!([{"role": "user", "content": ""}]),
        json!([{"role": "user", "content": []}]),
        json!([{"role": "assistant", "content": null}, {"role": "system", "content": ""}]),
    ] {
        let refusal = ask("gemini-2.5-flash", json!({"messages": messages})).refusal();
        assert_eq!(refusal, "messages: there is nothing to answer: no message has any content");
    }
    assert!(ask("m", json!({"messages": []})).refusal().starts_with("messages: "));
}

// wire 46
#[test]
fn text_and_calls_of_one_message_are_both_kept() {
    let turns = turns(json!([
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call("c1", "get")]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
    ]));
    assert_eq!(
        turns[1]["parts"],
        json!([{"text": "Let me see."}, {"functionCall": {"id": "c1", "name": "get", "args": {}}}])
    );
}

// wire 43, 65: one turn with all results, in the order of the calls, right behind them.
#[test]
fn results_stand_behind_their_calls_in_their_order() {
    let asked = ask(
        "gemini-2.5-flash",
        json!({"messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [call("a", "one"), call("b", "two"), call("c", "three")]},
            {"role": "tool", "tool_call_id": "c", "content": "3"},
            {"role": "user", "content": "hurry"},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
        ]}),
    );
    assert_eq!(
        asked.body()["contents"][2],
        json!({"role": "user", "parts": [
            {"functionResponse": {"id": "a", "name": "one", "response": {"result": "1"}}},
            {"functionResponse": {"id": "b", "name": "two", "response": {"error": "no result was given for this call"}}},
            {"functionResponse": {"id": "c", "name": "three", "response": {"result": "3"}}},
            {"text": "hurry"},
        ]})
    );
    assert_eq!(asked.warnings(), ["messages[1].tool_calls[1]: has no result; the model is told that there is none"]);
}

#[test]
fn calls_in_messages_of_their_own_are_one_step() {
    let turns = turns(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call("a", "one")]},
        {"role": "assistant", "tool_calls": [call("b", "two")]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
    ]));
    assert_eq!(turns.as_array().unwrap().len(), 3);
    assert_eq!(turns[1]["parts"].as_array().unwrap().len(), 2);
    assert_eq!(turns[2]["parts"][1]["functionResponse"]["name"], "two");
}

#[test]
fn ids_that_repeat_in_every_turn_belong_to_the_turn_before() {
    let turns = turns(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call("call_0", "one")]},
        {"role": "tool", "tool_call_id": "call_0", "content": "first"},
        {"role": "assistant", "tool_calls": [call("call_0", "two")]},
        {"role": "tool", "tool_call_id": "call_0", "content": "second"},
    ]));
    assert_eq!(turns[2]["parts"][0]["functionResponse"]["response"], json!({"result": "first"}));
    assert_eq!(turns[4]["parts"][0]["functionResponse"]["response"], json!({"result": "second"}));
}

// Google's own compatible layer gave the id "" to every call, and histories of it exist.
#[test]
fn calls_without_ids_are_answered_in_their_order() {
    let turns = turns(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call("", "one"), call("", "two")]},
        {"role": "tool", "tool_call_id": "", "content": "1"},
        {"role": "tool", "tool_call_id": "", "content": "2"},
    ]));
    assert_eq!(
        turns[2]["parts"],
        json!([
            {"functionResponse": {"name": "one", "response": {"result": "1"}}},
            {"functionResponse": {"name": "two", "response": {"result": "2"}}},
        ])
    );
}

#[test]
fn a_second_result_of_a_call_replaces_the_first() {
    let turns = turns(json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call("a", "one")]},
        {"role": "tool", "tool_call_id": "a", "content": "running"},
        {"role": "tool", "tool_call_id": "a", "content": "done"},
    ]));
    assert_eq!(
        turns[2]["parts"],
        json!([{"functionResponse": {"id": "a", "name": "one", "response": {"result": "done"}}}])
    );
}

// wire 61, 62
#[test]
fn results_become_objects() {
    let cases = [
        (json!("sunny"), json!({"result": "sunny"})),
        (json!(""), json!({"result": ""})),
        (json!(null), json!({"result": ""})),
        (json!("{\"t\": 7}"), json!({"t": 7})),
        (json!("[1, 2]"), json!({"result": [1, 2]})),
        (json!("{broken"), json!({"result": "{broken"})),
        (json!("7"), json!({"result": "7"})),
        (json!("{\"a\": {\"$ref\": \"#/x\"}}"), json!({"result": "{\"a\": {\"$ref\": \"#/x\"}}"})),
        (json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), json!({"result": "a\nb"})),
        (json!([{"type": "text", "text": "{\"t\": 7}"}]), json!({"t": 7})),
        (json!([]), json!({"result": ""})),
        (json!({"t": 7}), json!({"t": 7})),
        (json!([1, {"x": 2}]), json!({"result": [1, {"x": 2}]})),
        (json!(7), json!({"result": 7})),
        (json!(["a", "b"]), json!({"result": ["a", "b"]})),
        (json!([{"type": "dog", "name": "Rex"}]), json!({"result": [{"type": "dog", "name": "Rex"}]})),
    ];
    for (content, expected) in cases {
        let turns = turns(json!([
            {"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [call("a", "one")]},
            {"role": "tool", "tool_call_id": "a", "content": content},
        ]));
        assert_eq!(turns[2]["parts"][0]["functionResponse"]["response"], expected, "{content}");
    }
}

// Numbers keep their form: 7 stays 7, 7.0 stays 7.0, and the order of keys stays.
#[test]
fn arguments_and_results_keep_their_letters() {
    let arguments = r#"{ "z": 7, "a": 7.0, "big": 12345678901234567890123, "e": 1E2 }"#;
    let asked = ask(
        "gemini-2.5-flash",
        json!({"messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}]},
            {"role": "tool", "tool_call_id": "a", "content": arguments},
        ]}),
    );
    let body = String::from_utf8(asked.call().body.to_vec()).unwrap();
    assert_eq!(body.matches(arguments).count(), 2, "{body}");
}

// wire 66
#[test]
fn arguments_are_objects_and_broken_ones_are_refused_unless_the_operator_keeps_them() {
    let with = |arguments: Value| {
        ask(
            "gemini-2.5-flash",
            json!({"messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}]},
            ]}),
        )
    };
    for (arguments, expected) in [
        (json!(""), json!({})),
        (json!(null), json!({})),
        (json!("null"), json!({})),
        // PHP writes an empty map so.
        (json!("[]"), json!({})),
        (json!([]), json!({})),
        (json!("  {\"a\": 1}"), json!({"a": 1})),
        (json!({"a": 1}), json!({"a": 1})),
    ] {
        assert_eq!(with(arguments).body()["contents"][1]["parts"][0]["functionCall"]["args"], expected);
    }
    for arguments in [json!("{\"a\":"), json!("[1]"), json!("7"), json!("plain")] {
        let refusal = with(arguments.clone()).refusal();
        assert!(
            refusal.starts_with("messages[1].tool_calls[0].function.arguments: must be a JSON object"),
            "{refusal}"
        );
        let kept = with(arguments.clone()).with(|asked| asked.options.keep_broken_arguments = true);
        assert_eq!(kept.body()["contents"][1]["parts"][0]["functionCall"]["args"], json!({"_raw": arguments}));
        assert_eq!(kept.warnings().len(), 2);
    }
}

// wire 63
#[test]
fn a_result_without_a_call_is_told_if_its_tool_is_known_and_refused_if_not() {
    let with = |tool: Value| ask("gemini-2.5-flash", json!({"messages": [{"role": "user", "content": "go"}, tool]}));
    let unknown = with(json!({"role": "tool", "tool_call_id": "call_x", "content": "1"}));
    assert_eq!(
        unknown.refusal(),
        "messages[1].tool_call_id: no assistant message before it has a call with the id \"call_x\""
    );
    let named = with(json!({"role": "tool", "tool_call_id": "call_x", "name": "get", "content": "1"}));
    assert_eq!(
        named.body()["contents"][0]["parts"],
        json!([{"text": "go"}, {"text": "Result of the tool get: {\"result\":\"1\"}"}])
    );
    assert_eq!(named.warnings().len(), 1);
    let carried = Carried { name: Some("get".into()), ..Carried::default() };
    let id = encode("u1", &carried, IdStyle::Embedded);
    let by_id = with(json!({"role": "tool", "tool_call_id": id, "content": "1"}));
    assert!(by_id.body()["contents"][0]["parts"][1]["text"].as_str().unwrap().contains("tool get"));
    assert_eq!(with(json!({"role": "tool", "content": "1"})).refusal(), "messages[1].tool_call_id: is needed");
}

// wire 48
#[test]
fn names_and_sounds_of_messages_are_warned_about_and_thoughts_are_not_read_again() {
    let asked = ask(
        "gemini-2.5-flash",
        json!({"messages": [
            {"role": "user", "name": "ann", "content": "Hi"},
            {"role": "assistant", "content": null, "refusal": "I must not.", "audio": {"id": "audio_1"}, "reasoning_content": "hm", "annotations": []},
            {"role": "user", "content": "why?", "mood": "sad"},
        ]}),
    );
    let warnings = asked.warnings();
    assert_eq!(
        warnings,
        [
            "messages[0].name: has no equal: Gemini knows one user and one model",
            "messages[1].audio: is not kept; the model reads what it said from the content alone",
            "messages[2].mood: is not known and was not sent on",
        ]
    );
    assert_eq!(asked.body()["contents"][1]["parts"], json!([{"text": "I must not."}]));
    let strict = asked.with(|asked| asked.options.strict = true);
    assert_eq!(strict.refusal(), "messages[0].name: has no equal: Gemini knows one user and one model");
}

#[test]
fn models_without_system_instructions_hear_them_from_the_user() {
    let messages = json!([{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be short."}]);
    let body = ask("gemma-3-27b-it", json!({"messages": messages})).body();
    assert_eq!(body["contents"][0]["parts"], json!([{"text": "Be short."}, {"text": "Hi"}]));
    assert_eq!(body.get("systemInstruction"), None);
}

#[test]
fn what_clients_cut_inside_an_emoji_is_mended() {
    let request = r#"{"model":"m","messages":[{"role":"user","content":"a\ud83d"}]}"#;
    let call = super::call_of(request);
    assert_eq!(body(&call)["contents"][0]["parts"][0]["text"], "a\u{FFFD}");
}
