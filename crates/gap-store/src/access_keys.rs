//! Access keys: what clients present. Only their digests are kept.

use std::fmt;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::{Store, StoreError, json};

/// The SHA-256 of an access key. Access keys are long and random, so nothing slower is needed. Compared in constant time;
/// `Debug` shows nothing.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

/// An access key.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessKey {
    /// Ours.
    pub id: Uuid,
    /// What opens the door.
    pub digest: Digest,
    /// What opens it as well, after a rotation, and until when.
    pub previous: Option<(Digest, Timestamp)>,
    /// The first characters of the key, so that people can tell keys apart.
    pub hint: String,
    /// What people may change.
    pub details: AccessDetails,
    /// Since when it opens nothing.
    pub disabled_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// What people may change about an access key.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessDetails {
    /// Whose it is, for people.
    pub name: String,
    /// What it may: `user`, `administrator`.
    pub role: String,
    /// What it is limited to, as JSON of the service's.
    pub limits: Value,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct AccessKeys<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    digest: String,
    previous_digest: Option<String>,
    previous_until: Option<i64>,
    hint: String,
    name: String,
    role: String,
    limits: String,
    expires_at: Option<i64>,
    disabled_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

// === impl Digest ===

impl Digest {
    /// Of the key that a client presents.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Its bytes, to be digested further. Who has them cannot come in with them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn write(self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged("the digest of an access key is not what was written".to_owned());
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(damaged());
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = text.get(2 * index..2 * index + 2).ok_or_else(damaged)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| damaged())?;
        }
        Ok(Self(bytes))
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

// === impl AccessKeys ===

impl AccessKeys<'_> {
    /// Enters a key. [`StoreError::Duplicate`] when the same key is there.
    pub async fn insert(
        &self,
        id: Uuid,
        digest: Digest,
        hint: &str,
        details: &AccessDetails,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO access_keys (id, digest, hint, name, role, limits, expires_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
        let limits = json::write(&details.limits)?;
        on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(digest.write())
                .bind(hint)
                .bind(&details.name)
                .bind(&details.role)
                .bind(limits)
                .bind(details.expires_at.map(Timestamp::as_millisecond))
                .bind(now.as_millisecond())
                .execute(pool)
                .await
                .map_err(StoreError::about("access key"))?;
        });
        Ok(())
    }

    /// All of them, in the order of their identifiers.
    pub async fn list(&self) -> Result<Vec<AccessKey>, StoreError> {
        const SQL: &str = "SELECT id, digest, previous_digest, previous_until, hint, name, role, limits, expires_at,
            disabled_at, created_at, updated_at FROM access_keys ORDER BY id";
        let rows: Vec<Row> = on!(self.store.read(), |pool| sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(AccessKey::try_from).collect()
    }

    /// Changes a key; false when there is none.
    pub async fn update(&self, id: Uuid, details: &AccessDetails, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE access_keys SET name = $2, role = $3, limits = $4, expires_at = $5, updated_at = $6 WHERE id = $1";
        let limits = json::write(&details.limits)?;
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(&details.name)
                .bind(&details.role)
                .bind(limits)
                .bind(details.expires_at.map(Timestamp::as_millisecond))
                .bind(now.as_millisecond())
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Gives a key another secret; the one before goes on opening the door until `previous_until`. False when there is
    /// no such key.
    pub async fn rotate(
        &self,
        id: Uuid,
        digest: Digest,
        hint: &str,
        previous_until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE access_keys SET previous_digest = digest, previous_until = $4, digest = $2, hint = $3,
            updated_at = $5 WHERE id = $1";
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(digest.write())
                .bind(hint)
                .bind(previous_until.as_millisecond())
                .bind(now.as_millisecond())
                .execute(pool)
                .await
                .map_err(StoreError::about("access key"))?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Shuts a key out since `disabled_at`, or (`None`) lets it in again; false when there is none.
    pub async fn set_disabled(
        &self,
        id: Uuid,
        disabled_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE access_keys SET disabled_at = $2, updated_at = $3 WHERE id = $1";
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(disabled_at.map(Timestamp::as_millisecond))
                .bind(now.as_millisecond())
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Removes a key; what it used stays in the log. False when there is none.
    pub async fn delete(&self, id: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM access_keys WHERE id = $1";
        let gone = on!(self.store.write(), |pool| {
            sqlx::query(SQL).bind(id.to_string()).execute(pool).await?.rows_affected()
        });
        Ok(gone > 0)
    }
}

impl TryFrom<Row> for AccessKey {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let previous = match (row.previous_digest, row.previous_until) {
            (Some(digest), Some(until)) => Some((Digest::read(&digest)?, json::time(until)?)),
            _ => None,
        };
        Ok(Self {
            id: json::id(&row.id)?,
            digest: Digest::read(&row.digest)?,
            previous,
            hint: row.hint,
            details: AccessDetails {
                name: row.name,
                role: row.role,
                limits: json::read(&row.limits)?,
                expires_at: json::time_optional(row.expires_at)?,
            },
            disabled_at: json::time_optional(row.disabled_at)?,
            created_at: json::time(row.created_at)?,
            updated_at: json::time(row.updated_at)?,
        })
    }
}
