//! Keys by the thousand: lists with any separator, JSON, and exports of other gateways.
//!
//! What is read: lines of `key` and `project:key` (see [`gap_pool::import`]); a JSON list of keys, or of objects with a `key`
//! and what is known of it; the settings of gemini-balance (`API_KEYS`); channels of new-api and one-api, of which those
//! for Gemini are taken (type 24), each with all its keys. Whatever is wrong is reported by its line (in JSON: by its place
//! in the list), never with its text, which may hold a key.

mod json;

use std::collections::HashMap;

use gap_pool::import::{self, BadLine};
use gap_store::foreign::ForeignKey;
use gap_store::upstream_keys::KeyDetails;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    LONGEST_LABEL, LONGEST_PROJECT, MOST_AT_ONCE, NewEntry, Roster, RosterError, fault_of_end, fault_of_models,
    fault_of_name, fault_of_tags, tidy_tags,
};
use crate::events::Progress;
use crate::upstream::Secret;

/// Lines of an import at most.
pub const MOST_LINES: usize = 100_000;
/// Bytes of an import at most.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// So many notes are given; the rest is counted.
const MOST_NOTES: usize = 1_000;
/// So many keys are entered in one transaction.
const STRETCH: usize = 5_000;

/// Why a key is switched off that was so before.
const SWITCHED_OFF_BEFORE: &str = "it was switched off where it came from";

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub struct Report {
    /// Nothing was changed: it only says what would have been.
    pub dry_run: bool,
    /// Keys that were found, each counted once.
    pub found: usize,
    /// Keys that were entered, or would have been.
    pub added: usize,
    /// Keys that stand there more than once.
    pub repeated: usize,
    /// Keys that were there already.
    pub known: usize,
    /// Entries that cannot be keys.
    pub bad: usize,
    /// Entries for something else than Gemini.
    pub skipped: usize,
    /// Labels of projects that were entered, or would have been.
    pub new_projects: Vec<String>,
    /// What is to be said of single lines; a thousand at most.
    pub notes: Vec<Note>,
}

/// What is to be said of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Note {
    /// The line, counted from 1; of JSON, the place in the list.
    pub line: usize,
    /// What it is.
    pub kind: NoteKind,
    /// In words, without the key.
    pub message: String,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// It cannot be a key.
    Bad,
    /// A line before has the same key.
    Repeated,
    /// The key is there already.
    Known,
    /// It is for something else than Gemini.
    Skipped,
}

/// The text cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not text.
    #[error("an import is text in UTF-8")]
    NotText,
    /// It begins like JSON and is none.
    #[error("this begins like JSON and is none: {0}")]
    NotJson(String),
    /// There is no key in the JSON.
    #[error(
        "there is no list of keys in this JSON: take a list of keys, a list of objects with `key`, or an export of \
         gemini-balance or new-api"
    )]
    NoList,
    /// It is too long.
    #[error("an import has {MOST_LINES} keys at most; cut it in two")]
    TooLong,
}

/// A key as it stands in an import.
pub(super) struct Found {
    line: usize,
    secret: String,
    project: Option<String>,
    details: KeyDetails,
    disabled: Option<String>,
}

/// An import, read.
#[derive(Debug, Default)]
pub struct Parsed {
    pub(super) found: Vec<Found>,
    notes: Vec<Note>,
}

// === impl Found ===

impl Found {
    /// What is wrong with it, if anything.
    fn fault(&self, secret: &SecretString) -> Option<String> {
        let Self { project, details, .. } = self;
        let project = project.as_deref().and_then(|project| fault_of_name(project, LONGEST_PROJECT));
        let models = details.models.as_deref().and_then(fault_of_models).map(|(_, message)| message);
        let tags = fault_of_tags(&details.tags).map(|(_, message)| message);
        let at_once = details.concurrency.is_some_and(|most| !(1..=MOST_AT_ONCE).contains(&most));
        let key = Secret::new(secret).err().map(|error| error.to_string());
        key.or_else(|| project.map(|message| format!("the project {message}")))
            .or_else(|| fault_of_name(&details.label, LONGEST_LABEL).map(|message| format!("`label` {message}")))
            .or_else(|| models.map(|message| format!("`models` {message}")))
            .or_else(|| tags.map(|message| format!("`tags`: one {message}")))
            .or_else(|| at_once.then(|| format!("`concurrency` takes 1 to {MOST_AT_ONCE}")))
            .or_else(|| details.expires_at.and_then(fault_of_end).map(|message| format!("`expires_at` {message}")))
    }
}

// === impl Parsed ===

