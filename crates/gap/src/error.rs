//! One failure, told in the dialect of whoever asked.
//!
//! Components answer with a [`Failure`]: what kind it is, a sentence for a person, and what a client needs to decide
//! whether and when to come back. The route decides the JSON. An upstream key's fault is never shown as 400, 401 or
//! 403: a client would conclude that its own access key is bad.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use gap_pool::verdict::{Cause, Scope};
use gap_pool::{Fault, Quota, Ranking, Reason};
use gap_protocol::gemini::error::Status;
use gap_protocol::gemini::path::PathError;
use gap_protocol::{anthropic, openai};
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use jiff::Timestamp;

use crate::admission::standing::Standing;
use crate::body::BodyEnded;
use crate::dialect::Dialect;
use crate::keyring::NoLease;
use crate::relay::{Refusal, RelayError};

/// When nobody knows better, clients may come back after so long.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Says whose fault an error is: `request`, `key`, `project`, …
pub const X_GAP_ERROR_SCOPE: HeaderName = HeaderName::from_static("x-gap-error-scope");

/// Something that did not work, before it is put into a dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    kind: Kind,
    message: String,
    retry_after: Option<Duration>,
    scope: Option<&'static str>,
    /// What is left of the limits that were reached.
    standing: Option<Box<Standing>>,
}

/// What kind of failure it is; decides the status and each dialect's words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No access key, or a wrong one.
    Unauthenticated,
    /// The right access key, but not for this.
    Forbidden,
    /// The path leads nowhere.
    UnknownRoute,
    /// Nobody has the model.
    UnknownModel,
    /// The path does not take this verb.
    WrongMethod,
    /// What is asked for exists, but not here yet.
    NotBuilt,
    /// The request makes no sense.
    InvalidRequest,
    /// The conversation is longer than the model takes.
    ContextTooLong,
    /// The body is larger than this route takes.
    TooLarge,
    /// The body is in a form that this route does not read.
    UnsupportedMedia,
    /// The client was too slow.
    ClientTimeout,
    /// Quota is used up; come back later.
    RateLimited,
    /// Nobody can answer now; come back later.
    Unavailable,
    /// The upstream answered something unusable, or refused GAP's own credentials.
    BadGateway,
    /// The upstream did not answer in time.
    UpstreamTimeout,
    /// GAP itself is broken.
    Internal,
}

// === impl Kind ===

impl Kind {
    const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::UnknownRoute | Self::UnknownModel => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotBuilt => StatusCode::NOT_IMPLEMENTED,
            Self::InvalidRequest | Self::ContextTooLong => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ClientTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// OpenAI's `type` and `code`.
    const fn openai(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Unauthenticated => ("invalid_request_error", Some("invalid_api_key")),
            Self::Forbidden => ("invalid_request_error", Some("permission_denied")),
            Self::UnknownRoute => ("invalid_request_error", Some("unknown_url")),
            Self::UnknownModel => ("invalid_request_error", Some("model_not_found")),
            Self::WrongMethod => ("invalid_request_error", Some("method_not_supported")),
            Self::NotBuilt => ("invalid_request_error", Some("not_implemented")),
            Self::InvalidRequest => ("invalid_request_error", None),
            Self::ContextTooLong => ("invalid_request_error", Some("context_length_exceeded")),
            Self::TooLarge => ("invalid_request_error", Some("request_too_large")),
            Self::UnsupportedMedia => ("invalid_request_error", Some("unsupported_media_type")),
            Self::ClientTimeout => ("invalid_request_error", Some("request_timeout")),
            Self::RateLimited => ("rate_limit_error", Some("rate_limit_exceeded")),
            Self::Unavailable => ("server_error", Some("service_unavailable")),
            Self::BadGateway => ("server_error", Some("bad_gateway")),
            Self::UpstreamTimeout => ("server_error", Some("upstream_timeout")),
            Self::Internal => ("server_error", Some("internal_error")),
        }
    }

    /// Anthropic's `type`.
    const fn anthropic(self) -> &'static str {
        match self {
            Self::Unauthenticated => "authentication_error",
            Self::Forbidden => "permission_error",
            Self::UnknownRoute | Self::UnknownModel | Self::WrongMethod | Self::NotBuilt => "not_found_error",
            Self::InvalidRequest | Self::ContextTooLong | Self::UnsupportedMedia | Self::ClientTimeout => {
                "invalid_request_error"
            }
            Self::TooLarge => "request_too_large",
            Self::RateLimited => "rate_limit_error",
            Self::Unavailable => "overloaded_error",
            Self::BadGateway | Self::Internal => "api_error",
            Self::UpstreamTimeout => "timeout_error",
        }
    }
}

