//! The Conversations API, and responses that belong to a conversation.

use gap_sim::{After, Fault, Script, StallBefore};
use http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{MODEL, STORY, client, error_of, sent};
use crate::support::TestApp;
use crate::support::app::{ACCESS_KEY, Setup};
use crate::support::client::{Client, eventually};

const RESPONSES: &str = "/v1/responses";
const CONVERSATIONS: &str = "/v1/conversations";

/// A request of a conversation.
fn ask(conversation: &str, text: &str, stream: bool) -> String {
    json!({ "model": MODEL, "input": text, "stream": stream, "conversation": conversation }).to_string()
}

async fn create(client: &Client, body: Value) -> String {
    let reply = client.post(CONVERSATIONS, body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let created = reply.json();
    assert_eq!(created["object"], "conversation");
    created["id"].as_str().unwrap().to_owned()
}

/// What was said in it, oldest first.
async fn said(client: &Client, id: &str) -> Vec<String> {
    let list = client.get(&format!("{CONVERSATIONS}/{id}/items?order=asc&limit=100")).await.json();
    let texts = list["data"].as_array().unwrap().iter().filter_map(|item| item["content"][0]["text"].as_str());
    texts.map(str::to_owned).collect()
}

/// What was said upstream in the last request.
fn asked(app: &TestApp) -> Vec<String> {
    let sent: Value = serde_json::from_str(sent(app).last().unwrap()).unwrap();
    let turns = sent["contents"].as_array().unwrap().iter();
    turns.map(|turn| turn["parts"][0]["text"].as_str().unwrap().to_owned()).collect()
}

fn two_keys() -> Setup {
    TestApp::with().set("auth.users_api_keys", &format!("{ACCESS_KEY},other"))
}

fn other(app: &TestApp) -> Client {
    Client::new(app.address, None).header("authorization", "Bearer other")
}

#[rstest]
#[case("/v1/conversations")]
#[case("/v1beta/openai/conversations")]
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_made_read_changed_and_deleted(#[case] path: &str) {
    let app = TestApp::start().await;
    let client = client(&app);
    let items = json!([{ "role": "user", "content": "one" }, { "role": "assistant", "content": "two" }]);
    let body = json!({ "metadata": { "topic": "cats" }, "items": items });
    let created = client.post(path, body.to_string()).await.json();
    assert_eq!((&created["object"], &created["metadata"]), (&json!("conversation"), &json!({ "topic": "cats" })));
    let one = format!("{path}/{}", created["id"].as_str().unwrap());
    assert_eq!(client.get(&one).await.json(), created);
    let changed = client.post(&one, json!({ "metadata": { "topic": "dogs" } }).to_string()).await.json();
    assert_eq!((&changed["id"], &changed["metadata"]["topic"]), (&created["id"], &json!("dogs")));

    let three = json!({ "items": [{ "role": "user", "content": "three" }] }).to_string();
    let added = client.post(&format!("{one}/items"), three).await.json();
    assert_eq!((&added["object"], &added["data"][0]["content"][0]["text"]), (&json!("list"), &json!("three")));
    let newest = client.get(&format!("{one}/items?limit=2")).await.json();
    assert_eq!((&newest["data"][0]["id"], &newest["has_more"]), (&added["first_id"], &json!(true)));
    let after = newest["last_id"].as_str().unwrap();
    let oldest =
        client.get(&format!("{one}/items?limit=2&after={after}&include=reasoning.encrypted_content")).await.json();
    assert_eq!((&oldest["data"][0]["content"][0]["text"], &oldest["has_more"]), (&json!("one"), &json!(false)));
    let item = format!("{one}/items/{after}");
    assert_eq!(client.get(&item).await.json(), newest["data"][1]);
    assert_eq!(client.send(Method::DELETE, &item, "").await.json()["object"], "conversation");
    assert_eq!(client.get(&item).await.status, 404);
    assert_eq!(client.send(Method::DELETE, &item, "").await.status, 404);

    let gone = client.send(Method::DELETE, &one, "").await.json();
    assert_eq!(gone, json!({ "id": created["id"], "object": "conversation.deleted", "deleted": true }));
    assert_eq!(client.get(&one).await.status, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn responses_go_on_and_are_added(#[values(false, true)] stream: bool, #[values(false, true)] store: bool) {
    let app = TestApp::start().await;
    let client = client(&app);
    let id = create(&client, json!({ "items": [{ "role": "user", "content": "My name is Ann." }] })).await;
    for (named, text) in [(json!(id), "[[sim: text=Hello]] Hi"), (json!({ "id": id }), "[[sim: text=Ann]] Who am I?")] {
        let body = json!({ "model": MODEL, "input": text, "stream": stream, "conversation": named, "store": store });
        let reply = client.post(RESPONSES, body.to_string()).await;
        assert!(reply.text().contains(&format!(r#""conversation":{{"id":"{id}"}}"#)), "{}", reply.text());
        // Whoever has seen the end finds it.
        assert_eq!(said(&client, &id).await.last().unwrap(), if text.contains("Who") { "Ann" } else { "Hello" });
    }
    let expected =
        ["My name is Ann.", "[[sim: text=Hello]] Hi", "Hello", "[[sim: text=Ann]] Who am I?", "Ann"].map(str::to_owned);
    assert_eq!(said(&client, &id).await, expected);
    assert_eq!(asked(&app)[1..], ["Hello", "[[sim: text=Ann]] Who am I?"]);
    assert_eq!(app.app.responses.is_empty(), !store);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_its_access_keys_alone() {
    let app = two_keys().start().await;
    let (mine, other) = (client(&app), other(&app));
    let id = create(&mine, json!({ "items": [{ "id": "msg_mine", "role": "user", "content": "secret" }] })).await;
    let one = format!("{CONVERSATIONS}/{id}");
    let not_found = format!("Conversation with id '{id}' not found.");
    let items = json!({ "items": [{ "role": "user", "content": "x" }] }).to_string();
    let metadata = json!({ "metadata": {} }).to_string();
    for (verb, path, body) in [
        (Method::GET, one.clone(), ""),
        (Method::POST, one.clone(), metadata.as_str()),
        (Method::DELETE, one.clone(), ""),
        (Method::GET, format!("{one}/items"), ""),
        (Method::POST, format!("{one}/items"), items.as_str()),
        (Method::GET, format!("{one}/items/msg_mine"), ""),
        (Method::DELETE, format!("{one}/items/msg_mine"), ""),
        (Method::POST, RESPONSES.to_owned(), ask(&id, "x", false).as_str()),
    ] {
        let (status, message, ..) = error_of(&other.send(verb.clone(), &path, body.to_owned()).await);
        assert_eq!((status, message), (404, not_found.clone()), "{verb} {path}");
        assert_eq!(Client::new(app.address, None).send(verb, &path, body.to_owned()).await.status, 401);
    }
    assert_eq!(said(&mine, &id).await, ["secret"]);
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() {
    let app = TestApp::start().await;
    let client = client(&app);
    let id = create(&client, json!({})).await;
    let both =
        json!({ "model": MODEL, "input": "x", "conversation": id, "previous_response_id": "resp_1" }).to_string();
    let (status, _, param, _) = error_of(&client.post(RESPONSES, both).await);
    assert_eq!((status, param.as_deref()), (400, Some("previous_response_id")));
    let many: Vec<Value> = (0..21).map(|_| json!({ "role": "user", "content": "x" })).collect();
    let items = format!("{CONVERSATIONS}/{id}/items");
    for (path, body, field) in [
        (CONVERSATIONS, json!({ "items": many }), "items"),
        (CONVERSATIONS, json!({ "metadata": { "a": 1 } }), "metadata.a"),
        (&items, json!({ "items": [{ "role": "robot", "content": "x" }] }), "items[0].role"),
        (&items, json!({}), "items"),
    ] {
        let (status, message, param, _) = error_of(&client.post(path, body.to_string()).await);
        assert_eq!((status, param.as_deref()), (400, Some(field)), "{message}");
    }
    let twice = json!({ "items": [{ "id": "msg_a", "role": "user", "content": "x" }] }).to_string();
    assert_eq!(client.post(&items, twice.clone()).await.status, 200);
    let (status, message, ..) = error_of(&client.post(&items, twice).await);
    assert!(status == 400 && message.starts_with("Duplicate item found with id msg_a"), "{message}");
    for query in ["limit=0", "order=up", "after=msg_x"] {
        assert_eq!(client.get(&format!("{items}?{query}")).await.status, 400, "{query}");
    }
    let (status, message, ..) = error_of(&client.get(&format!("{items}/msg_x")).await);
    assert_eq!((status, message.as_str()), (404, "Item with id 'msg_x' not found."));
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_or_is_left_adds_nothing() {
    let app = TestApp::start().await;
    let client = client(&app);
    let id = create(&client, json!({})).await;
    app.sim.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 2 })).times(1)).unwrap();
    assert!(client.post(RESPONSES, ask(&id, STORY, true)).await.text().contains("response.failed"));
    assert_eq!(client.post(RESPONSES, json!({ "model": MODEL, "conversation": id }).to_string()).await.status, 400);
    app.sim
        .add_fault(
            Fault::new(Script::StallBetweenEvents(gap_sim::Stall {
                after: 1,
                ms: 20_000,
                then: gap_sim::Afterwards::default(),
            }))
            .times(1),
        )
        .unwrap();
    drop(client.begin(Method::POST, RESPONSES, ask(&id, STORY, true)).await);
    eventually("it was left", || app.app.keyring.open_leases() == 0).await;
    assert_eq!(said(&client, &id).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_deleted_meanwhile_stays_deleted() {
    let app = TestApp::start().await;
    let client = client(&app);
    let id = create(&client, json!({})).await;
    app.sim.add_fault(Fault::new(Script::StallBeforeHeaders(StallBefore { ms: 300, then: None })).times(1)).unwrap();
    let answering = client.post(RESPONSES, ask(&id, "hi", false));
    let deleting = async {
        eventually("it is asked", || app.arrived() == 1).await;
        client.send(Method::DELETE, &format!("{CONVERSATIONS}/{id}"), "").await
    };
    let (answer, deleted) = tokio::join!(answering, deleting);
    assert_eq!((deleted.status.as_u16(), answer.status.as_u16()), (200, 200));
    assert_eq!(client.get(&format!("{CONVERSATIONS}/{id}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_at_once_nothing_is_lost() {
    let app = TestApp::start().await;
    let client = client(&app);
    let id = create(&client, json!({})).await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (client, body) = (client.clone(), ask(&id, &format!("[[sim: text=a{number}]] q{number}"), number % 2 == 0));
        asking.spawn(async move { client.post(RESPONSES, body).await.status });
    }
    assert!(asking.join_all().await.iter().all(|status| *status == 200));
    let said = said(&client, &id).await;
    assert_eq!(said.len(), 16);
    for pair in said.chunks(2) {
        assert!(pair[0].starts_with(&format!("[[sim: text={}]]", pair[1])), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_no_more_than_the_settings_say() {
    let setup = TestApp::with().set("responses.conversation_items", "2").set("responses.conversation_bytes", "2KiB");
    let app = setup.set("responses.conversations_per_access_key", "2").start().await;
    let client = client(&app);
    let id = create(&client, json!({})).await;
    assert_eq!(client.post(RESPONSES, ask(&id, "[[sim: text=Hello]] Hi", false)).await.status, 200);
    let (status, message, param, code) = error_of(&client.post(RESPONSES, ask(&id, "more", false)).await);
    assert_eq!((status, param.as_deref(), code.as_deref()), (400, Some("conversation"), Some("conversation_full")));
    assert!(message.contains("responses.conversation_items"), "{message}");
    let large = json!({ "items": [{ "role": "user", "content": "x".repeat(3_000) }] }).to_string();
    let (status, message, param, _) = error_of(&client.post(CONVERSATIONS, large).await);
    assert_eq!((status, param.as_deref()), (400, Some("items")));
    assert!(message.contains("responses.conversation_bytes"), "{message}");
    // The one that was used least lately makes room.
    for _ in 0..2 {
        app.clock.advance(jiff::SignedDuration::from_secs(1));
        create(&client, json!({})).await;
    }
    assert_eq!(client.get(&format!("{CONVERSATIONS}/{id}")).await.status, 404);
    let none = TestApp::with().set("responses.memory", "0").start().await;
    assert_eq!(super::client(&none).post(CONVERSATIONS, "{}").await.status, 400);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn in_a_database_everything_outlives_a_restart(#[values("database", "memory")] mode: &'static str) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/gap.db", folder.path().display());
    let start = async || {
        let app = TestApp::with().set("store.database_url", &url).set("context.storage_mode", mode);
        app.set("auth.secret_key", "a-secret-key-of-thirty-two-bytes-or-more").start().await
    };
    let app = start().await;
    let id = create(&client(&app), json!({ "metadata": { "a": "b" } })).await;
    assert_eq!(client(&app).post(RESPONSES, ask(&id, "[[sim: text=Hello]] Hi", true)).await.status, 200);
    let one = json!({ "model": MODEL, "input": "[[sim: text=One]] 1" }).to_string();
    let first = client(&app).post(RESPONSES, one).await.json();
    drop(app);
    let app = start().await;
    let client = client(&app);
    let goes_on = json!({ "model": MODEL, "input": "2", "previous_response_id": first["id"] }).to_string();
    let response = format!("{RESPONSES}/{}", first["id"].as_str().unwrap());
    if mode == "memory" {
        assert_eq!(client.get(&format!("{CONVERSATIONS}/{id}")).await.status, 404);
        assert_eq!(client.get(&response).await.status, 404);
        return;
    }
    assert_eq!(said(&client, &id).await, ["[[sim: text=Hello]] Hi", "Hello"]);
    assert_eq!(client.get(&response).await.json(), first);
    assert_eq!(client.post(RESPONSES, goes_on).await.status, 200);
    assert_eq!(asked(&app), ["[[sim: text=One]] 1", "One", "2"]);
    let items = client.get(&format!("{response}/input_items")).await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "[[sim: text=One]] 1");
    assert_eq!(client.send(Method::DELETE, &response, "").await.status, 200);
    assert_eq!(client.get(&response).await.status, 404);
    // What is not used for long is over.
    app.clock.advance(jiff::SignedDuration::from_hours(24 * 31));
    assert_eq!(client.get(&format!("{CONVERSATIONS}/{id}")).await.status, 404);
}
