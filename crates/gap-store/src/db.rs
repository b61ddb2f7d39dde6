//! One query text, two drivers.

use std::future::Future;

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

/// A way to the database. The drivers differ in type, not in text.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// A pool on a file or on memory.
    Sqlite(SqlitePool),
    /// A pool on a server.
    Postgres(PgPool),
}

/// Runs one query text against whichever database is configured.
macro_rules! on {
    ($db:expr, |$pool:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite($pool) => $body,
            $crate::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Begins a transaction that is going to write.
pub(crate) trait BeginWriting {
    /// Whose transaction it is.
    type Database: sqlx::Database;

    /// On SQLite the right to write is taken at once: a transaction that began by reading would fail instead of waiting
    /// when another process has written in between.
    fn begin_writing(&self) -> impl Future<Output = Result<Transaction<'static, Self::Database>, sqlx::Error>> + Send;
}

impl BeginWriting for SqlitePool {
    type Database = Sqlite;

    fn begin_writing(&self) -> impl Future<Output = Result<Transaction<'static, Sqlite>, sqlx::Error>> + Send {
        self.begin_with("BEGIN IMMEDIATE")
    }
}

impl BeginWriting for PgPool {
    type Database = Postgres;

    fn begin_writing(&self) -> impl Future<Output = Result<Transaction<'static, Postgres>, sqlx::Error>> + Send {
        self.begin()
    }
}

// === impl Db ===

impl Db {
    /// Ends all connections, waiting for those in use.
    pub(crate) async fn close(&self) {
        on!(self, |pool| pool.close().await);
    }
}
