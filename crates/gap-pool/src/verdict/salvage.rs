//! What can still be read of an error body that is no JSON: cut short on the way, or with a comma too many.
//!
//! Every `"name": "text"` pair is taken, wherever it stands. A text inside a text cannot pass for a pair: its quotes
//! are escaped.

use serde_json::Value;

use super::body::{ErrorBody, Shape, project_number};
use super::delay;
use super::fault::Violation;

/// Reads what there is. Never fails.
pub(super) fn read(text: &str) -> ErrorBody {
    let mut body = ErrorBody::default();
    for (name, value) in pairs(text) {
        match name.as_str() {
            "message" if body.message.is_empty() => body.message = value,
            "status" if body.status.is_empty() => body.status = value,
            "reason" if body.reason.is_empty() => body.reason = value,
            "consumer" => body.consumer = body.consumer.or_else(|| project_number(&value)),
            "retryDelay" => body.retry_delay = body.retry_delay.max(delay::from_text(&value)),
            "quotaMetric" => last_without(&mut body.violations, |it| !it.metric.is_empty()).metric = value,
            "quotaId" => last_without(&mut body.violations, |it| !it.quota_id.is_empty()).quota_id = value,
            "quotaValue" => {
                if let Some(violation) = body.violations.last_mut() {
                    violation.limit = value.parse().ok();
                }
            }
            _ => {}
        }
    }
    if !body.status.is_empty() {
        body.shape = Shape::Google;
    }
    body
}

/// The violation that the next value belongs to: the last one, or a new one when the last has that value already.
fn last_without(violations: &mut Vec<Violation>, full: impl Fn(&Violation) -> bool) -> &mut Violation {
    if violations.last().is_none_or(full) {
        violations.push(Violation::default());
    }
    let last = violations.len() - 1;
    &mut violations[last]
}

/// The pairs of a string and a string behind it.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((name, behind)) = next_string(rest) {
        rest = behind;
        let Some(value) = behind.trim_start().strip_prefix(':') else { continue };
        let value = value.trim_start();
        if value.starts_with('"') {
            let Some((value, behind)) = next_string(value) else { break };
            pairs.push((name, value));
            rest = behind;
        }
    }
    pairs
}

/// The first string literal in `text`, and what stands behind it; none when there is none that is complete.
fn next_string(text: &str) -> Option<(String, &str)> {
    let start = text.find('"')?;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let literal = &text[start..=at];
                let value = match serde_json::from_str(literal) {
                    Ok(Value::String(value)) => value,
                    // Raw line ends or broken escapes: better as it stands than not at all.
                    _ => literal[1..literal.len() - 1].to_owned(),
                };
                return Some((value, &text[at + 1..]));
            }
            _ => {}
        }
    }
    None
}
