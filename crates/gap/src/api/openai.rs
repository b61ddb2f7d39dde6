//! OpenAI's API, spoken by translation.

pub mod audio;
pub mod chat;
pub mod completions;
pub mod conversations;
pub(in crate::api) mod counting;
pub mod embeddings;
pub(in crate::api) mod exchange;
pub mod images;
pub mod models;
pub mod responses;
mod several;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use gap_protocol::call::{DecodeError, Warnings};
use gap_protocol::openai::error::Error;
use gap_protocol::openai::refusal::Refusal;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::dialect::Dialect;
use crate::error::{Failure, X_GAP_ERROR_SCOPE};
use crate::media::MediaError;
use crate::receipt::{Receipt, Receipted, Tries, X_GAP_WARNINGS};
use crate::relay::RelayError;

/// Makes every warning a refusal.
const X_GAP_STRICT: HeaderName = HeaderName::from_static("x-gap-strict");

/// A failure in OpenAI's shape.
#[derive(Debug)]
pub struct OpenAiFailure {
    words: Words,
    /// Which keys were tried; then a receipt has written the line in the log.
    tries: Option<Box<Tries>>,
}

#[derive(Debug)]
enum Words {
    /// GAP's own.
    Ours(Failure),
    /// About a field of the request, by the decoder or by Google.
    Field(Box<Refusal>),
}

// === impl OpenAiFailure ===

impl OpenAiFailure {
    /// The status that goes with it.
    pub fn status(&self) -> StatusCode {
        match &self.words {
            Words::Ours(failure) => failure.status(),
            Words::Field(refusal) => StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST),
        }
    }

    /// A prompt of about `guess` tokens, in the field `param`, does not fit into the model's `window`.
    pub(in crate::api) fn beyond_window(param: &str, window: u64, guess: u64) -> Self {
        let message = format!(
            "This model's maximum context length is {window} tokens. However, your messages have about {guess} tokens. \
             Please reduce the length of the messages."
        );
        let code = Some("context_length_exceeded");
        Refusal { status: 400, message, param: Some(param.to_owned()), code }.into()
    }

    /// Closes the record of a call that stays without an answer, which then writes the line in the log.
    #[must_use]
    pub fn receipted(mut self, mut receipt: Receipt) -> Self {
        receipt.refused_with(self.status());
        self.tries = Some(Box::new(receipt.tries()));
        self
    }

    /// The value of `error` in its body.
    pub fn error(&self) -> Error<'_> {
        match &self.words {
            Words::Ours(failure) => failure.openai_error(),
            Words::Field(refusal) => refusal.error(),
        }
    }

    /// Names the fields as the Responses API does.
    #[must_use]
    pub fn about_a_response(mut self) -> Self {
        if let Words::Field(refusal) = &mut self.words {
            refusal.rename_for_responses();
        }
        self
    }

    /// The error as the last event of a stream.
    pub fn frame(&self) -> Bytes {
        match &self.words {
            Words::Ours(failure) => failure.openai_frame(),
            Words::Field(refusal) => format!("data: {}\n\n", refusal.to_json()).into(),
        }
    }
}

impl From<Failure> for OpenAiFailure {
    fn from(failure: Failure) -> Self {
        Self { words: Words::Ours(failure), tries: None }
    }
}

impl From<Refusal> for OpenAiFailure {
    fn from(refusal: Refusal) -> Self {
        Self { words: Words::Field(Box::new(refusal)), tries: None }
    }
}

impl From<DecodeError> for OpenAiFailure {
    fn from(error: DecodeError) -> Self {
        Refusal::from(&error).into()
    }
}

impl From<MediaError> for OpenAiFailure {
    fn from(error: MediaError) -> Self {
        let message = error.to_string();
        let code = Some("invalid_image_url");
        Refusal { status: 400, message: format!("{}: {message}", error.field), param: Some(error.field), code }.into()
    }
}

impl From<RelayError> for OpenAiFailure {
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

impl IntoResponse for OpenAiFailure {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = match self.words {
            Words::Ours(failure) => failure.into_response(Dialect::OpenAi),
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

// === What handlers share ===

/// The path of a model at Google, or a 404: a name with anything else in it would lead somewhere else.
pub(in crate::api) fn path_of(model: &str) -> Result<String, Failure> {
    let (folder, name) = model.split_once('/').unwrap_or(("models", model));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let known = matches!(folder, "models" | "tunedModels");
    if !known || name.is_empty() || name.len() > 200 || !name.chars().all(plain) || name.chars().all(|c| c == '.') {
        return Err(Failure::unknown_model(model));
    }
    Ok(format!("/v1beta/{folder}/{name}"))
}

/// Whether the client wants a refusal in the place of every warning.
pub(in crate::api) fn is_strict(headers: &HeaderMap) -> bool {
    headers.get(X_GAP_STRICT).is_some_and(|value| matches!(value.as_bytes(), b"true" | b"1"))
}

/// How long the client says it waits for its answer: OpenAI's SDKs send their timeout in seconds. The one for a single
/// read says nothing about a stream, which is kept alive.
pub(in crate::api) fn client_deadline(headers: &HeaderMap, stream: bool) -> Option<Duration> {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let read = || if stream { None } else { seconds("x-stainless-read-timeout") };
    let seconds = seconds("x-stainless-timeout").or_else(|| seconds("x-server-timeout")).or_else(read)?;
    Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero())
}

/// Names in the headers what could not be expressed.
pub(in crate::api) fn warn_in(headers: &mut HeaderMap, warnings: &Warnings) {
    if let Some(value) = warnings.header_value().and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(X_GAP_WARNINGS, value);
    }
}

/// What goes upstream is JSON, and nothing of the client's.
pub(in crate::api) fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}
