//! Access keys, from their making to their end.

use http::Method;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::{EVENTS, TestApp, UNARY, prompt};

const KEYS: &str = "/api/v1/access-keys";

async fn house() -> TestApp {
    TestApp::with().set("auth.admin_api_keys", "the-admin-key").start().await
}

fn with(app: &TestApp, key: &str) -> Client {
    Client::new(app.address, Some(key)).header("content-type", "application/json")
}

fn admin(app: &TestApp) -> Client {
    with(app, "the-admin-key")
}

/// Makes a key: the key, and its id.
async fn make(app: &TestApp, wanted: Value) -> (String, String) {
    let reply = admin(app).post(KEYS, wanted.to_string()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let made = reply.json();
    (made["key"].as_str().unwrap().to_owned(), made["access_key"]["id"].as_str().unwrap().to_owned())
}

async fn limited(app: &TestApp, limits: Value) -> Client {
    with(app, &make(app, json!({ "name": "limited", "limits": limits })).await.0)
}

async fn status_of(app: &TestApp, key: &str) -> u16 {
    with(app, key).post(UNARY, prompt("hi")).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_works_at_once() {
    let app = house().await;
    let (key, id) = make(&app, json!({ "name": " alice " })).await;
    assert!(key.starts_with("gap-") && key.len() > 40, "{key}");
    assert_eq!(status_of(&app, &key).await, 200);
    let reply = admin(&app).get(&format!("{KEYS}/{id}")).await;
    let shown = reply.json();
    assert_eq!((&shown["name"], &shown["role"], &shown["state"]), (&json!("alice"), &json!("user"), &json!("active")));
    assert_eq!(shown["hint"], key[..8]);
    assert!(!reply.text().contains(&key));
    assert!(!admin(&app).get(KEYS).await.text().contains(&key));
    assert_eq!(shown["used"]["requests_day"], 0, "nothing limits it, so nobody counts its requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_disabled_enabled_expired_and_deleted() {
    let app = house().await;
    let (key, id) = make(&app, json!({ "name": "bob", "expires_at": "2026-06-15T13:00:00Z" })).await;
    let change = async |what: &str| admin(&app).post(&format!("{KEYS}/{id}/{what}"), "").await.json();
    assert_eq!(change("disable").await["state"], "disabled");
    let refused = with(&app, &key).post(UNARY, prompt("hi")).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["error"]["message"], "This access key is disabled; an administrator can enable it.");
    assert_eq!(change("enable").await["state"], "active");
    assert_eq!(status_of(&app, &key).await, 200);
    app.clock.advance(SignedDuration::from_hours(1));
    let refused = with(&app, &key).post(UNARY, prompt("hi")).await;
    assert!(refused.text().contains("has expired"), "{}", refused.text());
    let patch = json!({ "expires_at": null }).to_string();
    assert_eq!(admin(&app).send(Method::PATCH, &format!("{KEYS}/{id}"), patch).await.json()["state"], "active");
    assert_eq!(status_of(&app, &key).await, 200);
    let shouted = id.to_uppercase();
    assert_eq!(admin(&app).post(&format!("{KEYS}/{shouted}/enable"), "").await.json()["id"], id);
    assert_eq!(admin(&app).send(Method::DELETE, &format!("{KEYS}/{id}"), "").await.status, 204);
    assert_eq!(status_of(&app, &key).await, 401);
    for (verb, path) in [
        (Method::GET, format!("{KEYS}/{id}")),
        (Method::DELETE, format!("{KEYS}/{id}")),
        (Method::POST, format!("{KEYS}/{id}/enable")),
        (Method::GET, format!("{KEYS}/nonsense")),
        (Method::DELETE, format!("{KEYS}/nonsense")),
    ] {
        assert_eq!(admin(&app).send(verb.clone(), &path, "").await.status, 404, "{verb} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_goes_on_for_as_long_as_asked() {
    let app = house().await;
    let (old, id) = make(&app, json!({ "name": "carol" })).await;
    let rotate = async |body: Value| admin(&app).post(&format!("{KEYS}/{id}/rotate"), body.to_string()).await;
    let reply = rotate(json!({ "grace_seconds": 60 })).await;
    let new = reply.json()["key"].as_str().unwrap().to_owned();
    assert_eq!((status_of(&app, &old).await, status_of(&app, &new).await), (200, 200));
    app.clock.advance(SignedDuration::from_secs(60));
    assert_eq!((status_of(&app, &old).await, status_of(&app, &new).await), (401, 200));
    let newest = rotate(json!({ "grace_seconds": 0 })).await.json()["key"].as_str().unwrap().to_owned();
    assert_eq!((status_of(&app, &new).await, status_of(&app, &newest).await), (401, 200));
    let refused = rotate(json!({ "grace_seconds": 100_000_000 })).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["field"]), (422, &json!("grace_seconds")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named() {
    let app = house().await;
    let wanted = json!({
        "name": "", "expires_at": "2020-01-01T00:00:00Z",
        "limits": { "rpm": 0, "models": ["a b"], "money_budget_usd": { "day": -1 } },
    });
    let reply = admin(&app).post(KEYS, wanted.to_string()).await;
    assert_eq!(reply.status, 422);
    let errors = reply.json()["errors"].as_array().unwrap().clone();
    let fields: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "expires_at", "limits.models[0]", "limits.rpm", "limits.money_budget_usd.day"]);
    for (body, said) in [
        (json!({}), "name"),
        (json!({"name": "x", "role": "king"}), "role"),
        (json!({"name": "x", "limits": {"rpm": "many"}}), "limits.rpm"),
        (json!({"name": "x", "limits": {"allowed_ips": ["here"]}}), "limits.allowed_ips"),
        (json!({"name": "x", "nmae": "y"}), "nmae"),
        (json!({"name": "x", "limits": {"rmp": 5}}), "rmp"),
        (json!({"name": "x", "limits": {"token_budget": {"week": 5}}}), "week"),
    ] {
        let reply = admin(&app).post(KEYS, body.to_string()).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text());
        assert!(reply.json()["detail"].as_str().unwrap().contains(said), "{body}: {}", reply.text());
    }
    assert_eq!(admin(&app).get(KEYS).await.json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_sorted_and_cut() {
    let app = house().await;
    for name in ["anna", "Bert", "carla"] {
        make(&app, json!({ "name": name, "role": if name == "Bert" { "administrator" } else { "user" } })).await;
    }
    let names = async |query: &str| {
        let list = admin(&app).get(&format!("{KEYS}?{query}")).await.json();
        let names = list["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("").await, "anna Bert carla");
    assert_eq!(names("sort=-created_at").await, "carla Bert anna");
    assert_eq!(names("sort=-name").await, "carla anna Bert");
    assert_eq!(names("search=BER").await, "Bert");
    assert_eq!(names("role=administrator&state=active").await, "Bert");
    assert_eq!(names("state=expired").await, "");
    assert_eq!(names("page=2&page_size=2").await, "carla");
    for wrong in ["sort=size", "state=gone", "page=0", "page_size=5000"] {
        assert_eq!(admin(&app).get(&format!("{KEYS}?{wrong}")).await.status, 422, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_touches_what_is_somebody_elses() {
    let app = house().await;
    let (alice, alices) = make(&app, json!({ "name": "alice" })).await;
    let (bob, bobs) = make(&app, json!({ "name": "bob" })).await;
    let (alice, bob) = (with(&app, &alice), with(&app, &bob));
    let list = alice.get(KEYS).await.json();
    assert_eq!((&list["total"], &list["items"][0]["id"]), (&json!(1), &json!(alices)));
    assert_eq!(bob.get(&format!("{KEYS}/me")).await.json()["id"], json!(bobs));
    assert_eq!(alice.get(&format!("{KEYS}/{alices}")).await.status, 200);
    let refused = alice.get(&format!("{KEYS}/{bobs}")).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.json()["detail"], alice.get(&format!("{KEYS}/nonsense")).await.json()["detail"]);
    for (verb, path, body) in [
        (Method::POST, KEYS.to_owned(), r#"{"name": "x"}"#),
        (Method::PATCH, format!("{KEYS}/{alices}"), r#"{"role": "administrator"}"#),
        (Method::DELETE, format!("{KEYS}/{bobs}"), ""),
        (Method::POST, format!("{KEYS}/{bobs}/disable"), ""),
        (Method::POST, format!("{KEYS}/{alices}/rotate"), "{}"),
    ] {
        assert_eq!(alice.send(verb.clone(), &path, body).await.status, 403, "{verb} {path}");
    }
    assert_eq!(with(&app, "test-access-key").get(&format!("{KEYS}/me")).await.status, 404, "it stands in the settings");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_uses_its_models_and_sees_no_others() {
    let app = house().await;
    let client = limited(&app, json!({ "models": ["gemini-2.5-flash", "gemini-embedding-*"] })).await;
    assert_eq!(client.post(UNARY, prompt("hi")).await.status, 200);
    let refused = client.post("/v1beta/models/gemini-2.5-pro:generateContent", prompt("hi")).await;
    assert_eq!(refused.google_error(), (403, "PERMISSION_DENIED".to_owned()));
    let chat = json!({ "model": "gemini-2.5-pro", "messages": [{ "role": "user", "content": "hi" }] }).to_string();
    let refused = client.post("/v1/chat/completions", chat).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["code"]), (403, &json!("permission_denied")));
    let embeddings = json!({ "model": "text-embedding-004", "input": "hi" }).to_string();
    assert_eq!(client.post("/v1/embeddings", embeddings).await.status, 403);
    let cache = json!({ "model": "models/gemini-2.5-pro", "contents": [] }).to_string();
    assert_eq!(client.post("/v1beta/cachedContents", cache).await.status, 403);
    let twice = r#"{"model": "models/gemini-2.5-flash", "model": "models/gemini-2.5-pro"}"#;
    assert_eq!(client.post("/v1beta/cachedContents", twice).await.status, 403);
    let arrived = app.arrived();
    assert_eq!(client.get("/v1beta/models/gemini-2.5-pro").await.status, 403);
    assert_eq!(arrived, app.arrived());

    let native = client.get("/v1beta/models?pageSize=1000").await.json();
    let names: Vec<_> = native["models"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"models/gemini-2.5-flash"), "{names:?}");
    assert!(
        names.iter().all(|name| *name == "models/gemini-2.5-flash" || name.contains("gemini-embedding-")),
        "{names:?}"
    );
    let openai = client.clone().header("x-goog-api-client", "");
    let list = openai.get("/v1beta/openai/models").await.json();
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == "gemini-2.5-flash" || id.starts_with("gemini-embedding-")));
    assert_eq!(client.get("/v1beta/openai/models/gemini-2.5-pro").await.status, 404);
    assert!(app.get("/v1beta/openai/models/gemini-2.5-pro").await.status.is_success(), "others see it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_paid_projects_is_never_served_by_a_free_one() {
    let app = house().await;
    let client = limited(&app, json!({ "paid_keys_only": true })).await;
    let refused = client.post(UNARY, prompt("secret")).await;
    assert!(refused.status.is_client_error() || refused.status.is_server_error(), "{}", refused.text());
    assert_eq!(app.arrived(), 0);
    assert_eq!(status_of(&app, "test-access-key").await, 200);

    let app = TestApp::with()
        .set("auth.admin_api_keys", "the-admin-key")
        .set("pool.keys", "free:sim-upstream-key-one,payer:sim-upstream-key-two")
        .set("pool.paid_projects", "payer")
        .start()
        .await;
    let client = limited(&app, json!({ "paid_keys_only": true })).await;
    for _ in 0..5 {
        assert_eq!(client.post(UNARY, prompt("secret")).await.status, 200);
    }
    assert_eq!(app.keys_used(), ["sim-upstream-key-two"; 5]);
}

#[rstest]
#[case::elsewhere("192.0.2.1", 403)]
#[case::at_home("203.0.113.7", 200)]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_good_at_its_addresses_only(#[case] address: &'static str, #[case] status: u16) {
    let app = house().await;
    let client = limited(&app, json!({ "allowed_ips": ["203.0.113.0/24"] })).await.header("x-forwarded-for", address);
    assert_eq!(client.post(UNARY, prompt("hi")).await.status, status);
    assert_eq!(client.get("/api/v1/auth/me").await.status, status);
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_count_what_streams_use() {
    let app = house().await;
    let (key, id) = make(&app, json!({ "name": "spender", "limits": { "token_budget": { "day": 60 } } })).await;
    let client = with(&app, &key);
    let mut answered = 0;
    while client.post(EVENTS, prompt("tell me a long story")).await.status == 200 {
        answered += 1;
        assert!(answered < 100, "the budget holds nobody back");
    }
    let refused = client.post(EVENTS, prompt("more")).await;
    assert_eq!(refused.status, 429);
    assert!(refused.text().contains("token_budget.day"), "{}", refused.text());
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(wait, 19 * 3_600, "until midnight in Los Angeles");
    let used = admin(&app).get(&format!("{KEYS}/{id}")).await.json()["used"].clone();
    assert!(used["tokens_day"].as_u64().unwrap() >= 40, "{used}");
    assert_eq!(used["tokens_day"], used["tokens_total"]);
    app.clock.advance(SignedDuration::from_hours(19));
    assert_eq!(client.post(EVENTS, prompt("again")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_noted_and_hold_no_secret() {
    let app = house().await;
    let log = crate::support::log::collect();
    let (key, id) = make(&app, json!({ "name": "dora" })).await;
    let path = format!("{KEYS}/{id}");
    admin(&app).send(Method::PATCH, &path, json!({ "limits": { "rpm": 5 } }).to_string()).await;
    let rotated = admin(&app).post(&format!("{path}/rotate"), "{}").await.json()["key"].as_str().unwrap().to_owned();
    admin(&app).post(&format!("{path}/disable"), "").await;
    admin(&app).post(&format!("{path}/enable"), "").await;
    status_of(&app, &key).await;
    status_of(&app, &rotated).await;
    admin(&app).send(Method::DELETE, &path, "").await;
    let entries = app.app.store.audit().list(&gap_store::audit::AuditFilter::default(), 10).await.unwrap();
    let actions: Vec<_> = entries.iter().rev().map(|entry| entry.action.as_str()).collect();
    let expected = ["created", "updated", "rotated", "disabled", "enabled", "deleted"];
    assert_eq!(actions, expected.map(|action| format!("access_key.{action}")));
    assert!(entries.iter().all(|entry| entry.actor == "admin-1" && entry.subject == id));
    let written = format!("{}{entries:?}", log.text());
    for secret in [&key, &rotated] {
        assert!(!written.contains(secret.as_str()), "{secret}");
    }
}
