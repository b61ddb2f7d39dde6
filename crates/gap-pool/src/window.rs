//! The counting of buckets, for those who ask: how much somebody has sent in the last minute and on this day.
//!
//! Unlike a request to Google, one to GAP arrives when it is counted, so there is no guard: in any 60 seconds there are at
//! most as many requests as the limit says, and what was sent more than a minute ago does not count.

use jiff::Timestamp;

use crate::Limits;
use crate::limits::Quota;
use crate::pacific::next_midnight;
use crate::quota::{self, Amount, Caps, Millis, Rule, UNLIMITED, Usage, timestamp};

const RULE: Rule = Rule { guard: 0 };
/// No day is longer.
const LONGEST_DAY: Millis = 25 * 3_600_000;

/// What somebody has sent.
#[derive(Clone, Debug, Default)]
pub struct Window {
    usage: Usage,
    /// The midnight ahead, as far as it has been looked up.
    day_ends: Millis,
}

/// There is no room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// Which limit is reached.
    pub quota: Quota,
    /// When there is room; never if it is larger than the whole limit.
    pub until: Option<Timestamp>,
}

// === impl Window ===

impl Window {
    /// Counts one request, if there is room for it.
    pub fn admit(&mut self, limits: &Limits, now: Timestamp) -> Result<(), Full> {
        let (now, day_ends) = self.turn_to(now);
        self.usage.fits(0, now, day_ends, RULE, &caps(limits)).map_err(Full::from)?;
        self.usage.book(0, now, day_ends, RULE);
        Ok(())
    }

    /// Counts a request, room or not.
    pub fn count(&mut self, now: Timestamp) {
        let (now, day_ends) = self.turn_to(now);
        self.usage.book(0, now, day_ends, RULE);
    }

    /// Adds the input tokens of a request that was admitted at `admitted`, if there is room for them.
    pub fn add_tokens(
        &mut self,
        tokens: u64,
        admitted: Timestamp,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<(), Full> {
        let (now, day_ends) = self.turn_to(now);
        let more = Amount { requests: 0, tokens };
        self.usage.fits_more(more, now, day_ends, RULE, &caps(limits)).map_err(Full::from)?;
        self.usage.correct(quota::millis(admitted), 0, tokens, day_ends);
        Ok(())
    }

    /// Replaces the tokens that were added for a request by what they really were.
    pub fn correct_tokens(&mut self, admitted: Timestamp, before: u64, tokens: u64, now: Timestamp) {
        let (_, day_ends) = self.turn_to(now);
        self.usage.correct(quota::millis(admitted), before, tokens, day_ends);
    }

    /// What was sent, in the order of [`Quota::ALL`].
    pub fn used(&mut self, now: Timestamp) -> [u64; 4] {
        let (now, day_ends) = self.turn_to(now);
        let (minute, day) = (self.usage.minute(now, RULE), self.usage.day(now, day_ends, RULE));
        [minute.requests, minute.tokens, day.requests, day.tokens]
    }

    /// When the day ends that `now` is in.
    pub fn day_ends(&mut self, now: Timestamp) -> Timestamp {
        timestamp(self.turn_to(now).1)
    }

    /// Whether nothing in it matters any more.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.usage.is_idle(quota::millis(now), RULE)
    }

    /// Looks midnight up once a day: a calendar costs more than all the counting.
    fn turn_to(&mut self, now: Timestamp) -> (Millis, Millis) {
        let at = quota::millis(now);
        if at >= self.day_ends || self.day_ends - at > LONGEST_DAY {
            self.day_ends = quota::millis(next_midnight(now));
        }
        (at, self.day_ends)
    }
}

impl From<quota::Full> for Full {
    fn from(full: quota::Full) -> Self {
        Self { quota: full.quota, until: full.until.map(timestamp) }
    }
}

fn caps(limits: &Limits) -> Caps {
    Quota::ALL.map(|quota| limits.get(quota).unwrap_or(UNLIMITED))
}

#[cfg(test)]
mod tests;
