//! The house rules that a compiler does not know, checked without a network.
//!
//! Every rule says what is wrong and where; every exception stands with its reason in one table
//! ([`exceptions`]), and an exception that nothing needs any more is itself an error.

mod exceptions;
mod files;
mod licences;
mod packages;

use std::fmt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::repo::Repo;
use crate::shell;

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    rule: Rule,
    /// What an exception would name: a crate, a file, an arrow.
    subject: String,
    /// What is wrong, for people.
    text: String,
}

/// The rules, by the name that the table of exceptions and the output use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Which of our crates may know which.
    Arrow,
    /// Pure crates reach no I/O, async, clock or dice.
    Pure,
    /// Crates that must not be linked.
    Banned,
    /// Licences that we may ship.
    Licence,
    /// Two incompatible versions of one crate.
    Duplicate,
    /// A version that stands outside the workspace manifest.
    OwnVersion,
    /// A workspace dependency that nobody uses.
    Unused,
    /// A package that does not take the workspace's lints.
    Lints,
    /// A source file that should have become two.
    Size,
    /// A lint silenced without the compiler checking that it still fires.
    Silenced,
    /// Work left undone.
    Unfinished,
    /// A path of somebody's machine.
    MachinePath,
    /// A link in a document that leads nowhere.
    BrokenLink,
    /// A lock file that fetches from elsewhere than the public registry.
    Registry,
}

/// Checks everything and prints what it finds.
pub(crate) fn run(repo: &Repo) -> Result<ExitCode> {
    Ok(if check(repo)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks everything, prints what it finds, and says whether nothing is wrong.
pub(crate) fn check(repo: &Repo) -> Result<bool> {
    let files = files::Files::read(repo.root())?;
    let mut findings = packages::check(repo, &host(repo)?)?;
    findings.extend(files.check());
    let (wrong, stale) = exceptions::apply(findings);
    for warning in files.warnings() {
        println!("warning: {warning}");
    }
    for finding in &wrong {
        println!("error: {finding}");
    }
    for exception in &stale {
        println!(
            "error: the exception {:?} {} is not needed any more; remove it from the table",
            exception.rule, exception.subject
        );
    }
    if wrong.is_empty() && stale.is_empty() {
        println!("tidy: {} files, every rule holds", files.len());
        return Ok(true);
    }
    Ok(false)
}

/// The triple of this machine: only what is built here must be here.
pub(crate) fn host(repo: &Repo) -> Result<String> {
    let said = shell::capture(Command::new("rustc").arg("-vV").current_dir(repo.root()))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(host.to_owned())
}

// === impl Finding ===

impl Finding {
    fn new(rule: Rule, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { rule, subject: subject.into(), text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({:?})", self.subject, self.text, self.rule)
    }
}
