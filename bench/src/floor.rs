//! The floor: the least that a gateway which understands its traffic can cost.
//!
//! It reads the request into typed structs, writes it anew, sends it on, reads each answer or event into typed structs
//! and writes it anew; on `/v1/chat/completions` it translates between OpenAI's and Gemini's words as well. No keys, no
//! limits, no retries, no log. It is a measuring stick, not a gateway: fields that it does not know are lost.
//!
//! With `--raw` it reads nothing and passes both bodies on piece by piece: what a plain reverse proxy costs, which knows
//! neither model nor usage. "The floor" of the tables is the one that reads.

mod body;
mod gemini;
mod openai;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use crate::floor::body::{Events, Passing};
use crate::load::{self, Route};
use crate::net::{self, Speaks};

const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// Options of `bench floor`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Port to listen on
    #[arg(long, short, default_value_t = 9200)]
    pub port: u16,
    /// Where the fake Gemini listens, as in http://127.0.0.1:9100
    #[arg(long)]
    pub upstream: Uri,
    /// Pass Gemini's bodies on unread
    #[arg(long)]
    pub raw: bool,
    /// Threads that serve
    #[arg(long, default_value_t = 1)]
    pub workers: usize,
}

/// Serves until the process ends.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let upstream = options.upstream.authority().context("the upstream must be a URL with a host")?.clone();
    let reading = if options.raw { Reading::Nothing } else { Reading::Everything };
    serve(net::listen(options.port).await?, upstream, reading).await
}

/// Serves until the task ends.
pub(crate) async fn serve(listener: TcpListener, upstream: Authority, reading: Reading) -> anyhow::Result<()> {
    let floor = Arc::new(Floor::new(upstream, reading));
    let service = service_fn(move |request| {
        let floor = Arc::clone(&floor);
        async move { Ok::<_, Infallible>(floor.answer(request).await) }
    });
    net::serve(listener, Speaks::Http1, service).await
}

/// How much of what passes is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Into typed structs, and written anew.
    Everything,
    /// Not a byte of the bodies.
    Nothing,
}

/// Whose words a stream of events is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Gemini,
    Openai,
}

/// What goes upstream.
#[derive(Debug)]
struct Outgoing {
    path: PathAndQuery,
    body: Sent,
    stream: bool,
    words: Words,
}

/// Why there is no answer.
#[derive(Debug)]
enum Trouble {
    /// The client sent what is not understood.
    Request(String),
    /// The upstream did.
    Upstream(String),
    /// There is no such route.
    Route,
}

/// A request's body: written anew, or as it arrives.
type Sent = Either<Full<Bytes>, Incoming>;

#[derive(Debug)]
struct Floor {
    client: Client<HttpConnector, Sent>,
    upstream: Authority,
    key: HeaderValue,
    reading: Reading,
}

// === impl Floor ===

impl Floor {
    fn new(upstream: Authority, reading: Reading) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(None).build(connector);
        let mut key = HeaderValue::from_static("a-key-that-nobody-checks");
        key.set_sensitive(true);
        Self { client, upstream, key, reading }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Passing> {
        match self.forward(request).await {
            Ok(response) => response,
            Err(trouble) => trouble.into_response(),
        }
    }

    async fn forward(&self, request: Request<Incoming>) -> Result<Response<Passing>, Trouble> {
        let (head, body) = request.into_parts();
        if head.method == Method::GET {
            return match head.uri.path() {
                "/healthz" => Ok(Response::new(Passing::whole("{}"))),
                _ => Err(Trouble::Route),
            };
        }
        if self.reading == Reading::Nothing {
            return self.pass(&head.uri, body).await;
        }
        let body = body.collect().await.map_err(|error| Trouble::Request(error.to_string()))?.to_bytes();
        let outgoing = match head.uri.path() {
            "/v1/chat/completions" => Outgoing::from_chat(&body)?,
            _ => Outgoing::from_gemini(&head.uri, &body)?,
        };
        let (stream, words) = (outgoing.stream, outgoing.words);
        let response = self.send(outgoing.path, outgoing.body).await?;
        let (status, kind) = (response.status(), response.headers().get(header::CONTENT_TYPE).cloned());
        let body = if stream && status == StatusCode::OK {
            Passing::Events(Events::new(response.into_body(), words))
        } else {
            let body = response.into_body().collect().await.map_err(|error| Trouble::Upstream(error.to_string()))?;
            Passing::whole(retell(status, words, &body.to_bytes())?)
        };
        Ok(answer(status, kind, body))
    }

