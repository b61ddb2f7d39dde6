use serde_json::json;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn policy(json: serde_json::Value) -> Policy {
    serde_json::from_value(json).unwrap()
}

const NOON: &str = "2026-06-15T19:00:00Z";

fn ask(meter: &Meter, policy: &Policy, now: &str) -> Result<(), NoRoom> {
    meter.admit(&policy.limits(), policy, at(now)).map(drop).map_err(|(why, _)| why)
}

fn used_up(budget: &'static str, until: Option<&str>) -> Result<(), NoRoom> {
    Err(NoRoom::Budget(UsedUp { budget, until: until.map(at) }))
}

#[test]
fn a_budget_of_a_day_is_there_again_on_the_next() {
    let meter = Meter::default();
    let policy = policy(json!({"token_budget": {"day": 100}}));
    assert_eq!(ask(&meter, &policy, NOON), Ok(()));
    meter.spend(Amount { tokens: 100, nanos: 0 }, at(NOON));
    let midnight = "2026-06-16T07:00:00Z";
    assert_eq!(ask(&meter, &policy, NOON), used_up("token_budget.day", Some(midnight)));
    assert_eq!(ask(&meter, &policy, "2026-06-16T06:59:59Z"), used_up("token_budget.day", Some(midnight)));
    assert_eq!(ask(&meter, &policy, midnight), Ok(()));
    let spent = meter.spent(at(midnight));
    assert_eq!((spent.day.tokens, spent.month.tokens, spent.total.tokens), (0, 100, 100));
}

#[test]
fn money_of_a_month_is_there_again_in_the_next() {
    let meter = Meter::default();
    let policy = policy(json!({"money_budget_usd": {"month": 0.5}}));
    meter.spend(Amount { tokens: 1, nanos: 499_999_999 }, at(NOON));
    assert_eq!(ask(&meter, &policy, NOON), Ok(()));
    meter.spend(Amount { tokens: 1, nanos: 1 }, at(NOON));
    assert_eq!(ask(&meter, &policy, NOON), used_up("money_budget_usd.month", Some("2026-07-01T07:00:00Z")));
    assert_eq!(ask(&meter, &policy, "2026-07-01T07:00:00Z"), Ok(()));
}

#[test]
fn a_budget_in_all_never_comes_back() {
    let meter = Meter::default();
    meter.learn(&Spent { total: Amount { tokens: 10, nanos: 0 }, ..Spent::default() }, at(NOON));
    let policy = policy(json!({"token_budget": {"day": 100, "total": 10}}));
    assert_eq!(ask(&meter, &policy, NOON), used_up("token_budget.total", None));
}

#[test]
fn what_is_under_way_counts_before_it_has_ended() {
    let meter = Meter::default();
    let policy = policy(json!({"token_budget": {"day": 100}}));
    let book = |tokens| meter.book(tokens, &policy.limits(), &policy, at(NOON), at(NOON)).is_ok();
    assert!(book(60));
    assert!(!book(60), "together they would be more than there is");
    assert!(book(40));
    meter.settle(60, 10, at(NOON), at(NOON));
    meter.spend(Amount { tokens: 15, nanos: 0 }, at(NOON));
    assert!(book(45));
    assert!(!book(1));
}

#[test]
fn what_the_log_knows_is_taken_in_and_nothing_is_forgotten() {
    let meter = Meter::default();
    meter.spend(Amount { tokens: 50, nanos: 5 }, at(NOON));
    let of = |tokens| Amount { tokens, nanos: 0 };
    meter.learn(&Spent { day: of(20), month: of(200), total: of(2_000) }, at(NOON));
    let spent = meter.spent(at(NOON));
    assert_eq!(spent.day, Amount { tokens: 50, nanos: 5 });
    assert_eq!((spent.month.tokens, spent.total.tokens), (200, 2_000));
}

#[test]
fn what_is_left_is_told_of_the_limit_that_is_nearer() {
    let meter = Meter::default();
    let policy = policy(json!({"rpm": 10, "rpd": 3, "tpm": 1_000}));
    let standing = meter.admit(&policy.limits(), &policy, at(NOON)).unwrap();
    let day = Duration::from_hours(12);
    assert_eq!(standing.requests, Some(Level { limit: 3, remaining: 2, reset: day }));
    let standing = meter.book(400, &policy.limits(), &policy, at(NOON), at(NOON)).unwrap();
    assert_eq!(standing.tokens, Some(Level { limit: 1_000, remaining: 600, reset: Duration::from_mins(1) }));
}
