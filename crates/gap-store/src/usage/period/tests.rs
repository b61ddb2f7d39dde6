use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use super::{HOUR, day_of, hour_of, month_of};

#[rstest]
#[case("2026-07-01T06:59:59Z", "2026-06-30T07:00:00Z")]
#[case("2026-07-01T07:00:00Z", "2026-07-01T07:00:00Z")]
#[case("2026-01-01T07:59:59Z", "2025-12-31T08:00:00Z")]
// The day on which the clocks go forward has 23 hours, the one on which they go back 25.
#[case("2026-03-09T06:59:59Z", "2026-03-08T08:00:00Z")]
#[case("2026-03-09T07:00:00Z", "2026-03-09T07:00:00Z")]
#[case("2026-11-02T07:59:59Z", "2026-11-01T07:00:00Z")]
fn days_are_pacific(#[case] at: Timestamp, #[case] start: Timestamp) {
    assert_eq!(day_of(at), start);
}

#[rstest]
#[case("2026-07-01T06:59:59Z", "2026-06-01T07:00:00Z")]
#[case("2026-07-01T07:00:00Z", "2026-07-01T07:00:00Z")]
#[case("2026-03-31T12:00:00Z", "2026-03-01T08:00:00Z")]
fn months_are_pacific(#[case] at: Timestamp, #[case] start: Timestamp) {
    assert_eq!(month_of(at), start);
}

proptest! {
    #[test]
    fn an_hour_lies_in_one_day(second in 1_000_000_000_i64..3_000_000_000) {
        let at = Timestamp::from_second(second).unwrap();
        let hour = hour_of(at);
        prop_assert!(hour <= at && at.as_millisecond() - hour.as_millisecond() < HOUR);
        // The writer relies on it: it sums by hour first and by day from the hours.
        prop_assert_eq!(day_of(hour), day_of(at));
    }
}

#[test]
fn the_ends_of_time_have_an_hour_and_a_day() {
    for at in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
        let _ = (hour_of(at), day_of(at), month_of(at));
    }
}
