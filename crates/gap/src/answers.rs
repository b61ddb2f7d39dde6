//! Answers that are given again.
//!
//! A program that asks the same thing with temperature 0 wants the same answer, and need not pay for it twice. For access
//! keys that the operator names (`cache.answers`), what a model has answered to such a request is kept for a while, and the
//! same request of the same access key gets it again, with `x-gap-cache: hit`, without an upstream key. What is kept is
//! what Google said, in the framing it said it in, so that each dialect puts it into its own words as it does with an
//! answer that has just come.
//!
//! ## Edges
//! - The same means the same bytes, as they are sent to Google: model, method, query and body. A stream and an answer in
//!   one piece are two requests.
//! - Only what depends on nothing else is kept: no tool of Google's, no file, no cache of the client's, one answer.
//! - Only an answer that is whole, says something, and ended of itself (`STOP`) is kept.
//! - It is limited by bytes and age and lives in memory: after a restart, or behind another instance, nothing is there.

mod worth;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use gap_pool::Affinity;
use gap_protocol::meter::Framing;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::body::RequestBody;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::live::Live;
use crate::relay::Call;

/// Says that an answer was kept from an earlier request.
pub const X_GAP_CACHE: HeaderName = HeaderName::from_static("x-gap-cache");

/// Asks for a part of an answer, which is none to keep.
const FIELD_MASK: &str = "x-goog-fieldmask";
/// Longer requests are not looked into.
const LONGEST_QUESTION: u64 = 8 * 1024 * 1024;
/// Longer answers are not kept: many may be under way, and each is gathered beside its client.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// What an answer takes beside its bytes.
const OVERHEAD: usize = 300;

/// Which request it is: a digest of everything that matters to its answer.
type Name = [u8; 32];

/// What a client says about answers that were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Any answer will do.
    Any,
    /// It has to be a new one, which may be kept (`cache-control: no-cache`).
    Fresh,
    /// It has to be a new one, and nothing of it may be kept (`cache-control: no-store`).
    Unkept,
}

/// The answers that are kept. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Answers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: Live,
    clock: Clock,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    kept: HashMap<Name, Slot>,
    /// By their last use.
    order: BTreeMap<u64, Name>,
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    answer: KeptAnswer,
    until: Timestamp,
    last_use: u64,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// What it says it is.
    pub content_type: HeaderValue,
    /// All of it.
    pub body: Bytes,
}

/// A request whose answer may be kept, and may be there already.
#[derive(Clone, Debug)]
pub struct Question {
    answers: Answers,
    name: Name,
    framing: Framing,
    wish: Wish,
}

/// An answer that is on its way and is gathered meanwhile.
#[derive(Debug)]
pub struct Gathering {
    question: Question,
    content_type: HeaderValue,
    /// None once it is known that it is not to be kept.
    body: Option<BytesMut>,
}

// === impl Wish ===

impl Wish {
    /// What the headers of a request say.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut wish = Self::Any;
        for value in headers.get_all(CACHE_CONTROL) {
            for word in value.to_str().unwrap_or_default().split(',').map(str::trim) {
                if word.eq_ignore_ascii_case("no-store") {
                    return Self::Unkept;
                }
                if word.eq_ignore_ascii_case("no-cache") || word.eq_ignore_ascii_case("max-age=0") {
                    wish = Self::Fresh;
                }
            }
        }
        wish
    }
}

// === impl Answers ===

