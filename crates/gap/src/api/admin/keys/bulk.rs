//! Many upstream keys at a time, and the tags by which people group them.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{KeyQuery, LONGEST_REASON, check_tags};
use crate::api::admin::actor::Administrator;
use crate::api::admin::kept::{Changed, Faults};
use crate::api::admin::page::Body;
use crate::api::admin::problem::Problem;
use crate::app::App;
use crate::roster::{Keeping, tidy_tags};

/// Keys that are named one by one in a request.
const MOST_IDS: usize = 100_000;
/// Identifiers that the audit log names.
const MOST_NOTED: usize = 100;

/// What is done to many keys.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct BulkChange {
    /// What is done.
    action: BulkAction,
    /// To these keys.
    ids: Option<Vec<Uuid>>,
    /// In place of `ids`: to all keys that a list with this filter shows.
    filter: Option<KeyQuery>,
    /// With `disable`: why.
    reason: Option<String>,
    /// With `file`: the project; null is none.
    project: Option<Uuid>,
    /// With `tag` and `untag`: the tags that are given or taken.
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: Vec<String>,
}

/// What can be done to many keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api::admin) enum BulkAction {
    /// Put back into use, whatever was wrong.
    Enable,
    /// Switch off.
    Disable,
    /// Forget what is held against them.
    Reset,
    /// Remove.
    Delete,
    /// File under a project.
    File,
    /// Give tags; those they have stay.
    Tag,
    /// Take tags away.
    Untag,
}

/// What was done to many keys.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct BulkDone {
    /// To how many.
    changed: usize,
    /// Where the change is kept: `memory` is until restart.
    kept: Keeping,
}

/// Does something to many upstream keys: to those named, or to all that pass a filter.
#[utoipa::path(
    post,
    path = "/api/v1/keys/bulk",
    tag = "keys",
    request_body = BulkChange,
    responses((status = 200, body = BulkDone)),
)]
pub(in crate::api::admin) async fn change_keys(
    State(app): State<App>,
    Administrator(actor): Administrator,
    Body(change): Body<BulkChange>,
) -> Result<Changed<BulkDone>, Problem> {
    let BulkChange { action, ids, filter, reason, project, tags } = change;
    let reason = reason.unwrap_or_default();
    let mut faults = Faults::default();
    faults.check_text("reason", &reason, LONGEST_REASON);
    check_tags(&mut faults, &tags);
    if matches!(action, BulkAction::Tag | BulkAction::Untag) && tags.is_empty() {
        faults.add("tags", "say which tags");
    }
    faults.check()?;
    let ids = chosen(&app, ids, filter.as_ref())?;
    let roster = &app.roster;
    let changed = match action {
        BulkAction::Enable => roster.enable(&ids).await?,
        BulkAction::Disable => roster.disable(&ids, &reason).await?,
        BulkAction::Reset => roster.reset(&ids).await?,
        BulkAction::Delete => roster.delete(&ids).await?,
        BulkAction::File => roster.file(&ids, project).await?,
        BulkAction::Tag => roster.tag(&ids, &tidy_tags(&tags), &[]).await?,
        BulkAction::Untag => roster.tag(&ids, &[], &tidy_tags(&tags)).await?,
    };
    let name = match action {
        BulkAction::Enable => "key.enabled",
        BulkAction::Disable => "key.disabled",
        BulkAction::Reset => "key.reset",
        BulkAction::Delete => "key.deleted",
        BulkAction::File => "key.filed",
        BulkAction::Tag => "key.tagged",
        BulkAction::Untag => "key.untagged",
    };
    // Those that go out of use or come back are told of by the pool.
    match action {
        BulkAction::Enable | BulkAction::Disable => {}
        BulkAction::Reset => app.books.events().keys_changed("reset", &ids),
        BulkAction::Delete => app.books.events().keys_changed("deleted", &ids),
        BulkAction::File => app.books.events().keys_changed("filed", &ids),
        BulkAction::Tag | BulkAction::Untag => app.books.events().keys_changed("tagged", &ids),
    }
    let named: Vec<&Uuid> = ids.iter().take(MOST_NOTED).collect();
    let noted = json!({ "ids": named, "reason": reason, "project": project, "tags": tags });
    actor.note(&app, name, format!("{changed} keys"), Some(noted)).await?;
    Ok(Changed::ok(roster.keeping(), BulkDone { changed, kept: roster.keeping() }))
}

/// The keys that a request chooses: those named, or those that pass a filter.
pub(super) fn chosen(app: &App, ids: Option<Vec<Uuid>>, filter: Option<&KeyQuery>) -> Result<Vec<Uuid>, Problem> {
    match (ids, filter) {
        (Some(ids), None) if ids.len() > MOST_IDS => {
            Err(Problem::field("ids", format!("takes {MOST_IDS} identifiers at most")))
        }
        (Some(ids), None) => Ok(ids),
        (None, Some(filter)) => Ok(app.roster.matching(&filter.filter()?)),
        (None, None) => Err(Problem::field("ids", "say which keys: `ids`, or `filter` (`{}` is all of them)")),
        (Some(_), Some(_)) => Err(Problem::field("filter", "stands in place of `ids`, not beside it")),
    }
}

/// A tag, and how many keys have it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct TagView {
    /// The tag.
    tag: String,
    /// Its keys.
    keys: usize,
}

/// Lists the tags of upstream keys, by name.
#[utoipa::path(
    get,
    path = "/api/v1/keys/tags",
    tag = "keys",
    responses((status = 200, body = Vec<TagView>)),
)]
pub(in crate::api::admin) async fn list_key_tags(State(app): State<App>, _: Administrator) -> Json<Vec<TagView>> {
    Json(app.roster.tags().into_iter().map(|(tag, keys)| TagView { tag, keys }).collect())
}
