//! Settle: what an outcome does to its key, project and bucket.

use std::time::Duration;

use jiff::Timestamp;

use super::lease::{Lease, Outcome};
use super::ranking::Reason;
use super::{Disabled, Model, Pool, Resting, Standing};
use crate::ids::ProjectId;
use crate::pacific::{after, next_midnight};
use crate::verdict::{Cause, Fault, LONGEST, Rest, Scope};

/// Refusals in a row that nobody explained.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strikes {
    count: usize,
    /// Leases up to this one were given before the last strike; they have nothing to add to it.
    known_at: u64,
}

/// What a fault does to what it hits.
enum Effect {
    Nothing,
    LastResort(Timestamp),
    Asleep(Timestamp),
    Out,
}

impl Strikes {
    /// Counts a refusal of `lease`; none when it is old news.
    fn strike(&mut self, lease: &Lease, turn: u64) -> Option<usize> {
        if self.count > 0 && lease.turn <= self.known_at {
            return None;
        }
        self.count += 1;
        self.known_at = turn;
        Some(self.count)
    }

    /// Takes back one strike, if `lease` was given after the last.
    fn ease(&mut self, lease: &Lease) {
        if lease.turn > self.known_at {
            self.count = self.count.saturating_sub(1);
        }
    }
}

impl Pool {
    /// Tells how a leased request ended.
    pub fn settle(&mut self, lease: Lease, outcome: &Outcome, now: Timestamp) {
        self.open = self.open.saturating_sub(1);
        // Removed in the meantime: nobody is left to be judged.
        let Some(key) = self.keys.get_mut(&lease.key) else { return };
        let counters = &mut key.counters;
        counters.open = counters.open.saturating_sub(1);
        match outcome {
            Outcome::Success(_) => {
                counters.successes += 1;
                key.strikes.ease(&lease);
                self.bucket_answered(lease, now);
            }
            Outcome::Fault(fault) => {
                counters.faults += 1;
                self.blame(&lease, fault, now);
            }
            Outcome::Abandoned => counters.abandoned += 1,
        }
    }

    fn bucket_answered(&mut self, lease: Lease, now: Timestamp) {
        let Some(model) = self.models.get_mut(&lease.bucket) else {
            self.models.insert(lease.bucket, Model::default());
            return;
        };
        let Some(bucket) = model.buckets.get_mut(&lease.project) else { return };
        bucket.strikes.ease(&lease);
        if matches!(bucket.standing, Standing::LastResort(_)) {
            bucket.standing = Standing::InPlay;
            self.refresh(lease.project, now);
        }
    }

    fn blame(&mut self, lease: &Lease, fault: &Fault, now: Timestamp) {
        match fault.scope {
            // Nobody here is to blame.
            Scope::Request | Scope::Feature | Scope::Egress | Scope::Model | Scope::Upstream => {}
            Scope::Bucket => self.blame_bucket(lease, fault, now),
            Scope::Key => self.blame_key(lease, fault, now),
            Scope::Project => self.blame_project(lease.project, fault, now),
        }
    }

    fn blame_bucket(&mut self, lease: &Lease, fault: &Fault, now: Timestamp) {
        let answered_before = self.models.contains_key(&lease.bucket);
        if matches!(fault.rest, Rest::None) || matches!(fault.rest, Rest::LastResort(_)) && !answered_before {
            return;
        }
        self.give_own_lane(&lease.bucket, now);
        let Some(model) = self.models.get_mut(&lease.bucket) else { return };
        let bucket = model.buckets.entry(lease.project).or_default();
        let ladder = self.policy.escalation;
        let step = |count: usize| Some(ladder[count.min(ladder.len()) - 1]);
        let effect = effect(fault, lease.project, now, || bucket.strikes.strike(lease, self.turn).and_then(step));
        let cause = fault.cause;
        bucket.standing = match (effect, bucket.standing) {
            (Effect::Nothing, standing) | (_, standing @ Standing::OffTier) => standing,
            (Effect::Out, _) => Standing::OffTier,
            (Effect::Asleep(until), Standing::Resting(rest)) => Standing::Resting(rest.or_longer(until, cause)),
            (Effect::Asleep(until), _) => Standing::Resting(Resting { until, cause }),
            (Effect::LastResort(_), standing @ Standing::Resting(rest)) if rest.until > now => standing,
            (Effect::LastResort(until), Standing::LastResort(rest)) => {
                Standing::LastResort(rest.or_longer(until, cause))
            }
            (Effect::LastResort(until), _) => Standing::LastResort(Resting { until, cause }),
        };
        self.refresh(lease.project, now);
    }

