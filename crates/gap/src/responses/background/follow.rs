//! The stream of a response that is worked on without its client: what was told so far, and then what is told.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use gap_protocol::openai::error::Error;
use gap_protocol::openai::responses::error_event;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use tokio::sync::watch;

use super::Job;
use super::log::Behind;
use crate::relay::chat::{EVENT_STREAM, KEEP_ALIVE};
use crate::relay::reply::X_ACCEL_BUFFERING;

/// What a follower is told whose events are gone.
const GONE: &str = "The events that come next are no longer kept; retrieve the response without stream.";

/// Somebody who follows a response.
struct Follower {
    job: Arc<Job>,
    changes: watch::Receiver<u64>,
    /// The number of the event that comes next.
    next: u64,
    keep_alive: Duration,
    is_over: bool,
}

/// Whether all events from this number on can still be told.
pub fn can_follow(job: &Job, next: u64) -> bool {
    job.events_from(next) != Behind::Gone
}

/// The events of a response from this number on, until it has ended. Whoever leaves changes nothing.
pub fn follow(job: Arc<Job>, next: u64, keep_alive: Duration) -> Response<Body> {
    let follower = Follower { changes: job.changes(), job, next, keep_alive, is_over: false };
    let events = stream::unfold(follower, |mut follower| async move {
        let events = follower.next().await?;
        Some((Ok::<Bytes, Infallible>(events), follower))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

// === impl Follower ===

impl Follower {
    /// What comes next; nothing when all was told.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        loop {
            self.changes.mark_unchanged();
            // Looked at first: what is told before the end is then surely there.
            let has_ended = self.job.has_ended();
            match self.job.events_from(self.next) {
                Behind::Events(events) => {
                    self.next += events.len() as u64;
                    return Some(events.concat().into());
                }
                Behind::Gone => {
                    self.is_over = true;
                    let error = Error { message: GONE, error_type: "server_error", param: None, code: None };
                    return Some(error_event(&error).into());
                }
                Behind::Nothing if has_ended => return None,
                Behind::Nothing => match tokio::time::timeout(self.keep_alive, self.changes.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_) => return Some(Bytes::from_static(KEEP_ALIVE)),
                },
            }
        }
    }
}
