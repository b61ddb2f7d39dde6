//! What the keys have been through, for a store: row by row, and only what has changed.
//!
//! The pool writes its own words and gives them a version; whoever keeps them needs to know when they may be thrown away
//! and nothing else. They are taken in batches, so that requests never wait for long, and written outside the lock.

use gap_pool::{BucketRow, Changes, KeyRow, Limits, ROW_VERSION};
use jiff::Timestamp;
use tracing::warn;

use super::{Keyring, State};

/// A bucket as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedBucket {
    /// The project, by a name that lasts.
    pub project: String,
    /// The model; `*` for the project as a whole.
    pub model: String,
    /// The rest.
    pub state: SavedState,
}

/// A key as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedKey {
    /// The key's reference.
    pub key: String,
    /// The rest.
    pub state: SavedState,
}

/// The pool's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedState {
    /// The version of their shape.
    pub version: u32,
    /// JSON.
    pub json: String,
    /// Not to be cleaned up before, because of a rest or of something that lasts.
    pub keep_until: Option<Timestamp>,
    /// When it was true.
    pub at: Timestamp,
}

/// What a store does not have yet. To be carried out in the order of the fields.
#[derive(Debug)]
#[must_use = "what is neither saved nor given back is lost"]
pub struct Unsaved {
    /// Projects whose buckets are to be forgotten.
    pub forgotten: Vec<String>,
    /// Buckets to be written.
    pub buckets: Vec<SavedBucket>,
    /// Keys to be written.
    pub keys: Vec<SavedKey>,
    /// Whether there is nothing more.
    pub complete: bool,
    changes: Changes,
}

// === impl Keyring ===

impl Keyring {
    /// Notes from now on what changes, for [`Keyring::unsaved`]. To be called before the first key is added.
    pub fn track_changes(&self) {
        self.state().pool.track_changes();
    }

    /// What has changed since it was last asked for, at most about `at_most` rows of it.
    pub fn unsaved(&self, at_most: usize) -> Unsaved {
        let at = self.0.clock.now();
        let changes = self.state().pool.changes(at_most, |model| self.0.terms.limits_of(model));
        let state = |json, keep_until| SavedState { version: ROW_VERSION, json, keep_until, at };
        let bucket = |row: &BucketRow| SavedBucket {
            project: row.project.clone(),
            model: row.model.clone(),
            state: state(row.json(), row.keep_until),
        };
        let key = |row: &KeyRow| SavedKey { key: row.key.clone(), state: state(row.json(), row.keep_until) };
        Unsaved {
            forgotten: changes.forgotten.clone(),
            buckets: changes.buckets.iter().map(bucket).collect(),
            keys: changes.keys.iter().map(key).collect(),
            complete: changes.complete,
            changes,
        }
    }

    /// Takes back what could not be saved, before anything else is asked for: it comes again.
    pub fn not_saved(&self, unsaved: Unsaved) {
        self.state().pool.not_saved(unsaved.changes);
    }

    /// Takes in what was saved, when the keys have been added. What belongs to nobody here is passed over, and what nobody
    /// understands is skipped with a warning.
    pub fn restore(&self, buckets: &[SavedBucket], keys: &[SavedKey]) {
        let rows: Vec<BucketRow> = buckets
            .iter()
            .filter_map(|SavedBucket { project, model, state }| {
                BucketRow::parse(project, model, state.version, &state.json)
            })
            .collect();
        let of_keys: Vec<KeyRow> =
            keys.iter().filter_map(|SavedKey { key, state }| KeyRow::parse(key, state.version, &state.json)).collect();
        let skipped = buckets.len() - rows.len() + keys.len() - of_keys.len();
        if skipped > 0 {
            warn!(skipped, "{skipped} rows of the pool's memory are not understood; what they knew is learned again");
        }
        self.change(|State { pool, counting_since, .. }, now| {
            pool.restore_rows(&rows, &of_keys, now);
            // Whoever saved them has counted since midnight.
            if !rows.is_empty() {
                *counting_since = Timestamp::MIN;
            }
        });
    }
}

// === impl Unsaved ===

impl Unsaved {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

// === impl Terms ===

impl super::Terms {
    /// What the settings say of a model, or of every other.
    fn limits_of(&self, model: Option<&str>) -> Limits {
        let found = self.limits.iter().find(|limits| limits.model.as_deref() == model);
        found.map(|found| found.limits).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
