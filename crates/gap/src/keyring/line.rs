//! Requests that wait for a key, and the one task that watches the clock for them.
//!
//! Who is woken holds a lease: whatever brings room (a settled request, a new key, a window that slides on) looks through
//! the line under the pool's lock and hands leases out, in the order that [`gap_pool::waiting`] calls fair. So nobody is
//! woken to find that another was faster, and a crowd that waits costs nothing until there is something for it.
//!
//! ## Edges
//! - A request whose client leaves gives its place up; if a lease was on its way to it, that goes to the next.
//! - One whose wait can no longer succeed (the only key that was to return rests until midnight now) is told at once.
//! - The task that watches the clock lives while somebody waits, also during shutdown, and at no other time.

use std::collections::HashMap;
use std::time::Duration;

use gap_pool::waiting::{Ticket, Waiting};
use gap_pool::{Need, Outcome, Ranking, Tried};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::{Keyring, LeaseGuard, NoLease, Patience, State};

/// Looking a hair too early would only mean to look twice.
const MOMENT: Duration = Duration::from_millis(1);
/// When nobody knows when to look again.
const A_WHILE: SignedDuration = SignedDuration::from_millis(100);

/// Those who wait.
#[derive(Debug)]
pub(super) struct Line {
    waiting: Waiting,
    waiters: HashMap<Ticket, Waiter>,
    /// When time alone may bring room for somebody.
    next_look: Option<Timestamp>,
    /// Whether somebody watches the clock.
    watched: bool,
}

#[derive(Debug)]
struct Waiter {
    tried: Tried,
    until: Timestamp,
    tell: oneshot::Sender<Told>,
}

/// What ends a wait.
type Told = Result<LeaseGuard, NoLease>;

/// A request's place in the line; given up on drop.
#[derive(Debug)]
pub(super) struct Place {
    ring: Keyring,
    ticket: Ticket,
    told: oneshot::Receiver<Told>,
}

/// Who is to be told what. Only told once the lock is gone: a lease that nobody takes settles itself, under the lock.
#[derive(Debug, Default)]
#[must_use = "those who are told nothing wait in vain"]
pub(super) struct News(Vec<(oneshot::Sender<Told>, Told)>);

// === impl Keyring ===

impl Keyring {
    /// Waits for a key after `refused`; none when that cannot succeed in time, or there is no place left.
    pub(super) fn stand_in_line(
        &self,
        need: &Need,
        tried: &Tried,
        patience: Patience,
        refused: &mut NoLease,
    ) -> Option<Place> {
        let now = self.0.clock.now();
        let left = patience.until.saturating_duration_since(Instant::now());
        let until = now.checked_add(left).unwrap_or(Timestamp::MAX);
        let look_at = returns(&refused.ranking, now).filter(|at| *at < until)?;
        let (tell, told) = oneshot::channel();
        let mut state = self.state();
        let Ok(ticket) = state.line.waiting.enqueue(need.clone(), patience.asker, until) else {
            refused.crowded = true;
            return None;
        };
        state.line.waiters.insert(ticket, Waiter { tried: tried.clone(), until, tell });
        let sooner = state.line.next_look.is_none_or(|next| look_at < next);
        if sooner {
            state.line.next_look = Some(look_at);
        }
        let watched = std::mem::replace(&mut state.line.watched, true);
        drop(state);
        if !watched {
            self.0.lifecycle.spawn(self.clone().watch_the_clock());
        } else if sooner {
            self.0.sooner.notify_one();
        }
        Some(Place { ring: self.clone(), ticket, told })
    }

    /// Looks through the line whenever time alone may have brought room.
    async fn watch_the_clock(self) {
        loop {
            let moved = self.0.clock.moved();
            let now = self.0.clock.now();
            let next = {
                let mut state = self.state();
                if state.line.waiting.is_empty() {
                    state.line.watched = false;
                    return;
                }
                [state.line.next_look, state.line.waiting.next_deadline()].into_iter().flatten().min()
            };
            let wait = next.map_or(A_WHILE, |next| next.duration_since(now));
            tokio::select! {
                () = tokio::time::sleep(Duration::try_from(wait).unwrap_or_default() + MOMENT) => {}
                () = self.0.sooner.notified() => continue,
                () = moved => {}
            }
            self.change(|_, _| ());
        }
    }
}

