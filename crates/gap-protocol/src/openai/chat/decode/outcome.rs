//! What a tool answered, as the object that Gemini wants.

use std::borrow::Cow;

use crate::json::{self, Kind, Node, ObjectWriter};

use super::part::Text;

/// What a tool answered.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<'n> {
    /// A JSON object, as it is.
    Object(Cow<'n, str>),
    /// Anything else that is JSON, to be wrapped.
    Json(Cow<'n, str>),
    /// Text, to be wrapped.
    Text(Text<'n>),
    /// Nothing: what the model is told in its place.
    Missing(&'static str),
}

impl<'n> Outcome<'n> {
    /// The outcome that a text holds: an object or list if it is one, else the text.
    // wire 62: the response must be an object.
    pub(crate) fn of_text(node: &'n Node<'n>) -> Self {
        let Some(text) = node.text() else { return Self::Text(Text::Node(node)) };
        match text.trim_start().as_bytes().first() {
            Some(b'{' | b'[') => match json::parse(text.as_bytes()) {
                Ok(parsed) if has_references(&parsed) => Self::Text(Text::Node(node)),
                Ok(parsed) => {
                    let is_object = parsed.members().is_some();
                    let own = letters_of(&parsed, &text);
                    let letters = own.map_or(text, Cow::Owned);
                    if is_object { Self::Object(letters) } else { Self::Json(letters) }
                }
                Err(_) => Self::Text(Text::Node(node)),
            },
            _ => Self::Text(Text::Node(node)),
        }
    }

    /// The outcome of a value that is JSON already.
    pub(crate) fn of_value(node: &'n Node<'n>) -> Self {
        match node.kind() {
            Kind::Text(_) => Self::of_text(node),
            _ if has_references(node) => Self::Text(Text::Own(node.json())),
            Kind::Map(_) => Self::Object(node.json()),
            _ => Self::Json(node.json()),
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Object(object) => out.extend_from_slice(object.as_bytes()),
            Self::Json(json) => {
                let mut object = ObjectWriter::open(out);
                object.raw("result", json);
                object.close();
            }
            Self::Text(text) => {
                let mut object = ObjectWriter::open(out);
                text.write(object.key("result"));
                object.close();
            }
            Self::Missing(error) => {
                let mut object = ObjectWriter::open(out);
                object.text("error", error);
                object.close();
            }
        }
    }
}

/// The letters of a document that was read from a text of its own, unless they are that text to the letter: then no copy is
/// needed.
pub(crate) fn letters_of(parsed: &Node<'_>, text: &str) -> Option<String> {
    match parsed.json() {
        Cow::Borrowed(letters) if letters.len() == text.len() => None,
        letters => Some(letters.into_owned()),
    }
}

/// wire 61: Google takes these keys for references to media, wherever they are; as text they do no harm.
fn has_references(node: &Node<'_>) -> bool {
    match node.kind() {
        Kind::Map(members) => members
            .iter()
            .any(|member| matches!(member.key.as_ref(), "$ref" | "$defs") || has_references(&member.value)),
        Kind::List(items) => items.iter().any(has_references),
        Kind::Null | Kind::Bool(_) | Kind::Number | Kind::Text(_) => false,
    }
}
