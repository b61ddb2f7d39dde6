//! Explicit caches.

use gap_store::StoreError;
use gap_store::caches::{Cache, CacheFilter};
use gap_store::clean_up::Retention;
use jiff::Timestamp;
use rstest::rstest;

use crate::support::{On, TestDb, hours, id, now};

pub(crate) fn cache(name: &str, expires_at: Timestamp) -> Cache {
    Cache {
        id: id(),
        name: name.to_owned(),
        owner: "alice".to_owned(),
        project: "p1".to_owned(),
        upstream_key: "k1".to_owned(),
        model: "gemini-2.5-flash".to_owned(),
        kind: "user".to_owned(),
        prefix: String::new(),
        display_name: "it's".to_owned(),
        tokens: 2_048,
        hits: 0,
        saved_tokens: 0,
        saved_nanos: 0,
        created_at: now(),
        used_at: now(),
        expires_at,
    }
}

#[rstest]
#[tokio::test]
async fn caches_are_known_until_google_forgets_them(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let mine = cache("cachedContents/mine", hours(1));
    let hers =
        Cache { owner: "bob".to_owned(), kind: "automatic".to_owned(), ..cache("cachedContents/hers", hours(3)) };
    for cache in [&mine, &hers] {
        store.caches().insert(cache).await.unwrap();
    }
    let again = cache("cachedContents/mine", hours(5));
    assert!(matches!(store.caches().insert(&again).await, Err(StoreError::Duplicate("cache"))));
    let list = async |owner: Option<&str>, kind: Option<&str>, at| {
        let filter = CacheFilter { owner: owner.map(str::to_owned), kind: kind.map(str::to_owned), model: None };
        let (caches, total) = store.caches().list(&filter, (0, 10), at).await.unwrap();
        assert_eq!(caches.len() as u64, total);
        caches
    };
    assert_eq!(list(Some("alice"), None, now()).await, std::slice::from_ref(&mine));
    assert_eq!(list(None, Some("automatic"), now()).await, std::slice::from_ref(&hers));
    assert_eq!(list(None, None, now()).await.len(), 2);
    assert!(list(Some("alice"), None, hours(1)).await.is_empty());

    assert!(store.caches().used(mine.id, 2, (4_096, 70), hours(2), hours(1)).await.unwrap());
    let used = Cache { hits: 2, saved_tokens: 4_096, saved_nanos: 70, expires_at: hours(2), used_at: hours(1), ..mine };
    assert_eq!(store.caches().find_by_name("cachedContents/mine").await.unwrap(), Some(used.clone()));
    assert_eq!(store.caches().find_by_name("cachedContents/\0").await.unwrap(), None);
    assert!(!store.caches().used(id(), 1, (1, 1), hours(2), hours(1)).await.unwrap());

    assert_eq!(store.clean_up(&Retention::default(), hours(2)).await.unwrap().caches, 1);
    assert_eq!(store.caches().find(used.id).await.unwrap(), None);
    assert!(store.caches().delete(hers.id).await.unwrap());
    assert!(!store.caches().delete(hers.id).await.unwrap());
    store.close().await;
}
