//! A chat completion that is put together of several answers (wire 91): many models give one candidate at a time, and
//! OpenAI's clients ask for `n`.
//!
//! In one piece or as a stream, all of them come or none: while nothing has been sent, each is asked for as any other
//! answer is, with another key if need be, and a stream begins when all of them have begun. After that each goes on at its
//! own pace. If one breaks off then, the stream ends with the error, because a client takes a stream without one for
//! whole. Nothing is held back: an answer whose turn has not come is not read from the upstream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{self, StreamExt};
use gap_protocol::meter::Findings;
use http_body::Body as HttpBody;

use super::encoder::{StreamEncoder, UnaryEncoder};
use super::reply::why;
use super::{Chat, ChatError, ChatOpened, ChatReply, Translated, Translation};
use crate::error::Failure;
use crate::receipt::Receipt;
use crate::relay::pace::{Beat, Pace};
use crate::relay::{Call, Relay, RelayError, RelayPolicy};
use crate::upstream::Answer;

/// Requests for one answer in one piece that are under way at a time. Of a stream all are.
const AT_ONCE: usize = 4;

/// The answers that become one stream.
#[derive(Debug)]
pub(in crate::relay) struct Strands {
    all: Vec<Strand>,
    /// Which is looked at first: who has much to say lets the others have their say as well.
    next: usize,
    /// For keep-alives and for the whole; each strand watches its own silence.
    pace: Pace,
    chat: Box<Chat>,
}

/// One answer of them.
#[derive(Debug)]
struct Strand {
    translation: Box<Translation>,
    /// None once all of it has come.
    rest: Option<Answer>,
    pace: Pace,
    /// Settles its own key.
    receipt: Receipt,
}

/// What the answers have brought.
pub(super) enum Brought {
    /// Frames; there is more to come.
    Frames(Vec<u8>),
    /// Nothing for a while.
    KeepAlive,
    /// The last frames.
    End(Vec<u8>),
    /// The last frames, for one of them has broken off.
    BrokenOff(&'static str, Vec<u8>),
}

// === impl Relay ===

impl Relay {
    /// Gets `call` answered so many times, as one chat completion. When one cannot be had, none is given; those that were
    /// had until then are on the record all the same, because Google has counted them.
    pub async fn answer_copies(
        self: Arc<Self>,
        call: Call,
        chat: Chat,
        copies: u32,
        mut receipt: Receipt,
    ) -> Result<ChatReply, Box<ChatError>> {
        let answer = if call.is_stream() {
            self.intertwine(&call, &chat, copies, &mut receipt).await
        } else {
            self.put_together(&call, &chat, copies, &mut receipt).await
        };
        match answer {
            Ok(answer) => ChatReply::commit(ChatOpened { answer, empty: false }, chat, receipt, self.policy()),
            Err(error) => Err(Box::new(ChatError { error, receipt })),
        }
    }

    async fn put_together(
        &self,
        call: &Call,
        chat: &Chat,
        copies: u32,
        receipt: &mut Receipt,
    ) -> Result<Translated, RelayError> {
        let asking = (0..copies).map(|_| {
            let mut part = receipt.part();
            async move {
                let answer = self.ask(call, &mut part).await;
                (answer, part)
            }
        });
        let asking: Vec<_> = asking.collect();
        let mut asking = stream::iter(asking).buffered(AT_ONCE);
        let mut encoder = UnaryEncoder::new(chat);
        let mut is_first = true;
        while let Some((answer, part)) = asking.next().await {
            receipt.absorb(part);
            let answer = answer.inspect_err(|_| receipt.left(&encoder.findings()))?;
            if std::mem::take(&mut is_first) {
                // A conversation goes on with the first of them.
                if let Some(recording) = &chat.recording {
                    recording.begin();
                    recording.chunk(&answer.body);
                }
            } else {
                encoder.another();
            }
            encoder.chunk(&answer.body).map_err(|_| RelayError::Empty)?;
        }
        let body = encoder.end(false).map_err(|_| RelayError::Empty)?;
        chat.memory.remember(encoder.take_signatures());
        Ok(Translated::Whole { body, findings: Box::new(encoder.findings()), finished: None })
    }

