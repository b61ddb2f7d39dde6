//! What an error of Google's means for the try, and what of it a client may read.
//!
//! The same rules hold whether the error is an answer of its own or stands within a stream: the request's own fault is
//! told in Google's words, without keys and project numbers; anybody else's in GAP's words, never as 400, 401 or 403.

use std::borrow::Cow;

use bytes::Bytes;
use gap_pool::verdict::{self, Fault, TransportFault, Verdict};
use gap_protocol::gemini::error::Status;
use gap_protocol::meter::Framing;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;

use super::RelayError;
use super::reading::is_encoded;
use crate::error::Failure;
use crate::upstream::{Secret, headers, redact};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// Looks at errors that came for the request that was sent with `secret`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a> {
    /// None where no key was asked.
    pub(super) secret: Option<&'a Secret>,
    pub(super) now: Timestamp,
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

// === impl Judge ===

impl Judge<'_> {
    /// What an error means that stands in the place of an event of a stream with this framing: the value of `error`, as
    /// JSON. None when it says nothing that can be classified.
    pub(super) fn error_event(&self, error: &str, framing: Framing) -> Option<Unopened> {
        let code = serde_json::from_str::<serde_json::Value>(error).ok()?.get("code")?.as_u64()?;
        let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok())?;
        let failed = status.is_client_error() || status.is_server_error();
        let body = match framing {
            Framing::JsonArray => format!("[{{\"error\":{error}}}]"),
            Framing::Json | Framing::Sse => format!("{{\"error\":{error}}}"),
        };
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, JSON)]);
        failed.then(|| self.classify(status, &headers, body.into()))
    }

    /// What a client may read of an error within a stream that is under way: the value of `error`, as JSON on one line.
    /// With it, whose fault it is.
    pub(super) fn show_in_stream(&self, error: &str, framing: Framing) -> (String, Option<Fault>) {
        let googles = || self.clean(error).replace(['\r', '\n'], " ");
        match self.error_event(error, framing) {
            Some(Unopened::Faulty { fault, answer: None, .. }) => {
                let failure = Failure::from(RelayError::Exhausted(fault.clone()));
                (failure.google_error(), Some(*fault))
            }
            Some(Unopened::Faulty { fault, answer: Some(_), .. }) => (googles(), Some(*fault)),
            Some(Unopened::Refused(refusal)) => (googles(), Some(refusal.fault)),
            None => (googles(), None),
        }
    }

    /// Classifies an answer that is no success.
    pub(super) fn classify(&self, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Unopened {
        let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let answer = verdict::Answer { status: status.as_u16(), retry_after, body: &body };
        match verdict::of(&answer, self.now) {
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

    /// What Google said, without keys and project numbers.
    fn clean<'t>(&self, said: &'t str) -> Cow<'t, str> {
        self.secret.map_or_else(|| redact::text(said, ""), |secret| secret.redact(said))
    }

    fn redact(&self, fault: &mut Fault) {
        if let Cow::Owned(clean) = self.clean(&fault.message) {
            fault.message = clean;
        }
    }

    fn refusal(&self, mut fault: Fault, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Refusal {
        self.redact(&mut fault);
        let encoded = is_encoded(headers);
        let mut headers = headers::for_client(headers);
        let text = if encoded || body.is_empty() { None } else { std::str::from_utf8(&body).ok() };
        let body = match text.map(|text| self.clean(text)) {
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
