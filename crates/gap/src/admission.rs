//! How much somebody may ask.
//!
//! Two kinds of limits: of access keys that have some of their own, and of client addresses for everybody else. A request
//! is counted as soon as it is known whose it is, before any of its body is read; its input tokens are booked by estimate
//! once they are known, and settled by what Google has counted when the answer has ended. What was let in holds a
//! [`Permit`], which settles when it is dropped, whatever became of the request.
//!
//! A minute is any 60 seconds and a day is Google's, from midnight to midnight in Los Angeles. Counting is exact: however
//! many requests come at once, a limit of 1,000 lets 1,000 in.
//!
//! ## Edges
//! - A request that was refused does not count, one that failed does.
//! - Wrong access keys count for the address that they come from, so nobody guesses faster than they may ask.
//! - Somebody whose request is larger than all they may use in a minute is told so, and not when to come back.
//! - Who has used more than allowed, because an estimate was too low, waits until it is worked off.

pub mod meter;
pub mod standing;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gap_pool::{Full, Limits, Quota};
use gap_protocol::meter::Usage;
use jiff::Timestamp;

use self::meter::{Amount, Meter, NoRoom, UsedUp};
use self::standing::Standing;
use crate::access::policy::{Policy, in_words};
use crate::caller::Caller;
use crate::clients::Clients;
use crate::clock::Clock;
use crate::config::Settings;
use crate::error::Failure;

/// Client addresses that are remembered. One that comes once takes about 300 bytes, one that asks every second 2 KiB.
const MOST_ADDRESSES: usize = 65_536;

/// Limits per client address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressLimits {
    /// Requests in any minute; 0 is no limit.
    pub requests_per_minute: u64,
    /// Requests on a Pacific day; 0 is no limit.
    pub requests_per_day: u64,
    /// Input tokens on a Pacific day; 0 is no limit.
    pub input_tokens_per_day: u64,
}

/// Lets requests in, or not.
#[derive(Debug)]
pub struct Admission {
    addresses: Clients<Arc<Meter>>,
    clock: Clock,
}

/// A request that was let in. Settles when it is dropped.
#[derive(Debug, Default)]
pub struct Permit {
    booking: Option<Booking>,
    /// Whose budgets pay.
    payer: Option<Arc<Meter>>,
    clock: Option<Clock>,
}

/// What a request has been counted against.
#[derive(Debug)]
struct Booking {
    meter: Arc<Meter>,
    terms: Terms,
    admitted: Timestamp,
    /// Input tokens that are booked for it.
    tokens: u64,
    standing: Standing,
}

/// Whose limits they are.
#[derive(Clone, Debug)]
enum Terms {
    Address(Limits),
    AccessKey(Arc<Policy>, Limits),
}

// === impl Admission ===

impl Admission {
    /// Nobody has asked yet.
    pub fn new(clock: Clock) -> Self {
        Self { addresses: Clients::new(MOST_ADDRESSES), clock }
    }

    /// Counts a request of `caller`, if there is room for it. `limits` are those of addresses at this moment; what has been
    /// counted before they changed still counts.
    pub fn enter(&self, caller: &Caller, client: IpAddr, limits: AddressLimits) -> Result<Permit, Failure> {
        if let Some(meter) = caller.meter.as_ref().filter(|_| caller.policy.limits_use()) {
            let terms = Terms::AccessKey(Arc::clone(&caller.policy), caller.policy.limits());
            return self.count(meter, terms, caller);
        }
        if limits == AddressLimits::default() {
            let clock = caller.meter.is_some().then(|| self.clock.clone());
            return Ok(Permit { booking: None, payer: caller.meter.clone(), clock });
        }
        let meter = self.addresses.with(client.into(), self.clock.now(), |meter| Arc::clone(meter));
        self.count(&meter, Terms::Address(limits.into()), caller)
    }

    /// Counts a request of somebody whom nobody knows.
    pub fn note_stranger(&self, client: IpAddr, limits: AddressLimits) -> Result<(), Failure> {
        if limits == AddressLimits::default() {
            return Ok(());
        }
        let meter = self.addresses.with(client.into(), self.clock.now(), |meter| Arc::clone(meter));
        let stranger = Caller::new("", "", crate::caller::Role::User);
        self.count(&meter, Terms::Address(limits.into()), &stranger).map(drop)
    }

    /// How many addresses are remembered.
    pub fn addresses(&self) -> usize {
        self.addresses.len()
    }

    /// Forgets addresses of which nothing counts any more.
    pub fn sweep(&self) {
        self.addresses.sweep(self.clock.now());
    }

    fn count(&self, meter: &Arc<Meter>, terms: Terms, caller: &Caller) -> Result<Permit, Failure> {
        let now = self.clock.now();
        match meter.admit(terms.limits(), terms.policy(), now) {
            Ok(standing) => {
                let booking = Booking { meter: Arc::clone(meter), terms, admitted: now, tokens: 0, standing };
                let (payer, clock) = (caller.meter.clone(), Some(self.clock.clone()));
                Ok(Permit { booking: Some(booking), payer, clock })
            }
            Err((why, standing)) => Err(terms.refuse(why, 0, now).with_standing(standing)),
        }
    }
}

// === impl AddressLimits ===

impl AddressLimits {
    /// Those of the settings in force.
    pub fn of(settings: &Settings) -> Self {
        let limits = &settings.limits;
        Self {
            requests_per_minute: limits.requests_per_minute,
            requests_per_day: limits.requests_per_day_per_ip,
            input_tokens_per_day: limits.input_tokens_per_day_per_ip,
        }
    }
}

