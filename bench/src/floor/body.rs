//! The body of an answer on its way to the client.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::floor::{Words, gemini, openai};
use crate::sse::Splitter;

/// A hand-over of events takes about this much: fewer bytes grow the buffer on the way, more are wasted.
const EVENTS_AT_ONCE: usize = 512;

/// What the client receives.
#[derive(Debug)]
pub(super) enum Passing {
    Whole(Option<Bytes>),
    Raw(Incoming),
    Events(Events),
}

/// Events, told anew as they arrive. Those that arrive together leave together.
#[derive(Debug)]
pub(super) struct Events {
    incoming: Incoming,
    splitter: Splitter,
    words: Words,
    ended: bool,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The stream broke off, or an event is not understood.
#[derive(Debug)]
pub(super) struct Broken(Failure);

// === impl Passing ===

impl Passing {
    pub(super) fn whole(body: impl Into<Bytes>) -> Self {
        Self::Whole(Some(body.into()))
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Self::Raw(incoming) => {
                let frame = ready!(Pin::new(incoming).poll_frame(context));
                Poll::Ready(frame.map(|next| next.map_err(|error| Broken(error.into()))))
            }
            Self::Events(events) => {
                let events = ready!(events.poll_next(context));
                Poll::Ready(events.map(|next| next.map(Frame::data).map_err(Broken)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_none(),
            Self::Raw(incoming) => incoming.is_end_stream(),
            Self::Events(events) => events.ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Raw(incoming) => incoming.size_hint(),
            Self::Events(_) => SizeHint::default(),
        }
    }
}

// === impl Events ===

impl Events {
    pub(super) fn new(incoming: Incoming, words: Words) -> Self {
        Self { incoming, splitter: Splitter::default(), words, ended: false }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        while !self.ended {
            let Some(frame) = ready!(Pin::new(&mut self.incoming).poll_frame(context)) else {
                self.ended = true;
                if !self.splitter.is_whole() {
                    return Poll::Ready(Some(Err("the last event is not whole".into())));
                }
                return match self.words {
                    Words::Gemini => Poll::Ready(None),
                    Words::Openai => Poll::Ready(Some(Ok(Bytes::from_static(b"data: [DONE]\n\n")))),
                };
            };
            let Ok(chunk) = frame?.into_data() else { continue };
            let told = self.retell(&chunk)?;
            if !told.is_empty() {
                return Poll::Ready(Some(Ok(told.into())));
            }
        }
        Poll::Ready(None)
    }

    fn retell(&mut self, chunk: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let words = self.words;
        let mut told = Vec::with_capacity(chunk.len().max(EVENTS_AT_ONCE));
        self.splitter.push(chunk, |data| {
            let answer: gemini::Answer<'_> = serde_json::from_slice(data)?;
            told.extend_from_slice(b"data: ");
            match words {
                Words::Gemini => {
                    serde_json::to_writer(&mut told, &answer)?;
                    told.extend_from_slice(b"\r\n\r\n");
                }
                Words::Openai => {
                    serde_json::to_writer(&mut told, &openai::chunk(&answer))?;
                    told.extend_from_slice(b"\n\n");
                }
            }
            Ok(())
        })?;
        Ok(told)
    }
}

// === impl Broken ===

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Broken {}
