//! What a pool knows, row by row: for a store that keeps one row for each bucket and each key, and is told now and then
//! what has changed since.
//!
//! Names last over restarts where ids do not. A key is known by its reference. A project is `name:` and the operator's
//! word, or else `number:` and Google's number, or else `key:` and the reference of the one key it consists of. Its own
//! row has the model [`WHOLE`]; the row of [`POOL`] is about no project. When a project turns out to be another, its rows
//! are forgotten, and what they said is written anew under the other's name.
//!
//! ## Edges
//! - Rows that are not understood (another version, damage) are skipped: what they knew is learned again.
//! - Nothing is noted before [`Pool::track_changes`]: a pool that nobody saves does not remember what to save.
//! - Limits by hand that the settings tell anew at each start are not in the rows: who takes one out of the settings is
//!   rid of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::faults::Strikes;
use super::snapshot::{BucketRecord, KeyRecord, ProjectRecord, StandingRecord};
use super::{Bucket, Disabled, Pool, Project, Resting};
use crate::ids::{KeyId, ProjectId};
use crate::limits::Limits;

/// The version of the rows' JSON.
pub const ROW_VERSION: u32 = 1;
/// The model in the row of a project as a whole. No model has this name.
const WHOLE: &str = "*";
/// The project in the row of the whole pool.
const POOL: &str = "pool";
/// A belief that has moved by less is not worth a row.
const GUARD_STEP: f64 = 25.0;

/// The row of a bucket, or of a project as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketRow {
    /// The project's name.
    pub project: String,
    /// The model.
    pub model: String,
    /// It must not be cleaned up before.
    pub keep_until: Option<Timestamp>,
    record: Record,
}

/// The row of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRow {
    /// The key's reference.
    pub key: String,
    /// It must not be cleaned up before.
    pub keep_until: Option<Timestamp>,
    record: KeyRecord,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Record {
    Bucket(Box<BucketRecord>),
    Project(Box<ProjectRecord>),
    Pool(PoolRecord),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct PoolRecord {
    aliases: BTreeMap<String, String>,
    guard: Option<f64>,
}

/// What has changed since it was last asked for. To be saved in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Projects whose rows are to be forgotten.
    pub forgotten: Vec<String>,
    /// Rows of buckets to be written.
    pub buckets: Vec<BucketRow>,
    /// Rows of keys to be written.
    pub keys: Vec<KeyRow>,
    /// Whether that was all.
    pub complete: bool,
    marks: Vec<(ProjectId, Option<Box<str>>)>,
}

/// What is not saved.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    forgotten: BTreeSet<String>,
    projects: BTreeSet<ProjectId>,
    buckets: BTreeSet<(ProjectId, Box<str>)>,
    keys: BTreeSet<KeyId>,
    /// The guard and the number of aliases that were saved last.
    pool: Option<(f64, usize)>,
}

// === impl Pool ===

impl Pool {
    /// Notes from now on what changes, for [`Pool::changes`].
    pub fn track_changes(&mut self) {
        self.unsaved.get_or_insert_default();
    }

    /// What has changed since it was last asked for, at most about `at_most` rows of it. `told`: the limits that the
    /// settings tell of a model, or of every other.
    pub fn changes(&mut self, at_most: usize, told: impl Fn(Option<&str>) -> Limits) -> Changes {
        let Some(mut unsaved) = self.unsaved.take() else { return Changes { complete: true, ..Changes::default() } };
        let mut changes = Changes::default();
        while changes.buckets.len() < at_most
            && let Some(id) = unsaved.projects.pop_first()
        {
            self.rename(id, &mut unsaved);
            if let Some(row) = self.project_row(id, &told) {
                changes.buckets.push(row);
                changes.marks.push((id, None));
            }
        }
        while changes.buckets.len() < at_most
            && let Some((id, model)) = unsaved.buckets.pop_first()
        {
            changes.buckets.extend(self.bucket_row(id, &model, &told));
            changes.marks.push((id, Some(model)));
        }
        while changes.buckets.len() + changes.keys.len() < at_most
            && let Some(id) = unsaved.keys.pop_first()
        {
            changes.keys.extend(self.key_row(id));
        }
        changes.buckets.extend(self.pool_row(&mut unsaved));
        changes.forgotten = std::mem::take(&mut unsaved.forgotten).into_iter().collect();
        changes.complete = unsaved.projects.is_empty() && unsaved.buckets.is_empty() && unsaved.keys.is_empty();
        self.unsaved = Some(unsaved);
        changes
    }

