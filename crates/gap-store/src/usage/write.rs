//! Writing a batch: the records, and what they add to the sums, in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::Timestamp;
use sqlx::error::BoxDynError;
use sqlx::{Arguments, AssertSqlSafe, Database, Encode, Postgres, Sqlite, Transaction, Type};
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
/// How many columns a record has, and how many a sum.
const RECORD: usize = 26;
const SUM: usize = 21;

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

/// What a new row is asked for when some of its batch may be known.
const ASKING: &str = " RETURNING id";

/// The statements, one of each size. They are written once: putting thousands of placeholders together for each batch took
/// longer than everything that is done with the values.
struct Texts {
    records: Vec<String>,
    sums: Vec<String>,
}

static OF_SQLITE: LazyLock<Texts> = LazyLock::new(|| Texts::new(|text, _| text.push('?')));
static OF_POSTGRES: LazyLock<Texts> = LazyLock::new(|| {
    Texts::new(|text, number| {
        // Writing to a string never fails.
        let _ = write!(text, "${number}");
    })
});

/// A database that usage is written to.
trait Written: Database {
    /// What it is told.
    fn texts() -> &'static Texts;
}

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
                for (size, portion) in portions(&rows) {
                    let mut values = values_for(&transaction);
                    values.reserve(portion.len() * RECORD, 0);
                    for (record, modalities) in portion {
                        add_record(&mut values, record, modalities.as_deref()).map_err(refused)?;
                    }
                    let text = texts_for(&transaction).records.get(size).map_or("", String::as_str);
                    if some_known {
                        let asking = AssertSqlSafe(format!("{text}{ASKING}"));
                        let query = sqlx::query_scalar_with(asking, values).persistent(false);
                        let ids: Vec<String> = query.fetch_all(&mut *transaction).await?;
                        for id in &ids {
                            new.insert(json::id(id)?);
                        }
                    } else {
                        let written = sqlx::query_with(text, values).execute(&mut *transaction).await?.rows_affected();
                        missing += (portion.len() as u64).saturating_sub(written);
                    }
                }
                if missing > 0 {
                    transaction.rollback().await?;
                    continue;
                }
                let counted = records.iter().filter(|record| !some_known || new.remove(&record.id));
                let sums: Vec<_> = sum(counted).into_iter().collect();
                for (size, portion) in portions(&sums) {
                    let mut values = values_for(&transaction);
                    values.reserve(portion.len() * SUM, 0);
                    for (key, totals) in portion {
                        add_sum(&mut values, key, totals).map_err(refused)?;
                    }
                    let text = texts_for(&transaction).sums.get(size).map_or("", String::as_str);
                    sqlx::query_with(text, values).execute(&mut *transaction).await?;
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

// === impl Texts ===

impl Texts {
    /// `placeholder` writes the one with this number, from 1.
    fn new(placeholder: impl Fn(&mut String, usize)) -> Self {
        let of_all_sizes = |into: &str, columns: usize, end: &str| {
            SIZES.iter().map(|rows| statement(into, (*rows, columns), end, &placeholder)).collect()
        };
        Self { records: of_all_sizes(INTO, RECORD, UNLESS_KNOWN), sums: of_all_sizes(SUM_INTO, SUM, OR_ADD) }
    }
}

fn statement(
    into: &str,
    (rows, columns): (usize, usize),
    end: &str,
    placeholder: impl Fn(&mut String, usize),
) -> String {
    let mut text = format!("{into}VALUES ");
    for number in 0..rows * columns {
        text.push_str(match (number, number % columns) {
            (0, _) => "(",
            (_, 0) => "), (",
            _ => ", ",
        });
        placeholder(&mut text, number + 1);
    }
    text.push(')');
    text.push_str(end);
    text
}

// === impl Written ===

impl Written for Sqlite {
    fn texts() -> &'static Texts {
        &OF_SQLITE
    }
}

impl Written for Postgres {
    fn texts() -> &'static Texts {
        &OF_POSTGRES
    }
}

fn texts_for<D: Written>(_: &Transaction<'_, D>) -> &'static Texts {
    D::texts()
}

fn values_for<D: Database>(_: &Transaction<'_, D>) -> D::Arguments {
    D::Arguments::default()
}

/// A value that has no form in the database's language. None of ours is such.
fn refused(error: BoxDynError) -> StoreError {
    StoreError::from(sqlx::Error::Encode(error))
}

/// Adds the values of a record, in the order of its columns.
fn add_record<'r, A>(values: &mut A, record: &'r UsageRecord, modalities: Option<&'r str>) -> Result<(), BoxDynError>
where
    A: Arguments,
    &'r str: Encode<'r, A::Database> + Type<A::Database>,
    String: Encode<'r, A::Database> + Type<A::Database>,
    i64: Encode<'r, A::Database> + Type<A::Database>,
    bool: Encode<'r, A::Database> + Type<A::Database>,
    Option<i64>: Encode<'r, A::Database> + Type<A::Database>,
    Option<&'r str>: Encode<'r, A::Database> + Type<A::Database>,
{
    values.add(record.id.to_string())?;
    values.add(record.at.as_millisecond())?;
    for text in [
        &record.access_key,
        &record.address,
        &record.dialect,
        &record.method,
        &record.model,
        &record.project,
        &record.upstream_key,
    ] {
        values.add(text.as_str())?;
    }
    values.add(i64::from(record.attempts))?;
    values.add(i64::from(record.status))?;
    values.add(record.outcome.name())?;
    values.add(record.error_scope.as_str())?;
    values.add(record.streamed)?;
    let tokens = &record.tokens;
    for number in [
        tokens.prompt,
        tokens.cached,
        tokens.thoughts,
        tokens.tool,
        tokens.output,
        record.cost_nanos,
        record.saved_nanos,
    ] {
        values.add(count(number))?;
    }
    values.add(i64::from(record.waited_ms))?;
    values.add(record.first_token_ms.map(i64::from))?;
    values.add(i64::from(record.duration_ms))?;
    values.add(modalities)?;
    values.add(record.explanation.as_deref())
}

/// Adds the values of a row of the sums, in the order of its columns.
fn add_sum<'r, A>(values: &mut A, key: &SumKey<'r>, totals: &Totals) -> Result<(), BoxDynError>
where
    A: Arguments,
    &'r str: Encode<'r, A::Database> + Type<A::Database>,
    i64: Encode<'r, A::Database> + Type<A::Database>,
{
    let (period, axis, starts_at, name, model) = key;
    values.add(period.name())?;
    values.add(axis.name())?;
    values.add(*starts_at)?;
    values.add(*name)?;
    values.add(*model)?;
    totals.columns().into_iter().try_for_each(|column| values.add(column))
}

/// Rows cut into the sizes that statements have, each with the place of its size.
fn portions<T>(mut rows: &[T]) -> impl Iterator<Item = (usize, &[T])> {
    std::iter::from_fn(move || {
        let place = SIZES.iter().position(|size| *size <= rows.len())?;
        let (portion, rest) = rows.split_at_checked(*SIZES.get(place)?)?;
        rows = rest;
        Some((place, portion))
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
