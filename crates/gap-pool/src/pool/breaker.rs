//! A pause for everybody: while a model is overloaded, or while the way out seems to be closed.
//!
//! Overload is the model's, not the key's (wire 20): asking with another key only spends its quota. One 503 is weather;
//! when nearly every answer is one, the model is left alone for a second, then for two, four, … at most half a minute, and
//! between pauses one single request looks whether it is over.

use crate::ids::scatter;
use crate::quota::Millis;

const FIRST_PAUSE: Millis = 1_000;
const LONGEST_PAUSE: Millis = 30_000;
/// So long a request may look before another one does.
const LOOK: Millis = 5_000;
/// What one outcome weighs in the share of failures.
const STEP: f32 = 0.2;
/// The share of failures that starts a pause: about eight in a row where all was well.
const TOO_MUCH: f32 = 0.8;

/// A pause for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Breaker {
    failing: f32,
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
        self.failing += STEP * (1.0 - self.failing);
        if self.step > 0 && lease <= self.known_at || !surely && self.step == 0 && self.failing < TOO_MUCH {
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

    /// An answer: all is well.
    pub(super) fn answered(&mut self) {
        let failing = self.failing * (1.0 - STEP);
        *self = Self { failing: if failing < 0.01 { 0.0 } else { failing }, ..Self::default() };
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
