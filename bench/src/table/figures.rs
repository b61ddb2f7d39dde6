//! What was measured, and its medians.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::table::peers::Row;

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Figure {
    /// CPU microseconds of the proxy per request of 1 kB.
    CpuSmall,
    /// The part of it that the thread with the usage ledger's database takes.
    CpuDatabase,
    /// The same with a prompt of 100 kB.
    CpuLarge,
    /// The same per stream of 100 events.
    CpuStream,
    /// The same per stream of 100 events that come 2 ms apart.
    CpuPacedStream,
    /// CPU microseconds of the proxy per request of 1 kB at the modest rate, where it sleeps and wakes in between.
    CpuAtRate,
    /// Requests of 1 kB per second.
    PerSecond,
    /// How much of a core the proxy took at that.
    CpuShare,
    /// Microseconds that the proxy adds to the median answer.
    AddedP50,
    /// The same for the slowest of a hundred.
    AddedP99,
    /// Microseconds that the proxy adds until the first event of a stream.
    AddedFirstEvent,
    /// Resident memory before the first request.
    IdleMegabytes,
    /// Resident memory with streams open.
    OpenMegabytes,
    /// From the start of the process to its first answer.
    StartMilliseconds,
}

/// All samples of a run.
#[derive(Debug, Default)]
pub(super) struct Samples(BTreeMap<(Row, Figure), Vec<f64>>);

// === impl Samples ===

impl Samples {
    pub(super) fn add(&mut self, row: Row, figure: Figure, value: f64) {
        self.0.entry((row, figure)).or_default().push(value);
    }

    /// The median of the rounds; `None` if there was nothing to measure.
    pub(super) fn median(&self, row: Row, figure: Figure) -> Option<f64> {
        median(self.0.get(&(row, figure))?)
    }

    /// The rows of which there is anything, in order.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.0.keys().map(|(row, _)| *row).collect();
        rows.dedup();
        rows
    }

    /// Everything, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (Row, Figure, &[f64])> {
        self.0.iter().map(|((row, figure), samples)| (*row, *figure, &**samples))
    }
}

/// The middle one, or the mean of the two middle ones.
pub(super) fn median(samples: &[f64]) -> Option<f64> {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    let upper = *samples.get(samples.len() / 2)?;
    Some(match samples.len().checked_rem(2) {
        Some(0) => f64::midpoint(*samples.get(samples.len() / 2 - 1)?, upper),
        _ => upper,
    })
}
