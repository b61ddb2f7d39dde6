//! What a pool knows, to be kept across a restart: counters, rests, limits that were learned, projects that were named.
//!
//! Keys are named by their [`NewKey::reference`](crate::NewKey::reference), or their label where there is none; ids are
//! not kept, because a new process counts anew. A project is recognised by its keys. What is over by the time of the
//! restart is over: every rest and every window carries its own end.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::Strikes;
use super::ranking::Reason;
use super::{Bucket, Disabled, Pool, Project, Resting, Standing};
use crate::ids::{KeyId, ProjectId};
use crate::limits::learning::Learning;
use crate::limits::{Limits, Tier};
use crate::quota::Usage;
use crate::verdict::Cause;

/// What a pool knows, without the keys themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    keys: BTreeMap<String, KeyRecord>,
    projects: Vec<ProjectRecord>,
    aliases: BTreeMap<String, String>,
    guard: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeyRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disabled: Option<DisabledRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rest: Option<RestRecord>,
    pub(super) strikes: usize,
    /// Google's number of its project, in the row of a key: a snapshot has it with the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ProjectRecord {
    /// In a snapshot, as are the buckets: rows name both otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    /// Learned; what the operator says comes with the keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tier: Option<Tier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disabled: Option<DisabledRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rest: Option<RestRecord>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    buckets: BTreeMap<String, BucketRecord>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct BucketRecord {
    pub(super) standing: StandingRecord,
    strikes: usize,
    usage: Usage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) learning: Option<Learning>,
    proven: [u64; 2],
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StandingRecord {
    #[default]
    InPlay,
    LastResort(RestRecord),
    Resting(RestRecord),
    OffTier,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RestRecord {
    pub(super) until: Timestamp,
    cause: Cause,
    #[serde(default)]
    unsure: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DisabledRecord {
    /// None: the operator switched it off.
    cause: Option<Cause>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    help: Option<String>,
}

// === impl Pool ===

impl Pool {
    /// What is known, to be given to [`Pool::restore`] after a restart.
    pub fn snapshot(&self) -> Snapshot {
        let mut projects: HashMap<ProjectId, ProjectRecord> = HashMap::new();
        let mut keys = BTreeMap::new();
        for (id, project) in &self.projects {
            let names =
                project.members.iter().filter_map(|member| self.keys.get(&member.key)).map(super::Key::reference);
            let record = ProjectRecord { keys: names.map(str::to_owned).collect(), ..ProjectRecord::of(project) };
            projects.insert(*id, record);
        }
        for (name, model) in self.models.iter().filter(|(_, model)| !model.stranger) {
            for (id, bucket) in &model.buckets {
                if let Some(project) = projects.get_mut(id) {
                    project.buckets.insert(name.to_string(), BucketRecord::from(bucket));
                }
            }
        }
        for key in self.keys.values().filter(|key| key.has_news()) {
            keys.insert(key.reference().to_owned(), KeyRecord::from(key));
        }
        let mut projects: Vec<ProjectRecord> = projects.into_values().filter(ProjectRecord::has_news).collect();
        projects.sort_by(|a, b| a.keys.cmp(&b.keys));
        let aliases = self.aliases.iter().map(|(name, real)| (name.to_string(), real.to_string())).collect();
        Snapshot { keys, projects, aliases, guard: Some(self.belief.guard()) }
    }

    /// Takes in what was known before a restart. To be called when all keys have joined, before the first request; keys
    /// that are not there any more are passed over.
    pub fn restore(&mut self, snapshot: &Snapshot, now: Timestamp) {
        self.arrive(now);
        if let Some(guard) = snapshot.guard {
            self.believe(guard);
        }
        for (name, real) in snapshot.aliases.iter().filter(|(name, real)| name != real) {
            self.aliases.insert(name.as_str().into(), real.as_str().into());
        }
        let names = self.keys.iter().map(|(id, key)| (key.reference().to_owned(), *id));
        let known: HashMap<String, KeyId> = names.collect();
        for (name, record) in &snapshot.keys {
            let Some(key) = known.get(name).and_then(|id| self.keys.get_mut(id)) else { continue };
            key.disabled = record.disabled.as_ref().map(Disabled::from);
            key.rest = record.rest.map(Resting::from);
            key.strikes = Strikes { count: record.strikes, known_at: 0 };
        }
        for record in &snapshot.projects {
            let members: Vec<KeyId> = record.keys.iter().filter_map(|name| known.get(name).copied()).collect();
            self.restore_project(&members, record, now);
        }
        let everyone: Vec<KeyId> = self.keys.keys().copied().collect();
        for key in everyone {
            self.plan_recheck(key, now);
            self.refresh_key(key, now);
        }
    }

    fn restore_project(&mut self, members: &[KeyId], record: &ProjectRecord, now: Timestamp) {
        let Some(first) = members.first() else { return };
        if let Some(number) = record.number {
            for key in members {
                self.learn_project(*key, number, now);
            }
        }
        let Some(id) = self.keys.get(first).map(|key| key.project) else { return };
        let Some(project) = self.projects.get_mut(&id) else { return };
        project.tier = project.tier.or(record.tier);
        project.limits = project.limits.take().or(record.limits.map(Box::new));
        project.disabled = project.disabled.take().or(record.disabled.as_ref().map(Disabled::from));
        project.rest = record.rest.map(Resting::from).or(project.rest);
        for (name, bucket) in &record.buckets {
            let name: Box<str> = self.counted_as(name).into();
            if let Some(place) = self.bucket(&name, id) {
                place.merge(Bucket::from(bucket));
            }
        }
        self.refresh_caps(id, now);
        self.refresh_everywhere(id, now);
        let names: Vec<Box<str>> = record.buckets.keys().map(|name| self.counted_as(name).into()).collect();
        for name in names {
            self.refresh_bucket(&name, id, now);
        }
    }
}

// === impl Key ===

impl super::Key {
    pub(super) fn reference(&self) -> &str {
        self.reference.as_deref().unwrap_or(&self.label)
    }

    fn has_news(&self) -> bool {
        self.disabled.is_some() || self.rest.is_some() || self.strikes.count > 0
    }
}

// === impl ProjectRecord ===

impl ProjectRecord {
    /// A project, without its keys and buckets.
    pub(super) fn of(project: &Project) -> Self {
        Self {
            number: project.number,
            tier: project.tier.filter(|_| !project.tier_by_hand),
            limits: project.limits.as_deref().copied(),
            disabled: project.disabled.as_ref().map(DisabledRecord::from),
            rest: project.rest.map(RestRecord::from),
            ..Self::default()
        }
    }

    fn has_news(&self) -> bool {
        let nothing = Self { keys: self.keys.clone(), ..Self::default() };
        *self != nothing
    }
}

// === conversions ===

impl From<&super::Key> for KeyRecord {
    fn from(key: &super::Key) -> Self {
        Self {
            disabled: key.disabled.as_ref().map(DisabledRecord::from),
            rest: key.rest.map(RestRecord::from),
            strikes: key.strikes.count,
            number: None,
        }
    }
}

impl From<&Bucket> for BucketRecord {
    fn from(bucket: &Bucket) -> Self {
        Self {
            standing: match bucket.standing {
                Standing::InPlay => StandingRecord::InPlay,
                Standing::LastResort(rest) => StandingRecord::LastResort(rest.into()),
                Standing::Resting(rest) => StandingRecord::Resting(rest.into()),
                Standing::OffTier => StandingRecord::OffTier,
            },
            strikes: bucket.strikes.count,
            usage: bucket.usage.clone(),
            learning: bucket.learning.as_deref().filter(|learning| !learning.is_empty()).cloned(),
            proven: bucket.proven,
        }
    }
}

impl From<&BucketRecord> for Bucket {
    fn from(record: &BucketRecord) -> Self {
        Self {
            standing: match record.standing {
                StandingRecord::InPlay => Standing::InPlay,
                StandingRecord::LastResort(rest) => Standing::LastResort(rest.into()),
                StandingRecord::Resting(rest) => Standing::Resting(rest.into()),
                StandingRecord::OffTier => Standing::OffTier,
            },
            strikes: Strikes { count: record.strikes, known_at: 0 },
            usage: record.usage.clone(),
            learning: record.learning.clone().map(Box::new),
            proven: record.proven,
            ..Self::new()
        }
    }
}

impl From<Resting> for RestRecord {
    fn from(Resting { until, cause, unsure }: Resting) -> Self {
        Self { until, cause, unsure }
    }
}

impl From<RestRecord> for Resting {
    fn from(RestRecord { until, cause, unsure }: RestRecord) -> Self {
        Self { until, cause, unsure }
    }
}

impl From<&Disabled> for DisabledRecord {
    fn from(disabled: &Disabled) -> Self {
        let cause = match disabled.reason {
            Reason::Fault(cause) => Some(cause),
            _ => None,
        };
        Self { cause, message: disabled.message.clone(), help: disabled.help.clone() }
    }
}

impl From<&DisabledRecord> for Disabled {
    fn from(record: &DisabledRecord) -> Self {
        let reason = record.cause.map_or(Reason::SwitchedOff, Reason::Fault);
        Self { reason, message: record.message.clone(), help: record.help.clone() }
    }
}
