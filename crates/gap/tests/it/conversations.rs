//! Conversations that stay where they were.

use serde_json::{Value, json};

use crate::support::app::ACCESS_KEY;
use crate::support::{TestApp, UNARY, prompt};

fn long(text: &str) -> String {
    format!("{text} {}", "and so on and so forth, ".repeat(400))
}

fn turn(role: &str, text: &str) -> Value {
    json!({ "role": role, "parts": [{ "text": text }] })
}

/// The keys of the requests since the last look.
fn used(app: &TestApp) -> Vec<String> {
    let keys = app.keys_used();
    app.sim.forget_requests();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_stays_with_its_project_in_either_dialect() {
    let app = TestApp::start().await;
    let mut turns = vec![turn("user", &long("Tell me."))];
    let mut messages = vec![json!({ "role": "user", "content": long("Tell me too.") })];
    let client = app.client().header("authorization", &format!("Bearer {ACCESS_KEY}"));
    let client = client.header("content-type", "application/json");
    let (mut native, mut openai) = (Vec::new(), Vec::new());
    for number in 0..5 {
        let body = json!({ "contents": turns }).to_string();
        let reply = app.post(UNARY, body).await;
        assert_eq!(reply.status, 200);
        native.extend(used(&app));
        // As clients do: without what they do not know.
        let said: String = reply.json()["candidates"][0]["content"]["parts"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect();
        turns.push(turn("model", &said));
        turns.push(turn("user", &format!("And {number}?")));

        let body = json!({ "model": "gemini-2.5-flash", "messages": messages }).to_string();
        let reply = client.post("/v1/chat/completions", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        openai.extend(used(&app));
        messages.push(json!({ "role": "assistant", "content": reply.json()["choices"][0]["message"]["content"] }));
        messages.push(json!({ "role": "user", "content": format!("And {number}?") }));
        // Others come and go, so that whose turn it is changes.
        for _ in 0..=number % 3 {
            app.post(UNARY, prompt("hi")).await;
        }
        used(&app);
    }
    native.dedup();
    openai.dedup();
    assert_eq!((native.len(), openai.len()), (1, 1), "{native:?} {openai:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_moves_on_when_its_project_rests() {
    let app = TestApp::with().keys(["sim-upstream-a", "sim-upstream-b"]).start().await;
    let first = turn("user", &long("Tell me."));
    assert_eq!(app.post(UNARY, json!({ "contents": [first] }).to_string()).await.status, 200);
    let home = used(&app).remove(0);
    app.sim.add_fault(gap_sim::Fault::new(gap_sim::Preset::QuotaPerDay).key(&home)).unwrap();
    let mut turns = vec![first, turn("model", "Yes."), turn("user", "And?")];
    let body = |turns: &[Value]| json!({ "contents": turns }).to_string();
    assert_eq!(app.post(UNARY, body(&turns)).await.status, 200);
    let keys = used(&app);
    assert_eq!((keys.len(), &keys[0]), (2, &home), "it was preferred, and refused");
    turns.extend([turn("model", "No."), turn("user", "Why?")]);
    for _ in 0..3 {
        assert_eq!(app.post(UNARY, body(&turns)).await.status, 200);
    }
    assert!(used(&app).iter().all(|key| *key == keys[1]), "it lives elsewhere now");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_google_has_counted_is_not_guessed_again() {
    let app = TestApp::start().await;
    let first = turn("user", &long("Tell me."));
    let reply = app.post(UNARY, json!({ "contents": [first] }).to_string()).await;
    let counted = reply.json()["usageMetadata"]["promptTokenCount"].as_u64().unwrap();
    let body: bytes::Bytes =
        json!({ "contents": [first, turn("model", "Yes."), turn("user", "And?")] }).to_string().into();
    let document = gap_protocol::json::parse(&body).unwrap();
    let followed = app.app.prefixes.follow("gemini-2.5-flash", &body, &document).unwrap();
    let (known, new) = followed.counted().unwrap();
    assert_eq!((known, new.count()), (counted, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn short_prompts_and_strangers_are_spread_evenly() {
    let app = TestApp::start().await;
    for number in 0..60 {
        assert_eq!(app.post(UNARY, prompt(&long(&format!("{number}")))).await.status, 200);
    }
    let keys = used(&app);
    for key in crate::support::app::KEYS {
        let times = keys.iter().filter(|used| *used == key).count();
        assert!((18..=22).contains(&times), "{key}: {times}");
    }
}
