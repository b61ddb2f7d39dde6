//! Answers to changes: they say where the change is kept, because one that lasts until restart surprises people.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};

use super::problem::{FieldProblem, Problem};
use crate::roster::{Keeping, RosterError, fault_of_name};

/// Where a change is kept: `memory` is until restart.
pub(crate) const X_GAP_KEPT: HeaderName = HeaderName::from_static("x-gap-kept");

/// A change that was made.
#[derive(Debug)]
pub(crate) struct Changed<T> {
    status: StatusCode,
    kept: Keeping,
    body: Option<T>,
}

// === impl Changed ===

impl<T> Changed<T> {
    /// It is there now.
    pub(crate) fn created(kept: Keeping, body: T) -> Self {
        Self { status: StatusCode::CREATED, kept, body: Some(body) }
    }

    /// It is so now.
    pub(crate) fn ok(kept: Keeping, body: T) -> Self {
        Self { status: StatusCode::OK, kept, body: Some(body) }
    }
}

impl Changed<()> {
    /// It is gone.
    pub(crate) fn gone(kept: Keeping) -> Self {
        Self { status: StatusCode::NO_CONTENT, kept, body: None }
    }
}

impl<T: Serialize> IntoResponse for Changed<T> {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => (self.status, Json(body)).into_response(),
            None => self.status.into_response(),
        };
        let kept = match self.kept {
            Keeping::Memory => HeaderValue::from_static("memory"),
            Keeping::Database => HeaderValue::from_static("database"),
        };
        response.headers_mut().insert(X_GAP_KEPT, kept);
        response
    }
}

impl From<RosterError> for Problem {
    fn from(error: RosterError) -> Self {
        match error {
            RosterError::Unsendable(_) => Self::field("key", error.to_string()),
            RosterError::Known(_) | RosterError::Taken(_) => Self::conflict(sentence(&error)),
            RosterError::NoSuchKey => Self::not_found("upstream key"),
            RosterError::NoSuchProject(_) => Self::field("project", error.to_string()),
            RosterError::TooManyTags(_) => Self::field("tags", error.to_string()),
            RosterError::Store(error) => error.into(),
        }
    }
}

fn sentence(error: &RosterError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

/// A field that may be left out, or be null, which are two things: it stays, or it is taken back.
#[expect(clippy::option_option, reason = "left out and null are two things")]
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// A secret, which no error repeats.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// Finds all that is wrong with the fields of a request.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<FieldProblem>);

// === impl Faults ===

impl Faults {
    /// Notes what is wrong with a field.
    pub(super) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldProblem { field: field.to_owned(), message: message.into() });
    }

    /// Text that people may write: no line breaks, not endless.
    pub(super) fn check_text(&mut self, field: &str, text: &str, longest: usize) {
        if let Some(message) = fault_of_name(text, longest) {
            self.add(field, message);
        }
    }

    /// An error if there is any.
    pub(super) fn check(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}
