//! Responses that are kept, for those who go on from them.
//!
//! OpenAI keeps a response unless it is told not to, and clients then send its id in place of the conversation. What is kept
//! here is what the client has sent and got; each response knows the one before it, so a conversation is a chain of them,
//! and nothing is kept twice.
//!
//! ## Edges
//! - Everything belongs to one access key: for any other, it does not exist.
//! - Going on from a response makes the whole chain young again, so a conversation that lives is not forgotten from its
//!   beginning. If a link is gone nevertheless, because of its age, for room, or by request, the chain is broken and whoever
//!   goes on from it is told so: a conversation without its beginning would be another one.
//! - It is limited by number, bytes and age, and lives in memory: after a restart, or behind another instance, nothing of it is
//!   there. [`Responses`] says all that a database behind it would have to do.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gap_protocol::json::{self, Node};
use gap_protocol::openai::responses::{Finished, Kept};
use jiff::Timestamp;

use crate::clock::Clock;

/// The longest chain that is gone back: what is behind it was forgotten long ago by any model.
const MAX_CHAIN: usize = 10_000;
/// What a response takes beside its texts.
const OVERHEAD: usize = 300;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct KeepPolicy {
    /// Bytes of all responses together.
    pub bytes: usize,
    /// Responses.
    pub count: usize,
    /// How long one is kept after it was last used.
    pub lifetime: Duration,
}

/// A response that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptResponse {
    /// The response that it goes on from.
    pub previous: Option<String>,
    /// The items of its request: a JSON array.
    pub input: Bytes,
    /// Its own items: a JSON array.
    pub output: Bytes,
    /// The response.
    pub response: Bytes,
}

/// The kept responses. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Responses {
    inner: Arc<Mutex<Inner>>,
    policy: KeepPolicy,
}

#[derive(Debug, Default)]
struct Inner {
    kept: HashMap<Key, Slot>,
    /// By their last use.
    order: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
}

/// Whose response, and its id.
type Key = (Arc<str>, Arc<str>);

#[derive(Debug)]
struct Slot {
    response: Arc<KeptResponse>,
    until: Timestamp,
    last_use: u64,
}

// === impl Responses ===

