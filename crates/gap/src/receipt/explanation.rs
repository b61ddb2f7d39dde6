//! Why which keys were tried, in the line of the log.

use std::time::Duration;

use gap_pool::{Explanation, Ranking};
use serde::Serialize;
use tokio::time::Instant;

use super::{Attempt, millis};

/// So many decisions are told: the record has room for them, and those after them say nothing new.
const MOST: usize = 16;

/// What the pool decided for one request, in order: one decision for each try, and perhaps one more, that there is no key.
#[derive(Debug, Default)]
pub(super) struct Decisions(Vec<Decision>);

#[derive(Debug)]
struct Decision {
    ranking: Ranking,
    waited: Duration,
}

/// A decision and what came of it, as the log shows it.
#[derive(Debug, Serialize)]
struct Explained<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    waited_ms: u64,
    /// When the try began, since the request came.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(flatten)]
    choice: Explanation,
}

// === impl Decisions ===

impl Decisions {
    pub(super) fn add(&mut self, ranking: Ranking, waited: Duration) {
        self.0.push(Decision { ranking, waited });
    }

    /// Adds those of another request that is a part of this one.
    pub(super) fn append(&mut self, part: &mut Self) {
        self.0.append(&mut part.0);
    }

    /// Whether the pool had no key at least once.
    pub(super) fn has_refusal(&self) -> bool {
        self.0.iter().any(|decision| decision.ranking.candidates.is_empty())
    }

    /// A JSON array; an element for each decision on a request that came at `began`.
    pub(super) fn to_json(&self, attempts: &[Attempt], began: Instant) -> String {
        let explained = self.0.iter().enumerate().take(MOST).map(|(at, decision)| {
            let attempt = attempts.get(at);
            Explained {
                key: attempt.map(|attempt| attempt.key.masked()),
                waited_ms: millis(decision.waited),
                after_ms: attempt.map(|attempt| millis(attempt.began.saturating_duration_since(began))),
                took_ms: attempt.map(|attempt| millis(attempt.took)),
                outcome: attempt.map_or("no_key", |attempt| attempt.cause.unwrap_or("answered")),
                scope: attempt.and_then(|attempt| attempt.scope),
                choice: decision.ranking.explanation(),
            }
        });
        serde_json::to_string(&explained.collect::<Vec<_>>()).unwrap_or_default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
