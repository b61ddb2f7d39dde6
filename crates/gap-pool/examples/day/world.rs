//! What a scenario consists of. Everything here is the truth, which the upstream and the oracle know; gateways know
//! what [`Told`] says and what the upstream answers.

use std::ops::Range;

use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Timestamp};

static PACIFIC: TimeZone = tz::get!("America/Los_Angeles");

/// Milliseconds since the scenario began.
pub(crate) type Millis = u64;

pub(crate) const SECOND: Millis = 1_000;
pub(crate) const MINUTE: Millis = 60 * SECOND;
pub(crate) const HOUR: Millis = 60 * MINUTE;

/// How long a request may wait to be sent; a send that is under way then may still succeed.
pub(crate) const MAX_WAIT: Millis = 30 * SECOND;
/// The longest time between a gateway's decision and the upstream's counting.
pub(crate) const MAX_JITTER: Millis = 2 * SECOND;
/// How many keys one request may try; the product's default.
pub(crate) const MAX_KEYS: usize = 16;
/// How many tries of one request may fail without a key being to blame; the product's default.
pub(crate) const MAX_ATTEMPTS: usize = 3;

/// The truth about a scenario.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// When it begins.
    pub(crate) start: Timestamp,
    /// How long requests arrive.
    pub(crate) length: Millis,
    /// How the upstream counts minutes.
    pub(crate) windows: Windows,
    /// Names of the models.
    pub(crate) models: Vec<&'static str>,
    /// Projects, named by their place.
    pub(crate) projects: Vec<Project>,
    /// Keys, named by their place.
    pub(crate) keys: Vec<Key>,
    /// What goes wrong and when.
    pub(crate) troubles: Vec<Trouble>,
    /// Whether gateways know the limits from the beginning.
    pub(crate) told: Told,
    /// Whether 429s name the project, as those of older quotas do.
    pub(crate) names_projects: bool,
    /// How many calls of a million end with a 500 for no reason.
    pub(crate) stumbles_per_million: u64,
}

/// How a minute's quota is counted. Gateways are not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Windows {
    /// What was counted within the last 60 seconds.
    Sliding,
    /// What was counted since the minute began.
    FixedMinute,
    /// A bucket that holds a minute's quota and refills evenly.
    TokenBucket,
}

/// Whether gateways know the limits from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// They have to find out.
    Nothing,
    /// The operator has typed them in.
    Limits,
}

/// A Google project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Whether it pays: decides how quotas are called.
    pub(crate) tier: Tier,
    /// What it may do with each model, by the time from which it holds, which begins with 0.
    pub(crate) limits: Vec<Vec<(Millis, Limits)>>,
}

/// Whether a project pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// It does not.
    Free,
    /// It does.
    Paid,
}

/// What a bucket admits; none is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) requests_per_minute: Option<u64>,
    pub(crate) tokens_per_minute: Option<u64>,
    pub(crate) requests_per_day: Option<u64>,
    pub(crate) tokens_per_day: Option<u64>,
}

/// A key of a project.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Whose it is.
    pub(crate) project: usize,
    /// Whether the operator has said so.
    pub(crate) project_is_told: bool,
}

/// Something that goes wrong for a while.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) hits: Hits,
    pub(crate) during: Range<Millis>,
}

/// What a trouble hits, and what the upstream says then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hits {
    /// A key: 400 `API_KEY_INVALID`.
    KeyInvalid(usize),
    /// A key: 403 `CONSUMER_SUSPENDED`.
    KeySuspended(usize),
    /// A model: 503 overloaded.
    Model(usize),
    /// Everything: 429 without a reason.
    EgressQuota,
    /// Everything: 400, the location is not supported.
    EgressLocation,
}

/// One request of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) arrival: Millis,
    pub(crate) model: usize,
    /// Input tokens as the upstream counts them.
    pub(crate) tokens: u64,
    /// Input tokens as a gateway guesses them.
    pub(crate) estimate: u64,
    /// Which client asks.
    pub(crate) access_key: u64,
}

