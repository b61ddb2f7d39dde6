//! What was used: sums by time, and by one thing at a time.

#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

mod export;

use std::ops::Range;

use axum::Json;
use axum::extract::State;
use gap_store::usage::sums::{Axis, GroupBy, Measure, Period, Question, Totals};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) use self::export::{__path_export_stats, export_stats};
use super::actor::{Actor, Anyone};
use super::page::Query;
use super::problem::Problem;
use crate::app::App;
use crate::report::totals::Amount;
use crate::report::{CacheSources, Row, days_before, end_of, hours_before, label, rows, total};

/// Rows of a group.
const ROWS: u32 = 100;
/// By hours no more than this is told: a curve of more points says nothing.
const MOST_HOURS: SignedDuration = SignedDuration::from_hours(24 * 31);

/// Which time, and what is told apart.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct StatsQuery {
    /// From when on; the beginning of its hour or Pacific day. Without it: 24 hours, or 30 days by day.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Until when; now, if it is missing.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Steps of the curve: `hour`, or `day`, which is Pacific. Without it: hours for up to three days.
    #[param(inline)]
    pub by: Option<Step>,
    /// What the groups are of; models, if it is missing.
    #[param(inline)]
    pub group: Option<Group>,
    /// Of this access key only. An ordinary user gets their own anyway.
    pub access_key: Option<String>,
    /// Of this upstream key only.
    pub upstream_key: Option<String>,
    /// Of this project only.
    pub project: Option<String>,
    /// Of this model only.
    pub model: Option<String>,
    /// `csv` or `json`, for an export.
    #[param(inline)]
    pub format: Option<super::export::Format>,
}

/// Steps of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// Hours.
    Hour,
    /// Pacific days.
    Day,
}

/// What groups are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Group {
    /// Models.
    Model,
    /// Upstream keys.
    UpstreamKey,
    /// Projects.
    Project,
    /// Access keys.
    AccessKey,
    /// Addresses of clients; by day only.
    Address,
}

/// What was used in some time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Stats {
    /// From when on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The steps of the series.
    pub by: Step,
    /// All of it.
    pub totals: Amount,
    /// As much time before it.
    pub before: Amount,
    /// Step by step; steps without a request are missing.
    pub series: Vec<Point>,
    /// What the groups are of.
    pub group: Group,
    /// The groups with the most requests, most first.
    pub groups: Vec<Row>,
    /// What each kind of cache did; missing where the question is about one model, project or upstream key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caches: Option<CacheSources>,
}

/// One step of a curve.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Point {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// How much was used in it.
    #[serde(flatten)]
    pub used: Amount,
}

/// Shows what was used: in all, step by step, and by one thing.
#[utoipa::path(
    get,
    path = "/api/v1/stats",
    tag = "usage",
    params(StatsQuery),
    responses((status = 200, body = Stats)),
)]
pub(super) async fn show_stats(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(query): Query<StatsQuery>,
) -> Result<Json<Stats>, Problem> {
    let asked = Asked::read(&query, &actor, app.clock.now())?;
    app.books.settle().await;
    let usage = app.store.usage();
    let series = usage.sum(&asked.question(asked.time.clone(), GroupBy::Time)).await?;
    let mut totals = Totals::default();
    for step in &series {
        totals += step.totals;
    }
    let totals = Amount::from(totals);
    let points = series.into_iter().filter_map(|sum| {
        let starts_at = sum.starts_at?;
        Some(Point { starts_at, used: sum.totals.into() })
    });
    let mut groups = rows(usage.top(&asked.groups(), Measure::Requests, ROWS).await?);
    if asked.group != Group::Model {
        label(&app, asked.axis, &mut groups);
    }
    let caches = if asked.counts_caches() {
        Some(CacheSources::of(&app, asked.name.as_deref(), &asked.time, &totals).await?)
    } else {
        None
    };
    Ok(Json(Stats {
        from: asked.time.start,
        to: asked.time.end,
        by: asked.by,
        totals,
        before: total(&app, &asked.question(asked.before(), GroupBy::Nothing)).await?,
        series: points.collect(),
        group: asked.group,
        groups,
        caches,
    }))
}

/// A query that makes sense, and that this actor may ask.
pub(super) struct Asked {
    pub(super) time: Range<Timestamp>,
    pub(super) by: Step,
    pub(super) group: Group,
    axis: Axis,
    name: Option<String>,
    model: Option<String>,
}

// === impl Asked ===

