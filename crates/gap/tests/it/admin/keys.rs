//! Upstream keys, projects and limits through the admin API.

mod terms;

use std::time::Duration;

use http::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::app::{ACCESS_KEY, KEYS, Setup};
use crate::support::client::Client;
use crate::support::{Reply, TestApp};

const CHAT: &str = r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}"#;
const GENERATE: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
/// A key that the simulator knows, too.
const SECRET: &str = "sim-upstream-key-of-the-admin-api";

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("no JSON: {}", reply.text()))
}

async fn ask(app: &TestApp, verb: Method, path: &str, body: &Value) -> Reply {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    app.client().header("content-type", "application/json").send(verb, path, text).await
}

async fn post(app: &TestApp, path: &str, body: Value) -> Reply {
    ask(app, Method::POST, path, &body).await
}

/// The simulator knows one key more than the gateway.
fn setup() -> Setup {
    let mut options = gap_sim::Options::with_keys(KEYS);
    options.keys.extend(gap_sim::Options::with_keys([SECRET]).keys);
    TestApp::with().options(options).set("pool.keys", &KEYS.join(","))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_entered_used_changed_and_removed() {
    let app = setup().start().await;
    let reply = post(&app, "/api/v1/keys", json!({"key": SECRET, "label": "ours", "weight": 200})).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.header("x-gap-kept"), Some("memory"));
    let key = body(&reply);
    assert_eq!((&key["label"], &key["state"], &key["kept"]), (&json!("ours"), &json!("ready"), &json!("memory")));
    let path = format!("/api/v1/keys/{}", key["id"].as_str().unwrap());

    let again = post(&app, "/api/v1/keys", json!({"key": SECRET})).await;
    assert_eq!(again.status, 409, "{}", again.text());

    for other in body(&app.get("/api/v1/keys").await)["items"].as_array().unwrap() {
        if other["id"] != key["id"] {
            let path = format!("/api/v1/keys/{}/disable", other["id"].as_str().unwrap());
            assert_eq!(post(&app, &path, json!({"reason": "only the new one"})).await.status, 200);
        }
    }
    assert_eq!(app.post(GENERATE, CHAT).await.status, 200);
    assert_eq!(app.keys_used(), [SECRET], "the new key is used at once, those switched off are not");
    let shown = body(&app.get(&path).await);
    assert_eq!((&shown["counters"]["requests"], &shown["counters"]["successes"]), (&json!(1), &json!(1)));
    assert_eq!(shown["buckets"][0]["model"], "gemini-2.5-flash");
    assert_eq!(shown["buckets"][0]["quotas"][0]["used"], 1);

    let change = json!({"label": "theirs", "models": ["gemini-2.5-pro*"], "expires_at": "2027-01-01T00:00:00Z"});
    let changed = ask(&app, Method::PATCH, &path, &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(body(&changed)["label"], "theirs");
    assert_ne!(app.post(GENERATE, CHAT).await.status, 200, "the only key serves another model");
    assert_eq!(ask(&app, Method::PATCH, &path, &json!({"models": null})).await.status, 200);
    assert_eq!(app.post(GENERATE, CHAT).await.status, 200);

    let gone = ask(&app, Method::DELETE, &path, &Value::Null).await;
    assert_eq!((gone.status.as_u16(), gone.header("x-gap-kept")), (204, Some("memory")));
    assert_eq!(app.get(&path).await.status, 404);
    assert_ne!(app.post(GENERATE, CHAT).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_named() {
    let app = TestApp::start().await;
    for (change, field) in [
        (json!({"key": "with blank"}), "key"),
        (json!({"key": ""}), "key"),
        (json!({"key": "AIzaX", "weight": 0}), "weight"),
        (json!({"key": "AIzaX", "weight": 1_000_000}), "weight"),
        (json!({"key": "AIzaX", "models": []}), "models"),
        (json!({"key": "AIzaX", "models": ["a", "b*c"]}), "models[1]"),
        (json!({"key": "AIzaX", "expires_at": "9999-12-30T00:00:00Z"}), "expires_at"),
        (json!({"key": "AIzaX", "label": "two\nlines"}), "label"),
        (json!({"key": "AIzaX", "project": "0190b6e0-0000-7000-8000-000000000000"}), "project"),
    ] {
        let reply = post(&app, "/api/v1/keys", change.clone()).await;
        assert_eq!(reply.status, 422, "{change}: {}", reply.text());
        assert_eq!(body(&reply)["errors"][0]["field"], field, "{change}");
    }
    for (change, word) in [(json!({"key": "AIzaX", "lable": "x"}), "lable"), (json!({"label": "x"}), "key")] {
        let reply = post(&app, "/api/v1/keys", change).await;
        assert!(reply.status == 422 && reply.text().contains(word), "{}", reply.text());
    }
    for path in [
        "/api/v1/keys?state=odd",
        "/api/v1/keys?project=odd",
        "/api/v1/keys?tier=odd",
        "/api/v1/keys?page=0",
        "/api/v1/keys?sort=odd",
    ] {
        assert_eq!(app.get(path).await.status, 422, "{path}");
    }
    assert_eq!(app.get("/api/v1/keys/odd").await.status, 404);
    assert_eq!(post(&app, "/api/v1/keys/bulk", json!({"action": "enable"})).await.status, 422);
    let nobody = "/api/v1/keys/0190b6e0-0000-7000-8000-000000000000";
    for (verb, path) in [(Method::PATCH, ""), (Method::DELETE, ""), (Method::POST, "/enable"), (Method::POST, "/reset")]
    {
        assert_eq!(ask(&app, verb, &format!("{nobody}{path}"), &json!({})).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_sees_none_of_it() {
    let app = TestApp::with().set("auth.admin_api_keys", "the-administrator").start().await;
    let user = Client::new(app.address, Some(ACCESS_KEY)).header("content-type", "application/json");
    let id = "0190b6e0-0000-7000-8000-000000000000";
    for (verb, path) in [
        (Method::GET, "/api/v1/keys".to_owned()),
        (Method::POST, "/api/v1/keys".to_owned()),
        (Method::POST, "/api/v1/keys/import".to_owned()),
        (Method::POST, "/api/v1/keys/bulk".to_owned()),
        (Method::POST, "/api/v1/keys/check".to_owned()),
        (Method::GET, format!("/api/v1/keys/{id}")),
        (Method::PATCH, format!("/api/v1/keys/{id}")),
        (Method::DELETE, format!("/api/v1/keys/{id}")),
        (Method::GET, "/api/v1/projects".to_owned()),
        (Method::POST, "/api/v1/projects".to_owned()),
        (Method::GET, "/api/v1/limits".to_owned()),
        (Method::PUT, "/api/v1/limits".to_owned()),
        (Method::GET, "/api/v1/models".to_owned()),
    ] {
        let reply = user.send(verb.clone(), &path, "{}").await;
        assert_eq!(reply.status, 403, "{verb} {path}: {}", reply.text());
    }
    let administrator = Client::new(app.address, Some("the-administrator"));
    assert_eq!(administrator.get("/api/v1/keys").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_sorted_and_cut() {
    let app = TestApp::start().await;
    let lines = "zeta:AIzaSyNumberOne0000\nalpha:AIzaSyNumberTwo0000\nAIzaSyNumberThree00";
    let report = body(&app.post("/api/v1/keys/import", lines).await);
    assert_eq!((&report["added"], &report["new_projects"]), (&json!(3), &json!(["alpha", "zeta"])));
    let total = async |query: &str| body(&app.get(&format!("/api/v1/keys?{query}")).await)["total"].clone();
    assert_eq!(total("").await, 6);
    assert_eq!(total("q=ALPHA").await, 1);
    assert_eq!(total("q=AIza").await, 3);
    assert_eq!(total("project=none").await, 4);
    assert_eq!(total("state=ready").await, 6);
    assert_eq!(total("state=disabled").await, 0);
    assert_eq!(total("tier=unknown").await, 6);
    let projects = body(&app.get("/api/v1/projects").await);
    let alpha = projects["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&projects["items"][0]["label"], &projects["items"][0]["keys"]), (&json!("alpha"), &json!(1)));
    assert_eq!(total(&format!("project={alpha}")).await, 1);
    let page = body(&app.get("/api/v1/keys?sort=project&page_size=2&page=1").await);
    let labels: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|key| &key["project"]["label"]).collect();
    assert_eq!(labels, ["alpha", "zeta"]);
    let last = body(&app.get("/api/v1/keys?page_size=4&page=2").await);
    assert_eq!(last["items"].as_array().unwrap().len(), 2);
    for sort in ["created", "label", "project", "state", "last_used", "requests"] {
        let page = body(&app.get(&format!("/api/v1/keys?sort={sort}&order=desc")).await);
        assert_eq!(page["items"].as_array().unwrap().len(), 6, "{sort}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_are_changed_at_once() {
    let app = TestApp::start().await;
    let done = post(&app, "/api/v1/keys/bulk", json!({"action": "disable", "filter": {}, "reason": "night"})).await;
    assert_eq!(body(&done), json!({"changed": 3, "kept": "memory"}));
    let keys = body(&app.get("/api/v1/keys?state=disabled").await);
    assert_eq!((&keys["total"], &keys["items"][0]["why"]), (&json!(3), &json!("night")));
    // Who is switched off stays off when somebody forgives.
    post(&app, "/api/v1/keys/bulk", json!({"action": "reset", "filter": {}})).await;
    assert_eq!(body(&app.get("/api/v1/keys?state=disabled").await)["total"], 3);
    let one = keys["items"][0]["id"].clone();
    let two = json!({"action": "enable", "ids": [one, one, "0190b6e0-0000-7000-8000-000000000000"]});
    assert_eq!(body(&post(&app, "/api/v1/keys/bulk", two).await)["changed"], 1);
    assert_eq!(body(&app.get("/api/v1/keys?state=ready").await)["total"], 1);
    let project = body(&post(&app, "/api/v1/projects", json!({"label": "shop"})).await)["id"].clone();
    post(&app, "/api/v1/keys/bulk", json!({"action": "file", "filter": {}, "project": project})).await;
    assert_eq!(body(&app.get("/api/v1/projects").await)["items"][0]["keys"], 3);
    let done = post(&app, "/api/v1/keys/bulk", json!({"action": "delete", "filter": {"state": "disabled"}})).await;
    assert_eq!(body(&done)["changed"], 2);
    assert_eq!(body(&app.get("/api/v1/keys").await)["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_reports_every_line_and_a_dry_run_changes_nothing() {
    let app = TestApp::start().await;
    let text = format!("# ours\nshop:AIzaSyNumberOne0000\nAIzaSyNumberOne0000;bad:\n{}\nк\n", KEYS[0]);
    for dry_run in [true, false, false] {
        let reply = app.post(&format!("/api/v1/keys/import?dry_run={dry_run}"), text.as_str()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let report = body(&reply);
        let lines: Vec<(u64, &str)> = report["notes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| (note["line"].as_u64().unwrap(), note["kind"].as_str().unwrap()))
            .collect();
        let first = body(&app.get("/api/v1/keys").await)["total"] == 3 || !dry_run && report["added"] == 1;
        if first {
            assert_eq!(lines, [(3, "bad"), (3, "repeated"), (4, "known"), (5, "bad")]);
            assert_eq!((&report["added"], &report["known"], &report["bad"]), (&json!(1), &json!(1), &json!(2)));
        } else {
            assert_eq!((&report["added"], &report["known"]), (&json!(0), &json!(2)));
        }
        assert!(!reply.text().contains("AIzaSyNumberOne0000") && !reply.text().contains(KEYS[0]), "{}", reply.text());
    }
    assert_eq!(body(&app.get("/api/v1/keys").await)["total"], 4);
    assert_eq!(app.post("/api/v1/keys/import", r#"{"no": "list"}"#).await.status, 422);
    // What a database does not take is refused line by line.
    let odd = json!([{"key": "AIzaX", "label": "a\u{0}b"}, {"key": "AIzaY", "project": "p".repeat(101)},
        {"key": "AIzaZ", "models": ["a b"]}, {"key": "AIzaZ", "expires_at": "9999-12-30T00:00:00Z"}, "p\u{0}:AIzaZ"]);
    let report = body(&app.post("/api/v1/keys/import", odd.to_string()).await);
    assert_eq!((&report["bad"], &report["added"]), (&json!(5), &json!(0)), "{report}");
    let small = TestApp::with().set("server.admin_body_limit", "1KiB").start().await;
    assert_eq!(small.post("/api/v1/keys/import", "x\n".repeat(1_000)).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_looked_at_in_the_background() {
    let app = TestApp::start().await;
    app.post("/api/v1/keys/import", "nobody-knows-this-key-at-google").await;
    let begun = post(&app, "/api/v1/keys/check", json!({"filter": {}})).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let path = format!("/api/v1/keys/check/{}", body(&begun)["id"].as_str().unwrap());
    let deadline = Instant::now() + Duration::from_secs(10);
    let job = loop {
        let job = body(&app.get(&path).await);
        if job["state"] == "done" || Instant::now() > deadline {
            break job;
        }
        tokio::task::yield_now().await;
    };
    let count = |name: &str| job[name].as_u64().unwrap();
    assert_eq!((count("total"), count("done"), count("good"), count("invalid")), (4, 4, 3, 1), "{job}");
    assert_eq!(job["findings"][0]["cause"], "key_invalid");
    let off = body(&app.get("/api/v1/keys?state=disabled").await);
    assert_eq!((&off["total"], &off["items"][0]["cause"]), (&json!(1), &json!("key_invalid")));
    assert_eq!(body(&app.get("/api/v1/keys/check").await)["items"].as_array().unwrap().len(), 1);
    assert_eq!(ask(&app, Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(app.get("/api/v1/keys/check/0190b6e0-0000-7000-8000-000000000000").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_by_hand_count_at_once() {
    let app = TestApp::with().keys(["sim-upstream-key-one"]).start().await;
    let project = body(&post(&app, "/api/v1/projects", json!({"label": "shop", "tier": "free"})).await)["id"].clone();
    post(&app, "/api/v1/keys/bulk", json!({"action": "file", "filter": {}, "project": project})).await;
    let limits = json!({"project": project, "model": "gemini-2.5-flash", "requests_per_day": 1});
    let set = ask(&app, Method::PUT, "/api/v1/limits", &limits).await;
    assert_eq!((set.status.as_u16(), set.header("x-gap-kept")), (200, Some("memory")), "{}", set.text());
    assert_eq!(app.post(GENERATE, CHAT).await.status, 200);
    assert_eq!(app.post(GENERATE, CHAT).await.status, 429);
    let shown = body(&app.get("/api/v1/limits").await);
    let day = &shown["items"][0]["models"][0]["quotas"][2];
    assert_eq!(*day, json!({"quota": "requests_per_day", "used": 1, "limit": 1, "source": "by_hand"}));
    let models = body(&app.get("/api/v1/models?page_size=1000").await);
    let flash = models["items"].as_array().unwrap().iter().find(|model| model["model"] == "gemini-2.5-flash").unwrap();
    assert_eq!((&flash["used"], &flash["capacity"], &flash["left"]), (&json!(1), &json!(1), &json!(0)));
    let path = format!("/api/v1/limits?project={}&model=gemini-2.5-flash", project.as_str().unwrap());
    assert_eq!(ask(&app, Method::DELETE, &path, &Value::Null).await.status, 200);
    assert_eq!(app.post(GENERATE, CHAT).await.status, 200);
    for wrong in [
        json!({"project": project}),
        json!({"project": project, "requests_per_day": 0}),
        json!({"project": project, "model": "a*b", "requests_per_day": 1}),
        json!({"project": "0190b6e0-0000-7000-8000-000000000000", "requests_per_day": 1}),
    ] {
        assert_eq!(ask(&app, Method::PUT, "/api/v1/limits", &wrong).await.status, 422, "{wrong}");
    }
}

/// Where a story of the database is told.
#[derive(Clone, Copy, Debug)]
enum On {
    Sqlite,
    Postgres,
}

/// A database of its own in `folder` or on the server of the tests; none, saying so, where there is no server.
fn address(on: On, folder: &std::path::Path) -> Option<String> {
    match on {
        On::Sqlite => Some(format!("sqlite://{}/gap.db", folder.display())),
        On::Postgres => {
            let Some(server) = std::env::var_os("GAP_TEST_POSTGRES") else {
                println!("skipped: GAP_TEST_POSTGRES names no PostgreSQL server");
                return None;
            };
            let (server, name) = (server.into_string().unwrap(), format!("test_{}", uuid::Uuid::now_v7().simple()));
            // By the client that comes with the server: the gateway has no SQL of its own.
            let create = format!("CREATE SCHEMA {name}");
            let created = std::process::Command::new("psql").args(["-q", "-d", &server, "-c", &create]).status();
            assert!(created.unwrap().success());
            let separator = if server.contains('?') { '&' } else { '?' };
            Some(format!("{server}{separator}options[search_path]={name}"))
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn keys_and_projects_in_a_database_survive_a_restart(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = address(on, folder.path()) else { return };
    let database = || {
        setup()
            .set("store.key_storage_mode", "database")
            .set("store.database_url", &server)
            .set("store.data_dir", folder.path().to_str().unwrap())
            .set("auth.secret_key", "0123456789abcdef0123456789abcdef")
    };
    let app = database().start().await;
    assert_eq!(body(&app.get("/api/v1/keys").await)["total"], 3, "keys of the settings are imported");
    let project = body(&post(&app, "/api/v1/projects", json!({"label": "shop"})).await)["id"].clone();
    let created = post(&app, "/api/v1/keys", json!({"key": SECRET, "label": "ours", "project": project})).await;
    assert_eq!((created.status.as_u16(), created.header("x-gap-kept")), (201, Some("database")), "{}", created.text());
    let id = body(&created)["id"].clone();
    let all = body(&app.get("/api/v1/keys").await);
    let gone = all["items"].as_array().unwrap().iter().find(|key| key["id"] != id).unwrap()["id"].clone();
    assert_eq!(
        ask(&app, Method::DELETE, &format!("/api/v1/keys/{}", gone.as_str().unwrap()), &Value::Null).await.status,
        204
    );
    drop(app);

    let app = database().start().await;
    let keys = body(&app.get("/api/v1/keys").await);
    assert_eq!(keys["total"], 3, "what was deleted does not come back: {keys}");
    let ours = keys["items"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
    assert_eq!((&ours["label"], &ours["project"]["label"]), (&json!("ours"), &json!("shop")));
    assert_eq!(app.post(GENERATE, CHAT).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_and_no_audit_entry_holds_a_key() {
    let app = setup().start().await;
    let mut answers = Vec::new();
    let created = post(&app, "/api/v1/keys", json!({"key": SECRET})).await;
    let id = body(&created)["id"].as_str().unwrap().to_owned();
    answers.push(created.text().to_owned());
    answers.push(post(&app, "/api/v1/keys", json!({"key": SECRET})).await.text().to_owned());
    answers
        .push(post(&app, "/api/v1/keys", json!({"key": format!("{SECRET} "), "weight": "x"})).await.text().to_owned());
    answers.push(app.post("/api/v1/keys/import", format!("[\"{SECRET}\",")).await.text().to_owned());
    answers.push(app.post("/api/v1/keys/import", format!("{SECRET}\n{SECRET}\np:{SECRET} x")).await.text().to_owned());
    for path in ["", "/enable", "/disable", "/reset"] {
        let verb = if path.is_empty() { Method::GET } else { Method::POST };
        answers.push(ask(&app, verb, &format!("/api/v1/keys/{id}{path}"), &Value::Null).await.text().to_owned());
    }
    answers.push(app.get("/api/v1/keys").await.text().to_owned());
    answers.push(app.get("/api/v1/limits").await.text().to_owned());
    let audit = app.app.store.audit().list(&gap_store::audit::AuditFilter::default(), 100).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "key.created"));
    answers.push(format!("{audit:?}"));
    for secret in KEYS.iter().chain(&[SECRET]) {
        for answer in &answers {
            assert!(!answer.contains(secret), "{answer}");
        }
    }
}
