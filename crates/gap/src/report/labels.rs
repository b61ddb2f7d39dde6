//! How people recognise what records name: upstream keys, and the projects that served.
//!
//! A record keeps what lasts: the identifier of a key; of a project the operator's name, else Google's number, else the
//! identifier of its only key. Only what a page shows is looked up: there may be a hundred thousand keys.

use std::collections::HashMap;

use gap_store::usage::UsageRecord;

use crate::app::App;

/// How people recognise what some records name.
#[derive(Debug, Default)]
pub struct Labels {
    upstream_keys: HashMap<String, String>,
    projects: HashMap<String, String>,
}

// === impl Labels ===

impl Labels {
    /// Looks up what these records name.
    pub fn of(app: &App, records: &[UsageRecord]) -> Self {
        Self {
            upstream_keys: app.keyring.labels(records.iter().map(|record| record.upstream_key.as_str())),
            projects: of_projects(app, records.iter().map(|record| record.project.as_str())),
        }
    }

    /// The upstream key of a record, masked; nothing when it is gone.
    pub fn upstream_key(&self, record: &UsageRecord) -> Option<&str> {
        self.upstream_keys.get(&record.upstream_key).map(String::as_str)
    }

    /// The project of a record, where it is not named as people call it.
    pub fn project(&self, record: &UsageRecord) -> Option<&str> {
        self.projects.get(&record.project).map(String::as_str)
    }
}

/// What people call projects that records know by Google's number, and the masked key of those that are known by it.
pub(super) fn of_projects<'a>(app: &App, names: impl Iterator<Item = &'a str> + Clone) -> HashMap<String, String> {
    let mut labels = app.keyring.labels(names.clone());
    labels.extend(app.roster.labels_of_google(&names.collect()));
    labels
}
