//! `/v1`, which OpenAI's, Anthropic's and Google's APIs share, and everything that nobody serves.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::Request;

use crate::api::{anthropic, gemini, openai};
use crate::app::App;
use crate::body::discard;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::middleware::Visit;

/// Sends a request below `/v1` to the API it speaks.
pub async fn dispatch(app: State<App>, visit: Visit, request: Request<Body>) -> Response {
    match visit.dialect {
        Dialect::Gemini => gemini::relay_native(app, visit, request).await,
        Dialect::OpenAi if is_models(request.uri().path()) => openai::models::show_models(app, visit, request).await,
        Dialect::Anthropic if is_models(request.uri().path()) => {
            anthropic::models::show_models(app, visit, request).await
        }
        Dialect::OpenAi | Dialect::Anthropic | Dialect::Admin => refuse_unknown(visit, request).await,
    }
}

fn is_models(path: &str) -> bool {
    path.strip_prefix("/v1/models").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a path that nobody serves, in the shape of whoever asks.
pub async fn refuse_unknown(visit: Visit, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    discard(body, &parts.headers).await;
    Failure::unknown_route(&parts.method, parts.uri.path()).into_response(visit.dialect)
}

/// Answers a verb that a path does not take.
pub async fn refuse_method(visit: Visit, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    discard(body, &parts.headers).await;
    Failure::wrong_method(&parts.method, parts.uri.path()).into_response(visit.dialect)
}
