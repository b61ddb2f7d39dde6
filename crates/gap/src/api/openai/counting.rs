//! The counting of a request's tokens: Google counts, nothing is answered, and the client's form says how it is told.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use gap_protocol::call;
use gap_protocol::meter::Framing;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use super::exchange::Refusing;
use super::{client_deadline, json_headers, path_of, warn_in};
use crate::api::guest::Guest;
use crate::app::App;
use crate::body::RequestBody;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::receipt::{Facts, Receipt, Receipted};
use crate::relay::Call;

/// Asks Google how many tokens `wanted` has, with `question` as the body, and tells it as `encode` does with Google's
/// answer; an answer that says nothing of use is none.
pub(in crate::api) async fn count<F: Refusing>(
    app: &App,
    visit: &Visit,
    mut guest: Guest,
    head: &Parts,
    wanted: &call::Call,
    question: Bytes,
    encode: impl FnOnce(&[u8]) -> Option<Bytes>,
) -> Result<Response, F> {
    for name in &wanted.resources {
        if !app.owners.may_have(&guest.caller, name) {
            return Err(Failure::foreign_resource(name).into());
        }
        if name.starts_with("cachedContents/") {
            app.caches.check(&guest.caller, name).await?;
        }
    }
    let call = Call {
        verb: Method::POST,
        path: format!("{}:countTokens", path_of(&wanted.model)?),
        query: None,
        headers: json_headers(),
        body: RequestBody::written(question, &app.bodies)?,
        model: Some(wanted.model.clone()),
        affinity: app.owners.affinity(wanted.resources.iter().map(String::as_str)),
        framing: Framing::Json,
        repeatable: true,
        finishes: false,
        client_deadline: client_deadline(&head.headers, false),
        may_fall_back: false,
    };
    guest.permit.book(|| call.estimated_tokens())?;
    let Guest { caller, permit } = guest;
    let request_line = format!("{} {}", head.method, head.uri.path());
    let facts = Facts { visit: visit.clone(), caller, request_line, model: Some(wanted.model.clone()) };
    let mut receipt = Receipt::begin(facts).with_permit(permit);
    let counted = match app.relay.ask(&call, &mut receipt).await {
        Ok(answer) => answer,
        Err(error) => {
            receipt.refused(&error);
            return Err(F::from(error).receipted(receipt));
        }
    };
    let Some(body) = encode(&counted.body) else {
        return Err(F::from(Failure::unusable_answer()).receipted(receipt));
    };
    receipt.warned(&wanted.warnings);
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    receipt.completed(&counted.findings);
    let mut response = ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response();
    receipt.name_in(response.headers_mut());
    warn_in(response.headers_mut(), &wanted.warnings);
    response.extensions_mut().insert(Receipted);
    Ok(response)
}