// === impl World ===

impl World {
    /// A point in time as the pool and the classifier want it.
    pub(crate) fn timestamp(&self, at: Millis) -> Timestamp {
        let since = SignedDuration::from_millis(i64::try_from(at).unwrap_or(i64::MAX));
        self.start.saturating_add(since).unwrap_or(Timestamp::MAX)
    }

    /// When days end at Google while the scenario lasts, and once after it.
    pub(crate) fn midnights(&self) -> Vec<Millis> {
        let mut midnights = Vec::new();
        let mut day = self.start.to_zoned(PACIFIC.clone());
        while midnights.last().is_none_or(|last| *last <= self.length + HOUR) {
            let Ok(next) = day.tomorrow().and_then(|tomorrow| tomorrow.start_of_day()) else { break };
            midnights.push(u64::try_from(next.timestamp().duration_since(self.start).as_millis()).unwrap_or(0));
            day = next;
        }
        midnights
    }

    /// What `project` may do with `model` at that time.
    pub(crate) fn limits(&self, project: usize, model: usize, at: Millis) -> Limits {
        let steps = &self.projects[project].limits[model];
        steps.iter().rev().find(|(from, _)| *from <= at).map_or_else(Limits::default, |(_, limits)| *limits)
    }

    /// The trouble that a call meets: that of the way out first, because nothing behind it sees the call.
    pub(crate) fn trouble(&self, key: usize, model: usize, at: Millis) -> Option<Hits> {
        let now = || self.troubles.iter().filter(|trouble| trouble.during.contains(&at)).map(|trouble| trouble.hits);
        let egress = now().find(|hits| matches!(hits, Hits::EgressQuota | Hits::EgressLocation));
        let of_key = || now().find(|hits| matches!(hits, Hits::KeyInvalid(k) | Hits::KeySuspended(k) if *k == key));
        egress.or_else(of_key).or_else(|| now().find(|hits| *hits == Hits::Model(model)))
    }
}

impl World {
    /// Whether a key has a trouble that other keys do not have.
    pub(crate) fn has_own_trouble(&self, key: usize) -> bool {
        let hits_it = |hits| matches!(hits, Hits::KeyInvalid(k) | Hits::KeySuspended(k) if k == key);
        self.troubles.iter().any(|trouble| hits_it(trouble.hits))
    }

    /// Whether a key of `project` can serve `model` at some time in `during`. It can begin to only when the time
    /// begins or a trouble ends.
    pub(crate) fn can_serve(&self, project: usize, model: usize, during: &Range<Millis>) -> bool {
        let ends = self.troubles.iter().map(|trouble| trouble.during.end).filter(|end| during.contains(end));
        let mut times = std::iter::once(during.start).chain(ends);
        let keys = || self.keys.iter().enumerate().filter(|(_, key)| key.project == project).map(|(key, _)| key);
        times.any(|at| keys().any(|key| self.trouble(key, model, at).is_none()))
    }
}

// === impl Limits ===

impl Limits {
    /// A model that is not on the project's tier.
    pub(crate) const NOT_ON_TIER: Self = Self {
        requests_per_minute: Some(0),
        tokens_per_minute: Some(0),
        requests_per_day: Some(0),
        tokens_per_day: None,
    };

    /// Whether the model is on the project's tier at all.
    pub(crate) fn is_on_tier(self) -> bool {
        self.requests_per_minute != Some(0) && self.requests_per_day != Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::HOUR;
    use crate::scenarios;

    #[test]
    fn a_day_with_daylight_saving_has_25_hours() {
        let world = scenarios::find("clock_change").unwrap().play(1, false).world;
        let midnights = world.midnights();
        assert!(midnights.windows(2).any(|pair| pair[1] - pair[0] == 25 * HOUR), "{midnights:?}");
    }
}
