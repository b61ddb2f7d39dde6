use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::caller::Role;

fn clock() -> Clock {
    Clock::hand("2026-06-15T19:00:00Z".parse().unwrap())
}

/// The door of a house with these limits.
struct Door {
    admission: Admission,
    limits: AddressLimits,
}

impl Door {
    fn enter(&self, caller: &Caller, client: IpAddr) -> Result<Permit, Failure> {
        self.admission.enter(caller, client, self.limits)
    }
}

fn door(limits: AddressLimits) -> (Door, Clock) {
    let clock = clock();
    (Door { admission: Admission::new(clock.clone()), limits }, clock)
}

fn nobody_special() -> Caller {
    Caller::new("env:user-1", "user-1", Role::User)
}

fn holder(policy: serde_json::Value) -> Caller {
    let policy = Arc::new(serde_json::from_value(policy).unwrap());
    Caller { policy, meter: Some(Arc::default()), ..Caller::new("one", "one", Role::User) }
}

fn address(last: u8) -> IpAddr {
    [203, 0, 113, last].into()
}

fn usage(prompt: u64, total: u64) -> Usage {
    Usage { prompt, total, ..Usage::default() }
}

#[test]
fn addresses_are_limited_each_for_itself() {
    let (door, clock) = door(AddressLimits { requests_per_minute: 2, ..AddressLimits::default() });
    let caller = nobody_special();
    assert!(door.enter(&caller, address(1)).is_ok());
    assert!(door.enter(&caller, address(1)).is_ok());
    let refused = door.enter(&caller, address(1)).unwrap_err();
    assert_eq!(
        refused.message(),
        "This address has reached its limit of 2 requests per minute (MAX_REQUESTS_PER_MINUTE); try again in 60 seconds."
    );
    assert_eq!((refused.status().as_u16(), refused.wait()), (429, Some(Duration::from_mins(1))));
    assert!(door.enter(&caller, address(2)).is_ok());
    clock.advance(SignedDuration::from_mins(1));
    assert!(door.enter(&caller, address(1)).is_ok());
}

#[test]
fn a_network_of_version_6_has_one_limit() {
    let (door, _) = door(AddressLimits { requests_per_day: 1, ..AddressLimits::default() });
    let caller = nobody_special();
    assert!(door.enter(&caller, "2001:db8::1".parse().unwrap()).is_ok());
    let refused = door.enter(&caller, "2001:db8::2".parse().unwrap()).unwrap_err();
    assert_eq!(
        refused.message(),
        "This address has reached its limit of 1 requests per day (MAX_REQUESTS_PER_DAY_PER_IP); try again in 12 hours."
    );
}

#[test]
fn input_tokens_are_booked_by_estimate_and_settled_by_the_truth() {
    let (door, _) = door(AddressLimits { input_tokens_per_day: 1_000, ..AddressLimits::default() });
    let caller = nobody_special();
    let mut one = door.enter(&caller, address(1)).unwrap();
    assert!(one.book(|| 900).is_ok());
    let mut two = door.enter(&caller, address(1)).unwrap();
    let refused = two.book(|| 200).unwrap_err();
    assert!(refused.message().contains("(MAX_INPUT_TOKENS_PER_DAY_PER_IP); try again in 12 hours"), "{refused:?}");
    one.settle(Some(&usage(300, 5_000)), 0);
    assert!(two.book(|| 200).is_ok());
    drop(two);
    let mut three = door.enter(&caller, address(1)).unwrap();
    assert!(three.book(|| 700).is_ok(), "a request that never got an answer has used nothing");
    let refused = three.book(|| 5_000).unwrap_err();
    assert_eq!(refused.wait(), None);
    assert_eq!(
        refused.message(),
        "The request has about 5000 input tokens, and this address may use no more than 1000 input tokens per day \
         (MAX_INPUT_TOKENS_PER_DAY_PER_IP)."
    );
}

#[test]
fn an_access_key_with_limits_of_its_own_does_not_count_for_its_address() {
    let (door, _) = door(AddressLimits { requests_per_minute: 1, ..AddressLimits::default() });
    let limited = holder(json!({"rpm": 3}));
    for _ in 0..3 {
        assert!(door.enter(&limited, address(1)).is_ok());
    }
    let refused = door.enter(&limited, address(2)).unwrap_err();
    assert!(refused.message().starts_with("This access key has reached its limit of 3 requests per minute (rpm)"));
    assert_eq!(door.admission.addresses(), 0);
    let unlimited = holder(json!({"paid_keys_only": true}));
    assert!(door.enter(&unlimited, address(1)).is_ok());
    assert!(door.enter(&unlimited, address(1)).is_err());
}

#[test]
fn budgets_pay_for_what_was_used() {
    let (door, _) = door(AddressLimits::default());
    let caller = holder(json!({"token_budget": {"day": 1_000}, "money_budget_usd": {"total": 1.0}}));
    let mut permit = door.enter(&caller, address(1)).unwrap();
    permit.book(|| 10).unwrap();
    permit.settle(Some(&usage(10, 999)), 999_999_999);
    permit.settle(Some(&usage(10, 999)), 1);
    let mut permit = door.enter(&caller, address(1)).unwrap();
    permit.settle(Some(&usage(1, 1)), 1);
    let refused = door.enter(&caller, address(1)).unwrap_err();
    assert_eq!(refused.message(), "The budget of this access key is used up (money_budget_usd.total).");
    assert_eq!(refused.wait(), None);
}

#[rstest]
#[case::without_limits(json!({}))]
#[case::with_limits(json!({"rpm": 10}))]
fn what_is_used_is_counted_whatever_is_limited(#[case] policy: serde_json::Value) {
    let (door, clock) = door(AddressLimits::default());
    let caller = holder(policy);
    let mut permit = door.enter(&caller, address(1)).unwrap();
    permit.settle(Some(&usage(3, 7)), 5);
    let spent = caller.meter.unwrap().spent(clock.now());
    assert_eq!((spent.day, spent.total), (Amount { tokens: 7, nanos: 5 }, Amount { tokens: 7, nanos: 5 }));
}

#[test]
fn limits_change_while_somebody_counts() {
    let (mut door, _) = door(AddressLimits { requests_per_minute: 5, ..AddressLimits::default() });
    let caller = nobody_special();
    for _ in 0..4 {
        door.enter(&caller, address(1)).unwrap();
    }
    door.limits.requests_per_minute = 4;
    assert!(door.enter(&caller, address(1)).is_err());
    door.limits = AddressLimits::default();
    assert!(door.enter(&caller, address(1)).is_ok());
}

#[test]
fn a_thousand_means_a_thousand_however_many_ask_at_once() {
    let (door, _) = door(AddressLimits { requests_per_minute: 1_000, ..AddressLimits::default() });
    let caller = nobody_special();
    let let_in: usize = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..64)
            .map(|_| scope.spawn(|| (0..50).filter(|_| door.enter(&caller, address(1)).is_ok()).count()))
            .collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).sum()
    });
    assert_eq!(let_in, 1_000);
}
