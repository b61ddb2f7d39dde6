//! The rows of every dump: some of each table.

use std::collections::BTreeMap;

use gap_store::Store;
use gap_store::access_keys::{AccessDetails, Digest};
use gap_store::audit::{AuditEntry, AuditFilter};
use gap_store::caches::{Cache, CacheSum, CacheTotals};
use gap_store::conversations::Addition;
use gap_store::pool_state::{BucketState, KeyState, Snapshot};
use gap_store::projects::ProjectDetails;
use gap_store::resources::{Resource, ResourceFilter};
use gap_store::sessions::SessionMark;
use gap_store::upstream_keys::{Disabled, KeyDetails, NewUpstreamKey};
use gap_store::usage::log::LogFilter;
use gap_store::usage::sums::{Axis, GroupBy, Period, Question};
use gap_store::usage::{Outcome, UsageRecord};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use crate::conversations::DAY;
use crate::support::{hours, now};
use crate::usage::record;

fn uuid(number: u8) -> Uuid {
    Uuid::from_bytes([number; 16])
}

fn project() -> ProjectDetails {
    ProjectDetails {
        google_name: Some("123456789".to_owned()),
        label: "naïve 项目".to_owned(),
        tier: Some("free".to_owned()),
        limits: Some(json!({"gemini-2.5-flash": {"rpm": 10}})),
    }
}

fn key() -> NewUpstreamKey {
    let details = KeyDetails {
        project: Some(uuid(1)),
        label: "it's \"ours\"".to_owned(),
        tier: Some("paid".to_owned()),
        weight: 250,
        models: Some(vec!["gemini-2.5-pro".to_owned()]),
        expires_at: Some(hours(24)),
        ..KeyDetails::default()
    };
    NewUpstreamKey { id: uuid(2), secret: SecretString::from("AIzaSyOfTheDump"), details }
}

fn plain_key() -> NewUpstreamKey {
    NewUpstreamKey { id: uuid(3), secret: SecretString::from("AIzaSyPlain"), details: KeyDetails::default() }
}

fn deleted_key() -> NewUpstreamKey {
    NewUpstreamKey { id: uuid(10), secret: SecretString::from("AIzaSyDeleted"), details: KeyDetails::default() }
}

fn tagged_key() -> NewUpstreamKey {
    let tags = vec!["eu".to_owned(), "团队".to_owned()];
    let details = KeyDetails { tags, concurrency: Some(3), ..KeyDetails::default() };
    NewUpstreamKey { id: uuid(11), secret: SecretString::from("AIzaSyTagged"), details }
}

/// What schemas know since the sixth.
pub(super) async fn check_sixth(store: &Store) {
    let found = store.upstream_keys().find(tagged_key().id).await.unwrap().unwrap();
    assert_eq!(found.details, tagged_key().details);
}

/// What schemas know since the second.
pub(super) async fn check_second(store: &Store) {
    let secrets = [deleted_key().secret, plain_key().secret];
    assert_eq!(store.upstream_keys().deleted(&secrets).await.unwrap(), [true, false]);
}

fn disabled() -> Disabled {
    Disabled { at: hours(1), reason: "reported as leaked".to_owned() }
}

fn access() -> AccessDetails {
    AccessDetails { name: "alice".to_owned(), role: "user".to_owned(), limits: json!({"rpm": 10}), expires_at: None }
}

