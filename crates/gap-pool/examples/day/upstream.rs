//! A Google that counts exactly, and says no in Google's words.
//!
//! A refused call is not counted. All quotas that a call exceeds are named at once. The delay of a minute's quota is
//! the truth; that of a day's is as short and as useless as Google's.

mod bodies;
mod window;

use self::bodies::Exceeded;
pub(crate) use self::bodies::Quota;
use self::window::{Day, Minute};
use crate::dice::Dice;
use crate::world::{Hits, Limits, Millis, Request, SECOND, World};

/// The upstream.
#[derive(Clone)]
pub(crate) struct Upstream<'a> {
    world: &'a World,
    midnights: Vec<Millis>,
    /// By project and model.
    meters: Vec<Vec<Meter>>,
}

/// What the upstream answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The model's answer.
    Answer,
    /// An error with its status, its body, and the quotas it is about.
    Error { status: u16, body: String, exceeded: Vec<Exceeded> },
}

#[derive(Clone, Debug)]
struct Meter {
    requests: Minute,
    tokens: Minute,
    day_requests: Day,
    day_tokens: Day,
}

impl<'a> Upstream<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let meter = Meter {
            requests: Minute::new(world.windows),
            tokens: Minute::new(world.windows),
            day_requests: Day::default(),
            day_tokens: Day::default(),
        };
        let meters = vec![vec![meter; world.models.len()]; world.projects.len()];
        Self { world, midnights: world.midnights(), meters }
    }

    /// Counts a call, or refuses it.
    pub(crate) fn call(&mut self, key: usize, request: &Request, now: Millis, dice: &mut Dice) -> Reply {
        let project = self.world.keys[key].project;
        if let Some(hits) = self.world.trouble(key, request.model, now) {
            return trouble(hits, project);
        }
        if dice.below(1_000_000) < self.world.stumbles_per_million {
            return Reply::error(500, bodies::stumble());
        }
        let limits = self.world.limits(project, request.model, now);
        let day = self.midnights.partition_point(|midnight| *midnight <= now);
        let meter = &mut self.meters[project][request.model];
        let (exceeded, delay) = meter.exceeded(limits, request.tokens, day, now);
        if exceeded.is_empty() {
            meter.count(limits, request.tokens, day, now);
            return Reply::Answer;
        }
        // wire 5: what Google says about a day is 4 to 40 seconds.
        let delay = delay.unwrap_or_else(|| 4 * SECOND + dice.below(36 * SECOND));
        let named = self.world.names_projects.then_some(number_of(project));
        let tier = self.world.projects[project].tier;
        let body = bodies::quota(&exceeded, tier, self.world.models[request.model], delay, named);
        Reply::Error { status: 429, body, exceeded }
    }

    /// Answers a cheap call with `key`, which names no model and costs no quota.
    pub(crate) fn look(&self, key: usize, now: Millis) -> Reply {
        let hits = self.world.trouble(key, usize::MAX, now);
        hits.map_or(Reply::Answer, |hits| trouble(hits, self.world.keys[key].project))
    }
}

impl Reply {
    fn error(status: u16, body: String) -> Self {
        Self::Error { status, body, exceeded: Vec::new() }
    }
}

impl Meter {
    /// What a call would exceed, and how long its minute's quotas take to have room.
    fn exceeded(&mut self, limits: Limits, tokens: u64, day: usize, now: Millis) -> (Vec<Exceeded>, Option<Millis>) {
        let mut exceeded = Vec::new();
        let mut delay: Option<Millis> = None;
        let minutes = [
            (Quota::TokensPerMinute, &mut self.tokens, tokens, limits.tokens_per_minute),
            (Quota::RequestsPerMinute, &mut self.requests, 1, limits.requests_per_minute),
        ];
        for (quota, minute, amount, limit) in minutes {
            let Some(limit) = limit else { continue };
            if let Some(wait) = minute.wait(amount, limit, now) {
                exceeded.push((quota, limit));
                delay = delay.max(Some(wait));
            }
        }
        let days = [
            (Quota::RequestsPerDay, &self.day_requests, 1, limits.requests_per_day),
            (Quota::TokensPerDay, &self.day_tokens, tokens, limits.tokens_per_day),
        ];
        for (quota, meter, amount, limit) in days {
            let Some(limit) = limit else { continue };
            if !meter.fits(amount, limit, day) {
                exceeded.push((quota, limit));
            }
        }
        (exceeded, delay)
    }

    fn count(&mut self, limits: Limits, tokens: u64, day: usize, now: Millis) {
        // What is unlimited needs no memory.
        if let Some(limit) = limits.tokens_per_minute {
            self.tokens.count(tokens, limit, now);
        }
        if let Some(limit) = limits.requests_per_minute {
            self.requests.count(1, limit, now);
        }
        self.day_requests.count(1, day);
        self.day_tokens.count(tokens, day);
    }
}

fn trouble(hits: Hits, project: usize) -> Reply {
    match hits {
        Hits::KeyInvalid(_) => Reply::error(400, bodies::key_invalid()),
        Hits::KeySuspended(_) => Reply::error(403, bodies::key_suspended(number_of(project))),
        Hits::Model(_) => Reply::error(503, bodies::overloaded()),
        Hits::EgressQuota => Reply::error(429, bodies::unexplained()),
        Hits::EgressLocation => Reply::error(400, bodies::location()),
    }
}

/// The number by which Google knows a project.
const fn number_of(project: usize) -> u64 {
    100_000_000_000 + project as u64
}

#[cfg(test)]
mod tests;
