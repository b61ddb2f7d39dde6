use std::time::Duration;

use super::{Outcome, Report, Tally};

fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
    Tally { passed, failed, skipped }
}

#[test]
fn nextest_suites_are_added_up() {
    let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="7" failures="1" errors="0" uuid="x" timestamp="2026" time="3.2">
    <testsuite name="gap-pool" tests="4" disabled="0" errors="0" failures="1">
        <testcase name="a" classname="gap-pool"><failure message="tests=&quot;9&quot;"/></testcase>
    </testsuite>
    <testsuite name="gap" tests="3" disabled="0" errors="1" failures="0"/>
</testsuites>"#;
    assert_eq!(Tally::from_junit(xml), Some(tally(5, 2, 0)));
}

#[test]
fn pytest_counts_skipped_tests_apart() {
    let xml = r#"<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1.2"/></testsuites>"#;
    assert_eq!(Tally::from_junit(xml), Some(tally(4, 3, 3)));
}

#[test]
fn no_report_is_not_an_empty_one() {
    assert_eq!(Tally::from_junit(""), None);
    assert_eq!(Tally::from_junit("<testsuites/>"), None);
    assert_eq!(Tally::from_tap(""), None);
    assert_eq!(
        Tally::from_tap("TAP version 13\nok 1 - a\n# pass 1\n"),
        None,
        "a run that was cut has no count of failures"
    );
}

#[test]
fn node_counts_are_read_from_its_closing_lines() {
    let tap = "ok 1 - prints # pass 99\n1..3\n# tests 6\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n# duration_ms 5\n";
    assert_eq!(Tally::from_tap(tap), Some(tally(2, 2, 2)));
}

#[test]
fn cargo_results_are_added_up() {
    let output = "test a ... ok\n\
        test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
        test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
    assert_eq!(Tally::from_cargo_test(output), tally(15, 2, 1));
}

#[test]
fn the_last_line_is_the_sum() {
    let mut report = Report::default();
    report.add("fmt", Duration::from_secs(1), Outcome::Done(Tally::default()));
    report.add("test", Duration::from_millis(2500), Outcome::Done(tally(40, 0, 1)));
    report.add("e2e-js", Duration::from_secs(3), Outcome::Done(tally(9, 1, 0)));
    assert_eq!(
        report.to_string(),
        "fmt              1.0 s  ok\n\
         test             2.5 s  ok, 40 tests\n\
         e2e-js           3.0 s  FAILED, 1 of 10 tests\n\
         total            6.5 s\n\
         1 skipped\n\
         49 passed, 1 failed"
    );
    assert!(!report.is_good());
}

#[test]
fn a_stage_that_fails_without_tests_is_a_failure_and_bars_what_stands_on_it() {
    let mut report = Report::default();
    report.add("build", Duration::from_secs(1), Outcome::Failed);
    report.add("test", Duration::ZERO, Outcome::Skipped("build"));
    assert!(!report.is_good());
    assert!(report.has_failed("build"));
    assert!(report.has_failed("test"), "what stands on a skipped stage is skipped too");
    assert!(!report.has_failed("fmt"), "what did not run has not failed");
    assert!(report.to_string().ends_with("\n0 passed, 1 failed"));
}
