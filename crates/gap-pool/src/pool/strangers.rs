//! Models that have not answered yet, in projects with limits for every model.
//!
//! A limit that the operator sets for all models holds from a model's first request on, before anybody knows whether
//! there is such a model. But its name is whatever a client has written, and a client may write a million of them. So
//! strangers are counted apart: only where there is a limit to keep, only so many at a time, none with a lane of its own,
//! and none for longer than something is booked on it. The first answer makes a stranger a model like any other.
//!
//! Names that are written to collide in the map of models do no harm: there are never many of them.

use jiff::Timestamp;

use super::{Bucket, Model, Pool};
use crate::ids::ProjectId;
use crate::quota::{Millis, Rule, millis};

/// So many are counted at a time; those that come while as many are busy are not.
const MOST: usize = 256;
/// No model has a longer name.
const LONGEST_NAME: usize = 128;
/// So many are looked at to make room for another.
const LOOKED_AT: usize = 4;

impl Pool {
    /// Whether a model is counted in every project: it has answered, or its limits are known.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.models.get(name).is_some_and(|model| !model.stranger) || self.defaults.knows(name)
    }

    /// From now on a model is counted in every project.
    pub(super) fn know(&mut self, name: &str) {
        match self.models.get_mut(name) {
            Some(model) if model.stranger => {
                model.stranger = false;
                self.strangers.retain(|stranger| **stranger != *name);
            }
            Some(_) => {}
            None => _ = self.models.insert(name.into(), Model::default()),
        }
    }

    /// Takes a model out, whether it is known or not.
    pub(super) fn take_model(&mut self, name: &str) -> Option<Model> {
        let model = self.models.remove(name)?;
        if model.stranger {
            self.strangers.retain(|stranger| **stranger != *name);
        }
        Some(model)
    }

    /// Whether a request for a model is to be booked on a project, with room made for it.
    pub(super) fn counts(&mut self, name: &str, id: ProjectId, now: Timestamp) -> bool {
        if self.is_known(name) {
            self.know(name);
            return true;
        }
        if self.projects.get(&id).is_none_or(|project| project.limits.is_none()) || name.len() > LONGEST_NAME {
            return false;
        }
        if self.models.contains_key(name) {
            return true;
        }
        if self.strangers.len() >= MOST {
            self.forget_idle_strangers(LOOKED_AT, now);
        }
        let has_room = self.strangers.len() < MOST;
        if has_room {
            self.strangers.push_back(name.into());
            self.models.insert(name.into(), Model { stranger: true, ..Model::default() });
        }
        has_room
    }

    /// A request for a model has ended. If it is still a stranger, it is forgotten unless something was charged.
    pub(super) fn see_off(&mut self, name: &str, id: ProjectId, now: Timestamp) {
        let (day_ends, rule) = (self.day_ends(now), self.rule);
        let Some(model) = self.models.get_mut(name).filter(|model| model.stranger) else { return };
        if model.buckets.get(&id).is_some_and(|bucket| bucket.is_void(millis(now), day_ends, rule)) {
            model.buckets.remove(&id);
        }
        if model.buckets.is_empty() {
            self.take_model(name);
        }
    }

    /// Looks at the strangers that have been there longest, and forgets those on which nothing is booked any more.
    pub(super) fn forget_idle_strangers(&mut self, most: usize, now: Timestamp) {
        let (day_ends, rule) = (self.day_ends(now), self.rule);
        for _ in 0..most.min(self.strangers.len()) {
            let Some(name) = self.strangers.pop_front() else { return };
            let Some(model) = self.models.get_mut(&name) else { continue };
            model.buckets.retain(|_, bucket| !bucket.is_void(millis(now), day_ends, rule));
            if model.buckets.is_empty() {
                self.models.remove(&name);
            } else {
                self.strangers.push_back(name);
            }
        }
    }
}

// === impl Bucket ===

impl Bucket {
    /// Whether nothing is booked and nothing is the matter.
    fn is_void(&self, now: Millis, day_ends: Millis, rule: Rule) -> bool {
        let booked = [self.usage.minute(now, rule), self.usage.day(now, day_ends, rule)];
        booked.iter().all(|amount| amount.requests == 0 && amount.tokens == 0)
    }
}
