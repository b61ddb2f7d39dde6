//! The Conversations API of OpenAI: lists of items that clients put together, and that responses add to.
//!
//! They are kept where conversations are (`context.storage_mode`), each for its access key alone. A response that names one is
//! asked with all of its items; when it has ended, what was said and answered is added behind whatever is there by then, so
//! that of several at the same time nothing is lost.
//!
//! ## Edges
//! - One that is full takes nothing more: its client is told so before anything is asked. An answer that is under way by then
//!   is still added.
//! - One that was deleted while an answer was under way stays deleted; the answer is given all the same.

use std::time::Duration;

use bytes::Bytes;
use gap_protocol::openai::responses::Item as NewItem;
use gap_store::dialogues::{Dialogue, Item, Page};
use gap_store::{Store, StoreError};
use jiff::Timestamp;
use tracing::{error, info, warn};

use super::unreadable;
use crate::clock::Clock;
use crate::config::Responses as Settings;
use crate::conversations::Conversations;
use crate::error::Failure;
use crate::lifecycle::Lifecycle;

/// How often what is over is removed.
const CLEAN_UP_EVERY: Duration = Duration::from_hours(1);

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct DialoguePolicy {
    /// Conversations of one access key.
    pub count: u32,
    /// Items of one conversation.
    pub items: u32,
    /// Bytes of one conversation.
    pub bytes: i64,
    /// Bytes of all conversations together, in memory.
    pub memory: i64,
    /// How long one is kept after it was last used.
    pub lifetime: Duration,
}

/// The conversations of the Conversations API. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dialogues {
    /// Knows where what clients say is kept.
    conversations: Conversations,
    policy: DialoguePolicy,
    clock: Clock,
}

/// Why something cannot be done with a conversation.
#[derive(Debug)]
pub enum DialogueError {
    /// There is none, or it is another access key's.
    Unknown,
    /// It takes nothing more; a sentence says how much it takes.
    Full(String),
    /// An item of this id is in it.
    Repeated(String),
    /// The store is away.
    Failed(Failure),
}

/// A conversation as a request finds it.
#[derive(Clone, Debug)]
pub struct KnownDialogue {
    /// Its id.
    pub id: String,
    /// Its items, in their order.
    pub items: Vec<Item>,
}

// === impl DialoguePolicy ===

impl DialoguePolicy {
    /// What the settings say.
    pub fn of(settings: &Settings) -> Self {
        Self {
            count: settings.conversations_per_access_key,
            items: settings.conversation_items,
            bytes: i64::try_from(settings.conversation_bytes).unwrap_or(i64::MAX),
            memory: i64::try_from(settings.memory).unwrap_or(i64::MAX),
            lifetime: Duration::from_hours(24) * settings.conversation_ttl_days,
        }
    }
}

// === impl Dialogues ===

impl Dialogues {
    /// Those that are kept where `conversations` are.
    pub fn new(policy: DialoguePolicy, conversations: Conversations, clock: Clock) -> Self {
        Self { conversations, policy, clock }
    }

    /// Whether the operator wants none to be kept.
    pub fn keeps_nothing(&self) -> bool {
        self.policy.count == 0 || (self.conversations.is_in_memory() && self.policy.memory == 0)
    }

    /// Removes what is over, from time to time, until shutdown.
    pub fn begin_chores(&self, lifecycle: &Lifecycle) {
        let dialogues = self.clone();
        lifecycle.every(CLEAN_UP_EVERY, move || {
            let dialogues = dialogues.clone();
            async move {
                match dialogues.store().dialogues().expire(dialogues.since()).await {
                    Ok(0) => {}
                    Ok(removed) => info!(conversations = removed, "Removed OpenAI conversations that are over"),
                    Err(error) => warn!("Removing OpenAI conversations failed and will be tried again: {error}"),
                }
            }
        });
    }

    /// Begins a conversation.
    pub async fn create(
        &self,
        owner: &str,
        id: &str,
        metadata: String,
        items: Vec<NewItem>,
    ) -> Result<Dialogue, DialogueError> {
        let dialogue = Dialogue {
            id: id.to_owned(),
            owner: owner.to_owned(),
            metadata,
            items: 0,
            bytes: 0,
            created_at: self.clock.now(),
        };
        let items = rows(items);
        self.check_room(&dialogue, &items)?;
        let table = self.store().dialogues();
        table.insert(&dialogue).await?;
        if !items.is_empty() {
            table.add(id, &items, self.clock.now()).await?;
        }
        table.trim(owner, self.policy.count).await?;
        self.trim_memory().await?;
        Ok(dialogue)
    }

    /// The conversation of an owner.
    pub async fn find(&self, owner: &str, id: &str) -> Result<Dialogue, DialogueError> {
        self.store().dialogues().find(owner, id, self.since()).await?.ok_or(DialogueError::Unknown)
    }

    /// Changes what its client notes about a conversation.
    pub async fn update(&self, owner: &str, id: &str, metadata: String) -> Result<Dialogue, DialogueError> {
        let dialogue = self.find(owner, id).await?;
        if !self.store().dialogues().update(id, &metadata, self.clock.now()).await? {
            return Err(DialogueError::Unknown);
        }
        Ok(Dialogue { metadata, ..dialogue })
    }

