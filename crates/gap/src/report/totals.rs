//! How much was used, as people read it.

use gap_store::usage::sums::Totals;
use serde::Serialize;
use utoipa::ToSchema;

/// How much was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Amount {
    /// Requests, whatever became of them.
    pub requests: i64,
    /// Requests that ended with an answer.
    pub answered: i64,
    /// Requests that ended with an error.
    pub failed: i64,
    /// Requests that the client gave up.
    pub cancelled: i64,
    /// Upstream keys tried.
    pub attempts: i64,
    /// Tokens of prompts, with the cached ones.
    pub prompt_tokens: i64,
    /// Tokens of prompts that came from a cache.
    pub cached_tokens: i64,
    /// Tokens of thinking.
    pub thought_tokens: i64,
    /// Tokens of results of Google's own tools.
    pub tool_tokens: i64,
    /// Tokens of answers, without thinking.
    pub output_tokens: i64,
    /// All tokens.
    pub total_tokens: i64,
    /// What it cost by list prices, in billionths of a dollar.
    pub cost_nanos: i64,
    /// What caches saved by list prices, in billionths of a dollar.
    pub saved_nanos: i64,
    /// Requests of which a cache served a part.
    pub cache_hits: i64,
    /// Their share of the answered requests, from 0 to 1.
    pub cache_hit_rate: f64,
    /// The share of failed requests, from 0 to 1.
    pub error_rate: f64,
    /// How long a request waited for an upstream key, on average.
    pub average_wait_ms: f64,
    /// How long a request took, on average.
    pub average_duration_ms: f64,
    /// How long the first token of a stream took, on average; missing where none was timed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_first_token_ms: Option<f64>,
}

impl From<Totals> for Amount {
    fn from(totals: Totals) -> Self {
        let answered = totals.requests - totals.failed - totals.cancelled;
        let tokens = [totals.prompt_tokens, totals.thought_tokens, totals.tool_tokens, totals.output_tokens];
        Self {
            requests: totals.requests,
            answered,
            failed: totals.failed,
            cancelled: totals.cancelled,
            attempts: totals.attempts,
            prompt_tokens: totals.prompt_tokens,
            cached_tokens: totals.cached_tokens,
            thought_tokens: totals.thought_tokens,
            tool_tokens: totals.tool_tokens,
            output_tokens: totals.output_tokens,
            total_tokens: tokens.into_iter().sum(),
            cost_nanos: totals.cost_nanos,
            saved_nanos: totals.saved_nanos,
            cache_hits: totals.cache_hits,
            cache_hit_rate: share(totals.cache_hits, answered),
            error_rate: share(totals.failed, totals.requests),
            average_wait_ms: share(totals.waited_ms, totals.requests),
            average_duration_ms: share(totals.duration_ms, totals.requests),
            average_first_token_ms: (totals.first_tokens > 0)
                .then(|| share(totals.first_token_ms, totals.first_tokens)),
        }
    }
}

/// A part of a whole; of nothing, nothing.
pub fn share(part: i64, whole: i64) -> f64 {
    if whole > 0 { part as f64 / whole as f64 } else { 0.0 }
}
