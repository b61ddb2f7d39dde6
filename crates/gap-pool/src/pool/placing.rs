//! Keeping the lanes true: after every change, whatever it concerns is put in its place anew.

use std::time::Duration;

use jiff::Timestamp;

use super::ranking::Reason;
use super::{Bucket, Key, Member, Model, Pool, Project, Resting, Standing, Strikes};
use crate::health::Health;
use crate::ids::{IdMap, KeyId, ProjectId};
use crate::lane::{Lane, State};
use crate::pacific::next_midnight;
use crate::quota::{Caps, Full, Millis, Rule, UNLIMITED, Usage, millis, timestamp};
use crate::verdict::Cause;

/// A clock that is set by less is taken for a clock that is not set.
const SLACK: Duration = Duration::from_secs(2);

impl Pool {
    /// Notes what time it is, before anything changes.
    pub(super) fn arrive(&mut self, now: Timestamp) {
        if now < self.day.1 || now >= self.day.0 {
            self.day = (next_midnight(now), now);
            self.models.values_mut().filter_map(|model| model.lane.as_mut()).for_each(Lane::forget_scores);
        }
        let went_back = self.clock.saturating_sub(SLACK).is_ok_and(|clock| now < clock);
        self.clock = now;
        if went_back {
            self.turn_back(now);
        }
        while let Some(&(at, key)) = self.expiring.first() {
            if at > now {
                break;
            }
            self.expiring.pop_first();
            self.refresh_key(key, now);
        }
    }

    /// When the quota day ends.
    pub(crate) fn day_ends(&self, now: Timestamp) -> Millis {
        let (end, from) = self.day;
        millis(if from <= now && now < end { end } else { next_midnight(now) })
    }

    /// Forgets what does not matter any more. To be called now and then: what is idle costs memory, nothing else.
    pub fn tidy(&mut self, now: Timestamp) {
        self.arrive(now);
        self.latest = self.latest.max(now);
        for (name, model) in &mut self.models {
            model.tidy(name, &self.projects, now, self.rule);
        }
        self.forget_idle_strangers(usize::MAX, now);
    }

    /// The clock went back: whatever waits for a point of time that lay near is put in its place anew.
    fn turn_back(&mut self, now: Timestamp) {
        let (day_ends, rule) = (self.day_ends(now), self.rule);
        for model in self.models.values_mut() {
            for bucket in model.buckets.values_mut() {
                bucket.usage.advance(millis(now), day_ends, rule);
            }
        }
        let everyone: Vec<ProjectId> = self.projects.keys().copied().collect();
        for project in everyone {
            self.refresh_everywhere(project, now);
        }
    }

    /// Brings the lanes up to date after a key has changed.
    pub(super) fn refresh_key(&mut self, id: KeyId, now: Timestamp) {
        self.touch_key(id);
        let Some(key) = self.keys.get(&id) else { return };
        let Some(project) = self.projects.get_mut(&key.project) else { return };
        if let Some(member) = project.member(id) {
            member.state = key.state(member, now);
        }
        self.refresh(key.project, now);
        self.note_turn(id, now);
    }

    /// Brings the lanes up to date after a project has changed.
    pub(super) fn refresh(&mut self, id: ProjectId, now: Timestamp) {
        self.touch_project(id);
        let Some(project) = self.projects.get(&id) else { return };
        let state = project.state(now);
        let known = self.base.state(id) == Some(state);
        let whole = state == State::Ready && project.members.iter().all(|member| member.state == State::Ready);
        if whole {
            self.troubled.remove(&id);
        } else {
            self.troubled.insert(id);
        }
        self.latest = self.latest.max(now);
        if !known || !self.base.counts(id, project.size(), project.class()) {
            self.refresh_everywhere(id, now);
        }
    }

    /// Puts a project in its place in every lane.
    pub(super) fn refresh_everywhere(&mut self, id: ProjectId, now: Timestamp) {
        let Some(project) = self.projects.get(&id) else { return };
        self.latest = self.latest.max(now);
        let (state, size, class) = (project.state(now), project.size(), project.class());
        self.base.put(id, state, size, class);
        let (day_ends, rule) = (self.day_ends(now), self.rule);
        for (name, model) in &mut self.models {
            let Some(lane) = &mut model.lane else { continue };
            let state = project.state_for(name, state);
            let bucket = model.buckets.get(&id);
            lane.put(id, bucket.map_or(state, |bucket| bucket.state(state, now, day_ends, rule)), size, class);
        }
    }

