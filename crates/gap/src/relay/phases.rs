//! The *open* phase of a stream: the head has gone out, no event has.
//!
//! A client that waits more than ten seconds for the first sign of life begins to doubt, and so do the proxies in
//! between. From then on the response is open: keep-alives flow while keys are still being tried, and if none
//! succeeds the stream ends with the dialect's error in place of the status that can no longer be given.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use gap_protocol::meter::{Framing, Meter};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body::{Body as HttpBody, Frame};
use tokio::time::{Instant, Sleep};

use super::reply::{BrokenOff, ReplyBody, X_ACCEL_BUFFERING};
use super::{RelayError, Reply};
use crate::error::Failure;
use crate::receipt::Receipted;

/// An answer that is still being looked for.
pub type Pending = Pin<Box<dyn Future<Output = Result<Reply, RelayError>> + Send>>;

/// What a stream has become by the time it must be opened.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made; a box would cost every answer")]
pub enum Phase {
    /// Decided while closed: any status is possible.
    Decided(Result<Reply, RelayError>),
    /// Still undecided: open the stream.
    Undecided(Pending),
}

/// Waits for the answer, but no longer than `open_after`.
pub async fn decide(mut pending: Pending, open_after: Duration) -> Phase {
    tokio::select! {
        // The answer first: a timer that is also ready must not open what is decided.
        biased;
        decided = &mut pending => Phase::Decided(decided),
        () = tokio::time::sleep(open_after) => Phase::Undecided(pending),
    }
}

/// Opens the stream: 200, and keep-alives until there is more to say.
pub fn open(pending: Pending, framing: Framing, keep_alive: Duration) -> Response<Body> {
    let content_type = match framing {
        Framing::Sse => "text/event-stream",
        Framing::Json | Framing::JsonArray => "application/json; charset=UTF-8",
    };
    let body = OpenBody {
        state: State::Waiting { pending, timer: Box::pin(tokio::time::sleep(Duration::ZERO)) },
        nothing: Meter::new(framing),
        framing,
        keep_alive,
    };
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response.extensions_mut().insert(Receipted);
    response
}

struct OpenBody {
    state: State,
    framing: Framing,
    /// A meter that has seen nothing: what may be said before the first event.
    nothing: Meter,
    keep_alive: Duration,
}

enum State {
    Waiting { pending: Pending, timer: Pin<Box<Sleep>> },
    Answering(Box<ReplyBody>),
    Over,
}

type Polled = Poll<Option<Result<Frame<Bytes>, BrokenOff>>>;

// === impl OpenBody ===

impl OpenBody {
    fn poll_phase(&mut self, cx: &mut Context<'_>) -> Polled {
        loop {
            match &mut self.state {
                State::Waiting { pending, timer } => match pending.as_mut().poll(cx) {
                    Poll::Ready(Ok(reply)) if reply.framing() == self.framing => {
                        self.state = State::Answering(Box::new(reply.into_body()));
                    }
                    // What this stream was opened as cannot be taken back.
                    Poll::Ready(Ok(_)) => return self.end(&Failure::other_framing()),
                    Poll::Ready(Err(error)) => return self.end(&Failure::from(error)),
                    Poll::Pending => {
                        if timer.as_mut().poll(cx).is_pending() {
                            return Poll::Pending;
                        }
                        timer.as_mut().reset(Instant::now() + self.keep_alive);
                        if let Some(bytes) = self.nothing.keep_alive() {
                            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(bytes)))));
                        }
                    }
                },
                State::Answering(body) => return Pin::new(&mut **body).poll_frame(cx),
                State::Over => return Poll::Ready(None),
            }
        }
    }

    fn end(&mut self, failure: &Failure) -> Polled {
        self.state = State::Over;
        let closing = self.nothing.closing(&failure.google_json());
        Poll::Ready(Some(closing.map(Frame::data).ok_or(BrokenOff)))
    }
}

impl HttpBody for OpenBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        // The relay goes on in here: a panic of it must not take the other streams of an HTTP/2 connection along.
        match std::panic::catch_unwind(AssertUnwindSafe(|| this.poll_phase(cx))) {
            Ok(polled) => polled,
            Err(_) => self.end(&Failure::internal()),
        }
    }
}
