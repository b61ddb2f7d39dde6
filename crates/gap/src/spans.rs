//! Traces for OpenTelemetry: a span for each request, below it one for each try, sent to a collector as OTLP over HTTP.
//!
//! The exporter is our own and small: spans are made from what the ledger knows anyway, when a request has ended, so the
//! request itself carries nothing but the name of its trace. They are sent in batches; when the collector is slow or away,
//! spans are dropped and counted, never waited for.

mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, warn};

use crate::lifecycle::Lifecycle;
use crate::outbound::Outbound;

/// Requests whose spans wait to be sent; more are dropped.
const QUEUE: usize = 4_096;
/// Requests that one call tells of.
const BATCH: usize = 256;
/// How long the first of a batch waits for others.
const LINGER: Duration = Duration::from_secs(1);
/// Tries of one batch.
const TRIES: u32 = 3;
/// How long the end of the process waits for the last batch.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Takes the spans of requests. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spans {
    queue: mpsc::Sender<Trace>,
    dropped: Arc<AtomicU64>,
}

/// Sends what has been taken.
#[derive(Debug)]
pub struct Exporter {
    queue: mpsc::Receiver<Trace>,
    dropped: Arc<AtomicU64>,
    url: String,
    outbound: Outbound,
}

/// A request of which spans are made.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The trace that it belongs to, if its client has begun one.
    pub parent: Option<Parent>,
    /// When it came.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it asked for.
    pub name: String,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// Whether it failed.
    pub failed: bool,
    /// Its tries.
    pub tries: Vec<Try>,
}

/// One try.
#[derive(Clone, Debug, Default)]
pub struct Try {
    /// How long after the request's beginning it began.
    pub after: Duration,
    /// How long it took.
    pub took: Duration,
    /// The upstream key, masked.
    pub key: String,
    /// Why it failed, if it did.
    pub cause: Option<&'static str>,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
}

/// What a client's `traceparent` says (W3C Trace Context).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The trace.
    pub trace: u128,
    /// The client's span.
    pub span: u64,
    /// Whether the client wants the trace kept.
    pub sampled: bool,
}

// === impl Parent ===

impl Parent {
    /// Reads the header; one that makes no sense counts as none, as the standard says.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get("traceparent").map(HeaderValue::to_str)?.ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |part: &str, length| {
            part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let shaped = hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
        // Later versions may add to it; the first may not.
        if !shaped || version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let parent = Self {
            trace: u128::from_str_radix(trace, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        };
        (parent.trace != 0 && parent.span != 0).then_some(parent)
    }
}

// === impl Spans ===

impl Spans {
    /// Spans on their way to the collector at `endpoint`.
    pub fn new(endpoint: &str, outbound: Outbound) -> (Self, Exporter) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        (Self { queue: sender, dropped: Arc::clone(&dropped) }, Exporter { queue, dropped, url, outbound })
    }

    /// Takes the spans of a request, if there is room.
    pub fn take(&self, trace: Trace) {
        if trace.parent.is_some_and(|parent| !parent.sampled) {
            return;
        }
        if self.queue.try_send(trace).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Requests whose spans were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

// === impl Exporter ===

impl Exporter {
    /// Sends until everybody else has ended, and then what is left.
    pub async fn run(mut self, lifecycle: Lifecycle) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                taken = self.queue.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        return;
                    }
                }
                () = lifecycle.alone() => break,
            }
            let deadline = Instant::now() + LINGER;
            while batch.len() < BATCH && !lifecycle.is_stopping() {
                let room = BATCH - batch.len();
                if timeout_at(deadline, self.queue.recv_many(&mut batch, room)).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            tokio::select! {
                () = self.send(&mut batch) => {}
                () = lifecycle.alone() => break,
            }
        }
        while let Ok(trace) = self.queue.try_recv() {
            batch.push(trace);
        }
        let _ = tokio::time::timeout(LAST_WORDS, self.send(&mut batch)).await;
    }

    async fn send(&self, batch: &mut Vec<Trace>) {
        if batch.is_empty() {
            return;
        }
        let body = bytes::Bytes::from(wire::request(batch));
        let mut pause = Duration::from_millis(500);
        for at in 1..=TRIES {
            match self.outbound.post(&self.url, HeaderMap::new(), body.clone()).await {
                Ok(()) => {
                    debug!(requests = batch.len(), "Spans were sent");
                    break;
                }
                Err(error) if at < TRIES && error.may_pass() => {
                    tokio::time::sleep(pause).await;
                    pause *= 4;
                }
                Err(error) => {
                    let lost = batch.len() as u64;
                    let dropped = self.dropped.fetch_add(lost, Ordering::Relaxed) + lost;
                    warn!(dropped, "telemetry.otlp_endpoint takes no spans: {error}");
                    break;
                }
            }
        }
        batch.clear();
    }
}

#[cfg(test)]
mod tests;
