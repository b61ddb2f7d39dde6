//! What a run has shown.

use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Significant digits of a time.
const DIGITS: u8 = 3;

/// What came of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Measured(Report),
    /// The target does not have this route.
    NotServed {
        status: u16,
    },
}

/// The figures of a run; every request of it was answered rightly.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Report {
    /// Requests answered, without the one that found out whether the route exists.
    pub requests: u64,
    /// From the first request to the last answer.
    pub seconds: f64,
    pub per_second: f64,
    /// From departure to the last byte.
    pub total: Times,
    /// From departure to the first event, for streams.
    pub first_event: Option<Times>,
    /// How often the target closed a connection between two requests.
    pub reconnects: u64,
}

/// Quantiles in microseconds.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Times {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

/// Counts while a run lasts.
#[derive(Debug)]
pub(super) struct Tally {
    admitted: u64,
    pub reconnects: u64,
    total: Histogram<u64>,
    first_event: Option<Histogram<u64>>,
}

// === impl Tally ===

impl Tally {
    pub(super) fn new(stream: bool) -> anyhow::Result<Self> {
        let first_event = if stream { Some(histogram()?) } else { None };
        Ok(Self { admitted: 0, reconnects: 0, total: histogram()?, first_event })
    }

    /// Whether one more request stays within `most`; if so it is taken.
    pub(super) fn admit(&mut self, most: u64) -> bool {
        let admitted = self.admitted < most;
        self.admitted += u64::from(admitted);
        admitted
    }

    /// Counts an answered request.
    pub(super) fn count(&mut self, first: Duration, total: Duration) -> anyhow::Result<()> {
        self.total.record(nanoseconds(total)).context("a time cannot be counted")?;
        if let Some(first_event) = &mut self.first_event {
            first_event.record(nanoseconds(first)).context("a time cannot be counted")?;
        }
        Ok(())
    }

    pub(super) fn report(&self, seconds: f64) -> Report {
        let requests = self.total.len();
        Report {
            requests,
            seconds,
            per_second: requests as f64 / seconds,
            total: Times::of(&self.total),
            first_event: self.first_event.as_ref().map(Times::of),
            reconnects: self.reconnects,
        }
    }
}

fn histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new(DIGITS).context("no histogram has so many digits")
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

// === impl Times ===

impl Times {
    fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        Self { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: histogram.max() as f64 / 1_000.0 }
    }
}
