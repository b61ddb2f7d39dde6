//! What the pool must not forget in a restart, into the store: every few seconds, and once more at the end.
//!
//! Nothing is saved before what an earlier process has saved was taken in: the counters of a day that has just begun here
//! would replace those of the whole day there.

use std::time::Duration;

use gap_pool::{KeyState as PoolKeyState, Reason};
use gap_store::pool_state::{BucketState, KeyState, Snapshot};
use gap_store::{Address, StoreError};
use jiff::Timestamp;
use tracing::warn;
use uuid::Uuid;

use super::Roster;
use crate::keyring::{SavedBucket, SavedKey, SavedState};
use crate::lifecycle::Lifecycle;

/// How often what has changed is saved.
const EVERY: Duration = Duration::from_secs(3);
/// So many rows are written in one transaction.
const BATCH: usize = 1_000;
/// How often the end of the last request is looked for.
const MOMENT: Duration = Duration::from_millis(50);
/// What lasts is kept until the end of time, which a database's milliseconds must be able to say.
const END_OF_TIME: Timestamp = Timestamp::constant(253_370_764_800, 0);

// === impl Roster ===

impl Roster {
    /// Whether there is a place in which the pool's memory outlives the process.
    pub(super) fn remembers(&self) -> bool {
        !matches!(self.0.store.address(), Address::Memory)
    }

    /// Takes in what was saved, and saves from now on what changes.
    pub(super) async fn remember(&self, lifecycle: &Lifecycle) {
        if !self.remembers() {
            return;
        }
        if let Err(error) = self.restore().await {
            warn!("What upstream keys have been through cannot be read, and is learned again: {error}");
        }
        let roster = self.clone();
        lifecycle.every(EVERY, move || {
            let roster = roster.clone();
            async move { roster.save_or_warn().await }
        });
        let (roster, lifecycle) = (self.clone(), lifecycle.clone());
        lifecycle.clone().spawn(async move {
            lifecycle.stopping().await;
            // Requests that come to their end still change it.
            while roster.0.keyring.open_leases() > 0 {
                tokio::select! {
                    () = lifecycle.must_end() => break,
                    () = tokio::time::sleep(MOMENT) => {}
                }
            }
            roster.save_or_warn().await;
        });
    }

    /// Saves what has changed since it was last saved.
    pub async fn save(&self) -> Result<(), StoreError> {
        loop {
            let unsaved = self.0.keyring.unsaved(BATCH);
            if unsaved.is_empty() {
                return Ok(());
            }
            let complete = unsaved.complete;
            if let Err(error) = self.write(&unsaved).await {
                self.0.keyring.not_saved(unsaved);
                return Err(error);
            }
            if complete {
                return Ok(());
            }
        }
    }

    async fn save_or_warn(&self) {
        if let Err(error) = self.save().await {
            warn!("What upstream keys have been through could not be saved and will be saved later: {error}");
        }
    }

    async fn write(&self, unsaved: &crate::keyring::Unsaved) -> Result<(), StoreError> {
        let state = self.0.store.pool_state();
        for project in &unsaved.forgotten {
            state.forget_project(project).await?;
        }
        let bucket = |saved: &SavedBucket| BucketState {
            project: saved.project.clone(),
            model: saved.model.clone(),
            state: snapshot(&saved.state),
        };
        let key = |saved: &SavedKey| KeyState { upstream_key: saved.key.clone(), state: snapshot(&saved.state) };
        let buckets: Vec<BucketState> = unsaved.buckets.iter().map(bucket).collect();
        let keys: Vec<KeyState> = unsaved.keys.iter().map(key).collect();
        state.save(&buckets, &keys).await
    }

    async fn restore(&self) -> Result<(), StoreError> {
        let state = self.0.store.pool_state();
        let bucket = |row: BucketState| SavedBucket { project: row.project, model: row.model, state: saved(row.state) };
        let buckets: Vec<SavedBucket> = state.buckets().await?.into_iter().map(bucket).collect();
        let key = |row: KeyState| SavedKey { key: row.upstream_key, state: saved(row.state) };
        let keys: Vec<SavedKey> = state.keys().await?.into_iter().map(key).collect();
        self.0.keyring.restore(&buckets, &keys);
        for id in keys.iter().filter_map(|row| row.key.parse::<Uuid>().ok()) {
            self.switch_as_said(id);
        }
        Ok(())
    }

    /// Who is switched off is what people say, whatever the pool remembers.
    fn switch_as_said(&self, id: Uuid) {
        let Some(entry) = self.find(id) else { return };
        let Some(view) = self.0.keyring.key(entry.key) else { return };
        let switched_off = matches!(view.state, PoolKeyState::Disabled { reason: Reason::SwitchedOff, .. });
        match &entry.disabled {
            Some(disabled) if !switched_off => _ = self.0.keyring.disable(entry.key, &disabled.reason),
            None if switched_off => _ = self.0.keyring.enable(entry.key),
            Some(_) | None => {}
        }
    }
}

fn snapshot(state: &SavedState) -> Snapshot {
    Snapshot {
        version: state.version,
        json: state.json.clone(),
        resting_until: state.keep_until.map(|until| until.min(END_OF_TIME)),
        at: state.at,
    }
}

fn saved(state: Snapshot) -> SavedState {
    SavedState { version: state.version, json: state.json, keep_until: state.resting_until, at: state.at }
}
