//! How records come in.
//!
//! A [`Slot`] is reserved when a request is admitted and filled when it ends. Filling neither waits nor fails, so it may
//! happen in a drop; waiting happens at the front door, where a client can still be told to come back later. One
//! [`Writer`] takes what has been filled and writes it in batches.
//!
//! ## Edges
//! - The database is away: the writer tries again and again, the queue fills, and new requests find no slot. Nothing is
//!   lost and nothing grows.
//! - A record that the database refuses, alone: it is counted as lost and said in the log; those around it are written.
//! - The end of a write was not heard: it is written again, and counts once.
//! - An orderly end: no new slots, the requests under way fill theirs, the writer writes them and ends. Only then the
//!   patience with a database that is away is limited.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::UsageRecord;
use crate::{Store, StoreError};

/// What a crash may cost: the records of the last so long.
pub const BATCH_INTERVAL: Duration = Duration::from_millis(250);
/// How long a record waits for others. The rest of [`BATCH_INTERVAL`] is for committing them, which a disk takes its time for.
const GATHERING: Duration = Duration::from_millis(125);

/// How many records one transaction takes.
const BATCH: usize = 1_000;
/// The pauses between tries while the database is away.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Longer than anybody waits, and short enough for the clock.
const FAR: Duration = Duration::from_hours(24 * 365);
/// Records between two looks at the cap.
const CAP_EVERY: u64 = 1_000;

/// How the ledger behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerOptions {
    /// How many requests may be under way or waiting to be written.
    pub slots: usize,
    /// How long a record waits for others.
    pub interval: Duration,
    /// How many records are kept at most; for memory, which nobody cleans up by hand.
    pub keep: Option<u64>,
    /// While ending: how long a database that is away is waited for before records are given up.
    pub patience: Duration,
}

/// Where slots are reserved. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    queue: mpsc::Sender<UsageRecord>,
    flushes: mpsc::Sender<oneshot::Sender<()>>,
    end: watch::Sender<bool>,
    counts: Arc<Counts>,
}

/// The right to write one record. Dropped unfilled, it goes back.
#[derive(Debug)]
pub struct Slot(mpsc::OwnedPermit<UsageRecord>);

/// Writes what has been filled. The caller runs it as a task that it waits for at the end.
#[derive(Debug)]
#[must_use = "nothing is written until the writer runs"]
pub struct Writer {
    store: Store,
    options: LedgerOptions,
    queue: mpsc::Receiver<UsageRecord>,
    /// Who waits until what is there now is written.
    flushes: mpsc::Receiver<oneshot::Sender<()>>,
    /// Whether the end has been asked for. Not one more order in a line: it must be seen while a write is being tried.
    end: watch::Receiver<bool>,
    counts: Arc<Counts>,
    since_cap: u64,
}

/// What happened so far, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerCounts {
    /// Records written.
    pub written: u64,
    /// Records that the database refused, or that an end without a database cost.
    pub lost: u64,
    /// Tries that failed.
    pub failures: u64,
    /// Slots that are reserved, or filled and not yet taken by the writer.
    pub slots_in_use: usize,
}

#[derive(Debug, Default)]
struct Counts {
    written: AtomicU64,
    lost: AtomicU64,
    failures: AtomicU64,
}

/// Makes a ledger, and the writer to be run beside it.
pub fn open(store: &Store, options: LedgerOptions) -> (Ledger, Writer) {
    let (queue, filled) = mpsc::channel(options.slots.clamp(1, tokio::sync::Semaphore::MAX_PERMITS));
    let (flushes, waiting) = mpsc::channel(16);
    let (end, ended) = watch::channel(false);
    let counts = Arc::new(Counts::default());
    let writer = Writer {
        store: store.clone(),
        options,
        queue: filled,
        flushes: waiting,
        end: ended,
        counts: Arc::clone(&counts),
        since_cap: 0,
    };
    (Ledger { queue, flushes, end, counts }, writer)
}

// === impl LedgerOptions ===

impl Default for LedgerOptions {
    fn default() -> Self {
        Self { slots: 16_384, interval: GATHERING, keep: None, patience: Duration::from_secs(5) }
    }
}

// === impl Ledger ===

impl Ledger {
    /// Waits for a slot. [`StoreError::Closed`] once the ledger is ending.
    pub async fn reserve(&self) -> Result<Slot, StoreError> {
        self.queue.clone().reserve_owned().await.map(Slot).map_err(|_| StoreError::Closed)
    }

    /// Takes a slot if one is free.
    pub fn try_reserve(&self) -> Option<Slot> {
        self.queue.clone().try_reserve_owned().ok().map(Slot)
    }

    /// Waits until everything that has been filled so far is written, or given up.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (done, written) = oneshot::channel();
        self.flushes.send(done).await.map_err(|_| StoreError::Closed)?;
        written.await.map_err(|_| StoreError::Closed)
    }

    /// Gives no more slots. The writer ends when those under way are filled (or dropped) and written.
    pub fn end(&self) {
        self.end.send_replace(true);
    }

    /// What happened so far.
    pub fn counts(&self) -> LedgerCounts {
        LedgerCounts {
            written: self.counts.written.load(Ordering::Relaxed),
            lost: self.counts.lost.load(Ordering::Relaxed),
            failures: self.counts.failures.load(Ordering::Relaxed),
            slots_in_use: self.queue.max_capacity() - self.queue.capacity(),
        }
    }
}

