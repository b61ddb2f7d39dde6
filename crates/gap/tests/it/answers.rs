//! Answers that are given again.

use gap_sim::{After, Fault, Preset, Script};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{ARRAY, EVENTS, Reply, TestApp, UNARY};

const OTHER: &str = "another-access-key";
const STRANGER: &str = "a-third-access-key";

/// A gateway that keeps the answers of two of three access keys.
async fn start() -> TestApp {
    start_with("64MiB").await
}

async fn start_with(room: &str) -> TestApp {
    TestApp::with()
        .set("auth.users_api_keys", &format!("{ACCESS_KEY},{OTHER},{STRANGER}"))
        .set("cache.answers", "user-1,user-2")
        .set("cache.answers_bytes", room)
        .set("cache.answers_ttl", "10m")
        .start()
        .await
}

fn ask(text: &str) -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }], "generationConfig": { "temperature": 0 } })
}

fn cold(text: &str) -> String {
    ask(text).to_string()
}

fn is_hit(reply: &Reply) -> bool {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let is_hit = reply.header("x-gap-cache") == Some("hit");
    assert_eq!(is_hit, reply.header("x-gap-key").is_none(), "either a key has answered or none");
    is_hit
}

#[rstest]
#[case::whole(UNARY)]
#[case::events(EVENTS)]
#[case::array(ARRAY)]
#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_gets_the_same_bytes_without_a_key(#[case] path: &str) {
    let app = start().await;
    let first = app.post(path, cold("[[sim: chunks=4 chunk_bytes=30]] Tell me.")).await;
    let second = app.post(path, cold("[[sim: chunks=4 chunk_bytes=30]] Tell me.")).await;
    assert_eq!((is_hit(&first), is_hit(&second), app.arrived()), (false, true, 1));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("content-type"), second.header("content-type"));
    assert!(!is_hit(&app.post(path, cold("Tell me more.")).await), "another question");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_and_a_whole_answer_are_two_questions() {
    let app = start().await;
    app.post(UNARY, cold("Tell me.")).await;
    assert!(!is_hit(&app.post(EVENTS, cold("Tell me.")).await));
    let other_model = "/v1beta/models/gemini-2.5-pro:generateContent";
    assert!(!is_hit(&app.post(other_model, cold("Tell me.")).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_what_somebody_else_was_answered() {
    let app = start().await;
    let (other, stranger) = (Client::new(app.address, Some(OTHER)), Client::new(app.address, Some(STRANGER)));
    app.post(UNARY, cold("Tell me.")).await;
    assert!(!is_hit(&other.post(UNARY, cold("Tell me.")).await));
    assert!(is_hit(&other.post(UNARY, cold("Tell me.")).await));
    for _ in 0..2 {
        assert!(!is_hit(&stranger.post(UNARY, cold("Tell me.")).await), "nobody has asked for that");
    }
}

#[rstest]
#[case::not_said(json!({}))]
#[case::warm(json!({ "generationConfig": { "temperature": 0.5 } }))]
#[case::searches(json!({ "tools": [{ "googleSearch": {} }] }))]
#[case::ends_for_another_reason(json!({ "generationConfig": { "temperature": 0, "maxOutputTokens": 1 } }))]
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_answered_otherwise_is_asked_again(#[case] changed: Value) {
    let app = start().await;
    let mut body = ask("[[sim: bytes=400]] Tell me.");
    if changed == json!({}) {
        body.as_object_mut().unwrap().remove("generationConfig");
    }
    body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    for _ in 0..2 {
        assert!(!is_hit(&app.post(UNARY, body.to_string()).await));
    }
    assert_eq!((app.arrived(), app.app.answers.len()), (2, 0));
}

#[rstest]
#[case::whole(UNARY)]
#[case::events(EVENTS)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_not_kept(#[case] path: &str, #[values("SAFETY", "MAX_TOKENS")] finish: &str) {
    let app = start().await;
    let body = cold(&format!("[[sim: finish={finish}]] Tell me."));
    for _ in 0..2 {
        assert!(!is_hit(&app.post(path, body.clone()).await));
    }
    app.sim.add_fault(Fault::new(Preset::InvalidArgument).times(1)).unwrap();
    assert_eq!(app.post(path, cold("Tell me.")).await.status, 400);
    assert!(!is_hit(&app.post(path, cold("Tell me.")).await));
    assert!(is_hit(&app.post(path, cold("Tell me.")).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_broke_off_is_not_kept() {
    let app = start().await;
    let body = cold("[[sim: chunks=6 chunk_bytes=30]] Tell me a story.");
    app.sim.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 3 })).times(1)).unwrap();
    app.post(EVENTS, body.clone()).await;
    assert_eq!(app.app.answers.len(), 0);
    assert!(!is_hit(&app.post(EVENTS, body.clone()).await));
    assert!(is_hit(&app.post(EVENTS, body).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_decline() {
    let app = start().await;
    let say = |words: &str| app.client().header("cache-control", words);
    assert!(!is_hit(&say("no-store").post(UNARY, cold("Tell me.")).await));
    assert_eq!(app.app.answers.len(), 0, "nothing of it was kept");
    let first = app.post(UNARY, cold("Tell me.")).await;
    let fresh = say("no-cache").post(UNARY, cold("Tell me.")).await;
    assert!(!is_hit(&first) && !is_hit(&fresh) && !is_hit(&say("no-store").post(UNARY, cold("Tell me.")).await));
    let again = app.post(UNARY, cold("Tell me.")).await;
    assert!(is_hit(&again));
    assert_eq!(again.body, fresh.body, "the newest is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_forgotten_by_age_and_for_room() {
    let app = start_with("4KiB").await;
    app.post(UNARY, cold("First.")).await;
    app.clock.advance(SignedDuration::from_secs(599));
    assert!(is_hit(&app.post(UNARY, cold("First.")).await));
    app.clock.advance(SignedDuration::from_secs(1));
    assert!(!is_hit(&app.post(UNARY, cold("First.")).await));
    for number in 0..20 {
        app.post(UNARY, cold(&format!("Number {number}."))).await;
        assert!(app.app.answers.bytes() <= 4096);
    }
    assert!(!app.app.answers.is_empty() && !is_hit(&app.post(UNARY, cold("First.")).await));
    let large = cold("[[sim: bytes=10000]] At length.");
    for _ in 0..2 {
        assert!(!is_hit(&app.post(UNARY, large.clone()).await), "larger than all the room");
    }
}

/// What was said, in whichever dialect: everything but names and times of the answer.
fn said(reply: &Reply) -> String {
    let mut said = String::new();
    let data = reply.text().lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    for document in data.filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        gather(&document, &mut said);
    }
    said
}

fn gather(value: &Value, said: &mut String) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::String(text) if matches!(&**name, "text" | "content" | "delta") => said.push_str(text),
            other => gather(other, said),
        }),
        Value::Array(items) => items.iter().for_each(|item| gather(item, said)),
        _ => {}
    }
}

