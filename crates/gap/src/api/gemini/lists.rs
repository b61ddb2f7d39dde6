//! Google's lists, of which a caller sees a part: what others have made, and models that they may not use, are left out.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use gap_pool::Affinity;
use gap_protocol::gemini::path::{Kind, Target};
use gap_protocol::meter::Framing;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::{GeminiFailure, METHOD_OVERRIDE, models};
use crate::access::policy::Policy;
use crate::app::App;
use crate::caller::{Caller, Role};
use crate::owners;
use crate::receipt::{Receipt, Receipted};
use crate::relay::{Call, RelayError};

/// The entries of a list that its caller sees.
pub(super) enum Part<'a> {
    /// Models that their policy allows.
    Models(&'a Policy),
    /// What they have made of this collection.
    Made(&'a Caller, &'a str),
}

// === impl Part ===

impl<'a> Part<'a> {
    /// The part that `caller` sees of what a call asks for; none where it is no list, or they see all of it.
    pub(super) fn of(target: &Target<'a>, call: &Call, caller: &'a Caller) -> Option<Self> {
        if caller.policy.models.is_some() && models::is_list(target, &call.verb) {
            return Some(Self::Models(&caller.policy));
        }
        let collection = target.resource;
        // What another verb in a header makes of it is Google's to know.
        let may_list = call.verb == Method::GET || call.headers.contains_key(METHOD_OVERRIDE);
        let is_private = owners::is_private_collection(collection) || collection == "cachedContents";
        let is_list = may_list && target.kind == Kind::Plain && target.method.is_none() && is_private;
        (is_list && caller.role != Role::Administrator).then_some(Self::Made(caller, collection))
    }

    fn shows(&self, app: &App, name: &str) -> bool {
        match self {
            Self::Models(policy) => policy.allows_model(name),
            Self::Made(caller, _) => app.owners.is_made_by(&caller.id, name),
        }
    }

    /// A page of Google's list, without the rest. It is asked of a project where there is something to see.
    pub(super) async fn show(self, app: &App, call: Call, mut receipt: Receipt) -> Result<Response, GeminiFailure> {
        let home = match self {
            Self::Made(caller, collection) if call.affinity == Affinity::None => {
                app.owners.home_of(&caller.id, collection)
            }
            Self::Models(_) | Self::Made(..) => None,
        };
        let affinity = home.map_or(call.affinity, Affinity::Should);
        let call = Call { affinity, ..call };
        let (answer, project) = match app.relay.ask_where(&call, &mut receipt).await {
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
        let body = only(&answer.body, |name| self.shows(app, name)).unwrap_or_else(|| b"{}\n".to_vec());
        receipt.committed(StatusCode::OK);
        receipt.passed(body.len());
        receipt.completed(&answer.findings);
        let json = HeaderValue::from_static("application/json; charset=UTF-8");
        let mut response = ([(CONTENT_TYPE, json)], Body::from(body)).into_response();
        receipt.name_in(response.headers_mut());
        response.extensions_mut().insert(Receipted);
        Ok(response)
    }
}

fn only(body: &[u8], is_shown: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(body).ok()?;
    for list in document.as_object_mut()?.values_mut().filter_map(Value::as_array_mut) {
        list.retain(|entry| entry.get("name").and_then(Value::as_str).is_some_and(&is_shown));
    }
    serde_json::to_vec_pretty(&document).ok()
}
