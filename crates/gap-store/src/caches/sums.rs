//! What explicit caches cost and save, by hour, access key and who made them.
//!
//! What Google's implicit cache gives is not here: it is what the sums of requests have beyond these.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::Caches;
use crate::StoreError;
use crate::db::BeginWriting;
use crate::usage::hour_of;

/// How many sums one statement adds to, with 7 columns.
const SUMS: usize = 500;

/// How much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct CacheTotals {
    /// Requests that were served from them.
    pub hits: i64,
    /// Tokens that were read from them.
    pub tokens: i64,
    /// What reading them saved, in billionths of a dollar.
    pub saved_nanos: i64,
    /// What making and keeping them cost, in billionths of a dollar.
    pub spent_nanos: i64,
}

/// What is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSum {
    /// When.
    pub at: Timestamp,
    /// Whose caches.
    pub access_key: String,
    /// Who made them: `user`, `automatic`; or `answers`, which were given again.
    pub kind: String,
    /// How much.
    pub totals: CacheTotals,
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    #[sqlx(flatten)]
    totals: CacheTotals,
}

// === impl Caches ===

impl Caches<'_> {
    /// Adds to the sums: all or none.
    pub async fn add_sums(&self, sums: &[CacheSum]) -> Result<(), StoreError> {
        const INTO: &str =
            "INSERT INTO cache_sums (starts_at, access_key, kind, hits, tokens, saved_nanos, spent_nanos) ";
        const OR_ADD: &str = " ON CONFLICT (starts_at, access_key, kind) DO UPDATE SET
            hits = cache_sums.hits + excluded.hits, tokens = cache_sums.tokens + excluded.tokens,
            saved_nanos = cache_sums.saved_nanos + excluded.saved_nanos,
            spent_nanos = cache_sums.spent_nanos + excluded.spent_nanos";
        // Sorted, so that two instances take the rows in the same order.
        let mut rows: BTreeMap<(i64, &str, &str), CacheTotals> = BTreeMap::new();
        for sum in sums {
            let hour = hour_of(sum.at).as_millisecond();
            rows.entry((hour, &sum.access_key, &sum.kind)).or_default().add(sum.totals);
        }
        let rows: Vec<_> = rows.into_iter().collect();
        if rows.is_empty() {
            return Ok(());
        }
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for chunk in rows.chunks(SUMS) {
                let mut query = QueryBuilder::new(INTO);
                query.push_values(chunk, |mut row, ((hour, access_key, kind), totals)| {
                    row.push_bind(*hour)
                        .push_bind(*access_key)
                        .push_bind(*kind)
                        .push_bind(totals.hits)
                        .push_bind(totals.tokens)
                        .push_bind(totals.saved_nanos)
                        .push_bind(totals.spent_nanos);
                });
                query.push(OR_ADD).build().execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
        Ok(())
    }

    /// The sums of the hours that begin in this time, by who made the caches; of one access key, or of all.
    pub async fn sums(
        &self,
        time: Range<Timestamp>,
        access_key: Option<&str>,
    ) -> Result<Vec<(String, CacheTotals)>, StoreError> {
        // PostgreSQL's sum of BIGINT is NUMERIC.
        const SELECT: &str = "SELECT kind, CAST(SUM(hits) AS BIGINT) AS hits, CAST(SUM(tokens) AS BIGINT) AS tokens,
            CAST(SUM(saved_nanos) AS BIGINT) AS saved_nanos, CAST(SUM(spent_nanos) AS BIGINT) AS spent_nanos
            FROM cache_sums WHERE starts_at >= ";
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            let mut query = QueryBuilder::new(SELECT);
            query.push_bind(time.start.as_millisecond());
            query.push(" AND starts_at < ").push_bind(time.end.as_millisecond());
            if let Some(access_key) = access_key {
                query.push(" AND access_key = ").push_bind(access_key);
            }
            query.push(" GROUP BY kind ORDER BY kind");
            query.build_query_as().fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|row| (row.kind, row.totals)).collect())
    }
}

// === impl CacheTotals ===

impl CacheTotals {
    /// Adds to it.
    pub fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.tokens += other.tokens;
        self.saved_nanos += other.saved_nanos;
        self.spent_nanos += other.spent_nanos;
    }
}
