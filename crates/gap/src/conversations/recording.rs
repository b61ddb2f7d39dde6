//! Taking down an answer while it passes to the client.
//!
//! The last bytes of an answer are held until it is kept: whoever has seen the end of an answer may send the next turn
//! at once, and that must find this one. Keeping is a task of its own, so that a client that hangs up in this moment does
//! not undo it; one that hangs up earlier has it kept as far as it came.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use gap_protocol::chain::{self, Key};
use gap_protocol::conversation::{self, ReplyParts};
use gap_protocol::meter::Framing;
use gap_protocol::{json, sse};
use gap_store::conversations::{Addition, Digest, NewTurn, TurnShape};
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use tracing::error;

use super::Conversations;

/// Takes down one answer. Cheap to clone; clones are one.
#[derive(Clone, Debug)]
pub struct Recording(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    conversations: Conversations,
    key: Key,
    prompt: Prompt,
    name: String,
    added: usize,
    keeps_reply: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    parts: ReplyParts,
    /// What will be kept; gone once it is being kept.
    addition: Option<Addition>,
}

/// What is known beforehand of what Google will count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prompt {
    /// Of the turns that were counted before.
    pub(super) known: u64,
    /// Of what stands before the turns, by estimate.
    pub(super) before: u64,
}

// === impl Recording ===

impl Recording {
    pub(super) fn new(
        conversations: Conversations,
        addition: Addition,
        key: Key,
        prompt: Prompt,
        added: usize,
        keeps_reply: bool,
    ) -> Self {
        let name = addition.name.clone();
        let state = Mutex::new(State { parts: ReplyParts::default(), addition: Some(addition) });
        Self(Arc::new(Inner { conversations, key, prompt, name, added, keeps_reply, state }))
    }

    /// Another answer begins; the one before said nothing that the client got.
    pub fn begin(&self) {
        self.state().parts = ReplyParts::default();
    }

    /// Takes in a chunk of the answer, in Gemini's form.
    pub fn chunk(&self, chunk: &[u8]) {
        self.state().parts.chunk(chunk);
    }

    /// Names the conversation in the headers of its answer.
    pub fn name_in(&self, headers: &mut HeaderMap) {
        super::name_in(headers, &self.0.name, self.0.added);
    }

    /// Keeps what was asked and answered, once. Resolves when it is kept, or cannot be.
    fn keep(&self) -> Option<oneshot::Receiver<()>> {
        let addition = self.take_down()?;
        let (done, kept) = oneshot::channel();
        let conversations = self.0.conversations.clone();
        self.0.conversations.0.lifecycle.spawn(async move {
            let is_new = addition.to.is_none();
            let table = conversations.store().conversations();
            let mut added = table.add(&addition, conversations.0.clock.now()).await.map(drop);
            if (is_new || conversations.is_in_memory()) && added.is_ok() {
                added = conversations.trim(&addition.owner).await;
            }
            if let Err(error) = added {
                error!("A turn of a conversation could not be kept: {error}");
            }
            // Nobody may be waiting any more.
            let _ = done.send(());
        });
        Some(kept)
    }

    /// What is to be kept, with the answer at its end. None the second time, and when nothing was answered.
    fn take_down(&self) -> Option<Addition> {
        let mut state = self.state();
        let State { parts, addition } = &mut *state;
        let is_whole = parts.is_whole();
        let (counted, output) = parts.tokens();
        let content = parts.finish()?;
        let mut addition = addition.take()?;
        drop(state);
        if let Some(counted) = counted {
            self.count(&mut addition.turns, counted);
        }
        if self.0.keeps_reply {
            let tokens = output.unwrap_or_else(|| crate::relay::estimated_tokens_of(content.as_bytes()));
            let turn = conversation::Turn::read(&content, tokens)?;
            let shape = TurnShape {
                is_models: true,
                digest: Digest(chain::name_of_turn(content.as_bytes(), &self.0.key)?),
                calls: turn.calls,
                results: turn.results,
                signed: turn.is_signed,
                tokens: i64::try_from(tokens).unwrap_or(i64::MAX),
                partial: !is_whole,
            };
            addition.turns.push(NewTurn { shape, content });
        }
        Some(addition)
    }

    /// Divides what Google has counted of the new turns among them, as they were estimated.
    fn count(&self, turns: &mut [NewTurn], counted: u64) {
        let Prompt { known, before } = self.0.prompt;
        let new = i64::try_from(counted.saturating_sub(known).saturating_sub(before)).unwrap_or(i64::MAX);
        let estimated: i64 = turns.iter().map(|turn| turn.shape.tokens).sum();
        if new <= 0 || estimated <= 0 {
            return;
        }
        for turn in turns {
            let share = i128::from(new) * i128::from(turn.shape.tokens) / i128::from(estimated);
            turn.shape.tokens = i64::try_from(share).unwrap_or(i64::MAX);
        }
    }

