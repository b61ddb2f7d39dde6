//! The report: what was used, by whom, what is left of today, and whether there are keys enough.
//!
//! It is made of sums, never of the log, so that it costs the same however much there is. Days are Pacific, as Google's
//! quotas are. An ordinary user sees what is theirs; what tells of others or of the pool is left out of their report.

mod labels;
pub mod text;
pub mod totals;

use std::collections::HashMap;
use std::ops::Range;

use gap_pool::{Advice, Forecast};
use gap_store::StoreError;
use gap_store::caches::CacheTotals;
use gap_store::usage::sums::{Axis, GroupBy, Measure, Period, Question, Sum, Totals};
use gap_store::usage::{day_of, hour_of};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::labels::Labels;
use self::totals::{Amount, share};
use crate::app::App;
use crate::caches::AUTOMATIC;

/// Rows of each table.
const ROWS: u32 = 20;
/// Addresses of each table.
const ADDRESSES: u32 = 10;
/// Deleting and counting in days crosses changes of the clock, which move midnight by an hour.
const CLOCK_CHANGE: SignedDuration = SignedDuration::from_hours(2);

/// Whose usage is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Everybody's.
    All,
    /// That of one access key.
    Own(&'a str),
}

impl<'a> Scope<'a> {
    /// The access key, if it is about one.
    fn access_key(self) -> Option<&'a str> {
        match self {
            Self::All => None,
            Self::Own(access_key) => Some(access_key),
        }
    }
}

/// What was used, by whom, and what is left.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Report {
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When today began: midnight Pacific.
    #[schema(value_type = String, format = DateTime)]
    pub day_began: Timestamp,
    /// Today.
    pub day: Stretch,
    /// The seven days up to now, today included.
    pub week: Stretch,
    /// The thirty days up to now, today included.
    pub month: Stretch,
    /// Today's usage by model.
    pub models: Vec<Row>,
    /// What caches did today.
    pub cache: CacheUse,
    /// What only an administrator sees.
    #[serde(flatten)]
    pub pool: Option<PoolReport>,
}

/// What only an administrator sees of a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PoolReport {
    /// Today's usage by upstream key.
    pub upstream_keys: Vec<Row>,
    /// Today's usage by project.
    pub projects: Vec<Row>,
    /// Today's usage by access key.
    pub access_keys: Vec<Row>,
    /// Who asks most.
    pub addresses: Addresses,
    /// What is left of today's quota, by model.
    pub capacity: Vec<Capacity>,
    /// Why keys were chosen.
    pub selection: Selection,
    /// How many keys there are, by state.
    pub keys: Keys,
}

/// The usage of some time, and of as much time before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Stretch {
    /// How much was used.
    pub used: Amount,
    /// How much was used in as many whole days before.
    pub before: Amount,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Row {
    /// Whose usage it is: an identifier, a model or an address. Empty for requests that got no further.
    pub name: String,
    /// How people recognise an upstream key, masked, an access key, by its name, or a project that is not named as they call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// How much.
    #[serde(flatten)]
    pub used: Amount,
}

/// Who asks most, by requests and by tokens.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Addresses {
    /// Today.
    pub day: TopAddresses,
    /// In seven days.
    pub week: TopAddresses,
    /// In thirty days.
    pub month: TopAddresses,
}

/// The addresses that used most.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TopAddresses {
    /// By requests.
    pub by_requests: Vec<Row>,
    /// By tokens.
    pub by_tokens: Vec<Row>,
}

/// What caches did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CacheUse {
    /// The share of answered requests of which a cache served a part, from 0 to 1.
    pub hit_rate: f64,
    /// Tokens that came from a cache.
    pub tokens: i64,
    /// What that saved, in billionths of a dollar.
    pub saved_nanos: i64,
    /// Which caches they were.
    pub sources: CacheSources,
}

/// What each kind of cache did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CacheSources {
    /// Explicit caches that GAP made.
    pub automatic: CacheSource,
    /// Explicit caches that clients made.
    pub clients: CacheSource,
    /// Google's implicit cache, in the projects to which conversations were led back.
    pub affinity: CacheSource,
    /// What all of them saved, less what they cost, in billionths of a dollar.
    pub net_nanos: i64,
}

/// What one kind of cache did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CacheSource {
    /// Requests that it served a part of.
    pub hits: i64,
    /// Tokens that came from it.
    pub tokens: i64,
    /// Their share of all tokens of prompts, from 0 to 1.
    pub share: f64,
    /// What that saved, in billionths of a dollar.
    pub saved_nanos: i64,
    /// What making and keeping caches cost, in billionths of a dollar.
    pub spent_nanos: i64,
}

