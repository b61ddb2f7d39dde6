//! The implicit cache.

use std::time::Duration;

use gap_sim::{ImplicitCache, Options, SimKey};
use serde_json::{Value, json};

use crate::support::{Ask, KEY, MODEL, OTHER, Sim};

fn options() -> Options {
    let start = Some("2026-07-01T12:00:00Z".parse().unwrap());
    let keys = vec![SimKey::good(KEY, 7), SimKey::good(OTHER, 8)];
    let implicit_cache = Some(ImplicitCache { least_tokens: 100, life_seconds: 60 });
    Options { keys, start, control: true, implicit_cache, ..Options::default() }
}

fn turn(role: &str, text: &str) -> Value {
    json!({ "role": role, "parts": [{ "text": text }] })
}

async fn cached(sim: &Sim, key: &str, model: &str, turns: &[Value]) -> Option<u64> {
    let reply = sim.send(&Ask::generate(model, &json!({ "contents": turns })).key(key)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let usage = reply.json()["usageMetadata"].clone();
    let cached = usage["cachedContentTokenCount"].as_u64();
    assert!(cached.is_none_or(|cached| cached <= usage["promptTokenCount"].as_u64().unwrap()), "{usage}");
    cached
}

#[tokio::test]
async fn a_beginning_that_comes_again_is_cached_in_its_project() {
    let sim = Sim::with(options()).await;
    let first = turn("user", &"word ".repeat(100));
    let turns = [first.clone(), turn("model", "Yes."), turn("user", "And?")];
    assert_eq!(cached(&sim, KEY, MODEL, &turns[..1]).await, None);
    assert_eq!(cached(&sim, KEY, MODEL, &turns).await, Some(125), "the first turn, at four letters a token");
    assert_eq!(cached(&sim, OTHER, MODEL, &turns).await, None, "another project");
    assert_eq!(cached(&sim, KEY, "gemini-2.5-pro", &turns).await, None, "another model");
    assert_eq!(cached(&sim, KEY, MODEL, &[turn("user", "other"), turns[1].clone(), turns[2].clone()]).await, None);
    assert_eq!(cached(&sim, KEY, MODEL, &[turn("user", "short")]).await, None);
    assert_eq!(cached(&sim, KEY, MODEL, &[turn("user", "short")]).await, None, "too short to be worth it");
    sim.control.advance(Duration::from_secs(61));
    assert_eq!(cached(&sim, KEY, MODEL, &turns).await, None, "it was forgotten");
    assert_eq!(cached(&sim, KEY, MODEL, &turns).await, Some(127));
}
