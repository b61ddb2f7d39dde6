//! The speed table. How it is measured stands in bench/README.md.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::repo::{Profile, Repo};
use crate::shell;

/// Options of `cargo xtask bench`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Handed on to the bench's `table` command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the gateway as users run it and measures it.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let gap = repo.build_gap(Profile::Release)?;
    let mut command = shell::cargo(repo.root());
    command.args(["run", "--profile", "release", "--package", "bench", "--", "table", "--gap-bin"]).arg(gap);
    shell::run(command.args(&options.arguments))?;
    Ok(ExitCode::SUCCESS)
}
