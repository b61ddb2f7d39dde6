//! Google's day: it begins at midnight in Los Angeles, whatever the season. The zone is compiled in, because a
//! container may have no zone files and a wrong midnight idles a key for hours.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{self, TimeZone};

static PACIFIC: TimeZone = tz::get!("America/Los_Angeles");

/// When the quota day of `now` ends: always later than `now`, at most 25 hours later.
pub(crate) fn next_midnight(now: Timestamp) -> Timestamp {
    let today = now.to_zoned(PACIFIC.clone());
    let midnight = today.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
    // Fails only at the end of jiff's calendar, in the year 9999.
    midnight.map_or_else(|_| after(now, Duration::from_hours(24)), |midnight| midnight.timestamp())
}

/// When the quota day of `now` began.
pub(crate) fn last_midnight(now: Timestamp) -> Timestamp {
    let today = now.to_zoned(PACIFIC.clone()).start_of_day();
    // Fails only at the beginning of jiff's calendar.
    today.map_or(now, |midnight| midnight.timestamp())
}

/// `now` and `wait` more, or the end of time.
pub(crate) fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// From `now` until `then`; nothing when it has passed.
pub(crate) fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
