//! What people change about projects.

use std::collections::{BTreeMap, HashMap, HashSet};

use gap_pool::{KeyId, Limits, ProjectId};
use gap_store::StoreError;
use gap_store::projects::ProjectDetails;
use uuid::Uuid;

use super::changes::id_of_label;
use super::{EVERY_MODEL, Keeping, Project, Roster, RosterError, limits_of, terms, tier_named};

/// A project with its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// The project.
    pub project: Project,
    /// How many keys it has.
    pub keys: usize,
    /// One of them, through which the pool knows it.
    pub member: Option<KeyId>,
}

// === impl Roster ===

impl Roster {
    /// Every project, in the order of their labels.
    pub fn projects(&self) -> Vec<Membership> {
        let book = self.book();
        let mut members: HashMap<Uuid, (usize, KeyId)> = HashMap::new();
        for entry in book.keys.values() {
            if let Some(project) = entry.details.project {
                members.entry(project).or_insert((0, entry.key)).0 += 1;
            }
        }
        let membership = |project: &Project| {
            let found = members.get(&project.id);
            let keys = found.map_or(0, |(keys, _)| *keys);
            Membership { project: project.clone(), keys, member: found.map(|(_, key)| *key) }
        };
        let mut projects: Vec<_> = book.projects.values().map(membership).collect();
        projects.sort_by(|a, b| a.project.details.label.cmp(&b.project.details.label));
        projects
    }

    /// One project with its keys.
    pub fn membership(&self, id: Uuid) -> Option<Membership> {
        let book = self.book();
        let project = book.projects.get(&id)?.clone();
        let mut members = book.members(id).map(|entry| entry.key);
        let member = members.next();
        let keys = members.count() + usize::from(member.is_some());
        Some(Membership { project, keys, member })
    }

    /// One project.
    pub fn find_project(&self, id: Uuid) -> Option<Project> {
        self.book().projects.get(&id).cloned()
    }

    /// What people call the projects that Google calls so, where they call them otherwise.
    pub fn labels_of_google(&self, names: &HashSet<&str>) -> HashMap<String, String> {
        let book = self.book();
        let known = book.projects.values().filter_map(|project| {
            let name = project.details.google_name.as_deref().filter(|name| names.contains(name))?;
            Some((name.to_owned(), project.details.label.clone()))
        });
        known.filter(|(name, label)| name != label).collect()
    }

