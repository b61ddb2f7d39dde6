//! What is known of one bucket's limits, and how a limit that was learned too low heals.
//!
//! A tier is raised without a word, so a learned limit is not for ever: after a while one request more than it allows is
//! sent. If that is answered, the limit rises by one, then by two, by four, …, a try a minute; if it is refused, the next
//! try waits twice as long. The waits are long because a try costs a refusal whenever the limit is right.

use serde::{Deserialize, Serialize};

use super::{Limits, Quota, Source};
use crate::quota::{Caps, Millis, UNLIMITED};

const HOUR: Millis = 3_600_000;
/// A minute's limit is met hundreds of times a day, …
const FIRST_TRY_OF_MINUTES: Millis = 12 * HOUR;
/// … a day's once.
const FIRST_TRY_OF_DAYS: Millis = 4 * 24 * HOUR;
const LONGEST_WAIT: Millis = 16 * 24 * HOUR;
/// After a try that was answered.
const NEXT_TRY: Millis = 60_000;

/// What the operator and Google have said about one bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Learning {
    pub(crate) by_hand: Limits,
    learned: [Option<Learned>; 4],
}

/// A limit that Google has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Learned {
    limit: u64,
    /// What Google said last; the limit itself may have risen since.
    said: u64,
    /// How much the next rise adds.
    step: u64,
    /// When one request more is tried.
    try_at: Millis,
    /// How long after a refusal.
    wait: Millis,
}

// === impl Learning ===

impl Learning {
    /// Google has named a limit.
    pub(crate) fn learn(&mut self, quota: Quota, limit: u64, now: Millis) {
        let first = Learned::first_wait(quota);
        let slot = &mut self.learned[quota as usize];
        let (wait, try_at) = match slot {
            // A try was refused, or what came of one that was answered: the limit is right.
            Some(old) if old.said == limit && (old.try_at <= now || old.limit != limit) => {
                let wait = (old.wait * 2).min(LONGEST_WAIT);
                (wait, now + wait)
            }
            Some(old) if old.said == limit => (old.wait, old.try_at),
            Some(_) | None => (first, now + first),
        };
        *slot = Some(Learned { limit, said: limit, step: 1, try_at, wait });
    }

    /// A request was refused, and nothing was said of the limit: no more tries for now.
    pub(crate) fn refused(&mut self, now: Millis) {
        for learned in self.learned.iter_mut().flatten().filter(|learned| learned.try_at <= now) {
            learned.wait = (learned.wait * 2).min(LONGEST_WAIT);
            learned.try_at = now + learned.wait;
        }
    }

    /// A request sent at `booked` was answered that was number `seen` in its windows. Whether a limit has risen.
    pub(crate) fn answered(&mut self, seen: &Caps, booked: Millis, now: Millis) -> bool {
        let mut risen = false;
        for (learned, seen) in self.learned.iter_mut().zip(seen) {
            // Only what was sent as a try counts: an answer from before the limit was named says nothing.
            let tried = |learned: &&mut Learned| *seen > learned.limit && learned.try_at <= booked;
            if let Some(learned) = learned.as_mut().filter(tried) {
                // Windows are not cut alike here and at Google, so one answer proves little: the first rises are small.
                learned.limit = learned.limit.saturating_add(learned.step).max(*seen);
                learned.step = learned.step.saturating_mul(2);
                learned.try_at = now + NEXT_TRY;
                risen = true;
            }
        }
        risen
    }

    /// Forgets what Google has named; what the operator says stays.
    pub(crate) fn forget_learned(&mut self) {
        self.learned = [None; 4];
    }

    /// Looks at all limits anew from now on: the operator says that something has changed.
    pub(crate) fn doubt(&mut self, now: Millis) {
        for learned in self.learned.iter_mut().flatten() {
            learned.try_at = learned.try_at.min(now);
        }
    }

    /// Two buckets turn out to be one: the newer word counts.
    pub(crate) fn merge(&mut self, other: &Self) {
        for quota in Quota::ALL {
            self.by_hand.set(quota, self.by_hand.get(quota).or(other.by_hand.get(quota)));
            let slot = &mut self.learned[quota as usize];
            let theirs = other.learned[quota as usize];
            if slot.is_none_or(|ours| theirs.is_some_and(|theirs| theirs.try_at > ours.try_at)) {
                *slot = theirs.or(*slot);
            }
        }
    }

    /// The limits that count, and when one of them is to be tried.
    pub(crate) fn caps(&self, project: Option<&Limits>, defaults: &Limits) -> (Caps, Millis) {
        let mut caps = [UNLIMITED; 4];
        let mut try_at = Millis::MAX;
        for quota in Quota::ALL {
            let Some((limit, source)) = self.limit(quota, project, defaults) else { continue };
            caps[quota as usize] = limit;
            if let (Source::Learned, Some(learned)) = (source, self.learned[quota as usize]) {
                try_at = try_at.min(learned.try_at);
            }
        }
        (caps, try_at)
    }

    /// One limit and who says so; none: unlimited, as far as anybody knows.
    pub(crate) fn limit(&self, quota: Quota, project: Option<&Limits>, defaults: &Limits) -> Option<(u64, Source)> {
        let by_hand = self.by_hand.get(quota).or_else(|| project?.get(quota));
        let learned = self.learned[quota as usize].map(|learned| learned.limit);
        let said = [(by_hand, Source::ByHand), (learned, Source::Learned), (defaults.get(quota), Source::Default)];
        said.into_iter().find_map(|(limit, source)| Some((limit?, source)))
    }

    /// Adds to `caps` what is being tried at `now`.
    pub(crate) fn stretch(&self, caps: &mut Caps, now: Millis) {
        for (quota, learned) in Quota::ALL.into_iter().zip(self.learned) {
            let cap = &mut caps[quota as usize];
            // Not where the operator has said otherwise.
            if let Some(learned) = learned.filter(|learned| learned.try_at <= now && learned.limit == *cap) {
                *cap += match quota {
                    Quota::RequestsPerMinute | Quota::RequestsPerDay => 1,
                    Quota::TokensPerMinute | Quota::TokensPerDay => learned.limit / 20,
                };
            }
        }
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_hand == Limits::default() && self.learned.iter().all(Option::is_none)
    }
}

impl Learned {
    const fn first_wait(quota: Quota) -> Millis {
        match quota {
            Quota::RequestsPerMinute | Quota::TokensPerMinute => FIRST_TRY_OF_MINUTES,
            Quota::RequestsPerDay | Quota::TokensPerDay => FIRST_TRY_OF_DAYS,
        }
    }
}

#[cfg(test)]
mod tests;
