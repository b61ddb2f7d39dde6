//! Embeddings. OpenAI takes more texts at once than Gemini (wire 108), so one request may become many.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_protocol::meter::{Findings, Usage};
use gap_protocol::openai::embeddings::{self, EmbeddingsCall};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Request, StatusCode};

use super::several::{ask_all, prepare_all};
use super::{OpenAiFailure, client_deadline, is_strict, path_of, warn_in};
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::Document;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};

/// Creates embeddings.
pub async fn create_embeddings(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| {
        Box::pin(embed(&app, &visit, guest, head, body)).await
    })
    .await
}

async fn embed(app: &App, visit: &Visit, mut guest: Guest, head: Parts, body: Body) -> Result<Response, OpenAiFailure> {
    let document = Document::read(body, &head.headers, &app.bodies).await?;
    let wanted = embeddings::decode(&document.bytes, &app.models.table(), is_strict(&head.headers))?;
    guest.may_use(&wanted.model)?;
    guest.permit.book(|| wanted.estimated_tokens)?;
    let path = format!("{}:batchEmbedContents", path_of(&wanted.model)?);
    let calls = prepare_all(app, &path, &wanted.model, &wanted.batches, client_deadline(&head.headers, false))?;
    let request_line = format!("{} {}", head.method, head.uri.path());
    let model = Some(wanted.model.clone());
    let Guest { caller, permit } = guest;
    let facts = Facts { visit: visit.clone(), caller, request_line, model };
    let mut receipt = Receipt::begin(facts).with_permit(permit);

    match ask_all(app, &calls, &mut receipt).await {
        Ok((answers, usage)) => complete(&wanted, &answers, usage, receipt),
        Err(error) => {
            receipt.refused(&error);
            Err(OpenAiFailure::from(error).receipted(receipt))
        }
    }
}

fn complete(
    wanted: &EmbeddingsCall,
    answers: &[Bytes],
    usage: Option<Usage>,
    mut receipt: Receipt,
) -> Result<Response, OpenAiFailure> {
    let Ok(body) = embeddings::encode(wanted, answers) else {
        return Err(OpenAiFailure::from(Failure::unusable_answer()).receipted(receipt));
    };
    receipt.warned(&wanted.warnings);
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    // The client is told the guess, so the ledger holds it as well.
    let guess = || Usage { prompt: wanted.estimated_tokens, total: wanted.estimated_tokens, ..Usage::default() };
    receipt.completed(&Findings { usage: Some(usage.unwrap_or_else(guess)), ..Findings::default() });
    let mut response = ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response();
    receipt.name_in(response.headers_mut());
    warn_in(response.headers_mut(), &wanted.warnings);
    response.extensions_mut().insert(Receipted);
    Ok(response)
}
