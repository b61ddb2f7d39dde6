//! Which key last served the beginning of a conversation.
//!
//! Google keeps the beginning of a prompt in a cache of the project that sent it, so a conversation that stays with its
//! project is cheaper and faster. Every prefix of a conversation has a digest; the longest one that is known here names
//! the project to prefer ([`Affinity::Should`](crate::Affinity::Should)). It is a preference: a ranking passes it over when the project is out of
//! play or looks clearly worse than others, and then the conversation moves on with the key that took it.
//!
//! Bounded twice: an entry lives as long as Google's cache does at most, and the oldest ones go when there are too many.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::ids::{KeyId, ProjectId};
use crate::pacific::after;

/// The name of a conversation's beginning: keyed and as good as unique, so it tells nothing about what was said.
pub type Digest = [u8; 16];

/// Which key last served which beginning.
#[derive(Clone, Debug)]
pub struct Affinities {
    capacity: usize,
    lifetime: Duration,
    known: HashMap<Digest, Entry>,
    /// Digests in the order in which they were noted; an entry noted again is in it twice, and the older place is void.
    order: VecDeque<(Digest, u64)>,
    turn: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    key: KeyId,
    project: ProjectId,
    tokens: u64,
    until: Timestamp,
    turn: u64,
}

/// Where a conversation's beginning was last served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The key.
    pub key: KeyId,
    /// Its project at that time.
    pub project: ProjectId,
    /// What Google counted for it; 0: nobody has counted.
    pub tokens: u64,
    /// Which of the digests asked for is known: its place in what was asked.
    pub digest: usize,
}

// === impl Affinities ===

impl Affinities {
    /// At most `capacity` beginnings, each for `lifetime` since it was last served.
    pub fn new(capacity: usize, lifetime: Duration) -> Self {
        Self { capacity, lifetime, known: HashMap::new(), order: VecDeque::new(), turn: 0 }
    }

    /// Who served the first of `digests` that is known; they come longest beginning first.
    pub fn find(&self, digests: &[Digest], now: Timestamp) -> Option<Served> {
        digests.iter().enumerate().find_map(|(digest, name)| {
            let Entry { key, project, tokens, .. } = *self.known.get(name).filter(|entry| entry.until > now)?;
            Some(Served { key, project, tokens, digest })
        })
    }

    /// Notes that a key has served a beginning, which Google counted as so many tokens; 0: nobody has counted.
    pub fn note(&mut self, digest: Digest, key: KeyId, project: ProjectId, tokens: u64, now: Timestamp) {
        if self.capacity == 0 {
            return;
        }
        self.turn += 1;
        let entry = Entry { key, project, tokens, until: after(now, self.lifetime), turn: self.turn };
        self.known.insert(digest, entry);
        self.order.push_back((digest, self.turn));
        while self.known.len() > self.capacity || self.order.len() > 2 * self.capacity || self.first_is_over(now) {
            self.drop_first();
        }
    }

    /// Forgets a key that is gone.
    pub fn forget(&mut self, key: KeyId) {
        self.known.retain(|_, entry| entry.key != key);
    }

    /// How many beginnings are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn first_is_over(&self, now: Timestamp) -> bool {
        self.order.front().is_some_and(|(digest, turn)| {
            self.known.get(digest).is_none_or(|entry| entry.turn != *turn || entry.until <= now)
        })
    }

    fn drop_first(&mut self) {
        let Some((digest, turn)) = self.order.pop_front() else { return };
        if self.known.get(&digest).is_some_and(|entry| entry.turn == turn) {
            self.known.remove(&digest);
        }
    }
}

#[cfg(test)]
mod tests;
