//! Explicit caches at Google: those that clients made, and those that GAP makes by itself. People see their own,
//! administrators all.

mod shapes;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gap_pool::Affinity;
use gap_protocol::meter::Framing;
use gap_store::caches::Cache;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use self::shapes::{CacheQuery, CacheView, NewCache, UpdateCache};
use super::actor::{Actor, Anyone};
use super::kept::{Changed, Faults};
use super::page::{Body, Page, PageQuery, Path, Query};
use super::problem::Problem;
use crate::app::App;
use crate::body::RequestBody;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt};
use crate::relay::{Call, RelayError};
use crate::roster::Keeping;

/// The longest time to live: a year.
const LONGEST_TTL: u64 = 365 * 24 * 3_600;
/// An hour, as at Google.
const USUAL_TTL: u64 = 3_600;

/// Lists explicit caches. An ordinary user sees their own.
#[utoipa::path(
    get,
    path = "/api/v1/caches",
    tag = "caches",
    params(PageQuery, CacheQuery),
    responses((status = 200, body = Page<CacheView>)),
)]
pub(super) async fn list_caches(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(page): Query<PageQuery>,
    Query(query): Query<CacheQuery>,
) -> Result<Json<Page<CacheView>>, Problem> {
    let (number, page_size) = page.checked()?;
    app.caches.settle().await;
    let skip = u64::from(number - 1) * u64::from(page_size);
    let (caches, total) = app.store.caches().list(&query.filter(&actor), (skip, page_size), app.clock.now()).await?;
    let items = caches.into_iter().map(|cache| CacheView::of(&app, cache, &actor)).collect();
    Ok(Json(Page { items, total, page: number, page_size }))
}

/// Shows one cache.
#[utoipa::path(
    get,
    path = "/api/v1/caches/{id}",
    tag = "caches",
    params(("id" = String, Path)),
    responses((status = 200, body = CacheView)),
)]
pub(super) async fn find_cache(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
) -> Result<Json<CacheView>, Problem> {
    app.caches.settle().await;
    let cache = theirs(&app, &actor, &id).await?;
    Ok(Json(CacheView::of(&app, cache, &actor)))
}

/// Makes a cache at Google, in whichever project can have it.
#[utoipa::path(
    post,
    path = "/api/v1/caches",
    tag = "caches",
    request_body = NewCache,
    responses(
        (status = 201, body = CacheView),
        (status = 502, body = Problem, content_type = "application/problem+json", description = "Google answered with something that cannot be used."),
    ),
)]
pub(super) async fn create_cache(
    State(app): State<App>,
    Anyone(actor): Anyone,
    visit: Visit,
    Body(new): Body<NewCache>,
) -> Result<Changed<CacheView>, Problem> {
    let model = new.model.strip_prefix("models/").unwrap_or(&new.model).to_owned();
    let mut faults = Faults::default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if model.is_empty() || model.len() > 200 || !model.chars().all(plain) {
        faults.add("model", "takes the name of a model, such as gemini-2.5-flash");
    }
    if new.contents.is_none() && new.system_instruction.is_none() {
        faults.add("contents", "say what is to be cached: `contents`, or `system_instruction`");
    }
    check_ttl(&mut faults, new.ttl_seconds);
    if let Some(name) = &new.display_name {
        faults.check_text("display_name", name, 128);
    }
    faults.check()?;
    if !actor.caller.policy.allows_model(&model) {
        return Err(Problem::new(StatusCode::FORBIDDEN, format!("This access key may not use the model `{model}`.")));
    }
    let body = new.to_google(&model, new.ttl_seconds.unwrap_or(USUAL_TTL));
    let home = app.owners.find_in(body.as_bytes());
    let body = RequestBody::written(body.into(), &app.bodies)
        .map_err(|failure| Problem::new(failure.status(), failure.message()))?;
    let call = Call {
        verb: Method::POST,
        path: "/v1beta/cachedContents".to_owned(),
        query: None,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
        body,
        model: None,
        affinity: home.map_or(Affinity::None, Affinity::Must),
        framing: Framing::Json,
        repeatable: false,
        finishes: false,
        client_deadline: None,
        may_fall_back: false,
    };
    let request_line = "POST /v1beta/cachedContents".to_owned();
    let facts = Facts { visit, caller: actor.caller.clone(), request_line, model: None };
    let mut receipt = Receipt::begin(facts);
    let answer = app.relay.ask_where(&call, &mut receipt).await;
    let (answer, project) = answer.map_err(|error| {
        receipt.refused(&error);
        at_google(&error)
    })?;
    receipt.committed(StatusCode::CREATED);
    receipt.completed(&answer.findings);
    drop(receipt);
    let owner: Arc<str> = Arc::clone(&actor.caller.id);
    let made = app.caches.enter_answer(&app, &answer.body, (project, &owner)).await;
    let cache =
        made.ok_or_else(|| Problem::new(StatusCode::BAD_GATEWAY, "Google answered with something that is no cache."))?;
    actor.note(&app, "cache.created", cache.name.clone(), Some(json!({ "model": model }))).await?;
    Ok(Changed::created(keeping(&app), CacheView::of(&app, cache, &actor)))
}

