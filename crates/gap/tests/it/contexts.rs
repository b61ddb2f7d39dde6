//! Conversations that the gateway keeps for its clients: what Google gets to see of them.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod dialects;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::{EVENTS, Reply, TestApp, UNARY};

fn user(text: &str) -> Value {
    json!({ "role": "user", "parts": [{ "text": text }] })
}

/// A request with these turns.
fn request(turns: &[Value]) -> String {
    json!({ "contents": turns }).to_string()
}

fn talk(app: &TestApp, name: &str) -> Client {
    app.client().header("x-gap-conversation", name)
}

/// The model's turn in a unary answer.
fn answer(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["candidates"][0]["content"].clone()
}

/// The turns that Google saw last.
fn seen(app: &TestApp) -> Vec<Value> {
    seen_body(app)["contents"].as_array().unwrap().clone()
}

fn seen_body(app: &TestApp) -> Value {
    let last = app.sim.requests().pop().unwrap();
    serde_json::from_slice(&last.body).unwrap()
}

fn texts(turns: &[Value]) -> Vec<String> {
    let text = |turn: &Value| {
        let parts = turn["parts"].as_array().unwrap().iter();
        parts.filter(|part| part["thought"] != json!(true)).filter_map(|part| part["text"].as_str()).collect()
    };
    turns.iter().map(text).collect()
}

#[rstest]
#[case::unary(UNARY)]
#[case::events(EVENTS)]
#[case::array("/v1beta/models/gemini-2.5-flash:streamGenerateContent")]
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_turn_is_enough(#[case] path: &str) {
    let app = TestApp::start().await;
    let client = talk(&app, "talk");
    let mut said = Vec::new();
    for number in 0..4 {
        let reply = client.post(path, request(&[user(&format!("question {number}"))])).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("x-gap-conversation"), Some("talk"));
        assert_eq!(reply.header("x-gap-history"), Some(format!("{}", 2 * number).as_str()));
        said.push(format!("question {number}"));
        let seen = texts(&seen(&app));
        assert_eq!(seen.len(), 2 * number + 1, "{seen:?}");
        assert_eq!(seen.iter().step_by(2).cloned().collect::<Vec<_>>(), said);
        assert!(seen.iter().all(|text| !text.is_empty()), "each answer is there: {seen:?}");
    }
}

