//! Writing JSON straight into one buffer.

use super::Node;

/// Writes `text` as a JSON string.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    out.reserve(rest.len() + 2);
    out.push(b'"');
    while let Some((at, byte)) = first_to_escape(rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        write_escape(out, byte);
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// The first byte that cannot stand in a JSON string as it is.
///
/// Most of what is written are keys and prose that hold none: eight bytes are looked at in one step.
fn first_to_escape(bytes: &[u8]) -> Option<(usize, u8)> {
    let (words, _) = bytes.as_chunks();
    let clean = words.iter().take_while(|word| !any_to_escape(u64::from_le_bytes(**word))).count() * 8;
    let rest = bytes.get(clean..)?.iter().enumerate();
    rest.map(|(at, byte)| (clean + at, *byte)).find(|(_, byte)| matches!(byte, b'"' | b'\\' | 0..=0x1F))
}

/// Whether one of eight bytes has to be escaped. A borrow may reach a neighbour, but only from a byte that has to be.
fn any_to_escape(word: u64) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let any_below = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit)) & !word & (EACH << 7) != 0;
    let any_is = |byte: u8| any_below(word ^ (EACH * u64::from(byte)), 1);
    any_below(word, 0x20) || any_is(b'"') || any_is(b'\\')
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0..=0x1F => {
            let digit = |value: u8| b"0123456789abcdef".get(usize::from(value)).copied().unwrap_or(b'0');
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[digit(byte >> 4), digit(byte & 0xF)]);
            return;
        }
        itself => itself,
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Writes the members of an object, with commas where they belong.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> ObjectWriter<'o> {
    /// Opens an object.
    pub fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Writes a key, and lends the buffer for its value.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        write_text(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// A member with a text.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        write_text(self.key(key), value);
        self
    }

    /// A member with a value that is JSON already: a number, `true`, a literal.
    pub fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key).extend_from_slice(json.as_bytes());
        self
    }

    /// A member with a value of the request.
    pub fn node(&mut self, key: &str, node: &Node<'_>) -> &mut Self {
        node.write(self.key(key));
        self
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.first
    }

    /// Closes the object.
    pub fn close(self) {
        self.out.push(b'}');
    }
}
