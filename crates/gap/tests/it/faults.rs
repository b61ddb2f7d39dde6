//! Every fault in every phase of an answer, and how it ends for the client.
//!
//! Before anything has gone out, a fault costs the client nothing but time. Afterwards there is no second try, and the
//! answer ends honestly: with an error between events, by an aborted transfer inside one, never as if it were whole.

use gap_sim::{Action, After, ErrorEvent, Fault, Preset, Reply as Scripted, Script, Stall, StallBefore};
use rstest::rstest;

use crate::support::client::eventually;
use crate::support::raw::RawUpstream;
use crate::support::{ARRAY, EVENTS, Ended, Reply, TestApp, UNARY, prompt};

/// A patient sentence in several events.
const STORY: &str = "[[sim: chunks=6 chunk_bytes=30]] Tell me a story.";

fn after(after: u64) -> After {
    After { after }
}

fn stalled(ms: u64) -> StallBefore {
    StallBefore { ms, then: None }
}

fn scripted(status: u16, body: &str) -> Script {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Script::Reply(Scripted { status, headers, body: body.into() })
}

/// The end of a whole answer.
fn assert_clean(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole), "{}", reply.text());
    assert!(reply.text().contains(r#""finishReason": "STOP""#), "{}", reply.text());
    assert!(!reply.text().contains(r#""error""#), "{}", reply.text());
}

#[rstest]
#[case::internal(Preset::Internal)]
#[case::bad_gateway(Preset::BadGateway)]
#[case::overloaded(Preset::Overloaded)]
#[case::unavailable(Preset::Unavailable)]
#[case::deadline(Preset::DeadlineExceeded)]
#[case::cancelled(Preset::Cancelled)]
#[case::minute(Preset::QuotaPerMinute)]
#[case::day(Preset::QuotaPerDay)]
#[case::several_quotas(Preset::QuotaSeveral)]
#[case::not_on_tier(Preset::QuotaZero)]
#[case::bare_quota(Preset::QuotaBare)]
#[case::spending_cap(Preset::SpendingCap)]
#[case::prepayment(Preset::PrepaymentDepleted)]
#[case::key_invalid(Preset::KeyInvalid)]
#[case::key_expired(Preset::KeyExpired)]
#[case::key_suspended(Preset::KeySuspended)]
#[case::key_leaked(Preset::KeyLeaked)]
#[case::key_restricted(Preset::KeyServiceBlocked)]
#[case::service_disabled(Preset::ServiceDisabled)]
#[case::project_denied(Preset::ProjectDenied)]
#[case::unauthenticated(Preset::Unauthenticated)]
#[case::location(Preset::LocationUnsupported)]
#[case::billing(Preset::BillingRequired)]
#[case::model_elsewhere(Preset::ModelRetired)]
#[case::reset(Script::ResetBeforeHeaders)]
#[case::closed(Script::CloseBeforeHeaders)]
#[case::cut_after_headers(Script::CutAfterHeaders)]
#[case::truncated(Script::TruncatedBody)]
#[case::empty_body(Script::EmptyBody)]
#[case::garbage(Script::GarbageJson)]
#[case::html(Script::HtmlPage)]
#[case::timeout(Script::StallBeforeHeaders(stalled(60_000)))]
#[case::silent_after_headers(Script::StallAfterHeaders(stalled(60_000)))]
#[case::plain_500(scripted(500, "oops"))]
#[case::plain_504(scripted(504, ""))]
#[case::no_event(Script::EndBetweenEvents(after(0)))]
#[case::cut_before_the_first_event(Script::CutBetweenEvents(after(0)))]
#[case::cut_inside_the_first_event(Script::CutInsideEvent(after(0)))]
#[case::error_as_first_event(Script::ErrorEvent(ErrorEvent { after: 0, preset: Preset::Overloaded }))]
#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_sent_a_fault_is_hidden(
    #[case] action: impl Into<Action>,
    #[values(UNARY, EVENTS, ARRAY)] path: &str,
) {
    let action = action.into();
    let timeouts = [("upstream.first_byte_timeout", "250ms"), ("upstream.idle_timeout", "250ms")];
    let setup = timeouts.iter().fold(TestApp::with(), |setup, (name, value)| setup.set(name, value));
    let app = setup.start().await;
    app.sim.add_fault(Fault::new(action).times(1)).unwrap();
    let reply = app.post(path, prompt(STORY)).await;
    assert_clean(&reply);
    assert_eq!(app.arrived(), 2);
    assert_eq!(reply.header("x-gap-attempts"), Some("2"));
}

#[rstest]
#[case::cut(Script::CutBetweenEvents(after(3)))]
#[case::ended_without_finish(Script::EndBetweenEvents(after(3)))]
#[case::silent(Script::StallBetweenEvents(Stall { after: 3, ms: 60_000, then: gap_sim::Afterwards::GoOn }))]
#[tokio::test(flavor = "multi_thread")]
async fn between_events_an_error_ends_the_stream(#[case] script: Script, #[values(EVENTS, ARRAY)] path: &str) {
    let app = TestApp::with().set("upstream.idle_timeout", "250ms").start().await;
    app.sim.add_fault(Fault::new(script).times(1)).unwrap();
    let reply = app.post(path, prompt(STORY)).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole));
    assert_eq!(reply.google_error(), (503, "UNAVAILABLE".to_owned()));
    let events = if path == EVENTS { reply.events() } else { reply.json().as_array().unwrap().clone() };
    assert_eq!(events.len(), 4, "three events and the error");
    assert!(!reply.text().contains("finishReason"));
    assert_eq!(app.arrived(), 1, "no second try");
}

