//! Entering upstream keys by the thousand.
#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

use std::error::Error;

use axum::extract::{Request, State};
use http::StatusCode;
use http_body_util::LengthLimitError;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::api::admin::actor::Administrator;
use crate::api::admin::kept::Changed;
use crate::api::admin::page::Query;
use crate::api::admin::problem::Problem;
use crate::app::App;
use crate::events::{KeyEvent, Kind};
use crate::roster::Keeping;
use crate::roster::import::{Parsed, Report, Unreadable};

/// How an import is done.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct ImportQuery {
    /// Change nothing; only say what would come of it.
    dry_run: Option<bool>,
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct Imported {
    /// What was found and what became of it.
    #[serde(flatten)]
    report: Report,
    /// Where the keys are kept: `memory` is until restart.
    kept: Keeping,
}

/// Enters upstream keys from a text: `key` or `project:key` by lines or any separators, or JSON: a list of keys or of
/// objects, or an export of gemini-balance or new-api. 100,000 keys at most.
#[utoipa::path(
    post,
    path = "/api/v1/keys/import",
    tag = "keys",
    params(ImportQuery),
    request_body(content = String, content_type = "text/plain", description = "The keys, as text or JSON"),
    responses((status = 200, body = Imported)),
)]
pub(in crate::api::admin) async fn import_keys(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Changed<Imported>, Problem> {
    let limit = app.settings.server.admin_body_limit;
    let body = axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        let too_long = error.source().is_some_and(<dyn Error>::is::<LengthLimitError>);
        if too_long {
            let detail = format!("An import has {limit} bytes at most (server.admin_body_limit); cut it in two.");
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail);
        }
        Problem::new(StatusCode::BAD_REQUEST, "The request body broke off.")
    })?;
    if body.trim_ascii().is_empty() {
        return Err(Problem::field("body", "is empty; it takes keys, as text or as JSON"));
    }
    let parsed = Parsed::read(&body).map_err(|error| match error {
        Unreadable::TooLong => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
        Unreadable::NotText | Unreadable::NotJson(_) | Unreadable::NoList => Problem::field("body", error.to_string()),
    })?;
    let report = app.roster.import(parsed, query.dry_run.unwrap_or_default()).await?;
    if !report.dry_run {
        let imported = KeyEvent { change: "imported", keys: Some(report.added), ..KeyEvent::default() };
        app.books.events().publish(Kind::Key, None, &imported);
        let noted = json!({ "found": report.found, "added": report.added, "projects": report.new_projects.len() });
        actor.note(&app, "key.imported", format!("{} keys", report.added), Some(noted)).await?;
    }
    Ok(Changed::ok(app.roster.keeping(), Imported { report, kept: app.roster.keeping() }))
}
