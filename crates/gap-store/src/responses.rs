//! Answers of OpenAI's Responses API that are kept for those who go on from them.
//!
//! A response knows the one before it, so a conversation is a chain of them and nothing is kept twice. One that is worked on
//! without its client is here from its beginning: whoever works on it says again and again that it is alive
//! ([`Responses::beat`]), so that another process, or the next one, can tell that nobody works on it any more.
//!
//! ## Edges
//! - The first who ends a response wins: what comes later changes nothing.
//! - A response that is older than it may be is not there, whether or not it has been removed yet.
//! - A chain without its beginning, or with an end that is still worked on, is none.

use jiff::Timestamp;

use crate::{Store, StoreError, json};

/// How many responses one statement removes. Each may be large.
const BATCH: i64 = 100;

/// A response that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptResponse {
    /// Its id.
    pub id: String,
    /// The access key whose it is.
    pub owner: String,
    /// The response that it goes on from.
    pub previous: Option<String>,
    /// The items of its request: a JSON list.
    pub input: String,
    /// Its own items: a JSON list.
    pub output: String,
    /// The response.
    pub response: String,
    /// Until when whoever works on it is believed to be alive; none when it has ended.
    pub alive_until: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Timestamp,
}

/// The items of one link of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Those of the request.
    pub input: String,
    /// Those of the response.
    pub output: String,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Responses<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    owner: String,
    previous: Option<String>,
    input: String,
    output: String,
    response: String,
    alive_until: Option<i64>,
    created_at: i64,
    used_at: i64,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    previous: Option<String>,
    input: String,
    output: String,
    used_at: i64,
}

// === impl Responses ===

