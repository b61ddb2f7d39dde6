//! Responses, made and kept.

use gap_sim::{After, Fault, Preset, Script, StallBefore};
use http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{MODEL, STORY, client, error_of, sent};
use crate::support::TestApp;
use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;

const RESPONSES: &str = "/v1/responses";

fn ask(text: &str, stream: bool) -> String {
    json!({ "model": MODEL, "input": text, "stream": stream }).to_string()
}

/// The events of a stream, by their number.
fn events(text: &str) -> Vec<Value> {
    let frames = text.split_terminator("\n\n").filter(|frame| !frame.starts_with(':'));
    let events: Vec<Value> = frames
        .map(|frame| {
            let (name, data) = frame.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
            let event: Value = serde_json::from_str(data).unwrap();
            assert_eq!(event["type"], name);
            event
        })
        .collect();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"].as_u64(), Some(number as u64));
    }
    events
}

#[rstest]
#[case("/v1/responses")]
#[case("/v1beta/openai/responses")]
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_and_kept(#[case] path: &str) {
    let app = TestApp::start().await;
    let client = client(&app);
    let reply = client.post(path, ask("[[sim: text=Hello]] Hi", false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-gap-attempts"), Some("1"));
    let response = reply.json();
    assert_eq!(response["output"][0]["content"][0]["text"], "Hello");
    let id = response["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("{path}/{id}")).await.json(), response);
    let items = client.get(&format!("{path}/{id}/input_items?limit=1")).await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "[[sim: text=Hello]] Hi");
    let gone = client.send(Method::DELETE, &format!("{path}/{id}"), "").await;
    assert_eq!(gone.json(), json!({ "id": id, "object": "response", "deleted": true }));
    assert_eq!(client.get(&format!("{path}/{id}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_openais_shape() {
    let app = TestApp::start().await;
    let known = client(&app);
    let nobody = Client::new(app.address, None);
    for path in ["", "/resp_x/cancel"] {
        let (status, _, _, code) = error_of(&nobody.post(&format!("{RESPONSES}{path}"), ask("hi", false)).await);
        assert_eq!((status, code.as_deref()), (401, Some("invalid_api_key")));
    }
    for path in ["/resp_x", "/resp_x/input_items"] {
        assert_eq!(nobody.get(&format!("{RESPONSES}{path}")).await.status, 401);
        let (status, message, _, _) = error_of(&known.get(&format!("{RESPONSES}{path}")).await);
        assert_eq!((status, message.as_str()), (404, "Response with id 'resp_x' not found."));
    }
    let (status, _, _, code) = error_of(&known.get(RESPONSES).await);
    assert_eq!((status, code.as_deref()), (405, Some("method_not_supported")));
    let body = json!({ "model": MODEL, "input": "x", "previous_response_id": "resp_x" }).to_string();
    let (status, _, param, code) = error_of(&known.post(RESPONSES, body).await);
    assert_eq!(
        (status, param.as_deref(), code.as_deref()),
        (400, Some("previous_response_id"), Some("previous_response_not_found"))
    );
    let kept = known.post(RESPONSES, ask("hi", false)).await.json();
    let id = kept["id"].as_str().unwrap();
    for (query, field) in [("?stream=true", "stream")] {
        let (status, _, param, _) = error_of(&known.get(&format!("{RESPONSES}/{id}{query}")).await);
        assert_eq!((status, param.as_deref()), (400, Some(field)));
    }
    for (query, field) in [("limit=0", "limit"), ("limit=x", "limit"), ("order=up", "order"), ("after=msg_x", "after")]
    {
        let (status, _, param, _) = error_of(&known.get(&format!("{RESPONSES}/{id}/input_items?{query}")).await);
        assert_eq!((status, param.as_deref()), (400, Some(field)), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_refusals_name_the_clients_own_fields() {
    let app = TestApp::start().await;
    // More than any unknown model can write, which only Google knows.
    let body = json!({ "model": MODEL, "input": "x", "google": { "generation_config": { "max_output_tokens": -1 } } });
    let (status, message, param, _) = error_of(&client(&app).post(RESPONSES, body.to_string()).await);
    assert_eq!((status, param.as_deref()), (400, Some("max_output_tokens")), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_has_failed_and_is_not_kept() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 2 }))).unwrap();
    let reply = client(&app).post(RESPONSES, ask(STORY, true)).await;
    let events = events(reply.text());
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["response"]["status"]), (&json!("response.failed"), &json!("failed")));
    assert_eq!(last["response"]["error"]["code"], "server_error");
    let id = last["response"]["id"].as_str().unwrap();
    assert_eq!(client(&app).get(&format!("{RESPONSES}/{id}")).await.status, 404);
    assert!(app.app.responses.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_stream_without_an_answer_ends_with_an_error() {
    let app = TestApp::with().set("server.open_after", "100ms").set("server.keep_alive", "50ms").start().await;
    let late = StallBefore { ms: 200, then: Some(Box::new(Preset::QuotaPerMinute.into())) };
    app.sim.add_fault(Fault::new(Script::StallBeforeHeaders(late))).unwrap();
    let reply = client(&app).post(RESPONSES, ask(STORY, true)).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().starts_with(": keep-alive\n\n"));
    let events = events(reply.text());
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0]["type"], &events[0]["code"]), (&json!("error"), &json!("rate_limit_exceeded")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_fails_is_replaced_before_anything_is_said() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::Overloaded).times(1)).unwrap();
    let events = events(client(&app).post(RESPONSES, ask(STORY, true)).await.text());
    assert_eq!(events.last().unwrap()["type"], "response.completed");
    assert_eq!(app.arrived(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_does_not_want_kept_is_not() {
    let app = TestApp::with().set("responses.memory", "0").start().await;
    let response = client(&app).post(RESPONSES, ask("hi", false)).await.json();
    assert_eq!(response["status"], "completed");
    assert!(app.app.responses.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_for_its_access_key_alone() {
    let app = TestApp::with().set("auth.users_api_keys", &format!("{ACCESS_KEY},other")).start().await;
    let first = client(&app).post(RESPONSES, ask("[[sim: text=Hello]] Hi", false)).await.json();
    let body = json!({ "model": MODEL, "input": "And?", "previous_response_id": first["id"] }).to_string();
    let other = Client::new(app.address, None).header("authorization", "Bearer other");
    assert_eq!(other.post(RESPONSES, body.clone()).await.status, 400);
    assert_eq!(client(&app).post(RESPONSES, body).await.status, 200);
    let sent: Value = serde_json::from_str(sent(&app).last().unwrap()).unwrap();
    let texts: Vec<&Value> =
        sent["contents"].as_array().unwrap().iter().map(|turn| &turn["parts"][0]["text"]).collect();
    assert_eq!(texts[1..], ["Hello", "And?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_by_google_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let body = json!({
        "model": MODEL, "input": "Hi", "instructions": "Be kind.", "tools": [{ "type": "function", "name": "f" }]
    });
    let reply = client(&app).post("/v1/responses/input_tokens", body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let counted = reply.json();
    assert_eq!(counted["object"], "response.input_tokens");
    assert!(counted["input_tokens"].as_u64().unwrap() > 0);
    let sent: Value = serde_json::from_str(&sent(&app)[0]).unwrap();
    assert_eq!(sent["generateContentRequest"]["model"], format!("models/{MODEL}"));
    assert_eq!(sent["generateContentRequest"]["systemInstruction"]["parts"][0]["text"], "Be kind.");
    assert!(app.app.responses.is_empty());
    let (status, _, param, _) = error_of(&client(&app).post("/v1/responses/input_tokens", "{}").await);
    assert_eq!((status, param.as_deref()), (400, Some("model")));
}
