//! Keys that come, go, and are switched on and off.

use jiff::Timestamp;

use super::faults::Strikes;
use super::ranking::Reason;
use super::view::Counters;
use super::{Disabled, Key, Member, Pool, Project};
use crate::ids::{KeyId, ProjectId};
use crate::lane::{Class, State};
use crate::limits::{Defaults, Limits, Tier};
use crate::need::NewKey;
use crate::quota::millis;

impl Pool {
    /// Adds a key, ready for use. Two keys with one secret are the caller's business: the pool knows no secrets.
    pub fn add(&mut self, key: NewKey, now: Timestamp) -> KeyId {
        self.arrive(now);
        let usual_weight = self.policy.usual_weight;
        let id = KeyId(self.next_key);
        self.next_key += 1;
        let project = self.project_named(key.project);
        if let Some(expires_at) = key.expires_at {
            self.expiring.insert((expires_at, id));
        }
        if let Some(reference) = &key.reference {
            self.by_reference.insert(reference.clone(), id);
        }
        self.keys.insert(
            id,
            Key {
                label: key.label,
                reference: key.reference,
                project,
                disabled: None,
                rest: None,
                strikes: Strikes::default(),
                expires_at: key.expires_at,
                last_used: None,
                counters: Counters::default(),
                recheck: None,
                saved_news: false,
                out: false,
            },
        );
        if let Some(found) = self.projects.get_mut(&project) {
            found.members.push(Member {
                key: id,
                state: State::Ready,
                turn: 0,
                weight: key.weight.unwrap_or(usual_weight).max(1),
                open: 0,
                concurrency: key.concurrency.unwrap_or(u32::MAX).max(1),
                models: key.models.map(|models| models.into_iter().map(Into::into).collect()),
            });
            found.reweigh();
            if key.tier.is_some() {
                (found.tier, found.tier_by_hand) = (key.tier, true);
            }
        }
        self.refresh_key(id, now);
        self.refresh_caps(project, now);
        id
    }

    /// Removes a key; with the last key of a project, all that is known about the project. Leases of it may still be
    /// settled. Whether there was such a key.
    pub fn remove(&mut self, key: KeyId, now: Timestamp) -> bool {
        self.arrive(now);
        let Some(removed) = self.keys.remove(&key) else { return false };
        if let Some(reference) = removed.reference.filter(|reference| self.by_reference.get(reference) == Some(&key)) {
            self.by_reference.remove(&reference);
        }
        if let Some(expires_at) = removed.expires_at {
            self.expiring.remove(&(expires_at, key));
        }
        self.forget_recheck(key, removed.recheck);
        self.leave(removed.project, key, now);
        true
    }

    /// Puts a key back into play: the operator has mended what was wrong, so its project is enabled too, models that
    /// were not on its tier are asked again, and learned limits are tried anew. Rests for lack of quota stay. Whether
    /// there is such a key.
    pub fn enable(&mut self, key: KeyId, now: Timestamp) -> bool {
        self.arrive(now);
        let Some(found) = self.keys.get_mut(&key) else { return false };
        found.disabled = None;
        found.rest = None;
        found.strikes = Strikes::default();
        let recheck = found.recheck.take();
        let id = found.project;
        self.forget_recheck(key, recheck);
        if let Some(project) = self.projects.get_mut(&id) {
            project.disabled = None;
            project.rest = None;
        }
        self.forget_off_tier(id);
        for model in self.models.values_mut() {
            let Some(bucket) = model.buckets.get_mut(&id) else { continue };
            if let Some(learning) = &mut bucket.learning {
                learning.doubt(millis(now));
            }
        }
        self.refresh_caps(id, now);
        let others: Vec<KeyId> = self.members_of(id).filter(|other| *other != key).collect();
        for other in others {
            self.plan_recheck(other, now);
        }
        self.refresh_key(key, now);
        self.refresh_everywhere(id, now);
        self.note_turns(id, now);
        true
    }

    /// Takes a key out of play until it is enabled; `message` says why, in the operator's words. Whether there is such a
    /// key.
    pub fn disable(&mut self, key: KeyId, message: &str, now: Timestamp) -> bool {
        self.arrive(now);
        let Some(found) = self.keys.get_mut(&key) else { return false };
        found.disabled = Some(Disabled { reason: Reason::SwitchedOff, message: message.to_owned(), help: None });
        let recheck = found.recheck.take();
        self.forget_recheck(key, recheck);
        self.refresh_key(key, now);
        true
    }

