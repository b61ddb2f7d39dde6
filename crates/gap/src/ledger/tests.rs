use super::*;

#[test]
fn a_name_that_a_client_gave_is_never_the_records() {
    let ours = Uuid::now_v7();
    assert_eq!(record_id(&ours.simple().to_string(), true), ours);
    assert_ne!(record_id(&ours.simple().to_string(), false), ours, "else a repeated name would count once");
    assert_ne!(record_id("my-request", false), record_id("my-request", false));
}

#[test]
fn modalities_are_told_apart_where_there_is_more_than_text() {
    let text = Modalities { text: 5, ..Modalities::default() };
    let mut usage = Usage { prompt: 5, prompt_by_modality: text, ..Usage::default() };
    assert!(by_modality(&usage).is_empty());
    usage.prompt_by_modality.image = 258;
    usage.candidates_by_modality.text = 7;
    let found: Vec<(String, u64)> = by_modality(&usage).into_iter().collect();
    let expected = [("output/text", 7), ("prompt/image", 258), ("prompt/text", 5)];
    assert_eq!(found, expected.map(|(name, tokens)| (name.to_owned(), tokens)));
}

fn books(store: &Store) -> Books {
    Books::new(store, Models::load(None, &[]).unwrap(), Clock::hand(Timestamp::UNIX_EPOCH), 10, None)
}

async fn memory() -> Store {
    let secrets = gap_store::SecretKeys::new(secrecy::SecretString::from("0123456789abcdef0123456789abcdef"));
    Store::open(gap_store::Options::new(Address::Memory, secrets), Timestamp::UNIX_EPOCH).await.unwrap()
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused_at_the_door() {
    let store = memory().await;
    // Nobody writes, as if the database were away.
    let books = books(&store);
    let mut entries = Vec::new();
    for _ in 0..LedgerOptions::default().slots {
        entries.push(books.open(Uuid::now_v7(), &HeaderMap::new()).await.unwrap());
    }
    tokio::time::pause();
    let refused = books.open(Uuid::now_v7(), &HeaderMap::new()).await.unwrap_err();
    assert_eq!(refused, Failure::ledger_full());
    // A stranger's request gives its slot back.
    entries.pop();
    assert!(books.open(Uuid::now_v7(), &HeaderMap::new()).await.is_ok());
}

#[tokio::test]
async fn an_entry_is_written_once_and_never_for_a_stranger() {
    let store = memory().await;
    let books = books(&store);
    let lifecycle = Lifecycle::default();
    books.begin(&lifecycle);
    let close = |entry: &Entry| {
        let visit = Visit {
            id: http::HeaderValue::from_static("x"),
            dialect: crate::dialect::Dialect::Gemini,
            began: tokio::time::Instant::now(),
            peer: ([192, 0, 2, 1], 1).into(),
            client: [192, 0, 2, 1].into(),
            entry: entry.clone(),
        };
        entry.close(Closing {
            visit: &visit,
            request_line: "POST /v1beta/models/m:generateContent",
            model: Some("m"),
            served: None,
            tries: &[],
            status: 200,
            outcome: Outcome::Answered,
            scope: "",
            streamed: false,
            usage: None,
            bill: Bill::default(),
            waited: Duration::ZERO,
            first_token: None,
            explanation: None,
        });
    };
    let stranger = books.open(Uuid::now_v7(), &HeaderMap::new()).await.unwrap();
    close(&stranger);
    let known = books.open(Uuid::now_v7(), &HeaderMap::new()).await.unwrap();
    known.admit(&"env:user-1".into());
    close(&known);
    close(&known.clone());
    books.settle().await;
    assert!(known.is_closed() && !stranger.is_closed());
    assert_eq!(books.counts().written, 1);
    drop((stranger, known));
    assert!(lifecycle.finish(Duration::from_secs(5)).await);
}
