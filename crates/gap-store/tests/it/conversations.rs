//! Conversations that are kept for clients.

use std::time::Duration;

use gap_store::clean_up::Retention;
use gap_store::conversations::{
    Addition, Conversation, ConversationChange, ConversationFilter, ConversationOrder, Digest, NewTurn, TurnShape,
};
use gap_store::{Store, StoreError};
use rstest::rstest;
use uuid::Uuid;

use crate::support::{On, TestDb, hours, now};

pub(crate) const DAY: Duration = Duration::from_hours(24);

fn turn(text: &str, is_models: bool) -> NewTurn {
    let mut digest = [0; 16];
    for (to, from) in digest.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    let shape = TurnShape {
        is_models,
        digest: Digest(digest),
        calls: if text.starts_with("call") { vec!["f\"".to_owned()] } else { Vec::new() },
        results: Vec::new(),
        signed: is_models,
        tokens: 10,
        partial: false,
    };
    NewTurn { shape, content: format!("{{\"parts\":[{{\"text\":\"{text}\"}}]}}") }
}

/// Question and answer in turn, behind whatever is there.
pub(crate) fn addition(owner: &str, name: &str, texts: &[&str]) -> Addition {
    Addition {
        to: None,
        owner: owner.to_owned(),
        name: name.to_owned(),
        title: texts.first().copied().unwrap_or_default().to_owned(),
        model: "gemini-2.5-flash".to_owned(),
        system: None,
        parent: 0,
        follows_head: true,
        turns: texts.iter().enumerate().map(|(at, text)| turn(text, at % 2 == 1)).collect(),
        most_bytes: i64::MAX,
        default_ttl: DAY,
    }
}

async fn add(store: &Store, addition: &Addition) -> Uuid {
    store.conversations().add(addition, now()).await.unwrap().unwrap()
}

async fn texts(store: &Store, id: Uuid) -> Vec<(i64, i64, String)> {
    let turns = store.conversations().turns(id).await.unwrap();
    let numbers: Vec<i64> = turns.iter().map(|turn| turn.number).collect();
    let contents = store.conversations().contents(id, &numbers).await.unwrap();
    let text =
        |number| contents.iter().find(|(one, _)| *one == number).map(|(_, text)| text.clone()).unwrap_or_default();
    turns.iter().map(|turn| (turn.number, turn.parent, text(turn.number))).collect()
}

