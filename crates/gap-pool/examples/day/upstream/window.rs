//! What was counted, exactly, and whether there is room for more.

use std::collections::VecDeque;

use crate::world::{MINUTE, Millis, Windows};

/// What counts against a minute's quota.
#[derive(Clone, Debug)]
pub(crate) enum Minute {
    /// What was counted, with its time, and the sum of those that still count.
    Sliding(VecDeque<(Millis, u64)>, u64),
    /// The sum of the minute with that number.
    Fixed(Millis, u64),
    /// How much is missing in the bucket, times the milliseconds of a minute, as of that time.
    Bucket(Millis, u64),
}

impl Minute {
    pub(crate) fn new(windows: Windows) -> Self {
        match windows {
            Windows::Sliding => Self::Sliding(VecDeque::new(), 0),
            Windows::FixedMinute => Self::Fixed(0, 0),
            Windows::TokenBucket => Self::Bucket(0, 0),
        }
    }

    /// How long until `amount` fits; nothing if it does now. An amount beyond the limit never fits: a minute.
    pub(crate) fn wait(&mut self, amount: u64, limit: u64, now: Millis) -> Option<Millis> {
        self.move_to(limit, now);
        if amount > limit {
            return Some(MINUTE);
        }
        match self {
            Self::Sliding(log, sum) => {
                let mut excess = (*sum + amount).checked_sub(limit).filter(|excess| *excess > 0)?;
                let leaving = log.iter().find(|(_, old)| {
                    excess = excess.saturating_sub(*old);
                    excess == 0
                });
                leaving.map(|(at, _)| at + MINUTE - now)
            }
            Self::Fixed(minute, sum) => (*sum + amount > limit).then(|| (*minute + 1) * MINUTE - now),
            Self::Bucket(_, missing) => {
                let excess = (*missing + amount * MINUTE).checked_sub(limit * MINUTE).filter(|excess| *excess > 0)?;
                Some(excess.div_ceil(limit))
            }
        }
    }

    /// Counts `amount`.
    pub(crate) fn count(&mut self, amount: u64, limit: u64, now: Millis) {
        self.move_to(limit, now);
        match self {
            Self::Sliding(log, sum) => {
                log.push_back((now, amount));
                *sum += amount;
            }
            Self::Fixed(_, sum) => *sum += amount,
            Self::Bucket(_, missing) => *missing += amount * MINUTE,
        }
    }

    fn move_to(&mut self, limit: u64, now: Millis) {
        match self {
            Self::Sliding(log, sum) => {
                while let Some((_, amount)) = log.front().copied().filter(|(at, _)| at + MINUTE <= now) {
                    *sum -= amount;
                    log.pop_front();
                }
            }
            Self::Fixed(minute, sum) => {
                if now / MINUTE > *minute {
                    (*minute, *sum) = (now / MINUTE, 0);
                }
            }
            Self::Bucket(as_of, missing) => {
                *missing = missing.saturating_sub(limit.saturating_mul(now - *as_of));
                *as_of = now;
            }
        }
    }
}

/// What counts against a day's quota.
#[derive(Clone, Debug, Default)]
pub(crate) struct Day {
    day: usize,
    sum: u64,
}

impl Day {
    /// Whether `amount` fits into the day with number `day`.
    pub(crate) fn fits(&self, amount: u64, limit: u64, day: usize) -> bool {
        self.sum(day) + amount <= limit
    }

    /// Counts `amount`.
    pub(crate) fn count(&mut self, amount: u64, day: usize) {
        *self = Self { day, sum: self.sum(day) + amount };
    }

    fn sum(&self, day: usize) -> u64 {
        if self.day == day { self.sum } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{Day, Minute};
    use crate::world::{MINUTE, SECOND, Windows};

    /// Fills a window with ten at once after `at` and says how long one more has to wait.
    fn full(windows: Windows, at: u64) -> (Minute, Option<u64>) {
        let mut minute = Minute::new(windows);
        for _ in 0..10 {
            assert_eq!(minute.wait(1, 10, at), None);
            minute.count(1, 10, at);
        }
        let wait = minute.wait(1, 10, at);
        (minute, wait)
    }

    #[test]
    fn a_sliding_window_frees_what_is_a_minute_old() {
        let (mut minute, wait) = full(Windows::Sliding, 45 * SECOND);
        assert_eq!(wait, Some(MINUTE));
        assert_eq!(minute.wait(1, 10, 45 * SECOND + MINUTE - 1), Some(1));
        assert_eq!(minute.wait(10, 10, 45 * SECOND + MINUTE), None);
    }

    #[test]
    fn a_sliding_window_waits_for_as_many_as_it_needs() {
        let mut minute = Minute::new(Windows::Sliding);
        minute.count(300, 1000, 0);
        minute.count(600, 1000, 10 * SECOND);
        assert_eq!(minute.wait(100, 1000, 20 * SECOND), None);
        assert_eq!(minute.wait(400, 1000, 20 * SECOND), Some(40 * SECOND));
        assert_eq!(minute.wait(401, 1000, 20 * SECOND), Some(50 * SECOND));
        assert_eq!(minute.wait(1001, 1000, 20 * SECOND), Some(MINUTE));
    }

    #[test]
    fn a_fixed_minute_begins_anew_with_the_clock() {
        let (mut minute, wait) = full(Windows::FixedMinute, 45 * SECOND);
        assert_eq!(wait, Some(15 * SECOND));
        assert_eq!(minute.wait(10, 10, MINUTE), None);
    }

    #[test]
    fn a_token_bucket_refills_evenly() {
        let (mut minute, wait) = full(Windows::TokenBucket, 45 * SECOND);
        assert_eq!(wait, Some(6 * SECOND));
        assert_eq!(minute.wait(1, 10, 51 * SECOND - 1), Some(1));
        assert_eq!(minute.wait(1, 10, 51 * SECOND), None);
        assert_eq!(minute.wait(2, 10, 51 * SECOND), Some(6 * SECOND));
    }

    #[test]
    fn a_lowered_limit_counts_what_was_counted_before() {
        for windows in [Windows::Sliding, Windows::FixedMinute, Windows::TokenBucket] {
            let (mut minute, _) = full(windows, SECOND);
            assert!(minute.wait(1, 5, 2 * SECOND).is_some());
            assert_eq!(minute.wait(1, 20, 2 * SECOND), None);
        }
    }

    #[test]
    fn a_day_forgets_the_day_before() {
        let mut day = Day::default();
        day.count(20, 0);
        assert!(!day.fits(1, 20, 0));
        assert!(day.fits(20, 20, 1));
        day.count(1, 1);
        assert!(!day.fits(20, 20, 1));
    }
}
