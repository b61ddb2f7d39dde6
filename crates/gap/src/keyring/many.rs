//! Many keys at a time: lists look at all of them, and an operator removes thousands with one click.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gap_pool::{Glance, KeyId};

use super::Keyring;

/// So many are looked at before requests get their turn.
const STRETCH: usize = 4_096;

// === impl Keyring ===

impl Keyring {
    /// As much of each key as lists need, in the order of `keys`; none where there is no such key.
    pub fn glances(&self, keys: &[KeyId]) -> Vec<Option<Glance>> {
        let now = self.0.clock.now();
        let mut glances = Vec::with_capacity(keys.len());
        for stretch in keys.chunks(STRETCH) {
            let state = self.state();
            glances.extend(stretch.iter().map(|key| state.pool.glance(*key, now)));
        }
        glances
    }

    /// As much of one key as lists need.
    pub fn glance(&self, key: KeyId) -> Option<Glance> {
        let now = self.0.clock.now();
        self.state().pool.glance(key, now)
    }

    /// A key as it may be shown.
    pub fn masked(&self, key: KeyId) -> Option<String> {
        self.0.secrets.load().get(&key).map(|secret| secret.masked().to_owned())
    }

    /// Removes keys. Requests under way with them come to their end. How many there were.
    pub fn remove_many(&self, keys: &[KeyId]) -> usize {
        let gone: HashSet<KeyId> = keys.iter().copied().collect();
        self.change(|state, now| {
            state.by_digest.retain(|_, known| !gone.contains(known));
            let mut secrets = HashMap::clone(&self.0.secrets.load());
            secrets.retain(|key, _| !gone.contains(key));
            self.0.secrets.store(Arc::new(secrets));
            keys.iter().filter(|key| state.pool.remove(**key, now)).count()
        })
    }
}
