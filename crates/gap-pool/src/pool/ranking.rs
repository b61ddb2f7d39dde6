//! Who may serve a request, and why the others may not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::ids::{KeyId, ProjectId};
use crate::limits::Quota;
use crate::verdict::Cause;

/// The answer to "who may serve this now?".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    /// The best few, best first; empty when nobody may.
    pub candidates: Vec<Candidate>,
    /// Who may not, by reason. While there are candidates, keys whose rest is just over may still be counted.
    pub rejected: Rejected,
    /// When the first of those that rest is back; none when nobody comes back by waiting.
    pub returns_at: Option<Timestamp>,
    /// How many keys are in play, looked at or not.
    pub in_play: usize,
    /// How many projects were looked at.
    pub looked_at: usize,
}

/// A key that may serve the request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The key.
    pub key: KeyId,
    /// Its project.
    pub project: ProjectId,
    /// Why it stands where it stands.
    pub why: Why,
    /// How good it looked.
    pub score: Score,
}

/// How good a candidate looks: headroom × health.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// What is left of its bucket's quotas, from 0 to 1: those of a day weigh more than those of a minute.
    pub headroom: f32,
    /// How well it has answered lately, from 0 to 1.
    pub health: f32,
}

/// Why a candidate stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// It belongs to the project that the request wants.
    Affinity,
    /// It was used longest ago.
    LeastRecentlyUsed,
    /// Its project seems not to have the model, but nobody better is left.
    LastResort,
    /// It was tried for this request already.
    TriedBefore,
}

/// How many keys may not serve the request, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejected(pub(crate) Vec<(Reason, usize)>);

/// Why a key may not serve the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A fault keeps it, its project or its bucket out of play.
    Fault(Cause),
    /// The operator switched it off.
    SwitchedOff,
    /// It was tried for this request and cannot serve it.
    Tried,
    /// The request wants another project.
    OtherProject,
    /// By the pool's own count there is no room for the request.
    Spent(Quota),
    /// It carries as many requests as it may.
    Busy,
    /// It may not be used for this model.
    OtherModel,
    /// Its project is on another tier than the request wants.
    OtherTier,
    /// Its time is over.
    Expired,
}

// === impl Ranking ===

impl Ranking {
    /// The decision in words: for an error message or a log.
    pub fn explain(&self) -> String {
        let mut words = String::new();
        if self.candidates.is_empty() && self.rejected.is_empty() {
            words.push_str("there are no upstream keys");
        }
        if let Some(best) = self.candidates.first() {
            _ = write!(words, "key {} ({})", best.key, best.why.name());
            if self.candidates.len() > 1 {
                _ = write!(words, ", {} more behind it", self.candidates.len() - 1);
            }
        }
        for (at, (reason, count)) in self.rejected.iter().enumerate() {
            let separator = if at == 0 && self.candidates.is_empty() { "" } else { ", " };
            let keys = if count == 1 { "key" } else { "keys" };
            _ = write!(words, "{separator}{count} {keys} out ({})", reason.name());
        }
        if let Some(at) = self.returns_at.filter(|_| self.candidates.is_empty()) {
            _ = write!(words, "; the first is back at {at:.0}");
        }
        words
    }
}

// === impl Score ===

impl Score {
    /// The best there is.
    pub(crate) const BEST: Self = Self { headroom: 1.0, health: 1.0 };

    /// Headroom × health.
    pub fn total(self) -> f32 {
        self.headroom * self.health
    }
}

// === impl Why ===

impl Why {
    /// Its name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Affinity => "affinity",
            Self::LeastRecentlyUsed => "least_recently_used",
            Self::LastResort => "last_resort",
            Self::TriedBefore => "tried_before",
        }
    }
}

// === impl Rejected ===

impl Rejected {
    /// Reasons and how many keys each keeps out.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, usize)> {
        self.0.iter().copied()
    }

    /// The same by the reasons' names, of which some have one in common.
    pub fn by_name(&self) -> BTreeMap<&'static str, usize> {
        let mut by_name = BTreeMap::new();
        for (reason, count) in self.iter() {
            *by_name.entry(reason.name()).or_default() += count;
        }
        by_name
    }

    /// How many keys are out for `reason`.
    pub fn count(&self, reason: Reason) -> usize {
        self.iter().find(|(other, _)| *other == reason).map_or(0, |(_, count)| count)
    }

    /// How many keys are out.
    pub fn total(&self) -> usize {
        self.iter().map(|(_, count)| count).sum()
    }

    /// Whether nobody is out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, reason: Reason, count: usize) {
        match self.0.iter_mut().find(|(other, _)| *other == reason) {
            _ if count == 0 => {}
            Some((_, total)) => *total += count,
            None => self.0.push((reason, count)),
        }
    }
}

// === impl Reason ===

impl Reason {
    /// Its name in headers, logs and metrics: that of the cause where there is one.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault(cause) => cause.name(),
            Self::SwitchedOff => "switched_off",
            Self::Tried => "tried_already",
            Self::OtherProject => "other_project",
            Self::Spent(Quota::RequestsPerMinute) => "spent_requests_per_minute",
            Self::Spent(Quota::TokensPerMinute) => "spent_tokens_per_minute",
            Self::Spent(Quota::RequestsPerDay) => "spent_requests_per_day",
            Self::Spent(Quota::TokensPerDay) => "spent_tokens_per_day",
            Self::Busy => "busy",
            Self::OtherModel => "other_model",
            Self::OtherTier => "other_tier",
            Self::Expired => "expired",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
