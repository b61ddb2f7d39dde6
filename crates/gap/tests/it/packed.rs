//! An upstream, or something before it, that sends packed answers although nobody asked for any; and packed requests.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;

use crate::support::raw::{RawUpstream, answer, chunked};
use crate::support::{EVENTS, Ended, TestApp, UNARY, prompt};

const DOCUMENT: &str = r#"{"candidates": [{"content": {"parts": [{"text": "Hello there."}], "role": "model"}, "finishReason": "STOP", "index": 0}], "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 3, "totalTokenCount": 7}}"#;
const CHAT: &str = "/v1/chat/completions";

fn pack(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn headers(kind: &'static str) -> [(&'static str, &'static str); 2] {
    [("content-type", kind), ("content-encoding", "gzip")]
}

async fn before(answer: Vec<u8>) -> (TestApp, RawUpstream) {
    let upstream = RawUpstream::start(vec![answer]).await;
    (TestApp::with().keys(["sim-upstream-key-one"]).upstream(upstream.address).start().await, upstream)
}

fn ask(stream: bool) -> String {
    let messages = serde_json::json!([{ "role": "user", "content": "hi" }]);
    serde_json::json!({ "model": "gemini-2.5-flash", "messages": messages, "stream": stream }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_unpacked_for_everybody() {
    let (app, upstream) = before(answer(200, &headers("application/json"), &pack(DOCUMENT.as_bytes()))).await;
    let reply = app.client().header("accept-encoding", "gzip").post(UNARY, prompt("hi")).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-encoding"), reply.text()), (200, None, DOCUMENT));
    let reply = app.post(CHAT, ask(false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "Hello there.");
    assert_eq!(reply.json()["usage"]["total_tokens"], 7);
    let asked = upstream.received();
    let said = String::from_utf8_lossy(&asked[0]).to_lowercase();
    assert!(said.contains("accept-encoding: identity"), "{said}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_unpacked_wherever_it_is_cut(#[values(1, 7, 4096)] size: usize) {
    let events = format!("data: {DOCUMENT}\r\n\r\n");
    let (app, _upstream) = before(chunked(&headers("text/event-stream"), &pack(events.as_bytes()), size)).await;
    let reply = app.post(EVENTS, prompt("hi")).await;
    assert_eq!((reply.status.as_u16(), reply.ended, reply.text()), (200, Ended::Whole, events.as_str()));
    let reply = app.post(CHAT, ask(true)).await;
    assert!(reply.text().contains("Hello there.") && reply.text().ends_with("data: [DONE]\n\n"), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_error_is_read_and_cleaned() {
    let said =
        r#"{"error": {"code": 400, "message": "Bad field: sim-upstream-key-one", "status": "INVALID_ARGUMENT"}}"#;
    let (app, _upstream) = before(answer(400, &headers("application/json"), &pack(said.as_bytes()))).await;
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!(reply.google_error(), (400, "INVALID_ARGUMENT".to_owned()));
    assert!(reply.text().contains("Bad field") && !reply.text().contains("sim-upstream-key"), "{}", reply.text());
}

#[rstest]
#[case::nonsense(b"no gzip at all".to_vec())]
#[case::cut({ let mut packed = pack(DOCUMENT.as_bytes()); packed.truncate(60); packed })]
#[case::without_checksum({ let mut packed = pack(DOCUMENT.as_bytes()); packed.truncate(packed.len() - 8); packed })]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_unpacked_is_the_upstreams_fault(#[case] packed: Vec<u8>) {
    let (app, _upstream) = before(answer(200, &headers("application/json"), &packed)).await;
    let reply = app.post(CHAT, ask(false)).await;
    assert!(reply.status.is_server_error(), "{} {}", reply.status, reply.text());
    let reply = app.post(UNARY, prompt("hi")).await;
    assert!(reply.status.is_server_error(), "{} {}", reply.status, reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_endless_when_unpacked_is_not_held() {
    // Sixty megabytes in sixty kilobytes.
    let bomb = pack(&vec![b' '; 60_000_000]);
    assert!(bomb.len() < 100_000);
    let (app, _upstream) = before(answer(400, &headers("application/json"), &bomb)).await;
    let reply = app.post(UNARY, prompt("hi")).await;
    assert!(reply.status.is_client_error() || reply.status.is_server_error());
    assert!(reply.body.len() <= 1024 * 1024, "{}", reply.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_request_is_read_like_any_other() {
    let app = TestApp::with().set("server.replay_limit", "100KiB").start().await;
    let client = app.client().header("content-encoding", "gzip");
    let reply = client.post(UNARY, pack(prompt("hi").as_bytes())).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let arrived = &app.sim.requests()[0];
    assert_eq!(arrived.body, prompt("hi"));
    assert!(!arrived.headers.iter().any(|(name, _)| name == "content-encoding"));

    assert_eq!(client.post(UNARY, prompt("hi")).await.google_error(), (400, "INVALID_ARGUMENT".to_owned()));
    // What is small only as long as nobody unpacks it.
    let bomb = pack(&vec![b' '; 10_000_000]);
    assert!(bomb.len() < 50_000);
    assert_eq!(client.post(UNARY, bomb).await.google_error(), (413, "INVALID_ARGUMENT".to_owned()));
    let reply = app.client().header("content-encoding", "zstd").post(UNARY, prompt("hi")).await;
    assert_eq!(reply.status, 415, "{}", reply.text());
    assert_eq!(app.arrived(), 1);
}
