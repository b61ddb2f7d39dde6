//! Removing what is no longer needed, a little at a time: between two batches the writer gets its turn.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::SqlitePool;

use crate::db::Db;
use crate::{Store, StoreError};

/// How many rows one transaction removes.
const BATCH: i64 = 500;
/// Gives pages of SQLite's file back to the system, some at a time.
const GIVE_BACK: &str = "PRAGMA incremental_vacuum(1000)";
/// So many empty pages stay: tomorrow's rows need them.
const SPARE_PAGES: i64 = 256;

/// How long what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Records of the request log.
    pub records: Duration,
    /// Sums by hour.
    pub hours: Duration,
    /// Sums by day.
    pub days: Duration,
    /// Sums by day and address: addresses are personal, and there are many.
    pub addresses: Duration,
    /// The audit log.
    pub audit: Duration,
    /// What the pool remembers of buckets and keys that it has not touched since.
    pub pool_state: Duration,
    /// Conversations that have no time to live of their own.
    pub conversations: Duration,
}

/// How many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// From the request log.
    pub records: u64,
    /// From the sums.
    pub sums: u64,
    /// From the audit log.
    pub audit: u64,
    /// Resources that Google has forgotten.
    pub resources: u64,
    /// From what the pool remembers.
    pub pool_state: u64,
    /// Sessions that are over anyway.
    pub sessions: u64,
    /// Conversations.
    pub conversations: u64,
    /// Caches that Google has forgotten, and sums of what they cost and saved.
    pub caches: u64,
}

// === impl Retention ===

impl Default for Retention {
    fn default() -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self {
            records: DAY * 30,
            hours: DAY * 90,
            days: DAY * 730,
            addresses: DAY * 90,
            audit: DAY * 365,
            pool_state: DAY * 7,
            conversations: DAY * 7,
        }
    }
}

// === impl Store ===

impl Store {
    /// Removes what is older than it should be.
    pub async fn clean_up(&self, retention: &Retention, now: Timestamp) -> Result<Removed, StoreError> {
        const RECORDS: &str = "DELETE FROM usage_records WHERE id IN
            (SELECT id FROM usage_records WHERE at < $1 ORDER BY at LIMIT $2)";
        const HOURS: &str = "DELETE FROM usage_sums WHERE (period, axis, starts_at, name, model) IN
            (SELECT period, axis, starts_at, name, model FROM usage_sums
            WHERE period = 'hour' AND axis IN ('project', 'upstream_key', 'access_key') AND starts_at < $1 LIMIT $2)";
        const DAYS: &str = "DELETE FROM usage_sums WHERE (period, axis, starts_at, name, model) IN
            (SELECT period, axis, starts_at, name, model FROM usage_sums
            WHERE period = 'day' AND axis IN ('project', 'upstream_key', 'access_key') AND starts_at < $1 LIMIT $2)";
        const ADDRESSES: &str = "DELETE FROM usage_sums WHERE (period, axis, starts_at, name, model) IN
            (SELECT period, axis, starts_at, name, model FROM usage_sums
            WHERE period = 'day' AND axis = 'address' AND starts_at < $1 LIMIT $2)";
        const AUDIT: &str = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)";
        const RESOURCES: &str = "DELETE FROM resources WHERE name IN
            (SELECT name FROM resources WHERE expires_at <= $1 LIMIT $2)";
        const SESSIONS: &str = "DELETE FROM sessions WHERE id IN
            (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT $2)";
        const CACHES: &str = "DELETE FROM caches WHERE id IN
            (SELECT id FROM caches WHERE expires_at <= $1 LIMIT $2)";
        const CACHE_SUMS: &str = "DELETE FROM cache_sums WHERE (starts_at, access_key, kind) IN
            (SELECT starts_at, access_key, kind FROM cache_sums WHERE starts_at < $1 LIMIT $2)";
        const BUCKETS: &str = "DELETE FROM pool_buckets WHERE (project, model) IN
            (SELECT project, model FROM pool_buckets WHERE updated_at < $1
            AND (resting_until IS NULL OR resting_until < $3) LIMIT $2)";
        const KEYS: &str = "DELETE FROM pool_keys WHERE upstream_key IN
            (SELECT upstream_key FROM pool_keys WHERE updated_at < $1
            AND (resting_until IS NULL OR resting_until < $3) LIMIT $2)";
        let before = |age| now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let removed = Removed {
            records: self.remove(RECORDS, before(retention.records), None).await?,
            sums: self.remove(HOURS, before(retention.hours), None).await?
                + self.remove(DAYS, before(retention.days), None).await?
                + self.remove(ADDRESSES, before(retention.addresses), None).await?,
            audit: self.remove(AUDIT, before(retention.audit), None).await?,
            resources: self.remove(RESOURCES, now, None).await?,
            pool_state: self.remove(BUCKETS, before(retention.pool_state), Some(now)).await?
                + self.remove(KEYS, before(retention.pool_state), Some(now)).await?,
            sessions: self.remove(SESSIONS, now, None).await?,
            conversations: self.conversations().expire(retention.conversations, now).await?,
            caches: self.remove(CACHES, now, None).await?
                + self.remove(CACHE_SUMS, before(retention.days), None).await?,
        };
        if let Db::Sqlite(pool) = self.write() {
            give_back(pool).await?;
        }
        Ok(removed)
    }

    /// Runs a statement that removes at most [`BATCH`] rows until it has removed all.
    async fn remove(&self, sql: &'static str, before: Timestamp, now: Option<Timestamp>) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let gone = on!(self.write(), |pool| {
                let query = sqlx::query(sql).bind(before.as_millisecond()).bind(BATCH);
                let query = match now {
                    Some(now) => query.bind(now.as_millisecond()),
                    None => query,
                };
                query.execute(pool).await?.rows_affected()
            });
            removed += gone;
            if gone == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Makes the file smaller, as far as the removed rows made room.
async fn give_back(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut before = i64::MAX;
    loop {
        let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(pool).await?;
        // A file from elsewhere may not be able to.
        if free <= SPARE_PAGES || free >= before {
            return Ok(());
        }
        before = free;
        sqlx::query(GIVE_BACK).execute(pool).await?;
        tokio::task::yield_now().await;
    }
}
