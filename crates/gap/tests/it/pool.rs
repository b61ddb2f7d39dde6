//! The pool as its clients see it: whose quota is used, who rests and for how long, who waits for whom.

use std::time::Duration;

use futures_util::future::join_all;
use gap::keyring::Finding;
use gap_sim::{Fault, Limit, Limits, Options, Preset, Reply as Words, Script, SimKey, TierLimits};
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::app::{ACCESS_KEY, KEYS};
use crate::support::client::{Client, eventually};
use crate::support::{EVENTS, TestApp, UNARY, prompt};

const LITE: &str = "/v1beta/models/gemini-2.5-flash-lite:generateContent";

/// A refusal for lack of quota, word for word: the quotas with their limits, and the delay.
fn refusal(violations: &[(&str, &str)], delay: Option<&str>) -> Fault {
    let violation = |(id, value): &(&str, &str)| {
        json!({
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
            "quotaId": id,
            "quotaDimensions": { "location": "global", "model": "gemini-2.5-flash" },
            "quotaValue": value,
        })
    };
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": violations.iter().map(violation).collect::<Vec<_>>(),
    })];
    if let Some(delay) = delay {
        details.push(json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }));
    }
    let message = "You exceeded your current quota, please check your plan and billing details.";
    let error = json!({ "code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details });
    Fault::new(Script::Reply(Words { status: 429, headers: Vec::new(), body: json!({ "error": error }) }))
}

const PER_MINUTE: &str = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
const PER_DAY: &str = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
const TOKENS_PER_MINUTE: &str = "GenerateContentInputTokensPerModelPerMinute-FreeTier";

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

async fn ask(app: &TestApp, path: &str) -> u16 {
    app.post(path, prompt("hi")).await.status.as_u16()
}

/// How many requests with this key have arrived.
fn asked(app: &TestApp, key: &str) -> usize {
    app.keys_used().iter().filter(|used| *used == key).count()
}

/// An upstream that counts, and whose time the gateway shares.
fn counting(keys: Vec<SimKey>, limit: Limit) -> Options {
    let tier = TierLimits { default: limit, ..TierLimits::default() };
    let start = Some("2026-06-15T12:00:00Z".parse().unwrap());
    Options { keys, control: true, start, limits: Limits { free: tier.clone(), paid: tier }, ..Options::default() }
}

fn pass(app: &TestApp, time: u64) {
    app.sim.advance(Duration::from_secs(time));
    app.clock.advance(SignedDuration::try_from(Duration::from_secs(time)).unwrap());
}

/// How many requests Google refused.
fn refused(app: &TestApp) -> u64 {
    app.sim.usage().iter().map(|usage| usage.used.refused).sum()
}

// === rests ===

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_used_up_ends_at_midnight_pacific_and_for_one_model_only() {
    let app = TestApp::with().keys(["sim-upstream-a", "sim-upstream-b"]).start().await;
    app.sim.add_fault(refusal(&[(PER_DAY, "20")], Some("31s")).key("*-a").model("gemini-2.5-flash")).unwrap();
    for _ in 0..4 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert_eq!(asked(&app, "sim-upstream-a"), 1, "the delay in it means nothing (wire 7)");
    for _ in 0..4 {
        assert_eq!(ask(&app, LITE).await, 200);
    }
    assert_eq!(asked(&app, "sim-upstream-a"), 3, "the other model is used on both");

    // It is 05:00 in Los Angeles.
    app.clock.advance(seconds(19 * 3600 - 30));
    for _ in 0..4 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert_eq!(asked(&app, "sim-upstream-a"), 3);
    app.sim.clear_faults();
    app.clock.advance(seconds(90));
    for _ in 0..4 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert!(asked(&app, "sim-upstream-a") > 3, "a new day");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_answers_while_one_rests_for_as_long_as_google_says() {
    let app = TestApp::with().keys(["sim-upstream-a", "sim-upstream-b"]).start().await;
    app.sim.add_fault(refusal(&[(PER_MINUTE, "10")], Some("7s")).key("*-a").times(1)).unwrap();
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts")), (200, Some("2")));
    assert_eq!(reply.header("x-gap-waited"), None);
    app.clock.advance(seconds(5));
    for _ in 0..3 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert_eq!(asked(&app, "sim-upstream-a"), 1);
    app.clock.advance(seconds(4));
    for _ in 0..3 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert!(asked(&app, "sim-upstream-a") > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_quotas_the_longest_counts() {
    let app = TestApp::with().keys(["sim-upstream-a"]).start().await;
    let several = [(TOKENS_PER_MINUTE, "250000"), (PER_DAY, "20"), (PER_MINUTE, "10")];
    app.sim.add_fault(refusal(&several, Some("22s")).times(1)).unwrap();
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((18 * 3600..20 * 3600).contains(&wait), "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_on_the_tier_is_not_asked_for_again() {
    let app = TestApp::with().keys(["sim-upstream-a"]).start().await;
    app.sim.add_fault(Fault::new(Preset::QuotaZero).model("gemini-2.5-flash")).unwrap();
    assert!(matches!(ask(&app, UNARY).await, 429 | 503));
    for days in 0..3 {
        app.clock.advance(seconds(days * 86_400));
        assert!(matches!(ask(&app, UNARY).await, 429 | 503));
    }
    assert_eq!(app.arrived(), 1);
    assert_eq!(ask(&app, LITE).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_and_quotas_that_mean_nothing_do_no_harm() {
    let app = TestApp::with().keys(["sim-upstream-a", "sim-upstream-b"]).start().await;
    // wire 9: i64::MAX nanoseconds.
    app.sim.add_fault(refusal(&[(PER_MINUTE, "10")], Some("9223372036.854775807s")).key("*-a").times(1)).unwrap();
    assert_eq!(ask(&app, UNARY).await, 200);
    app.clock.advance(seconds(70));
    for _ in 0..3 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert!(asked(&app, "sim-upstream-a") > 1, "it is back after a minute");

    app.sim.add_fault(Fault::new(Preset::QuotaStorage).times(2)).unwrap();
    _ = app.post("/upload/v1beta/files?uploadType=media", "x").await;
    app.sim.clear_faults();
    let before = app.arrived();
    assert_eq!(ask(&app, UNARY).await, 200);
    assert_eq!(app.arrived(), before + 1);
    assert_eq!(app.get("/healthz").await.json()["keys"]["healthy"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_way_out_is_to_blame_no_key_is_punished() {
    let keys: Vec<String> = (0..12).map(|n| format!("sim-upstream-{n:02}")).collect();
    let options = Options::with_keys(keys.iter().map(String::as_str));
    let app = TestApp::with().options(options).start().await;
    app.sim.add_fault(Fault::new(Preset::QuotaBare)).unwrap();
    _ = join_all((0..12).map(|_| ask(&app, UNARY))).await;
    app.sim.clear_faults();
    // Nobody knows whether the way is open again, so somebody looks, soon.
    for _ in 0..6 {
        app.clock.advance(seconds(20));
        _ = ask(&app, UNARY).await;
    }
    app.sim.forget_requests();
    for _ in 0..24 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    let used: std::collections::HashSet<String> = app.keys_used().into_iter().collect();
    // The first to fail, before anybody could know why, stand back behind the others for a few minutes; none is out.
    assert!(used.len() >= 9, "{used:?}");
    assert_eq!(app.get("/healthz").await.json()["keys"]["healthy"], 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_minute_and_then_silence_frees_the_bucket() {
    let limit = Limit { rpm: Some(5), ..Limit::default() };
    let options = counting(vec![SimKey::good("sim-upstream-a", 1)], limit);
    let app = TestApp::with().options(options).start().await;
    for _ in 0..5 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert_eq!(ask(&app, UNARY).await, 429);
    pass(&app, 61);
    assert_eq!(ask(&app, UNARY).await, 200, "nothing had to happen for it");
}

// === spread and limits ===

#[tokio::test(flavor = "multi_thread")]
async fn equal_keys_get_equal_shares() {
    let app = TestApp::start().await;
    for _ in 0..30 {
        let replies = join_all((0..10).map(|_| ask(&app, UNARY))).await;
        assert!(replies.iter().all(|status| *status == 200));
    }
    for key in KEYS {
        assert!((90..=110).contains(&asked(&app, key)), "{key}: {}", asked(&app, key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_are_known_are_never_overshot_however_many_ask() {
    let limit = Limit { rpm: Some(20), ..Limit::default() };
    let keys = KEYS.iter().zip(1..).map(|(key, project)| SimKey::good(*key, project)).collect();
    let app = TestApp::with().options(counting(keys, limit)).start().await;
    // Google tells the limit when it is reached for the first time.
    _ = join_all((0..80).map(|_| ask(&app, UNARY))).await;
    pass(&app, 70);
    let before = refused(&app);
    for _ in 0..3 {
        let replies = join_all((0..200).map(|_| ask(&app, UNARY))).await;
        let served = replies.iter().filter(|status| **status == 200).count();
        assert!((40..=60).contains(&served), "{served}");
        pass(&app, 70);
    }
    assert_eq!(refused(&app) - before, 0, "nobody ran into a limit that was known");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_by_hand_hold_from_the_first_request_on() {
    let limit = Limit { rpm: Some(4), ..Limit::default() };
    let options = counting(vec![SimKey::good("sim-upstream-a", 1)], limit);
    let app = TestApp::with().options(options).set("pool.limits", "gemini-2.5-flash rpm=4").start().await;
    let replies = join_all((0..50).map(|_| ask(&app, UNARY))).await;
    assert_eq!(replies.iter().filter(|status| **status == 200).count(), 4);
    assert_eq!((app.arrived(), refused(&app)), (4, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_project_share_its_quota() {
    let limit = Limit { rpm: Some(4), ..Limit::default() };
    let keys = vec![SimKey::good("sim-upstream-a", 1), SimKey::good("sim-upstream-b", 1)];
    let app = TestApp::with()
        .options(counting(keys, limit))
        .set("pool.keys", "team:sim-upstream-a, team:sim-upstream-b")
        .set("pool.limits", "gemini-2.5-flash rpm=4")
        .start()
        .await;
    let replies = join_all((0..20).map(|_| ask(&app, UNARY))).await;
    assert_eq!(replies.iter().filter(|status| **status == 200).count(), 4);
    assert_eq!(refused(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_paid_projects_serve_where_that_is_wanted() {
    let app = TestApp::with()
        .keys(["sim-upstream-a", "sim-upstream-b"])
        .set("pool.keys", "free:sim-upstream-a, rich:sim-upstream-b")
        .set("pool.paid_projects", "rich")
        .set("pool.tiers", "only_paid")
        .start()
        .await;
    for _ in 0..4 {
        assert_eq!(ask(&app, UNARY).await, 200);
    }
    assert_eq!((asked(&app, "sim-upstream-a"), asked(&app, "sim-upstream-b")), (0, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_counted_before_google_counts_them() {
    let limit = Limit { tpm: Some(1_000), ..Limit::default() };
    let options = counting(vec![SimKey::good("sim-upstream-a", 1)], limit);
    let app = TestApp::with().options(options).set("pool.limits", "gemini-2.5-flash tpm=1000").start().await;
    let long = "word ".repeat(400);
    let replies = join_all((0..6).map(|_| app.post(UNARY, prompt(&long)))).await;
    let served = replies.iter().filter(|reply| reply.status == 200).count();
    assert!((1..=2).contains(&served), "{served}");
    assert_eq!(refused(&app), 0);
}

// === waiting ===

/// A gateway whose only key has one request per minute, which is used up.
async fn full(settings: &[(&'static str, &str)]) -> TestApp {
    let options = counting(vec![SimKey::good("sim-upstream-a", 1)], Limit { rpm: Some(1), ..Limit::default() });
    let mut setup = TestApp::with().options(options).set("pool.max_wait", "5m").set("pool.limits", "* rpm=1");
    for (name, value) in settings {
        setup = setup.set(name, value);
    }
    let app = setup.start().await;
    assert_eq!(ask(&app, UNARY).await, 200);
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_for_the_minute_to_end() {
    let app = full(&[]).await;
    let client = app.client();
    let (reply, ()) = tokio::join!(client.post(UNARY, prompt("hi")), async {
        eventually("it waits", || app.app.keyring.waiting() == 1).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        pass(&app, 70);
    });
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.header("x-gap-waited").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!((app.arrived(), refused(&app)), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn access_keys_take_turns_however_many_requests_each_has() {
    let app = full(&[("auth.users_api_keys", &format!("{ACCESS_KEY},other-access-key"))]).await;
    let (greedy, modest) = (app.client(), Client::new(app.address, Some("other-access-key")));
    let mut many = Box::pin(join_all((0..20).map(|_| greedy.post(UNARY, prompt("hi")))));
    tokio::select! { _ = &mut many => unreachable!(), () = eventually("they wait", || app.app.keyring.waiting() == 20) => {} }
    let mut one = Box::pin(modest.post(UNARY, prompt("hi")));
    tokio::select! { _ = &mut many => unreachable!(), _ = &mut one => unreachable!(), () = eventually("it waits", || app.app.keyring.waiting() == 21) => {} }
    let minutes = async {
        for _ in 0..2 {
            let waiting = app.app.keyring.waiting();
            pass(&app, 70);
            eventually("it is somebody's turn", || app.app.keyring.waiting() < waiting).await;
            eventually("and the answer is there", || app.app.keyring.open_leases() == 0).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = &mut many => panic!("two minutes are enough for two"),
        () = minutes => {}
        reply = &mut one => assert_eq!(reply.status, 200, "{}", reply.text()),
    }
    drop(many);
    eventually("their places are free", || app.app.keyring.waiting() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_would_be_too_long_is_refused_with_the_time_to_come_back() {
    let app = full(&[]).await;
    let hasty = app.client().header("x-server-timeout", "5");
    let reply = hasty.post(UNARY, prompt("hi")).await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((55..=70).contains(&wait), "{wait}");
    assert_eq!(app.app.keyring.waiting(), 0);
    let stream = app.post(EVENTS, prompt("hi")).await;
    assert_eq!(stream.status, 429, "while a real status is still possible");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_gives_the_place_up() {
    let app = full(&[]).await;
    {
        let client = Client::new(app.address, Some(ACCESS_KEY));
        let mut leaves = Box::pin(client.post(UNARY, prompt("hi")));
        tokio::select! { _ = &mut leaves => unreachable!(), () = eventually("it waits", || app.app.keyring.waiting() == 1) => {} }
    }
    eventually("its place is free", || app.app.keyring.waiting() == 0).await;
    pass(&app, 70);
    assert_eq!(ask(&app, UNARY).await, 200);
    assert_eq!(app.arrived(), 2, "nobody asked for the one who left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_line_is_said_to_be_full() {
    let app = full(&[("pool.max_waiting", "0")]).await;
    let reply = app.post(UNARY, prompt("hi")).await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    assert_snapshot!(reply.json()["error"]["message"], @r#""Too many requests wait for an upstream key already: 1 key out (spent_requests_per_minute); the first is back at 2026-06-15T12:01:01Z""#);
}

// === explaining ===

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_why_which_keys_were_tried() {
    let log = crate::support::log::collect();
    let app = TestApp::with().keys(["sim-upstream-a", "sim-upstream-b"]).start().await;
    app.sim.add_fault(refusal(&[(PER_MINUTE, "10")], Some("7s")).times(1)).unwrap();
    let client = app.client().header("x-request-id", "why-which-keys");
    assert_eq!(client.post(UNARY, prompt("hi")).await.status, 200);
    let line = || {
        log.text()
            .lines()
            .find(|line| line.contains("why-which-keys") && line.contains("pool.explanation"))
            .map(str::to_owned)
    };
    eventually("the line is written", || line().is_some()).await;
    let line = line().unwrap();
    let json = &line[line.find("[{").unwrap()..=line.rfind("}]").unwrap() + 1];
    let explained: Value =
        serde_json::from_str(&json.replace("\\\"", "\"")).unwrap_or_else(|error| panic!("{error}: {line}"));
    let attempts = explained.as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{explained}");
    assert_eq!((&attempts[0]["outcome"], &attempts[0]["scope"]), (&json!("requests_per_minute"), &json!("bucket")));
    assert_eq!(attempts[0]["in_play"], 2);
    assert_eq!(attempts[1]["outcome"], "answered");
    assert_eq!(attempts[1]["rejected"], json!({ "requests_per_minute": 1 }));
    assert!(!line.contains("sim-upstream-a"), "no key in the log: {line}");
}

// === looking again ===

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_mended_comes_back_by_itself() {
    let app = TestApp::with().keys(["sim-upstream-a"]).start().await;
    app.sim.set_key_state("sim-upstream-a", gap_sim::KeyState::Suspended);
    assert!(ask(&app, UNARY).await >= 500);
    assert_eq!(app.get("/healthz").await.json()["keys"]["disabled"], 1);
    app.clock.advance(seconds(31 * 60));
    app.app.keyring.do_chores(&app.app.upstream).await;
    assert_eq!(app.get("/healthz").await.json()["keys"]["disabled"], 1, "it is still refused");
    app.sim.set_key_state("sim-upstream-a", gap_sim::KeyState::Good);
    app.clock.advance(seconds(61 * 60));
    app.app.keyring.do_chores(&app.app.upstream).await;
    assert_eq!(app.get("/healthz").await.json()["keys"]["healthy"], 1);
    assert_eq!(ask(&app, UNARY).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_on_demand_has_one_of_four_outcomes() {
    let app = TestApp::with().keys(["sim-upstream-a"]).start().await;
    let key = app.app.keyring.keys()[0].id;
    let look = async || app.app.keyring.recheck(key, &app.app.upstream).await.unwrap();
    assert_eq!(look().await.finding, Finding::Good);
    app.sim.add_fault(refusal(&[(PER_MINUTE, "10")], Some("7s")).times(1)).unwrap();
    assert_eq!(look().await.finding, Finding::Limited);
    assert_eq!(ask(&app, UNARY).await, 200, "a look takes no bucket out of play");
    app.sim.add_fault(Fault::new(Preset::Internal).times(1)).unwrap();
    assert_eq!(look().await.finding, Finding::Unreachable);
    app.sim.set_key_state("sim-upstream-a", gap_sim::KeyState::Suspended);
    let found = look().await;
    assert_eq!((found.finding, found.cause), (Finding::Invalid, Some("key_suspended")));
    assert!(!found.message.is_empty() && !found.message.contains("sim-upstream-a"), "{}", found.message);
    assert_eq!(app.get("/healthz").await.json()["keys"]["disabled"], 1);
    app.sim.set_key_state("sim-upstream-a", gap_sim::KeyState::Good);
    assert_eq!(look().await.finding, Finding::Good);
    assert_eq!(ask(&app, UNARY).await, 200);
    assert!(app.app.keyring.recheck("999".parse().unwrap(), &app.app.upstream).await.is_none());
}