impl From<AddressLimits> for Limits {
    fn from(limits: AddressLimits) -> Self {
        let some = |limit: u64| (limit > 0).then_some(limit);
        Self {
            requests_per_minute: some(limits.requests_per_minute),
            tokens_per_minute: None,
            requests_per_day: some(limits.requests_per_day),
            tokens_per_day: some(limits.input_tokens_per_day),
        }
    }
}

// === impl Permit ===

impl Permit {
    /// What is left of the limits that the request was counted against.
    pub fn standing(&self) -> Option<Standing> {
        self.booking.as_ref().map(|booking| booking.standing)
    }

    /// Books the input tokens of the request, if there is room for them. They are asked for only where somebody counts
    /// them; of a request that changes on its way, the last number counts.
    pub fn book(&mut self, input_tokens: impl FnOnce() -> u64) -> Result<(), Failure> {
        let (Some(booking), Some(clock)) = (&mut self.booking, &self.clock) else { return Ok(()) };
        if !booking.terms.count_tokens() {
            return Ok(());
        }
        let tokens = input_tokens();
        let now = clock.now();
        let Booking { meter, terms, admitted, .. } = booking;
        if booking.tokens > 0 {
            meter.settle(booking.tokens, 0, *admitted, now);
            booking.tokens = 0;
        }
        match meter.book(tokens, terms.limits(), terms.policy(), *admitted, now) {
            Ok(standing) => {
                (booking.tokens, booking.standing) = (tokens, standing);
                Ok(())
            }
            Err((why, standing)) => Err(terms.refuse(why, tokens, now).with_standing(standing)),
        }
    }

    /// The request has ended and was counted so by Google; `cost` is in billionths of a dollar. Once is enough.
    pub fn settle(&mut self, usage: Option<&Usage>, cost: u64) {
        let Some(clock) = self.clock.take() else { return };
        let now = clock.now();
        let input = usage.map_or(0, |usage| usage.prompt);
        if let Some(Booking { meter, terms, admitted, tokens, .. }) = self.booking.take()
            && terms.count_tokens()
        {
            meter.settle(tokens, input, admitted, now);
        }
        if let (Some(payer), Some(usage)) = (self.payer.take(), usage) {
            payer.spend(Amount { tokens: usage.total.max(usage.prompt), nanos: cost }, now);
        }
    }
}

impl Drop for Permit {
    /// A request that never got as far as an answer has used nothing.
    fn drop(&mut self) {
        self.settle(None, 0);
    }
}

// === impl Terms ===

impl Terms {
    fn limits(&self) -> &Limits {
        match self {
            Self::Address(limits) | Self::AccessKey(_, limits) => limits,
        }
    }

    fn policy(&self) -> &Policy {
        static NONE: Policy = Policy::unlimited();
        match self {
            Self::Address(_) => &NONE,
            Self::AccessKey(policy, _) => policy,
        }
    }

    fn count_tokens(&self) -> bool {
        let limits = self.limits();
        limits.tokens_per_minute.is_some()
            || limits.tokens_per_day.is_some()
            || !self.policy().token_budget.is_unlimited()
    }

    /// Says which limit it is, and when there is room.
    fn refuse(&self, why: NoRoom, tokens: u64, now: Timestamp) -> Failure {
        let wait = |until: Timestamp| Duration::try_from(until.duration_since(now)).unwrap_or_default();
        match why {
            NoRoom::Budget(UsedUp { budget, until }) => {
                let wait = until.map(wait);
                let then = wait.map_or_else(String::new, |wait| format!("; there is more {}", in_words(wait)));
                Failure::too_many(format!("The budget of this access key is used up ({budget}){then}."), wait)
            }
            NoRoom::Window(Full { quota, until }) => {
                let limit = self.limits().get(quota).unwrap_or_default();
                let (whose, name, what) = self.words(quota);
                match until.map(wait) {
                    Some(wait) => Failure::too_many(
                        format!(
                            "{} has reached its limit of {limit} {what} ({name}); try again {}.",
                            capitalised(whose),
                            in_words(wait)
                        ),
                        Some(wait),
                    ),
                    None => Failure::too_many(
                        format!(
                            "The request has about {tokens} input tokens, and {whose} may use no more than {limit} \
                             {what} ({name})."
                        ),
                        None,
                    ),
                }
            }
        }
    }

    /// Whose limit it is, its name, and what it counts.
    fn words(&self, quota: Quota) -> (&'static str, &'static str, &'static str) {
        let what = match quota {
            Quota::RequestsPerMinute => "requests per minute",
            Quota::TokensPerMinute => "input tokens per minute",
            Quota::RequestsPerDay => "requests per day",
            Quota::TokensPerDay => "input tokens per day",
        };
        match self {
            Self::Address(_) => {
                let name = match quota {
                    Quota::RequestsPerMinute => "MAX_REQUESTS_PER_MINUTE",
                    Quota::RequestsPerDay => "MAX_REQUESTS_PER_DAY_PER_IP",
                    Quota::TokensPerMinute | Quota::TokensPerDay => "MAX_INPUT_TOKENS_PER_DAY_PER_IP",
                };
                ("this address", name, what)
            }
            Self::AccessKey(..) => {
                let name = match quota {
                    Quota::RequestsPerMinute => "rpm",
                    Quota::TokensPerMinute | Quota::TokensPerDay => "tpm",
                    Quota::RequestsPerDay => "rpd",
                };
                ("this access key", name, what)
            }
        }
    }
}

/// For the beginning of a sentence.
fn capitalised(whose: &str) -> String {
    whose.replacen("this", "This", 1)
}

#[cfg(test)]
mod tests;
