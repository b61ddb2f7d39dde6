//! `SECRET_KEY`: the right one, the wrong one, another one.

use gap_store::upstream_keys::{KeyDetails, NewUpstreamKey};
use gap_store::{Options, SecretKeys, Store, StoreError};
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};

use crate::support::{On, SECRET, TestDb, hours, id, now, secrets};

const OTHER: &str = "another secret of thirty-two bytes";

async fn with_key(db: &TestDb) -> Store {
    let store = db.open().await;
    let new = NewUpstreamKey { id: id(), secret: SecretString::from("AIzaSyExample"), details: KeyDetails::default() };
    store.upstream_keys().insert(&new, now()).await.unwrap();
    store
}

async fn try_open(db: &TestDb, keys: SecretKeys) -> Result<Store, StoreError> {
    Store::open(Options::new(db.address.clone(), keys), now()).await
}

async fn assert_opens(db: &TestDb, keys: SecretKeys) {
    let store = try_open(db, keys).await.unwrap();
    let list = store.upstream_keys().list().await.unwrap();
    assert_eq!(list.keys[0].secret.expose_secret(), "AIzaSyExample");
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_wrong_secret_opens_nothing_and_changes_nothing(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    with_key(&db).await.close().await;
    let error = try_open(&db, secrets(OTHER)).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongSecret), "{error:?}");
    assert!(error.remedy().contains("SECRET_KEY_PREVIOUS"));
    assert!(!format!("{error} {error:?}").contains(OTHER));
    let both = SecretKeys { current: SecretString::from(OTHER), previous: Some(SecretString::from("a third one")) };
    assert!(matches!(try_open(&db, both).await, Err(StoreError::WrongSecret)));
    assert_opens(&db, secrets(SECRET)).await;
}

#[rstest]
#[tokio::test]
async fn the_previous_secret_is_needed_once(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = with_key(&db).await;
    let sessions = store.derive_key("sessions");
    store.close().await;
    let both = SecretKeys { current: SecretString::from(OTHER), previous: Some(SecretString::from(SECRET)) };
    assert_opens(&db, both.clone()).await;
    assert_opens(&db, both).await;
    assert_opens(&db, secrets(OTHER)).await;
    assert!(matches!(try_open(&db, secrets(SECRET)).await, Err(StoreError::WrongSecret)));
    // Who is logged in stays so.
    assert_eq!(*try_open(&db, secrets(OTHER)).await.unwrap().derive_key("sessions"), *sessions);
}

#[rstest]
#[tokio::test]
async fn the_secret_can_be_changed_in_place(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = with_key(&db).await;
    store.change_secret(&SecretString::from(OTHER), hours(1)).await.unwrap();
    // What runs goes on.
    assert_eq!(store.upstream_keys().list().await.unwrap().keys.len(), 1);
    store.close().await;
    assert_opens(&db, secrets(OTHER)).await;
    assert!(matches!(try_open(&db, secrets(SECRET)).await, Err(StoreError::WrongSecret)));
}

#[rstest]
#[tokio::test]
async fn a_damaged_data_key_is_not_taken_for_a_new_store(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    with_key(&db).await.close().await;
    db.execute("UPDATE data_keys SET sealed = '1.AAAA'").await;
    assert!(matches!(try_open(&db, secrets(SECRET)).await, Err(StoreError::WrongSecret)));
    db.execute("UPDATE data_keys SET salt = '!'").await;
    assert!(matches!(try_open(&db, secrets(SECRET)).await, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn two_stores_of_one_secret_share_no_key() {
    let (one, two) = (TestDb::new(On::Memory).await.unwrap(), TestDb::new(On::Memory).await.unwrap());
    assert_ne!(*one.open().await.derive_key("sessions"), *two.open().await.derive_key("sessions"));
    assert!(!format!("{:?}", one.open().await).contains(SECRET));
}
