//! Conversations by a name of their own, and answers that are worked on without their client.

use gap_protocol::openai::responses::background::{FIRST_EVENTS, queued};
use gap_protocol::openai::responses::{StreamEncoder, take_apart};
use serde_json::{Value, json};

use super::{CREATED, ID, MODEL, SIGNING, ask, chunk, events, stop};

fn talk() -> Value {
    json!([
        {"id": "msg_0", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
    ])
}

#[test]
fn the_items_of_a_conversation_stand_before_the_input() {
    for conversation in [json!("conv_a"), json!({"id": "conv_a"})] {
        let asked = ask(MODEL, json!({"conversation": conversation, "input": "And?"})).with(|asked| {
            asked.conversations.insert("conv_a", talk());
        });
        let body = asked.body();
        let texts: Vec<&Value> =
            body["contents"].as_array().unwrap().iter().map(|turn| &turn["parts"][0]["text"]).collect();
        assert_eq!(texts, ["Hi", "Hello", "And?"]);
        let request = asked.decoded();
        assert_eq!((request.conversation.as_deref(), request.previous), (Some("conv_a"), None));
        let response = asked.answered(&[chunk(json!([{"text": "Yes"}])), stop()]);
        assert_eq!(response["conversation"], json!({"id": "conv_a"}));
    }
    assert_eq!(ask(MODEL, json!({})).answered(&[chunk(json!([{"text": "x"}])), stop()]).get("conversation"), None);
}

#[test]
fn signatures_of_a_conversation_survive() {
    let first = ask(SIGNING, json!({"tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}]}));
    let call = json!([{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2lnbmVk"}]);
    let output = first.answered(&[chunk(call), stop()])["output"].clone();
    let call_id = output.as_array().unwrap().iter().find_map(|item| item["call_id"].as_str()).unwrap().to_owned();
    let input = json!([{"type": "function_call_output", "call_id": call_id, "output": "1"}]);
    let second = ask(SIGNING, json!({"conversation": "conv_a", "input": input})).with(|asked| {
        let mut items: Vec<Value> =
            take_apart(&first.decoded().input).iter().map(|item| serde_json::from_str(&item.json).unwrap()).collect();
        items.extend(output.as_array().unwrap().iter().cloned());
        asked.conversations.insert("conv_a", Value::Array(items));
    });
    assert_eq!(second.body()["contents"][1]["parts"][0]["thoughtSignature"], "c2lnbmVk");
}

#[test]
fn what_is_in_the_conversation_is_not_sent_twice() {
    let input = json!([{"id": "msg_0", "role": "user", "content": "Hi"}]);
    let twice = ask(MODEL, json!({"conversation": "conv_a", "input": input})).with(|asked| {
        asked.conversations.insert("conv_a", talk());
    });
    assert!(twice.refusal().starts_with("input[0].id: Duplicate item found with id msg_0"), "{}", twice.refusal());
}

#[test]
fn what_is_referred_to_is_kept_itself() {
    let input = json!([{"type": "item_reference", "id": "msg_9"}, {"role": "user", "content": "x"}]);
    let asked = ask(MODEL, json!({"input": input})).with(|asked| {
        asked.items.insert("msg_9", json!({"id": "msg_9", "type": "message", "role": "user", "content": "Hi"}));
    });
    let kept = take_apart(&asked.decoded().input);
    let first: Value = serde_json::from_str(&kept[0].json).unwrap();
    assert_eq!(first, json!({"id": "msg_9", "type": "message", "role": "user", "content": "Hi"}));
}

#[test]
fn a_response_in_the_background_is_queued_and_its_stream_goes_on_from_there() {
    let request = ask(MODEL, json!({"background": true, "stream": true, "metadata": {"a": "b"}})).decoded();
    assert!(request.plan.background && request.store);
    let plan = request.decoded.call().plan.clone();
    let first: Value = serde_json::from_slice(&queued(plan.clone(), request.plan.clone(), ID, CREATED)).unwrap();
    assert_eq!((&first["status"], &first["background"], &first["id"]), (&json!("queued"), &json!(true), &json!(ID)));
    assert_eq!((&first["output"], &first["error"], &first["metadata"]), (&json!([]), &Value::Null, &json!({"a": "b"})));

    let mut encoder = StreamEncoder::new(plan.clone(), request.plan.clone(), ID, CREATED);
    let mut out = Vec::new();
    encoder.chunk(chunk(json!([{"text": "x"}])).as_bytes(), &mut out).unwrap();
    encoder.chunk(stop().as_bytes(), &mut out).unwrap();
    encoder.end(&mut out).unwrap();
    let told = events(&String::from_utf8(out).unwrap());
    assert_eq!(told[0]["type"], "response.output_item.added");
    for (number, event) in (FIRST_EVENTS..).zip(&told) {
        assert_eq!(event["sequence_number"], number);
    }
    // One that cannot even begin has failed: its client knows of it.
    let mut out = Vec::new();
    StreamEncoder::new(plan, request.plan, ID, CREATED).fail("gone", &mut out);
    let failed = &events(&String::from_utf8(out).unwrap())[0];
    assert_eq!((&failed["type"], &failed["sequence_number"]), (&json!("response.failed"), &json!(FIRST_EVENTS)));
}