#[rstest]
#[case::cut(Script::CutInsideEvent(after(3)))]
#[case::ended(Script::EndInsideEvent(after(3)))]
#[case::silent(Script::StallInsideEvent(Stall { after: 3, ms: 60_000, then: gap_sim::Afterwards::GoOn }))]
#[tokio::test(flavor = "multi_thread")]
async fn inside_an_event_the_transfer_is_aborted(#[case] script: Script, #[values(EVENTS, ARRAY)] path: &str) {
    let app = TestApp::with().set("upstream.idle_timeout", "250ms").start().await;
    app.sim.add_fault(Fault::new(script).times(1)).unwrap();
    let reply = app.post(path, prompt(STORY)).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Aborted), "{}", reply.text());
    assert!(!reply.text().contains("finishReason"));
    assert_eq!(app.arrived(), 1, "no second try");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overload_within_a_stream_is_told_within_it() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::ErrorEvent(ErrorEvent { after: 2, preset: Preset::Overloaded }))).unwrap();
    let reply = app.post(EVENTS, prompt(STORY)).await;
    assert_eq!(reply.google_error(), (503, "UNAVAILABLE".to_owned()));
    assert_eq!((reply.events().len(), app.arrived()), (3, 1));
    let faults = || app.app.keyring.keys().iter().map(|key| key.counters.faults).sum::<u64>();
    eventually("the failure is counted", || faults() == 1).await;
}

