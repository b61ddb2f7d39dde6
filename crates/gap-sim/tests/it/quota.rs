//! Limits that count.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gap_sim::{Limit, Limits, Options, SimKey, Tier, TierLimits};
use serde_json::{Value, json};

use crate::support::{Ask, KEY, MODEL, OTHER, Sim, said};

/// One project with two keys; the clock stands still a minute before midnight in Los Angeles.
fn limited(tier: Tier, limit: Limit) -> Options {
    let key = |key: &str| SimKey { tier, ..SimKey::good(key, 7) };
    let limits = TierLimits { default: limit, models: BTreeMap::new() };
    let limits = if tier == Tier::Free {
        Limits { free: limits, ..Limits::default() }
    } else {
        Limits { paid: limits, ..Limits::default() }
    };
    let start = Some("2026-07-01T06:59:00Z".parse().unwrap());
    Options { keys: vec![key(KEY), key(OTHER)], limits, start, control: true, ..Options::default() }
}

fn detail<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let details = answer["error"]["details"].as_array().unwrap();
    details.iter().find(|detail| detail["@type"].as_str().unwrap().ends_with(name)).unwrap()
}

#[tokio::test]
async fn a_minute_is_sixty_seconds_for_all_keys_of_a_project() {
    let sim = Sim::with(limited(Tier::Free, Limit { rpm: Some(2), ..Limit::default() })).await;
    assert_eq!(sim.say("one").await.status, 200);
    sim.control.advance(Duration::from_secs(20));
    assert_eq!(sim.send(&Ask::generate(MODEL, &said("two")).key(OTHER)).await.status, 200);
    let refused = sim.say("three").await;
    assert_eq!(refused.status, 429);
    // The other model has its own count.
    assert_eq!(sim.send(&Ask::generate("gemini-2.5-pro", &said("four"))).await.status, 200);

    let wanted = "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": \"You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. \\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 2, model: gemini-2.5-flash\\nPlease retry in 40s.\",\n    \"status\": \"RESOURCE_EXHAUSTED\",\n    \"details\": [\n";
    assert!(refused.text().starts_with(wanted), "{}", refused.text());
    let answer = refused.json();
    let kinds: Vec<&str> = answer["error"]["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["@type"].as_str().unwrap().rsplit('.').next().unwrap())
        .collect();
    assert_eq!(kinds, ["Help", "QuotaFailure", "RetryInfo"]);
    assert_eq!(
        detail(&answer, "QuotaFailure")["violations"],
        json!([{
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
            "quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            "quotaDimensions": {"location": "global", "model": "gemini-2.5-flash"},
            "quotaValue": "2",
        }])
    );
    assert_eq!(detail(&answer, "RetryInfo")["retryDelay"], "40s");

    // What it says is true: not sooner, and then at once.
    sim.control.advance(Duration::from_millis(39_999));
    assert_eq!(sim.say("five").await.status, 429);
    sim.control.advance(Duration::from_millis(1));
    assert_eq!(sim.say("six").await.status, 200);
}

#[tokio::test]
async fn a_day_ends_at_midnight_in_los_angeles() {
    // wire 5
    let sim = Sim::with(limited(Tier::Free, Limit { rpd: Some(1), ..Limit::default() })).await;
    assert_eq!(sim.say("one").await.status, 200);
    let answer = sim.say("two").await.json();
    assert_eq!(
        detail(&answer, "QuotaFailure")["violations"][0]["quotaId"],
        "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
    );
    // Short, although it helps nothing.
    assert_eq!(detail(&answer, "RetryInfo")["retryDelay"], "31s");
    sim.control.advance(Duration::from_secs(59));
    assert_eq!(sim.say("three").await.status, 429);
    sim.control.advance(Duration::from_secs(1));
    assert_eq!(sim.say("four").await.status, 200);
}

#[tokio::test]
async fn tokens_count_as_well() {
    let sim = Sim::with(limited(Tier::Paid, Limit { tpm: Some(100), ..Limit::default() })).await;
    assert_eq!(sim.say(&"word".repeat(60)).await.status, 200);
    let answer = sim.say(&"word".repeat(60)).await.json();
    let violation = &detail(&answer, "QuotaFailure")["violations"][0];
    assert_eq!(violation["quotaId"], "GenerateContentPaidTierInputTokensPerModelPerMinute");
    assert_eq!(
        violation["quotaMetric"],
        "generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count"
    );
    // What is refused counts for nothing.
    assert_eq!(sim.say(&"word".repeat(40)).await.status, 200);
    let used = sim.control.usage()[0].used;
    assert_eq!((used.requests_per_minute, used.tokens_per_minute, used.refused), (2, 100, 1));
}

#[tokio::test]
async fn a_limit_of_nothing_is_not_on_this_tier() {
    // wire 7
    let none = Limit { rpm: Some(0), rpd: Some(0), tpm: Some(0), tpd: None };
    let sim = Sim::with(limited(Tier::Free, none)).await;
    let answer = sim.say("hi").await.json();
    let violations = detail(&answer, "QuotaFailure")["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 3);
    assert!(violations.iter().all(|violation| violation.get("quotaValue").is_none()));
    assert_eq!(answer["error"]["message"].as_str().unwrap().matches("limit: 0, model: gemini-2.5-flash").count(), 3);
}

#[tokio::test]
async fn several_limits_are_told_at_once() {
    // wire 4
    let sim = Sim::with(limited(Tier::Free, Limit { rpm: Some(1), rpd: Some(1), ..Limit::default() })).await;
    sim.say("one").await;
    let answer = sim.say("two").await.json();
    let ids: Vec<&str> = detail(&answer, "QuotaFailure")["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| violation["quotaId"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"]
    );
}

#[tokio::test]
async fn counts_are_exact_however_many_come_at_once() {
    let sim = Arc::new(Sim::with(limited(Tier::Free, Limit { rpm: Some(50), ..Limit::default() })).await);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..200 {
        let sim = sim.clone();
        calls.spawn(async move {
            let key = if number % 2 == 0 { KEY } else { OTHER };
            sim.send(&Ask::generate(MODEL, &said(&number.to_string())).key(key)).await.status.as_u16()
        });
    }
    let statuses = calls.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 50);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 150);
    let used = sim.control.usage()[0].used;
    assert_eq!((used.requests_per_minute, used.refused), (50, 150));
}

