//! The pool as people see it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use super::ranking::Reason;
use super::{Bucket, Key, Pool, Project, Standing as BucketStanding};
use crate::ids::{KeyId, ProjectId};
use crate::lane::State;
use crate::limits::{Limits, Quota, Source, Tier};
use crate::need::KeyTerms;
use crate::quota::{Caps, UNLIMITED, millis};
use crate::verdict::Cause;

/// How many keys are in which state. A key with one exhausted bucket is healthy: it serves other models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All keys.
    pub total: usize,
    /// Keys that can be used now.
    pub healthy: usize,
    /// Keys that rest, or whose project does, and come back by themselves.
    pub resting: usize,
    /// Keys that are refused for good or switched off.
    pub disabled: usize,
}

/// One key with its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Its id.
    pub id: KeyId,
    /// How people recognise it: masked.
    pub label: String,
    /// What a store knows it by.
    pub reference: Option<String>,
    /// Its project's id.
    pub project: ProjectId,
    /// Its project in the operator's words, if they are known.
    pub project_name: Option<String>,
    /// Google's number of its project, if that is known.
    pub project_number: Option<u64>,
    /// What its project pays, if that is known.
    pub tier: Option<Tier>,
    /// What the operator says of it. Of its project, what is known.
    pub terms: KeyTerms,
    /// Whether it can be used.
    pub state: KeyState,
    /// Buckets of its project that are out of play, by model.
    pub buckets: Vec<BucketView>,
    /// When it was last leased.
    pub last_used: Option<Timestamp>,
    /// What it has done.
    pub counters: Counters,
}

/// As much of a key as lists are sorted and cut by: a hundred thousand are looked at in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Whether it can be used.
    pub standing: Standing,
    /// Its project's id.
    pub project: ProjectId,
    /// Google's number of its project, if that is known.
    pub project_number: Option<u64>,
    /// What its project pays, if that is known.
    pub tier: Option<Tier>,
    /// When it was last leased.
    pub last_used: Option<Timestamp>,
    /// Leases given.
    pub leases: u64,
}

/// [`KeyState`] in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It can be used.
    Ready,
    /// It comes back by itself.
    Resting,
    /// Somebody must mend it.
    Disabled,
}

/// Whether a key can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KeyState {
    /// It can.
    Ready,
    /// Not until then.
    Resting {
        /// When it is back.
        until: Timestamp,
        /// Why it rests.
        cause: Cause,
    },
    /// Not until somebody mends it.
    Disabled {
        /// Why.
        reason: Reason,
        /// Google's words. May repeat the key and the project's number: redact before anybody sees it.
        message: String,
        /// Where to mend it, if Google gave a link.
        help: Option<String>,
    },
}

/// A bucket that is out of play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BucketView {
    /// The model; empty for calls outside any model.
    pub model: String,
    /// When it is back; none when waiting does not bring it back.
    pub until: Option<Timestamp>,
    /// Why it is out.
    pub cause: Cause,
}

/// What a key has done since it joined the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Leases given.
    pub leases: u64,
    /// Leases not settled yet.
    pub open: u64,
    /// Requests answered.
    pub successes: u64,
    /// Requests that went wrong, whoever was to blame.
    pub faults: u64,
    /// Requests whose client left.
    pub abandoned: u64,
    /// Requests answered with nothing, or nothing that can be used.
    pub empty: u64,
}

/// What a bucket has used, of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotaView {
    /// The quota.
    pub quota: Quota,
    /// What is used of it, by the pool's own count.
    pub used: u64,
    /// Its limit; none: nobody has named one.
    pub limit: Option<u64>,
    /// Who says so.
    pub source: Option<Source>,
}

/// A bucket as a forecast sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BucketToday {
    pub(crate) used_today: u64,
    pub(crate) rests_until: Option<Timestamp>,
    pub(crate) off_tier: bool,
}

// === impl Pool ===

