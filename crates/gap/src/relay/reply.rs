//! A committed answer on its way to the client.
//!
//! Bytes pass as they came. What GAP adds is only what keeps a connection honest: a keep-alive between events when
//! the upstream is quiet, an error event when it breaks off between events, an aborted transfer when it breaks off
//! inside one. Never an invented end.
//!
//! One thing does not pass as it came: the value of an `error` within a stream. Google repeats keys in it, and calls an
//! upstream key's fault 400 or 403, which a client would take for its own. It is held until it is whole, and what
//! [`Judge`] lets a client read goes in its place; the bytes around it stay as they are.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use gap_pool::ProjectId;
use gap_protocol::call::Warnings;
use gap_protocol::meter::{ErrorSpan, Findings, Framing, Meter, Position};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::RelayPolicy;
use super::judge::{Judge, why_it_broke_off};
use super::pace::{Beat, Pace};
use super::reading::{Opened, Promise};
use crate::clock::Clock;
use crate::error::Failure;
use crate::receipt::{Receipt, Receipted, X_GAP_WARNINGS};
use crate::upstream::Answer;

/// Tells nginx and its kin to pass a stream on at once.
pub const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// An answer that will be given, come what may.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: ReplyBody,
}

/// The bytes of a [`Reply`].
#[derive(Debug)]
pub struct ReplyBody {
    framing: Framing,
    promise: Promise,
    held: VecDeque<Bytes>,
    rest: Rest,
    trailers: Option<HeaderMap>,
    meter: Meter,
    pace: Pace,
    receipt: Receipt,
    clock: Clock,
}

#[derive(Debug)]
enum Rest {
    /// More may come.
    Open(Answer),
    /// All of it has come; whether it is whole is looked at when the client has got it.
    Ended,
    /// It is to be broken off, as soon as what came before it is out.
    Broken,
    /// Nothing more comes.
    Over,
}

/// The upstream or the client broke the transfer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the upstream broke off inside its answer")]
pub struct BrokenOff;

// === impl Reply ===

impl Reply {
    pub(super) fn commit(opened: Opened, mut receipt: Receipt, policy: &RelayPolicy, clock: &Clock) -> Self {
        let Opened { status, mut headers, framing, promise, held, rest, trailers, meter } = opened;
        let stream = !matches!(framing, Framing::Json);
        if stream {
            // Its length is not known any more: an error or a keep-alive may be added.
            headers.remove(CONTENT_LENGTH);
            headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
        }
        receipt.committed(status);
        let rest = rest.map_or(Rest::Ended, Rest::Open);
        let pace = Pace::new(policy, stream);
        let clock = clock.clone();
        Self {
            status,
            headers,
            body: ReplyBody { framing, promise, held, rest, trailers, meter, pace, receipt, clock },
        }
    }

    /// The status, as Google gave it.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its headers.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The project whose key answered.
    pub fn project(&self) -> Option<ProjectId> {
        self.body.receipt.project()
    }

    /// The whole of a JSON document, if all of it is here.
    pub fn document(&self) -> Option<Cow<'_, [u8]>> {
        let ReplyBody { framing: Framing::Json, promise: Promise::Document, rest: Rest::Ended, held, .. } = &self.body
        else {
            return None;
        };
        match held.front() {
            Some(only) if held.len() == 1 => Some(Cow::Borrowed(only)),
            _ => Some(held.iter().flatten().copied().collect()),
        }
    }

    /// The name of the resource that the answer is about, as far as it has been read.
    pub fn name(&self) -> Option<&str> {
        self.body.meter.findings().name.as_deref()
    }

    /// Google's id of the answer, as far as it has been read.
    pub fn answer_id(&self) -> Option<&str> {
        self.body.meter.findings().response_id.as_deref()
    }

    /// How the answer is framed.
    pub fn framing(&self) -> Framing {
        self.body.framing
    }

    /// The bytes alone, for a response whose head has gone out already.
    pub fn into_body(self) -> ReplyBody {
        self.body
    }

    /// The whole response.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        self.body.receipt.name_in(response.headers_mut());
        let mut warnings = Warnings::default();
        if let Some(sentence) = self.body.receipt.substitution() {
            warnings.add("model", sentence);
        }
        if let Some(value) = warnings.header_value().and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(X_GAP_WARNINGS, value);
        }
        response.extensions_mut().insert(Receipted);
        response.map(|_| Body::new(self.body))
    }
}

// === impl ReplyBody ===

type Polled = Poll<Option<Result<Frame<Bytes>, BrokenOff>>>;

