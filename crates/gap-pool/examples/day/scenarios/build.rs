//! Words in which scenarios are written.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::dice::Dice;
use crate::traffic::{Arrivals, Sizes, Stream, whole};
use crate::world::{HOUR, Hits, Key, Limits, Millis, Project, Tier, Told, Trouble, Windows, World};

/// Short questions and a few long documents.
pub(super) const CHAT: Sizes = Sizes { median: 900.0, sigma: 1.3, most: 200_000 };

/// Troubles that strike at random.
pub(crate) struct BadLuck {
    pub(super) hits: Hits,
    /// How often an hour, on average.
    pub(super) per_hour: f64,
    /// The shortest and the longest time.
    pub(super) lasts: (Millis, Millis),
}

/// What the dice of troubles are for.
const TROUBLE: u64 = 3;

impl BadLuck {
    pub(crate) fn strike(&self, world: &mut World, seed: u64, number: u64) {
        let mut dice = Dice::of(&[seed, TROUBLE, number]);
        let mut at = 0;
        loop {
            at += whole(dice.exponential(self.per_hour) * HOUR as f64);
            if at >= world.length {
                return;
            }
            let end = at + whole(dice.between(self.lasts.0 as f64, self.lasts.1 as f64));
            world.troubles.push(Trouble { hits: self.hits, during: at..end });
            at = end;
        }
    }
}

/// A day without projects.
pub(super) fn day(windows: Windows, models: &[&'static str]) -> World {
    World {
        start: utc(2026, 6, 15),
        length: 24 * HOUR,
        windows,
        models: models.to_vec(),
        projects: Vec::new(),
        keys: Vec::new(),
        troubles: Vec::new(),
        told: Told::Nothing,
        names_projects: false,
        stumbles_per_million: 0,
    }
}

/// Midnight in Greenwich.
pub(super) fn utc(year: i16, month: i8, day: i8) -> Timestamp {
    date(year, month, day).to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

pub(super) fn per_minute(requests: u64, tokens: u64) -> Limits {
    Limits { requests_per_minute: Some(requests), tokens_per_minute: Some(tokens), ..Limits::default() }
}

pub(super) fn per_minute_and_day(requests: u64, tokens: u64, requests_a_day: u64) -> Limits {
    Limits { requests_per_day: Some(requests_a_day), ..per_minute(requests, tokens) }
}

impl World {
    /// Adds projects with one key each, and limits by model.
    pub(super) fn with_projects(mut self, count: usize, tier: Tier, limits: &[Limits]) -> Self {
        for _ in 0..count {
            self.keys.push(Key { project: self.projects.len(), project_is_told: true });
            self.projects.push(Project { tier, limits: limits.iter().map(|limits| vec![(0, *limits)]).collect() });
        }
        self
    }

    /// Adds a key to a project.
    pub(super) fn with_key(mut self, project: usize, project_is_told: bool) -> Self {
        self.keys.push(Key { project, project_is_told });
        self
    }

    pub(super) fn with_trouble(mut self, hits: Hits, from: Millis, until: Millis) -> Self {
        self.troubles.push(Trouble { hits, during: from..until });
        self
    }

    /// Changes the limits of a project for all models.
    pub(super) fn with_change(mut self, project: usize, from: Millis, limits: Limits) -> Self {
        for steps in &mut self.projects[project].limits {
            steps.push((from, limits));
        }
        self
    }
}

/// A diurnal load with its peak in the afternoon of Europe.
pub(super) fn diurnal(model: usize, per_day: f64, sizes: Sizes) -> Stream {
    let arrivals = Arrivals::Diurnal { per_hour: per_day / 24.0, swing: 0.8, peak: 15 * HOUR };
    Stream { model, arrivals, sizes, access_keys: 5 }
}
