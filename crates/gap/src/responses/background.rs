//! Responses that are worked on without their client.
//!
//! Who asks for `background` is answered at once, and the work goes on in a task of its own, whether or not somebody waits.
//! Meanwhile the response can be looked at, followed as a stream from any of its events ([`follow`]), and cancelled, which ends
//! the upstream call and settles whatever hangs on it, because the task simply drops it.
//!
//! What becomes of a response is kept before anybody is told of its end. In a database it is there from its beginning, with a
//! time until which whoever works on it is believed to be alive: another instance can tell of it and cancel it, and a response
//! whose gateway ended in the middle has failed, and says so.
//!
//! ## Edges
//! - How many run at a time is limited, of one access key and in all; whoever comes then is told to try again.
//! - Events are kept for resuming as long as there is room for them: those of responses that have ended go first, then the oldest
//!   of those that are worked on, down to an equal share. The responses themselves are not touched by that.
//! - Shutdown waits for what runs as it waits for streams. What still runs at the end of the grace period has failed.

pub mod follow;
mod job;
mod log;
mod work;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gap_protocol::openai::responses::background::{Standing, restate};
use gap_store::Address;
use tracing::{error, warn};

pub use self::job::Job;
use self::log::Budget;
pub use self::work::{Broken, Task};
use super::{KeptResponse, Responses, row_of, text, unreadable};
use crate::config::Responses as Settings;
use crate::error::Failure;
use crate::lifecycle::Lifecycle;

/// How often whoever works on a response says that it is alive.
const BEAT: Duration = Duration::from_secs(5);
/// How long it is believed.
const ALIVE: Duration = Duration::from_secs(30);
/// How long somebody who cancels waits for the end.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);
/// How many that have ended are remembered for their events.
const MOST_ENDED: usize = 10_000;
/// What a response says whose gateway is gone.
const ABANDONED: Standing<'static> = Standing::Failed {
    code: "server_error",
    message: "The gateway that worked on this response was stopped before it was complete.",
};

/// How much may go on at a time.
#[derive(Clone, Copy, Debug)]
pub struct BackgroundPolicy {
    /// Responses in all.
    pub count: usize,
    /// Responses of one access key.
    pub count_per_access_key: usize,
    /// Bytes of the events that are kept.
    pub events: usize,
}

/// The responses that are worked on without their clients. Cheap to clone; clones are one.
#[derive(Clone, Debug)]
pub struct Background(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    jobs: Mutex<Jobs>,
    responses: Responses,
    lifecycle: Lifecycle,
    policy: BackgroundPolicy,
    /// For the events of all of them.
    budget: Arc<Budget>,
}

#[derive(Debug, Default)]
struct Jobs {
    by_id: HashMap<Arc<str>, Arc<Job>>,
    /// Those that have ended and whose events are kept, oldest first.
    ended: VecDeque<Arc<str>>,
    /// How many are worked on, by access key.
    running: HashMap<Arc<str>, usize>,
    total: usize,
}

/// The right to work on one more response. Given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    background: Background,
    owner: Arc<str>,
}

/// What somebody finds who looks for a response.
#[derive(Clone, Debug)]
pub enum Found {
    /// It is worked on here, or was, and its events are there.
    Job(Arc<Job>),
    /// It is kept.
    Kept(KeptResponse),
}

// === impl BackgroundPolicy ===

impl BackgroundPolicy {
    /// What the settings say.
    pub fn of(settings: &Settings) -> Self {
        Self {
            count: settings.background,
            count_per_access_key: settings.background_per_access_key,
            events: settings.background_events,
        }
    }
}

// === impl Background ===

impl Background {
    /// Works on nothing yet.
    pub fn new(policy: BackgroundPolicy, responses: Responses, lifecycle: Lifecycle) -> Self {
        let jobs = Mutex::default();
        let budget = Budget::new(policy.events);
        Self(Arc::new(Inner { jobs, responses, lifecycle, policy, budget }))
    }

