//! What orchestrators and people ask first: is it alive, is it ready, what is it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use crate::app::{App, Mode};

/// The state of the process and what it depends on.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
pub struct Component {
    /// `memory` where nothing is kept, `off` where it is not used.
    pub status: &'static str,
}

/// Upstream keys by state.
#[derive(Debug, Serialize)]
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

/// 200 while the process lives, with the state of its parts in the body.
pub async fn show_health(State(app): State<App>) -> Json<Health> {
    Json(health(&app))
}

/// 503 when no upstream key is usable, or shutdown is to come: a load balancer should look elsewhere.
pub async fn show_readiness(State(app): State<App>) -> Response {
    let health = health(&app);
    let ready = health.keys.total > health.keys.disabled && !app.lifecycle.is_leaving();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

/// Says what this address is.
pub async fn show_welcome(State(app): State<App>) -> Json<serde_json::Value> {
    let health = health(&app);
    Json(serde_json::json!({
        "name": "GAP",
        "version": health.version,
        "status": health.status,
        "mode": health.mode,
        "gemini": "/v1beta",
        "health": "/healthz",
    }))
}

fn health(app: &App) -> Health {
    let keys = app.keyring.summary();
    let (mode, warning) = match app.mode {
        Mode::Live => ("live", None),
        Mode::Demo => ("demo", Some("DEMO MODE: answers are made up by the built-in simulator, not by Gemini")),
    };
    Health {
        status: if keys.healthy > 0 { "ok" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        mode,
        warning,
        database: Component { status: "memory" },
        redis: Component { status: "off" },
        keys: Keys { total: keys.total, healthy: keys.healthy, resting: keys.resting, disabled: keys.disabled },
    }
}
