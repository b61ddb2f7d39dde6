//! One request that becomes one answer of a model, whatever its form.
//!
//! One future does all of it: it fetches media, asks, and, when the model refuses a feature, asks once more without it.
//! So a stream that must be opened before there is an answer goes on polling it, whatever it is at.

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use gap_protocol::call::{self, DecodeError, Decoded, Warnings};
use gap_protocol::meter::Framing;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions};
use gap_protocol::openai::responses::error_event;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{OpenAiFailure, client_deadline, is_strict, json_headers, path_of, warn_in};
use crate::answers::Wish;
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::{Document, RequestBody};
use crate::caller::Caller;
use crate::conversations::{self, Recording, Slot};
use crate::error::Failure;
use crate::media::MediaError;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt};
use crate::relay::chat::{Chat, ChatBody, ChatError, ChatReply, EVENT_STREAM, Form, KEEP_ALIVE};
use crate::relay::phases::{self, Pending, Phase, Voice};
use crate::relay::{Call, RelayError};
use crate::signatures::CallMemory;

/// How often a prompt's guessed tokens must fill the window before it is refused unasked: four bytes are taken for a
/// token, and some texts have more.
const CLEARLY_BEYOND: u64 = 2;
/// Requests that one request for several choices may become, where the model gives one at a time.
const MOST_COPIES: u32 = 8;

/// A form of requests and answers.
pub(in crate::api) trait Tongue: Clone + Send + Sync + 'static {
    /// A failure in the words of the form.
    type Failure: Refusing;
    /// How the last words of a stream are said.
    type Voice: Voice<Reply = ChatReply, Error = Self::Failure, Body = ChatBody>;

    /// Reads a request, for another model than it names if there is one `instead`.
    fn decode(
        &self,
        body: &[u8],
        instead: Option<&str>,
        context: &DecodeContext<'_>,
    ) -> Result<(Decoded, Form), DecodeError>;

    /// The id of the answer.
    fn id(&self) -> String;

    /// How the last words of a stream are said.
    fn voice(&self) -> Self::Voice;

    /// Says that a prompt of about `guess` tokens does not fit into the model's `window`.
    fn beyond_window(&self, window: u64, guess: u64) -> Self::Failure;

    /// What a client gets at once who does not wait for the answer; nothing where it waits.
    fn first_words(&self, _call: &call::Call, _form: &Form, _created: u64) -> Option<Bytes> {
        None
    }

    /// Looks after an answer on its way to the client.
    fn attend(&self, response: Response) -> Response {
        response
    }

    /// Puts a failure into the form's own words.
    fn reword(&self, failure: Self::Failure) -> Self::Failure {
        failure
    }
}

/// A failure that an exchange can end with.
pub(in crate::api) trait Refusing:
    From<Failure> + From<DecodeError> + From<MediaError> + From<RelayError> + IntoResponse + Send + 'static
{
    /// The status that goes with it.
    fn status(&self) -> StatusCode;

    /// Closes the record of a call that stays without an answer, which then writes the line in the log.
    #[must_use]
    fn receipted(self, receipt: Receipt) -> Self;
}

impl Refusing for OpenAiFailure {
    fn status(&self) -> StatusCode {
        Self::status(self)
    }

    fn receipted(self, receipt: Receipt) -> Self {
        Self::receipted(self, receipt)
    }
}

/// Lets a guest in and answers the request in the form that is made for them.
pub(in crate::api) async fn serve<T: Tongue>(
    app: &App,
    visit: &Visit,
    request: Request<Body>,
    tongue: impl FnOnce(&Caller) -> T,
) -> Response {
    guest::attend(app, visit, request, async move |guest, head, body| {
        let tongue = tongue(&guest.caller);
        let document = Document::read(body, &head.headers, &app.bodies).await?;
        // On the heap: the whole exchange would be moved from caller to caller.
        Box::pin(answer(app, visit, guest, head, document, tongue)).await
    })
    .await
}

/// An exchange that is about to begin.
pub(super) struct Begun<T: Tongue> {
    /// Gets the answer.
    pending: Pending<T::Voice>,
    /// What a client gets at once who does not wait for the answer.
    first_words: Option<Bytes>,
    /// Whether the answer is a stream.
    pub(super) stream: bool,
    /// What cannot be done as asked.
    pub(super) warnings: Warnings,
    /// Told when a key has been found.
    pub(super) began: Option<CancellationToken>,
    slot: Slot,
    tongue: T,
}