    /// Takes back what could not be saved: it is among the next changes again, as it is by then.
    pub fn not_saved(&mut self, changes: Changes) {
        let Some(unsaved) = &mut self.unsaved else { return };
        unsaved.forgotten.extend(changes.forgotten);
        for (id, model) in changes.marks {
            if let Some(model) = model {
                unsaved.buckets.insert((id, model));
                continue;
            }
            unsaved.projects.insert(id);
            // A row that says that all is well has to be written too.
            if let Some(project) = self.projects.get_mut(&id) {
                project.saved_news = true;
            }
        }
        for id in changes.keys.iter().filter_map(|row| self.by_reference.get(&row.key)) {
            unsaved.keys.insert(*id);
            if let Some(key) = self.keys.get_mut(id) {
                key.saved_news = true;
            }
        }
        unsaved.pool = None;
    }

    /// Takes in rows that were saved. Keys and projects that are not there are passed over.
    pub fn restore_rows(&mut self, buckets: &[BucketRow], keys: &[KeyRow], now: Timestamp) {
        self.arrive(now);
        for row in keys {
            if let Some(id) = self.by_reference.get(&row.key).copied() {
                self.restore_key(id, &row.record, now);
            }
        }
        // A project's number names its other rows, and the pool's aliases name the models.
        for row in buckets {
            match &row.record {
                Record::Pool(record) => self.restore_pool(record),
                Record::Project(record) => self.restore_project_row(&row.project, record, now),
                Record::Bucket(_) => {}
            }
        }
        let mut changed = BTreeSet::new();
        for row in buckets {
            let Record::Bucket(record) = &row.record else { continue };
            let Some(id) = self.project_of_row(&row.project) else { continue };
            let name: Box<str> = self.counted_as(&row.model).into();
            let Some(place) = self.bucket(&name, id) else { continue };
            let restored = Bucket::from(&**record);
            let by_hand = restored.learning.as_ref().map(|learning| learning.by_hand).unwrap_or_default();
            place.merge(restored);
            if by_hand != Limits::default() {
                place.learning.get_or_insert_default().by_hand = by_hand;
            }
            changed.insert(id);
        }
        for id in changed {
            self.refresh_caps(id, now);
            self.refresh_everywhere(id, now);
        }
    }

    /// A bucket has changed.
    pub(super) fn touch_bucket(&mut self, name: &str, id: ProjectId) {
        let Some(unsaved) = &mut self.unsaved else { return };
        let Some(model) = self.models.get_mut(name).filter(|model| !model.stranger) else { return };
        let Some(bucket) = model.buckets.get_mut(&id) else { return };
        if !std::mem::replace(&mut bucket.unsaved, true) {
            unsaved.buckets.insert((id, name.into()));
        }
    }