    /// Puts a bucket in its place, after it has changed.
    pub(super) fn refresh_bucket(&mut self, name: &str, id: ProjectId, now: Timestamp) {
        self.touch_bucket(name, id);
        let (day_ends, rule) = (self.day_ends(now), self.rule);
        let Some(project) = self.projects.get(&id) else { return };
        let Some(model) = self.models.get_mut(name) else { return };
        let Some(bucket) = model.buckets.get(&id) else { return };
        let of_project = project.state_for(name, project.state(now));
        let state = bucket.state(of_project, now, day_ends, rule);
        let (size, class) = (project.size(), project.class());
        if let Some(lane) = &mut model.lane {
            lane.put(id, state, size, class);
        } else if !model.stranger
            && (bucket.caps != [UNLIMITED; 4] || bucket.state(State::Ready, now, day_ends, rule) != State::Ready)
        {
            self.give_own_lane(name, now);
        }
        self.latest = self.latest.max(now);
    }

    /// Works out anew which limits count for a project.
    pub(super) fn refresh_caps(&mut self, id: ProjectId, now: Timestamp) {
        self.touch_project(id);
        let Some(project) = self.projects.get(&id) else { return };
        let mut changed = Vec::new();
        for (name, model) in &mut self.models {
            let Some(bucket) = model.buckets.get_mut(&id) else { continue };
            bucket.set_caps(project, &self.defaults.get(name, project.tier));
            changed.push(name.clone());
        }
        for name in changed {
            self.refresh_bucket(&name, id, now);
        }
    }

    /// The bucket of a project, made if it is not there yet; none when there is no such project. From now on its model is
    /// counted.
    pub(super) fn bucket(&mut self, name: &str, id: ProjectId) -> Option<&mut Bucket> {
        if !self.projects.contains_key(&id) {
            return None;
        }
        self.know(name);
        self.counted_bucket(name, id)
    }

    /// The bucket of a project for a model that is counted there.
    pub(super) fn counted_bucket(&mut self, name: &str, id: ProjectId) -> Option<&mut Bucket> {
        let project = self.projects.get(&id)?;
        let model = self.models.get_mut(name)?;
        let defaults = &self.defaults;
        Some(model.buckets.entry(id).or_insert_with(|| {
            let mut bucket = Bucket::new();
            bucket.set_caps(project, &defaults.get(name, project.tier));
            bucket
        }))
    }

    /// Sees to it that a model has a lane of its own. Takes it from models that do not need theirs any more.
    fn give_own_lane(&mut self, name: &str, now: Timestamp) {
        let (day_ends, rule) = (self.day_ends(now), self.rule);
        for (name, model) in self.models.iter_mut().filter(|(_, model)| model.lane.is_some()) {
            model.tidy(name, &self.projects, now, rule);
        }
        let Some(model) = self.models.get_mut(name) else { return };
        let mut lane = self.base.clone();
        for (id, project) in &self.projects {
            let bucket = model.buckets.get(id);
            if bucket.is_none() && project.members.iter().all(|member| member.models.is_none()) {
                continue;
            }
            let state = project.state_for(name, project.state(now));
            let state = bucket.map_or(state, |bucket| bucket.state(state, now, day_ends, rule));
            lane.put(*id, state, project.size(), project.class());
        }
        model.lane = Some(lane);
    }
}

// === impl Key ===

impl Key {
    fn state(&self, member: &Member, now: Timestamp) -> State {
        match (&self.disabled, self.rest) {
            (Some(disabled), _) => State::Out(disabled.reason),
            (None, _) if self.expires_at.is_some_and(|at| at <= now) => State::Out(Reason::Expired),
            (None, Some(rest)) if rest.until > now => State::Asleep(rest.until, Reason::Fault(rest.cause)),
            (None, _) if member.open >= member.concurrency => State::Out(Reason::Busy),
            (None, _) => State::Ready,
        }
    }
}

// === impl Project ===

impl Project {
    /// Whether it is in play for models in which its bucket is.
    pub(super) fn state(&self, now: Timestamp) -> State {
        if let Some(disabled) = &self.disabled {
            return State::Out(disabled.reason);
        }
        let by_keys = best(self.members.iter(), now);
        self.rest.map_or(by_keys, |rest| Standing::Resting(rest).combined_with(by_keys, now))
    }

