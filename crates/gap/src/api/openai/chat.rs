//! Chat completions.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use gap_protocol::call::{DecodeError, Decoded};
use gap_protocol::openai::chat::{DecodeContext, decode_for};
use http::Request;

use super::OpenAiFailure;
use super::exchange::{OpenAiVoice, Tongue, serve};
use crate::app::App;
use crate::middleware::Visit;
use crate::relay::chat::Form;

/// Creates a chat completion, streamed if the request says so.
pub async fn create_chat_completion(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    serve(&app, &visit, request, |_| Completion).await
}

/// The form of chat completions.
#[derive(Clone, Copy)]
struct Completion;

impl Tongue for Completion {
    type Failure = OpenAiFailure;
    type Voice = OpenAiVoice;

    fn decode(
        &self,
        body: &[u8],
        instead: Option<&str>,
        context: &DecodeContext<'_>,
    ) -> Result<(Decoded, Form), DecodeError> {
        Ok((decode_for(body, instead, context)?, Form::Completion))
    }

    fn id(&self) -> String {
        format!("chatcmpl-{}", uuid::Uuid::now_v7().simple())
    }

    fn voice(&self) -> OpenAiVoice {
        OpenAiVoice::Completion
    }

    fn beyond_window(&self, window: u64, guess: u64) -> OpenAiFailure {
        OpenAiFailure::beyond_window("messages", window, guess)
    }
}
