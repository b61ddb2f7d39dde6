//! The admin API below `/api/v1`: what people and the web page change and see.
//!
//! Its shape is the same everywhere. Who may is an argument of the handler ([`actor::Administrator`], [`actor::Anyone`]), so a
//! route without one does not compile into anything that knows who asks. Lists are cut into pages by the server
//! ([`page`]), errors are problem documents (RFC 9457, [`problem`]), every change is noted in the audit log. The
//! description at `/openapi.json` is made from the handlers themselves.

pub mod actor;
pub mod page;
pub mod problem;
mod status;

use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    info(title = "GAP admin API", description = "What the web page of GAP does, for programs."),
    security(("session" = []), ("admin_token" = [])),
)]
struct Description;

/// All routes, with their description.
pub fn routes() -> (Router<App>, utoipa::openapi::OpenApi) {
    let mut description = Description::openapi();
    let components = description.components.get_or_insert_default();
    components.add_security_scheme("session", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components
        .add_security_scheme("admin_token", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Admin-Token"))));
    OpenApiRouter::with_openapi(description).routes(routes!(status::show_status)).split_for_parts()
}
