//! JSON as Google's servers write it.
//!
//! Unary answers are pretty-printed with two spaces and end in a line feed; events stand on one line with a space after
//! each colon and none after commas; `<` and `>` are escaped in both. Clients that look at bytes have been seen to care.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter};

/// One line, as in an SSE event.
pub(crate) fn line(value: &Value) -> Vec<u8> {
    write(value, EventFormatter, 256)
}

/// Indented, with the final line feed.
pub(crate) fn pretty(value: &Value) -> Vec<u8> {
    let mut bytes = write(value, IndentFormatter(PrettyFormatter::new()), 512);
    bytes.push(b'\n');
    bytes
}

/// One event of a stream with `alt=sse`.
pub(crate) fn event(value: &Value) -> Vec<u8> {
    let mut frame = b"data: ".to_vec();
    frame.append(&mut line(value));
    frame.extend_from_slice(b"\r\n\r\n");
    frame
}

/// The end of a stream without `alt=sse`: its last element, where others have come before it or none.
pub(crate) fn last_element(value: &Value, has_begun: bool) -> Vec<u8> {
    let mut frame = if has_begun { b",\r\n".to_vec() } else { b"[".to_vec() };
    frame.append(&mut pretty(value));
    frame.push(b']');
    frame
}

/// The elements of a stream without `alt=sse`, framed so that together they are one JSON array.
///
/// `]` is the end of the last element's frame, so the next element has to be known before one can be framed.
pub(crate) struct ArrayFrames<I: Iterator<Item = Value>> {
    values: std::iter::Peekable<I>,
    begun: bool,
}

impl<I: Iterator<Item = Value>> ArrayFrames<I> {
    pub(crate) fn new(values: I) -> Self {
        Self { values: values.peekable(), begun: false }
    }
}

impl<I: Iterator<Item = Value>> Iterator for ArrayFrames<I> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let begun = std::mem::replace(&mut self.begun, true);
        let Some(value) = self.values.next() else { return (!begun).then(|| b"[]".to_vec()) };
        let mut frame = if begun { b",\r\n".to_vec() } else { b"[".to_vec() };
        frame.append(&mut pretty(&value));
        if self.values.peek().is_none() {
            frame.push(b']');
        }
        Some(frame)
    }
}

fn write<F: Formatter>(value: &Value, formatter: F, capacity: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(capacity);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    // A `Value` has string keys and writing into a vector cannot fail.
    let _written = value.serialize(&mut serializer);
    bytes
}

fn write_fragment<W: io::Write + ?Sized>(writer: &mut W, fragment: &str) -> io::Result<()> {
    let mut rest = fragment;
    while let Some(at) = rest.find(['<', '>']) {
        writer.write_all(&rest.as_bytes()[..at])?;
        writer.write_all(if rest.as_bytes()[at] == b'<' { b"\\u003c" } else { b"\\u003e" })?;
        rest = &rest[at + 1..];
    }
    writer.write_all(rest.as_bytes())
}

struct EventFormatter;

impl Formatter for EventFormatter {
    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_fragment(writer, fragment)
    }
}

/// [`PrettyFormatter`] with Google's escapes.
struct IndentFormatter(PrettyFormatter<'static>);

impl Formatter for IndentFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_fragment(writer, fragment)
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests;
