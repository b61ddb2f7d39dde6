//! What refusals and answers teach.

use super::*;
use crate::{Hint, Quota, Source, Tier};

fn limit_of(rig: &Rig, key: KeyId, quota: Quota) -> Option<(u64, Source)> {
    let quotas = rig.pool.quotas(rig.project(key), MODEL, rig.now);
    let view = quotas.into_iter().find(|view| view.quota == quota).unwrap();
    view.limit.zip(view.source)
}

fn consumer(number: u64) -> Fault {
    let mut fault = Fault::new(Cause::InvalidRequest, "");
    fault.consumer_project = Some(number);
    fault
}

#[test]
fn every_quota_that_a_refusal_names_is_learned() {
    let mut rig = Rig::with(1);
    let fault = rig.exhausted(&[(RPM, Some(10)), (TPM, Some(250_000)), (RPD, Some(250))], "7s");
    let key = rig.call_that_fails(fault).unwrap();
    assert_eq!(limit_of(&rig, key, Quota::RequestsPerMinute), Some((10, Source::Learned)));
    assert_eq!(limit_of(&rig, key, Quota::TokensPerMinute), Some((250_000, Source::Learned)));
    assert_eq!(limit_of(&rig, key, Quota::RequestsPerDay), Some((250, Source::Learned)));
    assert_eq!(limit_of(&rig, key, Quota::TokensPerDay), None);
    assert_eq!(rig.view(key).tier, Some(Tier::Free));
    rig.limit(key, per_minute(5));
    assert_eq!(limit_of(&rig, key, Quota::RequestsPerMinute), Some((5, Source::ByHand)));
}

#[test]
fn a_learned_limit_is_kept_from_then_on() {
    let mut rig = Rig::with(1);
    for _ in 0..10 {
        rig.call().unwrap();
    }
    let fault = rig.exhausted(&[(RPM, Some(10))], "40s");
    rig.call_that_fails(fault);
    rig.wait(62);
    for _ in 0..20 {
        assert_eq!(rig.drain(), 10);
        rig.wait(61);
    }
}

#[test]
fn a_limit_that_was_learned_too_low_heals() {
    let mut rig = Rig::with(1);
    let fault = rig.exhausted(&[(RPM, Some(10))], "1s");
    let key = rig.call_that_fails(fault).unwrap();
    let mut most = 0;
    for _ in 0..1000 {
        rig.wait(61);
        most = most.max(rig.drain());
        assert!(limit_of(&rig, key, Quota::RequestsPerMinute).unwrap().0 >= most as u64);
        if most > 100 {
            return;
        }
    }
    panic!("no more than {most} after hours");
}

#[test]
fn a_limit_that_is_right_is_hardly_ever_tried() {
    let mut rig = Rig::with(1);
    let fault = rig.exhausted(&[(RPM, Some(10))], "1s");
    rig.call_that_fails(fault).unwrap();
    let (mut calls, mut refused) = (0, 0);
    for _ in 0..7 * 24 * 60 {
        rig.wait(61);
        let mut answered = 0;
        while let Some(lease) = rig.lease() {
            calls += 1;
            let outcome = if answered < 10 {
                Outcome::success()
            } else {
                Outcome::Fault(rig.exhausted(&[(RPM, Some(10))], "5s"))
            };
            refused += usize::from(answered == 10);
            answered += 1;
            rig.pool.settle(lease, &outcome, rig.now);
        }
    }
    assert!(calls > 100_000 && (1..=5).contains(&refused), "{refused} of {calls}");
}

#[test]
fn finding_a_limit_costs_one_refusal_though_many_are_under_way() {
    let mut rig = Rig::with(2);
    let (first, second) = (rig.keys[0], rig.keys[1]);
    let fault = rig.exhausted(&[(RPM, Some(10))], "30s");
    rig.call_with(first, &Outcome::Fault(fault));
    // The second has the same limit, but nobody knows.
    let mut leases: Vec<Lease> = std::iter::from_fn(|| rig.lease()).take(100).collect();
    assert_eq!(leases.len(), 11, "what the first has, and one more");
    let last = leases.pop().unwrap();
    assert_eq!(last.key(), second);
    for lease in leases {
        rig.pool.settle(lease, &Outcome::success(), rig.now);
    }
    let fault = rig.exhausted(&[(RPM, Some(10))], "30s");
    rig.pool.settle(last, &Outcome::Fault(fault), rig.now);
    rig.wait(62);
    assert_eq!(rig.drain(), 20);
}