#[rstest]
#[case::invalid(Preset::KeyInvalid, 502)]
#[case::suspended(Preset::KeySuspended, 502)]
#[case::unauthenticated(Preset::Unauthenticated, 502)]
#[case::denied(Preset::ProjectDenied, 502)]
#[case::day(Preset::QuotaPerDay, 429)]
#[tokio::test(flavor = "multi_thread")]
async fn an_error_within_a_stream_that_is_a_keys_fault_is_told_as_if_closed(
    #[case] preset: Preset,
    #[case] code: u64,
    #[values(EVENTS, ARRAY)] path: &str,
) {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::ErrorEvent(ErrorEvent { after: 2, preset })).times(1)).unwrap();
    let reply = app.post(path, prompt(STORY)).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole), "{}", reply.text());
    assert_eq!(reply.google_error().0, code, "{}", reply.text());
    for secret in ["sim-upstream-key", "api_key:", "PerDay"] {
        assert!(!reply.text().contains(secret), "{secret}: {}", reply.text());
    }
    assert!(!reply.text().contains("finishReason\": \"STOP"));
    let faults = || app.app.keyring.keys().iter().map(|key| key.counters.faults).sum::<u64>();
    eventually("the fault is the key's", || faults() == 1).await;
    assert_clean(&app.post(path, prompt(STORY)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_within_a_stream_about_the_request_keeps_googles_words() {
    let app = TestApp::start().await;
    let alone = {
        app.sim.add_fault(Fault::new(Preset::InvalidArgument).times(1)).unwrap();
        app.post(UNARY, prompt(STORY)).await.json()["error"]["message"].clone()
    };
    let script = Script::ErrorEvent(ErrorEvent { after: 2, preset: Preset::InvalidArgument });
    app.sim.add_fault(Fault::new(script).times(1)).unwrap();
    let reply = app.post(EVENTS, prompt(STORY)).await;
    assert_eq!(reply.google_error(), (400, "INVALID_ARGUMENT".to_owned()));
    assert!(reply.text().contains(alone.as_str().unwrap()), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_json_array_is_cleaned_and_the_rest_stays_as_it_came() {
    // So long that the error comes when the answer has begun.
    let text = "word ".repeat(400_000);
    let event = format!(r#"[{{"candidates": [{{"content": {{"parts": [{{"text": "{text}"}}]}}}}]}}"#);
    let said = "Permission denied: Consumer 'api_key:sim-upstream-key-one' has been suspended.";
    let error = serde_json::json!({ "code": 403, "message": said, "status": "PERMISSION_DENIED", "details": [{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "CONSUMER_SUSPENDED", "domain": "googleapis.com",
        "metadata": { "consumer": "projects/123456789012" }
    }]});
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{event}\n,\r\n{{\"error\": {error}}}\n]");
    let upstream = RawUpstream::start(vec![answer.into_bytes()]).await;
    let app = TestApp::with().keys(["sim-upstream-key-one"]).upstream(upstream.address).start().await;
    let reply = app.post(ARRAY, prompt("hi")).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole));
    assert!(reply.text().starts_with(&event) && reply.text()[event.len()..].starts_with("\n,\r\n{\"error\": {"));
    let tail = &reply.text()[event.len()..];
    assert_eq!(reply.google_error(), (502, "UNAVAILABLE".to_owned()), "{tail}");
    assert!(!tail.contains("sim-upstream-key") && !tail.contains("123456789012"), "{tail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_unary_answer_that_breaks_is_aborted() {
    let app = TestApp::with().set("server.hold_back", "1KiB").start().await;
    // Ended, not reset: a reset can overtake the bytes before it, and then another key answers.
    app.sim.add_fault(Fault::new(Script::EndInsideEvent(after(0))).times(1)).unwrap();
    let reply = app.post(UNARY, prompt("[[sim: bytes=200000]]")).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Aborted));
}

#[rstest]
#[case::overloaded(Preset::Overloaded, 503, "UNAVAILABLE")]
#[case::unavailable(Preset::Unavailable, 503, "UNAVAILABLE")]
#[case::internal(Preset::Internal, 502, "UNAVAILABLE")]
#[case::deadline(Preset::DeadlineExceeded, 504, "DEADLINE_EXCEEDED")]
#[case::reset(Script::ResetBeforeHeaders, 502, "UNAVAILABLE")]
#[case::garbage(Script::GarbageJson, 502, "UNAVAILABLE")]
#[case::location(Preset::LocationUnsupported, 502, "UNAVAILABLE")]
#[case::invalid(Preset::KeyInvalid, 503, "UNAVAILABLE")]
#[case::suspended(Preset::KeySuspended, 503, "UNAVAILABLE")]
#[case::unauthenticated(Preset::Unauthenticated, 503, "UNAVAILABLE")]
#[case::not_on_tier(Preset::QuotaZero, 503, "UNAVAILABLE")]
#[case::minute(Preset::QuotaPerMinute, 429, "RESOURCE_EXHAUSTED")]
#[case::day(Preset::QuotaPerDay, 429, "RESOURCE_EXHAUSTED")]
#[case::search(Preset::QuotaSearch, 429, "RESOURCE_EXHAUSTED")]
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_stays_is_said_in_googles_shape(
    #[case] action: impl Into<Action>,
    #[case] code: u16,
    #[case] status: &str,
    #[values(UNARY, EVENTS, ARRAY)] path: &str,
) {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(action)).unwrap();
    let reply = app.post(path, prompt("[[sim: text=x]] find")).await;
    assert_eq!(reply.status.as_u16(), code, "{}", reply.text());
    assert_eq!(reply.google_error(), (u64::from(code), status.to_owned()));
    assert_eq!(reply.json().is_array(), path == ARRAY);
    assert!(reply.header("x-gap-error-scope").is_some());
}

#[rstest]
#[case::invalid_argument(Preset::InvalidArgument, 400)]
#[case::input_too_long(Preset::InputTooLong, 400)]
#[case::model_not_found(Preset::ModelNotFound, 404)]
#[case::file_forbidden(Preset::FileForbidden, 403)]
#[tokio::test(flavor = "multi_thread")]
async fn what_google_says_of_the_request_is_passed_on(#[case] preset: Preset, #[case] status: u16) {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(preset)).unwrap();
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
    assert_eq!(reply.header("x-gap-error-scope"), Some(if status == 404 { "bucket" } else { "request" }));
    // wire 15, 18, 19: as few keys are asked as can tell.
    let asked = match preset {
        Preset::ModelNotFound => 2,
        Preset::FileForbidden => 3,
        _ => 1,
    };
    assert_eq!(app.arrived(), asked);
    app.sim.clear_faults();
    assert_clean(&app.post(UNARY, prompt(STORY)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_done_is_not_done_twice() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::Internal).times(1)).unwrap();
    let reply = app.post("/v1beta/_echo/things:create", "{}").await;
    assert_eq!(reply.status, 502);
    assert_eq!(app.arrived(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_which_keys_were_tried(#[values(UNARY, EVENTS, ARRAY)] path: &str) {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::InvalidArgument).times(1)).unwrap();
    let reply = app.post(path, prompt("hi")).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts")), (400, Some("1")));
    assert!(reply.header("x-gap-key").is_some_and(|key| key.contains("...")), "{:?}", reply.headers);

    app.sim.add_fault(Fault::new(Preset::KeyInvalid)).unwrap();
    let reply = app.post(path, prompt("hi")).await;
    assert_eq!((reply.status.is_server_error(), reply.header("x-gap-attempts")), (true, Some("3")), "{}", reply.text());
    assert!(reply.header("x-gap-key").is_some());
    // Now there is none left to try.
    let reply = app.post(path, prompt("hi")).await;
    assert_eq!((reply.status.is_server_error(), reply.header("x-gap-attempts")), (true, None), "{}", reply.text());
    assert_eq!(reply.header("x-gap-key"), None);
}
