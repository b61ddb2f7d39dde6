//! Hours and days. Days are Pacific, as Google's quotas are.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// In milliseconds.
pub(crate) const HOUR: i64 = 3_600_000;

/// When the hour of this moment began.
pub fn hour_of(at: Timestamp) -> Timestamp {
    let start = at.as_millisecond().div_euclid(HOUR) * HOUR;
    // Only the first hour of time itself begins before time.
    Timestamp::from_millisecond(start).unwrap_or(Timestamp::MIN)
}

/// When the Pacific day of this moment began.
pub fn day_of(at: Timestamp) -> Timestamp {
    let pacific = at.to_zoned(zone());
    // The Pacific zone has never skipped a midnight.
    pacific.start_of_day().map_or(at, |start| start.timestamp())
}

/// When the Pacific month of this moment began.
pub fn month_of(at: Timestamp) -> Timestamp {
    let pacific = at.to_zoned(zone());
    pacific.first_of_month().and_then(|first| first.start_of_day()).map_or(at, |start| start.timestamp())
}

fn zone() -> TimeZone {
    const PACIFIC: TimeZone = jiff::tz::get!("America/Los_Angeles");
    PACIFIC
}

#[cfg(test)]
mod tests;
