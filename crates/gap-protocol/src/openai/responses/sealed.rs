//! `encrypted_content` of a reasoning item: thought signatures on their way through a client.
//!
//! Clients send it back unread, and it may come back from a history that another provider wrote, cut off, or changed. It
//! needs no secrecy, since signatures are Google's own sealed words; what it needs is a mark, so that nothing foreign is
//! taken for ours: `gap1.` and base64 of a JSON object. The number is the version of what is inside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::json::{self, Node, ObjectWriter, write_text};

/// What everything that is made here begins with.
const MARK: &str = "gap1.";

/// What a reasoning item carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Signatures of calls, by the ids that the client knows.
    pub calls: Vec<(String, String)>,
    /// The signature of the text or image before it.
    pub last: Option<String>,
    /// Gemini's own parts to the letter, which no item has a word for.
    pub parts: Vec<String>,
    /// Ids of items that say the same as [`Sealed::parts`].
    pub replaces: Vec<String>,
}

impl Sealed {
    /// Whether there is nothing to carry.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.last.is_none() && self.parts.is_empty()
    }

    /// The text for the client.
    pub fn seal(&self) -> String {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        if !self.calls.is_empty() {
            let mut calls = ObjectWriter::open(object.key("calls"));
            for (id, signature) in &self.calls {
                calls.text(id, signature);
            }
            calls.close();
        }
        if let Some(last) = &self.last {
            object.text("last", last);
        }
        if !self.parts.is_empty() {
            list(object.key("parts"), &self.parts, |out, part| out.extend_from_slice(part.as_bytes()));
        }
        if !self.replaces.is_empty() {
            list(object.key("replaces"), &self.replaces, write_text);
        }
        object.close();
        format!("{MARK}{}", URL_SAFE_NO_PAD.encode(out))
    }

    /// What a text carries, if it is one of ours and whole.
    pub fn open(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(MARK)?).ok()?;
        let object = json::parse(&bytes).ok()?;
        object.members()?;
        let texts = |key: &str| {
            let items = object.find(key).and_then(Node::items).unwrap_or_default();
            items.iter().filter_map(|item| Some(item.text()?.into_owned())).collect()
        };
        let calls = object.find("calls").and_then(Node::members).unwrap_or_default();
        let parts = object.find("parts").and_then(Node::items).unwrap_or_default();
        Some(Self {
            calls: calls
                .iter()
                .filter_map(|call| Some((call.key.clone().into_owned(), call.value.text()?.into_owned())))
                .collect(),
            last: object.find("last").and_then(Node::text).map(std::borrow::Cow::into_owned),
            parts: parts.iter().map(|part| part.json().into_owned()).collect(),
            replaces: texts("replaces"),
        })
    }
}

fn list(out: &mut Vec<u8>, items: &[String], write: impl Fn(&mut Vec<u8>, &str)) {
    out.push(b'[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sealed_is_opened(
            calls in proptest::collection::hash_map("call_[a-z0-9]{1,8}", "\\PC{0,40}", 0..3),
            last in proptest::option::of("[A-Za-z0-9+/]{0,40}"),
            texts in proptest::collection::vec("[a-z]{0,9}", 0..3),
        ) {
            let parts = texts.iter().map(|text| format!(r#"{{"text":"{text}"}}"#)).collect();
            let sealed = Sealed { calls: calls.into_iter().collect(), last, parts, replaces: texts };
            prop_assert_eq!(Sealed::open(&sealed.seal()), Some(sealed));
        }

        #[test]
        fn whatever_comes_back_is_taken_calmly(text in "(gap1\\.)?\\PC{0,60}", cut in 0usize..60) {
            let _ = Sealed::open(&text);
            let sealed = Sealed { last: Some("c2ln".repeat(9)), ..Sealed::default() }.seal();
            let _ = Sealed::open(sealed.get(..cut).unwrap_or_default());
        }
    }

    #[test]
    fn another_providers_content_is_not_ours() {
        assert_eq!(Sealed::open("gAAAAABpVx2k"), None);
        assert_eq!(Sealed::open("gap1.bm90IGpzb24"), None);
        assert_eq!(Sealed::open(""), None);
    }
}
