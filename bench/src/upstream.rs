//! A fake Gemini that costs next to nothing: everything it says is made once and shared.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use tokio::net::TcpListener;
use tokio::time::{Sleep, sleep};

use crate::net::{self, Speaks};
use crate::script::{self, Script};

/// Options of `bench upstream`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Port to listen on
    #[arg(long, short, default_value_t = 9100)]
    pub port: u16,
    /// Threads that serve
    #[arg(long, default_value_t = 1)]
    pub workers: usize,
}

/// Serves until the process ends.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    serve(net::listen(options.port).await?).await
}

/// Serves until the task ends.
pub(crate) async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let repertoire = Arc::new(Repertoire::default());
    let service = service_fn(move |request| {
        let repertoire = Arc::clone(&repertoire);
        async move { Ok::<_, Infallible>(answer(&repertoire, request).await) }
    });
    net::serve(listener, Speaks::Http1And2, service).await
}

/// Everything there is to say, by the model's name.
#[derive(Debug, Default)]
struct Repertoire {
    parts: Mutex<HashMap<String, Arc<Part>>>,
}

/// What one model says.
#[derive(Debug)]
struct Part {
    script: Script,
    unary: Bytes,
    events: Vec<Bytes>,
}

/// The body of an answer.
#[derive(Debug)]
enum Say {
    /// All at once.
    Whole(Option<Bytes>),
    /// Event by event, each in a write of its own.
    Events { part: Arc<Part>, next: usize, rest: Rest },
}

/// What has to happen before the next event may go out.
#[derive(Debug)]
enum Rest {
    /// Nothing.
    Over,
    /// The connection has to write what it has: it does so when the body has nothing ready.
    Flush,
    /// Time has to pass.
    Pause(Pin<Box<Sleep>>),
}

// === impl Repertoire ===

impl Repertoire {
    fn part(&self, model: &str) -> Option<Arc<Part>> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.get(model) {
            return Some(Arc::clone(part));
        }
        let part = Arc::new(Part::new(Script::of_model(model)?));
        parts.insert(model.to_owned(), Arc::clone(&part));
        Some(part)
    }
}

// === impl Part ===

impl Part {
    fn new(script: Script) -> Self {
        let texts = script.event_texts();
        let events = texts.iter().enumerate().map(|(at, text)| script::event(&script, at, text)).collect();
        Self { unary: script::unary(&script), events, script }
    }
}

async fn answer(repertoire: &Repertoire, request: Request<Incoming>) -> Response<Say> {
    let (head, mut body) = request.into_parts();
    let mut last = None;
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => last = data.last().copied().or(last),
            Ok(Err(_trailers)) => {}
            Err(_) => return refusal(StatusCode::BAD_REQUEST, "The request body broke off."),
        }
    }
    let path = head.uri.path();
    if head.method == Method::GET {
        return match path {
            "/healthz" => json(StatusCode::OK, Bytes::from_static(b"{}")),
            _ => refusal(StatusCode::NOT_FOUND, "Nothing is here."),
        };
    }
    if last != Some(b'}') {
        return refusal(StatusCode::BAD_REQUEST, "The request body is no JSON object.");
    }
    let Some((model, method)) = path.rsplit('/').next().and_then(|last| last.split_once(':')) else {
        return refusal(StatusCode::NOT_FOUND, "The path names no model and method.");
    };
    let Some(part) = repertoire.part(model) else {
        return refusal(StatusCode::NOT_FOUND, "The model is not one of the bench's.");
    };
    let sse = head.uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "alt=sse"));
    match method {
        "generateContent" => json(StatusCode::OK, part.unary.clone()),
        "streamGenerateContent" if sse => stream(part),
        "streamGenerateContent" => refusal(StatusCode::BAD_REQUEST, "Streams are served as alt=sse only."),
        _ => refusal(StatusCode::NOT_FOUND, "The method is not served."),
    }
}

fn json(status: StatusCode, body: Bytes) -> Response<Say> {
    let mut response = Response::new(Say::Whole(Some(body)));
    *response.status_mut() = status;
    *response.headers_mut() = headers("application/json; charset=UTF-8");
    response
}

fn stream(part: Arc<Part>) -> Response<Say> {
    let mut response = Response::new(Say::Events { part, next: 0, rest: Rest::Over });
    *response.headers_mut() = headers("text/event-stream");
    response
}

fn refusal(status: StatusCode, message: &str) -> Response<Say> {
    let error =
        serde_json::json!({"error": {"code": status.as_u16(), "message": message, "status": "INVALID_ARGUMENT"}});
    json(status, format!("{error:#}\n").into())
}

/// The headers that Google sends along with every answer: a gateway has to walk over them.
fn headers(content_type: &'static str) -> HeaderMap {
    [
        (header::CONTENT_TYPE, content_type),
        (header::VARY, "Origin, X-Origin, Referer"),
        (header::SERVER, "scaffolding on HTTPServer2"),
        (header::X_XSS_PROTECTION, "0"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::ALT_SVC, "h3=\":443\"; ma=2592000,h3-29=\":443\"; ma=2592000"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .into_iter()
    .collect()
}

// === impl Say ===

impl Body for Say {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let (part, next, rest) = match self.get_mut() {
            Self::Whole(body) => return Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Self::Events { part, next, rest } => (part, next, rest),
        };
        match std::mem::replace(rest, Rest::Over) {
            Rest::Over => {}
            Rest::Flush => {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Rest::Pause(mut sleep) => {
                if sleep.as_mut().poll(context).is_pending() {
                    *rest = Rest::Pause(sleep);
                    return Poll::Pending;
                }
            }
        }
        if part.script.hold && *next > 0 {
            // Nothing wakes this: the connection itself notices that the client has gone.
            return Poll::Pending;
        }
        let Some(event) = part.events.get(*next) else { return Poll::Ready(None) };
        *next += 1;
        let more = *next < part.events.len();
        *rest = match part.script.pause {
            _ if !more => Rest::Over,
            pause if pause.is_zero() => Rest::Flush,
            pause => Rest::Pause(Box::pin(sleep(pause))),
        };
        Poll::Ready(Some(Ok(Frame::data(event.clone()))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_none(),
            Self::Events { part, next, .. } => *next == part.events.len(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Events { .. } => SizeHint::default(),
        }
    }
}