/// Answers a request that has been read.
pub(super) async fn answer<T: Tongue>(
    app: &App,
    visit: &Visit,
    guest: Guest,
    head: Parts,
    document: Document,
    tongue: T,
) -> Result<Response, T::Failure> {
    begin(app, visit, guest, &head, document, tongue)?.give(app).await
}

/// Begins to answer a request that has been read.
pub(super) fn begin<T: Tongue>(
    app: &App,
    visit: &Visit,
    mut guest: Guest,
    head: &Parts,
    document: Document,
    tongue: T,
) -> Result<Begun<T>, T::Failure> {
    let talk = match conversations::named_in(&head.headers)? {
        Some(name) => Some(name.to_owned()),
        None => conversations::named_in_body(&document.bytes)?,
    };
    let slot = Slot::default();
    let strict = is_strict(&head.headers);
    let mut exchange = Exchange::new(app.clone(), &guest.caller, document, strict, tongue.clone());
    let (decoded, form) = exchange.decode()?;

    let wanted = decoded.call();
    let (stream, model, warnings) = (wanted.stream, wanted.model.clone(), wanted.warnings.clone());
    let first_words = tongue.first_words(wanted, &form, exchange.created);
    exchange.talk = Some(Talk { caller: guest.caller.clone(), name: talk, slot: slot.clone() });
    if first_words.is_none() {
        exchange.deadline = client_deadline(&head.headers, stream).map(|timeout| visit.began + timeout);
    }
    guest.may_use(&model)?;
    guest.permit.book(|| wanted.estimated_tokens.saturating_mul(u64::from(wanted.plan.copies.max(1))))?;
    let Guest { caller, permit } = guest;
    let request_line = format!("{} {}", head.method, head.uri.path());
    let facts = Facts { visit: visit.clone(), caller, request_line, model: Some(model) };
    let began = first_words.is_some().then(CancellationToken::new);
    let receipt = Receipt::begin(facts).with_permit(permit).may_repeat(Wish::of(&head.headers)).telling(began.clone());
    let pending = Box::pin(exchange.answer(decoded, form, receipt));
    Ok(Begun { pending, first_words, stream, warnings, began, slot, tongue })
}

impl<T: Tongue> Begun<T> {
    /// What a client gets at once who does not wait for the answer; nothing where it waits.
    pub(super) fn first_words(&self) -> Option<&Bytes> {
        self.first_words.as_ref()
    }

    /// Gets the answer for a client that waits.
    pub(super) async fn give(self, app: &App) -> Result<Response, T::Failure> {
        let Self { pending, slot, tongue, warnings, .. } = self;
        let policy = app.relay.policy();
        let answered = if self.stream {
            match phases::decide::<T::Voice>(pending, policy.open_after).await {
                Phase::Decided(answered) => answered,
                Phase::Undecided(pending) => {
                    let mut response = phases::open(pending, tongue.voice(), policy.keep_alive);
                    warn_in(response.headers_mut(), &warnings);
                    return Ok(tongue.attend(slot.attend(response, None)));
                }
            }
        } else {
            pending.await
        };
        Ok(tongue.attend(slot.attend(answered?.into_response(), None)))
    }

    /// Gets the answer for nobody in particular.
    pub(super) async fn get(self) -> Result<Response, T::Failure> {
        let Self { pending, slot, .. } = self;
        Ok(slot.attend(pending.await?.into_response(), None))
    }
}

/// Reads a request as an exchange does, with everything in it that it names by address, and asks nobody.
pub(super) async fn read<T: Tongue>(
    app: &App,
    head: &Parts,
    guest: &Guest,
    document: Document,
    tongue: T,
) -> Result<call::Call, T::Failure> {
    let mut exchange = Exchange::new(app.clone(), &guest.caller, document, is_strict(&head.headers), tongue);
    let (decoded, _) = exchange.decode()?;
    guest.may_use(&decoded.call().model)?;
    exchange.complete(decoded).await
}

/// One answer in the making.
struct Exchange<T> {
    app: App,
    /// The client's own words, which may have to be read again.
    document: Document,
    options: DecodeOptions,
    memory: CallMemory,
    /// Seconds since 1970.
    created: u64,
    /// When the client stops waiting for the answer to begin.
    deadline: Option<Instant>,
    /// The model that stands in for the one that was asked for.
    instead: Option<String>,
    /// Whose conversation it may go on with; none where nothing is answered.
    talk: Option<Talk>,
    tongue: T,
}

