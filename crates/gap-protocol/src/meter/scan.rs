//! A JSON reader that walks towards a few values and skips everything else.
//!
//! Only the containers on the way to a value that GAP reads are known by name (the *spine*): the root, its candidates,
//! their parts. Everything beside it is skipped by counting brackets, and strings by searching for their end, so that a
//! megabyte of base64 is one search. Numbers, nesting and keys beside the spine are not validated: that is the client's
//! business.

use memchr::memchr2;

use super::Position;
use super::findings::Findings;
use super::spine::{Key, KeyBuffer, Node, Spine};
use super::value::{Slot, Value};

/// Follows one JSON document, or one after the other with [`Scanner::restart`] between them.
#[derive(Debug)]
pub(super) struct Scanner {
    top: Top,
    /// The document is an array, its elements are the events.
    array: bool,
    elements: u64,
    spine: Spine,
    lex: Lex,
    /// The string ends in a backslash so far: the next byte belongs to it.
    escaped: bool,
    /// In an object of the spine: the next string is a key.
    key_next: bool,
    key: KeyBuffer,
    value: Value,
    /// Where in the chunk under way the bytes that are fed begin.
    base: usize,
    /// Where in them the next value begins.
    cursor: usize,
    error: Option<ErrorSpan>,
}

/// Which part of the last chunk belongs to the value of an `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorSpan {
    /// Where it begins; 0 when it began in an earlier chunk.
    pub from: usize,
    /// Where it ends; none when it goes on in the next chunk.
    pub until: Option<usize>,
}

/// What has come at the top level. An element under way shows in `lex` and `spine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Top {
    Before,
    ArrayOpen,
    AfterElement,
    AfterComma,
    Closed,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lex {
    /// Nothing yet.
    Idle,
    Key,
    String,
    /// A number, `true`, `false` or `null`.
    Scalar,
    /// A container beside the spine, so many deep.
    Skip {
        depth: u64,
        in_string: bool,
    },
    /// Not JSON.
    Garbage,
}

// === impl Scanner ===

impl Default for Scanner {
    fn default() -> Self {
        Self {
            top: Top::Before,
            array: false,
            elements: 0,
            spine: Spine::default(),
            lex: Lex::Idle,
            escaped: false,
            key_next: false,
            key: KeyBuffer::default(),
            value: Value::default(),
            base: 0,
            cursor: 0,
            error: None,
        }
    }
}

impl Scanner {
    /// A new chunk of the answer begins.
    pub(super) fn begin_chunk(&mut self) {
        if let Some(span) = &mut self.error {
            match span.until {
                Some(_) => self.error = None,
                None => span.from = 0,
            }
        }
    }

    /// The bytes that are fed next begin here in the chunk.
    pub(super) fn begin_at(&mut self, base: usize) {
        self.base = base;
    }

    /// Where the value of an error is in the last chunk.
    pub(super) fn error_span(&self) -> Option<ErrorSpan> {
        self.error
    }

    /// Begins a new document.
    pub(super) fn restart(&mut self) {
        // The memory is kept: a stream says the same kind of things in every event.
        let mut value = std::mem::take(&mut self.value);
        value.begin(None);
        *self = Self { value, error: self.error, ..Self::default() };
    }

    /// Follows the next bytes of the document.
    pub(super) fn feed(&mut self, bytes: &[u8], findings: &mut Findings) {
        let mut at = 0;
        while at < bytes.len() {
            at = match self.lex {
                Lex::Idle if self.top == Top::Closed => return,
                Lex::Idle => self.read_between(bytes, at, findings),
                Lex::Key => self.read_key(bytes, at),
                Lex::String => self.read_string(bytes, at, findings),
                Lex::Scalar => self.read_scalar(bytes, at, findings),
                Lex::Skip { depth, in_string } => self.skip(bytes, at, depth, in_string, findings),
                Lex::Garbage => return,
            };
            if let Some(span) = &mut self.error
                && span.until.is_none()
                && self.value.slot != Some(Slot::Error)
            {
                span.until = Some(self.base + at);
            }
        }
    }

