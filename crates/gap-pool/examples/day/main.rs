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

#![expect(clippy::print_stderr, reason = "a command prints")]

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

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

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
        print(USAGE);
        return ExitCode::SUCCESS;
    }
    if arguments.list {
        let line = |Scenario { name, sentence, .. }: &Scenario| format!("{name:<16} {sentence}");
        print(&scenarios::ALL.iter().map(line).collect::<Vec<_>>().join("\n"));
        return ExitCode::SUCCESS;
    }
    let (rows, mistakes): (Vec<Vec<Row>>, Vec<Vec<String>>) = play_all(&arguments).into_iter().unzip();
    let (rows, mistakes) = (rows.concat(), mistakes.concat());
    if arguments.mistakes {
        print(&mistakes.join("\n"));
    }
    print(&report::table(&rows));
    let Some(path) = &arguments.json else { return ExitCode::SUCCESS };
    let written = json(&rows).and_then(|text| fs::write(path, text).map_err(|error| error.to_string()));
    if let Err(error) = written {
        eprintln!("error: cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints lines. Who reads only the first few of them has seen enough.
fn print(text: &str) {
    _ = writeln!(io::stdout().lock(), "{}", text.trim_end());
}

/// What came of a scenario: a row for each strategy, and mistakes in words.
type Results = (Vec<Row>, Vec<String>);

/// All scenarios, as many at a time as there are cores. What comes of them does not depend on that.
fn play_all(arguments: &Arguments) -> Vec<Results> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let play_some = || {
        let mut played = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(scenario) = arguments.scenarios.get(at) else { return played };
            played.push((at, play(scenario, arguments)));
        }
    };
    let played: BTreeMap<usize, Results> = thread::scope(|scope| {
        let players: Vec<_> = (0..cores).map(|_| scope.spawn(play_some)).collect();
        players.into_iter().flat_map(|player| player.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    played.into_values().collect()
}

/// One scenario with every strategy, and the oracle.
fn play(scenario: &Scenario, arguments: &Arguments) -> Results {
    let Play { world, requests } = scenario.play(arguments.seed, arguments.quick);
    let possible = oracle::bound(&world, &requests);
    let (mut rows, mut mistakes) = (Vec::new(), Vec::new());
    for name in &arguments.strategies {
        let Some(mut strategy) = strategies::named(name, &world, arguments.seed) else { continue };
        let tally = run::run(&world, &requests, arguments.seed, strategy.as_mut());
        rows.push(Row::of(scenario.name, name, &tally, possible));
        mistakes.extend(tally.mistakes.into_iter().map(|mistake| format!("{} {name}: {mistake}", scenario.name)));
    }
    rows.push(Row::of_oracle(scenario.name, requests.len(), possible));
    (rows, mistakes)
}

/// The rows as JSON.
fn json(rows: &[Row]) -> Result<String, String> {
    serde_json::to_string_pretty(rows).map(|text| text + "\n").map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