/// Changes how long a cache is kept.
#[utoipa::path(
    patch,
    path = "/api/v1/caches/{id}",
    tag = "caches",
    params(("id" = String, Path)),
    request_body = UpdateCache,
    responses((status = 200, body = CacheView)),
)]
pub(super) async fn update_cache(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
    Body(change): Body<UpdateCache>,
) -> Result<Changed<CacheView>, Problem> {
    let cache = theirs(&app, &actor, &id).await?;
    let mut faults = Faults::default();
    check_ttl(&mut faults, Some(change.ttl_seconds));
    faults.check()?;
    if let Err(error) = app.caches.keep_for(&app, &cache, change.ttl_seconds).await {
        if matches!(error, RelayError::Refused(_)) {
            app.caches.gone(&app, &cache).await;
            return Err(missing());
        }
        return Err(at_google(&error));
    }
    let noted = json!({ "ttl_seconds": change.ttl_seconds });
    actor.note(&app, "cache.updated", cache.name.clone(), Some(noted)).await?;
    let cache = theirs(&app, &actor, &id).await?;
    Ok(Changed::ok(keeping(&app), CacheView::of(&app, cache, &actor)))
}

/// Deletes a cache, at Google as well.
#[utoipa::path(
    delete,
    path = "/api/v1/caches/{id}",
    tag = "caches",
    params(("id" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn delete_cache(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
) -> Result<Changed<()>, Problem> {
    app.caches.settle().await;
    let cache = theirs(&app, &actor, &id).await?;
    if !app.caches.delete(&app, &cache).await {
        let detail = "Google has not deleted it: its project cannot be asked at this moment. Try again shortly.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    actor.note(&app, "cache.deleted", cache.name, None).await?;
    Ok(Changed::gone(keeping(&app)))
}

/// A cache that Google still has, if the actor may see it. Whether there is somebody else's is none of their business.
async fn theirs(app: &App, actor: &Actor, id: &str) -> Result<Cache, Problem> {
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let found = app.store.caches().find(id).await?;
    let found = found.filter(|cache| !cache.is_coming() && cache.expires_at > app.clock.now());
    found.filter(|cache| actor.is_administrator() || *cache.owner == *actor.caller.id).ok_or_else(missing)
}

fn check_ttl(faults: &mut Faults, seconds: Option<u64>) {
    if seconds.is_some_and(|seconds| !(1..=LONGEST_TTL).contains(&seconds)) {
        faults.add("ttl_seconds", format!("takes 1 to {LONGEST_TTL} seconds"));
    }
}

/// Google's refusal is about the fields of the request; all else passes.
fn at_google(error: &RelayError) -> Problem {
    match error {
        RelayError::Refused(refusal) => Problem::field("contents", refusal.fault.message.clone()),
        error => Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("Google cannot be asked: {error}.")),
    }
}

fn keeping(app: &App) -> Keeping {
    if app.store.address().is_memory() { Keeping::Memory } else { Keeping::Database }
}

fn missing() -> Problem {
    Problem::not_found("cache")
}
