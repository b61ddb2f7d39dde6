//! The admin API below `/api/v1`: what people and the web page change and see.
//!
//! Its shape is the same everywhere. Who may is an argument of the handler ([`actor::Administrator`], [`actor::Anyone`]), so a
//! route without one does not compile into anything that knows who asks. Lists are cut into pages by the server
//! ([`page`]), errors are problem documents (RFC 9457, [`problem`]), every change is noted in the audit log. The
//! description at `/openapi.json` is made from the handlers themselves.

mod access_keys;
pub mod actor;
mod audit;
pub mod auth;
mod caches;
mod config;
mod contexts;
mod describe;
mod export;
mod files;
mod kept;
mod keys;
mod limits;
mod live;
mod models;
pub mod page;
pub mod problem;
mod projects;
mod report;
mod requests;
mod stats;
mod status;

use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    components(schemas(problem::Problem)),
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
    let (routes, mut description) = OpenApiRouter::with_openapi(description)
        .routes(routes!(status::show_status))
        .routes(routes!(config::show_config, config::change_config))
        .routes(routes!(audit::list_audit))
        // Upstream keys
        .routes(routes!(keys::list_keys, keys::create_key))
        .routes(routes!(keys::find_key, keys::update_key, keys::delete_key))
        .routes(routes!(keys::bulk::list_key_tags))
        .routes(routes!(keys::enable_key))
        .routes(routes!(keys::disable_key))
        .routes(routes!(keys::reset_key))
        .routes(routes!(keys::bulk::change_keys))
        .routes(routes!(keys::import::import_keys))
        .routes(routes!(keys::checks::check_keys, keys::checks::list_checks))
        .routes(routes!(keys::checks::find_check, keys::checks::cancel_check))
        .routes(routes!(projects::list_projects, projects::create_project))
        .routes(routes!(projects::find_project, projects::update_project, projects::delete_project))
        .routes(routes!(limits::list_limits, limits::set_limits, limits::clear_limits))
        .routes(routes!(models::list_models))
        .routes(routes!(files::list_files))
        .routes(routes!(files::delete_file))
        .routes(routes!(caches::list_caches, caches::create_cache))
        .routes(routes!(caches::find_cache, caches::update_cache, caches::delete_cache))
        // Who comes in
        .routes(routes!(auth::log_in))
        .routes(routes!(auth::refresh_session))
        .routes(routes!(auth::log_out))
        .routes(routes!(auth::show_me))
        .routes(routes!(access_keys::list_access_keys, access_keys::create_access_key))
        .routes(routes!(access_keys::show_own_access_key))
        .routes(routes!(access_keys::find_access_key, access_keys::update_access_key, access_keys::delete_access_key))
        .routes(routes!(access_keys::disable_access_key))
        .routes(routes!(access_keys::enable_access_key))
        .routes(routes!(access_keys::rotate_access_key))
        // What was said
        .routes(routes!(contexts::list_contexts))
        .routes(routes!(contexts::change_contexts))
        .routes(routes!(contexts::find_context, contexts::update_context, contexts::delete_context))
        .routes(routes!(contexts::list_context_turns))
        .routes(routes!(contexts::export_context))
        // Usage
        .routes(routes!(stats::show_stats))
        .routes(routes!(stats::export_stats))
        .routes(routes!(report::show_report))
        .routes(routes!(requests::list_requests))
        .routes(routes!(requests::export_requests))
        .routes(routes!(requests::find_request))
        // Live
        .routes(routes!(live::follow_events))
        .routes(routes!(live::follow_logs))
        .split_for_parts();
    describe::add_problems(&mut description);
    (routes, description)
}
