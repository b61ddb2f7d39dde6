//! What a fault does, to whom and for how long.

use super::*;
use crate::{Affinity, KeyState, Reason};

// wire 5
#[test]
fn a_day_used_up_is_skipped_for_that_model_only_until_midnight_in_california() {
    let mut rig = Rig::with(2);
    let fault = rig.exhausted(&[(RPD, Some(250))], "31s");
    let first = rig.call_that_fails(fault).unwrap();
    for _ in 0..10 {
        assert_ne!(rig.call(), Some(first));
    }
    let pro: Vec<_> = (0..2).map(|_| rig.call_for(&need_of(OTHER), &Outcome::success()).unwrap()).collect();
    assert!(pro.contains(&first));
    rig.now = "2026-07-16T06:59:59Z".parse().unwrap();
    assert!((0..4).all(|_| rig.call() != Some(first)));
    rig.now = "2026-07-16T07:00:00Z".parse().unwrap();
    assert!((0..4).any(|_| rig.call() == Some(first)));
}

// wire 6
#[test]
fn a_minute_used_up_is_answered_by_another_key_and_the_first_is_back_in_time() {
    let mut rig = Rig::with(2);
    let fault = rig.exhausted(&[(RPM, Some(10))], "7s");
    let first = rig.call_that_fails(fault).unwrap();
    assert!((0..5).all(|_| rig.call() != Some(first)));
    rig.wait(6);
    assert!((0..5).all(|_| rig.call() != Some(first)));
    rig.wait(1);
    assert!((0..2).any(|_| rig.call() == Some(first)));
}

// wire 4
#[test]
fn of_three_quotas_the_longest_decides() {
    let mut rig = Rig::with(1);
    let fault = rig.exhausted(&[(RPM, Some(10)), (RPD, Some(250)), (TPM, Some(250_000))], "12s");
    rig.call_that_fails(fault);
    let ranking = rig.rank(&need());
    assert_eq!(ranking.returns_at, Some("2026-07-16T07:00:00Z".parse().unwrap()));
    assert_eq!(ranking.rejected.count(Reason::Fault(Cause::RequestsPerDay)), 1);
}

// wire 7
#[test]
fn a_model_that_is_not_on_the_tier_is_never_asked_again() {
    let mut rig = Rig::with(1);
    let fault = rig.exhausted(&[(RPM, Some(0)), (RPD, Some(0)), (TPM, Some(0))], "12s");
    let key = rig.call_that_fails(fault).unwrap();
    for days in 0..30 {
        rig.wait(days * 86_400);
        assert_eq!(rig.call(), None);
        assert_eq!(rig.rank(&need()).returns_at, None);
    }
    assert!(rig.call_for(&need_of(OTHER), &Outcome::success()).is_some());
    assert!(rig.pool.enable(key, rig.now), "the operator has paid");
    assert_eq!(rig.call(), Some(key));
}

// wire 8, 9
#[test]
fn absurd_delays_and_quotas_of_features_do_no_harm() {
    let mut rig = Rig::with(1);
    let fault = rig.exhausted(&[(RPM, Some(10))], "9223372036.854775807s");
    rig.call_that_fails(fault);
    rig.wait(62);
    assert!(rig.call().is_some());
    let fault = rig.exhausted(&[("FileStorageBytesPerProject", Some(20))], "9223372036s");
    rig.call_that_fails(fault);
    assert!(rig.call().is_some());
}

// wire 10
#[test]
fn refusals_that_nobody_explains_rest_longer_each_time_and_one_request_looks() {
    let mut rig = Rig::with(1);
    rig.call();
    for minutes in [(0, 30), (2, 0), (10, 0), (60, 0), (60, 0)] {
        rig.call_that_fails(unexplained());
        let rest = Duration::from_secs(minutes.0 * 60 + minutes.1);
        assert_eq!(rig.rank(&need()).returns_at, Some(rig.now + rest));
        rig.now += rest;
    }
    let look = rig.lease().unwrap();
    assert!(rig.lease().is_none(), "one looks, the others wait");
    rig.pool.settle(look, &Outcome::success(), rig.now);
    assert!(rig.lease().is_some());
}

