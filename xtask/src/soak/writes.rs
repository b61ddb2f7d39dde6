//! Records by the hundred each second, beside readers: the store's own test, for longer.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::repo::Repo;
use crate::shell;

const TEST: &str = "load::five_hundred_records_a_second_are_all_there_whoever_reads_meanwhile";

/// Options of `cargo xtask soak writes`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds to write for
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Runs the test; it says what it has seen.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    let mut command = shell::cargo(repo.root());
    command.args(["test", "--locked", "--profile", "ci", "--package", "gap-store", "--test", "it", "--"]);
    command.args(["--exact", TEST, "--nocapture"]).env("GAP_TEST_WRITES_SECONDS", options.seconds.to_string());
    shell::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
