//! The pool with its secrets: who may speak next, and with which key.
//!
//! `gap-pool` decides and knows no secret; this module holds the lock around it, lets requests wait where a key returns
//! soon (`line.rs`), and makes sure that a lease is settled exactly once, whatever becomes of the request that took it.

mod chores;
mod line;
mod management;
mod many;
mod saving;
mod terms;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use gap_pool::waiting::Asker;
use gap_pool::{
    Answered, Fault, Forecast, KeyId, KeyState, Lease, Need, Outcome, Policy, Pool, ProjectId, ProjectName, Ranking,
    Summary, Tier, Tried, Turn,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::time::Instant;

use self::chores::Hinted;
use self::line::{Line, News};
pub use self::management::{Added, Addition, Finding, KeyCheck, Page};
pub use self::saving::{SavedBucket, SavedKey, SavedState, Unsaved};
use self::terms::Told;
pub use self::terms::{Terms, USUAL_WEIGHT};
use crate::clock::Clock;
use crate::config::UpstreamKey;
use crate::events::Events;
use crate::lifecycle::Lifecycle;
use crate::upstream::{Secret, UnsendableKey};

/// The upstream keys. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Keyring(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// A std mutex: it is held for microseconds and never over an await.
    state: Mutex<State>,
    secrets: ArcSwap<HashMap<KeyId, Secret>>,
    terms: Terms,
    clock: Clock,
    lifecycle: Lifecycle,
    /// Told when somebody waits for less long than those before.
    sooner: Notify,
    /// Told when a key goes out of use or comes back.
    events: OnceLock<Events>,
}

#[derive(Debug)]
struct State {
    pool: Pool,
    /// Keys by the digest of their secret: each is there once.
    by_digest: HashMap<String, KeyId>,
    line: Line,
    told: Told,
    hinted: Hinted,
    /// Since when requests are counted: a forecast needs to know.
    counting_since: Timestamp,
}

/// No key can be had in time.
#[derive(Debug)]
pub struct NoLease {
    /// Why, candidate by candidate.
    pub ranking: Ranking,
    /// When the decision was taken.
    pub at: Timestamp,
    /// A key returns in time, but too many wait already.
    pub crowded: bool,
    /// How many milliseconds it was waited for.
    pub waited_ms: u32,
}

/// Who waits for a key, and how long at most.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The access key: those who wait take turns by it.
    pub asker: Asker,
    /// No longer than until this instant.
    pub until: Instant,
}

/// Who served a request: upstream key and project, in words that mean the same after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// What a store knows the key by.
    pub upstream_key: Arc<str>,
    /// The project: the operator's name for it, else Google's number, else what a store knows its only key by.
    pub project: Arc<str>,
    /// Whether the project is known to pay nothing.
    pub free: bool,
}

// === impl Keyring ===