    /// The key that a store knows by this reference.
    pub fn find(&self, reference: &str) -> Option<KeyId> {
        self.by_reference.get(reference).copied()
    }

    /// Replaces the limits by tier, for buckets of which nothing better is known.
    pub fn set_defaults(&mut self, defaults: Defaults, now: Timestamp) {
        self.arrive(now);
        self.defaults = defaults;
        let everyone: Vec<ProjectId> = self.projects.keys().copied().collect();
        for project in everyone {
            self.refresh_caps(project, now);
        }
    }

    /// Sets limits by hand: of one model, or of every model without limits of its own. Where they say nothing, what is
    /// learned counts. Whether there is such a project.
    pub fn set_limits(&mut self, project: ProjectId, model: Option<&str>, limits: Limits, now: Timestamp) -> bool {
        self.arrive(now);
        let id = self.present(project);
        let Some(project) = self.projects.get_mut(&id) else { return false };
        match model {
            None => project.limits = (limits != Limits::default()).then(|| Box::new(limits)),
            Some(model) => {
                let model: Box<str> = self.counted_as(model).into();
                // Where nothing is remembered there is nothing to take back.
                let (nothing, known) = (limits == Limits::default(), self.models.contains_key(&model));
                let bucket = if nothing && !known { None } else { self.bucket(&model, id) };
                if let Some(bucket) = bucket {
                    bucket.learning.get_or_insert_default().by_hand = limits;
                }
            }
        }
        self.refresh_caps(id, now);
        true
    }

    /// Says which tier a project is on; none: nobody knows, and refusals may tell. Models that were not on another tier
    /// are asked again. Whether there is such a project.
    pub fn set_tier(&mut self, project: ProjectId, tier: Option<Tier>, now: Timestamp) -> bool {
        self.arrive(now);
        let id = self.present(project);
        let Some(project) = self.projects.get_mut(&id) else { return false };
        let changes = tier.is_some() && project.tier != tier;
        (project.tier, project.tier_by_hand) = (tier, tier.is_some());
        if changes {
            self.forget_off_tier(id);
        }
        self.refresh_caps(id, now);
        self.refresh_everywhere(id, now);
        true
    }

    /// A key leaves its project.
    pub(super) fn leave(&mut self, id: ProjectId, key: KeyId, now: Timestamp) {
        let Some(project) = self.projects.get_mut(&id) else { return };
        project.members.retain(|member| member.key != key);
        project.reweigh();
        if project.members.is_empty() {
            self.forget_project(id);
        } else {
            self.refresh_everywhere(id, now);
        }
    }

    pub(super) fn forget_project(&mut self, id: ProjectId) {
        let Some(project) = self.projects.remove(&id) else { return };
        self.forget_rows(&project);
        if let Some(name) = project.name {
            self.project_names.remove(&name);
        }
        if let Some(number) = project.number.filter(|number| self.project_numbers.get(number) == Some(&id)) {
            self.project_numbers.remove(&number);
        }
        self.merged.retain(|_, into| *into != id);
        self.hints.forget(id);
        self.base.remove(id);
        self.troubled.remove(&id);
        for model in self.models.values_mut() {
            model.buckets.remove(&id);
            if let Some(lane) = &mut model.lane {
                lane.remove(id);
            }
        }
    }

    pub(super) fn members_of(&self, id: ProjectId) -> impl Iterator<Item = KeyId> {
        self.projects.get(&id).into_iter().flat_map(|project| &project.members).map(|member| member.key)
    }
}

// === impl Project ===

impl Project {
    pub(super) fn class(&self) -> Class {
        if self.tier.is_some_and(Tier::is_paid) { Class::Paid } else { Class::Free }
    }

    pub(super) fn member(&mut self, key: KeyId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.key == key)
    }

    /// To be called when keys have come or gone.
    pub(super) fn reweigh(&mut self) {
        self.weight = self.members.iter().map(|member| member.weight).max().unwrap_or(1);
    }

    /// How many keys it counts for.
    pub(super) fn size(&self) -> usize {
        self.members.len()
    }
}

// === impl Member ===

impl Member {
    /// Whether it may be used for a model.
    pub(super) fn serves(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|named| matches(named, model)))
    }
}

/// Whether a name fits, which may end in a star.
fn matches(named: &str, model: &str) -> bool {
    named.strip_suffix('*').map_or(named == model, |beginning| model.starts_with(beginning))
}
