//! When the beginning of a request is worth an explicit cache at Google.
//!
//! A cache costs its tokens once, at the price of input, and then rent by the hour; each request that is served from it
//! pays the price of cached input for them instead of the full one. So it pays from some number of uses on, if they come
//! quickly enough, and nobody knows beforehand how many will come. Two guesses are made from what was seen: a beginning
//! that came `n` times will come about as often again (what has lasted lasts), and as quickly as before. What they say the
//! cache would save, less what it would cost, is the *benefit*; the beginning with the largest one is cached, if any is
//! positive. A client that says that it will come again (`cache_control`) counts for as much as two times seen.
//!
//! Google's implicit cache gives the same discount for nothing. How much of a beginning it covered lately is seen in the
//! answers, and only what it did not cover can be saved.
//!
//! A cache stays as long as it is used: its life is a few of the gaps between its uses, and never longer than the time
//! in which its rent would pay for making it again, which bounds what any guess can cost.
//!
//! ## Edges
//! - A name says what is said, to which model, and by whom (the caller keys it by access key); a cache lives in one
//!   project, so what is seen is counted by name and project.
//! - One creation of a name in a project is under way at a time; what failed is left alone for a while.
//! - What is watched is bounded, the least recently seen goes first; so is what is held.

mod book;

use std::time::Duration;

use jiff::Timestamp;

use self::book::{Book, State};
use crate::affinity::Digest;
use crate::ids::ProjectId;
use crate::pacific::after;

/// The share of the newest observation in an average.
const NEWEST: f64 = 0.3;
/// A hint of the client's is worth so many times seen.
const HINT: u32 = 2;
/// Gaps between uses that a cache survives.
const GAPS: f64 = 4.0;
/// No cache is made for less: between asking for it and having it, some of its life is over.
const SHORTEST_LIFE: f64 = 60.0;
/// The life of a cache whose uses have no gap yet.
const USUAL_LIFE: f64 = 300.0;
/// A cache that Google forgets within so many seconds is not used: it may be gone when the request arrives.
const TOO_LATE: Duration = Duration::from_secs(5);
const SECONDS_OF_AN_HOUR: f64 = 3_600.0;

/// How much is watched and held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachingPolicy {
    /// Beginnings that are watched.
    pub watched: usize,
    /// Caches that are held at a time.
    pub held: usize,
}

/// What a token costs, in billionths of a dollar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CachePrices {
    /// As input.
    pub input: f64,
    /// From a cache.
    pub cached: f64,
    /// An hour in a cache.
    pub storage: f64,
    /// The fewest tokens of a cache.
    pub least_tokens: u64,
}

/// A beginning of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beginning {
    /// What says the same has the same name.
    pub name: Digest,
    /// Its tokens.
    pub tokens: u64,
    /// Whether the client says that it will come again.
    pub hinted: bool,
}

/// A cache that can serve a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which of the names asked for it holds: its place among them.
    pub place: usize,
    /// Google's name for it.
    pub cache: Box<str>,
    /// Where it lives.
    pub project: ProjectId,
    /// Its tokens.
    pub tokens: u64,
}

/// What a request has shown.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// Which project has served it.
    pub project: ProjectId,
    /// Its beginnings, the shortest first.
    pub beginnings: &'a [Beginning],
    /// The tokens that Google's implicit cache gave; none when the request came with an explicit one.
    pub implicit: Option<u64>,
    /// What the model costs.
    pub prices: CachePrices,
}

/// What is to be done, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counsel {
    /// The beginning to be cached now: its place. Whoever gets it says what became of it.
    pub create: Option<usize>,
    /// For how many seconds.
    pub life: u64,
    /// Why.
    pub why: Verdict,
    /// How often the beginning in question was seen.
    pub seen: u32,
    /// Its tokens.
    pub tokens: u64,
    /// What a cache would save beyond what it would cost, in billionths of a dollar.
    pub benefit: f64,
    /// The share of it that the implicit cache covers.
    pub implicit: f64,
}

