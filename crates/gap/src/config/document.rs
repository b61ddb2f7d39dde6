//! Reads `gap.toml` (and the compiled-in defaults): TOML in, settings by dotted name with their lines out.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A value as somebody wrote it, before it has a type. Holds secrets: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Raw {
    /// Text, also of a number or a boolean.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Raw {
    /// Whether it counts as not set.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::One(text) => text.trim().is_empty(),
            Self::Many(items) => items.iter().all(|item| item.trim().is_empty()),
        }
    }
}

/// One value of a document.
pub(super) struct Leaf {
    /// The dotted name.
    pub(super) name: String,
    pub(super) raw: Option<Raw>,
    /// From 1.
    pub(super) line: usize,
}

/// What TOML itself refuses. Never repeats the line, which may hold a secret.
pub(super) struct Syntax {
    pub(super) line: usize,
    pub(super) said: String,
}

/// Every value of `text`, in the order of the lines. A leaf without a value is a section or something else where a
/// value is due.
pub(super) fn parse(text: &str) -> Result<Vec<Leaf>, Vec<Syntax>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let syntax = |error: &toml::de::Error| Syntax {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            said: error.message().replace('\n', ", "),
        };
        return Err(errors.iter().map(syntax).collect());
    }
    let mut leaves = Vec::new();
    for (section, value) in table.get_ref() {
        let line = line_of(text, section.span().start);
        let section = section.get_ref();
        match value.get_ref() {
            DeValue::Table(keys) if keys.is_empty() => leaves.push(Leaf { name: section.to_string(), raw: None, line }),
            DeValue::Table(keys) => leaves.extend(keys.iter().map(|(key, value)| Leaf {
                name: format!("{section}.{}", key.get_ref()),
                raw: raw(value),
                line: line_of(text, key.span().start),
            })),
            _ => leaves.push(Leaf { name: section.to_string(), raw: raw(value), line }),
        }
    }
    leaves.sort_by_key(|leaf| leaf.line);
    Ok(leaves)
}

fn raw(value: &Spanned<DeValue<'_>>) -> Option<Raw> {
    match value.get_ref() {
        DeValue::Array(items) => list(items),
        DeValue::Table(_) => None,
        one => scalar(one).map(Raw::One),
    }
}

fn list(items: &DeArray<'_>) -> Option<Raw> {
    items.iter().map(|item| scalar(item.get_ref())).collect::<Option<_>>().map(Raw::Many)
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        // `as_str` is without the prefix of `0x1F`.
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    1 + text.get(..byte).unwrap_or(text).matches('\n').count()
}

#[cfg(test)]
mod tests;