impl Keyring {
    /// An empty ring.
    pub fn new(terms: Terms, clock: Clock, lifecycle: Lifecycle) -> Self {
        let state = State {
            pool: Pool::new(Policy { usual_weight: USUAL_WEIGHT, ..terms.policy }),
            by_digest: HashMap::new(),
            line: Line::new(terms.max_waiting),
            told: Told::default(),
            hinted: Hinted::default(),
            counting_since: clock.now(),
        };
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            secrets: ArcSwap::default(),
            terms,
            clock,
            lifecycle,
            sooner: Notify::new(),
            events: OnceLock::new(),
        }))
    }

    /// Tells of keys that go out of use or come back from now on. The first call counts.
    pub fn announce_to(&self, events: Events) {
        self.0.events.get_or_init(|| events);
    }

    /// Where it tells what happens to keys.
    pub(crate) fn events(&self) -> Option<&Events> {
        self.0.events.get()
    }

    /// Adds the keys of the settings.
    ///
    /// Errors: a key that cannot be sent in a header; then none is added.
    pub fn add_all(&self, keys: &[UpstreamKey]) -> Result<Vec<KeyId>, UnsendableKey> {
        let added = self.add(keys.iter().map(Addition::of_settings).collect())?;
        Ok(added.into_iter().map(|added| added.key).collect())
    }

    /// Takes the best key for `need`, waiting for one that returns in time.
    ///
    /// Errors: [`NoLease`] when none is free and none returns before `patience` ends, or too many wait already.
    pub async fn lease(&self, need: &Need, tried: &Tried, patience: Patience) -> Result<LeaseGuard, NoLease> {
        let mut refused = match self.try_lease(need, tried) {
            Ok(lease) => return Ok(lease),
            Err(refused) => refused,
        };
        let Some(mut place) = self.stand_in_line(need, tried, patience, &mut refused) else { return Err(refused) };
        let began = Instant::now();
        let told = match place.wait(patience.until).await {
            Some(news) => news,
            // A last look: it says what is the matter now, and somebody may just have given up what this one needs.
            None => self.try_lease(need, tried),
        };
        let waited = began.elapsed();
        match told {
            Ok(mut lease) => {
                lease.waited = waited;
                Ok(lease)
            }
            Err(refused) => {
                let waited_ms = u32::try_from(waited.as_millis()).unwrap_or(u32::MAX);
                Err(NoLease { waited_ms, ..refused })
            }
        }
    }

    fn try_lease(&self, need: &Need, tried: &Tried) -> Result<LeaseGuard, NoLease> {
        let now = self.0.clock.now();
        let mut state = self.state();
        // What came free belongs to those who wait for it.
        let news = if state.line.is_due(now) { state.look_again(self, now) } else { News::default() };
        let ranking = state.pool.rank(need, tried, now);
        let lease = state.pool.reserve(need, &ranking, now);
        drop(state);
        news.spread();
        let refused = |ranking| NoLease { ranking, at: now, crowded: false, waited_ms: 0 };
        let Some(lease) = lease else { return Err(refused(ranking)) };
        self.guard(need, lease, ranking).map_err(|unused| {
            let (lease, ranking) = *unused;
            self.settle(lease, &Outcome::Abandoned);
            refused(ranking)
        })
    }

    /// The lease with its secret; back without, if the key was removed in between: then it counts as not there.
    fn guard(&self, need: &Need, lease: Lease, ranking: Ranking) -> Result<LeaseGuard, Box<(Lease, Ranking)>> {
        let key = lease.key();
        match self.0.secrets.load().get(&key) {
            Some(secret) => {
                let (ring, model, secret) = (self.clone(), need.model.clone(), secret.clone());
                Ok(LeaseGuard { ring, lease: Some(lease), key, secret, model, ranking, waited: Duration::ZERO })
            }
            None => Err(Box::new((lease, ranking))),
        }
    }

    /// Whether nobody is asked for a model now: it is overloaded for everybody, or the way out seems closed.
    pub fn is_paused(&self, model: Option<&str>) -> bool {
        let now = self.0.clock.now();
        self.state().pool.paused(model, now).is_some()
    }

    /// Counts of keys by state.
    pub fn summary(&self) -> Summary {
        let now = self.0.clock.now();
        self.state().pool.summary(now)
    }

    /// What today looks like, model by model: what is left, when it runs dry at the present rate, and what to do about it.
    pub fn forecast(&self) -> Vec<Forecast> {
        let now = self.0.clock.now();
        let state = self.state();
        state.pool.forecast(state.counting_since, now)
    }

    /// How long today's quota lasts, model by model, if today's counts began at midnight Pacific or at `since`.
    pub fn outlook(&self, since: Timestamp) -> Vec<Forecast> {
        let now = self.0.clock.now();
        self.state().pool.forecast(gap_store::usage::day_of(now).max(since), now)
    }

    /// How people recognise these keys, by what a store knows them by: masked. Those that are gone are missing.
    pub fn labels<'a>(&self, references: impl IntoIterator<Item = &'a str>) -> HashMap<String, String> {
        let state = self.state();
        let known = references.into_iter().filter_map(|reference| Some((reference, state.pool.label(reference)?)));
        known.map(|(reference, label)| (reference.to_owned(), label.to_owned())).collect()
    }

    /// Leases that are not settled yet.
    pub fn open_leases(&self) -> usize {
        self.state().pool.open_leases()
    }

    /// Requests that wait for a key.
    pub fn waiting(&self) -> usize {
        self.state().line.len()
    }

    /// A panic inside the pool leaves counters off by one at worst; refusing every request after it would be worse.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and lets those who wait have what came free by it.
    fn change<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.0.clock.now();
        let mut state = self.state();
        let result = change(&mut state, now);
        let news = state.look_again(self, now);
        let turned = self.turned(&mut state.pool, now);
        drop(state);
        news.spread();
        for (turn, reference, label, standing) in turned {
            if let Some(events) = self.events() {
                events.key_turned(turn, &reference, &label, &standing);
            }
        }
        result
    }

    /// Keys that went out of use or came back, as listeners hear of them; nothing while nobody listens.
    fn turned(&self, pool: &mut Pool, now: Timestamp) -> Vec<(Turn, String, String, KeyState)> {
        let turns = pool.take_turns();
        if turns.len() == 0 || !self.events().is_some_and(Events::is_heard) {
            return Vec::new();
        }
        let turns: Vec<Turn> = turns.collect();
        let tell = |turn: Turn| {
            let view = pool.key(turn.key, now)?;
            let reference = pool.reference(turn.key).unwrap_or_default().to_owned();
            Some((turn, reference, view.label, view.state))
        };
        turns.into_iter().filter_map(tell).collect()
    }

    fn settle(&self, lease: Lease, outcome: &Outcome) {
        self.change(|state, now| state.pool.settle(lease, outcome, now));
    }
}

