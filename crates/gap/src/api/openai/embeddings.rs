//! Embeddings. OpenAI takes more texts at once than Gemini (wire 108), so one request may become many.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use gap_pool::Affinity;
use gap_protocol::meter::{Findings, Framing, Usage};
use gap_protocol::openai::embeddings::{self, EmbeddingsCall};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode};

use super::{OpenAiFailure, client_deadline, is_strict, json_headers, path_of, warn_in};
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::{Document, RequestBody};
use crate::error::Failure;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};
use crate::relay::{Call, RelayError};

/// Batches of one request that are under way at a time.
const AT_ONCE: usize = 4;

/// Creates embeddings.
pub async fn create_embeddings(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| embed(&app, &visit, guest, head, body).await).await
}

async fn embed(app: &App, visit: &Visit, mut guest: Guest, head: Parts, body: Body) -> Result<Response, OpenAiFailure> {
    let document = Document::read(body, &head.headers, &app.bodies).await?;
    let wanted = embeddings::decode(&document.bytes, &app.models.table(), is_strict(&head.headers))?;
    guest.may_use(&wanted.model)?;
    guest.permit.book(|| wanted.estimated_tokens)?;
    let path = format!("{}:batchEmbedContents", path_of(&wanted.model)?);
    let prepare = |body: &Bytes| {
        Ok::<_, Failure>(Call {
            verb: Method::POST,
            path: path.clone(),
            query: None,
            headers: json_headers(),
            body: RequestBody::written(body.clone(), &app.bodies)?,
            model: Some(wanted.model.clone()),
            affinity: Affinity::None,
            framing: Framing::Json,
            repeatable: true,
            finishes: false,
            client_deadline: client_deadline(&head.headers, false),
            may_fall_back: false,
        })
    };
    let calls: Vec<Call> = wanted.batches.iter().map(prepare).collect::<Result<_, _>>()?;
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

/// Asks side by side; the answers come in order, with the sum of what they cost; none where Google does not say.
async fn ask_all(app: &App, calls: &[Call], receipt: &mut Receipt) -> Result<(Vec<Bytes>, Option<Usage>), RelayError> {
    let asking = calls.iter().map(|call| {
        let mut part = receipt.part();
        async move {
            let answer = app.relay.ask(call, &mut part).await;
            (answer, part)
        }
    });
    let asking: Vec<_> = asking.collect();
    let mut asking = stream::iter(asking).buffered(AT_ONCE);
    let mut answers = Vec::with_capacity(calls.len());
    let mut sum = Usage::default();
    let mut counted = true;
    while let Some((answer, part)) = asking.next().await {
        receipt.absorb(part);
        let answer = answer?;
        counted &= answer.findings.usage.is_some();
        let usage = answer.findings.usage.unwrap_or_default();
        sum.prompt += usage.prompt;
        sum.total += usage.total.max(usage.prompt);
        answers.push(answer.body);
    }
    Ok((answers, counted.then_some(sum)))
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
