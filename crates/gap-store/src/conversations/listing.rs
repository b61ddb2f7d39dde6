//! Lists of conversations, filtered, sorted and cut into pages by the database.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::{Conversation, Conversations};
use crate::{StoreError, json};

/// Which conversations are asked for.
#[derive(Clone, Debug, Default)]
pub struct ConversationFilter {
    /// Of this access key only.
    pub owner: Option<String>,
    /// With this in their title, their name or what was said, whatever the case of ASCII letters.
    pub text: Option<String>,
    /// Last answered by this model.
    pub model: Option<String>,
    /// Pinned, or not.
    pub pinned: Option<bool>,
    /// Last spoken in before this time.
    pub before: Option<Timestamp>,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConversationOrder {
    /// When something was said last, the newest first.
    #[default]
    Newest,
    /// The same, the oldest first.
    Oldest,
    /// By title.
    Title,
    /// By what they cost to say again, the largest first.
    Tokens,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The conversations on it.
    pub conversations: Vec<Conversation>,
    /// How many there are on all pages.
    pub total: u64,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    owner: String,
    name: String,
    title: String,
    model: String,
    system: Option<String>,
    pinned: bool,
    ttl_ms: Option<i64>,
    head: i64,
    turns: i64,
    tokens: i64,
    bytes: i64,
    created_at: i64,
    updated_at: i64,
}

/// The condition of a list. The drivers differ in type, not in text.
macro_rules! restrict {
    ($query:ident, $filter:ident, $default_ttl:ident, $now:ident) => {
        $query.push("(pinned = TRUE OR updated_at > ").push_bind($now.as_millisecond());
        $query.push(" - COALESCE(ttl_ms, ").push_bind(super::millis($default_ttl)).push("))");
        if let Some(owner) = &$filter.owner {
            $query.push(" AND owner = ").push_bind(owner);
        }
        if let Some(model) = &$filter.model {
            $query.push(" AND model = ").push_bind(model);
        }
        if let Some(pinned) = $filter.pinned {
            $query.push(" AND pinned = ").push_bind(pinned);
        }
        if let Some(before) = $filter.before {
            $query.push(" AND updated_at < ").push_bind(before.as_millisecond());
        }
        if let Some(text) = &$filter.text {
            let pattern = pattern(text);
            $query.push(" AND (LOWER(title) LIKE ").push_bind(pattern.clone());
            $query.push(" ESCAPE '\\' OR LOWER(name) LIKE ").push_bind(pattern.clone());
            $query.push(
                " ESCAPE '\\' OR EXISTS (SELECT 1 FROM conversation_turns
                WHERE conversation = conversations.id AND LOWER(content) LIKE ",
            );
            $query.push_bind(pattern).push(" ESCAPE '\\'))");
        }
    };
}

// === impl Conversations ===

impl Conversations<'_> {
    /// The conversations that pass the filter and are not over: those of one page, and how many there are.
    pub async fn list(
        &self,
        filter: &ConversationFilter,
        order: ConversationOrder,
        (skip, most): (u64, u32),
        default_ttl: Duration,
        now: Timestamp,
    ) -> Result<Listed, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) FROM conversations WHERE ";
        const SELECT: &str = "SELECT id, owner, name, title, model, system, pinned, ttl_ms, head, turns, tokens, bytes,
            created_at, updated_at FROM conversations WHERE ";
        let by = match order {
            ConversationOrder::Newest => " ORDER BY pinned DESC, updated_at DESC, id DESC",
            ConversationOrder::Oldest => " ORDER BY updated_at, id",
            ConversationOrder::Title => " ORDER BY LOWER(title), id",
            ConversationOrder::Tokens => " ORDER BY tokens DESC, id",
        };
        let skip = i64::try_from(skip).unwrap_or(i64::MAX);
        let (total, rows): (i64, Vec<Row>) = on!(self.store.read(), |pool| {
            let mut count = QueryBuilder::new(COUNT);
            restrict!(count, filter, default_ttl, now);
            let total = count.build_query_scalar().fetch_one(pool).await?;
            let mut query = QueryBuilder::new(SELECT);
            restrict!(query, filter, default_ttl, now);
            query.push(by).push(" LIMIT ").push_bind(i64::from(most)).push(" OFFSET ").push_bind(skip);
            (total, query.build_query_as().fetch_all(pool).await?)
        });
        let conversations = rows.into_iter().map(Conversation::try_from).collect::<Result<_, _>>()?;
        Ok(Listed { conversations, total: total.try_into().unwrap_or(0) })
    }
}

/// A text as a pattern that finds it anywhere.
pub(super) fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars().filter(|letter| *letter != '\0') {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

impl TryFrom<Row> for Conversation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: json::id(&row.id)?,
            owner: row.owner,
            name: row.name,
            title: row.title,
            model: row.model,
            system: row.system,
            pinned: row.pinned,
            ttl: row.ttl_ms.map(|ttl| Duration::from_millis(ttl.try_into().unwrap_or(0))),
            head: row.head,
            turns: row.turns,
            tokens: row.tokens,
            bytes: row.bytes,
            created_at: json::time(row.created_at)?,
            updated_at: json::time(row.updated_at)?,
        })
    }
}