    /// Makes room for one more.
    pub fn reserve(&self, owner: &str) -> Result<Place, Failure> {
        let BackgroundPolicy { count, count_per_access_key, .. } = self.0.policy;
        if count == 0 || self.0.responses.keeps_nothing() {
            return Err(Failure::invalid_request(
                "background: this gateway works on no responses without their clients (responses.background, \
                 responses.count, responses.memory); leave it out, or stream.",
            ));
        }
        let mut jobs = self.jobs();
        let theirs = jobs.running.get(owner).copied().unwrap_or_default();
        let full = |said: String| Err(Failure::too_many(said, Some(BEAT)));
        if theirs >= count_per_access_key {
            return full(format!(
                "background: {theirs} responses of this access key are being worked on, and no more may be at a time \
                 (responses.background_per_access_key); try again when one has ended."
            ));
        }
        if jobs.total >= count {
            return full(format!(
                "background: {count} responses are being worked on, and no more may be at a time \
                 (responses.background); try again shortly."
            ));
        }
        let owner: Arc<str> = owner.into();
        *jobs.running.entry(Arc::clone(&owner)).or_default() += 1;
        jobs.total += 1;
        drop(jobs);
        Ok(Place { background: self.clone(), owner })
    }

    /// Begins to work on a response.
    pub async fn start(&self, place: Place, task: Task) -> Result<Arc<Job>, Failure> {
        let job = Arc::new(Job::new(Arc::clone(&place.owner), &task, Arc::clone(&self.0.budget)));
        if let Some(store) = self.0.responses.database() {
            let kept = job.kept();
            let now = self.0.responses.clock.now();
            let row = row_of(job.owner(), job.id(), &kept, Some(self.alive_until()), now);
            store.responses().insert(&row).await.map_err(|error| unreadable(&error))?;
        }
        self.jobs().by_id.insert(job.id().into(), Arc::clone(&job));
        let (background, working) = (self.clone(), Arc::clone(&job));
        self.0.lifecycle.spawn(async move {
            background.work(&working, task).await;
            background.put_away(&working);
            drop(place);
        });
        Ok(job)
    }

    /// The response of an owner.
    pub async fn find(&self, owner: &Arc<str>, id: &str) -> Result<Option<Found>, Failure> {
        let job = self.job(owner, id);
        if let Some(job) = &job
            && !job.has_ended()
        {
            return Ok(Some(Found::Job(Arc::clone(job))));
        }
        let Some((kept, alive_until)) = self.0.responses.look_up(owner, id).await? else {
            if job.is_some() {
                // Its time is over, or another instance has forgotten it.
                self.forget_events(id);
            }
            return Ok(None);
        };
        if let Some(job) = job {
            return Ok(Some(Found::Job(job)));
        }
        match alive_until {
            Some(until) if until <= self.0.responses.clock.now() => {
                Ok(self.end(owner, id, &kept, ABANDONED).await?.map(Found::Kept))
            }
            _ => Ok(Some(Found::Kept(kept))),
        }
    }

    /// Cancels a response of an owner, and returns what has become of it. One that has ended stays as it is.
    pub async fn cancel(&self, owner: &Arc<str>, id: &str) -> Result<Option<Found>, Failure> {
        if let Some(job) = self.job(owner, id) {
            job.cancel();
            let _ = tokio::time::timeout(CANCEL_PATIENCE, job.ended()).await;
            return Ok(Some(Found::Job(job)));
        }
        let Some((kept, alive_until)) = self.0.responses.look_up(owner, id).await? else { return Ok(None) };
        if alive_until.is_none() {
            return Ok(Some(Found::Kept(kept)));
        }
        // Whoever works on it sees that it has ended.
        Ok(self.end(owner, id, &kept, Standing::Cancelled).await?.map(Found::Kept))
    }

    /// Cancels a response, if it is worked on here, and forgets its events.
    pub async fn forget(&self, owner: &Arc<str>, id: &str) {
        let Some(job) = self.job(owner, id) else { return };
        job.cancel();
        let _ = tokio::time::timeout(CANCEL_PATIENCE, job.ended()).await;
        self.forget_events(id);
    }

    /// Ends what nobody works on any more, because its gateway was stopped. To be called once, before the first request, and
    /// from time to time.
    pub async fn sweep(&self, at_start: bool) {
        let Some(store) = self.0.responses.database() else { return };
        // A file has no other instance: whatever is open in it is nobody's.
        let is_alone = at_start && matches!(store.address(), Address::File(_));
        let now = if is_alone { jiff::Timestamp::MAX } else { self.0.responses.clock.now() };
        loop {
            let abandoned = match store.responses().abandoned(now).await {
                Ok(abandoned) => abandoned,
                Err(error) => return warn!("Looking for abandoned responses failed: {error}"),
            };
            if abandoned.is_empty() {
                return;
            }
            for row in abandoned {
                let response = restate(row.response.as_bytes(), ABANDONED, None).unwrap_or_default();
                let used = self.0.responses.clock.now();
                if let Err(error) = store.responses().finish(&row.id, &text(&response), &row.output, used).await {
                    return warn!("An abandoned response could not be ended: {error}");
                }
            }
        }
    }

