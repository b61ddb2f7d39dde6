//! What an operator changes while the pool is in use.

use super::*;
use crate::{KeyState, KeyTerms, Reason, Source, Tier};

fn terms() -> KeyTerms {
    KeyTerms::default()
}

#[test]
fn terms_of_a_key_count_from_the_next_choice_on() {
    let mut rig = Rig::with(2);
    let (one, two) = (rig.keys[0], rig.keys[1]);
    let only_other = KeyTerms { models: Some(vec![OTHER.to_owned()]), ..terms() };
    assert!(rig.pool.amend(one, &only_other, rig.now));
    assert_eq!((0..4).map(|_| rig.call()).collect::<Vec<_>>(), [Some(two); 4]);
    assert_eq!(rig.view(one).terms.models, only_other.models);

    let expired = KeyTerms { expires_at: Some(rig.now), ..terms() };
    assert!(rig.pool.amend(two, &expired, rig.now));
    assert_eq!(rig.call(), None);
    assert!(matches!(rig.view(two).state, KeyState::Disabled { reason: Reason::Expired, .. }));
    assert!(rig.pool.amend(two, &terms(), rig.now), "its time is taken back");
    assert_eq!(rig.call(), Some(two));

    assert!(rig.pool.amend(two, &KeyTerms { concurrency: Some(1), ..terms() }, rig.now));
    let held = rig.lease().unwrap();
    assert!(rig.lease().is_none(), "one at a time");
    assert!(rig.pool.amend(two, &terms(), rig.now));
    let second = rig.lease().unwrap();
    rig.pool.settle(held, &Outcome::success(), rig.now);
    rig.pool.settle(second, &Outcome::success(), rig.now);
    assert!(!rig.pool.amend(KeyId(77), &terms(), rig.now));
}

#[test]
fn weights_count_in_any_unit() {
    let mut rig = Rig::with(2);
    for (key, weight) in rig.keys.clone().into_iter().zip([100, 300]) {
        rig.pool.amend(key, &KeyTerms { weight: Some(weight), ..terms() }, rig.now);
    }
    let heavy = (0..400).filter(|_| rig.call() == Some(rig.keys[1])).count();
    assert!((280..=320).contains(&heavy), "{heavy} of 400");
}

#[test]
fn a_key_that_is_filed_elsewhere_takes_its_use_along() {
    let mut rig = Rig::with(1);
    let key = rig.keys[0];
    rig.call();
    rig.limit(key, Limits { requests_per_day: Some(2), ..Limits::default() });
    rig.call();
    rig.pool.amend(key, &KeyTerms { project: Some("shop".to_owned()), tier: Some(Tier::Tier1), ..terms() }, rig.now);
    let view = rig.view(key);
    assert_eq!((view.project_name.as_deref(), view.tier), (Some("shop"), Some(Tier::Tier1)));
    let account = &rig.pool.accounts(view.project, None, 10, rig.now)[0];
    assert_eq!((account.quotas[2].used, account.quotas[2].limit), (2, None), "the limit was the other project's");
    let project = view.project;
    rig.pool.amend(key, &terms(), rig.now);
    assert_eq!(rig.view(key).project, project, "nothing was said of the project");

    let other = rig.add(NewKey { project: Some("shop".to_owned()), ..NewKey::default() });
    rig.pool.amend(other, &KeyTerms { project: Some("club".to_owned()), ..terms() }, rig.now);
    assert_ne!(rig.project(other), project);
    assert!(rig.pool.accounts(rig.project(other), None, 10, rig.now).is_empty(), "the use was the other key's, too");
}

#[test]
fn a_reset_forgives_everything_but_what_was_sent() {
    let mut rig = Rig::with(1);
    let key = rig.keys[0];
    rig.call();
    let fault = rig.exhausted(&[(RPD, Some(1))], "31s");
    rig.call_that_fails(fault);
    assert_eq!(rig.call(), None);
    rig.pool.enable(key, rig.now);
    assert_eq!(rig.call(), None, "to enable it does not bring back what is used up");
    assert!(rig.pool.reset(key, rig.now));
    let account = &rig.pool.accounts(rig.project(key), None, 10, rig.now)[0];
    assert_eq!((account.out.clone(), account.quotas[2].used, account.quotas[2].limit), (None, 1, None));
    assert_eq!(rig.call(), Some(key));
    assert!(!rig.pool.reset(KeyId(77), rig.now));
}

#[test]
fn an_operators_reason_is_kept() {
    let mut rig = Rig::with(1);
    rig.pool.disable(rig.keys[0], "moved to the new account", rig.now);
    let KeyState::Disabled { reason, message, .. } = rig.view(rig.keys[0]).state else { panic!("it is in play") };
    assert_eq!((reason, message.as_str()), (Reason::SwitchedOff, "moved to the new account"));
}

#[test]
fn a_look_on_demand_disables_and_revives() {
    let mut rig = Rig::with(1);
    let key = rig.keys[0];
    rig.pool.rechecked(key, Some(&Fault::new(Cause::RequestsPerMinute, "")), rig.now);
    assert_eq!(rig.view(key).state, KeyState::Ready, "it was only busy");
    rig.pool.rechecked(key, Some(&Fault::new(Cause::KeyInvalid, "API key not valid.")), rig.now);
    assert!(matches!(rig.view(key).state, KeyState::Disabled { reason: Reason::Fault(Cause::KeyInvalid), .. }));
    rig.wait(60);
    rig.pool.rechecked(key, None, rig.now);
    assert_eq!(rig.call(), Some(key));
    rig.pool.disable(key, "", rig.now);
    rig.pool.rechecked(key, None, rig.now);
    assert_eq!(rig.call(), None, "who switches a key off means it");
}

#[test]
fn accounts_come_in_pages_and_limits_can_be_taken_back() {
    let mut rig = Rig::with(1);
    let project = rig.project(rig.keys[0]);
    for model in ["c", "a", "b"] {
        rig.call_for(&Need { model: Some(model.into()), ..Need::default() }, &Outcome::success());
    }
    let names = |rig: &Rig, after: Option<&str>, most| {
        let page = rig.pool.accounts(project, after, most, rig.now);
        page.into_iter().map(|account| account.model).collect::<Vec<_>>()
    };
    assert_eq!(names(&rig, None, 2), ["a", "b"]);
    assert_eq!(names(&rig, Some("b"), 2), ["c"]);
    let five = Limits { requests_per_minute: Some(5), ..Limits::default() };
    rig.pool.set_limits(project, Some("a"), five, rig.now);
    rig.pool.set_limits(project, None, five, rig.now);
    let quota = rig.pool.accounts(project, None, 1, rig.now)[0].quotas[0].clone();
    assert_eq!((quota.used, quota.limit, quota.source), (1, Some(5), Some(Source::ByHand)));
    assert_eq!(rig.pool.limits_by_hand(project), [(None, five), (Some("a".to_owned()), five)]);
    rig.pool.set_limits(project, Some("a"), Limits::default(), rig.now);
    rig.pool.set_limits(project, None, Limits::default(), rig.now);
    rig.pool.set_limits(project, Some("never heard of"), Limits::default(), rig.now);
    assert_eq!(rig.pool.limits_by_hand(project), []);
    assert_eq!(names(&rig, None, 10), ["a", "b", "c"]);
}