impl Parsed {
    /// Reads the text of an import.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::NotText)?;
        // What editors of Windows put before the text.
        let text = text.trim_start_matches('\u{feff}');
        let mut parsed = Self::default();
        if text.trim_start().starts_with(['[', '{']) {
            json::read(text, &mut parsed)?;
        } else {
            for (line, entry) in import::entries(text) {
                match entry {
                    Ok(imported) => {
                        parsed.add(line, imported.key, imported.project.map(str::to_owned), KeyDetails::default());
                    }
                    Err(why) => parsed.note(line, NoteKind::Bad, BadLine { line, why }.reason()),
                }
                if parsed.found.len() > MOST_LINES {
                    break;
                }
            }
        }
        if parsed.found.len() > MOST_LINES { Err(Unreadable::TooLong) } else { Ok(parsed) }
    }

    /// The keys of another program's database; their places stand for lines.
    pub fn of_original(keys: Vec<ForeignKey>) -> Self {
        let mut parsed = Self::default();
        for (at, key) in keys.into_iter().enumerate() {
            let before = parsed.found.len();
            for (_, entry) in import::entries(key.secret.expose_secret()) {
                let details = KeyDetails { label: key.label.clone(), ..KeyDetails::default() };
                match entry {
                    Ok(imported) => parsed.add(at + 1, imported.key, imported.project.map(str::to_owned), details),
                    Err(why) => parsed.note(at + 1, NoteKind::Bad, BadLine { line: at, why }.reason()),
                }
            }
            if !key.active {
                for found in parsed.found.iter_mut().skip(before) {
                    found.disabled = Some(SWITCHED_OFF_BEFORE.to_owned());
                }
            }
        }
        parsed
    }

    fn add(&mut self, line: usize, key: &str, project: Option<String>, details: KeyDetails) {
        self.found.push(Found { line, secret: key.to_owned(), project, details, disabled: None });
    }

    fn note(&mut self, line: usize, kind: NoteKind, message: impl Into<String>) {
        self.notes.push(Note { line, kind, message: message.into() });
    }
}

// === impl Roster ===

impl Roster {
    /// Enters the keys of an import, or only says what would come of it.
    pub async fn import(&self, parsed: Parsed, dry_run: bool) -> Result<Report, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        let Parsed { found, mut notes } = parsed;
        let mut report = Report { dry_run, ..Report::default() };
        let mut first: HashMap<String, usize> = HashMap::new();
        let mut fresh = Vec::new();
        for found in found {
            let secret = SecretString::from(found.secret.clone());
            if let Some(line) = first.get(&found.secret) {
                let message = format!("this key stands in line {line} already");
                notes.push(Note { line: found.line, kind: NoteKind::Repeated, message });
            } else if let Some(message) = found.fault(&secret) {
                notes.push(Note { line: found.line, kind: NoteKind::Bad, message });
            } else {
                first.insert(found.secret.clone(), found.line);
                if let Some(id) = self.known(&secret) {
                    let message = format!("this key is there already, as {id}");
                    notes.push(Note { line: found.line, kind: NoteKind::Known, message });
                } else {
                    fresh.push((secret, found));
                }
            }
        }
        report.found = first.len();
        report.added = fresh.len();
        let labels: std::collections::BTreeSet<&String> =
            fresh.iter().filter_map(|(_, found)| found.project.as_ref()).collect();
        let is_new = |label: &&&String| self.book().labelled(label).is_none();
        report.new_projects = labels.iter().filter(is_new).map(|label| (*label).clone()).collect();
        if !dry_run {
            report.added = self.enter_found(fresh).await?;
        }
        notes.sort_by_key(|note| note.line);
        let count = |kind: NoteKind| notes.iter().filter(|note| note.kind == kind).count();
        report.repeated = count(NoteKind::Repeated);
        report.known = count(NoteKind::Known);
        report.bad = count(NoteKind::Bad);
        report.skipped = count(NoteKind::Skipped);
        notes.truncate(MOST_NOTES);
        report.notes = notes;
        Ok(report)
    }

    async fn enter_found(&self, fresh: Vec<(SecretString, Found)>) -> Result<usize, RosterError> {
        let mut new = Vec::with_capacity(fresh.len());
        let mut projects: HashMap<String, Uuid> = HashMap::new();
        for (secret, found) in fresh {
            let project = match found.project {
                Some(label) => Some(if let Some(id) = projects.get(&label) {
                    *id
                } else {
                    let id = self.project_labelled(&label).await?;
                    projects.insert(label, id);
                    id
                }),
                None => None,
            };
            let details = KeyDetails { project, tags: tidy_tags(&found.details.tags), ..found.details };
            new.push(NewEntry { secret, details, disabled: found.disabled });
        }
        let mut progress = Progress { id: Uuid::now_v7(), state: "running", total: new.len() as u64, done: 0 };
        let tell = |progress: &Progress| {
            if let Some(events) = self.0.keyring.events() {
                events.job_went_on("import", progress);
            }
        };
        let mut added = 0;
        while !new.is_empty() {
            tell(&progress);
            let rest = new.split_off(new.len().min(STRETCH));
            let stretch = new.len() as u64;
            match self.enter(new).await {
                Ok(entered) => added += entered.len(),
                Err(error) => {
                    tell(&Progress { state: "failed", ..progress });
                    return Err(error);
                }
            }
            progress.done += stretch;
            new = rest;
        }
        tell(&Progress { state: "done", ..progress });
        Ok(added)
    }
}

impl Report {
    /// In words, for a terminal.
    pub fn in_words(&self) -> String {
        let would = if self.dry_run { "would be entered" } else { "entered" };
        let Self { found, added, repeated, known, bad, skipped, .. } = self;
        format!(
            "{found} keys found: {added} {would}, {known} there already; {repeated} repeated, {bad} bad, {skipped} skipped"
        )
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").field("line", &self.line).field("project", &self.project).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
