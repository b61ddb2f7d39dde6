//! Bodies of answers: pieces with pauses between them, made while they are sent.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

use crate::journal::Fate;

/// What a body is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes that are sent at once: a whole event, where nothing splits it.
    Bytes(Bytes),
    /// Nothing for a while.
    Pause(Duration),
    /// The connection breaks.
    Cut,
}

/// The pieces in their order; made one by one, so that a long answer takes no room.
pub(crate) type Pieces = Box<dyn Iterator<Item = Piece> + Send>;

/// The body of an answer.
pub struct Body {
    pieces: Pieces,
    pause: Option<Pin<Box<Sleep>>>,
    /// A cut that waits until what was sent before it has left.
    cut: bool,
    is_empty: bool,
    fate: Option<Arc<Fate>>,
}

/// The answer was broken off on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut;

/// Bytes written just before a cut would be lost in hyper's buffer without a moment to leave.
const BEFORE_CUT: Duration = Duration::from_millis(5);

impl Body {
    pub(crate) fn new(pieces: Pieces) -> Self {
        Self { pieces, pause: None, cut: false, is_empty: false, fate: None }
    }

    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() {
            let mut body = Self::new(Box::new(std::iter::empty()));
            body.is_empty = true;
            return body;
        }
        Self::new(Box::new(std::iter::once(Piece::Bytes(bytes))))
    }

    pub(crate) fn empty() -> Self {
        Self::full(Bytes::new())
    }

    /// Tells the journal what becomes of it.
    pub(crate) fn told_to(mut self, fate: Arc<Fate>) -> Self {
        if self.is_empty {
            // Nobody polls what has no frames.
            fate.done();
        }
        self.fate = Some(fate);
        self
    }

    /// The pieces, with others in their place.
    pub(crate) fn map(mut self, change: impl FnOnce(Pieces) -> Pieces) -> Self {
        let pieces = std::mem::replace(&mut self.pieces, Box::new(std::iter::empty()));
        self.pieces = change(pieces);
        self.is_empty = false;
        self
    }

    fn done(&mut self) {
        if let Some(fate) = self.fate.take() {
            fate.done();
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(fate) = self.fate.take() {
            fate.dropped();
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                std::task::ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            if self.cut {
                self.done();
                return Poll::Ready(Some(Err(Cut)));
            }
            match self.pieces.next() {
                Some(Piece::Bytes(bytes)) if bytes.is_empty() => {}
                Some(Piece::Bytes(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Piece::Pause(duration)) if duration.is_zero() => {}
                Some(Piece::Pause(duration)) => self.pause = Some(Box::pin(tokio::time::sleep(duration))),
                Some(Piece::Cut) => {
                    self.cut = true;
                    self.pause = Some(Box::pin(tokio::time::sleep(BEFORE_CUT)));
                }
                None => {
                    self.done();
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty
    }

    fn size_hint(&self) -> SizeHint {
        // Google announces no length but that of nothing.
        if self.is_empty { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Body").field("is_empty", &self.is_empty).finish_non_exhaustive()
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the answer was broken off on purpose")
    }
}

impl std::error::Error for Cut {}
