//! What the pool must not forget.

use gap_store::pool_state::{BucketState, KeyState, Snapshot};
use jiff::Timestamp;
use rstest::rstest;

use crate::support::{On, TestDb, hours};

fn bucket(project: &str, model: &str, json: &str, at: Timestamp) -> BucketState {
    let state = Snapshot { version: 3, json: json.to_owned(), resting_until: Some(hours(5)), at };
    BucketState { project: project.to_owned(), model: model.to_owned(), state }
}

fn key(upstream_key: &str, at: Timestamp) -> KeyState {
    let state = Snapshot { version: 1, json: "{}".to_owned(), resting_until: None, at };
    KeyState { upstream_key: upstream_key.to_owned(), state }
}

#[rstest]
#[tokio::test]
async fn the_pool_state_survives_a_restart(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let buckets: Vec<_> =
        (0..1_234).map(|number| bucket(&format!("p{number:04}"), "flash", r#"{"day":1}"#, hours(0))).collect();
    let keys: Vec<_> = (0..501).map(|number| key(&format!("k{number:03}"), hours(0))).collect();
    store.pool_state().save(&buckets, &keys).await.unwrap();
    let store = db.restart(store).await;
    assert_eq!(store.pool_state().buckets().await.unwrap(), buckets);
    assert_eq!(store.pool_state().keys().await.unwrap(), keys);
}

#[rstest]
#[tokio::test]
async fn the_latest_state_wins_whatever_comes_last(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let newer = bucket("p", "flash", "newer", hours(2));
    store.pool_state().save(std::slice::from_ref(&newer), &[key("k", hours(2))]).await.unwrap();
    store.pool_state().save(&[bucket("p", "flash", "older", hours(1))], &[key("k", hours(1))]).await.unwrap();
    assert_eq!(store.pool_state().buckets().await.unwrap(), [newer]);
    assert_eq!(store.pool_state().keys().await.unwrap(), [key("k", hours(2))]);

    // The same bucket twice in one call: the later in the list.
    let (one, two) = (bucket("p", "flash", "one", hours(3)), bucket("p", "flash", "two", hours(3)));
    store.pool_state().save(&[one, two.clone()], &[]).await.unwrap();
    assert_eq!(store.pool_state().buckets().await.unwrap(), [two]);

    store.pool_state().save(&[bucket("q", "flash", "", hours(1))], &[]).await.unwrap();
    store.pool_state().forget_project("p").await.unwrap();
    assert_eq!(store.pool_state().buckets().await.unwrap(), [bucket("q", "flash", "", hours(1))]);
    store.pool_state().save(&[], &[]).await.unwrap();
    store.close().await;
}
