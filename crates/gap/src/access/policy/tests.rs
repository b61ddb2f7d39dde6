use rstest::rstest;
use serde_json::json;

use super::*;

fn policy(json: serde_json::Value) -> Policy {
    serde_json::from_value(json).unwrap()
}

#[test]
fn nothing_said_is_nothing_limited() {
    for text in [json!({}), json!({"models": null, "token_budget": null, "money_budget_usd": {"day": null}})] {
        let policy = policy(text);
        assert_eq!(policy, Policy::default());
        assert!(!policy.limits_use() && policy.allows_model("x") && policy.allows_address([1, 2, 3, 4].into()));
    }
    assert_eq!(serde_json::to_value(Policy::default()).unwrap(), json!({}));
}

#[rstest]
#[case("gemini-2.5-flash", true)]
#[case("models/gemini-2.5-flash", true)]
#[case("gemini-2.5-flash-lite", false)]
#[case("gemini-embedding-001", true)]
#[case("gemini-embedding", false)]
#[case("", false)]
fn models_are_allowed_by_name_or_beginning(#[case] model: &str, #[case] allowed: bool) {
    let policy = policy(json!({"models": ["gemini-2.5-flash", "gemini-embedding-*"]}));
    assert_eq!(policy.allows_model(model), allowed);
}

#[test]
fn networks_and_addresses_are_allowed() {
    let policy = policy(json!({"allowed_ips": ["10.1.2.3/8", "203.0.113.7", "2001:db8::/32"]}));
    for (address, allowed) in
        [("10.200.0.1", true), ("203.0.113.7", true), ("203.0.113.8", false), ("2001:db8::9", true)]
    {
        assert_eq!(policy.allows_address(address.parse().unwrap()), allowed, "{address}");
    }
    assert_eq!(serde_json::to_value(&policy).unwrap()["allowed_ips"][0], "10.0.0.0/8");
    assert!(serde_json::from_value::<Policy>(json!({"allowed_ips": ["example.org"]})).is_err());
}

#[test]
fn every_mistake_is_named() {
    let policy = policy(json!({
        "models": ["", "a b", "models/x", "fine-*", "*"], "rpm": 0, "tpm": 2_000_000_000_000_u64,
        "token_budget": {"month": 0}, "money_budget_usd": {"day": -1.0, "total": 0}, "allowed_ips": [],
    }));
    let fields: Vec<String> = policy.mistakes().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        [
            "models[0]",
            "models[1]",
            "models[2]",
            "rpm",
            "tpm",
            "token_budget.month",
            "money_budget_usd.day",
            "money_budget_usd.total",
            "allowed_ips"
        ]
    );
}

#[test]
fn money_is_counted_in_billionths() {
    let budget = Budget { day: Some(0.1), month: None, total: Some(1e9) };
    assert_eq!(
        budget.in_nanos(),
        Budget { day: Some(100_000_000), month: None, total: Some(1_000_000_000_000_000_000) }
    );
}

#[rstest]
#[case(0, "in 0 seconds")]
#[case(1_000, "in 1 second")]
#[case(1_001, "in 2 seconds")]
#[case(180_000, "in 3 minutes")]
#[case(7_200_000, "in 2 hours")]
#[case(864_000_000, "in 10 days")]
fn waits_are_told_in_words(#[case] millis: u64, #[case] words: &str) {
    assert_eq!(in_words(Duration::from_millis(millis)), words);
}