    /// What a project in `state` is to a model, because keys may be kept for others.
    pub(super) fn state_for(&self, model: &str, state: State) -> State {
        let any = self.members.iter().any(|member| member.serves(model));
        if any { state } else { State::Out(Reason::OtherModel) }
    }
}

/// The state of the best key.
fn best<'a>(members: impl Iterator<Item = &'a Member>, now: Timestamp) -> State {
    let mut best = State::Out(Reason::SwitchedOff);
    for (nth, member) in members.enumerate() {
        match (member.state, best) {
            (State::Ready | State::LastResort(_), _) => return State::Ready,
            (State::Asleep(until, _), _) if until <= now => return State::Ready,
            (State::Asleep(until, _), State::Asleep(sooner, _)) if until >= sooner => {}
            (State::Asleep(..), _) | (State::Out(Reason::Busy), State::Out(_)) => best = member.state,
            (State::Out(_), _) if nth == 0 => best = member.state,
            (State::Out(_), _) => {}
        }
    }
    best
}

// === impl Model ===

impl Model {
    /// Forgets buckets that do not matter any more. Whoever sleeps in the lane because of one is in play again.
    fn tidy(&mut self, name: &str, projects: &IdMap<ProjectId, Project>, now: Timestamp, rule: Rule) {
        let lane = &mut self.lane;
        self.buckets.retain(|id, bucket| {
            let forgettable = bucket.is_forgettable(now, rule);
            if forgettable && let (Some(lane), Some(project)) = (lane.as_mut(), projects.get(id)) {
                lane.put(*id, project.state_for(name, project.state(now)), project.size(), project.class());
            }
            !forgettable
        });
        if self.buckets.is_empty() {
            self.lane = None;
        }
    }
}

// === impl Bucket ===

impl Bucket {
    pub(super) fn new() -> Self {
        Self {
            standing: Standing::InPlay,
            strikes: Strikes::default(),
            usage: Usage::default(),
            caps: [UNLIMITED; 4],
            try_at: Millis::MAX,
            learning: None,
            proven: [0; 2],
            health: Health::default(),
            unsaved: false,
        }
    }

    pub(super) fn set_caps(&mut self, project: &Project, defaults: &crate::limits::Limits) {
        let nothing = crate::limits::learning::Learning::default();
        let learning = self.learning.as_deref().unwrap_or(&nothing);
        (self.caps, self.try_at) = learning.caps(project.limits.as_deref(), defaults);
    }

    /// The limits that count now: one more than what was learned, when its time has come.
    pub(super) fn caps(&self, now: Millis) -> Caps {
        let mut caps = self.caps;
        if now >= self.try_at
            && let Some(learning) = &self.learning
        {
            learning.stretch(&mut caps, now);
        }
        caps
    }

    /// What a project in `state` is, because of this bucket: the longer absence counts.
    pub(super) fn state(&self, state: State, now: Timestamp, day_ends: Millis, rule: Rule) -> State {
        let state = self.standing.combined_with(state, now);
        let at = millis(now);
        let Err(Full { quota, until }) = self.usage.fits(1, at, day_ends, rule, &self.caps(at)) else { return state };
        let Some(until) = until else { return State::Out(Reason::Spent(quota)) };
        let until = timestamp(if self.try_at > at { until.min(self.try_at) } else { until });
        match state {
            State::Out(_) => state,
            State::Asleep(longer, _) if longer >= until => state,
            State::Asleep(..) | State::Ready | State::LastResort(_) => State::Asleep(until, Reason::Spent(quota)),
        }
    }

    fn is_forgettable(&self, now: Timestamp, rule: Rule) -> bool {
        let known = self.learning.as_ref().is_some_and(|learning| !learning.is_empty());
        !known && self.strikes.is_clean() && !self.standing.is_out(now) && self.usage.is_idle(millis(now), rule)
    }
}

// === impl Standing ===

impl Standing {
    /// What a project in `state` is to a bucket that stands so: the longer absence counts.
    pub(super) fn combined_with(self, state: State, now: Timestamp) -> State {
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

    pub(super) fn is_out(self, now: Timestamp) -> bool {
        match self {
            Self::InPlay => false,
            Self::LastResort(rest) | Self::Resting(rest) => rest.until > now,
            Self::OffTier => true,
        }
    }
}

// === impl Resting ===

impl Resting {
    /// Whether its time is over and one request goes ahead to look.
    pub(super) fn wants_look(self, now: Timestamp) -> bool {
        self.unsure && self.until <= now
    }
}
