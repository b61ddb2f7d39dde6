//! What one project's key has made is asked of that project.

use gap_sim::{Fault, Preset};
use http::Method;
use serde_json::json;

use crate::support::client::Client;
use crate::support::raw::{RawUpstream, answer, body_of, chunked};
use crate::support::{Reply, TestApp, UNARY};

/// Uploads a file; its name and address.
async fn upload(app: &TestApp) -> (String, String) {
    let client = app.client().header("content-type", "text/plain").header("x-goog-upload-protocol", "raw");
    let file = client.send(Method::POST, "/upload/v1beta/files", "hello world").await.json();
    let text = |name: &str| file["file"][name].as_str().unwrap().to_owned();
    (text("name"), text("uri"))
}

/// The one key that everything was asked with.
fn only_key(app: &TestApp) -> String {
    let keys = app.keys_used();
    assert!(keys.len() > 1 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    keys[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_found_again_by_its_name_and_wherever_it_is_named() {
    let app = TestApp::start().await;
    let (name, uri) = upload(&app).await;
    let parts = json!([{ "fileData": { "fileUri": uri, "mimeType": "text/plain" } }, { "text": "What is this?" }]);
    let native = json!({ "contents": [{ "role": "user", "parts": parts }] }).to_string();
    let content = json!([{ "type": "file", "file": { "file_id": name } }, { "type": "text", "text": "What is this?" }]);
    let chat = json!({ "model": "gemini-2.5-flash", "messages": [{ "role": "user", "content": content }] }).to_string();
    // With three keys, chance would be found out.
    for _ in 0..4 {
        assert_eq!(app.get(&format!("/v1beta/{name}")).await.status, 200);
        let reply = app.post(UNARY, native.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let reply = app.post("/v1/chat/completions", chat.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    only_key(&app);
    assert_eq!(app.client().send(Method::DELETE, &format!("/v1beta/{name}"), "").await.status, 200);
    assert!(app.app.owners.is_empty(), "it is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_project_is_not_asked_for_a_file_that_it_cannot_have() {
    let app = TestApp::start().await;
    let (name, _) = upload(&app).await;
    let owner = app.keys_used()[0].clone();
    app.sim.add_fault(Fault::new(Preset::KeyInvalid).key(owner)).unwrap();
    let reply = app.get(&format!("/v1beta/{name}")).await;
    assert!(reply.status.is_server_error(), "{} {}", reply.status, reply.text());
    only_key(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_does_not_forget_whose_a_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/gap.db", folder.path().display());
    let start = async || {
        let secret = ("auth.secret_key", "a-secret-key-of-thirty-two-bytes-or-more");
        TestApp::with().set("store.database_url", &url).set(secret.0, secret.1).start().await
    };
    let app = start().await;
    let (name, _) = upload(&app).await;
    let owner = app.keys_used()[0].clone();
    drop(app);

    let app = start().await;
    assert_eq!(app.app.owners.len(), 1);
    for _ in 0..6 {
        // This simulator has never seen it. What matters is who is asked.
        app.get(&format!("/v1beta/{name}")).await;
    }
    assert_eq!(only_key(&app), owner);
    // Gone is gone, also at the next start.
    let id = name.strip_prefix("files/").unwrap();
    let reply = app.client().send(Method::DELETE, &format!("/api/v1/files/{id}"), "").await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    drop(app);
    assert!(start().await.app.owners.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_listed_and_deleted_by_those_who_made_them() {
    let app = TestApp::with().set("auth.users_api_keys", "test-access-key,another-access-key");
    let app = app.set("auth.admin_api_keys", "the-administrators-key").start().await;
    let (one, _) = upload(&app).await;
    let (two, _) = upload(&app).await;
    let other = Client::new(app.address, Some("another-access-key"));
    let admin = Client::new(app.address, Some("the-administrators-key"));
    let names = |reply: &Reply| -> Vec<String> {
        let items = reply.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let mut all = vec![one.clone(), two];
    all.sort();
    assert_eq!(names(&app.get("/api/v1/files").await), all);
    assert!(names(&other.get("/api/v1/files").await).is_empty(), "somebody else's");
    let page = admin.get("/api/v1/files?page_size=1").await;
    assert_eq!(names(&page), all[..1]);
    assert!(page.json()["items"][0]["project"].is_string(), "administrators see where it is");
    let next = page.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(names(&admin.get(&format!("/api/v1/files?after={next}")).await), all[1..]);
    assert_eq!(admin.get("/api/v1/files?page_size=0").await.status, 422);

    let path = format!("/api/v1/{one}");
    assert_eq!(other.send(Method::DELETE, &path, "").await.status, 404);
    assert_eq!(app.client().send(Method::DELETE, &path, "").await.status, 204);
    assert_eq!(app.get(&format!("/v1beta/{one}")).await.google_error().0, 403, "it is gone at Google");
    assert_eq!(names(&app.get("/api/v1/files").await).len(), 1);
    assert_eq!(app.client().send(Method::DELETE, &path, "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_knows_go_anywhere() {
    let app = TestApp::start().await;
    upload(&app).await;
    let reply = app.get("/v1beta/files/unheard-of").await;
    assert_eq!(reply.google_error(), (403, "PERMISSION_DENIED".to_owned()));
}

/// A gateway with one project, two users and an administrator; what is the first one's.
async fn shared() -> (TestApp, Client, Client) {
    let app = TestApp::with().keys(["sim-upstream-key-one"]);
    let app = app.set("auth.users_api_keys", "test-access-key,another-access-key");
    let app = app.set("auth.admin_api_keys", "the-administrators-key").start().await;
    let other = Client::new(app.address, Some("another-access-key"));
    let admin = Client::new(app.address, Some("the-administrators-key"));
    (app, other, admin)
}

/// Google's names in a list of Google's.
fn listed(reply: &Reply, field: &str) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let entries = reply.json()[field].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

/// Google knows the project, and both are of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_user_has_made_no_other_sees_or_uses() {
    let (app, other, admin) = shared().await;
    let (name, uri) = upload(&app).await;
    let path = format!("/v1beta/{name}");
    let parts = json!([{ "fileData": { "fileUri": uri, "mimeType": "text/plain" } }, { "text": "What is this?" }]);
    let native = json!({ "contents": [{ "role": "user", "parts": parts }] }).to_string();
    let content = json!([{ "type": "file", "file": { "file_id": name } }, { "type": "text", "text": "What is this?" }]);
    let chat = json!({ "model": "gemini-2.5-flash", "messages": [{ "role": "user", "content": content }] }).to_string();
    let before = app.arrived();
    let refused = [
        other.get(&path).await,
        other.get(&format!("{path}:download?alt=media")).await,
        other.send(Method::DELETE, &path, "").await,
        other.post(UNARY, native.clone()).await,
        // As PHP writes it.
        other.post(UNARY, native.replace('/', r"\/")).await,
    ];
    for reply in refused {
        assert_eq!(reply.google_error(), (403, "PERMISSION_DENIED".to_owned()));
        assert!(reply.text().contains("You do not have permission to access the File"), "{}", reply.text());
    }
    let reply = other.post("/v1/chat/completions", chat.clone()).await;
    assert_eq!(reply.status, 403, "{}", reply.text());
    assert_eq!(app.arrived(), before, "Google was not asked");

    assert_eq!(listed(&app.get("/v1beta/files").await, "files"), std::slice::from_ref(&name));
    assert_eq!(listed(&other.get("/v1beta/files").await, "files"), [""; 0]);
    assert_eq!(listed(&admin.get("/v1beta/files").await, "files"), std::slice::from_ref(&name));
    for (client, status) in [(&app.client(), 200), (&admin, 200)] {
        assert_eq!(client.get(&path).await.status, status);
        assert_eq!(client.post(UNARY, native.clone()).await.status, status);
        assert_eq!(client.post("/v1/chat/completions", chat.clone()).await.status, status);
    }
    // The administrator has seen it, and yet it is not theirs.
    assert_eq!(listed(&app.get("/v1beta/files").await, "files"), [name]);

    let batch = json!({ "batch": { "displayName": "b", "inputConfig": { "requests": { "requests": [
        { "request": { "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] } }
    ] } } } });
    let made = app.post("/v1beta/models/gemini-2.5-flash:batchGenerateContent", batch.to_string()).await;
    let batch = format!("/v1beta/{}", made.json()["name"].as_str().unwrap());
    assert_eq!(other.get(&batch).await.google_error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(other.post(&format!("{batch}:cancel"), "").await.status, 404);
    assert_eq!(app.get(&batch).await.status, 200);
}

/// wire 134
#[tokio::test(flavor = "multi_thread")]
async fn an_interaction_goes_on_where_the_one_before_is_and_with_nobody_else() {
    let whole = br#"{"id": "v1_one", "object": "interaction", "status": "completed", "model": "gemini-2.5-flash"}"#;
    let events = b"data: {\"interaction\":{\"id\":\"v1_one\",\"status\":\"in_progress\"},\"event_type\":\"interaction.created\"}\n\n";
    let forms = [
        answer(200, &[("content-type", "application/json")], whole),
        chunked(&[("content-type", "text/event-stream")], events, 4096),
    ];
    for form in forms {
        let upstream = RawUpstream::start(vec![form]).await;
        let app = TestApp::with().upstream(upstream.address);
        let app = app.set("auth.users_api_keys", "test-access-key,another-access-key");
        let app = app.set("auth.admin_api_keys", "the-administrators-key").start().await;
        let other = Client::new(app.address, Some("another-access-key"));
        let path = "/v1beta/interactions";
        let ask = |more: &str| format!(r#"{{"model": "gemini-2.5-flash", "input": "hi"{more}}}"#);
        let next = ask(r#", "previous_interaction_id": "v1_one""#);
        assert_eq!(app.post(path, ask("")).await.status, 200);
        // With three keys, chance would be found out.
        for _ in 0..4 {
            assert_eq!(app.post(path, next.clone()).await.status, 200);
            assert_eq!(app.get(&format!("{path}/v1_one")).await.status, 200);
        }
        let asked = upstream.received();
        let key = |request: &[u8]| {
            let head = String::from_utf8_lossy(request).to_lowercase();
            head.lines().find(|line| line.starts_with("x-goog-api-key")).unwrap().to_owned()
        };
        assert!(asked.iter().all(|request| key(request) == key(&asked[0])), "one project");
        assert_eq!(body_of(&asked[1]), next.as_bytes());

        assert_eq!(other.post(path, next).await.google_error(), (404, "NOT_FOUND".to_owned()));
        assert_eq!(other.get(&format!("{path}/v1_one")).await.status, 404);
        assert_eq!(other.send(Method::DELETE, &format!("{path}/v1_one"), "").await.status, 404);
        assert_eq!(upstream.received().len(), asked.len());
    }
}
