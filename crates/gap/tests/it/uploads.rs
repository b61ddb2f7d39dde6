//! Files go up through the gateway, as Google's SDKs send them.

use http::Method;

use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{Reply, TestApp};

const START: &str = "/upload/v1beta/files";

fn starting(app: &TestApp) -> Client {
    app.client()
        .header("x-goog-upload-protocol", "resumable")
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-header-content-length", "11")
        .header("x-goog-upload-header-content-type", "text/plain")
}

async fn start(app: &TestApp) -> (Reply, String) {
    let reply = starting(app).post(START, r#"{"file":{"display_name":"notes"}}"#).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let url = reply.header("x-goog-upload-url").unwrap().to_owned();
    let place = url.strip_prefix(&format!("http://{}", app.address)).unwrap_or_else(|| panic!("{url}")).to_owned();
    (reply, place)
}

/// A client that has no key, as the second request of Google's SDK for Python.
fn piece(app: &TestApp, command: &str, offset: &str) -> Client {
    Client::new(app.address, None).header("x-goog-upload-command", command).header("x-goog-upload-offset", offset)
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_need_no_key_and_go_to_the_project_that_began() {
    // wire 35
    let app = TestApp::start().await;
    let (reply, place) = start(&app).await;
    assert_eq!(reply.header("x-goog-upload-control-url"), reply.header("x-goog-upload-url"));
    assert_eq!(piece(&app, "query", "0").post(&place, "").await.header("x-goog-upload-size-received"), Some("0"));
    // The other keys' turn would have come.
    let last = piece(&app, "upload, finalize", "0").post(&place, "hello world").await;
    assert_eq!(last.header("x-goog-upload-status"), Some("final"), "{}", last.text());
    assert_eq!(last.json()["file"]["sizeBytes"], "11");
    let keys = app.keys_used();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alias_before_the_path_works_too() {
    let app = TestApp::start().await;
    let (_, place) = start(&app).await;
    let all = piece(&app, "upload, finalize", "0").post(&format!("/v2{place}"), "hello world").await;
    assert_eq!(all.status, 200, "{}", all.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_nobody_gave_opens_nothing() {
    let app = TestApp::start().await;
    let (_, place) = start(&app).await;
    let guessed = format!("{START}?upload_id=0000&upload_protocol=resumable");
    assert_eq!(piece(&app, "query", "0").post(&guessed, "").await.google_error(), (401, "UNAUTHENTICATED".to_owned()));
    let wrong = piece(&app, "query", "0").header("x-goog-api-key", "nonsense");
    assert_eq!(wrong.post(&place, "").await.status, 401, "a wrong key is not the same as none");
    let elsewhere = place.replace("/upload/v1beta/files", "/v1beta/files");
    assert_eq!(Client::new(app.address, None).get(&elsewhere).await.status, 401, "it opens uploads alone");
    assert_eq!(app.arrived(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_its_owners() {
    let app = TestApp::with().set("auth.users_api_keys", "test-access-key,another-key").start().await;
    let (_, place) = start(&app).await;
    let other = piece(&app, "query", "0").header("x-goog-api-key", "another-key");
    assert_eq!(other.post(&place, "").await.google_error(), (404, "NOT_FOUND".to_owned()));
    let owner = piece(&app, "query", "0").header("x-goog-api-key", ACCESS_KEY);
    assert_eq!(owner.post(&place, "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_ways_to_upload_pass_as_they_are() {
    // wire 36
    let app = TestApp::start().await;
    let client = app.client().header("content-type", "text/plain").header("x-goog-upload-protocol", "raw");
    let reply = client.send(Method::POST, START, "hello world").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(app.sim.requests()[0].body, "hello world");
}
