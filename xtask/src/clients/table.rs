//! What came of it: a table on the screen, and the same in a document that keeps the rows of those that were not tried.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::journal::Journal;
use super::list::{CLIENTS, Client, STEPS, Step};
use crate::repo::Repo;

/// Where the results are written down.
pub(super) const DOCUMENT: &str = "docs/reference/clients.md";

/// What stands for a client that could not be tried.
const NOT_TRIED: &str = "?";

/// What one client has shown.
#[derive(Debug)]
pub(super) struct Row {
    name: &'static str,
    version: String,
    cells: Vec<String>,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

// === impl Row ===

impl Row {
    /// From what the script said and, where we have the upstream, what arrived there.
    pub(super) fn new(client: &Client, said: &str, journal: Option<&Journal>) -> Self {
        let version = said.lines().find_map(|line| line.strip_prefix("version "));
        let mut cells: Vec<String> = STEPS
            .iter()
            .map(|(step, name, _)| {
                if !client.steps.contains(step) {
                    return "-".to_owned();
                }
                if !said.lines().any(|line| line.strip_prefix("ok ") == Some(*name)) {
                    return "FAILED".to_owned();
                }
                journal.and_then(|journal| complaint(*step, journal)).unwrap_or("ok").to_owned()
            })
            .collect();
        cells.push(journal.map_or(NOT_TRIED.to_owned(), |journal| journal.signatures.to_string()));
        Self { name: client.name, version: version.unwrap_or(NOT_TRIED).to_owned(), cells }
    }

    /// Whether nothing went wrong.
    pub(super) fn is_good(&self) -> bool {
        !self.cells.iter().any(|cell| cell.starts_with("FAILED"))
    }

    fn line(&self, day: Option<&str>) -> String {
        let day = day.map(|day| format!(" {day} |")).unwrap_or_default();
        format!("| {} | {} |{day} {} |", self.name, self.version, self.cells.join(" | "))
    }
}

/// What the upstream has against a step that the script was content with.
fn complaint(step: Step, journal: &Journal) -> Option<&'static str> {
    match step {
        Step::Vision if journal.pictures == 0 => Some("FAILED: no picture arrived"),
        Step::Cancel if !journal.long.is_left() => Some("FAILED: the upstream was not left"),
        _ => None,
    }
}

// === impl Table ===

impl Table {
    pub(super) fn add(&mut self, row: Row) {
        println!("\n{}", row.line(None));
        self.rows.push(row);
    }

    pub(super) fn is_good(&self) -> bool {
        self.rows.iter().all(Row::is_good)
    }

    /// For the screen.
    pub(super) fn text(&self) -> String {
        let lines: Vec<String> = self.rows.iter().map(|row| row.line(None)).collect();
        format!("{}{}\n", head(&["client", "version"]), lines.join("\n"))
    }

    /// Writes the rows into the document; those of clients that were not tried stay as they are.
    pub(super) fn record(&self, repo: &Repo, day: &str) -> Result<()> {
        let path = repo.path(DOCUMENT);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, self.document(&before, day)).with_context(|| format!("{DOCUMENT} could not be written"))
    }

    fn document(&self, before: &str, day: &str) -> String {
        let name_of = |line: &str| line.strip_prefix("| ").and_then(|line| line.split(" | ").next()).map(str::to_owned);
        let mut rows: BTreeMap<String, String> =
            before.lines().filter_map(|line| Some((name_of(line)?, line.to_owned()))).collect();
        for row in &self.rows {
            rows.insert(row.name.to_owned(), row.line(Some(day)));
        }
        let mut document = INTRODUCTION.to_owned();
        for (_, name, meaning) in STEPS {
            let _ = writeln!(document, "- **{name}**: {meaning}.");
        }
        document.push_str(CLOSING);
        document.push_str(&head(&["client", "version", "tried"]));
        for client in CLIENTS {
            let untried = || format!("| {} | {NOT_TRIED} | never |{}", client.name, " ? |".repeat(STEPS.len() + 1));
            document.push_str(&rows.remove(client.name).unwrap_or_else(untried));
            document.push('\n');
        }
        document.push_str(LEFT_OUT);
        document
    }
}

fn head(first: &[&str]) -> String {
    let names: Vec<&str> =
        first.iter().copied().chain(STEPS.iter().map(|(_, name, _)| *name)).chain(["signatures"]).collect();
    format!("| {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len()))
}

const INTRODUCTION: &str = "# Clients that were tried

`cargo xtask clients --record` installs each of them in its newest version, points it at a gateway in front of the
[simulator](../guide/simulator.md), lets it do what the columns say, and writes down what came of it. How to set a client up
is told in [the guide](../guide/clients.md).

";

const CLOSING: &str = "- **signatures**: whether every call that came back to a model of the third generation still had its thought signature when
  it arrived at Gemini, whatever the client does with fields that it does not know.

`-` stands for what a client cannot do or has no words for, and for signatures where no calls came back.

";

const LEFT_OUT: &str = "
smolagents sends calls back as plain words, aider calls no tools, and the forms of dspy and crewai are words to the model or
tools of their own: what they have no column for is not theirs to do. `@ai-sdk/openai-chat` is `@ai-sdk/openai` told to speak chat
completions.

Not tried: Cline, Continue and other extensions of editors, which do not run without one. `llm-gemini` has Google's address built in.
";

#[cfg(test)]
mod tests;
