//! Native traffic stays bytes: every path, verb, query and body of today and tomorrow.

use http::Method;
use rstest::rstest;

use crate::support::raw::{RawUpstream, answer, body_of, chunked};
use crate::support::{EVENTS, TestApp, UNARY, prompt};

#[rstest]
#[case("/v1beta/models", "/v1beta/models")]
#[case("/v1alpha/models", "/v1alpha/models")]
#[case("/v1/models", "/v1/models")]
#[case("/v2/models", "/v1beta/models")]
#[case("/v2/v1alpha/models", "/v1alpha/models")]
#[case("//v1beta//models", "/v1beta/models")]
#[case("/v1beta/models/gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash")]
#[tokio::test(flavor = "multi_thread")]
async fn versions_and_spellings_lead_to_google(#[case] asked: &str, #[case] arrives: &str) {
    let app = TestApp::start().await;
    let reply = app.get(asked).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(app.sim.requests()[0].path, arrives);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_nobody_knows_passes_with_any_verb() {
    let app = TestApp::start().await;
    for verb in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS] {
        let path = "/v1beta/_echo/tomorrow%3Ainvent?x=1&y=a%20b&$alt=json;enum-encoding=int&key=test-access-key";
        let reply = app.client().send(verb.clone(), path, "").await;
        assert_eq!(reply.status, 200, "{verb}: {}", reply.text());
        let arrived = app.sim.requests().pop().unwrap();
        assert_eq!(arrived.method, verb.as_str());
        assert_eq!(arrived.path, "/v1beta/_echo/tomorrow:invent", "wire 31");
        assert_eq!(arrived.query, "x=1&y=a%20b&$alt=json;enum-encoding=int");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_pass_byte_for_byte_both_ways() {
    // wire 32, 33: odd spacing, order, number spelling, escapes and names survive.
    let asked = "{ \"generation_config\" :{\"topP\":0.50,\"temperature\" : 1e0 },\r\n\t\"contents\":[{\"parts\":[{\"text\":\"\\u00e9 é \\/ z\"}]}],\"from_tomorrow\":[1.0,2]}\n";
    let said = b"{\n  \"b\": 1.0,  \"a\": [\"\\u2028\"]\n}\n \n";
    let json = [("content-type", "application/json; charset=UTF-8"), ("x-gemini-service-tier", "standard")];
    let upstream = RawUpstream::start(vec![answer(200, &json, said)]).await;
    let app = TestApp::with().upstream(upstream.address).start().await;
    let reply = app.post(UNARY, asked).await;
    assert_eq!(&reply.body[..], said);
    assert_eq!(reply.header("x-gemini-service-tier"), Some("standard"));
    assert_eq!(body_of(&upstream.received()[0]), asked.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_pass_byte_for_byte_however_they_are_cut() {
    let said = b": hello\r\ndata: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"\xc3\xa9\"}]}}]}\n\ndata: {\"candidates\": [{\"finishReason\": \"STOP\"}]}\r\n\r\n";
    for size in [1, 2, 7, 1000] {
        let upstream = RawUpstream::start(vec![chunked(&[("content-type", "text/event-stream")], said, size)]).await;
        let app = TestApp::with().upstream(upstream.address).start().await;
        let reply = app.post(EVENTS, prompt("hi")).await;
        assert_eq!(&reply.body[..], said, "in pieces of {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_pass_too() {
    let said: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let upstream = RawUpstream::start(vec![answer(200, &[("content-type", "video/mp4")], &said)]).await;
    let app = TestApp::with().upstream(upstream.address).start().await;
    let reply = app.get("/download/v1beta/files/abc:download?alt=media").await;
    assert_eq!(&reply.body[..], said);
    assert_eq!(reply.header("content-length"), Some("300000"));
    let request = String::from_utf8(upstream.received()[0].clone()).unwrap();
    assert!(request.starts_with("GET /download/v1beta/files/abc:download?alt=media HTTP/1.1\r\n"), "{request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_a_coding_that_is_not_unpacked_passes_as_it_is() {
    // GAP asks for `identity`, and unpacks gzip if it comes all the same; what else there may be is not second-guessed.
    let said = [0x1f, 0x8b, 8, 0, 1, 2, 3];
    let headers = [("content-type", "text/event-stream"), ("content-encoding", "br")];
    let upstream = RawUpstream::start(vec![answer(200, &headers, &said)]).await;
    let app = TestApp::with().upstream(upstream.address).start().await;
    let reply = app.client().header("accept-encoding", "gzip").post(EVENTS, prompt("hi")).await;
    assert_eq!(&reply.body[..], said);
    assert_eq!(reply.header("content-encoding"), Some("br"));
    let request = String::from_utf8_lossy(&upstream.received()[0]).to_lowercase();
    assert!(request.contains("accept-encoding: identity"), "wire 34: {request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_arrives_as_google_wrote_it() {
    let said = b"{\n  \"error\": {\n    \"code\": 400,\n    \"message\": \"* bad\",\n    \"status\": \"INVALID_ARGUMENT\",\n    \"details\": [{\"@type\": \"x\"}]\n  }\n}\n";
    let upstream = RawUpstream::start(vec![answer(400, &[("content-type", "application/json")], said)]).await;
    let app = TestApp::with().upstream(upstream.address).start().await;
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (400, &said[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_cross_by_name_only() {
    let app = TestApp::start().await;
    let client = ["cookie", "origin", "x-forwarded-for", "x-stainless-os", "openai-organization", "forwarded"]
        .into_iter()
        .fold(app.client(), |client, name| client.header(name, "private"))
        .header("x-goog-api-client", "google-genai-sdk/3.4.0")
        .header("api-revision", "2026-05-20");
    client.post(UNARY, prompt("hi")).await;
    let arrived = app.sim.requests().pop().unwrap();
    assert!(arrived.headers.iter().all(|(_, value)| value != "private"), "{:?}", arrived.headers);
    assert_eq!(arrived.header("x-goog-api-client"), Some("google-genai-sdk/3.4.0"));
    assert_eq!(arrived.header("api-revision"), Some("2026-05-20"));
}

#[rstest]
#[case("/v1beta/models/../../secret")]
#[case("/v1beta/models/%2e%2e/%2E%2E/secret")]
#[case("/v1beta/models/..%5c..")]
#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_climbs_is_refused(#[case] path: &str) {
    let app = TestApp::start().await;
    let reply = app.get(path).await;
    assert_eq!(reply.google_error(), (400, "INVALID_ARGUMENT".to_owned()));
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_followed_where_google_moves_it() {
    let moved = answer(302, &[("location", "/download/v1beta/files/abc:download?alt=media")], b"");
    let upstream = RawUpstream::start(vec![moved, answer(200, &[("content-type", "video/mp4")], b"film")]).await;
    let app = TestApp::with().upstream(upstream.address).start().await;
    let reply = app.get("/v1beta/files/abc:download?alt=media").await;
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (200, &b"film"[..]), "wire 36");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_api_is_named_as_missing() {
    let app = TestApp::start().await;
    let reply = app.get("/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent").await;
    assert_eq!(reply.google_error(), (501, "UNIMPLEMENTED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_content_has_no_length() {
    let upstream = RawUpstream::start(vec![
        b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(),
    ])
    .await;
    let app = TestApp::with().upstream(upstream.address).start().await;
    for status in [204, 304] {
        let reply = app.get("/v1beta/files/abc").await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("content-length"), None, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_may_trace_what_carries_an_upstream_key() {
    let app = TestApp::start().await;
    let reply = app.client().send(Method::TRACE, "/v1beta/models", "").await;
    assert_eq!(reply.status, 405, "{}", reply.text());
    assert_eq!(app.arrived(), 0);
}
