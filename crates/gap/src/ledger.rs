//! The usage ledger: one record of every request that somebody known has made, whatever became of it.
//!
//! An [`Entry`] is opened at the front door and travels in the request's [`Visit`]. Opening it
//! reserves a slot in the store's writer, so that closing it neither waits nor fails: it happens in a drop, wherever the
//! request ends. An entry says whose it is once the caller is known ([`Entry::admit`]); strangers leave no record. It is
//! closed once: by the request's receipt, which knows what happened upstream, or else by the front door, which knows the
//! status.
//!
//! ## Edges
//! - No slot becomes free in time (the database is away for long): the request is refused with 503 before it costs
//!   anything. What is admitted is counted.
//! - The client names its request itself: the record has an identifier of its own, and the explanation names the client's.
//!   A client that uses one name twice would otherwise be counted once.

pub mod choices;
pub mod method;
pub mod price;
mod telling;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gap_pool::Ranking;
use gap_pool::verdict::{Fault, Scope};
use gap_protocol::meter::{Modalities, Usage};
use gap_store::usage::ledger::{Ledger, LedgerCounts, LedgerOptions, Slot, Writer};
use gap_store::usage::{Outcome, Tokens, UsageRecord};
use gap_store::{Address, Store};
use http::HeaderMap;
use jiff::Timestamp;
use tracing::info;
use uuid::Uuid;

use self::choices::{Choices, Counts};
use self::price::Bill;
use self::telling::Refused;
use crate::alerts::Tally;
use crate::clock::Clock;
use crate::error::Failure;
use crate::events::{Events, Kind};
use crate::keyring::Served;
use crate::lifecycle::Lifecycle;
use crate::metrics::Metrics;
use crate::middleware::Visit;
use crate::models::Models;
use crate::receipt::Attempt;
use crate::spans::{Parent, Spans};

/// How long a request waits for a slot before it is refused.
const SLOT_PATIENCE: Duration = Duration::from_secs(1);
/// How long a report waits for what was just used to be written.
const FLUSH_PATIENCE: Duration = Duration::from_secs(2);

/// The ledger with what turns the end of a request into a record. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Books(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    /// Until it runs.
    writer: Mutex<Option<Writer>>,
    store: Store,
    models: Models,
    clock: Clock,
    choices: Choices,
    /// When it began to count.
    since: Timestamp,
    metrics: Metrics,
    events: Events,
    /// If a collector wants them.
    spans: Option<Spans>,
    requests: AtomicU64,
    failed: AtomicU64,
}

/// One request's place in the ledger. Cheap to clone; clones are one place. The default one has none: nothing is recorded.
#[derive(Clone, Debug, Default)]
pub struct Entry(Option<Arc<Place>>);

#[derive(Debug)]
struct Place {
    books: Books,
    id: Uuid,
    at: Timestamp,
    /// The trace that the client has begun.
    parent: Option<Parent>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Until the entry is closed.
    slot: Option<Slot>,
    /// Whose request it is, once that is known.
    access_key: Option<Arc<str>>,
}

/// How a request ended, from whoever saw it.
#[derive(Debug)]
pub struct Closing<'a> {
    /// Its visit.
    pub visit: &'a Visit,
    /// The HTTP verb and path.
    pub request_line: &'a str,
    /// The model that was asked for.
    pub model: Option<&'a str>,
    /// Who served it, if anybody did.
    pub served: Option<&'a Served>,
    /// The keys that were tried.
    pub tries: &'a [Attempt],
    /// The status that the client saw; 0 if it left before there was one.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// Whose fault it was, if it failed.
    pub scope: &'a str,
    /// Whether the answer was a stream.
    pub streamed: bool,
    /// What Google counted.
    pub usage: Option<&'a Usage>,
    /// What that costs.
    pub bill: Bill,
    /// How long it waited for a key.
    pub waited: Duration,
    /// When the first token of a stream was there.
    pub first_token: Option<Duration>,
    /// Why which keys were tried, as JSON.
    pub explanation: Option<String>,
}

// === impl Books ===

