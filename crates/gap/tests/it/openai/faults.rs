//! Every fault in every phase of a chat completion, and how it ends for the client.

use gap_sim::{Action, After, ErrorEvent, Fault, Preset, Reply as Scripted, Script, Stall, StallBefore};
use rstest::rstest;

use super::{CHAT, Chunks, STORY, ask, client, error_of};
use crate::support::{Ended, TestApp};

fn after(after: u64) -> After {
    After { after }
}

fn stalled() -> StallBefore {
    StallBefore { ms: 60_000, then: None }
}

fn silence(after: u64) -> Stall {
    Stall { after, ms: 60_000, then: gap_sim::Afterwards::GoOn }
}

async fn quick() -> TestApp {
    let setup = TestApp::with().set("upstream.first_byte_timeout", "250ms");
    setup.set("upstream.idle_timeout", "250ms").start().await
}

#[rstest]
#[case::internal(Preset::Internal)]
#[case::bad_gateway(Preset::BadGateway)]
#[case::overloaded(Preset::Overloaded)]
#[case::deadline(Preset::DeadlineExceeded)]
#[case::minute(Preset::QuotaPerMinute)]
#[case::day(Preset::QuotaPerDay)]
#[case::not_on_tier(Preset::QuotaZero)]
#[case::spending_cap(Preset::SpendingCap)]
#[case::key_invalid(Preset::KeyInvalid)]
#[case::key_suspended(Preset::KeySuspended)]
#[case::project_denied(Preset::ProjectDenied)]
#[case::location(Preset::LocationUnsupported)]
#[case::model_elsewhere(Preset::ModelRetired)]
#[case::reset(Script::ResetBeforeHeaders)]
#[case::cut_after_headers(Script::CutAfterHeaders)]
#[case::truncated(Script::TruncatedBody)]
#[case::empty_body(Script::EmptyBody)]
#[case::garbage(Script::GarbageJson)]
#[case::html(Script::HtmlPage)]
#[case::timeout(Script::StallBeforeHeaders(stalled()))]
#[case::silent_after_headers(Script::StallAfterHeaders(stalled()))]
#[case::no_event(Script::EndBetweenEvents(after(0)))]
#[case::cut_before_the_first_event(Script::CutBetweenEvents(after(0)))]
#[case::cut_inside_the_first_event(Script::CutInsideEvent(after(0)))]
#[case::error_as_first_event(Script::ErrorEvent(ErrorEvent { after: 0, preset: Preset::Overloaded }))]
#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_sent_a_fault_is_hidden(
    #[case] action: impl Into<Action>,
    #[values(false, true)] stream: bool,
) {
    let app = quick().await;
    app.sim.add_fault(Fault::new(action.into()).times(1)).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, stream)).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole), "{}", reply.text());
    assert!(reply.text().contains(r#""finish_reason":"stop""#), "{}", reply.text());
    assert!(!reply.text().contains(r#""error""#));
    assert_eq!((app.arrived(), reply.header("x-gap-attempts")), (2, Some("2")));
}

#[rstest]
#[case::cut(Script::CutBetweenEvents(after(3)))]
#[case::ended_without_finish(Script::EndBetweenEvents(after(3)))]
#[case::silent(Script::StallBetweenEvents(silence(3)))]
#[case::cut_inside(Script::CutInsideEvent(after(3)))]
#[case::ended_inside(Script::EndInsideEvent(after(3)))]
#[case::silent_inside(Script::StallInsideEvent(silence(3)))]
#[case::error(Script::ErrorEvent(ErrorEvent { after: 3, preset: Preset::Overloaded }))]
#[case::garbage(Script::GarbageEvent(after(3)))]
#[tokio::test(flavor = "multi_thread")]
async fn afterwards_an_error_ends_the_stream(#[case] script: Script) {
    let app = quick().await;
    app.sim.add_fault(Fault::new(script).times(1)).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, true)).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole));
    let chunks = Chunks::of(&reply);
    assert_eq!(chunks.error()["type"], "server_error", "{}", reply.text());
    assert!(!chunks.text().is_empty(), "what had come was passed on");
    assert_eq!(app.arrived(), 1, "no second try");
}

#[rstest]
#[case::overloaded(Preset::Overloaded, 503)]
#[case::internal(Preset::Internal, 502)]
#[case::minute(Preset::QuotaPerMinute, 429)]
#[case::invalid_argument(Preset::InvalidArgument, 400)]
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_stays_is_told_with_its_status(
    #[case] preset: Preset,
    #[case] expected: u16,
    #[values(false, true)] stream: bool,
) {
    let app = quick().await;
    app.sim.add_fault(Fault::new(preset)).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, stream)).await;
    let (status, ..) = error_of(&reply);
    assert_eq!(status, expected, "{}", reply.text());
    assert_eq!(reply.header("retry-after").is_some(), status == 429, "{:?}", reply.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_key_is_shown_in_googles_words() {
    let app = TestApp::start().await;
    let said = r#"{"error":{"code":400,"message":"Bad: sim-upstream-key-one sim-upstream-key-two sim-upstream-key-three","status":"INVALID_ARGUMENT"}}"#;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    app.sim.add_fault(Fault::new(Script::Reply(Scripted { status: 400, headers, body: said.into() }))).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, false)).await;
    let used = app.keys_used();
    assert!(!used.is_empty() && used.iter().all(|key| !reply.text().contains(key.as_str())), "{}", reply.text());
}

#[rstest]
#[case("x-stainless-timeout")]
#[case("x-server-timeout")]
#[case("x-stainless-read-timeout")]
#[tokio::test(flavor = "multi_thread")]
async fn the_clients_own_timeout_is_kept(#[case] header: &'static str) {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::StallBeforeHeaders(StallBefore { ms: 60_000, then: None }))).unwrap();
    let began = tokio::time::Instant::now();
    let reply = client(&app).header(header, "0.3").post(CHAT, ask("hi", false)).await;
    assert_eq!(reply.status, 504, "{}", reply.text());
    assert!(began.elapsed() < std::time::Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_for_one_read_does_not_end_a_stream() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::StallBeforeHeaders(StallBefore { ms: 400, then: None }))).unwrap();
    let reply = client(&app).header("x-stainless-read-timeout", "0.1").post(CHAT, ask(STORY, true)).await;
    assert!(reply.status == 200 && Chunks::of(&reply).done, "{}", reply.text());
    let reply = client(&app).header("x-stainless-timeout", "0.1").post(CHAT, ask(STORY, true)).await;
    assert_eq!(reply.status, 504, "{}", reply.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_which_keys_were_tried(#[values(false, true)] stream: bool) {
    let app = quick().await;
    app.sim.add_fault(Fault::new(Preset::InvalidArgument).times(1)).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, stream)).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts")), (400, Some("1")));
    assert!(reply.header("x-gap-key").is_some_and(|key| key.contains("...")), "{:?}", reply.headers);
    app.sim.add_fault(Fault::new(Preset::KeyInvalid)).unwrap();
    let reply = client(&app).post(CHAT, ask(STORY, stream)).await;
    assert_eq!((reply.status.is_server_error(), reply.header("x-gap-attempts")), (true, Some("3")), "{}", reply.text());
    let reply = client(&app).post(CHAT, r#"{"model": "gemini-2.5-flash"}"#).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts")), (400, None), "nothing was tried");
}
