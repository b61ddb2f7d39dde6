//! Caches that GAP makes: a request looks for one to ride on, and shows on arrival what might be worth one.
//!
//! What a request begins with is named by its chain, keyed by access key, model and tool configuration, which a cache must
//! repeat. A cut is made only before a turn of the client's: a call stays with its result, and what is sent beside a cache
//! begins as a conversation does.

use std::sync::Arc;

use bytes::Bytes;
use gap_pool::verdict::{Cause, Scope};
use gap_pool::{Affinity, Beginning, CacheVerdict, Counsel, Holding, ProjectId, Sighting};
use gap_protocol::call::CacheHint;
use gap_protocol::chain::{Chain, Digest, Key};
use gap_protocol::gemini::cache;
use gap_protocol::meter::Usage;
use http::StatusCode;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::work::{Creation, Order};
use super::{AUTOMATIC, Caches, lock};
use crate::body::RequestBody;
use crate::receipt::Facts;
use crate::relay::{Call, RelayError, estimated_tokens_of};

/// What caches are named with, among the keys of a store.
const LABEL: &str = "caches";
/// A shorter body cannot hold as many tokens as Google begins to cache at.
const SHORTEST_BODY: usize = 3 * 1024;
/// Longer ones are not looked into.
const LONGEST_BODY: u64 = 8 * 1024 * 1024;
/// Of the cuts of a long conversation the first and the last are watched.
const FIRST_CUTS: usize = 4;
const LAST_CUTS: usize = 4;

/// A request that may ride on a cache, and that shows on arrival what is worth one.
#[derive(Debug)]
pub struct Ride {
    caches: Caches,
    owner: Arc<str>,
    model: String,
    body: Bytes,
    cuts: Vec<Cut>,
    hint: Option<CacheHint>,
    /// The cache that it rides on.
    on: Option<Holding>,
}

/// A place where a request can be divided.
#[derive(Clone, Copy, Debug)]
struct Cut {
    name: Digest,
    /// How many turns stand before it.
    turns: usize,
}

/// What became of a request's beginning, for its explanation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Story {
    decision: &'static str,
    /// The cache that served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Box<str>>,
    /// Tokens of the beginning in question.
    tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    seen: u32,
    /// What a cache would save beyond its cost, in billionths of a dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    benefit_nanos: Option<i64>,
    /// The share that the implicit cache covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    implicit: Option<f64>,
}

// === impl Caches ===

impl Caches {
    /// Looks at what a request begins with; none where caches are not automatic, or where it cannot be divided.
    pub fn board(&self, call: &Call, facts: &Facts, hint: Option<CacheHint>) -> Option<Ride> {
        if !self.0.live.read(|settings| settings.cache.native) {
            return None;
        }
        let (Some(model), RequestBody::Kept(kept)) = (&call.model, &call.body) else { return None };
        let length = kept.length();
        if !call.generates() || length < SHORTEST_BODY as u64 || length > LONGEST_BODY {
            return None;
        }
        self.prices(model)?;
        let body = kept.to_bytes();
        if cache::named_in(&body).is_some() {
            return None;
        }
        let owner = Arc::clone(&facts.caller.id);
        let chain = Chain::of_request(&body, &self.key_of(&owner, model, &body));
        let cuts = cuts(&chain, &body);
        if cuts.is_empty() {
            return None;
        }
        let names: Vec<Digest> = cuts.iter().rev().map(|cut| cut.name).collect();
        let only = match call.affinity {
            Affinity::Must(project) => Some(project),
            Affinity::None | Affinity::Should(_) => None,
        };
        let on = self.brain().find(&names, only, self.0.clock.now());
        // Its place among the cuts, which come shortest first.
        let on = on.map(|holding| Holding { place: cuts.len() - 1 - holding.place, ..holding });
        Some(Ride { caches: self.clone(), owner, model: model.clone(), body, cuts, hint, on })
    }

