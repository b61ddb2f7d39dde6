//! What caches were used for: counted when an answer has ended, written down a little later.

use std::collections::HashMap;
use std::sync::Arc;

use gap_store::StoreError;
use gap_store::caches::{CacheSum, CacheTotals};
use gap_store::usage::hour_of;
use jiff::Timestamp;
use tracing::warn;

use super::{Caches, lock};

/// Rows that wait to be written. While the database is away for long, the newest are left out.
const MOST: usize = 20_000;

/// What was counted since it was last written down.
#[derive(Debug, Default)]
pub(super) struct Tally {
    uses: HashMap<Box<str>, Use>,
    sums: HashMap<(Timestamp, Arc<str>, &'static str), CacheTotals>,
}

#[derive(Clone, Copy, Debug)]
struct Use {
    totals: CacheTotals,
    at: Timestamp,
}

// === impl Caches ===

impl Caches {
    /// An answer has taken so many tokens from a cache, which saved so much.
    pub(crate) fn note_use(&self, name: &str, owner: &Arc<str>, kind: &'static str, tokens: u64, saved_nanos: u64) {
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let totals = CacheTotals { hits: 1, tokens: count(tokens), saved_nanos: count(saved_nanos), spent_nanos: 0 };
        let now = self.0.clock.now();
        let mut tally = lock(&self.0.tally);
        if tally.uses.len() < MOST {
            let used = tally.uses.entry(name.into()).or_insert(Use { totals: CacheTotals::default(), at: now });
            used.totals.add(totals);
            used.at = now;
        }
        tally.add(now, owner, kind, totals);
    }

    /// Making or keeping a cache has cost so much.
    pub(super) fn note_cost(&self, owner: &Arc<str>, kind: &str, spent_nanos: i64) {
        let kind = if kind == super::AUTOMATIC { super::AUTOMATIC } else { super::BY_CLIENT };
        let totals = CacheTotals { spent_nanos, ..CacheTotals::default() };
        lock(&self.0.tally).add(self.0.clock.now(), owner, kind, totals);
    }

    /// Writes down what was counted. What cannot be written is tried again.
    pub async fn settle(&self) {
        let Tally { uses, sums } = std::mem::take(&mut *lock(&self.0.tally));
        if let Err(error) = self.write(&uses, &sums).await {
            warn!("What caches were used for could not be written down and will be tried again: {error}");
            let mut tally = lock(&self.0.tally);
            for ((at, owner, kind), totals) in sums {
                tally.add(at, &owner, kind, totals);
            }
        }
    }

    async fn write(
        &self,
        uses: &HashMap<Box<str>, Use>,
        sums: &HashMap<(Timestamp, Arc<str>, &'static str), CacheTotals>,
    ) -> Result<(), StoreError> {
        let rows = sums.iter().map(|((at, owner, kind), totals)| CacheSum {
            at: *at,
            access_key: owner.to_string(),
            kind: (*kind).to_owned(),
            totals: *totals,
        });
        let table = self.0.store.caches();
        table.add_sums(&rows.collect::<Vec<_>>()).await?;
        for (name, Use { totals, at }) in uses {
            // The sums are written; what one cache was used for is for people to look at.
            let Ok(Some(cache)) = table.find_by_name(name).await else { continue };
            let saved = (totals.tokens, totals.saved_nanos);
            if let Err(error) = table.used(cache.id, totals.hits, saved, cache.expires_at, *at).await {
                warn!("What a cache was used for could not be written down: {error}");
            }
        }
        Ok(())
    }
}

// === impl Tally ===

impl Tally {
    fn add(&mut self, at: Timestamp, owner: &Arc<str>, kind: &'static str, totals: CacheTotals) {
        let key = (hour_of(at), Arc::clone(owner), kind);
        if self.sums.len() < MOST || self.sums.contains_key(&key) {
            self.sums.entry(key).or_default().add(totals);
        }
    }
}
