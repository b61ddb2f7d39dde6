//! Durations, sizes and log levels: kinds that people write in units and words.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Kind, one};
use crate::config::document::Raw;

/// A span of time.
pub(in crate::config) struct Span {
    min: Duration,
    max: Duration,
}

impl Span {
    /// Longer spans are a slip, and an instant that far away cannot be computed on every system.
    const LONGEST: Duration = Duration::from_hours(24 * 7);

    /// Any span but none.
    pub(in crate::config) const fn some() -> Self {
        Self { min: Duration::from_millis(1), max: Self::LONGEST }
    }

    /// Any span; zero has a meaning.
    pub(in crate::config) const fn or_zero() -> Self {
        Self { min: Duration::ZERO, max: Self::LONGEST }
    }
}

impl Kind for Span {
    type Value = Duration;

    fn takes(&self) -> String {
        "a duration such as 500ms, 10s, 1m30s or 2h, or a number of seconds".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<Duration, String> {
        let span = span(one(raw, self)?).ok_or_else(|| format!("takes {}", self.takes()))?;
        if span < self.min {
            return Err("must be longer than zero".to_owned());
        }
        if span > self.max {
            return Err("must be at most 7 days".to_owned());
        }
        Ok(span)
    }
}

/// Numbers with units one after the other, or a number of seconds. None for anything else, and for what overflows.
fn span(text: &str) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let (number, unit, after) = number_and_unit(rest)?;
        let unit = match unit.to_ascii_lowercase().as_str() {
            "ms" => Duration::from_millis(1),
            "s" | "sec" | "secs" => Duration::from_secs(1),
            "m" | "min" | "mins" => Duration::from_mins(1),
            "h" | "hour" | "hours" => Duration::from_hours(1),
            "d" | "day" | "days" => Duration::from_hours(24),
            _ => return None,
        };
        sum = sum.checked_add(unit.checked_mul(u32::try_from(number).ok()?)?)?;
        rest = after.trim_start();
    }
    (!text.is_empty()).then_some(sum)
}

/// A number of bytes.
pub(in crate::config) struct Size<T>(pub(in crate::config) RangeInclusive<T>);

impl<T: Copy + PartialOrd + TryFrom<u64> + TryInto<u64>> Kind for Size<T> {
    type Value = T;

    fn takes(&self) -> String {
        "a size such as 256KiB, 32MiB or 2GB, or a number of bytes".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<T, String> {
        let bytes = size(one(raw, self)?).ok_or_else(|| format!("takes {}", self.takes()))?;
        match T::try_from(bytes) {
            Ok(bytes) if bytes < *self.0.start() => Err(format!("must be at least {}", whole(*self.0.start()))),
            Ok(bytes) if bytes <= *self.0.end() => Ok(bytes),
            _ => Err(format!("must be at most {}", whole(*self.0.end()))),
        }
    }
}

fn whole(bytes: impl TryInto<u64>) -> String {
    let bytes = bytes.try_into().unwrap_or(u64::MAX);
    let units = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{}{name}", bytes / unit))
}

fn size(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (number, unit, after) = number_and_unit(text)?;
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    if after.is_empty() { number.checked_mul(unit) } else { None }
}

/// The leading number, the letters after it, and what follows.
fn number_and_unit(text: &str) -> Option<(u64, &str, &str)> {
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let rest = rest.trim_start();
    let (unit, after) = rest.split_at(rest.bytes().take_while(u8::is_ascii_alphabetic).count());
    Some((digits.parse().ok()?, unit, after))
}

/// What is logged: a level, or levels by target.
pub(in crate::config) struct LogFilter;

impl Kind for LogFilter {
    type Value = String;

    fn takes(&self) -> String {
        "off, error, warn, info, debug or trace, or by part, such as info,gap=debug".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        let takes = || format!("takes {}", self.takes());
        let directives: Option<Vec<String>> = one(raw, self)?.split(',').map(|text| directive(text.trim())).collect();
        Ok(directives.ok_or_else(takes)?.join(","))
    }
}

fn directive(text: &str) -> Option<String> {
    let Some((target, level)) = text.split_once('=') else { return level(text).map(str::to_owned) };
    let target_ok =
        !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte));
    self::level(level.trim()).filter(|_| target_ok).map(|level| format!("{target}={level}"))
}

/// Rust's levels by the names of Python's as well, which the original had.
fn level(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "off" | "none" => Some("off"),
        "error" | "critical" | "fatal" => Some("error"),
        "warn" | "warning" => Some("warn"),
        "info" => Some("info"),
        "debug" => Some("debug"),
        "trace" | "notset" => Some("trace"),
        _ => None,
    }
}
