//! What the usage ledger costs a request on its own thread: CPU time of the thread, for the end of a chat that one key
//! answered, with the ledger and without. The goal for all that is written of a request is 10 µs.
//!
//! `cargo bench -p gap --bench ledger`
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on ends")]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use gap::caller::{Caller, Role};
use gap::clock::Clock;
use gap::config::UpstreamKey;
use gap::dialect::Dialect;
use gap::keyring::{Keyring, Patience, Terms};
use gap::ledger::{Books, Entry};
use gap::lifecycle::Lifecycle;
use gap::middleware::Visit;
use gap::models::Models;
use gap::receipt::{Facts, Receipt};
use gap_pool::{Need, Tried};
use gap_protocol::meter::{Findings, Usage};
use gap_store::{Address, Options, SecretKeys, Store};
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::SecretString;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use uuid::Uuid;

/// Requests between two waits for the writer, which has a thread of its own. Many: the system counts a thread's time by
/// its ticks of some milliseconds.
const BATCH: u64 = 8_000;

fn end_of_a_request(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let clock = Clock::system();
    let lifecycle = Lifecycle::default();
    let secrets = SecretKeys::new(SecretString::from("0123456789abcdef0123456789abcdef"));
    let store = runtime.block_on(Store::open(Options::new(Address::Memory, secrets), clock.now())).unwrap();
    let books = Books::new(&store, Models::load(None, &[]).unwrap(), clock.clone(), 1_000, None);
    runtime.block_on(async { books.begin(&lifecycle) });
    let ring = Keyring::new(Terms::default(), clock.clone(), lifecycle.clone());
    let keys: Vec<_> = (0..100)
        .map(|at| UpstreamKey { project: None, secret: SecretString::from(format!("sim-upstream-key-{at:04}")) })
        .collect();
    ring.add_all(&keys).unwrap();

    let mut group = criterion.benchmark_group("end_of_a_request");
    group.sample_size(20).measurement_time(Duration::from_secs(6));
    for with_ledger in [true, false] {
        group.bench_function(if with_ledger { "with_ledger" } else { "without" }, |bencher| {
            bencher.iter_custom(|requests| {
                let mut spent = Duration::ZERO;
                let mut left = requests;
                while left > 0 {
                    let batch = if with_ledger { left.min(BATCH) } else { left };
                    left -= batch;
                    spent += runtime.block_on(async {
                        let before = cpu_time();
                        for _ in 0..batch {
                            let entry = if with_ledger {
                                books.open(Uuid::now_v7(), &HeaderMap::new()).await.unwrap()
                            } else {
                                Entry::default()
                            };
                            one(&ring, entry).await;
                        }
                        cpu_time().saturating_sub(before)
                    });
                    runtime.block_on(books.settle());
                }
                spent
            });
        });
    }
    group.finish();
    runtime.block_on(lifecycle.finish(Duration::from_secs(5)));
}

async fn one(ring: &Keyring, entry: Entry) {
    entry.admit(&"env:user-1".into());
    let visit = Visit {
        id: HeaderValue::from_static("0190a1b2c3d47000800000000000000a"),
        dialect: Dialect::OpenAi,
        began: Instant::now(),
        peer: ([192, 0, 2, 7], 40_000).into(),
        client: [192, 0, 2, 7].into(),
        entry,
    };
    let request_line = "POST /v1/chat/completions".to_owned();
    let model = Some("gemini-2.5-flash".to_owned());
    let mut receipt = Receipt::begin(Facts {
        visit,
        caller: Caller::new("env:user-1", "user-1", Role::User),
        request_line,
        model: model.clone(),
    });
    let need = Need { model: Some("gemini-2.5-flash".into()), ..Need::default() };
    let patience = Patience { asker: 1, until: Instant::now() };
    let mut lease = ring.lease(&need, &Tried::default(), patience).await.unwrap();
    receipt.decided(lease.take_ranking(), Duration::ZERO);
    receipt.attempt_began(&lease);
    receipt.attempt_answered(lease);
    receipt.committed(StatusCode::OK);
    let usage = Usage { prompt: 1_200, cached: 800, candidates: 300, thoughts: 120, total: 1_620, ..Usage::default() };
    receipt.completed(&Findings { usage: Some(usage), ..Findings::default() });
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

criterion_group!(benches, end_of_a_request);
criterion_main!(benches);