// === impl Failure ===

impl Failure {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, scope: None, standing: None }
    }

    /// Nothing in any of the places where an access key may be.
    pub fn missing_access_key() -> Self {
        Self::new(
            Kind::Unauthenticated,
            "An access key is required: send it as \"Authorization: Bearer KEY\", \"x-goog-api-key: KEY\", \
             \"x-api-key: KEY\" or \"?key=KEY\".",
        )
    }

    /// Two places hold different keys.
    pub fn several_access_keys() -> Self {
        Self::new(Kind::Unauthenticated, "Several different access keys were sent with this request; send one.")
    }

    /// Nobody has this key.
    pub fn wrong_access_key() -> Self {
        Self::new(Kind::Unauthenticated, "Incorrect API key provided: this gateway does not know the access key.")
    }

    /// The access key or session is none at this moment, and this is why.
    pub fn unauthenticated(why: &str) -> Self {
        Self::new(Kind::Unauthenticated, why)
    }

    /// The access key is known, but not for this.
    pub fn forbidden(why: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, why)
    }

    /// The access key may not use the model.
    pub fn forbidden_model(model: &str) -> Self {
        let name: String = model.chars().take(200).collect();
        Self::forbidden(format!("This access key may not use the model `{name}`."))
    }

    /// More than this caller may ask; there is room after `wait`, if ever.
    pub fn too_many(said: impl Into<String>, wait: Option<Duration>) -> Self {
        Self { retry_after: wait, ..Self::new(Kind::RateLimited, said) }
    }

    /// Says in the headers what is left of the limits.
    #[must_use]
    pub fn with_standing(mut self, standing: Standing) -> Self {
        self.standing = Some(Box::new(standing));
        self
    }

    /// Nobody serves this path.
    pub fn unknown_route(verb: &Method, path: &str) -> Self {
        Self::new(Kind::UnknownRoute, format!("Unknown request URL: {verb} {path}. Please check the URL for typos."))
    }

    /// The path does not take this verb.
    pub fn wrong_method(verb: &Method, path: &str) -> Self {
        Self::new(Kind::WrongMethod, format!("{path} does not take {verb}."))
    }

    /// GAP knows of it and does not have it yet.
    pub fn not_built(what: &str) -> Self {
        Self::new(Kind::NotBuilt, format!("{what} is not built into this gateway yet."))
    }

    /// The path could not be a URL's.
    pub fn malformed_path() -> Self {
        Self::new(Kind::InvalidRequest, "The path of the request is malformed.")
    }

    /// The path is none that Google could serve.
    pub fn invalid_path(error: &PathError) -> Self {
        Self::new(Kind::InvalidRequest, format!("The path of the request is refused: {error}."))
    }

    /// Nobody knows the upload, or it is somebody else's.
    pub fn unknown_upload() -> Self {
        Self::new(Kind::UnknownRoute, "This gateway does not know the upload (any more); begin it again.")
    }

    /// The body is over the limit (bytes).
    pub fn body_too_large(limit: u64) -> Self {
        Self::new(Kind::TooLarge, format!("The request body is larger than the {limit} bytes this gateway takes."))
    }

    /// The body is larger than what is kept, and this API's requests have to be: they are translated.
    pub fn document_too_large(limit: u64) -> Self {
        let message = format!(
            "The request body is larger than the {limit} bytes up to which this gateway translates requests \
             (server.replay_limit). Gemini's own API takes larger ones, and files by their address."
        );
        Self::new(Kind::TooLarge, message)
    }

    /// The body is compressed.
    pub fn coded_body(coding: &str) -> Self {
        let coding: String = coding.chars().take(40).collect();
        Self::new(
            Kind::UnsupportedMedia,
            format!("The header content-encoding: {coding} is not taken here; send the body uncompressed."),
        )
    }

    /// The body is not compressed, or not as it says.
    pub fn broken_coding(coding: &str) -> Self {
        Self::new(Kind::InvalidRequest, format!("The request body is not what content-encoding: {coding} says."))
    }

    /// The client fell silent while sending its body.
    pub fn body_timed_out(after: Duration) -> Self {
        let seconds = after.as_secs();
        Self::new(Kind::ClientTimeout, format!("The request body stopped arriving for {seconds} seconds."))
    }

    /// The body's framing is broken.
    pub fn body_broken() -> Self {
        Self::new(Kind::InvalidRequest, "The request body could not be read to its end.")
    }

    /// All kept bodies together are over the budget.
    pub fn out_of_memory_budget() -> Self {
        Self::new(Kind::Unavailable, "The gateway holds too many large requests at this moment; try again shortly.")
            .retry_after(Duration::from_secs(1))
    }

    /// The request makes no sense, and this is why.
    pub fn invalid_request(why: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest, why)
    }

    /// What a conversation cannot leave out needs more tokens than the model takes.
    pub fn context_too_long(needed: u64, limit: u64) -> Self {
        Self::new(
            Kind::ContextTooLong,
            format!("The input token count ({needed}) exceeds the maximum number of tokens allowed ({limit})."),
        )
        .scope("request")
    }

    /// The history of a conversation cannot be had.
    pub fn conversations_unreadable() -> Self {
        Self::new(Kind::Unavailable, "The gateway cannot read its conversations at this moment; try again shortly.")
            .retry_after(A_MOMENT)
    }

    /// Whose a cache is cannot be read.
    pub fn caches_unreadable() -> Self {
        Self::new(Kind::Unavailable, "The gateway cannot read its list of caches at this moment; try again shortly.")
            .retry_after(A_MOMENT)
    }

    /// The cache is somebody else's, or there is none: in Google's words, which do not say which.
    pub fn foreign_cache() -> Self {
        Self::new(Kind::Forbidden, "CachedContent not found (or permission denied)").scope("request")
    }

    /// What it names is somebody else's, or there is none: in Google's words, which do not say which (wire 15).
    pub fn foreign_resource(name: &str) -> Self {
        match name.strip_prefix("files/") {
            Some(id) => {
                let id: String = id.chars().take(200).collect();
                let said = format!("You do not have permission to access the File {id} or it may not exist.");
                Self::new(Kind::Forbidden, said)
            }
            None => Self::new(Kind::UnknownRoute, "Requested entity was not found."),
        }
        .scope("request")
    }

    /// An answer broke off on the upstream's side.
    pub fn broke_off(why: &str) -> Self {
        Self::new(Kind::Unavailable, format!("The answer broke off: {why}.")).scope("upstream")
    }

    /// The stream was opened as one thing and the answer is another.
    pub fn other_framing() -> Self {
        Self::new(Kind::BadGateway, "The upstream answered with something else than the stream it was asked for.")
            .scope("upstream")
    }

    /// Nobody has a model of this name.
    pub fn unknown_model(model: &str) -> Self {
        let name: String = model.chars().take(200).collect();
        Self::new(Kind::UnknownModel, format!("The model `{name}` does not exist, or no upstream key may use it."))
    }

    /// The upstream's answer is none to the question.
    pub fn unusable_answer() -> Self {
        Self::new(Kind::BadGateway, "The upstream answered with something that cannot be used.").scope("upstream")
    }

    /// The usage ledger takes no more: what cannot be counted is not begun.
    pub fn ledger_full() -> Self {
        let message =
            "The gateway cannot record usage at this moment, because its database does not answer; try again shortly.";
        Self::new(Kind::Unavailable, message).retry_after(A_MOMENT)
    }

    /// GAP is broken; the log says how.
    pub fn internal() -> Self {
        Self::new(Kind::Internal, "An internal error occurred in the gateway; its log has the details.")
    }

    fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    fn scope(mut self, scope: &'static str) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The status that goes with it.
    pub const fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The sentence for a person.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The response in the shape of `dialect`.
    pub fn into_response(self, dialect: Dialect) -> Response {
        let (kind, message) = (self.kind, self.message.as_str());
        let body = match dialect {
            Dialect::Gemini => self.google_json(),
            Dialect::OpenAi => self.openai_json(),
            Dialect::Anthropic => anthropic::error::body(kind.anthropic(), message),
            Dialect::Admin => problem(kind.status(), message),
        };
        // Anthropic's clients know "overloaded" by a status of its own.
        let status = match (dialect, kind) {
            (Dialect::Anthropic, Kind::Unavailable) => StatusCode::from_u16(529).unwrap_or(kind.status()),
            _ => kind.status(),
        };
        let content_type =
            if dialect == Dialect::Admin { "application/problem+json" } else { "application/json; charset=UTF-8" };
        self.respond(dialect, status, content_type, body)
    }

    /// The response as a JSON array, for streams that are one.
    pub fn into_array_response(self) -> Response {
        let body = format!("[{}]", self.google_json().trim_end());
        self.respond(Dialect::Gemini, self.status(), "application/json; charset=UTF-8", body)
    }

    /// The error as OpenAI writes it: `{"error": {"message", "type", "param", "code"}}`.
    pub fn openai_json(&self) -> String {
        self.openai_error().to_json()
    }

    /// The value of `error` in it.
    pub fn openai_error(&self) -> openai::error::Error<'_> {
        let (error_type, code) = self.kind.openai();
        let param = (self.kind == Kind::UnknownModel).then_some("model");
        openai::error::Error { message: &self.message, error_type, param, code }
    }

    /// The error as an event of OpenAI's streams, which its SDKs raise.
    pub fn openai_frame(&self) -> Bytes {
        format!("data: {}\n\n", self.openai_json()).into()
    }

    /// The error as Anthropic writes it: `{"type": "error", "error": {"type", "message"}}`.
    pub fn anthropic_json(&self) -> String {
        anthropic::error::body(self.kind.anthropic(), &self.message)
    }

    /// The error as an event of Anthropic's streams, which its SDKs raise.
    pub fn anthropic_frame(&self) -> Bytes {
        format!("event: error\ndata: {}\n\n", self.anthropic_json()).into()
    }

    /// The error as Google writes it: `{"error": {"code", "message", "status", "details"}}`.
    pub fn google_json(&self) -> String {
        self.google_status().to_json()
    }

    /// The value of `error` in it, on one line.
    pub fn google_error(&self) -> String {
        serde_json::to_string(&self.google_status()).unwrap_or_default()
    }

    fn google_status(&self) -> Status {
        let mut status = Status::new(self.status().as_u16(), self.message.clone());
        if let Some(wait) = self.retry_after {
            status = status.with_retry_info(wait);
        }
        status
    }

    /// When it makes sense to come back.
    pub const fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    fn respond(&self, dialect: Dialect, status: StatusCode, content_type: &'static str, body: String) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        if let Some(scope) = self.scope {
            headers.insert(X_GAP_ERROR_SCOPE, HeaderValue::from_static(scope));
        }
        if let Some(standing) = &self.standing {
            standing.name_in(headers, dialect);
        }
        response
    }
}