#[rstest]
#[case::unary(UNARY)]
#[case::events(EVENTS)]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_sends_again_is_never_doubled(#[case] path: &str) {
    let app = TestApp::start().await;
    let client = talk(&app, "talk");
    let mut turns = vec![user("question 0")];
    for number in 1..5 {
        let reply = client.post(path, request(&turns)).await;
        assert_eq!(reply.header("x-gap-history"), Some("0"));
        assert_eq!(seen(&app), turns);
        let parts: Value = if path == UNARY {
            answer(&reply)["parts"].clone()
        } else {
            let events = reply.events();
            let parts = events.iter().filter_map(|event| event["candidates"][0]["content"]["parts"].as_array());
            parts.flatten().cloned().collect()
        };
        turns.push(json!({ "role": "model", "parts": parts }));
        turns.push(user(&format!("question {number}")));
    }
    // And whoever forgets everything but the id goes on.
    let reply = client.post(path, request(&[user("the last")])).await;
    assert_eq!(reply.header("x-gap-history"), Some("8"));
    let expected: Vec<String> = texts(&turns[..8]).into_iter().chain(["the last".to_owned()]).collect();
    assert_eq!(texts(&seen(&app)), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_turn_begins_a_branch() {
    let app = TestApp::start().await;
    let client = talk(&app, "talk");
    let first = answer(&client.post(UNARY, request(&[user("one")])).await);
    client.post(UNARY, request(&[user("two")])).await;
    let edited = [user("one"), first.clone(), user("edited")];
    let reply = answer(&client.post(UNARY, request(&edited)).await);
    assert_eq!(seen(&app), edited);
    client.post(UNARY, request(&[user("three")])).await;
    let expected = [user("one"), first, user("edited"), reply, user("three")];
    assert_eq!(texts(&seen(&app)), texts(&expected), "it goes on where it was edited");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_keep_their_signatures_and_their_results() {
    let app = TestApp::start().await;
    let path = "/v1beta/models/gemini-3-pro-preview:generateContent";
    let client = talk(&app, "talk");
    let tools = json!([{ "functionDeclarations": [{ "name": "weather", "parameters": { "type": "OBJECT" } }] }]);
    let ask = |turns: Value| json!({ "contents": turns, "tools": tools }).to_string();
    let called = answer(&client.post(path, ask(json!([user("Weather? [[sim:calls=weather]]")]))).await);
    let part = called["parts"].as_array().unwrap().iter().find(|part| part.get("functionCall").is_some()).unwrap();
    assert!(part["thoughtSignature"].is_string(), "{called}");
    let result = json!({ "role": "user", "parts": [{ "functionResponse": {
        "id": part["functionCall"]["id"], "name": "weather", "response": { "sky": "blue" } } }] });
    let reply = client.post(path, ask(json!([result]))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let seen_turns = seen(&app);
    assert_eq!((seen_turns.len(), &seen_turns[1]["parts"], &seen_turns[2]), (3, &called["parts"], &result));

    // A client that sends the history without its signatures gets them back.
    let answered = answer(&reply);
    let mut bare = called.clone();
    for part in bare["parts"].as_array_mut().unwrap() {
        part.as_object_mut().unwrap().remove("thoughtSignature");
    }
    let turns = json!([user("Weather? [[sim:calls=weather]]"), bare, result, answered, user("Thanks.")]);
    let reply = client.post(path, ask(turns)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(seen(&app)[1]["parts"], called["parts"]);
    assert_eq!(seen(&app).len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_use_the_same_name_never_meet() {
    let app = TestApp::with().set("auth.users_api_keys", "test-access-key,bob-access-key").start().await;
    let (alice, bob) = (talk(&app, "talk"), Client::new(app.address, Some("bob-access-key")));
    let bob = bob.header("x-gap-conversation", "talk");
    alice.post(UNARY, request(&[user("the same")])).await;
    bob.post(UNARY, request(&[user("the same")])).await;
    assert_eq!(seen(&app).len(), 1);
    bob.post(UNARY, request(&[user("and more")])).await;
    assert_eq!(texts(&seen(&app)).len(), 3);
    alice.post(UNARY, request(&[user("alice goes on")])).await;
    let seen = texts(&seen(&app));
    assert_eq!((seen.len(), seen[0].as_str(), seen[2].as_str()), (3, "the same", "alice goes on"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_speak_at_once_nothing_is_lost_and_nothing_doubled() {
    let app = TestApp::start().await;
    let client = talk(&app, "talk");
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..64 {
        let client = client.clone();
        asking.spawn(async move {
            let path = if number % 2 == 0 { UNARY } else { EVENTS };
            client.post(path, request(&[user(&format!("question {number}"))])).await.status.as_u16()
        });
    }
    assert!(asking.join_all().await.into_iter().all(|status| status == 200));
    client.post(UNARY, request(&[user("the last")])).await;
    let seen = texts(&seen(&app));
    assert_eq!(seen.len(), 129);
    let mut questions: Vec<String> = seen[..128].iter().step_by(2).cloned().collect();
    questions.sort();
    let mut expected: Vec<String> = (0..64).map(|number| format!("question {number}")).collect();
    expected.sort();
    assert_eq!(questions, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_instruction_is_remembered_with_the_conversation() {
    let app = TestApp::start().await;
    let client = talk(&app, "talk");
    let system = json!({ "parts": [{ "text": "Be short." }] });
    client.post(UNARY, json!({ "systemInstruction": system, "contents": [user("one")] }).to_string()).await;
    client.post(UNARY, request(&[user("two")])).await;
    assert_eq!(seen_body(&app)["systemInstruction"], system);
    let other = json!({ "parts": [{ "text": "Be long." }] });
    client.post(UNARY, json!({ "system_instruction": other, "contents": [user("three")] }).to_string()).await;
    let body = seen_body(&app);
    assert_eq!((&body["system_instruction"], body.get("systemInstruction")), (&other, None));
    assert_eq!(body["contents"].as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_groups_stay_behind() {
    let app = TestApp::with().set("context.max_tokens", "2500").set("context.safety_margin", "10").start().await;
    let client = talk(&app, "talk");
    let long = "and so on and so forth, ".repeat(100);
    for number in 0..6 {
        let reply = client.post(UNARY, request(&[user(&format!("question {number} {long}"))])).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let seen = texts(&seen(&app));
    assert!(seen.len() % 2 == 1 && seen.len() > 1 && seen.len() < 11, "{}", seen.len());
    assert!(seen.last().unwrap().starts_with("question 5"));
    assert!(seen[seen.len() - 3].starts_with("question 4"), "the newest stay");
    // A client's own history is its own business.
    let own: Vec<Value> = (0..6)
        .flat_map(|number| {
            [user(&format!("{number} {long}")), json!({ "role": "model", "parts": [{ "text": "Yes." }] })]
        })
        .chain([user("?")])
        .collect();
    let reply = talk(&app, "other").post(UNARY, request(&own)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(self::seen(&app).len(), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_costs_no_key() {
    let app = TestApp::start().await;
    let client = talk(&app, "talk");
    assert_eq!(client.post(UNARY, request(&[user("one")])).await.status, 200);
    let arrived = app.arrived();
    let long = "word ".repeat(1_100_000);
    let reply = client.post(UNARY, request(&[user(&long)])).await;
    assert_eq!((reply.status.as_u16(), reply.google_error().1), (400, "INVALID_ARGUMENT".to_owned()));
    assert!(reply.text().contains("exceeds the maximum number of tokens allowed"), "{}", reply.text());
    assert_eq!(app.arrived(), arrived);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_leave_nothing() {
    let app = TestApp::with().set("pool.max_attempts", "1").start().await;
    let client = talk(&app, "talk");
    let fault = gap_sim::Fault::new(gap_sim::Preset::Overloaded);
    app.sim.add_fault(fault.clone()).unwrap();
    assert_eq!(client.post(UNARY, request(&[user("lost")])).await.status, 503);
    app.sim.clear_faults();
    assert_eq!(client.post(UNARY, request(&[user("one")])).await.header("x-gap-history"), Some("0"));
    let listed = app.client().get("/api/v1/contexts").await.json();
    assert_eq!((&listed["total"], &listed["items"][0]["turns"]), (&json!(1), &json!(2)));
}

#[rstest]
#[case::off("off", Some("talk"), 1, None)]
#[case::by_id("with_id", None, 1, None)]
#[case::all("all", Some("talk"), 3, Some("2"))]
#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_settings_say_is_kept(
    #[case] recording: &str,
    #[case] name: Option<&str>,
    #[case] turns: usize,
    #[case] history: Option<&str>,
) {
    let app = TestApp::with().set("context.recording", recording).start().await;
    let client = name.map_or_else(|| app.client(), |name| talk(&app, name));
    client.post(UNARY, request(&[user("one")])).await;
    let reply = client.post(UNARY, request(&[user("two")])).await;
    assert_eq!(reply.header("x-gap-history"), history);
    assert_eq!(seen(&app).len(), turns);
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_without_a_name_are_recognised_by_what_was_said() {
    let app = TestApp::with().set("context.recording", "all").start().await;
    let reply = app.client().post(UNARY, request(&[user("one")])).await;
    let name = reply.header("x-gap-conversation").unwrap().to_owned();
    let turns = [user("one"), answer(&reply), user("two")];
    let reply = app.client().post(UNARY, request(&turns)).await;
    assert_eq!(reply.header("x-gap-conversation"), Some(name.as_str()));
    let other = app.client().post(UNARY, request(&[user("one")])).await;
    assert_ne!(other.header("x-gap-conversation"), Some(name.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn completion_can_be_off() {
    let app = TestApp::with().set("context.completion", "false").start().await;
    let client = talk(&app, "talk");
    client.post(UNARY, request(&[user("one")])).await;
    assert_eq!(client.post(UNARY, request(&[user("two")])).await.header("x-gap-history"), Some("0"));
    assert_eq!(seen(&app).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let reply = talk(&app, &"x".repeat(257)).post(UNARY, request(&[user("one")])).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("x-gap-conversation"), "{}", reply.text());
    let reply = talk(&app, "").post(UNARY, request(&[user("one")])).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-conversation")), (200, None));
}