#[test]
fn a_look_that_is_abandoned_lets_the_next_one_look() {
    let mut rig = Rig::with(1);
    rig.call();
    rig.call_that_fails(unexplained());
    rig.wait(30);
    let look = rig.lease().unwrap();
    rig.pool.settle(look, &Outcome::Abandoned, rig.now);
    assert!(rig.lease().is_some());
}

#[test]
fn an_answer_that_has_begun_is_news_enough() {
    let mut rig = Rig::with(1);
    rig.call();
    rig.call_that_fails(unexplained());
    rig.wait(30);
    let mut look = rig.lease().unwrap();
    rig.pool.answer_began(&mut look, rig.now);
    assert!(rig.lease().is_some());
    rig.pool.settle(look, &Outcome::success(), rig.now);
}

#[test]
fn requests_under_way_together_are_one_strike() {
    let mut rig = Rig::with(1);
    let leases: Vec<Lease> = (0..5).map(|_| rig.lease().unwrap()).collect();
    for lease in leases {
        rig.pool.settle(lease, &Outcome::Fault(unexplained()), rig.now);
    }
    assert_eq!(rig.rank(&need()).returns_at, Some(rig.now + Duration::from_secs(30)));
}

// all keys 429 at once by egress
#[test]
fn a_storm_punishes_nobody() {
    let mut rig = Rig::with(8);
    for _ in 0..2 {
        let leases: Vec<Lease> = (0..8).map(|_| rig.lease().unwrap()).collect();
        rig.wait(1);
        for lease in leases {
            rig.pool.settle(lease, &Outcome::Fault(unexplained()), rig.now);
        }
        assert_eq!(rig.pool.summary(rig.now).healthy, 8);
        assert!(rig.pool.keys(rig.now).iter().all(|key| key.buckets.is_empty()), "rests are taken back");
        // Nobody is asked for a moment, then one looks.
        let back = rig.rank(&need()).returns_at.unwrap();
        assert!(back > rig.now && back < rig.now + Duration::from_mins(1));
        rig.now = back;
        let look = rig.lease().unwrap();
        assert!(rig.lease().is_none());
        rig.pool.settle(look, &Outcome::success(), rig.now);
        rig.wait(60);
    }
    assert!((0..8).all(|_| rig.lease().is_some()));
}

// a storm comes into a busy day
#[test]
fn who_asked_before_a_storm_and_is_answered_does_not_hide_it() {
    let mut rig = Rig::with(8);
    for _ in 0..100 {
        rig.call();
    }
    let streams: Vec<Lease> = (0..20).map(|_| rig.lease().unwrap()).collect();
    let (mut streams, leases) = (streams.into_iter(), (0..4).map(|_| rig.lease().unwrap()).collect::<Vec<_>>());
    for lease in leases {
        rig.pool.settle(lease, &Outcome::Fault(unexplained()), rig.now);
        rig.pool.settle(streams.next().unwrap(), &Outcome::success(), rig.now);
    }
    assert!(rig.pool.keys(rig.now).iter().all(|key| key.buckets.is_empty()), "rests are taken back");
    // It is not over either because one of them ends.
    rig.pool.settle(streams.next().unwrap(), &Outcome::success(), rig.now);
    assert!(rig.lease().is_none(), "nobody asks into the storm");
    for stream in streams {
        rig.pool.settle(stream, &Outcome::success(), rig.now);
    }
}

#[test]
fn three_of_many_are_no_storm() {
    let mut rig = Rig::with(20);
    for _ in 0..3 {
        rig.call_that_fails(unexplained());
    }
    assert_eq!(rig.rank(&need()).rejected.count(Reason::Fault(Cause::Unexplained)), 3);
}

