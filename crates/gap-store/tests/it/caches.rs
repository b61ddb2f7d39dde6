//! Explicit caches.

use gap_store::StoreError;
use gap_store::caches::{Cache, CacheFilter, CacheSum, CacheTotals};
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
        spent_nanos: 0,
        paid_until: now(),
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

#[rstest]
#[tokio::test]
async fn what_was_coming_is_found_after_a_crash(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let id = id();
    let coming = Cache { id, ..cache(&Cache::coming(id), hours(1)) };
    store.caches().insert(&coming).await.unwrap();
    assert!(store.caches().list(&CacheFilter::default(), (0, 10), now()).await.unwrap().0.is_empty(), "not made yet");
    let found = store.caches().page(None, 10).await.unwrap();
    assert!(found[0].is_coming() && found.len() == 1);
    assert!(store.caches().page(Some(id), 10).await.unwrap().is_empty());

    store.caches().insert(&cache("cachedContents/there", hours(1))).await.unwrap();
    let taken = store.caches().came(id, "cachedContents/there", (5_000, 70), hours(2)).await;
    assert!(matches!(taken, Err(StoreError::Duplicate("cache"))));
    assert!(store.caches().came(id, "cachedContents/new", (5_000, 70), hours(2)).await.unwrap());
    let expected =
        Cache { name: "cachedContents/new".to_owned(), tokens: 5_000, spent_nanos: 70, expires_at: hours(2), ..coming };
    assert_eq!(store.caches().find(id).await.unwrap(), Some(expected));
    assert!(store.caches().extend(id, hours(3)).await.unwrap());
    assert_eq!(store.caches().find(id).await.unwrap().unwrap().expires_at, hours(3));
    assert!(!store.caches().came(crate::support::id(), "cachedContents/x", (0, 0), hours(2)).await.unwrap());
    assert!(!store.caches().extend(crate::support::id(), hours(2)).await.unwrap());
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn storage_is_paid_for_once(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let one = cache("cachedContents/one", hours(4));
    store.caches().insert(&one).await.unwrap();
    assert!(store.caches().pay(one.id, 40, now(), hours(1)).await.unwrap());
    assert!(!store.caches().pay(one.id, 40, now(), hours(1)).await.unwrap(), "another instance was faster");
    assert!(store.caches().pay(one.id, 2, hours(1), hours(2)).await.unwrap());
    let paid = store.caches().find(one.id).await.unwrap().unwrap();
    assert_eq!((paid.spent_nanos, paid.paid_until), (42, hours(2)));
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn what_caches_cost_and_save_is_summed_by_whose_they_are(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let sum = |at, access_key: &str, kind: &str, totals| CacheSum {
        at,
        access_key: access_key.to_owned(),
        kind: kind.to_owned(),
        totals,
    };
    let used = CacheTotals { hits: 1, tokens: 2_048, saved_nanos: 70, spent_nanos: 0 };
    let paid = CacheTotals { spent_nanos: 9, ..CacheTotals::default() };
    let rows = [
        sum(now(), "alice", "automatic", used),
        sum(now(), "alice", "automatic", paid),
        sum(hours(1), "alice", "user", used),
        sum(hours(1), "bob", "user", used),
    ];
    store.caches().add_sums(&rows).await.unwrap();
    store.caches().add_sums(&rows[..1]).await.unwrap();
    store.caches().add_sums(&[]).await.unwrap();
    let of = async |access_key, from, to| store.caches().sums(from..to, access_key).await.unwrap();
    let both = CacheTotals { hits: 2, tokens: 4_096, saved_nanos: 140, spent_nanos: 9 };
    let twice = CacheTotals { hits: 2, tokens: 4_096, saved_nanos: 140, spent_nanos: 0 };
    let named = |pairs: &[(&str, CacheTotals)]| -> Vec<(String, CacheTotals)> {
        pairs.iter().map(|(kind, totals)| ((*kind).to_owned(), *totals)).collect()
    };
    assert_eq!(of(None, now(), hours(2)).await, named(&[("automatic", both), ("user", twice)]));
    assert_eq!(of(Some("bob"), now(), hours(2)).await, named(&[("user", used)]));
    assert_eq!(of(Some("alice"), now(), hours(1)).await, named(&[("automatic", both)]));
    assert!(of(Some("carol"), now(), hours(2)).await.is_empty());
    assert_eq!(store.clean_up(&Retention::default(), hours(24 * 800)).await.unwrap().caches, 3);
    store.close().await;
}
