//! The table as Markdown for people and as JSON for programs.

use std::fmt::Write;

use serde::Serialize;
use serde_json::json;

use crate::load::Route;
use crate::table::figures::{Figure, Samples};
use crate::table::machine::Machine;
use crate::table::peers::{Peer, Row};

const DASH: &str = "–";
const COLUMNS: usize = 14;

/// How it was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Conditions {
    pub rounds: usize,
    pub seconds: f64,
    pub rate: f64,
    pub streams: usize,
    pub keys: usize,
}

/// The table with what must be known to read it.
pub(super) fn markdown(machine: &Machine, conditions: &Conditions, samples: &Samples) -> String {
    let Conditions { rounds, seconds, rate, streams, keys } = conditions;
    let mut text = format!(
        "{}\nMedians of {rounds} interleaved rounds, {seconds} s a run; {keys} upstream keys in GAP's pool.\n\n",
        machine.describe()
    );
    let heads = [
        "peer and route",
        "CPU µs: 1 kB",
        "of it the ledger's database",
        "100 kB",
        "100 events",
        "100 events, 2 ms apart",
        &format!("1 kB at {rate}/s"),
        "req/s on one core",
        &format!("added µs at {rate}/s: p50"),
        "p99",
        "added µs to first event",
        "MB idle",
        &format!("MB, {streams} streams"),
        "start ms",
    ];
    line(&mut text, heads.map(str::to_owned));
    line(&mut text, heads.map(|head| if head == heads[0] { "---" } else { "---:" }.to_owned()));
    for row in samples.rows() {
        line(&mut text, measured(row, samples));
    }
    for route in [Route::Native, Route::Openai] {
        let gap = Row { peer: Peer::Gap, route };
        if samples.median(gap, Figure::CpuSmall).is_some() {
            line(&mut text, ratios(gap, Row { peer: Peer::FloorJson, route }, samples));
        }
    }
    text
}

/// Every sample of every round.
pub(super) fn json(machine: &Machine, conditions: &Conditions, samples: &Samples) -> serde_json::Result<String> {
    let samples: Vec<_> = samples
        .all()
        .map(|(row, figure, values)| {
            json!({
                "peer": row.peer,
                "route": row.route,
                "figure": figure,
                "median": samples.median(row, figure),
                "samples": values,
            })
        })
        .collect();
    serde_json::to_string_pretty(&json!({"machine": machine, "conditions": conditions, "samples": samples}))
}

fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    for cell in cells {
        // Writing to a string does not fail.
        let _ = write!(text, "| {cell} ");
    }
    text.push_str("|\n");
}

fn measured(row: Row, samples: &Samples) -> [String; COLUMNS] {
    let show = |figure, digits: usize| match samples.median(row, figure) {
        Some(value) => format!("{value:.digits$}"),
        None => DASH.to_owned(),
    };
    [
        row.to_string(),
        show(Figure::CpuSmall, 1),
        show(Figure::CpuDatabase, 1),
        show(Figure::CpuLarge, 0),
        show(Figure::CpuStream, 0),
        show(Figure::CpuPacedStream, 0),
        show(Figure::CpuAtRate, 0),
        show(Figure::PerSecond, 0),
        show(Figure::AddedP50, 0),
        show(Figure::AddedP99, 0),
        show(Figure::AddedFirstEvent, 0),
        show(Figure::IdleMegabytes, 1),
        show(Figure::OpenMegabytes, 1),
        show(Figure::StartMilliseconds, 0),
    ]
}

/// What has a limit as a ratio, as a ratio.
fn ratios(row: Row, floor: Row, samples: &Samples) -> [String; COLUMNS] {
    let ratio = |figure| match (samples.median(row, figure), samples.median(floor, figure)) {
        (Some(value), Some(least)) if least > 0.0 => format!("**{:.2}×**", value / least),
        _ => DASH.to_owned(),
    };
    let mut cells: [String; COLUMNS] = std::array::from_fn(|_| String::new());
    let without_database = || {
        let part = samples.median(row, Figure::CpuDatabase)?;
        let (whole, least) = (samples.median(row, Figure::CpuSmall)?, samples.median(floor, Figure::CpuSmall)?);
        (least > 0.0).then(|| format!("without: {:.2}×", (whole - part) / least))
    };
    let [name, small, database, large, stream, paced, at_rate, per_second, ..] = &mut cells;
    *name = format!("{row} ÷ floor");
    *small = ratio(Figure::CpuSmall);
    *database = without_database().unwrap_or_default();
    *large = ratio(Figure::CpuLarge);
    *stream = ratio(Figure::CpuStream);
    *paced = ratio(Figure::CpuPacedStream);
    *at_rate = ratio(Figure::CpuAtRate);
    *per_second = ratio(Figure::PerSecond);
    cells
}