#[test]
fn a_project_with_more_than_others_is_found_out_step_by_step() {
    let mut rig = Rig::with(2);
    let fault = rig.exhausted(&[(RPD, Some(10))], "30s");
    rig.call_with(rig.keys[0], &Outcome::Fault(fault));
    assert_eq!((0..1000).filter(|_| rig.call().is_some()).count(), 1000);
}

#[test]
fn another_name_of_a_model_shares_its_quota() {
    let mut rig = Rig::with(1);
    let asked = "gemini-2.5-flash-preview";
    for _ in 0..3 {
        rig.call_for(&need_of(asked), &Outcome::success()).unwrap();
        rig.call().unwrap();
    }
    let fault = rig.exhausted_for(MODEL, &[(RPM, Some(10))], "2s");
    rig.call_for(&need_of(asked), &Outcome::Fault(fault));
    rig.wait(2);
    let used = rig.pool.quotas(rig.project(rig.keys[0]), asked, rig.now)[0].used;
    assert_eq!(used, 6, "both names together");
    assert_eq!(rig.drain(), 4);
    assert_eq!(rig.call_for(&need_of(asked), &Outcome::success()), None);
}

#[test]
fn keys_of_one_number_become_one_project_and_what_they_used_is_added_up() {
    let mut rig = Rig::with(3);
    for key in rig.keys.clone() {
        rig.limit(key, per_day(100));
        for _ in 0..20 {
            rig.call_with(key, &Outcome::success());
        }
    }
    let (one, two) = (rig.keys[0], rig.keys[2]);
    let old = rig.project(two);
    rig.call_with(one, &Outcome::Fault(consumer(42)));
    rig.call_with(two, &Outcome::Fault(consumer(42)));
    assert_eq!(rig.project(one), rig.project(two));
    assert_eq!(rig.view(two).project_number, Some(42));
    assert_eq!(rig.pool.quotas(rig.project(one), MODEL, rig.now)[2].used, 40);
    // Whoever was pinned to the old project still finds it.
    let pinned = Need { affinity: crate::Affinity::Must(old), ..need() };
    assert!(rig.call_for(&pinned, &Outcome::success()).is_some());
    assert_eq!(rig.drain(), 59 + 80);
    assert_eq!(rig.pool.summary(rig.now).total, 3);
}

#[test]
fn a_lease_given_before_projects_became_one_is_still_settled() {
    let mut rig = Rig::with(2);
    let leases: Vec<Lease> = (0..4).map(|_| rig.lease().unwrap()).collect();
    for lease in leases {
        rig.pool.settle(lease, &Outcome::Fault(consumer(42)), rig.now);
    }
    assert_eq!(rig.pool.open_leases(), 0);
    let [one, two] = rig.keys[..] else { panic!() };
    assert_eq!(rig.project(one), rig.project(two));
    assert_eq!(rig.view(one).counters.open + rig.view(two).counters.open, 0);
}

#[test]
fn where_google_and_the_operator_disagree_nothing_moves() {
    let mut rig = Rig::of(Policy::default());
    let one = rig.add(NewKey { project: Some("shop".into()), ..NewKey::default() });
    let two = rig.add(NewKey { project: Some("blog".into()), ..NewKey::default() });
    rig.call_with(one, &Outcome::Fault(consumer(42)));
    rig.call_with(two, &Outcome::Fault(consumer(42)));
    assert_ne!(rig.project(one), rig.project(two));
    assert_eq!(rig.pool.hints(), [Hint::OtherProject { key: two, filed_under: rig.project(two), number: 42 }]);
    assert!(rig.pool.file(two, Some("shop"), rig.now));
    assert_eq!(rig.project(one), rig.project(two));
    assert!(rig.pool.hints().is_empty());
}

#[test]
fn a_number_in_the_operators_words_is_googles() {
    let mut rig = Rig::with(1);
    let filed = rig.add(NewKey { project: Some("42".into()), ..NewKey::default() });
    rig.call_with(rig.keys[0], &Outcome::Fault(consumer(42)));
    assert_eq!(rig.project(rig.keys[0]), rig.project(filed));
}

