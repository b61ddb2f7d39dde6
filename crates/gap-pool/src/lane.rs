//! Who of many is in play, without looking at those that are not.
//!
//! Members are ready (in one of two classes), last resort, asleep or out. Ready ones lie in a row without gaps, so that a
//! few of them can be picked by number: some at the hand, which moves on with each use and so comes to everybody in turn,
//! some by chance. A lane never looks at a clock: a sleeper whose time has come counts as ready in every question that is
//! asked with a `now`, and moves to the ready ones at one of the next calls of [`Lane::wake`].

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use jiff::Timestamp;

use crate::ids::{IdMap, scatter};
use crate::pool::ranking::Reason;

/// So many sleepers are woken at a time: at midnight all wake at once, and nobody should wait for all of them.
const WAKE: usize = 64;

/// Who of many is in play.
#[derive(Clone, Debug)]
pub(crate) struct Lane<T> {
    places: IdMap<T, Place>,
    ready: [Vec<Ready<T>>; 2],
    last_resort: BTreeSet<(u64, T)>,
    /// When sleepers, and those of last resort, become ready.
    timers: BTreeSet<(Timestamp, T)>,
    /// How much weight is out of play, and why.
    out_of_play: BTreeMap<Reason, usize>,
    /// How much weight is ready or last resort, by class.
    in_play: [usize; 2],
    hand: usize,
}

/// A member in play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ready<T> {
    pub(crate) member: T,
    /// Its last use; 0 before the first.
    pub(crate) turn: u64,
    /// How good it looked after its last use, from 0 to 1.
    pub(crate) score: f32,
}

/// Which of the two classes a member belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Class {
    #[default]
    Free,
    Paid,
}

