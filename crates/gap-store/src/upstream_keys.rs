//! Upstream keys: ours at Google, sealed at rest.

use std::collections::HashSet;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::db::BeginWriting;
use crate::{Store, StoreError, json};

/// How many keys one statement enters.
const CHUNK: usize = 500;

/// An upstream key.
#[derive(Clone, Debug)]
pub struct UpstreamKey {
    /// Ours.
    pub id: Uuid,
    /// What is sent to Google.
    pub secret: SecretString,
    /// What people may change.
    pub details: KeyDetails,
    /// Since when, and why, it is out of the pool.
    pub disabled: Option<Disabled>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// What people may change about an upstream key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDetails {
    /// The project that owns it, once known.
    pub project: Option<Uuid>,
    /// What people call it.
    pub label: String,
    /// Which of Google's tiers it is on, if that is known.
    pub tier: Option<String>,
    /// Its share of the work beside others, in hundredths: 100 is the share of most.
    pub weight: u32,
    /// The only models that it serves; `None`: all.
    pub models: Option<Vec<String>>,
    /// From when on it is not used.
    pub expires_at: Option<Timestamp>,
    /// What people group it by.
    pub tags: Vec<String>,
    /// How many requests it may carry at a time; `None`: as the settings say.
    pub concurrency: Option<u32>,
}

/// Out of the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// Since when.
    pub at: Timestamp,
    /// Why, for people.
    pub reason: String,
}

/// A key to be entered.
#[derive(Clone, Debug)]
pub struct NewUpstreamKey {
    /// Made by the caller.
    pub id: Uuid,
    /// What is sent to Google.
    pub secret: SecretString,
    /// The rest.
    pub details: KeyDetails,
}

/// All keys, as far as they open.
#[derive(Clone, Debug, Default)]
pub struct UpstreamKeyList {
    /// Those that do.
    pub keys: Vec<UpstreamKey>,
    /// Those whose sealed secret does not open: the row was damaged or moved. They must be entered again.
    pub unreadable: Vec<Uuid>,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamKeys<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    project_id: Option<String>,
    label: String,
    sealed: String,
    tier: Option<String>,
    weight: i64,
    models: Option<String>,
    expires_at: Option<i64>,
    tags: Option<String>,
    concurrency: Option<i64>,
    disabled_at: Option<i64>,
    disabled_reason: Option<String>,
    created_at: i64,
    updated_at: i64,
}

// === impl KeyDetails ===

impl Default for KeyDetails {
    fn default() -> Self {
        Self {
            project: None,
            label: String::new(),
            tier: None,
            weight: 100,
            models: None,
            expires_at: None,
            tags: Vec::new(),
            concurrency: None,
        }
    }
}

// === impl UpstreamKeys ===

