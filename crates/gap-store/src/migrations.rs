//! The steps that lead from any earlier schema to this program's, forward only.
//!
//! A step that has been released is never edited: its checksum is kept in the database. A change that an older program
//! beside a newer one could not bear is made in two releases: first what is new is added, then what is old is removed.
//! Where the databases need different words, a step has two texts.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqlSafeStr};

use crate::StoreError;
use crate::db::{BeginWriting, Db};

/// A step: its number, its name, and what it says to SQLite and to PostgreSQL.
struct Step {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const FIRST: &str = include_str!("../migrations/0001_first.sql");

const DELETED_KEYS: &str = include_str!("../migrations/0002_deleted_keys.sql");
const SESSIONS: &str = include_str!("../migrations/0003_sessions.sql");
const CONVERSATIONS: &str = include_str!("../migrations/0004_conversations.sql");
const CACHE_SUMS: &str = include_str!("../migrations/0005_cache_sums.sql");
const KEY_TERMS: &str = include_str!("../migrations/0006_key_terms.sql");
const RESPONSES: &str = include_str!("../migrations/0007_responses.sql");

const STEPS: &[Step] = &[
    Step { version: 1, name: "first", sqlite: FIRST, postgres: FIRST },
    Step { version: 2, name: "deleted_keys", sqlite: DELETED_KEYS, postgres: DELETED_KEYS },
    Step { version: 3, name: "sessions", sqlite: SESSIONS, postgres: SESSIONS },
    Step { version: 4, name: "conversations", sqlite: CONVERSATIONS, postgres: CONVERSATIONS },
    Step { version: 5, name: "cache_sums", sqlite: CACHE_SUMS, postgres: CACHE_SUMS },
    Step { version: 6, name: "key_terms", sqlite: KEY_TERMS, postgres: KEY_TERMS },
    Step { version: 7, name: "responses", sqlite: RESPONSES, postgres: RESPONSES },
];

/// Where the steps taken are noted. A name of our own: others may keep theirs in the same database.
pub(crate) const TABLE: &str = "gap_migrations";

/// Held until the transaction ends. The number is ours, and means nothing.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7133548209264)";

/// The newest schema that this program knows.
pub fn latest_schema() -> i64 {
    STEPS.iter().map(|step| step.version).max().unwrap_or(0)
}

/// Every schema that this program knows, oldest first.
pub fn schemas() -> impl Iterator<Item = i64> {
    STEPS.iter().map(|step| step.version)
}

/// Takes the steps that are missing: all of them or none.
pub(crate) async fn run(db: &Db) -> Result<(), StoreError> {
    match db {
        Db::Sqlite(pool) => {
            let mut transaction = pool.begin_writing().await?;
            migrator(|step| step.sqlite).run_direct(None, &mut *transaction, false).await?;
            transaction.commit().await?;
        }
        Db::Postgres(pool) => {
            let mut transaction = pool.begin_writing().await?;
            // Of several instances that start at once, the others wait: even `IF NOT EXISTS` fails for the slower one.
            sqlx::query(ONE_AT_A_TIME).execute(&mut *transaction).await?;
            run_to(None, &mut transaction).await?;
            transaction.commit().await?;
        }
    }
    Ok(())
}

/// Takes the steps up to this schema, or all, within a transaction.
pub(crate) async fn run_to(schema: Option<i64>, transaction: &mut PgConnection) -> Result<(), StoreError> {
    Ok(migrator(|step| step.postgres).run_direct(schema, transaction, false).await?)
}

fn migrator(text: fn(&Step) -> &'static str) -> Migrator {
    let steps = STEPS.iter().map(|step| {
        Migration::new(step.version, step.name.into(), MigrationType::Simple, text(step).into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}
