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
use super::{Reply, Unanswered};
use crate::error::Failure;
use crate::receipt::Receipted;

/// What an opened stream says before its first event, and in place of it: the dialect of an open stream.
pub trait Voice: Send + Unpin + 'static {
    /// What the relay answers with.
    type Reply;
    /// What the relay fails with.
    type Error;
    /// The bytes of an answer.
    type Body: HttpBody<Data = Bytes, Error = BrokenOff> + Send + Unpin + 'static;

    /// The `content-type` of the stream.
    fn content_type(&self) -> &'static str;
    /// What shows that the stream lives; nothing where nothing can be said.
    fn keep_alive(&self) -> Option<&'static [u8]>;
    /// The bytes of `reply`, if it is what the stream was opened as: that cannot be taken back.
    fn body_of(&self, reply: Self::Reply) -> Option<Self::Body>;
    /// The last words of a stream that has no answer; none where the transfer must be aborted.
    fn give_up(&self, error: Self::Error) -> Option<Bytes>;
    /// The last words of a stream that GAP itself cannot go on with.
    fn fail(&self, failure: &Failure) -> Option<Bytes>;
}

/// An answer that is still being looked for.
pub type Pending<V> = Pin<Box<dyn Future<Output = Result<<V as Voice>::Reply, <V as Voice>::Error>> + Send>>;

/// What a stream has become by the time it must be opened.
pub enum Phase<V: Voice> {
    /// Decided while closed: any status is possible.
    Decided(Result<V::Reply, V::Error>),
    /// Still undecided: open the stream.
    Undecided(Pending<V>),
}

/// Waits for the answer, but no longer than `open_after`.
pub async fn decide<V: Voice>(mut pending: Pending<V>, open_after: Duration) -> Phase<V> {
    tokio::select! {
        // The answer first: a timer that is also ready must not open what is decided.
        biased;
        decided = &mut pending => Phase::Decided(decided),
        () = tokio::time::sleep(open_after) => Phase::Undecided(pending),
    }
}

/// Opens the stream: 200, and keep-alives until there is more to say.
pub fn open<V: Voice>(pending: Pending<V>, voice: V, keep_alive: Duration) -> Response<Body> {
    let content_type = voice.content_type();
    let timer = Box::pin(tokio::time::sleep(Duration::ZERO));
    let body = OpenBody { state: State::Waiting { pending, timer }, voice, keep_alive };
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response.extensions_mut().insert(Receipted);
    response
}

struct OpenBody<V: Voice> {
    state: State<V>,
    voice: V,
    keep_alive: Duration,
}

enum State<V: Voice> {
    Waiting { pending: Pending<V>, timer: Pin<Box<Sleep>> },
    Answering(Box<V::Body>),
    Over,
}

type Polled = Poll<Option<Result<Frame<Bytes>, BrokenOff>>>;

// === impl OpenBody ===

impl<V: Voice> OpenBody<V> {
    fn poll_phase(&mut self, cx: &mut Context<'_>) -> Polled {
        loop {
            match &mut self.state {
                State::Waiting { pending, timer } => match pending.as_mut().poll(cx) {
                    Poll::Ready(Ok(reply)) => match self.voice.body_of(reply) {
                        Some(body) => self.state = State::Answering(Box::new(body)),
                        None => return self.end(self.voice.fail(&Failure::other_framing())),
                    },
                    Poll::Ready(Err(error)) => return self.end(self.voice.give_up(error)),
                    Poll::Pending => {
                        if timer.as_mut().poll(cx).is_pending() {
                            return Poll::Pending;
                        }
                        timer.as_mut().reset(Instant::now() + self.keep_alive);
                        if let Some(bytes) = self.voice.keep_alive() {
                            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(bytes)))));
                        }
                    }
                },
                State::Answering(body) => return Pin::new(&mut **body).poll_frame(cx),
                State::Over => return Poll::Ready(None),
            }
        }
    }

    fn end(&mut self, last_words: Option<Bytes>) -> Polled {
        self.state = State::Over;
        Poll::Ready(Some(last_words.map(Frame::data).ok_or(BrokenOff)))
    }
}

impl<V: Voice> HttpBody for OpenBody<V> {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        // The relay goes on in here: a panic of it must not take the other streams of an HTTP/2 connection along.
        if let Ok(polled) = std::panic::catch_unwind(AssertUnwindSafe(|| this.poll_phase(cx))) {
            return polled;
        }
        let last_words = this.voice.fail(&Failure::internal());
        this.end(last_words)
    }
}

// === Google's voice ===

/// Google's own streams.
#[derive(Debug)]
pub struct GoogleVoice {
    framing: Framing,
    /// A meter that has seen nothing: what may be said before the first event.
    nothing: Meter,
}

impl GoogleVoice {
    /// The voice of a stream of this framing.
    pub fn new(framing: Framing) -> Self {
        Self { framing, nothing: Meter::new(framing) }
    }
}

impl Voice for GoogleVoice {
    type Reply = Reply;
    type Error = Unanswered;
    type Body = ReplyBody;

    fn content_type(&self) -> &'static str {
        match self.framing {
            Framing::Sse => "text/event-stream",
            Framing::Json | Framing::JsonArray => "application/json; charset=UTF-8",
        }
    }

    fn keep_alive(&self) -> Option<&'static [u8]> {
        self.nothing.keep_alive()
    }

    fn body_of(&self, reply: Reply) -> Option<ReplyBody> {
        (reply.framing() == self.framing).then(|| reply.into_body())
    }

    fn give_up(&self, unanswered: Unanswered) -> Option<Bytes> {
        self.fail(&Failure::from(unanswered.error))
    }

    fn fail(&self, failure: &Failure) -> Option<Bytes> {
        self.nothing.closing(&failure.google_json())
    }
}
