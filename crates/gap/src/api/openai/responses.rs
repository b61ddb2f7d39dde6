//! Responses: created, and those that are kept.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gap_pool::Affinity;
use gap_protocol::call::{DecodeError, Decoded};
use gap_protocol::meter::Framing;
use gap_protocol::openai::chat::DecodeContext;
use gap_protocol::openai::refusal::Refusal;
use gap_protocol::openai::responses::{Order, Page, decode, page};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode};
use serde_json::json;

use super::exchange::{OpenAiVoice, Tongue, answer, read};
use super::{OpenAiFailure, admit, client_deadline, json_headers, path_of, warn_in};
use crate::app::App;
use crate::body::{RequestBody, discard};
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};
use crate::relay::Call;
use crate::relay::chat::Form;
use crate::responses::{CallerResponses, Keeper};

/// The longest page of items.
const MAX_PAGE: usize = 100;

/// Creates a response, streamed if the request says so.
pub async fn create_response(
    State(app): State<App>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (head, body) = request.into_parts();
    let admitted = admit(&app, &head, body).await?;
    let kept = CallerResponses::new(&admitted.0.name, app.responses.clone(), app.clock.clone());
    let tongue = Responding { id: format!("resp_{}", uuid::Uuid::now_v7().simple()), kept };
    answer(app, visit, &head, admitted, tongue).await
}

/// Counts what a request would cost to read: Google counts, and nothing is answered or kept.
pub async fn count_input_tokens(
    State(app): State<App>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (head, body) = request.into_parts();
    let (caller, document) = admit(&app, &head, body).await?;
    let kept = CallerResponses::new(&caller.name, app.responses.clone(), app.clock.clone());
    let wanted = read(&app, &head, (&caller, document), Responding { id: "resp_0".to_owned(), kept }).await?;
    let path = path_of(&wanted.model)?;
    let question = format!(r#"{{"generateContentRequest":{{"model":{},"#, json!(path.trim_start_matches("/v1beta/")));
    let rest = wanted.body.get(1..).unwrap_or_default();
    let call = Call {
        verb: Method::POST,
        path: format!("{path}:countTokens"),
        query: None,
        headers: json_headers(),
        body: RequestBody::written([question.as_bytes(), rest, b"}"].concat().into(), &app.bodies)?,
        model: Some(wanted.model.clone()),
        affinity: Affinity::None,
        framing: Framing::Json,
        repeatable: true,
        finishes: false,
        client_deadline: client_deadline(&head.headers),
    };
    let request_line = format!("{} {}", head.method, head.uri.path());
    let mut receipt = Receipt::begin(Facts { visit, caller: caller.name, request_line, model: Some(wanted.model) });
    let counted = match app.relay.ask(&call, &mut receipt).await {
        Ok(answer) => answer,
        Err(error) => {
            receipt.refused(&error);
            return Err(OpenAiFailure::from(error).about_a_response().receipted());
        }
    };
    let tokens = serde_json::from_slice::<serde_json::Value>(&counted.body).ok();
    let Some(tokens) = tokens.as_ref().and_then(|answer| answer["totalTokens"].as_u64()) else {
        let failure = OpenAiFailure::from(crate::error::Failure::unusable_answer());
        receipt.refused_with(failure.status());
        return Err(failure.receipted());
    };
    let body = json!({ "object": "response.input_tokens", "input_tokens": tokens }).to_string();
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    receipt.completed(&counted.findings);
    let mut response = document_of(body.into());
    receipt.name_in(response.headers_mut());
    warn_in(response.headers_mut(), &wanted.warnings);
    response.extensions_mut().insert(Receipted);
    Ok(response)
}

/// Shows a response that is kept.
pub async fn find_response(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (head, kept) = enter(&app, request).await?;
    if queries(&head).any(|(name, value)| name == "stream" && value == "true") {
        let message = "A kept response is not told again as a stream: leave stream out.";
        return Err(refuse(400, message, Some("stream"), Some("unsupported_value")));
    }
    let found = kept.find(&id).ok_or_else(|| unknown(&id))?;
    Ok(document_of(found.response.clone()))
}

/// Forgets a response that is kept.
pub async fn delete_response(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (_, kept) = enter(&app, request).await?;
    if !kept.forget(&id) {
        return Err(unknown(&id));
    }
    Ok(document_of(json!({ "id": id, "object": "response", "deleted": true }).to_string().into()))
}

/// Says that nothing can be cancelled: a response is worked on while its client waits, and whoever no longer wants it hangs up.
pub async fn cancel_response(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (_, kept) = enter(&app, request).await?;
    kept.find(&id).ok_or_else(|| unknown(&id))?;
    Err(refuse(400, "Cannot cancel a response that was not created with background=true.", None, None))
}

/// Lists what a response was asked, and everything before it.
pub async fn list_input_items(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (head, kept) = enter(&app, request).await?;
    let wanted = page_of(&head)?;
    let lists = kept.input_of(&id).ok_or_else(|| unknown(&id))?;
    let Some(list) = page(&lists, &wanted) else {
        return Err(refuse(400, "after: there is no item with this id.", Some("after"), Some("invalid_value")));
    };
    Ok(document_of(list.into()))
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

    fn decode(&self, body: &[u8], context: &DecodeContext<'_>) -> Result<(Decoded, Form), DecodeError> {
        let request = decode(body, context, &self.kept, &self.id)?;
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

    fn reword(&self, failure: OpenAiFailure) -> OpenAiFailure {
        failure.about_a_response()
    }
}

// === What the others share ===

/// Lets the caller in, who sends nothing that is read.
async fn enter(app: &App, request: Request<Body>) -> Result<(Parts, CallerResponses), OpenAiFailure> {
    let (head, body) = request.into_parts();
    let caller = app.access.recognise(&head.headers, head.uri.query());
    discard(body).await;
    let caller = caller.map_err(crate::error::Failure::from)?;
    Ok((head, CallerResponses::new(&caller.name, app.responses.clone(), app.clock.clone())))
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
