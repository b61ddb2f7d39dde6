//! How OpenAI writes an error.
//!
//! OpenAI's SDKs read `error.message`, and decide by `type` and `code`; `param` and `code` are present even when null.

use serde::Serialize;

/// The value of `error` in an error body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Error<'a> {
    /// A sentence for a person.
    pub message: &'a str,
    /// The class of the error, such as `invalid_request_error`.
    #[serde(rename = "type")]
    pub error_type: &'a str,
    /// The request parameter at fault.
    pub param: Option<&'a str>,
    /// The exact error, such as `invalid_api_key`.
    pub code: Option<&'a str>,
}

impl Error<'_> {
    /// The body: `{"error": {"message", "type", "param", "code"}}`, on one line, so that it also fits an event.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "error": self }).to_string()
    }
}

/// The body of an error; see [`Error`].
pub fn body(message: &str, error_type: &str, param: Option<&str>, code: Option<&str>) -> String {
    Error { message, error_type, param, code }.to_json()
}

#[cfg(test)]
mod tests;
