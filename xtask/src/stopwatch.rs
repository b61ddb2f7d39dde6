//! The one clock of this tool.
#![expect(clippy::disallowed_types, reason = "there is no runtime here whose clock could be paused")]

use std::time::{Duration, Instant};

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Whether `limit` has passed since the start.
    pub(crate) fn is_over(self, limit: Duration) -> bool {
        self.elapsed() >= limit
    }
}