/// `Retry-After` takes whole seconds; early would be refused again, so it is rounded up.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// RFC 9457.
fn problem(status: StatusCode, detail: &str) -> String {
    let title = status.canonical_reason().unwrap_or("Error");
    serde_json::json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail })
        .to_string()
}

// === From the relay ===

impl RelayError {
    /// Whose fault it is, where it is known.
    pub fn scope(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.fault.scope.name()),
            Self::Exhausted(fault) => Some(fault.scope.name()),
            Self::BodyEnded(_) => Some("request"),
            Self::NoKey(_) | Self::TimedOut | Self::BodyGone | Self::Empty => None,
        }
    }

    /// The status that the client sees.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => refusal.status,
            Self::NoKey(_)
            | Self::Exhausted(_)
            | Self::TimedOut
            | Self::BodyGone
            | Self::Empty
            | Self::BodyEnded(_) => Failure::from(self).status(),
        }
    }
}

impl From<RelayError> for Failure {
    fn from(error: RelayError) -> Self {
        Self::from(&error)
    }
}

impl From<&RelayError> for Failure {
    fn from(error: &RelayError) -> Self {
        match error {
            RelayError::NoKey(refused) => no_key(refused),
            RelayError::Exhausted(fault) => from_fault(fault),
            RelayError::Refused(refusal) => {
                Self::new(Kind::InvalidRequest, refusal.fault.message.clone()).scope("request")
            }
            RelayError::TimedOut => {
                Self::new(Kind::UpstreamTimeout, "No upstream key answered within the deadline.").scope("upstream")
            }
            RelayError::BodyGone => Self::new(
                Kind::Unavailable,
                "An upstream key was refused after part of the request body had been sent, and a body of this size is \
                 not kept for another key; send it again.",
            )
            .retry_after(Duration::from_secs(1))
            .scope("key"),
            RelayError::Empty => {
                Self::new(Kind::BadGateway, "The model answered with nothing, and gave no reason; try again.")
                    .scope("upstream")
            }
            RelayError::BodyEnded(BodyEnded::TooLarge(limit)) => Self::body_too_large(*limit),
            RelayError::BodyEnded(BodyEnded::Silent(timeout)) => Self::body_timed_out(*timeout),
            RelayError::BodyEnded(BodyEnded::Broken | BodyEnded::Gone) => Self::body_broken(),
        }
    }
}