/// When a look for a request that was refused makes sense; none when no wait helps.
fn returns(ranking: &Ranking, now: Timestamp) -> Option<Timestamp> {
    let soon = || now.checked_add(A_WHILE).ok();
    ranking.returns_at.or_else(|| if ranking.candidates.is_empty() { None } else { soon() })
}

// === impl Line ===

impl Line {
    pub(super) fn new(at_most: usize) -> Self {
        Self { waiting: Waiting::new(at_most), waiters: HashMap::new(), next_look: None, watched: false }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether somebody may have got room by the time that has passed.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.next_look.is_some_and(|at| at <= now)
    }
}

// === impl State ===

impl State {
    /// Hands out what is free to those who wait for it.
    pub(super) fn look_again(&mut self, ring: &Keyring, now: Timestamp) -> News {
        let Self { pool, line, .. } = self;
        let mut news = News::default();
        line.next_look = None;
        if line.waiting.is_empty() {
            return news;
        }
        for ticket in line.waiting.expired(now) {
            // Its sender goes with it, which tells.
            line.waiters.remove(&ticket);
        }
        let models: Vec<Option<Box<str>>> = line.waiting.models().map(|model| model.map(Into::into)).collect();
        let mut given = Vec::new();
        let mut hopeless = Vec::new();
        for model in models {
            let waiters = &line.waiters;
            let mut next_look = line.next_look;
            given.extend(line.waiting.freed(model.as_deref(), now, |ticket, need| {
                let waiter = waiters.get(&ticket)?;
                let ranking = pool.rank(need, &waiter.tried, now);
                if let Some(lease) = pool.reserve(need, &ranking, now) {
                    return Some((need.clone(), lease, ranking));
                }
                match returns(&ranking, now).filter(|at| *at < waiter.until) {
                    Some(at) => next_look = Some(next_look.map_or(at, |next| next.min(at))),
                    None => hopeless.push((ticket, ranking)),
                }
                None
            }));
            line.next_look = next_look;
        }
        for (ticket, (need, lease, ranking)) in given {
            match ring.guard(&need, lease, ranking) {
                Ok(lease) => news.add(line.waiters.remove(&ticket), Ok(lease)),
                Err(unused) => {
                    let (lease, ranking) = *unused;
                    pool.settle(lease, &Outcome::Abandoned, now);
                    hopeless.push((ticket, ranking));
                }
            }
        }
        for (ticket, ranking) in hopeless {
            line.waiting.leave(ticket);
            news.add(line.waiters.remove(&ticket), Err(NoLease { ranking, at: now, crowded: false, waited_ms: 0 }));
        }
        if line.waiting.is_empty() {
            // Nobody is left to watch the clock for.
            ring.0.sooner.notify_one();
        }
        news
    }
}

// === impl News ===

impl News {
    fn add(&mut self, waiter: Option<Waiter>, told: Told) {
        match waiter {
            Some(waiter) => self.0.push((waiter.tell, told)),
            // There is a waiter to each ticket; were there none, the lease would have to wait for the lock to be gone.
            None => self.0.push((oneshot::channel().0, told)),
        }
    }

    pub(super) fn spread(self) {
        for (tell, told) in self.0 {
            // Who has left in the meantime: the lease comes back here and settles itself.
            drop(tell.send(told));
        }
    }
}

// === impl Place ===

impl Place {
    /// Waits for news; none when they do not come in time.
    pub(super) async fn wait(&mut self, until: Instant) -> Option<Told> {
        if let Ok(told) = timeout_at(until, &mut self.told).await {
            return told.ok();
        }
        self.give_up();
        // They may have come at the last moment.
        self.told.try_recv().ok()
    }

    fn give_up(&self) {
        let mut state = self.ring.state();
        state.line.waiting.leave(self.ticket);
        state.line.waiters.remove(&self.ticket);
        if state.line.waiting.is_empty() {
            self.ring.0.sooner.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_up();
    }
}
