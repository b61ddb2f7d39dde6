//! The one place that asks the machine what time it is.

use std::future::{self, Future};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// Tells the time: the machine's, or one that a test moves by hand. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Hand(Arc<Hand>),
}

#[derive(Debug)]
struct Hand {
    /// Milliseconds since the epoch.
    at: AtomicI64,
    moved: Notify,
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `at` until [`Clock::advance`] moves it; clones share it.
    pub fn hand(at: Timestamp) -> Self {
        Self(Source::Hand(Arc::new(Hand { at: AtomicI64::new(at.as_millisecond()), moved: Notify::new() })))
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else takes `now` from")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Hand(hand) => Timestamp::from_millisecond(hand.at.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX),
        }
    }

    /// Moves a hand clock forward; the machine's clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Hand(hand) = &self.0 {
            let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            hand.at.fetch_add(millis, Ordering::SeqCst);
            hand.moved.notify_waiters();
        }
    }

    /// Resolves when a hand clock is moved after this call; never for the machine's clock, which timers follow.
    pub fn moved(&self) -> impl Future<Output = ()> + '_ {
        let moved = match &self.0 {
            Source::System => None,
            Source::Hand(hand) => Some(hand.moved.notified()),
        };
        async move {
            match moved {
                Some(moved) => moved.await,
                None => future::pending().await,
            }
        }
    }
}
