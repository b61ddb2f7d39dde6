//! Who owns a name that Google gave.
//!
//! A file, a cache, a batch or an operation lives in one project, and only that project's keys can reach it. The ledger
//! also knows which access key made it: nobody else sees it.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::QueryBuilder;

use crate::{Store, StoreError, json};

/// Google's own names are far shorter. What is longer was made up by a client.
const LONGEST_NAME: usize = 1_024;

/// A name that Google gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Such as `files/abc`.
    pub name: String,
    /// Such as `file`.
    pub kind: String,
    /// The project in which it lives.
    pub project: String,
    /// The upstream key that made it: the only one that surely reaches it while its project is unknown.
    pub upstream_key: String,
    /// The access key that made it; empty when there was none.
    pub owner: String,
    /// What else is worth knowing, as JSON of the service's.
    pub detail: Option<Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When Google forgets it, if that is known.
    pub expires_at: Option<Timestamp>,
}

/// Which resources are asked for.
#[derive(Clone, Debug, Default)]
pub struct ResourceFilter {
    /// Of this owner only.
    pub owner: Option<String>,
    /// Of this kind only.
    pub kind: Option<String>,
    /// After this name: the last one of the page before.
    pub after: Option<String>,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Resources<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    kind: String,
    project: String,
    upstream_key: String,
    owner: String,
    detail: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
}

// === impl Resources ===

impl Resources<'_> {
    /// Notes a name, or what has changed about it. The owner of a name that is there stays the owner.
    pub async fn record(&self, resource: &Resource) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO resources (name, kind, project, upstream_key, owner, detail, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, project = excluded.project,
            upstream_key = excluded.upstream_key, detail = excluded.detail, expires_at = excluded.expires_at";
        if resource.name.len() > LONGEST_NAME || resource.name.contains('\0') {
            return Err(StoreError::Invalid(format!(
                "the name of a resource has at most {LONGEST_NAME} bytes and no NUL"
            )));
        }
        let detail = json::write_optional(resource.detail.as_ref())?;
        on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(&resource.name)
                .bind(&resource.kind)
                .bind(&resource.project)
                .bind(&resource.upstream_key)
                .bind(&resource.owner)
                .bind(detail)
                .bind(resource.created_at.as_millisecond())
                .bind(resource.expires_at.map(Timestamp::as_millisecond))
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// What is known of a name that Google has not forgotten yet.
    pub async fn find(&self, name: &str, now: Timestamp) -> Result<Option<Resource>, StoreError> {
        const SQL: &str =
            "SELECT name, kind, project, upstream_key, owner, detail, created_at, expires_at FROM resources
            WHERE name = $1 AND (expires_at IS NULL OR expires_at > $2)";
        if name.contains('\0') {
            return Ok(None);
        }
        let row: Option<Row> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(name).bind(now.as_millisecond()).fetch_optional(pool).await?
        });
        row.map(Resource::try_from).transpose()
    }

    /// Names that pass the filter and that Google has not forgotten yet, in their order.
    pub async fn list(&self, filter: &ResourceFilter, limit: u32, now: Timestamp) -> Result<Vec<Resource>, StoreError> {
        const SQL: &str =
            "SELECT name, kind, project, upstream_key, owner, detail, created_at, expires_at FROM resources
            WHERE (expires_at IS NULL OR expires_at > ";
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            let mut query = QueryBuilder::new(SQL);
            query.push_bind(now.as_millisecond()).push(")");
            if let Some(owner) = &filter.owner {
                query.push(" AND owner = ").push_bind(owner);
            }
            if let Some(kind) = &filter.kind {
                query.push(" AND kind = ").push_bind(kind);
            }
            if let Some(after) = &filter.after {
                query.push(" AND name > ").push_bind(after);
            }
            query.push(" ORDER BY name LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await?
        });
        rows.into_iter().map(Resource::try_from).collect()
    }

    /// Forgets a name; false when it is not known.
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM resources WHERE name = $1";
        if name.contains('\0') {
            return Ok(false);
        }
        let gone = on!(self.store.write(), |pool| sqlx::query(SQL).bind(name).execute(pool).await?.rows_affected());
        Ok(gone > 0)
    }
}

impl TryFrom<Row> for Resource {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            name: row.name,
            kind: row.kind,
            project: row.project,
            upstream_key: row.upstream_key,
            owner: row.owner,
            detail: json::read_optional(row.detail.as_deref())?,
            created_at: json::time(row.created_at)?,
            expires_at: json::time_optional(row.expires_at)?,
        })
    }
}
