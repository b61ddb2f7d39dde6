//! Which keys share a project.
//!
//! The operator may say it. Google says it too, now and then: an error names the number of the project that the key
//! belongs to. Keys of one number share quota, so their projects become one, and what each has used is added up. Where
//! Google and the operator disagree, nothing is moved: the operator gets a hint. A hint, and no more, is also what follows
//! when two projects run out of quota together that by their own counts should not.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;

use super::{Model, Pool, Project, Standing};
use crate::ids::{KeyId, ProjectId};
use crate::limits::Limits;
use crate::quota::{Millis, millis};
use crate::verdict::Cause;

/// Refusals this close together may have one reason.
const TOGETHER: Millis = 10_000;
/// So often they have to be.
const OFTEN: u32 = 3;
/// What is remembered of single refusals and of pairs.
const MEMORY: usize = 256;

/// What the operator should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "hint", rename_all = "snake_case")]
pub enum Hint {
    /// Google says that a key belongs to a project other than the one it is filed under.
    OtherProject {
        /// The key.
        key: KeyId,
        /// The project it is filed under.
        filed_under: ProjectId,
        /// Google's number of its project.
        number: u64,
    },
    /// Two projects ran out of quota together, several times, that by their own counts should not: they may be one.
    MaybeOne {
        /// The projects.
        projects: [ProjectId; 2],
        /// How many times.
        times: u32,
    },
}

#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    misfiled: HashMap<KeyId, (ProjectId, u64)>,
    recent: VecDeque<(Millis, ProjectId, Cause)>,
    pairs: HashMap<[ProjectId; 2], u32>,
}

impl Pool {
    /// What the operator should look at: keys that seem to be filed under the wrong project.
    pub fn hints(&self) -> Vec<Hint> {
        let misfiled = self.hints.misfiled.iter();
        let misfiled = misfiled.map(|(key, (project, number))| Hint::OtherProject {
            key: *key,
            filed_under: *project,
            number: *number,
        });
        let pairs = self.hints.pairs.iter().filter(|(_, times)| **times >= OFTEN);
        let pairs = pairs.map(|(projects, times)| Hint::MaybeOne { projects: *projects, times: *times });
        let mut hints: Vec<Hint> = misfiled.chain(pairs).collect();
        hints.sort_by_key(|hint| match hint {
            Hint::OtherProject { key, .. } => (0, key.0),
            Hint::MaybeOne { projects, .. } => (1, projects[0].0),
        });
        hints
    }

    /// Files a key under a project, in the operator's words or by Google's number; none: under one of its own. Whether
    /// there is such a key.
    pub fn file(&mut self, key: KeyId, project: Option<&str>, now: Timestamp) -> bool {
        self.arrive(now);
        if !self.keys.contains_key(&key) {
            return false;
        }
        let into = self.project_named(project.map(str::to_owned));
        self.hints.misfiled.remove(&key);
        self.take_along(key, into);
        self.move_key(key, into, now);
        true
    }

    /// The project of that name or number, made if there is none.
    pub(super) fn project_named(&mut self, name: Option<String>) -> ProjectId {
        if let Some(id) = name.as_ref().and_then(|name| self.project_names.get(name)) {
            return *id;
        }
        let number = name.as_ref().and_then(|name| name.parse().ok());
        if let Some(id) = number.and_then(|number| self.project_numbers.get(&number)) {
            return *id;
        }
        let id = ProjectId(self.next_project);
        self.next_project += 1;
        if let Some(name) = &name {
            self.project_names.insert(name.clone(), id);
        }
        if let Some(number) = number {
            self.project_numbers.insert(number, id);
        }
        self.projects.insert(id, Project { name, number, ..Project::default() });
        id
    }

