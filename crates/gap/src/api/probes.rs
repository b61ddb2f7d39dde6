//! What orchestrators and people ask first: is it alive, is it ready, what is it.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use gap_store::Address;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Request, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::admin::actor::{Administrator, Anyone};
use crate::app::{App, Mode};
use crate::body::discard;
use crate::config::MetricsAccess;
use crate::error::Failure;
use crate::middleware::Visit;

/// The form of `/metrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a database is that does not answer.
const UNREACHABLE: &str = "unreachable";
/// Longer than this no probe waits for the database.
const PATIENCE: Duration = Duration::from_secs(1);

/// The state of the process and what it depends on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok` while the process lives; `degraded` when no upstream key can be used at this moment.
    pub status: &'static str,
    /// GAP's version.
    pub version: &'static str,
    /// `live`, or `demo` when answers come from the built-in simulator.
    pub mode: &'static str,
    /// Said in demo mode, so that nobody takes its answers for Gemini's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<&'static str>,
    /// Where state is kept.
    pub database: Component,
    /// Whether state is shared with other instances.
    pub redis: Component,
    /// Upstream keys by state.
    pub keys: Keys,
}

/// One dependency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Component {
    /// `memory` where nothing is kept beyond a restart, `off` where it is not used, else `ok` or `unreachable`.
    pub status: &'static str,
}

/// Upstream keys by state.
#[derive(Debug, Serialize, ToSchema)]
pub struct Keys {
    /// All keys.
    pub total: usize,
    /// Keys that can be used now.
    pub healthy: usize,
    /// Keys that rest and come back by themselves.
    pub resting: usize,
    /// Keys that Google refuses for good.
    pub disabled: usize,
}

/// What strangers see while the status page is protected.
#[derive(Debug, Serialize)]
struct Protected {
    /// `ok`: the process lives, or is ready.
    status: &'static str,
    /// How to see more.
    detail: &'static str,
}

/// Somebody who may see how the gateway fares: anybody, or, with `PROTECT_STATUS_PAGE`, whoever is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spectator {
    /// Sees everything.
    Welcome,
    /// Sees whether it lives.
    Stranger,
}

impl FromRequestParts<App> for Spectator {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let protected = app.live.read(|settings| settings.server.protect_status_page);
        let welcome = !protected || Anyone::from_request_parts(parts, app).await.is_ok();
        Ok(if welcome { Self::Welcome } else { Self::Stranger })
    }
}

/// 200 while the process lives, with the state of its parts in the body.
pub async fn show_health(State(app): State<App>, spectator: Spectator) -> Response {
    match spectator {
        Spectator::Welcome => Json(health(&app).await).into_response(),
        Spectator::Stranger => protected(StatusCode::OK),
    }
}

fn protected(status: StatusCode) -> Response {
    let word = if status == StatusCode::OK { "ok" } else { "unavailable" };
    let detail = "More is shown to those who log in or send an access key (PROTECT_STATUS_PAGE).";
    (status, Json(Protected { status: word, detail })).into_response()
}

/// 503 when no upstream key is usable, the database is away, or shutdown is to come: a load balancer should look elsewhere.
pub async fn show_readiness(State(app): State<App>, spectator: Spectator) -> Response {
    let health = health(&app).await;
    let usable = health.keys.total > health.keys.disabled && health.database.status != UNREACHABLE;
    let ready = usable && !app.lifecycle.is_leaving();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    match spectator {
        Spectator::Welcome => (status, Json(health)).into_response(),
        Spectator::Stranger => protected(status),
    }
}

/// Everything that is counted, for Prometheus, as far as `telemetry.metrics` allows.
pub async fn show_metrics(State(app): State<App>, visit: Visit, request: Request<Body>) -> Response {
    let (mut head, body) = request.into_parts();
    discard(body, &head.headers).await;
    match app.settings.telemetry.metrics {
        MetricsAccess::Off => {
            return Failure::unknown_route(&head.method, head.uri.path()).into_response(visit.dialect);
        }
        MetricsAccess::Open => {}
        MetricsAccess::Admin => {
            if let Err(problem) = Administrator::from_request_parts(&mut head, &app).await {
                return problem.into_response();
            }
        }
    }
    match app.books.metrics().render(&app) {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => Failure::internal().into_response(visit.dialect),
    }
}

/// Says what this address is.
pub async fn show_welcome(State(app): State<App>, spectator: Spectator) -> Json<serde_json::Value> {
    if spectator == Spectator::Stranger {
        return Json(serde_json::json!({ "name": "GAP", "gemini": "/v1beta", "health": "/healthz" }));
    }
    let health = health(&app).await;
    Json(serde_json::json!({
        "name": "GAP",
        "version": health.version,
        "status": health.status,
        "mode": health.mode,
        "gemini": "/v1beta",
        "health": "/healthz",
    }))
}

/// The state of the process and of what it depends on.
pub async fn health(app: &App) -> Health {
    let keys = app.keyring.summary();
    let (mode, warning) = match app.mode {
        Mode::Live => ("live", None),
        Mode::Demo => ("demo", Some("DEMO MODE: answers are made up by the built-in simulator, not by Gemini")),
    };
    let database = match app.store.address() {
        Address::Memory => "memory",
        _ => answers(app).await,
    };
    Health {
        status: if keys.healthy > 0 { "ok" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        mode,
        warning,
        database: Component { status: database },
        redis: Component { status: "off" },
        keys: Keys { total: keys.total, healthy: keys.healthy, resting: keys.resting, disabled: keys.disabled },
    }
}

/// Whether the database answers, in time for whoever asks about health.
async fn answers(app: &App) -> &'static str {
    match tokio::time::timeout(PATIENCE, app.store.check()).await {
        Ok(Ok(())) => "ok",
        Ok(Err(_)) | Err(_) => UNREACHABLE,
    }
}
