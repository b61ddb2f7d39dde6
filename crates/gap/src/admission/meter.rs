//! How much of what somebody may use has been used.
//!
//! A window counts requests and input tokens by the minute and the day; budgets count all tokens, and money, by the day,
//! the month and in all. Budgets begin with what the log of requests sums up to, and go on in memory: a request is
//! booked with an estimate before it is sent, and settled with the truth when it has ended. Only answers under way, of
//! which nobody knows how long they get, can take a budget beyond its end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gap_pool::{Full, Limits, Window};
use gap_store::usage::{day_of, month_of};
use jiff::{SignedDuration, Timestamp};

use super::standing::{Level, Standing};
use crate::access::policy::{Budget, Policy};
use crate::clients::Remembered;

/// One caller's, or one client address'.
#[derive(Debug, Default)]
pub struct Meter {
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    window: Window,
    spent: Spent,
    /// Tokens that requests under way are expected to use.
    reserved: u64,
    /// When the periods of `spent` began.
    day: Timestamp,
    month: Timestamp,
    /// When the next of them begins.
    turns_at: Timestamp,
}

/// Tokens, and money in billionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Of prompts and answers together.
    pub tokens: u64,
    /// In billionths of a dollar.
    pub nanos: u64,
}

/// How much was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// On this Pacific day.
    pub day: Amount,
    /// In this Pacific month.
    pub month: Amount,
    /// In all.
    pub total: Amount,
}

/// A budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedUp {
    /// Its name: `token_budget.day`.
    pub budget: &'static str,
    /// When there is another.
    pub until: Option<Timestamp>,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// In the minute or the day.
    Window(Full),
    /// In a budget.
    Budget(UsedUp),
}

// === impl Meter ===

impl Meter {
    /// Counts a request, if there is room for it.
    pub fn admit(&self, limits: &Limits, policy: &Policy, now: Timestamp) -> Result<Standing, (NoRoom, Standing)> {
        let mut books = self.books();
        let fits = books.has_budget(policy, 0, now).map_err(NoRoom::Budget);
        let admitted = fits.and_then(|()| books.window.admit(limits, now).map_err(NoRoom::Window));
        let standing = books.standing(limits, now);
        admitted.map(|()| standing).map_err(|why| (why, standing))
    }

    /// Counts a request, room or not.
    pub fn count(&self, now: Timestamp) {
        self.books().window.count(now);
    }

    /// Books what a request that was admitted at `admitted` is expected to use, if there is room.
    pub fn book(
        &self,
        tokens: u64,
        limits: &Limits,
        policy: &Policy,
        admitted: Timestamp,
        now: Timestamp,
    ) -> Result<Standing, (NoRoom, Standing)> {
        let mut books = self.books();
        let fits = books.has_budget(policy, tokens, now).map_err(NoRoom::Budget);
        let booked = fits.and_then(|()| books.window.add_tokens(tokens, admitted, limits, now).map_err(NoRoom::Window));
        if booked.is_ok() {
            books.reserved = books.reserved.saturating_add(tokens);
        }
        let standing = books.standing(limits, now);
        booked.map(|()| standing).map_err(|why| (why, standing))
    }

    /// Replaces what was booked by the input tokens of a request that has ended.
    pub fn settle(&self, booked: u64, input_tokens: u64, admitted: Timestamp, now: Timestamp) {
        let mut books = self.books();
        books.reserved = books.reserved.saturating_sub(booked);
        if booked != input_tokens {
            books.window.correct_tokens(admitted, booked, input_tokens, now);
        }
    }

    /// Adds what a request has used of the budgets.
    pub fn spend(&self, amount: Amount, now: Timestamp) {
        let mut books = self.books();
        books.turn_to(now);
        let Spent { day, month, total } = &mut books.spent;
        for sum in [day, month, total] {
            sum.tokens = sum.tokens.saturating_add(amount.tokens);
            sum.nanos = sum.nanos.saturating_add(amount.nanos);
        }
    }

    /// Takes in what the log of requests knows, of other instances too. What has not arrived there yet is not forgotten.
    pub fn learn(&self, known: &Spent, now: Timestamp) {
        let mut books = self.books();
        books.turn_to(now);
        let Spent { day, month, total } = &mut books.spent;
        for (sum, known) in [(day, known.day), (month, known.month), (total, known.total)] {
            sum.tokens = sum.tokens.max(known.tokens);
            sum.nanos = sum.nanos.max(known.nanos);
        }
    }

