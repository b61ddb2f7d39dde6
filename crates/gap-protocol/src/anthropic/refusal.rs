//! What is refused in a request, in Anthropic's words.
//!
//! Anthropic's errors have no place for a field, so the sentence names it. Claude Code shortens a conversation when the
//! sentence begins with `prompt is too long`.

use crate::call::DecodeError;
use crate::openai::refusal::Refusal as OpenAi;

use super::error;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status for the client.
    pub status: u16,
    /// Anthropic's class of it.
    pub error_type: &'static str,
    /// A sentence for a person.
    pub message: String,
}

impl Refusal {
    /// Translates Google's answer: the body, or the value of `error` in it.
    pub fn of(status: u16, body: &[u8]) -> Self {
        let said = OpenAi::of(status, body);
        let message = match said.code {
            Some("context_length_exceeded") => too_long(&said.message),
            Some("model_not_found") => format!("model: {}", said.message),
            _ => said.message,
        };
        Self::new(said.status, message)
    }

    /// A refusal with this status.
    pub fn new(status: u16, message: String) -> Self {
        let error_type = match status {
            404 => "not_found_error",
            413 => "request_too_large",
            _ => "invalid_request_error",
        };
        Self { status, error_type, message }
    }

    /// The body for the client.
    pub fn to_json(&self) -> String {
        error::body(self.error_type, &self.message)
    }
}

impl From<&DecodeError> for Refusal {
    fn from(error: &DecodeError) -> Self {
        Self::new(400, error.to_string())
    }
}

/// `prompt is too long: 1200000 tokens > 1048576 maximum`, from Google's sentence with the same numbers.
fn too_long(sentence: &str) -> String {
    let numbers = sentence.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() > 2);
    match numbers.collect::<Vec<_>>().as_slice() {
        [tokens, maximum, ..] => format!("prompt is too long: {tokens} tokens > {maximum} maximum"),
        _ => format!("prompt is too long: {sentence}"),
    }
}
