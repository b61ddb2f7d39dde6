//! Who changed what.
#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

use axum::Json;
use axum::extract::State;
use gap_store::audit::{AuditEntry, AuditFilter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::actor::Administrator;
use super::page::Query;
use super::problem::Problem;
use crate::app::App;

/// Which actions are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Of this actor only.
    actor: Option<String>,
    /// Of this kind only, such as `config.changed`.
    action: Option<String>,
    /// Older ones than this: the `next` of the page before.
    cursor: Option<String>,
    /// Entries of a page.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<u32>,
}

/// Actions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// The actions.
    items: Vec<Entry>,
    /// The `cursor` of the next page; none when this is the last.
    next: Option<String>,
}

/// One action.
#[derive(Debug, Serialize, ToSchema)]
struct Entry {
    /// Its identifier.
    id: Uuid,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who.
    actor: String,
    /// What.
    action: String,
    /// To which.
    subject: String,
    /// From where.
    address: String,
    /// What else is worth knowing.
    detail: Option<Value>,
}

/// Lists what administrators did, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, body = AuditPage)),
)]
pub(super) async fn list_audit(
    State(app): State<App>,
    Administrator(_actor): Administrator,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, Problem> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=1_000).contains(&limit) {
        return Err(Problem::field("limit", "a page has 1 to 1000 entries"));
    }
    let before = query.cursor.as_deref().map(read_cursor).transpose()?;
    let filter = AuditFilter { actor: query.actor, action: query.action, before };
    let entries = app.store.audit().list(&filter, limit).await?;
    let full = entries.len() == limit as usize;
    let next = entries.last().filter(|_| full).map(|last| format!("{}_{}", last.at.as_millisecond(), last.id));
    Ok(Json(AuditPage { items: entries.into_iter().map(Entry::from).collect(), next }))
}

fn read_cursor(text: &str) -> Result<(Timestamp, Uuid), Problem> {
    let read = || {
        let (at, id) = text.split_once('_')?;
        Some((Timestamp::from_millisecond(at.parse().ok()?).ok()?, id.parse().ok()?))
    };
    read().ok_or_else(|| Problem::field("cursor", "takes the `next` of the page before"))
}

impl From<AuditEntry> for Entry {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, at, actor, action, subject, address, detail } = entry;
        Self { id, at, actor, action, subject, address, detail }
    }
}
