//! A pause for everybody: while a model is overloaded, or while the way out seems to be closed.
//!
//! Overload is the model's, not the key's (wire 20): asking with another key only spends its quota. One 503 is weather.
//! When three come without an answer to anybody who asked after the first of them, the model is left alone for a second,
//! then for two, four, … at most half a minute, and between pauses one single request looks whether it is over.
//!
//! Failures come back at once and answers after seconds. So answers to those who asked before the first failure say
//! nothing of the time after it, and three failures are nothing among many requests whose answers are still to come.

use crate::ids::scatter;
use crate::quota::Millis;

const FIRST_PAUSE: Millis = 1_000;
const LONGEST_PAUSE: Millis = 30_000;
/// So long a request may look before another one does.
const LOOK: Millis = 5_000;
/// So many failures start a pause: as many as one request may meet before its client hears of it.
const MANY: u32 = 3;
/// Unless more than so many others per failure are under way, or were answered.
const OTHERS: u32 = 2;

/// A pause for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Breaker {
    /// Failures since the last answer that counts.
    failed: u32,
    /// The lease of the first of them.
    first: u64,
    /// Leases given, and older ones answered, since then.
    others: u32,
    /// How many pauses there were without an answer between.
    step: u32,
    /// When the pause ends; what is ahead after it is a look that is under way.
    until: Millis,
    /// Leases up to this one were given before the pause began; they have nothing to add.
    known_at: u64,
    looking: bool,
}

// === impl Breaker ===

impl Breaker {
    /// Until when nobody may ask.
    pub(super) fn closed_until(&self, now: Millis) -> Option<Millis> {
        (self.step > 0 && now < self.until).then_some(self.until)
    }

    /// Someone asks. Whether it is a look, to be followed by [`Self::fail`], [`Self::answered`] or [`Self::look_ended`].
    pub(super) fn ask(&mut self, now: Millis) -> bool {
        self.others = self.others.saturating_add(1);
        if self.step == 0 {
            return false;
        }
        self.looking = true;
        self.until = now + LOOK;
        true
    }

    /// A failure of a lease with number `lease`, while `turn` leases have been given; `surely`: it needs no others to be
    /// believed.
    pub(super) fn fail(&mut self, lease: u64, turn: u64, surely: bool, now: Millis) {
        if self.failed == 0 {
            (self.first, self.others) = (lease, 0);
        }
        self.failed = self.failed.saturating_add(1);
        let many = self.failed >= MANY && self.failed.saturating_mul(OTHERS) >= self.others;
        if self.step > 0 && lease <= self.known_at || !surely && self.step == 0 && !many {
            return;
        }
        let pause = (FIRST_PAUSE << self.step.min(5)).min(LONGEST_PAUSE);
        // Between three and five quarters of it: not all instances should come back in the same instant.
        let spread = Millis::try_from(scatter(turn) % 513).unwrap_or_default();
        self.until = now + pause * 3 / 4 + pause * spread / 1024;
        self.step += 1;
        self.known_at = turn;
        self.looking = false;
    }

    /// An answer to a lease with number `lease`: all is well, unless it is older than the trouble.
    pub(super) fn answered(&mut self, lease: u64) {
        let older_than_trouble = if self.step > 0 { lease <= self.known_at } else { lease <= self.first };
        if self.failed > 0 && older_than_trouble {
            self.others = self.others.saturating_add(1);
        } else {
            *self = Self::default();
        }
    }

    /// A look that brought no news.
    pub(super) fn look_ended(&mut self, now: Millis) {
        if self.looking {
            self.looking = false;
            self.until = now;
        }
    }

    /// Whether it is pausing, or waits for a first answer after a pause.
    pub(super) fn is_open(&self) -> bool {
        self.step > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000_000;

    /// Fails three times, one after the other; `between` happens before each.
    fn after_three(between: impl Fn(&mut Breaker)) -> Breaker {
        let mut breaker = Breaker::default();
        for lease in 100..103 {
            between(&mut breaker);
            breaker.ask(NOW);
            breaker.fail(lease, lease, false, NOW);
        }
        breaker
    }

    #[test]
    fn answers_to_those_who_asked_before_the_trouble_do_not_hide_it() {
        assert!(after_three(|breaker| breaker.answered(50)).is_open());
    }

    #[test]
    fn an_answer_to_someone_who_asked_later_shows_that_there_is_none() {
        let mut breaker = after_three(|breaker| breaker.answered(200));
        assert!(!breaker.is_open());
        breaker.fail(201, 201, false, NOW);
        assert!(!breaker.is_open());
        breaker.fail(202, 202, false, NOW);
        assert!(breaker.is_open(), "three since");
    }

    #[test]
    fn three_failures_among_many_that_are_under_way_are_weather() {
        let busy = |breaker: &mut Breaker| (0..20).for_each(|_| _ = breaker.ask(NOW));
        assert!(!after_three(busy).is_open());
    }

    #[test]
    fn only_an_answer_from_after_the_pause_ends_it() {
        let mut breaker = after_three(|_| {});
        breaker.answered(101);
        assert!(breaker.closed_until(NOW).is_some());
        assert!(breaker.ask(NOW + 2_000), "a look");
        breaker.answered(103);
        assert_eq!(breaker, Breaker::default());
    }
}