impl Asked {
    pub(super) fn read(query: &StatsQuery, actor: &Actor, now: Timestamp) -> Result<Self, Problem> {
        let group = query.group.unwrap_or(Group::Model);
        let named = [
            ("access_key", Axis::AccessKey, &query.access_key),
            ("upstream_key", Axis::UpstreamKey, &query.upstream_key),
            ("project", Axis::Project, &query.project),
        ];
        let mut named = named.into_iter().filter_map(|(field, axis, name)| Some((field, axis, name.clone()?)));
        let (axis, name) = if actor.is_administrator() {
            match (named.next(), named.next()) {
                (None, _) => (group.axis(), None),
                (Some((_, axis, name)), None) => (axis, Some(name)),
                (Some(_), Some((field, ..))) => {
                    return Err(Problem::field(
                        field,
                        "usage is summed by one of access_key, upstream_key and project",
                    ));
                }
            }
        } else {
            let own = &*actor.caller.id;
            if !matches!(group, Group::Model | Group::AccessKey) || named.any(|(_, _, name)| name != own) {
                return Err(Problem::forbidden());
            }
            (Axis::AccessKey, Some(own.to_owned()))
        };
        if name.is_some() && group != Group::Model && group.axis() != axis {
            return Err(Problem::field("group", "of one key or project, only its models are summed"));
        }
        if group == Group::Address && query.model.is_some() {
            return Err(Problem::field("model", "addresses are summed for all models together"));
        }
        let (time, by) = time(query, now)?;
        if group == Group::Address && by == Step::Hour {
            return Err(Problem::field("by", "addresses are summed by day: by=day"));
        }
        Ok(Self { time, by, group, axis, name, model: query.model.clone() })
    }

    /// Whether caches are counted of what is asked: by access key alone.
    fn counts_caches(&self) -> bool {
        self.model.is_none() && (self.name.is_none() || self.axis == Axis::AccessKey)
    }

    /// The question about this time.
    pub(super) fn question(&self, time: Range<Timestamp>, group_by: GroupBy) -> Question {
        let period = match self.by {
            Step::Hour => Period::Hour,
            Step::Day => Period::Day,
        };
        // All models together are an axis of their own for addresses alone.
        let axis = if self.axis == Axis::Address && self.name.is_none() { Axis::AccessKey } else { self.axis };
        Question { period, axis, time, name: self.name.clone(), model: self.model.clone(), group_by }
    }

    fn groups(&self) -> Question {
        let group_by = if self.group == Group::Model { GroupBy::Model } else { GroupBy::Name };
        Question { axis: self.axis, ..self.question(self.time.clone(), group_by) }
    }

    /// As much time before.
    fn before(&self) -> Range<Timestamp> {
        let start = self.time.start;
        let length = self.time.end.duration_since(start);
        match self.by {
            Step::Hour => start.checked_sub(length).map_or(Timestamp::MIN, |from| hours_before(from, 0))..start,
            Step::Day => {
                let days = (length.as_hours().max(1) + 23) / 24;
                days_before(start, days)..start
            }
        }
    }
}

impl Group {
    fn axis(self) -> Axis {
        match self {
            Self::Model | Self::AccessKey => Axis::AccessKey,
            Self::UpstreamKey => Axis::UpstreamKey,
            Self::Project => Axis::Project,
            Self::Address => Axis::Address,
        }
    }
}

/// The time that is asked about, from the beginning of its first step on.
fn time(query: &StatsQuery, now: Timestamp) -> Result<(Range<Timestamp>, Step), Problem> {
    let to = query.to.unwrap_or_else(|| end_of(now));
    let by = query.by.unwrap_or_else(|| {
        let short = query.from.is_none_or(|from| to.duration_since(from) <= SignedDuration::from_hours(72));
        if short && query.group != Some(Group::Address) { Step::Hour } else { Step::Day }
    });
    let from = match (query.from, by) {
        (Some(from), Step::Hour) => hours_before(from, 0),
        (Some(from), Step::Day) => days_before(from, 0),
        (None, Step::Hour) => hours_before(to, 23),
        (None, Step::Day) => days_before(to, 29),
    };
    if from >= to {
        return Err(Problem::field("from", "it must be before `to`"));
    }
    if by == Step::Hour && to.duration_since(from) > MOST_HOURS {
        return Err(Problem::field("by", "more than 31 days are told by day: by=day"));
    }
    Ok((from..to, by))
}
