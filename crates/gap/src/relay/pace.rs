//! The time between two pieces of an answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::RelayPolicy;

/// Watches the time between two pieces of an answer. One timer, set again only when it rings.
#[derive(Debug)]
pub(super) struct Pace {
    timer: Option<Pin<Box<Sleep>>>,
    heard: Instant,
    /// When the last piece went out, or the last keep-alive.
    signalled: Instant,
    keep_alive: Option<Duration>,
    idle_timeout: Duration,
    ends: Option<Instant>,
}

/// What is to be done about silence.
pub(super) enum Beat {
    /// Show that the stream lives.
    KeepAlive,
    /// Give up: the upstream fell silent.
    Silent,
    /// Give up: it takes too long altogether.
    TooLong,
}

impl Pace {
    /// Begins now; `stream` says that keep-alives may be sent and the whole has a limit.
    pub(super) fn new(policy: &RelayPolicy, stream: bool) -> Self {
        let now = Instant::now();
        Self {
            timer: None,
            heard: now,
            signalled: now,
            keep_alive: stream.then_some(policy.keep_alive),
            idle_timeout: policy.idle_timeout,
            ends: stream.then(|| now + policy.total_timeout),
        }
    }

    /// Something came from the upstream.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// Something went out. What comes need not: it may be nothing for the client, or wait for what follows.
    pub(super) fn passed(&mut self) {
        self.signalled = Instant::now();
    }

    fn next(&self) -> Instant {
        let silent = self.heard + self.idle_timeout;
        let beat = self.keep_alive.map_or(silent, |every| silent.min(self.signalled + every));
        self.ends.map_or(beat, |ends| beat.min(ends))
    }

    /// Ready when something is to be done.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Beat> {
        loop {
            let next = self.next();
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next)));
            ready!(timer.as_mut().poll(cx));
            let now = Instant::now();
            if self.ends.is_some_and(|ends| now >= ends) {
                return Poll::Ready(Beat::TooLong);
            }
            if now >= self.heard + self.idle_timeout {
                return Poll::Ready(Beat::Silent);
            }
            let due = self.keep_alive.is_some_and(|every| now >= self.signalled + every);
            if due {
                self.signalled = now;
            }
            let next = self.next();
            if let Some(timer) = &mut self.timer {
                timer.as_mut().reset(next);
            }
            if due {
                return Poll::Ready(Beat::KeepAlive);
            }
        }
    }
}
