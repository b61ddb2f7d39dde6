//! Upstream keys and their projects.

use gap_store::StoreError;
use gap_store::projects::ProjectDetails;
use gap_store::upstream_keys::{Disabled, KeyDetails, NewUpstreamKey};
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use crate::support::{On, TestDb, hours, id, now};

fn key(secret: &str) -> NewUpstreamKey {
    let details = KeyDetails { label: format!("label of {secret}"), ..KeyDetails::default() };
    NewUpstreamKey { id: id(), secret: SecretString::from(secret), details }
}

#[rstest]
#[tokio::test]
async fn keys_survive_a_restart(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let project = id();
    let details = ProjectDetails {
        google_name: Some("123456789".to_owned()),
        label: "ours".to_owned(),
        tier: Some("free".to_owned()),
        limits: Some(json!({"gemini-2.5-flash": {"rpm": 10}})),
    };
    store.projects().insert(project, &details, now()).await.unwrap();
    let mut new = key("AIzaSyExample");
    new.details = KeyDetails {
        project: Some(project),
        label: "première 钥匙 🔑".to_owned(),
        tier: Some("paid".to_owned()),
        weight: 250,
        models: Some(vec!["gemini-2.5-pro".to_owned()]),
        expires_at: Some(hours(24)),
        tags: vec!["eu".to_owned(), "团队 \"a\"".to_owned()],
        concurrency: Some(4),
    };
    store.upstream_keys().insert(&new, now()).await.unwrap();
    let disabled = Disabled { at: hours(1), reason: "reported as leaked".to_owned() };
    assert!(store.upstream_keys().set_disabled(new.id, Some(&disabled), hours(1)).await.unwrap());

    let store = db.restart(store).await;
    let list = store.upstream_keys().list().await.unwrap();
    assert_eq!((list.keys.len(), list.unreadable.len()), (1, 0));
    let found = store.upstream_keys().find(new.id).await.unwrap().unwrap();
    assert_eq!(found.secret.expose_secret(), "AIzaSyExample");
    assert_eq!(found.details, new.details);
    assert_eq!(found.disabled, Some(disabled));
    assert_eq!((found.created_at, found.updated_at), (now(), hours(1)));
    let projects = store.projects().list().await.unwrap();
    assert_eq!((projects.len(), &projects[0].details), (1, &details));
}