    /// Removes a conversation with its items.
    pub async fn delete(&self, owner: &str, id: &str) -> Result<(), DialogueError> {
        self.find(owner, id).await?;
        if self.store().dialogues().delete(id).await? { Ok(()) } else { Err(DialogueError::Unknown) }
    }

    /// One page of items, and whether there are more; none when the item to begin behind is not there.
    pub async fn page(
        &self,
        owner: &str,
        id: &str,
        page: Page<'_>,
    ) -> Result<Option<(Vec<Item>, bool)>, DialogueError> {
        self.find(owner, id).await?;
        let more = Page { limit: page.limit.saturating_add(1), ..page };
        let Some(mut items) = self.store().dialogues().page(id, more).await? else { return Ok(None) };
        let has_more = items.len() > page.limit as usize;
        items.truncate(page.limit as usize);
        Ok(Some((items, has_more)))
    }

    /// One item; none when it is not there.
    pub async fn item(&self, owner: &str, id: &str, item: &str) -> Result<Option<Item>, DialogueError> {
        self.find(owner, id).await?;
        Ok(self.store().dialogues().item(id, item).await?)
    }

    /// Adds items, and returns them as they are kept.
    pub async fn add(&self, owner: &str, id: &str, items: Vec<NewItem>) -> Result<Vec<Item>, DialogueError> {
        let dialogue = self.find(owner, id).await?;
        let items = rows(items);
        self.check_room(&dialogue, &items)?;
        let table = self.store().dialogues();
        for item in &items {
            if table.item(id, &item.id).await?.is_some() {
                return Err(DialogueError::Repeated(item.id.clone()));
            }
        }
        if !table.add(id, &items, self.clock.now()).await? {
            return Err(DialogueError::Unknown);
        }
        self.trim_memory().await?;
        Ok(items)
    }

    /// Takes an item out of a conversation; none when it is not there.
    pub async fn remove(&self, owner: &str, id: &str, item: &str) -> Result<Option<Dialogue>, DialogueError> {
        let dialogue = self.find(owner, id).await?;
        Ok(self.store().dialogues().remove(id, item, self.clock.now()).await?.then_some(dialogue))
    }

    /// All of a conversation, for a request that goes on with it.
    pub async fn know(&self, owner: &str, id: &str) -> Result<KnownDialogue, DialogueError> {
        let dialogue = self.find(owner, id).await?;
        self.check_room(&dialogue, &[])?;
        let items = self.store().dialogues().all(id).await?;
        Ok(KnownDialogue { id: dialogue.id, items })
    }

    /// Adds what a response has brought.
    pub(super) async fn join(&self, id: &str, items: &[Item]) {
        let added = self.store().dialogues().add(id, items, self.clock.now()).await;
        let added = match added {
            // It was deleted meanwhile.
            Ok(false) => return,
            Ok(true) => self.trim_memory().await,
            Err(error) => Err(error),
        };
        if let Err(error) = added {
            error!("A response could not be added to its conversation: {error}");
        }
    }

    fn store(&self) -> &Store {
        self.conversations.store()
    }

    /// Who was not used since then is over.
    fn since(&self) -> Timestamp {
        self.clock.now().checked_sub(self.policy.lifetime).unwrap_or(Timestamp::MIN)
    }

    /// Keeps no more in memory than it may take.
    async fn trim_memory(&self) -> Result<(), StoreError> {
        if self.conversations.is_in_memory() {
            self.store().dialogues().trim_bytes(self.policy.memory).await?;
        }
        Ok(())
    }

    fn check_room(&self, dialogue: &Dialogue, new: &[Item]) -> Result<(), DialogueError> {
        let DialoguePolicy { items, bytes, .. } = self.policy;
        let count = dialogue.items.saturating_add(i64::try_from(new.len()).unwrap_or(i64::MAX));
        if count > i64::from(items) || (new.is_empty() && count == i64::from(items)) {
            return Err(DialogueError::Full(format!(
                "The conversation is full: it has {} items and takes {items} (responses.conversation_items).",
                dialogue.items
            )));
        }
        let size: i64 = dialogue.bytes.saturating_add(new.iter().map(Item::bytes).sum());
        if size > bytes {
            return Err(DialogueError::Full(format!(
                "The conversation is full: it would have {size} bytes and takes {bytes} (responses.conversation_bytes)."
            )));
        }
        Ok(())
    }
}

impl From<StoreError> for DialogueError {
    fn from(error: StoreError) -> Self {
        Self::Failed(unreadable(&error))
    }
}

fn rows(items: Vec<NewItem>) -> Vec<Item> {
    items.into_iter().map(|item| Item { id: item.id, item: item.json }).collect()
}

// === impl KnownDialogue ===

impl KnownDialogue {
    /// Its items as a JSON list.
    pub fn list(&self) -> Bytes {
        let items: Vec<&str> = self.items.iter().map(|item| item.item.as_str()).collect();
        format!("[{}]", items.join(",")).into()
    }

    /// The item with this id, as JSON.
    pub fn item(&self, id: &str) -> Option<&str> {
        self.items.iter().find(|item| item.id == id).map(|item| item.item.as_str())
    }
}
