//! wire 9

use proptest::prelude::*;

use super::*;
use crate::verdict::delay::{LONGEST, from_json, from_text, in_message};

#[rstest]
#[case::whole(json!("51s"), 51_000)]
#[case::fraction(json!("51.6s"), 51_600)]
#[case::long(json!("143h4m52.7s"), 515_092_700)]
#[case::minutes(json!("2m"), 120_000)]
#[case::milliseconds(json!("356.5ms"), 356)]
#[case::bare_text(json!("51"), 51_000)]
#[case::bare_number(json!(51), 51_000)]
#[case::bare_fraction(json!(51.6), 51_600)]
#[case::spaces(json!("  51s "), 51_000)]
#[case::object(json!({"seconds": 51}), 51_000)]
#[case::object_of_texts(json!({"seconds": "51", "nanos": 600_000_000}), 51_600)]
#[case::nanos_alone(json!({"nanos": 600_000_000}), 600)]
#[case::zero(json!("0s"), 0)]
fn delays_are_read(#[case] delay: Value, #[case] millis: u128) {
    assert_eq!(from_json(&delay).unwrap().as_millis(), millis);
}

#[rstest]
#[case::i64_max(json!("9223372036854775807s"))]
#[case::i64_max_number(json!(i64::MAX))]
#[case::i64_max_object(json!({"seconds": i64::MAX, "nanos": 999_999_999}))]
#[case::many_digits(json!("99999999999999999999999999999999999999999999999999s"))]
#[case::months(json!("2000h"))]
fn absurd_delays_are_clamped(#[case] delay: Value) {
    assert_eq!(from_json(&delay), Some(LONGEST));
    assert!(LONGEST >= Duration::from_hours(24));
}

#[rstest]
#[case::negative(json!("-5s"))]
#[case::negative_number(json!(-1))]
#[case::negative_object(json!({"seconds": -3}))]
#[case::nothing(json!(""))]
#[case::null(Value::Null)]
#[case::words(json!("soon"))]
#[case::unit_unknown(json!("5y"))]
#[case::unit_alone(json!("s"))]
#[case::two_points(json!("1.2.3s"))]
#[case::not_a_number(json!("NaN"))]
#[case::list(json!([51]))]
#[case::bool(json!(true))]
fn what_is_no_delay_is_none(#[case] delay: Value) {
    assert_eq!(from_json(&delay), None);
}

#[rstest]
#[case("Please retry in 48.939935699s.", Some(48_939))]
#[case("x\nPlease retry in 1m2.5s.", Some(62_500))]
#[case("Please retry in 356.5ms.", Some(356))]
#[case("Please retry in 12s", Some(12_000))]
#[case("Please retry in a while.", None)]
#[case("Please retry in ", None)]
#[case("Please retry.", None)]
fn the_message_is_read(#[case] message: &str, #[case] millis: Option<u128>) {
    assert_eq!(in_message(message).map(|delay| delay.as_millis()), millis);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in ".{0,60}") {
        let _ = from_text(&text);
        let _ = in_message(&format!("Please retry in {text}"));
    }

    #[test]
    fn any_delay_stays_in_bounds(hours in 0_u32.., minutes in 0_u32.., seconds in 0.0_f64..1e300) {
        let delay = from_text(&format!("{hours}h{minutes}m{seconds}s"));
        prop_assert!(delay.is_some_and(|delay| delay <= LONGEST), "{delay:?}");
    }
}
