//! Responses that are kept in memory.
//!
//! Limited by number, bytes and age. Going on from a response makes the whole chain young again, so a conversation that lives is
//! not forgotten from its beginning.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

/// The longest chain that is gone back: what is behind it was forgotten long ago by any model.
pub(super) const MAX_CHAIN: usize = 10_000;
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
pub struct Shelf {
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

// === impl Shelf ===

impl Shelf {
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

#[cfg(test)]
mod tests;
