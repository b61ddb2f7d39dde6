//! Explicit caches at Google: whose they are, where they live, and what they have cost and saved.
//!
//! A cache is written down before Google is asked to make it, as one that is *coming*: after a crash in between, the one
//! that Google may have made is found by its display name, and nobody pays for what nobody knows.

mod sums;

use jiff::Timestamp;
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{Store, StoreError, json};

pub use self::sums::{CacheSum, CacheTotals};

/// What names begin with that Google has not given yet.
const COMING: &str = "coming/";

/// A cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// Ours.
    pub id: Uuid,
    /// Google's name for it: `cachedContents/abc`. See [`Cache::coming`].
    pub name: String,
    /// The access key whose it is.
    pub owner: String,
    /// The project in which it lives.
    pub project: String,
    /// The upstream key that made it.
    pub upstream_key: String,
    /// The model for which it is.
    pub model: String,
    /// Who made it: `user`, `automatic`.
    pub kind: String,
    /// What it holds: the name of a prefix.
    pub prefix: String,
    /// What people call it.
    pub display_name: String,
    /// How many tokens it holds.
    pub tokens: i64,
    /// How often it was used.
    pub hits: i64,
    /// Tokens that were read from it.
    pub saved_tokens: i64,
    /// What that saved, in billionths of a dollar.
    pub saved_nanos: i64,
    /// What making and keeping it has cost up to [`Cache::paid_until`], in billionths of a dollar.
    pub spent_nanos: i64,
    /// Until when its storage is counted in.
    pub paid_until: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Timestamp,
    /// When Google forgets it.
    pub expires_at: Timestamp,
}

/// Which caches are asked for.
#[derive(Clone, Debug, Default)]
pub struct CacheFilter {
    /// Of this access key only.
    pub owner: Option<String>,
    /// For this model only.
    pub model: Option<String>,
    /// Made by `user` or `automatic`.
    pub kind: Option<String>,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Caches<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    owner: String,
    project: String,
    upstream_key: String,
    model: String,
    kind: String,
    prefix: String,
    display_name: String,
    tokens: i64,
    hits: i64,
    saved_tokens: i64,
    saved_nanos: i64,
    spent_nanos: i64,
    paid_until: i64,
    created_at: i64,
    used_at: i64,
    expires_at: i64,
}

// === impl Caches ===

