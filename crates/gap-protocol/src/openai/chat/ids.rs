//! Ids of tool calls that remember what clients forget.
//!
//! Gemini 3 refuses a function call that comes back without its thought signature, and wants its own id on the
//! response. OpenAI's format has no place for either: many clients rebuild a message from the fields that they know, and
//! what they all keep is the id, because a result must name it. So the id carries the rest:
//!
//! ```text
//! call_<unique>                 nothing to carry
//! call_<unique>_<base64url>     checksum, Gemini's id, the tool's name, the signature
//! ```
//!
//! Letters, digits, `-` and `_` only, which every dialect allows in an id. Inside a conversation no client was seen to
//! limit the length; OpenAI itself refuses more than 40 characters, which bites those who move a history from one
//! provider to another, and some keep ids in narrow columns. [`IdStyle::Short`] is for them: it stays within 40 and
//! leaves the signature to the vault, which knows it by the whole id. A signature is 0.6 kB in the middle and 12 kB at
//! the worst; one that would make the id longer than [`MAX_EMBEDDED`] is left to the vault as well.
//!
//! The name is in there for histories that were trimmed between a call and its result: Gemini wants the name on both.
//! The checksum keeps a foreign id from being taken for one of ours.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::call::IdStyle;

/// The longest id that OpenAI takes back.
pub const MAX_SHORT: usize = 40;
/// The longest id that is made here; nineteen signatures of twenty fit.
pub const MAX_EMBEDDED: usize = 4096;

/// What an id carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Gemini's own id of the call.
    pub gemini_id: Option<String>,
    /// The client's name of the tool.
    pub name: Option<String>,
    /// The thought signature of the call's part, in base64.
    pub signature: Option<String>,
}

/// What a text of the model's is known by, for those who remember its signature on behalf of clients: its digest. A text
/// has no id that could carry one.
#[derive(Debug, Default)]
pub(crate) struct TextName(blake3::Hasher);

// === impl TextName ===

impl TextName {
    /// Adds the next piece of the text.
    pub(crate) fn add(&mut self, piece: &str) {
        self.0.update(piece.as_bytes());
    }

    /// The name, in the form of no id of a call.
    pub(crate) fn id(&self) -> String {
        format!("text {}", self.0.finalize().to_hex())
    }
}

/// Makes the id of a call. `unique` has to differ between all calls of all answers; of it, letters and digits are used.
pub fn encode(unique: &str, carried: &Carried, style: IdStyle) -> String {
    let mut id = String::from("call_");
    id.extend(unique.chars().filter(char::is_ascii_alphanumeric).take(24));
    let gemini_id = carried.gemini_id.as_deref().unwrap_or_default();
    let name = carried.name.as_deref().unwrap_or_default();
    let signature = carried.signature.as_deref().and_then(canonical).unwrap_or_default();

    let full = || pack(gemini_id, name, &signature);
    let candidates: [(usize, Option<Vec<u8>>); 3] = [
        // Nothing is worth carrying for its own sake: without a signature the name alone makes no id longer than OpenAI's.
        (MAX_EMBEDDED, (style == IdStyle::Embedded && !signature.is_empty()).then(full).flatten()),
        (MAX_SHORT, pack(gemini_id, name, &[])),
        (MAX_SHORT, pack(gemini_id, "", &[])),
    ];
    for (limit, packed) in candidates {
        let Some(packed) = packed else { continue };
        let text = URL_SAFE_NO_PAD.encode(packed);
        if id.len() + 1 + text.len() <= limit {
            id.push('_');
            id.push_str(&text);
            return id;
        }
    }
    id
}

/// What an id carries, if it is one of ours and carries something.
pub fn decode(id: &str) -> Option<Carried> {
    let (_, text) = id.strip_prefix("call_")?.split_once('_')?;
    let packed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (check, rest) = packed.split_at_checked(2)?;
    if check != checksum(rest) {
        return None;
    }
    let (gemini_id, rest) = unpack(rest)?;
    let (name, signature) = unpack(rest)?;
    let signature = (!signature.is_empty()).then(|| STANDARD.encode(signature));
    Some(Carried { gemini_id, name, signature })
}

/// The bytes of a signature, if its base64 is the one that they would be given again.
fn canonical(signature: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(signature).ok()?;
    (STANDARD.encode(&bytes) == signature).then_some(bytes)
}

/// The two names, each behind its length, and the signature. Nothing if there is nothing, or a name is too long.
fn pack(gemini_id: &str, name: &str, signature: &[u8]) -> Option<Vec<u8>> {
    if gemini_id.is_empty() && name.is_empty() && signature.is_empty() {
        return None;
    }
    let mut rest = Vec::with_capacity(2 + gemini_id.len() + name.len() + signature.len());
    for text in [gemini_id, name] {
        rest.push(u8::try_from(text.len()).ok()?);
        rest.extend_from_slice(text.as_bytes());
    }
    rest.extend_from_slice(signature);
    let mut packed = checksum(&rest).to_vec();
    packed.append(&mut rest);
    Some(packed)
}

fn unpack(bytes: &[u8]) -> Option<(Option<String>, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    let text = std::str::from_utf8(text).ok()?;
    Some(((!text.is_empty()).then(|| text.to_owned()), rest))
}

/// Fletcher's checksum: it is no protection, only a mark.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let (low, high) = bytes.iter().fold((0x47_u32, 0x50_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 255;
        (low, (high + low) % 255)
    });
    [low, high].map(|sum| u8::try_from(sum).unwrap_or_default())
}

#[cfg(test)]
mod tests;
