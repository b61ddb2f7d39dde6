//! How an event becomes a line: the form, and the layer that writes it.
//!
//! Every answered request is a line, so this is hot: a line is put together in one buffer, in one walk over the event's
//! fields. The spans of libraries are not shown; GAP has none of its own.
//!
//! An event is always one line. Line ends and other control characters in what it says (Google's words, a client's
//! path) are written as escapes, so that nobody can forge a line or paint the terminal.

use std::error::Error;
use std::fmt::{self, Write};

use jiff::Timestamp;
use jiff::tz::Offset;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::queue::Queue;
use crate::clock::Clock;

/// What a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people: time, level, message, and the fields as `name=value`.
    Pretty {
        /// With the colours of a terminal.
        colour: bool,
    },
    /// For machines: an object, the fields beside `timestamp`, `level`, `message` and `target`.
    Json,
}

/// Writes the events that pass its filter.
#[derive(Debug)]
pub(super) struct LineLayer {
    /// Where to, in which form.
    pub(super) outlets: Vec<(Form, Queue)>,
    pub(super) clock: Clock,
}

/// Longer than most lines.
const USUAL_LENGTH: usize = 768;

// === impl LineLayer ===

impl<S: Subscriber> Layer<S> for LineLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let at = self.clock.now();
        let urgent = *event.metadata().level() <= Level::WARN;
        let mut last: Option<(Form, String)> = None;
        for (form, queue) in &self.outlets {
            let line = match last {
                Some((made, line)) if made == *form => line,
                _ => form.line(at, event),
            };
            queue.push(&line, urgent);
            last = Some((*form, line));
        }
    }
}

// === impl Form ===

impl Form {
    /// The line of an event.
    fn line(self, at: Timestamp, event: &Event<'_>) -> String {
        let metadata = event.metadata();
        let mut line = Line::begin(self, at, *metadata.level());
        line.painted = metadata.target() == crate::report::text::TARGET;
        event.record(&mut line);
        line.end(metadata.target())
    }

    /// The line of something that the log says about itself.
    pub(super) fn warning(self, at: Timestamp, message: fmt::Arguments<'_>) -> String {
        let mut line = Line::begin(self, at, Level::WARN);
        line.say("message", Quotes::Text, |out| out.write_fmt(message));
        line.end(module_path!())
    }
}

// === Line ===

/// A line under way.
struct Line {
    form: Form,
    text: String,
    /// The target of a record that came from the `log` crate: its event has none of its own.
    target: Option<String>,
    /// Whether the message is a line of the report, which has colours of its own.
    painted: bool,
}

/// Whether a value stands in quotes where the form leaves a choice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// A value with a type: as it is.
    None,
    /// A text: in quotes, unless it is the message.
    Text,
    /// Whatever its type prints: in quotes where JSON wants them.
    Printed,
}

impl Line {
    fn begin(form: Form, at: Timestamp, level: Level) -> Self {
        let mut text = String::with_capacity(USUAL_LENGTH);
        let (name, colour) = match level {
            Level::ERROR => ("ERROR", "\x1b[31m"),
            Level::WARN => (" WARN", "\x1b[33m"),
            Level::INFO => (" INFO", "\x1b[32m"),
            Level::DEBUG => ("DEBUG", "\x1b[34m"),
            Level::TRACE => ("TRACE", "\x1b[35m"),
        };
        let (before, between, after): (&str, &[&str], &str) = match form {
            Form::Json => ("{\"timestamp\":\"", &["\",\"level\":\"", name.trim_ascii_start()], "\""),
            Form::Pretty { colour: false } => ("", &[" ", name], ""),
            Form::Pretty { colour: true } => ("\x1b[2m", &["\x1b[0m ", colour, name], "\x1b[0m"),
        };
        text.push_str(before);
        push_time(&mut text, at);
        text.extend(between.iter().copied().chain([after]));
        Self { form, text, target: None, painted: false }
    }

    fn end(mut self, target: &str) -> String {
        if self.form == Form::Json {
            let of_record = self.target.take();
            self.say("target", Quotes::Text, |out| out.write_str(of_record.as_deref().unwrap_or(target)));
            self.text.push('}');
        }
        self.text.push('\n');
        self.text
    }

