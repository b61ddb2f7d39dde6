//! Server-sent events, taken apart and put together.
//!
//! The decoder follows the WHATWG algorithm: any of CR, LF and CRLF ends a line, a byte order mark may stand first,
//! comments and unknown fields are skipped, several `data` lines are one text. It departs from it in one point, on
//! purpose: an event that the stream's end leaves without its blank line is still an event (wire 30).
//!
//! An event of Gemini may be an image of many megabytes on one line (wire 29), and an upstream gone mad may never end
//! its line. So there is no limit on a line below the limit on an event, and that one is an error, not a panic. Where an
//! event's data lies within one pushed chunk, it is a slice of that chunk.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use memchr::{memchr, memchr2};

/// How large an event may be unless said otherwise: 64 MiB.
pub const DEFAULT_LIMIT: usize = 64 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; none means `message`.
    pub event: Option<Bytes>,
    /// The `data` lines, joined by line feeds.
    pub data: Bytes,
    /// The last `id` that the stream has set, in this event or before it.
    pub id: Option<Bytes>,
    /// The pause before a new connection, when the stream has set it since the event before.
    pub retry: Option<Duration>,
}

/// The stream cannot be decoded any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// An event, or a single line, is larger than the limit.
    #[error("an event is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// Takes a stream apart as it arrives.
#[derive(Debug)]
pub struct Decoder {
    chunks: VecDeque<Bytes>,
    /// The beginning of a line whose end has not come.
    partial: BytesMut,
    /// The line before ended with CR, so a LF that comes first belongs to it.
    after_cr: bool,
    /// Nothing but perhaps a part of a byte order mark has come.
    at_start: bool,
    ended: bool,
    pending: Pending,
    last_id: Option<Bytes>,
    limit: usize,
    failed: Option<DecodeError>,
}

/// How the lines of an encoded event end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// OpenAI and Anthropic.
    Lf,
    /// Gemini.
    CrLf,
}

/// Appends one event to `out`: `event` if given (a name without line breaks), a `data` line for each line of `data`, a
/// blank line.
///
/// Data that holds line breaks (pretty-printed JSON) comes out as several `data` lines, which a decoder joins again;
/// clients that read line by line do not, so write JSON for them on one line.
pub fn encode(out: &mut BytesMut, end: LineEnd, event: Option<&str>, data: &[u8]) {
    let end: &[u8] = match end {
        LineEnd::Lf => b"\n",
        LineEnd::CrLf => b"\r\n",
    };
    out.reserve(data.len() + event.map_or(0, str::len) + 24);
    if let Some(event) = event {
        out.put_slice(b"event: ");
        out.put_slice(event.as_bytes());
        out.put_slice(end);
    }
    let mut rest = data;
    loop {
        let line = memchr2(b'\r', b'\n', rest);
        out.put_slice(b"data: ");
        out.put_slice(&rest[..line.unwrap_or(rest.len())]);
        out.put_slice(end);
        let Some(at) = line else { break };
        let crlf = rest[at..].starts_with(b"\r\n");
        rest = &rest[at + 1 + usize::from(crlf)..];
    }
    out.put_slice(end);
}

/// What the lines since the last blank one have said.
#[derive(Debug, Default)]
struct Pending {
    event: Option<Bytes>,
    data: Data,
    retry: Option<Duration>,
}

#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    /// One line: a slice of what was pushed.
    Line(Bytes),
    Lines(BytesMut),
}

