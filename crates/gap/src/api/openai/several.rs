//! Several calls that become one answer: batches of texts, pictures that a model makes one at a time.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::stream::{self, StreamExt};
use gap_pool::Affinity;
use gap_protocol::meter::{Findings, Framing, Usage};
use http::Method;

use super::json_headers;
use crate::app::App;
use crate::body::RequestBody;
use crate::error::Failure;
use crate::receipt::Receipt;
use crate::relay::{Call, RelayError};

/// Calls of one request that are under way at a time.
const AT_ONCE: usize = 4;

/// The calls with these bodies, all of one path. A body that is the one before it is held once.
pub(super) fn prepare_all(
    app: &App,
    path: &str,
    model: &str,
    bodies: &[Bytes],
    client_deadline: Option<Duration>,
) -> Result<Vec<Call>, Failure> {
    let mut calls: Vec<Call> = Vec::with_capacity(bodies.len());
    let mut before: Option<&Bytes> = None;
    for body in bodies {
        let call = match calls.last() {
            Some(last) if before.is_some_and(|before| before.as_ptr() == body.as_ptr()) => last.clone(),
            _ => Call {
                verb: Method::POST,
                path: path.to_owned(),
                query: None,
                headers: json_headers(),
                body: RequestBody::written(body.clone(), &app.bodies)?,
                model: Some(model.to_owned()),
                affinity: Affinity::None,
                framing: Framing::Json,
                repeatable: true,
                finishes: false,
                client_deadline,
                may_fall_back: false,
            },
        };
        before = Some(body);
        calls.push(call);
    }
    Ok(calls)
}

/// Asks side by side; the answers come in order, with the sum of what they cost; none where Google does not say.
pub(super) async fn ask_all(
    app: &App,
    calls: &[Call],
    receipt: &mut Receipt,
) -> Result<(Vec<Bytes>, Option<Usage>), RelayError> {
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
        // What was had until then is on the record, because Google has counted it.
        let answer =
            answer.inspect_err(|_| receipt.left(&Findings { usage: Some(sum.clone()), ..Findings::default() }))?;
        counted &= answer.findings.usage.is_some();
        let mut usage = answer.findings.usage.unwrap_or_default();
        // Embeddings count their prompt alone.
        usage.total = usage.total.max(usage.prompt);
        sum += &usage;
        answers.push(answer.body);
    }
    Ok((answers, counted.then_some(sum)))
}
