//! Legacy completions. Several prompts become several calls, whose answers are joined.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_protocol::call::{Call, DecodeError, Decoded};
use gap_protocol::meter::Findings;
use gap_protocol::openai::chat::DecodeContext;
use gap_protocol::openai::plain::completions::{Prompt, apart, decode_for, join};
use gap_protocol::openai::plain::{Plan, UnaryEncoder};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Request, StatusCode};

use super::exchange::{OpenAiVoice, Tongue, answer, read};
use super::several::{ask_all, prepare_all};
use super::{OpenAiFailure, client_deadline, path_of, warn_in};
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::Document;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};
use crate::relay::chat::Form;

/// Creates a completion, streamed if the request says so.
pub async fn create_completion(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| {
        Box::pin(complete(&app, &visit, guest, head, body)).await
    })
    .await
}

async fn complete(app: &App, visit: &Visit, guest: Guest, head: Parts, body: Body) -> Result<Response, OpenAiFailure> {
    let document = Document::read(body, &head.headers, &app.bodies).await?;
    match apart(&document.bytes)? {
        Some(prompts) => complete_all(app, visit, guest, &head, &document, prompts).await,
        None => answer(app, visit, guest, head, document, Completion).await,
    }
}

/// Asks for each prompt, and joins what comes.
async fn complete_all(
    app: &App,
    visit: &Visit,
    mut guest: Guest,
    head: &Parts,
    document: &Document,
    prompts: Vec<Prompt>,
) -> Result<Response, OpenAiFailure> {
    let mut wanted: Vec<(Call, Plan)> = Vec::with_capacity(prompts.len());
    for Prompt { body, echo } in prompts {
        let call = read(app, head, &guest, document.part(body.into()), Completion).await?;
        wanted.push((call, Plan::Completion { echo }));
    }
    let Some((first, _)) = wanted.first() else { return Err(Failure::unusable_answer().into()) };
    let (model, warnings) = (first.model.clone(), first.warnings.clone());
    guest.permit.book(|| wanted.iter().map(|(call, _)| call.estimated_tokens).sum())?;
    let bodies: Vec<Bytes> = wanted.iter().map(|(call, _)| call.body.clone()).collect();
    let path = format!("{}:generateContent", path_of(&model)?);
    let calls = prepare_all(app, &path, &model, &bodies, client_deadline(&head.headers, false))?;
    let request_line = format!("{} {}", head.method, head.uri.path());
    let Guest { caller, permit } = guest;
    let facts = Facts { visit: visit.clone(), caller, request_line, model: Some(model) };
    let mut receipt = Receipt::begin(facts).with_permit(permit);
    let (answers, usage) = match ask_all(app, &calls, &mut receipt).await {
        Ok(answered) => answered,
        Err(error) => {
            receipt.refused(&error);
            return Err(OpenAiFailure::from(error).receipted(receipt));
        }
    };
    let created = u64::try_from(app.clock.now().as_second()).unwrap_or_default();
    let encoded = wanted.into_iter().zip(&answers).map(|((call, plan), answer)| {
        let encoder = UnaryEncoder::new(plan, call.plan, Completion.id(), created);
        let mut encoder = encoder.with_estimated_prompt(call.estimated_tokens);
        encoder.chunk(answer).and_then(|()| encoder.end(false)).ok()
    });
    let encoded: Option<Vec<Bytes>> = encoded.collect();
    let Some(body) = encoded.and_then(|bodies| join(&bodies)) else {
        return Err(OpenAiFailure::from(Failure::unusable_answer()).receipted(receipt));
    };
    receipt.warned(&warnings);
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    receipt.completed(&Findings { usage, ..Findings::default() });
    let mut response = ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response();
    receipt.name_in(response.headers_mut());
    warn_in(response.headers_mut(), &warnings);
    response.extensions_mut().insert(Receipted);
    Ok(response)
}

/// The form of legacy completions.
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
        let (decoded, plan) = decode_for(body, instead, context)?;
        Ok((decoded, Form::Plain(plan)))
    }

    fn id(&self) -> String {
        format!("cmpl-{}", uuid::Uuid::now_v7().simple())
    }

    fn voice(&self) -> OpenAiVoice {
        OpenAiVoice::Completion
    }

    fn beyond_window(&self, window: u64, guess: u64) -> OpenAiFailure {
        OpenAiFailure::beyond_window("prompt", window, guess)
    }
}
