//! What a usage record costs: CPU time of the whole process, the writer's task and SQLite's thread together, because the
//! time on the clock is mostly the disk's. The goal is 60 µs a record at 500 records a second.
//!
//! `cargo bench -p gap-store`; figures are per batch, and per record in the line `thrpt`.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on ends")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gap_store::usage::ledger::{self, LedgerOptions};
use gap_store::usage::{Tokens, UsageRecord};
use gap_store::{Address, Options, SecretKeys, Store};
use jiff::{Span, Timestamp};
use secrecy::SecretString;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use uuid::Uuid;

/// What is gathered in 125 ms at 500 requests a second, and at 8.
const BATCHES: [u64; 2] = [62, 1];

fn writer(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
    let secrets = SecretKeys::new(SecretString::from("0123456789abcdef0123456789abcdef"));
    let options = Options::new(Address::File(folder.path().join("gap.db")), secrets);
    let store = runtime.block_on(Store::open(options, start)).unwrap();
    let (ledger, writer) = ledger::open(&store, LedgerOptions::default());
    let mut tasks = JoinSet::new();
    tasks.spawn_on(writer.run(), runtime.handle());

    let mut group = criterion.benchmark_group("cpu_of_a_batch");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    let mut number = 0;
    for batch in BATCHES {
        group.throughput(Throughput::Elements(batch));
        group.bench_function(BenchmarkId::from_parameter(batch), |bencher| {
            bencher.iter_custom(|batches| {
                let records: Vec<_> = (0..batches * batch).map(|at| record(start, number + at)).collect();
                number += batches * batch;
                let before = cpu_time();
                runtime.block_on(async {
                    let mut records = records.into_iter();
                    for _ in 0..batches {
                        for record in records.by_ref().take(usize::try_from(batch).unwrap()) {
                            ledger.reserve().await.unwrap().fill(record);
                        }
                        ledger.flush().await.unwrap();
                    }
                });
                cpu_time().saturating_sub(before)
            });
        });
    }
    group.finish();
    ledger.end();
    runtime.block_on(tasks.join_all());
    assert_eq!(ledger.counts().written, number);
}

/// A service with 50 upstream keys, 20 access keys and some hundred clients.
fn record(start: Timestamp, number: u64) -> UsageRecord {
    UsageRecord {
        id: Uuid::now_v7(),
        at: start + Span::new().milliseconds(i64::try_from(number * 2).unwrap()),
        access_key: Uuid::from_u64_pair(1, number % 20).to_string(),
        address: format!("192.0.2.{}", number * 7 % 250),
        dialect: "openai".to_owned(),
        method: "chat.completions".to_owned(),
        model: format!("gemini-2.5-{}", number % 4),
        project: format!("p{}", number * 3 % 25),
        upstream_key: Uuid::from_u64_pair(2, number * 3 % 50).to_string(),
        attempts: 1,
        status: 200,
        streamed: true,
        tokens: Tokens { prompt: 1_000, cached: 300, thoughts: 200, tool: 0, output: 400 },
        by_modality: [("prompt/text".to_owned(), 1_000)].into(),
        cost_nanos: 123_456,
        first_token_ms: Some(410),
        duration_ms: 2_300,
        explanation: Some(
            r#"{"candidates":50,"best":[{"key":"k1","score":0.93},{"key":"k2","score":0.92}]}"#.to_owned(),
        ),
        ..UsageRecord::default()
    }
}

/// CPU time of this process so far, as Linux counts it: in hundredths of a second, which long samples even out.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name, in brackets, may hold anything; what follows it does not.
    let after_name = stat.rsplit(')').next().unwrap();
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).map(|word| word.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

criterion_group!(benches, writer);
criterion_main!(benches);
