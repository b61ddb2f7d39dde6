//! When to try again, and when to stop.
//!
//! Two kinds of failure are counted apart. A refusal that takes its key or bucket out of play (quota, invalid key)
//! makes the next try a different one, so many of them are fine: `pool.max_keys`. A failure that blames no key
//! (overload, reset, timeout, an internal error) may well happen again: `pool.max_attempts`, with a growing, jittered
//! pause. The classifier says which it is; this module only obeys and counts.

use std::time::Duration;

use gap_pool::Reason;
use gap_pool::verdict::{Cause, Fault, Retry};
use tokio::time::Instant;

use super::judge::{Refusal, Unopened};
use super::{Call, RelayError, RelayPolicy};
use crate::keyring::NoLease;

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Attempts<'a> {
    policy: &'a RelayPolicy,
    deadline: Instant,
    /// A stream opens after `open_after`; a longer wait for a key is refused while a real status is still possible.
    closed_until: Option<Instant>,
    /// Failures that blame no key.
    blameless: u32,
    /// Keys that were refused.
    refused: u32,
    last: Option<Last>,
}

/// What to do after a failed try.
#[derive(Debug)]
pub(super) enum Next {
    /// Try again, after a pause.
    Again {
        /// How long to wait first.
        pause: Duration,
    },
    /// Give up.
    Stop(RelayError),
}

/// The last failed try.
#[derive(Debug)]
struct Last {
    fault: Box<Fault>,
    /// Google's own words, where they are the truth for the client once nobody else is left to ask.
    answer: Option<Box<Refusal>>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(policy: &'a RelayPolicy, call: &Call, now: Instant) -> Self {
        let deadline = call.client_deadline.map_or(policy.deadline, |client| client.min(policy.deadline));
        let closed_until = call.is_stream().then(|| now + policy.open_after);
        Self { policy, deadline: now + deadline, closed_until, blameless: 0, refused: 0, last: None }
    }

    /// Until when a wait for a key makes sense.
    pub(super) fn wait_until(&self, now: Instant) -> Instant {
        let patient = (now + self.policy.max_wait).min(self.deadline);
        match self.closed_until {
            Some(opens) if now < opens => patient.min(opens),
            _ => patient,
        }
    }

    /// When to give up.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether, and how, to go on after a try failed.
    pub(super) fn after(&mut self, failed: Unopened, call: &Call, now: Instant) -> Next {
        let (last, executed) = match failed {
            Unopened::Refused(refusal) => return Next::Stop(RelayError::Refused(refusal)),
            Unopened::Faulty { fault, executed, answer } => (Last { fault, answer }, executed),
        };
        if let Some(ended) = call.body.ended() {
            return Next::Stop(RelayError::BodyEnded(ended));
        }
        // Google may have done what it was asked; doing it twice is worse than saying so.
        let once_only = executed && !call.repeatable;
        if once_only || last.fault.retry == Retry::Never {
            return Next::Stop(last.into_error());
        }
        if !call.body.is_sendable() {
            let others = last.fault.retry == Retry::OtherKey && last.answer.is_none();
            return Next::Stop(if others { RelayError::BodyGone } else { last.into_error() });
        }
        if now >= self.deadline {
            return Next::Stop(RelayError::TimedOut);
        }
        self.count(last, now)
    }

    /// Whether an answer that says nothing is worth another try; counts it.
    pub(super) fn may_ask_again(&mut self, call: &Call, now: Instant) -> bool {
        self.blameless += 1;
        self.blameless < self.policy.max_attempts && now < self.deadline && call.repeatable && call.body.is_sendable()
    }

    fn count(&mut self, last: Last, now: Instant) -> Next {
        let allowed = match last.fault.retry {
            Retry::Never => 0,
            Retry::OtherKey => self.policy.max_keys,
            Retry::Once => 2.min(self.policy.max_attempts),
            Retry::BackOff => self.policy.max_attempts,
        };
        let (used, pause) = match last.fault.retry {
            Retry::OtherKey => {
                self.refused += 1;
                (self.refused, Duration::ZERO)
            }
            Retry::Never | Retry::Once | Retry::BackOff => {
                self.blameless += 1;
                (self.blameless, self.pause(last.fault.cause))
            }
        };
        if used >= allowed || now + pause >= self.deadline {
            return Next::Stop(last.into_error());
        }
        self.last = Some(last);
        Next::Again { pause }
    }

    /// Doubles from the first pause to the longest, half of it dice, so that callers that failed together do not
    /// come back together. A connection that broke is worth an immediate second look.
    fn pause(&self, cause: Cause) -> Duration {
        let (first, longest) = self.policy.back_off;
        if self.blameless <= 1 && matches!(cause, Cause::ConnectionReset | Cause::ConnectFailed | Cause::ModelNotFound)
        {
            return Duration::ZERO;
        }
        let doubled = first.saturating_mul(1 << self.blameless.saturating_sub(1).min(16)).min(longest);
        doubled / 2 + doubled.mul_f64(rand::random::<f64>() / 2.0)
    }

    /// The error when no key can be had. What the last try said counts where the pool has nothing better to say: that
    /// all keys were asked, or that no key is to blame.
    pub(super) fn without_key(self, refused: NoLease) -> RelayError {
        let waiting_helps = refused.ranking.returns_at.is_some();
        let asked_all = refused.ranking.rejected.count(Reason::Tried) > 0;
        match self.last {
            Some(last) if last.answer.is_some() => last.into_error(),
            Some(last) if !waiting_helps && (asked_all || self.refused == 0) => last.into_error(),
            _ => RelayError::NoKey(Box::new(refused)),
        }
    }
}

impl Last {
    fn into_error(self) -> RelayError {
        match self.answer {
            Some(answer) => RelayError::Refused(answer),
            None => RelayError::Exhausted(self.fault),
        }
    }
}

#[cfg(test)]
mod tests;
