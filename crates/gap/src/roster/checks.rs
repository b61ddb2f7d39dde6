//! Looks at many keys, one job at a time in the background: which of them does Google accept today?
//!
//! A look is a request that costs no quota. The pool acts upon each at once, so a key that was mended is back in use before
//! the job has come to its end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use gap_pool::KeyId;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock::Clock;
use crate::events::Events;
use crate::keyring::{Finding, Keyring};
use crate::lifecycle::Lifecycle;
use crate::upstream::Upstream;

/// Keys that are looked at at a time.
const AT_ONCE: usize = 16;
/// Jobs under way at a time.
const MOST_UNDER_WAY: usize = 2;
/// Jobs that are remembered.
const MOST_JOBS: usize = 20;
/// So often at most it is told how far a job is.
const STEPS: usize = 50;
/// Keys that are named in a job: those that are not good.
const MOST_NAMED: usize = 10_000;

/// The jobs.
#[derive(Debug)]
pub struct Checks {
    jobs: Mutex<VecDeque<Arc<Running>>>,
    clock: Clock,
    lifecycle: Lifecycle,
    events: Events,
}

#[derive(Debug)]
struct Running {
    job: Mutex<Job>,
    events: Events,
    stop: CancellationToken,
}

/// A job, as far as it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Job {
    /// Its identifier.
    pub id: Uuid,
    /// How far it is.
    pub state: JobState,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Keys to be looked at.
    pub total: usize,
    /// Keys that were looked at.
    pub done: usize,
    /// Keys that Google accepts.
    pub good: usize,
    /// Keys that Google knows and does not serve now: a quota, or money.
    pub limited: usize,
    /// Keys that Google refuses until somebody mends them.
    pub invalid: usize,
    /// Keys of which nobody can say: Google did not answer.
    pub unreachable: usize,
    /// Keys that are not good; ten thousand at most.
    pub findings: Vec<KeyFinding>,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is under way.
    Running,
    /// Every key was looked at.
    Done,
    /// Somebody has ended it before.
    Cancelled,
}

/// A key that is not good.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyFinding {
    /// The key's identifier.
    pub key: Uuid,
    /// What a look at it comes to: `limited`, `invalid` or `unreachable`.
    #[schema(value_type = String)]
    pub finding: Finding,
    /// The cause, as in logs.
    pub cause: Option<&'static str>,
    /// Google's words.
    pub message: String,
}

/// Enough jobs are under way.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{MOST_UNDER_WAY} checks are under way already")]
pub struct TooMany;

// === impl Checks ===

impl Checks {
    /// No job yet.
    pub fn new(clock: Clock, lifecycle: Lifecycle, events: Events) -> Self {
        Self { jobs: Mutex::default(), clock, lifecycle, events }
    }

    /// Begins to look at keys.
    pub fn begin(&self, keys: Vec<(Uuid, KeyId)>, keyring: &Keyring, upstream: &Arc<Upstream>) -> Result<Job, TooMany> {
        let job = Job {
            id: Uuid::now_v7(),
            state: JobState::Running,
            began_at: self.clock.now(),
            ended_at: None,
            total: keys.len(),
            done: 0,
            good: 0,
            limited: 0,
            invalid: 0,
            unreachable: 0,
            findings: Vec::new(),
        };
        let running = Arc::new(Running {
            job: Mutex::new(job.clone()),
            events: self.events.clone(),
            stop: CancellationToken::new(),
        });
        {
            let mut jobs = self.jobs();
            if jobs.iter().filter(|job| job.job().state == JobState::Running).count() >= MOST_UNDER_WAY {
                return Err(TooMany);
            }
            if jobs.len() >= MOST_JOBS {
                let over = jobs.iter().position(|job| job.job().state != JobState::Running);
                over.and_then(|over| jobs.remove(over));
            }
            jobs.push_back(Arc::clone(&running));
        }
        running.tell();
        let (keyring, upstream) = (keyring.clone(), Arc::clone(upstream));
        let (clock, lifecycle) = (self.clock.clone(), self.lifecycle.clone());
        self.lifecycle.spawn(async move {
            let looks = futures_util::stream::iter(keys).for_each_concurrent(AT_ONCE, |(id, key)| {
                let (keyring, upstream, running) = (&keyring, &upstream, &running);
                async move {
                    let checked = keyring.recheck(key, upstream).await;
                    running.note(id, checked);
                }
            });
            let state = tokio::select! {
                () = looks => JobState::Done,
                () = running.stop.cancelled() => JobState::Cancelled,
                () = lifecycle.stopping() => JobState::Cancelled,
            };
            let Job { done, good, limited, invalid, unreachable, .. } = {
                let mut job = running.job();
                (job.state, job.ended_at) = (state, Some(clock.now()));
                job.without_findings()
            };
            running.tell();
            info!(done, good, limited, invalid, unreachable, "Looked at {done} upstream keys");
        });
        Ok(job)
    }

    /// A job, as far as it has come.
    pub fn find(&self, id: Uuid) -> Option<Job> {
        self.running(id).map(|running| running.job().clone())
    }

    /// Every job that is remembered, the newest first, without the keys that it names.
    pub fn list(&self) -> Vec<Job> {
        self.jobs().iter().rev().map(|running| running.job().without_findings()).collect()
    }

    /// Ends a job before its time; whether there is one.
    pub fn cancel(&self, id: Uuid) -> bool {
        self.running(id).map(|running| running.stop.cancel()).is_some()
    }

    fn running(&self, id: Uuid) -> Option<Arc<Running>> {
        self.jobs().iter().find(|running| running.job().id == id).cloned()
    }

    fn jobs(&self) -> MutexGuard<'_, VecDeque<Arc<Running>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Job ===

impl Job {
    fn without_findings(&self) -> Self {
        Self { findings: Vec::new(), ..*self }
    }
}

// === impl Running ===

impl Running {
    fn note(&self, key: Uuid, checked: Option<crate::keyring::KeyCheck>) {
        self.count(key, checked);
        let Job { done, total, .. } = *self.job();
        if done * STEPS / total.max(1) != (done - 1) * STEPS / total.max(1) {
            self.tell();
        }
    }

    /// Tells how far it is.
    fn tell(&self) {
        if self.events.is_heard() {
            let job = self.job().without_findings();
            self.events.check_went_on(&job);
        }
    }

    fn count(&self, key: Uuid, checked: Option<crate::keyring::KeyCheck>) {
        let mut job = self.job();
        job.done += 1;
        // One that was removed in the meantime is nobody's trouble.
        let Some(checked) = checked else { return };
        let count = match checked.finding {
            Finding::Good => &mut job.good,
            Finding::Limited => &mut job.limited,
            Finding::Invalid => &mut job.invalid,
            Finding::Unreachable => &mut job.unreachable,
        };
        *count += 1;
        if checked.finding != Finding::Good && job.findings.len() < MOST_NAMED {
            let (finding, cause, message) = (checked.finding, checked.cause, checked.message);
            job.findings.push(KeyFinding { key, finding, cause, message });
        }
    }

    fn job(&self) -> MutexGuard<'_, Job> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