    /// Enters a project.
    pub async fn create_project(&self, details: ProjectDetails) -> Result<Project, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        self.enter_project(details).await
    }

    /// Enters a project, under the lock.
    pub(super) async fn enter_project(&self, details: ProjectDetails) -> Result<Project, RosterError> {
        self.check_names(None, &details)?;
        let now = self.0.clock.now();
        let id = match self.0.keeping {
            Keeping::Memory => id_of_label(&details.label),
            Keeping::Database => Uuid::now_v7(),
        };
        if self.0.keeping == Keeping::Database {
            self.0.store.projects().insert(id, &details, now).await.map_err(|error| taken(error, &details))?;
        }
        let project = Project { id, details, created_at: now, updated_at: now };
        self.book_to_write().projects.insert(id, project.clone());
        Ok(project)
    }

    /// The project of that label, entered if there is none; under the lock.
    pub(super) async fn project_labelled(&self, label: &str) -> Result<Uuid, RosterError> {
        let known = self.book().labelled(label).map(|project| project.id);
        if let Some(id) = known {
            return Ok(id);
        }
        let number = label.bytes().all(|byte| byte.is_ascii_digit()).then(|| label.to_owned());
        let number = number.filter(|number| {
            let book = self.book();
            !book.projects.values().any(|other| other.details.google_name.as_deref() == Some(number))
        });
        let details = ProjectDetails { google_name: number, label: label.to_owned(), ..ProjectDetails::default() };
        Ok(self.enter_project(details).await?.id)
    }

    /// Replaces what people say of a project.
    pub async fn update_project(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut ProjectDetails) + Send,
    ) -> Result<Project, RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        let before = self.find_project(id).ok_or(RosterError::NoSuchProject(id))?;
        let mut details = before.details.clone();
        change(&mut details);
        self.check_names(Some(id), &details)?;
        let now = self.0.clock.now();
        if self.0.keeping == Keeping::Database {
            let changed = self.0.store.projects().update(id, &details, now).await;
            if !changed.map_err(|error| taken(error, &details))? {
                return Err(RosterError::NoSuchProject(id));
            }
        }
        let project = Project { details, updated_at: now, ..before.clone() };
        self.replace_project(&before, &project);
        Ok(project)
    }

    /// Puts another version of a project in place of the one before.
    pub(super) fn replace_project(&self, before: &Project, project: &Project) {
        self.book_to_write().projects.insert(project.id, project.clone());
        let keyring = &self.0.keyring;
        if before.details.label != project.details.label {
            // The pool knows projects by their label.
            let members: Vec<_> = {
                let book = self.book();
                book.members(project.id).map(|entry| (entry.key, terms(&entry.details, &book))).collect()
            };
            for (key, terms) in members {
                keyring.update(key, terms);
            }
        }
        let Some(place) = self.place_of(project.id) else { return };
        if before.details.tier != project.details.tier {
            keyring.set_tier(place, project.details.tier.as_deref().and_then(tier_named));
        }
        let limits = limits_of(&project.details);
        for (model, _) in limits_of(&before.details) {
            if !limits.iter().any(|(other, _)| *other == model) {
                keyring.clear_limits(place, (model != EVERY_MODEL).then_some(model.as_str()));
            }
        }
        self.tell_project_at(project, place);
    }

    /// Removes a project; its keys stay, without one.
    pub async fn delete_project(&self, id: Uuid) -> Result<(), RosterError> {
        let _one_at_a_time = self.0.writing.lock().await;
        self.find_project(id).ok_or(RosterError::NoSuchProject(id))?;
        if self.0.keeping == Keeping::Database {
            self.0.store.projects().delete(id).await?;
        }
        self.forget_project(id);
        Ok(())
    }

    /// Takes a project out of book and pool.
    pub(super) fn forget_project(&self, id: Uuid) {
        let members: Vec<KeyId> = {
            let mut book = self.book_to_write();
            let mut members = Vec::new();
            for entry in book.keys.values_mut().filter(|entry| entry.details.project == Some(id)) {
                entry.details.project = None;
                members.push(entry.key);
            }
            book.projects.remove(&id);
            members
        };
        for key in members {
            self.0.keyring.unfile(key);
        }
    }

    /// Sets limits of a project by hand, of one model or of every other; those that say nothing are taken back.
    pub async fn set_limits(&self, id: Uuid, model: Option<&str>, limits: Limits) -> Result<Project, RosterError> {
        let model = model.unwrap_or(EVERY_MODEL).to_owned();
        self.update_project(id, move |details| {
            let mut all: BTreeMap<String, Limits> = limits_of(details).into_iter().collect();
            if limits == Limits::default() {
                all.remove(&model);
            } else {
                all.insert(model, limits);
            }
            details.limits = (!all.is_empty()).then(|| serde_json::to_value(all).unwrap_or_default());
        })
        .await
    }

    /// Tells the pool what people say of a project, through one of its keys.
    pub(super) fn tell_project_of(&self, project: &Project, key: KeyId) {
        if let Some(glance) = self.0.keyring.glance(key) {
            self.tell_project_at(project, glance.project);
        }
    }

    fn tell_project_at(&self, project: &Project, place: ProjectId) {
        if let Some(tier) = project.details.tier.as_deref().and_then(tier_named) {
            self.0.keyring.set_tier(place, Some(tier));
        }
        for (model, limits) in limits_of(&project.details) {
            self.0.keyring.set_limits(place, (model != EVERY_MODEL).then_some(model.as_str()), limits);
        }
    }

    /// Notes Google's numbers of projects that had none: the pool has learned them from refusals.
    pub async fn note_numbers(&self) -> Result<(), RosterError> {
        let nameless: Vec<(Uuid, KeyId)> = {
            let book = self.book();
            let nameless = book.projects.values().filter(|project| project.details.google_name.is_none());
            nameless.filter_map(|project| Some((project.id, book.members(project.id).next()?.key))).collect()
        };
        for (id, key) in nameless {
            let Some(number) = self.0.keyring.glance(key).and_then(|glance| glance.project_number) else { continue };
            match self.update_project(id, |details| details.google_name = Some(number.to_string())).await {
                // Two projects of one number: the pool has told the operator.
                Ok(_) | Err(RosterError::Taken(_) | RosterError::NoSuchProject(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn check_names(&self, own: Option<Uuid>, details: &ProjectDetails) -> Result<(), RosterError> {
        let book = self.book();
        for other in book.projects.values().filter(|other| Some(other.id) != own) {
            if other.details.label == details.label {
                return Err(RosterError::Taken(details.label.clone()));
            }
            if let Some(name) = &details.google_name
                && other.details.google_name.as_ref() == Some(name)
            {
                return Err(RosterError::Taken(name.clone()));
            }
        }
        Ok(())
    }
}

/// A name that another instance gave a moment ago.
fn taken(error: StoreError, details: &ProjectDetails) -> RosterError {
    match error {
        StoreError::Duplicate(_) => RosterError::Taken(details.google_name.clone().unwrap_or_default()),
        error => error.into(),
    }
}
