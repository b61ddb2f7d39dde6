//! Why a request cannot be decoded.

use std::fmt;

/// A request that cannot be decoded: which field is at fault, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What kind of fault it is.
    pub problem: Problem,
    /// The path of the field, such as `messages[2].content[0].image_url.url`; absent when the body as a whole is at fault.
    pub field: Option<String>,
    /// A sentence for a person.
    pub message: String,
}

/// What kind of fault a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The body is not JSON.
    Malformed,
    /// A field that is needed is absent.
    Missing,
    /// A field has the wrong JSON type.
    WrongType,
    /// A field has the right type and a value that it cannot have.
    Invalid,
    /// What is asked for is understood, and cannot be done here.
    Unsupported,
    /// An earlier answer that the request goes on from is not kept, or no longer.
    NotKept,
}

impl DecodeError {
    /// A fault of `field`.
    pub fn new(problem: Problem, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { problem, field: Some(field.into()), message: message.into() }
    }

    /// A fault of the whole body.
    pub fn of_body(problem: Problem, message: impl Into<String>) -> Self {
        Self { problem, field: None, message: message.into() }
    }

    /// OpenAI's `code` for it.
    pub fn code(&self) -> Option<&'static str> {
        match self.problem {
            Problem::Malformed => None,
            Problem::Missing => Some("missing_required_parameter"),
            Problem::WrongType => Some("invalid_type"),
            Problem::Invalid => Some("invalid_value"),
            Problem::Unsupported => Some("unsupported_value"),
            Problem::NotKept => Some("previous_response_not_found"),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for DecodeError {}
