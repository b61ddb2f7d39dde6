//! What a run adds up to, read from the reports of the test runners.

use std::fmt;
use std::time::Duration;

/// Tests counted by their runner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Tests that held.
    pub(super) passed: u64,
    /// Tests that did not, or that could not run.
    pub(super) failed: u64,
    /// Tests that said why they did not run.
    pub(super) skipped: u64,
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It ran to its end; its tests, if it has any, may have failed.
    Done(Tally),
    /// It is itself the failure.
    Failed,
    /// The stage it stands on failed.
    Skipped(&'static str),
}

/// Stages in the order in which they ran. Displays as a table that closes with `N passed, M failed`.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<(&'static str, Duration, Outcome)>,
}

// === impl Tally ===

impl Tally {
    /// Adds up the `<testsuite>` elements of a JUnit report; `None` when there are none.
    pub(super) fn from_junit(xml: &str) -> Option<Self> {
        let mut tally = Self::default();
        let mut suites = 0;
        for tag in xml.split("<testsuite ").skip(1) {
            let attributes = tag.split('>').next().unwrap_or_default();
            let count =
                |name: &str| attribute(attributes, name).and_then(|value| value.parse::<u64>().ok()).unwrap_or(0);
            let failed = count("failures") + count("errors");
            let skipped = count("skipped") + count("disabled");
            tally.passed += count("tests").saturating_sub(failed + skipped);
            tally.failed += failed;
            tally.skipped += skipped;
            suites += 1;
        }
        (suites > 0).then_some(tally)
    }

    /// Reads the closing comments of node's TAP report; `None` when they are missing.
    pub(super) fn from_tap(tap: &str) -> Option<Self> {
        let count = |name: &str| {
            let line =
                tap.lines().rev().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(' '))?;
            line.trim().parse::<u64>().ok()
        };
        Some(Self {
            passed: count("pass")?,
            failed: count("fail")? + count("cancelled").unwrap_or(0),
            skipped: count("skipped").unwrap_or(0) + count("todo").unwrap_or(0),
        })
    }

    /// Adds up the `test result:` lines of cargo's own test runner.
    pub(super) fn from_cargo_test(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines().filter(|line| line.starts_with("test result:")) {
            let count = |what: &str| {
                line.split([';', '.'])
                    .find_map(|part| part.trim().strip_suffix(what)?.trim().parse::<u64>().ok())
                    .unwrap_or(0)
            };
            tally.passed += count(" passed");
            tally.failed += count(" failed");
            tally.skipped += count(" ignored");
        }
        tally
    }
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    attributes.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix("=\"")?.split('"').next())
}

// === impl Report ===

impl Report {
    /// Adds the next stage.
    pub(super) fn add(&mut self, stage: &'static str, took: Duration, outcome: Outcome) {
        self.rows.push((stage, took, outcome));
    }

    /// Whether this stage ran and failed, or was skipped because of another.
    pub(super) fn has_failed(&self, stage: &str) -> bool {
        self.rows.iter().any(|(name, _, outcome)| *name == stage && !matches!(outcome, Outcome::Done(_)))
    }

    /// Whether everything that ran held.
    pub(super) fn is_good(&self) -> bool {
        self.total().failed == 0
    }

    /// Tests of all stages; a stage that failed without one counts as a failed test, so that `0 failed` means good.
    fn total(&self) -> Tally {
        self.rows.iter().fold(Tally::default(), |total, (_, _, outcome)| match outcome {
            Outcome::Done(tally) => Tally {
                passed: total.passed + tally.passed,
                failed: total.failed + tally.failed,
                skipped: total.skipped + tally.skipped,
            },
            Outcome::Failed => Tally { failed: total.failed + 1, ..total },
            Outcome::Skipped(_) => total,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Duration = self.rows.iter().map(|(_, took, _)| *took).sum();
        for (stage, took, outcome) in &self.rows {
            writeln!(f, "{stage:<12} {:>7.1} s  {outcome}", took.as_secs_f64())?;
        }
        let total = self.total();
        writeln!(f, "{:<12} {:>7.1} s", "total", all.as_secs_f64())?;
        if total.skipped > 0 {
            writeln!(f, "{} skipped", total.skipped)?;
        }
        write!(f, "{} passed, {} failed", total.passed, total.failed)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(tally) if *tally == Tally::default() => f.write_str("ok"),
            Self::Done(tally) if tally.failed == 0 => write!(f, "ok, {} tests", tally.passed),
            Self::Done(tally) => write!(f, "FAILED, {} of {} tests", tally.failed, tally.passed + tally.failed),
            Self::Failed => f.write_str("FAILED"),
            Self::Skipped(base) => write!(f, "skipped: {base} failed"),
        }
    }
}

#[cfg(test)]
mod tests;
