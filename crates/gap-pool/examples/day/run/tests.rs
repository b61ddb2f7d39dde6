//! Runs as a whole.

use super::run;
use crate::scenarios;
use crate::strategies;

#[test]
fn every_request_ends_exactly_once_with_every_strategy() {
    let play = scenarios::find("everything").unwrap().play(3, true);
    for name in strategies::NAMES {
        let mut strategy = strategies::named(name, &play.world, 3).unwrap();
        let tally = run(&play.world, &play.requests, 3, strategy.as_mut());
        assert_eq!(tally.answered as u64 + tally.failed, play.requests.len() as u64, "{name}");
        assert!(tally.calls >= tally.answered as u64, "{name}");
    }
}

#[test]
fn no_strategy_beats_the_oracle() {
    for scenario in scenarios::ALL {
        let play = scenario.play(4, true);
        let possible = crate::oracle::bound(&play.world, &play.requests);
        for name in ["gap", "random"] {
            let mut strategy = strategies::named(name, &play.world, 4).unwrap();
            let tally = run(&play.world, &play.requests, 4, strategy.as_mut());
            assert!(tally.answered <= possible, "{name} in {}: {} of {possible}", scenario.name, tally.answered);
        }
    }
}
