//! The build system: what a developer and CI run, as `cargo xtask COMMAND`.
//!
//! Reading order: [`repo`] knows where things are, [`shell`] runs other programs, [`service`] runs the gateway itself,
//! [`servers`] what its tests need; every other module is one command.
#![expect(clippy::print_stdout, reason = "speaking to the terminal is what these commands do")]

mod bench;
mod ci;
mod clients;
mod coverage;
mod dev;
mod docs;
mod environments;
mod http;
mod repo;
mod servers;
mod service;
mod shell;
mod soak;
mod stopwatch;
mod tidy;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::repo::Repo;

/// What developers of GAP and its CI run.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything that CI checks, stage by stage
    Ci(ci::Options),
    /// Check the house rules: crate arrows, licences, duplicates, file sizes, unfinished marks
    Tidy,
    /// Serve on port 8000 and build and restart on every change
    Dev(dev::Options),
    /// Measure line coverage and hold it above the floor
    Coverage(coverage::Options),
    /// Measure speed beside a minimal proxy and print the table
    Bench(bench::Options),
    /// Run for long: many streams, crashes, fuzzing
    Soak(soak::Options),
    /// Try the heavy real clients against the demo and print who works
    Clients(clients::Options),
    /// Write the generated documents again
    Docs(docs::Options),
    /// Build the web page, which `cargo build` then embeds
    Web,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let repo = Repo::discover()?;
    match command {
        Command::Ci(options) => ci::run(&repo, &options),
        Command::Tidy => tidy::run(&repo),
        Command::Dev(options) => dev::run(&repo, &options),
        Command::Coverage(options) => coverage::run(&repo, &options),
        Command::Bench(options) => bench::run(&repo, &options),
        Command::Soak(options) => soak::run(&repo, &options),
        Command::Clients(options) => clients::run(&repo, &options),
        Command::Docs(options) => docs::run(&repo, &options),
        Command::Web => web::run(&repo),
    }
}
