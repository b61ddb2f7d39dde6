//! Access keys that may use some models only, where the path names none.

use std::borrow::Cow;

use gap_protocol::gemini::path::{Kind, Target};
use http::Method;
use serde::Deserialize;

use crate::access::policy::Policy;
use crate::body::RequestBody;
use crate::error::Failure;
use crate::relay::Call;

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
