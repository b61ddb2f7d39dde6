//! JSON text that is passed on as it was written.

use std::borrow::Cow;

use memchr::{memchr, memchr2_iter};

/// A JSON string: the letters between its quotes, escapes as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(&'a str);

/// Writes JSON without the white space between its tokens. Numbers, order and escapes stay to the letter.
pub fn compact(out: &mut Vec<u8>, json: &str) {
    tokens(json, |piece| out.extend_from_slice(piece));
}

/// Writes JSON, without the white space between its tokens, as the letters of a JSON string.
pub fn compact_into_text(out: &mut Vec<u8>, json: &str) {
    tokens(json, |piece| {
        let mut from = 0;
        for at in memchr2_iter(b'"', b'\\', piece) {
            out.extend_from_slice(piece.get(from..at).unwrap_or_default());
            out.push(b'\\');
            from = at;
        }
        out.extend_from_slice(piece.get(from..).unwrap_or_default());
    });
}

// === impl Text ===

impl<'a> Text<'a> {
    /// The text of valid JSON, if that is a string.
    pub fn of(json: &'a str) -> Option<Self> {
        Some(Self(json.strip_prefix('"')?.strip_suffix('"')?))
    }

    /// Whether it is the empty string.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The letters, ready to stand in another JSON string.
    ///
    /// Half a surrogate pair, which many parsers refuse, becomes U+FFFD.
    pub fn letters(self) -> Cow<'a, [u8]> {
        if !self.has_surrogates() {
            return Cow::Borrowed(self.0.as_bytes());
        }
        let mut quoted = Vec::new();
        crate::json::write_text(&mut quoted, &self.decode());
        quoted.pop();
        quoted.drain(..quoted.len().min(1));
        Cow::Owned(quoted)
    }

    /// The text itself.
    pub fn decode(self) -> Cow<'a, str> {
        if memchr(b'\\', self.0.as_bytes()).is_none() {
            return Cow::Borrowed(self.0);
        }
        if let Some(text) = unescape(self.0) {
            return Cow::Owned(text);
        }
        // The letters have been read as JSON once, so that this does not fail.
        let quoted = format!("\"{}\"", self.0);
        let text = crate::json::parse(quoted.as_bytes()).ok().and_then(|node| node.text().map(Cow::into_owned));
        Cow::Owned(text.unwrap_or_default())
    }

    /// The length of the text itself in bytes, if all its characters are ASCII.
    pub fn ascii_len(self) -> Option<usize> {
        let bytes = self.0.as_bytes();
        if !bytes.is_ascii() {
            return None;
        }
        let (mut len, mut at) = (bytes.len(), 0);
        while let Some(escape) = memchr(b'\\', bytes.get(at..)?) {
            at += escape + 2;
            len -= 1;
            if bytes.get(at - 1) == Some(&b'u') {
                let hex = self.0.get(at..at + 4)?;
                if u32::from_str_radix(hex, 16).ok()? >= 0x80 {
                    return None;
                }
                at += 4;
                len -= 4;
            }
        }
        Some(len)
    }

    /// This text without `prefix`, if it begins with it.
    #[must_use]
    pub fn without(self, prefix: &str) -> Self {
        Self(self.0.strip_prefix(prefix).unwrap_or(self.0))
    }

    fn has_surrogates(self) -> bool {
        let bytes = self.0.as_bytes();
        let mut at = 0;
        while let Some(escape) = bytes.get(at..).and_then(|rest| memchr(b'\\', rest)) {
            at += escape + 2;
            if bytes.get(at - 1) == Some(&b'u') && matches!(bytes.get(at), Some(b'd' | b'D')) {
                return true;
            }
        }
        false
    }
}

/// The text behind letters with escapes; none if there are surrogates, in pairs or alone.
fn unescape(letters: &str) -> Option<String> {
    let mut text = String::with_capacity(letters.len());
    let mut rest = letters;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        text.push_str(rest.get(..at)?);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = rest.get(at + 2..)?;
        text.push(match escape {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let hex = rest.get(..4)?;
                rest = rest.get(4..)?;
                char::from_u32(u32::from_str_radix(hex, 16).ok()?)?
            }
            other => char::from(other),
        });
    }
    text.push_str(rest);
    Some(text)
}

/// Calls `piece` with all that is not white space between tokens.
fn tokens(json: &str, mut piece: impl FnMut(&[u8])) {
    let bytes = json.as_bytes();
    let (mut at, mut from) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = after_string(bytes, at),
            b' ' | b'\n' | b'\r' | b'\t' => {
                piece(bytes.get(from..at).unwrap_or_default());
                at += 1;
                from = at;
            }
            _ => at += 1,
        }
    }
    piece(bytes.get(from..).unwrap_or_default());
}

/// The place after the string that begins at `at`.
fn after_string(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(stop) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += stop;
        if bytes.get(at) == Some(&b'"') {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}
