//! The usage ledger: what clients did, upstream counted, and the reports say, are one and the same.

mod script;

use std::path::Path;

use gap_sim::Options;
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::script::{KINDS, Truth, script};
use crate::support::client::Client;
use crate::support::{EVENTS, TestApp, UNARY, prompt};

const ADMIN: &str = "the-administrators-key";
const ALICE: &str = "alice-has-this-access-key";
const BOB: &str = "bob-has-this-access-key";
/// Calls of the first of two users; the other makes half as many.
const ROUNDS: usize = 27 * KINDS;

/// A gateway with an administrator and two users; on a file if there is one.
async fn start(folder: Option<&Path>) -> TestApp {
    start_with(folder.map(|folder| format!("sqlite://{}", folder.join("gap.db").display()))).await
}

async fn start_with(database: Option<String>) -> TestApp {
    let mut setup = TestApp::with()
        .options(Options::with_keys(["sim-one", "sim-two", "sim-three"]))
        .set("auth.admin_api_keys", ADMIN)
        .set("auth.users_api_keys", &format!("{ALICE},{BOB}"))
        .set("auth.secret_key", "0123456789abcdef0123456789abcdef")
        .set("limits.requests_per_minute", "0")
        .set("limits.requests_per_day_per_ip", "0")
        .set("pool.back_off_min", "0s")
        .set("pool.back_off_max", "0s");
    if let Some(database) = database {
        setup = setup.set("store.database_url", &database);
    }
    setup.start().await
}

fn client(app: &TestApp, key: &str) -> Client {
    Client::new(app.address, Some(key))
}

/// Waits until so many records are written: the last of them hang on connections that have just been dropped.
async fn recorded(app: &TestApp, who: &str, requests: i64) -> Value {
    let client = client(app, who);
    for _ in 0..400 {
        let report = client.get("/api/v1/report").await.json();
        if report["day"]["used"]["requests"].as_i64() >= Some(requests) {
            return report;
        }
        tokio::task::yield_now().await;
    }
    panic!("{requests} requests are not recorded: {}", client.get("/api/v1/report").await.text())
}

fn name_of(app: &TestApp, key: &str) -> String {
    let headers = http::HeaderMap::from_iter([("x-goog-api-key".parse().unwrap(), key.parse().unwrap())]);
    app.app.access.recognise(&headers, None, [127, 0, 0, 1].into()).unwrap().id.to_string()
}

async fn the_report_is_the_truth(app: TestApp, again: impl AsyncFnOnce() -> Option<TestApp>, rounds: usize) {
    let (alice, bob) = (script(&app, ALICE, rounds).await, script(&app, BOB, rounds / 2).await);
    let mut all = alice;
    all.add(bob);
    let report = recorded(&app, ADMIN, all.requests).await;
    assert_eq!(Truth::of(&report["day"]["used"]), all);
    assert_eq!(Truth::of(&report["week"]["used"]), all);

    // Each user's part is theirs, and nobody else's is shown to them.
    let own = recorded(&app, BOB, bob.requests).await;
    assert_eq!(Truth::of(&own["day"]["used"]), bob);
    for hidden in ["upstream_keys", "access_keys", "addresses", "capacity", "projects", "selection"] {
        assert!(own.get(hidden).is_none(), "{hidden}");
    }
    let names = [name_of(&app, ALICE), name_of(&app, BOB)];
    let rows = report["access_keys"].as_array().unwrap();
    for (name, truth) in names.iter().zip([alice, bob]) {
        let row = rows.iter().find(|row| row["name"] == json!(name)).unwrap();
        assert_eq!(Truth::of(row), truth);
    }

    // The same by hours, by groups, and by the log itself.
    let admin = client(&app, ADMIN);
    for group in ["model", "upstream_key", "project", "access_key", "address"] {
        let stats = admin.get(&format!("/api/v1/stats?group={group}")).await.json();
        let mut sum = Truth::default();
        for row in stats["groups"].as_array().unwrap() {
            sum.add(Truth::of(row));
        }
        assert_eq!((sum, Truth::of(&stats["totals"])), (all, all), "{group}");
    }
    assert_eq!(logged(&app).await, all);
    assert_eq!(exported(&app).await, all);

    // A restart forgets nothing and counts nothing twice.
    drop(app);
    let Some(app) = again().await else { return };
    assert_eq!(Truth::of(&recorded(&app, ADMIN, all.requests).await["day"]["used"]), all);
    assert_eq!(logged(&app).await, all);
    let more = script(&app, ALICE, KINDS).await;
    all.add(more);
    assert_eq!(Truth::of(&recorded(&app, ADMIN, all.requests).await["day"]["used"]), all);
    assert_eq!(logged(&app).await, all);
}

