//! Everything that must hold before a change lands, in the order in which a failure costs least.
//!
//! One profile (`ci`) and one set of features serve clippy, tests, documents and the end-to-end binary, so nothing is
//! built twice. A failed stage does not hide the others, except those that stand on it.

mod report;
mod stages;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::ci::report::{Outcome, Report, Tally};
use crate::repo::Repo;
use crate::stopwatch::Stopwatch;

/// Options of `cargo xtask ci`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run these stages only
    #[arg(long, value_delimiter = ',', value_name = "STAGE")]
    only: Vec<String>,
    /// Leave these stages out
    #[arg(long, value_delimiter = ',', value_name = "STAGE")]
    skip: Vec<String>,
    /// Name the stages and end
    #[arg(long)]
    list: bool,
}

/// One step of the run.
struct Stage {
    /// What `--only` and `--skip` call it.
    name: &'static str,
    /// What it checks, for people.
    about: &'static str,
    /// Stages without which this one means nothing.
    after: &'static [&'static str],
    /// Does it.
    run: fn(&Repo) -> Result<Tally>,
}

/// Runs the chosen stages; the last line is `N passed, M failed`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<ExitCode> {
    for name in options.only.iter().chain(&options.skip) {
        if !stages::STAGES.iter().any(|stage| stage.name == name) {
            bail!("there is no stage '{name}'; `cargo xtask ci --list` names them");
        }
    }
    let chosen = stages::STAGES
        .iter()
        .filter(|stage| options.only.is_empty() || options.only.iter().any(|name| name == stage.name))
        .filter(|stage| !options.skip.iter().any(|name| name == stage.name));
    if options.list {
        chosen.for_each(|stage| println!("{:<12} {}", stage.name, stage.about));
        return Ok(ExitCode::SUCCESS);
    }

    let mut report = Report::default();
    for stage in chosen {
        if let Some(base) = stage.after.iter().find(|base| report.has_failed(base)) {
            report.add(stage.name, std::time::Duration::ZERO, Outcome::Skipped(base));
            continue;
        }
        println!("\n=== {}: {}", stage.name, stage.about);
        let watch = Stopwatch::start();
        let outcome = match (stage.run)(repo) {
            Ok(tally) => Outcome::Done(tally),
            Err(error) => {
                println!("{} failed: {error:#}", stage.name);
                Outcome::Failed
            }
        };
        report.add(stage.name, watch.elapsed(), outcome);
    }
    println!("\n{report}");
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
