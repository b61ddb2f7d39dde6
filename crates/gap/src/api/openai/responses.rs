//! Responses: created, for clients that wait and for such that come back, and those that are kept.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gap_protocol::call::{self, DecodeError, Decoded};
use gap_protocol::json::{self, Node};
use gap_protocol::openai::chat::DecodeContext;
use gap_protocol::openai::refusal::Refusal;
use gap_protocol::openai::responses::background::queued;
use gap_protocol::openai::responses::{Mentions, Order, Page, decode_for, page};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Request};
use serde_json::json;

use super::counting::count;
use super::exchange::{Begun, OpenAiVoice, Tongue, begin, read};
use super::{OpenAiFailure, path_of, warn_in};
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::{Document, discard};
use crate::caller::Caller;
use crate::lifecycle::Lifecycle;
use crate::middleware::Visit;
use crate::receipt::Receipted;
use crate::relay::chat::Form;
use crate::responses::background::follow::{can_follow, follow};
use crate::responses::background::{Broken, Found, Place, Task};
use crate::responses::dialogues::{DialogueError, Dialogues};
use crate::responses::{CallerResponses, Joining, Keeper, Known, Pending, settled};

/// The longest page of items.
const MAX_PAGE: usize = 100;

/// Creates a response, streamed if the request says so, and without waiting for it if the request says that.
pub async fn create_response(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| {
        let document = Document::read(body, &head.headers, &app.bodies).await?;
        // On the heap: the whole exchange would be moved from caller to caller.
        Box::pin(respond(&app, &visit, guest, head, document)).await
    })
    .await
}

async fn respond(
    app: &App,
    visit: &Visit,
    guest: Guest,
    head: Parts,
    document: Document,
) -> Result<Response, OpenAiFailure> {
    let mentions = app.responses.mentioned_in(&document.bytes);
    let owner = Arc::clone(&guest.caller.id);
    // A place is taken before anything is counted or asked.
    let place = if mentions.background { Some(app.background.reserve(&owner)?) } else { None };
    let id = format!("resp_{}", uuid::Uuid::now_v7().simple());
    let tongue = Responding::prepare(app, &guest.caller, id, &mentions).await?;
    let begun = begin(app, visit, guest, &head, document, tongue.clone())?;
    let Some(queued) = begun.first_words().cloned() else { return begun.give(app).await };
    let place = match place {
        Some(place) => place,
        // Its field is spelled in a way that only the decoder reads.
        None => app.background.reserve(&owner)?,
    };
    start(app, place, begun, &tongue, queued).await
}

/// Begins to work on a response whose client does not wait.
async fn start(
    app: &App,
    place: Place,
    begun: Begun<Responding>,
    tongue: &Responding,
    queued: Bytes,
) -> Result<Response, OpenAiFailure> {
    let (is_streamed, warnings, on_key) =
        (begun.stream, begun.warnings.clone(), begun.began.clone().unwrap_or_default());
    let Asked { previous, input } = tongue.asked();
    let task = Task {
        id: tongue.id.clone(),
        queued: queued.clone(),
        is_streamed,
        previous,
        input,
        joins: tongue.joins(),
        began: on_key,
        answer: Box::pin(async move { begun.get().await.map_err(|failure| broken(&failure)) }),
    };
    let job = app.background.start(place, task).await?;
    let mut response = if is_streamed { follow(job, 0, app.relay.policy().keep_alive) } else { document_of(queued) };
    warn_in(response.headers_mut(), &warnings);
    // The line in the log is written when the work has ended.
    response.extensions_mut().insert(Receipted);
    Ok(response)
}

/// What a response says that has no answer.
fn broken(failure: &OpenAiFailure) -> Broken {
    let code = match failure.status().as_u16() {
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_prompt",
        _ => "server_error",
    };
    Broken { code, message: failure.error().message.to_owned() }
}

/// Counts what a request would cost to read: Google counts, and nothing is answered or kept.
pub async fn count_input_tokens(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| {
        Box::pin(count_input(&app, &visit, guest, head, body)).await
    })
    .await
}

async fn count_input(
    app: &App,
    visit: &Visit,
    guest: Guest,
    head: Parts,
    body: Body,
) -> Result<Response, OpenAiFailure> {
    let document = Document::read(body, &head.headers, &app.bodies).await?;
    let mentions = app.responses.mentioned_in(&document.bytes);
    let tongue = Responding::prepare(app, &guest.caller, "resp_0".to_owned(), &mentions).await?;
    let wanted = read(app, &head, &guest, document, tongue).await?;
    let path = path_of(&wanted.model)?;
    let question = format!(r#"{{"generateContentRequest":{{"model":{},"#, json!(path.trim_start_matches("/v1beta/")));
    let rest = wanted.body.get(1..).unwrap_or_default();
    let question = [question.as_bytes(), rest, b"}"].concat().into();
    let counted = count::<OpenAiFailure>(app, visit, guest, &head, &wanted, question, |answer| {
        let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
        let tokens = answer.get("totalTokens")?.as_u64()?;
        Some(json!({ "object": "response.input_tokens", "input_tokens": tokens }).to_string().into())
    });
    counted.await.map_err(OpenAiFailure::about_a_response)
}

/// Shows a response, or its events from one of them on.
pub async fn find_response(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |head, caller| {
        let found = app.background.find(&caller.id, &id).await?.ok_or_else(|| unknown(&id))?;
        let Some(next) = wanted_event(&head)? else { return Ok(document_of(found.response())) };
        let Found::Job(job) = found else { return Err(no_events("are not kept, or no longer")) };
        if !job.is_streamed() {
            return Err(no_events("are not there: it was not created with stream"));
        }
        if !can_follow(&job, next) {
            return Err(no_events("from there on are no longer kept"));
        }
        Ok(follow(job, next, app.relay.policy().keep_alive))
    })
    .await
}