/// Every key rests or is out: 429 when waiting helps, 503 when it does not.
fn no_key(refused: &NoLease) -> Failure {
    let reasons = refused.ranking.explain();
    let wait = refused.ranking.returns_at.map(|at| until(at, refused.at));
    if refused.crowded {
        let message = format!("Too many requests wait for an upstream key already: {reasons}");
        return Failure::new(Kind::RateLimited, message).retry_after(wait.unwrap_or(A_MOMENT)).scope("quota");
    }
    match wait {
        // Nobody's quota is used up: the model is overloaded, or the way to Google blocked, for everybody (wire 16, 20).
        Some(wait) if is_overload(&refused.ranking) => {
            Failure::new(Kind::Unavailable, format!("Gemini cannot serve this now: {reasons}"))
                .retry_after(wait)
                .scope("upstream")
        }
        Some(wait) => Failure::new(Kind::RateLimited, format!("No upstream key can serve this now: {reasons}"))
            .retry_after(wait)
            .scope("quota"),
        // It came free at the last moment, when this request had lost its patience.
        None if !refused.ranking.candidates.is_empty() => {
            Failure::new(Kind::RateLimited, "No upstream key could serve this in time; try again.")
                .retry_after(A_MOMENT)
                .scope("quota")
        }
        None if is_too_large(&refused.ranking) => Failure::new(
            Kind::InvalidRequest,
            format!("The prompt has more tokens than any upstream key may be sent at a time; shorten it: {reasons}"),
        )
        .scope("quota"),
        None => Failure::new(Kind::Unavailable, format!("No upstream key can serve this: {reasons}")).scope("pool"),
    }
}

