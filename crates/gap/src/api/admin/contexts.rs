//! Conversations that are kept for clients: listed, read, changed, exported and deleted by whose they are, and by
//! administrators. What was said is told to nobody else, and never to the audit log.

mod shapes;

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_store::conversations::{Conversation, ConversationChange, Turn};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};
use uuid::Uuid;

use self::shapes::{
    BulkContextAction, BulkContexts, ContextBulkDone, ContextDetail, ContextExport, ContextFilter, ContextFormat,
    ContextQuery, ContextTurn, ContextView, ExportQuery, TurnQuery, UpdateContext,
};
use super::actor::{Actor, Anyone};
use super::kept::{Changed, Faults};
use super::page::{Body, Page, PageQuery, Path, Query};
use super::problem::Problem;
use crate::app::App;
use crate::conversations::export::{Spoken, markdown, system_of};

/// Identifiers that one request may name.
const MOST_IDS: usize = 1_000;
/// Conversations that a filter chooses at a time.
const CHOSEN: u32 = 500;
/// Bytes of a title.
const LONGEST_TITLE: usize = 200;
/// The longest time to live of a conversation's own: a hundred years.
const LONGEST_TTL: u64 = 100 * 365 * 24 * 3_600;
/// Turns whose words are read at a time.
const EXPORT_PAGE: usize = 100;

