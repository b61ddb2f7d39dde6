//! Google's own API, passed through: every method below a version prefix, today's and tomorrow's.
//!
//! The request's bytes are not read into anything. GAP looks at the path (which model, which framing, may it be sent
//! twice), takes the client's credentials off, and hands the rest to the relay.

mod lists;
mod models;
mod named;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gap_pool::Affinity;
use gap_protocol::gemini::path::{self, Kind, Target};
use gap_protocol::meter::Framing;
use http::header::{CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request};

use self::lists::Part;
use self::named::Received;
use super::guest::{self, Guest};
use super::openai::{is_strict, path_of};
use crate::admission::Permit;
use crate::admission::standing::Standing;
use crate::answers::Wish;
use crate::app::App;
use crate::body::{RequestBody, discard};
use crate::caches::native::Deed;
use crate::caller::{Caller, Denied};
use crate::conversations::{self, Asked, Followed, Recording, Slot};
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::middleware::Visit;
use crate::owners;
use crate::receipt::{Facts, Receipt, Receipted, Tries};
use crate::relay::phases::{self, GoogleVoice, Phase};
use crate::relay::{Call, RelayError, Reply, Unanswered};
use crate::uploads::{Owner, Resumed};

/// Makes a POST something else, which may not bear repeating.
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// A failure in Google's shape; for a JSON-array stream, in an array.
#[derive(Debug)]
pub struct GeminiFailure {
    failure: Failure,
    framing: Framing,
    /// Which keys were tried; then a receipt has written the line in the log.
    tries: Option<Box<Tries>>,
}

impl IntoResponse for GeminiFailure {
    fn into_response(self) -> Response {
        let mut response = match self.framing {
            Framing::JsonArray => self.failure.into_array_response(),
            Framing::Json | Framing::Sse => self.failure.into_response(Dialect::Gemini),
        };
        if let Some(tries) = self.tries {
            tries.name_in(response.headers_mut());
            response.extensions_mut().insert(Receipted);
        }
        response
    }
}

/// Relays one native call.
pub async fn relay_native(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let mut standing = None;
    let mut response = relay(&app, &visit, parts, body, &mut standing).await.into_response();
    if let Some(standing) = standing {
        standing.name_in(response.headers_mut(), Dialect::Gemini);
    }
    response
}

