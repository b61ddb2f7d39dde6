//! Access keys: what clients present. A key is shown once, when it is made; what is kept tells nobody what it is.

mod shapes;

use axum::Json;
use axum::extract::State;
use gap_store::access_keys::{AccessDetails, Digest};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

pub(super) use self::shapes::AccessKeyUse;
use self::shapes::{AccessKeyFilter, AccessKeyView, CreateAccessKey, NewAccessKey, RotateAccessKey, UpdateAccessKey};
use super::actor::{Administrator, Anyone};
use super::page::{Body, Page, PageQuery, Path, Query};
use super::problem::{FieldProblem, Problem};
use crate::access::StoredKey;
use crate::access::policy::Policy;
use crate::app::App;
use crate::secrets::random_hex;

/// What all of ours begin with, so that whoever finds one knows what it is.
const PREFIX: &str = "gap-";
/// Characters that may be shown: the prefix, and enough to tell keys apart.
const HINT: usize = PREFIX.len() + 4;
/// How long the key before goes on opening the door after a rotation.
const GRACE: u64 = 24 * 3_600;
const LONGEST_GRACE: u64 = 90 * 24 * 3_600;

/// Lists the access keys. Who is no administrator sees their own alone.
#[utoipa::path(
    get,
    path = "/api/v1/access-keys",
    tag = "access keys",
    params(PageQuery, AccessKeyFilter),
    responses((status = 200, body = Page<AccessKeyView>)),
)]
pub(super) async fn list_access_keys(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(page): Query<PageQuery>,
    Query(filter): Query<AccessKeyFilter>,
) -> Result<Json<Page<AccessKeyView>>, Problem> {
    let now = app.clock.now();
    let stored = app.access.stored();
    let theirs = |key: &&std::sync::Arc<StoredKey>| actor.is_administrator() || key.caller().id == actor.caller.id;
    let keys = stored.keys().iter().filter(theirs).map(|key| AccessKeyView::of(key, now));
    let mut keys: Vec<AccessKeyView> = keys.filter(|key| filter.passes(key)).collect();
    let order = filter.sort.unwrap_or_default();
    keys.sort_by(|one, two| order.compare(one, two));
    Ok(Json(page.cut(&keys, AccessKeyView::clone)?))
}

/// Shows the access key with which the caller came.
#[utoipa::path(
    get,
    path = "/api/v1/access-keys/me",
    tag = "access keys",
    responses(
        (status = 200, body = AccessKeyView),
        (status = 404, description = "It stands in the settings.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn show_own_access_key(
    State(app): State<App>,
    Anyone(actor): Anyone,
) -> Result<Json<AccessKeyView>, Problem> {
    let stored = app.access.stored();
    let key = stored.find(&actor.caller.id).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "This access key stands in the settings; `/api/v1/auth/me` shows it.")
    })?;
    Ok(Json(AccessKeyView::of(key, app.clock.now())))
}

/// Shows one access key.
#[utoipa::path(
    get,
    path = "/api/v1/access-keys/{id}",
    tag = "access keys",
    params(("id" = String, Path)),
    responses((status = 200, body = AccessKeyView)),
)]
pub(super) async fn find_access_key(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
) -> Result<Json<AccessKeyView>, Problem> {
    // Whether there is somebody else's is none of their business.
    let id = number(&id)?;
    if !actor.is_administrator() && *actor.caller.id != *id.to_string() {
        return Err(missing());
    }
    view(&app, id).map(Json)
}

/// Makes an access key. The answer holds the key itself, which is not shown again.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys",
    tag = "access keys",
    request_body = CreateAccessKey,
    responses((status = 201, body = NewAccessKey)),
)]
pub(super) async fn create_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Body(new): Body<CreateAccessKey>,
) -> Result<(StatusCode, Json<NewAccessKey>), Problem> {
    let now = app.clock.now();
    check(Some(&new.name), new.expires_at, Some(&new.limits), now)?;
    let (id, key) = (Uuid::now_v7(), make());
    let details = AccessDetails {
        name: new.name.trim().to_owned(),
        role: new.role.role().name().to_owned(),
        limits: write(&new.limits)?,
        expires_at: new.expires_at,
    };
    app.store.access_keys().insert(id, Digest::of(&key), hint_of(&key), &details, now).await?;
    app.access.reload(&app.store).await?;
    let detail = json!({ "name": details.name, "role": details.role, "limits": details.limits });
    actor.note(&app, "access_key.created", id.to_string(), Some(detail)).await?;
    Ok((StatusCode::CREATED, Json(NewAccessKey { key, access_key: view(&app, id)? })))
}

