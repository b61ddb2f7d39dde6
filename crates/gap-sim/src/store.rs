//! What projects keep: files, uploads that are not finished, caches, batches. All of it in memory, and bounded.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::models::Model;

/// Files live for two days (wire 37).
const FILE_LIFE: SignedDuration = SignedDuration::from_hours(48);
/// How long film is looked at before it can be used.
const PROCESSING: SignedDuration = SignedDuration::from_secs(2);
/// How long a batch waits, and when it is done.
const BATCH_STARTS: SignedDuration = SignedDuration::from_secs(1);
const BATCH_ENDS: SignedDuration = SignedDuration::from_secs(3);
/// An upload that nobody goes on with is forgotten.
const UPLOAD_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Beyond this nothing more is kept. Google's own limit is 20 GB a project, which no test fills.
const MOST_BYTES: usize = 1 << 30;
const MOST_THINGS: usize = 10_000;

/// Everything that is kept, by name.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) caches: BTreeMap<String, Cache>,
    /// Caches that are over and that nobody has billed yet.
    pub(crate) over: Vec<Cache>,
    pub(crate) batches: BTreeMap<String, Batch>,
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) project: u64,
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
    pub(crate) sha256: String,
    pub(crate) created: Timestamp,
    pub(crate) source: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) project: u64,
    pub(crate) name: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) mime_type: String,
    pub(crate) announced: Option<u64>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) started: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Cache {
    pub(crate) project: u64,
    pub(crate) name: String,
    pub(crate) model: &'static Model,
    pub(crate) display_name: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) tokens: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) project: u64,
    pub(crate) name: String,
    pub(crate) model: &'static Model,
    pub(crate) display_name: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) cancelled: Option<Timestamp>,
    pub(crate) count: usize,
    pub(crate) failed: usize,
    pub(crate) output: Output,
}

/// Where a batch's answers are.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    Inline(Vec<Value>),
    /// The name of a file of theirs.
    File(String),
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Pending,
    Running,
    Succeeded(Timestamp),
    Cancelled(Timestamp),
}

impl Store {
    /// Forgets what is too old.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.files.retain(|_, file| now < file.expires());
        self.uploads.retain(|_, upload| now < upload.started + UPLOAD_LIFE);
        let over = self.caches.extract_if(.., |_, cache| now >= cache.expires);
        self.over.extend(over.map(|(_, cache)| cache));
    }

    /// Whether so many bytes more, in one thing more, may be kept.
    pub(crate) fn admit(&self, bytes: usize) -> Result<(), Full> {
        let things = self.files.len() + self.uploads.len() + self.caches.len() + self.batches.len();
        let files: usize = self.files.values().map(|file| file.bytes.len()).sum();
        let uploads: usize = self.uploads.values().map(|upload| upload.bytes.len()).sum();
        let full = things >= MOST_THINGS || files.saturating_add(uploads).saturating_add(bytes) > MOST_BYTES;
        if full { Err(Full) } else { Ok(()) }
    }
}

impl File {
    pub(crate) fn expires(&self) -> Timestamp {
        self.created + FILE_LIFE
    }

    /// Film is looked at for a while.
    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        !self.mime_type.starts_with("video/") || now >= self.created + PROCESSING
    }
}

impl Batch {
    pub(crate) fn progress(&self, now: Timestamp) -> Progress {
        let end = self.created + BATCH_ENDS;
        match self.cancelled {
            Some(at) => Progress::Cancelled(at),
            None if now >= end => Progress::Succeeded(end),
            None if now >= self.created + BATCH_STARTS => Progress::Running,
            None => Progress::Pending,
        }
    }
}