    fn is_finished(&self) -> bool {
        self.state().parts.is_finished()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place for a recording, which may begin when the answer is already being sent. Cheap to clone; clones are one.
#[derive(Clone, Debug, Default)]
pub struct Slot(Arc<Mutex<Option<Recording>>>);

// === impl Slot ===

impl Slot {
    /// With a recording in it.
    pub fn of(recording: Recording) -> Self {
        Self(Arc::new(Mutex::new(Some(recording))))
    }

    /// Puts one in, in the place of the one before.
    pub fn put(&self, recording: Option<Recording>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = recording;
    }

    fn recording(&self) -> Option<Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The answer, which is kept before its end is seen. The words of a native answer are read as they pass; of another
    /// they come by [`Recording::chunk`].
    pub fn attend(self, response: Response<Body>, native: Option<Framing>) -> Response<Body> {
        if !response.status().is_success() {
            return response;
        }
        let (mut head, body) = response.into_parts();
        if let Some(recording) = self.recording() {
            recording.name_in(&mut head.headers);
        }
        let listener = native.map(Listener::new);
        Response::from_parts(head, Body::new(Attended { body, slot: self, listener, step: Step::Passing }))
    }
}

/// Finds the chunks of a native answer.
#[derive(Debug)]
enum Listener {
    /// All of it is one chunk, or a list of them; read at its end.
    Document(Vec<u8>),
    /// Each event is one.
    Events(sse::Decoder),
}

// === impl Listener ===

impl Listener {
    fn new(framing: Framing) -> Self {
        match framing {
            Framing::Json | Framing::JsonArray => Self::Document(Vec::new()),
            Framing::Sse => Self::Events(sse::Decoder::new()),
        }
    }

    fn hear(&mut self, data: &Bytes, recording: &Recording) {
        match self {
            Self::Document(document) => {
                // What is longer is not kept anyway.
                if document.len() + data.len() <= conversation::MOST_REPLY {
                    document.extend_from_slice(data);
                }
            }
            Self::Events(decoder) => {
                decoder.push(data.clone());
                while let Some(Ok(event)) = decoder.next_event() {
                    recording.chunk(&event.data);
                }
            }
        }
    }

    fn end(&mut self, recording: &Recording) {
        let Self::Document(document) = self else { return };
        if document.trim_ascii_start().starts_with(b"[") {
            for chunk in chunks_of(document) {
                recording.chunk(&chunk);
            }
        } else {
            recording.chunk(document);
        }
        document.clear();
    }
}

/// The items of a list, which may lack its end.
fn chunks_of(list: &[u8]) -> Vec<Vec<u8>> {
    let list = list.trim_ascii_end();
    let list = list.strip_suffix(b"]").unwrap_or(list).trim_ascii_end();
    let list = list.strip_suffix(b",").unwrap_or(list);
    let whole = [list, b"]"].concat();
    let Ok(document) = json::parse(&whole) else { return Vec::new() };
    document.items().unwrap_or_default().iter().map(|item| item.raw().as_bytes().to_vec()).collect()
}

/// An answer that is taken down while it passes.
#[derive(Debug)]
struct Attended {
    body: Body,
    slot: Slot,
    listener: Option<Listener>,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Passing,
    /// The end is held until all of it is kept.
    Keeping {
        kept: oneshot::Receiver<()>,
        held: Option<Frame<Bytes>>,
    },
    /// It is kept.
    Kept,
}

// === impl Attended ===

impl Attended {
    /// Reads what passes; whether this is the end of what there is to keep.
    fn hear(&mut self, frame: &Frame<Bytes>) -> bool {
        let Some(recording) = self.slot.recording() else { return false };
        let is_last = self.body.size_hint().exact() == Some(0) || self.body.is_end_stream();
        if let Some(listener) = &mut self.listener {
            if let Some(data) = frame.data_ref() {
                listener.hear(data, &recording);
            }
            if is_last {
                listener.end(&recording);
            }
        }
        is_last || recording.is_finished()
    }

    fn end(&mut self) {
        if let (Some(listener), Some(recording)) = (&mut self.listener, self.slot.recording()) {
            listener.end(&recording);
        }
    }

    fn keep(&mut self, held: Option<Frame<Bytes>>) -> Result<(), Option<Frame<Bytes>>> {
        match self.slot.recording().and_then(|recording| recording.keep()) {
            Some(kept) => {
                self.step = Step::Keeping { kept, held };
                Ok(())
            }
            None => Err(held),
        }
    }
}

impl HttpBody for Attended {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        loop {
            match &mut this.step {
                Step::Keeping { kept, held } => {
                    // Whether it was kept or could not be, the answer goes on.
                    let _ = ready!(Pin::new(kept).poll(cx));
                    let held = held.take();
                    this.step = Step::Kept;
                    if let Some(frame) = held {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Step::Kept => return Pin::new(&mut this.body).poll_frame(cx),
                Step::Passing => match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                    Some(Ok(frame)) => {
                        let held = if this.hear(&frame) { this.keep(Some(frame)) } else { Err(Some(frame)) };
                        if let Err(frame) = held {
                            return Poll::Ready(frame.map(Ok));
                        }
                    }
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => {
                        this.end();
                        if this.keep(None).is_err() {
                            return Poll::Ready(None);
                        }
                    }
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.step, Step::Kept) && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.step {
            Step::Passing | Step::Kept => self.body.size_hint(),
            Step::Keeping { .. } => SizeHint::default(),
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.end();
        // A client that left: nobody waits for it.
        drop(self.slot.recording().and_then(|recording| recording.keep()));
    }
}