impl Responses {
    /// Keeps nothing yet.
    pub fn new(policy: KeepPolicy) -> Self {
        Self { inner: Arc::default(), policy }
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.inner().kept.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps a response, unless it alone is more than there is room for.
    pub fn keep(&self, owner: &Arc<str>, id: &str, response: KeptResponse, now: Timestamp) {
        let size = response.size() + id.len();
        let mut inner = self.inner();
        if size > self.policy.bytes || self.policy.count == 0 {
            return;
        }
        let key: Key = (Arc::clone(owner), id.into());
        inner.forget(&key);
        inner.uses += 1;
        let last_use = inner.uses;
        inner.bytes += size;
        inner.order.insert(last_use, key.clone());
        let until = self.until(now);
        inner.kept.insert(key, Slot { response: Arc::new(response), until, last_use });
        while let Some((_, oldest)) = inner.order.first_key_value() {
            let expired = inner.kept.get(oldest).is_none_or(|slot| slot.until <= now);
            if !expired && inner.bytes <= self.policy.bytes && inner.kept.len() <= self.policy.count {
                break;
            }
            let oldest = oldest.clone();
            inner.forget(&oldest);
        }
    }

    /// The response with this id, if it is the owner's.
    pub fn find(&self, owner: &Arc<str>, id: &str, now: Timestamp) -> Option<Arc<KeptResponse>> {
        let inner = self.inner();
        let slot = inner.kept.get(&(Arc::clone(owner), id.into()))?;
        (slot.until > now).then(|| Arc::clone(&slot.response))
    }

    /// The chain that ends with this response, oldest first; nothing if a link is gone. All of it is young again.
    pub fn chain(&self, owner: &Arc<str>, id: &str, now: Timestamp) -> Option<Vec<Arc<KeptResponse>>> {
        let until = self.until(now);
        let mut inner = self.inner();
        let mut chain: Vec<Arc<KeptResponse>> = Vec::new();
        let mut keys: Vec<Key> = Vec::new();
        let mut next = Some(id.to_owned());
        while let Some(id) = next.take() {
            let key: Key = (Arc::clone(owner), id.into());
            let slot = inner.kept.get(&key).filter(|slot| slot.until > now)?;
            next.clone_from(&slot.response.previous);
            chain.push(Arc::clone(&slot.response));
            keys.push(key);
            if chain.len() > MAX_CHAIN {
                return None;
            }
        }
        // The beginning first, so that it is the first to go.
        for key in keys.iter().rev() {
            inner.touch(key, until);
        }
        chain.reverse();
        Some(chain)
    }

    /// Forgets a response; says whether there was one.
    pub fn forget(&self, owner: &Arc<str>, id: &str, now: Timestamp) -> bool {
        let was_there = self.find(owner, id, now).is_some();
        self.inner().forget(&(Arc::clone(owner), id.into()));
        was_there
    }

    fn until(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.policy.lifetime).unwrap_or(Timestamp::MAX)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Inner ===

impl Inner {
    fn touch(&mut self, key: &Key, until: Timestamp) {
        self.uses += 1;
        let Some(slot) = self.kept.get_mut(key) else { return };
        self.order.remove(&slot.last_use);
        slot.last_use = self.uses;
        slot.until = until;
        self.order.insert(self.uses, key.clone());
    }

    fn forget(&mut self, key: &Key) {
        if let Some(slot) = self.kept.remove(key) {
            self.order.remove(&slot.last_use);
            self.bytes = self.bytes.saturating_sub(slot.response.size() + key.1.len());
        }
    }
}

impl KeptResponse {
    fn size(&self) -> usize {
        let previous = self.previous.as_ref().map_or(0, String::len);
        previous + self.input.len() + self.output.len() + self.response.len() + OVERHEAD
    }
}

// === CallerResponses ===

/// The kept responses of one caller.
#[derive(Clone, Debug)]
pub struct CallerResponses {
    owner: Arc<str>,
    all: Responses,
    clock: Clock,
}

impl CallerResponses {
    /// Those of `owner`.
    pub fn new(owner: &str, all: Responses, clock: Clock) -> Self {
        Self { owner: owner.into(), all, clock }
    }

    /// The response with this id.
    pub fn find(&self, id: &str) -> Option<Arc<KeptResponse>> {
        self.all.find(&self.owner, id, self.clock.now())
    }

    /// Forgets a response; says whether there was one.
    pub fn forget(&self, id: &str) -> bool {
        self.all.forget(&self.owner, id, self.clock.now())
    }

    /// The items of everything up to the request of this response, and those of the request itself, oldest first.
    pub fn input_of(&self, id: &str) -> Option<Vec<Bytes>> {
        let mut lists = self.history(id)?;
        lists.pop();
        Some(lists)
    }
}

impl Kept for CallerResponses {
    fn history(&self, response_id: &str) -> Option<Vec<Bytes>> {
        let chain = self.all.chain(&self.owner, response_id, self.clock.now())?;
        Some(chain.iter().flat_map(|kept| [kept.input.clone(), kept.output.clone()]).collect())
    }

    fn item(&self, id: &str) -> Option<String> {
        // The id of an item has that of its response in the middle: `msg_<response>_3`.
        let unique = id.split('_').nth(1)?;
        let kept = self.find(&format!("resp_{unique}"))?;
        [&kept.output, &kept.input].into_iter().find_map(|list| {
            let list = json::parse(list).ok()?;
            let is_it = |item: &&Node<'_>| item.find("id").and_then(Node::text).is_some_and(|own| own == id);
            Some(list.items()?.iter().find(is_it)?.json().into_owned())
        })
    }
}

// === Keeper ===

/// Keeps one response, when it is whole.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// The caller's.
    pub responses: CallerResponses,
    /// Its id.
    pub id: String,
    /// The response that it goes on from.
    pub previous: Option<String>,
    /// The items of its request.
    pub input: Bytes,
}

impl Keeper {
    /// Keeps it.
    pub fn keep(&self, finished: &Finished) {
        let kept = KeptResponse {
            previous: self.previous.clone(),
            input: self.input.clone(),
            output: finished.output.clone(),
            response: finished.response.clone(),
        };
        let CallerResponses { owner, all, clock } = &self.responses;
        all.keep(owner, &self.id, kept, clock.now());
    }
}

#[cfg(test)]
mod tests;