impl Books {
    /// The books of `store`. Nothing is written until [`Books::begin`].
    pub fn new(store: &Store, models: Models, clock: Clock, records_in_memory: u64, spans: Option<Spans>) -> Self {
        let keep = matches!(store.address(), Address::Memory).then_some(records_in_memory);
        let (ledger, writer) =
            gap_store::usage::ledger::open(store, LedgerOptions { keep, ..LedgerOptions::default() });
        let (since, events) = (clock.now(), Events::new(clock.clone()));
        Self(Arc::new(Inner {
            ledger,
            writer: Mutex::new(Some(writer)),
            store: store.clone(),
            models,
            clock,
            choices: Choices::default(),
            since,
            metrics: Metrics::default(),
            events,
            spans,
            requests: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }))
    }

    /// Writes from now on, and after everybody else has ended writes what is left and closes the store.
    pub fn begin(&self, lifecycle: &Lifecycle) {
        let Some(writer) = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let (ledger, store) = (self.0.ledger.clone(), self.0.store.clone());
        lifecycle.spawn_last({
            let lifecycle = lifecycle.clone();
            async move {
                let ending = async {
                    lifecycle.alone().await;
                    ledger.end();
                };
                tokio::join!(ending, writer.run());
                let LedgerCounts { written, lost, .. } = ledger.counts();
                info!(records = written, lost, "The usage ledger is complete");
                store.close().await;
            }
        });
    }

    /// Opens an entry; [`Failure`] when there is no slot in time.
    pub async fn open(&self, id: Uuid, headers: &HeaderMap) -> Result<Entry, Failure> {
        let slot = match self.0.ledger.try_reserve() {
            Some(slot) => slot,
            None => match tokio::time::timeout(SLOT_PATIENCE, self.0.ledger.reserve()).await {
                Ok(Ok(slot)) => slot,
                Ok(Err(_)) | Err(_) => return Err(Failure::ledger_full()),
            },
        };
        let state = Mutex::new(State { slot: Some(slot), access_key: None });
        let parent = self.0.spans.as_ref().and_then(|_| Parent::read(headers));
        Ok(Entry(Some(Arc::new(Place { books: self.clone(), id, at: self.0.clock.now(), parent, state }))))
    }

    /// Waits until what has ended so far is written, so that a report counts it; not for long, if the database is away.
    pub async fn settle(&self) {
        let _ = tokio::time::timeout(FLUSH_PATIENCE, self.0.ledger.flush()).await;
    }

    /// Why keys were chosen, since [`Books::since`].
    pub fn choices(&self) -> Counts {
        self.0.choices.counts()
    }

    /// When the process began to count.
    pub fn since(&self) -> Timestamp {
        self.0.since
    }

    /// What is counted for Prometheus.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// What happens, as it happens.
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// Requests so far, and those that failed though their client asked rightly.
    pub fn tally(&self) -> Tally {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Tally { requests: load(&self.0.requests), failed: load(&self.0.failed) }
    }

    /// What became of the records so far.
    pub fn counts(&self) -> LedgerCounts {
        self.0.ledger.counts()
    }
}

// === impl Closing ===

impl Closing<'_> {
    fn into_record(self, id: Uuid, at: Timestamp, access_key: &str) -> UsageRecord {
        let visit = self.visit;
        let model = self.model.unwrap_or_default();
        let tokens = self.usage.map(tokens).unwrap_or_default();
        UsageRecord {
            id,
            at,
            access_key: access_key.to_owned(),
            address: visit.client.to_string(),
            dialect: visit.dialect.name().to_owned(),
            method: method::name(visit.dialect, self.request_line).into_owned(),
            model: model.to_owned(),
            project: self.served.map_or_else(String::new, |served| served.project.as_ref().to_owned()),
            upstream_key: self.served.map_or_else(String::new, |served| served.upstream_key.as_ref().to_owned()),
            attempts: u32::try_from(self.tries.len()).unwrap_or(u32::MAX),
            status: self.status,
            outcome: self.outcome,
            error_scope: self.scope.to_owned(),
            streamed: self.streamed,
            tokens,
            by_modality: self.usage.map(by_modality).unwrap_or_default(),
            cost_nanos: self.bill.cost_nanos,
            saved_nanos: self.bill.saved_nanos,
            waited_ms: millis(self.waited),
            first_token_ms: self.first_token.map(millis),
            duration_ms: millis(visit.began.elapsed()),
            explanation: self.explanation,
        }
    }
}

