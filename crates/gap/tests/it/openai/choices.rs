//! Several choices (`n`): of one answer, or of several that are put together.

use std::collections::{BTreeMap, BTreeSet};

use gap_sim::{After, Afterwards, Fault, Preset, Script, Stall};
use http::Method;
use http_body_util::BodyExt;
use rstest::rstest;
use serde_json::json;

use super::{CHAT, Chunks, client, error_of, sent};
use crate::support::TestApp;
use crate::support::client::{eventually, within};

/// A model that gives one answer at a time.
const ALONE: &str = "gemini-2.5-flash-image";

fn ask_for(n: u32, stream: bool) -> String {
    let messages = json!([{ "role": "user", "content": "Tell me a story." }]);
    json!({ "model": ALONE, "messages": messages, "n": n, "stream": stream }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_choices_of_a_model_that_gives_one_are_asked_for_one_by_one() {
    // wire 91
    let app = TestApp::start().await;
    let one = client(&app).post(CHAT, ask_for(1, false)).await;
    assert_eq!(one.status, 200, "{}", one.text());
    app.sim.forget_requests();
    let reply = client(&app).post(CHAT, ask_for(5, false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let choices = answer["choices"].as_array().unwrap();
    assert_eq!(choices.iter().map(|choice| choice["index"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(choices.iter().all(|choice| choice["finish_reason"] == "stop"), "{answer}");
    assert_eq!(
        answer["usage"]["prompt_tokens"].as_u64(),
        one.json()["usage"]["prompt_tokens"].as_u64().map(|one| 5 * one)
    );
    assert!(reply.header("x-gap-warnings").unwrap().contains("5 requests"), "{:?}", reply.headers);
    assert_eq!((app.arrived(), reply.header("x-gap-attempts")), (5, Some("5")));
    assert!(sent(&app).iter().all(|body| !body.contains("candidateCount")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_choices_all_come_or_none() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::Overloaded).skip(1).times(1)).unwrap();
    let reply = client(&app).post(CHAT, ask_for(3, false)).await;
    assert_eq!((reply.status.as_u16(), app.arrived()), (200, 4), "one is asked again: {}", reply.text());
    app.sim.add_fault(Fault::new(Preset::InvalidArgument).skip(1)).unwrap();
    let (status, ..) = error_of(&client(&app).post(CHAT, ask_for(3, false)).await);
    assert_eq!(status, 400);
}

/// What each choice of a stream has said, and how it ended.
fn choices_of(chunks: &Chunks) -> BTreeMap<u64, (String, Vec<String>)> {
    let mut choices: BTreeMap<u64, (String, Vec<String>)> = BTreeMap::new();
    for choice in chunks.documents.iter().filter_map(|chunk| chunk["choices"].as_array()).flatten() {
        let (_, finishes) = choices.entry(choice["index"].as_u64().unwrap()).or_default();
        finishes.extend(choice["finish_reason"].as_str().map(str::to_owned));
        let (text, finishes) = choices.get_mut(&choice["index"].as_u64().unwrap()).unwrap();
        let said = choice["delta"]["content"].as_str().unwrap_or_default();
        let shows = choice["delta"]["images"].is_array();
        assert!(finishes.is_empty() || (said.is_empty() && !shows), "nothing is said after the end: {choice}");
        text.push_str(if shows { "<image>" } else { said });
    }
    choices
}

#[tokio::test(flavor = "multi_thread")]
async fn several_choices_are_streamed_side_by_side() {
    // wire 91
    let app = TestApp::start().await;
    let one = Chunks::of(&client(&app).post(CHAT, ask_for(1, true)).await);
    let one_said = choices_of(&one).remove(&0).unwrap();
    app.sim.forget_requests();
    let mut body: serde_json::Value = serde_json::from_str(&ask_for(5, true)).unwrap();
    body["stream_options"] = json!({ "include_usage": true });
    let reply = client(&app).post(CHAT, body.to_string()).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts"), app.arrived()), (200, Some("5"), 5));
    assert!(reply.header("x-gap-warnings").unwrap().contains("5 requests"), "{:?}", reply.headers);
    let chunks = Chunks::of(&reply);
    let roles: Vec<_> = chunks.documents.iter().take(5).map(|chunk| chunk["choices"][0]["index"].as_u64()).collect();
    assert_eq!(roles, [0, 1, 2, 3, 4].map(Some), "OpenAI's own SDK wants them in order");
    let choices = choices_of(&chunks);
    assert_eq!(choices.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    for (text, finishes) in choices.values() {
        assert_eq!((text.is_empty(), finishes), (one_said.0.is_empty(), &one_said.1), "{choices:?}");
    }
    let ids: BTreeSet<_> = chunks.documents.iter().map(|chunk| chunk["id"].as_str()).collect();
    assert_eq!((chunks.done, ids.len()), (true, 1), "they are one answer");
    let usage = &chunks.documents.last().unwrap()["usage"];
    let whole = client(&app).post(CHAT, ask_for(1, false)).await.json();
    assert_eq!(usage["prompt_tokens"].as_u64(), whole["usage"]["prompt_tokens"].as_u64().map(|one| 5 * one));
    eventually("every lease is back", || app.app.keyring.open_leases() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_fails_before_the_stream_is_asked_again_and_one_that_is_refused_refuses_all() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::Overloaded).skip(1).times(1)).unwrap();
    let reply = client(&app).post(CHAT, ask_for(3, true)).await;
    assert_eq!((reply.status.as_u16(), app.arrived()), (200, 4), "{}", reply.text());
    assert_eq!(choices_of(&Chunks::of(&reply)).len(), 3);
    app.sim.add_fault(Fault::new(Preset::InvalidArgument).skip(1)).unwrap();
    let (status, ..) = error_of(&client(&app).post(CHAT, ask_for(3, true)).await);
    assert_eq!(status, 400);
    eventually("every lease is back", || app.app.keyring.open_leases() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_breaks_off_ends_the_stream_with_the_error() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 1 })).skip(1).times(1)).unwrap();
    let reply = client(&app).post(CHAT, ask_for(3, true)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let chunks = Chunks::of(&reply);
    assert!(chunks.documents.last().unwrap()["error"]["message"].is_string() && !chunks.done, "{}", reply.text());
    eventually("every lease is back", || app.app.keyring.open_leases() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_several_choices_frees_all_of_them() {
    let app = TestApp::start().await;
    let pause = Stall { after: 1, ms: 60_000, then: Afterwards::GoOn };
    app.sim.add_fault(Fault::new(Script::StallBetweenEvents(pause))).unwrap();
    let mut response = within(client(&app).begin(Method::POST, CHAT, ask_for(3, true))).await;
    within(response.body_mut().frame()).await.unwrap().unwrap();
    drop(response);
    eventually("the upstream is told", || app.sim.requests().iter().all(gap_sim::Received::client_gone)).await;
    eventually("every lease is back", || app.app.keyring.open_leases() == 0).await;
}

#[rstest]
#[case::many_streamed(9, true, "gives at most 1")]
#[case::many(9, false, "gives at most 1")]
#[case::none(0, false, "must be at least 1")]
#[tokio::test(flavor = "multi_thread")]
async fn choices_that_cannot_be_had_are_refused_by_name(#[case] n: u32, #[case] stream: bool, #[case] said: &str) {
    let app = TestApp::start().await;
    let (status, message, param, _) = error_of(&client(&app).post(CHAT, ask_for(n, stream)).await);
    assert_eq!((status, param.as_deref()), (400, Some("n")));
    assert!(message.contains(said), "{message}");
    assert_eq!(app.arrived(), 0);
}
