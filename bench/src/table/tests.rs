use std::time::Duration;

use super::figures::{Figure, Samples, median};
use super::machine::Machine;
use super::peers::{Peer, Row};
use super::print::{Conditions, json, markdown};
use super::proc::{self, CpuTime};
use super::turned;
use crate::load::Route;

#[test]
fn the_median_is_the_middle() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[7.0]), Some(7.0));
    assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
    assert_eq!(median(&[9.0, 1.0, 5.0, 6.0]), Some(5.5));
}

#[test]
fn every_round_has_everybody_once_and_begins_elsewhere() {
    assert_eq!(turned(3, 0).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(turned(3, 1).collect::<Vec<_>>(), [1, 2, 0]);
    assert_eq!(turned(3, 5).collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!(turned(0, 4).count(), 0);
}

#[test]
fn a_process_may_be_called_what_it_likes() {
    let stat = "4242 (a) b (c)) S 1 4242 4242 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 3 0 1 2 3";
    assert_eq!(proc::ticks(stat), Some(300));
    for broken in ["", "1 (a", "1 (a) S 1 2 3", "1 (a) S 1 1 1 0 -1 4 1 0 0 0 x 50"] {
        assert_eq!(proc::ticks(broken), None, "{broken}");
    }
}

#[test]
fn time_on_a_core_is_the_first_number() {
    assert_eq!(proc::nanoseconds("123456 789 12\n"), Some(123_456));
    assert_eq!(proc::nanoseconds(""), None);
}

#[test]
fn core_lists_have_ranges() {
    assert_eq!(proc::cores("0-2,5"), [0, 1, 2, 5]);
    assert_eq!(proc::cores("3"), [3]);
    assert_eq!(proc::cores(""), [0_u32; 0]);
    assert_eq!(proc::cores("x,1"), [1]);
}

fn cpu(threads: &[(u32, u64)], ticks: u64) -> CpuTime {
    CpuTime { threads: threads.iter().copied().collect(), database: [3].into(), ticks }
}

#[test]
fn cpu_time_counts_threads_that_came_and_is_coarse_once_one_has_gone() {
    let before = cpu(&[(1, 1_000), (2, 500)], 100);
    assert_eq!(cpu(&[(1, 1_700), (2, 500), (3, 40)], 250).since(&before), Duration::from_nanos(740));
    assert_eq!(cpu(&[(1, 1_700), (3, 40)], 250).since(&before), Duration::from_millis(1_500));
    assert_eq!(cpu(&[], 103).since(&cpu(&[], 100)), Duration::from_millis(30));
    assert_eq!(cpu(&[(1, 9), (3, 70)], 0).of_database_since(&cpu(&[(3, 30)], 0)), Duration::from_nanos(40));
    assert_eq!(cpu(&[(1, 9), (3, 70)], 0).of_database_since(&cpu(&[], 0)), Duration::from_nanos(70));
}

#[test]
fn this_process_has_an_account() {
    let before = CpuTime::of(std::process::id()).unwrap();
    let after = CpuTime::of(std::process::id()).unwrap();
    assert!(after.ticks >= before.ticks);
    assert!(proc::resident_megabytes(std::process::id()).unwrap() > 0.1);
    assert!(CpuTime::of(0).is_err());
}

fn samples() -> Samples {
    let mut samples = Samples::default();
    for (peer, route, figure, value) in [
        (Peer::FloorJson, Route::Native, Figure::CpuSmall, 20.0),
        (Peer::FloorJson, Route::Native, Figure::CpuStream, 0.0),
        (Peer::FloorJson, Route::Openai, Figure::CpuSmall, 30.0),
        (Peer::Gap, Route::Native, Figure::CpuSmall, 25.0),
        (Peer::Gap, Route::Native, Figure::CpuDatabase, 4.0),
        (Peer::Gap, Route::Native, Figure::CpuStream, 9.0),
    ] {
        samples.add(Row { peer, route }, figure, value);
    }
    samples
}

fn conditions() -> Conditions {
    Conditions { rounds: 1, seconds: 2.0, rate: 1_000.0, streams: 1_000, keys: 100 }
}

#[test]
fn what_was_not_measured_is_a_dash_and_ratios_are_to_the_same_route() {
    let table = markdown(&Machine::look(), &conditions(), &samples());
    let lines: Vec<_> = table.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert_eq!(
        lines,
        [
            "| floor native | 20.0 | – | – | 0 | – | – | – | – | – | – | – | – | – |",
            "| floor OpenAI | 30.0 | – | – | – | – | – | – | – | – | – | – | – | – |",
            "| GAP native | 25.0 | 4.0 | – | 9 | – | – | – | – | – | – | – | – | – |",
            "| GAP native ÷ floor | **1.25×** | without: 1.05× | – | – | – | – | – |  |  |  |  |  |  |",
        ]
    );
}

#[test]
fn the_json_has_every_sample() {
    let json: serde_json::Value =
        serde_json::from_str(&json(&Machine::look(), &conditions(), &samples()).unwrap()).unwrap();
    assert_eq!(json["samples"].as_array().unwrap().len(), 6);
    assert_eq!(json["samples"][3]["peer"], "gap");
    assert_eq!(json["samples"][3]["figure"], "cpu_small");
    assert_eq!(json["samples"][3]["samples"][0], 25.0);
    assert_eq!(json["conditions"]["keys"], 100);
}