async fn relay(
    app: &App,
    visit: &Visit,
    parts: Parts,
    body: Body,
    standing: &mut Option<Standing>,
) -> Result<Response, GeminiFailure> {
    let query = parts.uri.query();
    let target = Target::parse(parts.uri.path());
    let framing = target.as_ref().map_or(Framing::Json, |target| target.framing(query));
    let refuse = |failure| GeminiFailure { failure, framing, tries: None };

    let renamed = target.as_ref().ok().and_then(|target| renamed(app, target));

    let is_upload = target.as_ref().is_ok_and(|target| target.kind == Kind::Upload);
    let resumed = is_upload.then(|| app.uploads.resume(query)).flatten();
    let admitted = receive(app, visit, &parts, resumed.as_ref()).and_then(|guest| {
        *standing = guest.permit.standing();
        let target = target.map_err(|error| Failure::invalid_path(&error))?;
        if parts.method == Method::TRACE {
            // It asks for the request as it arrived: with the upstream key.
            return Err(Failure::wrong_method(&parts.method, parts.uri.path()));
        }
        if target.kind == Kind::WebSocket {
            return Err(Failure::not_built("The Live API"));
        }
        let model = renamed.as_ref().map(|(model, _)| model.as_str()).or_else(|| models::named(&target));
        model.map_or(Ok(()), |model| guest.may_use(model))?;
        if !app.owners.may_have(&guest.caller, target.resource) {
            return Err(Failure::foreign_resource(target.resource));
        }
        Ok((guest, target))
    });
    let (mut guest, target) = match admitted {
        Ok(admitted) => admitted,
        Err(failure) => {
            discard(body, &parts.headers).await;
            return Err(refuse(failure));
        }
    };
    let started =
        is_upload.then(|| (guest.caller.clone(), app.uploads.own_address(visit.peer, &parts.uri, &parts.headers)));
    let facts = Facts {
        visit: visit.clone(),
        caller: guest.caller.clone(),
        request_line: format!("{} {}", parts.method, parts.uri.path()),
        model: target.model().map(|model| renamed.as_ref().map_or(model, |(model, _)| model).to_owned()),
    };
    let origin = || (parts.method == Method::GET).then(|| app.pages.origin(query)).flatten();
    let owner = || app.owners.find(target.resource);
    let home = resumed.as_ref().map(|resumed| resumed.owner.project).or_else(origin).or_else(owner);
    let query = resumed.as_ref().map(|resumed| resumed.query.as_str()).or(query);
    let talk = conversations::named_in(&parts.headers).map_err(refuse)?;
    let deed = deed(&target, &parts);
    if target.resource.starts_with("cachedContents/") {
        Box::pin(app.caches.check(&guest.caller, target.resource)).await.map_err(refuse)?;
    }
    if deed == Some(Deed::List) {
        return Box::pin(list_caches(app, &guest.caller, query)).await.map_err(refuse);
    }
    let Received { body, headers, named } =
        named::receive(app, &guest.caller, &target, &parts, body).await.map_err(refuse)?;
    let (body, recording) = match target.method {
        Some("generateContent" | "streamGenerateContent") => {
            follow(app, &guest.caller, talk, &facts, framing, body).await.map_err(refuse)?
        }
        _ => (body, None),
    };
    let passing = Passing {
        owner: guest.caller.id.clone(),
        makes: is_upload || parts.method == Method::POST,
        is_interaction: named::is_interaction(&target, &parts.method),
        may_be_a_page: parts.method == Method::GET && facts.model.is_none(),
        gone: (parts.method == Method::DELETE).then(|| target.resource.to_owned()),
        upload: started,
        deed,
    };
    let call = Call {
        path: renamed.map_or_else(|| target.upstream_path().into_owned(), |(_, path)| path),
        query: query.map(|query| path::strip_credentials(query).into_owned()),
        headers,
        model: facts.model.clone(),
        affinity: home.or(named.home).map_or(Affinity::None, Affinity::Must),
        framing,
        repeatable: target.repeatable(&parts.method) && !parts.headers.contains_key(METHOD_OVERRIDE),
        finishes: target.method == Some("streamGenerateContent"),
        client_deadline: client_deadline(&parts.headers),
        may_fall_back: !is_strict(&parts.headers),
        body,
        verb: parts.method,
    };
    if call.model.is_none() && !is_upload {
        models::check_body(&guest.caller.policy, &call).map_err(refuse)?;
    }
    guest.permit.book(|| call.estimated_tokens()).map_err(refuse)?;
    let Guest { caller, permit } = guest;
    let mut receipt = Receipt::begin(facts).with_permit(permit).may_repeat(Wish::of(&parts.headers));
    receipt.names_cache(&app.caches, named.cache.as_deref());
    if let Some(part) = Part::of(&target, &call, &caller) {
        return Box::pin(part.show(app, call, receipt)).await;
    }
    let answered = answer(app, call, receipt, passing).await?;
    Ok(match recording {
        Some(recording) => Slot::of(recording).attend(answered, Some(framing)),
        None => answered,
    })
}

/// The model that the operator's own name for it means, and the path to it: Google does not know such names.
fn renamed(app: &App, target: &Target<'_>) -> Option<(String, String)> {
    let table = app.models.table();
    let model = table.resolve(table.alias_of(target.named_model()?)?);
    Some((model.to_owned(), target.with_model(&path_of(model).ok()?)?))
}

/// Puts the history of its conversation before a request, if it has one.
async fn follow(
    app: &App,
    caller: &Caller,
    name: Option<&str>,
    facts: &Facts,
    framing: Framing,
    body: RequestBody,
) -> Result<(RequestBody, Option<Recording>), Failure> {
    let (Some(model), RequestBody::Kept(kept)) = (&facts.model, &body) else { return Ok((body, None)) };
    let is_stream = !matches!(framing, Framing::Json);
    let asked = Asked { caller, name, model, body: &kept.to_bytes(), is_stream };
    match app.conversations.follow(asked).await? {
        None => Ok((body, None)),
        Some(Followed { body: None, recording }) => Ok((body, Some(recording))),
        Some(Followed { body: Some(completed), recording }) => {
            Ok((RequestBody::written(completed, &app.bodies)?, Some(recording)))
        }
    }
}

/// What a call does with caches.
fn deed(target: &Target<'_>, head: &Parts) -> Option<Deed> {
    let is_plain = target.kind == Kind::Plain && target.method.is_none();
    (is_plain && !head.headers.contains_key(METHOD_OVERRIDE)).then(|| Deed::of(&head.method, target.resource)).flatten()
}

/// The caches of an access key: the ledger knows those of every project.
async fn list_caches(app: &App, caller: &Caller, query: Option<&str>) -> Result<Response, Failure> {
    let listed = app.caches.list_natively(caller, query).await?;
    let json = HeaderValue::from_static("application/json; charset=UTF-8");
    Ok(([(CONTENT_TYPE, json)], Body::from(listed.to_string())).into_response())
}

