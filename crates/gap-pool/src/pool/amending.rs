//! What the operator changes about a key while it is in use.

use jiff::Timestamp;

use super::faults::Strikes;
use super::{Pool, Standing};
use crate::health::Health;
use crate::ids::{KeyId, ProjectId};
use crate::need::KeyTerms;

impl Pool {
    /// Replaces what the operator says of a key. Requests under way are not disturbed. Whether there is such a key.
    ///
    /// What the terms leave open about the project (its name, its tier) stays as it is: other keys, and Google, may have
    /// said it.
    pub fn amend(&mut self, key: KeyId, terms: &KeyTerms, now: Timestamp) -> bool {
        self.arrive(now);
        let Some(found) = self.keys.get_mut(&key) else { return false };
        if let Some(before) = std::mem::replace(&mut found.expires_at, terms.expires_at) {
            self.expiring.remove(&(before, key));
        }
        if let Some(expires_at) = terms.expires_at {
            self.expiring.insert((expires_at, key));
        }
        if let Some(name) = terms.project.as_deref()
            && !self.is_filed_under(key, name)
        {
            self.file(key, Some(name), now);
        }
        let Some(id) = self.keys.get(&key).map(|key| key.project) else { return false };
        let usual_weight = self.policy.usual_weight;
        if let Some(project) = self.projects.get_mut(&id) {
            if let Some(member) = project.member(key) {
                member.take(terms, usual_weight);
            }
            project.reweigh();
        }
        if terms.tier.is_some() {
            self.set_tier(id, terms.tier, now);
        }
        self.refresh_key(key, now);
        self.refresh_everywhere(id, now);
        true
    }

    /// Forgets whatever is held against a key and its project, as if both had just joined: more than [`Pool::enable`],
    /// it ends rests for lack of quota too, and forgets limits that were learned. What was sent stays counted, because
    /// Google counts it as well. Whether there is such a key.
    pub fn reset(&mut self, key: KeyId, now: Timestamp) -> bool {
        if !self.enable(key, now) {
            return false;
        }
        let Some(id) = self.keys.get(&key).map(|key| key.project) else { return false };
        let mut changed = Vec::new();
        for (name, model) in &mut self.models {
            let Some(bucket) = model.buckets.get_mut(&id) else { continue };
            bucket.standing = Standing::InPlay;
            bucket.strikes = Strikes::default();
            bucket.health = Health::default();
            bucket.proven = [0; 2];
            if let Some(learning) = &mut bucket.learning {
                learning.forget_learned();
            }
            changed.push(name.clone());
        }
        self.refresh_caps(id, now);
        for name in changed {
            self.refresh_bucket(&name, id, now);
        }
        true
    }

    fn is_filed_under(&self, key: KeyId, name: &str) -> bool {
        let Some(id) = self.keys.get(&key).map(|key| key.project) else { return false };
        let by_name = self.project_names.get(name) == Some(&id);
        let number = self.projects.get(&id).and_then(|project| project.number);
        by_name || number.is_some_and(|number| name.parse() == Ok(number))
    }

    /// Whether a project consists of this key alone: then what was counted there was counted of this key, wherever it
    /// belongs.
    pub(super) fn is_alone(&self, key: KeyId, id: ProjectId) -> bool {
        self.projects.get(&id).is_some_and(|project| project.members.iter().all(|member| member.key == key))
    }
}

// === impl Member ===

impl super::Member {
    fn take(&mut self, terms: &KeyTerms, usual_weight: u32) {
        self.weight = terms.weight.unwrap_or(usual_weight).max(1);
        self.concurrency = terms.concurrency.unwrap_or(u32::MAX).max(1);
        self.models = terms.models.as_ref().map(|models| models.iter().map(|model| model.as_str().into()).collect());
    }

    /// What the operator said of it, but for its project.
    pub(super) fn terms(&self) -> KeyTerms {
        KeyTerms {
            models: self.models.as_ref().map(|models| models.iter().map(ToString::to_string).collect()),
            weight: Some(self.weight),
            concurrency: Some(self.concurrency).filter(|most| *most < u32::MAX),
            ..KeyTerms::default()
        }
    }
}
