//! Which project has served the beginning of a conversation, and what that beginning costs.
//!
//! Google keeps the beginnings of prompts in a cache of the project that sent them (implicit caching), so a conversation
//! is cheaper and faster where it was. A request's chain ([`gap_protocol::chain`]) is looked up here, longest prefix
//! first: the project that is found is preferred, as long as it is not clearly worse than others, and the conversation
//! moves on with whoever takes it. What Google counted for the prefix is known too, so only the new turns are guessed.
//!
//! ## Edges
//! - Names are keyed with a secret of this process and the model: they tell nobody anything, and a cache of one model is of
//!   no use to another. Access keys share what is known, because Google's cache knows none.
//! - Short requests are not looked at: Google caches nothing below a thousand tokens or so.
//! - A long beginning that many conversations share (instructions, tools) draws them to one project; a prompt that costs
//!   little draws nobody, so equal keys stay equally used.
//! - It lives in memory, bounded by number and age. A restart costs a few cache hits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gap_pool::{Affinities, KeyId, ProjectId};
use gap_protocol::chain::{Chain, Digest, Key};
use gap_protocol::json::Node;
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;

/// A shorter body cannot hold as many tokens as Google begins to cache at.
const SHORTEST_BODY: usize = 2048;
/// Fewer tokens are not cached (1,024 to 4,096, by model).
const FEWEST_TOKENS: u64 = 1024;
/// Instructions and tools of fewer bytes are no reason to prefer anybody.
const SHORTEST_ROOT: usize = 8192;

/// How much is known.
#[derive(Clone, Copy, Debug)]
pub struct PrefixPolicy {
    /// Prefixes at most; none of them: nobody is preferred.
    pub count: usize,
    /// How long since one was last served.
    pub lifetime: Duration,
}

/// The prefixes that are known. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Prefixes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    known: Mutex<Affinities>,
    secret: Key,
    clock: Clock,
    enabled: bool,
}

/// A request, looked up.
#[derive(Debug)]
pub struct Followed {
    prefixes: Prefixes,
    chain: Chain,
    body: Bytes,
    /// Who has served the longest known prefix, of how many turns, and what they cost; 0: nobody has counted them.
    served: Option<(ProjectId, usize, u64)>,
}

// === impl Prefixes ===

impl Prefixes {
    /// Nothing is known yet. `secret` should be nobody else's.
    pub fn new(policy: PrefixPolicy, secret: Key, clock: Clock) -> Self {
        let known = Mutex::new(Affinities::new(policy.count, policy.lifetime));
        Self(Arc::new(Inner { known, secret, clock, enabled: policy.count > 0 }))
    }

    /// Looks a request to a model up, which says `document` in `body`; none where that is not worth it.
    pub fn follow(&self, model: &str, body: &Bytes, document: &Node<'_>) -> Option<Followed> {
        if !self.0.enabled || body.len() < SHORTEST_BODY {
            return None;
        }
        let chain = Chain::of_document(document, body, &self.key_of(model));
        if chain.is_empty() {
            return None;
        }
        let now = self.0.clock.now();
        let known = self.known();
        let find = |name: &Digest| {
            let served = known.find(std::slice::from_ref(name), now)?;
            Some((served.project, served.tokens))
        };
        let by_turns = chain.longest_known(find);
        let by_root = || find(&chain.root()).filter(|_| is_long(&chain)).map(|found| (0, found));
        let served = by_turns.or_else(by_root).map(|(turns, (project, tokens))| (project, turns, tokens));
        drop(known);
        Some(Followed { prefixes: self.clone(), chain, body: body.clone(), served })
    }

    /// How many prefixes are known.
    pub fn len(&self) -> usize {
        self.known().len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn key_of(&self, model: &str) -> Key {
        Sha256::new().chain_update(self.0.secret).chain_update(model.as_bytes()).finalize().into()
    }

    fn known(&self) -> MutexGuard<'_, Affinities> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_long(chain: &Chain) -> bool {
    chain.root_bytes() >= SHORTEST_ROOT
}

// === impl Followed ===

impl Followed {
    /// The project to prefer.
    pub fn project(&self) -> Option<ProjectId> {
        self.served.map(|(project, _, _)| project)
    }

    /// What Google has counted for the beginning, and the turns that come after it; none when nobody has counted.
    pub fn counted(&self) -> Option<(u64, impl Iterator<Item = &[u8]>)> {
        let (_, turns, tokens) = self.served.filter(|(_, _, tokens)| *tokens > 0)?;
        let new = self.chain.turns().iter().skip(turns);
        Some((tokens, new.filter_map(|link| self.body.get(link.bytes.clone()))))
    }

    /// Notes that a key has served the request, which Google counted as so many tokens.
    pub fn note(&self, key: KeyId, project: ProjectId, tokens: u64) {
        let Some(last) = self.chain.last().filter(|_| tokens >= FEWEST_TOKENS) else { return };
        let now = self.prefixes.0.clock.now();
        let mut known = self.prefixes.known();
        known.note(last, key, project, tokens, now);
        if is_long(&self.chain) {
            known.note(self.chain.root(), key, project, 0, now);
        }
    }
}

#[cfg(test)]
mod tests;
