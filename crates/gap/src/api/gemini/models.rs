//! Access keys that may use some models only, where the path names none.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use gap_protocol::gemini::path::{Kind, Target};
use gap_protocol::meter::Framing;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::GeminiFailure;
use crate::access::policy::Policy;
use crate::app::App;
use crate::body::RequestBody;
use crate::error::Failure;
use crate::receipt::{Receipt, Receipted};
use crate::relay::{Call, RelayError};

/// Where a body may name the model that works on it.
#[derive(Deserialize)]
struct Named<'a> {
    /// Caches and interactions.
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    /// Interactions.
    #[serde(borrow)]
    agent: Option<Cow<'a, str>>,
    /// Tuning.
    #[serde(borrow, alias = "base_model", rename = "baseModel")]
    base_model: Option<Cow<'a, str>>,
}

/// The model that the path names, be it to call it or to read about it.
pub(super) fn named<'a>(target: &'a Target<'_>) -> Option<&'a str> {
    let described = || target.resource.strip_prefix("models/")?.split('/').next();
    target.model().or_else(described)
}

/// Lets no call work with a model that the policy does not allow, where its body names the model.
pub(super) fn check_body(policy: &Policy, call: &Call) -> Result<(), Failure> {
    if policy.models.is_none() || matches!(call.verb, Method::GET | Method::HEAD | Method::DELETE) {
        return Ok(());
    }
    let unknown =
        || Failure::forbidden("This access key may use some models only, and the request does not say which it uses.");
    let RequestBody::Kept(kept) = &call.body else { return Err(unknown()) };
    let body = kept.to_bytes();
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    // What cannot be read for certain may say something else to Google.
    let named: Named<'_> = serde_json::from_slice(&body).map_err(|_| unknown())?;
    let refused =
        [named.model, named.agent, named.base_model].into_iter().flatten().find(|name| !policy.allows_model(name));
    refused.map_or(Ok(()), |name| Err(Failure::forbidden_model(&name)))
}

/// Whether it asks for the list of models.
pub(super) fn is_list(target: &Target<'_>, verb: &Method) -> bool {
    *verb == Method::GET && target.kind == Kind::Plain && target.method.is_none() && target.resource == "models"
}

/// Google's list without the models that the policy does not allow.
pub(super) async fn list(
    app: &App,
    policy: &Policy,
    call: &Call,
    mut receipt: Receipt,
) -> Result<Response, GeminiFailure> {
    let answer = match app.relay.ask(call, &mut receipt).await {
        Ok(answer) => answer,
        Err(error) => {
            receipt.refused(&error);
            return match error {
                RelayError::Refused(refusal) => {
                    let mut response = refusal.into_response();
                    receipt.name_in(response.headers_mut());
                    Ok(response)
                }
                error => Err(GeminiFailure {
                    failure: error.into(),
                    framing: Framing::Json,
                    tries: Some(Box::new(receipt.tries())),
                }),
            };
        }
    };
    let body = only_allowed(&answer.body, policy).unwrap_or(answer.body.to_vec());
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    receipt.completed(&answer.findings);
    let json = HeaderValue::from_static("application/json; charset=UTF-8");
    let mut response = ([(CONTENT_TYPE, json)], Body::from(body)).into_response();
    receipt.name_in(response.headers_mut());
    response.extensions_mut().insert(Receipted);
    Ok(response)
}

fn only_allowed(body: &[u8], policy: &Policy) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(body).ok()?;
    let models = document.get_mut("models")?.as_array_mut()?;
    models.retain(|model| model.get("name").and_then(Value::as_str).is_some_and(|name| policy.allows_model(name)));
    serde_json::to_vec_pretty(&document).ok()
}
