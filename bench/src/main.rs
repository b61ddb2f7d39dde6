//! Speed, measured: what a request through the gateway costs beside the least that any gateway could cost.
//!
//! Reading order: [`script`] says what is asked and answered, [`upstream`] answers it, [`floor`] is the least a gateway
//! could do, [`load`] asks and checks every answer, [`hold`] keeps streams open, [`table`] puts them together.

mod floor;
mod hold;
mod http1;
mod load;
mod net;
mod script;
mod sse;
mod table;
mod text;
mod upstream;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The allocator of the gateway's own release: a floor that allocated slower would flatter the gateway.
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure a Gemini gateway beside the least that any gateway could cost.
#[derive(Debug, Parser)]
#[command(name = "bench", version, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a very fast fake Gemini; the model's name says what it answers
    Upstream(upstream::Options),
    /// Run the minimal proxy that gateways are compared with
    Floor(floor::Options),
    /// Send requests, check every answer, print what it took as JSON
    Load(load::Options),
    /// Keep streams open until standard input closes
    Hold(hold::Options),
    /// Measure everything and print the table
    Table(table::Options),
}

#[expect(clippy::print_stderr, reason = "an error is told in a line, whatever RUST_BACKTRACE says")]
fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Upstream(options) => net::runtime(options.workers)?.block_on(upstream::run(&options)),
        Command::Floor(options) => net::runtime(options.workers)?.block_on(floor::run(options)),
        Command::Load(options) => net::runtime(1)?.block_on(load::run(options)),
        Command::Hold(options) => net::runtime(1)?.block_on(hold::run(options)),
        Command::Table(options) => table::run(&options),
    }
}