fn snapshot(resting_until: Option<Timestamp>) -> Snapshot {
    Snapshot { version: 1, json: r#"{"day":{"requests":7}}"#.to_owned(), resting_until, at: now() }
}

fn bucket() -> BucketState {
    BucketState { project: "p1".to_owned(), model: "gemini-2.5-pro".to_owned(), state: snapshot(Some(hours(9))) }
}

fn key_state() -> KeyState {
    KeyState { upstream_key: uuid(2).to_string(), state: snapshot(None) }
}

fn audit() -> AuditEntry {
    AuditEntry {
        id: uuid(5),
        at: now(),
        actor: "alice".to_owned(),
        action: "key.created".to_owned(),
        subject: "it's".to_owned(),
        address: "192.0.2.1".to_owned(),
        detail: Some(json!({"label": "ours"})),
    }
}

fn resource() -> Resource {
    Resource {
        name: "files/abc".to_owned(),
        kind: "file".to_owned(),
        project: "p1".to_owned(),
        upstream_key: uuid(2).to_string(),
        owner: "alice".to_owned(),
        detail: None,
        created_at: now(),
        expires_at: Some(hours(48)),
    }
}

fn records() -> [UsageRecord; 2] {
    let failed = UsageRecord {
        id: uuid(7),
        outcome: Outcome::Failed,
        first_token_ms: None,
        explanation: None,
        by_modality: BTreeMap::new(),
        ..record(hours(1))
    };
    [UsageRecord { id: uuid(6), ..record(now()) }, failed]
}

fn session() -> SessionMark {
    SessionMark { id: uuid(10), generation: Some(3), changed_at: now(), expires_at: hours(9_999) }
}

fn said() -> Addition {
    crate::conversations::addition("alice", "talk", &["Hi 你好", "Hello."])
}

fn cache() -> Cache {
    Cache { id: uuid(11), ..crate::caches::cache("cachedContents/abc", hours(9_999)) }
}

fn cache_sum() -> CacheSum {
    let totals = CacheTotals { hits: 3, tokens: 6_000, saved_nanos: 500, spent_nanos: 40 };
    CacheSum { at: now(), access_key: "alice".to_owned(), kind: "automatic".to_owned(), totals }
}

/// Puts them into an empty store.
pub(super) async fn write(store: &Store) {
    store.projects().insert(uuid(1), &project(), now()).await.unwrap();
    store.upstream_keys().insert_many(&[key(), plain_key(), tagged_key()], now()).await.unwrap();
    store.upstream_keys().set_disabled(uuid(2), Some(&disabled()), now()).await.unwrap();
    store.upstream_keys().insert(&deleted_key(), now()).await.unwrap();
    assert!(store.upstream_keys().delete(deleted_key().id, now()).await.unwrap());
    store.access_keys().insert(uuid(4), Digest::of("gap-old"), "gap-o", &access(), now()).await.unwrap();
    store.access_keys().rotate(uuid(4), Digest::of("gap-new"), "gap-n", hours(2), now()).await.unwrap();
    store.pool_state().save(&[bucket()], &[key_state()]).await.unwrap();
    let settings = BTreeMap::from([("max_requests_per_minute".to_owned(), Some(json!(60)))]);
    store.settings().put(&settings, "alice", now()).await.unwrap();
    store.audit().record(&audit()).await.unwrap();
    store.resources().record(&resource()).await.unwrap();
    assert!(store.sessions().advance(&session()).await.unwrap());
    store.conversations().add(&said(), now()).await.unwrap().unwrap();
    store.caches().insert(&cache()).await.unwrap();
    store.caches().add_sums(&[cache_sum()]).await.unwrap();
    store.responses().insert(&crate::responses::running("resp_2", Some("resp_1"))).await.unwrap();
    store.dialogues().insert(&crate::dialogues::dialogue("conv_1", "alice")).await.unwrap();
    assert!(store.dialogues().add("conv_1", &crate::dialogues::items(&["one", "两"]), now()).await.unwrap());
    crate::usage::write(store, records()).await;
}

/// Finds what the fourth schema added.
pub(super) async fn check_fourth(store: &Store) {
    let found = store.conversations().find_by_name("alice", "talk", DAY, now()).await.unwrap().unwrap();
    assert_eq!((found.head, found.turns, found.created_at), (2, 2, now()));
    let contents = store.conversations().contents(found.id, &[1, 2]).await.unwrap();
    let expected: Vec<_> = (1..).zip(said().turns.into_iter().map(|turn| turn.content)).collect();
    assert_eq!(contents, expected);
    assert_eq!(store.caches().find(uuid(11)).await.unwrap(), Some(cache()));
}

/// Finds what the fifth schema added.
pub(super) async fn check_fifth(store: &Store) {
    let sums = store.caches().sums(now()..hours(1), Some("alice")).await.unwrap();
    assert_eq!(sums, [("automatic".to_owned(), cache_sum().totals)]);
}

/// Finds what the seventh schema added.
pub(super) async fn check_seventh(store: &Store) {
    let found = store.responses().find("alice", "resp_2", hours(-1)).await.unwrap();
    assert_eq!(found, Some(crate::responses::running("resp_2", Some("resp_1"))));
    let found = store.dialogues().find("alice", "conv_1", hours(-1)).await.unwrap().unwrap();
    assert_eq!((found.items, found.created_at), (2, now()));
    assert_eq!(store.dialogues().all("conv_1").await.unwrap(), crate::dialogues::items(&["one", "两"]));
}

/// Finds every one of them.
pub(super) async fn check(store: &Store) {
    let projects = store.projects().list().await.unwrap();
    assert_eq!((projects.len(), projects[0].id, &projects[0].details), (1, uuid(1), &project()));
    let keys = store.upstream_keys().list().await.unwrap();
    assert!(keys.unreadable.is_empty());
    for (found, (new, disabled)) in keys.keys.iter().zip([(key(), Some(disabled())), (plain_key(), None)]) {
        assert_eq!((found.id, &found.details, &found.disabled), (new.id, &new.details, &disabled));
        assert_eq!(found.secret.expose_secret(), new.secret.expose_secret());
        assert_eq!((found.created_at, found.updated_at), (now(), now()));
        assert_eq!(store.upstream_keys().find_secret(&new.secret).await.unwrap(), Some(new.id));
    }
    // The sixth has one more.
    assert!((2..=3).contains(&keys.keys.len()));
    let access_keys = store.access_keys().list().await.unwrap();
    assert_eq!((access_keys.len(), access_keys[0].id, &access_keys[0].details), (1, uuid(4), &access()));
    assert_eq!(access_keys[0].digest, Digest::of("gap-new"));
    assert_eq!(access_keys[0].previous, Some((Digest::of("gap-old"), hours(2))));
    assert_eq!(store.pool_state().buckets().await.unwrap(), [bucket()]);
    assert_eq!(store.pool_state().keys().await.unwrap(), [key_state()]);
    // The first two schemas have none.
    let sessions = store.sessions().list(now()).await.unwrap();
    assert!(sessions.is_empty() || sessions == [session()], "{sessions:?}");
    let settings = store.settings().list().await.unwrap();
    assert_eq!((settings.len(), &settings[0].value, settings[0].updated_by.as_str()), (1, &json!(60), "alice"));
    assert_eq!(store.audit().list(&AuditFilter::default(), 10).await.unwrap(), [audit()]);
    assert_eq!(store.resources().list(&ResourceFilter::default(), 10, now()).await.unwrap(), [resource()]);
    let [one, two] = records();
    assert_eq!(store.usage().log(&LogFilter::default(), 10).await.unwrap(), [two, one]);
    let question = Question {
        period: Period::Hour,
        axis: Axis::UpstreamKey,
        time: Timestamp::MIN..Timestamp::MAX,
        name: Some("k1".to_owned()),
        model: None,
        group_by: GroupBy::Time,
    };
    let sums = store.usage().sum(&question).await.unwrap();
    let shape: Vec<_> = sums.iter().map(|sum| (sum.starts_at, sum.totals.requests, sum.totals.failed)).collect();
    assert_eq!(shape, [(Some(now()), 1, 0), (Some(hours(1)), 1, 1)]);
}

/// Writes to every table.
pub(super) async fn change(store: &Store) {
    assert!(store.projects().update(uuid(1), &ProjectDetails::default(), hours(1)).await.unwrap());
    assert!(store.upstream_keys().delete(uuid(2), now()).await.unwrap());
    assert!(store.access_keys().delete(uuid(4)).await.unwrap());
    store.pool_state().save(&[bucket()], &[key_state()]).await.unwrap();
    store.settings().put(&BTreeMap::from([("other".to_owned(), Some(json!(1)))]), "bob", now()).await.unwrap();
    store.audit().record(&AuditEntry { id: uuid(9), ..audit() }).await.unwrap();
    store.resources().record(&resource()).await.unwrap();
    assert!(store.sessions().advance(&SessionMark { generation: None, ..session() }).await.unwrap());
    store
        .conversations()
        .add(&crate::conversations::addition("alice", "other", &["Hi"]), now())
        .await
        .unwrap()
        .unwrap();
    store.caches().insert(&crate::caches::cache("cachedContents/other", hours(1))).await.unwrap();
    store.caches().add_sums(&[cache_sum()]).await.unwrap();
    crate::usage::write(store, [UsageRecord { id: uuid(8), ..record(now()) }]).await;
}
