//! What is left of somebody's limits, as the headers of an answer say it.

use std::fmt::Write as _;
use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};

use crate::dialect::Dialect;

/// What is left of the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When it was so.
    pub at: Timestamp,
    /// Of requests.
    pub requests: Option<Level>,
    /// Of input tokens.
    pub tokens: Option<Level>,
}

/// What is left of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The whole of it.
    pub limit: u64,
    /// What is left.
    pub remaining: u64,
    /// When all of it is there again.
    pub reset: Duration,
}

/// The names of limit, rest and reset.
type Names = [HeaderName; 3];

const fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

static OPENAI: [Names; 2] = [
    [name("x-ratelimit-limit-requests"), name("x-ratelimit-remaining-requests"), name("x-ratelimit-reset-requests")],
    [name("x-ratelimit-limit-tokens"), name("x-ratelimit-remaining-tokens"), name("x-ratelimit-reset-tokens")],
];
static ANTHROPIC: [Names; 2] = [
    [
        name("anthropic-ratelimit-requests-limit"),
        name("anthropic-ratelimit-requests-remaining"),
        name("anthropic-ratelimit-requests-reset"),
    ],
    [
        name("anthropic-ratelimit-input-tokens-limit"),
        name("anthropic-ratelimit-input-tokens-remaining"),
        name("anthropic-ratelimit-input-tokens-reset"),
    ],
];

// === impl Standing ===

impl Standing {
    /// Says it in the headers that clients of the dialect look for, unless somebody has who knew it later. Google has none,
    /// so its clients get OpenAI's.
    pub fn name_in(&self, headers: &mut HeaderMap, dialect: Dialect) {
        let names = if dialect == Dialect::Anthropic { &ANTHROPIC } else { &OPENAI };
        for ([limit, remaining, reset], level) in names.iter().zip([self.requests, self.tokens]) {
            let Some(level) = level.filter(|_| !headers.contains_key(limit)) else { continue };
            headers.insert(limit.clone(), HeaderValue::from(level.limit));
            headers.insert(remaining.clone(), HeaderValue::from(level.remaining));
            let when = if dialect == Dialect::Anthropic { self.moment(level.reset) } else { span(level.reset) };
            if let Ok(when) = HeaderValue::try_from(when) {
                headers.insert(reset.clone(), when);
            }
        }
    }

    fn moment(&self, after: Duration) -> String {
        let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
        let at = self.at.saturating_add(after).unwrap_or(Timestamp::MAX);
        // To the second.
        Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
    }
}

/// A span as OpenAI writes it: `6m0s`, `1s`, `250ms`.
fn span(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return format!("{}ms", span.as_millis());
    }
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    // Writing to a string does not fail.
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    if hours > 0 || minutes > 0 {
        let _ = write!(text, "{minutes}m");
    }
    let _ = write!(text, "{seconds}s");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Standing {
        Standing {
            at: "2026-06-15T12:00:00Z".parse().unwrap(),
            requests: Some(Level { limit: 60, remaining: 59, reset: Duration::from_mins(1) }),
            tokens: None,
        }
    }

    #[test]
    fn each_dialect_has_its_own_headers() {
        let headers = |dialect| {
            let mut headers = HeaderMap::new();
            standing().name_in(&mut headers, dialect);
            let lines = headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
            lines.collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(headers(Dialect::OpenAi), @r"
        x-ratelimit-limit-requests: 60
        x-ratelimit-remaining-requests: 59
        x-ratelimit-reset-requests: 1m0s
        ");
        insta::assert_snapshot!(headers(Dialect::Anthropic), @r"
        anthropic-ratelimit-requests-limit: 60
        anthropic-ratelimit-requests-remaining: 59
        anthropic-ratelimit-requests-reset: 2026-06-15T12:01:00Z
        ");
        assert_eq!(headers(Dialect::Gemini), headers(Dialect::OpenAi));
    }

    #[test]
    fn spans_are_written_as_openai_does() {
        let written = [0, 250, 1_000, 1_001, 360_000, 30_600_000].map(|millis| span(Duration::from_millis(millis)));
        assert_eq!(written, ["0ms", "250ms", "1s", "2s", "6m0s", "8h30m0s"]);
    }
}