/// What is left of today's quota of a model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Capacity {
    /// The model.
    pub model: String,
    /// Requests sent today.
    pub used: u64,
    /// Requests that may be sent in a day, where it is known.
    pub capacity: Option<u64>,
    /// What is left of them.
    pub left: Option<u64>,
    /// When they run out at the present rate, if that is before midnight Pacific.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub dry_at: Option<Timestamp>,
    /// How much of the capacity the whole day needs at the present rate; above 1 it is not enough.
    pub load: Option<f64>,
    /// Projects whose daily limit nobody knows.
    pub projects_without_limit: usize,
    /// How many projects more are needed.
    pub more_projects: usize,
    /// `could_reduce`, `enough`, `add`, `add_surely` or `unknown`.
    pub advice: &'static str,
}

/// Why keys were chosen, since the gateway was started.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Selection {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Decisions for a key, by what spoke for it.
    pub chosen: HashMap<&'static str, u64>,
    /// Decisions that there is no key.
    pub none: u64,
    /// Keys that were out when a decision was taken, by reason.
    pub rejected: HashMap<&'static str, u64>,
}

/// Upstream keys by state.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = KeyCounts)]
pub struct Keys {
    /// All keys.
    pub total: usize,
    /// Keys that can be used now.
    pub healthy: usize,
    /// Keys that rest and come back by themselves.
    pub resting: usize,
    /// Keys that are out for good.
    pub disabled: usize,
}

// === impl Report ===

impl Report {
    /// Makes the report of what has ended so far.
    pub async fn make(app: &App, scope: Scope<'_>) -> Result<Self, StoreError> {
        app.books.settle().await;
        let now = app.clock.now();
        let day = days_before(now, 0)..end_of(now);
        let week = days_before(now, 6)..end_of(now);
        let month = days_before(now, 29)..end_of(now);
        let today = stretch(app, scope, &day, days_before(now, 1)).await?;
        let by_model = question(scope, Period::Day, day.clone(), GroupBy::Model);
        let models = rows(app.store.usage().top(&by_model, Measure::Requests, ROWS).await?);
        let pool = match scope {
            Scope::All => Some(PoolReport::make(app, [&day, &week, &month]).await?),
            Scope::Own(_) => None,
        };
        Ok(Self {
            at: now,
            day_began: day.start,
            cache: CacheUse {
                hit_rate: today.used.cache_hit_rate,
                tokens: today.used.cached_tokens,
                saved_nanos: today.used.saved_nanos,
                sources: CacheSources::of(app, scope.access_key(), &day, &today.used).await?,
            },
            day: today,
            week: stretch(app, scope, &week, days_before(now, 13)).await?,
            month: stretch(app, scope, &month, days_before(now, 59)).await?,
            models,
            pool,
        })
    }
}

impl PoolReport {
    async fn make(app: &App, [day, week, month]: [&Range<Timestamp>; 3]) -> Result<Self, StoreError> {
        let by = async |axis| {
            let asked = Question { axis, ..question(Scope::All, Period::Day, day.clone(), GroupBy::Name) };
            let mut rows = rows(app.store.usage().top(&asked, Measure::Requests, ROWS).await?);
            label(app, axis, &mut rows);
            Ok::<_, StoreError>(rows)
        };
        let counts = app.books.choices();
        let keys = app.keyring.summary();
        Ok(Self {
            upstream_keys: by(Axis::UpstreamKey).await?,
            projects: by(Axis::Project).await?,
            access_keys: by(Axis::AccessKey).await?,
            addresses: Addresses {
                day: TopAddresses::of(app, day).await?,
                week: TopAddresses::of(app, week).await?,
                month: TopAddresses::of(app, month).await?,
            },
            capacity: app.keyring.outlook(app.books.since()).into_iter().map(Capacity::from).collect(),
            selection: Selection {
                since: app.books.since(),
                chosen: counts.chosen.into_iter().collect(),
                none: counts.none,
                rejected: counts.rejected.into_iter().collect(),
            },
            keys: Keys { total: keys.total, healthy: keys.healthy, resting: keys.resting, disabled: keys.disabled },
        })
    }
}

impl CacheSources {
    /// What caches did for one access key, or for all, of what was `used` in some time.
    pub async fn of(
        app: &App,
        access_key: Option<&str>,
        time: &Range<Timestamp>,
        used: &Amount,
    ) -> Result<Self, StoreError> {
        app.caches.settle().await;
        let mut sources = Self::default();
        let source = |totals: CacheTotals| CacheSource {
            hits: totals.hits,
            tokens: totals.tokens,
            share: share(totals.tokens, used.prompt_tokens),
            saved_nanos: totals.saved_nanos,
            spent_nanos: totals.spent_nanos,
        };
        let mut explicit = CacheTotals::default();
        for (kind, totals) in app.store.caches().sums(time.clone(), access_key).await? {
            explicit.add(totals);
            if kind == AUTOMATIC {
                sources.automatic = source(totals);
            } else {
                sources.clients = source(totals);
            }
        }
        // What no explicit cache gave, the implicit one did.
        sources.affinity = source(CacheTotals {
            hits: (used.cache_hits - explicit.hits).max(0),
            tokens: (used.cached_tokens - explicit.tokens).max(0),
            saved_nanos: (used.saved_nanos - explicit.saved_nanos).max(0),
            spent_nanos: 0,
        });
        sources.net_nanos = used.saved_nanos - explicit.spent_nanos;
        Ok(sources)
    }
}