/// What a key is known by where the key itself must not be: the same after a restart, and no way back to the key.
fn reference(key: &SecretString) -> String {
    let digest = Sha256::digest(key.expose_secret().as_bytes());
    digest.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

// === LeaseGuard ===

/// The right to send one request with one key. Dropped without a verdict (the client left, a panic) it is given back
/// without judging the key.
#[derive(Debug)]
pub struct LeaseGuard {
    ring: Keyring,
    lease: Option<Lease>,
    key: KeyId,
    secret: Secret,
    model: Option<Box<str>>,
    ranking: Ranking,
    waited: Duration,
}

impl LeaseGuard {
    /// The key's id.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The key's project.
    pub fn project(&self) -> Option<ProjectId> {
        self.lease.as_ref().map(Lease::project)
    }

    /// Who serves with it, in words that outlive the process.
    pub fn served(&self) -> Served {
        let state = self.ring.state();
        let upstream_key: Arc<str> = state.pool.reference(self.key).unwrap_or_default().into();
        let project = self.project().and_then(|project| state.pool.project_name(project));
        drop(state);
        let ProjectName { name, number, tier } = project.unwrap_or_default();
        let project = match (name, number) {
            (Some(name), _) => name.into(),
            (None, Some(number)) => number.to_string().into(),
            // A project of which nothing is known has this one key.
            (None, None) => Arc::clone(&upstream_key),
        };
        Served { upstream_key, project, free: tier == Some(Tier::Free) }
    }

    /// The key, for [`crate::upstream`] alone.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Why it was this key; nothing when asked again.
    pub fn take_ranking(&mut self) -> Ranking {
        std::mem::take(&mut self.ranking)
    }

    /// How long it was waited for.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Tells the pool that an answer has begun, which may end later: what it shows of the key, others need not wait for.
    pub fn answer_began(&mut self) {
        if let Some(lease) = &mut self.lease {
            self.ring.change(|state, now| state.pool.answer_began(lease, now));
        }
    }

    /// Tells the pool that the key answered.
    pub fn answered(mut self, answered: Answered) {
        self.end(&Outcome::Success(answered));
        let Some(model) = self.model.take() else { return };
        let Keyring(ring) = &self.ring;
        let now = ring.clock.now();
        let mut state = self.ring.state();
        let State { pool, told, .. } = &mut *state;
        if !told.knows(&model) {
            ring.terms.tell_defaults(&model, pool, told, now);
        }
    }

    /// Tells the pool what went wrong. Google's words may repeat the key; the pool keeps them without it.
    pub fn failed(mut self, mut fault: Fault) {
        if let Cow::Owned(message) = self.secret.redact(&fault.message) {
            fault.message = message;
        }
        self.end(&Outcome::Fault(fault));
    }

    fn end(&mut self, outcome: &Outcome) {
        if let Some(lease) = self.lease.take() {
            self.ring.settle(lease, outcome);
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        self.end(&Outcome::Abandoned);
    }
}

#[cfg(test)]
mod tests;
