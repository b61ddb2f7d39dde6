//! What explicit caches cost, and how they vanish.

use std::time::Duration;

use gap_sim::{Options, SimKey};
use serde_json::{Value, json};

use crate::support::{Ask, KEY, MODEL, OTHER, Sim};

async fn start() -> Sim {
    let start = Some("2026-07-01T12:00:00Z".parse().unwrap());
    let keys = vec![SimKey::good(KEY, 7), SimKey::good(OTHER, 8)];
    Sim::with(Options { keys, start, control: true, ..Options::default() }).await
}

/// Makes a cache of so many tokens for half an hour; its name.
async fn make(sim: &Sim, model: &str, tokens: usize) -> Result<String, String> {
    let contents = json!([{ "role": "user", "parts": [{ "text": "word".repeat(tokens) }] }]);
    let body = json!({ "model": format!("models/{model}"), "contents": contents, "ttl": "1800s" });
    let answer = sim.send(&Ask::post("/v1beta/cachedContents", &body)).await;
    let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
    let answer = answer.json();
    if answer["error"].is_null() { Ok(text(&answer["name"])) } else { Err(text(&answer["error"]["message"])) }
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

#[tokio::test]
async fn a_cache_is_paid_for_by_its_tokens_and_its_hours() {
    let sim = start().await;
    let name = make(&sim, MODEL, 10_000).await.unwrap();
    let contents = json!([{ "role": "user", "parts": [{ "text": "And?" }] }]);
    let ask = json!({ "contents": contents, "cachedContent": name });
    let usage = sim.send(&Ask::generate(MODEL, &ask)).await.json()["usageMetadata"].clone();
    let count = |field: &str| usage[field].as_u64().unwrap_or(0);
    sim.control.advance(Duration::from_mins(15));
    let account = sim.control.accounts().remove(&7).unwrap();
    assert_eq!((account.caches, account.cached_tokens, account.hits), (1, 10_000, 1));
    assert_eq!((account.explicit_tokens, account.implicit_tokens), (10_000, 0));
    assert_eq!(account.prompt_tokens, count("promptTokenCount"));
    assert_eq!(account.output_tokens, count("candidatesTokenCount") + count("thoughtsTokenCount"));
    assert!(near(account.token_hours, 2_500.0), "a quarter of an hour: {account:?}");
    // 0.30 dollars for a million tokens, and one more for an hour.
    assert!(near(account.cache_dollars, 0.003 + 0.0025), "{account:?}");
    // It ends by itself after half an hour, and costs nothing more.
    sim.control.advance(Duration::from_hours(5));
    let account = sim.control.accounts().remove(&7).unwrap();
    assert!(near(account.token_hours, 5_000.0), "{account:?}");
    assert!(!sim.control.accounts().contains_key(&8), "the other project pays nothing");
    sim.control.reset();
    assert!(sim.control.accounts().is_empty());
}

#[tokio::test]
async fn rent_ends_with_the_cache() {
    let sim = start().await;
    let deleted = make(&sim, MODEL, 2_000).await.unwrap();
    let vanished = make(&sim, MODEL, 2_000).await.unwrap();
    sim.control.advance(Duration::from_mins(6));
    sim.send(&Ask::get(&format!("/v1beta/{deleted}")).method("DELETE")).await;
    assert!(sim.control.forget_cache(&vanished) && !sim.control.forget_cache(&vanished));
    sim.control.advance(Duration::from_hours(1));
    let (status, accounts) = sim.control("GET", "accounts", Value::Null).await;
    assert_eq!((status.as_u16(), accounts["accounts"]["7"]["token_hours"].as_f64()), (200, Some(400.0)));
    let gone = sim.send(&Ask::get(&format!("/v1beta/{vanished}"))).await;
    assert_eq!(gone.status, 403);
}

/// wire 129
#[tokio::test]
async fn how_small_a_cache_may_be_is_the_models() {
    let sim = start().await;
    assert!(make(&sim, MODEL, 1_024).await.is_ok());
    assert!(make(&sim, MODEL, 1_023).await.unwrap_err().contains("min_total_token_count=1024"));
    assert!(make(&sim, "gemini-2.5-pro", 4_096).await.is_ok());
    assert!(make(&sim, "gemini-2.5-pro", 4_095).await.unwrap_err().contains("min_total_token_count=4096"));
}
