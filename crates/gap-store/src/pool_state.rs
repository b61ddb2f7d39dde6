//! What the pool must not forget in a restart: day counters, minute cells, rests with their causes, learned limits, strikes.
//!
//! The pool writes its own JSON and gives it a version; here it is text. Of several that save the same bucket, the
//! latest wins, whatever the order in which they arrive.

use jiff::Timestamp;
use sqlx::QueryBuilder;

use crate::db::BeginWriting;
use crate::{Store, StoreError, json};

/// How many rows one statement writes.
const CHUNK: usize = 500;

/// What is remembered of one (project, model).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketState {
    /// The project, by the name that the pool's owner gives it.
    pub project: String,
    /// The model.
    pub model: String,
    /// The rest.
    pub state: Snapshot,
}

/// What is remembered of one upstream key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// The upstream key's identifier.
    pub upstream_key: String,
    /// The rest.
    pub state: Snapshot,
}

/// The pool's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of its shape. The pool skips one that it does not know.
    pub version: u32,
    /// JSON.
    pub json: String,
    /// Until when it rests: it is not cleaned up before.
    pub resting_until: Option<Timestamp>,
    /// When it was true.
    pub at: Timestamp,
}

/// The two tables.
#[derive(Clone, Copy, Debug)]
pub struct PoolState<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct BucketRow {
    project: String,
    model: String,
    version: i64,
    state: String,
    resting_until: Option<i64>,
    updated_at: i64,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    upstream_key: String,
    version: i64,
    state: String,
    resting_until: Option<i64>,
    updated_at: i64,
}

// === impl PoolState ===

impl PoolState<'_> {
    /// Saves what has changed, in one transaction. Of two states of the same bucket in one call the later in the slice
    /// counts.
    pub async fn save(&self, buckets: &[BucketState], keys: &[KeyState]) -> Result<(), StoreError> {
        const BUCKETS: &str = "INSERT INTO pool_buckets (project, model, version, state, resting_until, updated_at) ";
        const BUCKETS_LATEST: &str = " ON CONFLICT (project, model) DO UPDATE SET version = excluded.version,
            state = excluded.state, resting_until = excluded.resting_until, updated_at = excluded.updated_at
            WHERE pool_buckets.updated_at <= excluded.updated_at";
        const KEYS: &str = "INSERT INTO pool_keys (upstream_key, version, state, resting_until, updated_at) ";
        const KEYS_LATEST: &str = " ON CONFLICT (upstream_key) DO UPDATE SET version = excluded.version,
            state = excluded.state, resting_until = excluded.resting_until, updated_at = excluded.updated_at
            WHERE pool_keys.updated_at <= excluded.updated_at";
        // One statement may touch a row only once, and a fixed order keeps two instances from waiting for each other.
        let buckets = last_of_each(buckets, |bucket| (bucket.project.as_str(), bucket.model.as_str()));
        let keys = last_of_each(keys, |key| key.upstream_key.as_str());
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for chunk in buckets.chunks(CHUNK) {
                let mut query = QueryBuilder::new(BUCKETS);
                query.push_values(chunk, |mut row, bucket| {
                    row.push_bind(&bucket.project)
                        .push_bind(&bucket.model)
                        .push_bind(i64::from(bucket.state.version))
                        .push_bind(&bucket.state.json)
                        .push_bind(bucket.state.resting_until.map(Timestamp::as_millisecond))
                        .push_bind(bucket.state.at.as_millisecond());
                });
                query.push(BUCKETS_LATEST).build().execute(&mut *transaction).await?;
            }
            for chunk in keys.chunks(CHUNK) {
                let mut query = QueryBuilder::new(KEYS);
                query.push_values(chunk, |mut row, key| {
                    row.push_bind(&key.upstream_key)
                        .push_bind(i64::from(key.state.version))
                        .push_bind(&key.state.json)
                        .push_bind(key.state.resting_until.map(Timestamp::as_millisecond))
                        .push_bind(key.state.at.as_millisecond());
                });
                query.push(KEYS_LATEST).build().execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
        Ok(())
    }

    /// Everything saved of buckets.
    pub async fn buckets(&self) -> Result<Vec<BucketState>, StoreError> {
        const SQL: &str = "SELECT project, model, version, state, resting_until, updated_at FROM pool_buckets
            ORDER BY project, model";
        let rows: Vec<BucketRow> = on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_all(pool).await?);
        let buckets = rows.into_iter().map(|row| {
            let state = snapshot(row.version, row.state, row.resting_until, row.updated_at)?;
            Ok(BucketState { project: row.project, model: row.model, state })
        });
        buckets.collect()
    }

    /// Everything saved of keys.
    pub async fn keys(&self) -> Result<Vec<KeyState>, StoreError> {
        const SQL: &str =
            "SELECT upstream_key, version, state, resting_until, updated_at FROM pool_keys ORDER BY upstream_key";
        let rows: Vec<KeyRow> = on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_all(pool).await?);
        let keys = rows.into_iter().map(|row| {
            let state = snapshot(row.version, row.state, row.resting_until, row.updated_at)?;
            Ok(KeyState { upstream_key: row.upstream_key, state })
        });
        keys.collect()
    }

    /// Forgets the buckets of a project that is gone.
    pub async fn forget_project(&self, project: &str) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM pool_buckets WHERE project = $1";
        on!(self.store.write(), |pool| {
            sqlx::query(SQL).bind(project).execute(pool).await?;
        });
        Ok(())
    }
}

fn snapshot(version: i64, json: String, resting_until: Option<i64>, at: i64) -> Result<Snapshot, StoreError> {
    Ok(Snapshot {
        version: u32::try_from(version).unwrap_or(u32::MAX),
        json,
        resting_until: json::time_optional(resting_until)?,
        at: json::time(at)?,
    })
}

fn last_of_each<'a, T, K: Ord>(items: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<&'a T> {
    let last: std::collections::BTreeMap<K, &T> = items.iter().map(|item| (key(item), item)).collect();
    last.into_values().collect()
}
