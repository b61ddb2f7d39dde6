//! Speech out of text, and text out of recordings.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use gap_protocol::call::{DecodeError, Decoded};
use gap_protocol::openai::chat::DecodeContext;
use gap_protocol::openai::plain::transcripts::Task;
use gap_protocol::openai::plain::{speech, transcripts};
use http::Request;
use http::header::CONTENT_TYPE;

use super::OpenAiFailure;
use super::exchange::{OpenAiVoice, Tongue, serve};
use crate::app::App;
use crate::middleware::Visit;
use crate::relay::chat::Form;

/// Reads a text aloud.
pub async fn create_speech(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    serve(&app, &visit, request, |_| Speech).await
}

/// Writes down what is said in a recording.
pub async fn create_transcription(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    listen(&app, &visit, request, Task::Transcribe).await
}

/// Writes down in English what is said in a recording.
pub async fn create_translation(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    listen(&app, &visit, request, Task::Translate).await
}

async fn listen(app: &App, visit: &Visit, request: Request<Body>, task: Task) -> Response {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(Arc::from);
    serve(app, visit, request, |_| Listening { task, content_type }).await
}

/// The form of speech.
#[derive(Clone, Copy)]
struct Speech;

/// The form of transcripts.
#[derive(Clone)]
struct Listening {
    task: Task,
    /// Names the boundary between the fields of the request.
    content_type: Option<Arc<str>>,
}

impl Tongue for Speech {
    type Failure = OpenAiFailure;
    type Voice = OpenAiVoice;

    fn decode(
        &self,
        body: &[u8],
        instead: Option<&str>,
        context: &DecodeContext<'_>,
    ) -> Result<(Decoded, Form), DecodeError> {
        let (decoded, plan) = speech::decode_for(body, instead, context)?;
        Ok((decoded, Form::Plain(plan)))
    }

    fn id(&self) -> String {
        format!("speech-{}", uuid::Uuid::now_v7().simple())
    }

    fn voice(&self) -> OpenAiVoice {
        OpenAiVoice::Completion
    }

    fn beyond_window(&self, window: u64, guess: u64) -> OpenAiFailure {
        OpenAiFailure::beyond_window("input", window, guess)
    }
}

impl Tongue for Listening {
    type Failure = OpenAiFailure;
    type Voice = OpenAiVoice;

    fn decode(
        &self,
        body: &[u8],
        instead: Option<&str>,
        context: &DecodeContext<'_>,
    ) -> Result<(Decoded, Form), DecodeError> {
        let content_type = self.content_type.as_deref();
        let (decoded, plan) = transcripts::decode_for(self.task, content_type, body, instead, context)?;
        Ok((decoded, Form::Plain(plan)))
    }

    fn id(&self) -> String {
        format!("transcript-{}", uuid::Uuid::now_v7().simple())
    }

    fn voice(&self) -> OpenAiVoice {
        OpenAiVoice::Completion
    }

    fn beyond_window(&self, window: u64, guess: u64) -> OpenAiFailure {
        OpenAiFailure::beyond_window("file", window, guess)
    }
}
