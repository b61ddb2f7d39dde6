//! The conversations as people see them.

use gap_sim::{After, Fault, Script};
use http::Method;
use serde_json::{Value, json};

use super::{request, user};
use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{TestApp, UNARY};

const CONTEXTS: &str = "/api/v1/contexts";

async fn house() -> TestApp {
    let app =
        TestApp::with().set("auth.admin_api_keys", "the-admin-key").set("auth.users_api_keys", "alice-key,bob-key");
    app.start().await
}

fn with(app: &TestApp, key: &str) -> Client {
    Client::new(app.address, Some(key)).header("content-type", "application/json")
}

async fn say(app: &TestApp, key: &str, name: &str, text: &str) {
    let client = Client::new(app.address, Some(key)).header("x-gap-conversation", name);
    let reply = client.post(UNARY, request(&[user(text)])).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

async fn list(client: &Client, query: &str) -> Value {
    let reply = client.get(&format!("{CONTEXTS}?{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_own_and_administrators_all() {
    let app = house().await;
    say(&app, "alice-key", "cats", "About cats").await;
    say(&app, "bob-key", "dogs", "About dogs").await;
    let (alice, bob, admin) = (with(&app, "alice-key"), with(&app, "bob-key"), with(&app, "the-admin-key"));
    let hers = list(&alice, "").await;
    assert_eq!((names(&hers), &hers["total"]), (vec!["cats"], &json!(1)));
    let item = &hers["items"][0];
    assert_eq!(
        (&item["title"], &item["turns"], &item["model"]),
        (&json!("About cats"), &json!(2), &json!("gemini-2.5-flash"))
    );
    assert_eq!((&item["kept"], &item["expires_at"]), (&json!("memory"), &json!("2026-06-22T12:00:00Z")));
    assert_eq!(list(&admin, "sort=title").await["total"], 2);
    let owner = item["access_key"].as_str().unwrap();
    assert_eq!(names(&list(&admin, &format!("access_key={owner}")).await), ["cats"]);
    assert_eq!(names(&list(&bob, &format!("access_key={owner}")).await), ["dogs"], "asking for more does not help");
    assert_eq!(names(&list(&admin, "text=DOGS").await), ["dogs"]);
    assert_eq!(names(&list(&admin, "text=dogs&pinned=true").await), [] as [&str; 0]);

    let one = format!("{CONTEXTS}/{}", item["id"].as_str().unwrap());
    for path in [one.clone(), format!("{one}/turns"), format!("{one}/export")] {
        assert_eq!(alice.get(&path).await.status, 200, "{path}");
        assert_eq!(admin.get(&path).await.status, 200, "{path}");
        let refused = bob.get(&path).await;
        assert_eq!((refused.status.as_u16(), refused.header("content-type")), (404, Some("application/problem+json")));
    }
    assert_eq!(bob.send(Method::DELETE, &one, "").await.status, 404);
    assert_eq!(bob.send(Method::PATCH, &one, r#"{"title":"mine"}"#).await.status, 404);
    let bulk = json!({ "action": "delete", "ids": [item["id"]] }).to_string();
    assert_eq!(bob.post(&format!("{CONTEXTS}/bulk"), bulk).await.json()["changed"], 0);
    let bulk = json!({ "action": "delete", "filter": {} }).to_string();
    assert_eq!(bob.post(&format!("{CONTEXTS}/bulk"), bulk).await.json()["changed"], 1, "their own");
    assert_eq!(names(&list(&admin, "").await), ["cats"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_read_changed_exported_and_deleted() {
    let app = house().await;
    for text in ["one", "two"] {
        say(&app, "alice-key", "talk", text).await;
    }
    let alice = with(&app, "alice-key");
    let id = list(&alice, "").await["items"][0]["id"].as_str().unwrap().to_owned();
    let one = format!("{CONTEXTS}/{id}");
    let turns = alice.get(&format!("{one}/turns?page=2&page_size=2")).await.json();
    assert_eq!(
        (&turns["total"], &turns["items"][0]["number"], &turns["items"][0]["role"]),
        (&json!(4), &json!(3), &json!("user"))
    );
    assert_eq!(turns["items"][0]["content"], user("two"));
    assert_eq!((&turns["items"][1]["role"], &turns["items"][1]["partial"]), (&json!("model"), &json!(false)));
    assert!(turns["items"][1]["tokens"].as_i64().unwrap() > 0);

    let patch = json!({ "title": " Numbers ", "pinned": true, "ttl_seconds": 60 }).to_string();
    let changed = alice.send(Method::PATCH, &one, patch).await;
    assert_eq!(changed.header("x-gap-kept"), Some("memory"));
    let changed = changed.json();
    assert_eq!(
        (&changed["title"], &changed["pinned"], &changed["ttl_seconds"]),
        (&json!("Numbers"), &json!(true), &json!(60))
    );
    assert_eq!(changed["expires_at"], Value::Null);
    let wrong = alice.send(Method::PATCH, &one, r#"{"title":"a\nb","ttl_seconds":0}"#).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["errors"].as_array().unwrap().len()), (422, 2));
    assert_eq!(alice.send(Method::PATCH, &one, r#"{"owner":"bob"}"#).await.status, 422);

    let markdown = alice.get(&format!("{one}/export?format=markdown")).await;
    assert_eq!(markdown.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert!(markdown.text().starts_with("# Numbers\n"), "{}", markdown.text());
    assert_eq!(markdown.text().matches("## User").count(), 2);
    let export = alice.get(&format!("{one}/export")).await;
    assert!(export.header("content-disposition").unwrap().contains("attachment"));
    assert_eq!(export.json()["turns"].as_array().unwrap().len(), 4);

    let unpinned = alice.send(Method::PATCH, &one, r#"{"pinned":false}"#).await.json();
    assert_eq!(unpinned["expires_at"], "2026-06-15T12:01:00Z");
    app.clock.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(alice.get(&one).await.status, 404, "it is over");
    say(&app, "alice-key", "talk", "anew").await;
    let id = list(&alice, "").await["items"][0]["id"].as_str().unwrap().to_owned();
    let one = format!("{CONTEXTS}/{id}");
    assert_eq!(alice.get(&one).await.json()["turns"], 2);
    assert_eq!(alice.send(Method::DELETE, &one, "").await.status, 204);
    assert_eq!(alice.send(Method::DELETE, &one, "").await.status, 404);
    app.app.conversations.clean_up().await;
    let audit = with(&app, "the-admin-key").get("/api/v1/audit").await;
    assert!(audit.text().contains("context.deleted") && !audit.text().contains("Numbers"), "{}", audit.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_was_told_before_all_else_is_shown() {
    let app = TestApp::start().await;
    say(&app, ACCESS_KEY, "plain", "one").await;
    let client = app.client().header("x-gap-conversation", "told");
    let system = json!({ "parts": [{ "text": "Answer in verse." }] });
    let body = json!({ "systemInstruction": system, "contents": [user("two")] }).to_string();
    assert_eq!(client.post(UNARY, body).await.status, 200);
    let all = list(&app.client(), "").await;
    for (name, expected) in [("plain", &Value::Null), ("told", &system)] {
        let item = all["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap();
        assert!(item.get("system").is_none(), "a list is short");
        let one = format!("{CONTEXTS}/{}", item["id"].as_str().unwrap());
        let shown = app.client().get(&one).await.json();
        assert_eq!((&shown["system"], &shown["name"]), (expected, &json!(name)));
        let markdown = app.client().get(&format!("{one}/export?format=markdown")).await;
        let markdown = markdown.text();
        assert_eq!(markdown.contains("## System\n\nAnswer in verse.\n\n## User"), name == "told", "{markdown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_broke_off_is_kept_as_far_as_it_came() {
    let app = TestApp::start().await;
    let client = app.client().header("x-gap-conversation", "talk");
    let cut = Fault::new(Script::CutBetweenEvents(After { after: 2 }));
    app.sim.add_fault(cut.times(1)).unwrap();
    let path = "/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
    let reply = client.post(path, request(&[user("Tell me a long story.")])).await;
    let heard: String = reply
        .events()
        .iter()
        .filter_map(|event| event["candidates"][0]["content"]["parts"][0]["text"].as_str().map(str::to_owned))
        .collect();
    assert!(!heard.is_empty(), "{}", reply.text());
    let all = list(&app.client(), "").await;
    let id = all["items"][0]["id"].as_str().unwrap();
    let turns = app.client().get(&format!("{CONTEXTS}/{id}/turns")).await.json();
    assert_eq!((&turns["total"], &turns["items"][1]["partial"]), (&json!(2), &json!(true)));
    assert_eq!(turns["items"][1]["content"]["parts"][0]["text"], heard.as_str());
    // It goes on from there.
    let reply = client.post(UNARY, request(&[user("Go on.")])).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-history")), (200, Some("2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_conversations_push_the_oldest_out() {
    let app = TestApp::with().set("context.max_records_memory", "3").start().await;
    for number in 0..5 {
        say(&app, ACCESS_KEY, &format!("n{number}"), "hi").await;
        app.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    assert_eq!(names(&list(&app.client(), "").await), ["n4", "n3", "n2"]);
}
