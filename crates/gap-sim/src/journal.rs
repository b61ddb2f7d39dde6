//! What was received: the newest requests, within a limit of bytes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde::ser::SerializeStruct;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// The HTTP method.
    pub method: String,
    /// The path, undecoded.
    pub path: String,
    /// The query, undecoded and without `?`.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The upstream key that was presented, wherever it stood.
    pub key: Option<String>,
    fate: Arc<Fate>,
}

/// What became of a request; written while it is answered.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// The answer's status; 0 while there is none.
    status: AtomicU16,
    client_gone: AtomicBool,
    done: AtomicBool,
}

impl Received {
    pub(crate) fn new(method: &Method, uri: &http::Uri, headers: &HeaderMap, body: Bytes, key: Option<String>) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Self {
            method: method.as_str().to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body,
            key,
            fate: Arc::default(),
        }
    }

    pub(crate) fn fate(&self) -> &Arc<Fate> {
        &self.fate
    }

    /// The status it was answered with, once it was.
    pub fn status(&self) -> Option<u16> {
        Some(self.fate.status.load(Ordering::Acquire)).filter(|status| *status != 0)
    }

    /// Whether the client left before it had its whole answer.
    pub fn client_gone(&self) -> bool {
        self.fate.client_gone.load(Ordering::Acquire)
    }

    /// Whether the whole answer was handed over, or deliberately broken off.
    pub fn is_done(&self) -> bool {
        self.fate.done.load(Ordering::Acquire)
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Serialize for Received {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shown = serializer.serialize_struct("Received", 9)?;
        shown.serialize_field("method", &self.method)?;
        shown.serialize_field("path", &self.path)?;
        shown.serialize_field("query", &self.query)?;
        shown.serialize_field("headers", &self.headers)?;
        shown.serialize_field("body", &String::from_utf8_lossy(&self.body))?;
        shown.serialize_field("key", &self.key)?;
        shown.serialize_field("status", &self.status())?;
        shown.serialize_field("client_gone", &self.client_gone())?;
        shown.serialize_field("done", &self.is_done())?;
        shown.end()
    }
}

// === impl Fate ===

impl Fate {
    pub(crate) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::Release);
    }

    pub(crate) fn done(&self) {
        self.done.store(true, Ordering::Release);
    }

    /// Dropped before its end: the client is gone, unless we broke off ourselves.
    pub(crate) fn dropped(&self) {
        if !self.done.load(Ordering::Acquire) {
            self.client_gone.store(true, Ordering::Release);
        }
    }
}

/// The newest requests.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: VecDeque<Received>,
    bytes: usize,
    most_entries: usize,
    most_bytes: usize,
    /// All requests so far, forgotten ones included.
    total: u64,
}

impl Journal {
    pub(crate) fn new(most_entries: usize, most_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, most_entries, most_bytes, total: 0 }
    }

    pub(crate) fn add(&mut self, received: Received) {
        self.total += 1;
        self.bytes += weight(&received);
        self.entries.push_back(received);
        while self.entries.len() > self.most_entries || self.bytes > self.most_bytes {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
    }

    pub(crate) fn all(&self) -> Vec<Received> {
        self.entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }
}

/// Body and headers: what can be large.
fn weight(received: &Received) -> usize {
    let headers = received.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>();
    received.body.len() + received.path.len() + received.query.len() + headers
}
