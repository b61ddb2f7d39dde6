//! What answers and refusals say about limits, tiers, projects, and about how Google counts.
//!
//! The guard is how much longer than a minute a request is held against its bucket, because nobody knows how long it
//! travels before Google counts it. It begins at what a good connection needs. A refusal that should not have been makes
//! it longer; thousands of answers from full buckets make it shorter, so that the best connection loses next to nothing.

use jiff::Timestamp;

use super::lease::Lease;
use super::{Pool, Standing};
use crate::ids::ProjectId;
use crate::limits::Quota;
use crate::quota::{Millis, UNLIMITED, millis};
use crate::verdict::{Cause, Fault};

/// What a good connection needs.
pub(super) const FIRST_GUARD: Millis = 1_000;
const SHORTEST_GUARD: f64 = 250.0;
const LONGEST_GUARD: f64 = 5_000.0;
/// What a refusal that should not have been adds.
const LONGER: f64 = 250.0;
/// What an answer from a full bucket takes away: one refusal in 4,000 keeps the balance.
const SHORTER: f64 = LONGER / 4_000.0;

/// What the pool has come to believe about how Google counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belief {
    guard: f64,
}

impl Default for Belief {
    fn default() -> Self {
        Self { guard: FIRST_GUARD as f64 }
    }
}

impl Belief {
    pub(super) fn guard(self) -> f64 {
        self.guard
    }
}

impl Pool {
    pub(super) fn learn_from_answer(&mut self, lease: &Lease, name: &str, project: ProjectId, now: Timestamp) {
        let at = millis(now);
        let Some(booking) = lease.booking else { return };
        let Some(bucket) = self.models.get_mut(name).and_then(|model| model.buckets.get_mut(&project)) else { return };
        let full = |quota: Quota| booking.seen[quota as usize] >= bucket.caps[quota as usize];
        if full(Quota::RequestsPerMinute) || full(Quota::TokensPerMinute) {
            self.belief.guard = (self.belief.guard - SHORTER).max(SHORTEST_GUARD);
            self.set_guard();
        }
        let Some(bucket) = self.models.get_mut(name).and_then(|model| model.buckets.get_mut(&project)) else { return };
        if let Some(learning) = &mut bucket.learning
            && learning.answered(&booking.seen, booking.at, at)
        {
            self.refresh_caps(project, now);
        }
    }

    /// Takes in what a fault says. The project and the model to be blamed for it, which may have turned out to be others.
    pub(super) fn learn_from_fault(
        &mut self,
        lease: &Lease,
        name: &str,
        project: ProjectId,
        fault: &Fault,
        now: Timestamp,
    ) -> (ProjectId, Box<str>) {
        let number = fault.consumer_project.filter(|_| self.keys.contains_key(&lease.key));
        let project = number.and_then(|number| self.learn_project(lease.key, number, now)).unwrap_or(project);
        self.learn_tier(project, fault, now);
        let name = self.learn_alias(name, fault, now);
        self.learn_limits(lease, &name, project, fault, now);
        (project, name)
    }

    fn learn_tier(&mut self, id: ProjectId, fault: &Fault, now: Timestamp) {
        let Some(tier) = fault.violations.iter().find_map(crate::verdict::Violation::tier) else { return };
        let Some(project) = self.projects.get_mut(&id).filter(|project| !project.tier_by_hand) else { return };
        // "Paid" alone does not say which paid tier.
        let known = project.tier.is_some_and(|known| known.is_paid() == tier.is_paid());
        if known {
            return;
        }
        project.tier = Some(tier);
        if tier.is_paid() {
            self.forget_off_tier(id);
        }
        self.refresh_caps(id, now);
        self.refresh_everywhere(id, now);
    }

    /// A model with the limit 0 is not asked again as long as nothing says that the project has changed its tier: the
    /// operator does, or a refusal that names a quota of another tier. Then what was not on the old one may be on the new.
    pub(super) fn forget_off_tier(&mut self, id: ProjectId) {
        for bucket in self.models.values_mut().filter_map(|model| model.buckets.get_mut(&id)) {
            if matches!(bucket.standing, Standing::OffTier) {
                bucket.standing = Standing::InPlay;
            }
        }
    }