#[rstest]
#[case::openai("/v1/chat/completions", "messages", "[DONE]")]
#[case::anthropic("/v1/messages", "messages", "message_stop")]
#[case::responses("/v1/responses", "input", "response.completed")]
#[tokio::test(flavor = "multi_thread")]
async fn every_dialect_puts_it_into_its_own_words(
    #[case] path: &str,
    #[case] field: &str,
    #[case] end: &str,
    #[values(false, true)] stream: bool,
) {
    let app = start().await;
    let client =
        Client::new(app.address, None).header("x-api-key", ACCESS_KEY).header("content-type", "application/json");
    let messages = json!([{ "role": "user", "content": "[[sim: chunks=4 chunk_bytes=30]] Tell me." }]);
    let mut body = json!({ "model": "gemini-2.5-flash", "temperature": 0, "stream": stream });
    body[field] = messages;
    if path.ends_with("/messages") {
        body["max_tokens"] = json!(1000);
    }
    let first = client.post(path, body.to_string()).await;
    let second = client.post(path, body.to_string()).await;
    assert_eq!((is_hit(&first), is_hit(&second), app.arrived()), (false, true, 1));
    assert!(!said(&first).is_empty());
    assert_eq!(said(&first), said(&second));
    assert_eq!((first.text().contains(end), second.text().contains(end)), (stream, stream));
    assert_eq!(first.header("content-type"), second.header("content-type"));
    body.as_object_mut().unwrap().remove("temperature");
    for _ in 0..2 {
        assert!(!is_hit(&client.post(path, body.to_string()).await), "not said to be deterministic");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_costs_nothing_and_counts_as_a_request() {
    let app = TestApp::with().set("cache.answers", "user-1").set("limits.requests_per_minute", "2").start().await;
    app.post(UNARY, cold("Tell me.")).await;
    assert!(is_hit(&app.post(UNARY, cold("Tell me.")).await));
    assert_eq!(app.post(UNARY, cold("Tell me.")).await.status, 429);

    app.app.books.settle().await;
    let list = app.get("/api/v1/requests").await.json();
    let mut stories = Vec::new();
    for item in list["items"].as_array().unwrap().iter().filter(|item| item["status"] == 200) {
        let one = app.get(&format!("/api/v1/requests/{}", item["id"].as_str().unwrap())).await.json();
        stories.push((one["attempts"].as_u64(), one["cost_nanos"].as_u64(), one["explanation"]["cache"].clone()));
    }
    stories.sort_by_key(|(attempts, ..)| *attempts);
    let [(none, nothing, story), (one, paid, _)] = &stories[..] else { panic!("{list}") };
    assert_eq!((*none, *nothing, *one), (Some(0), Some(0), Some(1)));
    assert_eq!(story["decision"], "answer_cache");
    assert!(story["tokens"].as_u64() > Some(0) && story["benefit_nanos"].as_u64() == *paid, "{story} {paid:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_keys_are_named_and_struck_off_while_it_runs() {
    let app = TestApp::start().await;
    let name = async |names: &str| {
        let change = json!({ "cache.answers": names }).to_string();
        let client = app.client().header("content-type", "application/json");
        let changed = client.send(http::Method::PUT, "/api/v1/config", change).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
    };
    for _ in 0..2 {
        assert!(!is_hit(&app.post(UNARY, cold("Tell me.")).await), "nobody is named at first");
    }
    name("user-1").await;
    assert!(!is_hit(&app.post(UNARY, cold("Tell me.")).await));
    assert!(is_hit(&app.post(UNARY, cold("Tell me.")).await));
    name("somebody-else").await;
    assert!(!is_hit(&app.post(UNARY, cold("Tell me.")).await));
}