/// Why a beginning is cached or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No beginning is long enough.
    TooShort,
    /// It has not come before.
    New,
    /// The implicit cache covers it.
    Covered,
    /// It would cost more than it saves.
    TooDear,
    /// It is worth it.
    Worthwhile,
    /// It is being made.
    Coming,
    /// There is one.
    Held,
    /// It was refused lately.
    RestsAfterRefusal,
    /// No more may be held.
    Full,
}

/// Beginnings that come again, and caches of them.
#[derive(Debug)]
pub struct Caching {
    policy: CachingPolicy,
    book: Book,
}

// === impl Verdict ===

impl Verdict {
    /// For logs and explanations.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::New => "not_seen_before",
            Self::Covered => "covered_by_the_implicit_cache",
            Self::TooDear => "costs_more_than_it_saves",
            Self::Worthwhile => "worthwhile",
            Self::Coming => "being_made",
            Self::Held => "held",
            Self::RestsAfterRefusal => "refused_lately",
            Self::Full => "too_many_caches",
        }
    }
}

// === impl Caching ===

impl Caching {
    /// Knows nothing yet.
    pub fn new(policy: CachingPolicy) -> Self {
        Self { policy, book: Book::default() }
    }

    /// The cache of the first of `names` that has one; they come longest beginning first. `only` in this project, if
    /// it matters.
    pub fn find(&self, names: &[Digest], only: Option<ProjectId>, now: Timestamp) -> Option<Holding> {
        let alive = after(now, TOO_LATE);
        names.iter().enumerate().find_map(|(place, name)| {
            let held = self.book.held(name).filter(|held| held.expires > alive);
            let best = held.filter(|held| only.is_none_or(|only| only == held.project)).max_by_key(|held| held.used)?;
            Some(Holding { place, cache: best.cache.clone(), project: best.project, tokens: best.tokens })
        })
    }

    /// Takes in what a request has shown, and says whether one of its beginnings should be cached.
    pub fn see(&mut self, sighting: &Sighting<'_>, now: Timestamp) -> Counsel {
        let Sighting { project, beginnings, implicit, prices } = *sighting;
        let mut best = Counsel::nothing(Verdict::TooShort);
        // What a shorter cache covers already cannot be saved again.
        let mut covered = 0;
        for (place, beginning) in beginnings.iter().enumerate() {
            if prices.least_tokens == 0 || beginning.tokens < prices.least_tokens {
                continue;
            }
            let counsel = self.weigh(place, beginning, (project, implicit, covered), prices, now);
            if counsel.why == Verdict::Held {
                covered = beginning.tokens;
            }
            if counsel.outranks(&best) {
                best = counsel;
            }
        }
        if best.create.is_some() && self.book.held_count() >= self.policy.held {
            best = Counsel { create: None, why: Verdict::Full, ..best };
        }
        if let Some(beginning) = best.create.and_then(|place| beginnings.get(place)) {
            self.book.set_state(&beginning.name, project, State::Coming);
        }
        self.book.trim(self.policy.watched);
        best
    }

    fn weigh(
        &mut self,
        place: usize,
        beginning: &Beginning,
        (project, implicit, covered): (ProjectId, Option<u64>, u64),
        prices: CachePrices,
        now: Timestamp,
    ) -> Counsel {
        let is_held = self.book.held(&beginning.name).any(|held| held.project == project && held.expires > now);
        let watched = self.book.see(&beginning.name, project, now);
        let tokens = count(beginning.tokens);
        if let Some(implicit) = implicit.filter(|_| watched.seen > 1) {
            let share = (count(implicit) / tokens).min(1.0);
            watched.implicit = Some(average(watched.implicit, share));
        }
        let (seen, gap) = (watched.seen, watched.gap);
        let implicit = watched.implicit.unwrap_or(0.0);
        let expected = f64::from(seen - 1 + if beginning.hinted { HINT } else { 0 });
        let rent = tokens * prices.storage * gap.unwrap_or(0.0) / SECONDS_OF_AN_HOUR;
        let saved = (tokens - count(covered)).max(0.0) * (prices.input - prices.cached) * (1.0 - implicit);
        let benefit = expected * (saved - rent) - tokens * prices.input;
        let why = match watched.state {
            _ if is_held => Verdict::Held,
            State::Coming => Verdict::Coming,
            State::Refused(until) if until > now => Verdict::RestsAfterRefusal,
            _ if expected < 1.0 => Verdict::New,
            _ if benefit > 0.0 => Verdict::Worthwhile,
            _ if implicit > 0.5 => Verdict::Covered,
            _ => Verdict::TooDear,
        };
        let create = (why == Verdict::Worthwhile).then_some(place);
        let life = whole_seconds(life(gap, prices));
        Counsel { create, life, why, seen, tokens: beginning.tokens, benefit, implicit }
    }

