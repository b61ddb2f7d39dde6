//! What a test does from outside.

use gap_sim::{Options, Simulator, Tls};
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{Ask, KEY, MODEL, OTHER, Sim, said};

#[tokio::test]
async fn requests_are_remembered_as_they_came() {
    let sim = Sim::start().await;
    let ask =
        Ask::get("/v1beta/_echo/tomorrow:invent?x=1&y=a%20b").method("PUT").header("x-own", "1").bytes("body \u{e9}");
    let answer = sim.send(&ask).await;
    assert_eq!(answer.status, 200);
    let echoed = answer.json();
    assert_eq!(
        (echoed["method"].as_str(), echoed["query"].as_str(), echoed["body"].as_str()),
        (Some("PUT"), Some("x=1&y=a%20b"), Some("body \u{e9}"))
    );
    let (_, seen) = sim.control("GET", "requests", Value::Null).await;
    let seen = &seen["requests"][0];
    assert_eq!(seen["path"], "/v1beta/_echo/tomorrow:invent");
    assert_eq!(seen["key"], KEY);
    assert_eq!(seen["status"], 200);
    assert_eq!((seen["done"].as_bool(), seen["client_gone"].as_bool()), (Some(true), Some(false)));
    assert!(seen["headers"].as_array().unwrap().contains(&json!(["x-own", "1"])));
    assert_eq!(sim.control("DELETE", "requests", Value::Null).await.0, 200);
    assert!(sim.control.requests().is_empty());
}

#[tokio::test]
async fn memory_of_requests_is_bounded() {
    let sim = Sim::with(Options { remember_requests: 3, remember_bytes: 3_000, ..Options::with_keys([KEY]) }).await;
    for number in 0..5 {
        sim.say(&number.to_string()).await;
    }
    let bodies: Vec<String> =
        sim.control.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies[2].contains("\"4\""));
    sim.say(&"x".repeat(2_500)).await;
    assert_eq!(sim.control.requests().len(), 1);
    sim.say(&"x".repeat(4_000)).await;
    assert!(sim.control.requests().is_empty(), "what is too large is not kept at all");
    let (_, state) = sim.control("GET", "state", Value::Null).await;
    assert_eq!(state["requests"], 7);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let sim = Sim::with(Options { body_limit: 1_000, ..Options::with_keys([KEY]) }).await;
    let answer = sim.say(&"x".repeat(2_000)).await;
    assert_eq!((answer.status.as_u16(), answer.message().as_str()), (400, "Request payload size exceeds the limit."));
}

#[tokio::test]
async fn the_clock_can_be_moved() {
    let start = Some("2026-07-01T12:00:00Z".parse().unwrap());
    let sim = Sim::with(Options { start, ..Options::with_keys([KEY]) }).await;
    let (_, answer) = sim.control("POST", "clock/advance", json!({"seconds": 90.5})).await;
    assert_eq!(answer["now"], "2026-07-01T12:01:30.5Z");
    for bad in [json!({"seconds": -1}), json!({"seconds": 1e12}), json!({"hours": 1}), json!({})] {
        assert_eq!(sim.control("POST", "clock/advance", bad.clone()).await.0, 400, "{bad}");
    }
    assert_eq!(sim.control("GET", "clock", Value::Null).await.1["now"], "2026-07-01T12:01:30.5Z");
}

