//! Upstream keys, their projects and buckets, and who of them is in play.
//!
//! Choice is least recently used: by project first, because quota is the project's, then among its keys. A model in
//! which every project is in play shares one order with all such models; the first bucket that drops out gives its
//! model an order of its own, so that choosing never walks over those that rest.
//!
//! ## Edges
//! - A clock that jumps back never shortens a rest: rests end at points in time, a milder fault later on does not bring
//!   the end nearer, and while the clock is behind, what the orders call ready is looked at twice.
//! - Only a model that has answered some time gets an order of its own for "not found": otherwise a client could fill
//!   the memory with names that do not exist.
//! - Requests that were under way together and fail alike count as one strike: they tell the same news.

mod choosing;
pub(crate) mod lease;
pub(crate) mod ranking;
mod settling;
pub(crate) mod view;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use self::ranking::Reason;
use self::settling::Strikes;
use self::view::{BucketView, Counters, KeyState, KeyView, Summary};
use crate::ids::{KeyId, ProjectId};
use crate::lane::{Lane, State};
use crate::limits::{Defaults, Limits, TierPolicy};
use crate::need::NewKey;
use crate::verdict::Cause;

/// How the pool behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many candidates a ranking names at most; at least one.
    pub candidates: usize,
    /// How long a bucket rests for the first, second, … refusal in a row that nobody explains; the last one repeats.
    pub escalation: [Duration; 4],
    /// Which tiers may serve, unless a need says otherwise.
    pub tiers: TierPolicy,
    /// Where the pool's dice begin: two pools with the same seed and the same life choose alike.
    pub seed: u64,
}

/// All upstream keys.
#[derive(Debug)]
pub struct Pool {
    policy: Policy,
    defaults: Defaults,
    keys: BTreeMap<KeyId, Key>,
    projects: HashMap<ProjectId, Project>,
    project_names: HashMap<String, ProjectId>,
    /// Every project, for models in which all buckets are in play.
    base: Lane<ProjectId>,
    /// Models that have answered or refused for lack of quota.
    models: HashMap<Box<str>, Model>,
    /// Projects that are not healthy through and through; may hold some that have recovered.
    troubled: BTreeSet<ProjectId>,
    /// Leases given so far: the order of last uses.
    turn: u64,
    next_key: u64,
    next_project: u64,
    open: usize,
    /// The latest time at which the orders were brought up to date. Before it (the clock went back) they may call
    /// ready what still rests.
    latest: Timestamp,
}

#[derive(Debug)]
struct Key {
    label: String,
    project: ProjectId,
    disabled: Option<Disabled>,
    rest: Option<Resting>,
    strikes: Strikes,
    last_used: Option<Timestamp>,
    counters: Counters,
}

#[derive(Debug, Default)]
struct Project {
    /// None while nobody has said.
    name: Option<String>,
    keys: Lane<KeyId>,
    disabled: Option<Disabled>,
    rest: Option<Resting>,
}

#[derive(Debug, Default)]
struct Model {
    /// None while every bucket is in play.
    lane: Option<Lane<ProjectId>>,
    /// Only those with something to remember.
    buckets: HashMap<ProjectId, Bucket>,
}

#[derive(Debug, Default)]
struct Bucket {
    standing: Standing,
    strikes: Strikes,
}

#[derive(Clone, Copy, Debug, Default)]
enum Standing {
    #[default]
    InPlay,
    LastResort(Resting),
    Resting(Resting),
    OffTier,
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    until: Timestamp,
    cause: Cause,
}

#[derive(Clone, Debug)]
struct Disabled {
    reason: Reason,
    message: String,
    help: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        const fn minutes(minutes: u64) -> Duration {
            Duration::from_mins(minutes)
        }
        // wire 10
        Self {
            candidates: 3,
            escalation: [Duration::from_secs(30), minutes(2), minutes(10), minutes(60)],
            tiers: TierPolicy::default(),
            seed: 0,
        }
    }
}

// === impl Pool ===

