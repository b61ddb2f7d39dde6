//! What happens to every request, whatever it asks: a name for it, a clean path, a net under it, a line in the log.
//!
//! This is one function rather than a stack of layers: the order of the steps is the meaning, and here it can be read.

use std::any::Any;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::response::Response;
use futures_util::FutureExt;
use gap_protocol::gemini::path;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, StatusCode, Uri};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tower::ServiceExt;
use tracing::{debug, error, info};

use crate::dialect::Dialect;
use crate::error::Failure;
use crate::receipt::Receipted;

/// Names a request in logs and answers.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// One request's visit: what is known of it before any handler. Handlers take it as an argument.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The request id, also returned as `x-request-id`.
    pub id: HeaderValue,
    /// The API the request speaks.
    pub dialect: Dialect,
    /// When the head of the request had arrived.
    pub began: Instant,
    /// The other end of the connection.
    pub peer: SocketAddr,
}

impl Visit {
    /// The request id as text.
    pub fn id_text(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let visit = parts.extensions.get::<Self>().cloned();
        // Only a test that calls a router without its front door comes here without a visit.
        Ok(visit.unwrap_or_else(|| Self {
            id: HeaderValue::from_static("none"),
            dialect: Dialect::of(parts.uri.path(), parts.uri.query(), &parts.headers),
            began: Instant::now(),
            peer: SocketAddr::from(([0, 0, 0, 0], 0)),
        }))
    }
}

/// Everything behind one listening address. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FrontDoor {
    routes: Router,
    root_path: String,
}

impl FrontDoor {
    /// Puts the front door before `routes`; `root_path` is what a reverse proxy puts before every path.
    pub fn new(routes: Router, root_path: &str) -> Self {
        Self { routes, root_path: root_path.trim_end_matches('/').to_owned() }
    }

    /// Answers one request that came over the connection to `peer`. Never fails: a panic is an answer too.
    pub async fn answer(&self, mut request: Request<Body>, peer: SocketAddr) -> Response {
        let began = Instant::now();
        let cleaned = clean_uri(request.uri_mut(), &self.root_path);
        let uri = request.uri();
        let visit = Visit {
            id: request_id(request.headers().get(X_REQUEST_ID)),
            dialect: Dialect::of(uri.path(), uri.query(), request.headers()),
            began,
            peer,
        };
        let line = Line { verb: request.method().clone(), path: uri.path().to_owned(), visit: visit.clone() };
        request.extensions_mut().insert(visit);

        let mut response = match cleaned {
            Ok(()) => self.route(request, &line.visit).await,
            Err(failure) => failure.into_response(line.visit.dialect),
        };
        drop_false_length(&mut response);
        response.headers_mut().insert(X_REQUEST_ID, line.visit.id.clone());
        if response.extensions_mut().remove::<Receipted>().is_some() {
            // Its receipt writes the line, with what only it knows.
            return response;
        }
        let status = response.status();
        response.map(|body| Body::new(Logged { body, line: Some(line), status, bytes: 0 }))
    }
}

impl FrontDoor {
    async fn route(&self, request: Request<Body>, visit: &Visit) -> Response {
        match AssertUnwindSafe(self.routes.clone().oneshot(request)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Err(panic) => {
                error!(request.id = visit.id_text(), "A request panicked: {}", panic_text(panic.as_ref()));
                Failure::internal().into_response(visit.dialect)
            }
        }
    }
}

/// Takes the prefix of a reverse proxy off, collapses `//` and decodes `%3A`, as Google does.
fn clean_uri(uri: &mut Uri, root_path: &str) -> Result<(), Failure> {
    let path = uri.path();
    let behind_root = path.strip_prefix(root_path).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let clean = path::normalise(behind_root.unwrap_or(path));
    if clean == path {
        return Ok(());
    }
    let path = if clean.is_empty() { "/" } else { &*clean };
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().map_err(|_| Failure::malformed_path())?);
    *uri = Uri::from_parts(parts).map_err(|_| Failure::malformed_path())?;
    Ok(())
}

/// The caller's own id when it is short and harmless to print, else a new one that sorts by time.
fn request_id(presented: Option<&HeaderValue>) -> HeaderValue {
    let harmless = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
    };
    if let Some(value) = presented.filter(harmless) {
        return value.clone();
    }
    let mut buffer = uuid::Uuid::encode_buffer();
    let text = uuid::Uuid::now_v7().simple().encode_lower(&mut buffer);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
}

