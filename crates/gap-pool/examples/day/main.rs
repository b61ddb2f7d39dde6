//! A day in the life of a pool: strategies of choosing keys, side by side, against an upstream that counts exactly.
//!
//! ```sh
//! cargo run --release -p gap-pool --example day -- --list
//! cargo run --release -p gap-pool --example day -- --seed 1 --scenario bursts --json day.json
//! ```
//!
//! Reading order: [`world`] says what there is, [`scenarios`] which worlds are played, [`run`] plays one, [`upstream`]
//! counts, [`ledger`] keeps the account, [`strategies`] choose, [`oracle`] says what was possible, [`report`] prints.
//! No clock and no chance: a seed tells everything.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

mod arguments;
mod dice;
mod ledger;
mod oracle;
mod report;
mod run;
mod scenarios;
mod strategies;
mod traffic;
mod upstream;
mod world;

use std::fs;
use std::process::ExitCode;

use self::arguments::{Arguments, USAGE};
use self::report::Row;
use self::scenarios::{Play, Scenario};

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if arguments.help {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if arguments.list {
        for Scenario { name, sentence, .. } in scenarios::ALL {
            println!("{name:<16} {sentence}");
        }
        return ExitCode::SUCCESS;
    }
    let rows: Vec<Row> = arguments.scenarios.iter().flat_map(|scenario| rows(scenario, &arguments)).collect();
    print!("{}", report::table(&rows));
    let Some(path) = &arguments.json else { return ExitCode::SUCCESS };
    let written = json(&rows).and_then(|text| fs::write(path, text).map_err(|error| error.to_string()));
    if let Err(error) = written {
        eprintln!("error: cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// One scenario with every strategy, and the oracle.
fn rows(scenario: &Scenario, arguments: &Arguments) -> Vec<Row> {
    let Play { world, requests } = scenario.play(arguments.seed, arguments.quick);
    let possible = oracle::bound(&world, &requests);
    let mut rows = Vec::new();
    for name in &arguments.strategies {
        let Some(mut strategy) = strategies::named(name, &world, arguments.seed) else { continue };
        let tally = run::run(&world, &requests, arguments.seed, strategy.as_mut());
        if arguments.mistakes {
            tally.mistakes.iter().for_each(|mistake| println!("{} {name}: {mistake}", scenario.name));
        }
        rows.push(Row::of(scenario.name, name, &tally, possible));
    }
    rows.push(Row::of_oracle(scenario.name, requests.len(), possible));
    rows
}

/// The rows as JSON.
fn json(rows: &[Row]) -> Result<String, String> {
    serde_json::to_string_pretty(rows).map(|text| text + "\n").map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
