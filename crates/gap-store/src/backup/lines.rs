//! A backup that is lines of JSON: a head, a line per row, an end that counts them.
//!
//! The only SQL of this crate that is PostgreSQL's own: the server turns its rows into JSON and back, so the backup needs
//! no list of columns. A backup of an earlier schema is read into that schema and then brought forward.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool};

use crate::migrations::{self, latest_schema};
use crate::{Options, Store, StoreError};

/// Every table, those that others refer to first.
const TABLES: &[&str] = &[
    "data_keys",
    "projects",
    "upstream_keys",
    "deleted_upstream_keys",
    "pool_buckets",
    "pool_keys",
    "access_keys",
    "sessions",
    "settings",
    "audit",
    "resources",
    "conversations",
    "conversation_turns",
    "responses",
    "dialogues",
    "dialogue_items",
    "caches",
    "cache_sums",
    "usage_records",
    "usage_sums",
];

/// What the first line says it is.
const FORMAT: &str = "gap-backup";
/// How many rows are fetched, and written, at a time.
const CHUNK: usize = 1_000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Head {
        format: String,
        schema: i64,
        at: Timestamp,
    },
    Row {
        table: &'a str,
        #[serde(borrow)]
        row: &'a RawValue,
    },
    End {
        rows: u64,
    },
}

/// Writes every row as it is at one moment.
pub(super) async fn write(pool: &PgPool, to: &Path, now: Timestamp) -> Result<(), StoreError> {
    let failed = |source| StoreError::Backup { path: to.to_owned(), source };
    let mut file = BufWriter::new(File::options().write(true).open(to).map_err(failed)?);
    let mut put = |line: &Line<'_>| {
        serde_json::to_writer(&mut file, line).map_err(std::io::Error::from)?;
        file.write_all(b"\n")
    };
    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    put(&Line::Head { format: FORMAT.to_owned(), schema: latest_schema(), at: now }).map_err(failed)?;
    let mut rows = 0;
    for table in TABLES {
        let declare = format!("DECLARE backup NO SCROLL CURSOR FOR SELECT CAST(row_to_json(t) AS TEXT) FROM {table} t");
        // The name of the table is one of ours.
        sqlx::query(AssertSqlSafe(declare)).execute(&mut *snapshot).await?;
        loop {
            let fetch = AssertSqlSafe(format!("FETCH {CHUNK} FROM backup"));
            let chunk: Vec<String> = sqlx::query_scalar(fetch).fetch_all(&mut *snapshot).await?;
            if chunk.is_empty() {
                break;
            }
            for row in &chunk {
                let row: &RawValue =
                    serde_json::from_str(row).map_err(|error| StoreError::Damaged(error.to_string()))?;
                put(&Line::Row { table, row }).map_err(failed)?;
                rows += 1;
            }
        }
        sqlx::query("CLOSE backup").execute(&mut *snapshot).await?;
    }
    snapshot.commit().await?;
    put(&Line::End { rows }).map_err(failed)?;
    file.flush().map_err(failed)
}

/// Replaces every row by those of the backup: all or none.
pub(super) async fn restore(options: Options, from: &Path, now: Timestamp) -> Result<(), StoreError> {
    let failed = |source| StoreError::Backup { path: from.to_owned(), source };
    let mut lines = BufReader::new(File::open(from).map_err(failed)?);
    let mut text = String::new();
    lines.read_line(&mut text).map_err(failed)?;
    let schema = match serde_json::from_str(&text) {
        Ok(Line::Head { format, schema, .. }) if format == FORMAT => schema,
        _ => return Err(StoreError::Invalid("this is not a backup of a GAP on PostgreSQL".to_owned())),
    };
    if schema > latest_schema() {
        return Err(StoreError::NewerSchema { found: schema, known: latest_schema() });
    }
    let crate::Address::Postgres(server) = &options.address else {
        return Err(StoreError::Invalid("this backup belongs into PostgreSQL".to_owned()));
    };
    let mut connection = server.connect().await?;
    let mut transaction = connection.begin().await?;
    drop_tables(&mut transaction).await?;
    // The rows go into the schema that they came from, and then forward with it.
    migrations::run_to(Some(schema), &mut transaction).await?;
    let rows = replay(&mut lines, from, &mut transaction).await?;
    migrations::run_to(None, &mut transaction).await?;
    // Opened before it counts: a backup that this SECRET_KEY does not open changes nothing.
    crate::data_key::check(&mut transaction, &options.secrets).await?;
    transaction.commit().await?;
    connection.close().await?;
    tracing::info!(rows, "The backup has been restored");
    Store::open(options, now).await?.close().await;
    Ok(())
}

/// Enters the rows; returns how many there were.
async fn replay(lines: &mut BufReader<File>, from: &Path, connection: &mut PgConnection) -> Result<u64, StoreError> {
    let damaged = || StoreError::Damaged("the backup is cut short or was changed".to_owned());
    let mut text = String::new();
    let mut waiting = Waiting { table: "", rows: String::new(), count: 0 };
    let mut rows = 0;
    loop {
        text.clear();
        lines.read_line(&mut text).map_err(|source| StoreError::Backup { path: from.to_owned(), source })?;
        match serde_json::from_str(&text) {
            Ok(Line::Row { table: name, row }) => {
                let table = TABLES.iter().find(|table| **table == name).ok_or_else(damaged)?;
                if waiting.table != *table || waiting.count == CHUNK {
                    waiting.enter(connection).await?;
                    waiting.table = table;
                }
                waiting.push(row.get());
                rows += 1;
            }
            Ok(Line::End { rows: expected }) if expected == rows => {
                waiting.enter(connection).await?;
                return Ok(rows);
            }
            _ => return Err(damaged()),
        }
    }
}

/// Rows of one table, as a JSON array that is not closed yet.
struct Waiting {
    table: &'static str,
    rows: String,
    count: usize,
}

impl Waiting {
    fn push(&mut self, row: &str) {
        self.rows.push(if self.count == 0 { '[' } else { ',' });
        self.rows.push_str(row);
        self.count += 1;
    }

    /// Enters them and is empty again.
    async fn enter(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.count == 0 {
            return Ok(());
        }
        self.rows.push(']');
        let table = self.table;
        let insert =
            format!("INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, CAST($1 AS JSON))");
        sqlx::query(AssertSqlSafe(insert)).bind(&self.rows).execute(connection).await?;
        self.rows.clear();
        self.count = 0;
        Ok(())
    }
}

/// Drops our tables and leaves those of others.
pub(super) async fn remove(server: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = server.connect().await?;
    let mut transaction = connection.begin().await?;
    drop_tables(&mut transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

async fn drop_tables(connection: &mut PgConnection) -> Result<(), StoreError> {
    for table in TABLES.iter().rev().chain([&migrations::TABLE]) {
        sqlx::query(AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}"))).execute(&mut *connection).await?;
    }
    Ok(())
}
