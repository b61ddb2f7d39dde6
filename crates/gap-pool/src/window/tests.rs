use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

fn at(millis: i64) -> Timestamp {
    let noon: Timestamp = "2026-06-15T19:00:00Z".parse().unwrap();
    noon + SignedDuration::from_millis(millis)
}

fn rpm(limit: u64) -> Limits {
    Limits { requests_per_minute: Some(limit), ..Limits::default() }
}

#[test]
fn a_minute_is_any_sixty_seconds() {
    let mut window = Window::default();
    for second in 0..5 {
        assert_eq!(window.admit(&rpm(5), at(second * 10_000)), Ok(()));
    }
    let full = window.admit(&rpm(5), at(59_999)).unwrap_err();
    assert_eq!(full, Full { quota: Quota::RequestsPerMinute, until: Some(at(60_000)) });
    assert_eq!(window.admit(&rpm(5), at(60_000)), Ok(()));
    assert!(window.admit(&rpm(5), at(60_001)).is_err(), "the second is still within a minute");
}

#[test]
fn days_end_at_midnight_in_los_angeles() {
    let limits = Limits { requests_per_day: Some(1), ..Limits::default() };
    let mut window = Window::default();
    assert_eq!(window.admit(&limits, at(0)), Ok(()));
    let midnight: Timestamp = "2026-06-16T07:00:00Z".parse().unwrap();
    let full = window.admit(&limits, at(1)).unwrap_err();
    assert_eq!(full, Full { quota: Quota::RequestsPerDay, until: Some(midnight) });
    assert_eq!(window.admit(&limits, midnight), Ok(()));
}

#[test]
fn tokens_are_added_once_they_are_known_and_corrected_by_the_truth() {
    let limits = Limits { tokens_per_minute: Some(100), tokens_per_day: Some(1_000), ..Limits::default() };
    let mut window = Window::default();
    window.admit(&limits, at(0)).unwrap();
    assert_eq!(window.add_tokens(80, at(0), &limits, at(10)), Ok(()));
    window.admit(&limits, at(20)).unwrap();
    let full = window.add_tokens(30, at(20), &limits, at(20)).unwrap_err();
    assert_eq!(full.quota, Quota::TokensPerMinute);
    window.correct_tokens(at(0), 80, 50, at(5_000));
    assert_eq!(window.add_tokens(30, at(20), &limits, at(5_000)), Ok(()));
    assert_eq!(window.used(at(5_000)), [2, 80, 2, 80]);
    assert_eq!(window.add_tokens(10_000, at(20), &limits, at(5_000)).unwrap_err().until, None, "it never fits");
    window.correct_tokens(at(0), 50, 500, at(6_000));
    assert!(window.admit(&limits, at(6_000)).is_err(), "whoever has used more than allowed waits");
}

#[test]
fn a_lower_limit_counts_at_once() {
    let mut window = Window::default();
    for _ in 0..10 {
        window.admit(&rpm(10), at(0)).unwrap();
    }
    assert!(window.admit(&rpm(3), at(1_000)).is_err());
    assert!(window.admit(&rpm(11), at(1_000)).is_ok());
}

#[test]
fn a_clock_that_goes_back_forgets_nothing() {
    let mut window = Window::default();
    for _ in 0..3 {
        window.admit(&rpm(3), at(0)).unwrap();
    }
    assert!(window.admit(&rpm(3), at(-30_000)).is_err());
    assert!(window.admit(&rpm(3), at(-86_400_000)).is_err());
    assert!(!window.is_idle(at(0)));
    assert!(window.is_idle(at(2 * 86_400_000)));
}

proptest! {
    #[test]
    fn in_no_sixty_seconds_there_are_more_than_the_limit(
        limit in 1_u64..20, steps in prop::collection::vec(0_i64..9_000, 1..300)
    ) {
        let mut window = Window::default();
        let (mut now, mut admitted) = (0, Vec::new());
        for step in steps {
            now += step;
            if window.admit(&rpm(limit), at(now)).is_ok() {
                admitted.push(now);
            } else {
                // Refused with reason: within a minute and the second that requests share there are as many.
                let recent = admitted.iter().filter(|then| now - **then < 61_000).count() as u64;
                prop_assert!(recent >= limit, "{recent} of {limit}");
            }
        }
        for (index, first) in admitted.iter().enumerate() {
            let within = admitted.iter().skip(index).take_while(|then| **then - *first < 60_000).count() as u64;
            prop_assert!(within <= limit, "{within} of {limit}");
        }
    }
}