impl Caches<'_> {
    /// Enters a cache. [`StoreError::Duplicate`] when its name is there.
    pub async fn insert(&self, cache: &Cache) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO caches (id, name, owner, project, upstream_key, model, kind, prefix, display_name,
            tokens, hits, saved_tokens, saved_nanos, spent_nanos, paid_until, created_at, used_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
        on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(cache.id.to_string())
                .bind(&cache.name)
                .bind(&cache.owner)
                .bind(&cache.project)
                .bind(&cache.upstream_key)
                .bind(&cache.model)
                .bind(&cache.kind)
                .bind(&cache.prefix)
                .bind(&cache.display_name)
                .bind(cache.tokens)
                .bind(cache.hits)
                .bind(cache.saved_tokens)
                .bind(cache.saved_nanos)
                .bind(cache.spent_nanos)
                .bind(cache.paid_until.as_millisecond())
                .bind(cache.created_at.as_millisecond())
                .bind(cache.used_at.as_millisecond())
                .bind(cache.expires_at.as_millisecond())
                .execute(pool)
                .await
                .map_err(StoreError::about("cache"))?;
        });
        Ok(())
    }

    /// The caches that pass the filter, that Google has made and not forgotten, the newest first: those of one page, and
    /// how many there are.
    pub async fn list(
        &self,
        filter: &CacheFilter,
        (skip, most): (u64, u32),
        now: Timestamp,
    ) -> Result<(Vec<Cache>, u64), StoreError> {
        macro_rules! restrict {
            ($query:ident) => {
                $query.push("name NOT LIKE 'coming/%' AND expires_at > ").push_bind(now.as_millisecond());
                for (column, value) in
                    [(" AND owner = ", &filter.owner), (" AND model = ", &filter.model), (" AND kind = ", &filter.kind)]
                {
                    if let Some(value) = value {
                        $query.push(column).push_bind(value);
                    }
                }
            };
        }
        let skip = i64::try_from(skip).unwrap_or(i64::MAX);
        let (total, rows): (i64, Vec<Row>) = on!(self.store.read(), |pool| {
            let mut count = QueryBuilder::new("SELECT COUNT(*) FROM caches WHERE ");
            restrict!(count);
            let total = count.build_query_scalar().fetch_one(pool).await?;
            let mut query = QueryBuilder::new("SELECT * FROM caches WHERE ");
            restrict!(query);
            query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(most));
            query.push(" OFFSET ").push_bind(skip);
            (total, query.build_query_as().fetch_all(pool).await?)
        });
        let caches = rows.into_iter().map(Cache::try_from).collect::<Result<_, _>>()?;
        Ok((caches, total.try_into().unwrap_or(0)))
    }

    /// One cache, by our identifier, whether or not Google still has it.
    pub async fn find(&self, id: Uuid) -> Result<Option<Cache>, StoreError> {
        const SQL: &str = "SELECT * FROM caches WHERE id = $1";
        let row: Option<Row> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(pool).await?);
        row.map(Cache::try_from).transpose()
    }

    /// One cache, by Google's name for it, whether or not Google still has it.
    pub async fn find_by_name(&self, name: &str) -> Result<Option<Cache>, StoreError> {
        const SQL: &str = "SELECT * FROM caches WHERE name = $1";
        if name.contains('\0') {
            return Ok(None);
        }
        let row: Option<Row> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(name).fetch_optional(pool).await?);
        row.map(Cache::try_from).transpose()
    }

    /// Notes that a cache was used, what that saved, and when Google forgets it now. False when it is gone.
    pub async fn used(
        &self,
        id: Uuid,
        hits: i64,
        (tokens, nanos): (i64, i64),
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE caches SET hits = hits + $2, saved_tokens = saved_tokens + $3,
            saved_nanos = saved_nanos + $4, expires_at = $5, used_at = $6 WHERE id = $1";
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(hits)
                .bind(tokens)
                .bind(nanos)
                .bind(expires_at.as_millisecond())
                .bind(now.as_millisecond())
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Google has made a cache that was coming. False when it is gone.
    pub async fn came(
        &self,
        id: Uuid,
        name: &str,
        (tokens, spent_nanos): (i64, i64),
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE caches SET name = $2, tokens = $3, spent_nanos = $4, expires_at = $5 WHERE id = $1";
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(name)
                .bind(tokens)
                .bind(spent_nanos)
                .bind(expires_at.as_millisecond())
                .execute(pool)
                .await
                .map_err(StoreError::about("cache"))?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Google forgets a cache at another time. False when it is gone.
    pub async fn extend(&self, id: Uuid, expires_at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE caches SET expires_at = $2 WHERE id = $1";
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL).bind(id.to_string()).bind(expires_at.as_millisecond()).execute(pool).await?.rows_affected()
        });
        Ok(changed > 0)
    }

    /// Counts in what keeping a cache has cost up to `until`, unless somebody else has: it was counted in up to `from`.
    pub async fn pay(&self, id: Uuid, nanos: i64, from: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE caches SET spent_nanos = spent_nanos + $2, paid_until = $4
            WHERE id = $1 AND paid_until <= $3";
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(nanos)
                .bind(from.as_millisecond())
                .bind(until.as_millisecond())
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Caches in the order of their identifiers, after one: those that are coming, too, and those that Google has
    /// forgotten and that are still written down.
    pub async fn page(&self, after: Option<Uuid>, most: u32) -> Result<Vec<Cache>, StoreError> {
        const SQL: &str = "SELECT * FROM caches WHERE id > $1 ORDER BY id LIMIT $2";
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(after).bind(i64::from(most)).fetch_all(pool).await?
        });
        rows.into_iter().map(Cache::try_from).collect()
    }

    /// Forgets a cache; false when it is not known.
    pub async fn delete(&self, id: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM caches WHERE id = $1";
        let gone =
            on!(self.store.write(), |pool| sqlx::query(SQL).bind(id.to_string()).execute(pool).await?.rows_affected());
        Ok(gone > 0)
    }
}

// === impl Cache ===

impl Cache {
    /// What a cache is called until Google has given it a name.
    pub fn coming(id: Uuid) -> String {
        format!("{COMING}{id}")
    }

    /// Whether Google has not said yet that it has made it.
    pub fn is_coming(&self) -> bool {
        self.name.starts_with(COMING)
    }
}

impl TryFrom<Row> for Cache {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: json::id(&row.id)?,
            name: row.name,
            owner: row.owner,
            project: row.project,
            upstream_key: row.upstream_key,
            model: row.model,
            kind: row.kind,
            prefix: row.prefix,
            display_name: row.display_name,
            tokens: row.tokens,
            hits: row.hits,
            saved_tokens: row.saved_tokens,
            saved_nanos: row.saved_nanos,
            spent_nanos: row.spent_nanos,
            paid_until: json::time(row.paid_until.max(row.created_at))?,
            created_at: json::time(row.created_at)?,
            used_at: json::time(row.used_at)?,
            expires_at: json::time(row.expires_at)?,
        })
    }
}
