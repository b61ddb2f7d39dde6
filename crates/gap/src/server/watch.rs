//! How long a connection has been doing nothing, or taking its time with the head of a request.
//!
//! hyper has one timer for both, which would either drop kept connections after seconds or grant a slow head more than
//! a minute. Here a connection is *idle*, in the *head* of a request, or *busy* with requests; its task looks at the
//! watch when a timer rings, and the timer is set only then, so a request costs no timer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Version;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// How long a connection may stay in each phase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the first byte of a head to its end.
    pub(super) head: Duration,
    /// Between two requests.
    pub(super) idle: Duration,
    /// With an answer that the client does not take.
    pub(super) unread: Duration,
}

/// The watch of one connection.
#[derive(Debug)]
pub(super) struct Watch {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Since when the client has taken nothing of what waits to be written.
    blocked: Option<Instant>,
    /// On HTTP/2 bytes come in between requests, too: pings, settings.
    multiplexed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle(Instant),
    Head(Instant),
    Busy(usize),
}

/// What is to be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Nothing before then.
    LookAgain(Instant),
    /// Drop it: a client that sends a head byte by byte holds a place for nothing.
    HeadTooSlow,
    /// End it in an orderly way.
    IdleTooLong,
    /// Drop it: it holds an upstream key and its stream for nobody.
    UnreadTooLong,
}

// === impl Watch ===

impl Watch {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State { phase: Phase::Idle(Instant::now()), blocked: None, multiplexed: false };
        Self { limits, state: Mutex::new(state) }
    }

    /// A request has come in; the connection is busy until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> Busy {
        let mut state = self.state();
        state.multiplexed |= version == Version::HTTP_2;
        state.phase = match state.phase {
            Phase::Busy(requests) => Phase::Busy(requests + 1),
            Phase::Idle(_) | Phase::Head(_) => Phase::Busy(1),
        };
        drop(state);
        Busy(Arc::clone(self))
    }

    /// What the time says.
    pub(super) fn judge(&self) -> Judgement {
        let now = Instant::now();
        let next_look = now + self.limits.head.min(self.limits.idle);
        let state = self.state();
        let (ends, verdict) = match (state.phase, state.blocked) {
            (_, Some(since)) => (since + self.limits.unread, Judgement::UnreadTooLong),
            (Phase::Busy(_), None) => return Judgement::LookAgain(next_look),
            (Phase::Head(since), None) => (since + self.limits.head, Judgement::HeadTooSlow),
            (Phase::Idle(since), None) => (since + self.limits.idle, Judgement::IdleTooLong),
        };
        if now >= ends { verdict } else { Judgement::LookAgain(ends.min(next_look)) }
    }

    fn heard(&self, bytes: &[u8]) {
        let mut state = self.state();
        if let Phase::Idle(_) = state.phase {
            state.multiplexed |= bytes.starts_with(b"PRI");
            if !state.multiplexed {
                state.phase = Phase::Head(Instant::now());
            }
        }
    }

    fn wrote<T>(&self, written: Poll<T>) -> Poll<T> {
        let mut state = self.state();
        match (&written, state.blocked) {
            (Poll::Ready(_), Some(_)) => state.blocked = None,
            (Poll::Pending, None) => state.blocked = Some(Instant::now()),
            (Poll::Ready(_), None) | (Poll::Pending, Some(_)) => {}
        }
        written
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Busy(Arc<Watch>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.phase = match state.phase {
            Phase::Busy(requests) if requests > 1 => Phase::Busy(requests - 1),
            Phase::Busy(_) => Phase::Idle(Instant::now()),
            other => other,
        };
    }
}

// === Watched ===

/// A connection whose incoming bytes are noticed.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    watch: Arc<Watch>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(new) = buf.filled().get(before..).filter(|new| !new.is_empty()) {
            self.watch.heard(new);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch.wrote(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
