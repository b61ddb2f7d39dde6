//! What happens, as it happens: server-sent events.

#![expect(unused_qualifications, reason = "utoipa spells out the type of a query")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::actor::{Administrator, Anyone};
use super::page::Query;
use super::problem::Problem;
use crate::app::App;
use crate::events::{Heard, Listener};
use crate::relay::reply::X_ACCEL_BUFFERING;

/// Readers at a time, of each kind.
const READERS: usize = 256;
/// How often a quiet stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The first words: after so many milliseconds a browser that lost the stream comes back.
const GREETING: &str = "retry: 2000\n\n";
const QUIET: &str = ": keep-alive\n\n";

/// Follows what happens: `request` when one has ended, `key` when an upstream key is refused or changes, `job`, and `missed`
/// when events are missing. An ordinary user hears of their own requests. `Last-Event-ID` goes on where a reader left off.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "live",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last event that the reader has seen.")),
    responses((status = 200, description = "Events, until the reader leaves or GAP stops.", content_type = "text/event-stream", body = String)),
)]
pub(super) async fn follow_events(
    State(app): State<App>,
    Anyone(actor): Anyone,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let events = app.books.events();
    if events.listeners() >= READERS {
        return Err(crowded());
    }
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let listener = events.listen(last);
    let only = (!actor.is_administrator()).then(|| actor.caller.id.to_string());
    Ok(respond(app, EventReader { listener, only }))
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LogsQuery {
    /// How many of the newest lines come first.
    #[param(maximum = 2000, default = 100)]
    pub lines: Option<u32>,
}

/// Follows the log: the newest lines, and those to come. `missed` says how many a slow reader has lost.
#[utoipa::path(
    get,
    path = "/api/v1/logs",
    tag = "live",
    params(LogsQuery),
    responses((status = 200, description = "Lines as events, until the reader leaves or GAP stops.", content_type = "text/event-stream", body = String)),
)]
pub(super) async fn follow_logs(
    State(app): State<App>,
    Administrator(_actor): Administrator,
    Query(query): Query<LogsQuery>,
) -> Result<Response, Problem> {
    let lines = query.lines.unwrap_or(100);
    if lines > 2_000 {
        return Err(Problem::field("lines", "no more than the newest 2000 lines are kept"));
    }
    let Some(tail) = app.logs.get() else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "This process keeps no log that could be followed."));
    };
    if tail.readers() >= READERS {
        return Err(crowded());
    }
    let (newest, receiver) = tail.follow(lines as usize);
    Ok(respond(app, LineReader { newest: newest.into(), receiver }))
}

fn crowded() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("{READERS} readers follow already."))
}

/// Says what is next, as a frame.
trait Reader: Send + 'static {
    fn next(&mut self) -> impl Future<Output = Option<String>> + Send;
}

struct EventReader {
    listener: Listener,
    /// Whose events alone are told.
    only: Option<String>,
}

struct LineReader {
    newest: VecDeque<Arc<str>>,
    receiver: Receiver<Arc<str>>,
}

impl Reader for EventReader {
    async fn next(&mut self) -> Option<String> {
        loop {
            match self.listener.next().await? {
                Heard::Missed(count) => return Some(missed(count)),
                Heard::Event(event) if self.only.is_some() && event.access_key != self.only => {}
                Heard::Event(event) => {
                    return Some(format!("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind.name(), event.data));
                }
            }
        }
    }
}

impl Reader for LineReader {
    async fn next(&mut self) -> Option<String> {
        let line = match self.newest.pop_front() {
            Some(line) => line,
            None => match self.receiver.recv().await {
                Ok(line) => line,
                Err(RecvError::Lagged(count)) => return Some(missed(Some(count))),
                Err(RecvError::Closed) => return None,
            },
        };
        let mut frame = String::with_capacity(line.len() + 32);
        // A line of the log is one line; it is nobody's business to rely on that here.
        for part in line.split(['\n', '\r']) {
            let _ = writeln!(frame, "data: {part}");
        }
        Some(format!("event: line\n{frame}\n"))
    }
}

fn missed(count: Option<u64>) -> String {
    format!("event: missed\ndata: {}\n\n", serde_json::json!({ "missed": count }))
}

fn respond(app: App, reader: impl Reader) -> Response {
    let frames = stream::unfold((app, reader, true), |(app, mut reader, first)| async move {
        if first {
            return Some((Ok::<_, Infallible>(Bytes::from_static(GREETING.as_bytes())), (app, reader, false)));
        }
        let next = tokio::select! {
            // Else shutdown would wait for readers that never leave.
            () = app.lifecycle.stopping() => return None,
            next = reader.next() => next?,
            () = tokio::time::sleep(KEEP_ALIVE) => QUIET.to_owned(),
        };
        Some((Ok(next.into()), (app, reader, false)))
    });
    let mut response = Body::from_stream(frames).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-cache"));
    headers.insert(X_ACCEL_BUFFERING, http::HeaderValue::from_static("no"));
    response
}
