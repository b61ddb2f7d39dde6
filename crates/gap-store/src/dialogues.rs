//! What OpenAI calls conversations: lists of items that clients put together, and that responses add to.
//!
//! A dialogue belongs to one access key. What is added in one call is added at once, behind whatever is there at that moment,
//! so that of many who speak at the same time nobody is lost; numbers are never given twice, so that nothing changes its
//! place. (A *conversation* in [`crate::conversations`] is another thing: a tree of Gemini's turns that recognises what
//! clients send.)
//!
//! ## Edges
//! - A dialogue that is older than it may be is not there, whether or not it has been removed yet.
//! - One that was deleted while an answer was under way stays deleted.

use jiff::Timestamp;

use crate::db::BeginWriting;
use crate::{Store, StoreError, json};

/// How many dialogues one statement removes. Each may have many items.
const BATCH: i64 = 50;

/// A dialogue without its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialogue {
    /// Its id.
    pub id: String,
    /// The access key whose it is.
    pub owner: String,
    /// What its client notes about it: a JSON object.
    pub metadata: String,
    /// How many items there are.
    pub items: i64,
    /// How much room they take.
    pub bytes: i64,
    /// When it began.
    pub created_at: Timestamp,
}

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What its client calls it.
    pub id: String,
    /// The item, as JSON.
    pub item: String,
}

/// Which items are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The item behind which the page begins.
    pub after: Option<&'a str>,
    /// How many at most.
    pub limit: u32,
    /// Whether the latest come first.
    pub latest_first: bool,
}

/// The tables.
#[derive(Clone, Copy, Debug)]
pub struct Dialogues<'a> {
    pub(crate) store: &'a Store,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    owner: String,
    metadata: String,
    items: i64,
    bytes: i64,
    created_at: i64,
}

// === impl Dialogues ===

