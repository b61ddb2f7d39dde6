//! How keys and projects are known outside the pool: by words that mean the same after a restart.

use super::Pool;
use crate::ids::{KeyId, ProjectId};
use crate::limits::Tier;

/// What outlives the pool of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectName {
    /// The operator's name for it.
    pub name: Option<String>,
    /// Google's number of it, if that is known.
    pub number: Option<u64>,
    /// What it pays, if that is known.
    pub tier: Option<Tier>,
}

impl Pool {
    /// What a store knows a key by.
    pub fn reference(&self, key: KeyId) -> Option<&str> {
        self.keys.get(&key)?.reference.as_deref()
    }

    /// How people recognise the key that a store knows by this reference.
    pub fn label(&self, reference: &str) -> Option<&str> {
        let key = self.keys.get(self.by_reference.get(reference)?)?;
        Some(key.label.as_str())
    }

    /// A key of a project.
    pub fn key_of(&self, project: ProjectId) -> Option<KeyId> {
        self.projects.get(&self.present(project))?.members.first().map(|member| member.key)
    }

    /// The project of this name, or of this number at Google.
    pub fn project_known_as(&self, name: &str) -> Option<ProjectId> {
        let by_number = || self.project_numbers.get(&name.parse().ok()?);
        self.project_names.get(name).or_else(by_number).copied()
    }

    /// How a project is known; nothing when it is gone.
    pub fn project_name(&self, project: ProjectId) -> Option<ProjectName> {
        let project = self.projects.get(&self.present(project))?;
        Some(ProjectName { name: project.name.clone(), number: project.number, tier: project.tier })
    }
}
