//! What is remembered per client address, without growing beyond its bounds whoever calls.
//!
//! An address of version 6 counts as its network of 64 bits: whoever has one address there has all of them.
//!
//! Clients are spread over shards with a lock each. A full shard makes room for a new client by forgetting one: of a few,
//! one of whom nothing matters any more, or else the one who has done the least. So somebody who floods the table with
//! addresses gets rid of their own record only after as many others have done as much as they, which costs more than the
//! limit that they escape.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// A power of two.
const SHARDS: usize = 64;
/// As many are looked at when one has to go.
const LOOKED_AT: usize = 32;

/// A client as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// An address.
    V4(Ipv4Addr),
    /// A network of 64 bits.
    V6([u16; 4]),
}

/// What is known of a client.
pub trait Remembered: Default {
    /// Whether it makes no difference any more.
    fn is_over(&self, now: Timestamp) -> bool;

    /// How much the client has done: who has done the least is forgotten first.
    fn weight(&self, now: Timestamp) -> u64;
}

/// Something per client.
#[derive(Debug)]
pub struct Clients<V> {
    shards: [Mutex<HashMap<Client, V>>; SHARDS],
    per_shard: usize,
    hasher: RandomState,
}

// === impl Client ===

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

// === impl Clients ===

impl<V: Remembered> Clients<V> {
    /// Of so many clients at most, about.
    pub fn new(most: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            per_shard: (most / SHARDS).max(1),
            hasher: RandomState::new(),
        }
    }

    /// Reads and changes what is known of a client, if only that it is new.
    pub fn with<T>(&self, client: Client, now: Timestamp, act: impl FnOnce(&mut V) -> T) -> T {
        let mut shard = self.shard(client);
        if shard.len() >= self.per_shard && !shard.contains_key(&client) {
            let victim = shard
                .iter()
                .take(LOOKED_AT)
                .min_by_key(|(_, value)| if value.is_over(now) { 0 } else { value.weight(now).saturating_add(1) });
            if let Some(victim) = victim.map(|(client, _)| *client) {
                shard.remove(&victim);
            }
        }
        act(shard.entry(client).or_default())
    }

    /// Reads and changes what is known of a client, if anything.
    pub fn find<T>(&self, client: Client, act: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.shard(client).get_mut(&client).map(act)
    }

    /// Forgets a client.
    pub fn forget(&self, client: Client) {
        self.shard(client).remove(&client);
    }

    /// Forgets those of whom nothing matters any more.
    pub fn sweep(&self, now: Timestamp) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.retain(|_, value| !value.is_over(now));
            shard.shrink_to_fit();
        }
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, client: Client) -> MutexGuard<'_, HashMap<Client, V>> {
        let hash = self.hasher.hash_one(client);
        // Six bits name one of 64.
        lock(&self.shards[usize::from((hash >> 58) as u8) % SHARDS])
    }
}

fn lock<V>(shard: &Mutex<HashMap<Client, V>>) -> MutexGuard<'_, HashMap<Client, V>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
