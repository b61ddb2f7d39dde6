//! Whose fault an answer is.
//!
//! Google's errors say it in four places that contradict each other: the HTTP status, `error.status`, the typed
//! `details[]`, and the message. A 400 may be the key's fault (`API_KEY_INVALID`), a 403 the request's (a file of
//! another project), a 429 the wallet's. So the most specific word decides: a typed reason before the message, the
//! message before the status.
//!
//! Getting it wrong is expensive in both directions. A request's fault taken for the key's lets one bad prompt burn
//! the whole pool; a key's fault taken for the request's tells a client that its own key is bad. Hence the rules:
//! - What disables a key or rests a project must be said by a typed reason, or stand where a client cannot have
//!   written it: many 400 messages quote the request.
//! - What cannot be understood gets the mildest verdict that still makes progress.
//! - Faults of the way out or of the model punish no key.
//!
//! ## Edges
//! A body may be an object, an array of one, HTML, cut short, or nothing (wire 1). It is searched, not validated, and
//! a body that is no JSON is read string by string. `RetryInfo` is 4 to 59 seconds also where the day is used up, so
//! it counts only where the quota is one of minutes (wire 5). Google sends no `Retry-After` (wire 2); it is heard only
//! where the body is silent.

mod body;
mod delay;
mod fault;
mod quota;
mod salvage;

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use self::body::{ErrorBody, Shape};
pub(crate) use self::delay::LONGEST;
pub use self::fault::{Cause, Fault, Rest, Retry, Scope, Violation};

/// What came back from Google.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    /// The body, as much of it as there is.
    pub body: &'a [u8],
}

/// Why there is no complete answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportFault {
    /// No connection could be opened.
    Connect,
    /// The connection broke.
    Reset,
    /// Nothing came in time.
    Timeout,
}

/// What to make of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is an answer.
    Answered,
    /// It is none, and not for the client as it stands. [`Fault::retry`] says whether another try makes sense.
    TryElsewhere(Fault),
    /// It is the truth about the client's request, to be passed on as it stands.
    Refused(Fault),
}

/// Judges an answer.
pub fn of(answer: &Answer<'_>, now: Timestamp) -> Verdict {
    if answer.status < 400 {
        return Verdict::Answered;
    }
    let body = ErrorBody::read(answer.body);
    let mut fault = judge(&body, answer, now);
    // Minutes of overload are Google's to name, if it names any.
    if fault.retry_delay.is_none() && matches!(fault.scope, Scope::Model | Scope::Upstream) {
        fault.retry_delay = body.retry_delay.or_else(|| delay::header(answer.retry_after, now));
    }
    if fault.retry == Retry::Never && fault.is_about_the_request() {
        Verdict::Refused(fault)
    } else {
        Verdict::TryElsewhere(fault)
    }
}

/// Judges a try that brought no complete answer.
pub fn of_transport(fault: TransportFault) -> Fault {
    let cause = match fault {
        TransportFault::Connect => Cause::ConnectFailed,
        TransportFault::Reset => Cause::ConnectionReset,
        TransportFault::Timeout => Cause::TimedOut,
    };
    Fault::new(cause, String::new())
}

fn judge(body: &ErrorBody, answer: &Answer<'_>, now: Timestamp) -> Fault {
    let cause = match answer.status {
        402 => return money(body).unwrap_or_else(|| body.fault(Cause::PaymentRequired)),
        429 => return quota::judge(body, answer, now),
        ..500 if body.status == "RESOURCE_EXHAUSTED" => return quota::judge(body, answer, now),
        400 => bad_request(body),
        401 => unauthenticated(body),
        403 => forbidden(body),
        404 => not_found(body),
        407 | 511 => Cause::EgressBlocked,
        408 => Cause::TimedOut,
        499 => Cause::Cancelled,
        502 => Cause::BadGateway,
        // Google's own front answers HTML when the service is gone; only the API itself can say "overloaded".
        503 | 529 if body.shape == Shape::Google => Cause::Overloaded,
        421 | 425 | 503 | 529 => Cause::Unavailable,
        504 => Cause::DeadlineExceeded,
        500.. => Cause::InternalError,
        _ => Cause::InvalidRequest,
    };
    body.fault(cause)
}

