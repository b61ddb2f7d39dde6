//! Google projects: the keys of one share its quota.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use gap_store::projects::ProjectDetails;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actor::Administrator;
use super::kept::{Changed, Faults, given};
use super::keys::view::{LimitsView, TierName};
use super::page::{Body, Page, PageQuery, Path, Query};
use super::problem::Problem;
use crate::app::App;
use crate::roster::{Keeping, LONGEST_PROJECT, Membership, limits_of, tier_name, tier_named};

/// A Google project.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ProjectView {
    /// Its identifier.
    id: Uuid,
    /// What people call it. Stands before the colon of `project:key`.
    label: String,
    /// Google's number or name of it, once it is known.
    google_name: Option<String>,
    /// What it pays, as people say.
    tier: Option<TierName>,
    /// What it pays, as far as it is known.
    known_tier: Option<TierName>,
    /// Limits by hand, by model; `*` is every model without its own.
    limits: BTreeMap<String, LimitsView>,
    /// How many upstream keys it has.
    keys: usize,
    /// When it was entered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Where it is kept: `memory` is until restart.
    kept: Keeping,
}

/// A project to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProject {
    /// What people call it; without one it is called as Google calls it.
    label: Option<String>,
    /// Google's number or name of it.
    google_name: Option<String>,
    /// What it pays.
    tier: Option<TierName>,
}

/// What is changed about a project. What is left out stays; null takes back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out and null are two things")]
pub(super) struct ProjectChange {
    /// What people call it.
    label: Option<String>,
    /// Google's number or name of it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    google_name: Option<Option<String>>,
    /// What it pays.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<TierName>)]
    tier: Option<Option<TierName>>,
}

// === impl ProjectView ===

impl ProjectView {
    fn of(app: &App, membership: Membership) -> Self {
        let Membership { project, keys, member } = membership;
        let known = member.and_then(|key| app.keyring.glance(key));
        let limits = limits_of(&project.details);
        Self {
            id: project.id,
            tier: project.details.tier.as_deref().and_then(tier_named).map(TierName::from),
            known_tier: known.and_then(|glance| glance.tier).map(TierName::from),
            limits: limits.into_iter().map(|(model, limits)| (model, limits.into())).collect(),
            label: project.details.label,
            google_name: project.details.google_name,
            keys,
            created_at: project.created_at,
            updated_at: project.updated_at,
            kept: app.roster.keeping(),
        }
    }
}

/// Lists projects, by their labels.
#[utoipa::path(
    get,
    path = "/api/v1/projects",
    tag = "projects",
    params(PageQuery),
    responses((status = 200, body = Page<ProjectView>)),
)]
pub(super) async fn list_projects(
    State(app): State<App>,
    _: Administrator,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ProjectView>>, Problem> {
    let projects = app.roster.projects();
    Ok(Json(page.cut(&projects, |membership| ProjectView::of(&app, membership.clone()))?))
}

/// Shows a project.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{id}",
    tag = "projects",
    params(("id" = Uuid, Path, description = "The project's identifier")),
    responses((status = 200, body = ProjectView)),
)]
pub(super) async fn find_project(
    State(app): State<App>,
    _: Administrator,
    Path(id): Path<Uuid>,
) -> Result<Json<ProjectView>, Problem> {
    Ok(Json(view(&app, id)?))
}

/// Enters a project. Its keys are filed under it one by one, or many at a time.
#[utoipa::path(
    post,
    path = "/api/v1/projects",
    tag = "projects",
    request_body = NewProject,
    responses((status = 201, body = ProjectView)),
)]
pub(super) async fn create_project(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Body(new): Body<NewProject>,
) -> Result<Changed<ProjectView>, Problem> {
    let NewProject { label, google_name, tier } = new;
    let google_name = google_name.filter(|name| !name.is_empty());
    let label = label.filter(|label| !label.is_empty()).or_else(|| google_name.clone()).unwrap_or_default();
    let mut faults = Faults::default();
    check_names(&mut faults, Some(&label), google_name.as_deref());
    faults.check()?;
    let tier = tier.map(|tier| tier_name(tier.into()).to_owned());
    let details = ProjectDetails { google_name, label, tier, limits: None };
    let project = app.roster.create_project(details).await?;
    actor.note(&app, "project.created", project.id, Some(json!({ "label": project.details.label }))).await?;
    Ok(Changed::created(app.roster.keeping(), ProjectView::of(&app, Membership { project, keys: 0, member: None })))
}

/// Changes what is said of a project.
#[utoipa::path(
    patch,
    path = "/api/v1/projects/{id}",
    tag = "projects",
    params(("id" = Uuid, Path, description = "The project's identifier")),
    request_body = ProjectChange,
    responses((status = 200, body = ProjectView)),
)]
pub(super) async fn update_project(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
    Body(change): Body<ProjectChange>,
) -> Result<Changed<ProjectView>, Problem> {
    view(&app, id)?;
    let mut faults = Faults::default();
    check_names(&mut faults, change.label.as_deref(), change.google_name.as_ref().and_then(Option::as_deref));
    faults.check()?;
    let noted = json!({ "label": change.label, "google_name": change.google_name, "tier": change.tier });
    app.roster
        .update_project(id, move |details| {
            let ProjectChange { label, google_name, tier } = change;
            details.label = label.unwrap_or(std::mem::take(&mut details.label));
            if let Some(name) = google_name {
                details.google_name = name.filter(|name| !name.is_empty());
            }
            if let Some(tier) = tier {
                details.tier = tier.map(|tier| tier_name(tier.into()).to_owned());
            }
        })
        .await?;
    actor.note(&app, "project.updated", id, Some(noted)).await?;
    Ok(Changed::ok(app.roster.keeping(), view(&app, id)?))
}

/// Removes a project. Its keys stay, each as a project of its own until Google says otherwise.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{id}",
    tag = "projects",
    params(("id" = Uuid, Path, description = "The project's identifier")),
    responses((status = 204)),
)]
pub(super) async fn delete_project(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
) -> Result<Changed<()>, Problem> {
    let project = view(&app, id)?;
    app.roster.delete_project(id).await?;
    actor.note(&app, "project.deleted", id, Some(json!({ "label": project.label }))).await?;
    Ok(Changed::gone(app.roster.keeping()))
}

pub(super) fn view(app: &App, id: Uuid) -> Result<ProjectView, Problem> {
    let membership = app.roster.membership(id).ok_or_else(|| Problem::not_found("project"))?;
    Ok(ProjectView::of(app, membership))
}

fn check_names(faults: &mut Faults, label: Option<&str>, google_name: Option<&str>) {
    if let Some(label) = label {
        faults.check_text("label", label, LONGEST_PROJECT);
        if label.is_empty() {
            faults.add("label", "is what the project is known by; it cannot be empty");
        } else if label.trim() != label || label.contains([',', ';', '|']) {
            faults.add(
                "label",
                "takes no blanks around it and none of , ; | (it stands before the colon of project:key)",
            );
        }
    }
    if let Some(name) = google_name {
        faults.check_text("google_name", name, LONGEST_PROJECT);
    }
}