/// The router gives every empty answer a length of zero. "No content" may not have one (RFC 9110, 8.6), and "not modified"
/// would say that what the client has kept is empty.
fn drop_false_length(response: &mut Response) {
    let bare = match response.status() {
        StatusCode::NO_CONTENT => true,
        StatusCode::NOT_MODIFIED => response.headers().get(CONTENT_LENGTH).is_some_and(|length| length == "0"),
        _ => false,
    };
    if bare {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

/// The line that a request without a receipt leaves in the log.
#[derive(Debug)]
struct Line {
    verb: http::Method,
    path: String,
    visit: Visit,
}

impl Line {
    fn write(&self, status: StatusCode, bytes: u64, duration: Duration) {
        let (verb, path) = (&self.verb, &self.path);
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let (id, dialect, status) = (self.visit.id_text(), self.visit.dialect.name(), status.as_u16());
        // Probes come every few seconds and say nothing while they succeed.
        if status < 400 && matches!(self.path.as_str(), "/healthz" | "/readyz") {
            debug!(request.id = id, dialect, status, duration_ms, bytes, "{verb} {path} answered {status}");
        } else {
            info!(request.id = id, dialect, status, duration_ms, bytes, "{verb} {path} answered {status}");
        }
    }
}

/// An answer's body that writes its line in the log when it ends.
struct Logged {
    body: Body,
    line: Option<Line>,
    status: StatusCode,
    bytes: u64,
}

impl HttpBody for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            line.write(self.status, self.bytes, line.visit.began.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::any;

    use super::*;

    fn cleaned(uri: &str, root: &str) -> String {
        let mut uri: Uri = uri.parse().unwrap();
        clean_uri(&mut uri, root).unwrap();
        uri.to_string()
    }

    #[test]
    fn paths_are_cleaned_and_queries_left_alone() {
        assert_eq!(
            cleaned("/v1beta//models?$alt=json;enum-encoding=int", ""),
            "/v1beta/models?$alt=json;enum-encoding=int"
        );
        assert_eq!(
            cleaned("/v1beta/models/m%3AgenerateContent?a=%3A//", ""),
            "/v1beta/models/m:generateContent?a=%3A//"
        );
        assert_eq!(cleaned("/gap/v1beta/models", "/gap"), "/v1beta/models");
        assert_eq!(cleaned("/gap", "/gap"), "/");
        assert_eq!(cleaned("/gapx/v1", "/gap"), "/gapx/v1");
        assert_eq!(cleaned("/v1beta/models", "/gap"), "/v1beta/models");
    }

    async fn panicking() -> &'static str {
        panic!("in the middle of a request")
    }

    #[tokio::test]
    async fn a_panic_is_a_500_in_the_callers_shape_and_harms_nobody_else() {
        let routes = Router::new().route("/v1/broken", any(panicking)).route("/v1beta/broken", any(panicking));
        let door = FrontDoor::new(routes.route("/fine", any(async || "fine")), "");
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = door.answer(request, ([127, 0, 0, 1], 1).into()).await;
            let (parts, body) = response.into_parts();
            assert!(parts.headers.contains_key(X_REQUEST_ID));
            (
                parts.status.as_u16(),
                String::from_utf8(axum::body::to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap(),
            )
        };
        let (status, body) = ask("/v1beta/broken").await;
        assert!(status == 500 && body.contains(r#""status": "INTERNAL""#), "{body}");
        let (status, body) = ask("/v1/broken").await;
        assert!(status == 500 && body.contains(r#""code":"internal_error""#), "{body}");
        assert!(!body.contains("in the middle"), "the log has the details");
        assert_eq!(ask("/fine").await, (200, "fine".to_owned()));
    }

    #[test]
    fn a_presented_request_id_is_kept_only_when_harmless() {
        let kept = |id: &str| request_id(Some(&HeaderValue::from_str(id).unwrap())) == id;
        assert!(kept("req-1.a_B:2"));
        assert!(!kept("a b") && !kept("x\"y") && !kept(&"a".repeat(129)));
        assert_ne!(request_id(None), request_id(None));
    }
}
