//! What a bucket has used of its quotas, and when it may be asked again.
//!
//! Google does not say how it counts a minute: over the last 60 seconds, by the minute of the clock, or by a bucket that
//! refills drop by drop. Who keeps every stretch of 60 seconds below the limit is right with all three, so that is what
//! the pool does. And nobody knows when Google counts a request: it may travel for two seconds. A request is therefore held against the bucket for a guard longer than a
//! minute, and at midnight those that may arrive on the next day count on both days.
//!
//! A minute is a ring of cells of at most one second. Only seconds in which something was sent have one, so a bucket that
//! rests costs nothing; a cell ends with its last request, so nothing is forgotten early.
//!
//! ## Edges
//! - Time alone frees a bucket: nothing has to happen for it.
//! - A clock that went back finds requests "in the future"; they are taken for just sent.
//! - A need larger than the whole limit never fits, unless the estimate may be wrong by as much.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::Quota;

/// Milliseconds since the epoch.
pub(crate) type Millis = i64;

pub(crate) const MINUTE: Millis = 60_000;
/// What lies within a second shares a cell.
const CELL: Millis = 1_000;
/// No limit.
pub(crate) const UNLIMITED: u64 = u64::MAX;

/// How to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// How much longer than a minute a request counts.
    pub(crate) guard: Millis,
}

/// The limits of a bucket, in the order of [`Quota::ALL`]; [`UNLIMITED`] where there is none.
pub(crate) type Caps = [u64; 4];

/// Requests and input tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Amount {
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
}

/// What a bucket has used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// The last minute, oldest first.
    cells: VecDeque<Cell>,
    /// All cells together.
    minute: Amount,
    day: Amount,
    /// When the day of `day` ends; 0 before the first request.
    day_ends: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cell {
    first: Millis,
    last: Millis,
    amount: Amount,
}

/// Which windows a request is taken out of again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charged {
    pub(crate) minute: bool,
    pub(crate) day: bool,
}

/// Why a need does not fit, and when it will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) quota: Quota,
    /// None: never, the need is larger than the limit.
    pub(crate) until: Option<Millis>,
}

/// When there is room in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Now,
    At(Millis),
    Never,
}

pub(crate) fn millis(at: Timestamp) -> Millis {
    at.as_millisecond()
}

/// The end of time where there is no such point in time.
pub(crate) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}

// === impl Usage ===

impl Usage {
    /// Books one request with `tokens` input tokens. `day_ends`: the midnight ahead.
    pub(crate) fn book(&mut self, tokens: u64, now: Millis, day_ends: Millis, rule: Rule) {
        self.advance(now, day_ends, rule);
        let amount = Amount { requests: 1, tokens };
        match self.cells.back_mut() {
            Some(cell) if now - cell.first < CELL => {
                cell.last = cell.last.max(now);
                cell.amount.add(amount);
            }
            _ => self.cells.push_back(Cell { first: now, last: now, amount }),
        }
        self.minute.add(amount);
        self.day.add(amount);
    }

    /// Replaces the tokens of a request booked at `booked`.
    pub(crate) fn correct(&mut self, booked: Millis, before: u64, tokens: u64, day_ends: Millis) {
        if let Some(cell) = self.cell_of(booked) {
            let real = before.min(cell.amount.tokens);
            cell.amount.tokens = cell.amount.tokens - real + tokens;
            self.minute.tokens = self.minute.tokens - real.min(self.minute.tokens) + tokens;
        }
        if self.day_ends == day_ends {
            self.day.tokens = self.day.tokens.saturating_sub(before).saturating_add(tokens);
        }
    }

    /// Takes a request out that was not charged. `day_ends`: the midnight that was ahead when it was booked.
    pub(crate) fn take_back(&mut self, booked: Millis, tokens: u64, day_ends: Millis, charged: Charged) {
        let amount = Amount { requests: 1, tokens };
        if !charged.minute
            && let Some(cell) = self.cell_of(booked)
        {
            cell.amount.sub(amount);
            self.minute.sub(amount);
        }
        if !charged.day && self.day_ends == day_ends {
            self.day.sub(amount);
        }
    }

    /// Forgets what is over.
    pub(crate) fn advance(&mut self, now: Millis, day_ends: Millis, rule: Rule) {
        // The clock went back: whatever lies ahead was sent, at the latest, now.
        for cell in self.cells.iter_mut().rev().take_while(|cell| cell.last > now) {
            cell.last = now;
            cell.first = cell.first.min(now);
        }
        if self.day_ends != day_ends {
            // Of the day before, what may arrive on this one; if the clock went back, everything.
            if self.day_ends < day_ends {
                let ended = self.day_ends;
                self.day = self.sum(|cell| cell.last + rule.guard >= ended && ended > 0);
            }
            self.day_ends = day_ends;
        }
        while let Some(cell) = self.cells.front().filter(|cell| cell.last + MINUTE + rule.guard <= now) {
            self.minute.sub(cell.amount);
            self.cells.pop_front();
        }
        if self.cells.is_empty() {
            self.cells = VecDeque::new();
            self.minute = Amount::default();
        }
    }

    /// Whether one request more, of `tokens` input tokens, stays within `caps`.
    ///
    /// Errors: which quota is full, the one that is full for longest.
    pub(crate) fn fits(&self, tokens: u64, now: Millis, day_ends: Millis, rule: Rule, caps: &Caps) -> Result<(), Full> {
        self.fits_more(Amount { requests: 1, tokens }, now, day_ends, rule, caps)
    }