    /// A project has changed.
    pub(super) fn touch_project(&mut self, id: ProjectId) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.projects.insert(id);
        }
    }

    /// A key has changed.
    pub(super) fn touch_key(&mut self, id: KeyId) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.keys.insert(id);
        }
    }

    /// A project is gone, and its rows with it.
    pub(super) fn forget_rows(&mut self, project: &Project) {
        if let (Some(unsaved), Some(name)) = (&mut self.unsaved, &project.saved_as) {
            unsaved.forgotten.insert(name.clone());
        }
    }

    /// A project that is known by another name by now: whatever is known of it is written under the new one.
    fn rename(&mut self, id: ProjectId, unsaved: &mut Unsaved) {
        let Some(name) = self.row_name(id) else { return };
        let Some(project) = self.projects.get_mut(&id) else { return };
        let Some(before) = project.saved_as.replace(name) else { return };
        if project.saved_as.as_ref() == Some(&before) {
            return;
        }
        unsaved.forgotten.insert(before);
        for (name, model) in self.models.iter_mut().filter(|(_, model)| !model.stranger) {
            if let Some(bucket) = model.buckets.get_mut(&id) {
                bucket.unsaved = true;
                unsaved.buckets.insert((id, name.clone()));
            }
        }
    }

    fn row_name(&self, id: ProjectId) -> Option<String> {
        let project = self.projects.get(&id)?;
        if let Some(name) = &project.name {
            return Some(format!("name:{name}"));
        }
        if let Some(number) = project.number {
            return Some(format!("number:{number}"));
        }
        let key = self.keys.get(&project.members.first()?.key)?;
        Some(format!("key:{}", key.reference()))
    }

    fn project_of_row(&self, name: &str) -> Option<ProjectId> {
        match name.split_once(':')? {
            ("name", name) => self.project_names.get(name).copied(),
            ("number", number) => self.project_numbers.get(&number.parse().ok()?).copied(),
            ("key", reference) => Some(self.keys.get(self.by_reference.get(reference)?)?.project),
            _ => None,
        }
    }

    fn project_row(&mut self, id: ProjectId, told: &impl Fn(Option<&str>) -> Limits) -> Option<BucketRow> {
        let name = self.row_name(id)?;
        let project = self.projects.get_mut(&id)?;
        project.saved_as = Some(name.clone());
        let mut record = ProjectRecord::of(project);
        record.limits = record.limits.filter(|limits| *limits != told(None));
        let has_news = record != ProjectRecord::default();
        if !std::mem::replace(&mut project.saved_news, has_news) && !has_news {
            return None;
        }
        let lasting = record.disabled.is_some() || record.limits.is_some() || record.number.is_some();
        let rests = record.rest.map(|rest| rest.until);
        let keep_until = if lasting { Some(Timestamp::MAX) } else { rests };
        Some(BucketRow {
            project: name,
            model: WHOLE.to_owned(),
            keep_until,
            record: Record::Project(Box::new(record)),
        })
    }

    fn bucket_row(&mut self, id: ProjectId, model: &str, told: &impl Fn(Option<&str>) -> Limits) -> Option<BucketRow> {
        let project = self.row_name(id)?;
        self.projects.get_mut(&id)?.saved_as.get_or_insert_with(|| project.clone());
        let bucket = self.models.get_mut(model).and_then(|model| model.buckets.get_mut(&id));
        let mut record = bucket.map_or_else(BucketRecord::default, |bucket| {
            bucket.unsaved = false;
            BucketRecord::from(&*bucket)
        });
        if let Some(learning) = &mut record.learning
            && learning.by_hand == told(Some(model))
        {
            learning.by_hand = Limits::default();
        }
        record.learning = record.learning.filter(|learning| !learning.is_empty());
        let by_hand = record.learning.as_ref().is_some_and(|learning| learning.by_hand != Limits::default());
        let keep_until = match &record.standing {
            _ if by_hand => Some(Timestamp::MAX),
            StandingRecord::OffTier => Some(Timestamp::MAX),
            StandingRecord::Resting(rest) | StandingRecord::LastResort(rest) => Some(rest.until),
            StandingRecord::InPlay => None,
        };
        Some(BucketRow { project, model: model.to_owned(), keep_until, record: Record::Bucket(Box::new(record)) })
    }

    fn key_row(&mut self, id: KeyId) -> Option<KeyRow> {
        let key = self.keys.get_mut(&id)?;
        // What Google said of the project of a key, where the operator has said nothing.
        let project = self.projects.get(&key.project);
        let number = project.filter(|project| project.name.is_none()).and_then(|project| project.number);
        let record = KeyRecord { number, ..KeyRecord::from(&*key) };
        let has_news = record != KeyRecord::default();
        if !std::mem::replace(&mut key.saved_news, has_news) && !has_news {
            return None;
        }
        let lasting = record.disabled.is_some() || number.is_some();
        let keep_until = if lasting { Some(Timestamp::MAX) } else { record.rest.map(|rest| rest.until) };
        Some(KeyRow { key: key.reference().to_owned(), keep_until, record })
    }

    fn pool_row(&self, unsaved: &mut Unsaved) -> Option<BucketRow> {
        let (guard, aliases) = (self.belief.guard(), self.aliases.len());
        if unsaved.pool.is_some_and(|(saved, count)| (saved - guard).abs() < GUARD_STEP && count == aliases) {
            return None;
        }
        unsaved.pool = Some((guard, aliases));
        let aliases = self.aliases.iter().map(|(name, real)| (name.to_string(), real.to_string())).collect();
        Some(BucketRow {
            project: POOL.to_owned(),
            model: WHOLE.to_owned(),
            keep_until: Some(Timestamp::MAX),
            record: Record::Pool(PoolRecord { aliases, guard: Some(guard) }),
        })
    }

    fn restore_pool(&mut self, record: &PoolRecord) {
        if let Some(guard) = record.guard {
            self.believe(guard);
        }
        for (name, real) in record.aliases.iter().filter(|(name, real)| name != real) {
            self.aliases.insert(name.as_str().into(), real.as_str().into());
        }
    }

    fn restore_key(&mut self, id: KeyId, record: &KeyRecord, now: Timestamp) {
        if let Some(number) = record.number {
            self.learn_project(id, number, now);
        }
        let Some(key) = self.keys.get_mut(&id) else { return };
        // What the operator has said at this start counts.
        key.disabled = key.disabled.take().or(record.disabled.as_ref().map(Disabled::from));
        key.rest = record.rest.map(Resting::from).or(key.rest);
        key.strikes = Strikes { count: record.strikes.max(key.strikes.count), known_at: key.strikes.known_at };
        key.saved_news = true;
        self.plan_recheck(id, now);
        self.refresh_key(id, now);
    }

    fn restore_project_row(&mut self, name: &str, record: &ProjectRecord, now: Timestamp) {
        let Some(id) = self.project_of_row(name) else { return };
        let free = record.number.filter(|number| !self.project_numbers.contains_key(number));
        let Some(project) = self.projects.get_mut(&id) else { return };
        if let Some(number) = free.filter(|_| project.number.is_none()) {
            project.number = Some(number);
            self.project_numbers.insert(number, id);
        }
        project.tier = project.tier.or(record.tier);
        if let Some(limits) = record.limits {
            project.limits = Some(Box::new(limits));
        }
        project.disabled = project.disabled.take().or(record.disabled.as_ref().map(Disabled::from));
        project.rest = record.rest.map(Resting::from).or(project.rest);
        project.saved_as = Some(name.to_owned());
        project.saved_news = true;
        let members: Vec<KeyId> = self.members_of(id).collect();
        for key in members {
            self.plan_recheck(key, now);
        }
        self.refresh_caps(id, now);
        self.refresh(id, now);
    }
}

