//! Documents that the code writes, so that they cannot disagree with it.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::repo::{Profile, Repo};
use crate::shell;

/// The documents, and what prints each.
const GENERATED: &[(&str, Printer)] = &[
    ("docs/reference/config.md", Printer::Gap(&["config", "reference"])),
    ("docs/reference/openapi.json", Printer::Gap(&["openapi"])),
    ("docs/reference/openai-compatibility.md", Printer::Example { package: "gap-protocol", name: "compatibility" }),
];

/// What prints a document.
#[derive(Clone, Copy, Debug)]
enum Printer {
    /// `gap` with these arguments.
    Gap(&'static [&'static str]),
    /// An example of a package whose tables users of `gap` only read about.
    Example { package: &'static str, name: &'static str },
}

/// Options of `cargo xtask docs`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Write nothing; fail if a document no longer matches the code
    #[arg(long)]
    check: bool,
}

/// Writes or checks every generated document.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let gap = repo.build_gap(Profile::Dev)?;
    let stale = stale(repo, &gap)?;
    for document in &stale {
        if options.check {
            println!("{document} no longer matches the code; run `cargo xtask docs`");
        } else {
            let path = repo.path(document);
            std::fs::create_dir_all(path.parent().context("a document stands in a folder")?)?;
            std::fs::write(path, generate(repo, &gap, document)?)?;
            println!("wrote {document}");
        }
    }
    Ok(if options.check && !stale.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The documents that differ from what this binary writes.
pub(crate) fn stale(repo: &Repo, gap: &Path) -> Result<Vec<&'static str>> {
    let mut stale = Vec::new();
    for (document, _) in GENERATED {
        let written = std::fs::read_to_string(repo.path(document)).unwrap_or_default();
        if written != generate(repo, gap, document)? {
            stale.push(*document);
        }
    }
    Ok(stale)
}

fn generate(repo: &Repo, gap: &Path, document: &str) -> Result<String> {
    let (_, printer) = GENERATED.iter().find(|(name, _)| *name == document).context("not a generated document")?;
    match *printer {
        Printer::Gap(arguments) => {
            // Not in the workspace: a developer's .env must not show in a document.
            let folder = repo.target("docs");
            std::fs::create_dir_all(&folder)?;
            shell::capture(Command::new(gap).args(arguments).current_dir(folder))
        }
        Printer::Example { package, name } => {
            shell::capture(shell::cargo(repo.root()).args(["run", "--quiet", "--package", package, "--example", name]))
        }
    }
}
