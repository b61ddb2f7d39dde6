use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

// wire 5: the day ends at midnight in Los Angeles, standard time or daylight saving.
#[rstest]
#[case::winter("2026-01-15T12:00:00Z", "2026-01-16T08:00:00Z")]
#[case::summer("2026-07-15T12:00:00Z", "2026-07-16T07:00:00Z")]
#[case::just_before("2026-01-15T07:59:59.999Z", "2026-01-15T08:00:00Z")]
#[case::exactly("2026-01-15T08:00:00Z", "2026-01-16T08:00:00Z")]
#[case::clocks_go_forward_a_day_of_23_hours("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z")]
#[case::evening_before_they_go_forward("2026-03-08T07:59:00Z", "2026-03-08T08:00:00Z")]
#[case::in_the_hour_that_is_missing("2026-03-08T10:30:00Z", "2026-03-09T07:00:00Z")]
#[case::clocks_go_back_a_day_of_25_hours("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z")]
#[case::in_the_hour_that_comes_twice("2026-11-01T09:30:00Z", "2026-11-02T08:00:00Z")]
#[case::leap_day("2028-02-29T08:00:00Z", "2028-03-01T08:00:00Z")]
#[case::new_year("2027-01-01T07:00:00Z", "2027-01-01T08:00:00Z")]
fn midnight_is_pacific(#[case] now: &str, #[case] midnight: &str) {
    assert_eq!(next_midnight(at(now)), at(midnight));
}

#[test]
fn the_ends_of_time_do_no_harm() {
    assert!(next_midnight(Timestamp::MIN) > Timestamp::MIN);
    assert_eq!(next_midnight(Timestamp::MAX), Timestamp::MAX);
    assert_eq!(after(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
    assert_eq!(until(Timestamp::MIN, Timestamp::MAX), Duration::ZERO);
}

proptest! {
    #[test]
    fn midnight_is_ahead_and_near(second in 0_i64..7_000_000_000) {
        let now = Timestamp::from_second(second).unwrap();
        let wait = until(next_midnight(now), now);
        prop_assert!(wait > Duration::ZERO && wait <= Duration::from_hours(25), "{wait:?}");
    }
}