    /// Google says which project a key belongs to. The project it is filed under from now on.
    pub(super) fn learn_project(&mut self, key: KeyId, number: u64, now: Timestamp) -> Option<ProjectId> {
        let id = self.keys.get(&key)?.project;
        let project = self.projects.get_mut(&id)?;
        if project.number == Some(number) {
            return Some(id);
        }
        let other = self.project_numbers.get(&number).copied().filter(|other| *other != id);
        match (project.number, other) {
            (None, None) => {
                project.number = Some(number);
                self.project_numbers.insert(number, id);
                self.touch_project(id);
                self.touch_key(key);
                Some(id)
            }
            (None, Some(other)) => {
                let named = |id: ProjectId| self.projects.get(&id).is_some_and(|project| project.name.is_some());
                if named(id) && named(other) {
                    self.hints.misfile(key, id, number);
                    return Some(id);
                }
                let (from, into) = if named(id) { (other, id) } else { (id, other) };
                self.merge_projects(from, into, now);
                Some(into)
            }
            (Some(_), _) if project.name.is_some() => {
                self.hints.misfile(key, id, number);
                Some(id)
            }
            (Some(_), other) => {
                let into = other.unwrap_or_else(|| self.project_of_number(number));
                self.move_key(key, into, now);
                Some(into)
            }
        }
    }

    /// A bucket ran out of quota though by its own count it should not have.
    pub(super) fn surprised(&mut self, project: ProjectId, cause: Cause, now: Timestamp) {
        self.hints.surprised(project, cause, millis(now));
    }

    fn project_of_number(&mut self, number: u64) -> ProjectId {
        let id = self.project_named(None);
        if let Some(project) = self.projects.get_mut(&id) {
            project.number = Some(number);
            self.project_numbers.insert(number, id);
        }
        id
    }

    fn move_key(&mut self, id: KeyId, into: ProjectId, now: Timestamp) {
        let Some(key) = self.keys.get_mut(&id) else { return };
        let from = std::mem::replace(&mut key.project, into);
        if from == into {
            return;
        }
        let member = self.projects.get_mut(&from).and_then(|project| {
            let at = project.members.iter().position(|member| member.key == id)?;
            Some(project.members.swap_remove(at))
        });
        if let (Some(member), Some(project)) = (member, self.projects.get_mut(&into)) {
            project.members.push(member);
            project.reweigh();
        }
        self.leave(from, id, now);
        self.refresh_caps(into, now);
        self.refresh_key(id, now);
        self.refresh_everywhere(into, now);
    }

    /// What the only key of a project has used goes with it: Google counted it where the key really belongs. The project's
    /// limits and tier by hand were said of the other project, and stay behind.
    fn take_along(&mut self, key: KeyId, into: ProjectId) {
        let Some(from) = self.keys.get(&key).map(|key| key.project) else { return };
        if from == into || !self.is_alone(key, from) {
            return;
        }
        for model in self.models.values_mut() {
            let Some(mut bucket) = model.buckets.remove(&from) else { continue };
            // It is noted under the old project.
            bucket.unsaved = false;
            if let Some(learning) = &mut bucket.learning {
                learning.by_hand = Limits::default();
            }
            match model.buckets.entry(into) {
                Entry::Vacant(place) => _ = place.insert(bucket),
                Entry::Occupied(mut place) => place.get_mut().merge(bucket),
            }
        }
    }

    /// Two projects turn out to be one.
    fn merge_projects(&mut self, from: ProjectId, into: ProjectId, now: Timestamp) {
        let Some(mut gone) = self.projects.remove(&from) else { return };
        self.forget_rows(&gone);
        let Some(stays) = self.projects.get_mut(&into) else { return };
        for member in &gone.members {
            if let Some(key) = self.keys.get_mut(&member.key) {
                key.project = into;
            }
        }
        stays.members.append(&mut gone.members);
        stays.reweigh();
        stays.rest = [stays.rest, gone.rest].into_iter().flatten().max_by_key(|rest| rest.until);
        stays.disabled = stays.disabled.take().or(gone.disabled);
        stays.limits = stays.limits.take().or(gone.limits);
        if stays.tier.is_none() || !stays.tier_by_hand && gone.tier_by_hand {
            (stays.tier, stays.tier_by_hand) = (gone.tier, gone.tier_by_hand);
        }
        stays.number = stays.number.or(gone.number);
        if let Some(number) = stays.number {
            self.project_numbers.insert(number, into);
        }
        if let Some(name) = gone.name {
            self.project_names.insert(name, into);
        }
        for target in self.merged.values_mut().filter(|target| **target == from) {
            *target = into;
        }
        self.merged.insert(from, into);
        self.hints.forget(from);
        self.base.remove(from);
        self.troubled.remove(&from);
        for model in self.models.values_mut() {
            model.merge(from, into);
        }
        self.refresh_caps(into, now);
        self.refresh_everywhere(into, now);
        self.refresh(into, now);
        let members: Vec<KeyId> = self.members_of(into).collect();
        for key in members {
            self.touch_key(key);
        }
    }
}

