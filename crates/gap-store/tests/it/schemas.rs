//! Every earlier schema, with rows in it, is brought forward row by row. `tests/data/README.md` says how a dump is made.

mod rows;

use gap_store::{Options, Store};
use rstest::rstest;

use crate::support::{On, SECRET, TestDb, hours, now, secrets};

/// Names the store that is to be populated and dumped.
const POPULATE: &str = "GAP_TEST_POPULATE";

#[rstest]
#[tokio::test]
async fn every_schema_is_brought_forward_row_by_row(#[values(On::File, On::Postgres)] on: On) {
    if let Some(address) = std::env::var_os(POPULATE) {
        let address = address.into_string().unwrap().parse().unwrap();
        let store = Store::open(Options::new(address, secrets(SECRET)), now()).await.unwrap();
        rows::write(&store).await;
        store.close().await;
        return;
    }
    for version in gap_store::schemas() {
        let Some(db) = TestDb::new(on).await else { return };
        if on == On::File {
            std::fs::create_dir(db.folder.path().join("data")).unwrap();
        }
        db.execute(dump(version, on)).await;
        let store = Store::open(db.options(), hours(1)).await.unwrap();
        rows::check(&store).await;
        if version >= 2 {
            rows::check_second(&store).await;
        }
        if version >= 4 {
            rows::check_fourth(&store).await;
        }
        if version >= 5 {
            rows::check_fifth(&store).await;
        }
        if version >= 6 {
            rows::check_sixth(&store).await;
        }
        if version >= 7 {
            rows::check_seventh(&store).await;
        }
        // It is a store like any other: it can be written and opened again.
        rows::change(&store).await;
        db.restart(store).await.close().await;
    }
}

/// What the database's own tool wrote.
fn dump(version: i64, on: On) -> String {
    let kind = if on == On::File { "sqlite" } else { "postgres" };
    let path = format!("{}/tests/data/schema-{version}.{kind}.sql", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| {
        panic!("schema {version} has no dump at {path}; tests/data/README.md says how to make one")
    });
    if on == On::File {
        return text;
    }
    // pg_dump names the schema everywhere, and speaks to psql as well as to the server.
    let for_server = |line: &&str| !line.starts_with('\\') && !line.contains("set_config('search_path'");
    let lines: Vec<_> = text.lines().filter(for_server).map(|line| line.replace("public.", "")).collect();
    lines.join("\n")
}
