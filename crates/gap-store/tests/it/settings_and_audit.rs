//! Settings changed at run time, and who did what.

use std::collections::BTreeMap;

use gap_store::StoreError;
use gap_store::audit::{AuditEntry, AuditFilter};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{On, TestDb, hours, id, now};

fn changes(list: &[(&str, Option<Value>)]) -> BTreeMap<String, Option<Value>> {
    list.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[rstest]
#[tokio::test]
async fn settings_survive_a_restart(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let first = changes(&[("max_requests_per_minute", Some(json!(60))), ("protect_status_page", Some(json!(true)))]);
    store.settings().put(&first, "alice", now()).await.unwrap();
    let second =
        changes(&[("max_requests_per_minute", Some(json!(0))), ("protect_status_page", None), ("nothing", None)]);
    store.settings().put(&second, "bob", hours(1)).await.unwrap();

    let store = db.restart(store).await;
    let list = store.settings().list().await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].name.as_str(), &list[0].value), ("max_requests_per_minute", &json!(0)));
    assert_eq!((list[0].updated_by.as_str(), list[0].updated_at), ("bob", hours(1)));
}

#[rstest]
#[tokio::test]
async fn a_damaged_setting_is_named(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.settings().put(&changes(&[("a", Some(json!("b")))]), "alice", now()).await.unwrap();
    db.execute("UPDATE settings SET value = '{'").await;
    assert!(matches!(store.settings().list().await, Err(StoreError::Damaged(_))));
    db.execute("UPDATE settings SET value = '1', updated_at = 9223372036854775807").await;
    assert!(matches!(store.settings().list().await, Err(StoreError::Damaged(_))));
}

fn entry(hour: i64, actor: &str, action: &str) -> AuditEntry {
    AuditEntry {
        id: id(),
        at: hours(hour),
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: "key 7".to_owned(),
        address: "192.0.2.1".to_owned(),
        detail: (hour % 2 == 0).then(|| json!({"hour": hour})),
    }
}

#[rstest]
#[tokio::test]
async fn the_audit_log_is_read_page_by_page(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let mut written: Vec<_> =
        (0..25).map(|number| entry(number / 3, if number % 2 == 0 { "alice" } else { "bob" }, "key.created")).collect();
    for entry in &written {
        store.audit().record(entry).await.unwrap();
    }
    written.reverse();
    let (mut read, mut filter) = (Vec::new(), AuditFilter::default());
    loop {
        let page = store.audit().list(&filter, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some((last.at, last.id));
        read.extend(page);
    }
    assert_eq!(read, written);

    let of_bob = AuditFilter { actor: Some("bob".to_owned()), ..AuditFilter::default() };
    assert_eq!(store.audit().list(&of_bob, 100).await.unwrap().len(), 12);
    let of_another = AuditFilter { action: Some("' OR 1 = 1 --".to_owned()), ..AuditFilter::default() };
    assert!(store.audit().list(&of_another, 100).await.unwrap().is_empty());
    assert!(matches!(store.audit().record(&written[0]).await, Err(StoreError::Duplicate("audit entry"))));
    store.close().await;
}
