//! The events of one response, for those who follow it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// What all logs together may take.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicUsize,
    most: usize,
}

/// Events in their order; the first ones may be gone.
#[derive(Debug)]
pub(super) struct Log {
    events: VecDeque<Bytes>,
    /// The number of the first that is there.
    first: u64,
    bytes: usize,
    budget: Arc<Budget>,
}

/// What there is behind an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// The next events.
    Events(Vec<Bytes>),
    /// Nothing yet.
    Nothing,
    /// Events that are gone.
    Gone,
}

// === impl Budget ===

impl Budget {
    /// So many bytes.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), most })
    }

    /// Whether the logs take more than they may.
    pub(super) fn is_exceeded(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.most
    }

    /// What each of so many may take.
    pub(super) fn share(&self, of: usize) -> usize {
        self.most / of.max(1)
    }
}

// === impl Log ===

impl Log {
    /// An empty one.
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        Self { events: VecDeque::new(), first: 0, bytes: 0, budget }
    }

    /// The number of the next event.
    pub(super) fn next(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// Adds an event.
    pub(super) fn add(&mut self, event: Bytes) {
        self.bytes += event.len();
        self.budget.used.fetch_add(event.len(), Ordering::Relaxed);
        self.events.push_back(event);
    }

    /// Forgets the oldest until the rest takes no more than this; the newest stays.
    pub(super) fn shrink(&mut self, most: usize) {
        while self.bytes > most && self.events.len() > 1 {
            if let Some(oldest) = self.events.pop_front() {
                self.bytes -= oldest.len();
                self.budget.used.fetch_sub(oldest.len(), Ordering::Relaxed);
                self.first += 1;
            }
        }
    }

    /// Events from this number on, at most so many bytes of them.
    pub(super) fn from(&self, number: u64, most: usize) -> Behind {
        let Some(skipped) = number.checked_sub(self.first) else { return Behind::Gone };
        let mut bytes = 0;
        let wanted = self.events.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX));
        let events: Vec<Bytes> = wanted
            .take_while(|event| {
                let fits = bytes < most;
                bytes += event.len();
                fits
            })
            .cloned()
            .collect();
        if events.is_empty() { Behind::Nothing } else { Behind::Events(events) }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_are_given_from_any_of_them_on() {
        let budget = Budget::new(6);
        let mut log = Log::new(Arc::clone(&budget));
        for event in ["aa", "bb", "cc"] {
            log.add(Bytes::from_static(event.as_bytes()));
        }
        assert_eq!(log.from(1, 100), Behind::Events(vec!["bb".into(), "cc".into()]));
        assert_eq!(log.from(0, 1), Behind::Events(vec!["aa".into()]));
        assert_eq!((log.from(3, 100), log.from(u64::MAX, 100)), (Behind::Nothing, Behind::Nothing));
        assert!(!budget.is_exceeded());
        log.add(Bytes::from_static(b"dd"));
        assert!(budget.is_exceeded());
        log.shrink(budget.share(1));
        assert_eq!((log.from(0, 100), log.next(), log.bytes), (Behind::Gone, 4, 6));
        drop(log);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }

    proptest! {
        #[test]
        fn a_log_keeps_its_measure(sizes in proptest::collection::vec(0usize..40, 1..60), most in 0usize..100) {
            let budget = Budget::new(most);
            let mut log = Log::new(Arc::clone(&budget));
            for (number, size) in sizes.iter().enumerate() {
                log.add(Bytes::from(vec![b'x'; *size]));
                log.shrink(most);
                prop_assert_eq!(log.next(), number as u64 + 1);
                prop_assert!(log.bytes <= most || log.events.len() == 1);
                prop_assert_eq!(log.bytes, log.events.iter().map(Bytes::len).sum::<usize>());
                prop_assert_eq!(log.bytes, budget.used.load(Ordering::Relaxed));
            }
        }
    }
}
