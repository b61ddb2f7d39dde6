//! What one project's key has made is asked of that project.

use gap_sim::{Fault, Preset};
use http::Method;
use serde_json::json;

use crate::support::{TestApp, UNARY};

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
async fn names_that_nobody_knows_go_anywhere() {
    let app = TestApp::start().await;
    upload(&app).await;
    let reply = app.get("/v1beta/files/unheard-of").await;
    assert_eq!(reply.google_error(), (403, "PERMISSION_DENIED".to_owned()));
}
