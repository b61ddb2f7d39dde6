//! Responses that are worked on without their client.

use std::time::Duration;

use gap_sim::{After, Fault, Preset, Script, Stall, StallBefore};
use gap_store::responses::KeptResponse;
use gap_store::usage::Outcome;
use gap_store::usage::log::LogFilter;
use http::Method;
use http_body_util::BodyExt;
use rstest::rstest;
use serde_json::{Value, json};

use super::{MODEL, STORY, client, error_of, sent};
use crate::support::TestApp;
use crate::support::app::{ACCESS_KEY, Setup};
use crate::support::client::{Client, eventually, within};

const RESPONSES: &str = "/v1/responses";

fn ask(text: &str, stream: bool) -> String {
    json!({ "model": MODEL, "input": text, "stream": stream, "background": true }).to_string()
}

/// Asks, and gives the id of what is queued.
async fn begin(client: &Client, text: &str) -> String {
    let reply = client.post(RESPONSES, ask(text, false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let queued = reply.json();
    assert_eq!((&queued["status"], &queued["background"]), (&json!("queued"), &json!(true)));
    queued["id"].as_str().unwrap().to_owned()
}

/// Waits until a response has got there, or elsewhere for good.
async fn wait(client: &Client, id: &str, status: &str) -> Value {
    within(async {
        loop {
            let response = client.get(&format!("{RESPONSES}/{id}")).await.json();
            let now = response["status"].as_str().unwrap_or_else(|| panic!("{response}"));
            if now == status {
                return response;
            }
            assert!(matches!(now, "queued" | "in_progress"), "{response}");
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// The events of a stream, which follow each other from this number on.
fn events(text: &str, first: u64) -> Vec<Value> {
    let frames = text.split_terminator("\n\n").filter(|frame| !frame.starts_with(':'));
    let events: Vec<Value> =
        frames.map(|frame| serde_json::from_str(frame.split_once("\ndata: ").unwrap().1).unwrap()).collect();
    for (number, event) in (first..).zip(&events) {
        assert_eq!(event["sequence_number"].as_u64(), Some(number), "{event}");
    }
    events
}

fn stall(ms: u64) -> Fault {
    Fault::new(Script::StallBeforeHeaders(StallBefore { ms, then: None })).times(1)
}

fn stall_after(after: u64) -> Fault {
    Fault::new(Script::StallBetweenEvents(Stall { after, ms: 60_000, then: gap_sim::Afterwards::default() })).times(1)
}

/// How the requests to the model have ended, the latest first.
async fn outcomes(app: &TestApp) -> Vec<(Outcome, u64)> {
    app.app.books.settle().await;
    let records = app.app.store.usage().log(&LogFilter::default(), 10_000).await.unwrap();
    let of_models = records.into_iter().filter(|record| record.method == "responses");
    of_models.map(|record| (record.outcome, record.tokens.output)).collect()
}

fn in_database(folder: &tempfile::TempDir) -> Setup {
    TestApp::with()
        .set("store.database_url", &format!("sqlite://{}/gap.db", folder.path().display()))
        .set("context.storage_mode", "database")
        .set("auth.secret_key", "a-secret-key-of-thirty-two-bytes-or-more")
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn it_is_queued_worked_on_and_kept(#[values(false, true)] database: bool) {
    let folder = tempfile::tempdir().unwrap();
    let app = if database { in_database(&folder).start().await } else { TestApp::start().await };
    let client = client(&app);
    app.sim.add_fault(stall(200)).unwrap();
    let id = begin(&client, "[[sim: text=Hello]] Hi").await;
    let working = wait(&client, &id, "in_progress").await;
    assert_eq!((&working["output"], &working["id"]), (&json!([]), &json!(id)));
    // Nobody goes on from what has not ended.
    let goes_on = json!({ "model": MODEL, "input": "And?", "previous_response_id": id }).to_string();
    assert_eq!(client.post(RESPONSES, goes_on.clone()).await.status, 400);
    let items = client.get(&format!("{RESPONSES}/{id}/input_items")).await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "[[sim: text=Hello]] Hi");
    let done = wait(&client, &id, "completed").await;
    assert_eq!(done["output"][0]["content"][0]["text"], "Hello");
    assert_eq!((&done["created_at"], &done["background"]), (&working["created_at"], &json!(true)));
    assert!(done["usage"]["output_tokens"].as_u64().unwrap() > 0);
    assert_eq!(client.post(RESPONSES, goes_on).await.status, 200);
    let last: Value = serde_json::from_str(sent(&app).last().unwrap()).unwrap();
    assert_eq!(last["contents"][1]["parts"][0]["text"], "Hello");
    assert_eq!(client.post(&format!("{RESPONSES}/{id}/cancel"), "").await.json(), done, "it stays as it is");
    let outcomes = outcomes(&app).await;
    let answered = outcomes.iter().filter(|(outcome, tokens)| *outcome == Outcome::Answered && *tokens > 0);
    assert_eq!(answered.count(), 2, "{outcomes:?}");
    assert_eq!(app.app.background.running(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_resumed_from_any_event() {
    let app = TestApp::with().set("auth.users_api_keys", &format!("{ACCESS_KEY},other")).start().await;
    let client = client(&app);
    let reply = client.post(RESPONSES, ask(STORY, true)).await;
    let all = events(reply.text(), 0);
    let kinds: Vec<&str> = all.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds[..4],
        ["response.created", "response.queued", "response.in_progress", "response.output_item.added"]
    );
    assert_eq!(kinds.last(), Some(&"response.completed"));
    assert_eq!(
        (&all[0]["response"]["status"], &all[2]["response"]["status"]),
        (&json!("queued"), &json!("in_progress"))
    );
    let last = &all.last().unwrap()["response"];
    let one = format!("{RESPONSES}/{}", last["id"].as_str().unwrap());
    assert_eq!(&client.get(&one).await.json(), last);
    for after in [0, 5, all.len() - 2, all.len() - 1] {
        let rest = client.get(&format!("{one}?stream=true&starting_after={after}")).await;
        assert_eq!(events(rest.text(), after as u64 + 1), all[after + 1..], "{after}");
    }
    assert_eq!(events(client.get(&format!("{one}?stream=true")).await.text(), 0), all);
    let other = Client::new(app.address, None).header("authorization", "Bearer other");
    for (verb, path) in [
        (Method::GET, one.clone()),
        (Method::GET, format!("{one}?stream=true")),
        (Method::POST, format!("{one}/cancel")),
        (Method::DELETE, one.clone()),
    ] {
        assert_eq!(other.send(verb, &path, "").await.status, 404);
    }
    for query in ["stream=true&starting_after=x", "stream=maybe"] {
        assert_eq!(client.get(&format!("{one}?{query}")).await.status, 400, "{query}");
    }
    let id = begin(&client, "hi").await;
    wait(&client, &id, "completed").await;
    let (status, _, param, _) = error_of(&client.get(&format!("{RESPONSES}/{id}?stream=true")).await);
    assert_eq!((status, param.as_deref()), (400, Some("stream")));
    assert_eq!(client.send(Method::DELETE, &one, "").await.status, 200);
    assert_eq!(client.get(&format!("{one}?stream=true")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_changes_nothing() {
    let app = TestApp::start().await;
    let client = client(&app);
    app.sim
        .add_fault(
            Fault::new(Script::StallBetweenEvents(Stall { after: 2, ms: 300, then: gap_sim::Afterwards::default() }))
                .times(1),
        )
        .unwrap();
    let mut response = client.begin(Method::POST, RESPONSES, ask(STORY, true)).await;
    let first = within(response.body_mut().frame()).await.unwrap().unwrap().into_data().unwrap();
    let created = &events(std::str::from_utf8(&first).unwrap(), 0)[0];
    let id = created["response"]["id"].as_str().unwrap();
    drop(response);
    let resumed = client.get(&format!("{RESPONSES}/{id}?stream=true&starting_after=1")).await;
    let rest = events(resumed.text(), 2);
    assert_eq!(rest.last().unwrap()["type"], "response.completed");
    assert_eq!(wait(&client, id, "completed").await, rest.last().unwrap()["response"]);
    assert_eq!(outcomes(&app).await[0].0, Outcome::Answered);
}

#[rstest]
#[case::before_the_first_byte(stall(60_000), false)]
#[case::before_the_first_event(stall(60_000), true)]
#[case::in_the_middle(stall_after(3), true)]
#[tokio::test(flavor = "multi_thread")]
async fn who_cancels_ends_the_call(#[case] fault: Fault, #[case] stream: bool, #[values(false, true)] database: bool) {
    let folder = tempfile::tempdir().unwrap();
    let app = if database { in_database(&folder).start().await } else { TestApp::start().await };
    let client = client(&app);
    app.sim.add_fault(fault).unwrap();
    let conversation = client.post("/v1/conversations", "{}").await.json()["id"].as_str().unwrap().to_owned();
    let body = json!({
        "model": MODEL, "input": STORY, "stream": stream, "background": true, "conversation": conversation
    });
    let mut response = client.begin(Method::POST, RESPONSES, body.to_string()).await;
    let first = within(response.body_mut().frame()).await.unwrap().unwrap().into_data().unwrap();
    let first = std::str::from_utf8(&first).unwrap();
    let id = if stream {
        events(first, 0)[0]["response"]["id"].as_str().unwrap().to_owned()
    } else {
        serde_json::from_str::<Value>(first).unwrap()["id"].as_str().unwrap().to_owned()
    };
    wait(&client, &id, "in_progress").await;
    let cancelled = client.post(&format!("{RESPONSES}/{id}/cancel"), "").await;
    assert_eq!((cancelled.status.as_u16(), &cancelled.json()["status"]), (200, &json!("cancelled")));
    assert_eq!(app.app.keyring.open_leases(), 0, "the call is over when the cancel is answered");
    assert_eq!(client.get(&format!("{RESPONSES}/{id}")).await.json(), cancelled.json());
    assert_eq!(client.post(&format!("{RESPONSES}/{id}/cancel"), "").await.json(), cancelled.json(), "twice is once");
    if stream {
        let rest = within(response.into_body().collect()).await.unwrap().to_bytes();
        let text = format!("{first}{}", std::str::from_utf8(&rest).unwrap());
        let last = events(&text, 0).pop().unwrap();
        assert_eq!((&last["type"], &last["response"]), (&json!("response.cancelled"), &cancelled.json()));
    }
    let items = client.get(&format!("/v1/conversations/{conversation}/items")).await.json();
    assert_eq!(items["data"], json!([]), "nothing is added");
    assert_eq!(outcomes(&app).await[0].0, Outcome::Cancelled);
    eventually("its place is free", || app.app.background.running() == 0).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_has_failed(#[values(false, true)] stream: bool) {
    let app = TestApp::start().await;
    let client = client(&app);
    app.sim.add_fault(Fault::new(Preset::QuotaPerMinute).times(9)).unwrap();
    let reply = client.post(RESPONSES, ask("hi", stream)).await;
    let id = if stream {
        let told = events(reply.text(), 0);
        assert_eq!(told.last().unwrap()["type"], "response.failed");
        told[0]["response"]["id"].as_str().unwrap().to_owned()
    } else {
        reply.json()["id"].as_str().unwrap().to_owned()
    };
    let failed = wait(&client, &id, "failed").await;
    assert_eq!(failed["error"]["code"], "rate_limit_exceeded", "{failed}");
    assert_eq!(outcomes(&app).await[0].0, Outcome::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_has_failed() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 2 })).times(1)).unwrap();
    let told = events(client(&app).post(RESPONSES, ask(STORY, true)).await.text(), 0);
    let last = told.last().unwrap();
    assert_eq!(
        (&last["type"], &last["response"]["error"]["code"]),
        (&json!("response.failed"), &json!("server_error"))
    );
    let id = last["response"]["id"].as_str().unwrap();
    assert_eq!(wait(&client(&app), id, "failed").await, last["response"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_added_to_its_conversation() {
    let app = TestApp::start().await;
    let client = client(&app);
    let conversation = client.post("/v1/conversations", "{}").await.json()["id"].clone();
    let body = json!({
        "model": MODEL, "input": "[[sim: text=Hello]] Hi", "background": true, "conversation": conversation
    });
    let queued = client.post(RESPONSES, body.to_string()).await.json();
    assert_eq!(queued["conversation"], json!({ "id": conversation }));
    wait(&client, queued["id"].as_str().unwrap(), "completed").await;
    let list = client.get(&format!("/v1/conversations/{}/items", conversation.as_str().unwrap())).await.json();
    assert_eq!(list["data"][0]["content"][0]["text"], "Hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_run_at_a_time() {
    let app = TestApp::with().set("responses.background_per_access_key", "1").start().await;
    let client = client(&app);
    app.sim.add_fault(stall(60_000)).unwrap();
    let id = begin(&client, "hi").await;
    eventually("it is asked", || app.arrived() == 1).await;
    let refused = client.post(RESPONSES, ask("hi", false)).await;
    assert!(refused.header("retry-after").is_some());
    let (status, message, _, code) = error_of(&refused);
    assert_eq!((status, code.as_deref()), (429, Some("rate_limit_exceeded")), "{message}");
    assert!(message.contains("responses.background_per_access_key"), "{message}");
    // Forgetting it ends it.
    assert_eq!(client.send(Method::DELETE, &format!("{RESPONSES}/{id}"), "").await.status, 200);
    assert_eq!(client.get(&format!("{RESPONSES}/{id}")).await.status, 404);
    eventually("its place is free", || app.app.background.running() == 0).await;
    let id = begin(&client, "hi").await;
    wait(&client, &id, "completed").await;

    let unkept = json!({ "model": MODEL, "input": "x", "background": true, "store": false }).to_string();
    eventually("its place is free", || app.app.background.running() == 0).await;
    let (status, _, param, _) = error_of(&client.post(RESPONSES, unkept).await);
    assert_eq!((status, param.as_deref()), (400, Some("background")));
    assert_eq!(app.app.background.running(), 0);
    let none = TestApp::with().set("responses.background", "0").start().await;
    assert_eq!(super::client(&none).post(RESPONSES, ask("hi", false)).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_it_finish_and_what_does_not_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let app = in_database(&folder).start().await;
    app.sim.add_fault(stall(300)).unwrap();
    let finished = begin(&client(&app), "[[sim: text=Hello]] Hi").await;
    eventually("it is asked", || app.arrived() == 1).await;
    assert!(app.app.lifecycle.finish(Duration::from_secs(10)).await);
    drop(app);

    let app = in_database(&folder).start().await;
    assert_eq!(wait(&client(&app), &finished, "completed").await["output"][0]["content"][0]["text"], "Hello");
    app.sim.add_fault(stall(60_000)).unwrap();
    let cut = begin(&client(&app), "hi").await;
    eventually("it is asked", || app.arrived() == 1).await;
    assert!(!app.app.lifecycle.finish(Duration::from_millis(50)).await);
    assert_eq!(app.app.keyring.open_leases(), 0);
    drop(app);

    let app = in_database(&folder).start().await;
    let failed = wait(&client(&app), &cut, "failed").await;
    assert!(failed["error"]["message"].as_str().unwrap().contains("stopped"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_has_left_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let app = in_database(&folder).start().await;
    assert_eq!(client(&app).post(RESPONSES, ask("hi", true)).await.status, 200);
    let now = app.clock.now();
    let table = app.app.store.responses();
    app.app.books.settle().await;
    let owner = app.app.store.usage().log(&LogFilter::default(), 1).await.unwrap().remove(0).access_key;
    let row = |id: &str, alive: i64| KeptResponse {
        id: id.to_owned(),
        owner: owner.clone(),
        previous: None,
        input: "[]".to_owned(),
        output: "[]".to_owned(),
        response: json!({ "id": id, "status": "in_progress", "error": null, "background": true }).to_string(),
        alive_until: Some(now + jiff::Span::new().seconds(alive)),
        created_at: now,
        used_at: now,
    };
    // Another instance is believed for a while.
    table.insert(&row("resp_elsewhere", 30)).await.unwrap();
    assert_eq!(client(&app).get(&format!("{RESPONSES}/resp_elsewhere")).await.json()["status"], "in_progress");
    app.clock.advance(jiff::SignedDuration::from_secs(31));
    let failed = client(&app).get(&format!("{RESPONSES}/resp_elsewhere")).await.json();
    assert_eq!((&failed["status"], &failed["error"]["code"]), (&json!("failed"), &json!("server_error")));
    // It can be cancelled from here.
    table.insert(&row("resp_cancelled", 90)).await.unwrap();
    let cancelled = client(&app).post(&format!("{RESPONSES}/resp_cancelled/cancel"), "").await.json();
    assert_eq!(cancelled["status"], "cancelled");
    // After a restart nobody can be working in a file.
    table.insert(&row("resp_crashed", 9_999)).await.unwrap();
    drop(app);
    let app = in_database(&folder).start().await;
    assert_eq!(client(&app).get(&format!("{RESPONSES}/resp_crashed")).await.json()["status"], "failed");
}
