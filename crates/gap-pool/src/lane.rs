//! An order by last use, with some of its members out of play.
//!
//! The next one is found without looking at those that rest, however many they are: members are in one of three
//! orders (ready, last resort, asleep) or in none. A lane never looks at a clock: a sleeper whose time has come counts
//! as ready in every question that is asked with a `now`, and moves to the ready ones at the next [`Lane::wake`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use jiff::Timestamp;

use crate::pool::ranking::Reason;

/// An order by last use. Members used longest ago come first, unused ones before all others.
#[derive(Clone, Debug)]
pub(crate) struct Lane<T> {
    places: HashMap<T, Place>,
    ready: BTreeSet<(u64, T)>,
    last_resort: BTreeSet<(u64, T)>,
    /// When sleepers, and those of last resort, become ready.
    timers: BTreeSet<(Timestamp, T)>,
    /// How much weight is out of play, and why.
    out_of_play: BTreeMap<Reason, usize>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// Grows with each use; 0 before the first.
    turn: u64,
    state: State,
    weight: usize,
}

/// Whether a member is in play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Ready,
    /// In play behind all ready ones until then.
    LastResort(Timestamp),
    /// Out of play until then.
    Asleep(Timestamp, Reason),
    /// Out of play until its state is set anew.
    Out(Reason),
}

impl<T: Copy + Ord + Hash> Lane<T> {
    /// Puts `member` in `state`, joining it if it is new. `weight` is what it counts in [`Lane::out_of_play`].
    pub(crate) fn put(&mut self, member: T, state: State, weight: usize) {
        let turn = self.take_out(member).map_or(0, |place| place.turn);
        match state {
            State::Ready => _ = self.ready.insert((turn, member)),
            State::LastResort(until) => {
                self.last_resort.insert((turn, member));
                self.timers.insert((until, member));
            }
            State::Asleep(until, reason) => {
                self.timers.insert((until, member));
                *self.out_of_play.entry(reason).or_default() += weight;
            }
            State::Out(reason) => *self.out_of_play.entry(reason).or_default() += weight,
        }
        self.places.insert(member, Place { turn, state, weight });
    }

    /// Forgets `member`.
    pub(crate) fn remove(&mut self, member: T) {
        self.take_out(member);
        self.places.remove(&member);
    }

    /// Notes that `member` was used, as number `turn` of all uses.
    pub(crate) fn touch(&mut self, member: T, turn: u64) {
        let Some(place) = self.places.get_mut(&member) else { return };
        let before = (place.turn, member);
        place.turn = turn;
        let order = match place.state {
            State::Ready => &mut self.ready,
            State::LastResort(_) => &mut self.last_resort,
            State::Asleep(..) | State::Out(_) => return,
        };
        order.remove(&before);
        order.insert((turn, member));
    }

    /// Makes everyone ready whose time has come.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        while let Some(&(until, member)) = self.timers.first() {
            if until > now {
                return;
            }
            let weight = self.places.get(&member).map_or(0, |place| place.weight);
            self.put(member, State::Ready, weight);
        }
    }

    /// Everyone in play, best first.
    pub(crate) fn in_play(&self, now: Timestamp) -> impl Iterator<Item = T> {
        let due = self.timers.iter().take_while(move |(until, _)| *until <= now).map(|(_, member)| *member);
        let awoken = due.filter(|member| matches!(self.state(*member), Some(State::Asleep(..))));
        awoken.chain(self.ready.iter().chain(&self.last_resort).map(|(_, member)| *member))
    }

    /// The state of `member` as it was set.
    pub(crate) fn state(&self, member: T) -> Option<State> {
        self.places.get(&member).map(|place| place.state)
    }

    /// Whether `member` is in play.
    pub(crate) fn is_in_play(&self, member: T, now: Timestamp) -> bool {
        match self.state(member) {
            Some(State::Ready | State::LastResort(_)) => true,
            Some(State::Asleep(until, _)) => until <= now,
            Some(State::Out(_)) | None => false,
        }
    }

    /// Whether `member` is in play only behind all others.
    pub(crate) fn is_last_resort(&self, member: T, now: Timestamp) -> bool {
        matches!(self.state(member), Some(State::LastResort(until)) if until > now)
    }

    /// When the first sleeper wakes, and why it sleeps.
    pub(crate) fn first_waking(&self, now: Timestamp) -> Option<(Timestamp, Reason)> {
        let ahead = self.timers.iter().skip_while(|(until, _)| *until <= now);
        ahead.filter_map(|(_, member)| self.state(*member)).find_map(|state| match state {
            State::Asleep(until, reason) => Some((until, reason)),
            State::Ready | State::LastResort(_) | State::Out(_) => None,
        })
    }

    /// How much weight is out of play, by reason. Sleepers count until they are woken.
    pub(crate) fn out_of_play(&self) -> impl Iterator<Item = (Reason, usize)> {
        self.out_of_play.iter().map(|(reason, weight)| (*reason, *weight))
    }

    /// Everyone, in no order.
    pub(crate) fn members(&self) -> impl Iterator<Item = T> {
        self.places.keys().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Takes `member` out of every order; its place stays.
    fn take_out(&mut self, member: T) -> Option<Place> {
        let place = *self.places.get(&member)?;
        match place.state {
            State::Ready => _ = self.ready.remove(&(place.turn, member)),
            State::LastResort(until) => {
                self.last_resort.remove(&(place.turn, member));
                self.timers.remove(&(until, member));
            }
            State::Asleep(until, reason) => {
                self.timers.remove(&(until, member));
                self.lighten(reason, place.weight);
            }
            State::Out(reason) => self.lighten(reason, place.weight),
        }
        Some(place)
    }

    fn lighten(&mut self, reason: Reason, weight: usize) {
        if let Some(total) = self.out_of_play.get_mut(&reason) {
            *total -= weight;
            if *total == 0 {
                self.out_of_play.remove(&reason);
            }
        }
    }
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            ready: BTreeSet::new(),
            last_resort: BTreeSet::new(),
            timers: BTreeSet::new(),
            out_of_play: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests;
