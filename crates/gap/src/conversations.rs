//! Conversations that GAP keeps for clients.
//!
//! A client names its conversation (`x-gap-conversation`, OpenAI's `metadata.conversation_id`, the original's `user_id`), and
//! [`Conversations::follow`] looks at what it brings: a request with only the newest turn gets the history put before it,
//! one that brings the history itself is recognised and left as it is, one with a changed history begins a branch. What
//! was asked is kept with what was answered, before the client sees the end of the answer ([`recording`]), so that its next
//! request finds all of it, whichever instance it meets.
//!
//! A conversation belongs to one access key. Its turns are named with a key of that access key's, so that nothing that is
//! kept links two people, and nobody finds what somebody else said.
//!
//! ## Edges
//! - What cannot be taken apart (a request that is too large, or no JSON) passes as it is and is not kept.
//! - A request that fails, or that is answered with nothing, leaves nothing behind: the client will send it again.
//! - An answer that breaks off is kept as far as it came, and marked.
//! - While the store cannot be read, a request that names a conversation is refused: without its history the model would
//!   answer something else.

pub mod export;
mod history;
pub mod recording;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use gap_protocol::chain::Key;
use gap_protocol::json;
use gap_store::conversations::LONGEST_NAME;
use gap_store::{Address, Options, SecretKeys, Store, StoreError};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use crate::caller::Caller;
use crate::clock::Clock;
use crate::config::{Recording as RecordingMode, Settings, StorageMode};
use crate::error::Failure;
use crate::lifecycle::Lifecycle;
use crate::live::Live;
use crate::models::Models;
use crate::roster::Keeping;
use crate::secrets;

pub use self::recording::{Recording, Slot};

/// Names the conversation, in a request and in its answer.
pub const X_GAP_CONVERSATION: HeaderName = HeaderName::from_static("x-gap-conversation");
/// How many turns were put before those of the request.
pub const X_GAP_HISTORY: HeaderName = HeaderName::from_static("x-gap-history");

/// How often what is over is removed.
const CLEAN_UP_EVERY: Duration = Duration::from_hours(1);
/// What conversations in memory may take together, in bytes.
const MOST_IN_MEMORY: i64 = 256 * 1024 * 1024;
/// What conversations are named with, among the keys of a store.
const LABEL: &str = "conversations";

/// The conversations. Cheap to clone; clones are one.
#[derive(Clone, Debug)]
pub struct Conversations(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Where they are kept; the store of everything else, unless they are to be kept in memory beside a database.
    store: OnceLock<Store>,
    everything_else: Store,
    mode: StorageMode,
    live: Live,
    models: Models,
    clock: Clock,
    lifecycle: Lifecycle,
}

/// A request that may belong to a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// What they call the conversation.
    pub name: Option<&'a str>,
    /// The model that is asked.
    pub model: &'a str,
    /// The request, in Gemini's form.
    pub body: &'a Bytes,
    /// Whether the answer is a stream.
    pub is_stream: bool,
}

/// A request in its conversation.
#[derive(Debug)]
pub struct Followed {
    /// The request with what belongs before it; none where it stays as it is.
    pub body: Option<Bytes>,
    /// Takes down what is answered.
    pub recording: Recording,
}

// === impl Conversations ===

impl Conversations {
    /// The conversations of a gateway whose store is `store`.
    pub fn new(live: Live, store: Store, models: Models, clock: Clock, lifecycle: Lifecycle) -> Self {
        let mode = live.read(|settings| settings.context.storage_mode);
        let kept = OnceLock::new();
        Self(Arc::new(Inner { store: kept, everything_else: store, mode, live, models, clock, lifecycle }))
    }

    /// Opens the store: one of their own where conversations are not to reach the database.
    pub async fn open(&self) -> Result<(), StoreError> {
        if self.0.mode == StorageMode::Memory && !matches!(self.0.everything_else.address(), Address::Memory) {
            let secret = SecretString::from(secrets::random_hex::<32>());
            let options = Options::new(Address::Memory, SecretKeys { current: secret, previous: None });
            // Somebody else was faster: theirs counts.
            let _ = self.0.store.set(Store::open(options, self.0.clock.now()).await?);
        }
        Ok(())
    }

    /// Where they are kept.
    pub fn store(&self) -> &Store {
        self.0.store.get().unwrap_or(&self.0.everything_else)
    }

