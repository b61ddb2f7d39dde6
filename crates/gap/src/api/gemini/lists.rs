//! Google's lists, of which a caller may see a part: what others have made, and models that they may not use, are left out.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use gap_protocol::gemini::path::{Kind, Target};
use gap_protocol::meter::Framing;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::{GeminiFailure, METHOD_OVERRIDE};
use crate::app::App;
use crate::owners;
use crate::receipt::{Receipt, Receipted};
use crate::relay::{Call, RelayError};

/// Whether it asks for a list of what only its makers see.
pub(super) fn is_private(target: &Target<'_>, head: &Parts) -> bool {
    // What another verb in a header makes of it is Google's to know.
    let may_list = head.method == Method::GET || head.headers.contains_key(METHOD_OVERRIDE);
    let is_collection = owners::is_private_collection(target.resource) || target.resource == "cachedContents";
    may_list && target.kind == Kind::Plain && target.method.is_none() && is_collection
}

/// A page of Google's list without the entries whose names are not shown.
pub(super) async fn show(
    app: &App,
    call: &Call,
    mut receipt: Receipt,
    is_shown: impl Fn(&str) -> bool,
) -> Result<Response, GeminiFailure> {
    let (answer, project) = match app.relay.ask_where(call, &mut receipt).await {
        Ok(answered) => answered,
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
    app.pages.note(&answer.body, project);
    // What cannot be read cannot be shown in part.
    let body = only_shown(&answer.body, is_shown).unwrap_or_else(|| b"{}\n".to_vec());
    receipt.committed(StatusCode::OK);
    receipt.passed(body.len());
    receipt.completed(&answer.findings);
    let json = HeaderValue::from_static("application/json; charset=UTF-8");
    let mut response = ([(CONTENT_TYPE, json)], Body::from(body)).into_response();
    receipt.name_in(response.headers_mut());
    response.extensions_mut().insert(Receipted);
    Ok(response)
}

fn only_shown(body: &[u8], is_shown: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(body).ok()?;
    for list in document.as_object_mut()?.values_mut().filter_map(Value::as_array_mut) {
        list.retain(|entry| entry.get("name").and_then(Value::as_str).is_some_and(&is_shown));
    }
    serde_json::to_vec_pretty(&document).ok()
}