    async fn pass(&self, uri: &Uri, body: Incoming) -> Result<Response<Passing>, Trouble> {
        let path = uri.path_and_query().cloned().ok_or(Trouble::Route)?;
        if streams(path.path()).is_none() {
            return Err(Trouble::Route);
        }
        let response = self.send(path, Either::Right(body)).await?;
        let (status, kind) = (response.status(), response.headers().get(header::CONTENT_TYPE).cloned());
        Ok(answer(status, kind, Passing::Raw(response.into_body())))
    }

    async fn send(&self, path: PathAndQuery, body: Sent) -> Result<Response<Incoming>, Trouble> {
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(self.upstream.clone()).path_and_query(path);
        let request = Request::post(uri.build().map_err(Trouble::unsendable)?)
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(X_GOOG_API_KEY, self.key.clone())
            .body(body)
            .map_err(Trouble::unsendable)?;
        self.client.request(request).await.map_err(|error| Trouble::Upstream(error.to_string()))
    }
}

/// Whether the answer to this path is a stream; `None` if the floor does not serve it.
fn streams(path: &str) -> Option<bool> {
    match path.rsplit_once(':')?.1 {
        "generateContent" => Some(false),
        "streamGenerateContent" => Some(true),
        _ => None,
    }
}

fn answer(status: StatusCode, kind: Option<HeaderValue>, body: Passing) -> Response<Passing> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    if let Some(kind) = kind {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    answer
}

fn retell(status: StatusCode, words: Words, body: &[u8]) -> Result<Bytes, Trouble> {
    if status != StatusCode::OK {
        return Ok(Bytes::copy_from_slice(body));
    }
    let answer: gemini::Answer<'_> = serde_json::from_slice(body).map_err(Trouble::upstream)?;
    let told = match words {
        Words::Gemini => serde_json::to_vec(&answer),
        Words::Openai => serde_json::to_vec(&openai::completion(&answer)),
    };
    Ok(told.map_err(Trouble::upstream)?.into())
}

// === impl Outgoing ===

impl Outgoing {
    fn from_gemini(uri: &Uri, body: &[u8]) -> Result<Self, Trouble> {
        let path = uri.path_and_query().cloned().ok_or(Trouble::Route)?;
        let stream = streams(path.path()).ok_or(Trouble::Route)?;
        let request: gemini::Request<'_> = serde_json::from_slice(body).map_err(Trouble::request)?;
        let body = serde_json::to_vec(&request).map_err(Trouble::request)?;
        Ok(Self { path, body: Either::Left(body.into()), stream, words: Words::Gemini })
    }

    fn from_chat(body: &[u8]) -> Result<Self, Trouble> {
        let chat: openai::Chat<'_> = serde_json::from_slice(body).map_err(Trouble::request)?;
        let (model, stream) = (&*chat.model, chat.stream);
        let path = load::path(Route::Native, model, stream);
        let path = path.try_into().map_err(|_| Trouble::Request("the model's name cannot stand in a path".into()))?;
        let body = serde_json::to_vec(&openai::request(&chat)).map_err(Trouble::request)?;
        Ok(Self { path, body: Either::Left(body.into()), stream, words: Words::Openai })
    }
}

// === impl Trouble ===

#[expect(clippy::needless_pass_by_value, reason = "they stand in `map_err`")]
impl Trouble {
    fn request(error: serde_json::Error) -> Self {
        Self::Request(error.to_string())
    }

    fn unsendable(error: http::Error) -> Self {
        Self::Request(error.to_string())
    }

    fn upstream(error: serde_json::Error) -> Self {
        Self::Upstream(error.to_string())
    }

    fn into_response(self) -> Response<Passing> {
        let (status, message) = match self {
            Self::Request(message) => (StatusCode::BAD_REQUEST, message),
            Self::Upstream(message) => (StatusCode::BAD_GATEWAY, message),
            Self::Route => (StatusCode::NOT_FOUND, "no such route".to_owned()),
        };
        let error = serde_json::json!({"error": {"code": status.as_u16(), "message": message}});
        let mut response = Response::new(Passing::whole(error.to_string()));
        *response.status_mut() = status;
        response
    }
}