/// Lists conversations. Who is no administrator sees their own alone.
#[utoipa::path(
    get,
    path = "/api/v1/contexts",
    tag = "contexts",
    params(PageQuery, ContextQuery),
    responses(
        (status = 200, body = Page<ContextView>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_contexts(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Query(page): Query<PageQuery>,
    Query(query): Query<ContextQuery>,
) -> Result<Json<Page<ContextView>>, Problem> {
    let (number, page_size) = page.checked()?;
    let filter = query.filter().of(&actor);
    let skip = u64::from(number - 1) * u64::from(page_size);
    let (ttl, now) = (app.conversations.default_ttl(), app.clock.now());
    let order = query.sort.unwrap_or_default().order();
    let table = app.conversations.store().conversations();
    let listed = table.list(&filter, order, (skip, page_size), ttl, now).await?;
    let items = listed.conversations.iter().map(|conversation| ContextView::of(&app, conversation)).collect();
    Ok(Json(Page { items, total: listed.total, page: number, page_size }))
}

/// Shows one conversation with its system instruction, without what was said.
#[utoipa::path(
    get,
    path = "/api/v1/contexts/{id}",
    tag = "contexts",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = ContextDetail),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn find_context(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
) -> Result<Json<ContextDetail>, Problem> {
    let conversation = theirs(&app, &actor, &id).await?;
    Ok(Json(ContextDetail::of(&app, &conversation)))
}

/// Shows what was said in a conversation: the turns that lead to its end, or with `branches` all of them.
#[utoipa::path(
    get,
    path = "/api/v1/contexts/{id}/turns",
    tag = "contexts",
    params(("id" = String, Path), PageQuery, TurnQuery),
    responses(
        (status = 200, body = Page<ContextTurn>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_context_turns(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
    Query(query): Query<TurnQuery>,
) -> Result<Json<Page<ContextTurn>>, Problem> {
    let conversation = theirs(&app, &actor, &id).await?;
    let turns = turns(&app, &conversation, query.branches.unwrap_or(false)).await?;
    let Page { items, total, page, page_size } = page.cut(&turns, Clone::clone)?;
    let items = with_words(&app, conversation.id, &items).await?;
    Ok(Json(Page { items, total, page, page_size }))
}

/// Renames a conversation, pins it, or changes how long it is kept.
#[utoipa::path(
    patch,
    path = "/api/v1/contexts/{id}",
    tag = "contexts",
    params(("id" = String, Path)),
    request_body = UpdateContext,
    responses(
        (status = 200, body = ContextView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn update_context(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
    Body(change): Body<UpdateContext>,
) -> Result<Changed<ContextView>, Problem> {
    let conversation = theirs(&app, &actor, &id).await?;
    let mut faults = Faults::default();
    if let Some(title) = &change.title {
        faults.check_text("title", title, LONGEST_TITLE);
    }
    if change.ttl_seconds.flatten().is_some_and(|seconds| !(1..=LONGEST_TTL).contains(&seconds)) {
        faults.add("ttl_seconds", format!("takes 1 to {LONGEST_TTL} seconds; null is as long as the settings say"));
    }
    faults.check()?;
    let stored = ConversationChange {
        title: change.title.map(|title| title.trim().to_owned()),
        pinned: change.pinned,
        ttl: change.ttl_seconds.map(|seconds| seconds.map(Duration::from_secs)),
    };
    if !app.conversations.store().conversations().update(conversation.id, &stored).await? {
        return Err(missing());
    }
    let noted =
        json!({ "pinned": stored.pinned, "ttl_seconds": change.ttl_seconds, "renamed": stored.title.is_some() });
    actor.note(&app, "context.updated", conversation.id.to_string(), Some(noted)).await?;
    let conversation = theirs(&app, &actor, &id).await?;
    Ok(Changed::ok(app.conversations.keeping(), ContextView::of(&app, &conversation)))
}

/// Deletes a conversation with all that was said in it.
#[utoipa::path(
    delete,
    path = "/api/v1/contexts/{id}",
    tag = "contexts",
    params(("id" = String, Path)),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_context(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
) -> Result<Changed<()>, Problem> {
    let conversation = theirs(&app, &actor, &id).await?;
    if !app.conversations.store().conversations().delete(conversation.id).await? {
        return Err(missing());
    }
    actor.note(&app, "context.deleted", conversation.id.to_string(), None).await?;
    Ok(Changed::gone(app.conversations.keeping()))
}

/// Changes or deletes many conversations: those named, or all that pass a filter.
#[utoipa::path(
    post,
    path = "/api/v1/contexts/bulk",
    tag = "contexts",
    request_body = BulkContexts,
    responses(
        (status = 200, body = ContextBulkDone),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn change_contexts(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Body(change): Body<BulkContexts>,
) -> Result<Changed<ContextBulkDone>, Problem> {
    let ids = chosen(&app, &actor, change.ids, change.filter).await?;
    let table = app.conversations.store().conversations();
    let pin = |pinned| ConversationChange { pinned: Some(pinned), ..ConversationChange::default() };
    let mut changed = 0;
    for id in ids {
        let done = match change.action {
            BulkContextAction::Delete => table.delete(id).await?,
            BulkContextAction::Pin => table.update(id, &pin(true)).await?,
            BulkContextAction::Unpin => table.update(id, &pin(false)).await?,
        };
        changed += u64::from(done);
    }
    let name = match change.action {
        BulkContextAction::Delete => "context.deleted",
        BulkContextAction::Pin | BulkContextAction::Unpin => "context.updated",
    };
    actor.note(&app, name, format!("{changed} contexts"), None).await?;
    Ok(Changed::ok(app.conversations.keeping(), ContextBulkDone { changed }))
}

/// A conversation as a file: JSON with every branch, or Markdown with the turns that lead to its end.
#[utoipa::path(
    get,
    path = "/api/v1/contexts/{id}/export",
    tag = "contexts",
    params(("id" = String, Path), ExportQuery),
    responses(
        (status = 200, content((ContextExport = "application/json"), (String = "text/markdown"))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn export_context(
    State(app): State<App>,
    Anyone(actor): Anyone,
    Path(id): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let conversation = theirs(&app, &actor, &id).await?;
    let format = query.format.unwrap_or_default();
    let shapes = turns(&app, &conversation, format == ContextFormat::Json).await?;
    let mut turns = Vec::with_capacity(shapes.len());
    for page in shapes.chunks(EXPORT_PAGE) {
        turns.extend(with_words(&app, conversation.id, page).await?);
    }
    let (kind, ending, body) = match format {
        ContextFormat::Json => {
            let context = ContextView::of(&app, &conversation);
            let export = ContextExport { context, system: system_of(&conversation), turns };
            ("application/json", "json", serde_json::to_string_pretty(&export).unwrap_or_default())
        }
        ContextFormat::Markdown => {
            let spoken = turns.iter().map(|turn| Spoken {
                is_models: turn.is_models(),
                partial: turn.partial,
                content: &turn.content,
            });
            ("text/markdown; charset=utf-8", "md", markdown(&conversation, spoken))
        }
    };
    let disposition = format!("attachment; filename=\"gap-context-{}.{ending}\"", conversation.id);
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], body).into_response())
}

/// A conversation, if the actor may see it. Whether there is somebody else's is none of their business.
async fn theirs(app: &App, actor: &Actor, id: &str) -> Result<Conversation, Problem> {
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let (ttl, now) = (app.conversations.default_ttl(), app.clock.now());
    let found = app.conversations.store().conversations().find(id, ttl, now).await?;
    found.filter(|found| actor.is_administrator() || *found.owner == *actor.caller.id).ok_or_else(missing)
}

/// The turns of a conversation, without what was said, each with whether it leads to the end.
async fn turns(app: &App, conversation: &Conversation, branches: bool) -> Result<Vec<(Turn, bool)>, Problem> {
    let turns = app.conversations.store().conversations().turns(conversation.id).await?;
    let mut leads = vec![false; turns.len()];
    let mut at = conversation.head;
    while let Some(index) = usize::try_from(at).ok().and_then(|at| at.checked_sub(1)) {
        let (Some(turn), Some(lead)) = (turns.get(index), leads.get_mut(index)) else { break };
        *lead = true;
        // A parent came earlier.
        at = turn.parent.min(at - 1);
    }
    let turns = turns.into_iter().zip(leads);
    Ok(turns.filter(|(_, leads)| branches || *leads).collect())
}

async fn with_words(app: &App, id: Uuid, turns: &[(Turn, bool)]) -> Result<Vec<ContextTurn>, Problem> {
    let numbers: Vec<i64> = turns.iter().map(|(turn, _)| turn.number).collect();
    let words = app.conversations.store().conversations().contents(id, &numbers).await?;
    let content = |number: i64| {
        let at = words.binary_search_by_key(&number, |(one, _)| *one).ok()?;
        serde_json::from_str(&words.get(at)?.1).ok()
    };
    Ok(turns
        .iter()
        .map(|(turn, leads)| ContextTurn::of(turn, *leads, content(turn.number).unwrap_or(Value::Null)))
        .collect())
}

/// The conversations that a request chooses, as far as they are the actor's.
async fn chosen(
    app: &App,
    actor: &Actor,
    ids: Option<Vec<Uuid>>,
    filter: Option<ContextFilter>,
) -> Result<Vec<Uuid>, Problem> {
    match (ids, filter) {
        (Some(ids), None) if ids.len() > MOST_IDS => {
            Err(Problem::field("ids", format!("takes {MOST_IDS} identifiers at most")))
        }
        (Some(ids), None) => {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                if let Ok(conversation) = theirs(app, actor, &id.to_string()).await {
                    found.push(conversation.id);
                }
            }
            Ok(found)
        }
        (None, Some(filter)) => {
            let (filter, order) = (filter.of(actor), shapes::ContextSort::Oldest.order());
            let (ttl, now) = (app.conversations.default_ttl(), app.clock.now());
            let mut found = Vec::new();
            loop {
                let page = (found.len() as u64, CHOSEN);
                let listed = app.conversations.store().conversations().list(&filter, order, page, ttl, now).await?;
                if listed.conversations.is_empty() {
                    return Ok(found);
                }
                found.extend(listed.conversations.into_iter().map(|conversation| conversation.id));
            }
        }
        (None, None) => Err(Problem::field("ids", "say which contexts: `ids`, or `filter` (`{}` is all of them)")),
        (Some(_), Some(_)) => Err(Problem::field("filter", "`ids` and `filter` are two ways to say which; use one")),
    }
}

fn missing() -> Problem {
    Problem::not_found("context")
}
