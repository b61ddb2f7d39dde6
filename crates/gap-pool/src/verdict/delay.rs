//! How long Google says to wait, in all the ways it has said it (wire 9).

use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// No wait is believed beyond this; `i64::MAX` seconds has been seen.
pub(crate) const LONGEST: Duration = Duration::from_hours(7 * 24);

/// `RetryInfo.retryDelay`: `"51s"`, `"51.6s"`, `"143h4m52.7s"`, `{"seconds": 51, "nanos": 6}`, a number of seconds.
/// None for what makes no sense, negative delays among it.
pub(super) fn from_json(value: &Value) -> Option<Duration> {
    match value {
        Value::String(text) => from_text(text),
        Value::Number(seconds) => from_seconds(seconds.as_f64()?),
        Value::Object(parts) => {
            let seconds = parts.get("seconds").map_or(Some(0.0), number)?;
            let nanos = parts.get("nanos").map_or(Some(0.0), number)?;
            from_seconds(seconds + nanos / 1e9)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// `1h2m3.5s` in any part; a bare number counts seconds.
pub(super) fn from_text(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse() {
        return from_seconds(seconds);
    }
    let mut total = 0.0;
    let mut parts = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(number_end);
        let unit_end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        let unit = match unit {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * unit;
        parts += 1;
        rest = behind;
    }
    if parts == 0 { None } else { from_seconds(total) }
}

/// The header `Retry-After`: seconds or a date.
pub(super) fn header(value: Option<&str>, now: Timestamp) -> Option<Duration> {
    let value = value?.trim();
    if let Ok(seconds) = value.parse() {
        return from_seconds(seconds);
    }
    let date = rfc2822::parse(value).ok()?.timestamp();
    Duration::try_from(date.duration_since(now).max(SignedDuration::ZERO)).ok().map(|wait| wait.min(LONGEST))
}

/// `Please retry in 48.939935699s.`: exact, where `retryDelay` is cut to whole seconds.
pub(super) fn in_message(message: &str) -> Option<Duration> {
    const MARK: &str = "Please retry in ";
    let behind = &message[message.find(MARK)? + MARK.len()..];
    let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(behind.len());
    from_text(behind[..end].trim_end_matches('.'))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn from_seconds(seconds: f64) -> Option<Duration> {
    if seconds.is_nan() || seconds < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).map_or(LONGEST, |wait| wait.min(LONGEST)))
}
