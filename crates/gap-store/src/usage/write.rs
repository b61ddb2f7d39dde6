//! Writing a batch: the records, and what they add to the sums, in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::period::{day_of, hour_of};
use super::sums::{Axis, Period, Totals};
use super::{Outcome, Usage, UsageRecord};
use crate::db::BeginWriting;
use crate::{StoreError, json};

/// How many rows one statement writes. The most is what databases take: a record has 26 columns, and they stop at 32,766
/// parameters. There are few sizes because every size is a text of its own, which costs more to prepare than to run;
/// those that were used before are kept prepared.
const SIZES: [usize; 8] = [200, 100, 50, 20, 10, 5, 2, 1];

/// Enters records.
const INTO: &str = "INSERT INTO usage_records (id, at, access_key, address, dialect, method, model, project,
    upstream_key, attempts, status, outcome, error_scope, streamed, prompt_tokens, cached_tokens,
    thought_tokens, tool_tokens, output_tokens, cost_nanos, saved_nanos, waited_ms, first_token_ms,
    duration_ms, by_modality, explanation) ";
/// A batch whose end was not heard is written again; what was in it must not count twice.
const UNLESS_KNOWN: &str = " ON CONFLICT (id) DO NOTHING";
/// Adds to the sums.
const SUM_INTO: &str = "INSERT INTO usage_sums (period, axis, starts_at, name, model, requests, failed, cancelled,
    attempts, prompt_tokens, cached_tokens, thought_tokens, tool_tokens, output_tokens, cost_nanos,
    saved_nanos, cache_hits, waited_ms, duration_ms, first_tokens, first_token_ms) ";
/// A sum that is there already grows.
const OR_ADD: &str = " ON CONFLICT (period, axis, starts_at, name, model) DO UPDATE SET
    requests = usage_sums.requests + excluded.requests,
    failed = usage_sums.failed + excluded.failed,
    cancelled = usage_sums.cancelled + excluded.cancelled,
    attempts = usage_sums.attempts + excluded.attempts,
    prompt_tokens = usage_sums.prompt_tokens + excluded.prompt_tokens,
    cached_tokens = usage_sums.cached_tokens + excluded.cached_tokens,
    thought_tokens = usage_sums.thought_tokens + excluded.thought_tokens,
    tool_tokens = usage_sums.tool_tokens + excluded.tool_tokens,
    output_tokens = usage_sums.output_tokens + excluded.output_tokens,
    cost_nanos = usage_sums.cost_nanos + excluded.cost_nanos,
    saved_nanos = usage_sums.saved_nanos + excluded.saved_nanos,
    cache_hits = usage_sums.cache_hits + excluded.cache_hits,
    waited_ms = usage_sums.waited_ms + excluded.waited_ms,
    duration_ms = usage_sums.duration_ms + excluded.duration_ms,
    first_tokens = usage_sums.first_tokens + excluded.first_tokens,
    first_token_ms = usage_sums.first_token_ms + excluded.first_token_ms";

/// A row of the sums.
type SumKey<'a> = (Period, Axis, i64, &'a str, &'a str);

