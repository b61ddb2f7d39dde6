//! The models that the upstream keys may use, for Anthropic's clients.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_protocol::anthropic::models::{self, Cursor};
use gap_protocol::anthropic::refusal::Refusal;
use gap_protocol::openai::models::Model;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request};

use super::AnthropicFailure;
use crate::api::guest::{self, Guest};
use crate::app::App;
use crate::body::discard;
use crate::caller::Caller;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::models::List;
use crate::receipt::{Facts, Receipt};

/// How many are shown at a time, unless the client says otherwise, and at most.
const PAGE: usize = 20;
const MOST: usize = 1000;

/// Lists models, or shows the one that the path names.
pub async fn show_models(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    guest::attend(&app, &visit, request, async |guest, head, body| {
        discard(body, &head.headers).await;
        list(&app, &visit, guest, head).await
    })
    .await
}

/// What an access key may not use, is not there for its holder.
async fn list(app: &App, visit: &Visit, guest: Guest, head: Parts) -> Result<Response, AnthropicFailure> {
    if head.method != Method::GET && head.method != Method::HEAD {
        return Ok(Failure::wrong_method(&head.method, head.uri.path()).into_response(Dialect::Anthropic));
    }
    let (_, asked) = head.uri.path().split_once("/models").unwrap_or_default();
    let asked = percent_encoding::percent_decode_str(asked.trim_matches('/')).decode_utf8_lossy();
    let cursor = cursor(head.uri.query().unwrap_or_default())?;

    let request_line = format!("{} {}", head.method, head.uri.path());
    let Caller { id, name, role, policy, .. } = guest.caller;
    // All share the list, so it is asked for without the terms of whoever happens to come first.
    let facts = Facts { visit: visit.clone(), caller: Caller::new(id, name, role), request_line, model: None };
    let listing = List::get(app, Receipt::part_of(facts)).await;
    let table = app.models.table();
    // What an operator's own name stands for is what counts.
    let allows = |model: &&Model| policy.allows_model(table.resolve(&model.id));
    if asked.is_empty() {
        let allowed: Vec<Model> = listing.models().iter().filter(allows).cloned().collect();
        return Ok(json(models::page(&allowed, &cursor)));
    }
    let model = listing.find(&asked).or_else(|| listing.find(table.resolve(&asked)));
    let model = model.filter(allows).ok_or_else(|| Failure::unknown_model(&asked))?;
    let shown = table.alias_of(&asked).map(|_| model.called(&asked));
    Ok(json(models::one(shown.as_ref().unwrap_or(model))))
}

/// `limit`, `after_id`, `before_id`
fn cursor(query: &str) -> Result<Cursor, AnthropicFailure> {
    let mut cursor = Cursor { limit: PAGE, ..Cursor::default() };
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
        match key {
            "after_id" => cursor.after = Some(value),
            "before_id" => cursor.before = Some(value),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                let refusal = || Refusal::new(400, format!("limit: must be a whole number from 1 to {MOST}"));
                cursor.limit = limit.ok_or_else(refusal)?;
            }
            _ => {}
        }
    }
    Ok(cursor)
}

fn json(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