// === impl Changes ===

impl Changes {
    /// Whether there is nothing to be saved.
    pub fn is_empty(&self) -> bool {
        self.forgotten.is_empty() && self.buckets.is_empty() && self.keys.is_empty()
    }
}

// === impl BucketRow ===

impl BucketRow {
    /// A row as it was saved; none when it cannot be understood.
    pub fn parse(project: &str, model: &str, version: u32, json: &str) -> Option<Self> {
        if version != ROW_VERSION {
            return None;
        }
        let record = match (project, model) {
            (POOL, WHOLE) => Record::Pool(serde_json::from_str(json).ok()?),
            (_, WHOLE) => Record::Project(serde_json::from_str(json).ok()?),
            _ => Record::Bucket(serde_json::from_str(json).ok()?),
        };
        Some(Self { project: project.to_owned(), model: model.to_owned(), keep_until: None, record })
    }

    /// What is to be saved.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.record).unwrap_or_default()
    }
}

// === impl KeyRow ===

impl KeyRow {
    /// A row as it was saved; none when it cannot be understood.
    pub fn parse(key: &str, version: u32, json: &str) -> Option<Self> {
        let record = (version == ROW_VERSION).then(|| serde_json::from_str(json).ok()).flatten()?;
        Some(Self { key: key.to_owned(), keep_until: None, record })
    }

    /// What is to be saved.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.record).unwrap_or_default()
    }
}