    fn key_of(&self, owner: &str, model: &str, body: &[u8]) -> Key {
        let secret = self.0.store.derive_key(LABEL);
        let config = cache::tool_config(body).unwrap_or_default();
        let parts = [owner.as_bytes(), model.as_bytes(), config.as_slice()];
        let hash = parts.iter().fold(Sha256::new().chain_update(secret.as_slice()), |hash, part| {
            hash.chain_update((part.len() as u64).to_le_bytes()).chain_update(part)
        });
        hash.finalize().into()
    }
}

/// Where a request can be divided, the shortest beginning first.
fn cuts(chain: &Chain, body: &[u8]) -> Vec<Cut> {
    let turns = chain.turns();
    let mut cuts = Vec::new();
    if turns.first().is_some_and(|first| !first.is_models) && cache::has_instruction(body) {
        cuts.push(Cut { name: chain.root(), turns: 0 });
    }
    for (at, (link, next)) in turns.iter().zip(turns.iter().skip(1)).enumerate() {
        let awaits_results = link.is_models && link.calls > 0;
        if !next.is_models && !awaits_results {
            cuts.push(Cut { name: link.prefix, turns: at + 1 });
        }
    }
    cuts
}

// === impl Ride ===

impl Ride {
    /// The call without what its cache holds, sent to where the cache is; none when it rides on none.
    pub fn shortened(&self, call: &Call) -> Option<Call> {
        let on = self.on.as_ref()?;
        let cut = self.cuts.get(on.place)?;
        let body = cache::shorten(&self.body, cut.turns, &on.cache)?;
        let body = RequestBody::written(body.into(), &self.caches.0.bodies).ok()?;
        Some(Call { body, affinity: Affinity::Must(on.project), may_fall_back: false, ..call.clone() })
    }

    /// Whether an error of the shortened call is no error of the request's, which then goes as it is. What the error
    /// says of the cache is noted.
    pub fn gets_off(&mut self, error: &RelayError) -> bool {
        let Some(on) = &self.on else { return false };
        let gets_off = match error {
            // The project rests: others may serve it.
            RelayError::NoKey(_) => true,
            RelayError::Exhausted(fault) => !matches!(fault.scope, Scope::Request | Scope::Model | Scope::Egress),
            RelayError::Refused(refusal) => {
                let is_gone = matches!(refusal.fault.cause, Cause::ResourceForbidden | Cause::NotFound);
                let of_cache = refusal.fault.message.to_ascii_lowercase().contains("cache");
                let blamed = is_gone || of_cache || refusal.status == StatusCode::NOT_FOUND;
                if blamed {
                    self.caches.forget(&on.cache);
                    // Where it is there all the same, nobody pays for it longer than this.
                    self.caches.order(Order::Delete { cache: on.cache.clone() });
                }
                blamed
            }
            RelayError::TimedOut | RelayError::BodyGone | RelayError::Empty | RelayError::BodyEnded(_) => false,
        };
        if gets_off {
            self.on = None;
        }
        gets_off
    }

    /// The request has been answered by a key of this project, which may be known to pay nothing.
    pub fn arrive(
        self,
        facts: &Facts,
        (project, free): (ProjectId, bool),
        usage: &Usage,
        saved_nanos: u64,
    ) -> Option<Story> {
        let now = self.caches.0.clock.now();
        if let Some(on) = &self.on {
            self.caches.note_use(&on.cache, &self.owner, AUTOMATIC, usage.cached, saved_nanos);
            if let Some(life) = self.caches.brain().used(&on.cache, now) {
                let order = Order::Extend { cache: on.cache.clone(), project: on.project, life };
                if !self.caches.order(order) {
                    self.caches.brain().extended(&on.cache, None);
                }
            }
        }
        let prices = self.caches.prices(&self.model)?;
        if free || self.caches.is_without(project) {
            let decision = if free { "free_tier" } else { "no_caching_in_the_project" };
            return Some(self.told(decision, 0));
        }
        let watched = self.watched();
        let beginnings = self.beginnings(&watched, usage.prompt);
        let implicit = self.on.is_none().then_some(usage.cached);
        let sighting = Sighting { project, beginnings: &beginnings, implicit, prices };
        let counsel = self.caches.brain().see(&sighting, now);
        if let Some(cut) = counsel.create.and_then(|place| watched.get(place)) {
            let creation = Creation {
                name: cut.name,
                project,
                prices,
                owner: Arc::clone(&self.owner),
                model: self.model.clone(),
                turns: cut.turns,
                body: self.body.clone(),
                life: counsel.life.max(self.hinted_life(prices)),
                facts: facts.clone(),
            };
            if !self.caches.order(Order::Create(Box::new(creation))) {
                self.caches.brain().refused(&cut.name, project, now);
            }
        }
        Some(self.story(&counsel))
    }

