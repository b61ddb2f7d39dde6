//! The load client: sends the same request over many connections and checks every answer to the letter.
//!
//! Two ways to press. *Closed loop*: each connection sends as soon as it has its answer; shows what the target can do.
//! *Open loop* (`--rate`): requests leave at fixed times whether or not earlier ones came back; shows how long an answer
//! takes. There, a request that had to wait for its connection counts from when it should have left, so that a
//! stalled target cannot hide; one whose timer rang late counts from when it left, since timers here have a
//! resolution of a millisecond and that lateness is the client's own.
#![expect(clippy::print_stdout, reason = "the report goes to standard output")]

mod check;
mod report;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use http::{StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::http1::{Ask, Line};
use crate::load::check::Check;
use crate::load::report::Tally;
pub(crate) use crate::load::report::{Outcome, Report, Times};
use crate::script::{self, Script};
use crate::sse::Splitter;

/// How long after its end a run may still wait for answers.
const PATIENCE: Duration = Duration::from_secs(20);
/// No run is longer, whatever is asked for.
const LONGEST_SECONDS: f64 = 3_600.0;

/// Which words the target is asked in.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Route {
    /// `/v1beta/models/MODEL:generateContent`
    Native,
    /// `/v1/chat/completions`
    Openai,
}

/// Options of `bench load`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// What to press, as in http://127.0.0.1:7860
    #[arg(long)]
    pub target: Uri,
    /// Words to ask in
    #[arg(long, value_enum, default_value = "native")]
    pub route: Route,
    /// Model to ask for; its name says what is answered
    #[arg(long, default_value = "bench-1k")]
    pub model: String,
    /// Ask for a stream
    #[arg(long)]
    pub stream: bool,
    /// Characters of the prompt
    #[arg(long, default_value_t = 800)]
    pub prompt: usize,
    /// Connections
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// How long, in seconds
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// Stop after so many requests, whatever the time
    #[arg(long)]
    pub requests: Option<u64>,
    /// Requests per second over all connections; without it each connection sends as soon as it can
    #[arg(long)]
    pub rate: Option<f64>,
    /// Access key to send
    #[arg(long, default_value = "bench")]
    pub key: String,
}

/// Presses the target and prints the outcome as JSON.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let outcome = press(options).await?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

/// Presses the target. A wrong answer is an error, not a statistic; so is one that never comes.
pub(crate) async fn press(options: Options) -> anyhow::Result<Outcome> {
    let plan = Plan::new(options)?;
    let most = plan.duration() + PATIENCE;
    timeout(most, plan.carry_out()).await.with_context(|| format!("answers are still missing after {most:?}"))?
}

/// The path of a request.
pub(crate) fn path(route: Route, model: &str, stream: bool) -> String {
    match (route, stream) {
        (Route::Native, false) => format!("/v1beta/models/{model}:generateContent"),
        (Route::Native, true) => format!("/v1beta/models/{model}:streamGenerateContent?alt=sse"),
        (Route::Openai, _) => "/v1/chat/completions".to_owned(),
    }
}

/// What all connections share.
#[derive(Debug)]
struct Plan {
    options: Options,
    ask: Ask,
    expected: String,
    tally: Mutex<Tally>,
}

/// When a request of one connection leaves.
#[derive(Debug)]
enum Pace {
    /// At once.
    Closed,
    /// At fixed times.
    Open { next: Instant, every: Duration },
}

// === impl Plan ===

impl Plan {
    fn new(options: Options) -> anyhow::Result<Self> {
        ensure!(options.connections > 0, "there must be a connection");
        ensure!((0.0..=LONGEST_SECONDS).contains(&options.seconds), "a run takes up to {LONGEST_SECONDS} seconds");
        ensure!(options.rate.is_none_or(|rate| (0.001..1e6).contains(&rate)), "the rate is not one that can be kept");
        let script = Script::of_model(&options.model).context("the model's name is no script of the bench")?;
        let expected = if options.stream { script.stream_text() } else { script.answer_text() };
        let Options { target, route, model, prompt, stream, .. } = &options;
        let body = script::request(*route, model, *prompt, *stream);
        let ask = Ask::new(target, &path(*route, model, *stream), &options.key, body)?;
        let tally = Mutex::new(Tally::new(options.stream)?);
        Ok(Self { options, ask, expected, tally })
    }

    fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.options.seconds)
    }

    async fn carry_out(self) -> anyhow::Result<Outcome> {
        if let Some(status) = self.refused_with().await? {
            return Ok(Outcome::NotServed { status: status.as_u16() });
        }
        let plan = Arc::new(self);
        let mut workers = JoinSet::new();
        let start = Instant::now();
        for number in 0..plan.options.connections {
            workers.spawn(Arc::clone(&plan).work(number, start));
        }
        // The first error ends all connections: dropping the set aborts its tasks.
        while let Some(ended) = workers.join_next().await {
            ended.context("a connection's task was lost")??;
        }
        let seconds = start.elapsed().as_secs_f64();
        let report = plan.tally(|tally| tally.report(seconds));
        ensure!(report.requests > 0, "there was no time for a single request");
        Ok(Outcome::Measured(report))
    }

    /// One request ahead: a target that lacks the route says so with 404, and there is nothing to measure.
    async fn refused_with(&self) -> anyhow::Result<Option<StatusCode>> {
        let response = Line::open(&self.ask).await?.send(&self.ask).await?;
        let status = response.status();
        Ok(matches!(status, StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED).then_some(status))
    }

    async fn work(self: Arc<Self>, number: usize, start: Instant) -> anyhow::Result<()> {
        let end = start + self.duration();
        let mut pace = Pace::new(&self.options, number, start);
        let mut line = Line::open(&self.ask).await?;
        while !self.is_over(end, &pace) {
            if !line.is_open().await {
                line = Line::open(&self.ask).await?;
                self.tally(|tally| tally.reconnects += 1);
            }
            let due = pace.departure().await;
            self.exchange(&mut line, due).await?;
        }
        Ok(())
    }

    fn is_over(&self, end: Instant, pace: &Pace) -> bool {
        let enough = match self.options.requests {
            Some(most) => self.tally(|tally| !tally.admit(most)),
            None => false,
        };
        enough || pace.next() >= end
    }

    async fn exchange(&self, line: &mut Line, due: Instant) -> anyhow::Result<()> {
        let response = line.send(&self.ask).await?;
        let status = response.status();
        if status != StatusCode::OK {
            let body = response.into_body().collect().await?.to_bytes();
            bail!("answered {status}: {}", String::from_utf8_lossy(&body[..body.len().min(500)]));
        }
        let body = response.into_body();
        let first = if self.options.stream { self.stream(body, due).await? } else { self.unary(body, due).await? };
        let total = due.elapsed();
        self.tally(|tally| tally.count(first, total))
    }

    /// Returns when the first byte of the answer was there.
    async fn unary(&self, body: Incoming, due: Instant) -> anyhow::Result<Duration> {
        let first = due.elapsed();
        let body = body.collect().await.context("the answer broke off")?.to_bytes();
        let mut check = Check::new(self.options.route, &self.expected);
        check.whole(&body)?;
        check.end()?;
        Ok(first)
    }

    /// Returns when the first event was there.
    async fn stream(&self, mut body: Incoming, due: Instant) -> anyhow::Result<Duration> {
        let mut first = None;
        let mut splitter = Splitter::default();
        let mut check = Check::new(self.options.route, &self.expected);
        while let Some(frame) = body.frame().await {
            let Ok(chunk) = frame.context("the stream broke off")?.into_data() else { continue };
            splitter.push(&chunk, |data| {
                first.get_or_insert_with(|| due.elapsed());
                check.event(data)
            })?;
        }
        if !splitter.is_whole() {
            bail!("the stream ended within an event");
        }
        check.end()?;
        first.context("the stream had no event")
    }

    fn tally<T>(&self, change: impl FnOnce(&mut Tally) -> T) -> T {
        change(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Pace ===

impl Pace {
    /// The connections take turns: at 1,000/s over 10 connections each sends every 10 ms, 1 ms after its neighbour.
    fn new(options: &Options, number: usize, start: Instant) -> Self {
        match options.rate {
            None => Self::Closed,
            Some(rate) => {
                let turn = Duration::from_secs_f64(1.0 / rate);
                let every = turn.mul_f64(options.connections as f64);
                Self::Open { next: start + turn.mul_f64(number as f64), every }
            }
        }
    }

    fn next(&self) -> Instant {
        match self {
            Self::Closed => Instant::now(),
            Self::Open { next, .. } => *next,
        }
    }

    /// Waits until the next request is due and says from when it counts.
    async fn departure(&mut self) -> Instant {
        match self {
            Self::Closed => Instant::now(),
            Self::Open { next, every } => {
                let due = *next;
                *next += *every;
                if due <= Instant::now() {
                    return due;
                }
                sleep_until(due).await;
                Instant::now()
            }
        }
    }
}
