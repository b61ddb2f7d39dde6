//! The command as a whole.

use crate::arguments::Arguments;
use crate::{json, play, scenarios};

fn quick(scenario: &str, seed: &str) -> String {
    let words = ["--quick", "--scenario", scenario, "--seed", seed].map(str::to_owned);
    let arguments = Arguments::read(words.into_iter()).unwrap();
    json(&play(scenarios::find(scenario).unwrap(), &arguments).0).unwrap()
}

#[test]
fn a_seed_tells_everything() {
    assert_eq!(quick("everything", "5"), quick("everything", "5"));
    assert_ne!(quick("everything", "5"), quick("everything", "6"));
}

#[test]
fn rows_have_the_fields_that_readers_look_for() {
    let rows: serde_json::Value = serde_json::from_str(&quick("bursts", "2")).unwrap();
    let rows = rows.as_array().unwrap();
    let strategies: Vec<&str> = rows.iter().map(|row| row["strategy"].as_str().unwrap()).collect();
    assert_eq!(
        strategies,
        ["gap", "round_robin", "random", "least_recently_used", "original_score", "litellm_usage", "oracle"]
    );
    for row in rows {
        assert_eq!(row["scenario"], "bursts");
        let goodput = row["goodput_vs_oracle"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&goodput), "{row}");
        for field in ["upstream_429_per_1000", "client_errors_per_1000", "wait_p50_s", "wait_p99_s", "spread"] {
            assert!(row[field].as_f64().is_some_and(|value| value >= 0.0), "{field} in {row}");
        }
        assert!(row["sent_to_resting"].is_u64(), "{row}");
    }
}
