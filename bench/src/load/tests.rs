use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;

use super::check::Check;
use super::report::Tally;
use super::{Options, Route, press};
use crate::net::{self, Speaks};
use crate::script::Script;

fn options(port: u16) -> Options {
    Options {
        target: format!("http://127.0.0.1:{port}").parse().unwrap(),
        route: Route::Native,
        model: "bench-1k".to_owned(),
        stream: false,
        prompt: 10,
        connections: 1,
        seconds: 60.0,
        requests: Some(3),
        rate: None,
        key: "bench".to_owned(),
    }
}

/// Answers each request with the next of these bodies, then with the last for ever.
async fn server_of(bodies: Vec<Bytes>) -> u16 {
    let listener = net::listen(0).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (bodies, answered) = (Arc::new(bodies), Arc::new(AtomicUsize::new(0)));
    let service = service_fn(move |_: Request<Incoming>| {
        let at = answered.fetch_add(1, Ordering::Relaxed).min(bodies.len() - 1);
        let body = bodies[at].clone();
        async move { Ok::<_, Infallible>(Response::new(Full::new(body))) }
    });
    net::detach(async move { net::serve(listener, Speaks::Http1, service).await.unwrap() });
    port
}

fn right_answer() -> Bytes {
    crate::script::unary(&Script::of_model("bench-1k").unwrap())
}

#[tokio::test]
async fn one_wrong_answer_among_right_ones_is_an_error() {
    let right = right_answer();
    let wrong = String::from_utf8(right.to_vec()).unwrap().replacen("gateway", "getaway", 1);
    let port = server_of(vec![right.clone(), right.clone(), wrong.into(), right]).await;
    let error = press(options(port)).await.unwrap_err().to_string();
    assert!(error.starts_with("the text is another one"), "{error}");
}

#[tokio::test]
async fn the_request_that_looks_whether_the_route_exists_is_not_counted() {
    let port = server_of(vec![b"not looked at".as_slice().into(), right_answer()]).await;
    let super::Outcome::Measured(report) = press(options(port)).await.unwrap() else { panic!("not measured") };
    assert_eq!(report.requests, 3);
}

#[tokio::test]
async fn no_listener_is_an_error() {
    let port = net::free_port().await.unwrap();
    let error = press(options(port)).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot connect"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_never_answers_does_not_hang_the_client() {
    let listener = net::listen(0).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = press(options(port)).await.unwrap_err().to_string();
    assert_eq!(error, "answers are still missing after 80s");
    drop(listener);
}

#[tokio::test]
async fn nonsense_is_refused() {
    for (wrong, why) in [
        (Options { connections: 0, ..options(1) }, "there must be a connection"),
        (Options { seconds: -1.0, ..options(1) }, "a run takes up to 3600 seconds"),
        (Options { seconds: f64::NAN, ..options(1) }, "a run takes up to 3600 seconds"),
        (Options { rate: Some(0.0), ..options(1) }, "the rate is not one that can be kept"),
        (Options { rate: Some(f64::INFINITY), ..options(1) }, "the rate is not one that can be kept"),
    ] {
        assert_eq!(press(wrong).await.unwrap_err().to_string(), why);
    }
}

fn checked(route: Route, expected: &str, events: &[&str]) -> Result<(), String> {
    let mut check = Check::new(route, expected);
    let mut all = || {
        events.iter().try_for_each(|event| check.event(event.as_bytes()))?;
        std::mem::replace(&mut check, Check::new(route, "")).end()
    };
    all().map_err(|error: anyhow::Error| error.to_string())
}

const SAYS_AB: &str = r#"{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"b"}]}}]}"#;
const ENDS: &str = r#"{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"totalTokenCount":3}}"#;
const DELTA: &str = r#"{"choices":[{"delta":{"role":"assistant","content":"ab"},"finish_reason":null}]}"#;
const STOPS: &str = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

#[test]
fn whole_streams_are_right() {
    assert_eq!(checked(Route::Native, "ab", &[SAYS_AB, ENDS]), Ok(()));
    assert_eq!(checked(Route::Openai, "ab", &[DELTA, STOPS, "[DONE]"]), Ok(()));
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    let cases: [(Route, &str, &[&str], &str); 8] = [
        (Route::Native, "abc", &[SAYS_AB, ENDS], "the last 1 characters of the answer are missing"),
        (Route::Native, "a", &[SAYS_AB, ENDS], "the text is another one, 0 characters before its end: \"b\""),
        (Route::Native, "ab", &[SAYS_AB], "the answer has no finish reason"),
        (Route::Native, "", &[r#"{"candidates":[{"finishReason":"STOP"}]}"#], "the answer has no usage"),
        (Route::Native, "ab", &["[DONE]"], "not the JSON of an answer: [DONE]"),
        (Route::Openai, "ab", &[DELTA, STOPS], "the stream has no [DONE]"),
        (Route::Openai, "ab", &[DELTA, "[DONE]"], "the answer has no finish reason"),
        (Route::Openai, "abab", &[DELTA, "[DONE]", DELTA], "an event came after [DONE]"),
    ];
    for (route, expected, events, why) in cases {
        assert_eq!(checked(route, expected, events), Err(why.to_owned()));
    }
}

#[test]
fn quantiles_are_those_of_what_was_counted() {
    let mut tally = Tally::new(true).unwrap();
    for milliseconds in 1..=100 {
        tally.count(Duration::from_millis(1), Duration::from_millis(milliseconds)).unwrap();
    }
    let report = tally.report(2.0);
    assert_eq!((report.requests, report.per_second.round()), (100, 50.0));
    let near = |is: f64, should: f64| (is - should).abs() < should / 500.0;
    assert!(near(report.total.p50, 50_000.0) && near(report.total.p99, 99_000.0), "{report:?}");
    assert!(near(report.total.max, 100_000.0) && near(report.first_event.unwrap().max, 1_000.0), "{report:?}");
}

#[test]
fn no_more_requests_leave_than_were_asked_for() {
    let mut tally = Tally::new(false).unwrap();
    let admitted = (0..10).filter(|_| tally.admit(3)).count();
    assert_eq!(admitted, 3);
}
