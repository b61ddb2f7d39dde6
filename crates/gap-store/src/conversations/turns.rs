//! The turns of conversations.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::listing::Row;
use super::{Conversation, Conversations};
use crate::{StoreError, json};

pub(super) const INSERT: &str = "INSERT INTO conversation_turns
    (conversation, number, parent, is_models, digest, content, calls, results, signed, tokens, partial, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
/// The contents that are there, the oldest first; the newest is none of them.
pub(super) const SIZES: &str = "SELECT number, CAST(LENGTH(content) AS BIGINT) FROM conversation_turns
    WHERE conversation = $1 AND content <> '' AND number < (SELECT turns FROM conversations WHERE id = $1) ORDER BY number";
pub(super) const FORGET: &str = "UPDATE conversation_turns SET content = '' WHERE conversation = $1 AND number <= $2";
pub(super) const SHRINK: &str = "UPDATE conversations SET bytes = bytes - $2 WHERE id = $1";

/// How many contents are fetched by one statement.
const CHUNK: usize = 1_000;

/// The name of what was said in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 16]);

/// A turn without what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnShape {
    /// Whether the model spoke.
    pub is_models: bool,
    /// The name of what was said.
    pub digest: Digest,
    /// Names of the functions that it calls.
    pub calls: Vec<String>,
    /// Names of the functions whose results it brings.
    pub results: Vec<String>,
    /// Whether it carries a thought signature.
    pub signed: bool,
    /// What it costs to say again.
    pub tokens: i64,
    /// Whether the answer broke off.
    pub partial: bool,
}

/// A turn that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTurn {
    /// All about it.
    pub shape: TurnShape,
    /// What is said, as JSON.
    pub content: String,
}

/// A turn in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its number.
    pub number: i64,
    /// The turn that it follows; 0 is the beginning.
    pub parent: i64,
    /// All about it.
    pub shape: TurnShape,
    /// Whether what was said is still there.
    pub is_there: bool,
    /// When it came.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
struct TurnRow {
    number: i64,
    parent: i64,
    is_models: bool,
    digest: String,
    calls: Option<String>,
    results: Option<String>,
    signed: bool,
    tokens: i64,
    partial: bool,
    is_there: bool,
    at: i64,
}

// === impl Conversations ===

impl Conversations<'_> {
    /// A conversation by the name that its access key has for it, unless it is over.
    pub async fn find_by_name(
        &self,
        owner: &str,
        name: &str,
        default_ttl: Duration,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreError> {
        const SQL: &str = "SELECT id, owner, name, title, model, system, pinned, ttl_ms, head, turns, tokens, bytes,
            created_at, updated_at FROM conversations WHERE owner = $1 AND name = $2";
        super::check_name(name)?;
        let row: Option<Row> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(owner).bind(name).fetch_optional(pool).await?);
        alive(row, default_ttl, now)
    }

    /// A conversation by its identifier, unless it is over.
    pub async fn find(
        &self,
        id: Uuid,
        default_ttl: Duration,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreError> {
        const SQL: &str = "SELECT id, owner, name, title, model, system, pinned, ttl_ms, head, turns, tokens, bytes,
            created_at, updated_at FROM conversations WHERE id = $1";
        let row: Option<Row> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(pool).await?);
        alive(row, default_ttl, now)
    }

    /// The newest conversations of an access key that begin with this turn.
    pub async fn find_by_opening(
        &self,
        owner: &str,
        opening: Digest,
        most: u32,
        default_ttl: Duration,
        now: Timestamp,
    ) -> Result<Vec<Conversation>, StoreError> {
        const SQL: &str = "SELECT id, owner, name, title, model, system, pinned, ttl_ms, head, turns, tokens, bytes,
            created_at, updated_at FROM conversations WHERE owner = $1 AND opening = $2
            ORDER BY updated_at DESC LIMIT $3";
        let rows: Vec<Row> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(owner).bind(opening.to_string()).bind(i64::from(most)).fetch_all(pool).await?
        });
        rows.into_iter().filter_map(|row| alive(Some(row), default_ttl, now).transpose()).collect()
    }

    /// The turns of a conversation, in their order, without what was said.
    pub async fn turns(&self, id: Uuid) -> Result<Vec<Turn>, StoreError> {
        const SQL: &str = "SELECT number, parent, is_models, digest, calls, results, signed, tokens, partial,
            content <> '' AS is_there, at FROM conversation_turns WHERE conversation = $1 ORDER BY number";
        let rows: Vec<TurnRow> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(id.to_string()).fetch_all(pool).await?);
        rows.into_iter().map(Turn::try_from).collect()
    }

    /// What was said in these turns, in their order. Fewer, if some are gone.
    pub async fn contents(&self, id: Uuid, numbers: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut found = Vec::with_capacity(numbers.len());
        for chunk in numbers.chunks(CHUNK) {
            let rows: Vec<(i64, String)> = on!(self.store.read(), |pool| {
                let mut query =
                    QueryBuilder::new("SELECT number, content FROM conversation_turns WHERE conversation = ");
                query.push_bind(id.to_string()).push(" AND number IN (");
                let mut separated = query.separated(", ");
                for number in chunk {
                    separated.push_bind(*number);
                }
                query.push(") AND content <> ''").build_query_as().fetch_all(pool).await?
            });
            found.extend(rows);
        }
        found.sort_unstable_by_key(|(number, _)| *number);
        Ok(found)
    }
}

fn alive(row: Option<Row>, default_ttl: Duration, now: Timestamp) -> Result<Option<Conversation>, StoreError> {
    let found = row.map(Conversation::try_from).transpose()?;
    Ok(found.filter(|found| found.expires_at(default_ttl).is_none_or(|at| at > now)))
}

/// Up to which turn contents go so that as much becomes free, and how much does.
pub(super) fn forgotten(sizes: &[(i64, i64)], over: i64) -> (i64, i64) {
    let (mut until, mut gone) = (0, 0);
    for (number, bytes) in sizes {
        if gone >= over {
            break;
        }
        (until, gone) = (*number, gone + bytes);
    }
    (until, gone)
}

// === impl Digest ===

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for Digest {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        u128::from_str_radix(text, 16)
            .map(|number| Self(number.to_be_bytes()))
            .map_err(|_| StoreError::Damaged("the digest of a turn is not what was written".to_owned()))
    }
}

// === impl TurnShape ===

impl TurnShape {
    /// The columns of calls and results.
    pub(super) fn lists(&self) -> Result<(Option<String>, Option<String>), StoreError> {
        let list = |names: &Vec<String>| if names.is_empty() { Ok(None) } else { json::write(names).map(Some) };
        Ok((list(&self.calls)?, list(&self.results)?))
    }
}

// === impl NewTurn ===

impl NewTurn {
    pub(super) fn bytes(&self) -> i64 {
        // As the databases count: letters.
        i64::try_from(self.content.chars().count()).unwrap_or(i64::MAX)
    }
}

impl TryFrom<TurnRow> for Turn {
    type Error = StoreError;

    fn try_from(row: TurnRow) -> Result<Self, StoreError> {
        let shape = TurnShape {
            is_models: row.is_models,
            digest: row.digest.parse()?,
            calls: json::read_optional(row.calls.as_deref())?.unwrap_or_default(),
            results: json::read_optional(row.results.as_deref())?.unwrap_or_default(),
            signed: row.signed,
            tokens: row.tokens,
            partial: row.partial,
        };
        let at = json::time(row.at)?;
        Ok(Self { number: row.number, parent: row.parent, shape, is_there: row.is_there, at })
    }
}
