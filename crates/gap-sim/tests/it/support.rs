//! A running simulator and a client that hides nothing.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use gap_sim::{Control, Options, Simulator};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

pub(crate) const KEY: &str = "key-one";
pub(crate) const OTHER: &str = "key-two";
pub(crate) const MODEL: &str = "gemini-2.5-flash";

/// A simulator on a port of its own; ends with the value.
pub(crate) struct Sim {
    pub(crate) address: SocketAddr,
    pub(crate) control: Control,
    client: Client<HttpConnector, Full<Bytes>>,
    _end: DropGuard,
}

/// An answer that arrived whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What can be changed about a request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Sim {
    pub(crate) async fn start() -> Self {
        Self::with(Options::with_keys([KEY, OTHER])).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let simulator = Simulator::new(options);
        let control = simulator.control();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let end = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "ends with the guard")]
        tokio::spawn(gap_sim::serve(listener, simulator, None, end.clone()));
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(1)).build_http();
        Self { address, control, client, _end: end.drop_guard() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends, and gives back what begins to arrive.
    pub(crate) async fn open(&self, ask: &Ask) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
        let mut request = Request::builder().method(&ask.method).uri(self.url(&ask.path));
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        self.client.request(request.body(Full::new(ask.body.clone())).unwrap()).await
    }

    pub(crate) async fn send(&self, ask: &Ask) -> Answer {
        let response = self.open(ask).await.unwrap();
        let (head, body) = response.into_parts();
        Answer { status: head.status, headers: head.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    /// `generateContent` with one text.
    pub(crate) async fn say(&self, text: &str) -> Answer {
        self.send(&Ask::generate(MODEL, &said(text))).await
    }

    /// Waits for what happens on the other side of the socket.
    pub(crate) async fn until(&self, condition: impl Fn(&Control) -> bool) {
        let waiting = async {
            while !condition(&self.control) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    }

    /// The control API over HTTP.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let ask = Ask { method: method.parse().unwrap(), path: format!("/_sim/{path}"), headers: vec![], body };
        let answer = self.send(&ask).await;
        (answer.status, answer.json())
    }
}

impl Ask {
    pub(crate) fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), headers: vec![], body: Bytes::new() }
            .header("x-goog-api-key", KEY)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        let body = body.to_string();
        Self::get(path).method("POST").header("content-type", "application/json").bytes(body)
    }

    pub(crate) fn generate(model: &str, body: &Value) -> Self {
        Self::post(&format!("/v1beta/models/{model}:generateContent"), body)
    }

    pub(crate) fn stream(model: &str, body: &Value) -> Self {
        Self::post(&format!("/v1beta/models/{model}:streamGenerateContent?alt=sse"), body)
    }

    pub(crate) fn method(self, method: &str) -> Self {
        Self { method: method.parse().unwrap(), ..self }
    }

    pub(crate) fn bytes(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// In place of one of that name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("x-goog-api-key", key)
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "x-goog-api-key");
        self
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of the first candidate, without thoughts.
    pub(crate) fn said(&self) -> String {
        said_in(&self.json())
    }

    pub(crate) fn message(&self) -> String {
        let json = self.json();
        json["error"]["message"].as_str().unwrap_or_else(|| panic!("no error: {json}")).to_owned()
    }

    /// The events of a stream.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = self.text();
        assert!(text.ends_with("\r\n\r\n"), "an unfinished stream: {text:?}");
        let events = text.split_terminator("\r\n\r\n").map(|event| event.strip_prefix("data: ").unwrap());
        events.map(|event| serde_json::from_str(event).unwrap()).collect()
    }
}

/// The text of an answer's first candidate, without thoughts.
pub(crate) fn said_in(answer: &Value) -> String {
    let parts = answer["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default();
    parts.iter().filter(|part| part["thought"] != true).filter_map(|part| part["text"].as_str()).collect()
}

/// A request of one turn.
pub(crate) fn said(text: &str) -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": text}]}]})
}