    fn blame_key(&mut self, lease: &Lease, fault: &Fault, now: Timestamp) {
        let Some(key) = self.keys.get_mut(&lease.key) else { return };
        let ladder = self.policy.escalation;
        // The first time it may have been the request: one bad request must not empty the pool.
        let step = |count: usize| Some(ladder[count.checked_sub(2)?.min(ladder.len() - 1)]);
        match effect(fault, lease.project, now, || key.strikes.strike(lease, self.turn).and_then(step)) {
            Effect::Nothing | Effect::LastResort(_) => return,
            Effect::Asleep(until) => key.rest = Some(Resting::longest(key.rest, until, fault)),
            Effect::Out => key.disabled = Some(Disabled::by(fault)),
        }
        self.refresh_key(lease.key, now);
    }

    fn blame_project(&mut self, id: ProjectId, fault: &Fault, now: Timestamp) {
        let Some(project) = self.projects.get_mut(&id) else { return };
        let shortest = self.policy.escalation[0];
        match effect(fault, id, now, || Some(shortest)) {
            Effect::Nothing | Effect::LastResort(_) => return,
            Effect::Asleep(until) => project.rest = Some(Resting::longest(project.rest, until, fault)),
            Effect::Out => project.disabled = Some(Disabled::by(fault)),
        }
        self.refresh(id, now);
    }

    /// Sees to it that a model has an order of its own. Takes it from models that do not need theirs any more.
    fn give_own_lane(&mut self, bucket: &str, now: Timestamp) {
        if self.models.get(bucket).is_some_and(|model| model.lane.is_some()) {
            return;
        }
        for model in self.models.values_mut().filter(|model| model.lane.is_some()) {
            model.buckets.retain(|_, bucket| bucket.strikes.count > 0 || bucket.standing.is_out(now));
            if model.buckets.is_empty() {
                model.lane = None;
            }
        }
        let model = self.models.entry(bucket.into()).or_default();
        model.lane = Some(self.base.clone());
    }
}

impl Standing {
    fn is_out(self, now: Timestamp) -> bool {
        match self {
            Self::InPlay => false,
            Self::LastResort(rest) | Self::Resting(rest) => rest.until > now,
            Self::OffTier => true,
        }
    }
}

impl Resting {
    /// A later, milder fault does not bring the end nearer.
    fn or_longer(self, until: Timestamp, cause: Cause) -> Self {
        if until > self.until { Self { until, cause } } else { self }
    }

    fn longest(rest: Option<Self>, until: Timestamp, fault: &Fault) -> Self {
        let new = Self { until, cause: fault.cause };
        rest.map_or(new, |rest| rest.or_longer(until, fault.cause))
    }
}

impl Disabled {
    fn by(fault: &Fault) -> Self {
        Self { reason: Reason::Fault(fault.cause), message: fault.message.clone(), help: fault.help.clone() }
    }
}

fn effect(fault: &Fault, project: ProjectId, now: Timestamp, escalate: impl FnOnce() -> Option<Duration>) -> Effect {
    match fault.rest {
        Rest::None => Effect::Nothing,
        Rest::For(wait) => Effect::Asleep(after(now, wait.min(LONGEST))),
        Rest::NextMinute => Effect::Asleep(next_minute(project, now)),
        Rest::Midnight { hint } => {
            let midnight = next_midnight(now);
            Effect::Asleep(hint.map_or(midnight, |hint| after(now, hint).min(midnight)))
        }
        Rest::Escalating => escalate().map_or(Effect::Nothing, |wait| Effect::Asleep(after(now, wait))),
        Rest::OffTier | Rest::Disabled => Effect::Out,
        Rest::LastResort(wait) => Effect::LastResort(after(now, wait.min(LONGEST))),
    }
}

/// The next minute, and up to two seconds more: not all projects should come back in the same instant (wire 6).
fn next_minute(project: ProjectId, now: Timestamp) -> Timestamp {
    // Fibonacci hashing: neighbours land far apart.
    let spread = project.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 2000;
    let minute = Duration::from_secs(60 - now.as_second().rem_euclid(60).unsigned_abs());
    after(now, minute + Duration::from_millis(spread))
}
