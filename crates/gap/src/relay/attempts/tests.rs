use gap_pool::verdict::{self, TransportFault};
use gap_protocol::meter::Framing;
use http::{HeaderMap, Method, StatusCode};

use super::*;
use crate::body::RequestBody;

fn policy() -> RelayPolicy {
    RelayPolicy {
        max_attempts: 3,
        max_keys: 4,
        deadline: Duration::from_mins(1),
        max_wait: Duration::from_secs(30),
        back_off: (Duration::from_millis(100), Duration::from_secs(2)),
        hold_back: 1024,
        first_byte_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(30),
        total_timeout: Duration::from_mins(5),
        keep_alive: Duration::from_secs(15),
        open_after: Duration::from_secs(10),
        fallbacks: std::collections::HashMap::new(),
    }
}

fn call(framing: Framing) -> Call {
    Call {
        verb: Method::POST,
        path: "/v1beta/models/m:generateContent".to_owned(),
        query: None,
        headers: HeaderMap::new(),
        body: RequestBody::empty(),
        model: Some("m".to_owned()),
        affinity: gap_pool::Affinity::None,
        framing,
        repeatable: true,
        finishes: false,
        client_deadline: None,
        may_fall_back: false,
    }
}

fn failed(cause: Cause) -> Unopened {
    Unopened::Faulty { fault: Box::new(Fault::new(cause, "")), executed: false, answer: None }
}

/// The pauses between the tries of a call that always fails like this, and the error in the end.
fn lives(cause: Cause) -> (Vec<Duration>, RelayError) {
    let (policy, call, now) = (policy(), call(Framing::Json), Instant::now());
    let mut attempts = Attempts::new(&policy, &call, now);
    let mut pauses = Vec::new();
    loop {
        match attempts.after(failed(cause), &call, now) {
            Next::Again { pause } => pauses.push(pause),
            Next::Stop(error) => return (pauses, error),
        }
    }
}

#[test]
fn a_refused_key_is_followed_by_others_at_once() {
    let (pauses, error) = lives(Cause::KeyInvalid);
    assert_eq!(pauses, [Duration::ZERO; 3]);
    assert!(matches!(error, RelayError::Exhausted(_)));
}

#[test]
fn overload_is_tried_a_few_times_with_growing_pauses() {
    let (pauses, _) = lives(Cause::Overloaded);
    assert_eq!(pauses.len(), 2);
    assert!((50..=100).contains(&pauses[0].as_millis()), "{pauses:?}");
    assert!((100..=200).contains(&pauses[1].as_millis()), "{pauses:?}");
}

#[test]
fn what_may_be_the_inputs_fault_is_tried_once_more() {
    assert_eq!(lives(Cause::InternalError).0.len(), 1, "wire 21");
    assert_eq!(lives(Cause::DeadlineExceeded).0.len(), 1, "wire 22");
}

#[test]
fn a_broken_connection_is_tried_again_at_once() {
    assert_eq!(lives(Cause::ConnectionReset).0[0], Duration::ZERO);
}

#[test]
fn what_no_key_can_change_is_not_tried_again() {
    assert!(lives(Cause::OauthRequired).0.is_empty());
}

#[test]
fn both_kinds_of_failure_are_counted_apart() {
    let (policy, call, now) = (policy(), call(Framing::Json), Instant::now());
    let mut attempts = Attempts::new(&policy, &call, now);
    for cause in [Cause::KeyInvalid, Cause::Overloaded, Cause::KeyLeaked, Cause::Overloaded, Cause::RequestsPerMinute] {
        assert!(matches!(attempts.after(failed(cause), &call, now), Next::Again { .. }), "{cause}");
    }
    assert!(matches!(attempts.after(failed(Cause::Overloaded), &call, now), Next::Stop(_)));
}

#[test]
fn what_may_have_been_done_is_not_done_twice() {
    let (policy, now) = (policy(), Instant::now());
    let once = Call { repeatable: false, ..call(Framing::Json) };
    let mut attempts = Attempts::new(&policy, &once, now);
    let connect = Unopened::transport(TransportFault::Connect);
    assert!(matches!(attempts.after(connect, &once, now), Next::Again { .. }), "nothing had been sent");
    assert!(matches!(attempts.after(failed(Cause::KeyInvalid), &once, now), Next::Again { .. }), "nothing was done");
    let reset = Unopened::transport(TransportFault::Reset);
    assert!(matches!(attempts.after(reset, &once, now), Next::Stop(RelayError::Exhausted(_))));
}

#[test]
fn the_deadline_is_the_clients_when_that_is_shorter() {
    let policy = policy();
    let now = Instant::now();
    let hasty = Call { client_deadline: Some(Duration::from_secs(5)), ..call(Framing::Json) };
    let mut attempts = Attempts::new(&policy, &hasty, now);
    assert_eq!(attempts.deadline(), now + Duration::from_secs(5));
    assert_eq!(attempts.wait_until(now), now + Duration::from_secs(5));
    let late = now + Duration::from_secs(5);
    assert!(matches!(attempts.after(failed(Cause::KeyInvalid), &hasty, late), Next::Stop(RelayError::TimedOut)));
}

#[test]
fn a_stream_waits_for_a_key_only_as_long_as_it_is_closed() {
    let policy = policy();
    let now = Instant::now();
    let attempts = Attempts::new(&policy, &call(Framing::Sse), now);
    assert_eq!(attempts.wait_until(now), now + policy.open_after);
    let opened = now + policy.open_after;
    assert_eq!(attempts.wait_until(opened), opened + policy.max_wait);
}

#[test]
fn googles_word_about_the_request_is_the_last_one() {
    let (policy, call, now) = (policy(), call(Framing::Json), Instant::now());
    let mut attempts = Attempts::new(&policy, &call, now);
    let not_found = || {
        let fault = Fault::new(Cause::ModelNotFound, "models/m is not found for API version v1beta");
        let answer = Refusal {
            fault: fault.clone(),
            status: StatusCode::NOT_FOUND,
            headers: HeaderMap::new(),
            body: "{}".into(),
        };
        Unopened::Faulty { fault: Box::new(fault), executed: false, answer: Some(Box::new(answer)) }
    };
    assert!(matches!(attempts.after(not_found(), &call, now), Next::Again { .. }), "wire 18");
    assert!(matches!(attempts.after(not_found(), &call, now), Next::Stop(RelayError::Refused(_))));

    // The same when there is no other project to ask.
    let mut attempts = Attempts::new(&policy, &call, now);
    assert!(matches!(attempts.after(not_found(), &call, now), Next::Again { .. }));
    let nobody = NoLease {
        ranking: gap_pool::Ranking::default(),
        at: jiff::Timestamp::UNIX_EPOCH,
        crowded: false,
        waited_ms: 0,
    };
    assert!(matches!(attempts.without_key(nobody), RelayError::Refused(_)));
}

#[test]
fn without_a_key_from_the_beginning_the_pool_has_the_word() {
    let policy = policy();
    let attempts = Attempts::new(&policy, &call(Framing::Json), Instant::now());
    let nobody = NoLease {
        ranking: gap_pool::Ranking::default(),
        at: jiff::Timestamp::UNIX_EPOCH,
        crowded: false,
        waited_ms: 0,
    };
    assert!(matches!(attempts.without_key(nobody), RelayError::NoKey(_)));
}

#[test]
fn every_transport_fault_has_a_verdict_that_blames_no_key() {
    for fault in [TransportFault::Connect, TransportFault::Reset, TransportFault::Timeout] {
        assert_eq!(verdict::of_transport(fault).scope, verdict::Scope::Upstream);
    }
}
