//! The Google projects that own upstream keys.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{Store, StoreError, json};

/// A project.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Ours.
    pub id: Uuid,
    /// What people may change.
    pub details: ProjectDetails,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// What people may change about a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectDetails {
    /// Google's number or name of it, once known. No two projects share one.
    pub google_name: Option<String>,
    /// What people call it.
    pub label: String,
    /// Which of Google's tiers it is on, if that is known.
    pub tier: Option<String>,
    /// Limits set by hand, in the pool's words.
    pub limits: Option<Value>,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Projects<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    google_name: Option<String>,
    label: String,
    tier: Option<String>,
    limits: Option<String>,
    created_at: i64,
    updated_at: i64,
}

// === impl Projects ===

impl Projects<'_> {
    /// Enters a project. [`StoreError::Duplicate`] when one of this Google name is there.
    pub async fn insert(&self, id: Uuid, details: &ProjectDetails, now: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO projects (id, google_name, label, tier, limits, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $6)";
        let limits = json::write_optional(details.limits.as_ref())?;
        on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(&details.google_name)
                .bind(&details.label)
                .bind(&details.tier)
                .bind(limits)
                .bind(now.as_millisecond())
                .execute(pool)
                .await
                .map_err(StoreError::about("project"))?;
        });
        Ok(())
    }

    /// All of them, in the order of their identifiers.
    pub async fn list(&self) -> Result<Vec<Project>, StoreError> {
        const SQL: &str =
            "SELECT id, google_name, label, tier, limits, created_at, updated_at FROM projects ORDER BY id";
        let rows: Vec<Row> = on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(Project::try_from).collect()
    }

    /// Changes a project; false when there is none.
    pub async fn update(&self, id: Uuid, details: &ProjectDetails, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE projects SET google_name = $2, label = $3, tier = $4, limits = $5, updated_at = $6
            WHERE id = $1";
        let limits = json::write_optional(details.limits.as_ref())?;
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(&details.google_name)
                .bind(&details.label)
                .bind(&details.tier)
                .bind(limits)
                .bind(now.as_millisecond())
                .execute(pool)
                .await
                .map_err(StoreError::about("project"))?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Removes a project; its upstream keys stay, without one. False when there is none.
    pub async fn delete(&self, id: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM projects WHERE id = $1";
        let gone = on!(self.store.write(), |pool| {
            sqlx::query(SQL).bind(id.to_string()).execute(pool).await?.rows_affected()
        });
        Ok(gone > 0)
    }
}

impl TryFrom<Row> for Project {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: json::id(&row.id)?,
            details: ProjectDetails {
                google_name: row.google_name,
                label: row.label,
                tier: row.tier,
                limits: json::read_optional(row.limits.as_deref())?,
            },
            created_at: json::time(row.created_at)?,
            updated_at: json::time(row.updated_at)?,
        })
    }
}
