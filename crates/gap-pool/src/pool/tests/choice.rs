//! Who is chosen.

use std::collections::HashMap;

use super::*;
use crate::{Affinity, Defaults, KeyState, Reason, Tier, TierPolicy, Why};

fn counts(rig: &mut Rig, calls: usize) -> HashMap<KeyId, usize> {
    let mut counts = HashMap::new();
    for _ in 0..calls {
        *counts.entry(rig.call().unwrap()).or_default() += 1;
        rig.now += Duration::from_millis(300);
    }
    counts
}

#[test]
fn three_equal_keys_share_three_hundred_calls() {
    for limits in [
        Limits::default(),
        Limits { requests_per_day: Some(1000), requests_per_minute: Some(900), ..Limits::default() },
    ] {
        let mut rig = Rig::with(3);
        for key in rig.keys.clone() {
            rig.limit(key, limits);
        }
        let counts = counts(&mut rig, 300);
        assert!(counts.values().all(|count| (90..=110).contains(count)) && counts.len() == 3, "{counts:?}");
    }
}

/// How often each of three equal keys is chosen in 300 calls that take so many milliseconds each, by number of the call.
fn shares(latency: impl Fn(u64) -> u64) -> HashMap<KeyId, usize> {
    let mut rig = Rig::with(3);
    let mut counts = HashMap::new();
    for nth in 0..300 {
        let latency = Duration::from_millis(latency(nth));
        let lease = rig.lease().unwrap();
        *counts.entry(lease.key()).or_default() += 1;
        rig.now += latency;
        let answered = Answered { latency: Some(latency), ..Answered::default() };
        rig.pool.settle(lease, &Outcome::Success(answered), rig.now);
    }
    counts
}

#[rstest::rstest]
#[case::the_first_answer_is_slow(|nth| if nth == 0 { 8_000 } else { 2 })]
#[case::the_first_answer_of_the_last_key_is_slow(|nth| if nth == 2 { 30_000 } else { 800 })]
#[case::now_and_then_one_is_slow(|nth| if nth % 50 == 7 { 60_000 } else { 1_500 })]
#[case::between_one_and_eight_seconds(|nth| 1_000 + crate::ids::scatter(nth) % 7_000)]
#[case::between_one_and_ninety_milliseconds(|nth| 1 + crate::ids::scatter(nth + 77) % 90)]
fn chance_in_how_long_answers_take_does_not_spoil_the_shares(#[case] latency: fn(u64) -> u64) {
    let counts = shares(latency);
    assert!(counts.values().all(|count| (90..=110).contains(count)) && counts.len() == 3, "{counts:?}");
}

#[test]
fn many_equal_keys_share_evenly() {
    let mut rig = Rig::with(200);
    let counts = counts(&mut rig, 20_000);
    let most = counts.values().max().unwrap();
    assert!(counts.len() == 200 && *most <= 120, "{most} of 100");
}

#[test]
fn a_key_at_nine_tenths_of_its_day_gets_the_least() {
    let mut rig = Rig::with(3);
    for key in rig.keys.clone() {
        rig.limit(key, per_day(1000));
    }
    let tired = rig.keys[1];
    for _ in 0..900 {
        rig.call_with(tired, &Outcome::success());
    }
    let counts = counts(&mut rig, 600);
    assert!(counts.get(&tired).copied().unwrap_or_default() < 10, "{counts:?}");
}

#[test]
fn a_full_window_and_a_minute_later_it_is_usable_again() {
    let mut rig = Rig::with(1);
    rig.limit(rig.keys[0], per_minute(10));
    assert_eq!(rig.drain(), 10);
    let ranking = rig.rank(&need());
    assert_eq!(ranking.rejected.count(Reason::Spent(crate::Quota::RequestsPerMinute)), 1);
    let back = ranking.returns_at.unwrap();
    rig.now = back - Duration::from_millis(1);
    assert_eq!(rig.drain(), 0);
    rig.now = back;
    assert_eq!(rig.drain(), 10);
    rig.wait(61);
    assert_eq!(rig.drain(), 10);
}

