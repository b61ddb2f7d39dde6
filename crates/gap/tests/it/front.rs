//! What happens to every request, whatever it asks.

use http::Method;
use insta::assert_snapshot;

use crate::support::client::Client;
use crate::support::{TestApp, UNARY, prompt};

#[tokio::test(flavor = "multi_thread")]
async fn health_and_readiness() {
    let app = TestApp::start().await;
    let nobody = Client::new(app.address, None);
    let health = nobody.get("/healthz").await;
    assert_snapshot!(health.status, @"200 OK");
    assert_snapshot!(health.text().replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"{"status":"ok","version":"VERSION","mode":"live","database":{"status":"memory"},"redis":{"status":"off"},"keys":{"total":3,"healthy":3,"resting":0,"disabled":0}}"#);
    assert_snapshot!(nobody.get("/readyz").await.status, @"200 OK");

    let keyless = TestApp::with().keys([]).start().await;
    let nobody = Client::new(keyless.address, None);
    assert_snapshot!(nobody.get("/healthz").await.status, @"200 OK");
    assert_snapshot!(nobody.get("/readyz").await.status, @"503 Service Unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_a_request_id() {
    let app = TestApp::start().await;
    let answers = [
        app.post(UNARY, prompt("hi")).await,
        app.get("/nonsense").await,
        app.get("/healthz").await,
        Client::new(app.address, None).get("/v1beta/models").await,
    ];
    let mut ids: Vec<_> = answers.iter().map(|answer| answer.header("x-request-id").unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);

    let mine = app.client().header("x-request-id", "my-own.id:7");
    assert_eq!(mine.get("/healthz").await.header("x-request-id"), Some("my-own.id:7"));
    let odd = app.client().header("x-request-id", "<script>");
    assert_ne!(odd.get("/healthz").await.header("x-request-id"), Some("<script>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_and_verbs_are_errors_in_json() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/nonsense").await.google_error(), (404, "NOT_FOUND".to_owned()));
    let admin = Client::new(app.address, None).get("/nonsense").await;
    assert_snapshot!(admin.status, @"404 Not Found");
    assert_snapshot!(admin.header("content-type").unwrap(), @"application/problem+json");
    assert_snapshot!(admin.text(), @r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"Unknown request URL: GET /nonsense. Please check the URL for typos."}"#);
    assert_snapshot!(app.client().send(Method::DELETE, "/healthz", "").await.status, @"405 Method Not Allowed");
    assert_eq!(app.get("/v1beta").await.google_error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(app.get("/upload/files").await.google_error(), (400, "INVALID_ARGUMENT".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_of_a_reverse_proxy_is_taken_off() {
    let app = TestApp::with().set("server.root_path", "/gap").start().await;
    assert_eq!(app.get("/gap/healthz").await.status, 200);
    assert_eq!(app.get("/healthz").await.status, 200, "a proxy that takes it off itself");
    assert_eq!(app.post(&format!("/gap{UNARY}"), prompt("hi")).await.status, 200);
    assert_eq!(app.sim.requests()[0].path, UNARY);
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_come_from_configured_pages_only() {
    let app = TestApp::with().set("server.cors_origins", "https://chat.example.org").start().await;
    let page = |origin| {
        Client::new(app.address, None)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "x-goog-api-key,x-goog-api-client")
    };
    // wire 137
    let allowed = page("https://chat.example.org").send(Method::OPTIONS, UNARY, "").await;
    assert_snapshot!(allowed.status, @"200 OK");
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://chat.example.org"));
    assert_eq!(allowed.header("access-control-allow-headers"), Some("x-goog-api-key,x-goog-api-client"));
    let stranger = page("https://evil.example.org").send(Method::OPTIONS, UNARY, "").await;
    assert_eq!(stranger.header("access-control-allow-origin"), None);
    assert_eq!(app.arrived(), 0, "a preflight is nobody's request");

    let answer = app.client().header("origin", "https://chat.example.org").post(UNARY, prompt("hi")).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://chat.example.org"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("x-request-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bodies_of_answers_have_no_server_to_name() {
    let app = TestApp::start().await;
    let reply = app.post(UNARY, prompt("hi")).await;
    for name in ["server", "alt-svc", "via", "set-cookie"] {
        assert_eq!(reply.header(name), None, "{name}");
    }
    let shown = reply.header("x-gap-key").unwrap();
    assert!(shown.len() < 12 && shown.contains("..."), "{shown}");
}
