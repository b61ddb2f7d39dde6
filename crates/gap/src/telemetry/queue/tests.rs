use std::io;
use std::sync::mpsc::{Sender, SyncSender, sync_channel};

use super::*;

/// A target that writes when it is let, and answers what it is told.
struct Gate {
    asked: Sender<()>,
    answers: Receiver<bool>,
    written: Arc<Mutex<String>>,
}

impl Write for Gate {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.asked.send(()).unwrap();
        if !self.answers.recv().unwrap_or(true) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written.lock().unwrap().push_str(std::str::from_utf8(lines).unwrap());
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Fixture {
    queue: Queue,
    writer: Writer,
    asked: Receiver<()>,
    answers: SyncSender<bool>,
    written: Arc<Mutex<String>>,
}

fn fixture() -> Fixture {
    let (asked, was_asked) = mpsc::channel();
    let (answers, answered) = sync_channel(10);
    let written = Arc::new(Mutex::new(String::new()));
    let gate = Gate { asked, answers: answered, written: Arc::clone(&written) };
    let (queue, writer) = start(gate, |count| format!("lost {count}\n")).unwrap();
    Fixture { queue, writer, asked: was_asked, answers, written }
}

impl Fixture {
    /// Ends the log and reads it.
    fn end(self) -> String {
        drop(self.answers);
        drop(self.writer);
        Arc::into_inner(self.written).unwrap().into_inner().unwrap()
    }
}

#[test]
fn all_lines_are_written_in_order_before_the_end() {
    let log = fixture();
    let said: Vec<String> = (0..1_000).map(|number| format!("line {number}\n")).collect();
    for line in &said {
        log.queue.push(line, false);
    }
    assert_eq!(log.end(), said.concat());
}

#[test]
fn a_target_that_takes_nothing_costs_lines_and_no_memory_and_the_log_says_how_many() {
    let log = fixture();
    log.queue.push("first\n", true);
    log.asked.recv().unwrap();
    // The thread is inside its write; what comes now waits.
    let line = format!("{}\n", "x".repeat(1023));
    for _ in 0..1_030 {
        log.queue.push(&line, false);
    }
    assert!(log.queue.0.state().lines.len() <= MOST);
    let written = log.end();
    assert_eq!(written.matches('x').count(), 1_024 * 1_023);
    assert!(written.ends_with("\nlost 6\n"));
}

#[test]
fn what_could_not_be_written_is_counted_when_it_can_be_again() {
    let log = fixture();
    log.answers.send(false).unwrap();
    log.queue.push("one\n", false);
    log.queue.push("two\n", true);
    log.asked.recv().unwrap();
    log.queue.push("three\n", true);
    let written = log.end();
    // The thread may have taken the first before the second came, and then the second was written.
    assert!(["three\nlost 2\n", "two\nlost 1\nthree\n", "two\nthree\nlost 1\n"].contains(&&*written), "{written}");
}

#[test]
fn an_urgent_line_does_not_wait_for_others() {
    let log = fixture();
    log.queue.push("begun\n", false);
    log.queue.push("urgent\n", true);
    // Without the end of the log: the thread writes by itself.
    log.asked.recv().unwrap();
    assert_eq!(log.end(), "begun\nurgent\n");
}

#[test]
fn the_end_does_not_wait_for_ever() {
    let log = fixture();
    log.queue.push("stuck\n", true);
    log.asked.recv().unwrap();
    // Its answer is still due.
    drop(log.writer);
    assert!(log.written.lock().unwrap().is_empty());
    log.queue.push("too late\n", false);
    assert!(log.queue.0.state().lines.is_empty());
}