// === impl Decoder ===

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the beginning of a stream, with the [`DEFAULT_LIMIT`].
    pub fn new() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }

    /// A decoder that refuses events of more than `limit` bytes of data, and lines of more than that.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            chunks: VecDeque::new(),
            partial: BytesMut::new(),
            after_cr: false,
            at_start: true,
            ended: false,
            pending: Pending::default(),
            last_id: None,
            limit,
            failed: None,
        }
    }

    /// Takes the next bytes of the stream. Call [`Self::next_event`] until it has no more before pushing again, or
    /// what is pushed piles up.
    pub fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() && !self.ended && self.failed.is_none() {
            self.chunks.push_back(chunk);
        }
    }

    /// Says that the stream has ended. [`Self::next_event`] then also gives an event without its blank line.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    /// The next event that is complete. After an error there is nothing but the same error.
    pub fn next_event(&mut self) -> Option<Result<Event, DecodeError>> {
        if let Some(error) = self.failed {
            return Some(Err(error));
        }
        loop {
            let line = match self.next_line() {
                Ok(Some(line)) => line,
                Ok(None) => return self.flush(),
                Err(error) => return Some(Err(self.fail(error))),
            };
            if line.is_empty() {
                if let Some(event) = self.dispatch() {
                    return Some(Ok(event));
                }
            } else if let Err(error) = self.read_field(&line) {
                return Some(Err(self.fail(error)));
            }
        }
    }

    /// The next whole line without its end.
    fn next_line(&mut self) -> Result<Option<Bytes>, DecodeError> {
        while let Some(chunk) = self.chunks.front_mut() {
            if self.after_cr {
                self.after_cr = false;
                if chunk.first() == Some(&b'\n') {
                    chunk.advance(1);
                }
            }
            let end = memchr2(b'\r', b'\n', chunk);
            let piece = chunk.split_to(end.unwrap_or(chunk.len()));
            if self.partial.len() + piece.len() > self.limit.saturating_add(MAX_FIELD_NAME) {
                return Err(DecodeError::TooLarge { limit: self.limit });
            }
            if end.is_none() {
                self.partial.extend_from_slice(&piece);
                self.chunks.pop_front();
                continue;
            }
            self.after_cr = chunk.first() == Some(&b'\r');
            chunk.advance(1);
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
            let line = if self.partial.is_empty() {
                piece
            } else {
                self.partial.extend_from_slice(&piece);
                self.partial.split().freeze()
            };
            return Ok(Some(self.without_mark(line)));
        }
        Ok(None)
    }

    fn without_mark(&mut self, mut line: Bytes) -> Bytes {
        if std::mem::take(&mut self.at_start) && line.starts_with(BYTE_ORDER_MARK) {
            line.advance(BYTE_ORDER_MARK.len());
        }
        line
    }

    fn read_field(&mut self, line: &Bytes) -> Result<(), DecodeError> {
        let colon = memchr(b':', line).unwrap_or(line.len());
        let value = {
            let after = (colon + 1).min(line.len());
            let space = usize::from(line.get(after) == Some(&b' '));
            line.slice(after + space..)
        };
        match &line[..colon] {
            b"data" => self.pending.data.add(value, self.limit)?,
            b"event" => self.pending.event = Some(value).filter(|value| !value.is_empty()),
            // An id with a NUL in it is ignored, by the specification.
            b"id" if memchr(0, &value).is_none() => self.last_id = Some(value),
            b"retry" => {
                if let Some(millis) = digits(&value) {
                    self.pending.retry = Some(Duration::from_millis(millis));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The event that a blank line ends. Without data there is none, and its name is forgotten.
    fn dispatch(&mut self) -> Option<Event> {
        let event = self.pending.event.take();
        let data = match std::mem::take(&mut self.pending.data) {
            Data::None => return None,
            Data::Line(line) => line,
            Data::Lines(lines) => lines.freeze(),
        };
        Some(Event { event, data, id: self.last_id.clone(), retry: self.pending.retry.take() })
    }

    /// What the stream's end leaves without a blank line.
    fn flush(&mut self) -> Option<Result<Event, DecodeError>> {
        if !self.ended {
            return None;
        }
        let line = self.partial.split().freeze();
        let line = self.without_mark(line);
        if !line.is_empty()
            && let Err(error) = self.read_field(&line)
        {
            return Some(Err(self.fail(error)));
        }
        self.dispatch().map(Ok)
    }

    fn fail(&mut self, error: DecodeError) -> DecodeError {
        self.chunks.clear();
        self.partial = BytesMut::new();
        self.pending = Pending::default();
        self.failed = Some(error);
        error
    }
}

// === impl Data ===

impl Data {
    fn add(&mut self, line: Bytes, limit: usize) -> Result<(), DecodeError> {
        let held = match self {
            Self::None => 0,
            Self::Line(first) => first.len() + 1,
            Self::Lines(lines) => lines.len() + 1,
        };
        if held + line.len() > limit {
            return Err(DecodeError::TooLarge { limit });
        }
        *self = match std::mem::take(self) {
            Self::None => Self::Line(line),
            Self::Line(first) => {
                let mut lines = BytesMut::with_capacity(first.len() + 1 + line.len());
                lines.put(first);
                lines.put_u8(b'\n');
                lines.put(line);
                Self::Lines(lines)
            }
            Self::Lines(mut lines) => {
                lines.put_u8(b'\n');
                lines.put(line);
                Self::Lines(lines)
            }
        };
        Ok(())
    }
}

// === Private ===

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What may stand in a line besides data: a byte order mark, the longest field name, a colon and a space.
const MAX_FIELD_NAME: usize = 16;

fn digits(value: &[u8]) -> Option<u64> {
    let all = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    if all { std::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