// === impl Slot ===

impl Slot {
    /// Hands the record over. Neither waits nor fails.
    pub fn fill(self, record: UsageRecord) {
        self.0.send(record);
    }
}

// === impl Writer ===

impl Writer {
    /// Writes until [`Ledger::end`], or until every ledger and slot is gone.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        // What came in during a write has waited since it began, as far as anybody knows.
        let mut waiting_since: Option<Instant> = None;
        loop {
            let flush = tokio::select! {
                biased;
                Ok(()) = self.end.changed() => {
                    self.queue.close();
                    continue;
                }
                Some(done) = self.flushes.recv() => Some(done),
                taken = self.queue.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        break;
                    }
                    let since = waiting_since.take().unwrap_or_else(Instant::now);
                    self.gather(&mut batch, since).await
                }
            };
            let began = Instant::now();
            self.write(&mut batch).await;
            if let Some(done) = flush {
                self.drain(&mut batch).await;
                // Who asked may have gone.
                let _ = done.send(());
            }
            waiting_since = (!self.queue.is_empty()).then_some(began);
        }
    }

    /// Lets more records come in until the time of the oldest is over or somebody cannot wait, and takes what fits.
    ///
    /// The queue is not watched meanwhile: being woken for every record would cost each as much as a part of its write.
    async fn gather(&mut self, batch: &mut Vec<UsageRecord>, since: Instant) -> Option<oneshot::Sender<()>> {
        let deadline = since + self.options.interval.min(FAR);
        let mut flush = None;
        while batch.len() < BATCH && !self.is_ending() {
            tokio::select! {
                biased;
                // Seen again by the loop condition.
                Ok(()) = self.end.changed() => {}
                Some(done) = self.flushes.recv() => {
                    flush = Some(done);
                    break;
                }
                () = sleep_until(deadline) => break,
            }
        }
        self.take(batch);
        flush
    }

    /// Takes from the queue what there is and fits.
    fn take(&mut self, batch: &mut Vec<UsageRecord>) {
        while batch.len() < BATCH
            && let Ok(record) = self.queue.try_recv()
        {
            batch.push(record);
        }
    }

    /// Writes everything that is in the queue now.
    async fn drain(&mut self, batch: &mut Vec<UsageRecord>) {
        loop {
            self.take(batch);
            if batch.is_empty() {
                return;
            }
            self.write(batch).await;
        }
    }

    /// Writes a batch, however long that takes, and empties it.
    async fn write(&mut self, batch: &mut Vec<UsageRecord>) {
        for record in batch.iter_mut() {
            record.fit();
        }
        let mut parts: Vec<&[UsageRecord]> = vec![batch.as_slice()];
        let mut pause = FIRST_PAUSE;
        let mut given_up_at = None;
        while let Some(part) = parts.pop().filter(|part| !part.is_empty()) {
            let error = match self.store.usage().write(part).await {
                Ok(()) => {
                    self.counts.written.fetch_add(part.len() as u64, Ordering::Relaxed);
                    continue;
                }
                Err(error) => error,
            };
            self.counts.failures.fetch_add(1, Ordering::Relaxed);
            if matches!(error, StoreError::Invalid(_) | StoreError::Duplicate(_) | StoreError::Missing(_)) {
                // Somewhere in it is what the database does not take: the halves tell where.
                if let [record] = part {
                    self.lose(1);
                    tracing::error!(request.id = %record.id, "A usage record was refused and is lost: {error}");
                } else {
                    let (one, other) = part.split_at(part.len() / 2);
                    parts.extend([other, one]);
                }
                continue;
            }
            if matches!(error, StoreError::Closed) || self.is_out_of_patience(&mut given_up_at) {
                let rest = part.len() + parts.iter().map(|part| part.len()).sum::<usize>();
                self.lose(rest);
                tracing::error!(records = rest, "Usage records are lost: {error}");
                break;
            }
            tracing::warn!(records = part.len(), pause_ms = pause.as_millis(), "Usage records are waiting: {error}");
            parts.push(part);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.since_cap += batch.len() as u64;
        batch.clear();
        self.cap().await;
    }

    async fn cap(&mut self) {
        let Some(keep) = self.options.keep.filter(|_| self.since_cap >= CAP_EVERY) else { return };
        match self.store.usage().keep_newest(keep).await {
            Ok(()) => self.since_cap = 0,
            Err(error) => tracing::warn!("Old usage records could not be removed: {error}"),
        }
    }

    /// Whether the end has waited long enough for the database.
    fn is_out_of_patience(&mut self, until: &mut Option<Instant>) -> bool {
        let patience = self.options.patience;
        self.is_ending() && Instant::now() >= *until.get_or_insert_with(|| after(patience))
    }

    /// Whether the end has been asked for. From then on there are no new slots.
    fn is_ending(&mut self) -> bool {
        let ending = *self.end.borrow();
        if ending {
            self.queue.close();
        }
        ending
    }

    fn lose(&self, records: usize) {
        self.counts.lost.fetch_add(records as u64, Ordering::Relaxed);
    }
}

/// A point in time so far away; a far one when it is too far to be told.
fn after(duration: Duration) -> Instant {
    Instant::now() + duration.min(FAR)
}
