//! `kill -9` in the middle of writing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use gap_store::usage::ledger::{self, LedgerOptions};
use gap_store::usage::log::LogFilter;
use gap_store::usage::sums::{Axis, GroupBy, Period, Question};
use gap_store::{Address, Options, Store};
use jiff::Timestamp;
use serde_json::json;
use sqlx::Connection;
use tokio::task::JoinSet;

use crate::support::{On, SECRET, TestDb, now, secrets};
use crate::usage::record;

/// Names the file in the process that is to be killed.
const VICTIM: &str = "GAP_TEST_CRASH";

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    if let Some(file) = std::env::var_os(VICTIM) {
        write_until_killed(file);
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let db = runtime.block_on(TestDb::new(On::File)).unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..4 {
        // The same test in a process of its own, which this variable makes the victim.
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::a_kill_loses_nothing_that_was_acknowledged", "--nocapture"])
            .env(VICTIM, db.file())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut names = lines.filter_map(|line| line.strip_prefix("written ").map(str::to_owned));
        acknowledged.extend(names.by_ref().take(25 + 13 * round));
        child.kill().unwrap();
        // What was acknowledged in the meantime.
        acknowledged.extend(names);
        child.wait().unwrap();
        runtime.block_on(check(&db, &acknowledged));
    }
    assert!(acknowledged.len() >= 4 * 25);
}

async fn check(db: &TestDb, acknowledged: &BTreeSet<String>) {
    let store = db.open().await;
    let found: BTreeSet<_> = store.settings().list().await.unwrap().into_iter().map(|setting| setting.name).collect();
    assert!(found.is_superset(acknowledged), "lost: {:?}", acknowledged.difference(&found).collect::<Vec<_>>());
    // Records and sums went together or not at all.
    let records = store.usage().log(&LogFilter::default(), 1_000_000).await.unwrap().len();
    let question = Question {
        period: Period::Day,
        axis: Axis::Project,
        time: Timestamp::MIN..Timestamp::MAX,
        name: None,
        model: None,
        group_by: GroupBy::Nothing,
    };
    let sums = store.usage().sum(&question).await.unwrap();
    assert_eq!(sums.first().map_or(0, |sum| sum.totals.requests), i64::try_from(records).unwrap());
    store.close().await;

    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(db.file());
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let said: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(said, "ok");
    connection.close().await.unwrap();
}

fn write_until_killed(file: OsString) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(Options::new(Address::File(file.into()), secrets(SECRET)), now()).await.unwrap();
        let (ledger, writer) = ledger::open(&store, LedgerOptions::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(writer.run());
        let life = uuid::Uuid::now_v7();
        // An end, should nobody kill it.
        for number in 0..100_000 {
            for _ in 0..20 {
                let mut record = record(now());
                record.id = uuid::Uuid::now_v7();
                ledger.reserve().await.unwrap().fill(record);
            }
            let name = format!("{life} {number}");
            let change = BTreeMap::from([(name.clone(), Some(json!(number)))]);
            store.settings().put(&change, "victim", now()).await.unwrap();
            println!("written {name}");
        }
    });
}