impl TopAddresses {
    async fn of(app: &App, time: &Range<Timestamp>) -> Result<Self, StoreError> {
        let axis = Axis::Address;
        let asked = Question { axis, ..question(Scope::All, Period::Day, time.clone(), GroupBy::Name) };
        let usage = app.store.usage();
        Ok(Self {
            by_requests: rows(usage.top(&asked, Measure::Requests, ADDRESSES).await?),
            by_tokens: rows(usage.top(&asked, Measure::Tokens, ADDRESSES).await?),
        })
    }
}

impl From<Forecast> for Capacity {
    fn from(forecast: Forecast) -> Self {
        Self {
            model: forecast.model,
            used: forecast.used,
            capacity: forecast.capacity,
            left: forecast.left,
            dry_at: forecast.dry_at,
            load: forecast.load,
            projects_without_limit: forecast.unlimited,
            more_projects: forecast.more_projects,
            advice: match forecast.advice {
                Advice::CouldReduce => "could_reduce",
                Advice::Enough => "enough",
                Advice::Add => "add",
                Advice::AddSurely => "add_surely",
                Advice::Unknown => "unknown",
            },
        }
    }
}

// === What questions share ===

/// When the Pacific day began that was so many days ago.
pub fn days_before(now: Timestamp, days: i64) -> Timestamp {
    let today = day_of(now);
    let about = SignedDuration::from_hours(24 * days) - CLOCK_CHANGE;
    if days == 0 { today } else { today.checked_sub(about).map_or(Timestamp::MIN, day_of) }
}

/// When the hour began that was so many hours ago.
pub fn hours_before(now: Timestamp, hours: i64) -> Timestamp {
    hour_of(now).checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}

/// After everything that has happened by now.
pub fn end_of(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_millis(1)).unwrap_or(Timestamp::MAX)
}

/// The question about everything in scope.
pub fn question(scope: Scope<'_>, period: Period, time: Range<Timestamp>, group_by: GroupBy) -> Question {
    let name = match scope {
        Scope::All => None,
        Scope::Own(access_key) => Some(access_key.to_owned()),
    };
    Question { period, axis: Axis::AccessKey, time, name, model: None, group_by }
}

/// One sum for all of a time.
pub async fn total(app: &App, question: &Question) -> Result<Amount, StoreError> {
    let sums = app.store.usage().sum(question).await?;
    Ok(sums.first().map_or_else(Totals::default, |sum| sum.totals).into())
}

async fn stretch(
    app: &App,
    scope: Scope<'_>,
    time: &Range<Timestamp>,
    before: Timestamp,
) -> Result<Stretch, StoreError> {
    let of = |time| question(scope, Period::Day, time, GroupBy::Nothing);
    Ok(Stretch { used: total(app, &of(time.clone())).await?, before: total(app, &of(before..time.start)).await? })
}

/// Says how people recognise those whose rows these are.
pub fn label(app: &App, axis: Axis, rows: &mut [Row]) {
    match axis {
        Axis::UpstreamKey => {
            let labels = app.keyring.labels(rows.iter().map(|row| row.name.as_str()));
            for row in rows {
                row.label = labels.get(&row.name).cloned();
            }
        }
        Axis::Project => {
            let labels = labels::of_projects(app, rows.iter().map(|row| row.name.as_str()));
            for row in rows {
                row.label = labels.get(&row.name).cloned();
            }
        }
        Axis::AccessKey => {
            let stored = app.access.stored();
            for row in rows {
                let of_environment = row.name.strip_prefix("env:").map(str::to_owned);
                row.label = of_environment.or_else(|| Some(stored.find(&row.name)?.caller().name.to_string()));
            }
        }
        Axis::Address => {}
    }
}

/// Sums as rows of a table.
pub fn rows(sums: Vec<Sum>) -> Vec<Row> {
    sums.into_iter().map(Row::from).collect()
}

impl From<Sum> for Row {
    fn from(sum: Sum) -> Self {
        Self { name: sum.name.or(sum.model).unwrap_or_default(), label: None, used: sum.totals.into() }
    }
}

#[cfg(test)]
mod tests;