/// The conversation of an exchange.
struct Talk {
    caller: Caller,
    name: Option<String>,
    /// Where the answer is taken down.
    slot: Slot,
}

// === impl Exchange ===

impl<T: Tongue> Exchange<T> {
    fn new(app: App, caller: &Caller, document: Document, strict: bool, tongue: T) -> Self {
        let memory = CallMemory::new(&caller.id, app.signatures.clone(), app.learned.clone(), app.clock.clone());
        let options = app.live.read(|settings| DecodeOptions {
            strict,
            disable_safety_filtering: settings.upstream.disable_safety_filtering,
            most_copies: MOST_COPIES,
            keep_broken_arguments: settings.upstream.keep_broken_arguments,
            ..DecodeOptions::default()
        });
        let created = u64::try_from(app.clock.now().as_second()).unwrap_or_default();
        Self { app, document, options, memory, created, deadline: None, instead: None, talk: None, tongue }
    }

    fn decode(&mut self) -> Result<(Decoded, Form), T::Failure> {
        let (decoded, form) = self.decode_once()?;
        // Calls that came back under ids of the client's own are known by their place.
        if self.memory.recall(&decoded.call().body) { self.decode_once() } else { Ok((decoded, form)) }
    }

    fn decode_once(&self) -> Result<(Decoded, Form), T::Failure> {
        let models = self.app.models.table();
        let context = DecodeContext { models: &models, memory: &self.memory, options: self.options };
        Ok(self.tongue.decode(&self.document.bytes, self.instead.as_deref(), &context)?)
    }

    /// Gets the answer. Of a feature that a model refuses, it is told once; a model that cannot be had is replaced, if
    /// the operator has named a stand-in.
    async fn answer(
        mut self,
        mut decoded: Decoded,
        mut form: Form,
        mut receipt: Receipt,
    ) -> Result<ChatReply, T::Failure> {
        let mut has_learned = false;
        loop {
            let refused = match self.ask(decoded, form, receipt).await? {
                Ok(reply) => return Ok(reply),
                Err(refused) => refused,
            };
            let Asked { error, receipt: open, sent } = *refused;
            receipt = open;
            let model = sent.model.as_deref().unwrap_or_default();
            if !has_learned && sentence_of(&error).is_some_and(|sentence| self.memory.learn(model, sentence)) {
                has_learned = true;
            } else if let Some(instead) = self.app.relay.instead_of(&sent, &error, &receipt).map(str::to_owned) {
                has_learned = false;
                receipt.fell_back(&instead);
                self.instead = Some(instead);
            } else {
                return Err(end(receipt, self.tongue.reword(error.into())));
            }
            (decoded, form) = match self.decode() {
                Ok(decoded) => decoded,
                Err(failure) => return Err(end(receipt, failure)),
            };
        }
    }

    /// Asks once. The outer error is final, the inner one may teach something.
    async fn ask(
        &self,
        decoded: Decoded,
        form: Form,
        mut receipt: Receipt,
    ) -> Result<Result<ChatReply, Box<Asked>>, T::Failure> {
        let mut call = match self.complete(decoded).await {
            Ok(call) => call,
            Err(failure) => return Err(end(receipt, failure)),
        };
        receipt.hinted(call.cache_hint);
        let caller = &receipt.facts().caller;
        if let Some(name) = call.resources.iter().find(|name| !self.app.owners.may_have(caller, name)) {
            return Err(end(receipt, Failure::foreign_resource(name).into()));
        }
        if let Some(name) = call.resources.iter().find(|name| name.starts_with("cachedContents/")) {
            if let Err(failure) = self.app.caches.check(&receipt.facts().caller, name).await {
                return Err(end(receipt, failure.into()));
            }
            receipt.names_cache(&self.app.caches, Some(name));
        }
        let recording = match self.follow(&mut call, &form).await {
            Ok(recording) => recording,
            Err(failure) => return Err(end(receipt, failure.into())),
        };
        let mut warnings = call.warnings.clone();
        if let Some(sentence) = receipt.substitution() {
            warnings.add("model", sentence);
        }
        receipt.warned(&warnings);
        let (sent, chat) = match self.prepare(&call, form, recording) {
            Ok(prepared) => prepared,
            Err(failure) => return Err(end(receipt, failure.into())),
        };
        let (relay, copies) = (self.app.relay.clone(), call.plan.copies);
        let answered = if copies > 1 {
            Box::pin(relay.answer_copies(sent.clone(), chat, copies, receipt)).await
        } else {
            relay.answer_chat(sent.clone(), chat, receipt).await
        };
        match answered {
            Ok(mut reply) => {
                warn_in(reply.headers_mut(), &warnings);
                Ok(Ok(reply))
            }
            Err(unanswered) => {
                let ChatError { error, receipt } = *unanswered;
                Ok(Err(Box::new(Asked { error, receipt, sent })))
            }
        }
    }

