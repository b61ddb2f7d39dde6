//! Every task that runs beside a request is started here, so that shutdown knows all of them.
//!
//! Stopping has three steps. *Leaving*: everything works as before, but readiness says no, so that a load balancer looks
//! elsewhere before it would find the door shut. *Soft*: no new connections, requests under way go on. *Hard*: the grace
//! period is over, whatever still runs is told to end now. What must see the end of all others (the writer of the usage
//! ledger) is started with [`Lifecycle::spawn_last`] and has a short time of its own after them.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Starts tasks, tells them when to stop, and waits for them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    tasks: TaskTracker,
    leaving: CancellationToken,
    soft: CancellationToken,
    hard: CancellationToken,
    /// Those who end after all others.
    last: TaskTracker,
    alone: CancellationToken,
}

/// How long those may take who end after all others.
const LAST_GRACE: Duration = Duration::from_secs(10);

impl Lifecycle {
    /// Starts a tracked task. It must end soon after [`Lifecycle::stopping`] resolves or be harmless to drop.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        #[expect(clippy::let_underscore_future, reason = "the tracker holds the task; nobody joins it")]
        let _ = self.tasks.spawn(task);
    }

    /// Starts a tracked task that ends after all others: soon after [`Lifecycle::alone`] resolves.
    pub fn spawn_last<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        #[expect(clippy::let_underscore_future, reason = "the tracker holds the task; nobody joins it")]
        let _ = self.last.spawn(task);
    }

    /// Resolves when all tasks have ended but those that end last.
    pub async fn alone(&self) {
        self.alone.cancelled().await;
    }

    /// Runs `task` every `interval` (first after one interval) until the soft stop.
    pub fn every<F, Task>(&self, interval: Duration, mut task: F)
    where
        F: FnMut() -> Task + Send + 'static,
        Task: Future<Output = ()> + Send + 'static,
    {
        let soft = self.soft.clone();
        self.spawn(async move {
            loop {
                tokio::select! {
                    () = soft.cancelled() => return,
                    () = tokio::time::sleep(interval) => task().await,
                }
            }
        });
    }

    /// Says that shutdown is to come, and gives those who ask whether GAP is ready `notice` to hear of it.
    pub async fn take_leave(&self, notice: Duration) {
        self.leaving.cancel();
        if !notice.is_zero() {
            tokio::time::sleep(notice).await;
        }
    }

    /// Whether nobody new should be sent here: shutdown is to come, or has begun.
    pub fn is_leaving(&self) -> bool {
        self.leaving.is_cancelled() || self.is_stopping()
    }

    /// Resolves when shutdown has begun.
    pub async fn stopping(&self) {
        self.soft.cancelled().await;
    }

    /// Whether shutdown has begun.
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Resolves when the grace period is over.
    pub async fn must_end(&self) {
        self.hard.cancelled().await;
    }

    /// Begins shutdown: [`Lifecycle::stopping`] resolves everywhere.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Begins shutdown, waits up to `grace` for all tasks, then ends the rest. Says whether all ended in time.
    pub async fn finish(&self, grace: Duration) -> bool {
        self.stop();
        self.tasks.close();
        let in_time = tokio::time::timeout(grace, self.tasks.wait()).await.is_ok();
        self.hard.cancel();
        if !in_time {
            // Tasks that listen to `must_end` still get a moment to write their last words.
            let _ = tokio::time::timeout(Duration::from_secs(1), self.tasks.wait()).await;
        }
        self.alone.cancel();
        self.last.close();
        let last_in_time = tokio::time::timeout(LAST_GRACE, self.last.wait()).await.is_ok();
        in_time && last_in_time
    }

    /// How many tasks run now.
    pub fn running(&self) -> usize {
        self.tasks.len() + self.last.len()
    }
}

/// Who asks a process to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A supervisor, behind which a load balancer may stand.
    Supervisor,
    /// Somebody who waits at a terminal.
    Terminal,
}

/// The signals that ask a process to stop: SIGTERM from a supervisor, SIGINT from a terminal.
#[derive(Debug)]
pub struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    /// Takes them over from the system, which would end the process at once. Do this first: from here on no request to
    /// stop is lost, however early it comes.
    pub fn take_over() -> io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// Resolves when the process is asked to stop (once more), and says by whom.
    pub async fn next(&mut self) -> Asker {
        tokio::select! {
            _ = self.term.recv() => Asker::Supervisor,
            _ = self.int.recv() => Asker::Terminal,
        }
    }
}

#[cfg(test)]
mod tests;
