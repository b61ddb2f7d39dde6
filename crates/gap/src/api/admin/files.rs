//! Files and other things that clients have made at Google, and which project holds each.
#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

use axum::Json;
use axum::extract::State;
use gap_pool::Affinity;
use gap_protocol::meter::Framing;
use gap_store::resources::{Resource, ResourceFilter};
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::actor::{Actor, Anyone};
use super::page::{Path, Query};
use super::problem::Problem;
use crate::app::App;
use crate::body::RequestBody;
use crate::middleware::Visit;
use crate::owners;
use crate::receipt::{Facts, Receipt};
use crate::relay::{Call, RelayError};

const USUAL: u32 = 50;
const MOST: u32 = 1_000;
const FILES: &str = "files";

/// Which files are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FileQuery {
    /// Of this access key only. An ordinary user gets their own anyway.
    owner: Option<String>,
    /// Where the next page begins: `next` of the page before.
    after: Option<String>,
    /// Entries of a page.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    page_size: Option<u32>,
}

/// A page of files, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FilePage {
    /// Its files.
    items: Vec<FileView>,
    /// Where the next page begins; none when this is the last.
    next: Option<String>,
}

/// A file at Google.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileView {
    /// What it is called in the path of this API.
    id: String,
    /// Google's name: what clients use.
    #[schema(example = "files/abc-123")]
    name: String,
    /// The access key that made it, or saw it first.
    owner: String,
    /// The project that holds it: its label, Google's number, or the identifier of its only upstream key. Administrators see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// When it was made, as far as GAP has seen it.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When Google has forgotten it.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

// === impl FileView ===

impl FileView {
    fn of(file: Resource, actor: &Actor) -> Self {
        let Resource { name, project, owner, created_at, expires_at, .. } = file;
        let id = name.strip_prefix("files/").unwrap_or(&name).to_owned();
        Self { id, name, owner, project: actor.is_administrator().then_some(project), created_at, expires_at }
    }
}

/// Lists files that were uploaded through this gateway. An ordinary user sees their own.
#[utoipa::path(
    get,
    path = "/api/v1/files",
    tag = "files",
    params(FileQuery),
    responses((status = 200, body = FilePage)),
)]
pub(super) async fn list_files(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(query): Query<FileQuery>,
) -> Result<Json<FilePage>, Problem> {
    let limit = query.page_size.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::field("page_size", format!("a page has 1 to {MOST} entries")));
    }
    if query.after.as_deref().is_some_and(|after| after.contains('\0')) {
        return Err(Problem::field("after", "takes the `next` of the page before"));
    }
    let owner = if actor.is_administrator() { query.owner } else { Some(actor.caller.id.to_string()) };
    let filter = ResourceFilter { owner, kind: Some(FILES.to_owned()), after: query.after };
    let files = app.store.resources().list(&filter, limit, app.clock.now()).await?;
    let next = files.last().filter(|_| files.len() == limit as usize).map(|last| last.name.clone());
    Ok(Json(FilePage { items: files.into_iter().map(|file| FileView::of(file, &actor)).collect(), next }))
}

/// Deletes a file, at Google as well.
#[utoipa::path(
    delete,
    path = "/api/v1/files/{id}",
    tag = "files",
    params(("id" = String, Path, description = "Google's name without `files/`", pattern = "^[a-z0-9-]{1,100}$")),
    responses((status = 204)),
)]
pub(super) async fn delete_file(
    State(app): State<App>,
    Anyone(actor): Anyone,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let name = format!("{FILES}/{id}");
    let file = app.store.resources().find(&name, app.clock.now()).await?;
    // Whether there is somebody else's is none of their business.
    let file = file.filter(|file| actor.is_administrator() || *file.owner == *actor.caller.id);
    let file = file.ok_or_else(|| Problem::not_found("file"))?;
    delete_at_google(&app, &actor, visit, &file).await?;
    app.owners.forget(&name);
    owners::kept::strike(&app, &name).await;
    actor.note(&app, "file.deleted", name, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_at_google(app: &App, actor: &Actor, visit: Visit, file: &Resource) -> Result<(), Problem> {
    let home = app.owners.find(&file.name).or_else(|| app.keyring.project_by(&file.upstream_key, &file.project));
    // Nobody here reaches it any more; Google forgets it by itself.
    let Some(project) = home else { return Ok(()) };
    let path = format!("/v1beta/{}", file.name);
    let request_line = format!("DELETE {path}");
    let call = Call {
        verb: Method::DELETE,
        path,
        query: None,
        headers: HeaderMap::new(),
        body: RequestBody::empty(),
        model: None,
        affinity: Affinity::Must(project),
        framing: Framing::Json,
        repeatable: true,
        finishes: false,
        client_deadline: None,
        may_fall_back: false,
    };
    let facts = Facts { visit, caller: actor.caller.clone(), request_line, model: None };
    match app.relay.ask(&call, &mut Receipt::begin(facts)).await {
        Ok(_) => Ok(()),
        // Google says so of what is not there (wire 15), and it is the right project that was asked.
        Err(RelayError::Refused(refusal)) if matches!(refusal.status.as_u16(), 403 | 404) => Ok(()),
        Err(error) => {
            let detail = format!("Google has not deleted it: {error}. Try again shortly.");
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
        }
    }
}
