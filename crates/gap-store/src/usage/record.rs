//! One request.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

/// Longer texts are cut: they come from clients, and the log must not grow by what they make up.
const LONGEST_NAME: usize = 256;
/// The explanation of a request that tried many keys.
const LONGEST_EXPLANATION: usize = 16_384;
/// No honest request comes near; a sum of a million such still fits its column.
const MOST: u64 = 1_000_000_000_000;

/// What one request used. Empty text means nobody or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageRecord {
    /// The request's identifier. A record that is written twice counts once.
    pub id: Uuid,
    /// When the request came.
    pub at: Timestamp,
    /// The access key's identifier.
    pub access_key: String,
    /// The client's address.
    pub address: String,
    /// The API that the client spoke.
    pub dialect: String,
    /// What it asked for, such as `generateContent`.
    pub method: String,
    /// The model that answered, or was asked for.
    pub model: String,
    /// The project that served it.
    pub project: String,
    /// The upstream key that served it, by its identifier.
    pub upstream_key: String,
    /// How many upstream keys were tried.
    pub attempts: u32,
    /// The status that the client saw.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// Whose fault it was when it failed: the pool's word.
    pub error_scope: String,
    /// Whether the answer was a stream.
    pub streamed: bool,
    /// What Google counted.
    pub tokens: Tokens,
    /// The same by modality, such as `prompt/image`.
    pub by_modality: BTreeMap<String, u64>,
    /// What it cost, in billionths of a dollar.
    pub cost_nanos: u64,
    /// What caches saved, in billionths of a dollar.
    pub saved_nanos: u64,
    /// How long it waited for an upstream key.
    pub waited_ms: u32,
    /// How long until the first token.
    pub first_token_ms: Option<u32>,
    /// How long in all.
    pub duration_ms: u32,
    /// Why this key and not another, as JSON of the pool's.
    pub explanation: Option<String>,
}

/// Tokens, as Google counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt, with the cached ones.
    pub prompt: u64,
    /// Of the prompt, from a cache.
    pub cached: u64,
    /// Of thinking.
    pub thoughts: u64,
    /// Of the results of Google's own tools.
    pub tool: u64,
    /// Of the answer.
    pub output: u64,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With an answer.
    #[default]
    Answered,
    /// With an error.
    Failed,
    /// By the client, which left.
    Cancelled,
}

// === impl Outcome ===

impl Outcome {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// From its stored name.
    pub(crate) fn read(name: &str) -> Option<Self> {
        [Self::Answered, Self::Failed, Self::Cancelled].into_iter().find(|outcome| outcome.name() == name)
    }
}

// === impl UsageRecord ===

impl UsageRecord {
    /// Makes a record fit for its columns: one that the database refused would hold up those behind it.
    pub(crate) fn fit(&mut self) {
        for text in [
            &mut self.access_key,
            &mut self.address,
            &mut self.dialect,
            &mut self.method,
            &mut self.model,
            &mut self.project,
            &mut self.upstream_key,
            &mut self.error_scope,
        ] {
            fit(text);
        }
        for count in [
            &mut self.tokens.prompt,
            &mut self.tokens.cached,
            &mut self.tokens.thoughts,
            &mut self.tokens.tool,
            &mut self.tokens.output,
            &mut self.cost_nanos,
            &mut self.saved_nanos,
        ] {
            *count = (*count).min(MOST);
        }
        // Half an explanation is not JSON.
        let long = |text: &String| text.len() > LONGEST_EXPLANATION || text.contains('\0');
        if self.explanation.as_ref().is_some_and(long) {
            self.explanation = None;
        }
        if self.by_modality.len() > 32 || self.by_modality.keys().any(|name| name.len() > 64) {
            self.by_modality.clear();
        }
    }
}

fn fit(text: &mut String) {
    if text.contains('\0') {
        // PostgreSQL has no NUL in text.
        text.retain(|character| character != '\0');
    }
    if text.len() > LONGEST_NAME {
        text.truncate(text.floor_char_boundary(LONGEST_NAME));
    }
}
