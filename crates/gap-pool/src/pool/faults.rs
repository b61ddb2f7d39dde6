//! What a fault does to whom it concerns: nothing, a rest, the end.

use std::time::Duration;

use jiff::Timestamp;

use super::lease::Lease;
use super::ranking::Reason;
use super::storms::{Blow, Storms, Weather};
use super::{Disabled, Pool, Resting, Standing};
use crate::ids::{ProjectId, scatter};
use crate::limits::Quota;
use crate::pacific::{after, next_midnight};
use crate::quota::{Caps, estimate_may_fit, millis};
use crate::verdict::{Cause, Fault, LONGEST, Rest, Scope};

/// Refusals in a row that nobody explained.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strikes {
    pub(super) count: usize,
    /// Leases up to this one were given before the last strike; they have nothing to add to it.
    pub(super) known_at: u64,
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
    pub(super) fn ease(&mut self, lease: &Lease) {
        if lease.turn > self.known_at {
            self.count = self.count.saturating_sub(1);
        }
    }

    pub(super) fn is_clean(self) -> bool {
        self.count == 0
    }
}

impl Pool {
    pub(super) fn blame(&mut self, lease: &Lease, name: &str, project: ProjectId, fault: &Fault, now: Timestamp) {
        if Storms::concern(fault) && self.is_weather(lease, name, project, fault.cause, now) {
            return;
        }
        match fault.scope {
            // Nobody here is to blame.
            Scope::Request | Scope::Feature | Scope::Egress | Scope::Upstream => {}
            Scope::Model => self.blame_model(lease, name, now),
            Scope::Bucket => self.blame_bucket(lease, name, project, fault, now),
            Scope::Key => self.blame_key(lease, project, fault, now),
            Scope::Project => self.blame_project(project, fault, now),
        }
    }

    /// Whether a refusal without a reason is one of many alike; if so, takes back what was made of the others.
    fn is_weather(&mut self, lease: &Lease, name: &str, project: ProjectId, cause: Cause, now: Timestamp) -> bool {
        let blow = Blow { at: millis(now), lease: lease.turn, key: lease.key, project, bucket: name.into(), cause };
        let Weather::Storm(blows) = self.storms.blow(blow, self.projects.len()) else { return false };
        for Blow { key, project, bucket, .. } in blows {
            let pardoned = |rest: Option<Resting>| rest.is_some_and(|rest| rest.cause == cause);
            let project = self.present(project);
            let bucket_found = self.models.get_mut(&bucket).and_then(|model| model.buckets.get_mut(&project));
            if let Some(found) = bucket_found
                && let Standing::Resting(rest) = found.standing
                && pardoned(Some(rest))
            {
                found.standing = Standing::InPlay;
                found.strikes.count = found.strikes.count.saturating_sub(1);
                self.refresh_bucket(&bucket, project, now);
            }
            if let Some(found) = self.keys.get_mut(&key).filter(|_| cause == Cause::Forbidden) {
                found.strikes.count = found.strikes.count.saturating_sub(1);
                if pardoned(found.rest) {
                    found.rest = None;
                    self.refresh_key(key, now);
                    self.refresh_everywhere(project, now);
                }
            }
        }
        self.egress.fail(lease.turn, self.turn, true, millis(now));
        true
    }

    fn blame_model(&mut self, lease: &Lease, name: &str, now: Timestamp) {
        // Overloaded is a model that is there: Google does not say so of names that do not exist.
        self.know(name);
        if let Some(model) = self.models.get_mut(name) {
            model.breaker.fail(lease.turn, self.turn, false, millis(now));
        }
    }

