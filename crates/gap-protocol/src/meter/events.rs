//! The lines of server-sent events, as far as the meter needs them: which bytes are JSON, and where an event ends.

use memchr::memchr2;

use super::Position;
use super::findings::Findings;
use super::scan::Scanner;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const DATA: &[u8] = b"data";

/// Follows the lines of a stream and passes the data of each event to a [`Scanner`].
#[derive(Debug, Default)]
pub(super) struct Events {
    place: Place,
    /// The line before ended with CR, so a LF that comes first belongs to it.
    after_cr: bool,
    /// Something other than blank lines has come.
    begun: bool,
    current: Current,
    count: u64,
    end: Option<End>,
}

/// What has come of the current event. Without data it will not be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Current {
    #[default]
    Nothing,
    Fields,
    Data,
}

/// Where in a line the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In what may be a byte order mark, of which so many bytes have come.
    Mark(usize),
    /// At the beginning of a line.
    LineStart,
    /// In a name that is `data` for so many bytes.
    Name(usize),
    /// After the colon, where one space does not count.
    DataStart,
    Data,
    /// In a comment or the rest of a field that does not matter.
    Skipped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    Cut,
}

impl Default for Place {
    fn default() -> Self {
        Self::Mark(0)
    }
}

// === impl Events ===

impl Events {
    /// Follows `bytes`. Returns what is left of them when the stream turns out to be a JSON document instead.
    pub(super) fn feed<'a>(
        &mut self,
        bytes: &'a [u8],
        scanner: &mut Scanner,
        findings: &mut Findings,
    ) -> Option<&'a [u8]> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.place {
                Place::Mark(seen) => {
                    if byte == BYTE_ORDER_MARK[seen] {
                        at += 1;
                        self.place =
                            if seen + 1 == BYTE_ORDER_MARK.len() { Place::LineStart } else { Place::Mark(seen + 1) };
                    } else if seen == 0 {
                        self.place = Place::LineStart;
                    } else {
                        self.begin_field(Place::Skipped);
                    }
                }
                Place::LineStart => {
                    if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                        at += 1;
                        continue;
                    }
                    if !self.begun && matches!(byte, b'{' | b'[') {
                        return Some(&bytes[at..]);
                    }
                    at += self.start_line(&bytes[at..], scanner, findings);
                }
                Place::Name(matched) => match byte {
                    b':' if matched == DATA.len() => {
                        self.begin_data(Place::DataStart, scanner, findings);
                        at += 1;
                    }
                    b'\r' | b'\n' => {
                        // A line without a colon is a field without a value.
                        if matched == DATA.len() {
                            self.begin_data(Place::Data, scanner, findings);
                        }
                        self.end_line(byte);
                        at += 1;
                    }
                    _ if DATA.get(matched) == Some(&byte) => {
                        self.place = Place::Name(matched + 1);
                        at += 1;
                    }
                    _ => self.place = Place::Skipped,
                },
                Place::DataStart => {
                    at += usize::from(byte == b' ');
                    self.place = Place::Data;
                }
                Place::Data | Place::Skipped => {
                    let end = memchr2(b'\r', b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
                    if self.place == Place::Data {
                        scanner.begin_at(at);
                        scanner.feed(&bytes[at..end], findings);
                    }
                    at = end;
                    if let Some(&byte) = bytes.get(at) {
                        self.end_line(byte);
                        at += 1;
                    }
                }
            }
        }
        None
    }

    pub(super) fn finish(&mut self, scanner: &mut Scanner, findings: &mut Findings) {
        if self.end.is_some() {
            return;
        }
        if self.place == Place::Name(DATA.len()) {
            self.begin_data(Place::Data, scanner, findings);
        }
        scanner.finish(findings);
        let cut = self.current == Current::Data && scanner.position() == Position::Inside;
        self.end = Some(if cut { End::Cut } else { End::Whole });
        self.dispatch(scanner);
        self.place = Place::LineStart;
    }

    pub(super) fn position(&self) -> Position {
        match (self.end, self.place) {
            (Some(End::Whole), _) => Position::Closed,
            (None, Place::LineStart | Place::Mark(0)) if self.current == Current::Nothing => {
                if self.count == 0 {
                    Position::Before
                } else {
                    Position::Between
                }
            }
            (Some(End::Cut) | None, _) => Position::Inside,
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Reads the beginning of a line and returns how much of it was read.
    fn start_line(&mut self, rest: &[u8], scanner: &mut Scanner, findings: &mut Findings) -> usize {
        // What Gemini sends, at one go.
        if rest.starts_with(b"data: ") {
            self.begin_data(Place::Data, scanner, findings);
            return b"data: ".len();
        }
        match rest[0] {
            end @ (b'\r' | b'\n') => {
                self.dispatch(scanner);
                self.after_cr = end == b'\r';
            }
            b':' => {
                self.begun = true;
                self.place = Place::Skipped;
            }
            b'd' => self.begin_field(Place::Name(1)),
            _ => self.begin_field(Place::Skipped),
        }
        1
    }

    fn begin_field(&mut self, place: Place) {
        self.begun = true;
        if self.current == Current::Nothing {
            self.current = Current::Fields;
        }
        self.place = place;
    }

    fn begin_data(&mut self, place: Place, scanner: &mut Scanner, findings: &mut Findings) {
        self.begin_field(place);
        if self.current == Current::Data {
            scanner.feed(b"\n", findings);
        }
        self.current = Current::Data;
    }

    fn end_line(&mut self, end: u8) {
        self.place = Place::LineStart;
        self.after_cr = end == b'\r';
    }

    /// A blank line: what came since the last one was an event if it had data.
    fn dispatch(&mut self, scanner: &mut Scanner) {
        if std::mem::take(&mut self.current) == Current::Data {
            self.count += 1;
            scanner.restart();
        }
    }
}
