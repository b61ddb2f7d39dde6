//! What happens, as it happens: for the live page and for programs that follow.
//!
//! Whoever publishes never waits: events go into a ring of the newest and to a bounded line for each reader. A reader that
//! is too slow loses the oldest and is told how many. One that comes back names the last event that it has seen, and gets
//! those since, as far as the ring reaches.
//!
//! ## Edges
//! While nobody listens, and nobody did a moment ago, nothing is kept: a request must not pay for a page that is closed.
//! Numbers begin anew with each start of the process, so an event's name says which start it belongs to.

mod told;

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::broadcast::{self, Receiver, Sender};

pub use self::told::{KeyEvent, Progress};
use crate::clock::Clock;

/// Events that are kept for readers that come back, and that one reader may be behind.
const RING: usize = 1_024;
/// So long after its last reader the ring is still filled.
const MEMORY: SignedDuration = SignedDuration::from_mins(1);

/// Where events are published and read. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Events(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Tells the starts of the process apart.
    boot: u32,
    ring: Mutex<Ring>,
    sender: Sender<Arc<Event>>,
    /// When there was a reader last, in milliseconds.
    last_reader: AtomicI64,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Ring {
    last: u64,
    newest: VecDeque<Arc<Event>>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub id: EventId,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Whose it is; an ordinary user sees their own alone.
    pub access_key: Option<String>,
    /// The rest, as JSON.
    pub data: String,
}

/// The name of an event: which start of the process, and which of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    boot: u32,
    number: u64,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request ended.
    Request,
    /// An upstream key was refused, or its state changed.
    Key,
    /// A job in the background went on.
    Job,
}

/// Reads events.
#[derive(Debug)]
pub struct Listener {
    events: Events,
    /// What the reader has missed since its last visit.
    backlog: VecDeque<Arc<Event>>,
    /// Whether some of that is gone.
    gap: bool,
    receiver: Receiver<Arc<Event>>,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something happened.
    Event(Arc<Event>),
    /// So many events are missing here; none where nobody knows how many.
    Missed(Option<u64>),
}

// === impl Events ===

impl Events {
    /// Nobody listens yet.
    pub fn new(clock: Clock) -> Self {
        let (sender, _) = broadcast::channel(RING);
        Self(Arc::new(Inner {
            boot: rand::random(),
            ring: Mutex::default(),
            sender,
            last_reader: AtomicI64::new(i64::MIN / 2),
            clock,
        }))
    }

    /// Whether it makes sense to publish: somebody listens, or did a moment ago.
    pub fn is_heard(&self) -> bool {
        let inner = &self.0;
        if inner.sender.receiver_count() > 0 {
            return true;
        }
        let now = inner.clock.now().as_millisecond();
        now.saturating_sub(inner.last_reader.load(Ordering::Relaxed))
            < MEMORY.as_millis().try_into().unwrap_or(i64::MAX)
    }

    /// Publishes what happened. Costs next to nothing while nobody listens.
    pub fn publish<T: Serialize>(&self, kind: Kind, access_key: Option<&str>, data: &T) {
        if !self.is_heard() {
            return;
        }
        let Ok(data) = serde_json::to_string(data) else { return };
        let access_key = access_key.map(str::to_owned);
        let mut ring = self.0.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.last += 1;
        let id = EventId { boot: self.0.boot, number: ring.last };
        let event = Arc::new(Event { id, kind, access_key, data });
        if ring.newest.len() == RING {
            ring.newest.pop_front();
        }
        ring.newest.push_back(Arc::clone(&event));
        // Under the lock, so that readers hear them in order; without readers it is an error that means nothing.
        let _ = self.0.sender.send(event);
    }

    /// Listens from now on, or from after `last`, as far as that is still known.
    pub fn listen(&self, last: Option<EventId>) -> Listener {
        let ring = self.0.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.0.sender.subscribe();
        let (mut backlog, mut gap) = (VecDeque::new(), false);
        if let Some(last) = last {
            let known = last.boot == self.0.boot && last.number <= ring.last;
            let from = if known { last.number } else { 0 };
            backlog.extend(ring.newest.iter().filter(|event| event.id.number > from).cloned());
            let oldest = ring.newest.front().map_or(ring.last + 1, |event| event.id.number);
            gap = !known || oldest > last.number + 1;
        }
        Listener { events: self.clone(), backlog, gap, receiver }
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.0.sender.receiver_count()
    }
}

// === impl Listener ===

impl Listener {
    /// Waits for what happens next.
    pub async fn next(&mut self) -> Option<Heard> {
        if std::mem::take(&mut self.gap) {
            return Some(Heard::Missed(None));
        }
        if let Some(event) = self.backlog.pop_front() {
            return Some(Heard::Event(event));
        }
        match self.receiver.recv().await {
            Ok(event) => Some(Heard::Event(event)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Heard::Missed(Some(missed))),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let now: Timestamp = self.events.0.clock.now();
        self.events.0.last_reader.store(now.as_millisecond(), Ordering::Relaxed);
    }
}

// === impl EventId, Kind ===

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.boot, self.number)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (boot, number) = text.split_once('-').ok_or(())?;
        Ok(Self { boot: u32::from_str_radix(boot, 16).map_err(drop)?, number: number.parse().map_err(drop)? })
    }
}

impl Kind {
    /// As readers know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Key => "key",
            Self::Job => "job",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> (Events, Clock) {
        let clock = Clock::hand("2026-06-15T12:00:00Z".parse().unwrap());
        (Events::new(clock.clone()), clock)
    }

    async fn number(listener: &mut Listener) -> u64 {
        match listener.next().await {
            Some(Heard::Event(event)) => event.data.parse().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_reader_that_comes_back_hears_what_happened_meanwhile() {
        let (events, clock) = events();
        let mut listener = events.listen(None);
        events.publish(Kind::Job, None, &1);
        let Some(Heard::Event(first)) = listener.next().await else { panic!() };
        drop(listener);
        for number in 2..5 {
            events.publish(Kind::Job, None, &number);
        }
        let last = first.id.to_string().parse().ok();
        let mut listener = events.listen(last);
        for expected in 2..5 {
            assert_eq!(number(&mut listener).await, expected);
        }
        drop(listener);
        clock.advance(SignedDuration::from_mins(2));
        assert!(!events.is_heard(), "nobody pays for a page that is closed");
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_much_it_missed() {
        let (events, _) = events();
        let mut slow = events.listen(None);
        for number in 0..RING + 10 {
            events.publish(Kind::Job, None, &number);
        }
        assert_eq!(slow.next().await, Some(Heard::Missed(Some(10))));
        assert_eq!(number(&mut slow).await, 10);
    }

    #[tokio::test]
    async fn a_name_of_another_start_means_that_something_is_missing() {
        let (events, _) = events();
        let _other = events.listen(None);
        events.publish(Kind::Key, None, &1);
        let stranger = EventId { boot: !events.0.boot, number: 7 };
        let mut listener = events.listen(Some(stranger));
        assert_eq!(listener.next().await, Some(Heard::Missed(None)));
        assert_eq!(number(&mut listener).await, 1);
        assert!("no name".parse::<EventId>().is_err() && "xyz-1".parse::<EventId>().is_err());
    }
}
