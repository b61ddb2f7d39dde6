//! Conversations that are kept for clients.
//!
//! A conversation belongs to one access key, which calls it by a name of its own. It is a tree of turns, numbered from 1 in
//! the order in which they came; the *head* is the turn at which it goes on. What is added in one call is added at once,
//! behind the head of that moment if that is wished, so that of many who speak at the same time nobody is lost.
//!
//! ## Edges
//! - A conversation is over when nothing was said in it for its time to live, whether or not it has been removed yet.
//! - Of one that has grown over its size the oldest contents go; their digests stay, so that it is still recognised.
//! - One that was deleted while an answer was under way stays deleted.

mod listing;
mod turns;

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

pub use self::listing::{ConversationFilter, ConversationOrder, Listed};
pub use self::turns::{Digest, NewTurn, Turn, TurnShape};
use crate::db::BeginWriting;
use crate::{Store, StoreError, json};

/// A conversation takes no more turns.
pub const MOST_TURNS: i64 = 20_000;
/// What a client may call one, in bytes.
pub const LONGEST_NAME: usize = 256;
/// How many conversations one statement removes. Each may have many turns.
const BATCH: i64 = 50;

/// A conversation without its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Ours.
    pub id: Uuid,
    /// The access key whose it is.
    pub owner: String,
    /// What the client calls it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The model that spoke last.
    pub model: String,
    /// The system instruction that was sent last, as JSON.
    pub system: Option<String>,
    /// Whether it stays however old it is.
    pub pinned: bool,
    /// How long it is kept after its last turn, if not as long as others.
    pub ttl: Option<Duration>,
    /// The turn at which it goes on.
    pub head: i64,
    /// How many turns there are, on all branches.
    pub turns: i64,
    /// What they cost to say again.
    pub tokens: i64,
    /// How much room their contents take.
    pub bytes: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was said last.
    pub updated_at: Timestamp,
}

/// What is to be added to a conversation.
#[derive(Clone, Debug)]
pub struct Addition {
    /// The conversation as it was read; none when there was none. If it is gone, so is this.
    pub to: Option<Uuid>,
    /// The access key whose it is.
    pub owner: String,
    /// What the client calls it.
    pub name: String,
    /// What people will call it if it is new.
    pub title: String,
    /// The model that spoke.
    pub model: String,
    /// The system instruction; none leaves the one before.
    pub system: Option<String>,
    /// The turn that the first one follows.
    pub parent: i64,
    /// Whether it follows the head of that moment in place of `parent`.
    pub follows_head: bool,
    /// The turns, each following the one before.
    pub turns: Vec<NewTurn>,
    /// What all contents together may take, in bytes.
    pub most_bytes: i64,
    /// How long conversations are kept: one of this name that is over gives way.
    pub default_ttl: Duration,
}

/// What people may change about a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationChange {
    /// Another title.
    pub title: Option<String>,
    /// Whether it stays.
    pub pinned: Option<bool>,
    /// How long it is kept; the inner none: as long as others.
    pub ttl: Option<Option<Duration>>,
}

/// The tables.
#[derive(Clone, Copy, Debug)]
pub struct Conversations<'a> {
    pub(crate) store: &'a Store,
}

/// Where a statement that adds turns finds the conversation.
#[derive(sqlx::FromRow)]
struct Place {
    id: String,
    head: i64,
    turns: i64,
    bytes: i64,
}

// === impl Conversation ===

impl Conversation {
    /// When it is over, if nothing more is said; never, if it is pinned.
    pub fn expires_at(&self, default_ttl: Duration) -> Option<Timestamp> {
        if self.pinned {
            return None;
        }
        Some(self.updated_at.checked_add(self.ttl.unwrap_or(default_ttl)).unwrap_or(Timestamp::MAX))
    }
}

// === impl Conversations ===

