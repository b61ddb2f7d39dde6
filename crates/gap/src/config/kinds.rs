//! What a setting may take: how its text is read, what is said when it cannot be, how it is shown.

pub(super) mod addresses;
pub(super) mod fallbacks;
pub(super) mod pool;
pub(super) mod quantities;
pub(super) mod secrets;

use std::collections::HashSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::document::Raw;

/// How a form asks for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// On or off.
    Switch,
    /// One of these words.
    Choice(Vec<&'static str>),
    /// A whole number.
    Number,
    /// Anything else, as it would stand in `gap.toml`.
    Text,
    /// A secret: it is never shown.
    Secret,
}

/// A kind of value.
pub(super) trait Kind {
    /// What the text becomes.
    type Value;

    /// What it takes, in a few words: "a duration such as 10s".
    fn takes(&self) -> String;

    /// Reads it. Errors: a half sentence that goes on after the name and the value; never repeats a secret.
    fn parse(&self, raw: &Raw) -> Result<Self::Value, String>;

    /// The value as it may be shown to anybody who may see logs.
    fn show(&self, raw: &Raw) -> String {
        match raw {
            Raw::One(text) => bare(text.trim()),
            Raw::Many(items) => items.iter().map(|item| bare(item.trim())).collect::<Vec<_>>().join(", "),
        }
    }

    /// How a form asks for it.
    fn field(&self) -> Field {
        Field::Text
    }

    /// How many parts of a list only repeat an earlier one.
    fn repetitions(&self, _: &Raw) -> usize {
        0
    }
}

/// The one text of a scalar.
pub(super) fn one<'a>(raw: &'a Raw, kind: &impl Kind) -> Result<&'a str, String> {
    match raw {
        Raw::One(text) => Ok(text.trim()),
        Raw::Many(_) => Err(format!("takes {}, not a list", kind.takes())),
    }
}

/// The parts of a list: TOML's, or what commas and line ends separate.
pub(super) fn parts(raw: &Raw) -> Vec<&str> {
    let whole: Vec<&str> = match raw {
        Raw::One(text) => text.split([',', '\n', '\r']).collect(),
        Raw::Many(items) => items.iter().map(String::as_str).collect(),
    };
    whole.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// How many parts of a list only repeat an earlier one.
fn repetitions(raw: &Raw) -> usize {
    let parts = parts(raw);
    parts.len() - parts.iter().collect::<HashSet<_>>().len()
}

/// `text` as it is when that cannot be misread, else in quotes; cut where nobody reads on.
pub(super) fn bare(text: &str) -> String {
    const LONGEST: usize = 100;
    if text.is_empty() {
        return "not set".to_owned();
    }
    let cut = text.chars().count() > LONGEST;
    let text: String = text.chars().take(LONGEST).collect();
    let plain = text.chars().all(|c| c.is_ascii_graphic() && c != '"');
    let dots = if cut { "…" } else { "" };
    if plain { format!("{text}{dots}") } else { format!("\"{}{dots}\"", text.escape_debug()) }
}

// === switches, words and numbers ===

/// Yes or no.
pub(super) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn takes(&self) -> String {
        "true or false".to_owned()
    }

    fn field(&self) -> Field {
        Field::Switch
    }

    fn parse(&self, raw: &Raw) -> Result<bool, String> {
        match one(raw, self)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "y" | "t" => Ok(true),
            "false" | "0" | "no" | "off" | "n" | "f" => Ok(false),
            _ => Err("takes true or false".to_owned()),
        }
    }
}

/// One of a few words, in any case.
pub(super) struct OneOf<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy> Kind for OneOf<T> {
    type Value = T;

    fn field(&self) -> Field {
        Field::Choice(self.0.iter().map(|(word, _)| *word).collect())
    }

    fn takes(&self) -> String {
        self.0.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
    }

    fn parse(&self, raw: &Raw) -> Result<T, String> {
        let text = one(raw, self)?;
        let found = self.0.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|&(_, value)| value).ok_or_else(|| {
            let like = |word: &&str| strsim::normalized_damerau_levenshtein(word, &text.to_lowercase());
            let words = self.0.iter().map(|(word, _)| *word);
            let meant = words.max_by(|a, b| like(a).total_cmp(&like(b))).filter(|word| like(word) > 0.6);
            let hint = meant.map(|word| format!("; did you mean {word}?")).unwrap_or_default();
            format!("takes {}{hint}", self.takes().replace('`', ""))
        })
    }
}