fn bad_request(body: &ErrorBody) -> Cause {
    if let Some(cause) = typed(body) {
        return cause;
    }
    // Beginnings only: further on, a message may quote the request.
    if body.says_first("API key expired") {
        Cause::KeyExpired
    } else if body.says_first("API key not valid") || body.says_first("API key not found") {
        Cause::KeyInvalid
    } else if body.says_first("User location is not supported") {
        Cause::RegionUnsupported
    } else if body.says_last("only accessible to billed users at this time.") {
        Cause::NotOnTier
    } else if body.status == "FAILED_PRECONDITION" && (body.says("billing") || body.says("free tier")) {
        Cause::BillingRequired
    } else if body.says_first("The input token count") {
        Cause::InputTooLong
    } else {
        Cause::InvalidRequest
    }
}

fn unauthenticated(body: &ErrorBody) -> Cause {
    if body.reason == "CREDENTIALS_MISSING" || body.says_first("API keys are not supported by this API") {
        Cause::OauthRequired
    } else if let Some(cause) = typed(body) {
        cause
    } else if body.shape == Shape::Google {
        Cause::KeyInvalid
    } else {
        // A 401 that is not Google's comes from something on the way; disabling every key for it would be final.
        Cause::EgressBlocked
    }
}

fn forbidden(body: &ErrorBody) -> Cause {
    if let Some(cause) = typed(body) {
        return cause;
    }
    if body.says_first("You do not have permission to access")
        || body.says("(or permission denied)")
        || body.says("or it may not exist")
    {
        Cause::ResourceForbidden
    } else if body.shape == Shape::Html {
        // "403. That's an error. Your client does not have permission to get URL …": the address is refused.
        Cause::EgressBlocked
    } else if body.says("reported as leaked") {
        Cause::KeyLeaked
    } else if body.says("has been suspended") {
        suspended(body)
    } else if body.says_first("Your project has been denied access") {
        Cause::ProjectDenied
    } else if body.says("has not been used in project") {
        Cause::ServiceDisabled
    } else {
        money(body).map_or(Cause::Forbidden, |fault| fault.cause)
    }
}

fn not_found(body: &ErrorBody) -> Cause {
    let model = body.says_first("models/") || body.says_first("This model") || body.says_first("Publisher Model");
    let gone = body.says("is not found for API version") || body.says("not found") || body.says("no longer available");
    if model && gone { Cause::ModelNotFound } else { Cause::NotFound }
}

/// What a typed reason says about the key or the project.
fn typed(body: &ErrorBody) -> Option<Cause> {
    Some(match body.reason.as_str() {
        "API_KEY_INVALID" if body.says_first("API key expired") => Cause::KeyExpired,
        "API_KEY_INVALID" | "API_KEY_NOT_FOUND" => Cause::KeyInvalid,
        "API_KEY_EXPIRED" => Cause::KeyExpired,
        "API_KEY_SERVICE_BLOCKED"
        | "API_KEY_HTTP_REFERRER_BLOCKED"
        | "API_KEY_IP_ADDRESS_BLOCKED"
        | "API_KEY_ANDROID_APP_BLOCKED"
        | "API_KEY_IOS_APP_BLOCKED" => Cause::KeyRestricted,
        "CONSUMER_SUSPENDED" => suspended(body),
        "CONSUMER_INVALID" | "USER_PROJECT_DENIED" => Cause::ProjectDenied,
        "SERVICE_DISABLED" => Cause::ServiceDisabled,
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => Cause::OauthRequired,
        "BILLING_DISABLED" => Cause::BillingRequired,
        _ => return None,
    })
}

/// Google suspends keys and whole projects with one reason; the message names the consumer.
fn suspended(body: &ErrorBody) -> Cause {
    if body.says("'project") { Cause::ProjectSuspended } else { Cause::KeySuspended }
}

/// The wallet, which speaks with 402, 403 or 429 and only in the message.
fn money(body: &ErrorBody) -> Option<Fault> {
    if body.says("spending cap") || body.says("spend cap") {
        Some(body.fault(Cause::SpendCapReached))
    } else if body.says("prepayment credits") || body.says("credits are depleted") {
        Some(body.fault(Cause::PrepaymentDepleted))
    } else {
        None
    }
}
