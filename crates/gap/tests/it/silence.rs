//! No secret appears in a log, an error or a header, whatever goes wrong.

mod routes;

use gap_sim::{ErrorEvent, Fault, KeyState, Options, Preset, Script, SimKey};

use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{ARRAY, EVENTS, Reply, TestApp, UNARY, log, prompt};

/// Long enough to be told from any word, and of the shape that Google's keys have.
const UPSTREAM_KEYS: [&str; 3] =
    ["AIzaSyD-canary-7f3b19c2a4e5d6f708192a3b", "AQ.canary.0123456789abcdef0123456789", "odd+canary/key=for~any!shape"];
const PROMPT: &str = "canary-prompt-9b1d";
const ANSWER: &str = "canary-answer-77e0";
const WRONG_KEY: &str = "canary-wrong-access-key-5a5a";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_ever_said() {
    let log = log::collect();
    let keys = UPSTREAM_KEYS.into_iter().zip(123_456_789_001_u64..).map(|(key, project)| SimKey::good(key, project));
    let options = Options { keys: keys.collect(), control: true, ..Options::default() };
    let app = TestApp::with().options(options).set("upstream.idle_timeout", "300ms").start().await;
    let mut replies: Vec<Reply> = Vec::new();
    for preset in [
        Preset::KeySuspended,
        Preset::KeyInvalid,
        Preset::KeyLeaked,
        Preset::KeyExpired,
        Preset::ServiceDisabled,
        Preset::ProjectDenied,
        Preset::QuotaPerDay,
        Preset::QuotaPerMinute,
        Preset::Overloaded,
        Preset::Internal,
        Preset::InvalidArgument,
        Preset::ModelNotFound,
        Preset::FileForbidden,
        Preset::CacheForbidden,
        Preset::BadGateway,
        Preset::LocationUnsupported,
    ] {
        app.sim.clear_faults();
        app.sim.add_fault(Fault::new(preset)).unwrap();
        for path in [UNARY, EVENTS, ARRAY] {
            replies.push(app.post(path, prompt(PROMPT)).await);
        }
        app.sim.clear_faults();
        app.sim.add_fault(Fault::new(Script::ErrorEvent(ErrorEvent { after: 0, preset }))).unwrap();
        replies.push(app.post(EVENTS, prompt(PROMPT)).await);
    }
    app.sim.clear_faults();
    for state in [KeyState::Suspended, KeyState::Leaked, KeyState::Invalid] {
        for key in UPSTREAM_KEYS {
            app.sim.set_key_state(key, state);
        }
        replies.push(app.post("/v1beta/models/gemini-2.5-pro:generateContent", prompt(PROMPT)).await);
    }
    let query = format!("{UNARY}?key={ACCESS_KEY}");
    replies.push(Client::new(app.address, None).post(&query, prompt(PROMPT)).await);
    replies.push(Client::new(app.address, Some(WRONG_KEY)).post(UNARY, prompt(PROMPT)).await);
    replies.push(Client::new(app.address, None).get(&format!("/nonsense?key={WRONG_KEY}")).await);
    replies.push(Client::new(app.address, None).get("/healthz").await);
    drop(app);

    let healthy = TestApp::with().keys(["AIzaSyD-canary-7f3b19c2a4e5d6f708192a3b"]).start().await;
    let reply = healthy.post(UNARY, prompt(&format!("[[sim: text={ANSWER}]] {PROMPT}"))).await;
    assert!(reply.text().contains(ANSWER));
    drop(healthy);

    let mut said = log.text();
    assert!(said.contains("answered 200") && said.contains("refused with"), "the log was collected");
    // The simulator and the HTTP library speak at the lowest levels, of what they are told; they are not ours.
    said = said.lines().filter(|line| line.contains(" gap::")).collect::<Vec<_>>().join("\n");
    for reply in &replies {
        let body = String::from_utf8_lossy(&reply.body);
        said = format!("{said}\n{:?}\n{body}", reply.headers);
    }
    for secret in UPSTREAM_KEYS.into_iter().chain([PROMPT, ANSWER, WRONG_KEY, ACCESS_KEY, "12345678900"]) {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_call_leaves_one_line_with_what_it_cost() {
    let log = log::collect();
    let app = TestApp::start().await;
    let client = app.client().header("x-request-id", "the-line-to-find");
    client.post(EVENTS, prompt("[[sim: chunks=3]] hi")).await;
    drop(app);
    let text = log.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("the-line-to-find")).collect();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    for part in [
        "answered 200",
        "model=\"gemini-2.5-flash\"",
        "finish_reason=\"STOP\"",
        "usage.prompt_tokens=",
        "attempts=1",
        "caller=\"user-1\"",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}