/// A whole number in a range.
pub(super) struct Whole<T>(pub(super) RangeInclusive<T>);

impl<T: Copy + PartialOrd + TryFrom<u64> + std::fmt::Display> Whole<T> {
    fn range(&self) -> String {
        format!("from {} to {}", self.0.start(), self.0.end())
    }
}

impl<T: Copy + PartialOrd + TryFrom<u64> + std::fmt::Display> Kind for Whole<T> {
    type Value = T;

    fn takes(&self) -> String {
        format!("a whole number {}", self.range())
    }

    fn field(&self) -> Field {
        Field::Number
    }

    fn parse(&self, raw: &Raw) -> Result<T, String> {
        let text = one(raw, self)?;
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let negative = text.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
            let must = if negative && text.len() > 1 {
                "must be at least"
            } else {
                return Err(format!("takes {}", self.takes()));
            };
            return Err(format!("{must} {}", self.0.start()));
        }
        let number = digits.parse::<u64>().ok().and_then(|number| T::try_from(number).ok());
        match number {
            Some(number) if number < *self.0.start() => Err(format!("must be at least {}", self.0.start())),
            Some(number) if number <= *self.0.end() => Ok(number),
            _ => Err(format!("must be at most {}", self.0.end())),
        }
    }
}

// === texts ===

/// Any text.
pub(super) struct Text;

impl Kind for Text {
    type Value = String;

    fn takes(&self) -> String {
        "a text".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<String, String> {
        one(raw, self).map(str::to_owned)
    }
}

/// A folder or file.
pub(super) struct FilePath;

impl Kind for FilePath {
    type Value = PathBuf;

    fn takes(&self) -> String {
        "a path".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<PathBuf, String> {
        let text = one(raw, self)?;
        if text.contains('\0') { Err("takes a path".to_owned()) } else { Ok(PathBuf::from(text)) }
    }
}

/// An address to listen on.
pub(super) struct Address;

impl Kind for Address {
    type Value = IpAddr;

    fn takes(&self) -> String {
        "an IP address such as 0.0.0.0, 127.0.0.1 or ::".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<IpAddr, String> {
        let text = one(raw, self)?;
        if text.eq_ignore_ascii_case("localhost") {
            return Ok(IpAddr::from([127, 0, 0, 1]));
        }
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        text.parse().map_err(|_| format!("takes {}", self.takes()))
    }
}

/// What may be empty: then it is not set.
pub(super) struct Maybe<K>(pub(super) K);

impl<K: Kind> Kind for Maybe<K> {
    type Value = Option<K::Value>;

    fn takes(&self) -> String {
        self.0.takes()
    }

    fn parse(&self, raw: &Raw) -> Result<Self::Value, String> {
        if raw.is_empty() { Ok(None) } else { self.0.parse(raw).map(Some) }
    }

    fn show(&self, raw: &Raw) -> String {
        self.0.show(raw)
    }
}

/// Several of a kind, each counted once.
pub(super) struct ListOf<K>(pub(super) K);

impl<K: Kind> Kind for ListOf<K> {
    type Value = Vec<K::Value>;

    fn takes(&self) -> String {
        format!("a list, separated by commas or lines; each is {}", self.0.takes())
    }

    fn parse(&self, raw: &Raw) -> Result<Self::Value, String> {
        let mut seen = HashSet::new();
        let mut values = Vec::new();
        let parts = parts(raw);
        for (index, part) in parts.iter().enumerate().filter(|(_, part)| seen.insert(**part)) {
            let value = self.0.parse(&Raw::One((*part).to_owned()));
            values.push(value.map_err(|said| match parts.len() {
                1 => said,
                _ => format!("its value no. {} {said}", index + 1),
            })?);
        }
        Ok(values)
    }

    fn show(&self, raw: &Raw) -> String {
        let parts = parts(raw);
        if parts.is_empty() {
            return bare("");
        }
        parts.iter().map(|part| self.0.show(&Raw::One((*part).to_owned()))).collect::<Vec<_>>().join(", ")
    }

    fn repetitions(&self, raw: &Raw) -> usize {
        repetitions(raw)
    }
}

#[cfg(test)]
mod tests;