impl ReplyBody {
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Polled {
        loop {
            let answer = match &mut self.rest {
                Rest::Open(answer) => answer,
                Rest::Ended => return self.end(cx),
                Rest::Broken => {
                    self.rest = Rest::Over;
                    return Poll::Ready(Some(Err(BrokenOff)));
                }
                Rest::Over => return Poll::Ready(None),
            };
            match Pin::new(answer).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let mut frame = frame;
                    if let Some(data) = frame.data_ref() {
                        self.meter.feed(data);
                        self.pace.heard();
                        if let Some(span) = self.meter.error_span().filter(|_| self.framing != Framing::Json) {
                            let data = data.clone();
                            let Some(clean) = self.censor(&data, span) else { continue };
                            frame = Frame::data(clean);
                        }
                        self.pace.passed();
                        self.receipt.passed(frame.data_ref().map_or(0, Bytes::len));
                    }
                    self.note_last_byte();
                    return Poll::Ready(Some(Ok(frame)));
                }
                Poll::Ready(Some(Err(_))) => return self.break_off("the upstream's connection broke", cx),
                Poll::Ready(None) => self.rest = Rest::Ended,
                Poll::Pending => match ready!(self.pace.poll(cx)) {
                    Beat::Silent => return self.break_off("the upstream fell silent", cx),
                    Beat::TooLong => return self.break_off("it took longer than upstream.total_timeout", cx),
                    Beat::KeepAlive => {
                        if let Some(bytes) = self.meter.keep_alive() {
                            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(bytes)))));
                        }
                        // Inside an event: the next beat may find a better place.
                    }
                },
            }
        }
    }

    /// A chunk without what a client may not read of the error in it; none when nothing is left.
    fn censor(&mut self, chunk: &[u8], span: ErrorSpan) -> Option<Bytes> {
        let mut clean = chunk.get(..span.from).unwrap_or_default().to_vec();
        if let Some(until) = span.until {
            clean.extend_from_slice(self.presentable_error().as_bytes());
            clean.extend_from_slice(chunk.get(until..).unwrap_or_default());
        }
        (!clean.is_empty()).then(|| clean.into())
    }

    /// The error that has just passed by, as a client may read it.
    fn presentable_error(&mut self) -> Cow<'static, str> {
        let Some(error) = self.meter.findings().error.as_deref() else { return Cow::Borrowed("null") };
        let Some(secret) = self.receipt.secret() else { return Cow::Borrowed("{}") };
        let (shown, fault) = Judge { secret: Some(secret), now: self.clock.now() }.show_in_stream(error, self.framing);
        if let Some(fault) = fault {
            self.receipt.failed_in_stream(fault);
        }
        Cow::Owned(shown)
    }

    /// Of a body with a length nobody asks for more than that, so its end is noted with its last byte.
    fn note_last_byte(&mut self) {
        let last = match &self.rest {
            Rest::Open(answer) => answer.is_end_stream(),
            Rest::Ended => self.held.is_empty(),
            Rest::Broken | Rest::Over => false,
        };
        if last && self.framing == Framing::Json {
            self.meter.finish();
            self.receipt.completed(self.meter.findings());
        }
    }

    /// The upstream has ended its answer: completes it, or says that it is not whole.
    fn end(&mut self, cx: &Context<'_>) -> Polled {
        // Before `finish`, while there still is a place for an error.
        let cut = match self.promise {
            Promise::Finish => self.meter.position() == Position::Between && !is_finished(self.meter.findings()),
            Promise::Document => self.framing == Framing::JsonArray && self.meter.position() == Position::Between,
            Promise::None => false,
        };
        if cut {
            return self.break_off("the upstream ended it without finishing", cx);
        }
        self.meter.finish();
        let whole = match self.promise {
            Promise::None => true,
            Promise::Document => self.meter.position() == Position::Closed,
            Promise::Finish => self.meter.position() == Position::Closed && is_finished(self.meter.findings()),
        };
        if !whole {
            return self.break_off("the upstream ended it without finishing", cx);
        }
        self.rest = Rest::Over;
        let findings = self.meter.findings();
        match findings.error.as_deref().filter(|_| self.framing != Framing::Json) {
            // The client has read it.
            Some(error) => self.receipt.broke_off(why_it_broke_off(error), findings),
            None => self.receipt.completed(findings),
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    /// Ends the answer honestly: with an error between events, by aborting the transfer inside one.
    fn break_off(&mut self, why: &'static str, cx: &Context<'_>) -> Polled {
        let between_events = self.framing == Framing::Sse && self.meter.position() == Position::Between;
        if between_events && is_finished(self.meter.findings()) {
            // The model had finished and said so; only the goodbye of the connection is missing.
            self.rest = Rest::Over;
            self.receipt.completed(self.meter.findings());
            return Poll::Ready(None);
        }
        self.receipt.broke_off(why, self.meter.findings());
        // The upstream's connection goes with it: nobody reads on.
        self.rest = Rest::Over;
        self.trailers = None;
        let error = Failure::broke_off(why).google_json();
        match self.meter.closing(&error) {
            Some(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(_) | None => {
                // hyper drops what it has not written yet when a body fails, so it gets a turn to write first.
                self.rest = Rest::Broken;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

/// Whether a stream has said how it ended.
fn is_finished(findings: &Findings) -> bool {
    findings.finish_reason.is_some() || findings.block_reason.is_some() || findings.error.is_some()
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        self.receipt.left(self.meter.findings());
    }
}

impl HttpBody for ReplyBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        if let Some(chunk) = self.held.pop_front() {
            self.receipt.passed(chunk.len());
            self.note_last_byte();
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let this = &mut *self;
        // On HTTP/2 a panic here would take the other streams of the connection with it.
        if let Ok(polled) = std::panic::catch_unwind(AssertUnwindSafe(|| this.poll_rest(cx))) {
            return polled;
        }
        self.rest = Rest::Over;
        Poll::Ready(Some(Err(BrokenOff)))
    }

    fn is_end_stream(&self) -> bool {
        // The end of a stream is looked at by a poll of its own.
        false
    }

    fn size_hint(&self) -> SizeHint {
        let held: u64 = self.held.iter().map(|chunk| chunk.len() as u64).sum();
        match &self.rest {
            Rest::Ended if self.framing == Framing::Json && self.trailers.is_none() => SizeHint::with_exact(held),
            Rest::Open(answer) if self.framing == Framing::Json => match answer.size_hint().exact() {
                Some(rest) => SizeHint::with_exact(held + rest),
                None => SizeHint::default(),
            },
            _ => SizeHint::default(),
        }
    }
}