async fn find(store: &Store, owner: &str, name: &str) -> Option<Conversation> {
    store.conversations().find_by_name(owner, name, DAY, now()).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn a_conversation_grows_and_branches(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let id =
        add(&store, &Addition { system: Some("{}".to_owned()), ..addition("alice", "talk", &["one", "call"]) }).await;
    let next = Addition { to: Some(id), ..addition("alice", "talk", &["three", "four"]) };
    assert_eq!(add(&store, &next).await, id);
    let branch = Addition { to: Some(id), parent: 2, follows_head: false, ..addition("alice", "talk", &["edited"]) };
    add(&store, &branch).await;
    let store = db.restart(store).await;
    if on == On::Memory {
        return;
    }
    let found = find(&store, "alice", "talk").await.unwrap();
    assert_eq!((found.id, found.head, found.turns, found.tokens), (id, 5, 5, 50));
    assert_eq!((found.title.as_str(), found.system.as_deref(), found.pinned), ("one", Some("{}"), false));
    let parents: Vec<_> = texts(&store, id).await.into_iter().map(|(number, parent, _)| (number, parent)).collect();
    assert_eq!(parents, [(1, 0), (2, 1), (3, 2), (4, 3), (5, 2)]);
    let turns = store.conversations().turns(id).await.unwrap();
    assert_eq!(turns[1].shape, turn("call", true).shape);
    assert!(turns[1].is_there && turns[1].at == now());
    let bytes: usize = texts(&store, id).await.iter().map(|(_, _, text)| text.len()).sum();
    assert_eq!(found.bytes, i64::try_from(bytes).unwrap());
    assert_eq!(
        store.conversations().find_by_opening("alice", turns[0].shape.digest, 5, DAY, now()).await.unwrap(),
        [found]
    );
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn of_many_who_speak_at_once_nobody_is_lost(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let mut speaking = tokio::task::JoinSet::new();
    for number in 0..64 {
        let store = store.clone();
        speaking.spawn(async move {
            add(&store, &addition("alice", "talk", &[&format!("q{number}"), &format!("a{number}")])).await
        });
    }
    let ids = speaking.join_all().await;
    assert!(ids.iter().all(|id| *id == ids[0]));
    let texts = texts(&store, ids[0]).await;
    assert_eq!(texts.len(), 128);
    for (before, (at, (number, parent, text))) in (0_i64..).zip(texts.iter().enumerate()) {
        assert_eq!((*number, *parent), (before + 1, before), "one after the other");
        if at % 2 == 1 {
            assert_eq!(texts[at - 1].2.replace('q', "a"), *text, "each answer behind its question");
        }
    }
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn the_same_name_is_another_conversation_for_another_key(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let (hers, his) = (
        add(&store, &addition("alice", "talk", &["one"])).await,
        add(&store, &addition("bob", "talk", &["one"])).await,
    );
    assert_ne!(hers, his);
    assert_eq!(texts(&store, hers).await.len(), 1);
    // Somebody who read one cannot write to the other.
    let stray = Addition { to: Some(hers), ..addition("bob", "talk", &["stray"]) };
    assert_eq!(store.conversations().add(&stray, now()).await.unwrap(), None);
    assert_eq!((texts(&store, hers).await.len(), texts(&store, his).await.len()), (1, 1));
    let digest = turn("one", false).shape.digest;
    let found = store.conversations().find_by_opening("bob", digest, 5, DAY, now()).await.unwrap();
    assert_eq!(found.iter().map(|found| found.id).collect::<Vec<_>>(), [his]);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn what_was_deleted_stays_deleted(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let id = add(&store, &addition("alice", "talk", &["one"])).await;
    assert!(store.conversations().delete(id).await.unwrap());
    assert!(!store.conversations().delete(id).await.unwrap());
    let late = Addition { to: Some(id), ..addition("alice", "talk", &["late"]) };
    assert_eq!(store.conversations().add(&late, now()).await.unwrap(), None);
    assert_eq!(find(&store, "alice", "talk").await, None);
    assert!(store.conversations().turns(id).await.unwrap().is_empty());
    for name in ["", "a\0b", &"x".repeat(257)] {
        let refused = store.conversations().add(&addition("alice", name, &["one"]), now()).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{name:?}");
    }
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_conversation_is_over_in_its_time(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let mut ids = Vec::new();
    for name in ["usual", "short", "long", "pinned"] {
        ids.push(add(&store, &addition("alice", name, &[name])).await);
    }
    let ttl = |hours| ConversationChange { ttl: Some(Some(Duration::from_hours(hours))), ..Default::default() };
    assert!(store.conversations().update(ids[1], &ttl(1)).await.unwrap());
    assert!(store.conversations().update(ids[2], &ttl(48)).await.unwrap());
    let pin = ConversationChange { pinned: Some(true), title: Some("Kept".to_owned()), ttl: None };
    assert!(store.conversations().update(ids[3], &pin).await.unwrap());
    let alive = async |at| {
        let listed = store
            .conversations()
            .list(&ConversationFilter::default(), ConversationOrder::Title, (0, 10), DAY, at)
            .await;
        let titles: Vec<_> = listed.unwrap().conversations.into_iter().map(|one| one.title).collect();
        titles.join(" ")
    };
    assert_eq!(alive(now()).await, "Kept long short usual");
    assert_eq!(alive(hours(1)).await, "Kept long usual");
    assert_eq!(store.conversations().find(ids[1], DAY, hours(1)).await.unwrap(), None);
    assert_eq!(alive(hours(24)).await, "Kept long");
    // One that is over gives way to one of the same name.
    let again = store.conversations().add(&addition("alice", "usual", &["again"]), hours(24)).await.unwrap().unwrap();
    assert_ne!(again, ids[0]);
    assert_eq!(store.clean_up(&Retention::default(), hours(47)).await.unwrap().conversations, 1, "the short one");
    assert!(
        store
            .conversations()
            .update(ids[2], &ConversationChange { ttl: Some(None), ..Default::default() })
            .await
            .unwrap()
    );
    let retention = Retention { conversations: DAY, ..Retention::default() };
    assert_eq!(store.clean_up(&retention, hours(47)).await.unwrap().conversations, 1, "the long one is usual now");
    assert_eq!(alive(hours(24 * 365)).await, "Kept");
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn the_oldest_go_when_there_are_too_many(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for number in 0..130 {
        let owner = if number < 10 { "bob" } else { "alice" };
        store
            .conversations()
            .add(&addition(owner, &format!("n{number}"), &["hi"]), hours(number))
            .await
            .unwrap()
            .unwrap();
    }
    let oldest = store.conversations().find_by_name("alice", "n10", DAY * 30, hours(130)).await.unwrap().unwrap();
    let pin = ConversationChange { pinned: Some(true), ..ConversationChange::default() };
    store.conversations().update(oldest.id, &pin).await.unwrap();
    assert_eq!(store.conversations().trim(Some("alice"), 20).await.unwrap(), 100);
    assert_eq!(store.conversations().trim(Some("alice"), 20).await.unwrap(), 0);
    assert_eq!(store.conversations().trim(None, 25).await.unwrap(), 5, "bob's are the oldest");
    let all = store
        .conversations()
        .list(&ConversationFilter::default(), ConversationOrder::Oldest, (0, 100), DAY * 30, hours(130))
        .await
        .unwrap();
    assert_eq!(store.conversations().trim_bytes(25 * 25).await.unwrap(), 0);
    assert_eq!(store.conversations().trim_bytes(25 * 25 - 1).await.unwrap(), 1);
    assert_eq!((all.total, all.conversations[0].name.as_str(), all.conversations[5].name.as_str()), (25, "n5", "n10"));
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_large_conversation_forgets_its_oldest_words(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let one = |text: &str| Addition { most_bytes: 100, ..addition("alice", "talk", &[text]) };
    let id = add(&store, &one("aaaa")).await;
    for text in ["bbbb", "cccc", "dddd"] {
        add(&store, &one(text)).await;
    }
    let kept = texts(&store, id).await;
    let there: Vec<bool> = kept.iter().map(|(_, _, text)| !text.is_empty()).collect();
    assert_eq!(there, [false, true, true, true], "{kept:?}");
    let found = find(&store, "alice", "talk").await.unwrap();
    assert_eq!((found.turns, found.bytes), (4, 81), "27 letters each");
    // What is too long by itself is kept: it was just said.
    add(&store, &one(&"e".repeat(500))).await;
    let kept = texts(&store, id).await;
    assert_eq!(kept.iter().filter(|(_, _, text)| !text.is_empty()).count(), 1);
    assert!(!store.conversations().turns(id).await.unwrap()[0].is_there);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_list_is_filtered_and_cut(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    for (owner, name, text) in [("alice", "a", "About 100% cats_"), ("alice", "b", "About dogs"), ("bob", "Cats", "x")]
    {
        add(&store, &addition(owner, name, &[text, "Yes, INDEED."])).await;
    }
    let count = async |filter: ConversationFilter| {
        store.conversations().list(&filter, ConversationOrder::Newest, (0, 1), DAY, now()).await.unwrap().total
    };
    let text = |text: &str| ConversationFilter { text: Some(text.to_owned()), ..ConversationFilter::default() };
    assert_eq!(count(text("CATS")).await, 2, "in a title, in a name");
    assert_eq!(count(text("indeed")).await, 3, "in what was said");
    assert_eq!(count(text("0% cats_")).await, 1);
    assert_eq!(count(text("%_")).await, 0);
    assert_eq!(count(text("\0it's \\")).await, 0);
    let alice = ConversationFilter { owner: Some("alice".to_owned()), ..text("cats") };
    assert_eq!(count(alice).await, 1);
    let pinned = ConversationFilter { pinned: Some(true), ..ConversationFilter::default() };
    assert_eq!(count(pinned).await, 0);
    let early = ConversationFilter { before: Some(now()), ..ConversationFilter::default() };
    assert_eq!(count(early).await, 0);
    let model = ConversationFilter { model: Some("gemini-2.5-flash".to_owned()), ..ConversationFilter::default() };
    assert_eq!(count(model).await, 3);
    let all = ConversationFilter::default();
    let second = store.conversations().list(&all, ConversationOrder::Title, (1, 1), DAY, now()).await.unwrap();
    assert_eq!(second.conversations[0].title, "About dogs");
    store.close().await;
}
