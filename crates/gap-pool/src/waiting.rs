//! Who waits for a key, and whose turn it is when one is free.
//!
//! A queue for everybody would let one client with a thousand requests keep all others waiting, and one request for a
//! full project keep those waiting that could go elsewhere. So waiters stand in lists: by model, and within it by the
//! access key that asks; those who may use one project only have a list of their own. Freed room goes to the pinned
//! first, because nothing else can help them; then the access keys take turns by deficit round-robin: each turn gives an
//! access key the same credit, and a request costs as much as it is heavy, so that nobody gains by asking for more.
//!
//! ## Edges
//! - Who does not fit is passed over, not waited for: a heavy request never blocks light ones. It stays its turn, though,
//!   so it is the first to be asked when there is room.
//! - Deadlines are kept by the caller's clock: expired waiters are taken out when anybody asks.
//! - Full lists refuse; nothing here grows without bound.

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;

use crate::ids::ProjectId;
use crate::need::{Affinity, Need};

/// Credit for one turn, in tokens: a request of this weight goes at each turn.
const QUANTUM: i64 = 4_096;
/// A request counts for no more.
const HEAVIEST: i64 = 1 << 21;
/// After so many in a row who do not fit, the others are not asked: there is no room.
const MISSES: usize = 32;

/// A place in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// Who asks: whatever tells one access key from another.
pub type Asker = u64;

/// The lists are full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

/// Who waits for a key.
#[derive(Clone, Debug)]
pub struct Waiting {
    at_most: usize,
    waiters: HashMap<Ticket, Waiter>,
    lists: HashMap<Box<str>, Lists>,
    deadlines: BTreeSet<(Timestamp, Ticket)>,
    next: u64,
}

#[derive(Clone, Debug)]
struct Waiter {
    need: Need,
    asker: Asker,
    deadline: Timestamp,
}

/// Those who wait for one model.
#[derive(Clone, Debug, Default)]
struct Lists {
    pinned: HashMap<ProjectId, VecDeque<Ticket>>,
    askers: HashMap<Asker, Queue>,
    /// Whose turn it is.
    turns: VecDeque<Asker>,
    /// The first of them has got its credit for this turn.
    credited: bool,
}

#[derive(Clone, Debug, Default)]
struct Queue {
    tickets: VecDeque<Ticket>,
    /// Below zero for those who were let in before their turn.
    credit: i64,
}

// === impl Waiting ===

impl Waiting {
    /// Empty lists for at most so many waiters.
    pub fn new(at_most: usize) -> Self {
        Self { at_most, waiters: HashMap::new(), lists: HashMap::new(), deadlines: BTreeSet::new(), next: 0 }
    }

    /// Stands in line until `deadline`.
    ///
    /// Errors: too many wait already.
    pub fn enqueue(&mut self, need: Need, asker: Asker, deadline: Timestamp) -> Result<Ticket, Crowded> {
        if self.waiters.len() >= self.at_most {
            return Err(Crowded);
        }
        let ticket = Ticket(self.next);
        self.next += 1;
        let lists = self.lists.entry(need.bucket().into()).or_default();
        match need.affinity {
            Affinity::Must(project) => lists.pinned.entry(project).or_default().push_back(ticket),
            Affinity::None | Affinity::Should(_) => {
                let queue = lists.askers.entry(asker).or_default();
                if queue.tickets.is_empty() {
                    lists.turns.push_back(asker);
                }
                queue.tickets.push_back(ticket);
            }
        }
        self.deadlines.insert((deadline, ticket));
        self.waiters.insert(ticket, Waiter { need, asker, deadline });
        Ok(ticket)
    }

    /// Leaves the line. Whether the ticket was in it.
    pub fn leave(&mut self, ticket: Ticket) -> bool {
        let Some(waiter) = self.waiters.remove(&ticket) else { return false };
        self.deadlines.remove(&(waiter.deadline, ticket));
        let name = waiter.need.bucket();
        let Some(lists) = self.lists.get_mut(name) else { return true };
        lists.leave(&waiter, ticket);
        if lists.is_empty() {
            self.lists.remove(name);
        }
        true
    }

