//! Looking at many upstream keys in the background.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::KeyQuery;
use super::bulk::chosen;
use crate::api::admin::actor::Administrator;
use crate::api::admin::page::{Body, Path};
use crate::api::admin::problem::Problem;
use crate::app::App;
use crate::roster::checks::Job;

/// Which keys are looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct CheckRequest {
    /// These.
    ids: Option<Vec<Uuid>>,
    /// In place of `ids`: all keys that a list with this filter shows; `{}` is every key.
    filter: Option<KeyQuery>,
}

/// The looks that are remembered.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct JobList {
    /// The newest first, each without the keys that it names.
    items: Vec<Job>,
}

/// Begins to look at upstream keys: whether Google accepts them now. Costs no quota. Two such jobs run at a time at most.
#[utoipa::path(
    post,
    path = "/api/v1/keys/check",
    tag = "keys",
    request_body = CheckRequest,
    responses((status = 202, body = Job)),
)]
pub(in crate::api::admin) async fn check_keys(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Body(request): Body<CheckRequest>,
) -> Result<impl IntoResponse, Problem> {
    let ids = chosen(&app, request.ids, request.filter.as_ref())?;
    let keys: Vec<_> = ids.iter().filter_map(|id| app.roster.find(*id)).map(|entry| (entry.id, entry.key)).collect();
    let job = app
        .checks
        .begin(keys, &app.keyring, &app.upstream)
        .map_err(|error| Problem::too_many(format!("{error}; wait for one of them, or cancel it."), 5))?;
    actor.note(&app, "key.checked", job.id, Some(json!({ "keys": job.total }))).await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// Lists the looks that are remembered.
#[utoipa::path(
    get,
    path = "/api/v1/keys/check",
    tag = "keys",
    responses((status = 200, body = JobList)),
)]
pub(in crate::api::admin) async fn list_checks(State(app): State<App>, _: Administrator) -> Json<JobList> {
    Json(JobList { items: app.checks.list() })
}

/// Shows how far a look at keys is, and what it has found.
#[utoipa::path(
    get,
    path = "/api/v1/keys/check/{id}",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The job's identifier")),
    responses((status = 200, body = Job)),
)]
pub(in crate::api::admin) async fn find_check(
    State(app): State<App>,
    _: Administrator,
    Path(id): Path<Uuid>,
) -> Result<Json<Job>, Problem> {
    app.checks.find(id).map(Json).ok_or_else(|| Problem::not_found("check"))
}

/// Ends a look at keys before its time.
#[utoipa::path(
    delete,
    path = "/api/v1/keys/check/{id}",
    tag = "keys",
    params(("id" = Uuid, Path, description = "The job's identifier")),
    responses((status = 204)),
)]
pub(in crate::api::admin) async fn cancel_check(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    if !app.checks.cancel(id) {
        return Err(Problem::not_found("check"));
    }
    actor.note(&app, "key.check_cancelled", id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
