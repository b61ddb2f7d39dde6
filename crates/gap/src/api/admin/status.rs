//! What this gateway is and how it fares.

use axum::Json;
use axum::extract::State;

use super::actor::Anyone;
use crate::api::probes::{Health, health};
use crate::app::App;

/// Shows what this gateway is, where it keeps things and whether it can answer.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    tag = "status",
    responses((status = 200, body = Health)),
)]
pub(super) async fn show_status(State(app): State<App>, Anyone(_actor): Anyone) -> Json<Health> {
    Json(health(&app).await)
}