/// Changes an access key.
#[utoipa::path(
    patch,
    path = "/api/v1/access-keys/{id}",
    tag = "access keys",
    params(("id" = String, Path)),
    request_body = UpdateAccessKey,
    responses((status = 200, body = AccessKeyView)),
)]
pub(super) async fn update_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
    Body(change): Body<UpdateAccessKey>,
) -> Result<Json<AccessKeyView>, Problem> {
    let (id, now) = (number(&id)?, app.clock.now());
    let stored = app.access.stored();
    let row = &stored.find(&id.to_string()).ok_or_else(missing)?.row;
    check(change.name.as_deref(), change.expires_at.flatten(), change.limits.as_ref(), now)?;
    let before = row.details.clone();
    let details = AccessDetails {
        name: change.name.map_or(before.name, |name| name.trim().to_owned()),
        role: change.role.map_or(before.role, |role| role.role().name().to_owned()),
        limits: change.limits.as_ref().map(write).transpose()?.unwrap_or(before.limits),
        expires_at: change.expires_at.unwrap_or(before.expires_at),
    };
    if !app.store.access_keys().update(row.id, &details, now).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    let detail = json!({ "name": details.name, "role": details.role, "limits": details.limits });
    actor.note(&app, "access_key.updated", id.to_string(), Some(detail)).await?;
    view(&app, id).map(Json)
}

/// Shuts an access key out, with the sessions that it began.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys/{id}/disable",
    tag = "access keys",
    params(("id" = String, Path)),
    responses((status = 200, body = AccessKeyView)),
)]
pub(super) async fn disable_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<Json<AccessKeyView>, Problem> {
    let (id, now) = (number(&id)?, app.clock.now());
    if !app.store.access_keys().set_disabled(id, Some(now), now).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.disabled", id.to_string(), None).await?;
    view(&app, id).map(Json)
}

/// Lets an access key in again.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys/{id}/enable",
    tag = "access keys",
    params(("id" = String, Path)),
    responses((status = 200, body = AccessKeyView)),
)]
pub(super) async fn enable_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<Json<AccessKeyView>, Problem> {
    let id = number(&id)?;
    if !app.store.access_keys().set_disabled(id, None, app.clock.now()).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.enabled", id.to_string(), None).await?;
    view(&app, id).map(Json)
}

/// Gives an access key another secret. The one before goes on opening the door for a while, the one before that does not.
#[utoipa::path(
    post,
    path = "/api/v1/access-keys/{id}/rotate",
    tag = "access keys",
    params(("id" = String, Path)),
    request_body = RotateAccessKey,
    responses((status = 200, body = NewAccessKey)),
)]
pub(super) async fn rotate_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
    Body(rotation): Body<RotateAccessKey>,
) -> Result<Json<NewAccessKey>, Problem> {
    let grace = rotation.grace_seconds.unwrap_or(GRACE);
    if grace > LONGEST_GRACE {
        return Err(Problem::field("grace_seconds", format!("takes {LONGEST_GRACE} seconds (90 days) at most")));
    }
    let (id, now) = (number(&id)?, app.clock.now());
    let until = now.saturating_add(std::time::Duration::from_secs(grace)).unwrap_or(Timestamp::MAX);
    let key = make();
    if !app.store.access_keys().rotate(id, Digest::of(&key), hint_of(&key), until, now).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.rotated", id.to_string(), Some(json!({ "grace_seconds": grace }))).await?;
    Ok(Json(NewAccessKey { key, access_key: view(&app, id)? }))
}

/// Removes an access key. What was done with it stays in the log.
#[utoipa::path(
    delete,
    path = "/api/v1/access-keys/{id}",
    tag = "access keys",
    params(("id" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn delete_access_key(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = number(&id)?;
    if !app.store.access_keys().delete(id).await? {
        return Err(missing());
    }
    app.access.reload(&app.store).await?;
    actor.note(&app, "access_key.deleted", id.to_string(), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn make() -> String {
    format!("{PREFIX}{}", random_hex::<24>())
}

fn hint_of(key: &str) -> &str {
    key.get(..HINT).unwrap_or_default()
}

fn view(app: &App, id: Uuid) -> Result<AccessKeyView, Problem> {
    let stored = app.access.stored();
    stored.find(&id.to_string()).map(|key| AccessKeyView::of(key, app.clock.now())).ok_or_else(missing)
}

fn missing() -> Problem {
    Problem::not_found("access key")
}

/// What is no number of ours names none.
fn number(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| missing())
}

fn write(limits: &Policy) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(limits).map_err(|_| Problem::field("limits", "cannot be written"))
}

/// Names each field that is wrong.
fn check(
    name: Option<&str>,
    expires_at: Option<Timestamp>,
    limits: Option<&Policy>,
    now: Timestamp,
) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let mut complain = |field: &str, message: &str| {
        wrong.push(FieldProblem { field: field.to_owned(), message: message.to_owned() });
    };
    if let Some(name) = name {
        let length = name.trim().chars().count();
        if length == 0 || length > 100 || name.chars().any(char::is_control) {
            complain("name", "takes 1 to 100 characters on one line");
        }
    }
    let furthest = now.saturating_add(SignedDuration::from_hours(24 * 36_500)).unwrap_or(Timestamp::MAX);
    if expires_at.is_some_and(|expires_at| expires_at <= now || expires_at > furthest) {
        complain("expires_at", "must lie in the future, and in the next hundred years");
    }
    for (field, message) in limits.map(Policy::mistakes).unwrap_or_default() {
        complain(&format!("limits.{field}"), &message);
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}