impl Pool {
    /// How many keys are in which state. Looks only at projects that had trouble.
    pub fn summary(&self, now: Timestamp) -> Summary {
        let mut summary = Summary { total: self.keys.len(), ..Summary::default() };
        // While the clock is behind, a project may rest again that had recovered.
        let doubt = now < self.latest;
        let everyone = self.projects.keys().filter(|_| doubt);
        for id in everyone.chain(self.troubled.iter().filter(|_| !doubt)) {
            let Some(project) = self.projects.get(id) else { continue };
            for key in project.members.iter().filter_map(|member| self.keys.get(&member.key)) {
                match state_of(key, project, now) {
                    KeyState::Ready => {}
                    KeyState::Resting { .. } => summary.resting += 1,
                    KeyState::Disabled { .. } => summary.disabled += 1,
                }
            }
        }
        // Those whose time ended since the last change are not among the troubled yet.
        let over = self.expiring.iter().take_while(|(at, _)| *at <= now);
        let over = over.filter_map(|(_, id)| self.keys.get(id)).filter(|key| !self.troubled.contains(&key.project));
        summary.disabled += if doubt { 0 } else { over.count() };
        summary.healthy = summary.total - summary.resting - summary.disabled;
        summary
    }

    /// Every key with its state, in the order in which they joined.
    pub fn keys(&self, now: Timestamp) -> Vec<KeyView> {
        let mut buckets = self.buckets_out(None, now);
        let view = |(id, key): (&KeyId, &Key)| {
            self.view(*id, key, buckets.get_mut(&key.project).cloned().unwrap_or_default(), now)
        };
        let mut keys: Vec<KeyView> = self.keys.iter().filter_map(view).collect();
        keys.sort_unstable_by_key(|key| key.id);
        keys
    }

    /// As much of a key as lists need; none when there is no such key.
    pub fn glance(&self, id: KeyId, now: Timestamp) -> Option<Glance> {
        let key = self.keys.get(&id)?;
        let project = self.projects.get(&key.project)?;
        let rests = |rest: Option<super::Resting>| rest.is_some_and(|rest| rest.until > now);
        let over = key.expires_at.is_some_and(|at| at <= now);
        let standing = if over || key.disabled.is_some() || project.disabled.is_some() {
            Standing::Disabled
        } else if rests(key.rest) || rests(project.rest) {
            Standing::Resting
        } else {
            Standing::Ready
        };
        Some(Glance {
            standing,
            project: key.project,
            project_number: project.number,
            tier: project.tier,
            last_used: key.last_used,
            leases: key.counters.leases,
        })
    }

    /// One key with its state; none when there is no such key.
    pub fn key(&self, id: KeyId, now: Timestamp) -> Option<KeyView> {
        let key = self.keys.get(&id)?;
        let buckets = self.buckets_out(Some(key.project), now).remove(&key.project);
        self.view(id, key, buckets.unwrap_or_default(), now)
    }

    fn view(&self, id: KeyId, key: &Key, buckets: Vec<BucketView>, now: Timestamp) -> Option<KeyView> {
        let project = self.projects.get(&key.project)?;
        let member = project.members.iter().find(|member| member.key == id)?;
        Some(KeyView {
            id,
            label: key.label.clone(),
            reference: key.reference.clone(),
            project: key.project,
            project_name: project.name.clone(),
            project_number: project.number,
            tier: project.tier,
            terms: KeyTerms {
                project: project.name.clone(),
                tier: project.tier.filter(|_| project.tier_by_hand),
                expires_at: key.expires_at,
                ..member.terms()
            },
            state: state_of(key, project, now),
            buckets,
            last_used: key.last_used,
            counters: key.counters,
        })
    }

    /// What a project has used of a model's quotas.
    pub fn quotas(&self, project: ProjectId, model: &str, now: Timestamp) -> Vec<QuotaView> {
        let (id, name, at) = (self.present(project), self.counted_as(model), millis(now));
        let Some(project) = self.projects.get(&id) else { return Vec::new() };
        let bucket = self.models.get(name).and_then(|model| model.buckets.get(&id));
        let nothing = Bucket::new();
        let bucket = bucket.unwrap_or(&nothing);
        let minute = bucket.usage.minute(at, self.rule);
        let day = bucket.usage.day(at, self.day_ends(now), self.rule);
        let defaults: Limits = self.defaults.get(name, project.tier);
        let learning = bucket.learning.as_deref().cloned().unwrap_or_default();
        let used = [minute.requests, minute.tokens, day.requests, day.tokens];
        let views = Quota::ALL.into_iter().zip(used).map(|(quota, used)| {
            let limit = learning.limit(quota, project.limits.as_deref(), &defaults);
            QuotaView { quota, used, limit: limit.map(|(limit, _)| limit), source: limit.map(|(_, source)| source) }
        });
        views.collect()
    }

