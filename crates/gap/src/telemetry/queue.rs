//! Lines on their way to where the log is written.
//!
//! A thread writes them, many at a time: whoever logs only appends to a buffer. The thread lingers a moment for more
//! lines before it writes, so that a thousand requests a second are fifty writes and not a thousand, but not for a
//! warning, and not when the process ends. The buffer is bounded: when a disk or a terminal does not keep up, lines are
//! left out, and the log says how many.

use std::io::Write;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{mem, thread};

/// How many bytes of lines wait at most.
const MOST: usize = 1024 * 1024;
/// With so many the writer lingers no longer.
const ENOUGH: usize = 64 * 1024;
/// How long a line waits for others to be written with it.
const LINGER: Duration = Duration::from_millis(20);
/// How long the end of the process waits for what is still to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Takes lines. Cheap to clone; clones share the buffer.
#[derive(Clone, Debug)]
pub(super) struct Queue(Arc<Shared>);

/// The thread that writes. Dropping it writes what is still queued.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when the first line comes, and when lingering must end.
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// Lines that found no place.
    lost: u64,
    urgent: bool,
    closing: bool,
}

/// Begins to write to `target`. `say_lost` makes the line that says how many lines are missing.
pub(super) fn start<T, L>(target: T, say_lost: L) -> std::io::Result<(Queue, Writer)>
where
    T: Write + Send + 'static,
    L: Fn(u64) -> String + Send + 'static,
{
    let shared = Arc::new(Shared::default());
    let (alive, ended) = mpsc::channel();
    let of_thread = Arc::clone(&shared);
    thread::Builder::new().name("log".to_owned()).spawn(move || {
        of_thread.write_all(target, say_lost);
        drop(alive);
    })?;
    Ok((Queue(Arc::clone(&shared)), Writer { shared, ended }))
}

// === impl Queue ===

impl Queue {
    /// Takes a line with its line end; an urgent one is written at once.
    pub(super) fn push(&self, line: &str, urgent: bool) {
        let mut state = self.0.state();
        let before = state.lines.len();
        let after = before + line.len();
        if after > MOST || state.closing {
            state.lost += 1;
            return;
        }
        state.lines.extend_from_slice(line.as_bytes());
        let hurry = (urgent && !state.urgent) || (before < ENOUGH && after >= ENOUGH);
        state.urgent |= urgent;
        drop(state);
        if before == 0 || hurry {
            self.0.filled.notify_one();
        }
    }
}

// === impl Shared ===

impl Shared {
    /// The state is whole after every step, so a panic that held the lock has broken nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, mut target: impl Write, say_lost: impl Fn(u64) -> String) {
        let mut batch = Vec::new();
        let mut missing = 0;
        loop {
            let (lost, closing) = self.take(&mut batch);
            missing += lost;
            let lines = count_lines(&batch);
            if missing > 0 {
                batch.extend_from_slice(say_lost(missing).as_bytes());
            }
            let written = target.write_all(&batch).and_then(|()| target.flush());
            // A full disk may have room again later; then the log says what is missing.
            missing = if written.is_ok() { 0 } else { missing + lines };
            if closing {
                return;
            }
            batch.clear();
            // After a burst.
            batch.shrink_to(2 * ENOUGH);
        }
    }

    /// Waits for lines and takes all there are, leaving the empty `batch` in their place; with the number of lines that
    /// were lost, and whether these are the last.
    fn take(&self, batch: &mut Vec<u8>) -> (u64, bool) {
        let nothing = |state: &mut State| state.lines.is_empty() && !state.closing;
        let may_linger = |state: &mut State| !state.urgent && !state.closing && state.lines.len() < ENOUGH;
        let state = self.filled.wait_while(self.state(), nothing).unwrap_or_else(PoisonError::into_inner);
        let lingered = self.filled.wait_timeout_while(state, LINGER, may_linger);
        let (mut state, _) = lingered.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut state.lines, batch);
        state.urgent = false;
        (mem::take(&mut state.lost), state.closing)
    }
}

fn count_lines(lines: &[u8]) -> u64 {
    lines.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

// === impl Writer ===

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.state().closing = true;
        self.shared.filled.notify_one();
        // A terminal that takes nothing must not keep the process from ending.
        let _ = self.ended.recv_timeout(LAST_WORDS);
    }
}

#[cfg(test)]
mod tests;
