//! Follows an answer's bytes while they pass to the client unchanged.
//!
//! A native answer is not parsed and written again: a field that Google adds tomorrow reaches the client today, and an
//! image of a megabyte costs two searches through memory. But three things have to be known while the bytes flow past:
//! what the answer cost and how it ended ([`Findings`]); whether an event has passed, which commits the answer; and
//! whether the place just reached lies between events, where alone a keep-alive or an error may be inserted
//! ([`Position`]).
//!
//! So the meter is a push parser that keeps nothing but a handful of short values. Chunks may be cut anywhere, inside
//! an escape, a character, a line end; the result never depends on where.
//!
//! ## Edges
//! - An error is a plain JSON document even where events were asked for; a body that begins with `{` or `[` is followed
//!   as what it is (recorded for all errors of `alt=sse`).
//! - An error may be an object or an array of one (wire 1).
//! - Usage is cumulative: the last one counts (wire 124). So does the last finish reason (wire 112).
//! - Bytes that are not what the framing promises leave the meter *inside* for good: nothing can be inserted honestly
//!   into what is not understood.

mod events;
mod findings;
mod scan;
mod spine;
mod usage;
mod value;

use bytes::Bytes;

use self::events::Events;
pub use self::findings::{BlockReason, Findings, FinishReason};
pub use self::scan::ErrorSpan;
use self::scan::Scanner;
pub use self::usage::{Modalities, Usage};

/// How an answer is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// One JSON document.
    Json,
    /// A stream as one JSON array, an element for each event: `streamGenerateContent` without `alt=sse` (wire 28).
    JsonArray,
    /// Server-sent events.
    Sse,
}

/// What lies around the place that an answer has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// No event has begun: nothing but white space, comments, or the `[` of an array.
    Before,
    /// At least one event has passed and no other has begun.
    Between,
    /// In the middle of an event, or of something that cannot be understood.
    Inside,
    /// The answer is whole.
    Closed,
}

/// Follows one answer.
#[derive(Debug)]
pub struct Meter {
    framing: Framing,
    /// None while the answer is a JSON document, whatever was asked for.
    events: Option<Events>,
    scanner: Scanner,
    findings: Findings,
}

/// A blank line between events: the Python and JavaScript SDKs skip it, while a comment line breaks the Python one.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

// === impl Meter ===

impl Meter {
    /// A meter at the beginning of an answer.
    pub fn new(framing: Framing) -> Self {
        let events = match framing {
            Framing::Sse => Some(Events::default()),
            Framing::Json | Framing::JsonArray => None,
        };
        Self { framing, events, scanner: Scanner::default(), findings: Findings::default() }
    }

    /// Follows the next bytes of the answer.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.scanner.begin_chunk();
        let document = match &mut self.events {
            Some(events) => events.feed(chunk, &mut self.scanner, &mut self.findings),
            None => Some(chunk),
        };
        if let Some(document) = document {
            self.events = None;
            self.scanner.begin_at(chunk.len() - document.len());
            self.scanner.feed(document, &mut self.findings);
        }
    }

    /// Says that the answer has ended. An event without its blank line, or a number without anything after it, is
    /// complete now.
    pub fn finish(&mut self) {
        match &mut self.events {
            Some(events) => events.finish(&mut self.scanner, &mut self.findings),
            None => self.scanner.finish(&mut self.findings),
        }
    }

    /// Where the answer has got to.
    pub fn position(&self) -> Position {
        self.events.as_ref().map_or_else(|| self.scanner.position(), Events::position)
    }

    /// How many events have passed completely: elements of an array, or one for a single document. Blank lines and
    /// comments are none.
    pub fn events(&self) -> u64 {
        self.events.as_ref().map_or_else(|| self.scanner.elements(), Events::count)
    }

    /// What the answer has said so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Which part of the last chunk belongs to the value of an `error` at the top level of an event. It is the one thing
    /// that may have to be kept from a client: Google repeats keys and projects in it.
    pub fn error_span(&self) -> Option<ErrorSpan> {
        self.scanner.error_span()
    }

    /// Whether the value of an `error` has begun and not ended.
    pub fn is_in_error(&self) -> bool {
        self.error_span().is_some_and(|span| span.until.is_none())
    }

    /// The bytes that end the answer here with `error_json` (a body like `{"error": {…}}`) as its last event, so that
    /// the whole is valid in its framing. Empty when the answer is whole already; none when only breaking the
    /// transfer off is honest: inside an event, and in a document whose status has promised success.
    pub fn closing(&self, error_json: &str) -> Option<Bytes> {
        if self.position() == Position::Closed {
            return Some(Bytes::new());
        }
        let (before, after) = match (self.framing, &self.events) {
            (Framing::Sse, Some(events)) if events.position() != Position::Inside => ("data: ", "\r\n\r\n"),
            (Framing::Sse | Framing::JsonArray, None) => (self.scanner.before_next()?, "]"),
            _ => return None,
        };
        let mut bytes = Vec::with_capacity(before.len() + error_json.len() + after.len());
        bytes.extend_from_slice(before.as_bytes());
        push_on_one_line(&mut bytes, error_json);
        bytes.extend_from_slice(after.as_bytes());
        Some(bytes.into())
    }

    /// Bytes that show a waiting client that the stream lives, and that no client takes for anything; none where they
    /// would do harm.
    pub fn keep_alive(&self) -> Option<&'static [u8]> {
        match (self.framing, &self.events) {
            (Framing::Sse, Some(events)) => match events.position() {
                Position::Before | Position::Between => Some(BLANK_LINE),
                Position::Inside | Position::Closed => None,
            },
            // google-generativeai refuses a stream whose first character is not `[`.
            (Framing::Sse | Framing::JsonArray, None) if self.scanner.in_open_array() => Some(b"\r\n"),
            _ => None,
        }
    }
}

/// Writes JSON that may be pretty-printed on one line. Line breaks in JSON are never part of a string.
fn push_on_one_line(out: &mut Vec<u8>, json: &str) {
    for line in json.split(['\r', '\n']) {
        out.extend_from_slice(line.trim_start().as_bytes());
    }
}

#[cfg(test)]
mod tests;
