//! Lines with which an operator brings keys.
//!
//! One key per line, or several with commas, semicolons, bars, tabs or blanks between; `project:key` says which project a
//! key belongs to. Quotes around an entry are passed over, and so are empty lines and lines that begin with `#`. A key
//! that stands there twice is taken once.

use std::collections::HashSet;
use std::fmt;

/// What may stand around an entry.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// A key of an import.
#[derive(Clone, PartialEq, Eq)]
pub struct Imported<'a> {
    /// Its project in the operator's words, or by Google's number.
    pub project: Option<&'a str>,
    /// The key itself.
    pub key: &'a str,
}

/// What is wrong with a line. Never repeats it: it may hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is a project but no key behind it.
    NoKey,
    /// A key with a blank or another character that no key has.
    NoSuchCharacter,
}

/// Reads an import.
///
/// Errors: every line that cannot be understood.
pub fn read(text: &str) -> Result<Vec<Imported<'_>>, Vec<BadLine>> {
    let (mut keys, mut bad, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (line, entry) in entries(text) {
        match entry {
            Ok(imported) => {
                if seen.insert(imported.key) {
                    keys.push(imported);
                }
            }
            Err(why) => bad.push(BadLine { line, why }),
        }
    }
    if bad.is_empty() { Ok(keys) } else { Err(bad) }
}

/// Every entry with its line, counted from 1, also those that stand there twice.
pub fn entries(text: &str) -> impl Iterator<Item = (usize, Result<Imported<'_>, Why>)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
    lines.flat_map(|(at, line)| {
        let entries = line.split([',', ';', '|', '\t']).flat_map(words).map(|entry| entry.trim_matches(QUOTES).trim());
        entries.filter(|entry| !entry.is_empty()).map(move |entry| (at + 1, entry_of(entry)))
    })
}

/// What is one entry: blanks part keys, but a project's name may hold some.
fn words(entry: &str) -> impl Iterator<Item = &str> {
    let whole = entry.contains(':');
    let parted = entry.split_whitespace().filter(move |_| !whole);
    whole.then_some(entry.trim()).into_iter().chain(parted)
}

fn entry_of(entry: &str) -> Result<Imported<'_>, Why> {
    // The last colon: a project may be called `domain.org:name`, a key has none.
    let (project, key) =
        entry.rsplit_once(':').map_or((None, entry), |(project, key)| (Some(project.trim()), key.trim()));
    if key.is_empty() {
        return Err(Why::NoKey);
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Why::NoSuchCharacter);
    }
    Ok(Imported { project: project.filter(|project| !project.is_empty()), key })
}

impl fmt::Debug for Imported<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imported").field("project", &self.project).finish_non_exhaustive()
    }
}

impl BadLine {
    /// What is wrong with it, in words.
    pub const fn reason(&self) -> &'static str {
        match self.why {
            Why::NoKey => "there is no key behind the colon",
            Why::NoSuchCharacter => "a key consists of letters, digits and signs, without blanks",
        }
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason())
    }
}

#[cfg(test)]
mod tests;