impl Conversations<'_> {
    /// Adds turns, making the conversation if it is new. Returns it as it is then, or none when it was deleted meanwhile.
    pub async fn add(&self, addition: &Addition, now: Timestamp) -> Result<Option<Uuid>, StoreError> {
        const BEGIN: &str =
            "INSERT INTO conversations (id, owner, name, title, model, system, opening, pinned, ttl_ms, head,
            turns, tokens, bytes, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE, NULL, 0, 0, 0, 0, $8, $8) ON CONFLICT (owner, name) DO NOTHING";
        const RESERVE: &str = "UPDATE conversations SET turns = turns + $3, tokens = tokens + $4, bytes = bytes + $5,
            model = $6, system = COALESCE($7, system), updated_at = $8 WHERE owner = $1 AND name = $2
            RETURNING id, head, turns, bytes";
        const GIVE_WAY: &str = "DELETE FROM conversations WHERE owner = $1 AND name = $2 AND pinned = FALSE
            AND updated_at <= $3 - COALESCE(ttl_ms, $4)";
        const ADVANCE: &str = "UPDATE conversations SET head = $2 WHERE id = $1";
        check_name(&addition.name)?;
        let Some(first) = addition.turns.first() else { return Ok(addition.to) };
        let count = i64::try_from(addition.turns.len()).unwrap_or(i64::MAX);
        let bytes: i64 = addition.turns.iter().map(NewTurn::bytes).sum();
        let tokens: i64 = addition.turns.iter().map(|turn| turn.shape.tokens).sum();
        let id = on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            if addition.to.is_none() {
                sqlx::query(GIVE_WAY)
                    .bind(&addition.owner)
                    .bind(&addition.name)
                    .bind(now.as_millisecond())
                    .bind(millis(addition.default_ttl))
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(BEGIN)
                    .bind(Uuid::now_v7().to_string())
                    .bind(&addition.owner)
                    .bind(&addition.name)
                    .bind(&addition.title)
                    .bind(&addition.model)
                    .bind(&addition.system)
                    .bind(first.shape.digest.to_string())
                    .bind(now.as_millisecond())
                    .execute(&mut *transaction)
                    .await?;
            }
            let place: Option<Place> = sqlx::query_as(RESERVE)
                .bind(&addition.owner)
                .bind(&addition.name)
                .bind(count)
                .bind(tokens)
                .bind(bytes)
                .bind(&addition.model)
                .bind(&addition.system)
                .bind(now.as_millisecond())
                .fetch_optional(&mut *transaction)
                .await?;
            let expected = addition.to.map(|id| id.to_string());
            let Some(place) = place.filter(|place| expected.as_ref().is_none_or(|id| *id == place.id)) else {
                return Ok(None);
            };
            if place.turns > MOST_TURNS {
                return Err(StoreError::Invalid(format!("a conversation has at most {MOST_TURNS} turns")));
            }
            let before = place.turns - count;
            let mut parent = if addition.follows_head { place.head } else { addition.parent.min(before) };
            for (number, turn) in (before + 1..).zip(&addition.turns) {
                let (calls, results) = turn.shape.lists()?;
                sqlx::query(turns::INSERT)
                    .bind(&place.id)
                    .bind(number)
                    .bind(parent)
                    .bind(turn.shape.is_models)
                    .bind(turn.shape.digest.to_string())
                    .bind(&turn.content)
                    .bind(calls)
                    .bind(results)
                    .bind(turn.shape.signed)
                    .bind(turn.shape.tokens)
                    .bind(turn.shape.partial)
                    .bind(now.as_millisecond())
                    .execute(&mut *transaction)
                    .await?;
                parent = number;
            }
            sqlx::query(ADVANCE).bind(&place.id).bind(parent).execute(&mut *transaction).await?;
            if place.bytes > addition.most_bytes {
                let sizes: Vec<(i64, i64)> =
                    sqlx::query_as(turns::SIZES).bind(&place.id).fetch_all(&mut *transaction).await?;
                let (until, gone) = turns::forgotten(&sizes, place.bytes - addition.most_bytes);
                sqlx::query(turns::FORGET).bind(&place.id).bind(until).execute(&mut *transaction).await?;
                sqlx::query(turns::SHRINK).bind(&place.id).bind(gone).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            place.id
        });
        json::id(&id).map(Some)
    }

    /// Changes what people may change; false when there is no such conversation.
    pub async fn update(&self, id: Uuid, change: &ConversationChange) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE conversations SET title = COALESCE($2, title), pinned = COALESCE($3, pinned),
            ttl_ms = CASE WHEN $4 THEN $5 ELSE ttl_ms END WHERE id = $1";
        let ttl = change.ttl.flatten().map(millis);
        let changed = on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(id.to_string())
                .bind(&change.title)
                .bind(change.pinned)
                .bind(change.ttl.is_some())
                .bind(ttl)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Removes a conversation with all that was said; false when there is none.
    pub async fn delete(&self, id: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM conversations WHERE id = $1";
        let gone = on!(self.store.write(), |pool| {
            sqlx::query(SQL).bind(id.to_string()).execute(pool).await?.rows_affected()
        });
        Ok(gone > 0)
    }

    /// Removes those that are over, a few at a time. Returns how many went.
    pub async fn expire(&self, default_ttl: Duration, now: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations
            WHERE pinned = FALSE AND updated_at <= $1 - COALESCE(ttl_ms, $2) LIMIT $3)";
        let ttl = millis(default_ttl);
        let mut removed = 0;
        loop {
            let gone = on!(self.store.write(), |pool| {
                let query = sqlx::query(SQL).bind(now.as_millisecond()).bind(ttl).bind(BATCH);
                query.execute(pool).await?.rows_affected()
            });
            removed += gone;
            if gone == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Keeps no more than so many bytes in all; the oldest go, pinned ones last. Returns how many went.
    pub async fn trim_bytes(&self, most: i64) -> Result<u64, StoreError> {
        const SUM: &str = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM conversations";
        const SQL: &str = "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations
            ORDER BY pinned, updated_at, id LIMIT 1)";
        let mut removed = 0;
        loop {
            let there: i64 = on!(self.store.read(), |pool| sqlx::query_scalar(SUM).fetch_one(pool).await?);
            if there <= most {
                return Ok(removed);
            }
            let gone = on!(self.store.write(), |pool| sqlx::query(SQL).execute(pool).await?.rows_affected());
            removed += gone;
            if gone == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Keeps no more than so many, of one access key or of all; the oldest go, pinned ones last. Returns how many went.
    pub async fn trim(&self, owner: Option<&str>, most: u32) -> Result<u64, StoreError> {
        const COUNT_ALL: &str = "SELECT COUNT(*) FROM conversations WHERE $1 IS NULL OR owner = $1";
        const COUNT: &str = "SELECT COUNT(*) FROM conversations WHERE owner = $1";
        const ALL: &str = "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations
            WHERE $1 IS NULL OR owner = $1 ORDER BY pinned, updated_at, id LIMIT $2)";
        const THEIRS: &str = "DELETE FROM conversations WHERE id IN (SELECT id FROM conversations
            WHERE owner = $1 ORDER BY pinned, updated_at, id LIMIT $2)";
        let (count, remove) = if owner.is_some() { (COUNT, THEIRS) } else { (COUNT_ALL, ALL) };
        let mut removed = 0;
        loop {
            let there: i64 =
                on!(self.store.read(), |pool| sqlx::query_scalar(count).bind(owner).fetch_one(pool).await?);
            let over = there - i64::from(most);
            if over <= 0 {
                return Ok(removed);
            }
            let gone = on!(self.store.write(), |pool| {
                sqlx::query(remove).bind(owner).bind(over.min(BATCH)).execute(pool).await?.rows_affected()
            });
            removed += gone;
            if gone == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }
}

/// A time to live that can be taken from any point in time.
fn millis(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4)
}

/// What a client may call a conversation.
pub fn check_name(name: &str) -> Result<(), StoreError> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
        return Err(StoreError::Invalid(format!(
            "the name of a conversation has 1 to {LONGEST_NAME} bytes and no NUL"
        )));
    }
    Ok(())
}