    /// Google has made a cache, or it is known from before.
    pub fn created(
        &mut self,
        name: Digest,
        project: ProjectId,
        (cache, tokens): (&str, u64),
        prices: CachePrices,
        (expires, now): (Timestamp, Timestamp),
    ) {
        self.book.hold(name, project, (cache, tokens), prices, (expires, now));
    }

    /// It was not made; it is left alone until then.
    pub fn refused(&mut self, name: &Digest, project: ProjectId, until: Timestamp) {
        self.book.set_state(name, project, State::Refused(until));
    }

    /// A cache was used. For how many seconds from now on Google should keep it, if that is to be told; whoever gets it
    /// says what became of it.
    pub fn used(&mut self, cache: &str, now: Timestamp) -> Option<u64> {
        let (gap, held) = self.book.used(cache, now)?;
        let life = life(gap, held.prices);
        let left = held.expires.duration_since(now).as_secs_f64();
        if held.is_asked || left > life / 2.0 {
            return None;
        }
        held.is_asked = true;
        Some(whole_seconds(life))
    }

    /// When Google forgets a cache now, after it was asked; none: it could not be asked.
    pub fn extended(&mut self, cache: &str, expires: Option<Timestamp>) {
        if let Some(held) = self.book.find(cache) {
            held.is_asked = false;
            held.expires = expires.unwrap_or(held.expires);
        }
    }

    /// A cache is gone. Whether it was held.
    pub fn forget(&mut self, cache: &str) -> bool {
        self.book.forget(cache)
    }

    /// Lets go of the caches that nobody has used for the length of their life, and of those that Google has forgotten;
    /// those that have to be deleted.
    pub fn let_go(&mut self, now: Timestamp) -> Vec<Box<str>> {
        self.book.let_go(now, |gap, prices| Duration::from_secs_f64(life(gap, prices)))
    }

    /// How many caches are held.
    pub fn len(&self) -> usize {
        self.book.held_count()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

// === impl Counsel ===

impl Counsel {
    fn nothing(why: Verdict) -> Self {
        Self { create: None, life: 0, why, seen: 0, tokens: 0, benefit: 0.0, implicit: 0.0 }
    }

    /// Whether it is what should be done, or what says most about why nothing is done.
    fn outranks(&self, other: &Self) -> bool {
        match (self.create, other.create) {
            (Some(_), Some(_)) => self.benefit > other.benefit,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => other.seen == 0 || self.seen > other.seen || self.why == Verdict::Held,
        }
    }
}

/// How long a cache stays without being used, in seconds.
fn life(gap: Option<f64>, prices: CachePrices) -> f64 {
    let wanted = gap.map_or(USUAL_LIFE, |gap| gap * GAPS).max(SHORTEST_LIFE);
    // After so long its rent would have paid for making it again.
    let dearest = if prices.storage > 0.0 { prices.input / prices.storage * SECONDS_OF_AN_HOUR } else { f64::MAX };
    wanted.min(dearest).clamp(SHORTEST_LIFE, SECONDS_OF_AN_HOUR)
}

fn average(before: Option<f64>, newest: f64) -> f64 {
    before.map_or(newest, |before| before + NEWEST * (newest - before))
}

fn count(tokens: u64) -> f64 {
    tokens as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between a minute and an hour")]
fn whole_seconds(seconds: f64) -> u64 {
    seconds.ceil() as u64
}

#[cfg(test)]
mod tests;
