//! Responses that are kept, for those who go on from them.
//!
//! OpenAI keeps a response unless it is told not to, and clients then send its id in place of the conversation. What is kept
//! here is what the client has sent and got; each response knows the one before it, so a conversation is a chain of them,
//! and nothing is kept twice. They are where conversations are (`context.storage_mode`): in memory until restart ([`shelf`]), or
//! in the database, where every instance finds them.
//!
//! ## Edges
//! - Everything belongs to one access key: for any other, it does not exist.
//! - Going on from a response makes the whole chain young again, so a conversation that lives is not forgotten from its
//!   beginning. If a link is gone nevertheless, because of its age, for room, or by request, the chain is broken and whoever
//!   goes on from it is told so: a conversation without its beginning would be another one.
//! - A response that is worked on without its client ([`background`]) can be gone on from when it has ended.

pub mod background;
pub mod dialogues;
mod keeper;
mod settled;
pub mod shelf;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gap_protocol::json::{self, Node};
use gap_protocol::openai::responses::{Kept, Mentions};
use gap_store::{Store, StoreError};
use jiff::Timestamp;
use tracing::{error, info, warn};

use self::dialogues::KnownDialogue;
pub use self::keeper::{Joining, Keeper, Pending};
pub use self::settled::settled;
pub use self::shelf::{KeepPolicy, KeptResponse};
use self::shelf::{MAX_CHAIN, Shelf};
use crate::clock::Clock;
use crate::conversations::Conversations;
use crate::error::Failure;
use crate::lifecycle::Lifecycle;

/// How often what is over is removed.
const CLEAN_UP_EVERY: Duration = Duration::from_hours(1);

/// The kept responses. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Responses {
    shelf: Shelf,
    /// Knows where what clients say is kept.
    conversations: Conversations,
    policy: KeepPolicy,
    clock: Clock,
}

// === impl Responses ===

impl Responses {
    /// Keeps nothing yet.
    pub fn new(policy: KeepPolicy, conversations: Conversations, clock: Clock) -> Self {
        Self { shelf: Shelf::new(policy), conversations, policy, clock }
    }

    /// How many are kept in memory.
    pub fn len(&self) -> usize {
        self.shelf.len()
    }

    /// Whether none is kept in memory.
    pub fn is_empty(&self) -> bool {
        self.shelf.is_empty()
    }

    /// Whether the operator wants nothing to be kept.
    pub fn keeps_nothing(&self) -> bool {
        self.policy.count == 0 || self.policy.bytes == 0
    }

    /// Removes what is over, from time to time, until shutdown.
    pub fn begin_chores(&self, lifecycle: &Lifecycle) {
        let responses = self.clone();
        lifecycle.every(CLEAN_UP_EVERY, move || {
            let responses = responses.clone();
            async move { responses.clean_up().await }
        });
    }

    /// The database, if they are kept there.
    fn database(&self) -> Option<&Store> {
        (!self.conversations.is_in_memory()).then(|| self.conversations.store())
    }

    /// Who was not used since then is over.
    fn since(&self) -> Timestamp {
        self.clock.now().checked_sub(self.policy.lifetime).unwrap_or(Timestamp::MIN)
    }

    /// The response of `owner` with this id, and until when somebody is believed to work on it, if it has not ended.
    async fn look_up(&self, owner: &Arc<str>, id: &str) -> Result<Option<(KeptResponse, Option<Timestamp>)>, Failure> {
        let Some(store) = self.database() else {
            let found = self.shelf.find(owner, id, self.clock.now());
            return Ok(found.map(|found| (KeptResponse::clone(&found), None)));
        };
        let found = store.responses().find(owner, id, self.since()).await.map_err(|error| unreadable(&error))?;
        Ok(found.map(|row| {
            let kept = KeptResponse {
                previous: row.previous,
                input: row.input.into(),
                output: row.output.into(),
                response: row.response.into(),
            };
            (kept, row.alive_until)
        }))
    }

