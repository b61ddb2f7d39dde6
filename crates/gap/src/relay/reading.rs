//! From the head of Google's answer to the moment when it may be committed.
//!
//! A refusal is read whole (it is small) and classified. A good answer is read ahead: a stream until its first event
//! is complete, a unary answer until its end, each up to `server.hold_back` bytes. What breaks before that point
//! breaks unseen, and another key may answer.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use gap_pool::verdict::TransportFault;
use gap_protocol::meter::{Framing, Meter, Position};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::judge::{Judge, Unopened};
use super::{Call, RelayPolicy};
use crate::clock::Clock;
use crate::upstream::{Answer, Secret, headers};

/// Error bodies longer than this are cut; Google's are a few kilobytes.
const MAX_ERROR_BODY: usize = 1024 * 1024;

/// What is needed to read an answer to `call`.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) call: &'a Call,
    /// The key that was asked; none for an answer that was kept.
    pub(super) secret: Option<&'a Secret>,
    pub(super) policy: &'a RelayPolicy,
    pub(super) clock: &'a Clock,
    /// When the request gives up.
    pub(super) until: Instant,
}

/// An answer that may be committed.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
    pub(super) promise: Promise,
    /// What was read ahead.
    pub(super) held: VecDeque<Bytes>,
    /// The rest; none when the whole answer is held.
    pub(super) rest: Option<Answer>,
    /// Trailers, when the whole answer is held and had some.
    pub(super) trailers: Option<HeaderMap>,
    /// Has seen everything in `held`.
    pub(super) meter: Meter,
}

/// When an answer that has ended is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// Always: nothing is known of what is inside, or it is none of GAP's business.
    None,
    /// When its JSON is.
    Document,
    /// When an event has said why it finished (wire 112).
    Finish,
}

// === impl Reading ===

impl Reading<'_> {
    /// Reads `answer` up to the point where it may be committed, or says why it may not.
    pub(super) async fn open(&self, answer: Response<Answer>) -> Result<Opened, Unopened> {
        let status = answer.status();
        if status.is_client_error() || status.is_server_error() {
            return Err(self.read_refusal(answer).await);
        }
        let (parts, body) = answer.into_parts();
        let (framing, promise) = self.expectation(status, &parts.headers);
        let mut opened = Opened {
            status,
            headers: headers::for_client(&parts.headers),
            framing,
            promise,
            held: VecDeque::new(),
            rest: Some(body),
            trailers: None,
            meter: Meter::new(framing),
        };
        self.read_ahead(&mut opened).await.map_err(Unopened::transport)?;
        match self.error_instead_of_answer(&opened) {
            Some(unopened) => Err(unopened),
            None if opened.is_damaged() || opened.meter.is_in_error() => {
                Err(Unopened::transport(TransportFault::Reset))
            }
            None => Ok(opened),
        }
    }

    /// The framing that the answer really has (what was asked for, unless the answer says otherwise), and when it is
    /// whole.
    fn expectation(&self, status: StatusCode, headers: &HeaderMap) -> (Framing, Promise) {
        let call = self.call;
        if is_encoded(headers) || call.verb == Method::HEAD || status != StatusCode::OK {
            // Nothing can be read from it, so nothing can be inserted either: it passes as one piece.
            return (Framing::Json, Promise::None);
        }
        let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let json = content_type.starts_with(b"application/json");
        let finish_or = |promise| if call.finishes { Promise::Finish } else { promise };
        if content_type.starts_with(b"text/event-stream") {
            return (Framing::Sse, finish_or(Promise::None));
        }
        match call.framing {
            // Some answer a stream request with one JSON document; white space between events would still be wrong in it.
            Framing::Sse if json => (Framing::Json, Promise::Document),
            // A page of something in between, in place of a model's answer.
            Framing::Sse => (Framing::Sse, Promise::Finish),
            Framing::JsonArray => (Framing::JsonArray, finish_or(Promise::Document)),
            Framing::Json if json || (call.model.is_some() && is_no_media(content_type)) => {
                (Framing::Json, Promise::Document)
            }
            Framing::Json => (Framing::Json, Promise::None),
        }
    }

    async fn read_ahead(&self, opened: &mut Opened) -> Result<(), TransportFault> {
        let mut patience = self.policy.first_byte_timeout;
        let mut held = 0;
        while held <= self.policy.hold_back && (held == 0 || !self.may_commit(opened)) {
            let Some(rest) = &mut opened.rest else { break };
            let until = self.until.min(Instant::now() + patience);
            match timeout_at(until, rest.frame()).await {
                Err(_) => return Err(TransportFault::Timeout),
                Ok(Some(Err(_))) => return Err(TransportFault::Reset),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        held += data.len();
                        opened.meter.feed(&data);
                        opened.held.push_back(data);
                    }
                    Err(frame) => opened.trailers = frame.into_trailers().ok(),
                },
                Ok(None) => opened.rest = None,
            }
            patience = self.policy.idle_timeout;
        }
        Ok(())
    }

    /// A stream may be committed with its first event, one that cannot be read with its first byte. A unary answer waits
    /// for its end.
    fn may_commit(&self, opened: &Opened) -> bool {
        match opened.framing {
            Framing::Json => opened.promise == Promise::None && self.call.is_stream(),
            Framing::Sse | Framing::JsonArray => opened.meter.events() > 0 && !opened.meter.is_in_error(),
        }
    }

    /// A stream whose first event is an error failed before it began, whatever its status says.
    fn error_instead_of_answer(&self, opened: &Opened) -> Option<Unopened> {
        if !self.call.is_stream() || opened.promise == Promise::None {
            return None;
        }
        self.error_event(opened.meter.findings().error.as_deref()?)
    }

    /// What an error means that stands in the place of an event: the value of `error`, as JSON.
    pub(super) fn error_event(&self, error: &str) -> Option<Unopened> {
        self.judge().error_event(error, self.call.framing)
    }

    /// Reads and classifies an answer that is no success.
    pub(super) async fn read_refusal(&self, answer: Response<Answer>) -> Unopened {
        let (parts, body) = answer.into_parts();
        let until = self.until.min(Instant::now() + self.policy.idle_timeout);
        // The status is known; a body that never comes adds nothing.
        let body = timeout_at(until, read_some(body)).await.unwrap_or_default();
        self.judge().classify(parts.status, &parts.headers, body)
    }

    fn judge(&self) -> Judge<'_> {
        Judge { secret: self.secret, now: self.clock.now() }
    }
}

impl Opened {
    /// Whether what was read to its end is not what was promised: a cut document, a stream without a single event.
    fn is_damaged(&self) -> bool {
        if self.rest.is_some() || self.promise == Promise::None {
            return false;
        }
        match self.framing {
            Framing::Json => self.meter.position() != Position::Closed,
            Framing::Sse | Framing::JsonArray => {
                // An array may be empty; an answer that is one has nothing in it then.
                let whole = self.meter.position() == Position::Closed && self.promise != Promise::Finish;
                self.meter.events() == 0 && !whole
            }
        }
    }
}

/// Whether the bytes are something else than what they mean. GAP asks for `identity`, so this is rare.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What a model never answers with, so that something else is taken for its answer.
fn is_no_media(content_type: &[u8]) -> bool {
    content_type.is_empty() || content_type.starts_with(b"text/")
}

async fn read_some(mut body: Answer) -> Bytes {
    let mut read = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(mut data) = frame.into_data() {
            data.truncate(MAX_ERROR_BODY - read.len());
            read.extend_from_slice(&data);
            if read.len() == MAX_ERROR_BODY {
                break;
            }
        }
    }
    read.freeze()
}