impl UpstreamKeys<'_> {
    /// Enters a key. [`StoreError::Duplicate`] when its secret is there already, [`StoreError::Missing`] when its project
    /// is not.
    pub async fn insert(&self, new: &NewUpstreamKey, now: Timestamp) -> Result<(), StoreError> {
        let entered = self.insert_many(std::slice::from_ref(new), now).await?;
        if entered.is_empty() { Err(StoreError::Duplicate("upstream key")) } else { Ok(()) }
    }

    /// Enters many keys: all that are new, or, on an error, none. Returns who is new; the others' secrets are there
    /// already, or came twice.
    pub async fn insert_many(&self, new: &[NewUpstreamKey], now: Timestamp) -> Result<HashSet<Uuid>, StoreError> {
        const INTO: &str =
            "INSERT INTO upstream_keys (id, project_id, label, sealed, fingerprint, tier, weight, models,
            expires_at, tags, concurrency, created_at, updated_at) ";
        const UNLESS_KNOWN: &str = " ON CONFLICT (fingerprint) DO NOTHING RETURNING id";
        let vault = self.store.vault();
        let now = now.as_millisecond();
        let rows = new
            .iter()
            .map(|key| {
                let sealed = vault.seal(&place(key.id), key.secret.expose_secret().as_bytes())?;
                let models = json::write_optional(key.details.models.as_ref())?;
                Ok((key, sealed, vault.fingerprint(&key.secret), models, tags(&key.details)?))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut entered = HashSet::new();
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for chunk in rows.chunks(CHUNK) {
                let mut query = QueryBuilder::new(INTO);
                query.push_values(chunk, |mut row, (key, sealed, fingerprint, models, tags)| {
                    let details = &key.details;
                    row.push_bind(key.id.to_string())
                        .push_bind(details.project.map(|project| project.to_string()))
                        .push_bind(&details.label)
                        .push_bind(sealed)
                        .push_bind(fingerprint)
                        .push_bind(&details.tier)
                        .push_bind(i64::from(details.weight))
                        .push_bind(models)
                        .push_bind(details.expires_at.map(Timestamp::as_millisecond))
                        .push_bind(tags)
                        .push_bind(details.concurrency.map(i64::from))
                        .push_bind(now)
                        .push_bind(now);
                });
                let ids: Vec<String> = query
                    .push(UNLESS_KNOWN)
                    .build_query_scalar()
                    .fetch_all(&mut *transaction)
                    .await
                    .map_err(StoreError::about("upstream key"))?;
                for id in &ids {
                    entered.insert(json::id(id)?);
                }
            }
            transaction.commit().await?;
        });
        Ok(entered)
    }

    /// All keys, opened, in the order of their identifiers.
    pub async fn list(&self) -> Result<UpstreamKeyList, StoreError> {
        const SQL: &str = "SELECT id, project_id, label, sealed, tier, weight, models, expires_at, tags, concurrency,
            disabled_at, disabled_reason, created_at, updated_at FROM upstream_keys ORDER BY id";
        let rows: Vec<Row> = on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_all(pool).await?);
        let mut list = UpstreamKeyList::default();
        for row in rows {
            match self.open(row)? {
                Ok(key) => list.keys.push(key),
                Err(id) => list.unreadable.push(id),
            }
        }
        Ok(list)
    }

    /// A stretch of the keys, opened, in the order of their identifiers: those behind `after`, at most `at_most`. The last
    /// identifier of the stretch, whether it opens or not, is where the next one begins; none after the last stretch.
    pub async fn stretch(
        &self,
        after: Option<Uuid>,
        at_most: u32,
    ) -> Result<(UpstreamKeyList, Option<Uuid>), StoreError> {
        const SQL: &str = "SELECT id, project_id, label, sealed, tier, weight, models, expires_at, tags, concurrency,
            disabled_at, disabled_reason, created_at, updated_at FROM upstream_keys WHERE id > $1 ORDER BY id LIMIT $2";
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(after).bind(i64::from(at_most)).fetch_all(pool).await?
        });
        let full = rows.len() >= at_most as usize;
        let mut list = UpstreamKeyList::default();
        let mut end = None;
        for row in rows {
            let opened = self.open(row)?;
            end = Some(opened.as_ref().map_or_else(|id| *id, |key| key.id));
            match opened {
                Ok(key) => list.keys.push(key),
                Err(id) => list.unreadable.push(id),
            }
        }
        Ok((list, end.filter(|_| full)))
    }

    /// What tells whether anything has changed: how many keys there are, and when the last of them was changed.
    pub async fn version(&self) -> Result<(u64, Option<Timestamp>), StoreError> {
        const SQL: &str = "SELECT COUNT(*), MAX(updated_at) FROM upstream_keys";
        let (count, last): (i64, Option<i64>) =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_one(pool).await?);
        Ok((u64::try_from(count).unwrap_or(0), json::time_optional(last)?))
    }

    /// When each key was changed, without opening any.
    pub async fn changes(&self) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
        const SQL: &str = "SELECT id, updated_at FROM upstream_keys ORDER BY id";
        let rows: Vec<(String, i64)> = on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(|(id, at)| Ok((json::id(&id)?, json::time(at)?))).collect()
    }

    /// Which of these secrets somebody has deleted since they were entered.
    pub async fn deleted(&self, secrets: &[SecretString]) -> Result<Vec<bool>, StoreError> {
        const SQL: &str = "SELECT fingerprint FROM deleted_upstream_keys";
        let gone: Vec<String> = on!(self.store.read(), |pool| sqlx::query_scalar(SQL).fetch_all(pool).await?);
        let gone: HashSet<String> = gone.into_iter().collect();
        let vault = self.store.vault();
        Ok(secrets.iter().map(|secret| gone.contains(&vault.fingerprint(secret))).collect())
    }

    /// One key; `None` when there is none. [`StoreError::Damaged`] when its secret does not open.
    pub async fn find(&self, id: Uuid) -> Result<Option<UpstreamKey>, StoreError> {
        const SQL: &str = "SELECT id, project_id, label, sealed, tier, weight, models, expires_at, tags, concurrency,
            disabled_at, disabled_reason, created_at, updated_at FROM upstream_keys WHERE id = $1";
        let row: Option<Row> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(pool).await?);
        let Some(row) = row else { return Ok(None) };
        match self.open(row)? {
            Ok(key) => Ok(Some(key)),
            Err(id) => Err(StoreError::Damaged(format!("the secret of upstream key {id} does not open"))),
        }
    }

    /// Whose secret this is, without opening any.
    pub async fn find_secret(&self, secret: &SecretString) -> Result<Option<Uuid>, StoreError> {
        const SQL: &str = "SELECT id FROM upstream_keys WHERE fingerprint = $1";
        let fingerprint = self.store.vault().fingerprint(secret);
        let id: Option<String> =
            on!(self.store.read(), |pool| sqlx::query_scalar(SQL).bind(fingerprint).fetch_optional(pool).await?);
        id.as_deref().map(json::id).transpose()
    }

    /// Changes a key; false when there is none.
    pub async fn update(&self, id: Uuid, details: &KeyDetails, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE upstream_keys SET project_id = $2, label = $3, tier = $4, weight = $5, models = $6,
            expires_at = $7, tags = $8, concurrency = $9, updated_at = $10 WHERE id = $1";
        let models = json::write_optional(details.models.as_ref())?;
        let tags = tags(details)?;
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(details.project.map(|project| project.to_string()))
                .bind(&details.label)
                .bind(&details.tier)
                .bind(i64::from(details.weight))
                .bind(models)
                .bind(details.expires_at.map(Timestamp::as_millisecond))
                .bind(tags)
                .bind(details.concurrency.map(i64::from))
                .bind(now.as_millisecond())
                .execute(pool)
                .await
                .map_err(StoreError::about("upstream key"))?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Files keys under a project, or (`None`) under none. How many there were.
    pub async fn file(&self, ids: &[Uuid], project: Option<Uuid>, now: Timestamp) -> Result<u64, StoreError> {
        let mut changed = 0;
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for chunk in ids.chunks(CHUNK) {
                let mut query = QueryBuilder::new("UPDATE upstream_keys SET project_id = ");
                query.push_bind(project.map(|project| project.to_string()));
                query.push(", updated_at = ").push_bind(now.as_millisecond()).push(" WHERE id IN (");
                let mut list = query.separated(", ");
                for id in chunk {
                    list.push_bind(id.to_string());
                }
                query.push(")");
                let done = query.build().execute(&mut *transaction).await;
                changed += done.map_err(StoreError::about("upstream key"))?.rows_affected();
            }
            transaction.commit().await?;
        });
        Ok(changed)
    }

    /// Gives keys these tags in place of those they have, all in one transaction. How many there were.
    pub async fn set_tags(&self, tags_of: &[(Vec<Uuid>, Vec<String>)], now: Timestamp) -> Result<u64, StoreError> {
        let written = tags_of.iter().map(|(ids, tags)| Ok((ids, written(tags)?)));
        let written = written.collect::<Result<Vec<_>, StoreError>>()?;
        let mut changed = 0;
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for (ids, tags) in &written {
                for chunk in ids.chunks(CHUNK) {
                    let mut query = QueryBuilder::new("UPDATE upstream_keys SET tags = ");
                    query.push_bind(tags);
                    query.push(", updated_at = ").push_bind(now.as_millisecond()).push(" WHERE id IN (");
                    let mut list = query.separated(", ");
                    for id in chunk {
                        list.push_bind(id.to_string());
                    }
                    query.push(")");
                    changed += query.build().execute(&mut *transaction).await?.rows_affected();
                }
            }
            transaction.commit().await?;
        });
        Ok(changed)
    }

    /// Takes a key out of the pool, or (`None`) puts it back; false when there is none.
    pub async fn set_disabled(
        &self,
        id: Uuid,
        disabled: Option<&Disabled>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.set_many_disabled(&[id], disabled, now).await? > 0)
    }

    /// Takes keys out of the pool, or (`None`) puts them back, all in one transaction. How many there were.
    pub async fn set_many_disabled(
        &self,
        ids: &[Uuid],
        disabled: Option<&Disabled>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut changed = 0;
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for chunk in ids.chunks(CHUNK) {
                let mut query = QueryBuilder::new("UPDATE upstream_keys SET disabled_at = ");
                query.push_bind(disabled.map(|disabled| disabled.at.as_millisecond()));
                query.push(", disabled_reason = ").push_bind(disabled.map(|disabled| disabled.reason.as_str()));
                query.push(", updated_at = ").push_bind(now.as_millisecond()).push(" WHERE id IN (");
                let mut list = query.separated(", ");
                for id in chunk {
                    list.push_bind(id.to_string());
                }
                query.push(")");
                changed += query.build().execute(&mut *transaction).await?.rows_affected();
            }
            transaction.commit().await?;
        });
        Ok(changed)
    }

    /// Removes a key and what the pool remembers of it, and notes that it is gone: the settings do not bring it back. False
    /// when there is none.
    pub async fn delete(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.delete_many(&[id], now).await? > 0)
    }

    /// Removes keys, as [`UpstreamKeys::delete`] does, all in one transaction. How many there were.
    pub async fn delete_many(&self, ids: &[Uuid], now: Timestamp) -> Result<u64, StoreError> {
        let mut gone = 0;
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            for chunk in ids.chunks(CHUNK) {
                let mut query =
                    QueryBuilder::new("INSERT INTO deleted_upstream_keys (fingerprint, at) SELECT fingerprint, ");
                query.push_bind(now.as_millisecond()).push(" FROM upstream_keys WHERE id IN (");
                let mut list = query.separated(", ");
                for id in chunk {
                    list.push_bind(id.to_string());
                }
                query.push(") ON CONFLICT (fingerprint) DO NOTHING");
                query.build().execute(&mut *transaction).await?;
                for (begin, counts) in [
                    ("DELETE FROM pool_keys WHERE upstream_key IN (", false),
                    ("DELETE FROM upstream_keys WHERE id IN (", true),
                ] {
                    let mut query = QueryBuilder::new(begin);
                    let mut list = query.separated(", ");
                    for id in chunk {
                        list.push_bind(id.to_string());
                    }
                    query.push(")");
                    let rows = query.build().execute(&mut *transaction).await?.rows_affected();
                    gone += if counts { rows } else { 0 };
                }
            }
            transaction.commit().await?;
        });
        Ok(gone)
    }

    /// `Err` names the key whose secret does not open.
    fn open(self, row: Row) -> Result<Result<UpstreamKey, Uuid>, StoreError> {
        let id = json::id(&row.id)?;
        let Ok(secret) = self.store.vault().open_text(&place(id), &row.sealed) else { return Ok(Err(id)) };
        let disabled = match row.disabled_at {
            Some(at) => Some(Disabled { at: json::time(at)?, reason: row.disabled_reason.unwrap_or_default() }),
            None => None,
        };
        Ok(Ok(UpstreamKey {
            id,
            secret,
            details: KeyDetails {
                project: row.project_id.as_deref().map(json::id).transpose()?,
                label: row.label,
                tier: row.tier,
                weight: u32::try_from(row.weight).unwrap_or(u32::MAX),
                models: json::read_optional(row.models.as_deref())?,
                expires_at: json::time_optional(row.expires_at)?,
                tags: json::read_optional(row.tags.as_deref())?.unwrap_or_default(),
                concurrency: row.concurrency.map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
            },
            disabled,
            created_at: json::time(row.created_at)?,
            updated_at: json::time(row.updated_at)?,
        }))
    }
}

/// The tags of a key as they are stored.
fn tags(details: &KeyDetails) -> Result<Option<String>, StoreError> {
    written(&details.tags)
}

fn written(tags: &Vec<String>) -> Result<Option<String>, StoreError> {
    json::write_optional((!tags.is_empty()).then_some(tags))
}

/// What the sealed secret of a key is bound to.
fn place(id: Uuid) -> String {
    format!("upstream_keys/{id}")
}
