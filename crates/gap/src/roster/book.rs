//! What lists are read from: every key and project in memory, without secrets.

use std::collections::{BTreeMap, HashMap};

use gap_pool::KeyId;
use gap_store::projects::ProjectDetails;
use gap_store::upstream_keys::{Disabled, KeyDetails};
use jiff::Timestamp;
use uuid::Uuid;

/// A key as people know it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its identifier: the same after a restart.
    pub id: Uuid,
    /// Its place in the pool: another one after a restart.
    pub key: KeyId,
    /// The key as it may be shown.
    pub masked: String,
    /// What people say of it.
    pub details: KeyDetails,
    /// Since when, and why, people have switched it off.
    pub disabled: Option<Disabled>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// A project as people know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Its identifier.
    pub id: Uuid,
    /// What people say of it.
    pub details: ProjectDetails,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// Another one after every change.
    pub(super) edition: u64,
    /// In the order in which they joined the pool.
    pub(super) keys: BTreeMap<KeyId, Entry>,
    pub(super) ids: HashMap<Uuid, KeyId>,
    pub(super) projects: BTreeMap<Uuid, Project>,
}

// === impl Book ===

impl Book {
    /// The keys of a project.
    pub(super) fn members(&self, project: Uuid) -> impl Iterator<Item = &Entry> {
        self.keys.values().filter(move |entry| entry.details.project == Some(project))
    }

    /// The project of that label.
    pub(super) fn labelled(&self, label: &str) -> Option<&Project> {
        self.projects.values().find(|project| project.details.label == label)
    }

    pub(super) fn entry(&mut self, id: Uuid) -> Option<&mut Entry> {
        let key = self.ids.get(&id)?;
        self.keys.get_mut(key)
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<Entry> {
        let key = self.ids.remove(&id)?;
        self.keys.remove(&key)
    }
}