    fn name(&mut self, name: &str) {
        let pieces: &[&str] = match self.form {
            Form::Json => &[",\"", name, "\":"],
            Form::Pretty { .. } if name == "message" => &[" "],
            Form::Pretty { colour: false } => &[" ", name, "="],
            Form::Pretty { colour: true } => &[" \x1b[3m", name, "\x1b[0m\x1b[2m=\x1b[0m"],
        };
        self.text.extend(pieces.iter().copied());
    }

    fn say(&mut self, name: &str, quotes: Quotes, value: impl FnOnce(&mut Escaped<'_>) -> fmt::Result) {
        // What `log` knows about its record.
        if name.starts_with("log.") {
            if name == "log.target" {
                let mut target = String::new();
                let _ = value(&mut Escaped { out: &mut target, in_quotes: false });
                self.target = Some(target);
            }
            return;
        }
        self.name(name);
        let in_quotes = match quotes {
            Quotes::None => false,
            Quotes::Text => self.form == Form::Json || name != "message",
            Quotes::Printed => self.form == Form::Json,
        };
        if in_quotes {
            self.text.push('"');
        }
        let begins_at = self.text.len();
        // Writing to a string fails only if the value's own formatting does; then the line goes on without the rest of it.
        let _ = value(&mut Escaped { out: &mut self.text, in_quotes });
        if self.painted && name == "message" && self.form == (Form::Pretty { colour: true }) {
            let colour = match self.text.as_bytes().get(begins_at) {
                Some(b'!') => "\x1b[1;33m",
                Some(b' ') | None => return,
                // A heading.
                Some(_) => "\x1b[1;36m",
            };
            self.text.insert_str(begins_at, colour);
            self.text.push_str("\x1b[0m");
        }
        if in_quotes {
            self.text.push('"');
        }
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.say(field.name(), Quotes::None, |out| out.write_number(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.say(field.name(), Quotes::None, |out| write!(out, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.say(field.name(), Quotes::None, |out| write!(out, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for infinity.
        let quotes = if value.is_finite() { Quotes::None } else { Quotes::Printed };
        self.say(field.name(), quotes, |out| write!(out, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.say(field.name(), Quotes::Text, |out| out.write_str(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.say(field.name(), Quotes::Printed, |out| write!(out, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.say(field.name(), Quotes::Printed, |out| write!(out, "{value:?}"));
    }
}

// === Pieces ===

/// Escapes what would end the line, or the quotes around it; as JSON does it, which people can read as well.
struct Escaped<'a> {
    out: &'a mut String,
    in_quotes: bool,
}

impl Escaped<'_> {
    #[expect(clippy::unnecessary_wraps, reason = "as everything else that is written here")]
    fn write_number(&mut self, number: u64) -> fmt::Result {
        push_padded(self.out, number, 1);
        Ok(())
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let plain = |byte: u8| byte >= b' ' && byte != 0x7f && byte != 0xc2 && !(self.in_quotes && is_quote(byte));
        if text.bytes().all(plain) {
            self.out.push_str(text);
            return Ok(());
        }
        for character in text.chars() {
            match character {
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '"' | '\\' if self.in_quotes => self.out.extend(['\\', character]),
                // Those above ASCII as well: terminals obey some of them.
                control if control.is_control() => write!(self.out, "\\u{:04x}", u32::from(control))?,
                other => self.out.push(other),
            }
        }
        Ok(())
    }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\')
}

/// `2026-03-01T23:59:00.123456Z`
fn push_time(out: &mut String, at: Timestamp) {
    let time = Offset::UTC.to_datetime(at);
    let micros = u64::from(time.subsec_nanosecond().unsigned_abs() / 1_000);
    let two = |number: i8| u64::from(number.unsigned_abs());
    push_padded(out, u64::from(time.year().unsigned_abs()), 4);
    for (before, number) in
        [('-', time.month()), ('-', time.day()), ('T', time.hour()), (':', time.minute()), (':', time.second())]
    {
        out.push(before);
        push_padded(out, two(number), 2);
    }
    out.push('.');
    push_padded(out, micros, 6);
    out.push('Z');
}

/// With leading zeros up to `width`.
fn push_padded(out: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while let Some(place) = at.checked_sub(1) {
        if number == 0 && digits.len() - at >= width {
            break;
        }
        at = place;
        // A remainder of ten fits.
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

#[cfg(test)]
mod tests;
