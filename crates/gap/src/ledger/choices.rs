//! Why keys were chosen and why others were not, counted since the start.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gap_pool::Ranking;

/// The counts. The words are the pool's own, so there are few of them.
#[derive(Debug, Default)]
pub struct Choices(Mutex<Counts>);

/// What was counted so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Decisions for a key, by what spoke for it.
    pub chosen: BTreeMap<&'static str, u64>,
    /// Decisions in which there was no key.
    pub none: u64,
    /// Keys that were out when a decision was taken, by what spoke against them.
    pub rejected: BTreeMap<&'static str, u64>,
}

// === impl Choices ===

impl Choices {
    /// Counts a decision of the pool.
    pub fn add(&self, ranking: &Ranking) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ranking.candidates.first() {
            Some(chosen) => *counts.chosen.entry(chosen.why.name()).or_default() += 1,
            None => counts.none += 1,
        }
        for (reason, keys) in ranking.rejected.iter() {
            *counts.rejected.entry(reason.name()).or_default() += keys as u64;
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
