//! The report, for the page.

use axum::Json;
use axum::extract::State;

use super::actor::Anyone;
use super::problem::Problem;
use crate::app::App;
use crate::report::{Report, Scope};

/// Shows what was used today, in 7 and in 30 days, by whom, and what is left of today. An ordinary user sees their own.
#[utoipa::path(
    get,
    path = "/api/v1/report",
    tag = "usage",
    responses((status = 200, body = Report)),
)]
pub(super) async fn show_report(State(app): State<App>, Anyone(actor): Anyone) -> Result<Json<Report>, Problem> {
    let scope = if actor.is_administrator() { Scope::All } else { Scope::Own(&actor.caller.id) };
    Ok(Json(Report::make(&app, scope).await?))
}