#[rstest]
#[tokio::test]
async fn keys_can_be_changed_enabled_and_removed(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let new = key("AIzaSyExample");
    store.upstream_keys().insert(&new, now()).await.unwrap();
    let details = KeyDetails { label: "another".to_owned(), weight: 1, ..KeyDetails::default() };
    assert!(store.upstream_keys().update(new.id, &details, hours(1)).await.unwrap());
    let disabled = Disabled { at: hours(2), reason: String::new() };
    assert!(store.upstream_keys().set_disabled(new.id, Some(&disabled), hours(2)).await.unwrap());
    assert!(store.upstream_keys().set_disabled(new.id, None, hours(3)).await.unwrap());
    let found = store.upstream_keys().find(new.id).await.unwrap().unwrap();
    assert_eq!((found.details, found.disabled, found.updated_at), (details, None, hours(3)));

    let tags = vec!["blue".to_owned()];
    let anew = [(vec![new.id, id()], tags.clone())];
    assert_eq!(store.upstream_keys().set_tags(&anew, hours(4)).await.unwrap(), 1);
    let found = store.upstream_keys().find(new.id).await.unwrap().unwrap();
    assert_eq!((&found.details.tags, found.details.label.as_str(), found.updated_at), (&tags, "another", hours(4)));
    store.upstream_keys().set_tags(&[(vec![new.id], Vec::new())], hours(5)).await.unwrap();
    assert!(store.upstream_keys().find(new.id).await.unwrap().unwrap().details.tags.is_empty());

    assert!(store.upstream_keys().delete(new.id, now()).await.unwrap());
    assert!(store.upstream_keys().find(new.id).await.unwrap().is_none());
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn what_is_not_there_is_said_not_to_be(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let nobody = id();
    assert!(!store.upstream_keys().update(nobody, &KeyDetails::default(), now()).await.unwrap());
    assert!(!store.upstream_keys().set_disabled(nobody, None, now()).await.unwrap());
    assert!(!store.upstream_keys().delete(nobody, now()).await.unwrap());
    assert!(store.upstream_keys().find(nobody).await.unwrap().is_none());
    assert!(!store.projects().update(nobody, &ProjectDetails::default(), now()).await.unwrap());
    assert!(!store.projects().delete(nobody).await.unwrap());

    let mut orphan = key("AIzaSyOrphan");
    orphan.details.project = Some(nobody);
    let error = store.upstream_keys().insert(&orphan, now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Missing("upstream key")), "{error}");
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn the_same_secret_is_entered_once(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let first = key("AIzaSyOne");
    store.upstream_keys().insert(&first, now()).await.unwrap();
    let error = store.upstream_keys().insert(&key("AIzaSyOne"), now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Duplicate("upstream key")), "{error}");
    assert!(!format!("{error:?} {error}").contains("AIza"));
    assert_eq!(store.upstream_keys().find_secret(&SecretString::from("AIzaSyOne")).await.unwrap(), Some(first.id));
    assert_eq!(store.upstream_keys().find_secret(&SecretString::from("AIzaSyTwo")).await.unwrap(), None);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_bulk_tells_the_new_from_the_known(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.upstream_keys().insert(&key("secret 7"), now()).await.unwrap();
    let mut bulk: Vec<_> = (0..1_203).map(|number| key(&format!("secret {number}"))).collect();
    bulk.push(key("secret 8"));
    let entered = store.upstream_keys().insert_many(&bulk, now()).await.unwrap();
    assert_eq!(entered.len(), 1_202);
    assert!(!entered.contains(&bulk[7].id) && !entered.contains(&bulk[1_203].id));
    assert_eq!(store.upstream_keys().list().await.unwrap().keys.len(), 1_203);
    assert!(store.upstream_keys().insert_many(&[], now()).await.unwrap().is_empty());

    // One that cannot be entered takes the others with it.
    let mut bulk: Vec<_> = (2_000..3_000).map(|number| key(&format!("secret {number}"))).collect();
    bulk[999].details.project = Some(id());
    assert!(matches!(store.upstream_keys().insert_many(&bulk, now()).await, Err(StoreError::Missing(_))));
    assert_eq!(store.upstream_keys().list().await.unwrap().keys.len(), 1_203);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_project_that_goes_leaves_its_keys(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let project = id();
    let named = |name: &str| ProjectDetails { google_name: Some(name.to_owned()), ..ProjectDetails::default() };
    store.projects().insert(project, &named("1"), now()).await.unwrap();
    let error = store.projects().insert(id(), &named("1"), now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Duplicate("project")), "{error}");
    let other = id();
    store.projects().insert(other, &named("2"), now()).await.unwrap();
    assert!(matches!(store.projects().update(other, &named("1"), now()).await, Err(StoreError::Duplicate("project"))));

    let mut new = key("AIzaSyOne");
    new.details.project = Some(project);
    store.upstream_keys().insert(&new, now()).await.unwrap();
    assert!(store.projects().delete(project).await.unwrap());
    assert_eq!(store.upstream_keys().find(new.id).await.unwrap().unwrap().details.project, None);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_damaged_key_does_not_hide_the_others(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let keys: Vec<_> = ["one", "two", "three"].map(key).into();
    store.upstream_keys().insert_many(&keys, now()).await.unwrap();
    let swap = |from: Uuid, to: Uuid| {
        format!(
            "UPDATE upstream_keys SET sealed = (SELECT sealed FROM upstream_keys WHERE id = '{from}') WHERE id = '{to}'"
        )
    };
    // The sealed secret of one, put into the row of another, opens nothing there.
    db.execute(swap(keys[0].id, keys[1].id)).await;
    let list = store.upstream_keys().list().await.unwrap();
    assert_eq!(list.unreadable, [keys[1].id]);
    assert_eq!(list.keys.iter().map(|key| key.id).collect::<Vec<_>>(), [keys[0].id, keys[2].id]);
    let error = store.upstream_keys().find(keys[1].id).await.unwrap_err();
    assert!(matches!(&error, StoreError::Damaged(text) if text.contains(&keys[1].id.to_string())), "{error}");
}

#[rstest]
#[tokio::test]
async fn no_secret_lies_open_in_the_file() {
    let Some(db) = TestDb::new(On::File).await else { return };
    let store = db.open().await;
    let mut new = key("AIzaSyVerySecretIndeed");
    new.details.label = "ours".to_owned();
    store.upstream_keys().insert(&new, now()).await.unwrap();
    store.close().await;
    for file in std::fs::read_dir(db.folder.path().join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(14).any(|window| window == b"VerySecretInde" || window == b"456789abcdef01"));
    }
}

#[rstest]
#[tokio::test]
async fn keys_are_listed_by_stretches(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let new: Vec<_> = (0..7).map(|number| key(&format!("AIzaSy{number}"))).collect();
    store.upstream_keys().insert_many(&new, now()).await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let (list, next) = store.upstream_keys().stretch(after, 3).await.unwrap();
        seen.extend(list.keys.into_iter().map(|key| key.id));
        let Some(next) = next else { break };
        after = Some(next);
    }
    assert_eq!(seen, new.iter().map(|key| key.id).collect::<Vec<_>>());
    assert_eq!(store.upstream_keys().version().await.unwrap(), (7, Some(now())));
    assert!(store.upstream_keys().set_disabled(seen[3], None, hours(1)).await.unwrap());
    assert_eq!(store.upstream_keys().version().await.unwrap(), (7, Some(hours(1))));
    assert_eq!(store.upstream_keys().changes().await.unwrap()[3], (seen[3], hours(1)));
}

