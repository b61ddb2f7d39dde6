//! What OpenAI calls conversations.

use gap_store::Store;
use gap_store::dialogues::{Dialogue, Item, Page};
use rstest::rstest;

use crate::support::{On, TestDb, hours, now};

pub(crate) fn dialogue(id: &str, owner: &str) -> Dialogue {
    Dialogue {
        id: id.to_owned(),
        owner: owner.to_owned(),
        metadata: r#"{"topic":"猫"}"#.to_owned(),
        items: 0,
        bytes: 0,
        created_at: now(),
    }
}

pub(crate) fn items(names: &[&str]) -> Vec<Item> {
    names.iter().map(|name| Item { id: (*name).to_owned(), item: format!(r#"{{"id":"{name}"}}"#) }).collect()
}

async fn page(store: &Store, after: Option<&str>, limit: u32, latest_first: bool) -> Option<String> {
    let page = store.dialogues().page("c", Page { after, limit, latest_first }).await.unwrap()?;
    Some(page.into_iter().map(|item| item.id).collect::<Vec<_>>().join(" "))
}

#[rstest]
#[tokio::test]
async fn a_dialogue_is_read_in_pages(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.dialogues().insert(&dialogue("c", "alice")).await.unwrap();
    assert!(store.dialogues().add("c", &items(&["a", "b", "c"]), now()).await.unwrap());
    assert!(store.dialogues().add("c", &items(&["d"]), now()).await.unwrap());
    assert_eq!(page(&store, None, 3, false).await.unwrap(), "a b c");
    assert_eq!(page(&store, Some("b"), 9, false).await.unwrap(), "c d");
    assert_eq!(page(&store, None, 2, true).await.unwrap(), "d c");
    assert_eq!(page(&store, Some("c"), 2, true).await.unwrap(), "b a");
    assert_eq!((page(&store, Some("x"), 2, true).await, page(&store, Some("\0"), 2, true).await), (None, None));
    assert!(store.dialogues().remove("c", "b", now()).await.unwrap());
    assert!(!store.dialogues().remove("c", "b", now()).await.unwrap());
    assert_eq!(page(&store, None, 9, false).await.unwrap(), "a c d");
    assert_eq!(store.dialogues().item("c", "c").await.unwrap(), items(&["c"]).pop());
    assert_eq!(store.dialogues().item("c", "b").await.unwrap(), None);
    let found = store.dialogues().find("alice", "c", hours(-1)).await.unwrap().unwrap();
    let bytes: i64 = items(&["a", "c", "d"]).iter().map(Item::bytes).sum();
    assert_eq!((found.items, found.bytes), (3, bytes));
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn of_many_who_add_at_once_nothing_is_lost(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    store.dialogues().insert(&dialogue("c", "alice")).await.unwrap();
    let mut adding = tokio::task::JoinSet::new();
    for number in 0..40 {
        let store = store.clone();
        adding.spawn(async move {
            let both = items(&[&format!("q{number}"), &format!("a{number}")]);
            assert!(store.dialogues().add("c", &both, now()).await.unwrap());
        });
    }
    adding.join_all().await;
    let all = store.dialogues().all("c").await.unwrap();
    assert_eq!(all.len(), 80);
    for pair in all.chunks(2) {
        assert_eq!(pair[0].id.replace('q', "a"), pair[1].id, "what was added at once stays together");
    }
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn what_is_over_or_deleted_is_gone(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for (id, hour) in [("a", 0), ("b", 1), ("c", 2), ("d", 3)] {
        let began = Dialogue { created_at: hours(hour), ..dialogue(id, "alice") };
        store.dialogues().insert(&began).await.unwrap();
        assert!(store.dialogues().add(id, &items(&["xxxx"]), hours(hour)).await.unwrap());
    }
    assert_eq!(store.dialogues().find("bob", "a", hours(-1)).await.unwrap(), None);
    assert_eq!(store.dialogues().find("alice", "a", now()).await.unwrap(), None, "it is over");
    assert!(store.dialogues().update("a", "{}", hours(4)).await.unwrap());
    assert_eq!(store.dialogues().find("alice", "a", now()).await.unwrap().unwrap().metadata, "{}");
    assert_eq!(store.dialogues().trim("bob", 0).await.unwrap(), 0);
    assert_eq!(store.dialogues().trim("alice", 3).await.unwrap(), 1);
    assert_eq!(store.dialogues().expire(hours(2)).await.unwrap(), 1);
    assert_eq!(store.dialogues().trim_bytes(0).await.unwrap(), 1, "the very last stays");
    assert_eq!(store.dialogues().all("a").await.unwrap(), items(&["xxxx"]));
    assert!(store.dialogues().delete("a").await.unwrap());
    assert!(!store.dialogues().add("a", &items(&["late"]), hours(5)).await.unwrap());
    assert!(store.dialogues().all("a").await.unwrap().is_empty());
    assert!(!store.dialogues().update("a", "{}", hours(5)).await.unwrap());
    store.close().await;
}
