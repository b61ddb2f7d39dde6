//! Responses: created, and those that are kept.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gap_protocol::call::{DecodeError, Decoded};
use gap_protocol::openai::chat::DecodeContext;
use gap_protocol::openai::refusal::Refusal;
use gap_protocol::openai::responses::{Order, Page, decode_for, page};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Request};
use serde_json::json;

use super::counting::count;
use super::exchange::{OpenAiVoice, Tongue, read, serve};
use super::{OpenAiFailure, path_of};
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::{Document, discard};
use crate::caller::Caller;
use crate::middleware::Visit;
use crate::relay::chat::Form;
use crate::responses::{CallerResponses, Keeper};

/// The longest page of items.
const MAX_PAGE: usize = 100;

/// Creates a response, streamed if the request says so.
pub async fn create_response(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    let id = format!("resp_{}", uuid::Uuid::now_v7().simple());
    serve(&app, &visit, request, |caller| Responding { id, kept: kept_for(&app, caller) }).await
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
    let tongue = Responding { id: "resp_0".to_owned(), kept: kept_for(app, &guest.caller) };
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

/// Shows a response that is kept.
pub async fn find_response(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, |head, kept| {
        if queries(head).any(|(name, value)| name == "stream" && value == "true") {
            let message = "A kept response is not told again as a stream: leave stream out.";
            return Err(refuse(400, message, Some("stream"), Some("unsupported_value")));
        }
        let found = kept.find(&id).ok_or_else(|| unknown(&id))?;
        Ok(found.response.clone())
    })
    .await
}

/// Forgets a response that is kept.
pub async fn delete_response(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, |_, kept| {
        if !kept.forget(&id) {
            return Err(unknown(&id));
        }
        Ok(json!({ "id": id, "object": "response", "deleted": true }).to_string().into())
    })
    .await
}

/// Says that nothing can be cancelled: a response is worked on while its client waits, and whoever no longer wants it hangs up.
pub async fn cancel_response(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response {
    look(&app, &visit, request, |_, kept| {
        kept.find(&id).ok_or_else(|| unknown(&id))?;
        Err(refuse(400, "Cannot cancel a response that was not created with background=true.", None, None))
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
    look(&app, &visit, request, |head, kept| {
        let wanted = page_of(head)?;
        let lists = kept.input_of(&id).ok_or_else(|| unknown(&id))?;
        let Some(list) = page(&lists, &wanted) else {
            return Err(refuse(400, "after: there is no item with this id.", Some("after"), Some("invalid_value")));
        };
        Ok(list.into())
    })
    .await
}

// === The form of responses ===

/// One response in the making.
#[derive(Clone)]
struct Responding {
    id: String,
    kept: CallerResponses,
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
        let request = decode_for(body, instead, context, &self.kept, &self.id)?;
        let keeper = request.store.then(|| Keeper {
            responses: self.kept.clone(),
            id: self.id.clone(),
            previous: request.previous,
            input: request.input.into(),
        });
        Ok((request.decoded, Form::Response { extra: request.plan, keeper }))
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn voice(&self) -> OpenAiVoice {
        OpenAiVoice::Response
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
    CallerResponses::new(&caller.id, app.responses.clone(), app.clock.clone())
}

/// Lets a guest in, who sends nothing that is read, and tells them what is found among their responses.
async fn look(
    app: &App,
    visit: &Visit,
    request: Request<Body>,
    find: impl FnOnce(&Parts, &CallerResponses) -> Result<Bytes, OpenAiFailure>,
) -> Response {
    guest::attend(app, visit, request, async move |guest, head, body| {
        discard(body, &head.headers).await;
        find(&head, &kept_for(app, &guest.caller)).map(document_of)
    })
    .await
}

fn queries(head: &Parts) -> impl Iterator<Item = (String, String)> + '_ {
    let pairs = head.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    pairs.map(move |(name, value)| (plain(name), plain(value)))
}

fn page_of(head: &Parts) -> Result<Page, OpenAiFailure> {
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

fn document_of(body: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

fn unknown(id: &str) -> OpenAiFailure {
    let id: String = id.chars().take(80).collect();
    refuse(404, &format!("Response with id '{id}' not found."), None, None)
}

fn refuse(status: u16, message: &str, param: Option<&str>, code: Option<&'static str>) -> OpenAiFailure {
    Refusal { status, message: message.to_owned(), param: param.map(str::to_owned), code }.into()
}