#[test]
fn keys_that_fail_one_by_one_are_no_storm() {
    let mut rig = Rig::with(20);
    for _ in 0..5 {
        rig.call_that_fails(unexplained());
        for _ in 0..20 {
            rig.call();
        }
        rig.wait(1);
    }
    assert_eq!(rig.rank(&need()).rejected.count(Reason::Fault(Cause::Unexplained)), 5);
}

#[test]
fn full_buckets_are_no_storm_however_many() {
    let mut rig = Rig::with(8);
    for _ in 0..8 {
        let fault = rig.exhausted(&[(RPD, Some(250))], "31s");
        rig.call_that_fails(fault);
    }
    assert_eq!(rig.rank(&need()).rejected.count(Reason::Fault(Cause::RequestsPerDay)), 8);
}

// wire 17
#[test]
fn an_empty_wallet_rests_the_project_and_one_request_looks_for_money() {
    let mut rig = Rig::of(Policy::default());
    for _ in 0..3 {
        rig.add(NewKey { project: Some("shop".into()), ..NewKey::default() });
    }
    let broke = rig.judge(
        429,
        r#"{"error":{"code":429,"message":"Your prepayment credits are depleted.","status":"RESOURCE_EXHAUSTED"}}"#,
    );
    rig.call_that_fails(broke);
    assert_eq!(rig.pool.summary(rig.now).resting, 3);
    assert_eq!(rig.call(), None);
    rig.wait(3600);
    let look = rig.lease().unwrap();
    assert!(rig.lease().is_none());
    rig.pool.settle(look, &Outcome::success(), rig.now);
    assert_eq!(rig.pool.summary(rig.now).healthy, 3);
}

// wire 12, 13
#[test]
fn a_dead_key_is_out_at_once_with_the_reason_and_is_looked_at_again() {
    let mut rig = Rig::with(2);
    let fault = rig.judge(
        400,
        r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
    );
    let dead = rig.call_that_fails(fault.clone()).unwrap();
    let KeyState::Disabled { reason, .. } = rig.view(dead).state else { panic!("{:?}", rig.view(dead)) };
    assert_eq!(reason, Reason::Fault(Cause::KeyInvalid));
    assert!(rig.pool.due_for_recheck(10, rig.now).is_empty());
    rig.wait(1800);
    assert_eq!(rig.pool.due_for_recheck(10, rig.now), [dead]);
    rig.pool.rechecked(dead, Some(&fault), rig.now);
    rig.wait(1800);
    assert!(rig.pool.due_for_recheck(10, rig.now).is_empty(), "each look in vain makes the next one later");
    rig.wait(1800);
    assert_eq!(rig.pool.due_for_recheck(10, rig.now), [dead]);
    rig.pool.rechecked(dead, None, rig.now);
    assert_eq!(rig.view(dead).state, KeyState::Ready);
    rig.wait(100_000);
    assert!(rig.pool.due_for_recheck(10, rig.now).is_empty());
}

#[test]
fn what_the_operator_switched_off_is_not_looked_at() {
    let mut rig = Rig::with(1);
    rig.pool.disable(rig.keys[0], "", rig.now);
    rig.wait(1_000_000);
    assert!(rig.pool.due_for_recheck(10, rig.now).is_empty());
    rig.pool.rechecked(rig.keys[0], None, rig.now);
    assert_eq!(rig.pool.summary(rig.now).disabled, 1);
}

