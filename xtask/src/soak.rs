//! Long runs that look for what short tests cannot see: leaks, lost streams, bad restarts, strange bytes.

mod fuzz;
mod kill;
mod scale;
mod writes;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::repo::Repo;

/// Options of `cargo xtask soak`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Run {
    /// Hold many streams at once, again and again, and watch memory
    Scale(scale::Options),
    /// End the gateway under load, by SIGTERM and SIGKILL, and check what clients and the next start see
    Kill(kill::Options),
    /// Write 500 usage records a second to SQLite beside readers
    Writes(writes::Options),
    /// Feed strange bytes to the parsers
    Fuzz(fuzz::Options),
}

/// Runs the chosen kind; bounded in time by its options.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    match &options.run {
        Run::Scale(options) => scale::run(repo, options),
        Run::Kill(options) => kill::run(repo, options),
        Run::Writes(options) => writes::run(repo, options),
        Run::Fuzz(options) => fuzz::run(repo, options),
    }
}

/// A chat whose answer takes this many events.
fn chat(events: u32) -> String {
    format!(
        r#"{{"contents":[{{"role":"user","parts":[{{"text":"[[sim: chunks={events} chunk_bytes=40]] Tell me a long story."}}]}}]}}"#
    )
}

const UNARY: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
const STREAM: &str = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