#[test]
fn the_end_of_a_full_window_is_exact_for_the_need() {
    let mut rig = Rig::with(1);
    let limits = Limits { tokens_per_minute: Some(1000), ..Limits::default() };
    rig.limit(rig.keys[0], limits);
    let start = rig.now;
    for _ in 0..4 {
        rig.call_for(&heavy(250), &answered(250)).unwrap();
        rig.wait(10);
    }
    let minute = Duration::from_secs(61);
    let back = |rig: &Rig, tokens| rig.rank(&heavy(tokens)).returns_at.unwrap();
    assert_eq!(back(&rig, 100), start + minute);
    assert_eq!(back(&rig, 250), start + minute);
    assert_eq!(back(&rig, 251), start + minute + Duration::from_secs(10));
    assert_eq!(back(&rig, 1000), start + minute + Duration::from_secs(30));
    for tokens in [100, 251, 1000] {
        let back = back(&rig, tokens);
        let free_at = |at| !rig.pool.rank(&heavy(tokens), &Tried::default(), at).candidates.is_empty();
        assert!(free_at(back));
        assert!(!free_at(back - Duration::from_millis(1)));
    }
    // More than the limit will ever allow.
    assert_eq!(rig.rank(&heavy(5000)).returns_at, None);
}

#[test]
fn concurrency_cannot_overshoot_a_limit() {
    let mut rig = Rig::with(2);
    for key in rig.keys.clone() {
        rig.limit(key, per_minute(5));
    }
    let leases: Vec<Lease> = std::iter::from_fn(|| rig.lease()).take(100).collect();
    assert_eq!(leases.len(), 10);
    // A ranking from before is worth nothing now.
    for lease in leases {
        rig.pool.settle(lease, &Outcome::Abandoned, rig.now);
    }
    assert!(rig.lease().is_none(), "what was sent counts, whatever became of it");
}

#[test]
fn an_old_ranking_does_not_overshoot_either() {
    let mut rig = Rig::with(1);
    rig.limit(rig.keys[0], per_minute(1));
    let ranking = rig.rank(&need());
    assert!(rig.pool.reserve(&need(), &ranking, rig.now).is_some());
    assert!(rig.pool.reserve(&need(), &ranking, rig.now).is_none());
}

#[test]
fn a_key_carries_as_many_requests_as_it_may() {
    let mut rig = Rig::of(Policy::default());
    rig.add(NewKey { concurrency: Some(2), ..NewKey::default() });
    let (one, _two) = (rig.lease().unwrap(), rig.lease().unwrap());
    let ranking = rig.rank(&need());
    assert_eq!(ranking.rejected.count(Reason::Busy), 1);
    assert!(ranking.returns_at.is_some(), "worth a wait");
    rig.pool.settle(one, &Outcome::Abandoned, rig.now);
    assert!(rig.lease().is_some());
}

#[test]
fn real_tokens_take_the_place_of_the_estimate() {
    let mut rig = Rig::with(1);
    rig.limit(rig.keys[0], Limits { tokens_per_minute: Some(1000), ..Limits::default() });
    rig.call_for(&heavy(900), &answered(100)).unwrap();
    rig.call_for(&heavy(900), &answered(950)).unwrap();
    assert_eq!(rig.call_for(&heavy(10), &answered(10)), None);
}

#[test]
fn free_first_and_paid_when_nothing_free_is_left() {
    let mut rig = Rig::of(Policy { tiers: TierPolicy::FreeFirst, ..Policy::default() });
    let free = rig.add(NewKey { tier: Some(Tier::Free), ..NewKey::default() });
    let paid = rig.add(NewKey { tier: Some(Tier::Tier1), ..NewKey::default() });
    rig.limit(free, per_minute(3));
    let served: Vec<_> = (0..5).map(|_| rig.call().unwrap()).collect();
    assert_eq!(served, [free, free, free, paid, paid]);
    let only_paid = Need { tiers: Some(TierPolicy::OnlyPaid), ..need() };
    rig.wait(100);
    assert_eq!(rig.call_for(&only_paid, &Outcome::success()), Some(paid));
    let paid_first = Need { tiers: Some(TierPolicy::PaidFirst), ..need() };
    assert_eq!(rig.call_for(&paid_first, &Outcome::success()), Some(paid));
    rig.pool.disable(paid, "", rig.now);
    assert_eq!(rig.call_for(&paid_first, &Outcome::success()), Some(free));
    let ranking = rig.rank(&only_paid);
    assert!(ranking.candidates.is_empty());
    assert_eq!(ranking.rejected.count(Reason::OtherTier), 1);
}

#[test]
fn keys_are_kept_for_their_models() {
    let mut rig = Rig::with(1);
    let only_pro = rig.add(NewKey { models: Some(vec!["gemini-2.5-pro*".into()]), ..NewKey::default() });
    for _ in 0..10 {
        assert_ne!(rig.call(), Some(only_pro));
    }
    assert!((0..4).any(|_| rig.call_for(&need_of("gemini-2.5-pro-preview"), &Outcome::success()) == Some(only_pro)));
    rig.pool.disable(rig.keys[0], "", rig.now);
    assert_eq!(rig.call(), None);
}