#[test]
fn a_model_that_is_not_on_the_tier_is_asked_again_when_the_tier_changes() {
    let mut rig = Rig::of(Policy::default());
    let key = rig.add(NewKey::default());
    rig.call();
    let off = |rig: &mut Rig| {
        let fault = rig.exhausted(&[(RPD, Some(0)), (RPM, Some(0))], "40s");
        assert_eq!(fault.cause, Cause::NotOnTier);
        rig.call_that_fails(fault).unwrap();
        rig.wait(40 * 86_400);
        assert!(rig.lease().is_none(), "not by time alone");
    };
    off(&mut rig);
    let project = rig.view(key).project;
    assert!(rig.pool.set_tier(project, Some(crate::Tier::Tier1), rig.now));
    off(&mut rig);
    assert!(rig.pool.set_tier(project, Some(crate::Tier::Tier1), rig.now));
    assert!(rig.lease().is_none(), "that is no news");
    assert!(rig.pool.set_tier(project, None, rig.now));
    assert!(rig.lease().is_none(), "nor is that");
}

#[test]
fn a_refusal_that_names_a_paid_quota_says_that_the_tier_has_changed() {
    let mut rig = Rig::of(Policy::default());
    rig.add(NewKey::default());
    rig.call();
    let lease = rig.lease_for(&need_of(OTHER)).unwrap();
    rig.call_that_fails(rig.exhausted(&[(RPD, Some(0))], "40s")).unwrap();
    assert!(rig.lease().is_none());
    let mut paid =
        rig.exhausted_for(OTHER, &[("GenerateRequestsPerMinutePerProjectPerModel-PaidTier", Some(100))], "1s");
    paid.violations[0].metric = "generativelanguage.googleapis.com/generate_requests_per_model".into();
    rig.pool.settle(lease, &Outcome::Fault(paid), rig.now);
    assert!(rig.lease().is_some());
}

// wire 20
#[test]
fn an_overloaded_model_is_left_alone_and_another_is_not() {
    let mut rig = Rig::with(3);
    let overloaded = || Fault::new(Cause::Overloaded, "The model is overloaded.");
    rig.call();
    assert_eq!(rig.pool.paused(Some(MODEL), rig.now), None);
    let mut failures = 0;
    while rig.pool.paused(Some(MODEL), rig.now).is_none() {
        rig.call_that_fails(overloaded()).unwrap();
        failures += 1;
        assert!(failures < 20);
    }
    assert_eq!(failures, 3, "one 503 is weather, and a client may be told after three");
    assert_eq!(rig.pool.summary(rig.now).healthy, 3);
    assert!(rig.lease_for(&need_of(OTHER)).is_some());
    let mut waited = Duration::ZERO;
    for _ in 0..8 {
        let until = rig.pool.paused(Some(MODEL), rig.now).unwrap();
        assert_eq!(rig.rank(&need()).returns_at, Some(until));
        waited = until.duration_since(rig.now).try_into().unwrap();
        assert!(waited <= Duration::from_secs(40));
        rig.now = until;
        let look = rig.lease().unwrap();
        assert!(rig.lease().is_none(), "one looks");
        rig.pool.settle(look, &Outcome::Fault(overloaded()), rig.now);
    }
    assert!(waited > Duration::from_secs(20), "pauses grow: {waited:?}");
    rig.now = rig.pool.paused(Some(MODEL), rig.now).unwrap();
    rig.call().unwrap();
    assert_eq!(rig.pool.paused(Some(MODEL), rig.now), None);
    assert!(rig.lease().is_some() && rig.lease().is_some());
}

#[test]
fn now_and_then_a_503_stops_nobody() {
    let mut rig = Rig::with(3);
    for number in 0..1000 {
        assert!(rig.pool.paused(Some(MODEL), rig.now).is_none());
        if number % 3 == 0 {
            rig.call_that_fails(Fault::new(Cause::Overloaded, "")).unwrap();
        } else {
            rig.call().unwrap();
        }
    }
}

