//! How a project is known outside the pool: by words that mean the same after a restart.

use super::Pool;
use crate::ids::ProjectId;
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
    /// How a project is known; nothing when it is gone.
    pub fn project_name(&self, project: ProjectId) -> Option<ProjectName> {
        let project = self.projects.get(&self.present(project))?;
        Some(ProjectName { name: project.name.clone(), number: project.number, tier: project.tier })
    }
}