    /// The items of the chain that ends with this response, oldest first; nothing if a link is gone.
    async fn chain(&self, owner: &Arc<str>, id: &str) -> Result<Option<Vec<Bytes>>, Failure> {
        let Some(store) = self.database() else { return Ok(self.chain_at_hand(owner, id)) };
        let most = u32::try_from(MAX_CHAIN).unwrap_or(u32::MAX);
        let chain = store.responses().chain(owner, id, most, self.since(), self.clock.now()).await;
        let chain = chain.map_err(|error| unreadable(&error))?;
        Ok(chain.map(|chain| chain.into_iter().flat_map(|link| [link.input.into(), link.output.into()]).collect()))
    }

    /// The same of those in memory.
    fn chain_at_hand(&self, owner: &Arc<str>, id: &str) -> Option<Vec<Bytes>> {
        let chain = self.shelf.chain(owner, id, self.clock.now())?;
        Some(chain.iter().flat_map(|kept| [kept.input.clone(), kept.output.clone()]).collect())
    }

    /// What a request goes on from, as far as it takes time to fetch it.
    pub fn mentioned_in(&self, body: &[u8]) -> Mentions {
        Mentions::of(body, self.database().is_some())
    }

    /// Whether keeping one takes no time.
    fn keeps_at_once(&self) -> bool {
        self.database().is_none()
    }

    /// Keeps a response in memory, if that is where they are.
    fn keep_at_once(&self, owner: &Arc<str>, id: &str, response: KeptResponse) {
        self.shelf.keep(owner, id, response, self.clock.now());
    }

    /// Keeps a response.
    async fn keep(&self, owner: &Arc<str>, id: &str, response: KeptResponse) {
        let Some(store) = self.database() else { return self.keep_at_once(owner, id, response) };
        if self.keeps_nothing() {
            return;
        }
        let row = row_of(owner, id, &response, None, self.clock.now());
        if let Err(error) = store.responses().insert(&row).await {
            error!("A response could not be kept: {error}");
        }
    }

    /// Forgets a response; says whether there was one.
    async fn forget(&self, owner: &Arc<str>, id: &str) -> Result<bool, Failure> {
        match self.database() {
            None => Ok(self.shelf.forget(owner, id, self.clock.now())),
            Some(store) => store.responses().delete(owner, id, self.since()).await.map_err(|error| unreadable(&error)),
        }
    }

    async fn clean_up(&self) {
        let Some(store) = self.database() else { return };
        let table = store.responses();
        let most = u64::try_from(self.policy.count).unwrap_or(u64::MAX);
        let removed = async { Ok::<_, StoreError>(table.expire(self.since()).await? + table.trim(most).await?) }.await;
        match removed {
            Ok(0) => {}
            Ok(removed) => info!(responses = removed, "Removed responses that are over"),
            Err(error) => warn!("Removing responses failed and will be tried again: {error}"),
        }
    }
}

/// A response as the database keeps it.
fn row_of(
    owner: &str,
    id: &str,
    response: &KeptResponse,
    alive_until: Option<Timestamp>,
    now: Timestamp,
) -> gap_store::responses::KeptResponse {
    gap_store::responses::KeptResponse {
        id: id.to_owned(),
        owner: owner.to_owned(),
        previous: response.previous.clone(),
        input: text(&response.input),
        output: text(&response.output),
        response: text(&response.response),
        alive_until,
        created_at: now,
        used_at: now,
    }
}

/// JSON that was written here.
fn text(json: &Bytes) -> String {
    String::from_utf8_lossy(json).into_owned()
}

/// The store cannot be read, or written.
fn unreadable(error: &StoreError) -> Failure {
    error!("What is kept for the Responses API cannot be had: {error}");
    Failure::conversations_unreadable()
}

// === CallerResponses ===

/// The kept responses of one caller.
#[derive(Clone, Debug)]
pub struct CallerResponses {
    owner: Arc<str>,
    all: Responses,
}

impl CallerResponses {
    /// Those of `owner`.
    pub fn new(owner: &str, all: Responses) -> Self {
        Self { owner: owner.into(), all }
    }

    /// The response with this id.
    pub async fn find(&self, id: &str) -> Result<Option<KeptResponse>, Failure> {
        Ok(self.all.look_up(&self.owner, id).await?.map(|(kept, _)| kept))
    }

    /// Forgets a response; says whether there was one.
    pub async fn forget(&self, id: &str) -> Result<bool, Failure> {
        self.all.forget(&self.owner, id).await
    }