impl Answers {
    /// Keeps nothing yet.
    pub fn new(live: Live, clock: Clock) -> Self {
        Self(Arc::new(Inner { live, clock, shelf: Mutex::default() }))
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.shelf().kept.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they take together, in bytes.
    pub fn bytes(&self) -> usize {
        self.shelf().bytes
    }

    /// The question that `call` asks; none where its answer is not to be kept.
    pub fn question(&self, call: &Call, caller: &Caller, wish: Wish) -> Option<Question> {
        if wish == Wish::Unkept || !self.is_for(caller) {
            return None;
        }
        let RequestBody::Kept(kept) = &call.body else { return None };
        let is_plain = call.verb == Method::POST && call.repeatable && matches!(call.affinity, Affinity::None);
        if !is_plain || !call.generates() || kept.length() > LONGEST_QUESTION || call.headers.contains_key(FIELD_MASK) {
            return None;
        }
        let body = kept.to_bytes();
        if !worth::is_deterministic(&body) {
            return None;
        }
        let query = call.query.as_deref().unwrap_or_default();
        let parts = [caller.id.as_bytes(), call.path.as_bytes(), query.as_bytes(), &body];
        let hash = parts
            .iter()
            .fold(Sha256::new(), |hash, part| hash.chain_update((part.len() as u64).to_le_bytes()).chain_update(part));
        Some(Question { answers: self.clone(), name: hash.finalize().into(), framing: call.framing, wish })
    }

    /// Whether the operator has them kept for this access key.
    fn is_for(&self, caller: &Caller) -> bool {
        self.0.live.read(|settings| {
            let is_named = |name: &String| **name == *caller.name || **name == *caller.id;
            settings.cache.answers_bytes > 0 && settings.cache.answers.iter().any(is_named)
        })
    }

    fn keep(&self, name: Name, answer: KeptAnswer) {
        let (room, lifetime) = self.0.live.read(|settings| (settings.cache.answers_bytes, settings.cache.answers_ttl));
        let now = self.0.clock.now();
        let until = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        self.shelf().keep(name, answer, until, (room, now));
    }

    fn find(&self, name: &Name) -> Option<KeptAnswer> {
        self.shelf().find(name, self.0.clock.now())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Shelf ===

impl Shelf {
    /// Keeps an answer, unless it alone is more than there is room for. Those go that are over, or were not used for
    /// longest.
    fn keep(&mut self, name: Name, answer: KeptAnswer, until: Timestamp, (room, now): (usize, Timestamp)) {
        self.forget(&name);
        let size = answer.size();
        if size <= room {
            self.uses += 1;
            self.bytes += size;
            self.order.insert(self.uses, name);
            self.kept.insert(name, Slot { answer, until, last_use: self.uses });
        }
        while let Some((_, oldest)) = self.order.first_key_value() {
            let is_over = self.kept.get(oldest).is_none_or(|slot| slot.until <= now);
            if !is_over && self.bytes <= room {
                break;
            }
            let oldest = *oldest;
            self.forget(&oldest);
        }
    }

    fn find(&mut self, name: &Name, now: Timestamp) -> Option<KeptAnswer> {
        if self.kept.get(name)?.until <= now {
            self.forget(name);
            return None;
        }
        self.uses += 1;
        let slot = self.kept.get_mut(name)?;
        self.order.remove(&slot.last_use);
        slot.last_use = self.uses;
        self.order.insert(self.uses, *name);
        Some(slot.answer.clone())
    }

    fn forget(&mut self, name: &Name) {
        if let Some(slot) = self.kept.remove(name) {
            self.order.remove(&slot.last_use);
            self.bytes = self.bytes.saturating_sub(slot.answer.size());
        }
    }
}

impl KeptAnswer {
    fn size(&self) -> usize {
        self.body.len() + self.content_type.len() + OVERHEAD
    }
}

// === impl Question ===

impl Question {
    /// The answer that was kept, if there is one and it will do.
    pub fn answer(&self) -> Option<KeptAnswer> {
        if self.wish == Wish::Any { self.answers.find(&self.name) } else { None }
    }

    /// Begins to gather an answer with these headers; none where it is no answer of a model's.
    pub fn gather(&self, headers: &HeaderMap) -> Option<Gathering> {
        let content_type = headers.get(CONTENT_TYPE)?.clone();
        let is_known = match self.framing {
            Framing::Sse => content_type.as_bytes().starts_with(b"text/event-stream"),
            Framing::Json | Framing::JsonArray => content_type.as_bytes().starts_with(b"application/json"),
        };
        is_known.then(|| Gathering { question: self.clone(), content_type, body: Some(BytesMut::new()) })
    }
}

// === impl Gathering ===

impl Gathering {
    /// More of the answer has come.
    pub fn take(&mut self, data: &[u8]) {
        let Some(body) = &mut self.body else { return };
        if body.len() + data.len() > LONGEST_ANSWER {
            self.body = None;
        } else {
            body.extend_from_slice(data);
        }
    }

    /// The answer has come to its end. It is kept if it is worth that.
    pub fn end(self) {
        let Self { question: Question { answers, name, framing, .. }, content_type, body } = self;
        if let Some(body) = body.map(BytesMut::freeze).filter(|body| worth::is_whole(body, framing)) {
            // What was reserved beyond its length would not be counted.
            let body = Bytes::copy_from_slice(&body);
            answers.keep(name, KeptAnswer { content_type, body });
        }
    }
}

#[cfg(test)]
mod tests;
