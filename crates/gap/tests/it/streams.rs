//! Answers that come in pieces: opened in time, kept alive, cancelled when nobody listens.

use std::time::Duration;

use gap_sim::{Fault, Preset, Script, Stall, StallBefore};
use http::Method;
use http_body_util::BodyExt;

use crate::support::client::{eventually, within};
use crate::support::raw::{RawUpstream, chunked};
use crate::support::{ARRAY, EVENTS, Ended, TestApp, UNARY, prompt};

const STORY: &str = "[[sim: chunks=6 chunk_bytes=30]] Tell me a story.";

async fn impatient() -> TestApp {
    TestApp::with().set("server.open_after", "100ms").set("server.keep_alive", "50ms").start().await
}

fn late(ms: u64, then: Option<Preset>) -> Script {
    Script::StallBeforeHeaders(StallBefore { ms, then: then.map(|preset| Box::new(preset.into())) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_stream_is_opened_and_kept_alive_until_it_answers() {
    let app = impatient().await;
    app.sim.add_fault(Fault::new(late(400, None)).times(1)).unwrap();
    let response = within(app.client().begin(Method::POST, EVENTS, prompt(STORY))).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let body = within(response.into_body().collect()).await.unwrap().to_bytes();
    let text = std::str::from_utf8(&body).unwrap();
    // A comment or an `event:` line breaks Google's SDK for Python; blank lines do not.
    let (alive, answer) = text.split_at(text.find("data: ").unwrap());
    assert!(alive.len() >= 8 && alive.bytes().all(|byte| b"\r\n".contains(&byte)), "{alive:?}");
    assert!(answer.contains(r#""finishReason": "STOP""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_fails_after_opening_is_still_replaced() {
    let app = impatient().await;
    app.sim.add_fault(Fault::new(late(300, Some(Preset::Overloaded))).times(1)).unwrap();
    let reply = app.post(EVENTS, prompt(STORY)).await;
    assert!(reply.text().contains(r#""finishReason": "STOP""#), "{}", reply.text());
    assert_eq!(app.arrived(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_stream_that_fails_says_so_inside() {
    let app = impatient().await;
    app.sim.add_fault(Fault::new(late(200, Some(Preset::QuotaPerMinute)))).unwrap();
    for path in [EVENTS, ARRAY] {
        app.sim.forget_requests();
        app.clock.advance(jiff::SignedDuration::from_hours(1));
        let reply = app.post(path, prompt(STORY)).await;
        assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole));
        assert_eq!(reply.google_error(), (429, "RESOURCE_EXHAUSTED".to_owned()));
        assert!(reply.text().contains("retryDelay"), "{}", reply.text());
        assert_eq!(app.arrived(), 3, "every key was tried");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_between_events_is_filled_and_one_inside_an_event_is_not() {
    let app = TestApp::with().set("server.keep_alive", "50ms").start().await;
    let pause = Stall { after: 2, ms: 300, then: gap_sim::Afterwards::GoOn };
    app.sim.add_fault(Fault::new(Script::StallBetweenEvents(pause)).times(1)).unwrap();
    let between = app.post(EVENTS, prompt(STORY)).await;
    assert!(between.text().contains("\r\n\r\n\r\n\r\n"), "{:?}", between.text());
    assert_eq!(between.events().len(), 6);

    app.sim.add_fault(Fault::new(Script::StallBetweenEvents(pause)).times(1)).unwrap();
    let array = app.post(ARRAY, prompt(STORY)).await;
    assert_eq!(array.json().as_array().unwrap().len(), 6, "white space between elements harms nobody");

    app.sim.add_fault(Fault::new(Script::StallInsideEvent(pause)).times(1)).unwrap();
    let inside = app.post(EVENTS, prompt(STORY)).await;
    assert_eq!(inside.events().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_a_total_time() {
    let app = TestApp::with()
        .set("upstream.total_timeout", "300ms")
        .set("upstream.first_byte_timeout", "300ms")
        .set("upstream.idle_timeout", "300ms")
        .start()
        .await;
    let reply = app.post(EVENTS, prompt("[[sim: chunks=1000 delay_ms=20]]")).await;
    assert_eq!(reply.google_error(), (503, "UNAVAILABLE".to_owned()));
    assert!(reply.text().contains("upstream.total_timeout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_frees_the_upstream_at_once() {
    let app = TestApp::start().await;
    for path in [EVENTS, ARRAY] {
        app.sim.forget_requests();
        let response = app.client().begin(Method::POST, path, prompt("[[sim: chunks=5000 delay_ms=20]]")).await;
        let mut body = response.into_body();
        within(body.frame()).await.unwrap().unwrap();
        assert_eq!(app.app.keyring.open_leases(), 1);
        drop(body);
        // wire 128
        eventually("the upstream sees it", || app.sim.requests()[0].client_gone()).await;
        eventually("the lease is settled", || app.app.keyring.open_leases() == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_nothing_has_come_frees_the_upstream_too() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(late(60_000, None))).unwrap();
    for path in [UNARY, EVENTS] {
        app.sim.forget_requests();
        let client = app.client();
        let asking = client.begin(Method::POST, path, prompt("hi"));
        let arrived = eventually("it has arrived", || app.arrived() == 1);
        tokio::select! {
            _ = asking => panic!("answered"),
            () = arrived => {}
        }
        eventually("the upstream sees it", || app.sim.requests()[0].client_gone()).await;
        eventually("the lease is settled", || app.app.keyring.open_leases() == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_own_timeout_is_kept() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(late(60_000, None))).unwrap();
    let began = tokio::time::Instant::now();
    let reply = app.client().header("x-server-timeout", "0.3").post(UNARY, prompt("hi")).await;
    assert_eq!(reply.google_error(), (504, "DEADLINE_EXCEEDED".to_owned()));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_pass_as_they_come_and_not_in_the_end() {
    let app = TestApp::start().await;
    let response = app.client().begin(Method::POST, EVENTS, prompt("[[sim: chunks=5 delay_ms=30]]")).await;
    let mut body = response.into_body();
    let mut pieces = 0;
    while let Some(frame) = within(body.frame()).await {
        pieces += usize::from(frame.unwrap().is_data());
    }
    assert!(pieces >= 5, "{pieces}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_after_the_finish_breaks_nothing() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::CutBetweenEvents(gap_sim::After { after: 6 })).times(1)).unwrap();
    let reply = app.post(EVENTS, prompt(STORY)).await;
    assert_eq!((reply.ended, reply.events().len()), (Ended::Whole, 6));
    assert!(!reply.text().contains("error"), "{}", reply.text());
}

/// wire 112
#[tokio::test(flavor = "multi_thread")]
async fn an_array_that_is_closed_before_the_model_has_finished_is_not_passed_for_whole() {
    let event = r#"{"candidates": [{"content": {"parts": [{"text": "Once upon"}], "role": "model"}, "index": 0}]}"#;
    let headers = [("content-type", "application/json; charset=UTF-8")];
    let ends = async |body: String| {
        let upstream = RawUpstream::start(vec![chunked(&headers, body.as_bytes(), body.len() / 2 + 10)]).await;
        let app = TestApp::with().upstream(upstream.address).start().await;
        let reply = app.post(ARRAY, prompt(STORY)).await;
        (reply.status.as_u16(), reply.ended, upstream.received().len())
    };
    assert_eq!(ends(format!("[{event}\n,\r\n{event}\n]")).await, (200, Ended::Aborted, 1));
    // Nothing has been said, so others are asked.
    let (status, ended, asked) = ends("[\n]".to_owned()).await;
    assert_eq!((status, ended), (502, Ended::Whole));
    assert!(asked > 1);
}