/// What the request log comes to, record by record.
async fn logged(app: &TestApp) -> Truth {
    let log = client(app, ADMIN).get("/api/v1/requests/export?format=json").await.json();
    let mut sum = Truth::default();
    for record in log.as_array().unwrap() {
        sum.add(Truth::of_record(record));
    }
    sum
}

/// What the same comes to in a spreadsheet.
async fn exported(app: &TestApp) -> Truth {
    let csv = client(app, ADMIN).get("/api/v1/requests/export?format=csv").await;
    let mut lines = csv.text().lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let mut sum = Truth::default();
    for values in lines {
        // A cell that is a number is one, and quotes stand around text alone.
        let cells = names.iter().zip(&values).map(|(name, value)| {
            let value = value.trim_matches('"');
            ((*name).to_owned(), value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number)))
        });
        sum.add(Truth::of_record(&Value::Object(cells.collect())));
    }
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_equals_the_truth_in_memory() {
    the_report_is_the_truth(start(None).await, async || None, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_equals_the_truth_on_sqlite_and_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    the_report_is_the_truth(start(Some(path)).await, async || Some(start(Some(path)).await), ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_equals_the_truth_on_postgresql_and_across_a_restart() {
    let Some(server) = std::env::var_os("GAP_TEST_POSTGRES") else {
        println!("skipped: GAP_TEST_POSTGRES names no PostgreSQL server");
        return;
    };
    let server = server.into_string().unwrap();
    let schema = Schema::create(&server).await;
    let address = schema.address.clone();
    the_report_is_the_truth(
        start_with(Some(address.clone())).await,
        async || Some(start_with(Some(address)).await),
        ROUNDS,
    )
    .await;
    schema.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_what_belongs_to_others() {
    let app = start(None).await;
    let (alice, bob) = (client(&app, ALICE), client(&app, BOB));
    assert_eq!(alice.post(UNARY, prompt("mine")).await.status, 200);
    recorded(&app, ALICE, 1).await;
    let id = alice.get("/api/v1/requests").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bob.get("/api/v1/requests").await.json()["items"], json!([]));
    assert_eq!(bob.get(&format!("/api/v1/requests/{id}")).await.status, 404);
    assert_eq!(bob.get(&format!("/api/v1/requests?id={id}")).await.json()["items"], json!([]));
    let alices = name_of(&app, ALICE);
    for path in [
        format!("/api/v1/requests?access_key={alices}"),
        format!("/api/v1/stats?access_key={alices}"),
        "/api/v1/stats?group=address".to_owned(),
        "/api/v1/stats?group=upstream_key".to_owned(),
        format!("/api/v1/requests/export?access_key={alices}"),
        format!("/api/v1/stats/export?access_key={alices}"),
    ] {
        assert_eq!(bob.get(&path).await.status, 403, "{path}");
    }
    assert_eq!(Truth::of(&bob.get("/api/v1/stats").await.json()["totals"]), Truth::default());

    // What they see of their own says nothing of the pool's decisions; an administrator sees why.
    let own = alice.get(&format!("/api/v1/requests/{id}")).await.json();
    assert!(own.get("explanation").is_none());
    let explained = client(&app, ADMIN).get(&format!("/api/v1/requests/{id}")).await.json();
    assert_eq!(explained["explanation"]["decisions"][0]["outcome"], "answered");
    assert_eq!(explained["explanation"]["ended"], "answered 200");
    assert!(explained["explanation"]["decisions"][0]["after_ms"].is_u64());
    assert_eq!((&explained["method"], &explained["attempts"]), (&json!("generateContent"), &json!(1)));
    assert!(explained["cost_nanos"].as_u64().unwrap() > 0, "list prices are known");
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_told_by_what_people_call_them() {
    let app = TestApp::with().set("auth.admin_api_keys", ADMIN).set("pool.keys", "246810121416:sim-upstream-key-one");
    let app = app.start().await;
    let admin = client(&app, ADMIN);
    let served = async |label: Option<&str>| {
        assert_eq!(app.post(UNARY, prompt("x")).await.status, 200);
        let groups = admin.get("/api/v1/stats?group=project").await.json()["groups"].clone();
        let logged = admin.get("/api/v1/requests").await.json()["items"].clone();
        // Those before stay under the name that they were written down with.
        let of = |row: &Value, name: &str| (row[name] == "246810121416").then(|| row.clone());
        let group = groups.as_array().unwrap().iter().find_map(|row| of(row, "name")).unwrap();
        let record = logged.as_array().unwrap().iter().find_map(|row| of(row, "project")).unwrap();
        assert_eq!((group["label"].as_str(), record["project_label"].as_str()), (label, label));
    };
    served(None).await;
    let project = admin.get("/api/v1/projects").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let writer = client(&app, ADMIN).header("content-type", "application/json");
    let renamed = writer.send(Method::PATCH, &format!("/api/v1/projects/{project}"), r#"{"label":"The shop"}"#).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    served(Some("The shop")).await;

    // A key alone is a project without a name: it is known by the key.
    let gone = admin.send(Method::DELETE, &format!("/api/v1/projects/{project}"), "").await;
    assert_eq!(gone.status, 204);
    assert_eq!(app.post(UNARY, prompt("x")).await.status, 200);
    let record = admin.get("/api/v1/requests?page_size=1").await.json()["items"][0].clone();
    assert_eq!(record["project"], record["upstream_key"]);
    assert_eq!(record["project_label"], record["upstream_key_label"]);
    assert!(record["project_label"].is_string());
    served(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_says_what_could_not_be_done_as_asked() {
    let app = start(None).await;
    let chat = json!({
        "model": "gemini-2.5-flash", "messages": [{ "role": "user", "content": "hi" }], "logit_bias": { "50256": -100 },
    });
    let reply = client(&app, ALICE).post("/v1/chat/completions", chat.to_string()).await;
    let told = reply.header("x-gap-warnings").unwrap().to_owned();
    recorded(&app, ALICE, 1).await;
    let administrator = client(&app, ADMIN);
    let items = administrator.get("/api/v1/requests").await.json()["items"].clone();
    let id = items.as_array().unwrap().iter().find(|item| item["method"] == "chat.completions").unwrap()["id"].clone();
    let found = administrator.get(&format!("/api/v1/requests/{}", id.as_str().unwrap())).await.json();
    assert_eq!(found["explanation"]["warnings"], json!([told]));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_leave_no_record_and_a_client_cannot_hide_behind_a_name() {
    let app = start(None).await;
    assert_eq!(client(&app, "nobody").post(UNARY, prompt("x")).await.status, 401);
    let named = client(&app, ALICE).header("x-request-id", "always-the-same");
    for _ in 0..3 {
        assert_eq!(named.post(UNARY, prompt("x")).await.status, 200);
    }
    let report = recorded(&app, ADMIN, 3).await;
    assert_eq!(report["day"]["used"]["requests"], 3);
    let admin = client(&app, ADMIN);
    let id = admin.get("/api/v1/requests").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let one = admin.get(&format!("/api/v1/requests/{id}")).await.json();
    assert_eq!(one["explanation"]["request_id"], "always-the-same");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_recorded_and_who_leaves_in_the_middle_pays_for_what_they_heard() {
    let setup = TestApp::with().options(Options::with_keys(["sim-one"])).set("auth.admin_api_keys", ADMIN);
    let setup = setup.set("auth.users_api_keys", ALICE).set("limits.requests_per_minute", "2");
    let app = setup.start().await;
    let (alice, admin) = (client(&app, ALICE), client(&app, ADMIN));
    let asked = prompt("long [[sim: chunks=50 chunk_bytes=40 delay_ms=1000]]");
    let answer = alice.begin(Method::POST, EVENTS, asked).await;
    assert_eq!(answer.status(), 200);
    drop(answer);
    assert_eq!(alice.post(UNARY, prompt("x")).await.status, 200);
    assert_eq!(alice.post(UNARY, prompt("x")).await.status, 429);
    recorded(&app, ADMIN, 3).await;
    let page = admin.get("/api/v1/requests").await.json();
    let find =
        |outcome: &str| page["items"].as_array().unwrap().iter().find(|item| item["outcome"] == outcome).unwrap();
    let (left, refused) = (find("cancelled"), find("failed"));
    assert_eq!((&left["status"], &left["streamed"]), (&json!(200), &json!(true)));
    assert!(left["prompt_tokens"].as_u64() > Some(0) && left["upstream_key"] != "", "{left}");
    assert_eq!(
        (&refused["status"], &refused["attempts"], &refused["upstream_key"]),
        (&json!(429), &json!(0), &json!(""))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_page_by_page_and_filtered() {
    let app = start(None).await;
    let (alice, admin) = (client(&app, ALICE), client(&app, ADMIN));
    for _ in 0..5 {
        alice.post(UNARY, prompt("x")).await;
    }
    alice.post(UNARY, r#"{"contents": 5}"#).await;
    recorded(&app, ADMIN, 6).await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/requests?page_size=2".to_owned();
    loop {
        let page = admin.get(&path).await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/requests?page_size=2&before={next}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
    let failed = admin.get("/api/v1/requests?outcome=failed").await.json();
    assert_eq!(failed["items"].as_array().unwrap().len(), 1);
    assert_eq!(failed["items"][0]["error_scope"], "request");
    for wrong in [
        "page_size=0",
        "page_size=1001",
        "before=x",
        "outcome=lost",
        "id=x",
        "from=yesterday",
        "unknown=1",
        "from=2026-06-15T13:00:00Z&to=2026-06-15T12:00:00Z",
    ] {
        assert_eq!(admin.get(&format!("/api/v1/requests?{wrong}")).await.status, 422, "{wrong}");
    }
    for wrong in [
        "group=colour",
        "by=minute",
        "access_key=a&project=b",
        "by=hour&group=address",
        "by=hour&from=2025-01-01T00:00:00Z",
    ] {
        assert_eq!(admin.get(&format!("/api/v1/stats?{wrong}")).await.status, 422, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orderly_end_loses_no_record() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let app = start(Some(folder.path())).await;
    let alice = client(&app, ALICE);
    for _ in 0..40 {
        assert_eq!(alice.post(UNARY, prompt("x")).await.status, 200);
    }
    drop(app);
    let app = start(Some(folder.path())).await;
    let used = client(&app, ADMIN).get("/api/v1/stats").await.json();
    assert_eq!(used["totals"]["requests"], 40);
}

/// A schema of its own on a server.
struct Schema {
    server: String,
    name: String,
    address: String,
}

impl Schema {
    async fn create(server: &str) -> Self {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        Self::execute(server, &format!("CREATE SCHEMA {name}")).await;
        let separator = if server.contains('?') { '&' } else { '?' };
        let address = format!("{server}{separator}options[search_path]={name}");
        Self { server: server.to_owned(), name, address }
    }

    async fn remove(self) {
        Self::execute(&self.server, &format!("DROP SCHEMA {} CASCADE", self.name)).await;
    }

    /// By the client that comes with the server: the gateway has no SQL of its own.
    async fn execute(server: &str, sql: &str) {
        let (server, sql) = (server.to_owned(), sql.to_owned());
        let done = tokio::task::spawn_blocking(move || {
            std::process::Command::new("psql").args(["-q", "-d", &server, "-c", &sql]).status()
        });
        assert!(done.await.unwrap().unwrap().success());
    }
}