    /// The models that are counted.
    pub(crate) fn counted_models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().filter(|(_, model)| !model.stranger).map(|(name, _)| &**name)
    }

    /// Every project with its limits for a model, what it is to the model, and its bucket if there is one.
    pub(crate) fn buckets_of(&self, name: &str, now: Timestamp) -> Vec<(Caps, State, Option<BucketToday>)> {
        let model = self.models.get(name);
        let view = |(id, project): (&ProjectId, &Project)| {
            let state = project.state_for(name, project.state(now));
            let bucket = model.and_then(|model| model.buckets.get(id));
            let today = bucket.map(|bucket| BucketToday {
                used_today: bucket.usage.day(millis(now), self.day_ends(now), self.rule).requests,
                rests_until: match bucket.standing {
                    BucketStanding::Resting(rest) => Some(rest.until),
                    BucketStanding::InPlay | BucketStanding::LastResort(_) | BucketStanding::OffTier => None,
                },
                off_tier: matches!(bucket.standing, BucketStanding::OffTier),
            });
            let mut unused = Bucket::new();
            unused.set_caps(project, &self.defaults.get(name, project.tier));
            let mut caps = bucket.map_or(unused.caps, |bucket| bucket.caps);
            // What others of its class have is the best guess for those that have not been told.
            for (cap, usual) in
                caps.iter_mut().zip(model.map_or([UNLIMITED; 4], |model| model.usual[project.class() as usize]))
            {
                *cap = if *cap == UNLIMITED { usual } else { *cap };
            }
            (caps, state, today)
        };
        self.projects.iter().map(view).collect()
    }

    /// Buckets out of play, of one project or of all.
    fn buckets_out(&self, only: Option<ProjectId>, now: Timestamp) -> HashMap<ProjectId, Vec<BucketView>> {
        let mut out: HashMap<ProjectId, Vec<BucketView>> = HashMap::new();
        for (name, model) in &self.models {
            let one = only.and_then(|id| model.buckets.get_key_value(&id));
            let everyone = model.buckets.iter().filter(|_| only.is_none());
            for (project, bucket) in everyone.chain(one) {
                if let Some(view) = self.bucket_out(name, bucket, now) {
                    out.entry(*project).or_default().push(view);
                }
            }
        }
        for views in out.values_mut() {
            views.sort_by(|a, b| a.model.cmp(&b.model));
        }
        out
    }

    /// Why a bucket is out of play, if it is.
    pub(super) fn bucket_out(&self, name: &str, bucket: &Bucket, now: Timestamp) -> Option<BucketView> {
        let (until, reason) = match bucket.state(State::Ready, now, self.day_ends(now), self.rule) {
            State::Ready => return None,
            State::LastResort(until) => (Some(until), Reason::Fault(Cause::ModelNotFound)),
            State::Asleep(until, reason) => (Some(until), reason),
            State::Out(reason) => (None, reason),
        };
        let cause = match reason {
            Reason::Spent(Quota::RequestsPerMinute) => Cause::RequestsPerMinute,
            Reason::Spent(Quota::TokensPerMinute) => Cause::TokensPerMinute,
            Reason::Spent(Quota::RequestsPerDay) => Cause::RequestsPerDay,
            Reason::Spent(Quota::TokensPerDay) => Cause::TokensPerDay,
            Reason::Fault(cause) => cause,
            _ => return None,
        };
        Some(BucketView { model: name.to_owned(), until, cause })
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
    if key.expires_at.is_some_and(|at| at <= now) {
        return KeyState::Disabled { reason: Reason::Expired, message: String::new(), help: None };
    }
    let rests = [key.rest, project.rest].into_iter().flatten().filter(|rest| rest.until > now);
    rests
        .max_by_key(|rest| rest.until)
        .map_or(KeyState::Ready, |rest| KeyState::Resting { until: rest.until, cause: rest.cause })
}
