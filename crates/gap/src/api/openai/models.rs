//! The models that the upstream keys may use.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request};

use super::OpenAiFailure;
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::discard;
use crate::caller::Caller;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::models::List;
use crate::receipt::{Facts, Receipt};

/// Lists models, or shows the one that the path names, with or without `models/`.
pub async fn show_models(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| {
        discard(body, &head.headers).await;
        list(&app, &visit, guest, head).await
    })
    .await
}

/// What an access key may not use, is not there for its holder.
async fn list(app: &App, visit: &Visit, guest: Guest, head: Parts) -> Result<Response, OpenAiFailure> {
    if head.method != Method::GET && head.method != Method::HEAD {
        return Ok(Failure::wrong_method(&head.method, head.uri.path()).into_response(Dialect::OpenAi));
    }
    let (_, asked) = head.uri.path().split_once("/models").unwrap_or_default();
    let asked = percent_encoding::percent_decode_str(asked.trim_matches('/')).decode_utf8_lossy();

    let request_line = format!("{} {}", head.method, head.uri.path());
    let Caller { id, name, role, policy, .. } = guest.caller;
    // All share the list, so it is asked for without the terms of whoever happens to come first.
    let facts = Facts { visit: visit.clone(), caller: Caller::new(id, name, role), request_line, model: None };
    let listing = List::get(app, Receipt::part_of(facts)).await;
    let table = app.models.table();
    // What an operator's own name stands for is what counts.
    let allows = |model: &str| policy.allows_model(table.resolve(model));
    if asked.is_empty() {
        return Ok(json(if policy.models.is_none() { listing.json.clone() } else { listing.only(allows) }));
    }
    let model = listing.find(&asked).or_else(|| listing.find(table.resolve(&asked)));
    let model = model.filter(|model| allows(&model.id)).ok_or_else(|| Failure::unknown_model(&asked))?;
    // A pattern's name is echoed as well.
    let shown = table.alias_of(&asked).map(|_| model.called(&asked));
    Ok(json(shown.as_ref().unwrap_or(model).to_json().into()))
}

fn json(body: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
