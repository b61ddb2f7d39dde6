//! Conversations that clients put together, and that responses add to.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use gap_protocol::openai::responses::Order;
use gap_protocol::openai::responses::conversations::{describe, list, read_beginning, read_items, read_metadata};
use gap_store::dialogues::{Dialogue, Item, Page};
use http::Request;
use serde_json::json;

use super::OpenAiFailure;
use super::responses::{about, document_of, look, no_item, page_of, refuse};
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::Document;
use crate::caller::Caller;
use crate::middleware::Visit;

/// Begins a conversation, with items if the request brings some.
pub async fn create_conversation(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    read(&app, &visit, request, async |caller, document| {
        let beginning = read_beginning(&document.bytes, &unique())?;
        if app.dialogues.keeps_nothing() {
            let message =
                "This gateway keeps no conversations (responses.conversations_per_access_key, responses.memory).";
            return Err(refuse(400, message, None, Some("unsupported_value")));
        }
        let id = format!("conv_{}", unique());
        let created = app.dialogues.create(&caller.id, &id, beginning.metadata, beginning.items).await;
        Ok(shown(&created.map_err(|error| about(error, &id, "items"))?))
    })
    .await
}

/// Shows a conversation, without its items.
pub async fn find_conversation(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |_, caller| {
        let found = app.dialogues.find(&caller.id, &id).await;
        Ok(shown(&found.map_err(|error| about(error, &id, "conversation_id"))?))
    })
    .await
}

/// Changes the metadata of a conversation.
pub async fn update_conversation(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    read(&app, &visit, request, async |caller, document| {
        let metadata = read_metadata(&document.bytes)?;
        let updated = app.dialogues.update(&caller.id, &id, metadata).await;
        Ok(shown(&updated.map_err(|error| about(error, &id, "conversation_id"))?))
    })
    .await
}

/// Removes a conversation with its items.
pub async fn delete_conversation(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |_, caller| {
        app.dialogues.delete(&caller.id, &id).await.map_err(|error| about(error, &id, "conversation_id"))?;
        let gone = json!({ "id": id, "object": "conversation.deleted", "deleted": true });
        Ok(document_of(gone.to_string().into()))
    })
    .await
}

/// Lists the items of a conversation.
pub async fn list_items(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |head, caller| {
        let wanted = page_of(&head)?;
        let page = Page {
            after: wanted.after.as_deref(),
            limit: u32::try_from(wanted.limit).unwrap_or(u32::MAX),
            latest_first: wanted.order == Order::Descending,
        };
        let found = app.dialogues.page(&caller.id, &id, page).await;
        let found = found.map_err(|error| about(error, &id, "conversation_id"))?;
        let (items, has_more) = found.ok_or_else(no_item)?;
        Ok(listed(&items, has_more))
    })
    .await
}

/// Adds items to a conversation.
pub async fn add_items(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    read(&app, &visit, request, async |caller, document| {
        let items = read_items(&document.bytes, &unique())?;
        let added = app.dialogues.add(&caller.id, &id, items).await;
        Ok(listed(&added.map_err(|error| about(error, &id, "items"))?, false))
    })
    .await
}

/// Shows an item of a conversation.
pub async fn find_item(
    State(app): State<App>,
    visit: Visit,
    Path((id, item)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |_, caller| {
        let found = app.dialogues.item(&caller.id, &id, &item).await;
        let found = found.map_err(|error| about(error, &id, "conversation_id"))?;
        Ok(document_of(found.ok_or_else(|| unknown_item(&item))?.item.into()))
    })
    .await
}

/// Takes an item out of a conversation.
pub async fn delete_item(
    State(app): State<App>,
    visit: Visit,
    Path((id, item)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |_, caller| {
        let removed = app.dialogues.remove(&caller.id, &id, &item).await;
        let removed = removed.map_err(|error| about(error, &id, "conversation_id"))?;
        Ok(shown(&removed.ok_or_else(|| unknown_item(&item))?))
    })
    .await
}

// === What they share ===

/// Lets a guest in and reads what they send.
async fn read(
    app: &App,
    visit: &Visit,
    request: Request<Body>,
    serve: impl AsyncFnOnce(Caller, Document) -> Result<Response, OpenAiFailure>,
) -> Response {
    guest::attend(app, visit, request, async move |guest, head, body| {
        let document = Document::read(body, &head.headers, &app.bodies).await?;
        let Guest { caller, permit } = guest;
        let served = serve(caller, document).await;
        drop(permit);
        served
    })
    .await
}

fn unique() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

fn shown(dialogue: &Dialogue) -> Response {
    let created = u64::try_from(dialogue.created_at.as_second()).unwrap_or_default();
    document_of(describe(&dialogue.id, &dialogue.metadata, created).into())
}

fn listed(items: &[Item], has_more: bool) -> Response {
    document_of(list(items.iter().map(|item| (item.id.as_str(), item.item.as_str())), has_more).into())
}

fn unknown_item(id: &str) -> OpenAiFailure {
    let id: String = id.chars().take(80).collect();
    refuse(404, &format!("Item with id '{id}' not found."), None, None)
}