impl Dialogues<'_> {
    /// Begins an empty dialogue. Its numbers are not looked at.
    pub async fn insert(&self, dialogue: &Dialogue) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO dialogues (id, owner, metadata, last_number, items, bytes, created_at, used_at)
            VALUES ($1, $2, $3, 0, 0, 0, $4, $4)";
        on!(self.store.write(), |pool| {
            sqlx::query(SQL)
                .bind(&dialogue.id)
                .bind(&dialogue.owner)
                .bind(&dialogue.metadata)
                .bind(dialogue.created_at.as_millisecond())
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// The dialogue of an owner that was used since then.
    pub async fn find(&self, owner: &str, id: &str, since: Timestamp) -> Result<Option<Dialogue>, StoreError> {
        const SQL: &str = "SELECT id, owner, metadata, items, bytes, created_at FROM dialogues
            WHERE id = $1 AND owner = $2 AND used_at > $3";
        if id.contains('\0') {
            return Ok(None);
        }
        let row: Option<Row> = on!(self.store.read(), |pool| {
            sqlx::query_as(SQL).bind(id).bind(owner).bind(since.as_millisecond()).fetch_optional(pool).await?
        });
        row.map(Dialogue::try_from).transpose()
    }

    /// Changes what is noted about a dialogue; false when there is none.
    pub async fn update(&self, id: &str, metadata: &str, now: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE dialogues SET metadata = $2, used_at = $3 WHERE id = $1";
        let changed = on!(self.store.write(), |pool| {
            let query = sqlx::query(SQL).bind(id).bind(metadata).bind(now.as_millisecond());
            query.execute(pool).await?.rows_affected()
        });
        Ok(changed > 0)
    }

    /// Removes a dialogue with all its items; false when there is none.
    pub async fn delete(&self, id: &str) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM dialogues WHERE id = $1";
        let gone = on!(self.store.write(), |pool| sqlx::query(SQL).bind(id).execute(pool).await?.rows_affected());
        Ok(gone > 0)
    }

    /// Adds items behind those that are there; false when the dialogue is gone.
    pub async fn add(&self, id: &str, items: &[Item], now: Timestamp) -> Result<bool, StoreError> {
        const RESERVE: &str = "UPDATE dialogues SET last_number = last_number + $2, items = items + $2,
            bytes = bytes + $3, used_at = $4 WHERE id = $1 RETURNING last_number";
        const INSERT: &str = "INSERT INTO dialogue_items (dialogue, number, id, item) VALUES ($1, $2, $3, $4)";
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let bytes: i64 = items.iter().map(Item::bytes).sum();
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            let last: Option<i64> = sqlx::query_scalar(RESERVE)
                .bind(id)
                .bind(count)
                .bind(bytes)
                .bind(now.as_millisecond())
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(last) = last else { return Ok(false) };
            for (number, item) in (last - count + 1..).zip(items) {
                sqlx::query(INSERT)
                    .bind(id)
                    .bind(number)
                    .bind(&item.id)
                    .bind(&item.item)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
        });
        Ok(true)
    }

    /// All items, in their order.
    pub async fn all(&self, id: &str) -> Result<Vec<Item>, StoreError> {
        const SQL: &str = "SELECT id, item FROM dialogue_items WHERE dialogue = $1 ORDER BY number";
        let rows: Vec<(String, String)> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(id).fetch_all(pool).await?);
        Ok(rows.into_iter().map(Item::from).collect())
    }

    /// One page of items; none when the item to begin behind is not there.
    pub async fn page(&self, id: &str, page: Page<'_>) -> Result<Option<Vec<Item>>, StoreError> {
        const NUMBER: &str = "SELECT MAX(number) FROM dialogue_items WHERE dialogue = $1 AND id = $2";
        const ASCENDING: &str = "SELECT id, item FROM dialogue_items WHERE dialogue = $1 AND number > $2
            ORDER BY number LIMIT $3";
        const DESCENDING: &str = "SELECT id, item FROM dialogue_items WHERE dialogue = $1 AND number < $2
            ORDER BY number DESC LIMIT $3";
        let sql = if page.latest_first { DESCENDING } else { ASCENDING };
        let rows: Vec<(String, String)> = on!(self.store.read(), |pool| {
            let behind = match page.after {
                Some(after) => {
                    if after.contains('\0') {
                        return Ok(None);
                    }
                    let number: Option<i64> = sqlx::query_scalar(NUMBER).bind(id).bind(after).fetch_one(pool).await?;
                    let Some(number) = number else { return Ok(None) };
                    number
                }
                None if page.latest_first => i64::MAX,
                None => 0,
            };
            sqlx::query_as(sql).bind(id).bind(behind).bind(i64::from(page.limit)).fetch_all(pool).await?
        });
        Ok(Some(rows.into_iter().map(Item::from).collect()))
    }

    /// One item.
    pub async fn item(&self, id: &str, item: &str) -> Result<Option<Item>, StoreError> {
        const SQL: &str = "SELECT id, item FROM dialogue_items WHERE dialogue = $1 AND id = $2
            ORDER BY number DESC LIMIT 1";
        if item.contains('\0') {
            return Ok(None);
        }
        let row: Option<(String, String)> =
            on!(self.store.read(), |pool| sqlx::query_as(SQL).bind(id).bind(item).fetch_optional(pool).await?);
        Ok(row.map(Item::from))
    }

    /// Takes an item out; false when it is not there.
    pub async fn remove(&self, id: &str, item: &str, now: Timestamp) -> Result<bool, StoreError> {
        const TAKE: &str = "DELETE FROM dialogue_items WHERE dialogue = $1 AND id = $2 RETURNING item";
        const SHRINK: &str = "UPDATE dialogues SET items = items - $2, bytes = bytes - $3, used_at = $4 WHERE id = $1";
        if item.contains('\0') {
            return Ok(false);
        }
        on!(self.store.write(), |pool| {
            let mut transaction = pool.begin_writing().await?;
            let taken: Vec<String> = sqlx::query_scalar(TAKE).bind(id).bind(item).fetch_all(&mut *transaction).await?;
            if taken.is_empty() {
                return Ok(false);
            }
            let bytes: i64 = taken.iter().map(|text| size(item, text)).sum();
            sqlx::query(SHRINK)
                .bind(id)
                .bind(i64::try_from(taken.len()).unwrap_or(i64::MAX))
                .bind(bytes)
                .bind(now.as_millisecond())
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        });
        Ok(true)
    }

    /// Removes those that were not used since then, a few at a time. Returns how many went.
    pub async fn expire(&self, since: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM dialogues WHERE id IN
            (SELECT id FROM dialogues WHERE used_at <= $1 ORDER BY used_at LIMIT $2)";
        let mut removed = 0;
        loop {
            let gone = on!(self.store.write(), |pool| {
                let query = sqlx::query(SQL).bind(since.as_millisecond()).bind(BATCH);
                query.execute(pool).await?.rows_affected()
            });
            removed += gone;
            if gone == 0 {
                return Ok(removed);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Keeps no more than so many of an owner's; those go that were used least lately. Returns how many went.
    pub async fn trim(&self, owner: &str, most: u32) -> Result<u64, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) FROM dialogues WHERE owner = $1";
        const SQL: &str = "DELETE FROM dialogues WHERE id IN
            (SELECT id FROM dialogues WHERE owner = $1 ORDER BY used_at, id LIMIT $2)";
        let there: i64 = on!(self.store.read(), |pool| sqlx::query_scalar(COUNT).bind(owner).fetch_one(pool).await?);
        let over = there - i64::from(most);
        if over <= 0 {
            return Ok(0);
        }
        let gone = on!(self.store.write(), |pool| {
            sqlx::query(SQL).bind(owner).bind(over).execute(pool).await?.rows_affected()
        });
        Ok(gone)
    }

    /// Keeps no more than so many bytes in all; those go that were used least lately, but not the very last. Returns how many
    /// went.
    pub async fn trim_bytes(&self, most: i64) -> Result<u64, StoreError> {
        const SUM: &str = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM dialogues";
        const COUNT: &str = "SELECT COUNT(*) FROM dialogues";
        const SQL: &str = "DELETE FROM dialogues WHERE id IN (SELECT id FROM dialogues ORDER BY used_at, id LIMIT 1)";
        let mut removed = 0;
        loop {
            let (there, count): (i64, i64) = on!(self.store.read(), |pool| {
                (sqlx::query_scalar(SUM).fetch_one(pool).await?, sqlx::query_scalar(COUNT).fetch_one(pool).await?)
            });
            if there <= most || count <= 1 {
                return Ok(removed);
            }
            removed += on!(self.store.write(), |pool| sqlx::query(SQL).execute(pool).await?.rows_affected());
            tokio::task::yield_now().await;
        }
    }
}

// === impl Item ===

impl Item {
    /// How much room it takes.
    pub fn bytes(&self) -> i64 {
        size(&self.id, &self.item)
    }
}

impl From<(String, String)> for Item {
    fn from((id, item): (String, String)) -> Self {
        Self { id, item }
    }
}

fn size(id: &str, item: &str) -> i64 {
    i64::try_from(id.len() + item.len()).unwrap_or(i64::MAX)
}

impl TryFrom<Row> for Dialogue {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            owner: row.owner,
            metadata: row.metadata,
            items: row.items,
            bytes: row.bytes,
            created_at: json::time(row.created_at)?,
        })
    }
}
