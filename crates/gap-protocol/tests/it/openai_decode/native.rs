//! Gemini's own parts, on their way back from a client.

use gap_protocol::call::Problem;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Asked, ask};

/// A request whose history holds one message of the model.
fn with_message(message: Value) -> Asked {
    ask(
        "gemini-3-flash-preview",
        json!({"messages": [{"role": "user", "content": "go"}, message, {"role": "user", "content": "on"}]}),
    )
}

fn with_parts(parts: Value) -> Asked {
    with_message(json!({"role": "assistant", "content": "Done.", "extra_content": {"google": {"parts": parts}}}))
}

fn turn(asked: &Asked) -> Value {
    asked.body()["contents"][1]["parts"].clone()
}

// wire 75, 76
#[test]
fn they_stand_before_the_text_to_the_letter() {
    let parts = json!([
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}, "thoughtSignature": "Y29kZQ=="},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {"n": 7.0}, "id": "a"}},
        {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "response": {"$ref": 1}, "id": "a"}},
        {"text": "", "thoughtSignature": "ZWFybGllcg=="},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}, "thought": true},
    ]);
    let mut expected = parts.as_array().unwrap().clone();
    expected.push(json!({"text": "Done."}));
    let asked = with_parts(parts);
    assert_eq!(turn(&asked), Value::Array(expected));
    assert_eq!(asked.warnings(), [""; 0]);
}

#[test]
fn files_in_them_need_a_key_of_their_project() {
    let uri = "https://generativelanguage.googleapis.com/v1beta/files/abc-123";
    let call = with_parts(json!([{"fileData": {"mimeType": "video/mp4", "fileUri": uri}}])).call();
    assert_eq!(call.resources, ["files/abc-123"]);
}

#[test]
fn what_is_no_part_is_left_out_and_named() {
    for nothing in [
        json!({}),
        json!({"hack": 1}),
        json!({"thoughtSignature": "YQ=="}),
        json!({"functionCall": {"name": "f", "args": {}}}),
        json!({"functionResponse": {"name": "f", "response": {}}}),
        json!({"text": "a", "executableCode": {"language": "PYTHON", "code": ""}}),
        json!({"toolCall": {}, "tool_call": {}}),
        json!({"text": "a", "role": "user"}),
    ] {
        let asked = with_parts(json!([nothing]));
        assert_eq!(turn(&asked), json!([{"text": "Done."}]), "{nothing}");
        let warnings = asked.warnings();
        assert!(
            warnings.len() == 1 && warnings[0].starts_with("messages[1].extra_content.google.parts[0]"),
            "{nothing}: {warnings:?}"
        );
    }
    assert_eq!(turn(&with_parts(json!([{"text": ""}]))), json!([{"text": "Done."}]));
    assert_eq!(turn(&with_parts(Value::Null)), json!([{"text": "Done."}]));
}

#[test]
fn members_of_the_wrong_type_are_refused_by_their_paths() {
    for (parts, path) in [
        (json!("x"), ""),
        (json!([1]), "[0]"),
        (json!([{"text": 1}]), "[0].text"),
        (json!([{"text": "a", "thought": "yes"}]), "[0].thought"),
        (json!([{"text": "a", "thoughtSignature": 5}]), "[0].thoughtSignature"),
        (json!([{"text": "a", "thoughtSignature": "not ours!"}]), "[0].thoughtSignature"),
        (json!([{"executableCode": "print"}]), "[0].executableCode"),
        (json!([{"inlineData": {"mimeType": "image/png", "data": "#"}}]), "[0].inlineData.data"),
        (json!([{"inlineData": {"data": "YQ=="}}]), "[0].inlineData.mimeType"),
        (json!([{"file_data": {"file_uri": 1}}]), "[0].file_data.file_uri"),
    ] {
        let refusal = with_parts(parts).refusal();
        assert!(refusal.starts_with(&format!("messages[1].extra_content.google.parts{path}:")), "{path}: {refusal}");
    }
}

// wire 75, 77: a signature belongs to one part alone, and none is lost beside others.
#[test]
fn the_signature_of_a_message_finds_its_text_among_other_parts() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}});
    let google = json!({"google": {"thought_signature": "bXNn"}});
    let function = json!({"name": "f", "arguments": "{}"});
    let call = json!({"id": "x", "type": "function", "function": function, "extra_content": {"google": {"thought_signature": "Y2FsbA=="}}});
    let signed = json!({"text": "Hi", "thoughtSignature": "bXNn"});
    let alone = json!({"text": "", "thoughtSignature": "bXNn"});
    let parts = |mut message: Value| {
        message["role"] = json!("assistant");
        message["extra_content"] = google.clone();
        turn(&with_message(message))
    };
    assert_eq!(parts(json!({"content": "Hi", "images": [image]}))[0], signed);
    assert_eq!(parts(json!({"content": "", "images": [image]}))[0], alone);
    let beside_call = parts(json!({"content": null, "tool_calls": [call]}));
    assert_eq!(beside_call[0], alone);
    assert_eq!(beside_call[1]["thoughtSignature"], "Y2FsbA==");
    // In the form before there were tools, a call has no place of its own.
    let of_call = parts(json!({"content": "Hi", "function_call": function}));
    assert_eq!((&of_call[0], &of_call[1]["thoughtSignature"]), (&json!({"text": "Hi"}), &json!("bXNn")));
}

/// Values that look like parts, and some that do not.
fn hostile() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(-1.5)),
        "[a-z=+/ ]{0,6}".prop_map(Value::from),
        Just(json!("YQ==")),
        Just(json!("files/a")),
    ];
    let key = prop::sample::select(vec![
        "text",
        "inlineData",
        "inline_data",
        "mimeType",
        "data",
        "fileData",
        "fileUri",
        "executableCode",
        "toolCall",
        "tool_response",
        "functionCall",
        "thought",
        "thoughtSignature",
        "thought_signature",
        "",
        "x",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn hostile_parts_are_refused_left_out_or_parts(parts in hostile()) {
        let asked = with_parts(parts);
        match asked.decode() {
            Err(error) => {
                prop_assert!(error.field.as_deref().is_some_and(|field| field.starts_with("messages[1].extra_content.google.parts")));
                prop_assert!(error.problem != Problem::Malformed);
            }
            Ok(_) => {
                for part in turn(&asked).as_array().unwrap() {
                    let contents = ["text", "inlineData", "inline_data", "fileData", "executableCode", "toolCall", "tool_response"];
                    let held = contents.iter().filter(|kind| part.get(kind).is_some()).count();
                    prop_assert_eq!(held, 1, "{}", part);
                }
            }
        }
    }
}
