//! Usage-based routing as LiteLLM does it (`usage-based-routing-v2`), with its defaults.
//!
//! A deployment is a key with a model. Among those that are not cooling down the one with the fewest tokens in this
//! minute of the clock is taken, ties by lot. Tokens are counted when an answer is there, requests when they are sent.
//! A deployment is left out when the configured tokens or requests per minute would be exceeded; unconfigured means no
//! limit. Limits of a day are unknown to it.
//!
//! Cool-down is 5 seconds: at once after 429, 401, 404 and 408, after a 5xx only when more than half of at least five
//! calls of the minute failed, after other 4xx never. A retry goes to a deployment that has not failed the request, at
//! once while there is one; with none left, it sleeps half a second, doubled each time, up to eight.

use std::collections::HashMap;

use gap_pool::verdict::Scope;

use super::plain::pick;
use super::{Ask, Choice, Outcome, Sent, Strategy};
use crate::dice::Dice;
use crate::world::{Limits, MINUTE, Millis, SECOND, World};

const COOL_DOWN: Millis = 5 * SECOND;
const FEWEST_CALLS: u64 = 5;
const FIRST_SLEEP: Millis = 500;
const LONGEST_SLEEP: Millis = 8 * SECOND;

pub(super) struct LiteLlm {
    /// By key and model.
    deployments: Vec<Vec<Deployment>>,
    /// How often each request has slept.
    sleeps: HashMap<usize, u32>,
    dice: Dice,
}

#[derive(Clone, Debug, Default)]
struct Deployment {
    limits: Limits,
    minute: Millis,
    tokens: u64,
    requests: u64,
    successes: u64,
    failures: u64,
    cools_until: Millis,
}

impl LiteLlm {
    pub(super) fn new(world: &World, seed: u64) -> Self {
        let of_key = |key| {
            (0..world.models.len())
                .map(move |model| Deployment { limits: super::told_limits(world, key, model), ..Deployment::default() })
                .collect()
        };
        let deployments = (0..world.keys.len()).map(of_key).collect();
        Self { deployments, sleeps: HashMap::new(), dice: Dice::of(&[seed, 32]) }
    }

    fn sleep(&mut self, ask: &Ask<'_>, now: Millis) -> Choice {
        let slept = self.sleeps.entry(ask.request).or_default();
        let sleep = (FIRST_SLEEP << (*slept).min(10)).min(LONGEST_SLEEP);
        *slept += 1;
        // Its own retries end with its sleeps, not with the client's patience.
        if *slept > 6 || now + sleep > ask.deadline { Choice::Refuse } else { Choice::Pause(now + sleep) }
    }
}

impl Strategy for LiteLlm {
    fn choose(&mut self, ask: &Ask<'_>, now: Millis) -> Choice {
        let mut lowest = u64::MAX;
        let mut candidates = Vec::new();
        for (key, models) in self.deployments.iter_mut().enumerate() {
            let deployment = &mut models[ask.model];
            deployment.move_to(now);
            let fits = deployment.cools_until <= now && deployment.has_room(ask.estimate);
            if !fits || ask.tried.contains(&key) {
                continue;
            }
            if deployment.tokens < lowest {
                lowest = deployment.tokens;
                candidates.clear();
            }
            if deployment.tokens == lowest {
                candidates.push(key);
            }
        }
        // All that are left have failed this request: after a sleep they may be tried again.
        if candidates.is_empty() && self.sleeps.contains_key(&ask.request) {
            let usable = |(_, models): &(usize, &Vec<Deployment>)| {
                models[ask.model].cools_until <= now && models[ask.model].has_room(ask.estimate)
            };
            candidates = self.deployments.iter().enumerate().filter(usable).map(|(key, _)| key).collect();
        }
        let Some(key) = pick(&candidates, &mut self.dice) else { return self.sleep(ask, now) };
        self.deployments[key][ask.model].requests += 1;
        Choice::Send(key)
    }

    fn settle(&mut self, sent: &Sent, outcome: &Outcome<'_>, now: Millis) {
        let deployment = &mut self.deployments[sent.key][sent.model];
        deployment.move_to(now);
        match outcome {
            Outcome::Answered { tokens } => {
                deployment.tokens += tokens;
                deployment.successes += 1;
            }
            Outcome::Failed { status, fault } => {
                deployment.failures += 1;
                let calls = deployment.successes + deployment.failures;
                let mostly_failing = calls >= FEWEST_CALLS && deployment.failures * 2 > calls;
                let cools = match status {
                    // An invalid key is an authentication error to it, whatever the status.
                    _ if fault.scope == Scope::Key => true,
                    401 | 404 | 408 | 429 => true,
                    400..500 => false,
                    _ => mostly_failing,
                };
                if cools {
                    deployment.cools_until = now + COOL_DOWN;
                }
            }
        }
    }

    fn forget(&mut self, request: usize) {
        self.sleeps.remove(&request);
    }
}

impl Deployment {
    fn move_to(&mut self, now: Millis) {
        if self.minute != now / MINUTE {
            let Self { limits, cools_until, .. } = *self;
            *self = Self { limits, cools_until, minute: now / MINUTE, ..Self::default() };
        }
    }

    fn has_room(&self, estimate: u64) -> bool {
        let tokens = self.limits.tokens_per_minute.is_none_or(|limit| self.tokens + estimate <= limit);
        // Its comparison leaves the last request of a minute unused.
        let requests = self.limits.requests_per_minute.is_none_or(|limit| self.requests + 1 < limit);
        tokens && requests
    }
}
