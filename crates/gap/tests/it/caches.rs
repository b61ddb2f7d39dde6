//! Explicit caches, as clients meet them: their own, and those that are made for them.

use std::time::Duration;

use gap_sim::{Fault, Options, Preset, SimKey};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::client::{Client, eventually};
use crate::support::{EVENTS, Reply, TestApp, UNARY};

mod costs;

const CACHES: &str = "/v1beta/cachedContents";
const NOW: &str = "2026-06-15T12:00:00Z";
const OTHER_KEY: &str = "another-access-key";
const ADMIN_KEY: &str = "the-administrators-key";

/// A simulator whose clock stands where the gateway's does.
fn options(keys: &[&str]) -> Options {
    let keys = keys.iter().zip(1..).map(|(key, project)| SimKey::good(*key, project)).collect();
    Options { keys, start: Some(NOW.parse().unwrap()), ..Options::default() }
}

/// A gateway that makes caches by itself.
async fn start(keys: &[&str]) -> TestApp {
    let app = TestApp::with().options(options(keys)).set("cache.native", "true");
    let app = app.set("auth.users_api_keys", &format!("test-access-key,{OTHER_KEY}"));
    app.set("auth.admin_api_keys", ADMIN_KEY).start().await
}

fn pass(app: &TestApp, time: Duration) {
    app.sim.advance(time);
    app.clock.advance(SignedDuration::try_from(time).unwrap());
}

/// About five thousand tokens that everybody's requests begin with.
fn rules() -> String {
    "The house rules, which everybody gets. ".repeat(500)
}

fn turn(role: &str, text: &str) -> Value {
    json!({ "role": role, "parts": [{ "text": text }] })
}

fn question(text: &str) -> String {
    json!({ "systemInstruction": { "parts": [{ "text": rules() }] }, "contents": [turn("user", text)] }).to_string()
}

/// The bodies of the questions that arrived upstream.
fn asked(app: &TestApp) -> Vec<Value> {
    let generating = |path: &str| path.contains("enerateContent");
    let requests = app.sim.requests().into_iter().filter(|request| generating(&request.path));
    requests.map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
}

fn made(app: &TestApp) -> usize {
    app.sim.requests().iter().filter(|request| request.method == "POST" && request.path == CACHES).count()
}