#[tokio::test]
async fn state_says_everything_and_reset_forgets_it() {
    let sim = Sim::start().await;
    sim.control("POST", "faults", json!({"action": {"preset": "overloaded"}, "model": "other"})).await;
    sim.say("hi").await;
    sim.control("DELETE", &format!("keys/{OTHER}"), Value::Null).await;
    let (_, state) = sim.control("GET", "state", Value::Null).await;
    assert_eq!(state["keys"].as_array().unwrap().len(), 1);
    assert_eq!(state["faults"].as_array().unwrap().len(), 1);
    assert_eq!(state["usage"][0]["requests_today"], 1);
    let (_, state) = sim.control("POST", "reset", Value::Null).await;
    assert_eq!(state["keys"].as_array().unwrap().len(), 2);
    assert!(state["faults"].as_array().unwrap().is_empty() && state["usage"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn what_the_control_api_does_not_know() {
    let sim = Sim::start().await;
    for (method, path) in [
        ("GET", "nonsense"),
        ("PUT", "faults"),
        ("DELETE", "faults/99"),
        ("DELETE", "faults/x"),
        ("DELETE", "keys/nobody"),
    ] {
        let (status, answer) = sim.control(method, path, Value::Null).await;
        assert_eq!(status, 404, "{method} {path}");
        assert!(answer["error"].is_string());
    }
    for (method, path) in [("POST", "faults"), ("POST", "keys"), ("PUT", "limits")] {
        assert_eq!(sim.control(method, path, json!({"colour": 1})).await.0, 400, "{method} {path}");
    }
}

#[tokio::test]
async fn without_control_there_is_no_control() {
    let sim = Sim::with(Options { control: false, ..Options::with_keys([KEY]) }).await;
    assert_eq!(sim.send(&Ask::get("/_sim/state")).await.status, 404);
    assert_eq!(sim.send(&Ask::get("/v1beta/_echo")).await.status, 404);
    assert_eq!(sim.say("hi").await.status, 200);
}

#[test]
fn options_are_read_strictly_and_written_whole() {
    let text = serde_json::to_string(&Options::demo()).unwrap();
    assert_eq!(serde_json::from_str::<Options>(&text).unwrap(), Options::demo());
    let short: Options = serde_json::from_value(json!({"keys": [{"key": "a", "project": 1}]})).unwrap();
    assert_eq!(short.keys[0].tier, gap_sim::Tier::Paid);
    for bad in [
        json!({"key": []}),
        json!({"keys": [{"key": "a"}]}),
        json!({"keys": [{"key": "a", "project": 1, "state": "odd"}]}),
        json!({"limits": {"free": {"default": {"rpm": -1}}}}),
    ] {
        assert!(serde_json::from_value::<Options>(bad.clone()).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn in_the_same_process_no_socket_is_needed() {
    let simulator = Simulator::new(Options::with_keys([KEY]));
    let request =
        Request::get("/v1beta/models").header("x-goog-api-key", KEY).body(Empty::<bytes::Bytes>::new()).unwrap();
    let response = simulator.answer(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let body: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert!(body["models"].is_array());
}

#[tokio::test]
async fn with_tls_one_connection_carries_many_streams() {
    let (tls, pem) = Tls::self_signed().unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    let simulator = Simulator::new(Options::with_keys([KEY]));
    let control = simulator.control();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let end = CancellationToken::new();
    #[expect(clippy::disallowed_methods, reason = "awaited at the end")]
    let server = tokio::spawn(gap_sim::serve(listener, simulator, Some(tls), end.clone()));

    let mut roots = rustls::RootCertStore::empty();
    let der = pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, der).unwrap();
    roots.add(der.into()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connector =
        hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http2().build();
    let client: Client<_, http_body_util::Full<bytes::Bytes>> =
        Client::builder(TokioExecutor::new()).http2_only(true).build(connector);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..150 {
        let client = client.clone();
        let body = said("[[sim: first_ms=20 chunks=3 delay_ms=1]]").to_string();
        let uri = format!("https://localhost:{}/v1beta/models/{MODEL}:streamGenerateContent?alt=sse", address.port());
        calls.spawn(async move {
            let request = Request::post(uri).header("x-goog-api-key", KEY).body(body.into()).unwrap();
            let response = client.request(request).await.unwrap();
            assert_eq!(response.version(), http::Version::HTTP_2);
            response.into_body().collect().await.unwrap().to_bytes().len()
        });
    }
    assert!(calls.join_all().await.iter().all(|length| *length > 500));
    assert_eq!(control.requests().len(), 150);
    drop(client);
    end.cancel();
    server.await.unwrap().unwrap();
}
