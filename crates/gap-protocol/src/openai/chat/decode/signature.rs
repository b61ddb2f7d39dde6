//! Thought signatures in a request: where clients keep them, and the part that each belongs to.

use std::borrow::Cow;

use crate::call::DecodeError;
use crate::json::{Node, Path};

use super::Work;
use super::part::{Call, Part, Text};
use super::turns::Slot;

/// What a model demands in place of a signature that nobody kept; documented by Google.
pub const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Puts the signature of a message where it came from: at its last text, else at its first call, else at a text that says
/// nothing. In the form before there were tools a call has no other place for its own.
// wire 75, 76, 77
pub(crate) fn sign<'n>(
    signature: Cow<'n, str>,
    is_of_call: bool,
    parts: &mut Vec<Part<'n>>,
    calls: &mut [(Call<'n>, Slot<'n>)],
) {
    let text = parts.iter_mut().enumerate().rev().find_map(|(at, part)| match part {
        Part::Text { signature, .. } => Some((at, signature)),
        _ => None,
    });
    let call = calls.first_mut().map(|(call, _)| &mut call.signature);
    match (text, call) {
        (_, Some(place)) if is_of_call && place.is_none() => *place = Some(signature),
        (Some((_, place)), _) | (None, Some(place)) if place.is_none() => *place = Some(signature),
        // Clients that repeat it have said nothing new.
        (Some((_, Some(known))), _) | (None, Some(Some(known))) if *known == signature => {}
        (text, _) => {
            let at = text.map_or(0, |(at, _)| at + 1);
            parts.insert(at, Part::Text { text: Text::Own(Cow::Borrowed("")), signature: Some(signature) });
        }
    }
}

// === impl Work ===

impl Work<'_> {
    /// `extra_content.google.thought_signature`, wherever it is kept.
    // wire 77
    pub(crate) fn signature_in<'n>(
        &mut self,
        holder: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<Option<Cow<'n, str>>, DecodeError> {
        let nested = |outer: &str| holder.find(outer).and_then(|outer| outer.find("google").or(Some(outer)));
        let places = [
            nested("extra_content").and_then(|google| google.find("thought_signature")),
            // How litellm keeps it.
            nested("provider_specific_fields").and_then(|fields| fields.find("thought_signature")),
            holder.find("thought_signature"),
        ];
        let Some(found) = places.into_iter().flatten().next() else { return Ok(None) };
        let field = path.key("extra_content");
        let (google, name) = (field.key("google"), "thought_signature");
        let signature = found.want_text(&google.key(name))?;
        Ok(self.usable_signature(signature, &google.key(name)))
    }

    /// A signature that Google can read as base64; another provider's is left out.
    pub(crate) fn usable_signature<'n>(&mut self, signature: Cow<'n, str>, path: &Path<'_>) -> Option<Cow<'n, str>> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
        if signature.is_empty() {
            return None;
        }
        if signature.bytes().all(is_letter) {
            return Some(signature);
        }
        self.warn(path, "is no signature of Gemini's and was left out");
        None
    }
}
