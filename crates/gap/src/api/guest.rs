//! What happens at the door of every client API, before any of a request's body is read: who is it, and may they ask now?

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::Request;
use http::request::Parts;

use crate::admission::{AddressLimits, Permit};
use crate::app::App;
use crate::body::discard;
use crate::caller::{Caller, Denied};
use crate::error::Failure;
use crate::middleware::Visit;

/// Somebody who was let in with a request.
#[derive(Debug)]
pub struct Guest {
    /// Who it is.
    pub caller: Caller,
    /// What the request was counted against.
    pub permit: Permit,
}

// === impl Guest ===

impl Guest {
    /// Lets the sender of a request in, or not.
    pub fn receive(app: &App, visit: &Visit, head: &Parts) -> Result<Self, Failure> {
        match app.access.recognise(&head.headers, head.uri.query(), visit.client) {
            Ok(caller) => Self::admit(app, visit, caller),
            Err(denied) => Err(turn_away(app, visit, denied)),
        }
    }

    /// Lets somebody in who is known already.
    pub fn admit(app: &App, visit: &Visit, caller: Caller) -> Result<Self, Failure> {
        visit.entry.admit(&caller.id);
        let permit = app.admission.enter(&caller, visit.client, limits(app))?;
        Ok(Self { caller, permit })
    }

    /// Lets nobody use a model who may not.
    pub fn may_use(&self, model: &str) -> Result<(), Failure> {
        if self.caller.policy.allows_model(model) { Ok(()) } else { Err(Failure::forbidden_model(model)) }
    }
}

/// Says why somebody is not let in. Who is not known, or guesses, counts as much as who asks.
pub fn turn_away(app: &App, visit: &Visit, denied: Denied) -> Failure {
    app.admission.note_stranger(visit.client, limits(app)).err().unwrap_or_else(|| denied.into())
}

/// The limits of addresses, which may be changed at any time.
fn limits(app: &App) -> AddressLimits {
    app.live.read(AddressLimits::of)
}

/// Serves a guest, and says in the answer's headers what is left of their limits.
pub async fn attend<R: IntoResponse>(
    app: &App,
    visit: &Visit,
    request: Request<Body>,
    serve: impl AsyncFnOnce(Guest, Parts, Body) -> R,
) -> Response {
    let (head, body) = request.into_parts();
    let guest = match Guest::receive(app, visit, &head) {
        Ok(guest) => guest,
        Err(failure) => {
            discard(body, &head.headers).await;
            return failure.into_response(visit.dialect);
        }
    };
    let standing = guest.permit.standing();
    let mut response = serve(guest, head, body).await.into_response();
    if let Some(standing) = standing {
        standing.name_in(response.headers_mut(), visit.dialect);
    }
    response
}
