//! Names that Google gave.

use gap_store::StoreError;
use gap_store::resources::{Resource, ResourceFilter};
use rstest::rstest;
use serde_json::json;

use crate::support::{On, TestDb, hours, now};

fn resource(name: &str, owner: &str) -> Resource {
    Resource {
        name: name.to_owned(),
        kind: name.split('/').next().unwrap().to_owned(),
        project: "p1".to_owned(),
        upstream_key: "k1".to_owned(),
        owner: owner.to_owned(),
        detail: Some(json!({"bytes": 12})),
        created_at: now(),
        expires_at: Some(hours(48)),
    }
}

#[rstest]
#[tokio::test]
async fn a_name_is_known_after_a_restart_until_google_forgets_it(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.resources().record(&resource("files/a", "alice")).await.unwrap();
    let store = db.restart(store).await;
    assert_eq!(store.resources().find("files/a", now()).await.unwrap(), Some(resource("files/a", "alice")));
    assert_eq!(store.resources().find("files/a", hours(48)).await.unwrap(), None);
    assert_eq!(store.resources().find("files/b", now()).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn nobody_becomes_the_owner_of_a_name_that_is_there(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.resources().record(&resource("files/a", "alice")).await.unwrap();
    let mut longer = resource("files/a", "mallory");
    longer.expires_at = None;
    longer.detail = None;
    store.resources().record(&longer).await.unwrap();
    let found = store.resources().find("files/a", hours(1_000)).await.unwrap().unwrap();
    assert_eq!((found.owner.as_str(), found.expires_at, found.detail), ("alice", None, None));
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_list_shows_one_owner_and_no_other(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for number in 0..10 {
        let owner = if number % 2 == 0 { "alice" } else { "bob" };
        store.resources().record(&resource(&format!("files/{number}"), owner)).await.unwrap();
    }
    store.resources().record(&resource("cachedContents/1", "alice")).await.unwrap();
    let mut filter = ResourceFilter { owner: Some("alice".to_owned()), kind: Some("files".to_owned()), after: None };
    let page = store.resources().list(&filter, 3, now()).await.unwrap();
    let names = |page: &[Resource]| page.iter().map(|resource| resource.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&page), ["files/0", "files/2", "files/4"]);
    filter.after = Some("files/4".to_owned());
    assert_eq!(names(&store.resources().list(&filter, 3, now()).await.unwrap()), ["files/6", "files/8"]);
    filter.kind = None;
    filter.after = None;
    assert_eq!(store.resources().list(&filter, 100, now()).await.unwrap().len(), 6);
    assert!(store.resources().list(&filter, 100, hours(48)).await.unwrap().is_empty());
    assert!(store.resources().delete("files/0").await.unwrap());
    assert!(!store.resources().delete("files/0").await.unwrap());
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_name_that_google_would_not_give_is_refused(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for name in [format!("files/{}", "a".repeat(2_000)), "files/\0".to_owned()] {
        let error = store.resources().record(&resource(&name, "alice")).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid(_)), "{error}");
        assert_eq!(store.resources().find(&name, now()).await.unwrap(), None);
        assert!(!store.resources().delete(&name).await.unwrap());
    }
    store.close().await;
}
