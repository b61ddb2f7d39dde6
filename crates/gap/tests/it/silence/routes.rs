//! A full run of the gateway and its admin API with secrets that are known, searched in everything that it says.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gap_sim::{Fault, Options, Preset, SimKey};
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::{EVENTS, TestApp, UNARY, log, prompt};

const PASSWORD: &str = "canary-password-4c1d";
const ADMIN: &str = "canary-administrator-91ab";
const USER: &str = "canary-user-77e2";
const SECRET_KEY: &str = "canary-secret-key-0123456789abcdef";
const HOOK: &str = "canary-hook-token-3f3f";
const HOOK_SECRET: &str = "canary-hook-secret-8d8d";
/// Of the settings, entered by hand, and imported.
const UPSTREAM: [&str; 3] =
    ["AIzaSy-canary-settings-1a1a", "AIzaSy-canary-entered-2b2b", "AIzaSy-canary-imported-3c3c"];

/// Everything that was said: headers and bodies.
#[derive(Default)]
struct Said(String);

impl Said {
    fn hear(&mut self, what: &str, headers: &HeaderMap, body: &[u8]) {
        writeln!(self.0, "{what}: {headers:?}\n{}", String::from_utf8_lossy(body)).unwrap();
    }

    async fn send(&mut self, client: &Client, verb: Method, path: &str, body: &str) -> Value {
        let reply = client.send(verb.clone(), path, body.to_owned()).await;
        // What was asked is the client's own words, and may hold its key.
        let asked = path.split('?').next().unwrap();
        self.hear(&format!("{verb} {asked}"), &reply.headers, &reply.body);
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    /// Reads what a stream of events says at its beginning.
    async fn listen(&mut self, client: &Client, path: &str) {
        let response = client.begin(Method::GET, path, "").await;
        let (parts, mut body) = response.into_parts();
        let mut heard = Vec::new();
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(Duration::from_millis(200), body.frame()).await {
            heard.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        }
        self.hear(path, &parts.headers, &heard);
    }
}

async fn start(folder: Option<&Path>) -> TestApp {
    let keys = UPSTREAM.into_iter().zip(1..).map(|(key, project)| SimKey::good(key, project));
    let mut setup = TestApp::with()
        .options(Options { keys: keys.collect(), ..Options::default() })
        .set("pool.keys", UPSTREAM[0])
        .set("auth.passwords", PASSWORD)
        .set("auth.admin_api_keys", ADMIN)
        .set("auth.users_api_keys", USER)
        .set("auth.secret_key", SECRET_KEY)
        // Nobody listens there: what is said of the failure must not name it.
        .set("alerts.url", &format!("http://127.0.0.1:9/{HOOK}"))
        .set("alerts.secret", HOOK_SECRET);
    if let Some(folder) = folder {
        setup = setup
            .set("store.database_url", &format!("sqlite://{}", folder.join("gap.db").display()))
            .set("store.key_storage_mode", "database");
    }
    setup.start().await
}

#[rstest]
#[case::memory(false)]
#[case::database(true)]
#[tokio::test(flavor = "multi_thread")]
async fn no_route_no_line_and_no_export_holds_a_secret(#[case] kept: bool) {
    let log = log::collect();
    let folder = tempfile::tempdir().unwrap();
    let app = start(kept.then(|| folder.path())).await;
    let admin = Client::new(app.address, Some(ADMIN)).header("content-type", "application/json");
    let mut said = Said::default();
    let mut secrets: Vec<String> = [PASSWORD, ADMIN, USER, SECRET_KEY, HOOK, HOOK_SECRET].map(str::to_owned).to_vec();
    secrets.extend(UPSTREAM.map(str::to_owned));

    // What is shown once, to whom it belongs, is a secret from then on.
    let login = admin.post("/api/v1/auth/login", json!({ "password": PASSWORD }).to_string()).await.json();
    let token = login["access_token"].as_str().unwrap().to_owned();
    let made = admin.post("/api/v1/access-keys", json!({ "name": "canary" }).to_string()).await.json();
    let made_key = made["key"].as_str().unwrap().to_owned();
    let access_id = made["access_key"]["id"].as_str().unwrap().to_owned();
    let rotated = admin.post(&format!("/api/v1/access-keys/{access_id}/rotate"), "{}").await.json();
    secrets.extend([token.clone(), made_key.clone(), rotated["key"].as_str().unwrap().to_owned()]);

    let entered = json!({ "key": UPSTREAM[1], "label": "by hand", "tags": ["x"] }).to_string();
    let key = said.send(&admin, Method::POST, "/api/v1/keys", &entered).await;
    let key_id = key["id"].as_str().unwrap().to_owned();
    said.send(&admin, Method::POST, "/api/v1/keys", &entered).await;
    let import = format!("team:{}\nteam:{}\nnot a key {}", UPSTREAM[2], UPSTREAM[2], UPSTREAM[1]);
    said.send(&admin, Method::POST, "/api/v1/keys/import", &import).await;
    said.send(&admin, Method::PUT, "/api/v1/config", &json!({ "max_requests_per_minute": PASSWORD }).to_string()).await;

    // Calls that go well, and calls that end with Google's words about the key.
    for credential in [USER, &made_key, &token, "canary-wrong-key"] {
        let client = Client::new(app.address, Some(credential));
        said.send(&client, Method::POST, UNARY, &prompt("hi")).await;
        said.send(&client, Method::POST, EVENTS, &prompt("[[sim: chunks=2]] hi")).await;
        said.send(&client, Method::GET, &format!("/v1beta/models?key={credential}"), "").await;
    }
    for preset in [Preset::KeyInvalid, Preset::KeyLeaked, Preset::QuotaPerDay, Preset::Internal] {
        app.sim.clear_faults();
        app.sim.add_fault(Fault::new(preset)).unwrap();
        let user = Client::new(app.address, Some(USER));
        let chat =
            json!({ "model": "gemini-2.5-flash", "messages": [{ "role": "user", "content": "hi" }] }).to_string();
        for path in ["/v1/chat/completions", "/v1/responses", "/v1/messages", UNARY] {
            said.send(&user, Method::POST, path, &chat).await;
        }
        said.send(&admin, Method::POST, "/api/v1/keys/bulk", &json!({ "action": "enable", "filter": {} }).to_string())
            .await;
    }

    // Every route of the admin API: read, and written with what it cannot take.
    let first_id = async |path: &str| admin.get(path).await.json()["items"][0]["id"].as_str().map(str::to_owned);
    let request_id = first_id("/api/v1/requests").await.unwrap();
    let project_id = first_id("/api/v1/projects").await.unwrap();
    let nonsense = json!({ "key": 5, "password": ADMIN, "secret": SECRET_KEY, "name": UPSTREAM[0] }).to_string();
    let mut routes = 0;
    for (path, item) in gap::api::admin::routes().1.paths.paths {
        let id = match path.as_str() {
            path if path.starts_with("/api/v1/access-keys/") => &access_id,
            path if path.starts_with("/api/v1/requests/") => &request_id,
            path if path.starts_with("/api/v1/projects/") => &project_id,
            _ => &key_id,
        };
        let path = path.replace("{id}", id);
        if item.get.is_some() {
            routes += 1;
            if matches!(path.as_str(), "/api/v1/events" | "/api/v1/logs") {
                said.listen(&admin, &path).await;
            } else {
                said.send(&admin, Method::GET, &path, "").await;
                said.send(&Client::new(app.address, Some(USER)), Method::GET, &path, "").await;
            }
        }
        for (verb, there) in [
            (Method::POST, item.post.is_some()),
            (Method::PUT, item.put.is_some()),
            (Method::PATCH, item.patch.is_some()),
        ] {
            // The last would end the session, and rotating shows a key once.
            if there && !path.ends_with("/logout") && !path.ends_with("/rotate") && !path.ends_with("/refresh") {
                said.send(&admin, verb.clone(), &path, &nonsense).await;
                said.send(&admin, verb, &path, &format!("{{\"{}\":", UPSTREAM[0])).await;
            }
        }
    }
    assert!(routes > 15, "{routes}");
    for path in ["/metrics", "/openapi.json", "/readyz", "/healthz", "/nonsense", "/api/v1/requests/export?format=json"]
    {
        said.send(&admin, Method::GET, path, "").await;
    }
    drop(app);

    let lines = log.text();
    // The simulator and the HTTP library speak at the lowest levels, of what they are told; they are not ours.
    let own: Vec<&str> =
        lines.lines().filter(|line| line.contains(" gap::") || line.contains(" gap_store::")).collect();
    assert!(own.len() > 20, "the log was collected");
    let all = format!("{}\n{}", said.0, own.join("\n"));
    for secret in &secrets {
        for form in [secret.clone(), STANDARD.encode(secret), format!("{:?}", secret.as_bytes())] {
            let line = all.lines().find(|line| line.contains(&form));
            assert_eq!(line, None, "{secret}");
        }
    }
    // In the database's file they are sealed.
    if kept {
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            for secret in &secrets {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} is in a file");
            }
        }
    }
}
