//! The web page and the API's description, for browsers.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use gap_store::Address;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method};

use super::probes::Spectator;
use super::{admin, probes, v1};
use crate::app::{App, Mode};
use crate::assets;
use crate::dialect::Dialect;
use crate::error::Failure;
use crate::middleware::Visit;

/// The page for browsers; for programs, what this address is.
pub async fn show_page(State(app): State<App>, spectator: Spectator, headers: HeaderMap) -> Response {
    if wants_html(&headers) && assets::is_built() {
        return assets::html("index.html", &app.settings.server.root_path, notice(&app));
    }
    probes::show_welcome(State(app), spectator).await.into_response()
}

/// A file of the page.
pub async fn show_asset(Path(path): Path<String>, visit: Visit, request: Request) -> Response {
    let file = assets::file(&format!("assets/{path}"), request.headers());
    file.unwrap_or_else(|| unknown(&visit, &request))
}

/// A file beside the page: its icon, its theme.
pub async fn show_file(visit: Visit, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    assets::file(&path, request.headers()).unwrap_or_else(|| unknown(&visit, &request))
}

/// What has no route of its own: the page finds its way by itself, programs are told so in their dialect.
pub async fn show_page_or_refuse(State(app): State<App>, visit: Visit, request: Request) -> Response {
    let for_people = visit.dialect == Dialect::Admin && !request.uri().path().starts_with("/api/");
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if for_people && reads && wants_html(request.headers()) && assets::is_built() {
        return assets::html("index.html", &app.settings.server.root_path, notice(&app));
    }
    v1::refuse_unknown(visit, request).await
}

/// The description of the admin API.
pub async fn show_description(State(app): State<App>, visit: Visit, request: Request) -> Response {
    if !app.live.read(|settings| settings.server.docs) {
        return unknown(&visit, &request);
    }
    let mut description = admin::routes().1;
    let root = &app.settings.server.root_path;
    if !root.is_empty() {
        description.servers = Some(vec![utoipa::openapi::Server::new(root)]);
    }
    match description.to_json() {
        Ok(text) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => Failure::internal().into_response(visit.dialect),
    }
}

/// The description to read and to try, by Swagger UI.
pub async fn show_swagger(State(app): State<App>, visit: Visit, request: Request) -> Response {
    documentation(&app, &visit, &request, "docs/swagger.html")
}

/// The description to read, by Redoc.
pub async fn show_redoc(State(app): State<App>, visit: Visit, request: Request) -> Response {
    documentation(&app, &visit, &request, "docs/redoc.html")
}

/// A file of the documentation's pages.
pub async fn show_docs_file(
    State(app): State<App>,
    Path(path): Path<String>,
    visit: Visit,
    request: Request,
) -> Response {
    if path.is_empty() {
        return Redirect::permanent(&format!("{}/docs", app.settings.server.root_path)).into_response();
    }
    let file = app
        .live
        .read(|settings| settings.server.docs)
        .then(|| assets::file(&format!("docs/{path}"), request.headers()));
    file.flatten().unwrap_or_else(|| unknown(&visit, &request))
}

fn documentation(app: &App, visit: &Visit, request: &Request, page: &str) -> Response {
    if app.live.read(|settings| settings.server.docs) {
        assets::html(page, &app.settings.server.root_path, "")
    } else {
        unknown(visit, request)
    }
}

/// What the page says above all else: that answers are made up, or that nothing is kept. Strangers learn it from
/// `/healthz` too, unless the settings protect that.
fn notice(app: &App) -> &'static str {
    if app.live.read(|settings| settings.server.protect_status_page) {
        return "";
    }
    match (app.mode, app.store.address()) {
        (Mode::Demo, _) => "demo",
        (Mode::Live, Address::Memory) => "memory",
        (Mode::Live, _) => "",
    }
}

fn unknown(visit: &Visit, request: &Request) -> Response {
    Failure::unknown_route(request.method(), request.uri().path()).into_response(visit.dialect)
}

/// Browsers ask for HTML by name; programs take anything.
fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|text| text.contains("text/html")))
}