/// Whether the prompt alone is why nobody can ever serve it: whole quotas of tokens are smaller.
fn is_too_large(ranking: &Ranking) -> bool {
    let too_large = |reason| matches!(reason, Reason::Spent(Quota::TokensPerMinute | Quota::TokensPerDay));
    ranking.rejected.iter().any(|(reason, _)| too_large(reason))
}

/// Whether every key that will be back waits for the model, or for the way to Google, and none for quota.
fn is_overload(ranking: &Ranking) -> bool {
    let mut overloaded = false;
    for (reason, _) in ranking.rejected.iter() {
        match reason {
            Reason::Fault(Cause::Overloaded | Cause::EgressBlocked) => overloaded = true,
            Reason::Fault(_) | Reason::Spent(_) | Reason::Busy => return false,
            Reason::SwitchedOff
            | Reason::Tried
            | Reason::OtherProject
            | Reason::OtherModel
            | Reason::OtherTier
            | Reason::Expired => {}
        }
    }
    overloaded
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default()
}

/// The last try's fault, seen from outside: the client's own key and request are fine.
fn from_fault(fault: &Fault) -> Failure {
    let kind = match fault.scope {
        Scope::Bucket | Scope::Feature if fault.is_quota() => Kind::RateLimited,
        Scope::Model => Kind::Unavailable,
        Scope::Upstream if fault.is_timeout() => Kind::UpstreamTimeout,
        Scope::Upstream if fault.cause == Cause::Unavailable => Kind::Unavailable,
        Scope::Request
        | Scope::Bucket
        | Scope::Feature
        | Scope::Key
        | Scope::Project
        | Scope::Egress
        | Scope::Upstream => Kind::BadGateway,
    };
    let failure = Failure::new(kind, fault.cause.sentence()).scope(fault.scope.name());
    match (fault.scope, fault.retry_delay) {
        // The key that said so rests; others, which this request did not get to, may not.
        (Scope::Bucket, _) if kind == Kind::RateLimited => failure.retry_after(Duration::from_secs(1)),
        (_, Some(wait)) if matches!(kind, Kind::RateLimited | Kind::Unavailable) => failure.retry_after(wait),
        _ => failure,
    }
}

impl IntoResponse for Refusal {
    /// Google's own refusal, as Google wrote it.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response.headers_mut().insert(X_GAP_ERROR_SCOPE, HeaderValue::from_static(self.fault.scope.name()));
        response.extensions_mut().insert(crate::receipt::Receipted);
        response
    }
}

#[cfg(test)]
mod tests;