impl Responses<'_> {
    /// Keeps a response.
    pub async fn insert(&self, kept: &KeptResponse) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO responses (id, owner, previous, input, output, response, alive_until, created_at,
            used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING";
        on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(&kept.id)
                .bind(&kept.owner)
                .bind(&kept.previous)
                .bind(&kept.input)
                .bind(&kept.output)
                .bind(&kept.response)
                .bind(kept.alive_until.map(Timestamp::as_millisecond))
                .bind(kept.created_at.as_millisecond())
                .bind(kept.used_at.as_millisecond())
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// The response of an owner that was used since then.
    pub async fn find(&self, owner: &str, id: &str, since: Timestamp) -> Result<Option<KeptResponse>, StoreError> {
        const SQL: &str = "SELECT id, owner, previous, input, output, response, alive_until, created_at, used_at
            FROM responses WHERE id = $1 AND owner = $2 AND used_at > $3";
        if id.contains('\0') {
            return Ok(None);
        }
        let row: Option<Row> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(id).bind(owner).bind(since.as_millisecond()).fetch_optional(pool).await?
        });
        row.map(KeptResponse::try_from).transpose()
    }

    /// The chain that ends with this response, oldest first, if all of it was used since then and it has no more than
    /// `most` links. All of it is used `now`.
    pub async fn chain(
        &self,
        owner: &str,
        id: &str,
        most: u32,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Vec<Link>>, StoreError> {
        const SQL: &str = "WITH RECURSIVE chain (id, previous, depth) AS (
                SELECT id, previous, CAST(1 AS BIGINT) FROM responses
                WHERE id = $1 AND owner = $2 AND alive_until IS NULL
                UNION ALL
                SELECT responses.id, responses.previous, chain.depth + 1 FROM responses
                JOIN chain ON responses.id = chain.previous WHERE responses.owner = $2 AND chain.depth < $3)
            SELECT responses.previous, responses.input, responses.output, responses.used_at FROM chain
            JOIN responses ON responses.id = chain.id ORDER BY chain.depth DESC";
        const TOUCH: &str = "WITH RECURSIVE chain (id, previous, depth) AS (
                SELECT id, previous, CAST(1 AS BIGINT) FROM responses
                WHERE id = $1 AND owner = $2 AND alive_until IS NULL
                UNION ALL
                SELECT responses.id, responses.previous, chain.depth + 1 FROM responses
                JOIN chain ON responses.id = chain.previous WHERE responses.owner = $2 AND chain.depth < $3)
            UPDATE responses SET used_at = $4 WHERE id IN (SELECT id FROM chain)";
        if id.contains('\0') {
            return Ok(None);
        }
        let most = i64::from(most);
        let rows: Vec<LinkRow> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(id).bind(owner).bind(most).fetch_all(pool).await?
        });
        let is_whole = rows.first().is_some_and(|first| first.previous.is_none())
            && rows.iter().all(|row| row.used_at > since.as_millisecond());
        if !is_whole {
            return Ok(None);
        }
        on!(self.store.write(), |pool| {
            sqlx::query(TOUCH).bind(id).bind(owner).bind(most).bind(now.as_millisecond()).execute(pool).await?;
        });
        Ok(Some(rows.into_iter().map(|LinkRow { input, output, .. }| Link { input, output }).collect()))
    }

    /// Shows how far a response has come that is being worked on; false when it is not, or no more.
    pub async fn beat(&self, id: &str, response: Option<&str>, alive_until: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE responses SET alive_until = $2, response = COALESCE($3, response)
            WHERE id = $1 AND alive_until IS NOT NULL";
        let changed = on!(self.store.write(), |pool| {
            let query = sqlx::query(SQL).bind(id).bind(alive_until.as_millisecond()).bind(response);
            query.execute(pool).await?.rows_affected()
        });
        Ok(changed > 0)
    }

    /// Ends a response that is being worked on; false when it is not, or no more.
    pub async fn finish(&self, id: &str, response: &str, output: &str, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE responses SET alive_until = NULL, response = $2, output = $3, used_at = $4
            WHERE id = $1 AND alive_until IS NOT NULL";
        let changed = on!(self.store.write(), |pool| {
            let query = sqlx::query(SQL).bind(id).bind(response).bind(output).bind(now.as_millisecond());
            query.execute(pool).await?.rows_affected()
        });
        Ok(changed > 0)
    }

    /// Responses that nobody seems to work on since `now`, though they have not ended: some of them.
    pub async fn abandoned(&self, now: Timestamp) -> Result<Vec<KeptResponse>, StoreError> {
        const SQL: &str = "SELECT id, owner, previous, input, output, response, alive_until, created_at, used_at
            FROM responses WHERE alive_until <= $1 ORDER BY id LIMIT $2";
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(now.as_millisecond()).bind(BATCH).fetch_all(pool).await?
        });
        rows.into_iter().map(KeptResponse::try_from).collect()
    }

    /// Forgets a response of an owner that was used since then; false when there is none.
    pub async fn delete(&self, owner: &str, id: &str, since: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM responses WHERE id = $1 AND owner = $2 AND used_at > $3";
        if id.contains('\0') {
            return Ok(false);
        }
        let gone = on!(self.store.write(), |pool| {
            let query = sqlx::query(SQL).bind(id).bind(owner).bind(since.as_millisecond());
            query.execute(pool).await?.rows_affected()
        });
        Ok(gone > 0)
    }

    /// Removes those that were not used since then, a few at a time. Returns how many went.
    pub async fn expire(&self, since: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM responses WHERE id IN
            (SELECT id FROM responses WHERE used_at <= $1 ORDER BY used_at LIMIT $2)";
        let mut removed = 0;
        loop {
            let gone = on!(self.store.write(), |pool| {
                let query = sqlx::query(SQL).bind(since.as_millisecond()).bind(BATCH);
                query.execute(pool).await?.rows_affected()
            });
            removed += gone;
            if gone == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Keeps no more than so many; those go that were used least lately. Returns how many went.
    pub async fn trim(&self, most: u64) -> Result<u64, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) FROM responses";
        const SQL: &str = "DELETE FROM responses WHERE id IN
            (SELECT id FROM responses WHERE alive_until IS NULL ORDER BY used_at, id LIMIT $1)";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut removed = 0;
        loop {
            let there: i64 = on!(self.store.read(), |pool| sqlx::query_scalar(COUNT).fetch_one(pool).await?);
            let over = there - most;
            if over <= 0 {
                return Ok(removed);
            }
            let gone = on!(self.store.write(), |pool| {
                sqlx::query(SQL).bind(over.min(BATCH)).execute(pool).await?.rows_affected()
            });
            removed += gone;
            if gone == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl TryFrom<Row> for KeptResponse {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            owner: row.owner,
            previous: row.previous,
            input: row.input,
            output: row.output,
            response: row.response,
            alive_until: json::time_optional(row.alive_until)?,
            created_at: json::time(row.created_at)?,
            used_at: json::time(row.used_at)?,
        })
    }
}
