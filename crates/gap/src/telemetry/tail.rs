//! The newest lines of the log, for administrators who follow it from afar.
//!
//! It is one more place where lines are written, in the form without colours, by a thread of its own. Lines are kept in a
//! ring; readers that are too slow lose the oldest and are told how many.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::{self, Receiver, Sender};

use crate::upstream::redact;

/// Lines that are kept.
const LINES: usize = 2_000;
/// Longer lines are cut.
const LONGEST: usize = 8 * 1024;

/// Where the newest lines are. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub struct LogTail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    newest: Mutex<VecDeque<Arc<str>>>,
    sender: Sender<Arc<str>>,
}

/// Takes what is written.
#[derive(Debug)]
pub(super) struct TailWriter {
    tail: LogTail,
    /// The beginning of a line whose end is still to come.
    begun: Vec<u8>,
}

impl Default for LogTail {
    fn default() -> Self {
        Self(Arc::new(Inner { newest: Mutex::default(), sender: broadcast::channel(LINES).0 }))
    }
}

impl LogTail {
    /// The newest `lines` lines, and those to come.
    pub fn follow(&self, lines: usize) -> (Vec<Arc<str>>, Receiver<Arc<str>>) {
        let newest = self.0.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = newest.len().saturating_sub(lines);
        let lines: Vec<_> = newest.iter().skip(skip).cloned().collect();
        let to_come = self.0.sender.subscribe();
        drop(newest);
        (lines.iter().map(|line| clean(line)).collect(), to_come)
    }

    /// How many read.
    pub fn readers(&self) -> usize {
        self.0.sender.receiver_count()
    }

    pub(super) fn writer(&self) -> TailWriter {
        TailWriter { tail: self.clone(), begun: Vec::new() }
    }

    fn push(&self, line: &[u8]) {
        let line: Arc<str> = String::from_utf8_lossy(line.get(..LONGEST).unwrap_or(line)).into();
        let mut newest = self.0.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() == LINES {
            newest.pop_front();
        }
        newest.push_back(Arc::clone(&line));
        // Under the lock, so that a reader that begins now misses none and gets none twice.
        if self.readers() > 0 {
            let _ = self.0.sender.send(clean(&line));
        }
    }
}

/// What a reader gets. Nothing that logs says a secret; whoever reads from afar is no place to find out that something
/// does. Looking for one costs more than the line itself, so it is done for readers alone.
fn clean(line: &str) -> Arc<str> {
    redact::text(line, "").into()
}

impl Write for TailWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = memchr(rest) {
            let (line, after) = rest.split_at(end);
            if self.begun.is_empty() {
                self.tail.push(line);
            } else {
                self.begun.extend_from_slice(line);
                self.tail.push(&std::mem::take(&mut self.begun));
            }
            rest = after.get(1..).unwrap_or_default();
        }
        if self.begun.len() < LONGEST {
            self.begun.extend_from_slice(rest);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_whole_in_order_and_without_keys() {
        let tail = LogTail::default();
        let mut writer = tail.writer();
        writer.write_all(b"one\ntw").unwrap();
        writer.write_all(b"o\nthree api_key:AIzaSyA1234567890abcdefghij\n").unwrap();
        let (lines, _) = tail.follow(2);
        assert_eq!(lines[0].as_ref(), "two");
        assert!(lines[1].starts_with("three") && !lines[1].contains("AIzaSyA1234567890"), "{}", lines[1]);
        for _ in 0..2 * LINES {
            writer.write_all(b"more\n").unwrap();
        }
        assert_eq!(tail.follow(usize::MAX).0.len(), LINES);
    }

    #[tokio::test]
    async fn who_follows_hears_what_comes() {
        let tail = LogTail::default();
        let (_, mut receiver) = tail.follow(0);
        tail.writer().write_all(b"news\n").unwrap();
        assert_eq!(receiver.recv().await.unwrap().as_ref(), "news");
    }
}
