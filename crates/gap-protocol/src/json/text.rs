//! The text behind the letters of a JSON string.

use super::stops;

/// Undoes the escapes of a string's inside, which has been parsed. Half a surrogate pair, or an escape that is cut off,
/// becomes U+FFFD.
pub fn unescape(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(backslash) = stops::first(rest.as_bytes(), |byte| byte == b'\\') {
        let (plain, escape) = rest.split_at(backslash);
        text.push_str(plain);
        let (character, taken) = one(escape.as_bytes());
        text.push(character);
        rest = escape.get(taken..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// The character of the escape at the beginning, and how many bytes it takes.
fn one(escape: &[u8]) -> (char, usize) {
    let short = |character| (character, 2);
    match escape.get(1) {
        Some(b'b') => short('\u{8}'),
        Some(b'f') => short('\u{c}'),
        Some(b'n') => short('\n'),
        Some(b'r') => short('\r'),
        Some(b't') => short('\t'),
        Some(b'u') => unicode(escape),
        Some(other) => short(char::from(*other)),
        None => short(char::REPLACEMENT_CHARACTER),
    }
}

fn unicode(escape: &[u8]) -> (char, usize) {
    let unit = |at: usize| escape.get(at..at + 4).and_then(hex4);
    let first = unit(2).unwrap_or(0xFFFD);
    if let Some(character) = char::from_u32(first) {
        return (character, 6);
    }
    let second = escape.get(6..8).filter(|next| *next == b"\\u").and_then(|_| unit(8));
    match second {
        Some(low @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
            let point = 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00);
            (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// The value of four hexadecimal digits.
pub(super) fn hex4(digits: &[u8]) -> Option<u32> {
    if digits.len() != 4 {
        return None;
    }
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}
