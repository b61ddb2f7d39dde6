//! From the head of Google's answer to the moment when it may be committed.
//!
//! A refusal is read whole (it is small) and classified. A good answer is read ahead: a stream until its first event
//! is complete, a unary answer until its end, each up to `server.hold_back` bytes. What breaks before that point
//! breaks unseen, and another key may answer.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use gap_pool::verdict::{self, Fault, TransportFault, Verdict};
use gap_protocol::gemini::error::Status;
use gap_protocol::meter::{Framing, Meter, Position};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::{Call, RelayPolicy};
use crate::clock::Clock;
use crate::upstream::{Answer, Secret, headers};

/// Error bodies longer than this are cut; Google's are a few kilobytes.
const MAX_ERROR_BODY: usize = 1024 * 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// What is needed to read an answer to `call`.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) call: &'a Call,
    pub(super) secret: &'a Secret,
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

/// Why a try has no answer to commit.
#[derive(Debug)]
pub(super) enum Unopened {
    /// The request itself is at fault: Google's answer is the answer.
    Refused(Box<Refusal>),
    /// Something else is at fault.
    Faulty {
        fault: Box<Fault>,
        /// Whether Google may have begun to do what it was asked.
        executed: bool,
        /// Google's own answer, where it speaks of the request once no other key is left.
        answer: Option<Box<Refusal>>,
    },
}

/// Google's refusal of a request, without secrets.
#[derive(Debug)]
pub struct Refusal {
    /// What the classifier made of it.
    pub fault: Fault,
    /// Google's status.
    pub status: StatusCode,
    /// Google's headers that may cross.
    pub headers: HeaderMap,
    /// Google's body, redacted.
    pub body: Bytes,
}

// === impl Unopened ===

impl Unopened {
    pub(super) fn transport(fault: TransportFault) -> Self {
        let executed = !matches!(fault, TransportFault::Connect);
        Self::Faulty { fault: Box::new(verdict::of_transport(fault)), executed, answer: None }
    }

    pub(super) fn fault(&self) -> &Fault {
        match self {
            Self::Refused(refusal) => &refusal.fault,
            Self::Faulty { fault, .. } => fault,
        }
    }
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
            None if opened.is_damaged() => Err(Unopened::transport(TransportFault::Reset)),
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
        if content_type.starts_with(b"text/event-stream") {
            return (Framing::Sse, if call.finishes { Promise::Finish } else { Promise::None });
        }
        match call.framing {
            // Some answer a stream request with one JSON document; white space between events would still be wrong in it.
            Framing::Sse if json => (Framing::Json, Promise::Document),
            // A page of something in between, in place of a model's answer.
            Framing::Sse => (Framing::Sse, Promise::Finish),
            Framing::JsonArray => (Framing::JsonArray, Promise::Document),
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
            Framing::Sse | Framing::JsonArray => opened.meter.events() > 0,
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
        let code = serde_json::from_str::<serde_json::Value>(error).ok()?.get("code")?.as_u64()?;
        let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok())?;
        let failed = status.is_client_error() || status.is_server_error();
        let body = match self.call.framing {
            Framing::JsonArray => format!("[{{\"error\":{error}}}]"),
            Framing::Json | Framing::Sse => format!("{{\"error\":{error}}}"),
        };
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, JSON)]);
        failed.then(|| self.classify(status, &headers, body.into()))
    }

    /// Reads and classifies an answer that is no success.
    pub(super) async fn read_refusal(&self, answer: Response<Answer>) -> Unopened {
        let (parts, body) = answer.into_parts();
        let until = self.until.min(Instant::now() + self.policy.idle_timeout);
        // The status is known; a body that never comes adds nothing.
        let body = timeout_at(until, read_some(body)).await.unwrap_or_default();
        self.classify(parts.status, &parts.headers, body)
    }

    fn classify(&self, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Unopened {
        let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let answer = verdict::Answer { status: status.as_u16(), retry_after, body: &body };
        match verdict::of(&answer, self.clock.now()) {
            Verdict::Refused(fault) => Unopened::Refused(Box::new(self.refusal(fault, status, headers, body))),
            Verdict::TryElsewhere(mut fault) => {
                self.redact(&mut fault);
                let about_the_request = fault.is_about_the_request();
                let answer = about_the_request.then(|| Box::new(self.refusal(fault.clone(), status, headers, body)));
                // A backend that failed may have begun; one that refused has done nothing.
                let executed = status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE;
                Unopened::Faulty { fault: Box::new(fault), executed, answer }
            }
            Verdict::Answered => Unopened::transport(TransportFault::Reset),
        }
    }

    fn redact(&self, fault: &mut Fault) {
        if let Cow::Owned(clean) = self.secret.redact(&fault.message) {
            fault.message = clean;
        }
    }

    fn refusal(&self, mut fault: Fault, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Refusal {
        self.redact(&mut fault);
        let encoded = is_encoded(headers);
        let mut headers = headers::for_client(headers);
        let text = if encoded || body.is_empty() { None } else { std::str::from_utf8(&body).ok() };
        let body = match text.map(|text| self.secret.redact(text)) {
            Some(Cow::Borrowed(_)) => body,
            Some(Cow::Owned(clean)) => clean.into(),
            // Nothing, or nothing that can be shown to be harmless: then in our words.
            None => {
                headers.remove(CONTENT_ENCODING);
                headers.insert(CONTENT_TYPE, JSON);
                Status::new(status.as_u16(), fault.cause.sentence()).to_json().into()
            }
        };
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        Refusal { fault, status, headers, body }
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
            Framing::Sse | Framing::JsonArray => self.meter.events() == 0 && self.meter.position() != Position::Closed,
        }
    }
}

/// Whether the bytes are something else than what they mean. GAP asks for `identity`, so this is rare.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What an error within an answer (the value of `error`, as JSON) says of why the answer does not go on.
pub(super) fn why_it_broke_off(error: &str) -> &'static str {
    let code = serde_json::from_str::<serde_json::Value>(error).ok().and_then(|error| error.get("code")?.as_u64());
    match code {
        Some(429) => "the upstream's quota ran out",
        Some(503) => "the upstream is overloaded",
        Some(504) => "the upstream took too long",
        _ => "the upstream reported an error",
    }
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