    /// The same for any number of requests, also none: tokens more for requests that are booked already.
    pub(crate) fn fits_more(
        &self,
        more: Amount,
        now: Millis,
        day_ends: Millis,
        rule: Rule,
        caps: &Caps,
    ) -> Result<(), Full> {
        let [rpm, tpm, rpd, tpd] = *caps;
        let tokens = more.tokens;
        let day = self.day(now, day_ends, rule);
        let tokens_of = |cap: u64| if estimate_may_fit(tokens, cap) { tokens.min(cap) } else { tokens };
        let daily = [
            (Quota::RequestsPerDay, day.requests, more.requests, rpd),
            (Quota::TokensPerDay, day.tokens, tokens_of(tpd), tpd),
        ];
        for (quota, used, more, cap) in daily {
            if used.saturating_add(more) > cap {
                return Err(Full { quota, until: (more <= cap).then_some(day_ends) });
            }
        }
        if rpm == UNLIMITED && tpm == UNLIMITED {
            return Ok(());
        }
        let requests = self.room(|amount| amount.requests, more.requests, rpm, now, rule);
        let of_tokens = self.room(|amount| amount.tokens, tokens_of(tpm), tpm, now, rule);
        let full = |quota, until| Err(Full { quota, until });
        match (requests, of_tokens) {
            (Room::Now, Room::Now) => Ok(()),
            (_, Room::Never) => full(Quota::TokensPerMinute, None),
            (Room::Never, _) => full(Quota::RequestsPerMinute, None),
            (Room::At(one), Room::At(two)) if two > one => full(Quota::TokensPerMinute, Some(two)),
            (Room::At(one), _) => full(Quota::RequestsPerMinute, Some(one)),
            (Room::Now, Room::At(two)) => full(Quota::TokensPerMinute, Some(two)),
        }
    }

    /// What is left of each quota, from 0 to 1, in the order of [`Quota::ALL`].
    pub(crate) fn left(&self, now: Millis, day_ends: Millis, rule: Rule, caps: &Caps) -> [f32; 4] {
        let [rpm, tpm, rpd, tpd] = *caps;
        let left = |used: u64, cap: u64| match cap {
            UNLIMITED => 1.0,
            cap => 1.0 - (used.min(cap) as f32 / cap.max(1) as f32),
        };
        let day = self.day(now, day_ends, rule);
        let minute = if rpm == UNLIMITED && tpm == UNLIMITED { Amount::default() } else { self.minute(now, rule) };
        [left(minute.requests, rpm), left(minute.tokens, tpm), left(day.requests, rpd), left(day.tokens, tpd)]
    }

    /// What was sent in the last minute.
    pub(crate) fn minute(&self, now: Millis, rule: Rule) -> Amount {
        let mut minute = self.minute;
        for cell in self.cells.iter().take_while(|cell| cell.last + MINUTE + rule.guard <= now) {
            minute.sub(cell.amount);
        }
        minute
    }

    /// What was sent today.
    pub(crate) fn day(&self, now: Millis, day_ends: Millis, rule: Rule) -> Amount {
        if self.day_ends >= day_ends {
            return self.day;
        }
        let ended = self.day_ends;
        self.sum(|cell| cell.last + MINUTE + rule.guard > now && cell.last + rule.guard >= ended)
    }

    /// Whether nothing in it matters any more.
    pub(crate) fn is_idle(&self, now: Millis, rule: Rule) -> bool {
        self.day_ends <= now && self.cells.back().is_none_or(|cell| cell.last + MINUTE + rule.guard <= now)
    }

    /// Two buckets turn out to be one.
    pub(crate) fn merge(&mut self, other: Self) {
        self.cells.extend(other.cells);
        self.cells.make_contiguous().sort_by_key(|cell| cell.last);
        self.minute.add(other.minute);
        if other.day_ends > self.day_ends {
            (self.day, self.day_ends) = (other.day, other.day_ends);
        } else if other.day_ends == self.day_ends {
            self.day.add(other.day);
        }
    }

    /// When `more` fits below `cap`.
    fn room(&self, of: fn(&Amount) -> u64, more: u64, cap: u64, now: Millis, rule: Rule) -> Room {
        if cap == UNLIMITED {
            return Room::Now;
        }
        if more > cap {
            return Room::Never;
        }
        let mut used = of(&self.minute);
        let mut freed_at = now;
        for cell in &self.cells {
            let ends = cell.last.min(now) + MINUTE + rule.guard;
            if ends > now && used.saturating_add(more) <= cap {
                break;
            }
            used = used.saturating_sub(of(&cell.amount));
            freed_at = freed_at.max(ends);
        }
        if freed_at > now { Room::At(freed_at) } else { Room::Now }
    }

    fn sum(&self, counts: impl Fn(&Cell) -> bool) -> Amount {
        let mut sum = Amount::default();
        for cell in self.cells.iter().rev().take_while(|cell| counts(cell)) {
            sum.add(cell.amount);
        }
        sum
    }

    fn cell_of(&mut self, booked: Millis) -> Option<&mut Cell> {
        self.cells.iter_mut().rev().find(|cell| cell.first <= booked && booked <= cell.last)
    }
}

/// An estimate may be a quarter above the truth; more than that above the limit it never fits.
pub(crate) fn estimate_may_fit(tokens: u64, cap: u64) -> bool {
    tokens <= cap.saturating_add(cap / 4)
}

// === impl Amount ===

impl Amount {
    fn add(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.tokens = self.tokens.saturating_add(other.tokens);
    }

    fn sub(&mut self, other: Self) {
        self.requests = self.requests.saturating_sub(other.requests);
        self.tokens = self.tokens.saturating_sub(other.tokens);
    }
}

#[cfg(test)]
mod tests;