    async fn intertwine(
        &self,
        call: &Call,
        chat: &Chat,
        copies: u32,
        receipt: &mut Receipt,
    ) -> Result<Translated, RelayError> {
        receipt.is_stream();
        let asking = (0..copies).map(|place| {
            let mut part = receipt.part();
            let mut chat = Chat { place: Some(place), ..chat.clone() };
            // A conversation goes on with the first of them.
            chat.recording = chat.recording.filter(|_| place == 0);
            async move {
                let opened = self.try_keys(call, &chat, &mut part).await;
                (opened, part)
            }
        });
        let asking: Vec<_> = asking.collect();
        let at_once = asking.len();
        let mut asking = stream::iter(asking).buffered(at_once);
        let mut frames = Vec::new();
        let mut strands = Strands::new(chat.clone(), self.policy());
        while let Some((opened, mut part)) = asking.next().await {
            receipt.take_tries(&mut part);
            let opened = opened.inspect_err(|_| receipt.left(&strands.findings()))?;
            let Translated::Stream { frames: said, mut translation, rest } = opened.answer else {
                receipt.left(&strands.findings());
                return Err(RelayError::Empty);
            };
            if strands.is_empty() {
                translation.encoder.begin_together(&mut frames);
            }
            frames.extend_from_slice(&said);
            let mut strand = Strand { translation, rest, pace: Pace::new(self.policy(), false), receipt: part };
            strand.remember(chat);
            if strand.rest.is_none() {
                strand.receipt.completed(&strand.translation.encoder.findings());
            }
            strands.push(strand);
        }
        Ok(Translated::Strands { frames, strands: Box::new(strands) })
    }
}

// === impl Strands ===

impl Strands {
    fn new(chat: Chat, policy: &RelayPolicy) -> Self {
        Self { all: Vec::new(), next: 0, pace: Pace::new(policy, true), chat: Box::new(chat) }
    }

    fn push(&mut self, strand: Strand) {
        self.all.push(strand);
    }

    fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What comes next, from whichever has something to say.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Brought> {
        let count = self.all.len();
        for turn in 0..count {
            let at = (self.next + turn) % count;
            let Some(strand) = self.all.get_mut(at) else { continue };
            let mut frames = Vec::new();
            match strand.poll(&self.chat, cx, &mut frames) {
                Poll::Ready(Ok(())) => {
                    self.next = at + 1;
                    self.pace.heard();
                    if !frames.is_empty() {
                        self.pace.passed();
                        return Poll::Ready(Brought::Frames(frames));
                    }
                }
                Poll::Ready(Err(why)) => return Poll::Ready(self.break_off(at, why, frames)),
                Poll::Pending => {}
            }
        }
        if self.all.iter().all(|strand| strand.rest.is_none()) {
            let mut frames = Vec::new();
            StreamEncoder::end_together(self.encoders(), &mut frames);
            return Poll::Ready(Brought::End(frames));
        }
        self.pace.poll(cx).map(|beat| match beat {
            Beat::KeepAlive => Brought::KeepAlive,
            Beat::Silent => self.break_off(0, "the upstream fell silent", Vec::new()),
            Beat::TooLong => self.break_off(0, "it took longer than upstream.total_timeout", Vec::new()),
        })
    }

    /// One of them does not go on, so none does.
    fn break_off(&mut self, at: usize, why: &'static str, mut frames: Vec<u8>) -> Brought {
        if let Some(strand) = self.all.get_mut(at) {
            strand.receipt.broke_off(why, &strand.translation.encoder.findings());
            strand.translation.encoder.fail(&Failure::broke_off(why), &mut frames);
        }
        Brought::BrokenOff(why, frames)
    }

    /// What they have said so far, together.
    pub(super) fn findings(&self) -> Findings {
        let mut sum = Findings::default();
        for encoder in self.encoders() {
            sum += &encoder.findings();
        }
        sum
    }

    /// The client may be about to leave.
    pub(super) fn left(&mut self) {
        for strand in &mut self.all {
            strand.receipt.left(&strand.translation.encoder.findings());
        }
    }

    fn encoders(&self) -> impl Iterator<Item = &StreamEncoder> + Clone {
        self.all.iter().map(|strand| &strand.translation.encoder)
    }
}

// === impl Strand ===

impl Strand {
    /// Ready when it has said something, or has ended; pending for good once it has.
    fn poll(&mut self, chat: &Chat, cx: &mut Context<'_>, frames: &mut Vec<u8>) -> Poll<Result<(), &'static str>> {
        while let Some(rest) = &mut self.rest {
            match Pin::new(rest).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.pace.heard();
                    let taken = self.translation.take(data, frames);
                    self.remember(chat);
                    match taken {
                        Ok(()) if frames.is_empty() => {}
                        Ok(()) => return Poll::Ready(Ok(())),
                        Err(error) => return Poll::Ready(Err(why(&error))),
                    }
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Err("the upstream's connection broke")),
                Poll::Ready(None) => {
                    self.rest = None;
                    let ended = self.translation.end(frames);
                    self.remember(chat);
                    ended.map_err(|error| why(&error))?;
                    self.receipt.completed(&self.translation.encoder.findings());
                    return Poll::Ready(Ok(()));
                }
                // It says when it has been silent for too long, and nothing else.
                Poll::Pending => return self.pace.poll(cx).map(|_| Err("the upstream fell silent")),
            }
        }
        Poll::Pending
    }

    fn remember(&mut self, chat: &Chat) {
        chat.memory.remember(self.translation.encoder.take_signatures());
    }
}
