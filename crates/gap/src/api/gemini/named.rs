//! What a native request names beside its model: files, caches, the interaction it goes on from. It is not parsed for
//! Google's sake, whose words pass as they are, but to know which project has it, and that it is nobody else's.

use axum::body::Body;
use gap_pool::ProjectId;
use gap_protocol::gemini::cache;
use gap_protocol::gemini::path::{Kind, Target};
use gap_protocol::json;
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::app::App;
use crate::body::RequestBody;
use crate::caller::Caller;
use crate::error::Failure;
use crate::upstream::headers;

/// Conversations that Google keeps: each goes on from the one before, and that is one project's (wire 134).
const INTERACTIONS: &str = "interactions";
/// Caches that the requests of one batch may name: whose each is has to be looked up.
const MOST_CACHES: usize = 1_000;

/// What the body of a request names.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The project that has it, as far as that is known.
    pub(super) home: Option<ProjectId>,
    /// The cache that the request names for itself.
    pub(super) cache: Option<String>,
}

/// What has come with the head of a request.
pub(super) struct Received {
    /// Its body, unpacked.
    pub(super) body: RequestBody,
    /// Its headers, as far as Google sees them.
    pub(super) headers: HeaderMap,
    /// What the body names.
    pub(super) named: Named,
}

/// Reads the body of a request, and refuses what belongs to another access key. What is in an upload is nobody's business.
pub(super) async fn receive(
    app: &App,
    caller: &Caller,
    target: &Target<'_>,
    head: &Parts,
    body: Body,
) -> Result<Received, Failure> {
    let body = RequestBody::read(body, &app.bodies).await?;
    let mut headers = headers::for_upstream(&head.headers);
    if target.kind == Kind::Upload {
        return Ok(Received { body, headers, named: Named::default() });
    }
    let body = body.unpacked(&mut headers, &app.bodies)?;
    let named = look(app, caller, is_interaction(target, &head.method), &body).await?;
    Ok(Received { body, headers, named })
}

async fn look(app: &App, caller: &Caller, is_interaction: bool, body: &RequestBody) -> Result<Named, Failure> {
    let Some(body) = body.kept() else { return Ok(Named::default()) };
    let before = if is_interaction { interaction_before(&body) } else { None };
    let foreign = before.clone().filter(|name| !app.owners.may_have(caller, name));
    if let Some(name) = foreign.or_else(|| app.owners.foreign_in(caller, &body)) {
        return Err(Failure::foreign_resource(&name));
    }
    let caches = cache::all_named_in(&body);
    if caches.len() > MOST_CACHES {
        return Err(Failure::invalid_request(format!("A request names {MOST_CACHES} different caches at most.")));
    }
    for name in &caches {
        // On the heap: few requests name any, and all would be larger.
        Box::pin(app.caches.check(caller, name)).await?;
    }
    Ok(Named {
        home: before.and_then(|name| app.owners.find(&name)).or_else(|| app.owners.find_in(&body)),
        cache: if caches.is_empty() { None } else { cache::named_in(&body) },
    })
}

/// Whether it begins an interaction, or goes on with one.
pub(super) fn is_interaction(target: &Target<'_>, verb: &Method) -> bool {
    target.resource == INTERACTIONS && *verb == Method::POST
}

/// The name of the interaction with this id.
pub(super) fn interaction(id: &str) -> String {
    format!("{INTERACTIONS}/{id}")
}

fn interaction_before(body: &[u8]) -> Option<String> {
    let document = json::parse(body).ok()?;
    let id = document.find("previous_interaction_id").or_else(|| document.find("previousInteractionId"))?.text()?;
    (!id.is_empty()).then(|| interaction(&id))
}
