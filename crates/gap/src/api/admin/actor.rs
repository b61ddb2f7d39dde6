//! Who uses the admin API, and what they may.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use gap_store::audit::AuditEntry;
use http::HeaderName;
use http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use super::problem::Problem;
use crate::access::Recognised;
use crate::app::App;
use crate::caller::{Caller, Role};
use crate::middleware::Visit;
use crate::sessions::Claims;

/// The original's header for `ADMIN_API_KEY`.
const X_ADMIN_TOKEN: HeaderName = HeaderName::from_static("x-admin-token");

/// Somebody who is known, with where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who it is.
    pub caller: Caller,
    /// The session, if that is how they came.
    pub session: Option<Claims>,
    /// The client's address, for the audit log.
    pub address: IpAddr,
}

/// An actor who may do everything. As a handler's argument it keeps everybody else out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator(pub Actor);

/// Any actor who is known. What is not theirs must be kept from them by the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anyone(pub Actor);

impl Actor {
    /// Whether they see what belongs to others.
    pub fn is_administrator(&self) -> bool {
        self.caller.role == Role::Administrator
    }

    /// Notes in the audit log what they did: `key.created`, to which, and what else is worth knowing (never a secret).
    pub async fn note(
        &self,
        app: &App,
        action: &str,
        subject: impl Into<String> + Send,
        detail: Option<Value>,
    ) -> Result<(), Problem> {
        let entry = AuditEntry {
            id: Uuid::now_v7(),
            at: app.clock.now(),
            actor: self.caller.name.to_string(),
            action: action.to_owned(),
            subject: subject.into(),
            address: self.address.to_string(),
            detail,
        };
        Ok(app.store.audit().record(&entry).await?)
    }

    fn recognise(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let address = client_of(parts);
        let token = parts.headers.get(X_ADMIN_TOKEN).filter(|token| !token.is_empty());
        let recognised = match token {
            // What is no text is nobody's.
            Some(token) => {
                let caller = app.access.administrator(token.to_str().unwrap_or_default(), address)?;
                Recognised { caller, session: None }
            }
            None => app.access.identify(&parts.headers, parts.uri.query(), address)?,
        };
        Ok(Self { caller: recognised.caller, session: recognised.session, address })
    }
}

/// Where a request comes from.
pub(super) fn client_of(parts: &Parts) -> IpAddr {
    // Only a test that calls a router without its front door comes here without a visit.
    parts.extensions.get::<Visit>().map_or(IpAddr::from([0, 0, 0, 0]), |visit| visit.client)
}

impl FromRequestParts<App> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Actor::recognise(parts, app).map(Self)
    }
}

impl FromRequestParts<App> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let actor = Actor::recognise(parts, app)?;
        if actor.is_administrator() { Ok(Self(actor)) } else { Err(Problem::forbidden()) }
    }
}
