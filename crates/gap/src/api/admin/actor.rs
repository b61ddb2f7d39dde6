//! Who uses the admin API, and what they may.

use axum::extract::FromRequestParts;
use gap_store::audit::AuditEntry;
use http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use super::problem::Problem;
use crate::app::App;
use crate::caller::{Caller, Role};
use crate::middleware::Visit;

/// Somebody who is known, with where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who it is.
    pub caller: Caller,
    /// The client's address, for the audit log.
    pub address: String,
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
            actor: self.caller.name.clone(),
            action: action.to_owned(),
            subject: subject.into(),
            address: self.address.clone(),
            detail,
        };
        Ok(app.store.audit().record(&entry).await?)
    }

    fn recognise(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let caller = app.access.recognise(&parts.headers, parts.uri.query()).map_err(Problem::from)?;
        let address = parts.extensions.get::<Visit>().map(|visit| visit.peer.ip().to_string()).unwrap_or_default();
        Ok(Self { caller, address })
    }
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
