//! What was seen and what is held.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::{CachePrices, average};
use crate::affinity::Digest;
use crate::ids::ProjectId;
use crate::pacific::after;

type Place = (Digest, ProjectId);

/// Beginnings and caches.
#[derive(Debug, Default)]
pub(super) struct Book {
    watched: HashMap<Place, Watched>,
    /// Places by when they were seen last, the earliest first.
    by_turn: BTreeMap<u64, Place>,
    turn: u64,
    held: HashMap<Digest, Vec<Held>>,
    names: HashMap<Box<str>, Place>,
}

/// A beginning in a project.
#[derive(Debug)]
pub(super) struct Watched {
    /// How often it came.
    pub(super) seen: u32,
    /// Seconds between two times, on average.
    pub(super) gap: Option<f64>,
    /// The share of it that the implicit cache gave, on average.
    pub(super) implicit: Option<f64>,
    pub(super) state: State,
    last: Timestamp,
    turn: u64,
}

/// Whether a beginning may be cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Free,
    /// A cache is being made.
    Coming,
    /// None could be made; until then none is tried.
    Refused(Timestamp),
}

/// A cache.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) project: ProjectId,
    pub(super) cache: Box<str>,
    pub(super) tokens: u64,
    pub(super) prices: CachePrices,
    pub(super) expires: Timestamp,
    pub(super) used: Timestamp,
    /// Google is being asked to keep it longer.
    pub(super) is_asked: bool,
}

// === impl Book ===

impl Book {
    /// The beginning came once more.
    pub(super) fn see(&mut self, name: &Digest, project: ProjectId, now: Timestamp) -> &mut Watched {
        self.turn += 1;
        let (place, turn) = ((*name, project), self.turn);
        let watched = self.watched.entry(place).or_insert_with(|| Watched::new(now, turn));
        self.by_turn.remove(&watched.turn);
        self.by_turn.insert(turn, place);
        watched.turn = turn;
        if watched.seen > 0 {
            // A clock that jumps back makes no gap shorter than none.
            let gap = now.duration_since(watched.last).as_secs_f64().max(0.0);
            watched.gap = Some(average(watched.gap, gap));
        }
        watched.seen = watched.seen.saturating_add(1);
        watched.last = now;
        watched
    }

    pub(super) fn set_state(&mut self, name: &Digest, project: ProjectId, state: State) {
        if let Some(watched) = self.watched.get_mut(&(*name, project)) {
            watched.state = state;
        }
    }

    /// Forgets the beginnings that were not seen for longest.
    pub(super) fn trim(&mut self, most: usize) {
        while self.watched.len() > most {
            let Some((_, place)) = self.by_turn.pop_first() else { return };
            self.watched.remove(&place);
        }
    }

    pub(super) fn hold(
        &mut self,
        name: Digest,
        project: ProjectId,
        (cache, tokens): (&str, u64),
        prices: CachePrices,
        (expires, now): (Timestamp, Timestamp),
    ) {
        self.set_state(&name, project, State::Free);
        self.forget(cache);
        let held = Held { project, cache: cache.into(), tokens, prices, expires, used: now, is_asked: false };
        self.held.entry(name).or_default().push(held);
        self.names.insert(cache.into(), (name, project));
    }

    pub(super) fn held(&self, name: &Digest) -> impl Iterator<Item = &Held> {
        self.held.get(name).into_iter().flatten()
    }

    pub(super) fn held_count(&self) -> usize {
        self.names.len()
    }

    #[cfg(test)]
    pub(super) fn watched_count(&self) -> usize {
        self.watched.len()
    }

    pub(super) fn find(&mut self, cache: &str) -> Option<&mut Held> {
        let (name, _) = self.names.get(cache)?;
        self.held.get_mut(name)?.iter_mut().find(|held| *held.cache == *cache)
    }

    /// Notes a use; with the gap between uses.
    pub(super) fn used(&mut self, cache: &str, now: Timestamp) -> Option<(Option<f64>, &mut Held)> {
        let gap = self.watched.get(self.names.get(cache)?).and_then(|watched| watched.gap);
        let held = self.find(cache)?;
        held.used = held.used.max(now);
        Some((gap, held))
    }

    pub(super) fn forget(&mut self, cache: &str) -> bool {
        let Some((name, _)) = self.names.remove(cache) else { return false };
        if let Some(held) = self.held.get_mut(&name) {
            held.retain(|held| *held.cache != *cache);
            if held.is_empty() {
                self.held.remove(&name);
            }
        }
        true
    }

    pub(super) fn let_go(
        &mut self,
        now: Timestamp,
        life: impl Fn(Option<f64>, CachePrices) -> Duration,
    ) -> Vec<Box<str>> {
        let mut gone = Vec::new();
        let mut idle = Vec::new();
        for (name, held) in self.held.iter().flat_map(|(name, held)| held.iter().map(move |held| (name, held))) {
            let gap = self.watched.get(&(*name, held.project)).and_then(|watched| watched.gap);
            if held.expires <= now {
                gone.push(held.cache.clone());
            } else if after(held.used, life(gap, held.prices)) <= now {
                idle.push(held.cache.clone());
            }
        }
        for cache in gone.iter().chain(&idle) {
            self.forget(cache);
        }
        idle
    }
}

// === impl Watched ===

impl Watched {
    fn new(now: Timestamp, turn: u64) -> Self {
        Self { seen: 0, gap: None, implicit: None, state: State::Free, last: now, turn }
    }
}
