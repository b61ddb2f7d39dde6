//! Limits of projects: what is used, of what, who says so; and limits by hand.
#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use gap_pool::{Limits, ProjectId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::actor::Administrator;
use super::kept::{Changed, Faults};
use super::keys::view::{BucketOut, LimitsView, ProjectName};
use super::page::{Body, Page, PageQuery, Query};
use super::problem::Problem;
use crate::app::App;
use crate::keyring;
use crate::roster::{EVERY_MODEL, Keeping, Membership, Project, limits_of};

/// Models of a project that are shown.
const MODELS: usize = 200;

/// The limits of a project.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ProjectLimits {
    /// The project.
    project: ProjectName,
    /// Limits by hand, by model; `*` is every model without its own.
    by_hand: BTreeMap<String, LimitsView>,
    /// What counts, model by model: used, limit, and who says so. Models that were used, at most 200.
    models: Vec<BucketOut>,
    /// Where limits by hand are kept: `memory` is until restart.
    kept: Keeping,
}

/// Limits to be set by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLimits {
    /// The project.
    project: Uuid,
    /// The model; left out: every model without limits of its own.
    #[schema(min_length = 1, max_length = 200)]
    model: Option<String>,
    /// Requests per minute; left out: not limited by hand.
    #[schema(minimum = 1)]
    requests_per_minute: Option<u64>,
    /// Input tokens per minute.
    #[schema(minimum = 1)]
    tokens_per_minute: Option<u64>,
    /// Requests per Pacific day.
    #[schema(minimum = 1)]
    requests_per_day: Option<u64>,
    /// Input tokens per Pacific day.
    #[schema(minimum = 1)]
    tokens_per_day: Option<u64>,
}

/// Whose limits by hand are taken back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// The project.
    project: Uuid,
    /// The model; left out: every model without limits of its own.
    #[param(min_length = 1, max_length = 200)]
    model: Option<String>,
}

/// Which limits are shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LimitsQuery {
    /// Only those of this project.
    project: Option<Uuid>,
}

// === impl ProjectLimits ===

impl ProjectLimits {
    fn of(app: &App, project: &Project, place: Option<ProjectId>) -> Self {
        let page = keyring::Page { after: None, at_most: MODELS };
        let models = place.map(|place| app.keyring.buckets(place, page)).unwrap_or_default();
        let by_hand = limits_of(&project.details).into_iter().map(|(model, limits)| (model, limits.into())).collect();
        Self {
            project: ProjectName { id: project.id, label: project.details.label.clone() },
            by_hand,
            models: models.into_iter().map(BucketOut::from).collect(),
            kept: app.roster.keeping(),
        }
    }
}

/// Lists the limits of projects. Those of a key without a project are shown with the key.
#[utoipa::path(
    get,
    path = "/api/v1/limits",
    tag = "limits",
    params(PageQuery, LimitsQuery),
    responses((status = 200, body = Page<ProjectLimits>)),
)]
pub(super) async fn list_limits(
    State(app): State<App>,
    _: Administrator,
    Query(page): Query<PageQuery>,
    Query(query): Query<LimitsQuery>,
) -> Result<Json<Page<ProjectLimits>>, Problem> {
    let mut projects = app.roster.projects();
    projects.retain(|membership| query.project.is_none_or(|id| membership.project.id == id));
    let place = |key| app.keyring.glance(key).map(|glance| glance.project);
    Ok(Json(page.cut(&projects, |Membership { project, member, .. }| {
        ProjectLimits::of(&app, project, member.and_then(place))
    })?))
}

/// Sets limits of a project by hand, in place of those that were set for the model before.
#[utoipa::path(
    put,
    path = "/api/v1/limits",
    tag = "limits",
    request_body = NewLimits,
    responses((status = 200, body = ProjectLimits)),
)]
pub(super) async fn set_limits(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Body(new): Body<NewLimits>,
) -> Result<Changed<ProjectLimits>, Problem> {
    let NewLimits { project, model, requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day } = new;
    let limits = LimitsView { requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day };
    let mut faults = Faults::default();
    if limits == LimitsView::default() {
        faults.add("requests_per_minute", "set at least one limit, or take all back with DELETE");
    }
    for (field, limit) in [
        ("requests_per_minute", requests_per_minute),
        ("tokens_per_minute", tokens_per_minute),
        ("requests_per_day", requests_per_day),
        ("tokens_per_day", tokens_per_day),
    ] {
        // Counters of the pool are signed.
        if limit.is_some_and(|limit| limit == 0 || limit > i64::MAX as u64) {
            faults.add(
                field,
                "takes a whole number of at least 1; a model that must not be used is taken out of the keys",
            );
        }
    }
    check_model(&mut faults, model.as_deref());
    faults.check()?;
    let model = model.filter(|model| model != EVERY_MODEL);
    let changed = app.roster.set_limits(project, model.as_deref(), limits.into()).await?;
    let noted = json!({ "model": model.as_deref().unwrap_or(EVERY_MODEL), "limits": limits });
    actor.note(&app, "limits.set", project, Some(noted)).await?;
    Ok(Changed::ok(app.roster.keeping(), ProjectLimits::of(&app, &changed, app.roster.place_of(project))))
}

/// Takes limits by hand back: from now on counts what Google has said, or the table of models.
#[utoipa::path(
    delete,
    path = "/api/v1/limits",
    tag = "limits",
    params(Whose),
    responses((status = 200, body = ProjectLimits)),
)]
pub(super) async fn clear_limits(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Query(Whose { project, model }): Query<Whose>,
) -> Result<Changed<ProjectLimits>, Problem> {
    let model = model.filter(|model| model != EVERY_MODEL);
    let changed = app.roster.set_limits(project, model.as_deref(), Limits::default()).await?;
    let noted = json!({ "model": model.as_deref().unwrap_or(EVERY_MODEL) });
    actor.note(&app, "limits.cleared", project, Some(noted)).await?;
    Ok(Changed::ok(app.roster.keeping(), ProjectLimits::of(&app, &changed, app.roster.place_of(project))))
}

fn check_model(faults: &mut Faults, model: Option<&str>) {
    let Some(model) = model.filter(|model| *model != EVERY_MODEL) else { return };
    if model.is_empty()
        || model.len() > 200
        || model.contains('*')
        || !model.bytes().all(|byte| byte.is_ascii_graphic())
    {
        faults.add("model", "takes a model's name such as gemini-2.5-flash, or is left out for all others");
    }
}