// === impl Model ===

impl Model {
    fn merge(&mut self, from: ProjectId, into: ProjectId) {
        if let Some(lane) = &mut self.lane {
            lane.remove(from);
        }
        let Some(mut gone) = self.buckets.remove(&from) else { return };
        gone.unsaved = false;
        match self.buckets.entry(into) {
            Entry::Vacant(place) => _ = place.insert(gone),
            Entry::Occupied(mut place) => place.get_mut().merge(gone),
        }
    }
}

// === impl Bucket ===

impl super::Bucket {
    /// Two buckets turn out to be one.
    pub(super) fn merge(&mut self, other: Self) {
        self.usage.merge(other.usage);
        self.standing = match (self.standing, other.standing) {
            (Standing::Resting(one), Standing::Resting(two)) if two.until > one.until => other.standing,
            (ours, theirs) if theirs.gravity() > ours.gravity() => theirs,
            (ours, _) => ours,
        };
        self.strikes.count = self.strikes.count.max(other.strikes.count);
        self.strikes.known_at = self.strikes.known_at.max(other.strikes.known_at);
        self.proven = [self.proven[0].max(other.proven[0]), self.proven[1].max(other.proven[1])];
        if let Some(learning) = other.learning {
            self.learning.get_or_insert_default().merge(&learning);
        }
    }
}

// === impl Standing ===

impl Standing {
    /// Which of two standings counts where two buckets become one.
    const fn gravity(self) -> u8 {
        match self {
            Self::InPlay => 0,
            Self::LastResort(_) => 1,
            Self::Resting(_) => 2,
            Self::OffTier => 3,
        }
    }
}

// === impl Hints ===

impl Hints {
    pub(super) fn forget(&mut self, project: ProjectId) {
        self.misfiled.retain(|_, (filed_under, _)| *filed_under != project);
        self.recent.retain(|(_, other, _)| *other != project);
        self.pairs.retain(|pair, _| !pair.contains(&project));
    }

    fn misfile(&mut self, key: KeyId, project: ProjectId, number: u64) {
        if self.misfiled.len() < MEMORY || self.misfiled.contains_key(&key) {
            self.misfiled.insert(key, (project, number));
        }
    }

    fn surprised(&mut self, project: ProjectId, cause: Cause, at: Millis) {
        self.recent.retain(|(when, _, _)| (at - when).abs() <= TOGETHER);
        let mut others: Vec<ProjectId> = self
            .recent
            .iter()
            .filter(|(_, other, of)| *other != project && *of == cause)
            .map(|(_, other, _)| *other)
            .collect();
        others.sort_unstable();
        others.dedup();
        // Where many are surprised at once, something else is going on.
        if let [other] = others[..] {
            let pair = [project.min(other), project.max(other)];
            if self.pairs.len() >= MEMORY && !self.pairs.contains_key(&pair) {
                self.pairs.retain(|_, times| *times >= OFTEN);
            }
            if self.pairs.len() < MEMORY {
                *self.pairs.entry(pair).or_default() += 1;
            }
        }
        if self.recent.len() >= MEMORY {
            self.recent.pop_front();
        }
        self.recent.push_back((at, project, cause));
    }
}
