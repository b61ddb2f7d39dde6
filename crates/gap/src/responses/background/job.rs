//! One response that is worked on without its client, as those see it who look at it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gap_protocol::openai::responses::background::{Standing, event, restate};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::log::{Behind, Budget, Log};
use super::work::Task;
use crate::responses::KeptResponse;

/// What is given to a follower at a time.
const PORTION: usize = 64 * 1024;

/// A response that is worked on without its client.
#[derive(Debug)]
pub struct Job {
    owner: Arc<str>,
    id: String,
    previous: Option<String>,
    input: Bytes,
    is_streamed: bool,
    state: Mutex<State>,
    /// How often something has changed.
    changed: watch::Sender<u64>,
    cancel: CancellationToken,
}

#[derive(Debug)]
struct State {
    /// As it is now.
    response: Bytes,
    /// Its items, as far as they are done.
    items: Vec<String>,
    log: Log,
    has_begun: bool,
    has_ended: bool,
}

// === impl Job ===

impl Job {
    /// A response that is queued. Its first events are told.
    pub(super) fn new(owner: Arc<str>, task: &Task, budget: Arc<Budget>) -> Self {
        let mut log = Log::new(budget);
        if task.is_streamed {
            for (number, kind) in (0..).zip(["response.created", "response.queued"]) {
                log.add(event(kind, number, &task.queued));
            }
        }
        let state = State { response: task.queued.clone(), items: Vec::new(), log, has_begun: false, has_ended: false };
        Self {
            owner,
            id: task.id.clone(),
            previous: task.previous.clone(),
            input: task.input.clone(),
            is_streamed: task.is_streamed,
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
            cancel: CancellationToken::new(),
        }
    }

    /// The access key whose it is.
    pub fn owner(&self) -> &Arc<str> {
        &self.owner
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it has events.
    pub fn is_streamed(&self) -> bool {
        self.is_streamed
    }

    /// The response as it is now.
    pub fn response(&self) -> Bytes {
        self.state().response.clone()
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.state().has_ended
    }

    /// Resolves when it has ended.
    pub async fn ended(&self) {
        let mut changed = self.changed.subscribe();
        while !self.has_ended() {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Nobody wants it any more.
    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Resolves when nobody wants it any more.
    pub(super) async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// Told of every change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Its events from this number on.
    pub(super) fn events_from(&self, number: u64) -> Behind {
        self.state().log.from(number, PORTION)
    }

    /// Forgets the oldest of its events until the rest takes no more than this.
    pub(super) fn shrink_events(&self, most: usize) {
        self.state().log.shrink(most);
    }

    /// What is kept of it.
    pub(super) fn kept(&self) -> KeptResponse {
        let state = self.state();
        KeptResponse {
            previous: self.previous.clone(),
            input: self.input.clone(),
            output: list(&state.items),
            response: state.response.clone(),
        }
    }

    /// The items of its request.
    pub(super) fn input(&self) -> &Bytes {
        &self.input
    }

    /// Somebody works on it now; nothing if that is known.
    pub(super) fn begin(&self) -> Option<Bytes> {
        let mut state = self.state();
        if std::mem::replace(&mut state.has_begun, true) {
            return None;
        }
        if let Some(response) = restate(&state.response, Standing::InProgress, None) {
            state.response = response;
        }
        let response = state.response.clone();
        self.tell(state, "response.in_progress", &response);
        Some(response)
    }

    /// An event of its answer.
    pub(super) fn add(&self, event: Bytes, item: Option<String>) {
        let mut state = self.state();
        state.items.extend(item);
        state.log.add(event);
        drop(state);
        self.note_change();
    }

    /// The response with another standing, and what is done of it.
    pub(super) fn restated(&self, standing: Standing<'_>) -> KeptResponse {
        let kept = self.kept();
        let response = restate(&kept.response, standing, Some(&kept.output)).unwrap_or_else(|| kept.response.clone());
        KeptResponse { response, ..kept }
    }

    /// It has ended like this. `last` is its last event, where the answer has brought it.
    pub(super) fn end(&self, response: Bytes, last: Option<Bytes>, kind: &str) {
        let mut state = self.state();
        state.response = response;
        state.items.clear();
        state.has_ended = true;
        let response = state.response.clone();
        match last {
            Some(last) => {
                state.log.add(last);
                drop(state);
                self.note_change();
            }
            None => self.tell(state, kind, &response),
        }
    }

    fn tell(&self, mut state: MutexGuard<'_, State>, kind: &str, response: &[u8]) {
        if self.is_streamed {
            let number = state.log.next();
            state.log.add(event(kind, number, response));
        }
        drop(state);
        self.note_change();
    }

    fn note_change(&self) {
        self.changed.send_modify(|changes| *changes += 1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Items as a JSON list.
fn list(items: &[String]) -> Bytes {
    format!("[{}]", items.join(",")).into()
}
