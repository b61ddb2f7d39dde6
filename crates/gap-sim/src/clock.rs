//! The simulator's own time, so that a minute's window or midnight in Los Angeles needs no waiting.

use std::sync::Mutex;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::lock;

/// Follows the real time, or stands still at an instant; either way it can be moved forward.
#[derive(Debug)]
pub(crate) struct Clock {
    origin: Timestamp,
    /// When it was started, if it runs by itself.
    running: Option<tokio::time::Instant>,
    shift: Mutex<Duration>,
    pacific: TimeZone,
}

impl Clock {
    pub(crate) fn new(start: Option<Timestamp>) -> Self {
        // The rule in force since 2007, so that no time zone database is needed.
        let pacific = TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC);
        let shift = Mutex::new(Duration::ZERO);
        match start {
            Some(origin) => Self { origin, running: None, shift, pacific },
            None => Self { origin: real_now(), running: Some(tokio::time::Instant::now()), shift, pacific },
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let passed = self.running.map_or(Duration::ZERO, |start| start.elapsed()) + *lock(&self.shift);
        self.origin + SignedDuration::try_from(passed).unwrap_or_default()
    }

    pub(crate) fn advance(&self, by: Duration) {
        *lock(&self.shift) += by;
    }

    /// The day by which Google counts.
    pub(crate) fn pacific_day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.pacific.clone()).date()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the simulator's clock: the one place that asks for the time")]
fn real_now() -> Timestamp {
    Timestamp::now()
}
