//! The models that the upstream keys may use.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request};

use super::OpenAiFailure;
use crate::app::App;
use crate::body::discard;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::models::List;
use crate::receipt::{Facts, Receipt};

/// Lists models, or shows the one that the path names, with or without `models/`.
pub async fn show_models(
    State(app): State<App>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Response, OpenAiFailure> {
    let (head, body) = request.into_parts();
    discard(body, &head.headers).await;
    let caller = app.access.recognise(&head.headers, head.uri.query()).map_err(Failure::from)?;
    if head.method != Method::GET && head.method != Method::HEAD {
        return Ok(Failure::wrong_method(&head.method, head.uri.path()).into_response(Dialect::OpenAi));
    }
    let (_, asked) = head.uri.path().split_once("/models").unwrap_or_default();
    let asked = percent_encoding::percent_decode_str(asked.trim_matches('/')).decode_utf8_lossy();

    let request_line = format!("{} {}", head.method, head.uri.path());
    let receipt = Receipt::part_of(Facts { visit, caller: caller.name, request_line, model: None });
    let listing = List::get(&app, receipt).await;
    if asked.is_empty() {
        return Ok(json(listing.json.clone()));
    }
    let table = app.models.table();
    let model = listing.find(table.resolve(&asked)).ok_or_else(|| Failure::unknown_model(&asked))?;
    Ok(json(model.to_json().into()))
}

fn json(body: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
