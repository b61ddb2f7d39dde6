//! Anthropic's API, spoken by translation.

pub mod messages;
pub mod models;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use gap_protocol::anthropic::refusal::Refusal;
use gap_protocol::call::DecodeError;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::api::openai::exchange::Refusing;
use crate::dialect::Dialect;
use crate::error::{Failure, X_GAP_ERROR_SCOPE};
use crate::media::MediaError;
use crate::receipt::{Receipt, Receipted, Tries};
use crate::relay::RelayError;

/// A failure in Anthropic's shape.
#[derive(Debug)]
pub struct AnthropicFailure {
    words: Words,
    /// Which keys were tried; then a receipt has written the line in the log.
    tries: Option<Box<Tries>>,
}

#[derive(Debug)]
enum Words {
    /// GAP's own.
    Ours(Failure),
    /// About a field of the request, by the decoder or by Google.
    Field(Refusal),
}

// === impl AnthropicFailure ===

impl AnthropicFailure {
    /// The error as the last event of a stream.
    pub fn frame(&self) -> Bytes {
        match &self.words {
            Words::Ours(failure) => failure.anthropic_frame(),
            Words::Field(refusal) => format!("event: error\ndata: {}\n\n", refusal.to_json()).into(),
        }
    }
}

impl Refusing for AnthropicFailure {
    fn status(&self) -> StatusCode {
        match &self.words {
            Words::Ours(failure) => failure.status(),
            Words::Field(refusal) => StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST),
        }
    }

    fn receipted(mut self, mut receipt: Receipt) -> Self {
        receipt.refused_with(Refusing::status(&self));
        self.tries = Some(Box::new(receipt.tries()));
        self
    }
}

impl From<Failure> for AnthropicFailure {
    fn from(failure: Failure) -> Self {
        Self { words: Words::Ours(failure), tries: None }
    }
}

impl From<Refusal> for AnthropicFailure {
    fn from(refusal: Refusal) -> Self {
        Self { words: Words::Field(refusal), tries: None }
    }
}

impl From<DecodeError> for AnthropicFailure {
    fn from(error: DecodeError) -> Self {
        Refusal::from(&error).into()
    }
}

impl From<MediaError> for AnthropicFailure {
    fn from(error: MediaError) -> Self {
        Refusal::new(400, format!("{}: {error}", error.field)).into()
    }
}

impl From<RelayError> for AnthropicFailure {
    fn from(error: RelayError) -> Self {
        match error {
            // Google's own refusal of the request, about fields that the client has never seen.
            RelayError::Refused(refused) => Refusal::of(refused.status.as_u16(), &refused.body).into(),
            RelayError::NoKey(_)
            | RelayError::Exhausted(_)
            | RelayError::TimedOut
            | RelayError::BodyGone
            | RelayError::Empty
            | RelayError::BodyEnded(_) => Failure::from(error).into(),
        }
    }
}

impl IntoResponse for AnthropicFailure {
    fn into_response(self) -> Response {
        let status = Refusing::status(&self);
        let mut response = match self.words {
            Words::Ours(failure) => failure.into_response(Dialect::Anthropic),
            Words::Field(refusal) => {
                let mut response = Response::new(Body::from(refusal.to_json()));
                *response.status_mut() = status;
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
                headers.insert(X_GAP_ERROR_SCOPE, HeaderValue::from_static("request"));
                response
            }
        };
        if let Some(tries) = self.tries {
            tries.name_in(response.headers_mut());
            response.extensions_mut().insert(Receipted);
        }
        response
    }
}
