//! Messages, and the counting of their tokens.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_pool::Affinity;
use gap_protocol::anthropic::messages::{self, PING, count};
use gap_protocol::call::{DecodeError, Decoded};
use gap_protocol::meter::Framing;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};

use super::AnthropicFailure;
use crate::api::openai::exchange::{Refusing, Tongue, answer};
use crate::api::openai::{admit, client_deadline, is_strict, json_headers, path_of, warn_in};
use crate::app::App;
use crate::body::RequestBody;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};
use crate::relay::Call;
use crate::relay::chat::{ChatBody, ChatReply, EVENT_STREAM, Form};
use crate::relay::phases::Voice;
use crate::signatures::CallMemory;

/// Creates a message, streamed if the request says so.
pub async fn create_message(
    State(app): State<App>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Response, AnthropicFailure> {
    let (head, body) = request.into_parts();
    let admitted = admit(&app, &head, body).await?;
    answer(app, visit, &head, admitted, Message).await
}

/// Counts the tokens of a message's request.
pub async fn count_tokens(
    State(app): State<App>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Response, AnthropicFailure> {
    let (head, body) = request.into_parts();
    let (caller, document) = admit(&app, &head, body).await?;
    let memory = CallMemory::new(&caller.name, app.signatures.clone(), app.learned.clone(), app.clock.clone());
    let options = DecodeOptions { strict: is_strict(&head.headers), ..DecodeOptions::default() };
    let decoded = {
        let models = app.models.table();
        messages::decode_to_count(&document.bytes, &DecodeContext { models: &models, memory: &memory, options })?
    };
    let fetched = app.media.fetch_all(decoded.pending()).await?;
    let wanted = decoded.finish(&fetched)?;
    let call = Call {
        verb: Method::POST,
        path: format!("{}:countTokens", path_of(&wanted.model)?),
        query: None,
        headers: json_headers(),
        body: RequestBody::written(count::body(&wanted), &app.bodies)?,
        model: Some(wanted.model.clone()),
        affinity: Affinity::None,
        framing: Framing::Json,
        repeatable: true,
        finishes: false,
        client_deadline: client_deadline(&head.headers),
    };
    let request_line = format!("{} {}", head.method, head.uri.path());
    let mut receipt =
        Receipt::begin(Facts { visit, caller: caller.name, request_line, model: Some(wanted.model.clone()) });
    let failed = |mut receipt: Receipt, failure: AnthropicFailure| {
        receipt.refused_with(Refusing::status(&failure));
        failure.receipted()
    };
    let counted = match app.relay.ask(&call, &mut receipt).await {
        Ok(counted) => counted,
        Err(error) => return Err(failed(receipt, error.into())),
    };
    let Some(body) = count::encode(&counted.body) else {
        return Err(failed(receipt, Failure::unusable_answer().into()));
    };
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    receipt.completed(&counted.findings);
    let mut response = ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response();
    receipt.name_in(response.headers_mut());
    warn_in(response.headers_mut(), &wanted.warnings);
    response.extensions_mut().insert(Receipted);
    Ok(response)
}

/// The form of messages.
#[derive(Clone, Copy)]
struct Message;

impl Tongue for Message {
    type Failure = AnthropicFailure;
    type Voice = AnthropicVoice;

    fn decode(&self, body: &[u8], context: &DecodeContext<'_>) -> Result<(Decoded, Form), DecodeError> {
        Ok((messages::decode(body, context)?, Form::Message))
    }

    fn id(&self) -> String {
        format!("msg_{}", uuid::Uuid::now_v7().simple())
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
