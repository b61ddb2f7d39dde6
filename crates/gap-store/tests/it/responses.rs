//! Responses that are kept for those who go on from them.

use gap_store::Store;
use gap_store::responses::KeptResponse;
use rstest::rstest;

use crate::support::{On, TestDb, hours, now};

/// One that somebody works on.
pub(crate) fn running(id: &str, previous: Option<&str>) -> KeptResponse {
    KeptResponse { alive_until: Some(hours(1)), ..ended(id, previous) }
}

fn ended(id: &str, previous: Option<&str>) -> KeptResponse {
    KeptResponse {
        id: id.to_owned(),
        owner: "alice".to_owned(),
        previous: previous.map(str::to_owned),
        input: format!(r#"[{{"id":"msg_{id}_i0"}}]"#),
        output: "[]".to_owned(),
        response: r#"{"status":"queued"}"#.to_owned(),
        alive_until: None,
        created_at: now(),
        used_at: now(),
    }
}

async fn links(store: &Store, owner: &str, id: &str) -> Option<Vec<String>> {
    let chain = store.responses().chain(owner, id, 100, hours(-1), now()).await.unwrap()?;
    Some(chain.into_iter().map(|link| link.input).collect())
}

#[rstest]
#[tokio::test]
async fn a_chain_is_whole_or_none(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for (id, previous) in
        [("a", None), ("b", Some("a")), ("c", Some("b")), ("stray", Some("gone")), ("loop", Some("loop"))]
    {
        store.responses().insert(&ended(id, previous)).await.unwrap();
    }
    let whole = ["a", "b", "c"].map(|id| ended(id, None).input);
    assert_eq!(links(&store, "alice", "c").await.unwrap(), whole);
    store.responses().insert(&running("working", None)).await.unwrap();
    for (owner, id) in
        [("bob", "c"), ("alice", "working"), ("alice", "stray"), ("alice", "loop"), ("alice", "x"), ("alice", "\0")]
    {
        assert_eq!(links(&store, owner, id).await, None, "{owner} {id:?}");
    }
    assert_eq!(store.responses().chain("alice", "c", 2, hours(-1), now()).await.unwrap(), None, "too long");
    assert_eq!(store.responses().chain("alice", "c", 9, now(), now()).await.unwrap(), None, "too old");
    // Going on from the end makes the beginning young.
    assert!(store.responses().chain("alice", "c", 9, hours(-1), hours(5)).await.unwrap().is_some());
    assert_eq!(store.responses().expire(hours(4)).await.unwrap(), 3, "the stray, the loop and who works");
    assert_eq!(links(&store, "alice", "c").await.unwrap().len(), 3);
    assert!(!store.responses().delete("bob", "b", hours(-1)).await.unwrap());
    assert!(store.responses().delete("alice", "b", hours(-1)).await.unwrap());
    assert_eq!(links(&store, "alice", "c").await, None);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn the_first_who_ends_a_response_wins(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let table = store.responses();
    table.insert(&running("r", None)).await.unwrap();
    table.insert(&KeptResponse { response: "{}".to_owned(), ..running("r", None) }).await.unwrap();
    assert!(table.abandoned(now()).await.unwrap().is_empty());
    assert!(table.beat("r", Some(r#"{"status":"in_progress"}"#), hours(2)).await.unwrap());
    assert!(table.beat("r", None, hours(2)).await.unwrap());
    assert_eq!(table.abandoned(hours(2)).await.unwrap()[0].response, r#"{"status":"in_progress"}"#);
    assert!(table.finish("r", r#"{"status":"cancelled"}"#, "[]", hours(1)).await.unwrap());
    assert!(!table.finish("r", r#"{"status":"completed"}"#, "[1]", hours(1)).await.unwrap());
    assert!(!table.beat("r", None, hours(9)).await.unwrap());
    assert!(table.abandoned(hours(99)).await.unwrap().is_empty());
    let found = table.find("alice", "r", now()).await.unwrap().unwrap();
    assert_eq!((found.response.as_str(), found.alive_until), (r#"{"status":"cancelled"}"#, None));
    assert_eq!(table.find("bob", "r", now()).await.unwrap(), None);
    assert_eq!(table.find("alice", "r", hours(1)).await.unwrap(), None, "too old");
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn those_go_that_were_used_least_lately(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for number in 0..250 {
        let kept = KeptResponse { used_at: hours(number), ..ended(&format!("r{number}"), None) };
        store.responses().insert(&kept).await.unwrap();
    }
    store.responses().insert(&running("working", None)).await.unwrap();
    assert_eq!(store.responses().trim(10).await.unwrap(), 241);
    assert_eq!(store.responses().trim(10).await.unwrap(), 0);
    let there = store.responses().find("alice", "r241", hours(-1)).await.unwrap();
    assert!(there.is_some() && store.responses().find("alice", "working", hours(-1)).await.unwrap().is_some());
    assert_eq!(store.responses().find("alice", "r240", hours(-1)).await.unwrap(), None);
    store.close().await;
}