impl Usage<'_> {
    /// Writes records and adds them to the sums: all or none. A record that was written before is passed over. The
    /// records must fit ([`UsageRecord::fit`]).
    pub(crate) async fn write(&self, records: &[UsageRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let modalities = records.iter().map(modalities).collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<_> = records.iter().zip(modalities).collect();
        on!(self.store.write(), |pool| {
            // Asking which ones were new costs as much as writing them, and nearly always all are: only when their number
            // says otherwise, everything is taken back and written again with that question.
            for some_known in [false, true] {
                let mut transaction = pool.begin_writing().await?;
                let mut new: HashSet<Uuid> = HashSet::new();
                let mut missing = 0;
                for portion in portions(&rows) {
                    let mut query = QueryBuilder::new(INTO);
                    query.push_values(portion, |mut row, (record, modalities)| {
                        row.push_bind(record.id.to_string())
                            .push_bind(record.at.as_millisecond())
                            .push_bind(&record.access_key)
                            .push_bind(&record.address)
                            .push_bind(&record.dialect)
                            .push_bind(&record.method)
                            .push_bind(&record.model)
                            .push_bind(&record.project)
                            .push_bind(&record.upstream_key)
                            .push_bind(i64::from(record.attempts))
                            .push_bind(i64::from(record.status))
                            .push_bind(record.outcome.name())
                            .push_bind(&record.error_scope)
                            .push_bind(record.streamed)
                            .push_bind(count(record.tokens.prompt))
                            .push_bind(count(record.tokens.cached))
                            .push_bind(count(record.tokens.thoughts))
                            .push_bind(count(record.tokens.tool))
                            .push_bind(count(record.tokens.output))
                            .push_bind(count(record.cost_nanos))
                            .push_bind(count(record.saved_nanos))
                            .push_bind(i64::from(record.waited_ms))
                            .push_bind(record.first_token_ms.map(i64::from))
                            .push_bind(i64::from(record.duration_ms))
                            .push_bind(modalities)
                            .push_bind(&record.explanation);
                    });
                    query.push(UNLESS_KNOWN);
                    if some_known {
                        let query = query.push(" RETURNING id").build_query_scalar();
                        let ids: Vec<String> = query.fetch_all(&mut *transaction).await?;
                        for id in &ids {
                            new.insert(json::id(id)?);
                        }
                    } else {
                        let written = query.build().execute(&mut *transaction).await?.rows_affected();
                        missing += (portion.len() as u64).saturating_sub(written);
                    }
                }
                if missing > 0 {
                    transaction.rollback().await?;
                    continue;
                }
                let counted = records.iter().filter(|record| !some_known || new.remove(&record.id));
                let sums: Vec<_> = sum(counted).into_iter().collect();
                for portion in portions(&sums) {
                    let mut query = QueryBuilder::new(SUM_INTO);
                    query.push_values(portion, |mut row, ((period, axis, starts_at, name, model), totals)| {
                        row.push_bind(period.name())
                            .push_bind(axis.name())
                            .push_bind(*starts_at)
                            .push_bind(*name)
                            .push_bind(*model);
                        for value in totals.columns() {
                            row.push_bind(value);
                        }
                    });
                    query.push(OR_ADD).build().execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
                break;
            }
        });
        Ok(())
    }

    /// Drops the oldest records beyond this many. The sums keep them.
    pub(crate) async fn keep_newest(&self, records: u64) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM usage_records
            WHERE (at, id) <= (SELECT at, id FROM usage_records ORDER BY at DESC, id DESC LIMIT 1 OFFSET $1)";
        on!(self.store.write(), |pool| {
            sqlx::query(SQL).bind(count(records)).execute(pool).await?;
        });
        Ok(())
    }
}

/// Rows cut into the sizes that statements have.
fn portions<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.iter().find(|size| **size <= rows.len())?;
        let (portion, rest) = rows.split_at_checked(*size)?;
        rows = rest;
        Some(portion)
    })
}

/// What records add to the sums. Sorted, so that two instances take the rows in the same order and neither waits for the
/// other for ever.
fn sum<'a>(records: impl Iterator<Item = &'a UsageRecord>) -> BTreeMap<SumKey<'a>, Totals> {
    let mut hours: HashMap<(Axis, i64, &str, &str), Totals> = HashMap::new();
    for record in records {
        let hour = hour_of(record.at).as_millisecond();
        let one = Totals::of(record);
        let model = record.model.as_str();
        for (axis, name, model) in [
            (Axis::Project, record.project.as_str(), model),
            (Axis::UpstreamKey, record.upstream_key.as_str(), model),
            (Axis::AccessKey, record.access_key.as_str(), model),
            // There are many addresses, and nobody asks for their models.
            (Axis::Address, record.address.as_str(), ""),
        ] {
            *hours.entry((axis, hour, name, model)).or_default() += one;
        }
    }
    let mut days: HashMap<i64, i64> = HashMap::new();
    let mut sums: BTreeMap<SumKey<'a>, Totals> = BTreeMap::new();
    for ((axis, hour, name, model), totals) in hours {
        let day = *days
            .entry(hour)
            .or_insert_with(|| Timestamp::from_millisecond(hour).map_or(hour, |hour| day_of(hour).as_millisecond()));
        *sums.entry((Period::Day, axis, day, name, model)).or_default() += totals;
        if axis != Axis::Address {
            *sums.entry((Period::Hour, axis, hour, name, model)).or_default() += totals;
        }
    }
    sums
}

impl Totals {
    fn of(record: &UsageRecord) -> Self {
        let first_token_ms = record.first_token_ms.map(i64::from);
        Self {
            requests: 1,
            failed: i64::from(record.outcome == Outcome::Failed),
            cancelled: i64::from(record.outcome == Outcome::Cancelled),
            attempts: i64::from(record.attempts),
            prompt_tokens: count(record.tokens.prompt),
            cached_tokens: count(record.tokens.cached),
            thought_tokens: count(record.tokens.thoughts),
            tool_tokens: count(record.tokens.tool),
            output_tokens: count(record.tokens.output),
            cost_nanos: count(record.cost_nanos),
            saved_nanos: count(record.saved_nanos),
            cache_hits: i64::from(record.tokens.cached > 0),
            waited_ms: i64::from(record.waited_ms),
            duration_ms: i64::from(record.duration_ms),
            first_tokens: i64::from(first_token_ms.is_some()),
            first_token_ms: first_token_ms.unwrap_or(0),
        }
    }
}

fn modalities(record: &UsageRecord) -> Result<Option<String>, StoreError> {
    if record.by_modality.is_empty() { Ok(None) } else { json::write(&record.by_modality).map(Some) }
}

fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
