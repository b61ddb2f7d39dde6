//! What could not be expressed as asked, in few words.

use std::fmt::{self, Write as _};

/// More than these are counted, not kept: a request with a thousand odd fields must not grow a thousand sentences.
const MAX_KEPT: usize = 24;
/// Proxies refuse header blocks of more than 8 KiB in all; this one must leave room for others.
const MAX_HEADER: usize = 2048;

/// One thing that was changed or left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The path of the field, such as `messages[2].name`.
    pub field: String,
    /// What happened to it.
    pub message: String,
}

/// What could not be expressed as asked: named to the client, or the reason to refuse in strict mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    kept: Vec<Warning>,
    more: usize,
}

impl Warnings {
    /// Notes that `field` was changed or left out.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        if self.kept.len() == MAX_KEPT {
            self.more += 1;
            return;
        }
        let warning = Warning { field: field.into(), message: message.into() };
        if !self.kept.contains(&warning) {
            self.kept.push(warning);
        }
    }

    /// Whether everything was expressed as asked.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The first warnings, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = &Warning> {
        self.kept.iter()
    }

    /// The value of the header `x-gap-warnings`, or nothing: `field: sentence; field: sentence`, in visible ASCII.
    pub fn header_value(&self) -> Option<String> {
        if self.kept.is_empty() {
            return None;
        }
        let mut value = String::new();
        for (index, warning) in self.kept.iter().enumerate() {
            let text = warning.to_string();
            if value.len() + text.len() > MAX_HEADER {
                let _ = write!(value, "; and {} more", self.kept.len() - index + self.more);
                return Some(value);
            }
            if index > 0 {
                value.push_str("; ");
            }
            value.extend(text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }));
        }
        if self.more > 0 {
            let _ = write!(value, "; and {} more", self.more);
        }
        Some(value)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
