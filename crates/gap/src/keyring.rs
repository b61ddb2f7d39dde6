//! The pool with its secrets: who may speak next, and with which key.
//!
//! `gap-pool` decides and knows no secret; this module holds the lock around it, waits when every bucket rests but one
//! returns soon, and makes sure that a lease is settled exactly once, whatever becomes of the request that took it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use gap_pool::{Fault, KeyId, KeyView, Lease, Need, NewKey, Outcome, Policy, Pool, ProjectId, Ranking, Summary, Tried};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::upstream::{Secret, UnsendableKey};

/// The upstream keys. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Keyring(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// A std mutex: it is held for microseconds and never over an await.
    pool: Mutex<Pool>,
    secrets: ArcSwap<HashMap<KeyId, Secret>>,
    clock: Clock,
    /// Told when a key comes: somebody's wait may be over. Rests end by the clock, which needs no telling.
    changed: Notify,
    /// Places for requests that wait for a key.
    waiting: Semaphore,
}

/// No key can be had in time.
#[derive(Debug)]
pub struct NoLease {
    /// Why, candidate by candidate.
    pub ranking: Ranking,
    /// When the decision was taken.
    pub at: Timestamp,
}

/// How long a request waits for a key at most.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// No longer than until this instant.
    pub until: Instant,
}

// === impl Keyring ===

impl Keyring {
    /// An empty ring; at most `max_waiting` requests wait at a time.
    pub fn new(policy: Policy, max_waiting: usize, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            pool: Mutex::new(Pool::new(policy)),
            secrets: ArcSwap::default(),
            clock,
            changed: Notify::new(),
            waiting: Semaphore::new(max_waiting),
        }))
    }

    /// Adds keys, ready for use: nothing is checked with Google, so a key works as soon as Google does.
    ///
    /// Errors: a key that cannot be sent in a header; then none is added.
    pub fn add_all<'a>(&self, texts: impl IntoIterator<Item = &'a SecretString>) -> Result<Vec<KeyId>, UnsendableKey> {
        let new: Vec<Secret> = texts.into_iter().map(Secret::new).collect::<Result<_, _>>()?;
        let now = self.0.clock.now();
        let mut secrets = HashMap::clone(&self.0.secrets.load());
        let mut pool = self.pool();
        let mut ids = Vec::with_capacity(new.len());
        for secret in new {
            let id = pool.add(NewKey { label: secret.masked().to_owned(), ..NewKey::default() }, now);
            secrets.insert(id, secret);
            ids.push(id);
        }
        // Before the lock is gone, so that no ranking names a key whose secret is not there yet.
        self.0.secrets.store(Arc::new(secrets));
        drop(pool);
        self.0.changed.notify_waiters();
        Ok(ids)
    }

    /// Takes the best key for `need`, waiting for one that returns in time.
    ///
    /// Errors: [`NoLease`] when none is free and none returns before `patience` ends, or too many wait already.
    pub async fn lease(&self, need: &Need, tried: &Tried, patience: Patience) -> Result<LeaseGuard, NoLease> {
        let mut place = None;
        loop {
            // Registered before looking, so that a key that returns in between is not missed.
            let changed = self.0.changed.notified();
            let refused = match self.try_lease(need, tried) {
                Ok(lease) => return Ok(lease),
                Err(refused) => refused,
            };
            let Some(wait) = refused.wait().filter(|wait| Instant::now() + *wait <= patience.until) else {
                return Err(refused);
            };
            if place.is_none() {
                place = self.0.waiting.try_acquire().ok();
            }
            if place.is_none() {
                return Err(refused);
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = changed => {}
            }
        }
    }

    fn try_lease(&self, need: &Need, tried: &Tried) -> Result<LeaseGuard, NoLease> {
        let now = self.0.clock.now();
        let mut pool = self.pool();
        let ranking = pool.rank(need, tried, now);
        let Some(lease) = pool.reserve(need, &ranking, now) else { return Err(NoLease { ranking, at: now }) };
        drop(pool);
        let key = lease.key();
        if let Some(secret) = self.0.secrets.load().get(&key) {
            return Ok(LeaseGuard { ring: self.clone(), lease: Some(lease), key, secret: secret.clone() });
        }
        // Removed between the two looks: as if it had not been there.
        self.pool().settle(lease, &Outcome::Abandoned, now);
        Err(NoLease { ranking, at: now })
    }

    /// Counts of keys by state.
    pub fn summary(&self) -> Summary {
        let now = self.0.clock.now();
        self.pool().summary(now)
    }

    /// Every key with its state.
    pub fn keys(&self) -> Vec<KeyView> {
        let now = self.0.clock.now();
        self.pool().keys(now)
    }

    /// Leases that are not settled yet.
    pub fn open_leases(&self) -> usize {
        self.pool().open_leases()
    }

    /// A panic inside the pool leaves counters off by one at worst; refusing every request after it would be worse.
    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.0.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, lease: Lease, outcome: &Outcome) {
        let now = self.0.clock.now();
        self.pool().settle(lease, outcome, now);
    }
}

impl NoLease {
    /// How long until the first resting key returns, if any does.
    pub fn wait(&self) -> Option<Duration> {
        let wait = self.ranking.returns_at?.duration_since(self.at);
        // A moment more than the rest: waking a hair early would only mean to look twice.
        Some(Duration::try_from(wait).unwrap_or_default() + Duration::from_millis(1))
    }
}

// === LeaseGuard ===

/// The right to send one request with one key. Dropped without a verdict (the client left, a panic) it is given back
/// without judging the key.
#[derive(Debug)]
pub struct LeaseGuard {
    ring: Keyring,
    lease: Option<Lease>,
    key: KeyId,
    secret: Secret,
}

impl LeaseGuard {
    /// The key's id.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The key's project.
    pub fn project(&self) -> Option<ProjectId> {
        self.lease.as_ref().map(Lease::project)
    }

    /// The key, for [`crate::upstream`] alone.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Tells the pool that the key answered.
    pub fn succeeded(mut self) {
        self.end(&Outcome::success());
    }

    /// Tells the pool what went wrong.
    pub fn failed(mut self, fault: Fault) {
        self.end(&Outcome::Fault(fault));
    }

    fn end(&mut self, outcome: &Outcome) {
        if let Some(lease) = self.lease.take() {
            self.ring.settle(lease, outcome);
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        self.end(&Outcome::Abandoned);
    }
}

#[cfg(test)]
mod tests;
