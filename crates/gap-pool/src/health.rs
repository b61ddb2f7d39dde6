//! How well a bucket has answered lately: a share of refusals and a latency, both fading with time.

use std::time::Duration;

use crate::quota::Millis;

/// After so long, half of what happened is forgotten.
const HALF_LIFE: f32 = 300_000.0;
/// What a new outcome weighs against what is remembered.
const STEP: f32 = 0.1;
/// What refusals cost at most.
const WORST: f32 = 0.8;
/// What slowness costs at most.
const SLOWEST: f32 = 0.3;
/// So many times the usual latency is chance: prompts differ more than keys do.
const CHANCE: f32 = 2.0;
/// Slowness costs nothing before so many answers: who is passed over for a slow first one could not show that it was chance.
const FEW: u8 = 10;

/// How well something has answered lately.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Health {
    refused: f32,
    /// Milliseconds to the first event; 0: nobody knows.
    latency: f32,
    /// How many answers that is the average of, up to [`FEW`].
    measured: u8,
    at: Millis,
}

// === impl Health ===

impl Health {
    /// Notes an answer.
    pub(crate) fn answered(&mut self, latency: Option<Duration>, now: Millis) {
        self.note(0.0, now);
        if let Some(latency) = latency {
            let latency = (latency.as_secs_f32() * 1000.0).max(1.0);
            self.measured = (self.measured + 1).min(FEW);
            let step = STEP.max(1.0 / f32::from(self.measured));
            // By ratios: one answer that takes a minute must not outweigh a dozen that take seconds.
            self.latency =
                if self.latency == 0.0 { latency } else { self.latency * (latency / self.latency).powf(step) };
        }
    }

    /// Notes a refusal.
    pub(crate) fn refused(&mut self, now: Millis) {
        self.note(1.0, now);
    }

    /// From 0 to 1, beside what is usual elsewhere.
    pub(crate) fn score(&self, usual_latency: f32, now: Millis) -> f32 {
        let refused = if self.refused == 0.0 { 0.0 } else { self.refused * self.faded(now) };
        let tolerated = usual_latency * CHANCE;
        let slow = if self.measured >= FEW && self.latency > tolerated && tolerated > 0.0 {
            // It fades: who is not asked because of it could not show that it is over.
            (1.0 - tolerated / self.latency) * self.faded(now)
        } else {
            0.0
        };
        (1.0 - WORST * refused) * (1.0 - SLOWEST * slow)
    }

    /// Milliseconds to the first event, on the average; 0: nobody knows.
    pub(crate) fn latency(&self) -> f32 {
        self.latency
    }

    fn note(&mut self, refused: f32, now: Millis) {
        let before = if self.refused == 0.0 { 0.0 } else { self.refused * self.faded(now) };
        self.refused = before + STEP * (refused - before);
        if self.refused < 0.001 {
            self.refused = 0.0;
        }
        self.at = now;
    }

    fn faded(&self, now: Millis) -> f32 {
        0.5_f32.powf((now - self.at).max(0) as f32 / HALF_LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(latencies: &[u64]) -> Health {
        let mut health = Health::default();
        for latency in latencies {
            health.answered(Some(Duration::from_millis(*latency)), 0);
        }
        health
    }

    #[test]
    fn one_slow_answer_among_many_costs_nothing() {
        let health = after(&[2_000, 3_000, 90_000, 1_000]);
        assert!(health.score(2_000.0, 0) >= 1.0, "{health:?}");
    }

    #[test]
    fn a_few_slow_answers_are_chance() {
        assert!(after(&[90_000; 9]).score(1_000.0, 0) >= 1.0);
        assert!(after(&[90_000, 2, 2, 2, 2, 2, 2, 2, 2, 2]).score(3.0, 0) >= 0.95);
    }

    #[test]
    fn slowness_costs_and_is_forgotten() {
        let health = after(&[20_000; 30]);
        assert!(health.score(2_000.0, 0) < 0.8, "{health:?}");
        assert!(health.score(2_000.0, 3_600_000) > 0.99, "{health:?}");
        assert!(health.score(0.0, 0) >= 1.0, "nobody knows what is usual");
    }
}
