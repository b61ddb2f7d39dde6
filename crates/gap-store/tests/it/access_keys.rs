//! Access keys.

use gap_store::StoreError;
use gap_store::access_keys::{AccessDetails, Digest};
use rstest::rstest;
use serde_json::json;

use crate::support::{On, TestDb, hours, id, now};

fn details(name: &str) -> AccessDetails {
    AccessDetails {
        name: name.to_owned(),
        role: "user".to_owned(),
        limits: json!({"rpm": 10, "models": ["gemini-2.5-flash"]}),
        expires_at: Some(hours(24)),
    }
}

#[rstest]
#[tokio::test]
async fn access_keys_survive_a_restart(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let (one, two) = (id(), id());
    store.access_keys().insert(one, Digest::of("gap-one"), "gap-o", &details("one"), now()).await.unwrap();
    store.access_keys().insert(two, Digest::of("gap-two"), "gap-t", &details("two"), now()).await.unwrap();
    assert!(store.access_keys().set_disabled(two, Some(hours(1)), hours(1)).await.unwrap());
    assert!(store.access_keys().rotate(one, Digest::of("gap-new"), "gap-n", hours(3), hours(2)).await.unwrap());

    let store = db.restart(store).await;
    let list = store.access_keys().list().await.unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!((list[0].id, list[0].hint.as_str(), list[0].digest), (one, "gap-n", Digest::of("gap-new")));
    assert_eq!(list[0].previous, Some((Digest::of("gap-one"), hours(3))));
    assert_eq!((list[0].disabled_at, list[1].disabled_at), (None, Some(hours(1))));
    assert_eq!(list[0].details, details("one"));
    assert_eq!((list[0].created_at, list[0].updated_at), (now(), hours(2)));
}

#[rstest]
#[tokio::test]
async fn access_keys_can_be_changed_and_removed(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let one = id();
    store.access_keys().insert(one, Digest::of("gap-one"), "gap-o", &details("one"), now()).await.unwrap();
    let error = store.access_keys().insert(id(), Digest::of("gap-one"), "", &details("x"), now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Duplicate("access key")), "{error}");
    let changed = AccessDetails { role: "administrator".to_owned(), expires_at: None, ..details("ünïcode") };
    assert!(store.access_keys().update(one, &changed, hours(1)).await.unwrap());
    assert_eq!(store.access_keys().list().await.unwrap()[0].details, changed);
    assert!(store.access_keys().delete(one).await.unwrap());
    assert!(store.access_keys().list().await.unwrap().is_empty());

    assert!(!store.access_keys().update(one, &changed, now()).await.unwrap());
    assert!(!store.access_keys().set_disabled(one, None, now()).await.unwrap());
    assert!(!store.access_keys().rotate(one, Digest::of("y"), "", now(), now()).await.unwrap());
    assert!(!store.access_keys().delete(one).await.unwrap());
    store.close().await;
}

#[test]
fn a_digest_is_shown_to_nobody() {
    assert_eq!(format!("{:?}", Digest::of("gap-one")), "Digest(..)");
    assert_ne!(Digest::of("gap-one"), Digest::of("gap-two"));
}

#[rstest]
#[tokio::test]
async fn a_damaged_digest_is_named_and_does_not_panic(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.access_keys().insert(id(), Digest::of("gap-one"), "gap-o", &details("one"), now()).await.unwrap();
    for digest in ["", "zz", &"é".repeat(32), &"g".repeat(64)] {
        db.execute(format!("UPDATE access_keys SET digest = '{digest}'")).await;
        let error = store.access_keys().list().await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    }
}
