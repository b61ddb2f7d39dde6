//! Numbers for Prometheus.
//!
//! One struct, built with the app: nothing is global. What counts requests is counted where their record is written; what is
//! a state (keys, queue, memory) is looked at when somebody asks.
//!
//! ## Edges
//! Labels are bounded: a model is named once it has answered, up to a cap; all others are `other`. A client cannot fill the
//! memory with names that it makes up.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use gap_store::usage::{Outcome, UsageRecord};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::app::App;

/// Models that are told apart.
const MODELS: usize = 100;
/// The name of all others.
const OTHER: &str = "other";
/// Seconds; an answer takes from milliseconds to minutes.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    duration: Family<RequestLabels, Histogram, fn() -> Histogram>,
    first_token: Family<ModelLabels, Histogram, fn() -> Histogram>,
    tokens: Family<TokenLabels, Counter>,
    attempts: Counter,
    cost: Counter<f64, AtomicU64>,
    saved: Counter<f64, AtomicU64>,
    keys: Family<StateLabels, Gauge>,
    waiting: Gauge,
    leases: Gauge,
    slots: Gauge,
    written: Counter,
    lost: Counter,
    failures: Counter,
    listeners: Gauge,
    memory: Gauge,
    models: RwLock<HashSet<String>>,
    /// Held while states are looked at: two scrapes at a time must not mix.
    scraping: Mutex<()>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    dialect: &'static str,
    model: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabels {
    dialect: &'static str,
    model: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    model: String,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

// === impl Metrics ===

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("gap");
        let seconds: fn() -> Histogram = || Histogram::new(SECONDS);
        let metrics = Self {
            requests: Family::default(),
            duration: Family::new_with_constructor(seconds),
            first_token: Family::new_with_constructor(seconds),
            tokens: Family::default(),
            attempts: Counter::default(),
            cost: Counter::default(),
            saved: Counter::default(),
            keys: Family::default(),
            waiting: Gauge::default(),
            leases: Gauge::default(),
            slots: Gauge::default(),
            written: Counter::default(),
            lost: Counter::default(),
            failures: Counter::default(),
            listeners: Gauge::default(),
            memory: Gauge::default(),
            models: RwLock::default(),
            scraping: Mutex::default(),
            registry: Registry::default(),
        };
        let r = &mut registry;
        r.register("requests", "Requests of clients, by the status that they saw; 0 is none", metrics.requests.clone());
        let help = "How long requests took in all";
        r.register_with_unit("request_duration", help, Unit::Seconds, metrics.duration.clone());
        let help = "How long the first token of a stream took";
        r.register_with_unit("time_to_first_token", help, Unit::Seconds, metrics.first_token.clone());
        r.register("tokens", "Tokens, as Google counts them; cached ones are prompt ones, too", metrics.tokens.clone());
        r.register("attempts", "Upstream keys tried", metrics.attempts.clone());
        r.register("cost_dollars", "What requests cost by list prices", metrics.cost.clone());
        r.register("saved_dollars", "What caches saved by list prices", metrics.saved.clone());
        r.register("upstream_keys", "Upstream keys by state", metrics.keys.clone());
        r.register("waiting_requests", "Requests that wait for an upstream key", metrics.waiting.clone());
        r.register("open_leases", "Requests under way with an upstream key", metrics.leases.clone());
        r.register("ledger_slots_in_use", "Requests under way or waiting to be recorded", metrics.slots.clone());
        r.register("ledger_records_written", "Usage records written", metrics.written.clone());
        r.register("ledger_records_lost", "Usage records that could not be written", metrics.lost.clone());
        r.register("ledger_write_failures", "Tries to write usage records that failed", metrics.failures.clone());
        r.register("event_listeners", "Readers of the live events", metrics.listeners.clone());
        r.register_with_unit("resident_memory", "Memory of the process", Unit::Bytes, metrics.memory.clone());
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Counts a request that has ended.
    pub fn observe(&self, record: &UsageRecord, dialect: &'static str) {
        let model = self.model(record);
        let labels = RequestLabels { dialect, model: model.clone(), status: record.status };
        self.requests.get_or_create(&labels).inc();
        self.duration.get_or_create(&labels).observe(seconds(record.duration_ms));
        if let Some(first_token) = record.first_token_ms {
            let labels = ModelLabels { dialect, model: model.clone() };
            self.first_token.get_or_create(&labels).observe(seconds(first_token));
        }
        self.attempts.inc_by(record.attempts.into());
        let tokens = &record.tokens;
        for (kind, count) in [
            ("prompt", tokens.prompt),
            ("cached", tokens.cached),
            ("thoughts", tokens.thoughts),
            ("tool", tokens.tool),
            ("output", tokens.output),
        ] {
            if count > 0 {
                self.tokens.get_or_create(&TokenLabels { model: model.clone(), kind }).inc_by(count);
            }
        }
        self.cost.inc_by(record.cost_nanos as f64 / 1e9);
        self.saved.inc_by(record.saved_nanos as f64 / 1e9);
    }

    /// Everything as text, in the form of OpenMetrics.
    pub fn render(&self, app: &App) -> Result<String, fmt::Error> {
        let _scraping = self.scraping.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = app.keyring.summary();
        for (state, count) in [("healthy", keys.healthy), ("resting", keys.resting), ("disabled", keys.disabled)] {
            self.keys.get_or_create(&StateLabels { state }).set(whole(count));
        }
        self.waiting.set(whole(app.keyring.waiting()));
        self.leases.set(whole(app.keyring.open_leases()));
        let counts = app.books.counts();
        self.slots.set(whole(counts.slots_in_use));
        self.written.inner().store(counts.written, Ordering::Relaxed);
        self.lost.inner().store(counts.lost, Ordering::Relaxed);
        self.failures.inner().store(counts.failures, Ordering::Relaxed);
        self.listeners.set(whole(app.books.events().listeners()));
        if let Some(bytes) = resident_memory() {
            self.memory.set(bytes);
        }
        let mut out = String::with_capacity(16 * 1024);
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }

    /// The model's name, if it is one of those that are told apart.
    fn model(&self, record: &UsageRecord) -> String {
        if record.model.is_empty() {
            return String::new();
        }
        let is_known = self.models.read().unwrap_or_else(PoisonError::into_inner).contains(&record.model);
        if is_known {
            return record.model.clone();
        }
        let mut models = self.models.write().unwrap_or_else(PoisonError::into_inner);
        if record.outcome == Outcome::Answered && models.len() < MODELS {
            models.insert(record.model.clone());
            return record.model.clone();
        }
        OTHER.to_owned()
    }
}

fn seconds(millis: u32) -> f64 {
    f64::from(millis) / 1_000.0
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What the system says, where it says it.
fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(model: &str, outcome: Outcome) -> UsageRecord {
        UsageRecord { model: model.to_owned(), outcome, status: 200, ..UsageRecord::default() }
    }

    #[test]
    fn made_up_models_do_not_fill_the_memory() {
        let metrics = Metrics::default();
        for at in 0..1_000 {
            metrics.observe(&record(&format!("made-up-{at}"), Outcome::Failed), "gemini");
        }
        assert_eq!(metrics.model(&record("made-up-1", Outcome::Failed)), OTHER);
        for at in 0..1_000 {
            metrics.observe(&record(&format!("real-{at}"), Outcome::Answered), "gemini");
        }
        let mut text = String::new();
        text::encode(&mut text, &metrics.registry).unwrap();
        assert!(text.lines().filter(|line| line.starts_with("gap_requests_total")).count() <= MODELS + 1);
        assert!(text.contains(r#"gap_requests_total{dialect="gemini",model="other",status="200"} 1900"#), "{text}");
    }
}
