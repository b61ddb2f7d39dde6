//! Line coverage of the product's crates, with a floor.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::repo::Repo;
use crate::servers::Servers;
use crate::shell;

/// Per cent of lines. It may rise, never fall.
const FLOOR: u8 = 80;
/// Tools that are not part of the product.
const IGNORED: &str = "(^|/)(xtask|bench|fuzz)/|/tests?(\\.rs$|/)";
/// Exit code for a tool that is missing, as in deploy.sh.
const EXIT_MISSING: u8 = 3;

/// Options of `cargo xtask coverage`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Also write the report as pages below target/llvm-cov/html
    #[arg(long)]
    html: bool,
}

/// Runs the tests with counters and prints coverage by file.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    if !shell::works(shell::cargo(repo.root()).args(["llvm-cov", "--version"])) {
        println!("cargo-llvm-cov is not installed. Install it with");
        println!("  rustup component add llvm-tools && cargo install --locked cargo-llvm-cov");
        return Ok(ExitCode::from(EXIT_MISSING));
    }
    let mut command = shell::cargo(repo.root());
    command.arg("llvm-cov");
    if shell::works(shell::cargo(repo.root()).args(["nextest", "--version"])) {
        command.arg("nextest");
    }
    command.args(["--workspace", "--all-features", "--locked", "--ignore-filename-regex", IGNORED]);
    command.args(["--fail-under-lines", &FLOOR.to_string()]);
    if options.html {
        command.arg("--html");
    }
    let servers = Servers::start()?;
    shell::run(servers.announce(&mut command))?;
    Ok(ExitCode::SUCCESS)
}