    /// Takes out those whose deadline has passed.
    pub fn expired(&mut self, now: Timestamp) -> Vec<Ticket> {
        let over: Vec<Ticket> =
            self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, ticket)| *ticket).collect();
        for ticket in &over {
            self.leave(*ticket);
        }
        over
    }

    /// There may be room for a model: takes out those whose turn it is, in order, each of whom `admit` has given a lease
    /// (which is the value it answers). It is asked for each waiter at most once.
    pub fn freed<L>(
        &mut self,
        model: Option<&str>,
        now: Timestamp,
        mut admit: impl FnMut(Ticket, &Need) -> Option<L>,
    ) -> Vec<(Ticket, L)> {
        self.expired(now);
        let name = model.unwrap_or_default();
        let mut taken = Vec::new();
        let Some(lists) = self.lists.get_mut(name) else { return taken };
        let waiters = &self.waiters;
        let mut ask = |ticket: Ticket| waiters.get(&ticket).and_then(|waiter| admit(ticket, &waiter.need));
        for list in lists.pinned.values() {
            let mut misses = 0;
            for ticket in list {
                // Who is behind can use no other project either, but may be lighter.
                match ask(*ticket) {
                    Some(lease) => taken.push((*ticket, lease)),
                    None => misses += 1,
                }
                if misses == MISSES {
                    break;
                }
            }
        }
        let cost = |ticket: Ticket| {
            let tokens = waiters.get(&ticket).map_or(0, |waiter| waiter.need.tokens);
            i64::try_from(tokens).unwrap_or(i64::MAX).clamp(QUANTUM, HEAVIEST)
        };
        lists.take_turns(cost, |ticket| match ask(ticket) {
            Some(lease) => {
                taken.push((ticket, lease));
                true
            }
            None => false,
        });
        for (ticket, _) in &taken {
            self.leave(*ticket);
        }
        taken
    }

    /// When the first deadline ends.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Models that somebody waits for.
    pub fn models(&self) -> impl Iterator<Item = Option<&str>> {
        self.lists.keys().map(|name| Some(&**name).filter(|name| !name.is_empty()))
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }
}

// === impl Lists ===

impl Lists {
    fn is_empty(&self) -> bool {
        self.pinned.is_empty() && self.askers.is_empty()
    }

    fn leave(&mut self, waiter: &Waiter, ticket: Ticket) {
        if let Affinity::Must(project) = waiter.need.affinity {
            if let Some(list) = self.pinned.get_mut(&project) {
                list.retain(|other| *other != ticket);
                if list.is_empty() {
                    self.pinned.remove(&project);
                }
            }
            return;
        }
        let Some(queue) = self.askers.get_mut(&waiter.asker) else { return };
        queue.tickets.retain(|other| *other != ticket);
        if queue.tickets.is_empty() {
            self.askers.remove(&waiter.asker);
            if self.turns.front() == Some(&waiter.asker) {
                self.credited = false;
            }
            self.turns.retain(|asker| *asker != waiter.asker);
        }
    }

    /// Asks by turns until there is no room for whose turn it is; then those who may be lighter, at their own expense. `go`
    /// says whether a ticket was taken.
    fn take_turns(&mut self, cost: impl Fn(Ticket) -> i64, mut go: impl FnMut(Ticket) -> bool) {
        let mut done: HashMap<Asker, usize> = HashMap::new();
        let mut waiting: usize = self.askers.values().map(|queue| queue.tickets.len()).sum();
        while waiting > 0 {
            let Some(asker) = self.turns.front().copied() else { return };
            let Some(queue) = self.askers.get_mut(&asker) else { return };
            if !std::mem::replace(&mut self.credited, true) {
                queue.credit += QUANTUM;
            }
            let next = done.entry(asker).or_default();
            match queue.tickets.get(*next).copied().filter(|ticket| cost(*ticket) <= queue.credit) {
                Some(ticket) if go(ticket) => {
                    queue.credit -= cost(ticket);
                    *next += 1;
                    waiting -= 1;
                }
                // It stays its turn: when there is room again, it comes first.
                Some(_) => {
                    *next += 1;
                    return self.pass_over(&mut done, &cost, go);
                }
                None => {
                    self.turns.rotate_left(1);
                    self.credited = false;
                }
            }
        }
    }

    /// Asks others than whose turn it is.
    fn pass_over(
        &mut self,
        done: &mut HashMap<Asker, usize>,
        cost: impl Fn(Ticket) -> i64,
        mut go: impl FnMut(Ticket) -> bool,
    ) {
        let mut misses = 0;
        for asker in &self.turns {
            let Some(queue) = self.askers.get_mut(asker) else { continue };
            for ticket in queue.tickets.iter().skip(*done.entry(*asker).or_default()) {
                if go(*ticket) {
                    queue.credit -= cost(*ticket);
                } else {
                    misses += 1;
                }
                if misses == MISSES {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
