//! Many at once: no lock error, no lost row, however many write and read.

use gap_store::usage::ledger::{self, LedgerOptions};
use gap_store::usage::log::LogFilter;
use gap_store::usage::sums::{Axis, GroupBy, Period, Question};
use gap_store::{Store, StoreError};
use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{On, TestDb, now};
use crate::usage::record;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_and_readers_never_find_the_database_locked(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    const WRITERS: usize = 8;
    const WRITES: usize = 60;
    const RECORDS: usize = 4_000;
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    // Another process, as far as the database can tell.
    let other = if on == On::Memory { store.clone() } else { db.open().await };
    let (ledger, writer) = ledger::open(&store, LedgerOptions::default());
    let mut background = JoinSet::new();
    background.spawn(writer.run());

    let done = Arc::new(AtomicBool::new(false));
    let mut readers: JoinSet<Result<u32, StoreError>> = JoinSet::new();
    for reader in 0..4 {
        let (store, done) = (if reader % 2 == 0 { store.clone() } else { other.clone() }, Arc::clone(&done));
        readers.spawn(async move {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                read(&store).await?;
                reads += 1;
            }
            Ok(reads)
        });
    }
    let mut writers: JoinSet<Result<(), StoreError>> = JoinSet::new();
    for writer in 0..WRITERS {
        let store = if writer % 2 == 0 { store.clone() } else { other.clone() };
        writers.spawn(async move {
            for number in 0..WRITES {
                let change = BTreeMap::from([(format!("setting {writer} {number}"), Some(json!(number)))]);
                store.settings().put(&change, "load", now()).await?;
            }
            Ok(())
        });
    }
    for _ in 0..RECORDS {
        ledger.reserve().await.unwrap().fill(record(now()));
    }
    for result in writers.join_all().await {
        result.unwrap();
    }
    ledger.end();
    background.join_all().await;
    done.store(true, Ordering::Relaxed);
    for reads in readers.join_all().await {
        assert!(reads.unwrap() > 0);
    }

    assert_eq!(store.settings().list().await.unwrap().len(), WRITERS * WRITES);
    let counts = ledger.counts();
    assert_eq!((counts.written, counts.lost, counts.failures), (RECORDS as u64, 0, 0));
    assert_eq!(read(&store).await.unwrap(), RECORDS);
    if on != On::Memory {
        other.close().await;
    }
    store.close().await;
}

/// Seconds for which the next test writes; `cargo xtask soak writes` asks for more.
const SECONDS: &str = "GAP_TEST_WRITES_SECONDS";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a test has no settings")]
async fn five_hundred_records_a_second_are_all_there_whoever_reads_meanwhile() {
    const EVERY: Duration = Duration::from_millis(20);
    const AT_ONCE: u64 = 10;
    let seconds: u64 = std::env::var(SECONDS).ok().map_or(4, |text| text.parse().expect(SECONDS));
    let db = TestDb::new(On::File).await.unwrap();
    let store = db.open().await;
    // Another process that reads, as far as the database can tell.
    let other = db.open().await;
    let (ledger, writer) = ledger::open(&store, LedgerOptions::default());
    let mut background = JoinSet::new();
    background.spawn(writer.run());
    let done = Arc::new(AtomicBool::new(false));
    let mut readers: JoinSet<Result<u32, StoreError>> = JoinSet::new();
    for store in [store.clone(), other.clone(), other.clone()] {
        let done = Arc::clone(&done);
        readers.spawn(async move {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                read(&store).await?;
                reads += 1;
            }
            Ok(reads)
        });
    }
    let began = Instant::now();
    let mut beat = tokio::time::interval(EVERY);
    let mut slowest = Duration::ZERO;
    let mut filled = 0;
    while filled < 500 * seconds {
        beat.tick().await;
        for _ in 0..AT_ONCE {
            let asked = Instant::now();
            ledger.reserve().await.unwrap().fill(record(now()));
            slowest = slowest.max(asked.elapsed());
            filled += 1;
        }
    }
    let took = began.elapsed();
    ledger.end();
    background.join_all().await;
    done.store(true, Ordering::Relaxed);
    let reads: u32 = readers.join_all().await.into_iter().map(|reads| reads.expect("no reader finds it locked")).sum();
    let counts = ledger.counts();
    println!(
        "{filled} records in {took:.1?} beside {reads} reads; no request waited longer than {slowest:.1?} for its place"
    );
    assert_eq!((counts.written, counts.lost, counts.failures), (filled, 0, 0));
    assert_eq!(read(&store).await.unwrap() as u64, filled);
    assert!(reads > 0);
    other.close().await;
    store.close().await;
}

/// What a dashboard asks; returns how many requests there were.
async fn read(store: &Store) -> Result<usize, StoreError> {
    store.usage().log(&LogFilter::default(), 20).await?;
    let question = Question {
        period: Period::Day,
        axis: Axis::AccessKey,
        time: Timestamp::MIN..Timestamp::MAX,
        name: None,
        model: None,
        group_by: GroupBy::Nothing,
    };
    let sums = store.usage().sum(&question).await?;
    Ok(sums.first().map_or(0, |sum| usize::try_from(sum.totals.requests).unwrap()))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_given_up_harms_nobody(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for number in 0..150_u32 {
        let change = BTreeMap::from([("given up".to_owned(), Some(json!(number)))]);
        let settings = store.settings();
        let write = settings.put(&change, "nobody", now());
        tokio::pin!(write);
        // Polled some times and then dropped, wherever it is: as when a client hangs up.
        for _ in 0..number % 9 {
            tokio::select! {
                biased;
                _ = &mut write => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    let change = BTreeMap::from([("kept".to_owned(), Some(json!(1)))]);
    store.settings().put(&change, "somebody", now()).await.unwrap();
    let list = store.settings().list().await.unwrap();
    assert!(list.iter().any(|setting| setting.name == "kept"));
    store.close().await;
}
