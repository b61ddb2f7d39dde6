//! How Anthropic writes an error.
//!
//! The same body stands alone and as the data of an `error` event in a stream.

use serde::Serialize;

/// An error of the Messages API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error<'a> {
    /// The class of the error, such as `overloaded_error`.
    pub error_type: &'a str,
    /// A sentence for a person.
    pub message: &'a str,
    /// The request's id, if it is to be named in the body too.
    pub request_id: Option<&'a str>,
}

impl Error<'_> {
    /// The body: `{"type": "error", "error": {"type", "message"}, "request_id"}`, on one line.
    pub fn to_json(&self) -> String {
        let body = Body {
            envelope: "error",
            error: Inner { error_type: self.error_type, message: self.message },
            request_id: self.request_id,
        };
        // Strings and nothing else: there is no way for this to fail.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

/// The body of an error without a request id; see [`Error`].
pub fn body(error_type: &str, message: &str) -> String {
    Error { error_type, message, request_id: None }.to_json()
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    envelope: &'static str,
    error: Inner<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Inner<'a> {
    #[serde(rename = "type")]
    error_type: &'a str,
    message: &'a str,
}

#[cfg(test)]
mod tests;
