//! Which key answers, and what a client hears when none can.

use gap_sim::{Fault, KeyState, Options, Preset, SimKey, Simulator};
use insta::assert_snapshot;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::app::{KEYS, serve_simulator};
use crate::support::client::eventually;
use crate::support::{EVENTS, TestApp, UNARY, prompt};

#[tokio::test(flavor = "multi_thread")]
async fn keys_take_turns() {
    let app = TestApp::start().await;
    for _ in 0..6 {
        assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
    }
    assert_eq!(app.keys_used(), [KEYS, KEYS].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_keys_rest_the_answer_says_when_to_come_back() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::QuotaPerMinute)).unwrap();
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_snapshot!(reply.status, @"429 Too Many Requests");
    assert_eq!(reply.header("x-gap-error-scope"), Some("quota"));
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=62).contains(&wait), "{wait}");
    let error = &reply.json()["error"];
    let info = error["details"].as_array().unwrap().iter().find(|detail| detail["retryDelay"].is_string()).unwrap();
    assert_snapshot!(info["@type"], @r#""type.googleapis.com/google.rpc.RetryInfo""#);
    assert!(error["message"].as_str().unwrap().contains("3 keys out (requests_per_minute)"), "{error}");
    assert_eq!(app.arrived(), 3);

    // Asked again, nobody upstream is bothered.
    assert_eq!(app.post(EVENTS, prompt("hi")).await.status, 429);
    assert_eq!(app.arrived(), 3);

    // And when the rest is over, all is well without anybody's doing.
    app.sim.clear_faults();
    app.clock.advance(SignedDuration::from_secs(70));
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_key_to_return_says_how_long() {
    let app = TestApp::with().keys(["sim-upstream-day", "sim-upstream-minute"]).start().await;
    app.sim.add_fault(Fault::new(Preset::QuotaPerDay).key("*-day")).unwrap();
    app.sim.add_fault(Fault::new(Preset::QuotaPerMinute).key("*-minute")).unwrap();
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(wait <= 62, "the day is not over for everybody: {wait}");
    // gemini-cli ends its run on either word.
    assert!(!reply.text().contains("PerDay") && !reply.text().contains("limit: 0"), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_returns_in_time_is_waited_for() {
    let app = TestApp::with().keys(["sim-upstream-only"]).set("pool.max_wait", "2m").start().await;
    app.sim.add_fault(Fault::new(Preset::QuotaPerMinute).times(1)).unwrap();
    let client = app.client();
    let asking = client.post(UNARY, prompt("hi"));
    let time_passes = async {
        eventually("it is refused", || app.arrived() == 1).await;
        loop {
            app.clock.advance(SignedDuration::from_secs(60));
            // Whoever waits looks at the clock again; the machine's own timers do not know that it was moved.
            app.app.keyring.add_all(&[]).unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        reply = asking => assert_eq!(reply.status, 200, "{}", reply.text()),
        () = time_passes => {}
    }
    assert_eq!(app.arrived(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_asked_once_and_counted() {
    let keys = vec![
        SimKey { state: KeyState::Leaked, ..SimKey::good("sim-upstream-bad", 1) },
        SimKey::good("sim-upstream-good", 2),
    ];
    let app = TestApp::with().options(Options { keys, control: true, ..Options::default() }).start().await;
    for _ in 0..4 {
        assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
    }
    assert_eq!(app.keys_used().iter().filter(|key| key.ends_with("bad")).count(), 1);
    let health = app.get("/healthz").await.json();
    assert_snapshot!(health["keys"], @r#"{"total":2,"healthy":1,"resting":0,"disabled":1}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_quota_leaves_the_others_alone() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::QuotaPerDay).model("gemini-2.5-flash")).unwrap();
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 429);
    let other = UNARY.replace("flash", "flash-lite");
    assert_eq!(app.post(&other, prompt("hi")).await.status, 200);
    assert_eq!(app.get("/healthz").await.json()["keys"]["healthy"], 3, "the keys themselves are well");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_key_the_client_hears_that() {
    let app = TestApp::with().keys([]).start().await;
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_snapshot!(reply.status, @"503 Service Unavailable");
    assert_snapshot!(reply.json()["error"]["message"], @r#""No upstream key can serve this: there are no upstream keys""#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_comes_up_later_needs_no_restart() {
    // A port that refuses connections until it is listened on.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let app = TestApp::with().upstream(address).start().await;
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!(reply.google_error(), (502, "UNAVAILABLE".to_owned()));
    assert_eq!(app.get("/healthz").await.json()["keys"]["healthy"], 3, "no key is to blame");

    let listener: TcpListener = socket.listen(64).unwrap();
    let stop = CancellationToken::new();
    serve_simulator(listener, Simulator::new(Options::with_keys(KEYS)), None, stop.clone());
    assert_eq!(app.post(UNARY, prompt("hi")).await.status, 200);
    stop.cancel();
}
