//! Databases to test on, and rows to put into them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use gap_store::{Address, Options, SecretKeys, Store};
use jiff::{Span, Timestamp};
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Where a story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    File,
    Memory,
    Postgres,
}

/// A database of its own, removed at the end.
pub(crate) struct TestDb {
    pub(crate) address: Address,
    pub(crate) folder: TempDir,
    /// The address of a server and the schema in it that is ours.
    schema: Option<(String, String)>,
}

/// The `SECRET_KEY` of most tests.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// When most tests happen.
pub(crate) fn now() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

/// So many hours after [`now`].
pub(crate) fn hours(hours: i64) -> Timestamp {
    now() + Span::new().hours(hours)
}

/// An identifier that no other call returns.
pub(crate) fn id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn secrets(current: &str) -> SecretKeys {
    SecretKeys::new(SecretString::from(current))
}

// === impl TestDb ===

impl TestDb {
    /// `None`, saying so, where there is no server.
    pub(crate) async fn new(on: On) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (address, schema) = match on {
            On::Memory => (Address::Memory, None),
            On::File => (Address::File(folder.path().join("data/gap.db")), None),
            On::Postgres => {
                let Some(server) = std::env::var_os("GAP_TEST_POSTGRES") else {
                    println!("skipped: GAP_TEST_POSTGRES names no PostgreSQL server");
                    return None;
                };
                let server = server.into_string().unwrap();
                let schema = format!("test_{}", Uuid::now_v7().simple());
                execute(&server, format!("CREATE SCHEMA {schema}")).await;
                let separator = if server.contains('?') { '&' } else { '?' };
                let address = format!("{server}{separator}options[search_path]={schema}").parse().unwrap();
                (address, Some((server, schema)))
            }
        };
        Some(Self { address, folder, schema })
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(self.address.clone(), secrets(SECRET))
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(self.options(), now()).await.unwrap()
    }

    /// Ends the store in an orderly way and opens it again.
    pub(crate) async fn restart(&self, store: Store) -> Store {
        store.close().await;
        drop(store);
        self.open().await
    }

    /// The database's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("data/gap.db")
    }

    /// Runs statements behind the store's back.
    pub(crate) async fn execute(&self, sql: impl Into<String>) {
        let sql = AssertSqlSafe(sql.into());
        match &self.address {
            Address::Memory => panic!("nobody else sees this memory"),
            Address::File(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
                let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Address::Postgres(options) => {
                let mut connection = PgConnection::connect_with(options).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Some((server, schema)) = self.schema.take() else { return };
        // A drop cannot wait within the runtime of the test.
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute(&server, format!("DROP SCHEMA {schema} CASCADE")));
        });
        let _ = done.join();
    }
}

async fn execute(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