    /// A refusal may name a model other than the one asked for: both share the quota of the one named.
    fn learn_alias(&mut self, name: &str, fault: &Fault, now: Timestamp) -> Box<str> {
        let mut named = fault.violations.iter().filter(|violation| violation.quota().is_some());
        let named = named.find_map(|violation| violation.model.as_deref());
        let others = |model: &&str| {
            !fault.violations.iter().any(|violation| violation.model.as_deref() == Some(name)) && *model != name
        };
        let Some(real) = named.filter(others).filter(|real| !name.is_empty() && !self.aliases.contains_key(*real))
        else {
            return name.into();
        };
        let real: Box<str> = real.into();
        for target in self.aliases.values_mut().filter(|target| ***target == *name) {
            target.clone_from(&real);
        }
        self.aliases.insert(name.into(), real.clone());
        let Some(old) = self.take_model(name) else { return real };
        let everyone: Vec<ProjectId> = old.buckets.keys().copied().collect();
        for (id, bucket) in old.buckets {
            if let Some(place) = self.bucket(&real, id) {
                place.merge(bucket);
            }
        }
        for id in everyone {
            self.refresh_caps(id, now);
        }
        real
    }

    fn learn_limits(&mut self, lease: &Lease, name: &str, project: ProjectId, fault: &Fault, now: Timestamp) {
        let at = millis(now);
        let class = self.projects.get(&project).map(super::Project::class).unwrap_or_default() as usize;
        let mut changed = false;
        for violation in &fault.violations {
            let (Some(quota), Some(limit)) = (violation.quota(), violation.limit) else { continue };
            // 0 is no limit: the model is not on this tier, which the fault itself says.
            if limit == 0 {
                continue;
            }
            let Some(bucket) = self.bucket(name, project) else { return };
            bucket.learning.get_or_insert_default().learn(quota, limit, at);
            changed = true;
            if let Some(model) = self.models.get_mut(name) {
                model.usual[class][quota as usize] = limit;
            }
        }
        if changed {
            self.refresh_caps(project, now);
        }
        let quota = match fault.cause {
            Cause::RequestsPerMinute => Quota::RequestsPerMinute,
            Cause::TokensPerMinute => Quota::TokensPerMinute,
            Cause::RequestsPerDay => Quota::RequestsPerDay,
            Cause::TokensPerDay => Quota::TokensPerDay,
            _ => return,
        };
        let Some(bucket) = self.models.get_mut(name).and_then(|model| model.buckets.get_mut(&project)) else { return };
        let cap = bucket.caps[quota as usize];
        if let Some(learning) = bucket.learning.as_mut().filter(|_| !changed && bucket.try_at <= at) {
            learning.refused(at);
            changed = true;
        }
        let Some(booking) = lease.booking.filter(|_| cap != UNLIMITED) else { return };
        let seen = booking.seen[quota as usize];
        if seen > cap {
            // A try beyond the limit, or from before it was known: no surprise.
        } else if seen.saturating_mul(4) >= cap.saturating_mul(3) {
            self.belief.guard = (self.belief.guard + LONGER).min(LONGEST_GUARD);
            self.set_guard();
        } else {
            self.surprised(project, fault.cause, now);
        }
        if changed {
            self.refresh_caps(project, now);
        }
    }

    /// Takes over what was believed before a restart.
    pub(super) fn believe(&mut self, guard: f64) {
        self.belief.guard = guard.clamp(SHORTEST_GUARD, LONGEST_GUARD);
        self.set_guard();
    }

    #[expect(clippy::cast_possible_truncation, reason = "the guard is between its bounds")]
    fn set_guard(&mut self) {
        self.rule.guard = self.belief.guard.ceil() as Millis;
    }
}
