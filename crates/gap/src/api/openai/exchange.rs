//! One request that becomes one answer of a model, whatever its form.
//!
//! One future does all of it: it fetches media, asks, and, when the model refuses a feature, asks once more without it.
//! So a stream that must be opened before there is an answer goes on polling it, whatever it is at.

use axum::body::Bytes;
use axum::response::Response;
use gap_pool::Affinity;
use gap_protocol::call::{self, DecodeError, Decoded};
use gap_protocol::meter::Framing;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions};
use gap_protocol::openai::responses::error_event;
use http::request::Parts;
use http::{Method, StatusCode};

use super::{OpenAiFailure, client_deadline, is_strict, json_headers, path_of, warn_in};
use crate::app::App;
use crate::body::{Document, RequestBody};
use crate::caller::Caller;
use crate::error::Failure;
use crate::media::MediaError;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt};
use crate::relay::chat::{Chat, ChatBody, ChatError, ChatReply, EVENT_STREAM, Form, KEEP_ALIVE};
use crate::relay::phases::{self, Phase, Voice};
use crate::relay::{Call, RelayError};
use crate::signatures::CallMemory;

/// A form of requests and answers.
pub(in crate::api) trait Tongue: Clone + Send + Sync + 'static {
    /// A failure in the words of the form.
    type Failure: Refusing;
    /// How the last words of a stream are said.
    type Voice: Voice<Reply = ChatReply, Error = Self::Failure, Body = ChatBody>;

    /// Reads a request.
    fn decode(&self, body: &[u8], context: &DecodeContext<'_>) -> Result<(Decoded, Form), DecodeError>;

    /// The id of the answer.
    fn id(&self) -> String;

    /// How the last words of a stream are said.
    fn voice(&self) -> Self::Voice;

    /// Puts a failure into the form's own words.
    fn reword(&self, failure: Self::Failure) -> Self::Failure {
        failure
    }
}

/// A failure that an exchange can end with.
pub(in crate::api) trait Refusing:
    From<Failure> + From<DecodeError> + From<MediaError> + From<RelayError> + Send + 'static
{
    /// The status that goes with it.
    fn status(&self) -> StatusCode;

    /// Says that a receipt has written the line in the log.
    #[must_use]
    fn receipted(self) -> Self;
}

impl Refusing for OpenAiFailure {
    fn status(&self) -> StatusCode {
        Self::status(self)
    }

    fn receipted(self) -> Self {
        Self::receipted(self)
    }
}

/// Answers a request.
pub(in crate::api) async fn answer<T: Tongue>(
    app: App,
    visit: Visit,
    head: &Parts,
    (caller, document): (Caller, Document),
    tongue: T,
) -> Result<Response, T::Failure> {
    let voice = tongue.voice();
    let mut exchange = Exchange::new(app.clone(), &caller, document, is_strict(&head.headers), tongue);
    let (decoded, form) = exchange.decode()?;

    let wanted = decoded.call();
    let (stream, model, warnings) = (wanted.stream, wanted.model.clone(), wanted.warnings.clone());
    // A stream that is kept alive runs into no time limit of its client.
    exchange.client_deadline = client_deadline(&head.headers).filter(|_| !stream);
    let request_line = format!("{} {}", head.method, head.uri.path());
    let receipt = Receipt::begin(Facts { visit, caller: caller.name, request_line, model: Some(model) });
    let pending = exchange.answer(decoded, form, receipt);
    let policy = app.relay.policy();
    let answered = if stream {
        match phases::decide::<T::Voice>(Box::pin(pending), policy.open_after).await {
            Phase::Decided(answered) => answered,
            Phase::Undecided(pending) => {
                let mut response = phases::open(pending, voice, policy.keep_alive);
                warn_in(response.headers_mut(), &warnings);
                return Ok(response);
            }
        }
    } else {
        pending.await
    };
    Ok(answered?.into_response())
}

/// Reads a request as [`answer`] does, with everything in it that it names by address, and asks nobody.
pub(super) async fn read<T: Tongue>(
    app: &App,
    head: &Parts,
    (caller, document): (&Caller, Document),
    tongue: T,
) -> Result<call::Call, T::Failure> {
    let exchange = Exchange::new(app.clone(), caller, document, is_strict(&head.headers), tongue);
    let (decoded, _) = exchange.decode()?;
    exchange.complete(decoded).await
}

/// One answer in the making.
struct Exchange<T> {
    app: App,
    /// The client's own words, which may have to be read again.
    document: Document,
    options: DecodeOptions,
    memory: CallMemory,
    client_deadline: Option<std::time::Duration>,
    tongue: T,
}

// === impl Exchange ===

impl<T: Tongue> Exchange<T> {
    fn new(app: App, caller: &Caller, document: Document, strict: bool, tongue: T) -> Self {
        let memory = CallMemory::new(&caller.name, app.signatures.clone(), app.learned.clone(), app.clock.clone());
        let disable_safety_filtering = app.settings.upstream.disable_safety_filtering;
        let options = DecodeOptions { strict, disable_safety_filtering, ..DecodeOptions::default() };
        Self { app, document, options, memory, client_deadline: None, tongue }
    }

