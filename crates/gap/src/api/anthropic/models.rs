//! The models that the upstream keys may use, for Anthropic's clients.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_protocol::anthropic::models::{self, Cursor};
use gap_protocol::anthropic::refusal::Refusal;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request};

use super::AnthropicFailure;
use crate::app::App;
use crate::body::discard;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::models::List;
use crate::receipt::{Facts, Receipt};

/// How many are shown at a time, unless the client says otherwise, and at most.
const PAGE: usize = 20;
const MOST: usize = 1000;

/// Lists models, or shows the one that the path names.
pub async fn show_models(
    State(app): State<App>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Response, AnthropicFailure> {
    let (head, body) = request.into_parts();
    discard(body).await;
    let caller = app.access.recognise(&head.headers, head.uri.query()).map_err(Failure::from)?;
    if head.method != Method::GET && head.method != Method::HEAD {
        return Ok(Failure::wrong_method(&head.method, head.uri.path()).into_response(Dialect::Anthropic));
    }
    let (_, asked) = head.uri.path().split_once("/models").unwrap_or_default();
    let asked = percent_encoding::percent_decode_str(asked.trim_matches('/')).decode_utf8_lossy();
    let cursor = cursor(head.uri.query().unwrap_or_default())?;

    let request_line = format!("{} {}", head.method, head.uri.path());
    let receipt = Receipt::part_of(Facts { visit, caller: caller.name, request_line, model: None });
    let listing = List::get(&app, receipt).await;
    if asked.is_empty() {
        return Ok(json(models::page(listing.models(), &cursor)));
    }
    let table = app.models.table();
    let model = listing.find(&asked).or_else(|| listing.find(table.resolve(&asked)));
    let model = model.ok_or_else(|| Failure::unknown_model(&asked))?;
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
