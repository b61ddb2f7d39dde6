//! Answers in Google's dress: the headers that were recorded, JSON as Google writes it.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::body::{Body, Pieces};
use crate::error::ApiError;
use crate::wire;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const HTML: HeaderValue = HeaderValue::from_static("text/html");

/// On every answer of the API.
const ALWAYS: [(HeaderName, &str); 8] = [
    (header::VARY, "Origin"),
    (header::VARY, "X-Origin"),
    (header::VARY, "Referer"),
    (header::SERVER, "scaffolding on HTTPServer2"),
    (header::X_XSS_PROTECTION, "0"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::ALT_SVC, "h3=\":443\"; ma=2592000,h3-29=\":443\"; ma=2592000"),
];

/// A JSON answer.
pub(crate) fn json(value: &Value) -> Response<Body> {
    dressed(StatusCode::OK, JSON, Body::full(wire::pretty(value)))
}

/// An error: JSON, even where events were asked for; then under the name of events, as Google does it.
pub(crate) fn error(error: &ApiError, as_events: bool) -> Response<Body> {
    error_body(error.code, &error.to_value(), as_events)
}

/// The same with a body of its own.
pub(crate) fn error_body(code: u16, body: &Value, as_events: bool) -> Response<Body> {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    dressed(status, if as_events { EVENTS } else { JSON }, Body::full(wire::pretty(body)))
}

/// A stream of events, or of the elements of an array.
pub(crate) fn stream(pieces: Pieces, as_events: bool) -> Response<Body> {
    let mut response = dressed(StatusCode::OK, if as_events { EVENTS } else { JSON }, Body::new(pieces));
    if as_events {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    response
}

/// Google has no such path.
pub(crate) fn no_such_path() -> Response<Body> {
    dressed(StatusCode::NOT_FOUND, HTML, Body::empty())
}

/// What Google's front says when the service behind it is gone.
pub(crate) fn page(status: u16, title: &str) -> Response<Body> {
    let text = format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <meta name=viewport content=\"initial-scale=1, \
         minimum-scale=1, width=device-width\">\n  <title>{title}</title>\n  <p><b>{status}.</b> <ins>That’s an \
         error.</ins>\n  <p>The server encountered a temporary error and could not complete your request.<p>Please try \
         again in 30 seconds.  <ins>That’s all we know.</ins>\n"
    );
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    dressed(status, HeaderValue::from_static("text/html; charset=UTF-8"), Body::full(text))
}

/// Any answer with Google's usual headers.
pub(crate) fn dressed(status: StatusCode, content_type: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(12);
    headers.insert(header::CONTENT_TYPE, content_type);
    for (name, value) in ALWAYS {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers.insert("server-timing", HeaderValue::from_static("gfet4t7; dur=42"));
    response
}

/// With `x-gemini-service-tier`, which answers of models have.
pub(crate) fn with_service_tier(mut response: Response<Body>, tier: &'static str) -> Response<Body> {
    response.headers_mut().insert("x-gemini-service-tier", HeaderValue::from_static(tier));
    response
}

// === enums as numbers ===

/// Enums in answers, by the field they stand in. The numbers are those of Google's protocol, not places in the document.
const NUMBERS: [(&str, &[(&str, u64)]); 9] = [
    (
        "finishReason",
        &[
            ("STOP", 1),
            ("MAX_TOKENS", 2),
            ("SAFETY", 3),
            ("RECITATION", 4),
            ("OTHER", 5),
            ("LANGUAGE", 6),
            ("BLOCKLIST", 7),
            ("PROHIBITED_CONTENT", 8),
            ("SPII", 9),
            ("MALFORMED_FUNCTION_CALL", 10),
            ("IMAGE_SAFETY", 11),
            ("UNEXPECTED_TOOL_CALL", 12),
            ("TOO_MANY_TOOL_CALLS", 13),
            ("IMAGE_PROHIBITED_CONTENT", 14),
            ("IMAGE_OTHER", 15),
            ("NO_IMAGE", 16),
            ("IMAGE_RECITATION", 17),
            ("MISSING_THOUGHT_SIGNATURE", 18),
        ],
    ),
    ("blockReason", &[("SAFETY", 1), ("OTHER", 2), ("BLOCKLIST", 3), ("PROHIBITED_CONTENT", 4), ("IMAGE_SAFETY", 5)]),
    ("modality", &[("TEXT", 1), ("IMAGE", 2), ("VIDEO", 3), ("AUDIO", 4), ("DOCUMENT", 5)]),
    (
        "category",
        &[
            ("HARM_CATEGORY_HARASSMENT", 7),
            ("HARM_CATEGORY_HATE_SPEECH", 8),
            ("HARM_CATEGORY_SEXUALLY_EXPLICIT", 9),
            ("HARM_CATEGORY_DANGEROUS_CONTENT", 10),
        ],
    ),
    ("probability", &[("NEGLIGIBLE", 1), ("LOW", 2), ("MEDIUM", 3), ("HIGH", 4)]),
    ("language", &[("PYTHON", 1)]),
    ("outcome", &[("OUTCOME_OK", 1), ("OUTCOME_FAILED", 2), ("OUTCOME_DEADLINE_EXCEEDED", 3)]),
    ("state", &[("PROCESSING", 1), ("ACTIVE", 2), ("FAILED", 10)]),
    ("source", &[("UPLOADED", 1), ("GENERATED", 2), ("REGISTERED", 3)]),
];

/// An answer as `$alt=json;enum-encoding=int` has it.
pub(crate) fn numbered(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(numbered).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let value = number_of(&name, &value).map_or_else(|| untouched_args(&name, value), Value::from);
                (name, value)
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// What the caller's own functions take is not Google's to number.
fn untouched_args(name: &str, value: Value) -> Value {
    if matches!(name, "args" | "response") { value } else { numbered(value) }
}

fn number_of(field: &str, value: &Value) -> Option<u64> {
    let text = value.as_str()?;
    let (_, names) = NUMBERS.iter().find(|(name, _)| *name == field)?;
    names.iter().find(|(name, _)| *name == text).map(|(_, number)| *number)
}
