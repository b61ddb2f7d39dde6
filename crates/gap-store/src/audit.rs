//! Who did what: one row per action of an administrator, never changed.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::{Store, StoreError, json};

/// An action.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Made by the caller.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What, such as `key.created`.
    pub action: String,
    /// To which: a name or an identifier.
    pub subject: String,
    /// From where; empty when from the machine itself.
    pub address: String,
    /// What else is worth knowing. Never a secret.
    pub detail: Option<Value>,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this actor only.
    pub actor: Option<String>,
    /// Of this action only.
    pub action: Option<String>,
    /// Older than this entry: the last one of the page before.
    pub before: Option<(Timestamp, Uuid)>,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Audit<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    address: String,
    detail: Option<String>,
}

// === impl Audit ===

impl Audit<'_> {
    /// Notes an action.
    pub async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO audit (id, at, actor, action, subject, address, detail)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let detail = json::write_optional(entry.detail.as_ref())?;
        on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(entry.id.to_string())
                .bind(entry.at.as_millisecond())
                .bind(&entry.actor)
                .bind(&entry.action)
                .bind(&entry.subject)
                .bind(&entry.address)
                .bind(detail)
                .execute(pool)
                .await
                .map_err(StoreError::about("audit entry"))?;
        });
        Ok(())
    }

    /// The newest entries that pass the filter.
    pub async fn list(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        const SQL: &str = "SELECT id, at, actor, action, subject, address, detail FROM audit WHERE 1 = 1";
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            let mut query = QueryBuilder::new(SQL);
            if let Some(actor) = &filter.actor {
                query.push(" AND actor = ").push_bind(actor);
            }
            if let Some(action) = &filter.action {
                query.push(" AND action = ").push_bind(action);
            }
            if let Some((at, id)) = &filter.before {
                query.push(" AND (at, id) < (").push_bind(at.as_millisecond());
                query.push(", ").push_bind(id.to_string()).push(")");
            }
            query.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await?
        });
        let entries = rows.into_iter().map(|row| {
            Ok(AuditEntry {
                id: json::id(&row.id)?,
                at: json::time(row.at)?,
                actor: row.actor,
                action: row.action,
                subject: row.subject,
                address: row.address,
                detail: json::read_optional(row.detail.as_deref())?,
            })
        });
        entries.collect()
    }
}