#[rstest]
#[tokio::test]
async fn many_keys_are_changed_in_one_go(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let keys = store.upstream_keys();
    let new: Vec<_> = (0..1_200).map(|number| key(&format!("AIzaSy{number}"))).collect();
    keys.insert_many(&new, now()).await.unwrap();
    let ids: Vec<_> = new.iter().map(|key| key.id).collect();
    let disabled = Disabled { at: hours(1), reason: "night".to_owned() };
    assert_eq!(keys.set_many_disabled(&ids[..1_100], Some(&disabled), hours(1)).await.unwrap(), 1_100);
    let project = id();
    store.projects().insert(project, &ProjectDetails::default(), now()).await.unwrap();
    assert_eq!(keys.file(&ids[1_000..], Some(project), hours(2)).await.unwrap(), 200);
    assert!(matches!(keys.file(&ids[..1], Some(id()), hours(2)).await, Err(StoreError::Missing(_))));
    assert_eq!(keys.delete_many(&ids[..1_000], hours(3)).await.unwrap(), 1_000);
    let left = keys.list().await.unwrap().keys;
    assert_eq!(left.len(), 200);
    assert!(left.iter().all(|key| key.details.project == Some(project)));
    assert_eq!(left.iter().filter(|key| key.disabled.as_ref() == Some(&disabled)).count(), 100);
    let secrets = [new[0].secret.clone(), new[1_100].secret.clone()];
    assert_eq!(keys.deleted(&secrets).await.unwrap(), [true, false]);
    for none in [keys.delete_many(&[], now()).await, keys.file(&[], None, now()).await] {
        assert_eq!(none.unwrap(), 0);
    }
}