/// Which classes a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Classes {
    Both,
    Only(Class),
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// Grows with each use; 0 before the first.
    turn: u64,
    score: f32,
    state: State,
    weight: usize,
    class: Class,
    /// Where it lies among the ready ones.
    at: usize,
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
    pub(crate) fn put(&mut self, member: T, state: State, weight: usize, class: Class) {
        let old = self.places.get(&member).copied();
        if let Some(old) = old {
            if (old.state, old.weight, old.class) == (state, weight, class) {
                return;
            }
            self.take_out(member, old);
        }
        // After a sleep, what it looked like before says nothing.
        let (turn, score) = old.map_or((0, 1.0), |place| match place.state {
            State::Ready | State::LastResort(_) => (place.turn, place.score),
            State::Asleep(..) | State::Out(_) => (place.turn, 1.0),
        });
        let mut at = 0;
        match state {
            State::Ready => {
                let ready = &mut self.ready[class as usize];
                at = ready.len();
                ready.push(Ready { member, turn, score });
            }
            State::LastResort(until) => {
                self.last_resort.insert((turn, member));
                self.timers.insert((until, member));
            }
            State::Asleep(until, _) => _ = self.timers.insert((until, member)),
            State::Out(_) => {}
        }
        match state {
            State::Ready | State::LastResort(_) => self.in_play[class as usize] += weight,
            State::Asleep(_, reason) | State::Out(reason) => *self.out_of_play.entry(reason).or_default() += weight,
        }
        self.places.insert(member, Place { turn, score, state, weight, class, at });
    }

    /// Forgets `member`.
    pub(crate) fn remove(&mut self, member: T) {
        if let Some(place) = self.places.remove(&member) {
            self.take_out(member, place);
        }
    }

    /// Notes that `member` was used, as number `turn` of all uses, and how good it looks now.
    pub(crate) fn touch(&mut self, member: T, turn: u64, score: f32) {
        self.hand = self.hand.wrapping_add(1);
        let Some(place) = self.places.get_mut(&member) else { return };
        let before = std::mem::replace(&mut place.turn, turn);
        place.score = score;
        match place.state {
            State::Ready => {
                if let Some(ready) = self.ready[place.class as usize].get_mut(place.at) {
                    (ready.turn, ready.score) = (turn, score);
                }
            }
            State::LastResort(_) => {
                self.last_resort.remove(&(before, member));
                self.last_resort.insert((turn, member));
            }
            State::Asleep(..) | State::Out(_) => {}
        }
    }

    /// What everybody looked like says nothing any more.
    pub(crate) fn forget_scores(&mut self) {
        self.ready.iter_mut().flatten().for_each(|ready| ready.score = 1.0);
        self.places.values_mut().for_each(|place| place.score = 1.0);
    }

    /// Makes some of those ready whose time has come.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        for _ in 0..WAKE {
            let Some(&(until, member)) = self.timers.first() else { return };
            if until > now {
                return;
            }
            match self.places.get(&member) {
                Some(&Place { weight, class, .. }) => self.put(member, State::Ready, weight, class),
                None => _ = self.timers.remove(&(until, member)),
            }
        }
    }

    /// How many lie ready.
    pub(crate) fn ready(&self, classes: Classes) -> usize {
        let [free, paid] = &self.ready;
        match classes {
            Classes::Both => free.len() + paid.len(),
            Classes::Only(class) => self.ready[class as usize].len(),
        }
    }

    /// The ready one with a number below [`Lane::ready`].
    pub(crate) fn at(&self, classes: Classes, number: usize) -> Option<Ready<T>> {
        let [free, paid] = &self.ready;
        let found = match classes {
            Classes::Both => free.get(number).or_else(|| paid.get(number - free.len())),
            Classes::Only(class) => self.ready[class as usize].get(number),
        };
        found.copied()
    }

    /// Numbers of ready ones: all if there are at most `at_most`, else half of them from the hand on, half by chance. May
    /// name one twice.
    pub(crate) fn sample(&self, classes: Classes, at_most: usize, seed: u64) -> impl Iterator<Item = usize> {
        let ready = self.ready(classes);
        let (hand, all) = (self.hand, ready <= at_most);
        let count = if all { ready } else { at_most };
        (0..count).map(move |nth| match nth {
            nth if all => nth,
            nth if nth < at_most / 2 => hand.wrapping_add(nth) % ready,
            nth => below(scatter(seed ^ ((nth as u64) << 56)), ready),
        })
    }

    /// Sleepers, and those of last resort, whose time has come.
    pub(crate) fn due(&self, classes: Classes, now: Timestamp) -> impl Iterator<Item = Ready<T>> {
        let due = self.timers.iter().take_while(move |(until, _)| *until <= now);
        due.filter_map(move |(_, member)| {
            let place = self.places.get(member).filter(|place| classes.has(place.class))?;
            Some(Ready { member: *member, turn: place.turn, score: place.score })
        })
    }

    /// Those of last resort, used longest ago first.
    pub(crate) fn last_resort(&self, classes: Classes, now: Timestamp) -> impl Iterator<Item = T> {
        let members = self.last_resort.iter().map(|(_, member)| *member);
        members.filter(move |member| {
            self.is_last_resort(*member, now) && self.class(*member).is_some_and(|class| classes.has(class))
        })
    }

    /// The state of `member` as it was set.
    pub(crate) fn state(&self, member: T) -> Option<State> {
        self.places.get(&member).map(|place| place.state)
    }

    /// Whether `member` counts as `weight` in `class`.
    pub(crate) fn counts(&self, member: T, weight: usize, class: Class) -> bool {
        self.places.get(&member).is_some_and(|place| (place.weight, place.class) == (weight, class))
    }

    /// `member` as it would lie among the ready ones.
    pub(crate) fn known(&self, member: T) -> Ready<T> {
        let (turn, score) = self.places.get(&member).map_or((0, 1.0), |place| (place.turn, place.score));
        Ready { member, turn, score }
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

    /// Sleepers in the order of their waking.
    pub(crate) fn sleepers(&self, classes: Classes, now: Timestamp) -> impl Iterator<Item = (T, Timestamp, Reason)> {
        let ahead = self.timers.iter().skip_while(move |(until, _)| *until <= now);
        ahead.filter_map(move |(_, member)| match self.places.get(member)? {
            Place { state: State::Asleep(until, reason), class, .. } if classes.has(*class) => {
                Some((*member, *until, *reason))
            }
            _ => None,
        })
    }

    /// How much weight is out of play, by reason. Sleepers count until they are woken.
    pub(crate) fn out_of_play(&self) -> impl Iterator<Item = (Reason, usize)> {
        self.out_of_play.iter().map(|(reason, weight)| (*reason, *weight))
    }

    /// How much weight is in play.
    pub(crate) fn in_play(&self, class: Class) -> usize {
        self.in_play[class as usize]
    }

    fn class(&self, member: T) -> Option<Class> {
        self.places.get(&member).map(|place| place.class)
    }

    /// Takes `member` out of every order.
    fn take_out(&mut self, member: T, place: Place) {
        match place.state {
            State::Ready => self.close_gap(place),
            State::LastResort(until) => {
                self.last_resort.remove(&(place.turn, member));
                self.timers.remove(&(until, member));
            }
            State::Asleep(until, _) => _ = self.timers.remove(&(until, member)),
            State::Out(_) => {}
        }
        match place.state {
            State::Ready | State::LastResort(_) => self.in_play[place.class as usize] -= place.weight,
            State::Asleep(_, reason) | State::Out(reason) => self.lighten(reason, place.weight),
        }
    }

    /// The last one moves to where one goes.
    fn close_gap(&mut self, place: Place) {
        let ready = &mut self.ready[place.class as usize];
        if place.at >= ready.len() {
            return;
        }
        ready.swap_remove(place.at);
        if let Some(moved) = ready.get(place.at)
            && let Some(place_of_moved) = self.places.get_mut(&moved.member)
        {
            place_of_moved.at = place.at;
        }
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
            places: IdMap::default(),
            ready: [Vec::new(), Vec::new()],
            last_resort: BTreeSet::new(),
            timers: BTreeSet::new(),
            out_of_play: BTreeMap::new(),
            in_play: [0; 2],
            hand: 0,
        }
    }
}

// === impl Classes ===

impl Classes {
    pub(crate) fn has(self, class: Class) -> bool {
        match self {
            Self::Both => true,
            Self::Only(only) => only == class,
        }
    }
}

/// A number below `end` by a number of chance.
fn below(chance: u64, end: usize) -> usize {
    let scaled = (u128::from(chance) * end as u128) >> 64;
    usize::try_from(scaled).unwrap_or_default()
}

#[cfg(test)]
mod tests;
