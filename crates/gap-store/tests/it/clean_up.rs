//! Removing what is old.

use gap_store::audit::{AuditEntry, AuditFilter};
use gap_store::clean_up::{Removed, Retention};
use gap_store::pool_state::{BucketState, KeyState, Snapshot};
use gap_store::resources::{Resource, ResourceFilter};
use gap_store::usage::log::LogFilter;
use jiff::Timestamp;
use rstest::rstest;

use crate::support::{On, TestDb, hours, id, now};
use crate::usage::{record, write};

#[rstest]
#[tokio::test]
async fn what_is_old_goes_and_what_is_not_stays(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let year = 24 * 365;
    // More than one batch of old ones.
    write(&store, (0..1_203).map(|_| record(hours(-year))).chain((0..7).map(|_| record(now())))).await;
    for at in [hours(-2 * year), now()] {
        let entry = AuditEntry {
            id: id(),
            at,
            actor: String::new(),
            action: String::new(),
            subject: String::new(),
            address: String::new(),
            detail: None,
        };
        store.audit().record(&entry).await.unwrap();
    }
    for (name, expires_at) in [("files/gone", Some(hours(-1))), ("files/here", Some(hours(1))), ("files/ever", None)] {
        let resource = Resource {
            name: name.to_owned(),
            kind: "file".to_owned(),
            project: String::new(),
            upstream_key: String::new(),
            owner: String::new(),
            detail: None,
            created_at: hours(-50),
            expires_at,
        };
        store.resources().record(&resource).await.unwrap();
    }
    let state = |at: Timestamp, resting_until| Snapshot { version: 1, json: "{}".to_owned(), resting_until, at };
    let bucket = |project: &str, state| BucketState { project: project.to_owned(), model: "flash".to_owned(), state };
    let buckets = [
        bucket("idle", state(hours(-year), None)),
        bucket("rested", state(hours(-year), Some(hours(-1)))),
        bucket("resting", state(hours(-year), Some(hours(1)))),
        bucket("busy", state(now(), None)),
    ];
    let keys = [KeyState { upstream_key: "idle".to_owned(), state: state(hours(-year), None) }];
    store.pool_state().save(&buckets, &keys).await.unwrap();

    let removed = store.clean_up(&Retention::default(), now()).await.unwrap();
    // Sums by hour of three axes, and by day of addresses, are older than they should be; those by day are not.
    assert_eq!(
        removed,
        Removed { records: 1_203, sums: 4, audit: 1, resources: 1, pool_state: 3, ..Removed::default() }
    );
    assert_eq!(store.clean_up(&Retention::default(), now()).await.unwrap(), Removed::default());
    assert_eq!(store.usage().log(&LogFilter::default(), 10_000).await.unwrap().len(), 7);
    assert_eq!(store.audit().list(&AuditFilter::default(), 10).await.unwrap().len(), 1);
    assert_eq!(store.resources().list(&ResourceFilter::default(), 10, hours(-50)).await.unwrap().len(), 2);
    let left: Vec<_> = store.pool_state().buckets().await.unwrap().into_iter().map(|bucket| bucket.project).collect();
    assert_eq!(left, ["busy", "resting"]);
    assert!(store.pool_state().keys().await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test]
async fn the_file_becomes_smaller() {
    let db = TestDb::new(On::File).await.unwrap();
    let store = db.open().await;
    write(&store, (0..4_000).map(|_| record(hours(-24 * 365)))).await;
    let store = db.restart(store).await;
    let before = std::fs::metadata(db.file()).unwrap().len();
    store.clean_up(&Retention::default(), now()).await.unwrap();
    store.close().await;
    let after = std::fs::metadata(db.file()).unwrap().len();
    assert!(after * 2 < before, "{before} -> {after}");
}

#[rstest]
#[tokio::test]
async fn the_beginning_of_time_is_no_special_case(#[values(On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    assert_eq!(store.clean_up(&Retention::default(), Timestamp::MIN).await.unwrap(), Removed::default());
    store.close().await;
}
