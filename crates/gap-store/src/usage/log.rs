//! The records, newest first.

use std::ops::Range;

use jiff::Timestamp;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Outcome, Tokens, Usage, UsageRecord};
use crate::{StoreError, json};

/// Which records are asked for.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// That came in this time.
    pub time: Option<Range<Timestamp>>,
    /// Of this access key only. With an ordinary user: always theirs.
    pub access_key: Option<String>,
    /// Of this upstream key only.
    pub upstream_key: Option<String>,
    /// Of this model only.
    pub model: Option<String>,
    /// From this address only.
    pub address: Option<String>,
    /// With this end only.
    pub outcome: Option<Outcome>,
    /// Older than this record: the last one of the page before.
    pub before: Option<(Timestamp, Uuid)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    at: i64,
    access_key: String,
    address: String,
    dialect: String,
    method: String,
    model: String,
    project: String,
    upstream_key: String,
    attempts: i64,
    status: i64,
    outcome: String,
    error_scope: String,
    streamed: bool,
    prompt_tokens: i64,
    cached_tokens: i64,
    thought_tokens: i64,
    tool_tokens: i64,
    output_tokens: i64,
    cost_nanos: i64,
    saved_nanos: i64,
    waited_ms: i64,
    first_token_ms: Option<i64>,
    duration_ms: i64,
    by_modality: Option<String>,
    explanation: Option<String>,
}

impl Usage<'_> {
    /// The newest records that pass the filter. The page after it begins at `before` its last.
    pub async fn log(&self, filter: &LogFilter, limit: u32) -> Result<Vec<UsageRecord>, StoreError> {
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            let mut query = QueryBuilder::new("SELECT * FROM usage_records WHERE 1 = 1");
            if let Some(time) = &filter.time {
                query.push(" AND at >= ").push_bind(time.start.as_millisecond());
                query.push(" AND at < ").push_bind(time.end.as_millisecond());
            }
            for (column, value) in [
                (" AND access_key = ", &filter.access_key),
                (" AND upstream_key = ", &filter.upstream_key),
                (" AND model = ", &filter.model),
                (" AND address = ", &filter.address),
            ] {
                if let Some(value) = value {
                    query.push(column).push_bind(value);
                }
            }
            if let Some(outcome) = filter.outcome {
                query.push(" AND outcome = ").push_bind(outcome.name());
            }
            if let Some((at, id)) = &filter.before {
                query.push(" AND (at, id) < (").push_bind(at.as_millisecond());
                query.push(", ").push_bind(id.to_string()).push(")");
            }
            query.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await?
        });
        rows.into_iter().map(UsageRecord::try_from).collect()
    }

    /// One record.
    pub async fn find(&self, id: Uuid) -> Result<Option<UsageRecord>, StoreError> {
        const SQL: &str = "SELECT * FROM usage_records WHERE id = $1";
        let row: Option<Row> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(pool).await?);
        row.map(UsageRecord::try_from).transpose()
    }
}

impl TryFrom<Row> for UsageRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: json::id(&row.id)?,
            at: json::time(row.at)?,
            access_key: row.access_key,
            address: row.address,
            dialect: row.dialect,
            method: row.method,
            model: row.model,
            project: row.project,
            upstream_key: row.upstream_key,
            attempts: small(row.attempts)?,
            status: small(row.status)?,
            outcome: Outcome::read(&row.outcome)
                .ok_or_else(|| StoreError::Damaged(format!("{:?} is not how a request ends", row.outcome)))?,
            error_scope: row.error_scope,
            streamed: row.streamed,
            tokens: Tokens {
                prompt: small(row.prompt_tokens)?,
                cached: small(row.cached_tokens)?,
                thoughts: small(row.thought_tokens)?,
                tool: small(row.tool_tokens)?,
                output: small(row.output_tokens)?,
            },
            by_modality: json::read_optional(row.by_modality.as_deref())?.unwrap_or_default(),
            cost_nanos: small(row.cost_nanos)?,
            saved_nanos: small(row.saved_nanos)?,
            waited_ms: small(row.waited_ms)?,
            first_token_ms: row.first_token_ms.map(small).transpose()?,
            duration_ms: small(row.duration_ms)?,
            explanation: row.explanation,
        })
    }
}

fn small<T: TryFrom<i64>>(value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Damaged(format!("the request log holds {value} where none can be")))
}
