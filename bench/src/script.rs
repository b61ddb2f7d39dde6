//! What is asked and what is answered.
//!
//! A gateway may drop headers and query parameters, but never the model's name: so the name is the script. The fake
//! upstream plays it, the load client knows from it, to the letter, what has to arrive.

mod answer;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use answer::{event, request, unary};

/// What a unary answer is made of besides its text, in bytes.
const ENVELOPE: usize = 470;

/// The longest text of one answer: a name must not make a process eat the machine.
const LONGEST_ANSWER: usize = 64_000_000;

/// How the fake upstream behaves for one model.
///
/// `bench-1k` answers 1 kB; `bench-stream-100`, `bench-stream-100x60`, `bench-stream-100x60-every-2ms` stream 100
/// events (of 60 characters, 2 ms apart); `bench-hold` sends one event and then nothing until the client leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// Size of a unary answer in bytes, about.
    pub answer_bytes: usize,
    /// Number of events of a stream.
    pub events: usize,
    /// Characters of text in each event.
    pub event_chars: usize,
    /// Pause before each event but the first.
    pub pause: Duration,
    /// A stream stays open after its first event.
    pub hold: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self { answer_bytes: 1_000, events: 100, event_chars: 60, pause: Duration::ZERO, hold: false }
    }
}

// === impl Script ===

impl Script {
    /// Reads a model's name; `None` if it is not one of ours.
    pub(crate) fn of_model(model: &str) -> Option<Self> {
        let name = model.strip_prefix("bench-")?;
        let script = Self::default();
        if name == "hold" {
            return Some(Self { hold: true, ..script });
        }
        let Some(stream) = name.strip_prefix("stream-") else {
            let answer_bytes = name.strip_suffix('k')?.parse::<usize>().ok()?.checked_mul(1_000)?;
            if answer_bytes > LONGEST_ANSWER {
                return None;
            }
            return Some(Self { answer_bytes, ..script });
        };
        let (shape, pause) = match stream.split_once("-every-") {
            Some((shape, pause)) => (shape, pause.strip_suffix("ms")?.parse().ok()?),
            None => (stream, 0),
        };
        let (events, event_chars): (usize, usize) = match shape.split_once('x') {
            Some((events, chars)) => (events.parse().ok()?, chars.parse().ok()?),
            None => (shape.parse().ok()?, script.event_chars),
        };
        let possible = events.checked_mul(event_chars).is_some_and(|chars| (1..=LONGEST_ANSWER).contains(&chars));
        possible.then_some(Self { events, event_chars, pause: Duration::from_millis(pause), ..script })
    }

    /// The text of a unary answer.
    pub(crate) fn answer_text(&self) -> String {
        prose(self.answer_bytes.saturating_sub(ENVELOPE).max(1))
    }

    /// The text of a whole stream.
    pub(crate) fn stream_text(&self) -> String {
        prose(self.events * self.event_chars)
    }

    /// The text of each event of a stream, in order.
    pub(crate) fn event_texts(&self) -> Vec<String> {
        let text = self.stream_text();
        (0..self.events).map(|at| text[at * self.event_chars..][..self.event_chars].to_owned()).collect()
    }
}

/// `length` characters of text as people and models write it: lines (so that JSON has to escape), no letter twice in a
/// row at the same place of two lines (so that a lost or swapped piece is noticed).
pub(crate) fn prose(length: usize) -> String {
    const WORDS: [&str; 13] = [
        "the", "gateway", "answers", "a", "request", "with", "care", "while", "every", "token", "takes", "its", "turn",
    ];
    let mut text = String::with_capacity(length + 16);
    let mut number = 0_usize;
    while text.len() < length {
        text.push_str(WORDS[(number * 7 + number / 13) % WORDS.len()]);
        number += 1;
        text.push_str(if number.is_multiple_of(14) { ".\n" } else { " " });
        if number.is_multiple_of(50) {
            text.push_str(&number.to_string());
        }
    }
    text.truncate(length);
    text
}
