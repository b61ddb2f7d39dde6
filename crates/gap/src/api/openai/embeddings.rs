//! Embeddings. OpenAI takes more texts at once than Gemini (wire 108), so one request may become many.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use gap_pool::Affinity;
use gap_protocol::meter::{Findings, Framing, Usage};
use gap_protocol::openai::embeddings::{self, EmbeddingsCall};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};

use super::{OpenAiFailure, admit, client_deadline, is_strict, json_headers, path_of, warn_in};
use crate::app::App;
use crate::body::RequestBody;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};
use crate::relay::{Call, RelayError};

/// Batches of one request that are under way at a time.
const AT_ONCE: usize = 4;

/// Creates embeddings.
pub async fn create_embeddings(
    State(app): State<App>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (head, body) = request.into_parts();
    let (caller, document) = admit(&app, &head, body).await?;
    let wanted = embeddings::decode(&document.bytes, &app.models.table(), is_strict(&head.headers))?;
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
        })
    };
    let calls: Vec<Call> = wanted.batches.iter().map(prepare).collect::<Result<_, _>>()?;
    let request_line = format!("{} {}", head.method, head.uri.path());
    let model = Some(wanted.model.clone());
    let mut receipt = Receipt::begin(Facts { visit, caller: caller.name, request_line, model });

    match ask_all(&app, &calls, &mut receipt).await {
        Ok((answers, usage)) => complete(&wanted, &answers, usage, receipt),
        Err(error) => Err(OpenAiFailure::from(error).receipted(receipt)),
    }
}

/// Asks side by side; the answers come in order, with the sum of what they cost.
async fn ask_all(app: &App, calls: &[Call], receipt: &mut Receipt) -> Result<(Vec<Bytes>, Usage), RelayError> {
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
    while let Some((answer, part)) = asking.next().await {
        receipt.absorb(part);
        let answer = answer?;
        let usage = answer.findings.usage.unwrap_or_default();
        sum.prompt += usage.prompt;
        sum.total += usage.total.max(usage.prompt);
        answers.push(answer.body);
    }
    Ok((answers, sum))
}

fn complete(
    wanted: &EmbeddingsCall,
    answers: &[Bytes],
    usage: Usage,
    mut receipt: Receipt,
) -> Result<Response, OpenAiFailure> {
    let Ok(body) = embeddings::encode(wanted, answers) else {
        return Err(OpenAiFailure::from(Failure::unusable_answer()).receipted(receipt));
    };
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    receipt.completed(&Findings { usage: Some(usage), ..Findings::default() });
    let mut response = ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response();
    receipt.name_in(response.headers_mut());
    warn_in(response.headers_mut(), &wanted.warnings);
    response.extensions_mut().insert(Receipted);
    Ok(response)
}