    /// How much was spent.
    pub fn spent(&self, now: Timestamp) -> Spent {
        let mut books = self.books();
        books.turn_to(now);
        books.spent
    }

    /// Requests and input tokens of the minute, then of the day.
    pub fn used(&self, now: Timestamp) -> [u64; 4] {
        self.books().window.used(now)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered for std::sync::Arc<Meter> {
    fn is_over(&self, now: Timestamp) -> bool {
        self.books().window.is_idle(now)
    }

    fn weight(&self, now: Timestamp) -> u64 {
        let [_, _, requests, tokens] = self.used(now);
        requests.saturating_add(tokens / 1_000)
    }
}

// === impl Books ===

impl Books {
    /// Begins new days and months.
    fn turn_to(&mut self, now: Timestamp) {
        if now < self.turns_at {
            return;
        }
        let (day, month) = (day_of(now), month_of(now));
        if self.day != day {
            self.spent.day = Amount::default();
        }
        if self.month != month {
            self.spent.month = Amount::default();
        }
        // No day is longer than 25 hours, and a month ends with a day.
        let tomorrow = day.saturating_add(SignedDuration::from_hours(26)).unwrap_or(Timestamp::MAX);
        (self.day, self.month, self.turns_at) = (day, month, day_of(tomorrow));
    }

    fn has_budget(&mut self, policy: &Policy, tokens: u64, now: Timestamp) -> Result<(), UsedUp> {
        let (of_tokens, of_money) = (&policy.token_budget, &policy.money_budget_usd);
        if of_tokens.is_unlimited() && of_money.is_unlimited() {
            return Ok(());
        }
        self.turn_to(now);
        let Spent { day, month, total } = &self.spent;
        let more = self.reserved.saturating_add(tokens);
        let over = |spent: u64, budget: Option<u64>| {
            budget.is_some_and(|budget| spent >= budget || spent.saturating_add(more) > budget)
        };
        let spent_up = |spent: u64, budget: Option<u64>| budget.is_some_and(|budget| spent >= budget);
        let Budget { day: usd_day, month: usd_month, total: usd_total } = of_money.in_nanos();
        let used_up = |budget, until| Err(UsedUp { budget, until });
        // What lasts longest first.
        if over(total.tokens, of_tokens.total) {
            return used_up("token_budget.total", None);
        }
        if spent_up(total.nanos, usd_total) {
            return used_up("money_budget_usd.total", None);
        }
        if over(month.tokens, of_tokens.month) {
            return used_up("token_budget.month", Some(self.month_ends()));
        }
        if spent_up(month.nanos, usd_month) {
            return used_up("money_budget_usd.month", Some(self.month_ends()));
        }
        if over(day.tokens, of_tokens.day) {
            return used_up("token_budget.day", Some(self.turns_at));
        }
        if spent_up(day.nanos, usd_day) {
            return used_up("money_budget_usd.day", Some(self.turns_at));
        }
        Ok(())
    }

    fn month_ends(&self) -> Timestamp {
        let next = self.month.saturating_add(SignedDuration::from_hours(24 * 32)).unwrap_or(Timestamp::MAX);
        month_of(next)
    }

    fn standing(&mut self, limits: &Limits, now: Timestamp) -> Standing {
        const MINUTE: Duration = Duration::from_mins(1);
        let [requests, tokens, requests_today, tokens_today] = self.window.used(now);
        let day = self.window.day_ends(now).duration_since(now).unsigned_abs();
        let level = |limit: Option<u64>, used: u64, reset| {
            limit.map(|limit| Level { limit, remaining: limit.saturating_sub(used), reset })
        };
        // Of two, the one that is nearer to its end.
        let nearer = |one: Option<Level>, two: Option<Level>| match (one, two) {
            (Some(one), Some(two)) => Some(if two.remaining < one.remaining { two } else { one }),
            (one, two) => one.or(two),
        };
        Standing {
            at: now,
            requests: nearer(
                level(limits.requests_per_minute, requests, MINUTE),
                level(limits.requests_per_day, requests_today, day),
            ),
            tokens: nearer(
                level(limits.tokens_per_minute, tokens, MINUTE),
                level(limits.tokens_per_day, tokens_today, day),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
