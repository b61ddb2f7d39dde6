//! The command line.

use std::path::PathBuf;

use crate::scenarios::{self, Scenario};
use crate::strategies;

/// What the command can do.
pub(crate) const USAGE: &str = "\
Plays days in the life of a pool and compares strategies of choosing keys.

usage: day [--seed N] [--scenario NAME]… [--strategy NAME]… [--json FILE] [--quick] [--mistakes]
       day --list

  --seed N          the dice (default 1)
  --scenario NAME   one scenario; may be given several times (default: all)
  --strategy NAME   one strategy; may be given several times (default: all); the oracle always comes along
  --json FILE       write the results there, too
  --quick           the first three hours of each scenario
  --mistakes        tell calls that what was known at the time forbade: 429s of known limits, and keys that rest
  --list            name the scenarios";

/// What was asked for.
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct Arguments {
    pub(crate) seed: u64,
    pub(crate) scenarios: Vec<&'static Scenario>,
    pub(crate) strategies: Vec<&'static str>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) quick: bool,
    pub(crate) mistakes: bool,
    pub(crate) list: bool,
    pub(crate) help: bool,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self {
            seed: 1,
            scenarios: Vec::new(),
            strategies: Vec::new(),
            json: None,
            quick: false,
            mistakes: false,
            list: false,
            help: false,
        };
        while let Some(word) = words.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value = || inline.clone().or_else(|| words.next()).ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--seed" => read.seed = number(&value()?)?,
                "--scenario" => read.scenarios.push(scenario(&value()?)?),
                "--strategy" => read.strategies.push(strategy(&value()?)?),
                "--json" => read.json = Some(value()?.into()),
                "--quick" => read.quick = true,
                "--mistakes" => read.mistakes = true,
                "--list" => read.list = true,
                "--help" | "-h" => read.help = true,
                _ => return Err(format!("unknown argument {name}")),
            }
        }
        if read.scenarios.is_empty() {
            read.scenarios = scenarios::ALL.iter().collect();
        }
        if read.strategies.is_empty() {
            read.strategies = strategies::NAMES.to_vec();
        }
        Ok(read)
    }
}

fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("--seed {word}: must be a whole number from 0 to {}", u64::MAX))
}

fn scenario(name: &str) -> Result<&'static Scenario, String> {
    scenarios::find(name).ok_or_else(|| format!("--scenario {name}: there is none; --list names them"))
}

fn strategy(name: &str) -> Result<&'static str, String> {
    let found = strategies::NAMES.iter().find(|known| **known == name);
    found
        .copied()
        .ok_or_else(|| format!("--strategy {name}: there is none; there are {}", strategies::NAMES.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    fn read(words: &[&str]) -> Result<Arguments, String> {
        Arguments::read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn everything_is_played_unless_something_is_named() {
        let all = read(&[]).unwrap();
        assert!(all.scenarios.len() >= 10);
        assert_eq!(all.strategies.len(), 6);
        let one = read(&["--scenario", "bursts", "--strategy=gap", "--seed", "7"]).unwrap();
        assert_eq!((one.scenarios.len(), one.strategies, one.seed), (1, vec!["gap"], 7));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (words, complaint) in [
            (&["--seed", "x"][..], "--seed x"),
            (&["--seed"], "--seed needs a value"),
            (&["--scenario", "nowhere"], "--scenario nowhere"),
            (&["--strategy", "luck"], "--strategy luck"),
            (&["--frob"], "unknown argument --frob"),
        ] {
            let error = read(words).map(|_| ()).unwrap_err();
            assert!(error.contains(complaint), "{error}");
        }
    }
}
