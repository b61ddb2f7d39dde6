//! Results, as a table for people and as JSON for everybody else.

use std::fmt::Write as _;

use serde::Serialize;

use crate::ledger::Tally;
use crate::world::Millis;

/// One scenario with one strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) scenario: &'static str,
    pub(crate) strategy: &'static str,
    /// Answered requests over those that the oracle says could have been; 0 to 1.
    pub(crate) goodput_vs_oracle: f64,
    /// 429s from the upstream in a thousand calls to it.
    pub(crate) upstream_429_per_1000: f64,
    /// Requests in a thousand that ended without an answer.
    pub(crate) client_errors_per_1000: f64,
    /// How long answered requests waited to be sent, failed tries included: half of them at most so long.
    pub(crate) wait_p50_s: f64,
    /// 99 of 100 at most so long.
    pub(crate) wait_p99_s: f64,
    /// Calls to keys and buckets that earlier answers had said to rest.
    pub(crate) sent_to_resting: u64,
    /// The largest load among equal keys over their mean.
    pub(crate) spread: f64,
    /// 429s in a thousand calls about limits that were known when the call was sent.
    pub(crate) upstream_429_after_learning_per_1000: f64,
    /// Like `client_errors_per_1000`, of the client that fared worst.
    pub(crate) worst_client_errors_per_1000: f64,
    pub(crate) requests: usize,
    pub(crate) answered: usize,
    /// Calls to the upstream.
    pub(crate) calls: u64,
}

impl Row {
    /// What a strategy did, where `possible` requests could have been answered.
    pub(crate) fn of(scenario: &'static str, strategy: &'static str, tally: &Tally, possible: usize) -> Self {
        let thousandth = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 * 1000.0 / whole as f64 };
        Self {
            scenario,
            strategy,
            goodput_vs_oracle: rounded(tally.answered as f64 / possible.max(1) as f64),
            upstream_429_per_1000: rounded(thousandth(tally.refused, tally.calls)),
            client_errors_per_1000: rounded(thousandth(tally.failed, tally.requests as u64)),
            wait_p50_s: seconds(tally.wait_p50),
            wait_p99_s: seconds(tally.wait_p99),
            sent_to_resting: tally.sent_to_resting,
            spread: rounded(tally.spread),
            upstream_429_after_learning_per_1000: rounded(thousandth(tally.refused_after_learning, tally.calls)),
            worst_client_errors_per_1000: rounded(tally.worst_client * 1000.0),
            requests: tally.requests,
            answered: tally.answered,
            calls: tally.calls,
        }
    }

    /// The oracle: a bound and no schedule, so it neither waits nor errs.
    pub(crate) fn of_oracle(scenario: &'static str, requests: usize, possible: usize) -> Self {
        let failed = (requests - possible) as u64;
        let tally =
            Tally { requests, answered: possible, calls: possible as u64, failed, spread: 1.0, ..Tally::default() };
        Self::of(scenario, "oracle", &tally, possible)
    }
}

/// The table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = format!(
        "{:<16} {:<20} {:>8} {:>9} {:>9} {:>9} {:>7} {:>7} {:>9} {:>7}\n",
        "scenario", "strategy", "goodput", "429/1000", "known429", "errors", "p50 s", "p99 s", "resting", "spread"
    );
    let mut previous = "";
    for row in rows {
        if !previous.is_empty() && previous != row.scenario {
            table.push('\n');
        }
        previous = row.scenario;
        _ = writeln!(
            table,
            "{:<16} {:<20} {:>8.4} {:>9.2} {:>9.2} {:>9.2} {:>7.2} {:>7.2} {:>9} {:>7.2}",
            row.scenario,
            row.strategy,
            row.goodput_vs_oracle,
            row.upstream_429_per_1000,
            row.upstream_429_after_learning_per_1000,
            row.client_errors_per_1000,
            row.wait_p50_s,
            row.wait_p99_s,
            row.sent_to_resting,
            row.spread,
        );
    }
    table
}

fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}

fn seconds(time: Millis) -> f64 {
    time as f64 / 1000.0
}
