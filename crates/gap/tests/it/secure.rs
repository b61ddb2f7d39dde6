//! TLS and HTTP/2, as between GAP and Google, and between GAP and clients that speak it.

use futures_util::future::join_all;
use gap_sim::{After, Control, Fault, Options, Preset, Script, Simulator, Tls};
use http::{Method, Request, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::app::{ACCESS_KEY, KEYS, serve_simulator};
use crate::support::client::{eventually, within};
use crate::support::{EVENTS, Ended, TestApp, UNARY, prompt};

const STORY: &str = "[[sim: chunks=6 chunk_bytes=30]] Tell me a story.";

/// A gateway whose upstream speaks TLS and HTTP/2, and the simulator there.
async fn secured() -> (TestApp, Control) {
    let (tls, certificate) = Tls::self_signed().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, certificate).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let simulator = Simulator::new(Options::with_keys(KEYS));
    let control = simulator.control();
    let address = serve_simulator(listener, simulator, Some(tls), CancellationToken::new());
    let setup = TestApp::with().set("upstream.base_url", &format!("https://localhost:{}", address.port()));
    (setup.set("upstream.ca_file", file.to_str().unwrap()).start().await, control)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_streams_pass_over_http2() {
    let (app, sim) = secured().await;
    let reply = app.post(UNARY, prompt("[[sim: text=safely]]")).await;
    assert!(reply.text().contains("safely"), "{}", reply.text());
    let arrived = sim.requests().pop().unwrap();
    assert_eq!(arrived.header("host"), None, "HTTP/2 has the name in the address");
    let stream = app.post(EVENTS, prompt(STORY)).await;
    assert_eq!(stream.events().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_hidden_over_http2_too() {
    let (app, sim) = secured().await;
    for action in [
        Script::ResetBeforeHeaders,
        Script::CloseBeforeHeaders,
        Script::CutAfterHeaders,
        Script::TruncatedBody,
        Script::CutBetweenEvents(After { after: 0 }),
    ] {
        sim.add_fault(Fault::new(action.clone()).times(1)).unwrap();
        let reply = app.post(EVENTS, prompt(STORY)).await;
        assert_eq!((reply.status.as_u16(), reply.events().len()), (200, 6), "{action:?}: {}", reply.text());
    }
    sim.add_fault(Fault::new(Preset::KeyInvalid).times(1)).unwrap();
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
    sim.add_fault(Fault::new(Script::CutInsideEvent(After { after: 2 })).times(1)).unwrap();
    assert_eq!(app.post(EVENTS, prompt(STORY)).await.ended, Ended::Aborted);
    sim.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 2 })).times(1)).unwrap();
    assert_eq!(app.post(EVENTS, prompt(STORY)).await.google_error().0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_a_connection_takes_are_served() {
    let (app, sim) = secured().await;
    let client = app.client();
    let calls = (0..250).map(|_| client.post(EVENTS, prompt("[[sim: chunks=3 delay_ms=100]]")));
    assert!(join_all(calls).await.iter().all(|reply| reply.events().len() == 3));
    assert_eq!(sim.requests().len(), 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_resets_its_stream_upstream() {
    let (app, sim) = secured().await;
    let response = app.client().begin(Method::POST, EVENTS, prompt("[[sim: chunks=5000 delay_ms=20]]")).await;
    drop(response);
    eventually("the upstream sees it", || sim.requests()[0].client_gone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_nobody_vouches_for_is_not_trusted() {
    let (tls, _) = Tls::self_signed().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let simulator = Simulator::new(Options::with_keys(KEYS));
    let control = simulator.control();
    let address = serve_simulator(listener, simulator, Some(tls), CancellationToken::new());
    let url = format!("https://localhost:{}", address.port());
    let app = TestApp::with().set("upstream.base_url", &url).start().await;
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 502);
    assert!(control.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_may_speak_http2() {
    let app = TestApp::start().await;
    let client: Pool<_, Full<bytes::Bytes>> = Pool::builder(TokioExecutor::new()).http2_only(true).build_http();
    let ask = |path: &str, text: &str| {
        let request = Request::post(format!("http://{}{path}", app.address)).header("x-goog-api-key", ACCESS_KEY);
        client.request(request.body(Full::new(prompt(text).into())).unwrap())
    };
    let response = within(ask(UNARY, "hi")).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    within(response.into_body().collect()).await.unwrap();

    // One that breaks off resets its stream and leaves the others on the connection alone.
    app.sim.add_fault(Fault::new(Script::CutInsideEvent(After { after: 2 })).times(1)).unwrap();
    let broken = within(ask(EVENTS, STORY)).await.unwrap();
    let whole = within(ask(EVENTS, STORY)).await.unwrap();
    assert!(within(broken.into_body().collect()).await.is_err());
    let body = within(whole.into_body().collect()).await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("STOP"));
}