/// Forgets a response that is kept. One that is being worked on is cancelled.
pub async fn delete_response(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |_, caller| {
        app.background.forget(&caller.id, &id).await;
        if !kept_for(&app, &caller).forget(&id).await? {
            return Err(unknown(&id));
        }
        let gone = json!({ "id": id, "object": "response", "deleted": true });
        Ok(document_of(gone.to_string().into()))
    })
    .await
}

/// Cancels a response that is worked on without its client; one that has ended stays as it is. Of others nothing can be
/// cancelled: whoever no longer wants one hangs up.
pub async fn cancel_response(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |_, caller| {
        let found = app.background.cancel(&caller.id, &id).await?.ok_or_else(|| unknown(&id))?;
        let response = found.response();
        let is_background =
            json::parse(&response).ok().and_then(|response| response.find("background").and_then(Node::bool));
        if is_background != Some(true) {
            return Err(refuse(400, "Cannot cancel a response that was not created with background=true.", None, None));
        }
        Ok(document_of(response))
    })
    .await
}

/// Lists what a response was asked, and everything before it.
pub async fn list_input_items(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, async |head, caller| {
        let wanted = page_of(&head)?;
        let lists = match app.background.input_of(&caller.id, &id) {
            Some(input) => vec![input],
            None => kept_for(&app, &caller).input_of(&id).await?.ok_or_else(|| unknown(&id))?,
        };
        let Some(list) = page(&lists, &wanted) else { return Err(no_item()) };
        Ok(document_of(list.into()))
    })
    .await
}

// === The form of responses ===

/// One response in the making.
#[derive(Clone)]
pub(super) struct Responding {
    id: String,
    kept: CallerResponses,
    known: Arc<Known>,
    dialogues: Dialogues,
    lifecycle: Lifecycle,
    pending: Pending,
    /// What its request was, once that is read.
    asked: Arc<Mutex<Asked>>,
}

/// What is kept of a request.
#[derive(Clone, Default)]
struct Asked {
    /// The response that it goes on from.
    previous: Option<String>,
    /// Its items.
    input: Bytes,
}

impl Responding {
    /// Fetches what a request goes on from.
    async fn prepare(app: &App, caller: &Caller, id: String, mentions: &Mentions) -> Result<Self, OpenAiFailure> {
        // Both at once are refused by the decoder.
        let dialogue = match &mentions.conversation {
            Some(conversation) if mentions.previous.is_none() => {
                let known = app.dialogues.know(&caller.id, conversation).await;
                Some(Arc::new(known.map_err(|error| about(error, conversation, "conversation"))?))
            }
            _ => None,
        };
        let kept = kept_for(app, caller);
        let known = Arc::new(kept.fetch(mentions, dialogue).await?);
        let (dialogues, lifecycle) = (app.dialogues.clone(), app.lifecycle.clone());
        Ok(Self { id, kept, known, dialogues, lifecycle, pending: Pending::default(), asked: Arc::default() })
    }

    /// The conversation that the answer is added to.
    fn joins(&self) -> Option<Joining> {
        let known = self.known.dialogue()?;
        Some(Joining { dialogues: self.dialogues.clone(), known: Arc::clone(known) })
    }