/// Asks until the beginning is cached.
async fn warm_up(app: &TestApp) {
    for number in 0..3 {
        let reply = app.post(UNARY, question(&format!("Question {number}?"))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        pass(app, Duration::from_secs(10));
    }
    eventually("a cache is made", || app.app.caches.held() == 1 && app.app.caches.open_orders() == 0).await;
}

/// What the gateway says of the caches, as somebody sees it.
async fn listed(client: &Client, query: &str) -> Vec<Value> {
    let reply = client.get(&format!("/api/v1/caches{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["items"].as_array().unwrap().clone()
}

/// wire 99
#[tokio::test(flavor = "multi_thread")]
async fn what_many_requests_begin_with_is_sent_once() {
    let app = start(&["key-one"]).await;
    warm_up(&app).await;
    let reply = app.post(UNARY, question("And now?")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let last = asked(&app).pop().unwrap();
    assert!(last["cachedContent"].as_str().unwrap().starts_with("cachedContents/"), "{last}");
    assert_eq!((last.get("systemInstruction"), &last["contents"]), (None, &json!([turn("user", "And now?")])));
    // The client pays for what it sent, and sees what came from a cache.
    let usage = reply.json()["usageMetadata"].clone();
    assert!(usage["cachedContentTokenCount"].as_u64().unwrap() > 4_000, "{usage}");
    assert!(usage["promptTokenCount"].as_u64() > usage["cachedContentTokenCount"].as_u64());
    // A stream rides as well.
    let reply = app.post(EVENTS, question("And streamed?")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(asked(&app).pop().unwrap()["cachedContent"].is_string());
    assert_eq!(made(&app), 1);

    let mine = once(&app.client(), "/api/v1/caches?kind=automatic", |page| page["items"][0]["hits"] == 2).await;
    let mine = mine["items"].as_array().unwrap();
    assert_eq!((mine.len(), &mine[0]["kind"], &mine[0]["model"]), (1, &json!("automatic"), &json!("gemini-2.5-flash")));
    assert_eq!(mine[0]["saved_nanos"], 2 * 4_875 * 270, "{mine:?}");
    assert!(mine[0]["spent_nanos"].as_u64().unwrap() > 0 && mine[0].get("project").is_none());
    assert!(listed(&Client::new(app.address, Some(OTHER_KEY)), "").await.is_empty(), "somebody else's");
    let all = listed(&Client::new(app.address, Some(ADMIN_KEY)), "").await;
    assert!(all.len() == 1 && all[0]["project"].is_string());
    // Google's own list names what clients made.
    assert_eq!(app.get(CACHES).await.json(), json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_tells_why_it_was_cached_or_not() {
    let app = start(&["key-one"]).await;
    warm_up(&app).await;
    app.post(UNARY, question("And now?")).await;
    let admin = Client::new(app.address, Some(ADMIN_KEY));
    let list = once(&admin, "/api/v1/requests", |page| page["items"].as_array().unwrap().len() == 4).await;
    let mut decisions = Vec::new();
    assert_eq!(list["items"].as_array().unwrap().len(), 4);
    for item in list["items"].as_array().unwrap().iter().rev() {
        let one = admin.get(&format!("/api/v1/requests/{}", item["id"].as_str().unwrap())).await.json();
        let story = one.to_string();
        let found = ["\"not_seen_before\"", "\"costs_more_than_it_saves\"", "\"created\"", "\"used\""];
        decisions.push(found.into_iter().find(|decision| story.contains(decision)).unwrap_or("none"));
    }
    assert_eq!(decisions, ["\"not_seen_before\"", "\"costs_more_than_it_saves\"", "\"created\"", "\"used\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_access_key_never_gets_the_cache() {
    let app = start(&["key-one"]).await;
    warm_up(&app).await;
    let other = Client::new(app.address, Some(OTHER_KEY));
    assert_eq!(other.post(UNARY, question("And I?")).await.status, 200);
    let last = asked(&app).pop().unwrap();
    assert!(last.get("cachedContent").is_none() && last["systemInstruction"].is_object());
    // Neither by another model, nor with other tools.
    let pro = UNARY.replace("flash", "pro");
    assert_eq!(app.post(&pro, question("And you?")).await.status, 200);
    assert!(asked(&app).pop().unwrap().get("cachedContent").is_none());
    let mut forced: Value = serde_json::from_str(&question("And this?")).unwrap();
    forced["toolConfig"] = json!({ "functionCallingConfig": { "mode": "NONE" } });
    assert_eq!(app.post(UNARY, forced.to_string()).await.status, 200);
    assert!(asked(&app).pop().unwrap().get("cachedContent").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_vanished_costs_the_client_nothing() {
    let app = start(&["key-one", "key-two"]).await;
    warm_up(&app).await;
    let name = listed(&app.client(), "").await[0]["name"].as_str().unwrap().to_owned();
    assert!(app.sim.forget_cache(&name));
    let before = app.arrived();
    let reply = app.post(UNARY, question("Still there?")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let requests = app.sim.requests();
    let keys: Vec<_> = requests[before..].iter().filter(|one| one.path == UNARY).map(|one| one.key.clone()).collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "the same key is asked again: {keys:?}");
    let last = asked(&app).pop().unwrap();
    assert!(last.get("cachedContent").is_none() && last["systemInstruction"].is_object());
    // Who still comes is worth another.
    eventually("another is made", || app.app.caches.open_orders() == 0 && app.app.caches.held() == 1).await;
    let there = listed(&app.client(), "").await;
    assert!(there.len() == 1 && there[0]["name"] != name.as_str(), "{there:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_rests_does_not_hold_its_cache_against_the_client() {
    let app = start(&["key-one", "key-two"]).await;
    warm_up(&app).await;
    let holder = app.sim.requests().into_iter().find(|one| one.path == CACHES).unwrap().key.unwrap();
    app.sim.add_fault(Fault::new(Preset::QuotaPerDay).key(&holder).method("generateContent")).unwrap();
    let reply = app.post(UNARY, question("Can you?")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let last = app.sim.requests().into_iter().rev().find(|one| one.path == UNARY).unwrap();
    assert_ne!(last.key.unwrap(), holder);
}

/// wire 11
#[tokio::test(flavor = "multi_thread")]
async fn a_project_without_caching_is_asked_once() {
    let app = start(&["key-one"]).await;
    app.sim.add_fault(Fault::new(Preset::QuotaStorage).path(CACHES)).unwrap();
    for number in 0..8 {
        assert_eq!(app.post(UNARY, question(&format!("{number}?"))).await.status, 200);
        eventually("orders are done", || app.app.caches.open_orders() == 0).await;
        pass(&app, Duration::from_secs(5));
    }
    assert_eq!((made(&app), app.app.caches.held()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_lives_as_long_as_it_is_used() {
    let app = start(&["key-one"]).await;
    warm_up(&app).await;
    // Every ten seconds, for twice as long as it was made for.
    for number in 0..12 {
        assert_eq!(app.post(UNARY, question(&format!("{number}?"))).await.status, 200);
        eventually("orders are done", || app.app.caches.open_orders() == 0).await;
        pass(&app, Duration::from_secs(10));
    }
    let extended = app.sim.requests().iter().filter(|one| one.method == "PATCH").count();
    assert!(extended > 0 && made(&app) == 1, "it was extended {extended} times");
    // Then nobody comes any more.
    pass(&app, Duration::from_secs(61));
    app.app.caches.tend(&app.app).await;
    eventually("it is let go", || app.app.caches.open_orders() == 0 && app.app.caches.held() == 0).await;
    app.app.caches.tend(&app.app).await;
    assert!(listed(&app.client(), "").await.is_empty());
    let account = app.sim.accounts().remove(&1).unwrap();
    assert!(account.token_hours > 0.0 && account.caches == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_in_every_dialect() {
    let app = start(&["key-one"]).await;
    let chat = |text: &str| {
        let messages = json!([{ "role": "system", "content": rules() }, { "role": "user", "content": text }]);
        json!({ "model": "gemini-2.5-flash", "messages": messages }).to_string()
    };
    for number in 0..3 {
        let reply = app.post("/v1/chat/completions", chat(&format!("{number}?"))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    eventually("a cache is made", || app.app.caches.held() == 1).await;
    let reply = app.post("/v1/chat/completions", chat("And now?")).await.json();
    assert!(reply["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap() > 4_000, "{reply}");
    // Who marks it says that it will come again: the first time is enough.
    let marked = |text: &str| {
        let system = json!([{ "type": "text", "text": format!("Other rules. {}", rules()),
            "cache_control": { "type": "ephemeral" } }]);
        let messages = json!([{ "role": "user", "content": text }]);
        json!({ "model": "gemini-2.5-flash", "max_tokens": 100, "system": system, "messages": messages }).to_string()
    };
    let anthropic = Client::new(app.address, None).header("x-api-key", "test-access-key");
    let anthropic = anthropic.header("anthropic-version", "2023-06-01").header("content-type", "application/json");
    let reply = anthropic.post("/v1/messages", marked("First?")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    eventually("a cache is made", || app.app.caches.held() == 2).await;
    let reply = anthropic.post("/v1/messages", marked("Second?")).await.json();
    assert!(reply["usage"]["cache_read_input_tokens"].as_u64().unwrap() > 4_000, "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cached_unless_somebody_wants_it() {
    let app = TestApp::with().options(options(&["key-one"])).start().await;
    for number in 0..6 {
        assert_eq!(app.post(UNARY, question(&format!("{number}?"))).await.status, 200);
    }
    assert_eq!((made(&app), app.app.caches.held()), (0, 0));
}

/// What a path answers once it answers so: an answer is counted a moment after the client has it.
async fn once(client: &Client, path: &str, ready: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2_000 {
        let answer = client.get(path).await.json();
        if ready(&answer) {
            return answer;
        }
    }
    panic!("never: {}", client.get(path).await.text());
}

// === Caches of clients ===

fn new_cache(more: &Value) -> String {
    let contents = json!([turn("user", &rules())]);
    let mut cache = json!({ "model": "models/gemini-2.5-flash", "contents": contents });
    cache.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    cache.to_string()
}

fn ask_with(name: &str) -> String {
    json!({ "cachedContent": name, "contents": [turn("user", "So?")] }).to_string()
}

fn denied(reply: &Reply) {
    let error = reply.json();
    assert_eq!(error["error"]["message"], "CachedContent not found (or permission denied)", "{error}");
    assert_eq!((reply.status.as_u16(), &error["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_cache_is_its_own_wherever_it_is() {
    let app = start(&["key-one", "key-two", "key-three"]).await;
    let mut names = Vec::new();
    for number in 0..4 {
        let reply =
            app.post(CACHES, new_cache(&json!({ "ttl": "300s", "displayName": format!("story {number}") }))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        names.push(reply.json()["name"].as_str().unwrap().to_owned());
    }
    let listed_names = |reply: &Reply| -> Vec<String> {
        let caches = reply.json()["cachedContents"].as_array().cloned().unwrap_or_default();
        caches.iter().map(|cache| cache["name"].as_str().unwrap().to_owned()).collect()
    };
    // Those of every project, a page at a time.
    let mut all = Vec::new();
    let mut path = format!("{CACHES}?pageSize=3");
    loop {
        let page = app.get(&path).await;
        all.extend(listed_names(&page));
        let Some(token) = page.json()["nextPageToken"].as_str().map(str::to_owned) else { break };
        path = format!("{CACHES}?pageSize=3&pageToken={token}");
    }
    all.sort();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(all, sorted);
    assert_eq!(app.get(&format!("{CACHES}?pageToken=nonsense")).await.status, 400);

    // With three keys, chance would be found out.
    for name in &names {
        let path = format!("/v1beta/{name}");
        assert_eq!(app.get(&path).await.json()["usageMetadata"]["totalTokenCount"], 4_875);
        let reply = app.post(UNARY, ask_with(name)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let longer = app.client().send(Method::PATCH, &format!("{path}?updateMask=ttl"), r#"{"ttl":"600s"}"#).await;
        assert_eq!(longer.json()["expireTime"], "2026-06-15T12:10:00.000000000Z");
    }
    let all_hit = |page: &Value| page["items"].as_array().unwrap().iter().all(|cache| cache["hits"] == 1);
    let seen = once(&app.client(), "/api/v1/caches", all_hit).await["items"].as_array().unwrap().clone();
    assert!(seen.iter().all(|cache| cache["expires_at"] == "2026-06-15T12:10:00Z" && cache["hits"] == 1), "{seen:?}");
    assert!(seen.iter().all(|cache| cache["saved_tokens"] == 4_875), "{seen:?}");

    let other = Client::new(app.address, Some(OTHER_KEY));
    let path = format!("/v1beta/{}", names[0]);
    denied(&other.get(&path).await);
    denied(&other.send(Method::DELETE, &path, "").await);
    denied(&other.send(Method::PATCH, &format!("{path}?updateMask=ttl"), r#"{"ttl":"600s"}"#).await);
    denied(&other.post(UNARY, ask_with(&names[0])).await);
    // However it is written, and wherever in the request it stands.
    denied(&other.post(UNARY, ask_with(&names[0]).replace("cachedContents/", r"cachedContents\/")).await);
    denied(&other.post(UNARY, ask_with(&names[0]).replace("cachedContent\"", r#"cached\u0043ontent""#)).await);
    denied(&other.post(UNARY, format!("{{'cachedContent': '{}',}}", names[0])).await);
    let batch = format!(
        r#"{{"batch": {{"displayName": "b", "inputConfig": {{"requests": {{"requests": [{{"request": {}}}]}}}}}}}}"#,
        ask_with(&names[0])
    );
    denied(&other.post("/v1beta/models/gemini-2.5-flash:batchGenerateContent", batch).await);
    let counted = format!(r#"{{"generateContentRequest": {}}}"#, ask_with(&names[0]));
    denied(&other.post("/v1beta/models/gemini-2.5-flash:countTokens", counted).await);
    assert_eq!(other.get(CACHES).await.json(), json!({}));
    let extra = json!({ "cached_content": names[0] });
    let messages = json!([{ "role": "user", "content": "So?" }]);
    let chat = json!({ "model": "gemini-2.5-flash", "messages": messages, "google": extra }).to_string();
    let reply = other.post("/v1/chat/completions", chat.clone()).await;
    assert_eq!(reply.status, 403, "{}", reply.text());
    let reply = app.post("/v1/chat/completions", chat).await;
    assert_eq!(reply.status, 200, "{}", reply.text());

    assert_eq!(app.client().send(Method::DELETE, &path, "").await.status, 200);
    assert_eq!(listed_names(&app.get(CACHES).await).len(), 3);
    assert_eq!(app.get(&path).await.status, 403, "gone at Google");
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_are_managed_by_the_admin_api() {
    let app = start(&["key-one", "key-two"]).await;
    let (mine, other) = (app.client(), Client::new(app.address, Some(OTHER_KEY)));
    let mine = mine.header("content-type", "application/json");
    let new = json!({
        "model": "gemini-2.5-flash", "ttl_seconds": 600, "display_name": "rules",
        "system_instruction": { "parts": [{ "text": rules() }] },
    });
    let reply = mine.post("/api/v1/caches", new.to_string()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let cache = reply.json();
    assert_eq!(
        (&cache["kind"], &cache["display_name"], &cache["tokens"]),
        (&json!("user"), &json!("rules"), &json!(4_875))
    );
    assert_eq!(cache["expires_at"], "2026-06-15T12:10:00Z");
    assert_eq!(app.post(UNARY, ask_with(cache["name"].as_str().unwrap())).await.status, 200);

    let path = format!("/api/v1/caches/{}", cache["id"].as_str().unwrap());
    for verb in [Method::GET, Method::DELETE] {
        assert_eq!(other.send(verb, &path, "").await.status, 404, "somebody else's");
    }
    let longer = mine.send(Method::PATCH, &path, r#"{"ttl_seconds":1200}"#).await;
    assert_eq!((longer.status.as_u16(), &longer.json()["expires_at"]), (200, &json!("2026-06-15T12:20:00Z")));
    let admin = Client::new(app.address, Some(ADMIN_KEY));
    pass(&app, Duration::from_mins(10));
    let seen = once(&admin, &path, |cache| cache["hits"] == 1).await;
    // A sixth of an hour at a dollar for a million tokens, beside the tokens themselves.
    assert_eq!(seen["spent_nanos"], 4_875 * 300 + 4_875 * 1_000 / 6, "{seen}");
    assert!(seen["project"].is_string() && seen["hits"] == 1);

    for (body, field) in [
        (json!({ "model": "a/b", "system_instruction": {} }), "model"),
        (json!({ "model": "gemini-2.5-flash" }), "contents"),
        (json!({ "model": "gemini-2.5-flash", "contents": [], "ttl_seconds": 0 }), "ttl_seconds"),
        (json!({ "model": "gemini-2.5-flash", "contents": [turn("user", "short")] }), "contents"),
    ] {
        let reply = mine.post("/api/v1/caches", body.to_string()).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["errors"][0]["field"]),
            (422, &json!(field)),
            "{}",
            reply.text()
        );
    }
    assert_eq!(mine.send(Method::PATCH, &path, r#"{"ttl_seconds":0}"#).await.status, 422);
    assert_eq!(admin.get("/api/v1/caches?kind=nonsense").await.status, 422);
    assert_eq!(admin.get("/api/v1/caches/nonsense").await.status, 404);

    assert_eq!(mine.send(Method::DELETE, &path, "").await.status, 204);
    assert_eq!(mine.send(Method::DELETE, &path, "").await.status, 404);
    let deleted = app.sim.requests().iter().any(|one| one.method == "DELETE" && one.path.starts_with("/v1beta/cached"));
    assert!(deleted, "at Google as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_say_what_each_kind_of_cache_did() {
    let app = start(&["key-one"]).await;
    let cache = app.post(CACHES, new_cache(&json!({}))).await.json();
    assert_eq!(app.post(UNARY, ask_with(cache["name"].as_str().unwrap())).await.status, 200);
    warm_up(&app).await;
    assert_eq!(app.post(UNARY, question("And now?")).await.status, 200);
    let stats = once(&app.client(), "/api/v1/stats", |stats| stats["caches"]["automatic"]["hits"] == 1).await;
    let caches = &stats["caches"];
    assert_eq!((&caches["clients"]["hits"], &caches["clients"]["tokens"]), (&json!(1), &json!(4_875)), "{caches}");
    assert_eq!((&caches["automatic"]["hits"], &caches["automatic"]["tokens"]), (&json!(1), &json!(4_875)), "{caches}");
    assert_eq!(caches["affinity"]["tokens"], 0, "this simulator has no implicit cache");
    assert_eq!(stats["totals"]["cached_tokens"], 2 * 4_875);
    let saved = 4_875 * 270;
    assert_eq!(caches["automatic"]["saved_nanos"], saved);
    assert_eq!(caches["automatic"]["spent_nanos"], 4_875 * 300);
    assert_eq!(caches["net_nanos"], 2 * saved - 2 * 4_875 * 300);
    let of_model = app.get("/api/v1/stats?model=gemini-2.5-flash").await.json();
    assert!(of_model.get("caches").is_none(), "that is not counted");
    let report = app.get("/api/v1/report").await.json();
    assert_eq!(report["cache"]["sources"]["clients"]["tokens"], 4_875, "{}", report["cache"]);
}

// === After a crash ===

#[tokio::test(flavor = "multi_thread")]
async fn caches_outlive_a_restart_and_what_was_lost_in_a_crash_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/gap.db", folder.path().display());
    let start = async || {
        let secret = ("auth.secret_key", "a-secret-key-of-thirty-two-bytes-or-more");
        let app = TestApp::with().options(options(&["key-one"])).set("cache.native", "true");
        app.set("store.database_url", &url).set(secret.0, secret.1).start().await
    };
    let app = start().await;
    warm_up(&app).await;
    // A crash in the middle of making one: Google has it, and nobody here has heard of it.
    let row = app.app.store.caches().page(None, 10).await.unwrap().remove(0);
    let id = uuid::Uuid::now_v7();
    let display_name = format!("gap-{id}");
    let lost = new_cache(&json!({ "displayName": display_name }));
    let direct = Client::new(app.upstream, Some("key-one"));
    assert_eq!(direct.post(CACHES, lost).await.status, 200);
    let coming = gap_store::caches::Cache {
        id,
        name: gap_store::caches::Cache::coming(id),
        display_name,
        tokens: 0,
        expires_at: row.expires_at,
        ..row.clone()
    };
    app.app.store.caches().insert(&coming).await.unwrap();
    let theirs = async || direct.get(CACHES).await.json()["cachedContents"].as_array().map_or(0, Vec::len);
    app.app.caches.tend(&app.app).await;
    assert_eq!(theirs().await, 2, "it may still be coming");
    pass(&app, Duration::from_secs(130));
    app.app.caches.tend(&app.app).await;
    eventually("orders are done", || app.app.caches.open_orders() == 0).await;
    let left = app.app.store.caches().page(None, 10).await.unwrap();
    assert!(left.iter().all(|cache| !cache.is_coming()), "{left:?}");
    assert_eq!(theirs().await, 0, "what was lost is deleted, and the other is over");
    warm_up(&app).await;
    drop(app);

    let app = start().await;
    assert_eq!(app.app.caches.held(), 1, "what was held before is held again");
}
