//! What a dashboard asks of a long log, in a SQLite file: the log is filled once, then each question is asked many times.
//! The goal is 100 ms at ten million records; sums answer, so it is their number that counts and not the records'.
//!
//! `GAP_BENCH_RECORDS=10000000 cargo bench -p gap-store --bench questions`; without the variable, a million.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on ends, and says what it found")]
#![expect(clippy::disallowed_methods, reason = "a bench has no settings")]

use std::time::Duration;

use gap_store::usage::ledger::{self, LedgerOptions};
use gap_store::usage::log::LogFilter;
use gap_store::usage::sums::{Axis, GroupBy, Period, Question};
use gap_store::usage::{Tokens, UsageRecord};
use gap_store::{Address, Options, SecretKeys, Store};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

const USUAL: u64 = 1_000_000;
const DAYS: i64 = 30;
const ASKED: usize = 20;

fn main() {
    let records = std::env::var("GAP_BENCH_RECORDS").map_or(USUAL, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    let end: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
    let secrets = SecretKeys::new(SecretString::from("0123456789abcdef0123456789abcdef"));
    let options = Options::new(Address::File(folder.path().join("gap.db")), secrets);
    let store = runtime.block_on(Store::open(options, end)).unwrap();
    runtime.block_on(fill(&store, records, end));
    for (name, question) in questions(end) {
        let mut times: Vec<Duration> = (0..ASKED)
            .map(|_| {
                let began = Instant::now();
                let rows = runtime.block_on(store.usage().sum(&question)).unwrap();
                assert!(!rows.is_empty(), "{name}");
                began.elapsed()
            })
            .collect();
        report(name, &mut times);
    }
    let newest = LogFilter::default();
    let mut times: Vec<Duration> = (0..ASKED)
        .map(|_| {
            let began = Instant::now();
            assert_eq!(runtime.block_on(store.usage().log(&newest, 50)).unwrap().len(), 50);
            began.elapsed()
        })
        .collect();
    report("the newest page of the log", &mut times);
}

fn report(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    println!("{name}: p50 {:.2?}, slowest {:.2?}", times[times.len() / 2], times[times.len() - 1]);
}

fn questions(end: Timestamp) -> Vec<(&'static str, Question)> {
    let since = |days: i64| end - SignedDuration::from_hours(24 * days)..end;
    let all = Question {
        period: Period::Day,
        axis: Axis::AccessKey,
        time: since(DAYS),
        name: None,
        model: None,
        group_by: GroupBy::Nothing,
    };
    vec![
        ("totals of 30 days", all.clone()),
        ("a curve of 30 days", Question { group_by: GroupBy::Time, ..all.clone() }),
        ("models of 30 days", Question { group_by: GroupBy::Model, ..all.clone() }),
        ("upstream keys of 30 days", Question { axis: Axis::UpstreamKey, group_by: GroupBy::Name, ..all.clone() }),
        ("addresses of 30 days", Question { axis: Axis::Address, group_by: GroupBy::Name, ..all.clone() }),
        (
            "a curve of 3 days by hour",
            Question { period: Period::Hour, time: since(3), group_by: GroupBy::Time, ..all },
        ),
    ]
}

/// A month of a service with 50 upstream keys, 20 access keys, 4 models and some hundred clients.
async fn fill(store: &Store, records: u64, end: Timestamp) {
    let (ledger, writer) = ledger::open(store, LedgerOptions::default());
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    let began = Instant::now();
    let step = DAYS * 24 * 3_600_000 / i64::try_from(records).unwrap();
    for number in 0..records {
        let back = SignedDuration::from_millis(step * i64::try_from(records - number).unwrap());
        ledger.reserve().await.unwrap().fill(UsageRecord {
            id: Uuid::now_v7(),
            at: end - back,
            access_key: Uuid::from_u64_pair(1, number % 20).to_string(),
            address: format!("192.0.2.{}", number * 7 % 250),
            dialect: "openai".to_owned(),
            method: "chat.completions".to_owned(),
            model: format!("gemini-2.5-{}", number * 11 % 4),
            project: format!("p{}", number * 3 % 25),
            upstream_key: Uuid::from_u64_pair(2, number * 3 % 50).to_string(),
            attempts: 1,
            status: 200,
            tokens: Tokens { prompt: 1_000, cached: 300, thoughts: 200, tool: 0, output: 400 },
            cost_nanos: 123_456,
            duration_ms: 2_300,
            ..UsageRecord::default()
        });
    }
    ledger.flush().await.unwrap();
    ledger.end();
    tasks.join_all().await;
    println!("{records} records of {DAYS} days written in {:.1?}", began.elapsed());
}
