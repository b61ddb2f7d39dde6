//! What happens to every request, whatever it asks: a name for it, a clean path, a net under it, a line in the log.
//!
//! This is one function rather than a stack of layers: the order of the steps is the meaning, and here it can be read.

use std::any::Any;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
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
use gap_store::usage::Outcome;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, StatusCode, Uri};
use http_body::{Body as HttpBody, Frame, SizeHint};
use ipnet::IpNet;
use tokio::time::Instant;
use tower::ServiceExt;
use tracing::{debug, error, info};

use crate::dialect::Dialect;
use crate::error::{Failure, X_GAP_ERROR_SCOPE};
use crate::forwarded;
use crate::ledger::price::Bill;
use crate::ledger::{self, Books, Closing, Entry};
use crate::receipt::Receipted;

/// What Anthropic's SDKs call it.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
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
    /// The client's address, which a trusted proxy may have told.
    pub client: IpAddr,
    /// Its place in the usage ledger.
    pub entry: Entry,
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
            client: IpAddr::from([0, 0, 0, 0]),
            entry: Entry::default(),
        }))
    }
}

/// Everything behind one listening address. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FrontDoor {
    routes: Router,
    root_path: String,
    trusted_proxies: Vec<IpNet>,
    /// Where requests of clients are recorded.
    books: Option<Books>,
}

impl FrontDoor {
    /// Puts the front door before `routes`; `root_path` is what a reverse proxy puts before every path, `trusted_proxies`
    /// are those whose word about their clients counts.
    pub fn new(routes: Router, root_path: &str, trusted_proxies: &[IpNet]) -> Self {
        let root_path = root_path.trim_end_matches('/').to_owned();
        Self { routes, root_path, trusted_proxies: trusted_proxies.to_vec(), books: None }
    }

    /// Records the requests of clients in `books`.
    #[must_use]
    pub fn with_books(mut self, books: Books) -> Self {
        self.books = Some(books);
        self
    }

    /// Answers one request that came over the connection to `peer`. Never fails: a panic is an answer too.
    pub async fn answer(&self, mut request: Request<Body>, peer: SocketAddr) -> Response {
        let began = Instant::now();
        let presented = presented_id(request.headers().get(X_REQUEST_ID));
        let made_here = presented.is_none();
        let id = presented.unwrap_or_else(new_id);
        let cleaned = clean_uri(request.uri_mut(), &self.root_path);
        let uri = request.uri();
        let dialect = Dialect::of(uri.path(), uri.query(), request.headers());
        if let Err(failure) = cleaned {
            return refusal(failure, dialect, id);
        }
        let entry = match &self.books {
            Some(books) if dialect != Dialect::Admin => {
                let record = ledger::record_id(id.to_str().unwrap_or_default(), made_here);
                match books.open(record, request.headers()).await {
                    Ok(entry) => entry,
                    Err(failure) => return refusal(failure, dialect, id),
                }
            }
            _ => Entry::default(),
        };
        let client = forwarded::client_of(peer.ip(), request.headers(), &self.trusted_proxies);
        let visit = Visit { id, dialect, began, peer, client, entry };
        let line = Line::new(format!("{} {}", request.method(), uri.path()), visit.clone());
        request.extensions_mut().insert(visit);

        let routed = AssertUnwindSafe(self.routes.clone().oneshot(request)).catch_unwind().await;
        let mut response = match routed {
            Ok(Ok(response)) => response,
            Err(panic) => {
                error!(request.id = line.visit.id_text(), "A request panicked: {}", panic_text(panic.as_ref()));
                Failure::internal().into_response(line.visit.dialect)
            }
        };
        drop_false_length(&mut response);
        response.headers_mut().insert(X_REQUEST_ID, line.visit.id.clone());
        if line.visit.dialect == Dialect::Anthropic {
            response.headers_mut().insert(REQUEST_ID, line.visit.id.clone());
        }
        if response.extensions_mut().remove::<Receipted>().is_some() {
            // Its receipt writes the line, with what only it knows.
            line.leave_to_receipt();
            return response;
        }
        let scope = response.headers().get(X_GAP_ERROR_SCOPE).cloned();
        let line = line.answered(response.status(), scope);
        response.map(|body| Body::new(Logged { body, line }))
    }
}