    /// Ends what nobody works on any more, from time to time, until shutdown.
    pub fn begin_chores(&self) {
        let background = self.clone();
        self.0.lifecycle.every(super::CLEAN_UP_EVERY, move || {
            let background = background.clone();
            async move { background.sweep(false).await }
        });
    }

    /// The items of the request of a response that is worked on here, while it is not kept.
    pub fn input_of(&self, owner: &str, id: &str) -> Option<Bytes> {
        self.job(owner, id).filter(|job| !job.has_ended()).map(|job| job.input().clone())
    }

    /// How many are worked on.
    pub fn running(&self) -> usize {
        self.jobs().total
    }

    /// Ends a response that is worked on elsewhere, or nowhere, unless somebody was faster.
    async fn end(
        &self,
        owner: &Arc<str>,
        id: &str,
        kept: &KeptResponse,
        standing: Standing<'_>,
    ) -> Result<Option<KeptResponse>, Failure> {
        let Some(store) = self.0.responses.database() else { return Ok(None) };
        let response = restate(&kept.response, standing, None).unwrap_or_default();
        let now = self.0.responses.clock.now();
        let finished = store.responses().finish(id, &text(&response), &text(&kept.output), now).await;
        finished.map_err(|error| unreadable(&error))?;
        Ok(self.0.responses.look_up(owner, id).await?.map(|(kept, _)| kept))
    }

    /// Shows how far a response has come; false when somebody else has ended it.
    async fn beat(&self, job: &Job, response: Option<&Bytes>) -> bool {
        let Some(store) = self.0.responses.database() else { return true };
        let response = response.map(text);
        match store.responses().beat(job.id(), response.as_deref(), self.alive_until()).await {
            Ok(is_running) => is_running,
            Err(error) => {
                // The work is not worth less because the database is away.
                warn!("A response could not be shown in the database: {error}");
                true
            }
        }
    }

    /// Keeps what has become of a response.
    async fn keep(&self, job: &Job, kept: KeptResponse) {
        match self.0.responses.database() {
            None => self.0.responses.keep_at_once(job.owner(), job.id(), kept),
            Some(store) => {
                let now = self.0.responses.clock.now();
                let (response, output) = (text(&kept.response), text(&kept.output));
                if let Err(error) = store.responses().finish(job.id(), &response, &output, now).await {
                    error!("A response could not be kept: {error}");
                }
            }
        }
    }

    /// Forgets a response that has ended, unless its events may be wanted again.
    fn put_away(&self, job: &Job) {
        let mut jobs = self.jobs();
        if !job.is_streamed() {
            jobs.by_id.remove(job.id());
            return;
        }
        if jobs.by_id.contains_key(job.id()) {
            jobs.ended.push_back(job.id().into());
        }
        while jobs.ended.len() > MOST_ENDED
            && let Some(oldest) = jobs.ended.pop_front()
        {
            jobs.by_id.remove(&oldest);
        }
    }

    /// Makes room for the events of a response, if there is none.
    fn make_room(&self, job: &Job) {
        while self.0.budget.is_exceeded() {
            let mut jobs = self.jobs();
            let Some(oldest) = jobs.ended.pop_front() else {
                job.shrink_events(self.0.budget.share(jobs.total));
                return;
            };
            // Dropped behind the lock.
            let _gone = jobs.by_id.remove(&oldest);
            drop(jobs);
        }
    }

    fn forget_events(&self, id: &str) {
        let mut jobs = self.jobs();
        if jobs.by_id.remove(id).is_some() {
            jobs.ended.retain(|ended| &**ended != id);
        }
    }

    fn job(&self, owner: &str, id: &str) -> Option<Arc<Job>> {
        self.jobs().by_id.get(id).filter(|job| &**job.owner() == owner).cloned()
    }

    fn alive_until(&self) -> jiff::Timestamp {
        self.0.responses.clock.now().checked_add(ALIVE).unwrap_or(jiff::Timestamp::MAX)
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Found ===

impl Found {
    /// The response as it is now.
    pub fn response(&self) -> Bytes {
        match self {
            Self::Job(job) => job.response(),
            Self::Kept(kept) => kept.response.clone(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut jobs = self.background.jobs();
        jobs.total = jobs.total.saturating_sub(1);
        if let Some(running) = jobs.running.get_mut(&self.owner) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                jobs.running.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests;
