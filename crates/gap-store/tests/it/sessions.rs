//! Sessions of the web login.

use gap_store::clean_up::Retention;
use gap_store::sessions::SessionMark;
use jiff::Timestamp;
use rstest::rstest;
use uuid::Uuid;

use crate::support::{On, TestDb, hours, id, now};

fn mark(id: Uuid, generation: Option<i64>, changed_at: Timestamp) -> SessionMark {
    SessionMark { id, generation, changed_at, expires_at: hours(2) }
}

#[rstest]
#[tokio::test]
async fn sessions_go_forward_only(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let (one, two) = (id(), id());
    assert!(store.sessions().advance(&mark(one, Some(1), now())).await.unwrap());
    assert!(!store.sessions().advance(&mark(one, Some(1), hours(1))).await.unwrap(), "somebody was faster");
    assert!(store.sessions().advance(&mark(one, Some(2), hours(1))).await.unwrap());
    assert!(store.sessions().advance(&mark(two, None, now())).await.unwrap());
    assert!(!store.sessions().advance(&mark(two, Some(9), hours(1))).await.unwrap(), "over is over");
    assert!(!store.sessions().advance(&mark(two, None, hours(1))).await.unwrap());
    let expected = [mark(one, Some(2), hours(1)), mark(two, None, now())];
    assert_eq!(store.sessions().list(now()).await.unwrap(), expected);
    assert!(store.sessions().advance(&mark(one, None, hours(1))).await.unwrap());
    assert!(store.sessions().list(hours(2)).await.unwrap().is_empty(), "no token of theirs is left");

    assert_eq!(store.clean_up(&Retention::default(), hours(1)).await.unwrap().sessions, 0);
    assert_eq!(store.clean_up(&Retention::default(), hours(2)).await.unwrap().sessions, 2);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn of_many_who_refresh_at_once_one_wins(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let one = id();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        asking.spawn(async move { store.sessions().advance(&mark(one, Some(1), now())).await.unwrap() });
    }
    let won = asking.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
    store.close().await;
}