#[test]
fn projects_that_run_out_together_may_be_one() {
    let mut rig = Rig::with(3);
    for key in rig.keys.clone() {
        rig.limit(key, per_minute(100));
    }
    let [one, two, _] = rig.keys[..] else { panic!() };
    assert!(rig.pool.hints().is_empty());
    for _ in 0..3 {
        for key in [one, two] {
            let fault = rig.exhausted(&[(RPM, None)], "5s");
            rig.call_with(key, &Outcome::Fault(fault));
        }
        rig.wait(600);
    }
    assert_eq!(rig.pool.hints(), [Hint::MaybeOne { projects: [rig.project(one), rig.project(two)], times: 3 }]);
}

#[test]
fn a_refusal_that_should_not_have_been_makes_the_guard_longer() {
    let mut rig = Rig::with(1);
    rig.limit(rig.keys[0], per_minute(10));
    assert_eq!(rig.drain(), 10);
    let before = rig.rank(&need()).returns_at.unwrap();
    rig.now = before;
    let fault = rig.exhausted(&[(RPM, None)], "1s");
    for _ in 0..9 {
        rig.call().unwrap();
    }
    rig.call_that_fails(fault).unwrap();
    rig.wait(1);
    rig.call().unwrap();
    let wait: Duration = rig.rank(&need()).returns_at.unwrap().duration_since(before).try_into().unwrap();
    assert!(wait > Duration::from_secs(61), "{wait:?}");
}

#[test]
fn the_day_is_forecast() {
    let mut rig = Rig::with(4);
    rig.now = "2026-07-15T07:00:00Z".parse().unwrap();
    let midnight = rig.now;
    for key in rig.keys.clone() {
        rig.limit(key, per_day(100));
    }
    rig.wait(6 * 3600);
    let advice = |rig: &Rig| {
        let forecast = rig.pool.forecast(midnight, rig.now).remove(0);
        (forecast.left.unwrap(), forecast.more_projects, forecast.dry_at.is_some(), forecast.advice)
    };
    for _ in 0..20 {
        rig.call();
    }
    assert_eq!(advice(&rig), (380, 0, false, crate::Advice::CouldReduce));
    for _ in 0..66 {
        rig.call();
    }
    assert_eq!(advice(&rig), (314, 1, false, crate::Advice::Add));
    for _ in 0..114 {
        rig.call();
    }
    assert_eq!(advice(&rig), (200, 6, true, crate::Advice::AddSurely));
    let dry_at = rig.pool.forecast(midnight, rig.now)[0].dry_at.unwrap();
    assert_eq!(dry_at, rig.now + Duration::from_hours(6));
}

#[test]
fn a_prompt_larger_than_a_whole_minute_spoils_nothing_for_others() {
    let mut rig = Rig::with(3);
    let refusal = rig.exhausted(&[(TPM, Some(250_000))], "48s");
    let mut asked = Vec::new();
    while let Some(key) = rig.call_for(&heavy(5_000_000), &Outcome::Fault(refusal.clone())) {
        asked.push(key);
        assert!(asked.len() <= 3, "each key learns its limit from one refusal");
    }
    asked.sort_unstable();
    assert_eq!(asked, rig.keys);
    let nobody = rig.rank(&heavy(5_000_000));
    assert_eq!((nobody.candidates.len(), nobody.returns_at), (0, None), "waiting does not help");
    // No rest, and nothing is booked for what Google has not counted.
    let small = rig.rank(&heavy(200_000));
    assert_eq!((small.candidates.len(), small.in_play), (3, 3));
    assert!(rig.call_for(&heavy(200_000), &answered(200_000)).is_some());
}

#[test]
fn a_prompt_that_may_have_fitted_takes_its_bucket_out_of_play() {
    let mut rig = Rig::with(1);
    let refusal = rig.exhausted(&[(TPM, Some(250_000))], "48s");
    rig.call_for(&heavy(240_000), &Outcome::Fault(refusal)).unwrap();
    assert!(rig.lease().is_none());
    rig.wait(49);
    assert!(rig.lease_for(&heavy(1_000)).is_some());
}

#[test]
fn a_prompt_larger_than_a_known_limit_is_never_sent() {
    let mut rig = Rig::with(1);
    let key = rig.keys[0];
    rig.limit(key, Limits { tokens_per_minute: Some(250_000), ..Limits::default() });
    assert!(rig.lease_for(&heavy(5_000_000)).is_none());
    assert!(rig.lease_for(&heavy(200_000)).is_some());
}
