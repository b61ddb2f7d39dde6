//! What this gateway is and how it fares: open to everybody, unless `server.protect_status_page` says otherwise.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use http::request::Parts;

use super::actor::Anyone;
use super::problem::Problem;
use crate::api::probes::{Health, health};
use crate::app::App;

/// Shows what this gateway is, where it keeps things and whether it can answer. Needs no login, unless the settings
/// protect the status page.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    tag = "status",
    security((), ("session" = []), ("admin_token" = [])),
    responses((status = 200, body = Health)),
)]
pub(super) async fn show_status(State(app): State<App>, mut head: Parts) -> Result<Json<Health>, Problem> {
    if app.live.read(|settings| settings.server.protect_status_page) {
        Anyone::from_request_parts(&mut head, &app).await?;
    }
    Ok(Json(health(&app).await))
}