impl Pool {
    /// A pool without keys.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            defaults: Defaults::default(),
            keys: BTreeMap::new(),
            projects: HashMap::new(),
            project_names: HashMap::new(),
            base: Lane::default(),
            models: HashMap::new(),
            troubled: BTreeSet::new(),
            turn: 0,
            next_key: 1,
            next_project: 1,
            open: 0,
            latest: Timestamp::MIN,
        }
    }

    /// Adds a key, ready for use. Two keys with one secret are the caller's business: the pool knows no secrets.
    pub fn add(&mut self, key: NewKey, now: Timestamp) -> KeyId {
        let id = KeyId(self.next_key);
        self.next_key += 1;
        let project = self.project_named(key.project);
        self.keys.insert(
            id,
            Key {
                label: key.label,
                project,
                disabled: None,
                rest: None,
                strikes: Strikes::default(),
                last_used: None,
                counters: Counters::default(),
            },
        );
        self.projects.entry(project).or_default().keys.put(id, State::Ready, 1);
        self.refresh(project, now);
        id
    }

    /// Removes a key; with the last key of a project, all that is known about the project. Leases of it may still be
    /// settled. Whether there was such a key.
    pub fn remove(&mut self, key: KeyId, now: Timestamp) -> bool {
        let Some(removed) = self.keys.remove(&key) else { return false };
        let id = removed.project;
        let Some(project) = self.projects.get_mut(&id) else { return true };
        project.keys.remove(key);
        if !project.keys.is_empty() {
            self.refresh(id, now);
            return true;
        }
        if let Some(name) = project.name.take() {
            self.project_names.remove(&name);
        }
        self.projects.remove(&id);
        self.base.remove(id);
        self.troubled.remove(&id);
        for model in self.models.values_mut() {
            model.buckets.remove(&id);
            if let Some(lane) = &mut model.lane {
                lane.remove(id);
            }
        }
        true
    }

    /// Puts a key back into play: the operator has mended what was wrong, so its project is enabled too, and models
    /// that were not on its tier are asked again. Rests for lack of quota stay. Whether there is such a key.
    pub fn enable(&mut self, key: KeyId, now: Timestamp) -> bool {
        let Some(found) = self.keys.get_mut(&key) else { return false };
        found.disabled = None;
        found.rest = None;
        found.strikes = Strikes::default();
        let id = found.project;
        if let Some(project) = self.projects.get_mut(&id) {
            project.disabled = None;
            project.rest = None;
        }
        for model in self.models.values_mut() {
            if matches!(model.buckets.get(&id), Some(Bucket { standing: Standing::OffTier, .. })) {
                model.buckets.remove(&id);
            }
        }
        self.refresh_key(key, now);
        true
    }

    /// Takes a key out of play until it is enabled. Whether there is such a key.
    pub fn disable(&mut self, key: KeyId, now: Timestamp) -> bool {
        let Some(found) = self.keys.get_mut(&key) else { return false };
        found.disabled = Some(Disabled { reason: Reason::SwitchedOff, message: String::new(), help: None });
        self.refresh_key(key, now);
        true
    }

    /// Replaces the limits by tier, for buckets of which nothing better is known.
    pub fn set_defaults(&mut self, defaults: Defaults, _now: Timestamp) {
        self.defaults = defaults;
    }

    /// Sets limits by hand: of one model, or of every model without limits of its own. Where they say nothing, what is
    /// learned counts. Whether there is such a project.
    pub fn set_limits(&mut self, project: ProjectId, _model: Option<&str>, _limits: Limits, _now: Timestamp) -> bool {
        self.projects.contains_key(&project)
    }

    /// Leases that are not settled yet.
    pub fn open_leases(&self) -> usize {
        self.open
    }

    /// How many keys are in which state. Looks only at projects that had trouble.
    pub fn summary(&self, now: Timestamp) -> Summary {
        let mut summary = Summary { total: self.keys.len(), ..Summary::default() };
        // While the clock is behind, a project may rest again that had recovered.
        let doubt = now < self.latest;
        let everyone = self.projects.keys().filter(|_| doubt);
        for id in everyone.chain(self.troubled.iter().filter(|_| !doubt)) {
            let Some(project) = self.projects.get(id) else { continue };
            for key in project.keys.members().filter_map(|key| self.keys.get(&key)) {
                match state_of(key, project, now) {
                    KeyState::Ready => {}
                    KeyState::Resting { .. } => summary.resting += 1,
                    KeyState::Disabled { .. } => summary.disabled += 1,
                }
            }
        }
        summary.healthy = summary.total - summary.resting - summary.disabled;
        summary
    }

    /// Every key with its state, in the order in which they joined.
    pub fn keys(&self, now: Timestamp) -> Vec<KeyView> {
        let mut buckets = self.buckets_out(now);
        let view = |(id, key): (&KeyId, &Key)| {
            let project = self.projects.get(&key.project)?;
            Some(KeyView {
                id: *id,
                label: key.label.clone(),
                project: key.project,
                project_name: project.name.clone(),
                state: state_of(key, project, now),
                buckets: buckets.get_mut(&key.project).cloned().unwrap_or_default(),
                last_used: key.last_used,
                counters: key.counters,
            })
        };
        self.keys.iter().filter_map(view).collect()
    }

    fn buckets_out(&self, now: Timestamp) -> HashMap<ProjectId, Vec<BucketView>> {
        let mut out: HashMap<ProjectId, Vec<BucketView>> = HashMap::new();
        for (name, model) in &self.models {
            for (project, bucket) in &model.buckets {
                let (until, cause) = match bucket.standing {
                    Standing::InPlay => continue,
                    Standing::LastResort(rest) | Standing::Resting(rest) if rest.until <= now => continue,
                    Standing::LastResort(rest) | Standing::Resting(rest) => (Some(rest.until), rest.cause),
                    Standing::OffTier => (None, Cause::NotOnTier),
                };
                out.entry(*project).or_default().push(BucketView { model: name.to_string(), until, cause });
            }
        }
        for views in out.values_mut() {
            views.sort_by(|a, b| a.model.cmp(&b.model));
        }
        out
    }

    fn project_named(&mut self, name: Option<String>) -> ProjectId {
        if let Some(id) = name.as_ref().and_then(|name| self.project_names.get(name)) {
            return *id;
        }
        let id = ProjectId(self.next_project);
        self.next_project += 1;
        if let Some(name) = &name {
            self.project_names.insert(name.clone(), id);
        }
        self.projects.insert(id, Project { name, ..Project::default() });
        id
    }

    /// Brings the orders up to date after a key has changed.
    fn refresh_key(&mut self, id: KeyId, now: Timestamp) {
        let Some(key) = self.keys.get(&id) else { return };
        let state = match (&key.disabled, key.rest) {
            (Some(disabled), _) => State::Out(disabled.reason),
            (None, Some(rest)) if rest.until > now => State::Asleep(rest.until, Reason::Fault(rest.cause)),
            (None, _) => State::Ready,
        };
        let id_of_project = key.project;
        if let Some(project) = self.projects.get_mut(&id_of_project) {
            project.keys.put(id, state, 1);
        }
        self.refresh(id_of_project, now);
    }

    /// Brings the orders up to date after a project, or a bucket of it, has changed.
    fn refresh(&mut self, id: ProjectId, now: Timestamp) {
        let Some(project) = self.projects.get(&id) else { return };
        self.latest = self.latest.max(now);
        let state = project.state(now);
        let weight = project.keys.len();
        self.base.put(id, state, weight);
        for model in self.models.values_mut() {
            if let Some(lane) = &mut model.lane {
                let standing = model.buckets.get(&id).map_or(Standing::InPlay, |bucket| bucket.standing);
                lane.put(id, standing.combined_with(state, now), weight);
            }
        }
        if state == State::Ready && project.keys.out_of_play().next().is_none() {
            self.troubled.remove(&id);
        } else {
            self.troubled.insert(id);
        }
    }
}

