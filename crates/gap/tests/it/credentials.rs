//! Where a client may put its access key, and what it hears without a good one.

use http::Method;
use insta::assert_snapshot;
use rstest::rstest;

use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{EVENTS, TestApp, UNARY, prompt};

#[rstest]
#[case::bearer(&[("authorization", "Bearer test-access-key")], "")]
#[case::google(&[("x-goog-api-key", ACCESS_KEY)], "")]
#[case::anthropic(&[("x-api-key", ACCESS_KEY)], "")]
#[case::azure(&[("api-key", ACCESS_KEY)], "")]
#[case::query(&[], "?key=test-access-key")]
#[case::encoded(&[], "?key=test%2Daccess-key&x=1")]
#[case::access_token(&[], "?access_token=test-access-key")]
#[case::two_that_agree(&[("x-goog-api-key", ACCESS_KEY), ("authorization", "Bearer test-access-key")], "?key=test-access-key")]
#[case::an_empty_one_beside(&[("x-goog-api-key", ""), ("x-api-key", ACCESS_KEY)], "?key=")]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_in_every_place_and_goes_no_further(
    #[case] headers: &[(&'static str, &str)],
    #[case] query: &str,
) {
    let app = TestApp::start().await;
    let client =
        headers.iter().fold(Client::new(app.address, None), |client, (name, value)| client.header(name, value));
    let reply = client.post(&format!("{UNARY}{query}"), prompt("hi")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());

    let arrived = app.sim.requests().pop().unwrap();
    // wire 26
    assert!(!format!("{arrived:?}").contains(ACCESS_KEY), "{arrived:?}");
    assert_eq!(arrived.header("authorization"), None);
    assert_eq!(arrived.query, if query.contains("x=1") { "x=1" } else { "" });
    assert!(arrived.header("x-goog-api-key").is_some_and(|key| key.starts_with("sim-upstream-key")));
}

#[rstest]
#[case::none(&[], "")]
#[case::empty(&[("x-goog-api-key", "")], "?key=")]
#[case::wrong(&[("x-goog-api-key", "nonsense")], "")]
#[case::nearly(&[("authorization", "Bearer test-access-ke")], "")]
#[case::disagreeing(&[("x-goog-api-key", ACCESS_KEY), ("authorization", "Bearer nonsense")], "")]
#[case::an_upstream_key(&[("x-goog-api-key", "sim-upstream-key-one")], "")]
#[tokio::test(flavor = "multi_thread")]
async fn anything_else_is_401_and_never_asked_upstream(#[case] headers: &[(&'static str, &str)], #[case] query: &str) {
    let app = TestApp::start().await;
    let client =
        headers.iter().fold(Client::new(app.address, None), |client, (name, value)| client.header(name, value));
    let reply = client.post(&format!("{UNARY}{query}"), prompt("hi")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.google_error(), (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_in_the_shape_of_the_dialect() {
    let app = TestApp::start().await;
    let nobody = Client::new(app.address, Some("nonsense"));
    assert_snapshot!(nobody.post(EVENTS, prompt("hi")).await.text(), @r#"
    {
      "error": {
        "code": 401,
        "message": "Incorrect API key provided: this gateway does not know the access key.",
        "status": "UNAUTHENTICATED"
      }
    }
    "#);
    // wire 1: a stream that is a JSON array fails as one
    let array = nobody.post(crate::support::ARRAY, prompt("hi")).await;
    assert_eq!(array.status, 401);
    assert!(array.json().is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_belongs_to_whoever_asks() {
    let app = TestApp::start().await;
    let google = Client::new(app.address, Some(ACCESS_KEY));
    assert!(google.get("/v1/models").await.json()["models"].is_array());

    let openai = Client::new(app.address, None).header("authorization", "Bearer test-access-key");
    assert_eq!(openai.get("/v1/models").await.json()["object"], "list");
    let reply = openai.clone().header("x-goog-api-client", "genai-js/3.1.0").get("/v1/models").await;
    assert_eq!(reply.status, 200, "a Google SDK that authenticates by Bearer");
    let reply = openai.post("/v1/models/gemini-2.5-flash:countTokens", prompt("hi")).await;
    assert_eq!(reply.status, 200, "a colon is Gemini's alone");

    let anthropic =
        Client::new(app.address, None).header("x-api-key", ACCESS_KEY).header("anthropic-version", "2023-06-01");
    let reply = anthropic.post("/v1/messages", "{}").await;
    assert_snapshot!(reply.status, @"400 Bad Request");
    assert_snapshot!(reply.text(), @r#"{"type":"error","error":{"type":"invalid_request_error","message":"model: the name of a model is needed"}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_openai_layer_is_reserved() {
    let app = TestApp::start().await;
    for path in ["/v1beta/openai", "/v1beta/openai/fine_tuning/jobs"] {
        let reply = app.client().send(Method::POST, path, "{}").await;
        assert_eq!(reply.status, 404);
        assert_eq!(reply.json()["error"]["code"], "unknown_url");
    }
    assert_eq!(app.arrived(), 0, "wire 136");
}
