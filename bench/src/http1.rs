//! One HTTP/1.1 connection to the target: no pool between the clock and the socket.

use anyhow::{Context, anyhow};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;

use crate::net;

/// What is sent again and again.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    authority: String,
    path: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// A connection that carries one request at a time.
#[derive(Debug)]
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
}

// === impl Ask ===

impl Ask {
    /// A POST of `body` to `path` at the target, with `key` where Gemini's and OpenAI's clients put it.
    pub(crate) fn new(target: &Uri, path: &str, key: &str, body: Bytes) -> anyhow::Result<Self> {
        let authority = target.authority().context("the target must be a URL with a host")?.to_string();
        let bearer = format!("Bearer {key}");
        let headers = [
            (header::HOST, &*authority),
            (header::CONTENT_TYPE, "application/json"),
            (HeaderName::from_static("x-goog-api-key"), key),
            (header::AUTHORIZATION, &bearer),
        ];
        let headers = headers
            .into_iter()
            .map(|(name, value)| Ok((name, HeaderValue::from_str(value)?)))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { path: path.parse()?, headers, body, authority })
    }

    fn to_request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

// === impl Line ===

impl Line {
    /// Connects to where `ask` goes.
    pub(crate) async fn open(ask: &Ask) -> anyhow::Result<Self> {
        let stream =
            net::connect(&ask.authority).await.with_context(|| format!("cannot connect to {}", ask.authority))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        net::detach(async move {
            // Whoever waits for an answer on this connection is told of its end there.
            let _ = connection.await;
        });
        Ok(Self { sender })
    }

    /// Whether the next request can go over this connection.
    pub(crate) async fn is_open(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Sends `ask` and waits for the head of its answer.
    pub(crate) async fn send(&mut self, ask: &Ask) -> anyhow::Result<Response<Incoming>> {
        self.sender.send_request(ask.to_request()).await.map_err(|error| anyhow!("the request failed: {error}"))
    }
}
