//! Base64 as clients write it, into base64 as Google reads it.
//!
//! A medium is most of a request's bytes, so the usual case costs one look at each byte and no copy.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::gemini::mime;

/// Puts base64 into the standard alphabet, with padding and without white space; says so if it is something else.
// wire 100: URL-safe letters, line breaks, missing padding and percent escapes all occur.
pub(crate) fn normalise(text: Cow<'_, str>) -> Result<Cow<'_, str>, String> {
    if is_standard(text.as_bytes()) {
        return Ok(text);
    }
    let mut letters = Vec::with_capacity(text.len() + 3);
    let decoded = if text.contains('%') {
        percent_encoding::percent_decode_str(&text).collect::<Vec<u8>>().into()
    } else {
        Cow::Borrowed(text.as_bytes())
    };
    let mut ended = false;
    for byte in decoded.iter() {
        let letter = match byte {
            b'-' => b'+',
            b'_' => b'/',
            b'=' => {
                ended = true;
                continue;
            }
            // In a form, a plus sign becomes a space; at the end of a line, it is white space.
            b' ' | b'\n' | b'\r' | b'\t' => continue,
            other => *other,
        };
        if ended || !is_letter(letter) {
            return Err("is not base64".to_owned());
        }
        letters.push(letter);
    }
    if letters.len() % 4 == 1 || letters.is_empty() {
        return Err(if letters.is_empty() { "is empty" } else { "is cut off: it is not whole base64" }.to_owned());
    }
    while letters.len() % 4 != 0 {
        letters.push(b'=');
    }
    // Only letters of the alphabet were kept.
    Ok(Cow::Owned(String::from_utf8(letters).unwrap_or_default()))
}

/// The first bytes behind base64, for a look at what they are.
pub(crate) fn head(standard: &str) -> Vec<u8> {
    let letters = (mime::ENOUGH / 3 * 4).min(standard.len() / 4 * 4);
    STANDARD.decode(standard.get(..letters).unwrap_or_default()).unwrap_or_default()
}

/// Base64 of bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Whether a text is standard base64 already.
fn is_standard(bytes: &[u8]) -> bool {
    let padding = bytes.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let letters = bytes.get(..bytes.len() - padding).unwrap_or_default();
    // Without a way out inside a block, the compiler looks at many bytes at once.
    let whole = |block: &[u8]| block.iter().fold(0, |others, byte| others | u8::from(!is_letter(*byte))) == 0;
    !letters.is_empty() && bytes.len().is_multiple_of(4) && letters.chunks(256).all(whole)
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

#[cfg(test)]
mod tests;
