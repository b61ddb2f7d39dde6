//! Answers in pieces: in order, kept alive, cancelled when nobody listens.

use gap_sim::{Fault, Preset, Script, Stall, StallBefore};
use http::Method;
use http_body_util::BodyExt;
use serde_json::json;

use super::{CHAT, Chunks, MODEL, STORY, ask, client};
use crate::support::client::{eventually, within};
use crate::support::{TestApp, log};

async fn impatient() -> TestApp {
    TestApp::with().set("server.open_after", "100ms").set("server.keep_alive", "50ms").start().await
}

fn late(ms: u64, then: Option<Preset>) -> Script {
    Script::StallBeforeHeaders(StallBefore { ms, then: then.map(|preset| Box::new(preset.into())) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_openais_order() {
    let app = TestApp::start().await;
    let messages = json!([{ "role": "user", "content": STORY }]);
    let options = json!({ "include_usage": true });
    let body = json!({ "model": MODEL, "messages": messages, "stream": true, "stream_options": options });
    let reply = client(&app).post(CHAT, body.to_string()).await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(reply.header("x-accel-buffering"), Some("no"));
    assert_eq!(reply.header("x-gap-attempts"), Some("1"));
    let chunks = Chunks::of(&reply);
    assert_eq!(chunks.documents[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(chunks.done && chunks.finishes() == ["stop"] && !chunks.text().is_empty());
    let last = chunks.documents.last().unwrap();
    assert!(last["choices"].as_array().unwrap().is_empty() && last["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert_eq!(app.sim.requests()[0].query, "alt=sse");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_stream_is_opened_and_kept_alive_until_it_answers() {
    let app = impatient().await;
    app.sim.add_fault(Fault::new(late(400, None)).times(1)).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, true)).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().starts_with(": keep-alive\n\n: keep-alive\n\n"), "{}", reply.text());
    let chunks = Chunks::of(&reply);
    assert!(chunks.done && chunks.finishes() == ["stop"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_fails_after_opening_is_still_replaced() {
    let app = impatient().await;
    app.sim.add_fault(Fault::new(late(300, Some(Preset::Overloaded))).times(1)).unwrap();
    let chunks = Chunks::of(&client(&app).post(CHAT, ask(STORY, true)).await);
    assert!(chunks.done && chunks.finishes() == ["stop"]);
    assert_eq!(app.arrived(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_stream_that_fails_says_so_inside() {
    let app = impatient().await;
    app.sim.add_fault(Fault::new(late(200, Some(Preset::QuotaPerMinute)))).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, true)).await;
    assert_eq!(reply.status, 200);
    let chunks = Chunks::of(&reply);
    assert_eq!((&chunks.error()["code"], chunks.comments > 0), (&json!("rate_limit_exceeded"), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_filled_wherever_it_is() {
    let app = TestApp::with().set("server.keep_alive", "50ms").start().await;
    let pause = Stall { after: 2, ms: 300, then: gap_sim::Afterwards::GoOn };
    for script in [Script::StallBetweenEvents(pause), Script::StallInsideEvent(pause)] {
        app.sim.add_fault(Fault::new(script).times(1)).unwrap();
        let chunks = Chunks::of(&client(&app).post(CHAT, ask(STORY, true)).await);
        assert!(chunks.done && chunks.comments > 0, "frames are made anew, so there is always a place between them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_frees_the_upstream() {
    let app = TestApp::start().await;
    let body = ask("[[sim: chunks=5000 delay_ms=20]] Long.", true);
    let mut response = within(client(&app).begin(Method::POST, CHAT, body)).await;
    within(response.body_mut().frame()).await.unwrap().unwrap();
    drop(response);
    eventually("the upstream is told", || app.sim.requests()[0].client_gone()).await;
    eventually("the lease is back", || app.app.keyring.open_leases() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_before_the_answer_frees_the_upstream_too() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(late(60_000, None))).unwrap();
    for stream in [true, false] {
        app.sim.forget_requests();
        let asking = client(&app);
        let waiting = asking.post(CHAT, ask(STORY, stream));
        tokio::select! {
            _ = waiting => panic!("nobody answers"),
            () = eventually("it has arrived", || app.arrived() == 1) => {}
        }
        drop(asking);
        eventually("the upstream is told", || app.sim.requests()[0].client_gone()).await;
        eventually("the lease is back", || app.app.keyring.open_leases() == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_stream_leaves_one_line_with_what_it_cost() {
    let log = log::collect();
    let app = TestApp::start().await;
    client(&app).header("x-request-id", "openai-line").post(CHAT, ask(STORY, true)).await;
    drop(app);
    let text = log.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("openai-line")).collect();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    for part in ["answered 200", "dialect=\"openai\"", "finish_reason=\"STOP\"", "usage.prompt_tokens=", "attempts=1"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}
