//! How long today's quota lasts, and how many projects are missing.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::lane::State;
use crate::limits::Quota;
use crate::pacific::{after, last_midnight, until};
use crate::pool::Pool;
use crate::quota::{UNLIMITED, timestamp};

/// Above this share of a day's capacity, projects should be added.
const ADD: f64 = 0.8;
/// Above this, urgently.
const ADD_SURELY: f64 = 0.95;
/// Below this, some could go.
const REDUCE: f64 = 0.3;
/// A rate needs a stretch of the day to be one.
const SHORTEST: Duration = Duration::from_mins(15);

/// What today looks like for a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// The model; empty for calls outside any model.
    pub model: String,
    /// Requests sent today.
    pub used: u64,
    /// Requests that may be sent in a day by those whose limit is known.
    pub capacity: Option<u64>,
    /// What is left of the capacity today.
    pub left: Option<u64>,
    /// Projects of which no limit of a day is known; as long as there are any, nothing runs dry for certain.
    pub unlimited: usize,
    /// When it runs dry at the present rate, if that is before the day ends.
    pub dry_at: Option<Timestamp>,
    /// How much of the capacity the day needs at the present rate.
    pub load: Option<f64>,
    /// How many projects more are needed to get through the day with some to spare.
    pub more_projects: usize,
    /// What to do.
    pub advice: Advice,
}

/// What to do about the number of projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Some could go.
    CouldReduce,
    /// Nothing.
    Enough,
    /// Add projects.
    Add,
    /// Add projects, now.
    AddSurely,
    /// Nobody knows the limits.
    Unknown,
}

// === impl Pool ===

impl Pool {
    /// What today looks like, model by model. `counting_since`: when requests began to be counted; the day's rate is that
    /// of the time since, or since midnight Pacific.
    pub fn forecast(&self, counting_since: Timestamp, now: Timestamp) -> Vec<Forecast> {
        let day_began = last_midnight(now).max(counting_since);
        let mut forecasts: Vec<Forecast> =
            self.counted_models().map(|model| self.forecast_of(model, day_began, now)).collect();
        forecasts.sort_by(|a, b| a.model.cmp(&b.model));
        forecasts
    }

    fn forecast_of(&self, model: &str, day_began: Timestamp, now: Timestamp) -> Forecast {
        let (mut used, mut capacity, mut left, mut known, mut unlimited) = (0_u64, 0_u64, 0_u64, 0_u64, 0);
        for day in self.days(model, now) {
            used += day.used;
            if day.limit == UNLIMITED {
                unlimited += 1;
                continue;
            }
            known += 1;
            capacity += day.limit;
            // What rests until tomorrow has nothing left, whatever the count says.
            left += if day.exhausted { 0 } else { day.limit.saturating_sub(day.used) };
        }
        let day_ends = timestamp(self.day_ends(now));
        let elapsed = until(now, day_began).max(SHORTEST).as_secs_f64();
        let ahead = until(day_ends, now).as_secs_f64();
        let rate = used as f64 / elapsed;
        let needed = used as f64 + rate * ahead;
        let load = (known > 0 && capacity > 0).then(|| needed / capacity as f64);
        let dry = rate * ahead > left as f64 && known > 0 && unlimited == 0;
        let each = capacity as f64 / known.max(1) as f64;
        let missing =
            load.filter(|load| *load > ADD && unlimited == 0).map_or(0.0, |_| (needed / ADD - capacity as f64) / each);
        Forecast {
            model: model.to_owned(),
            used,
            capacity: (known > 0).then_some(capacity),
            left: (known > 0).then_some(left),
            unlimited,
            dry_at: dry.then(|| after(now, Duration::try_from_secs_f64(left as f64 / rate).unwrap_or_default())),
            load,
            more_projects: whole(missing),
            advice: match load {
                None => Advice::Unknown,
                Some(_) if unlimited > 0 => Advice::Enough,
                Some(load) if load > ADD_SURELY => Advice::AddSurely,
                Some(load) if load > ADD => Advice::Add,
                Some(load) if load < REDUCE => Advice::CouldReduce,
                Some(_) => Advice::Enough,
            },
        }
    }

    /// The day of every project that may serve a model.
    fn days(&self, model: &str, now: Timestamp) -> Vec<Day> {
        let day_ends = timestamp(self.day_ends(now));
        let days = self.buckets_of(model, now).into_iter().filter_map(|(caps, project, bucket)| {
            let limit = caps[Quota::RequestsPerDay as usize];
            match bucket {
                _ if matches!(project, State::Out(_)) => None,
                Some(bucket) if bucket.off_tier => None,
                Some(bucket) => {
                    let exhausted = bucket.rests_until.is_some_and(|until| until >= day_ends);
                    Some(Day { used: bucket.used_today, limit, exhausted })
                }
                None => Some(Day { used: 0, limit, exhausted: false }),
            }
        });
        days.collect()
    }
}

struct Day {
    used: u64,
    limit: u64,
    exhausted: bool,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
fn whole(number: f64) -> usize {
    number.max(0.0).ceil() as usize
}

#[cfg(test)]
mod tests;
