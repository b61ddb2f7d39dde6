//! Thought signatures, kept for clients that cannot.
//!
//! Gemini 3 refuses a call that comes back without its signature (wire 76), and OpenAI's clients send back only what
//! OpenAI's reference names. Most signatures travel inside the id of the call; what is too long for that is kept here,
//! by access key and id, so that nobody can ask for another's. Some clients make up ids of their own; a call is therefore kept by
//! its place as well: the name of the conversation before it (`gap_protocol::chain`) and its number in the answer.
//!
//! ## Edges
//! The vault is limited by number, bytes and age, and lives in memory: after a restart, or behind another instance, the
//! decoder sends its stand-in for an unknown signature, which costs the model its thoughts and nothing else.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gap_protocol::call::Unsupported;
use gap_protocol::chain::{self, Chain};
use gap_protocol::openai::chat::{CallSignature, Memory, NO_SIGNATURE};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::learned::Learned;

/// How much a vault holds.
#[derive(Clone, Copy, Debug)]
pub struct VaultPolicy {
    /// Bytes of ids and signatures.
    pub bytes: usize,
    /// Signatures.
    pub count: usize,
    /// How long one is kept.
    pub lifetime: Duration,
}

/// The signatures. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Vault {
    inner: Arc<Mutex<Inner>>,
    policy: VaultPolicy,
    /// What conversations are named with.
    key: chain::Key,
}

#[derive(Debug, Default)]
struct Inner {
    kept: HashMap<Key, Kept>,
    /// The oldest first: all live equally long.
    order: VecDeque<Key>,
    bytes: usize,
}

/// Whose call, and its id.
type Key = (Arc<str>, Arc<str>);

#[derive(Debug)]
struct Kept {
    signature: String,
    until: Timestamp,
}

// === impl Vault ===

impl Vault {
    /// An empty vault.
    pub fn new(policy: VaultPolicy) -> Self {
        Self { inner: Arc::default(), policy, key: rand::random() }
    }

    /// How many signatures are in it.
    pub fn len(&self) -> usize {
        self.inner().kept.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn remember(&self, owner: &Arc<str>, signatures: Vec<CallSignature>, now: Timestamp) {
        let until = now.checked_add(self.policy.lifetime).unwrap_or(Timestamp::MAX);
        let mut inner = self.inner();
        for CallSignature { call_id, signature, .. } in signatures {
            let key: Key = (Arc::clone(owner), call_id.into());
            let Inner { kept, bytes, .. } = &mut *inner;
            if let Some(before) = kept.get_mut(&key) {
                // An id belongs to one call and says the same; of two answers to one question the later counts.
                *bytes = *bytes - before.signature.len() + signature.len();
                before.signature = signature;
                continue;
            }
            inner.bytes += key.1.len() + signature.len();
            inner.order.push_back(key.clone());
            inner.kept.insert(key, Kept { signature, until });
        }
        while let Some(oldest) = inner.order.front() {
            let expired = inner.kept.get(oldest).is_none_or(|kept| kept.until <= now);
            if !expired && inner.bytes <= self.policy.bytes && inner.order.len() <= self.policy.count {
                break;
            }
            inner.forget_oldest();
        }
    }

    fn find(&self, owner: &Arc<str>, call_id: &str, now: Timestamp) -> Option<String> {
        let inner = self.inner();
        let kept = inner.kept.get(&(Arc::clone(owner), call_id.into()))?;
        (kept.until > now).then(|| kept.signature.clone())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget_oldest(&mut self) {
        let Some(key) = self.order.pop_front() else { return };
        if let Some(kept) = self.kept.remove(&key) {
            self.bytes = self.bytes.saturating_sub(key.1.len() + kept.signature.len());
        }
    }
}

/// What a call is known by that comes back under an id of the client's own. No id looks like it.
fn id_of_place(before: &chain::Digest, call: u32) -> String {
    format!("{:032x} #{call}", u128::from_be_bytes(*before))
}

// === CallMemory ===

/// What one call may remember and be reminded of.
#[derive(Clone, Debug)]
pub struct CallMemory {
    owner: Arc<str>,
    vault: Vault,
    learned: Learned,
    clock: Clock,
    /// What this call was refused, beyond what has been learned.
    refused: Unsupported,
    /// The name of the conversation that its answer goes on with, where that will be asked for.
    place: Option<chain::Digest>,
    /// The signatures of the model's calls in the conversation, as far as they are known by their place.
    recalled: Vec<Option<String>>,
}

impl CallMemory {
    /// The memory of a call by `owner`.
    pub fn new(owner: &str, vault: Vault, learned: Learned, clock: Clock) -> Self {
        Self {
            owner: owner.into(),
            vault,
            learned,
            clock,
            refused: Unsupported::default(),
            place: None,
            recalled: Vec::new(),
        }
    }

    /// The same for an answer to this body: its calls are kept by their place in the conversation too.
    #[must_use]
    pub fn answering(mut self, body: &[u8]) -> Self {
        self.place = Chain::of_request(body, &self.vault.key).last();
        self
    }

    /// Looks up, by their place, the signatures of calls that came back without one and under another id. Whether there
    /// are any, so that decoding once more is worth it.
    pub fn recall(&mut self, body: &[u8]) -> bool {
        if memchr::memmem::find(body, NO_SIGNATURE.as_bytes()).is_none() {
            return false;
        }
        let now = self.clock.now();
        let chain = Chain::of_request(body, &self.vault.key);
        let calls =
            chain.places().flat_map(|(before, link)| (0_u32..).take(link.calls).map(move |call| (before, call)));
        let find = |(before, call)| self.vault.find(&self.owner, &id_of_place(&before, call), now);
        self.recalled = calls.map(find).collect();
        self.recalled.iter().any(Option::is_some)
    }

    /// Keeps signatures for the calls that will come back.
    pub fn remember(&self, signatures: Vec<CallSignature>) {
        if signatures.is_empty() {
            return;
        }
        let by_place = signatures.iter().filter_map(|CallSignature { place, signature, .. }| {
            let call_id = id_of_place(self.place.as_ref()?, (*place)?);
            Some(CallSignature { call_id, place: None, signature: signature.clone() })
        });
        let by_place: Vec<CallSignature> = by_place.collect();
        let now = self.clock.now();
        self.vault.remember(&self.owner, signatures.into_iter().chain(by_place).collect(), now);
    }

    /// Takes a refusal of `model` to heart: for this call, and, if it is one of the model, for those to come. False if it
    /// names no feature, or one that was left out already.
    pub fn learn(&mut self, model: &str, sentence: &str) -> bool {
        let Some(feature) = gap_protocol::call::Feature::refused_by(sentence) else { return false };
        if self.refused_by(model).contains(feature) {
            return false;
        }
        self.refused = self.refused.with(feature);
        self.learned.remember(model, feature, sentence, self.clock.now());
        true
    }
}

impl Memory for CallMemory {
    fn signature_of(&self, call_id: &str) -> Option<String> {
        self.vault.find(&self.owner, call_id, self.clock.now())
    }

    fn signature_at(&self, calls_before: usize) -> Option<String> {
        self.recalled.get(calls_before).cloned().flatten()
    }

    fn refused_by(&self, model: &str) -> Unsupported {
        self.learned.refused_by(model, self.clock.now()).and(self.refused)
    }
}

#[cfg(test)]
mod tests;
