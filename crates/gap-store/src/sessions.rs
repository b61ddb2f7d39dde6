//! Sessions of the web login, as far as their tokens do not tell: which were refreshed, which are over.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Store, StoreError, json};

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionMark {
    /// The session's.
    pub id: Uuid,
    /// The generation of its newest token; none when it is over.
    pub generation: Option<i64>,
    /// Since when.
    pub changed_at: Timestamp,
    /// When the last of its tokens is over anyway.
    pub expires_at: Timestamp,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Sessions<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    generation: Option<i64>,
    changed_at: i64,
    expires_at: i64,
}

// === impl Sessions ===

impl Sessions<'_> {
    /// Notes what became of a session. False when it has come as far, or is over, already: of several who refresh with one
    /// token, one wins.
    pub async fn advance(&self, mark: &SessionMark) -> Result<bool, StoreError> {
        const SQL: &str = "INSERT INTO sessions (id, generation, changed_at, expires_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, changed_at = excluded.changed_at,
            expires_at = excluded.expires_at
            WHERE sessions.generation IS NOT NULL
            AND (excluded.generation IS NULL OR sessions.generation < excluded.generation)";
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(mark.id.to_string())
                .bind(mark.generation)
                .bind(mark.changed_at.as_millisecond())
                .bind(mark.expires_at.as_millisecond())
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Those of which a token may still be about.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<SessionMark>, StoreError> {
        const SQL: &str =
            "SELECT id, generation, changed_at, expires_at FROM sessions WHERE expires_at > $1 ORDER BY id";
        let rows: Vec<Row> =
            on!(self.store.read(), |pool| { sqlx::query_as(SQL).bind(now.as_millisecond()).fetch_all(pool).await? });
        rows.into_iter().map(SessionMark::try_from).collect()
    }
}

impl TryFrom<Row> for SessionMark {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: json::id(&row.id)?,
            generation: row.generation,
            changed_at: json::time(row.changed_at)?,
            expires_at: json::time(row.expires_at)?,
        })
    }
}