    fn blame_bucket(&mut self, lease: &Lease, name: &str, project: ProjectId, fault: &Fault, now: Timestamp) {
        let answered_before = self.is_known(name);
        if matches!(fault.rest, Rest::None) || matches!(fault.rest, Rest::LastResort(_)) && !answered_before {
            return;
        }
        let (ladder, turn) = (self.policy.escalation, self.turn);
        let Some(bucket) = self.bucket(name, project) else { return };
        // More than a whole window is refused however empty it is: smaller prompts are as welcome as before.
        if !fits_some_time(lease.estimate, fault.cause, &bucket.caps) {
            return;
        }
        bucket.health.refused(millis(now));
        let step = |count: usize| Some(ladder[count.clamp(1, ladder.len()) - 1]);
        let effect = effect(fault, project, now, || bucket.strikes.strike(lease, turn).and_then(step));
        let (cause, unsure) = (fault.cause, fault.rest == Rest::Escalating);
        bucket.standing = match (effect, bucket.standing) {
            (Effect::Nothing, standing) | (_, standing @ Standing::OffTier) => standing,
            (Effect::Out, _) => Standing::OffTier,
            (Effect::Asleep(until), Standing::Resting(rest)) => Standing::Resting(rest.or_longer(until, cause, unsure)),
            (Effect::Asleep(until), _) => Standing::Resting(Resting { until, cause, unsure }),
            (Effect::LastResort(_), standing @ Standing::Resting(rest)) if rest.until > now => standing,
            (Effect::LastResort(until), Standing::LastResort(rest)) => {
                Standing::LastResort(rest.or_longer(until, cause, unsure))
            }
            (Effect::LastResort(until), _) => Standing::LastResort(Resting { until, cause, unsure }),
        };
        self.refresh_bucket(name, project, now);
    }

    fn blame_key(&mut self, lease: &Lease, project: ProjectId, fault: &Fault, now: Timestamp) {
        let (ladder, turn) = (self.policy.escalation, self.turn);
        let Some(key) = self.keys.get_mut(&lease.key) else { return };
        // The first time it may have been the request: one bad request must not empty the pool.
        let step = |count: usize| Some(ladder[count.checked_sub(2)?.min(ladder.len() - 1)]);
        match effect(fault, project, now, || key.strikes.strike(lease, turn).and_then(step)) {
            Effect::Nothing | Effect::LastResort(_) => return,
            Effect::Asleep(until) => key.rest = Some(Resting::longest(key.rest, until, fault)),
            Effect::Out => key.disabled = Some(Disabled::by(fault)),
        }
        self.plan_recheck(lease.key, now);
        self.refresh_key(lease.key, now);
    }

    fn blame_project(&mut self, id: ProjectId, fault: &Fault, now: Timestamp) {
        let shortest = self.policy.escalation[0];
        let Some(project) = self.projects.get_mut(&id) else { return };
        match effect(fault, id, now, || Some(shortest)) {
            Effect::Nothing | Effect::LastResort(_) => return,
            Effect::Asleep(until) => project.rest = Some(Resting::longest(project.rest, until, fault)),
            Effect::Out => project.disabled = Some(Disabled::by(fault)),
        }
        let members: Vec<_> = self.members_of(id).collect();
        for key in members {
            self.plan_recheck(key, now);
        }
        self.refresh(id, now);
        self.note_turns(id, now);
    }
}

impl Resting {
    /// A later, milder fault does not bring the end nearer.
    fn or_longer(self, until: Timestamp, cause: Cause, unsure: bool) -> Self {
        if until > self.until { Self { until, cause, unsure } } else { self }
    }

    fn longest(rest: Option<Self>, until: Timestamp, fault: &Fault) -> Self {
        // Money comes back when somebody pays: nobody knows when.
        let unsure = fault.rest == Rest::Escalating || fault.scope == Scope::Project;
        let new = Self { until, cause: fault.cause, unsure };
        rest.map_or(new, |rest| rest.or_longer(until, fault.cause, unsure))
    }
}

impl Disabled {
    pub(super) fn by(fault: &Fault) -> Self {
        Self { reason: Reason::Fault(fault.cause), message: fault.message.clone(), help: fault.help.clone() }
    }
}

/// Whether a prompt is not larger than the whole quota that refused it, as far as its limit is known.
fn fits_some_time(estimate: u64, refused_by: Cause, caps: &Caps) -> bool {
    match refused_by {
        Cause::TokensPerMinute => estimate_may_fit(estimate, caps[Quota::TokensPerMinute as usize]),
        Cause::TokensPerDay => estimate_may_fit(estimate, caps[Quota::TokensPerDay as usize]),
        _ => true,
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
    let spread = scatter(project.0) % 2000;
    let minute = Duration::from_secs(60 - now.as_second().rem_euclid(60).unsigned_abs());
    after(now, minute + Duration::from_millis(spread))
}
