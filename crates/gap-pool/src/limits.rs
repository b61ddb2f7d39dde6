//! How much a bucket may be asked, and who says so.
//!
//! Four quotas count at Google: requests and input tokens, each by the minute and by the Pacific day. A limit has a
//! source, and the better source wins: what the operator set by hand, what Google named in a refusal, the default of the
//! project's tier. A quota that nobody has named is unlimited until Google names it: guessing low would idle keys for
//! ever, guessing high costs one refusal.

pub(crate) mod learning;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::NameMap;

/// A quota of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quota {
    /// Requests per minute.
    RequestsPerMinute,
    /// Input tokens per minute.
    TokensPerMinute,
    /// Requests per Pacific day.
    RequestsPerDay,
    /// Input tokens per Pacific day.
    TokensPerDay,
}

/// A limit for each quota; none is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Requests per minute.
    pub requests_per_minute: Option<u64>,
    /// Input tokens per minute.
    pub tokens_per_minute: Option<u64>,
    /// Requests per Pacific day.
    pub requests_per_day: Option<u64>,
    /// Input tokens per Pacific day.
    pub tokens_per_day: Option<u64>,
}

/// Who says what a limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The table of tiers.
    Default,
    /// A refusal of Google's.
    Learned,
    /// The operator.
    ByHand,
}

/// What a project pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Nothing.
    Free,
    /// By use; the first tier, and any paid one of which no more is known.
    Tier1,
    /// By use, with higher limits.
    Tier2,
    /// By use, with the highest limits.
    Tier3,
}

/// Which tiers may serve, and in which order. A project whose tier nobody knows counts as free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierPolicy {
    /// All, alike.
    #[default]
    Any,
    /// Paid ones only when no free one can serve.
    FreeFirst,
    /// Free ones only when no paid one can serve.
    PaidFirst,
    /// Paid ones and no others: what free ones are told may be used for training.
    OnlyPaid,
}

/// Limits by model and tier, for buckets of which nothing better is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults(NameMap<Vec<(Tier, Limits)>>);

// === impl Quota ===

impl Quota {
    /// Every quota, in the order of [`Limits`].
    pub const ALL: [Self; 4] =
        [Self::RequestsPerMinute, Self::TokensPerMinute, Self::RequestsPerDay, Self::TokensPerDay];

    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestsPerMinute => "requests_per_minute",
            Self::TokensPerMinute => "tokens_per_minute",
            Self::RequestsPerDay => "requests_per_day",
            Self::TokensPerDay => "tokens_per_day",
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl Limits ===

impl Limits {
    /// The limit of one quota.
    pub const fn get(&self, quota: Quota) -> Option<u64> {
        match quota {
            Quota::RequestsPerMinute => self.requests_per_minute,
            Quota::TokensPerMinute => self.tokens_per_minute,
            Quota::RequestsPerDay => self.requests_per_day,
            Quota::TokensPerDay => self.tokens_per_day,
        }
    }

    /// Sets the limit of one quota.
    pub const fn set(&mut self, quota: Quota, limit: Option<u64>) {
        match quota {
            Quota::RequestsPerMinute => self.requests_per_minute = limit,
            Quota::TokensPerMinute => self.tokens_per_minute = limit,
            Quota::RequestsPerDay => self.requests_per_day = limit,
            Quota::TokensPerDay => self.tokens_per_day = limit,
        }
    }
}

// === impl Tier ===

impl Tier {
    /// Whether it costs money.
    pub const fn is_paid(self) -> bool {
        !matches!(self, Self::Free)
    }
}

// === impl Defaults ===

impl Defaults {
    /// Adds what a model allows on a tier; replaces what was said before.
    pub fn set(&mut self, model: impl Into<Box<str>>, tier: Tier, limits: Limits) {
        let tiers = self.0.entry(model.into()).or_default();
        tiers.retain(|(other, _)| *other != tier);
        tiers.push((tier, limits));
    }

    /// What a model allows on a tier: unlimited where nothing is said, as for a project of unknown tier.
    pub fn get(&self, model: &str, tier: Option<Tier>) -> Limits {
        let tiers = self.0.get(model);
        let found = tiers.and_then(|tiers| tiers.iter().find(|(other, _)| Some(*other) == tier));
        found.map(|(_, limits)| *limits).unwrap_or_default()
    }

    /// Whether anything is said about a model.
    pub fn knows(&self, model: &str) -> bool {
        self.0.contains_key(model)
    }
}
