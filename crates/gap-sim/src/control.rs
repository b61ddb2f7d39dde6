//! What a test does with a simulator from outside: in Rust through [`Control`], over HTTP below `/_sim/`.

pub(crate) mod http;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Account;
use crate::fault::Fault;
use crate::journal::Received;
use crate::lock;
use crate::options::{KeyState, Limits, SimKey};
use crate::quota::Used;
use crate::simulator::Simulator;

/// A handle on a running simulator. Everything takes effect at once, for all connections.
#[derive(Debug, Clone)]
pub struct Control(pub(crate) Simulator);

/// What one project has used of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The project's number.
    pub project: u64,
    /// The name under which the model is counted.
    pub model: String,
    /// The counts.
    #[serde(flatten)]
    pub used: Used,
}

/// Changes of a key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyChange {
    pub(crate) state: KeyState,
}

impl Control {
    /// Adds a fault; answers its number. An impossible one (a split into nothing, say) is refused with the reason.
    pub fn add_fault(&self, fault: Fault) -> Result<u64, String> {
        lock(&self.0.world().faults).add(fault)
    }

    /// Removes one fault; says whether it was there.
    pub fn remove_fault(&self, id: u64) -> bool {
        lock(&self.0.world().faults).remove(id)
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        lock(&self.0.world().faults).clear();
    }

    /// The faults, each with its number and how often it was used.
    pub fn faults(&self) -> Vec<Value> {
        lock(&self.0.world().faults).list()
    }

    /// The remembered requests, oldest first.
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.0.world().journal).all()
    }

    /// Forgets the requests.
    pub fn forget_requests(&self) {
        lock(&self.0.world().journal).clear();
    }

    /// The simulator's time.
    pub fn now(&self) -> Timestamp {
        self.0.world().clock.now()
    }

    /// Moves the simulator's time forward: quotas, files, caches and batches see it at once.
    pub fn advance(&self, by: Duration) {
        self.0.world().clock.advance(by);
    }

    /// Adds a key, or changes one that is known.
    pub fn set_key(&self, key: SimKey) {
        lock(&self.0.world().keys).insert(key.key.clone(), key);
    }

    /// Changes a key's state; says whether the key is known.
    pub fn set_key_state(&self, key: &str, state: KeyState) -> bool {
        lock(&self.0.world().keys).get_mut(key).map(|known| known.state = state).is_some()
    }

    /// Removes a key; says whether it was known.
    pub fn remove_key(&self, key: &str) -> bool {
        lock(&self.0.world().keys).remove(key).is_some()
    }

    /// The keys, by name.
    pub fn keys(&self) -> Vec<SimKey> {
        let mut keys: Vec<SimKey> = lock(&self.0.world().keys).values().cloned().collect();
        keys.sort_by(|left, right| left.key.cmp(&right.key));
        keys
    }

    /// Other limits from now on. What is used stays used.
    pub fn set_limits(&self, limits: Limits) {
        *lock(&self.0.world().limits) = limits;
    }

    /// What was used, by project and model.
    pub fn usage(&self) -> Vec<Usage> {
        let world = self.0.world();
        let now = world.clock.now();
        let used = lock(&world.quotas).used(now, world.clock.pacific_day(now));
        used.into_iter().map(|(project, model, used)| Usage { project, model, used }).collect()
    }

    /// What each project has paid, above all for caches.
    pub fn accounts(&self) -> BTreeMap<u64, Account> {
        let world = self.0.world();
        let now = world.clock.now();
        let (mut store, mut accounts) = (lock(&world.store), lock(&world.accounts));
        store.settle(now);
        accounts.bill(&mut store);
        accounts.all(store.caches.values(), now)
    }

    /// Forgets an explicit cache, as Google may; says whether it was there.
    pub fn forget_cache(&self, name: &str) -> bool {
        let world = self.0.world();
        let name = name.strip_prefix("cachedContents/").unwrap_or(name);
        let gone = lock(&world.store).caches.remove(name);
        if let Some(cache) = &gone {
            lock(&world.accounts).gone(cache, world.clock.now());
        }
        gone.is_some()
    }

    /// Everything as at the start: keys, limits, counts, files; no faults, no requests. The clock keeps its time.
    pub fn reset(&self) {
        self.0.world().reset();
    }
}