    /// Says that the document has ended: a number at the top level is complete only now.
    pub(super) fn finish(&mut self, findings: &mut Findings) {
        if self.lex == Lex::Scalar && self.spine.is_empty() && !self.array {
            self.end_value(findings);
        }
    }

    /// Where the document has got to.
    pub(super) fn position(&self) -> Position {
        if self.lex != Lex::Idle || !self.spine.is_empty() {
            return Position::Inside;
        }
        match self.top {
            Top::Before | Top::ArrayOpen => Position::Before,
            Top::AfterElement | Top::AfterComma => Position::Between,
            Top::Closed => Position::Closed,
        }
    }

    /// How many elements are complete.
    pub(super) fn elements(&self) -> u64 {
        self.elements
    }

    /// Whether this is a place between the elements of an array.
    pub(super) fn in_open_array(&self) -> bool {
        self.array && matches!(self.position(), Position::Before | Position::Between)
    }

    /// What must stand before the next element of an array; none where no element can stand.
    pub(super) fn before_next(&self) -> Option<&'static str> {
        match (self.position(), self.top) {
            (Position::Inside | Position::Closed, _) | (_, Top::Closed) => None,
            (_, Top::Before) => Some("["),
            (_, Top::ArrayOpen | Top::AfterComma) => Some(""),
            (_, Top::AfterElement) => Some(","),
        }
    }

    /// Reads what stands between values: white space, punctuation, and the first byte of the next value.
    fn read_between(&mut self, bytes: &[u8], at: usize, findings: &mut Findings) -> usize {
        // Half of a small pretty-printed answer is indentation.
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let at = at + bytes[at..].iter().take_while(|byte| is_space(byte)).count();
        let Some(&byte) = bytes.get(at) else { return at };
        self.cursor = at;
        match (byte, self.spine.innermost()) {
            (byte, None) => self.read_top(byte, findings),
            (b'"', Some(node)) if node.is_object() && self.key_next => {
                self.lex = Lex::Key;
                self.key.clear();
            }
            (b',', Some(node)) => self.key_next = node.is_object(),
            (b':', Some(node)) if node.is_object() => {}
            (b'}', Some(node)) if node.is_object() => self.leave(findings),
            (b']', Some(node)) if !node.is_object() => self.leave(findings),
            (byte, Some(node)) => self.begin_value(byte, Some(node), findings),
        }
        at + 1
    }

    fn read_top(&mut self, byte: u8, findings: &mut Findings) {
        match (self.top, byte) {
            (Top::Before, b'[') => {
                self.array = true;
                self.top = Top::ArrayOpen;
            }
            (Top::ArrayOpen | Top::AfterComma | Top::AfterElement, b']') => self.top = Top::Closed,
            (Top::AfterElement, b',') => self.top = Top::AfterComma,
            (Top::AfterElement | Top::Closed, _) => self.lex = Lex::Garbage,
            (Top::Before | Top::ArrayOpen | Top::AfterComma, _) => self.begin_value(byte, None, findings),
        }
    }

    /// The first byte of a value, in a container of the spine or at the top level.
    fn begin_value(&mut self, byte: u8, node: Option<Node>, findings: &mut Findings) {
        let key = match node {
            Some(node) if node.is_object() => self.key.read(),
            _ => Key::Other,
        };
        self.value.begin(node.and_then(|node| node.slot(key)));
        if self.value.slot == Some(Slot::Error) {
            // Of several in one chunk, all that lies between the first and the last belongs to it.
            let from = self.error.map_or(self.base + self.cursor, |span| span.from);
            self.error = Some(ErrorSpan { from, until: None });
        }
        if node == Some(Node::Part) && !matches!(key, Key::Text | Key::Signature) {
            findings.content = true;
        }
        match byte {
            b'"' => self.lex = Lex::String,
            b'{' | b'[' => match Node::entered(node, key, byte) {
                Some(entered) => return self.enter(entered, findings),
                None => self.lex = Lex::Skip { depth: 1, in_string: false },
            },
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => self.lex = Lex::Scalar,
            _ => return self.lex = Lex::Garbage,
        }
        self.value.keep(&[byte]);
    }

    fn enter(&mut self, node: Node, findings: &mut Findings) {
        self.value.begin(None);
        match node {
            Node::Candidate => findings.candidates += 1,
            Node::Part => findings.parts += 1,
            _ => {}
        }
        self.key_next = node.is_object();
        self.spine.push(node);
    }

    fn leave(&mut self, findings: &mut Findings) {
        self.spine.pop();
        self.end_value(findings);
    }

    fn read_key(&mut self, bytes: &[u8], at: usize) -> usize {
        let (end, closed) = self.find_string_end(bytes, at);
        self.key.keep(&bytes[at..end - usize::from(closed)]);
        if closed {
            self.lex = Lex::Idle;
            self.key_next = false;
        }
        end
    }

    fn read_string(&mut self, bytes: &[u8], at: usize, findings: &mut Findings) -> usize {
        let (end, closed) = self.find_string_end(bytes, at);
        match self.value.slot {
            Some(Slot::Text) => findings.content |= end - usize::from(closed) > at,
            Some(_) => self.value.keep(&bytes[at..end]),
            None => {}
        }
        if closed {
            self.end_value(findings);
        }
        end
    }

    fn read_scalar(&mut self, bytes: &[u8], at: usize, findings: &mut Findings) -> usize {
        let ends = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b']' | b'}');
        let end = bytes[at..].iter().position(ends);
        let until = end.map_or(bytes.len(), |length| at + length);
        self.value.keep(&bytes[at..until]);
        if end.is_some() {
            self.end_value(findings);
        }
        until
    }

    /// Reads on in a container beside the spine, to its end or that of the bytes.
    fn skip(
        &mut self,
        bytes: &[u8],
        from: usize,
        mut depth: u64,
        mut in_string: bool,
        findings: &mut Findings,
    ) -> usize {
        let mut at = from;
        while at < bytes.len() {
            if in_string {
                let (end, closed) = self.find_string_end(bytes, at);
                at = end;
                in_string = !closed;
                continue;
            }
            let Some(length) = bytes[at..].iter().position(|byte| IS_STRUCTURE[usize::from(*byte)]) else {
                at = bytes.len();
                break;
            };
            at += length + 1;
            match bytes[at - 1] {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                _ => depth -= 1,
            }
            if depth == 0 {
                break;
            }
        }
        self.value.keep(&bytes[from..at]);
        self.lex = Lex::Skip { depth, in_string };
        if depth == 0 {
            self.end_value(findings);
        }
        at
    }

    /// The end of the string that `at` is in, behind its quote; or that of the bytes, and false.
    fn find_string_end(&mut self, bytes: &[u8], mut at: usize) -> (usize, bool) {
        while at < bytes.len() {
            if std::mem::take(&mut self.escaped) {
                at += 1;
                continue;
            }
            let Some(length) = memchr2(b'"', b'\\', &bytes[at..]) else { break };
            at += length + 1;
            if bytes[at - 1] == b'"' {
                return (at, true);
            }
            self.escaped = true;
        }
        (bytes.len(), false)
    }

    /// A value is complete, at the top level or in a container of the spine.
    fn end_value(&mut self, findings: &mut Findings) {
        self.lex = Lex::Idle;
        if let Some(slot) = self.value.slot.take() {
            self.value.settle(slot, findings);
        }
        if self.spine.is_empty() {
            self.elements += 1;
            self.top = if self.array { Top::AfterElement } else { Top::Closed };
        }
    }
}

/// The bytes that matter in a container beside the spine.
const IS_STRUCTURE: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'{' as usize] = true;
    table[b'}' as usize] = true;
    table[b'[' as usize] = true;
    table[b']' as usize] = true;
    table
};