#[tokio::test]
async fn every_text_of_a_batch_is_a_request() {
    let sim = Sim::with(limited(Tier::Free, Limit { rpm: Some(5), ..Limit::default() })).await;
    let request = json!({"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "a"}]}, "outputDimensionality": 8});
    let batch = |count: usize| {
        Ask::post(
            "/v1beta/models/gemini-embedding-001:batchEmbedContents",
            &json!({"requests": vec![request.clone(); count]}),
        )
    };
    assert_eq!(sim.send(&batch(4)).await.status, 200);
    let refused = sim.send(&batch(2)).await;
    assert_eq!(refused.status, 429);
    assert!(refused.text().contains("EmbedContentRequestsPerMinutePerProjectPerModel-FreeTier"));
    assert_eq!(sim.send(&batch(1)).await.status, 200);
}

#[tokio::test]
async fn what_costs_and_what_does_not() {
    let sim = Sim::with(limited(Tier::Free, Limit::default())).await;
    let requests = || sim.control.usage().first().map_or(0, |usage| usage.used.requests_per_minute);
    sim.say("hi").await;
    assert_eq!(requests(), 1);
    // The parser refuses before anybody counts.
    sim.send(&Ask::generate(MODEL, &json!({"nonsense": 1}))).await;
    // Other calls have other counters, unknown models none.
    sim.send(&Ask::post(&format!("/v1beta/models/{MODEL}:countTokens"), &said("hi"))).await;
    sim.send(&Ask::get("/v1beta/models")).await;
    sim.send(&Ask::generate("gemini-0", &said("hi"))).await;
    sim.send(&Ask::generate(MODEL, &said("hi")).key("unknown")).await;
    assert_eq!(requests(), 1);
    // wire 19, 23: what the model itself refuses has been read.
    sim.send(&Ask::generate(MODEL, &json!({"contents": []}))).await;
    assert_eq!(requests(), 2);
}

#[tokio::test]
async fn the_longest_name_decides_and_limits_can_change() {
    let mut options = limited(Tier::Free, Limit { rpm: Some(1), ..Limit::default() });
    let models = [("gemini-2.5-*", 2), ("gemini-2.5-flash*", 3), ("gemini-2.5-flash-lite", 4)];
    options.limits.free.models =
        models.map(|(name, rpm)| (name.to_owned(), Limit { rpm: Some(rpm), ..Limit::default() })).into();
    let sim = Sim::with(options).await;
    for (model, limit) in [("gemini-2.0-flash", 1), ("gemini-2.5-pro", 2), (MODEL, 3), ("gemini-2.5-flash-lite", 4)] {
        for _ in 0..limit {
            assert_eq!(sim.send(&Ask::generate(model, &said("hi"))).await.status, 200, "{model}");
        }
        assert_eq!(sim.send(&Ask::generate(model, &said("hi"))).await.status, 429, "{model}");
    }
    assert_eq!(sim.control("PUT", "limits", json!({"free": {"default": {"rpm": 100}}})).await.0, 200);
    assert_eq!(sim.say("hi").await.status, 200);
}
