//! Writing JSON straight into one buffer.

use super::Node;

/// Writes `text` as a JSON string.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut done = 0;
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1F => b"\\u00",
            _ => continue,
        };
        out.extend_from_slice(bytes.get(done..index).unwrap_or_default());
        out.extend_from_slice(escape);
        if escape.len() == 4 {
            let digit = |value: u8| b"0123456789abcdef".get(usize::from(value)).copied().unwrap_or(b'0');
            out.extend([digit(byte >> 4), digit(byte & 0xF)]);
        }
        done = index + 1;
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    out.push(b'"');
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
