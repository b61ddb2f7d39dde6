//! How records come in: slots, batches, a database that is away, an orderly end.

use std::time::Duration;

use gap_store::StoreError;
use gap_store::usage::ledger::{self, LedgerOptions};
use gap_store::usage::log::LogFilter;
use rstest::rstest;
use tokio::task::JoinSet;

use crate::support::{On, TestDb, now};
use crate::usage::record;

#[rstest]
#[tokio::test]
async fn an_orderly_end_loses_nothing_that_is_under_way(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let (ledger, writer) = ledger::open(&store, LedgerOptions::default());
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    let mut slots = Vec::new();
    for _ in 0..50 {
        slots.push(ledger.reserve().await.unwrap());
    }
    ledger.end();
    // Requests that are under way when the end is asked for fill their slots later; some never do.
    slots.truncate(40);
    for slot in slots {
        slot.fill(record(now()));
        tokio::task::yield_now().await;
    }
    tasks.join_all().await;
    assert!(matches!(ledger.reserve().await, Err(StoreError::Closed)));
    assert!(ledger.try_reserve().is_none());
    ledger.end();
    assert_eq!(store.usage().log(&LogFilter::default(), 100).await.unwrap().len(), 40);
    let counts = ledger.counts();
    assert_eq!((counts.written, counts.lost), (40, 0));
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn slots_are_bounded_and_come_back(#[values(On::Memory)] on: On) {
    let db = TestDb::new(on).await.unwrap();
    let store = db.open().await;
    let (ledger, writer) = ledger::open(&store, LedgerOptions { slots: 3, ..LedgerOptions::default() });
    let slots = [ledger.try_reserve().unwrap(), ledger.try_reserve().unwrap(), ledger.try_reserve().unwrap()];
    assert!(ledger.try_reserve().is_none());
    assert_eq!(ledger.counts().slots_in_use, 3);
    let [one, two, three] = slots;
    // A request that came to nothing gives its slot back.
    drop(one);
    two.fill(record(now()));
    assert!(ledger.try_reserve().is_some());
    three.fill(record(now()));
    assert_eq!(ledger.counts().slots_in_use, 2);
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    ledger.flush().await.unwrap();
    assert_eq!((ledger.counts().written, ledger.counts().slots_in_use), (2, 0));
    drop(ledger);
    tasks.join_all().await;
}

#[rstest]
#[tokio::test]
async fn a_flush_writes_what_is_there_without_waiting_for_the_batch(
    #[values(On::File, On::Memory, On::Postgres)] on: On,
) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    // A batch that would wait for an hour.
    let options = LedgerOptions { interval: Duration::from_hours(1), ..LedgerOptions::default() };
    let (ledger, writer) = ledger::open(&store, options);
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    for count in 1..=3 {
        for _ in 0..700 {
            ledger.reserve().await.unwrap().fill(record(now()));
        }
        ledger.flush().await.unwrap();
        assert_eq!(ledger.counts().written, count * 700);
    }
    ledger.end();
    tasks.join_all().await;
    assert_eq!(store.usage().log(&LogFilter::default(), 10_000).await.unwrap().len(), 2_100);
    assert!(matches!(ledger.flush().await, Err(StoreError::Closed)));
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn memory_keeps_only_so_many_records(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let (ledger, writer) = ledger::open(&store, LedgerOptions { keep: Some(100), ..LedgerOptions::default() });
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    let mut last = record(now());
    for _ in 0..3_500 {
        last = record(now());
        ledger.reserve().await.unwrap().fill(last.clone());
    }
    ledger.end();
    tasks.join_all().await;
    let left = store.usage().log(&LogFilter::default(), 10_000).await.unwrap();
    assert!((100..1_100).contains(&left.len()), "{}", left.len());
    assert_eq!(left[0].id, last.id);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_database_that_is_away_costs_nothing_but_time(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let options = LedgerOptions { slots: 20, interval: Duration::from_millis(1), ..LedgerOptions::default() };
    let (ledger, writer) = ledger::open(&store, options);
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    db.execute("ALTER TABLE usage_records RENAME TO elsewhere").await;
    for _ in 0..10 {
        ledger.reserve().await.unwrap().fill(record(now()));
    }
    while ledger.counts().failures == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((ledger.counts().written, ledger.counts().lost), (0, 0));
    db.execute("ALTER TABLE elsewhere RENAME TO usage_records").await;
    ledger.flush().await.unwrap();
    assert_eq!((ledger.counts().written, ledger.counts().lost), (10, 0));
    ledger.end();
    tasks.join_all().await;
}

#[rstest]
#[tokio::test]
async fn an_end_does_not_wait_for_ever_for_a_database_that_is_away(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let options = LedgerOptions { patience: Duration::ZERO, ..LedgerOptions::default() };
    let (ledger, writer) = ledger::open(&store, options);
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    db.execute("DROP TABLE usage_records").await;
    for _ in 0..10 {
        ledger.reserve().await.unwrap().fill(record(now()));
    }
    ledger.end();
    tasks.join_all().await;
    assert_eq!((ledger.counts().written, ledger.counts().lost), (0, 10));
}

#[rstest]
#[tokio::test]
async fn a_record_that_the_database_refuses_does_not_take_others_with_it(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    // As strict as no schema of ours is: some record is always the one that a database does not like.
    let strict = match on {
        On::Postgres => "ALTER TABLE usage_records ADD CONSTRAINT strict CHECK (status <> 666)",
        _ => {
            "CREATE TRIGGER strict BEFORE INSERT ON usage_records WHEN NEW.status = 666
             BEGIN INSERT INTO data_keys (id, salt, sealed, created_at, updated_at) VALUES (2, '', '', 0, 0); END"
        }
    };
    db.execute(strict).await;
    let (ledger, writer) = ledger::open(&store, LedgerOptions::default());
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    for number in 0..100 {
        let mut record = record(now());
        record.status = if number == 37 || number == 80 { 666 } else { 200 };
        ledger.reserve().await.unwrap().fill(record);
    }
    ledger.end();
    tasks.join_all().await;
    assert_eq!((ledger.counts().written, ledger.counts().lost), (98, 2));
    assert_eq!(store.usage().log(&LogFilter::default(), 1_000).await.unwrap().len(), 98);
}
