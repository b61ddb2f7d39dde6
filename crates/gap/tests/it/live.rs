//! What is seen from outside while it happens: metrics, events, traces, alerts.

use gap::alerts::Watch;
use gap_sim::{Fault, Options, Preset};
use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use crate::support::app::Setup;
use crate::support::client::{Client, within};
use crate::support::raw::{RawUpstream, answer, body_of};
use crate::support::{EVENTS, TestApp, UNARY, prompt};

const ADMIN: &str = "the-administrators-key";
const ALICE: &str = "alice-has-this-access-key";
const BOB: &str = "bob-has-this-access-key";

fn setup() -> Setup {
    TestApp::with()
        .options(Options::with_keys(["sim-key-number-one", "sim-key-number-two"]))
        .set("auth.admin_api_keys", ADMIN)
        .set("auth.users_api_keys", &format!("{ALICE},{BOB}"))
}

fn client(app: &TestApp, key: &str) -> Client {
    Client::new(app.address, Some(key))
}

/// A stream of events, read frame by frame.
struct Frames {
    body: Incoming,
    text: String,
}

impl Frames {
    async fn open(client: &Client, path: &str) -> Self {
        let response = client.begin(Method::GET, path, "").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let mut frames = Self { body: response.into_body(), text: String::new() };
        assert_eq!(frames.next().await, "retry: 2000");
        frames
    }

