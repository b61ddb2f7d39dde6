//! Requests of a scenario: when they arrive, how large they are, and whose they are.

use crate::dice::Dice;
use crate::world::{HOUR, Millis, Request};

/// Requests of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) model: usize,
    pub(crate) arrivals: Arrivals,
    pub(crate) sizes: Sizes,
    /// How many clients send them.
    pub(crate) access_keys: u64,
}

/// When requests arrive.
#[derive(Clone, Debug)]
pub(crate) enum Arrivals {
    /// One by one, independently: so many an hour on average.
    Steady(f64),
    /// Like that, but following the day: nothing like the mean at night, up to twice the mean at the peak.
    Diurnal {
        /// On average.
        per_hour: f64,
        /// From 0 (no difference) to 1 (nothing at night, twice the mean at the peak).
        swing: f64,
        /// When most arrive, counted from the scenario's beginning.
        peak: Millis,
    },
    /// Many within moments, and then nothing for a while.
    Bursts {
        /// From one burst to the next, on average.
        every: Millis,
        /// The smallest and the largest burst.
        size: (u64, u64),
        /// How long one lasts.
        within: Millis,
    },
    /// So many an hour, only between two times.
    Between(Millis, Millis, f64),
}

/// How many input tokens requests have: log-normal, because most prompts are short and a few are huge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) median: f64,
    /// How heavy the tail is.
    pub(crate) sigma: f64,
    /// The model's window.
    pub(crate) most: u64,
}

/// All requests of `streams` that arrive before `end`, in order.
pub(crate) fn requests(streams: &[Stream], end: Millis, seed: u64) -> Vec<Request> {
    let mut all = Vec::new();
    // No two streams share a client.
    let mut clients = 0;
    for (at, stream) in streams.iter().enumerate() {
        let mut dice = Dice::of(&[seed, TRAFFIC, at as u64]);
        for arrival in stream.arrivals.times(end, &mut dice) {
            all.push(stream.request(arrival, clients, &mut dice));
        }
        clients += stream.access_keys;
    }
    all.sort_by_key(|request| request.arrival);
    all
}

/// What these dice are for.
const TRAFFIC: u64 = 1;
/// Estimates are off by this much, one deviation: within 10 % in 95 of 100 cases.
const ESTIMATE_SIGMA: f64 = 0.05;

impl Stream {
    fn request(&self, arrival: Millis, first_client: u64, dice: &mut Dice) -> Request {
        let tokens = whole(dice.log_normal(self.sizes.median, self.sizes.sigma)).clamp(1, self.sizes.most);
        let guess = tokens as f64 * (1.0 + ESTIMATE_SIGMA * dice.normal()).clamp(0.7, 1.3);
        let access_key = first_client + dice.below(self.access_keys);
        Request { arrival, model: self.model, tokens, estimate: whole(guess).max(1), access_key }
    }
}

impl Arrivals {
    fn times(&self, end: Millis, dice: &mut Dice) -> Vec<Millis> {
        match *self {
            Self::Steady(per_hour) => poisson(0, end, per_hour, dice, |_| 1.0),
            Self::Between(from, until, per_hour) => poisson(from, until.min(end), per_hour, dice, |_| 1.0),
            Self::Diurnal { per_hour, swing, peak } => poisson(0, end, per_hour * (1.0 + swing), dice, |at| {
                let angle = (at as f64 - peak as f64) / (24 * HOUR) as f64 * std::f64::consts::TAU;
                (1.0 + swing * angle.cos()) / (1.0 + swing)
            }),
            Self::Bursts { every, size: (least, most), within } => {
                let per_hour = HOUR as f64 / every as f64;
                let mut times = Vec::new();
                for beginning in poisson(0, end, per_hour, dice, |_| 1.0) {
                    let size = least + dice.below(most - least + 1);
                    times.extend((0..size).map(|_| beginning + dice.below(within)).filter(|at| *at < end));
                }
                times.sort_unstable();
                times
            }
        }
    }
}

/// A Poisson process, thinned by `share`.
fn poisson(from: Millis, until: Millis, per_hour: f64, dice: &mut Dice, share: impl Fn(Millis) -> f64) -> Vec<Millis> {
    let mut times = Vec::new();
    let mut at = from;
    let per_millisecond = per_hour / HOUR as f64;
    loop {
        at = at.saturating_add(whole(dice.exponential(per_millisecond)));
        if at >= until {
            return times;
        }
        if dice.chance(share(at)) {
            times.push(at);
        }
    }
}

/// The whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, which is what is wanted"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::{Arrivals, Sizes, Stream, requests};
    use crate::world::{HOUR, SECOND};

    const SIZES: Sizes = Sizes { median: 1_000.0, sigma: 1.5, most: 200_000 };

    #[test]
    fn as_many_arrive_as_were_ordered_and_in_order() {
        let diurnal = Arrivals::Diurnal { per_hour: 100.0, swing: 0.8, peak: 12 * HOUR };
        let bursts = Arrivals::Bursts { every: HOUR / 2, size: (10, 30), within: 2 * SECOND };
        for (arrivals, expected) in [(Arrivals::Steady(100.0), 2400_usize), (diurnal, 2400), (bursts, 960)] {
            let stream = Stream { model: 0, arrivals, sizes: SIZES, access_keys: 3 };
            let all = requests(&[stream], 24 * HOUR, 5);
            assert!(all.len().abs_diff(expected) < expected / 4, "{} of {expected}", all.len());
            assert!(all.is_sorted_by_key(|request| request.arrival));
        }
    }

    #[test]
    fn estimates_are_within_ten_percent_mostly_and_never_below_seventy() {
        let stream = Stream { model: 0, arrivals: Arrivals::Steady(500.0), sizes: SIZES, access_keys: 1 };
        let all = requests(&[stream], 24 * HOUR, 6);
        let large: Vec<_> = all.iter().filter(|request| request.tokens > 100).collect();
        let far = large.iter().filter(|request| request.estimate.abs_diff(request.tokens) * 10 > request.tokens);
        assert!(far.count() * 100 < large.len() * 6);
        assert!(large.iter().all(|request| request.estimate * 100 >= request.tokens * 69));
    }
}