    /// Puts in what the request names by address.
    async fn complete(&self, decoded: Decoded) -> Result<call::Call, T::Failure> {
        let fetching = self.app.media.fetch_all(decoded.pending());
        let fetched = match self.deadline {
            Some(deadline) => timeout_at(deadline, fetching).await.map_err(|_| RelayError::TimedOut)?,
            None => fetching.await,
        };
        let call = decoded.finish(&fetched?)?;
        self.refuse_beyond_window(&call)?;
        Ok(call)
    }

    /// Google answers 400 to what does not fit the model, and counts its tokens all the same (wire 23). A guess is enough
    /// to refuse what is clearly beyond; what is near the limit Google may judge.
    fn refuse_beyond_window(&self, call: &call::Call) -> Result<(), T::Failure> {
        let table = self.app.models.table();
        let family = table.find(&call.model);
        if family.is_unknown() || call.estimated_tokens <= family.input_tokens.saturating_mul(CLEARLY_BEYOND) {
            return Ok(());
        }
        Err(self.tongue.beyond_window(family.input_tokens, call.estimated_tokens))
    }

    /// Puts the history of its conversation before a call, and prepares to take down the answer.
    async fn follow(&self, call: &mut call::Call, form: &Form) -> Result<Option<Recording>, Failure> {
        // What is spoken, drawn or written down is no talk.
        let Some(Talk { caller, name, slot }) = self.talk.as_ref().filter(|_| !matches!(form, Form::Plain(_))) else {
            return Ok(None);
        };
        let asked = conversations::Asked {
            caller,
            name: name.as_deref(),
            model: &call.model,
            body: &call.body,
            is_stream: call.stream,
        };
        let followed = self.app.conversations.follow(asked).await?;
        let (body, recording) = followed.map_or((None, None), |followed| (followed.body, Some(followed.recording)));
        slot.put(recording.clone());
        if let Some(body) = body {
            call.body = body;
        }
        Ok(recording)
    }

    /// The call as the relay sends it, and how its answer is to be given.
    fn prepare(&self, call: &call::Call, form: Form, recording: Option<Recording>) -> Result<(Call, Chat), Failure> {
        let method = if call.stream { "streamGenerateContent" } else { "generateContent" };
        let sent = Call {
            verb: Method::POST,
            path: format!("{}:{method}", path_of(&call.model)?),
            query: call.stream.then(|| "alt=sse".to_owned()),
            headers: json_headers(),
            body: RequestBody::written(call.body.clone(), &self.app.bodies)?,
            model: Some(call.model.clone()),
            affinity: self.app.owners.affinity(call.resources.iter().map(String::as_str)),
            framing: if call.stream { Framing::Sse } else { Framing::Json },
            repeatable: true,
            finishes: call.stream,
            client_deadline: self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())),
            // What the request names belongs to one project, and a cache to one model.
            may_fall_back: !self.options.strict && call.resources.is_empty(),
        };
        let signs = !call.plan.tools.is_empty() && self.app.models.table().find(&call.model).signatures;
        let chat = Chat {
            form,
            plan: call.plan.clone(),
            place: None,
            id: self.tongue.id(),
            created: self.created,
            estimated_prompt: call.estimated_tokens,
            memory: if signs { self.memory.clone().answering(&call.body) } else { self.memory.clone() },
            recording,
        };
        Ok((sent, chat))
    }
}

/// A call that has no answer, as far as it got.
struct Asked {
    error: RelayError,
    receipt: Receipt,
    sent: Call,
}

/// Closes the record of a call that stays without an answer.
fn end<F: Refusing>(receipt: Receipt, failure: F) -> F {
    failure.receipted(receipt)
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
