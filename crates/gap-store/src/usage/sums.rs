//! What was used, by hour and Pacific day.
//!
//! A sum has one axis: what its name names. Crossing all axes would make the sums as long as the log; nobody asks what
//! one access key did on one upstream key, and who does finds it in the log.

use std::ops::{AddAssign, Range};

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::Usage;
use crate::{StoreError, json};

/// How long the time of one sum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// An hour.
    Hour,
    /// A Pacific day.
    Day,
}

/// What the name of a sum names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// A project.
    Project,
    /// An upstream key, by its identifier.
    UpstreamKey,
    /// An access key, by its identifier.
    AccessKey,
    /// A client's address. By day only, and for all models together.
    Address,
}

/// What is told apart in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Nothing: one row.
    Nothing,
    /// Hours or days: a curve.
    Time,
    /// Names: a table.
    Name,
    /// Models.
    Model,
    /// Names and models.
    NameAndModel,
    /// Hours or days, and models: a stack of curves.
    TimeAndModel,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// In hours or days.
    pub period: Period,
    /// By what. Every axis holds every request, so any will do for a question about all.
    pub axis: Axis,
    /// Of sums that begin in this time.
    pub time: Range<Timestamp>,
    /// Of this name only.
    pub name: Option<String>,
    /// Of this model only.
    pub model: Option<String>,
    /// What is told apart.
    pub group_by: GroupBy,
}

/// What there is most of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Requests.
    Requests,
    /// Tokens of prompts and answers, thinking and tools included.
    Tokens,
}

/// A row of the answer. What was not told apart is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// When its hour or day began.
    pub starts_at: Option<Timestamp>,
    /// Of which name.
    pub name: Option<String>,
    /// Of which model.
    pub model: Option<String>,
    /// How much.
    pub totals: Totals,
}

/// How much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Requests, whatever became of them.
    pub requests: i64,
    /// Requests that ended with an error.
    pub failed: i64,
    /// Requests that the client gave up.
    pub cancelled: i64,
    /// Upstream keys tried.
    pub attempts: i64,
    /// Tokens of prompts, with the cached ones.
    pub prompt_tokens: i64,
    /// Tokens of prompts that came from a cache.
    pub cached_tokens: i64,
    /// Tokens of thinking.
    pub thought_tokens: i64,
    /// Tokens of results of Google's own tools.
    pub tool_tokens: i64,
    /// Tokens of answers.
    pub output_tokens: i64,
    /// What it cost, in billionths of a dollar.
    pub cost_nanos: i64,
    /// What caches saved, in billionths of a dollar.
    pub saved_nanos: i64,
    /// Requests of which a cache served a part.
    pub cache_hits: i64,
    /// Time spent waiting for an upstream key, added up.
    pub waited_ms: i64,
    /// Time in all, added up.
    pub duration_ms: i64,
    /// Requests whose first token was timed.
    pub first_tokens: i64,
    /// Their times, added up.
    pub first_token_ms: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    starts_at: Option<i64>,
    name: Option<String>,
    model: Option<String>,
    #[sqlx(flatten)]
    totals: Totals,
}

/// Which sums a question is about: what follows `WHERE period = `. Queries of the two databases are two types.
macro_rules! choose {
    ($query:ident, $question:ident) => {
        $query.push_bind($question.period.name());
        $query.push(" AND axis = ").push_bind($question.axis.name());
        $query.push(" AND starts_at >= ").push_bind($question.time.start.as_millisecond());
        $query.push(" AND starts_at < ").push_bind($question.time.end.as_millisecond());
        if let Some(name) = &$question.name {
            $query.push(" AND name = ").push_bind(name);
        }
        if let Some(model) = &$question.model {
            $query.push(" AND model = ").push_bind(model);
        }
    };
}

// === impl Usage ===

