//! A client that shows what came, byte for byte.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Longer than anything may take: a test that waits this long has found a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Talks to one gateway.
#[derive(Clone)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    headers: HeaderMap,
}

/// An answer, read to its end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) ended: Ended,
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Whole,
    Aborted,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, key: Option<&str>) -> Self {
        let pool = Pool::builder(TokioExecutor::new()).build_http();
        let client = Self { pool, address, headers: HeaderMap::new() };
        match key {
            Some(key) => client.header("x-goog-api-key", key),
            None => client,
        }
    }

    /// The same with another header on every request.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Reply {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn send(&self, verb: Method, path: &str, body: impl Into<Bytes>) -> Reply {
        let response = self.begin(verb, path, body).await;
        let (parts, body) = response.into_parts();
        let (body, ended) = within(read(body)).await;
        Reply { status: parts.status, headers: parts.headers, body, ended }
    }

    /// Sends, and waits for the head of the answer only.
    pub(crate) async fn begin(&self, verb: Method, path: &str, body: impl Into<Bytes>) -> http::Response<Incoming> {
        let mut request = Request::builder().method(verb).uri(format!("http://{}{path}", self.address));
        request.headers_mut().unwrap().extend(self.headers.clone());
        let request = request.body(Full::new(body.into())).unwrap();
        within(self.pool.request(request)).await.unwrap()
    }
}

async fn read(mut body: Incoming) -> (Bytes, Ended) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            Err(_) => return (bytes.into(), Ended::Aborted),
        }
    }
    (bytes.into(), Ended::Whole)
}

/// Fails the test in place of hanging.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it hangs")
}

/// Waits for what another task makes true.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let true_at_last = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, true_at_last).await.is_ok(), "never: {what}");
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.text()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The data of each event of a stream.
    pub(crate) fn events(&self) -> Vec<serde_json::Value> {
        let data = self.text().split("\r\n").filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    /// `error.code` and `error.status` in Google's shape, for a stream of its last event.
    pub(crate) fn google_error(&self) -> (u64, String) {
        let document = match self.header("content-type") {
            Some(kind) if kind.starts_with("text/event-stream") => self.events().pop().unwrap(),
            _ => self.json(),
        };
        let last = document.as_array().and_then(|events| events.last()).cloned().unwrap_or(document);
        let error = &last["error"];
        assert!(!error["message"].as_str().unwrap().is_empty());
        (error["code"].as_u64().unwrap(), error["status"].as_str().unwrap().to_owned())
    }
}