    /// The cuts that are watched: of a long conversation not all.
    fn watched(&self) -> Vec<Cut> {
        let count = self.cuts.len();
        let cuts = self.cuts.iter().enumerate();
        let kept = cuts.filter(|(at, _)| *at < FIRST_CUTS || at + LAST_CUTS >= count);
        kept.map(|(_, cut)| *cut).collect()
    }

    /// The beginnings with their tokens: what Google counted for all, divided as our own guess says.
    fn beginnings(&self, cuts: &[Cut], counted: u64) -> Vec<Beginning> {
        let chain = Chain::of_request(&self.body, &Key::default());
        let parts = chain.turns().iter().map(|link| self.body.get(link.bytes.clone()).map_or(0, estimated_tokens_of));
        let parts: Vec<u64> = parts.collect();
        let whole = estimated_tokens_of(&self.body).max(1);
        let before = whole.saturating_sub(parts.iter().sum());
        let beginning = |cut: &Cut| {
            let guess = before + parts.iter().take(cut.turns).sum::<u64>();
            let tokens = u128::from(guess) * u128::from(counted) / u128::from(whole);
            // The client speaks of its messages, of which there may be more than turns; what it means is the beginning.
            let hinted = self.hint.is_some_and(|hint| (hint.messages > 0) == (cut.turns > 0));
            Beginning { name: cut.name, tokens: u64::try_from(tokens).unwrap_or(u64::MAX), hinted }
        };
        cuts.iter().map(beginning).collect()
    }

    /// For how long the client says that it will come again; no longer than rent allows.
    fn hinted_life(&self, prices: gap_pool::CachePrices) -> u64 {
        let seconds = self.hint.map_or(0, |hint| u64::from(hint.seconds));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "prices are small and positive")]
        let dearest = (prices.input / prices.storage.max(1.0) * 3_600.0) as u64;
        seconds.min(dearest).min(3_600)
    }

    fn story(&self, counsel: &Counsel) -> Story {
        if self.on.is_some() && counsel.create.is_none() {
            return self.told("used", counsel.seen);
        }
        let decision = if counsel.create.is_some() { "created" } else { counsel.why.name() };
        let weighed = !matches!(counsel.why, CacheVerdict::TooShort | CacheVerdict::New | CacheVerdict::Held);
        Story {
            decision,
            cache: self.on.as_ref().map(|on| on.cache.clone()),
            tokens: counsel.tokens,
            seen: counsel.seen,
            benefit_nanos: weighed.then(|| super::whole(counsel.benefit)),
            implicit: (counsel.implicit > 0.0).then_some(counsel.implicit),
        }
    }

    fn told(&self, decision: &'static str, seen: u32) -> Story {
        let cache = self.on.as_ref().map(|on| on.cache.clone());
        let tokens = self.on.as_ref().map_or(0, |on| on.tokens);
        Story { decision, cache, tokens, seen, benefit_nanos: None, implicit: None }
    }
}

// === impl Story ===

impl Story {
    /// The whole answer was kept from an earlier request, which has saved so much.
    pub fn of_answer(tokens: u64, saved_nanos: u64) -> Self {
        let benefit_nanos = i64::try_from(saved_nanos).ok();
        Self { decision: "answer_cache", cache: None, tokens, seen: 0, benefit_nanos, implicit: None }
    }
}

impl Caches {
    /// Whether a project was found to have no caching.
    fn is_without(&self, project: ProjectId) -> bool {
        let now = self.0.clock.now();
        lock(&self.0.without).get(&project).is_some_and(|until| *until > now)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
