//! The request log and its sums.

use std::collections::BTreeMap;

use gap_store::usage::ledger::{self, LedgerOptions};
use gap_store::usage::log::LogFilter;
use gap_store::usage::sums::{Axis, GroupBy, Period, Question, Sum, Totals};
use gap_store::usage::{Outcome, Tokens, UsageRecord, day_of, hour_of};
use gap_store::{Store, StoreError};
use jiff::{Span, Timestamp};
use proptest::prelude::*;
use rstest::rstest;
use tokio::task::JoinSet;

use crate::support::{On, TestDb, hours, id, now};

pub(crate) fn record(at: Timestamp) -> UsageRecord {
    UsageRecord {
        id: id(),
        at,
        access_key: "alice".to_owned(),
        address: "192.0.2.7".to_owned(),
        dialect: "openai".to_owned(),
        method: "generateContent".to_owned(),
        model: "gemini-2.5-flash".to_owned(),
        project: "p1".to_owned(),
        upstream_key: "k1".to_owned(),
        attempts: 2,
        status: 200,
        outcome: Outcome::Answered,
        error_scope: String::new(),
        streamed: true,
        tokens: Tokens { prompt: 1_000, cached: 300, thoughts: 20, tool: 1, output: 50 },
        by_modality: BTreeMap::from([("prompt/text".to_owned(), 900), ("prompt/image".to_owned(), 100)]),
        cost_nanos: 123_456,
        saved_nanos: 1_000,
        waited_ms: 3,
        first_token_ms: Some(410),
        duration_ms: 2_300,
        explanation: Some(r#"{"candidates":3}"#.to_owned()),
    }
}

/// Writes records in an orderly way.
pub(crate) async fn write(store: &Store, records: impl IntoIterator<Item = UsageRecord>) {
    let (ledger, writer) = ledger::open(store, LedgerOptions::default());
    let mut tasks = JoinSet::new();
    tasks.spawn(writer.run());
    for record in records {
        ledger.reserve().await.unwrap().fill(record);
    }
    ledger.end();
    tasks.join_all().await;
    assert_eq!(ledger.counts().lost, 0);
}

fn question(period: Period, axis: Axis, group_by: GroupBy) -> Question {
    Question { period, axis, time: Timestamp::MIN..Timestamp::MAX, name: None, model: None, group_by }
}

async fn total(store: &Store, period: Period, axis: Axis) -> Totals {
    let sums = store.usage().sum(&question(period, axis, GroupBy::Nothing)).await.unwrap();
    sums.first().map(|sum| sum.totals).unwrap_or_default()
}

#[rstest]
#[tokio::test]
async fn a_record_and_its_sums_survive_a_restart(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let one = record(now());
    let failed = UsageRecord {
        id: id(),
        at: hours(1),
        outcome: Outcome::Failed,
        status: 503,
        error_scope: "model".to_owned(),
        first_token_ms: None,
        explanation: None,
        by_modality: BTreeMap::new(),
        tokens: Tokens::default(),
        ..one.clone()
    };
    write(&store, [one.clone(), failed.clone()]).await;
    let store = db.restart(store).await;
    assert_eq!(store.usage().log(&LogFilter::default(), 10).await.unwrap(), [failed.clone(), one.clone()]);
    assert_eq!(store.usage().find(one.id).await.unwrap(), Some(one));
    assert_eq!(store.usage().find(id()).await.unwrap(), None);

    let sums = store.usage().sum(&question(Period::Hour, Axis::AccessKey, GroupBy::Time)).await.unwrap();
    assert_eq!(sums.iter().map(|sum| sum.starts_at).collect::<Vec<_>>(), [Some(now()), Some(hours(1))]);
    let expected = Totals {
        requests: 2,
        failed: 1,
        cancelled: 0,
        attempts: 4,
        prompt_tokens: 1_000,
        cached_tokens: 300,
        thought_tokens: 20,
        tool_tokens: 1,
        output_tokens: 50,
        cost_nanos: 246_912,
        saved_nanos: 2_000,
        cache_hits: 1,
        waited_ms: 6,
        duration_ms: 4_600,
        first_tokens: 1,
        first_token_ms: 410,
    };
    for axis in [Axis::Project, Axis::UpstreamKey, Axis::AccessKey, Axis::Address] {
        assert_eq!(total(&store, Period::Day, axis).await, expected, "{axis:?}");
    }
}

#[rstest]
#[tokio::test]
async fn the_log_is_read_page_by_page_and_filtered(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let mut written: Vec<_> = (0_u16..1_501)
        .map(|number| UsageRecord {
            access_key: ["alice", "bob", "carol"][usize::from(number % 3)].to_owned(),
            outcome: [Outcome::Answered, Outcome::Cancelled][usize::from(number % 2)],
            ..record(hours(i64::from(number / 50)))
        })
        .collect();
    write(&store, written.clone()).await;
    written.reverse();
    let (mut read, mut filter) = (Vec::new(), LogFilter::default());
    loop {
        let page = store.usage().log(&filter, 400).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some((last.at, last.id));
        read.extend(page);
    }
    assert_eq!(read, written);

    let of_bob = LogFilter {
        time: Some(hours(10)..hours(20)),
        access_key: Some("bob".to_owned()),
        outcome: Some(Outcome::Cancelled),
        ..LogFilter::default()
    };
    let page = store.usage().log(&of_bob, 10_000).await.unwrap();
    assert_eq!(page.len(), 83);
    assert!(page.iter().all(|record| record.access_key == "bob" && record.outcome == Outcome::Cancelled));
    for nobody in [
        LogFilter { model: Some("other".to_owned()), ..LogFilter::default() },
        LogFilter { upstream_key: Some("other".to_owned()), ..LogFilter::default() },
        LogFilter { address: Some("'; DROP TABLE usage_records; --".to_owned()), ..LogFilter::default() },
    ] {
        assert!(store.usage().log(&nobody, 10).await.unwrap().is_empty());
    }
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_record_written_twice_counts_once(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let one = record(now());
    write(&store, [one.clone(), one.clone()]).await;
    write(&store, [record(now()), one.clone(), record(now())]).await;
    assert_eq!(total(&store, Period::Day, Axis::Project).await.requests, 3);
    assert_eq!(store.usage().log(&LogFilter::default(), 10).await.unwrap().len(), 3);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn what_clients_make_up_is_cut_and_never_stops_the_log(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    let huge = UsageRecord {
        model: format!("a\0b{}", "é".repeat(10_000)),
        method: "\0".to_owned(),
        tokens: Tokens { prompt: u64::MAX, output: u64::MAX, ..Tokens::default() },
        cost_nanos: u64::MAX,
        attempts: u32::MAX,
        status: u16::MAX,
        duration_ms: u32::MAX,
        by_modality: BTreeMap::from([("x".repeat(100_000), 1)]),
        explanation: Some("x".repeat(1_000_000)),
        ..record(now())
    };
    let made_up = huge.id;
    write(&store, [record(now()), huge, record(now())]).await;
    let log = store.usage().log(&LogFilter::default(), 10).await.unwrap();
    assert_eq!(log.len(), 3);
    let cut = log.iter().find(|record| record.id == made_up).unwrap();
    assert!(cut.model.starts_with("abé") && cut.model.len() <= 256, "{}", cut.model.len());
    assert_eq!((cut.method.as_str(), &cut.explanation, cut.by_modality.len()), ("", &None, 0));
    assert_eq!(total(&store, Period::Day, Axis::Project).await.requests, 3);
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn questions_tell_apart_what_they_ask_for(#[values(On::File, On::Memory, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    assert_eq!(store.usage().sum(&question(Period::Day, Axis::Project, GroupBy::Nothing)).await.unwrap(), []);
    let records = (0_u16..60).map(|number| UsageRecord {
        model: ["flash", "pro"][usize::from(number % 2)].to_owned(),
        upstream_key: format!("k{}", number % 3),
        ..record(hours(i64::from(number % 4)))
    });
    write(&store, records.collect::<Vec<_>>()).await;
    let ask = async |group_by, name: Option<&str>, model: Option<&str>| {
        let question = Question {
            name: name.map(str::to_owned),
            model: model.map(str::to_owned),
            ..question(Period::Hour, Axis::UpstreamKey, group_by)
        };
        store.usage().sum(&question).await.unwrap()
    };
    let shape = |sums: &[Sum]| {
        sums.iter()
            .map(|sum| {
                let time = sum.starts_at.map(|at| at.duration_since(now()).as_hours());
                (time, sum.name.clone().unwrap_or_default(), sum.model.clone().unwrap_or_default(), sum.totals.requests)
            })
            .collect::<Vec<_>>()
    };
    let text = str::to_owned;
    assert_eq!(shape(&ask(GroupBy::Nothing, None, None).await), [(None, text(""), text(""), 60)]);
    assert_eq!(
        shape(&ask(GroupBy::Name, None, Some("pro")).await),
        [(None, text("k0"), text(""), 10), (None, text("k1"), text(""), 10), (None, text("k2"), text(""), 10),]
    );
    assert_eq!(
        shape(&ask(GroupBy::Model, Some("k1"), None).await),
        [(None, text(""), text("flash"), 10), (None, text(""), text("pro"), 10),]
    );
    assert_eq!(ask(GroupBy::NameAndModel, None, None).await.len(), 6);
    assert_eq!(
        shape(&ask(GroupBy::Time, Some("k2"), Some("flash")).await),
        [(Some(0), text(""), text(""), 5), (Some(2), text(""), text(""), 5),]
    );
    assert_eq!(ask(GroupBy::TimeAndModel, None, None).await.len(), 4);
    assert_eq!(ask(GroupBy::Nothing, Some("nobody"), None).await, []);
    store.close().await;
}

/// A record of one of a few of everything.
fn any_record() -> impl Strategy<Value = UsageRecord> {
    let names = ((0_usize..3), (0_usize..3), (0_usize..3), (0_usize..3));
    let numbers = (any::<u32>(), any::<u32>(), proptest::option::of(0_u32..100_000), 0_u64..2, 0_i64..72 * 3_600);
    (names, numbers, 0_usize..3).prop_map(
        |((model, key, access, address), (prompt, cost, first, cached, second), end)| {
            UsageRecord {
                model: ["flash", "pro", ""][model].to_owned(),
                upstream_key: format!("k{key}"),
                project: format!("p{}", key / 2),
                access_key: ["alice", "bob", ""][access].to_owned(),
                address: format!("192.0.2.{address}"),
                outcome: [Outcome::Answered, Outcome::Failed, Outcome::Cancelled][end],
                tokens: Tokens { prompt: u64::from(prompt), cached, ..Tokens::default() },
                cost_nanos: u64::from(cost),
                first_token_ms: first,
                // Over the night in which summer time ends.
                at: "2026-10-31T12:00:00Z".parse::<Timestamp>().unwrap() + Span::new().seconds(second),
                ..record(now())
            }
        },
    )
}

#[rstest]
fn sums_are_the_sums_of_their_records(#[values(On::Memory, On::Postgres)] on: On) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cases = if on == On::Memory { 48 } else { 12 };
    proptest!(ProptestConfig::with_cases(cases), |(records in proptest::collection::vec(any_record(), 0..120))| {
        runtime.block_on(check_sums(on, records));
    });
}

async fn check_sums(on: On, records: Vec<UsageRecord>) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    write(&store, records.clone()).await;
    for (period, axis) in [
        (Period::Hour, Axis::UpstreamKey),
        (Period::Hour, Axis::AccessKey),
        (Period::Day, Axis::Project),
        (Period::Day, Axis::Address),
    ] {
        // By hand, the slow way.
        let mut expected: BTreeMap<(Timestamp, String), [i64; 6]> = BTreeMap::new();
        for record in &records {
            let start = if period == Period::Hour { hour_of(record.at) } else { day_of(record.at) };
            let name = match axis {
                Axis::Project => &record.project,
                Axis::UpstreamKey => &record.upstream_key,
                Axis::AccessKey => &record.access_key,
                Axis::Address => &record.address,
            };
            let sum = expected.entry((start, name.clone())).or_default();
            sum[0] += 1;
            sum[1] += i64::from(record.outcome == Outcome::Failed);
            sum[2] += i64::try_from(record.tokens.prompt).unwrap();
            sum[3] += i64::try_from(record.cost_nanos).unwrap();
            sum[4] += i64::from(record.tokens.cached > 0);
            sum[5] += i64::from(record.first_token_ms.unwrap_or(0));
        }
        for name in expected.keys().map(|(_, name)| name.clone()).collect::<std::collections::BTreeSet<_>>() {
            let question = Question { name: Some(name.clone()), ..question(period, axis, GroupBy::Time) };
            let sums = store.usage().sum(&question).await.unwrap();
            let found: Vec<_> = sums
                .iter()
                .map(|sum| {
                    let t = sum.totals;
                    (
                        sum.starts_at.unwrap(),
                        [t.requests, t.failed, t.prompt_tokens, t.cost_nanos, t.cache_hits, t.first_token_ms],
                    )
                })
                .collect();
            let wanted: Vec<_> =
                expected.iter().filter(|((_, of), _)| *of == name).map(|((start, _), sum)| (*start, *sum)).collect();
            assert_eq!(found, wanted, "{period:?} {axis:?} {name}");
        }
        assert_eq!(usize::try_from(total(&store, period, axis).await.requests).unwrap(), records.len());
    }
    store.close().await;
}

#[rstest]
#[tokio::test]
async fn a_damaged_record_is_named(#[values(On::File, On::Postgres)] on: On) {
    let Some(db) = TestDb::new(on).await else { return };
    let store = db.open().await;
    write(&store, [record(now())]).await;
    for damage in
        ["outcome = 'exploded'", "outcome = 'failed', status = -1", "status = 200, by_modality = '['", "id = 'x'"]
    {
        db.execute(format!("UPDATE usage_records SET {damage}")).await;
        let error = store.usage().log(&LogFilter::default(), 10).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{damage}: {error}");
    }
}
