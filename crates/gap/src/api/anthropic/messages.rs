//! Messages, and the counting of their tokens.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use gap_protocol::anthropic::messages::{self, PING};
use gap_protocol::anthropic::refusal::Refusal;
use gap_protocol::call::{DecodeError, Decoded};
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions};
use http::Request;
use http::request::Parts;

use super::AnthropicFailure;
use crate::api::guest::{self, Guest};
use crate::api::openai::counting::count;
use crate::api::openai::exchange::{Tongue, serve};
use crate::api::openai::is_strict;
use crate::app::App;
use crate::body::Document;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::relay::chat::{ChatBody, ChatReply, EVENT_STREAM, Form};
use crate::relay::phases::Voice;
use crate::signatures::CallMemory;

/// Creates a message, streamed if the request says so.
pub async fn create_message(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    serve(&app, &visit, request, |_| Message).await
}

/// Counts the tokens of a message's request.
pub async fn count_tokens(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| {
        Box::pin(count_message(&app, &visit, guest, head, body)).await
    })
    .await
}

async fn count_message(
    app: &App,
    visit: &Visit,
    guest: Guest,
    head: Parts,
    body: Body,
) -> Result<Response, AnthropicFailure> {
    let document = Document::read(body, &head.headers, &app.bodies).await?;
    let memory = CallMemory::new(&guest.caller.id, app.signatures.clone(), app.learned.clone(), app.clock.clone());
    let options = DecodeOptions { strict: is_strict(&head.headers), ..DecodeOptions::default() };
    let decoded = {
        let models = app.models.table();
        messages::decode_to_count(&document.bytes, &DecodeContext { models: &models, memory: &memory, options })?
    };
    guest.may_use(&decoded.call().model)?;
    let fetched = app.media.fetch_all(decoded.pending()).await?;
    let wanted = decoded.finish(&fetched)?;
    let question = messages::count::body(&wanted);
    let encode = |answer: &[u8]| messages::count::encode(answer).map(Bytes::from);
    count(app, visit, guest, &head, &wanted, question, encode).await
}

/// The form of messages.
#[derive(Clone, Copy)]
struct Message;

impl Tongue for Message {
    type Failure = AnthropicFailure;
    type Voice = AnthropicVoice;

    fn decode(
        &self,
        body: &[u8],
        instead: Option<&str>,
        context: &DecodeContext<'_>,
    ) -> Result<(Decoded, Form), DecodeError> {
        Ok((messages::decode_for(body, instead, context)?, Form::Message))
    }

    fn id(&self) -> String {
        format!("msg_{}", uuid::Uuid::now_v7().simple())
    }

    fn beyond_window(&self, window: u64, guess: u64) -> AnthropicFailure {
        Refusal::new(400, format!("prompt is too long: about {guess} tokens > {window} maximum")).into()
    }

    fn voice(&self) -> AnthropicVoice {
        AnthropicVoice
    }
}

// === Anthropic's voice ===

/// What a stream of Anthropic's says before its first event, and in place of it.
#[derive(Clone, Copy, Debug)]
struct AnthropicVoice;

impl Voice for AnthropicVoice {
    type Reply = ChatReply;
    type Error = AnthropicFailure;
    type Body = ChatBody;

    fn content_type(&self) -> &'static str {
        EVENT_STREAM
    }

    fn keep_alive(&self) -> Option<&'static [u8]> {
        Some(PING)
    }

    fn body_of(&self, reply: ChatReply) -> Option<ChatBody> {
        Some(reply.into_body())
    }

    fn give_up(&self, error: AnthropicFailure) -> Option<Bytes> {
        Some(error.frame())
    }

    fn fail(&self, failure: &Failure) -> Option<Bytes> {
        Some(failure.anthropic_frame())
    }
}
