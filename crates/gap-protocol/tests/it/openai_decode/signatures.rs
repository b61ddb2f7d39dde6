//! Ids and signatures of calls: what clients keep, and what is found again.

use gap_protocol::call::IdStyle;
use gap_protocol::openai::chat::ids::{Carried, encode};
use serde_json::{Value, json};

use super::ask;

fn call(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}})
}

fn turns(messages: Value) -> Value {
    ask("gemini-2.5-flash", json!({"messages": messages})).body()["contents"].clone()
}

// wire 64: Gemini's own id goes back, a foreign one serves, an embedded signature does not travel as an id.
#[test]
fn calls_keep_gemini_s_own_ids() {
    let signature = "c2lnbmF0dXJl".repeat(20);
    let own =
        Carried { gemini_id: Some("rgjcr7hc".into()), name: Some("f".into()), signature: Some(signature.clone()) };
    let without = Carried { signature: Some(signature.clone()), ..Carried::default() };
    let long = "x".repeat(65);
    for (id, expected) in [
        (encode("u1", &own, IdStyle::Embedded), json!("rgjcr7hc")),
        (encode("u1", &without, IdStyle::Embedded), json!("call_u1")),
        ("toolu_01".to_owned(), json!("toolu_01")),
        (long, Value::Null),
    ] {
        let turns = turns(json!([
            {"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [call(&id, "f")]},
            {"role": "tool", "tool_call_id": id, "content": "1"},
        ]));
        let id_of = |turn: usize, kind: &str| turns[turn]["parts"][0][kind].get("id").cloned().unwrap_or_default();
        assert_eq!(id_of(1, "functionCall"), expected);
        assert_eq!(id_of(2, "functionResponse"), expected);
    }
}

// wire 76, 77, 78
#[test]
fn signatures_come_back_from_all_their_places() {
    let embedded = encode("u1", &Carried { signature: Some("aWQ=".into()), ..Carried::default() }, IdStyle::Embedded);
    let with = |call: Value| {
        let messages = json!([{"role": "user", "content": "go"}, {"role": "assistant", "tool_calls": [call]}]);
        ask("gemini-3-flash-preview", json!({"messages": messages}))
            .with(|asked| asked.signatures.push(("call_vault", "dmF1bHQ=")))
            .body()["contents"][1]["parts"][0]["thoughtSignature"]
            .clone()
    };
    let google = json!({"google": {"thought_signature": "ZXh0cmE="}});
    let function = json!({"name": "f", "arguments": "{}"});
    assert_eq!(with(json!({"id": "x", "type": "function", "function": function, "extra_content": google})), "ZXh0cmE=");
    assert_eq!(with(json!({"id": embedded, "type": "function", "function": function})), "aWQ=");
    assert_eq!(with(json!({"id": "call_vault", "type": "function", "function": function})), "dmF1bHQ=");
    assert_eq!(
        with(
            json!({"id": "x", "function": {"name": "f", "arguments": "{}", "provider_specific_fields": {"thought_signature": "bGl0ZQ=="}}})
        ),
        "bGl0ZQ=="
    );
    assert_eq!(with(json!({"id": "x", "type": "function", "function": function})), "skip_thought_signature_validator");
    let foreign = json!({"google": {"thought_signature": "not ours!"}});
    assert_eq!(
        with(json!({"id": "x", "function": function, "extra_content": foreign})),
        "skip_thought_signature_validator"
    );
}

// wire 76: siblings have none; models that demand none get none.
#[test]
fn the_sentinel_is_for_first_calls_of_models_that_demand_signatures() {
    let messages = json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [call("a", "one"), call("b", "two")]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
    ]);
    let signature = |model: &str, part: usize| {
        let body = ask(model, json!({"messages": messages})).body();
        body["contents"][1]["parts"][part].get("thoughtSignature").cloned()
    };
    assert_eq!(signature("gemini-3-pro-preview", 0), Some(json!("skip_thought_signature_validator")));
    assert_eq!(signature("gemini-3-pro-preview", 1), None);
    assert_eq!(signature("gemini-2.5-flash", 0), None);
}

// wire 75, 77: the signature of a message stays with its text, also if the text is empty.
#[test]
fn signatures_of_messages_stay_with_their_text() {
    let extra = json!({"google": {"thought_signature": "bXNn"}});
    let parts = |message: Value| {
        let body =
            ask("gemini-3-flash-preview", json!({"messages": [{"role": "user", "content": "go"}, message]})).body();
        body["contents"][1]["parts"].clone()
    };
    assert_eq!(
        parts(json!({"role": "assistant", "content": "Hi", "extra_content": extra})),
        json!([{"text": "Hi", "thoughtSignature": "bXNn"}])
    );
    assert_eq!(
        parts(json!({"role": "assistant", "content": "", "extra_content": extra})),
        json!([{"text": "", "thoughtSignature": "bXNn"}])
    );
    assert_eq!(
        parts(json!({"role": "assistant", "content": null, "tool_calls": [call("a", "f")], "extra_content": extra}))[0]
            ["thoughtSignature"],
        "bXNn"
    );
}
