//! Lines with which an operator brings keys.
//!
//! One key per line, or several with commas or semicolons between; `project:key` says which project a key belongs to.
//! Empty lines and lines that begin with `#` are passed over. A key that stands there twice is taken once.

use std::collections::HashSet;
use std::fmt;

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
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for entry in line.split([',', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry_of(entry) {
                Ok(imported) => {
                    if seen.insert(imported.key) {
                        keys.push(imported);
                    }
                }
                Err(why) => bad.push(BadLine { line: at + 1, why }),
            }
        }
    }
    if bad.is_empty() { Ok(keys) } else { Err(bad) }
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

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::NoKey => "there is no key behind the colon",
            Why::NoSuchCharacter => "a key consists of letters, digits and signs, without blanks",
        };
        write!(f, "line {}: {why}", self.line)
    }
}

#[cfg(test)]
mod tests;