impl Usage<'_> {
    /// Answers a question, in the order of time, name and model.
    pub async fn sum(&self, question: &Question) -> Result<Vec<Sum>, StoreError> {
        self.answer(question, None).await
    }

    /// Answers a question with the rows that have the most of something, most first.
    pub async fn top(&self, question: &Question, measure: Measure, rows: u32) -> Result<Vec<Sum>, StoreError> {
        self.answer(question, Some((measure, rows))).await
    }

    async fn answer(&self, question: &Question, top: Option<(Measure, u32)>) -> Result<Vec<Sum>, StoreError> {
        // PostgreSQL's sum of BIGINT is NUMERIC.
        const TOTALS: &str = ", CAST(SUM(requests) AS BIGINT) AS requests, CAST(SUM(failed) AS BIGINT) AS failed,
            CAST(SUM(cancelled) AS BIGINT) AS cancelled, CAST(SUM(attempts) AS BIGINT) AS attempts,
            CAST(SUM(prompt_tokens) AS BIGINT) AS prompt_tokens, CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens,
            CAST(SUM(thought_tokens) AS BIGINT) AS thought_tokens, CAST(SUM(tool_tokens) AS BIGINT) AS tool_tokens,
            CAST(SUM(output_tokens) AS BIGINT) AS output_tokens, CAST(SUM(cost_nanos) AS BIGINT) AS cost_nanos,
            CAST(SUM(saved_nanos) AS BIGINT) AS saved_nanos, CAST(SUM(cache_hits) AS BIGINT) AS cache_hits,
            CAST(SUM(waited_ms) AS BIGINT) AS waited_ms, CAST(SUM(duration_ms) AS BIGINT) AS duration_ms,
            CAST(SUM(first_tokens) AS BIGINT) AS first_tokens, CAST(SUM(first_token_ms) AS BIGINT) AS first_token_ms
            FROM usage_sums WHERE period = ";
        let (select, group) = question.group_by.text();
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            let mut query = QueryBuilder::new(select);
            query.push(TOTALS);
            choose!(query, question);
            match top {
                None => query.push(group),
                Some((measure, rows)) => {
                    if question.group_by == GroupBy::Name {
                        // Of a hundred thousand names few are told: which ones is found out by one column alone.
                        query.push(" AND name IN (SELECT name FROM usage_sums WHERE period = ");
                        choose!(query, question);
                        query.push(" GROUP BY name ORDER BY ").push(measure.text()).push(" DESC, name LIMIT ");
                        query.push_bind(i64::from(rows)).push(")");
                    }
                    query.push(group.split(" ORDER BY").next().unwrap_or(group));
                    query.push(" ORDER BY ").push(measure.text()).push(" DESC, 2, 3 LIMIT ").push_bind(i64::from(rows))
                }
            };
            query.build_query_as().fetch_all(pool).await?
        });
        let sums = rows.into_iter().map(|row| {
            Ok(Sum {
                starts_at: json::time_optional(row.starts_at)?,
                name: row.name,
                model: row.model,
                totals: row.totals,
            })
        });
        sums.collect()
    }
}

// === impl GroupBy ===

impl GroupBy {
    /// What the query begins with and ends with.
    fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Nothing => (
                "SELECT CAST(NULL AS BIGINT) AS starts_at, CAST(NULL AS TEXT) AS name, CAST(NULL AS TEXT) AS model",
                " HAVING COUNT(*) > 0",
            ),
            Self::Time => (
                "SELECT starts_at, CAST(NULL AS TEXT) AS name, CAST(NULL AS TEXT) AS model",
                " GROUP BY starts_at ORDER BY starts_at",
            ),
            Self::Name => (
                "SELECT CAST(NULL AS BIGINT) AS starts_at, name, CAST(NULL AS TEXT) AS model",
                " GROUP BY name ORDER BY name",
            ),
            Self::Model => (
                "SELECT CAST(NULL AS BIGINT) AS starts_at, CAST(NULL AS TEXT) AS name, model",
                " GROUP BY model ORDER BY model",
            ),
            Self::NameAndModel => {
                ("SELECT CAST(NULL AS BIGINT) AS starts_at, name, model", " GROUP BY name, model ORDER BY name, model")
            }
            Self::TimeAndModel => (
                "SELECT starts_at, CAST(NULL AS TEXT) AS name, model",
                " GROUP BY starts_at, model ORDER BY starts_at, model",
            ),
        }
    }
}

// === impl Measure ===

impl Measure {
    /// As the query says it.
    fn text(self) -> &'static str {
        match self {
            Self::Requests => "SUM(requests)",
            Self::Tokens => "SUM(prompt_tokens + thought_tokens + tool_tokens + output_tokens)",
        }
    }
}

// === impl Period ===

impl Period {
    /// As it is stored.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

// === impl Axis ===

impl Axis {
    /// As it is stored.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::UpstreamKey => "upstream_key",
            Self::AccessKey => "access_key",
            Self::Address => "address",
        }
    }
}

// === impl Totals ===

impl Totals {
    /// In the order of the table's columns.
    pub(crate) fn columns(&self) -> [i64; 16] {
        [
            self.requests,
            self.failed,
            self.cancelled,
            self.attempts,
            self.prompt_tokens,
            self.cached_tokens,
            self.thought_tokens,
            self.tool_tokens,
            self.output_tokens,
            self.cost_nanos,
            self.saved_nanos,
            self.cache_hits,
            self.waited_ms,
            self.duration_ms,
            self.first_tokens,
            self.first_token_ms,
        ]
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.attempts += other.attempts;
        self.prompt_tokens += other.prompt_tokens;
        self.cached_tokens += other.cached_tokens;
        self.thought_tokens += other.thought_tokens;
        self.tool_tokens += other.tool_tokens;
        self.output_tokens += other.output_tokens;
        self.cost_nanos += other.cost_nanos;
        self.saved_nanos += other.saved_nanos;
        self.cache_hits += other.cache_hits;
        self.waited_ms += other.waited_ms;
        self.duration_ms += other.duration_ms;
        self.first_tokens += other.first_tokens;
        self.first_token_ms += other.first_token_ms;
    }
}