    async fn next(&mut self) -> String {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let frame = frame.to_owned();
                self.text = rest.to_owned();
                return frame;
            }
            let more = within(self.body.frame()).await.expect("it goes on").unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    /// The name and the data of the next event of this kind.
    async fn event(&mut self, kind: &str) -> (String, Value) {
        loop {
            let frame = self.next().await;
            let field = |name: &str| {
                let found = frame.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
                found.unwrap_or_default().to_owned()
            };
            if field("event") == kind {
                return (field("id"), serde_json::from_str(&field("data")).unwrap());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_administrators_unless_somebody_opens_them() {
    let app = setup().start().await;
    for (key, status) in [(None, 401), (Some("wrong"), 401), (Some(ALICE), 403), (Some(ADMIN), 200)] {
        assert_eq!(Client::new(app.address, key).get("/metrics").await.status, status, "{key:?}");
    }
    let (open, off) = (setup().set("telemetry.metrics", "open"), setup().set("telemetry.metrics", "off"));
    let (open, off) = (open.start().await, off.start().await);
    assert_eq!(Client::new(open.address, None).get("/metrics").await.status, 200);
    assert_eq!(client(&off, ADMIN).get("/metrics").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happened() {
    let app = setup().start().await;
    let alice = client(&app, ALICE);
    alice.post(UNARY, prompt("one")).await;
    alice.post(EVENTS, prompt("two")).await;
    alice.post("/v1beta/models/made-up:generateContent", prompt("three")).await;
    let admin = client(&app, ADMIN);
    let mut text = String::new();
    for _ in 0..200 {
        text = admin.get("/metrics").await.text().to_owned();
        if text.contains(r#"gap_requests_total{dialect="gemini",model="gemini-2.5-flash",status="200"} 2"#) {
            break;
        }
        tokio::task::yield_now().await;
    }
    for line in [
        r#"gap_requests_total{dialect="gemini",model="gemini-2.5-flash",status="200"} 2"#,
        r#"gap_requests_total{dialect="gemini",model="other",status="404"} 1"#,
        r#"gap_request_duration_seconds_count{dialect="gemini",model="gemini-2.5-flash",status="200"} 2"#,
        r#"gap_time_to_first_token_seconds_count{dialect="gemini",model="gemini-2.5-flash"} 1"#,
        r#"gap_upstream_keys{state="healthy"} 2"#,
        "gap_ledger_records_lost_total 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_told_to_whom_they_belong_and_go_on_after_a_break() {
    let app = setup().start().await;
    let (alice, bob, admin) = (client(&app, ALICE), client(&app, BOB), client(&app, ADMIN));
    let mut all = Frames::open(&admin, "/api/v1/events").await;
    let mut own = Frames::open(&bob, "/api/v1/events").await;
    alice.post(UNARY, prompt("from alice")).await;
    bob.post(UNARY, prompt("from bob")).await;
    let (first, of_alice) = all.event("request").await;
    let (_, of_bob) = all.event("request").await;
    assert_ne!(of_alice["access_key"], of_bob["access_key"]);
    assert_eq!(own.event("request").await.1, of_bob, "the first that Bob hears of is his own");

    // Whoever comes back hears what happened meanwhile.
    drop(all);
    alice.post(UNARY, prompt("again")).await;
    let back = client(&app, ADMIN).header("last-event-id", &first);
    let mut all = Frames::open(&back, "/api/v1/events").await;
    assert_eq!(all.event("request").await.1["id"], of_bob["id"]);
    assert_eq!(all.event("request").await.1["access_key"], of_alice["access_key"]);
    let stranger = client(&app, ADMIN).header("last-event-id", "00000000-99");
    assert!(Frames::open(&stranger, "/api/v1/events").await.next().await.contains("event: missed"));

    // A key that Google refuses is told of, and only to administrators.
    app.sim.add_fault(Fault::new(Preset::KeyInvalid).times(1)).unwrap();
    alice.post(UNARY, prompt("on another key")).await;
    assert_eq!(all.event("key").await.1["scope"], "key");
    let (_, out) = all.event("key").await;
    assert_eq!((&out["change"], &out["cause"]), (&"disabled".into(), &"key_invalid".into()));
    let path = format!("/api/v1/keys/{}/enable", out["upstream_key"].as_str().unwrap());
    assert_eq!(admin.post(&path, "").await.status, 200, "{out}");
    let (_, back) = all.event("key").await;
    assert_eq!((&back["change"], &back["upstream_key"]), (&"restored".into(), &out["upstream_key"]));
    // The streams are still open: an orderly end does not wait for them.
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_to_keys_and_how_jobs_go_on_is_told_as_it_happens() {
    let app = setup().start().await;
    let admin = client(&app, ADMIN);
    let mut bobs = Frames::open(&client(&app, BOB), "/api/v1/events").await;
    let mut all = Frames::open(&admin, "/api/v1/events").await;
    let json = |text: &str| text.to_owned();
    let admin = client(&app, ADMIN).header("content-type", "application/json");
    let reply = admin.post("/api/v1/keys", json(r#"{"key": "sim-key-entered-by-hand"}"#)).await;
    let (id, created) = (reply.json()["id"].clone(), all.event("key").await.1);
    assert_eq!((&created["change"], &created["upstream_key"]), (&"created".into(), &id));

    let path = format!("/api/v1/keys/{}", id.as_str().unwrap());
    admin.send(Method::PATCH, &path, json(r#"{"label": "mine"}"#)).await;
    assert_eq!(all.event("key").await.1["change"], "updated");
    admin.post(&format!("{path}/disable"), json(r#"{"reason": "not today"}"#)).await;
    assert_eq!(all.event("key").await.1["change"], "disabled");
    admin.send(Method::DELETE, &path, "").await;
    assert_eq!(all.event("key").await.1["change"], "deleted");

    admin.post("/api/v1/keys/import", "sim-key-of-a-list-one\nsim-key-of-a-list-two").await;
    let (_, begun) = all.event("job").await;
    assert_eq!((&begun["kind"], &begun["state"], &begun["total"]), (&"import".into(), &"running".into(), &2.into()));
    assert_eq!(all.event("job").await.1["state"], "done");
    assert_eq!(all.event("key").await.1["keys"], 2);

    let job = admin.post("/api/v1/keys/check", json(r#"{"filter": {}}"#)).await.json();
    loop {
        let (_, told) = all.event("job").await;
        assert_eq!((&told["kind"], &told["id"]), (&"check".into(), &job["id"]));
        if told["state"] == "done" {
            assert_eq!((&told["done"], &told["total"]), (&4.into(), &4.into()));
            break;
        }
    }
    // None of it is a user's business.
    client(&app, BOB).post(UNARY, prompt("mine")).await;
    let frame = bobs.next().await;
    assert!(frame.contains("event: request") && !frame.contains("sim-key"), "{frame}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_status_page_tells_strangers_that_it_lives_and_no_more() {
    let (open, protected) = (setup(), setup().set("server.protect_status_page", "true"));
    let (open, protected) = (open.start().await, protected.start().await);
    for path in ["/", "/healthz", "/readyz"] {
        assert!(Client::new(open.address, None).get(path).await.text().contains("version"), "{path}");
        for stranger in [None, Some("wrong")] {
            let reply = Client::new(protected.address, stranger).get(path).await;
            assert_eq!(reply.status, 200, "{path}: a probe still works");
            for told in ["version", "keys", "database", "mode"] {
                assert!(!reply.text().contains(&format!("\"{told}\"")), "{path} tells of {told}: {}", reply.text());
            }
        }
        assert!(client(&protected, ALICE).get(path).await.text().contains("version"), "{path} for whoever is known");
    }
    assert_eq!(Client::new(protected.address, None).get("/api/v1/status").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_administrators() {
    let app = setup().start().await;
    assert_eq!(client(&app, ALICE).get("/api/v1/logs").await.status, 403);
    assert_eq!(client(&app, ADMIN).get("/api/v1/logs").await.status, 503, "this process keeps none");
    app.app.logs.set(gap::telemetry::tail::LogTail::default()).unwrap();
    assert_eq!(client(&app, ADMIN).get("/api/v1/logs?lines=2001").await.status, 422);
    let _open = Frames::open(&client(&app, ADMIN), "/api/v1/logs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_traced_with_its_tries_below_it() {
    let collector = RawUpstream::start(vec![answer(200, &[], b"{}")]).await;
    let endpoint = format!("http://{}", collector.address);
    let app = setup().set("telemetry.otlp_endpoint", &endpoint).set("pool.back_off_min", "0s").start().await;
    app.sim.add_fault(Fault::new(Preset::KeyInvalid).times(1)).unwrap();
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let alice = client(&app, ALICE).header("traceparent", header);
    assert_eq!(alice.post(UNARY, prompt("traced")).await.status, 200);
    // What has not been sent is sent at the end.
    drop(app);
    let received = collector.received();
    let sent: Value = serde_json::from_slice(body_of(&received[0])).unwrap();
    assert!(received[0].starts_with(b"POST /v1/traces "));
    let spans = sent["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 3, "{sent:#}");
    assert_eq!((&spans[0]["name"], &spans[0]["parentSpanId"]), (&"generateContent".into(), &"00f067aa0ba902b7".into()));
    assert!(spans[1..].iter().all(|span| span["parentSpanId"] == spans[0]["spanId"]));
    let text = String::from_utf8_lossy(&received[0]).into_owned();
    assert!(!text.contains("sim-key-number") && !text.contains(ALICE), "no secret is traced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_out_is_an_alert_which_is_signed() {
    let hook = RawUpstream::start(vec![answer(503, &[], b""), answer(200, &[], b"ok")]).await;
    let url = format!("http://{}/hook", hook.address);
    let app = setup().set("alerts.url", &url).set("alerts.secret", "between-us").start().await;
    let mut watch = Watch::default();
    watch.round(&app.app, &app.app.outbound).await;
    app.sim.add_fault(Fault::new(Preset::KeyInvalid).times(1)).unwrap();
    assert_eq!(client(&app, ALICE).post(UNARY, prompt("x")).await.status, 200);
    watch.round(&app.app, &app.app.outbound).await;
    watch.round(&app.app, &app.app.outbound).await;
    let received = hook.received();
    assert_eq!(received.len(), 2, "tried again after a failure, and told once");
    let alert: Value = serde_json::from_slice(body_of(&received[1])).unwrap();
    assert_eq!(alert["alert"], "key_disabled");
    assert!(!alert.to_string().contains("sim-key-number"), "masked: {alert}");
    let head = String::from_utf8_lossy(&received[1]).to_lowercase();
    assert!(head.starts_with("post /hook ") && head.contains("x-gap-signature: sha256="), "{head}");
}
