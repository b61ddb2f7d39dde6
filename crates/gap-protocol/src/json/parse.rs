//! From bytes to nodes, in one pass.

use std::borrow::Cow;

use super::{Escapes, Kind, Member, Node, stops, text};

/// How deep a document may be nested; as deep as `serde_json` goes.
pub const MAX_DEPTH: usize = 127;

/// How many values a document may have. Each takes memory far beyond its letters; requests have thousands.
pub const MAX_VALUES: usize = 1_000_000;

/// Why bytes are not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {line}, column {column}")]
pub struct SyntaxError {
    /// What is wrong.
    message: &'static str,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

/// Reads a document.
pub fn parse(bytes: &[u8]) -> Result<Node<'_>, SyntaxError> {
    // A byte-order mark is no JSON, and some Windows tools write it.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| SyntaxError::at(bytes, error.valid_up_to(), "the text is not UTF-8"))?;
    let mut parser = Parser::new(text);
    parser.document(Parser::value).map_err(|message| SyntaxError::at(bytes, parser.at.min(bytes.len()), message))
}

impl SyntaxError {
    fn at(bytes: &[u8], offset: usize, message: &'static str) -> Self {
        let before = bytes.get(..offset).unwrap_or_default();
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        Self { message, line: 1 + memchr::memchr_iter(b'\n', before).count(), column: 1 + offset - line_start }
    }
}

/// Whether a byte of a string is more than a letter, or less.
#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the compiler from comparing many at a time")]
fn is_not_plain(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// What was read, or what is wrong at the place that the parser has reached.
pub(super) type Parsed<T> = Result<T, &'static str>;

pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// How many containers are open.
    depth: usize,
    /// How many nodes may still be made.
    left: usize,
}

// === impl Parser ===

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth: 0, left: MAX_VALUES }
    }

    /// Reads the only value of the document.
    pub(super) fn document<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.skip_space();
        let read = read(self)?;
        self.skip_space();
        if self.at == self.bytes.len() { Ok(read) } else { Err("there is text after the end") }
    }

    fn value(&mut self) -> Parsed<Node<'a>> {
        let start = self.at;
        self.left = self.left.checked_sub(1).ok_or("there are too many values")?;
        let kind = match self.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                self.members(|parser, key| {
                    members.push(Member { key, value: parser.value()? });
                    Ok(())
                })?;
                Kind::Map(members)
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.items(|parser| {
                    items.push(parser.value()?);
                    Ok(())
                })?;
                Kind::List(items)
            }
            _ => self.scalar()?,
        };
        Ok(Node { raw: self.slice(start), kind })
    }

    /// Passes a value and hands it over as it was written.
    pub(super) fn raw(&mut self) -> Parsed<&'a str> {
        let start = self.at;
        self.pass()?;
        Ok(self.slice(start))
    }

    /// Passes a value.
    pub(super) fn pass(&mut self) -> Parsed<()> {
        match self.peek() {
            Some(b'{') => self.members(|parser, _| parser.pass()),
            Some(b'[') => self.items(Self::pass),
            _ => self.scalar().map(drop),
        }
    }

    fn scalar(&mut self) -> Parsed<Kind<'a>> {
        match self.peek() {
            Some(b'"') => self.string().map(Kind::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::Bool(true)),
            Some(b'f') => self.word("false", Kind::Bool(false)),
            Some(b'n') => self.word("null", Kind::Null),
            Some(_) => Err("a value was expected"),
            None => Err("the text ends early"),
        }
    }

    /// Reads an object, each value of which is read by `member`.
    pub(super) fn members(&mut self, mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Parsed<()>) -> Parsed<()> {
        self.enter()?;
        if self.leave(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.early("a key was expected"));
            }
            let start = self.at;
            let escapes = self.string()?;
            let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
            let key = match escapes {
                Escapes::None => Cow::Borrowed(inner),
                Escapes::Sound | Escapes::Lone => Cow::Owned(text::unescape(inner)),
            };
            self.skip_space();
            if !self.take(b':') {
                return Err(self.early("a colon was expected"));
            }
            self.skip_space();
            member(self, key)?;
            self.skip_space();
            if self.leave(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.early("a comma or a closing brace was expected"));
            }
            self.skip_space();
        }
    }

    /// Reads an array, each value of which is read by `item`.
    pub(super) fn items(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<()>) -> Parsed<()> {
        self.enter()?;
        if self.leave(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_space();
            if self.leave(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.early("a comma or a closing bracket was expected"));
            }
            self.skip_space();
        }
    }

    fn enter(&mut self) -> Parsed<()> {
        if self.depth == MAX_DEPTH {
            return Err("the nesting is too deep");
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn leave(&mut self, bracket: u8) -> bool {
        let ends = self.take(bracket);
        self.depth -= usize::from(ends);
        ends
    }

    fn number(&mut self) -> Parsed<Kind<'a>> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    fn digits(&mut self) -> Parsed<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(self.early("a digit was expected")) }
    }

    fn word(&mut self, word: &str, kind: Kind<'a>) -> Parsed<Kind<'a>> {
        if !self.bytes.get(self.at..).unwrap_or_default().starts_with(word.as_bytes()) {
            return Err("a value was expected");
        }
        self.at += word.len();
        Ok(kind)
    }

    /// Passes a string, quotes included.
    fn string(&mut self) -> Parsed<Escapes> {
        self.at += 1;
        let mut escapes = Escapes::None;
        loop {
            self.plain()?;
            if self.take(b'"') {
                return Ok(escapes);
            }
            if self.escape()? {
                escapes = Escapes::Lone;
            } else if escapes == Escapes::None {
                escapes = Escapes::Sound;
            }
        }
    }

    /// Passes the letters up to a quote or a backslash.
    fn plain(&mut self) -> Parsed<()> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(passed) = stops::first(rest, is_not_plain) else {
            self.at = self.bytes.len();
            return Err("the text ends early");
        };
        self.at += passed;
        match self.peek() {
            Some(b'"' | b'\\') => Ok(()),
            _ => Err("a control character must be escaped in a string"),
        }
    }

    /// Passes an escape; says whether it was half a surrogate pair.
    fn escape(&mut self) -> Parsed<bool> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(false)
            }
            Some(b'u') => {
                self.at += 1;
                let unit = self.hex()?;
                if !(0xD800..=0xDFFF).contains(&unit) {
                    return Ok(false);
                }
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                if unit < 0xDC00 && rest.starts_with(b"\\u") {
                    let after = self.at;
                    self.at += 2;
                    if (0xDC00..=0xDFFF).contains(&self.hex()?) {
                        return Ok(false);
                    }
                    self.at = after;
                }
                Ok(true)
            }
            _ => Err(self.early("an unknown escape")),
        }
    }

    fn hex(&mut self) -> Parsed<u32> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        match text::hex4(digits) {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => Err(self.early("four hexadecimal digits were expected")),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn slice(&self, start: usize) -> &'a str {
        // Both ends stand beside ASCII.
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The same complaint, or that there is nothing left to complain about.
    fn early(&self, message: &'static str) -> &'static str {
        if self.at >= self.bytes.len() { "the text ends early" } else { message }
    }
}
