//! An error body, searched for what matters (wire 1, 3).

use std::time::Duration;

use serde_json::Value;

use super::delay;
use super::fault::{Cause, Fault, Violation};
use super::salvage;

/// Longer messages are cut: nobody reads them, and every request may carry one along.
const MAX_MESSAGE: usize = 4096;

/// What an error body says, wherever it says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ErrorBody {
    pub(super) shape: Shape,
    /// `error.status`, like `RESOURCE_EXHAUSTED`.
    pub(super) status: String,
    pub(super) message: String,
    /// `ErrorInfo.reason`, like `API_KEY_INVALID`.
    pub(super) reason: String,
    pub(super) violations: Vec<Violation>,
    /// `RetryInfo`, as it stands.
    pub(super) retry_delay: Option<Duration>,
    pub(super) consumer: Option<u64>,
    pub(super) help: Option<String>,
}

/// What kind of text a body is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// Google's API speaks.
    Google,
    /// A page for people: Google's front door, or something on the way.
    Html,
    /// Nothing, or nothing known.
    #[default]
    Other,
}

// === impl ErrorBody ===

impl ErrorBody {
    /// Reads whatever can be read. Never fails.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        if looks_like_html(text) {
            return Self { shape: Shape::Html, message: cut(html_title(text)), ..Self::default() };
        }
        let mut body = match serde_json::from_str(text) {
            Ok(json) => Self::from_json(&json),
            Err(_) => salvage::read(text),
        };
        if body.shape == Shape::Other && body.message.is_empty() && !text.starts_with(['{', '[']) {
            text.clone_into(&mut body.message);
        }
        body.message = cut(&body.message);
        body.consumer = body.consumer.or_else(|| consumer_in_message(&body.message));
        body
    }

    fn from_json(json: &Value) -> Self {
        let document = json.as_array().and_then(|elements| elements.first()).unwrap_or(json);
        let Some(error) = document.get("error") else { return Self::default() };
        if let Some(message) = error.as_str() {
            return Self { shape: Shape::Other, message: message.to_owned(), ..Self::default() };
        }
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        // `status` makes it Google's: a proxy on the way may well write {"error": {"message": …}}.
        let status = text("status");
        let shape = if status.is_empty() { Shape::Other } else { Shape::Google };
        let mut body = Self { shape, status, message: text("message"), ..Self::default() };
        let details = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for detail in details {
            body.take_detail(detail);
        }
        body
    }

    fn take_detail(&mut self, detail: &Value) {
        let kind = detail.get("@type").and_then(Value::as_str).unwrap_or_default();
        match kind.rsplit(['.', '/']).next().unwrap_or_default() {
            "ErrorInfo" => self.take_error_info(detail),
            "QuotaFailure" => {
                let violations = detail.get("violations").and_then(Value::as_array);
                self.violations.extend(violations.into_iter().flatten().map(violation));
            }
            "RetryInfo" => {
                let delay = detail.get("retryDelay").or_else(|| detail.get("retry_delay")).and_then(delay::from_json);
                self.retry_delay = self.retry_delay.max(delay);
            }
            "Help" => {
                let link = detail.pointer("/links/0/url").and_then(Value::as_str);
                self.help = self.help.take().or_else(|| link.map(str::to_owned));
            }
            _ => {}
        }
    }

    fn take_error_info(&mut self, detail: &Value) {
        let metadata = |name: &str| detail.pointer("/metadata").and_then(|metadata| metadata.get(name)?.as_str());
        if self.reason.is_empty() {
            detail.get("reason").and_then(Value::as_str).unwrap_or_default().clone_into(&mut self.reason);
        }
        self.consumer = self.consumer.or_else(|| metadata("consumer").and_then(project_number));
        if let Some(link) = metadata("activationUrl") {
            self.help = Some(link.to_owned());
        }
        // Before QuotaFailure there was this, and some services still write it.
        if let Some(quota_id) = metadata("quota_limit") {
            self.violations.push(Violation {
                quota_id: quota_id.to_owned(),
                metric: metadata("quota_metric").unwrap_or_default().to_owned(),
                limit: metadata("quota_limit_value").and_then(|value| value.parse().ok()),
                model: None,
            });
        }
    }

    /// The fault that this body tells of.
    pub(super) fn fault(&self, cause: Cause) -> Fault {
        Fault {
            violations: self.violations.clone(),
            consumer_project: self.consumer,
            help: self.help.clone(),
            ..Fault::new(cause, self.message.clone())
        }
    }

    /// Whether the message contains `words`, in any case of letters.
    pub(super) fn says(&self, words: &str) -> bool {
        contains(&self.message, words)
    }

    /// Whether the message begins with `words`, in any case of letters.
    pub(super) fn says_first(&self, words: &str) -> bool {
        self.message.trim_start().get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
    }

    /// Whether the message ends with `words`, in any case of letters.
    pub(super) fn says_last(&self, words: &str) -> bool {
        let message = self.message.trim_end();
        let start = message.len().checked_sub(words.len());
        start.and_then(|start| message.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(words))
    }
}

/// Whether `text` contains `words` (ASCII), in any case of letters.
pub(super) fn contains(text: &str, words: &str) -> bool {
    text.as_bytes().windows(words.len()).any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
}

/// The number in `projects/123456789012` or `project_number:123456789012`.
pub(super) fn project_number(consumer: &str) -> Option<u64> {
    let number = consumer.strip_prefix("projects/").or_else(|| consumer.strip_prefix("project_number:"))?;
    number.parse().ok()
}

fn consumer_in_message(message: &str) -> Option<u64> {
    for mark in ["project_number:", "in project ", "'projects/"] {
        if let Some(at) = message.find(mark) {
            let behind = &message[at + mark.len()..];
            let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
            if let Ok(number) = behind[..end].parse() {
                return Some(number);
            }
        }
    }
    None
}

fn violation(json: &Value) -> Violation {
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let limit = json.get("quotaValue").and_then(|value| match value {
        Value::Number(number) => number.as_u64(),
        value => value.as_str()?.trim().parse().ok(),
    });
    let model = json.pointer("/quotaDimensions/model").and_then(Value::as_str).map(str::to_owned);
    Violation { quota_id: text("quotaId"), metric: text("quotaMetric"), limit, model }
}

fn looks_like_html(text: &str) -> bool {
    let start = |tag: &str| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    start("<!doctype") || start("<html") || start("<head") || start("<body")
}

fn html_title(text: &str) -> &str {
    let title = text.find("<title>").map(|at| &text[at + "<title>".len()..]);
    title.and_then(|title| title.split('<').next()).unwrap_or_default().trim()
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_MESSAGE)].to_owned()
}
