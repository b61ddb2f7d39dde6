//! How far the truth exceeds estimates of input tokens.
//!
//! What is booked for a request is a guess until its answer says how many tokens Google counted. Where guesses are too
//! low, several requests that fit by the guess are more than the minute allows. How wrong guesses are depends on who
//! asks a model for what, so it is learned from its answers: a request is booked with what nearly all of them stayed
//! below. Its answer sets that right, so the margin lies on requests under way only; and exact guesses have none.

use crate::quota::Caps;

/// A prompt below this is too small to fill a window, however wrong its estimate.
const SMALL: u64 = 1_000;
/// The part of a larger error that is believed at once, …
const RISE: f32 = 0.25;
/// … and the part of the margin that every answer within it takes away: one in some dozens is meant to exceed it.
const FALL: f32 = 0.001;
/// What a margin is at most.
const MOST: f32 = 0.5;

/// What is added to estimates, as a share of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Margin(f32);

// === impl Margin ===

impl Margin {
    /// What to book for an estimate. What would fit as it is alone is not made too large to fit.
    pub(crate) fn within(self, estimate: u64, caps: &Caps) -> u64 {
        let [_, per_minute, _, per_day] = *caps;
        estimate.max(self.above(estimate).min(per_minute.min(per_day)))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a margin needs no precision, and is never negative"
    )]
    fn above(self, estimate: u64) -> u64 {
        if estimate < SMALL { estimate } else { estimate.saturating_add((estimate as f32 * self.0) as u64) }
    }

    /// Takes in what an estimate turned out to be.
    #[expect(clippy::cast_precision_loss, reason = "a margin needs no precision")]
    pub(crate) fn learn(&mut self, estimate: u64, truth: u64) {
        if estimate < SMALL {
            return;
        }
        let error = (truth as f32 / estimate as f32 - 1.0).min(MOST);
        let next = if error > self.0 { self.0 + RISE * (error - self.0) } else { self.0 * (1.0 - FALL) };
        self.0 = if next < 0.001 { 0.0 } else { next };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_and_generous_estimates_lose_nothing() {
        let mut margin = Margin::default();
        for tokens in 1_000..3_000 {
            margin.learn(tokens, tokens);
            margin.learn(tokens, tokens / 2);
        }
        assert_eq!(margin.above(100_000), 100_000);
    }

    #[test]
    fn most_estimates_that_are_too_low_stay_within_it() {
        let mut margin = Margin::default();
        let truth = |nth: u64| 10_000 + (nth * 7_919) % 2_001 - 1_000;
        for nth in 0..500 {
            margin.learn(10_000, truth(nth));
        }
        let exceeded = (500..1_500).filter(|nth| truth(*nth) > margin.above(10_000)).count();
        assert!(exceeded < 100, "{exceeded} of 1000 above {margin:?}");
        assert!(margin.above(10_000) <= 11_000);
    }

    #[test]
    fn it_fades_when_estimates_become_right() {
        let mut margin = Margin::default();
        margin.learn(10_000, 14_000);
        assert!((10_990..=11_000).contains(&margin.above(10_000)));
        for _ in 0..6_000 {
            margin.learn(10_000, 10_000);
        }
        assert_eq!(margin.above(10_000), 10_000);
    }

    #[test]
    fn what_fits_alone_fits_with_it() {
        let mut margin = Margin::default();
        margin.learn(10_000, 20_000);
        let caps = |per_minute, per_day| [7, per_minute, 7, per_day];
        assert_eq!(margin.within(10_000, &caps(11_000, u64::MAX)), 11_000);
        assert_eq!(margin.within(10_000, &caps(u64::MAX, 10_500)), 10_500);
        assert_eq!(margin.within(10_000, &caps(9_000, 9_000)), 10_000);
        assert_eq!(margin.within(10_000, &caps(u64::MAX, u64::MAX)), 11_250);
    }

    #[test]
    fn nonsense_has_an_end() {
        let mut margin = Margin::default();
        for _ in 0..1_000 {
            margin.learn(1_000, u64::MAX);
            margin.learn(0, 7);
        }
        assert!(margin.above(1_000) <= 1_500);
        assert_eq!(margin.above(u64::MAX), u64::MAX);
        assert_eq!(margin.above(999), 999);
    }
}