    /// Whether they last until restart only.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.store().address(), Address::Memory)
    }

    /// Where changes of them are kept.
    pub fn keeping(&self) -> Keeping {
        if self.is_in_memory() { Keeping::Memory } else { Keeping::Database }
    }

    /// How long one is kept that has no time of its own.
    pub fn default_ttl(&self) -> Duration {
        self.0.live.read(default_ttl)
    }

    /// Removes what is over, from time to time, until shutdown.
    pub fn begin_chores(&self) {
        let conversations = self.clone();
        self.0.lifecycle.every(CLEAN_UP_EVERY, move || {
            let conversations = conversations.clone();
            async move { conversations.clean_up().await }
        });
    }

    /// Removes what is over.
    pub async fn clean_up(&self) {
        match self.store().conversations().expire(self.default_ttl(), self.0.clock.now()).await {
            Ok(0) => {}
            Ok(removed) => info!(conversations = removed, "Removed conversations that are over"),
            Err(error) => warn!("Removing conversations failed and will be tried again: {error}"),
        }
    }

    /// Finds the conversation of a request, completes the request, and begins to take down the answer. None where the
    /// request belongs to none.
    ///
    /// Errors: what is sent and cannot be left out is too long for the model; the store cannot be read.
    pub async fn follow(&self, asked: Asked<'_>) -> Result<Option<Followed>, Failure> {
        let mode = self.0.live.read(|settings| settings.context.recording);
        let is_wanted = match mode {
            RecordingMode::Off => false,
            RecordingMode::WithId => asked.name.is_some(),
            RecordingMode::All => true,
        };
        if !is_wanted {
            return Ok(None);
        }
        // On the heap: it would make every request larger, and few belong to a conversation.
        Box::pin(history::follow(self, asked)).await
    }

    /// What the turns of an access key's conversations are named with.
    fn key_of(&self, owner: &str) -> Key {
        let secret = self.store().derive_key(LABEL);
        Sha256::new().chain_update(secret.as_slice()).chain_update(owner.as_bytes()).finalize().into()
    }

    /// Keeps no more than the settings allow. The oldest go.
    async fn trim(&self, owner: &str) -> Result<(), StoreError> {
        let (theirs, all) = self
            .0
            .live
            .read(|settings| (settings.context.max_records_per_access_key, settings.context.max_records_memory));
        self.store().conversations().trim(Some(owner), theirs).await?;
        if self.is_in_memory() {
            self.store().conversations().trim(None, u32::try_from(all).unwrap_or(u32::MAX)).await?;
            self.store().conversations().trim_bytes(MOST_IN_MEMORY).await?;
        }
        Ok(())
    }
}

/// How long these settings keep a conversation.
pub fn default_ttl(settings: &Settings) -> Duration {
    Duration::from_hours(24) * settings.context.ttl_days
}

/// What the headers of a request call its conversation.
///
/// Errors: it is none that can be kept.
pub fn named_in(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let Some(value) = headers.get(X_GAP_CONVERSATION) else { return Ok(None) };
    let name = value.to_str().map(str::trim).unwrap_or_default();
    if value.as_bytes().trim_ascii().is_empty() {
        return Ok(None);
    }
    check_name("The header `x-gap-conversation`", name).map(Some)
}

/// What the body of a request calls its conversation: OpenAI's `metadata.conversation_id`, or the original's `user_id`.
///
/// Errors: it is none that can be kept.
pub fn named_in_body(body: &[u8]) -> Result<Option<String>, Failure> {
    let has = |field: &str| memchr::memmem::find(body, field.as_bytes()).is_some();
    if !has("conversation_id") && !has("user_id") {
        return Ok(None);
    }
    let Ok(document) = json::parse(body) else { return Ok(None) };
    let by_metadata = document.find("metadata").and_then(|metadata| metadata.find("conversation_id"));
    let (place, node) = match (by_metadata, document.find("user_id")) {
        (Some(node), _) => ("metadata.conversation_id", node),
        (None, Some(node)) => ("user_id", node),
        (None, None) => return Ok(None),
    };
    let name = node.text().unwrap_or_default();
    if node.is_empty_text() {
        return Ok(None);
    }
    check_name(place, name.trim()).map(|name| Some(name.to_owned()))
}

/// The name of a conversation, if it can be one. `place` says where it stood.
pub fn check_name<'n>(place: &str, name: &'n str) -> Result<&'n str, Failure> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Failure::invalid_request(format!(
            "{place} takes the name of a conversation: 1 to {LONGEST_NAME} bytes of text without control characters."
        )));
    }
    Ok(name)
}

/// Names a conversation, and what was added, in an answer's headers.
fn name_in(headers: &mut HeaderMap, name: &str, added: usize) {
    if let Ok(value) = HeaderValue::from_bytes(name.as_bytes()) {
        headers.insert(X_GAP_CONVERSATION, value);
    }
    headers.insert(X_GAP_HISTORY, HeaderValue::from(added));
}
