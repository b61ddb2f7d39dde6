//! Strange bytes for the parsers: by cargo-fuzz where a nightly compiler is at hand, else by the tests that damage
//! recorded answers in the same way in every run.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::repo::Repo;
use crate::shell;

/// Options of `cargo xtask soak fuzz`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds for each target
    #[arg(long, default_value_t = 120)]
    seconds: u32,
    /// These targets only
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// Runs every target for its time.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    if !shell::works(nightly(repo).args(["fuzz", "--version"])) {
        println!(
            "cargo-fuzz with a nightly compiler is not installed (`rustup toolchain install nightly && cargo install --locked cargo-fuzz`);"
        );
        println!("running the tests that damage the same seeds instead");
        shell::run(shell::cargo(repo.root()).args([
            "test",
            "--profile",
            "ci",
            "--package",
            "gap-protocol",
            "--test",
            "it",
            "mutation",
        ]))?;
        return Ok(ExitCode::SUCCESS);
    }
    shell::run(shell::cargo(repo.root()).args([
        "run",
        "--quiet",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--example",
        "seed",
    ]))?;
    for target in targets(repo)?.iter().filter(|target| options.only.is_empty() || options.only.contains(target)) {
        let limit = format!("-max_total_time={}", options.seconds);
        shell::run(nightly(repo).args(["fuzz", "run", target, "--", &limit]))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// cargo by way of rustup, which understands `+nightly`; the cargo that runs us is one toolchain's own.
fn nightly(repo: &Repo) -> Command {
    let mut command = Command::new("cargo");
    command.arg("+nightly").current_dir(repo.root()).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command
}

fn targets(repo: &Repo) -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(repo.path("fuzz/fuzz_targets")).context("fuzz/fuzz_targets")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            targets.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    targets.sort();
    Ok(targets)
}