// wire 19
#[test]
fn a_bad_request_is_charged_to_the_minute_and_a_refusal_is_not() {
    let mut rig = Rig::with(1);
    rig.limit(rig.keys[0], Limits { requests_per_minute: Some(3), requests_per_day: Some(100), ..Limits::default() });
    let project = rig.project(rig.keys[0]);
    let used =
        |rig: &Rig| -> Vec<u64> { rig.pool.quotas(project, MODEL, rig.now).iter().map(|quota| quota.used).collect() };
    rig.call_for(&heavy(50), &Outcome::Fault(Fault::new(Cause::InvalidRequest, "")));
    assert_eq!(used(&rig), [1, 50, 0, 0]);
    rig.call_for(&heavy(50), &Outcome::Fault(Fault::new(Cause::Overloaded, "")));
    assert_eq!(used(&rig), [2, 100, 1, 50]);
    rig.call_for(&heavy(50), &Outcome::Fault(Fault::new(Cause::ConnectFailed, "")));
    let fault = rig.exhausted(&[(TPM, None)], "1s");
    rig.call_for(&heavy(50), &Outcome::Fault(fault));
    assert_eq!(used(&rig), [2, 100, 1, 50]);
}

#[test]
fn nobody_of_another_project_helps_a_pinned_request() {
    let mut rig = Rig::with(2);
    let project = rig.project(rig.keys[0]);
    let fault = rig.exhausted(&[(RPD, Some(250))], "31s");
    rig.call_with(rig.keys[0], &Outcome::Fault(fault));
    let pinned = Need { affinity: Affinity::Must(project), ..need() };
    let ranking = rig.rank(&pinned);
    assert!(ranking.candidates.is_empty());
    assert_eq!(ranking.rejected.count(Reason::OtherProject), 1);
    assert_eq!(
        ranking.explain(),
        "1 key out (other_project), 1 key out (requests_per_day); the first is back at 2026-07-16T07:00:00Z"
    );
}

#[test]
fn empty_answers_are_counted_apart_and_hurt_nobody() {
    let mut rig = Rig::with(1);
    let empty = Outcome::Success(Answered { empty: true, ..Answered::default() });
    for _ in 0..50 {
        assert!(rig.call_for(&need(), &empty).is_some());
    }
    let view = rig.view(rig.keys[0]);
    assert_eq!((view.state, view.counters.empty, view.counters.faults), (KeyState::Ready, 50, 0));
}

#[test]
fn keys_that_go_out_of_use_and_come_back_are_told_of_once_each() {
    let mut rig = Rig::with(2);
    let turns = |rig: &mut Rig| rig.pool.take_turns().map(|turn| (turn.key, turn.out)).collect::<Vec<_>>();
    let (one, two) = (rig.keys[0], rig.keys[1]);
    assert_eq!(turns(&mut rig), [], "a key that joins is no news");
    rig.call_with(one, &Outcome::Fault(Fault::new(Cause::KeyInvalid, "API key not valid.")));
    rig.pool.disable(one, "twice", rig.now);
    rig.call_with(two, &Outcome::Fault(unexplained()));
    assert_eq!(turns(&mut rig), [(one, true)], "a rest is no news");
    rig.pool.disable(two, "for the night", rig.now);
    rig.pool.enable(one, rig.now);
    rig.pool.enable(one, rig.now);
    assert_eq!(turns(&mut rig), [(two, true), (one, false)]);
    rig.call_with(one, &Outcome::Fault(Fault::new(Cause::ProjectSuspended, "Consumer has been suspended.")));
    rig.pool.rechecked(one, None, rig.now);
    assert_eq!(turns(&mut rig), [(one, true), (one, false)], "with its project");
    let ends = rig.add(NewKey { expires_at: Some(rig.now + Duration::from_mins(1)), ..NewKey::default() });
    rig.wait(61);
    rig.pool.tidy(rig.now);
    assert_eq!(turns(&mut rig), [(ends, true)], "its time is over");
    // Nobody listens for long: what is kept is bounded.
    for _ in 0..2_000 {
        rig.pool.disable(one, "", rig.now);
        rig.pool.enable(one, rig.now);
    }
    assert_eq!(rig.pool.take_turns().len(), 1_024);
}