    fn decode(&self) -> Result<(Decoded, Form), T::Failure> {
        let models = self.app.models.table();
        let context = DecodeContext { models: &models, memory: &self.memory, options: self.options };
        Ok(self.tongue.decode(&self.document.bytes, &context)?)
    }

    /// Gets the answer. Of a feature that the model refuses, it is told once.
    async fn answer(mut self, decoded: Decoded, form: Form, receipt: Receipt) -> Result<ChatReply, T::Failure> {
        let refused = match self.ask(decoded, form, receipt).await? {
            Ok(reply) => return Ok(reply),
            Err(refused) => refused,
        };
        let Asked { error, receipt, model } = *refused;
        let learned = sentence_of(&error).is_some_and(|sentence| self.memory.learn(&model, sentence));
        if !learned {
            return Err(end(receipt, self.tongue.reword(error.into())));
        }
        let (decoded, form) = match self.decode() {
            Ok(decoded) => decoded,
            Err(failure) => return Err(end(receipt, failure)),
        };
        match self.ask(decoded, form, receipt).await? {
            Ok(reply) => Ok(reply),
            Err(refused) => Err(end(refused.receipt, self.tongue.reword(refused.error.into()))),
        }
    }

    /// Asks once. The outer error is final, the inner one may teach something.
    async fn ask(
        &self,
        decoded: Decoded,
        form: Form,
        receipt: Receipt,
    ) -> Result<Result<ChatReply, Box<Asked>>, T::Failure> {
        let call = match self.complete(decoded).await {
            Ok(call) => call,
            Err(failure) => return Err(end(receipt, failure)),
        };
        let (sent, chat) = match self.prepare(&call, form) {
            Ok(prepared) => prepared,
            Err(failure) => return Err(end(receipt, failure.into())),
        };
        match self.app.relay.clone().answer_chat(sent, chat, receipt).await {
            Ok(mut reply) => {
                warn_in(reply.headers_mut(), &call.warnings);
                Ok(Ok(reply))
            }
            Err(unanswered) => {
                let ChatError { error, receipt } = *unanswered;
                Ok(Err(Box::new(Asked { error, receipt, model: call.model })))
            }
        }
    }

    /// Puts in what the request names by address.
    async fn complete(&self, decoded: Decoded) -> Result<call::Call, T::Failure> {
        let fetched = self.app.media.fetch_all(decoded.pending()).await?;
        Ok(decoded.finish(&fetched)?)
    }

    /// The call as the relay sends it, and how its answer is to be given.
    fn prepare(&self, call: &call::Call, form: Form) -> Result<(Call, Chat), Failure> {
        let method = if call.stream { "streamGenerateContent" } else { "generateContent" };
        let sent = Call {
            verb: Method::POST,
            path: format!("{}:{method}", path_of(&call.model)?),
            query: call.stream.then(|| "alt=sse".to_owned()),
            headers: json_headers(),
            body: RequestBody::written(call.body.clone(), &self.app.bodies)?,
            model: Some(call.model.clone()),
            affinity: Affinity::None,
            framing: if call.stream { Framing::Sse } else { Framing::Json },
            repeatable: true,
            finishes: call.stream,
            client_deadline: self.client_deadline,
        };
        let chat = Chat {
            form,
            plan: call.plan.clone(),
            id: self.tongue.id(),
            created: u64::try_from(self.app.clock.now().as_second()).unwrap_or_default(),
            estimated_prompt: call.estimated_tokens,
            memory: self.memory.clone(),
        };
        Ok((sent, chat))
    }
}

/// A call that has no answer, as far as it got.
struct Asked {
    error: RelayError,
    receipt: Receipt,
    model: String,
}

/// Closes the record of a call that stays without an answer.
fn end<F: Refusing>(mut receipt: Receipt, failure: F) -> F {
    receipt.refused_with(failure.status());
    failure.receipted()
}

/// What Google said about the request itself.
fn sentence_of(error: &RelayError) -> Option<&str> {
    match error {
        RelayError::Refused(refusal) if refusal.status == StatusCode::BAD_REQUEST => Some(&refusal.fault.message),
        _ => None,
    }
}

// === OpenAI's voice ===

/// What a stream says that has no answer.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) enum OpenAiVoice {
    /// An error as a chunk.
    Completion,
    /// An event `error`.
    Response,
}

impl Voice for OpenAiVoice {
    type Reply = ChatReply;
    type Error = OpenAiFailure;
    type Body = ChatBody;

    fn content_type(&self) -> &'static str {
        EVENT_STREAM
    }

    fn keep_alive(&self) -> Option<&'static [u8]> {
        Some(KEEP_ALIVE)
    }

    fn body_of(&self, reply: ChatReply) -> Option<ChatBody> {
        Some(reply.into_body())
    }

    fn give_up(&self, error: OpenAiFailure) -> Option<Bytes> {
        Some(match self {
            Self::Completion => error.frame(),
            Self::Response => error_event(&error.error()).into(),
        })
    }

    fn fail(&self, failure: &Failure) -> Option<Bytes> {
        Some(match self {
            Self::Completion => failure.openai_frame(),
            Self::Response => error_event(&failure.openai_error()).into(),
        })
    }
}