/// The answer to a request that does not get past the door: it has a name all the same.
fn refusal(failure: Failure, dialect: Dialect, id: HeaderValue) -> Response {
    let status = failure.status().as_u16();
    let text = id.to_str().unwrap_or_default();
    info!(
        request.id = text,
        dialect = dialect.name(),
        status,
        "A request was refused at the door: {}",
        failure.message()
    );
    let mut response = failure.into_response(dialect);
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
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

/// The caller's own id, when it is short and harmless to print.
fn presented_id(presented: Option<&HeaderValue>) -> Option<HeaderValue> {
    let harmless = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
    };
    presented.filter(harmless).cloned()
}

/// An id that sorts by time.
fn new_id() -> HeaderValue {
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

/// What a request without a receipt leaves behind when it is dropped: a line in the log, and a record if somebody known
/// made it.
#[derive(Debug)]
struct Line {
    /// The verb and the path.
    request: String,
    visit: Visit,
    /// None until there is an answer: a client that leaves before was not answered.
    status: Option<StatusCode>,
    /// Whose fault it is, as the answer says.
    scope: Option<HeaderValue>,
    bytes: u64,
    /// Whether a receipt writes it all.
    receipted: bool,
}

impl Line {
    fn new(request: String, visit: Visit) -> Self {
        Self { request, visit, status: None, scope: None, bytes: 0, receipted: false }
    }

    fn answered(mut self, status: StatusCode, scope: Option<HeaderValue>) -> Self {
        self.status = Some(status);
        self.scope = scope;
        self
    }

    fn leave_to_receipt(mut self) {
        self.receipted = true;
    }

    fn write(&self) {
        let (line, bytes) = (&self.request, self.bytes);
        let duration_ms = u64::try_from(self.visit.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (id, dialect) = (self.visit.id_text(), self.visit.dialect.name());
        let Some(status) = self.status.map(|status| status.as_u16()) else {
            info!(request.id = id, dialect, duration_ms, "{line} was left by its client");
            return;
        };
        // Probes come every few seconds and say nothing while they succeed.
        if status < 400 && matches!(line.as_str(), "GET /healthz" | "GET /readyz") {
            debug!(request.id = id, dialect, status, duration_ms, bytes, "{line} answered {status}");
        } else {
            info!(request.id = id, dialect, status, duration_ms, bytes, "{line} answered {status}");
        }
    }

    fn close_entry(&self) {
        let outcome = match self.status {
            None => Outcome::Cancelled,
            Some(status) if status.as_u16() < 400 => Outcome::Answered,
            Some(_) => Outcome::Failed,
        };
        self.visit.entry.close(Closing {
            visit: &self.visit,
            request_line: &self.request,
            model: None,
            served: None,
            tries: &[],
            bill: Bill::default(),
            status: self.status.map_or(0, |status| status.as_u16()),
            outcome,
            scope: self.scope.as_ref().and_then(|scope| scope.to_str().ok()).unwrap_or_default(),
            streamed: false,
            usage: None,
            waited: Duration::ZERO,
            first_token: None,
            explanation: None,
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A receipt that began and was dropped with its handler has closed the entry.
        if self.receipted || (self.status.is_none() && self.visit.entry.is_closed()) {
            return;
        }
        self.write();
        self.close_entry();
    }
}

/// An answer's body, with its line in the log.
struct Logged {
    body: Body,
    line: Line,
}

impl HttpBody for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.line.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
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
    fn who_is_refused_at_the_door_can_name_the_request() {
        let refused = refusal(Failure::malformed_path(), Dialect::OpenAi, HeaderValue::from_static("r-7"));
        assert_eq!(refused.status(), 400);
        assert_eq!(refused.headers().get(X_REQUEST_ID).unwrap(), "r-7");
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
        let door = FrontDoor::new(routes.route("/fine", any(async || "fine")), "", &[]);
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
        let kept = |id: &str| presented_id(Some(&HeaderValue::from_str(id).unwrap())).is_some();
        assert!(kept("req-1.a_B:2"));
        assert!(!kept("a b") && !kept("x\"y") && !kept(&"a".repeat(129)));
        assert_ne!(new_id(), new_id());
    }
}