impl Project {
    /// Whether it is in play for models in which its bucket is.
    fn state(&self, now: Timestamp) -> State {
        if let Some(disabled) = &self.disabled {
            return State::Out(disabled.reason);
        }
        let by_keys = if self.keys.in_play(now).next().is_some() {
            State::Ready
        } else if let Some((until, reason)) = self.keys.first_waking(now) {
            State::Asleep(until, reason)
        } else {
            State::Out(self.keys.out_of_play().next().map_or(Reason::SwitchedOff, |(reason, _)| reason))
        };
        self.rest.map_or(by_keys, |rest| Standing::Resting(rest).combined_with(by_keys, now))
    }
}

impl Standing {
    /// What a project in `state` is to a bucket that stands so: the longer absence counts.
    fn combined_with(self, state: State, now: Timestamp) -> State {
        match (self, state) {
            (_, State::Out(_)) | (Self::InPlay, _) => state,
            (Self::OffTier, _) => State::Out(Reason::Fault(Cause::NotOnTier)),
            (Self::Resting(rest) | Self::LastResort(rest), _) if rest.until <= now => state,
            (Self::Resting(rest), State::Asleep(until, _)) if until >= rest.until => state,
            (Self::Resting(rest), _) => State::Asleep(rest.until, Reason::Fault(rest.cause)),
            (Self::LastResort(rest), State::Ready | State::LastResort(_)) => State::LastResort(rest.until),
            (Self::LastResort(_), State::Asleep(..)) => state,
        }
    }
}

fn state_of(key: &Key, project: &Project, now: Timestamp) -> KeyState {
    if let Some(disabled) = key.disabled.as_ref().or(project.disabled.as_ref()) {
        return KeyState::Disabled {
            reason: disabled.reason,
            message: disabled.message.clone(),
            help: disabled.help.clone(),
        };
    }
    let rests = [key.rest, project.rest].into_iter().flatten().filter(|rest| rest.until > now);
    rests
        .max_by_key(|rest| rest.until)
        .map_or(KeyState::Ready, |rest| KeyState::Resting { until: rest.until, cause: rest.cause })
}