#[test]
fn a_key_stops_when_its_time_is_over() {
    let mut rig = Rig::with(1);
    let until = rig.now + Duration::from_secs(100);
    let visitor = rig.add(NewKey { expires_at: Some(until), ..NewKey::default() });
    assert!((0..4).any(|_| rig.call() == Some(visitor)));
    rig.wait(100);
    assert_eq!(rig.pool.summary(rig.now).disabled, 1);
    assert!((0..10).all(|_| rig.call() != Some(visitor)));
    assert!(matches!(rig.view(visitor).state, KeyState::Disabled { reason: Reason::Expired, .. }));
}

#[test]
fn a_heavier_key_gets_more() {
    let mut rig = Rig::with(1);
    let heavy = rig.add(NewKey { weight: Some(3), ..NewKey::default() });
    let counts = counts(&mut rig, 400);
    assert!((280..=320).contains(&counts[&heavy]), "{counts:?}");
}

#[test]
fn a_conversation_stays_with_its_project_unless_that_is_clearly_worse() {
    let mut rig = Rig::with(4);
    for key in rig.keys.clone() {
        rig.limit(key, per_day(100));
    }
    let home = rig.keys[2];
    let softly = Need { affinity: Affinity::Should(rig.project(home)), ..need() };
    for _ in 0..50 {
        assert_eq!(rig.call_for(&softly, &Outcome::success()), Some(home));
    }
    assert_eq!(rig.rank(&softly).candidates[0].why, Why::Affinity);
    for _ in 0..50 {
        rig.call_with(home, &Outcome::success());
    }
    let moved = rig.call_for(&softly, &Outcome::success()).unwrap();
    assert_ne!(moved, home);
}

#[test]
fn a_slow_or_failing_bucket_is_passed_over() {
    let mut rig = Rig::with(2);
    let (bad, good) = (rig.keys[0], rig.keys[1]);
    for _ in 0..10 {
        let slow = Answered { latency: Some(Duration::from_secs(20)), ..Answered::default() };
        let fast = Answered { latency: Some(Duration::from_secs(1)), ..Answered::default() };
        rig.call_with(bad, &Outcome::Success(slow));
        rig.call_with(good, &Outcome::Success(fast));
    }
    let counts = counts(&mut rig, 100);
    assert!(counts[&good] > 80, "{counts:?}");
}

#[test]
fn defaults_of_the_tier_count_until_better_is_known() {
    let mut rig = Rig::of(Policy::default());
    let mut defaults = Defaults::default();
    defaults.set(MODEL, Tier::Free, per_minute(2));
    rig.pool.set_defaults(defaults, rig.now);
    let free = rig.add(NewKey { tier: Some(Tier::Free), ..NewKey::default() });
    assert_eq!(rig.drain(), 2);
    rig.limit(free, per_minute(5));
    assert_eq!(rig.drain(), 3);
}

#[test]
fn a_clock_that_jumps_back_does_no_harm() {
    let mut rig = Rig::with(1);
    rig.limit(rig.keys[0], Limits { requests_per_minute: Some(10), requests_per_day: Some(100), ..Limits::default() });
    assert_eq!(rig.drain(), 10);
    for jump in [3_600, 90_000, 30] {
        rig.now -= Duration::from_secs(jump);
        assert_eq!(rig.drain(), 0, "what was just sent counts");
        rig.wait(61);
        assert_eq!(rig.drain(), 10, "a minute later it does not");
    }
}

#[test]
fn an_explanation_says_who_and_why_not() {
    let mut rig = Rig::with(3);
    for key in rig.keys.clone() {
        rig.limit(key, per_day(100));
    }
    rig.call_with(rig.keys[0], &Outcome::success());
    let fault = rig.exhausted(&[(RPD, None)], "31s");
    rig.call_with(rig.keys[1], &Outcome::Fault(fault));
    let ranking = rig.rank(&need());
    let best = ranking.candidates.iter().map(|best| {
        (best.key.number(), best.project.number(), best.why.name(), best.score.headroom, best.score.health)
    });
    assert_eq!(
        best.collect::<Vec<_>>(),
        [(3, 3, "least_recently_used", 1.0, 1.0), (1, 1, "least_recently_used", 0.996, 1.0)]
    );
    assert_eq!((ranking.in_play, ranking.looked_at), (2, 2));
    assert_eq!(ranking.rejected.by_name(), [("requests_per_day", 1)].into());
    assert_eq!(ranking.returns_at, Some("2026-07-16T07:00:00Z".parse().unwrap()));
}
