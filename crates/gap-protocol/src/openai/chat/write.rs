//! Small pieces of JSON that both forms of an answer share.

use crate::json::write_text;
use crate::reply::Text;

/// Writes a number in decimal.
pub(crate) fn write_number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut start = digits.len();
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        start = place;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

/// Writes `{"id", "object", "created", "model", "system_fingerprint",`: everything that stands before the choices.
///
/// Google's name of the model that answered is the nearest thing to a fingerprint: it changes when the back end does.
pub(crate) fn write_head(
    out: &mut Vec<u8>,
    object: &str,
    (id, created, model): (&str, u64, &str),
    fingerprint_letters: &[u8],
) {
    out.extend_from_slice(b"{\"id\":");
    write_text(out, id);
    out.extend_from_slice(b",\"object\":");
    write_text(out, object);
    out.extend_from_slice(b",\"created\":");
    write_number(out, created);
    out.extend_from_slice(b",\"model\":");
    write_text(out, model);
    if !fingerprint_letters.is_empty() {
        out.extend_from_slice(b",\"system_fingerprint\":\"");
        out.extend_from_slice(fingerprint_letters);
        out.push(b'"');
    }
    out.push(b',');
}

/// Writes `,"extra_content":{"google":…}`, if there is anything to write.
pub(crate) fn write_extra(out: &mut Vec<u8>, google: &[u8]) {
    if !google.is_empty() {
        out.extend_from_slice(b",\"extra_content\":{\"google\":");
        out.extend_from_slice(google);
        out.push(b'}');
    }
}

/// Writes a text as a JSON string, by its letters.
pub(crate) fn write_letters(out: &mut Vec<u8>, text: Text<'_>) {
    out.push(b'"');
    out.extend_from_slice(&text.letters());
    out.push(b'"');
}
