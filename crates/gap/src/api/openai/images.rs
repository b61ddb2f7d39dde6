//! Images. What is made in several calls is one answer, and all of it is there before the first byte goes out: a stream is
//! kept alive until then, and has its events in one piece.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_protocol::call::{DecodeError, Warnings};
use gap_protocol::meter::{Findings, Usage};
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory};
use gap_protocol::openai::images::{self, ImagesCall, Made, Method};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full, combinators::MapErr};

use super::several::{ask_all, prepare_all};
use super::{OpenAiFailure, client_deadline, is_strict, path_of, warn_in};
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::Document;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};
use crate::relay::Call;
use crate::relay::chat::{EVENT_STREAM, KEEP_ALIVE};
use crate::relay::phases::{self, Phase, Voice};
use crate::relay::reply::BrokenOff;

/// Makes pictures from words.
pub async fn create_image(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    serve(&app, &visit, request, |_, body, context| images::decode(body, context)).await
}

/// Makes pictures from words and pictures.
pub async fn edit_image(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    serve(&app, &visit, request, |headers, body, context| {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        images::decode_edit(content_type, body, context)
    })
    .await
}

type Decode = fn(&HeaderMap, &[u8], &DecodeContext<'_>) -> Result<ImagesCall, DecodeError>;

async fn serve(app: &App, visit: &Visit, request: Request<Body>, decode: Decode) -> Response {
    guest::attend(app, visit, request, async move |guest, head, body| {
        Box::pin(draw(app, visit, guest, head, body, decode)).await
    })
    .await
}

async fn draw(
    app: &App,
    visit: &Visit,
    mut guest: Guest,
    head: Parts,
    body: Body,
    decode: Decode,
) -> Result<Response, OpenAiFailure> {
    let document = Document::read(body, &head.headers, &app.bodies).await?;
    let options = DecodeOptions { strict: is_strict(&head.headers), ..DecodeOptions::default() };
    let wanted = {
        let models = app.models.table();
        decode(&head.headers, &document.bytes, &DecodeContext { models: &models, memory: &NoMemory, options })?
    };
    drop(document);
    guest.may_use(&wanted.model)?;
    guest.permit.book(|| wanted.estimated_tokens * wanted.bodies.len() as u64)?;
    let method = match wanted.method {
        Method::Generate => "generateContent",
        Method::Predict => "predict",
    };
    let path = format!("{}:{method}", path_of(&wanted.model)?);
    let deadline = client_deadline(&head.headers, wanted.stream);
    let calls = prepare_all(app, &path, &wanted.model, &wanted.bodies, deadline)?;
    let request_line = format!("{} {}", head.method, head.uri.path());
    let Guest { caller, permit } = guest;
    let facts = Facts { visit: visit.clone(), caller, request_line, model: Some(wanted.model.clone()) };
    let mut receipt = Receipt::begin(facts).with_permit(permit);
    let (stream, warnings) = (wanted.stream, wanted.warnings.clone());
    if stream {
        receipt.is_stream();
    }
    let pending = make(app.clone(), wanted, calls, receipt);
    let policy = app.relay.policy();
    let made = if stream {
        match phases::decide::<ImagesVoice>(Box::pin(pending), policy.open_after).await {
            Phase::Decided(made) => made,
            Phase::Undecided(pending) => {
                let mut response = phases::open(pending, ImagesVoice, policy.keep_alive);
                warn_in(response.headers_mut(), &warnings);
                return Ok(response);
            }
        }
    } else {
        pending.await
    };
    Ok(made?.into_response())
}

/// Asks for all of them, and puts the answer together.
async fn make(app: App, wanted: ImagesCall, calls: Vec<Call>, mut receipt: Receipt) -> Result<Pictures, OpenAiFailure> {
    let (answers, usage) = match ask_all(&app, &calls, &mut receipt).await {
        Ok(answered) => answered,
        Err(error) => {
            receipt.refused(&error);
            return Err(OpenAiFailure::from(error).receipted(receipt));
        }
    };
    let mut made = Made::default();
    // Pictures are large: each answer goes as soon as it is read.
    for answer in answers {
        if images::read_answer(wanted.method, &answer, &mut made).is_err() {
            return Err(OpenAiFailure::from(Failure::unusable_answer()).receipted(receipt));
        }
    }
    let guess = || {
        let prompt = wanted.estimated_tokens * wanted.bodies.len() as u64;
        Usage { prompt, total: prompt, ..Usage::default() }
    };
    let findings = Findings { usage: Some(usage.clone().unwrap_or_else(guess)), ..Findings::default() };
    if let Some(refusal) = made.refusal() {
        // It was paid for all the same.
        receipt.completed(&findings);
        return Err(OpenAiFailure::from(refusal).receipted(receipt));
    }
    let created = u64::try_from(app.clock.now().as_second()).unwrap_or_default();
    let bytes: Bytes = if wanted.stream {
        made.events(&wanted, created, usage.as_ref()).into()
    } else {
        made.body(&wanted, created, usage.as_ref()).into()
    };
    let warnings = warnings_of(&wanted, &made);
    receipt.warned(&warnings);
    receipt.committed(StatusCode::OK);
    receipt.passed(bytes.len());
    receipt.completed(&findings);
    let mut headers = HeaderMap::new();
    receipt.name_in(&mut headers);
    warn_in(&mut headers, &warnings);
    Ok(Pictures { bytes, stream: wanted.stream, headers })
}

/// What the client is told beside the pictures.
fn warnings_of(wanted: &ImagesCall, made: &Made) -> Warnings {
    let mut warnings = wanted.warnings.clone();
    if made.count() < wanted.count {
        warnings.add("n", format!("{} of {} pictures were made", made.count(), wanted.count));
    }
    warnings
}

/// Pictures, ready to be sent.
struct Pictures {
    bytes: Bytes,
    stream: bool,
    headers: HeaderMap,
}

// === impl Pictures ===

impl IntoResponse for Pictures {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.bytes));
        *response.headers_mut() = self.headers;
        let kind = if self.stream { EVENT_STREAM } else { "application/json" };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.stream {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        response.extensions_mut().insert(Receipted);
        response
    }
}

/// What a stream of pictures says before they are there, and in their place.
#[derive(Clone, Copy, Debug)]
struct ImagesVoice;

impl Voice for ImagesVoice {
    type Reply = Pictures;
    type Error = OpenAiFailure;
    type Body = MapErr<Full<Bytes>, fn(Infallible) -> BrokenOff>;

    fn content_type(&self) -> &'static str {
        EVENT_STREAM
    }

    fn keep_alive(&self) -> Option<&'static [u8]> {
        Some(KEEP_ALIVE)
    }

    fn body_of(&self, reply: Pictures) -> Option<Self::Body> {
        Some(Full::new(reply.bytes).map_err(|never| match never {}))
    }

    fn give_up(&self, error: OpenAiFailure) -> Option<Bytes> {
        Some(images::error_event(&error.error()).into())
    }

    fn fail(&self, failure: &Failure) -> Option<Bytes> {
        Some(images::error_event(&failure.openai_error()).into())
    }
}
