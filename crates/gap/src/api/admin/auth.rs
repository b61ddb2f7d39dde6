//! Logging in and out.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access_keys::AccessKeyUse;
use super::actor::{Actor, Anyone, client_of};
use super::page::Body;
use super::problem::Problem;
use crate::access::LoggedIn;
use crate::access::policy::Policy;
use crate::app::App;
use crate::caller::Denied;

/// What somebody logs in with: one of the secrets, whatever it is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    /// Taken as it is: passwords alone say who it is.
    #[expect(dead_code, reason = "the forms that people fill in have it")]
    username: Option<String>,
    /// A value of `PASSWORD`, or any access key.
    #[schema(format = Password)]
    password: Option<String>,
    /// The same, as programs call it.
    #[schema(format = Password)]
    api_key: Option<String>,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionToken {
    /// Goes into the header `Authorization` after `Bearer `.
    access_token: String,
    /// Always `bearer`.
    token_type: &'static str,
    /// Seconds until it has to be refreshed.
    expires_in: i64,
    /// When it is over unless it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it is over even if it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    session_ends_at: Timestamp,
    /// What people call the access key.
    name: String,
    /// `administrator` or `user`.
    role: &'static str,
}

/// Who somebody is, and what they may.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// Names the access key for good.
    id: String,
    /// What people call it.
    name: String,
    /// `administrator` or `user`.
    role: &'static str,
    /// What it may be used for, and how much.
    limits: Policy,
    /// How much of it has been used; missing for an access key of the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<AccessKeyUse>,
    /// When the session is over unless it is refreshed; missing without a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Logs in with a password or an access key, and begins a session.
///
/// After a few failures from one address each further one makes the next attempt wait longer.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "auth",
    security(()),
    request_body = Login,
    responses((status = 200, body = SessionToken)),
)]
pub(super) async fn log_in(State(app): State<App>, request: Request) -> Result<Json<SessionToken>, Problem> {
    let (parts, body) = request.into_parts();
    let address = client_of(&parts);
    let Body(login) = Body::<Login>::from_request(Request::from_parts(parts, body), &app).await?;
    begin(&app, login, address).await
}

/// Logs in as the original does: a form of `username` and `password`, or JSON.
pub async fn log_in_by_form(State(app): State<App>, request: Request) -> Result<axum::response::Response, Problem> {
    use axum::response::IntoResponse as _;
    let (parts, body) = request.into_parts();
    let address = client_of(&parts);
    let is_form = is_form(&parts.headers);
    let request = Request::from_parts(parts, body);
    let login = if is_form {
        let body = Bytes::from_request(request, &app)
            .await
            .map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
        Login::of_form(&body)
    } else {
        Body::<Login>::from_request(request, &app).await?.0
    };
    Ok(begin(&app, login, address).await?.into_response())
}

/// Gives the session its next token. The one that was presented is taken for half a minute longer.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    tag = "auth",
    responses((status = 200, body = SessionToken)),
)]
pub(super) async fn refresh_session(
    State(app): State<App>,
    Anyone(actor): Anyone,
) -> Result<Json<SessionToken>, Problem> {
    let session = actor.session.as_ref().ok_or_else(no_session)?;
    let refreshed = app.access.refresh(&app.store, actor.caller.clone(), session, lifetime(&app)).await?;
    let refreshed = refreshed.ok_or_else(|| Problem::from(Denied::SessionOver))?;
    Ok(Json(SessionToken::of(refreshed)))
}

/// Ends the session, with all its tokens.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "auth",
    responses((status = 204)),
)]
pub(super) async fn log_out(State(app): State<App>, Anyone(actor): Anyone) -> Result<StatusCode, Problem> {
    let session = actor.session.as_ref().ok_or_else(no_session)?;
    app.access.log_out(&app.store, session).await?;
    actor.note(&app, "session.ended", session.sid.to_string(), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows who asks, and what they may.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    tag = "auth",
    responses((status = 200, body = Me)),
)]
pub(super) async fn show_me(State(app): State<App>, Anyone(actor): Anyone) -> Json<Me> {
    let now = app.clock.now();
    let caller = &actor.caller;
    Json(Me {
        id: caller.id.to_string(),
        name: caller.name.to_string(),
        role: caller.role.name(),
        limits: Policy::clone(&caller.policy),
        used: caller.meter.as_ref().map(|meter| AccessKeyUse::of(meter, now)),
        expires_at: actor.session.and_then(|session| Timestamp::from_second(session.exp).ok()),
    })
}

async fn begin(app: &App, login: Login, address: std::net::IpAddr) -> Result<Json<SessionToken>, Problem> {
    let secret = login.secret()?;
    let begun = app.access.log_in(secret.trim(), address, lifetime(app))?;
    let actor = Actor { caller: begun.caller.clone(), session: None, address };
    actor.note(app, "session.began", begun.claims.sid.to_string(), None).await?;
    Ok(Json(SessionToken::of(begun)))
}

/// How long a token lives. It may be changed at any time.
fn lifetime(app: &App) -> SignedDuration {
    SignedDuration::from_mins(app.live.read(|settings| settings.auth.access_token_expire_minutes).into())
}

fn is_form(headers: &HeaderMap) -> bool {
    const FORM: &[u8] = b"application/x-www-form-urlencoded";
    let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    kind.get(..FORM.len()).is_some_and(|kind| kind.eq_ignore_ascii_case(FORM))
}

fn no_session() -> Problem {
    Problem::conflict("There is no session: this request came with an access key of its own.")
}

// === impl Login ===

impl Login {
    fn of_form(body: &[u8]) -> Self {
        let find = |wanted: &str| {
            let found = form_urlencoded::parse(body).find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into_owned())
        };
        Self { username: None, password: find("password"), api_key: find("api_key") }
    }

    fn secret(self) -> Result<String, Problem> {
        match (self.password, self.api_key) {
            (Some(_), Some(_)) => Err(Problem::field("api_key", "give a password or an access key, not both")),
            (Some(secret), None) | (None, Some(secret)) if !secret.trim().is_empty() => Ok(secret),
            _ => Err(Problem::field("password", "must not be empty; an access key may stand in `api_key`")),
        }
    }
}

// === impl SessionToken ===

impl SessionToken {
    fn of(begun: LoggedIn) -> Self {
        let LoggedIn { caller, claims, token } = begun;
        let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        Self {
            access_token: token,
            token_type: "bearer",
            expires_in: claims.exp - claims.iat,
            expires_at: at(claims.exp),
            session_ends_at: at(claims.end),
            name: caller.name.to_string(),
            role: caller.role.name(),
        }
    }
}
