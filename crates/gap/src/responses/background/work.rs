//! The work on one response: getting the answer, and telling those who look at it.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use gap_protocol::openai::responses::background::{Outcome, Standing, Told, events_of};
use http::Response;
use http_body_util::BodyExt;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::{BEAT, Background, Job};
use crate::responses::KeptResponse;
use crate::responses::keeper::Joining;

/// A response that is to be worked on.
pub struct Task {
    /// Its id.
    pub id: String,
    /// The response while nobody works on it.
    pub queued: Bytes,
    /// Whether its answer is a stream of events.
    pub is_streamed: bool,
    /// The response that it goes on from.
    pub previous: Option<String>,
    /// The items of its request.
    pub input: Bytes,
    /// The conversation that it is added to.
    pub joins: Option<Joining>,
    /// Resolves when somebody works on it.
    pub began: CancellationToken,
    /// Gets the answer.
    pub answer: Pin<Box<dyn Future<Output = Result<Response<Body>, Broken>> + Send>>,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Broken {
    /// OpenAI's word for it.
    pub code: &'static str,
    /// A sentence.
    pub message: String,
}

/// How the work ends.
enum End {
    /// With a response, and the event that brings it.
    Ended(Outcome, Option<Bytes>),
    /// Nobody wants it any more.
    Cancelled,
    /// Without an answer.
    Broken(Broken),
}

// === impl Task ===

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("id", &self.id).finish_non_exhaustive()
    }
}

// === impl Broken ===

impl Broken {
    fn by_us(message: &str) -> Self {
        Self { code: "server_error", message: message.to_owned() }
    }
}

// === impl Background ===

impl Background {
    /// Works on a response until it has ended, whatever the end is.
    pub(super) async fn work(&self, job: &Job, task: Task) {
        let Task { joins, began, answer, is_streamed, .. } = task;
        let end = tokio::select! {
            biased;
            () = job.cancelled() => End::Cancelled,
            () = self.0.lifecycle.must_end() => {
                End::Broken(Broken::by_us("The gateway was stopped before the response was complete."))
            }
            () = self.stay_alive(job) => End::Cancelled,
            end = self.follow_answer(job, answer, &began, is_streamed) => end,
        };
        // What was under way upstream is dropped by now, and with it its lease and its record are settled.
        let (kept, last, kind) = match end {
            End::Ended(outcome, last) => {
                if let Some(joins) = joins.filter(|_| outcome.is_answer) {
                    joins.add(job.input(), &outcome.output).await;
                }
                let kept = KeptResponse { output: outcome.output, response: outcome.response, ..job.kept() };
                (kept, last, "response.completed")
            }
            End::Cancelled => (job.restated(Standing::Cancelled), None, "response.cancelled"),
            End::Broken(Broken { code, message }) => {
                let standing = Standing::Failed { code, message: &message };
                (job.restated(standing), None, "response.failed")
            }
        };
        let response = kept.response.clone();
        self.keep(job, kept).await;
        job.end(response, last, kind);
    }

    /// Says again and again that somebody works on it. Ends when somebody else has ended it.
    async fn stay_alive(&self, job: &Job) {
        if self.0.responses.database().is_none() {
            return std::future::pending().await;
        }
        let mut beats = tokio::time::interval_at(Instant::now() + BEAT, BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            if !self.beat(job, None).await {
                return;
            }
        }
    }

    /// Gets the answer and tells what it brings. A panic in it is an end too.
    async fn follow_answer(
        &self,
        job: &Job,
        answer: Pin<Box<dyn Future<Output = Result<Response<Body>, Broken>> + Send>>,
        began: &CancellationToken,
        is_streamed: bool,
    ) -> End {
        let following = AssertUnwindSafe(async {
            let mut answer = answer;
            let answered = tokio::select! {
                biased;
                answered = &mut answer => answered,
                () = began.cancelled() => {
                    self.show_begun(job).await;
                    answer.await
                }
            };
            match answered {
                Err(broken) => End::Broken(broken),
                Ok(response) => {
                    self.show_begun(job).await;
                    let body = response.into_body();
                    if is_streamed { self.tell(job, body).await } else { read(body).await }
                }
            }
        });
        following.catch_unwind().await.unwrap_or_else(|_| {
            error!(response = job.id(), "The work on a response panicked");
            End::Broken(Broken::by_us("The gateway failed while it worked on this response."))
        })
    }

    /// Tells the events of a streamed answer as they come, but the last: what it says has to be kept before.
    async fn tell(&self, job: &Job, mut body: Body) -> End {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { break };
            let Ok(data) = frame.into_data() else { continue };
            for event in events_of(&data) {
                match Told::read(&event) {
                    Told::Ended(outcome) => return End::Ended(outcome, Some(event)),
                    Told::Item(item) => job.add(event, Some(item)),
                    Told::Nothing => job.add(event, None),
                }
            }
            self.make_room(job);
        }
        End::Broken(Broken::by_us("The answer broke off."))
    }

    async fn show_begun(&self, job: &Job) {
        if let Some(response) = job.begin() {
            self.beat(job, Some(&response)).await;
        }
    }
}

/// Reads an answer in one piece.
async fn read(body: Body) -> End {
    let Ok(collected) = body.collect().await else { return End::Broken(Broken::by_us("The answer broke off.")) };
    match Outcome::read(&collected.to_bytes()) {
        Some(outcome) => End::Ended(outcome, None),
        None => End::Broken(Broken::by_us("The answer could not be read.")),
    }
}