    /// The items of everything up to the request of this response, and those of the request itself, oldest first.
    pub async fn input_of(&self, id: &str) -> Result<Option<Vec<Bytes>>, Failure> {
        let Some(kept) = self.find(id).await? else { return Ok(None) };
        let Some(previous) = &kept.previous else { return Ok(Some(vec![kept.input])) };
        let Some(mut lists) = self.all.chain(&self.owner, previous).await? else { return Ok(None) };
        lists.push(kept.input);
        Ok(Some(lists))
    }

    /// Whether keeping one takes no time.
    pub fn keeps_at_once(&self) -> bool {
        self.all.keeps_at_once()
    }

    /// Fetches what a request goes on from, as far as it is kept. What is in memory is found when it is asked for.
    pub async fn fetch(&self, mentions: &Mentions, dialogue: Option<Arc<KnownDialogue>>) -> Result<Known, Failure> {
        let mut known = Known { dialogue, ..Known::default() };
        if self.keeps_at_once() {
            known.at_hand = Some(self.clone());
            return Ok(known);
        }
        if let Some(previous) = &mentions.previous {
            known.previous = self.all.chain(&self.owner, previous).await?.map(|lists| (previous.clone(), lists));
        }
        let mut kept: HashMap<String, Option<KeptResponse>> = HashMap::new();
        for id in &mentions.items {
            let Some(response) = response_of(id) else { continue };
            if !kept.contains_key(&response) {
                let found = self.find(&response).await?;
                kept.insert(response.clone(), found);
            }
            if let Some(item) = kept.get(&response).and_then(Option::as_ref).and_then(|kept| item_of(kept, id)) {
                known.items.insert(id.clone(), item);
            }
        }
        Ok(known)
    }
}

/// The id of an item has that of its response in the middle: `msg_<response>_3`.
fn response_of(item: &str) -> Option<String> {
    item.split('_').nth(1).map(|unique| format!("resp_{unique}"))
}

/// The item of a response that has this id, as JSON.
fn item_of(kept: &KeptResponse, id: &str) -> Option<String> {
    [&kept.output, &kept.input].into_iter().find_map(|list| item_in(list, id))
}

/// The item of a list that has this id, as JSON.
fn item_in(list: &[u8], id: &str) -> Option<String> {
    let list = json::parse(list).ok()?;
    let is_it = |item: &&Node<'_>| item.find("id").and_then(Node::text).is_some_and(|own| own == id);
    Some(list.items()?.iter().find(is_it)?.json().into_owned())
}

/// What a request goes on from, fetched before it is decoded.
#[derive(Clone, Debug, Default)]
pub struct Known {
    previous: Option<(String, Vec<Bytes>)>,
    dialogue: Option<Arc<KnownDialogue>>,
    items: HashMap<String, String>,
    /// Where everything is that is in memory.
    at_hand: Option<CallerResponses>,
}

impl Known {
    /// The conversation that the request belongs to.
    pub fn dialogue(&self) -> Option<&Arc<KnownDialogue>> {
        self.dialogue.as_ref()
    }
}

impl Kept for Known {
    fn history(&self, response_id: &str) -> Option<Vec<Bytes>> {
        if let Some(CallerResponses { owner, all }) = &self.at_hand {
            return all.chain_at_hand(owner, response_id);
        }
        self.previous.as_ref().filter(|(id, _)| id == response_id).map(|(_, lists)| lists.clone())
    }

    fn conversation(&self, conversation_id: &str) -> Option<Vec<Bytes>> {
        self.dialogue.as_ref().filter(|known| known.id == conversation_id).map(|known| vec![known.list()])
    }

    fn item(&self, id: &str) -> Option<String> {
        let said = self.dialogue.as_ref().and_then(|known| known.item(id));
        let fetched = || self.items.get(id).cloned();
        let at_hand = || {
            let CallerResponses { owner, all } = self.at_hand.as_ref()?;
            let kept = all.shelf.find(owner, &response_of(id)?, all.clock.now())?;
            item_of(&kept, id)
        };
        said.map(str::to_owned).or_else(fetched).or_else(at_hand)
    }
}

#[cfg(test)]
mod tests;
