//! Request bodies: how large, how slow, how many.

use gap_sim::{Fault, Preset, Script};
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::client::within;
use crate::support::{TestApp, UNARY, prompt};

const CREATE: &str = "/v1beta/_echo/files:create";

async fn small() -> TestApp {
    TestApp::with().set("server.replay_limit", "1KiB").set("server.body_limit", "64KiB").start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_kept_reaches_another_key_whole() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::KeyInvalid).times(1)).unwrap();
    let body = prompt(&"long ".repeat(40_000));
    assert_eq!(app.post(UNARY, body.clone()).await.status, 200);
    assert!(app.sim.requests().iter().all(|request| request.body == body));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_passes_once() {
    let app = small().await;
    let body = "x".repeat(40_000);
    assert_eq!(app.post(CREATE, body.clone()).await.status, 200);
    assert_eq!(app.sim.requests()[0].body, body);

    // A second key would need the bytes again.
    app.sim.forget_requests();
    app.sim.add_fault(Fault::new(Preset::KeyInvalid).times(1)).unwrap();
    let reply = app.post(CREATE, body).await;
    assert_eq!(reply.google_error(), (503, "UNAVAILABLE".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(app.arrived(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_before_it_comes() {
    let app = small().await;
    let reply = app.post(CREATE, "x".repeat(65 * 1024)).await;
    assert_eq!(reply.google_error(), (413, "INVALID_ARGUMENT".to_owned()));
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_bodies_share_a_budget() {
    let app = TestApp::with().set("server.replay_limit", "1KiB").set("server.replay_budget", "1KiB").start().await;
    app.sim.add_fault(Fault::new(Script::StallBeforeHeaders(gap_sim::StallBefore { ms: 60_000, then: None }))).unwrap();
    let client = app.client();
    let first = client.begin(Method::POST, CREATE, "x".repeat(1000));
    let second = async {
        crate::support::client::eventually("the first is held", || app.app.bodies.budget.used() == 1000).await;
        app.post(CREATE, "x".repeat(100)).await
    };
    tokio::select! {
        _ = first => panic!("answered"),
        refused = second => {
            assert_eq!(refused.google_error(), (503, "UNAVAILABLE".to_owned()));
            assert_eq!(refused.header("retry-after"), Some("1"));
        }
    }
}

/// What a hand-written request is answered with.
async fn speak(app: &TestApp, pieces: &[&str]) -> String {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    for piece in pieces {
        stream.write_all(piece.as_bytes()).await.unwrap();
    }
    let mut said = Vec::new();
    within(stream.read_to_end(&mut said)).await.unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_falls_silent_in_its_body_is_told() {
    let app = TestApp::with().set("server.body_timeout", "200ms").start().await;
    let head =
        format!("POST {UNARY} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: test-access-key\r\ncontent-length: 100\r\n\r\n");
    let said = speak(&app, &[&head, "{\"contents\""]).await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(said.contains("DEADLINE_EXCEEDED") || said.contains("\"code\": 408"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_falls_silent_in_its_head_is_dropped() {
    let app = TestApp::with().set("server.header_timeout", "200ms").start().await;
    assert_eq!(speak(&app, &["GET /healthz HTTP/1.1\r\nhos"]).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed() {
    let app = TestApp::with().set("server.idle_timeout", "300ms").start().await;
    let said = speak(&app, &["GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"]).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_falls_silent_in_a_large_body_is_told() {
    let app = TestApp::with().set("server.replay_limit", "10").set("server.body_timeout", "200ms").start().await;
    let head =
        format!("POST {CREATE} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: test-access-key\r\ncontent-length: 100\r\n\r\n");
    let said = speak(&app, &[&head, "0123456789abcdef"]).await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_chunks_passes() {
    let app = small().await;
    let head = format!(
        "POST {CREATE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-goog-api-key: test-access-key\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let said = speak(&app, &[&head, "5\r\nhello\r\n", "6\r\n world\r\n0\r\n\r\n"]).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    assert_eq!(app.sim.requests()[0].body, "hello world");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_post_says_that_it_is_empty() {
    let app = TestApp::start().await;
    assert_eq!(app.post(CREATE, "").await.status, 200);
    // Google's front refuses a POST without a length (411).
    assert_eq!(app.sim.requests()[0].header("content-length"), Some("0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let app = TestApp::start().await;
    let nobody = crate::support::client::Client::new(app.address, Some("nonsense"));
    let body = "x".repeat(8 * 1024 * 1024);
    assert_eq!(nobody.post(UNARY, body.clone()).await.status, 401);
    assert_eq!(nobody.post("/nonsense", body).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_does_not_hold_a_key_for_ever() {
    let app = TestApp::with().set("server.unread_timeout", "200ms").set("server.header_timeout", "100ms").start().await;
    let body = prompt("[[sim: bytes=20000000 chunks=2000]]");
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: test-access-key\r\ncontent-length: {}\r\n\r\n",
        crate::support::EVENTS,
        body.len()
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    crate::support::client::eventually("it is asked", || app.arrived() == 1).await;
    crate::support::client::eventually("it is given up", || app.app.keyring.open_leases() == 0).await;
    crate::support::client::eventually("the upstream sees it", || app.sim.requests()[0].client_gone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_before_sending_is_refused_before_sending() {
    let app = TestApp::start().await;
    let ask = |path: &str, key: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
             expect: 100-continue\r\ncontent-length: 1000\r\n\r\n"
        )
    };
    for path in [UNARY, "/v1/chat/completions", "/v1/models"] {
        let said = speak(&app, &[&ask(path, "nonsense")]).await;
        assert!(said.starts_with("HTTP/1.1 401 "), "{path}: {said}");
    }
    let said = speak(&app, &[&ask("/nonsense", "test-access-key")]).await;
    assert!(said.starts_with("HTTP/1.1 404 "), "{said}");
    assert_eq!(app.arrived(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_before_sending_is_told_to_go_on() {
    let app = TestApp::start().await;
    let body = prompt("hi");
    let head = format!(
        "POST {UNARY} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-goog-api-key: test-access-key\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut told = vec![0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    within(stream.read_exact(&mut told)).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&told), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    within(stream.read_to_end(&mut said)).await.unwrap();
    assert!(said.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_unpacked_on_its_way_to_google_and_refused_where_it_is_translated() {
    let app = TestApp::start().await;
    let coded = app.client().header("content-encoding", "gzip");
    for path in ["/v1/chat/completions", "/v1/embeddings"] {
        let reply = coded.post(path, vec![0x1f, 0x8b, 8, 0]).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()["error"]["code"].as_str()),
            (415, Some("unsupported_media_type"))
        );
        assert!(reply.text().contains("content-encoding: gzip"), "{}", reply.text());
    }
    assert_eq!(app.arrived(), 0);
    let plain = app.client().header("content-encoding", "identity");
    let body = r#"{"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "hi"}]}"#;
    assert_eq!(plain.post("/v1/chat/completions", body).await.status, 200);

    app.sim.forget_requests();
    let broken = coded.post(CREATE, vec![0x1f, 0x8b, 8, 0]).await;
    assert_eq!((broken.status.as_u16(), broken.json()["error"]["status"].as_str()), (400, Some("INVALID_ARGUMENT")));
    let brotli = app.client().header("content-encoding", "br").post(CREATE, vec![1, 2, 3]).await;
    assert_eq!(brotli.status, 415);
    assert_eq!(app.arrived(), 0, "what cannot be read is not passed on");
}