/// Who asks. A piece of an upload may come without a key: its id says whose it is. It was counted when it began.
fn receive(app: &App, visit: &Visit, parts: &Parts, resumed: Option<&Resumed>) -> Result<Guest, Failure> {
    let recognised = app.access.recognise(&parts.headers, parts.uri.query(), visit.client);
    match (recognised, resumed) {
        (Err(Denied::Missing), Some(resumed)) => {
            Ok(Guest { caller: resumed.owner.caller.clone(), permit: Permit::default() })
        }
        (Ok(caller), Some(resumed)) if caller != resumed.owner.caller => Err(Failure::unknown_upload()),
        (Ok(caller), Some(_)) => Ok(Guest { caller, permit: Permit::default() }),
        (Ok(caller), None) => Guest::admit(app, visit, caller),
        (Err(denied), _) => Err(guest::turn_away(app, visit, denied)),
    }
}

/// What is to be noted of an answer that passes.
struct Passing {
    /// The access key that asks.
    owner: Arc<str>,
    /// What the answer names is made by it.
    makes: bool,
    /// It is an interaction, whose name is its id.
    is_interaction: bool,
    /// It may be a page of a list: it is no model's answer, which names nothing.
    may_be_a_page: bool,
    /// The resource that is gone if the answer is a good one.
    gone: Option<String>,
    /// Who may have begun an upload, and where its pieces are to come.
    upload: Option<(Caller, String)>,
    /// What it does with caches.
    deed: Option<Deed>,
}

impl Passing {
    /// The name of what the answer is about.
    fn named(&self, reply: &Reply) -> Option<String> {
        if self.is_interaction {
            return reply.answer_id().map(named::interaction);
        }
        reply.name().map(str::to_owned)
    }

    /// Notes what later requests depend on: whose a resource, a page or an upload is.
    async fn note(self, app: &App, reply: &mut Reply) {
        let Some(project) = reply.project().filter(|_| reply.status().is_success()) else { return };
        if let Some(gone) = self.gone {
            app.owners.forget(&gone);
            owners::kept::strike(app, &gone).await;
        } else if let Some(name) = self.named(reply) {
            let (is_news, maker) = if self.makes {
                (app.owners.note_made(&name, project, &self.owner), &*self.owner)
            } else {
                (app.owners.note(&name, project), "")
            };
            let news = is_news.then_some(name).into_iter().collect();
            owners::kept::record(app, news, project, maker).await;
        }
        if self.may_be_a_page
            && let Some(document) = reply.document()
        {
            app.pages.note(&document, project);
            owners::kept::record(app, app.owners.note_page(&document, project), project, "").await;
        }
        if let Some(deed) = self.deed {
            let document = reply.document().unwrap_or_default();
            app.caches.note_deed(app, deed, &document, (project, &self.owner)).await;
        }
        if let Some((caller, own_address)) = self.upload {
            app.uploads.take_over(reply.headers_mut(), &Owner { caller, project }, &own_address);
        }
    }
}

/// Waits for the relay's answer; a stream that has none in time is opened without.
async fn answer(app: &App, call: Call, receipt: Receipt, passing: Passing) -> Result<Response, GeminiFailure> {
    let framing = call.framing;
    let policy = app.relay.policy();
    // In a box whatever the framing: the future is moved a few times before it begins, so it had better be small.
    let pending = Box::pin(app.relay.clone().answer(call, receipt));
    let decided = match framing {
        Framing::Json => pending.await,
        Framing::Sse | Framing::JsonArray => match phases::decide::<GoogleVoice>(pending, policy.open_after).await {
            Phase::Decided(decided) => decided,
            Phase::Undecided(pending) => {
                return Ok(phases::open(pending, GoogleVoice::new(framing), policy.keep_alive));
            }
        },
    };
    match decided {
        Ok(mut reply) => {
            // What is rarely waited for is in boxes, here and above: this future is moved before it begins.
            Box::pin(passing.note(app, &mut reply)).await;
            Ok(reply.into_response())
        }
        Err(Unanswered { error: RelayError::Refused(refusal), tries }) => {
            let mut response = refusal.into_response();
            tries.name_in(response.headers_mut());
            Ok(response)
        }
        Err(Unanswered { error, tries }) => {
            Err(GeminiFailure { failure: error.into(), framing, tries: Some(Box::new(tries)) })
        }
    }
}

/// How long the client says it waits: Google's SDKs send their timeout in seconds.
fn client_deadline(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get("x-server-timeout")?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero())
}