    /// What its request was.
    fn asked(&self) -> Asked {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tongue for Responding {
    type Failure = OpenAiFailure;
    type Voice = OpenAiVoice;

    fn decode(
        &self,
        body: &[u8],
        instead: Option<&str>,
        context: &DecodeContext<'_>,
    ) -> Result<(Decoded, Form), DecodeError> {
        let request = decode_for(body, instead, context, &*self.known, &self.id)?;
        let joins = self.joins();
        let input = Bytes::from(request.input);
        // Whoever works without a client keeps it, whatever the end is.
        let is_kept = !request.plan.background && (request.store || joins.is_some());
        let keeper = is_kept.then(|| Keeper {
            responses: self.kept.clone(),
            id: self.id.clone(),
            previous: request.previous.clone(),
            input: input.clone(),
            store: request.store,
            joins,
            pending: self.pending.clone(),
            lifecycle: self.lifecycle.clone(),
        });
        if request.plan.background {
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Asked { previous: request.previous, input };
        }
        Ok((request.decoded, Form::Response { extra: Box::new(request.plan), keeper: keeper.map(Box::new) }))
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn voice(&self) -> OpenAiVoice {
        OpenAiVoice::Response
    }

    fn first_words(&self, call: &call::Call, form: &Form, created: u64) -> Option<Bytes> {
        let Form::Response { extra, .. } = form else { return None };
        extra.background.then(|| queued(call.plan.clone(), extra.as_ref().clone(), self.id.as_str(), created))
    }

    fn attend(&self, response: Response) -> Response {
        let takes_time = self.known.dialogue().is_some() || !self.kept.keeps_at_once();
        if takes_time { settled(response, self.pending.clone()) } else { response }
    }

    fn beyond_window(&self, window: u64, guess: u64) -> OpenAiFailure {
        OpenAiFailure::beyond_window("input", window, guess)
    }

    fn reword(&self, failure: OpenAiFailure) -> OpenAiFailure {
        failure.about_a_response()
    }
}

// === What the others share ===

/// The responses of a caller: what belongs to another access key is not there.
fn kept_for(app: &App, caller: &Caller) -> CallerResponses {
    CallerResponses::new(&caller.id, app.responses.clone())
}

/// Lets a guest in, who sends nothing that is read, and tells them what is found for them.
pub(super) async fn look(
    app: &App,
    visit: &Visit,
    request: Request<Body>,
    find: impl AsyncFnOnce(Parts, Caller) -> Result<Response, OpenAiFailure>,
) -> Response {
    guest::attend(app, visit, request, async move |guest, head, body| {
        discard(body, &head.headers).await;
        let Guest { caller, permit } = guest;
        let found = find(head, caller).await;
        drop(permit);
        found
    })
    .await
}

/// What cannot be done with a conversation, which is named in `param`.
pub(super) fn about(error: DialogueError, id: &str, param: &str) -> OpenAiFailure {
    match error {
        DialogueError::Unknown => {
            let id: String = id.chars().take(80).collect();
            refuse(404, &format!("Conversation with id '{id}' not found."), None, None)
        }
        DialogueError::Full(sentence) => refuse(400, &sentence, Some(param), Some("conversation_full")),
        DialogueError::Repeated(item) => {
            let message = format!("Duplicate item found with id {item}: an id names one item of a conversation.");
            refuse(400, &message, Some("items"), Some("invalid_value"))
        }
        DialogueError::Failed(failure) => failure.into(),
    }
}

/// The number of the first event that is wanted, if events are.
fn wanted_event(head: &Parts) -> Result<Option<u64>, OpenAiFailure> {
    let (mut stream, mut next) = (false, 0);
    for (name, value) in queries(head) {
        match name.as_str() {
            "stream" => match value.as_str() {
                "true" | "1" => stream = true,
                "false" | "0" => {}
                _ => return Err(refuse(400, "stream: must be true or false.", Some("stream"), Some("invalid_value"))),
            },
            "starting_after" => {
                let after: Option<u64> = value.parse().ok();
                next = after.and_then(|after| after.checked_add(1)).ok_or_else(|| {
                    let message = "starting_after: must be the sequence_number of an event.";
                    refuse(400, message, Some("starting_after"), Some("invalid_value"))
                })?;
            }
            _ => {}
        }
    }
    Ok(stream.then_some(next))
}

fn no_events(why: &str) -> OpenAiFailure {
    let message = format!("stream: the events of this response {why}; retrieve it without stream.");
    refuse(400, &message, Some("stream"), Some("unsupported_value"))
}

pub(super) fn no_item() -> OpenAiFailure {
    refuse(400, "after: there is no item with this id.", Some("after"), Some("invalid_value"))
}

pub(super) fn queries(head: &Parts) -> impl Iterator<Item = (String, String)> + '_ {
    let pairs = head.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    pairs.map(move |(name, value)| (plain(name), plain(value)))
}

pub(super) fn page_of(head: &Parts) -> Result<Page, OpenAiFailure> {
    let mut wanted = Page { after: None, limit: 20, order: Order::Descending };
    for (name, value) in queries(head) {
        match (name.as_str(), value.as_str()) {
            ("after", _) => wanted.after = Some(value),
            ("order", "asc") => wanted.order = Order::Ascending,
            ("order", "desc") => wanted.order = Order::Descending,
            ("order", _) => {
                return Err(refuse(400, "order: must be asc or desc.", Some("order"), Some("invalid_value")));
            }
            ("limit", _) => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
                wanted.limit = limit.ok_or_else(|| {
                    let message = format!("limit: must be from 1 to {MAX_PAGE}.");
                    refuse(400, &message, Some("limit"), Some("invalid_value"))
                })?;
            }
            _ => {}
        }
    }
    Ok(wanted)
}

pub(super) fn document_of(body: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

fn unknown(id: &str) -> OpenAiFailure {
    let id: String = id.chars().take(80).collect();
    refuse(404, &format!("Response with id '{id}' not found."), None, None)
}

pub(super) fn refuse(status: u16, message: &str, param: Option<&str>, code: Option<&'static str>) -> OpenAiFailure {
    Refusal { status, message: message.to_owned(), param: param.map(str::to_owned), code }.into()
}