// === impl Entry ===

impl Entry {
    /// The record's identifier, if there will be one.
    pub fn id(&self) -> Option<Uuid> {
        self.0.as_ref().map(|place| place.id)
    }

    /// Says whose request it is. From here on it leaves a record.
    pub fn admit(&self, access_key: &Arc<str>) {
        if let Some(place) = &self.0 {
            let mut state = place.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.access_key = Some(Arc::clone(access_key));
        }
    }

    /// The pool decided which key is next, or that there is none.
    pub fn chose(&self, ranking: &Ranking) {
        if let Some(place) = &self.0 {
            place.books.0.choices.add(ranking);
        }
    }

    /// A key was refused for a reason of its own, or of its project's.
    pub fn key_refused(&self, served: Option<&Served>, label: &str, fault: &Fault) {
        let Some(place) = &self.0 else { return };
        let events = place.books.events();
        if matches!(fault.scope, Scope::Key | Scope::Project) && events.is_heard() {
            events.publish(Kind::Key, None, &Refused::of(served, label, fault));
        }
    }

    /// What `usage` of a model costs by list prices.
    pub fn bill(&self, model: &str, usage: &Usage, free: bool) -> Bill {
        self.0.as_ref().map_or_else(Bill::default, |place| {
            price::bill(&place.books.0.models.table().find(model).prices, usage, free)
        })
    }

    /// Whether a record is still to be written.
    pub fn is_open(&self) -> bool {
        self.0.as_ref().is_some_and(|place| {
            let state = place.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.slot.is_some() && state.access_key.is_some()
        })
    }

    /// Whether its record has been written.
    pub fn is_closed(&self) -> bool {
        self.0.as_ref().is_some_and(|place| {
            let state = place.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.slot.is_none()
        })
    }

    /// Writes the record, the first time; a stranger's request leaves none.
    pub fn close(&self, closing: Closing<'_>) {
        let Some(place) = &self.0 else { return };
        let taken = {
            let mut state = place.state.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = if state.access_key.is_some() { state.slot.take() } else { None };
            slot.zip(state.access_key.clone())
        };
        let Some((slot, access_key)) = taken else { return };
        let (visit, tries) = (closing.visit, closing.tries);
        let label = tries.last().map(|last| last.key.masked());
        let record = closing.into_record(place.id, place.at, &access_key);
        place.books.tell(&record, label, visit.dialect.name());
        place.books.trace(&record, place.parent, visit.began, tries);
        slot.fill(record);
    }
}

// === Counting ===

fn tokens(usage: &Usage) -> Tokens {
    Tokens {
        prompt: usage.prompt,
        cached: usage.cached,
        thoughts: usage.thoughts,
        tool: usage.tool_use_prompt,
        output: usage.candidates,
    }
}

/// Tokens that are not all text, by what they stand for.
fn by_modality(usage: &Usage) -> BTreeMap<String, u64> {
    let sides: [(&str, &Modalities); 4] = [
        ("prompt", &usage.prompt_by_modality),
        ("cached", &usage.cached_by_modality),
        ("tool", &usage.tool_use_prompt_by_modality),
        ("output", &usage.candidates_by_modality),
    ];
    let mut found = BTreeMap::new();
    if sides.iter().all(|(_, side)| side.sum() == side.text) {
        return found;
    }
    for (side, Modalities { text, image, video, audio, document, other }) in sides {
        for (modality, tokens) in [
            ("text", text),
            ("image", image),
            ("video", video),
            ("audio", audio),
            ("document", document),
            ("other", other),
        ] {
            if *tokens > 0 {
                found.insert(format!("{side}/{modality}"), *tokens);
            }
        }
    }
    found
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// The identifier of a request's record: the request id where GAP made it, else a new one.
pub fn record_id(request_id: &str, made_here: bool) -> Uuid {
    let given = if made_here { Uuid::try_parse(request_id).ok() } else { None };
    given.unwrap_or_else(Uuid::now_v7)
}

/// The client's own name for the request, if it gave one.
pub fn own_name(visit: &Visit, id: Uuid) -> Option<&str> {
    let name = visit.id_text();
    (Uuid::try_parse(name).ok() != Some(id)).then_some(name)
}

#[cfg(test)]
mod tests;
