//! Copies of the whole store, and the ways back.

use std::collections::BTreeMap;

use gap_store::upstream_keys::{KeyDetails, NewUpstreamKey};
use gap_store::usage::log::LogFilter;
use gap_store::{Options, Store, StoreError, backup};
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::support::{On, TestDb, hours, id, now, secrets};
use crate::usage::{record, write};

async fn populated(db: &TestDb) -> Store {
    let store = db.open().await;
    let new = NewUpstreamKey { id: id(), secret: SecretString::from("AIzaSyExample"), details: KeyDetails::default() };
    store.upstream_keys().insert(&new, now()).await.unwrap();
    write(&store, (0..1_500).map(|_| record(now()))).await;
    put(&store, "a").await;
    store
}

async fn put(store: &Store, name: &str) {
    store.settings().put(&BTreeMap::from([(name.to_owned(), Some(json!("ü\n\u{2028}\"")))]), "x", now()).await.unwrap();
}

async fn settings(store: &Store) -> Vec<String> {
    store.settings().list().await.unwrap().into_iter().map(|setting| setting.name).collect()
}

#[rstest]
#[tokio::test]
async fn a_backup_of_a_running_store_brings_everything_back(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = populated(&db).await;
    let copy = db.folder.path().join("copy");
    backup::create(&store, &copy, now()).await.unwrap();
    let log = store.usage().log(&LogFilter::default(), 10_000).await.unwrap();
    put(&store, "b").await;
    store.upstream_keys().delete(store.upstream_keys().list().await.unwrap().keys[0].id, now()).await.unwrap();
    store.close().await;
    drop(store);

    backup::restore(db.options(), &copy, hours(1)).await.unwrap();
    let store = db.open().await;
    assert_eq!(settings(&store).await, ["a"]);
    assert_eq!(store.upstream_keys().list().await.unwrap().keys[0].secret.expose_secret(), "AIzaSyExample");
    assert_eq!(store.usage().log(&LogFilter::default(), 10_000).await.unwrap(), log);
    store.close().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Nothing is left lying about.
    let names: Vec<_> = std::fs::read_dir(db.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name == "copy" || name == "data"), "{names:?}");
}

#[rstest]
#[tokio::test]
async fn a_backup_never_replaces_a_file(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let copy = db.folder.path().join("copy");
    std::fs::write(&copy, "precious").unwrap();
    let error = backup::create(&store, &copy, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Backup { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), "precious");
    let nowhere = db.folder.path().join("no/such/folder/copy");
    assert!(matches!(backup::create(&store, &nowhere, now()).await, Err(StoreError::Backup { .. })));
    store.close().await;
}

#[tokio::test]
async fn memory_can_be_kept_as_a_file() {
    let (memory, file) = (TestDb::new(On::Memory).await.unwrap(), TestDb::new(On::File).await.unwrap());
    let store = populated(&memory).await;
    let copy = memory.folder.path().join("copy");
    backup::create(&store, &copy, now()).await.unwrap();
    backup::restore(file.options(), &copy, now()).await.unwrap();
    assert_eq!(settings(&file.open().await).await, ["a"]);
    assert!(matches!(backup::restore(memory.options(), &copy, now()).await, Err(StoreError::Invalid(_))));
}

#[rstest]
#[tokio::test]
async fn a_backup_that_does_not_open_changes_nothing(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = populated(&db).await;
    let copy = db.folder.path().join("copy");
    backup::create(&store, &copy, now()).await.unwrap();
    put(&store, "b").await;
    store.close().await;
    drop(store);

    let stranger = Options::new(db.address.clone(), secrets("a secret of somebody else entirely"));
    let error = backup::restore(stranger, &copy, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongSecret), "{error:?}");
    let whole = std::fs::read(&copy).unwrap();
    let broken = db.folder.path().join("broken");
    let mut garbled = whole.clone();
    let middle = garbled.len() / 2;
    garbled[middle..middle + 5_000].fill(b'x');
    for damage in [Vec::new(), b"text\n".to_vec(), whole[..whole.len() / 2].to_vec(), garbled] {
        std::fs::write(&broken, damage).unwrap();
        let error = backup::restore(db.options(), &broken, now()).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_) | StoreError::Invalid(_)), "{error:?}");
    }
    let missing = db.folder.path().join("missing");
    assert!(matches!(backup::restore(db.options(), &missing, now()).await, Err(StoreError::Backup { .. })));
    assert_eq!(settings(&db.open().await).await, ["a", "b"]);
}

#[tokio::test]
async fn an_open_file_is_neither_replaced_nor_removed() {
    let db = TestDb::new(On::File).await.unwrap();
    let store = populated(&db).await;
    let copy = db.folder.path().join("copy");
    backup::create(&store, &copy, now()).await.unwrap();
    let error = backup::restore(db.options(), &copy, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse(_)), "{error:?}");
    assert!(error.remedy().contains("Stop GAP"));
    assert!(matches!(backup::reset(&db.address).await, Err(StoreError::InUse(_))));
    assert_eq!(settings(&store).await, ["a"]);
}

#[rstest]
#[tokio::test]
async fn a_reset_begins_anew(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    backup::reset(&db.address).await.unwrap();
    let store = populated(&db).await;
    store.close().await;
    drop(store);
    if on == On::Postgres {
        db.execute("CREATE TABLE theirs (id TEXT)").await;
    }
    backup::reset(&db.address).await.unwrap();
    // Another secret, too: what was sealed is gone.
    let options = Options::new(db.address.clone(), secrets("a secret of somebody else entirely"));
    let store = Store::open(options, now()).await.unwrap();
    assert!(settings(&store).await.is_empty());
    store.close().await;
    if on == On::Postgres {
        db.execute("DROP TABLE theirs").await;
    }
}
