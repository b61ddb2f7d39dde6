//! JSON that is read once and passed on as it was written.
//!
//! A chat of a megabyte is mostly text that goes from one document into another. A value tree would copy each string,
//! undo its escapes, and do them again; typed structs with raw leaves scan what is nested once per level, and their
//! errors do not say where. So a document becomes a tree of [`Node`]s in one pass: each remembers its letters, so that
//! numbers, order, spacing and escapes survive to the letter, and only what is looked at is unescaped.
//!
//! ## Edges
//! Nesting deeper than [`MAX_DEPTH`] is refused: recursion must end. Of a repeated key the last one counts, as in
//! `JSON.parse`. An escaped surrogate without its other half, which JavaScript writes when it cuts a text inside an
//! emoji, is no fault here; it is written on as U+FFFD, because Google would refuse it.

mod parse;
mod skim;
mod stops;
mod text;
mod write;

use std::borrow::Cow;
use std::fmt;

use crate::call::{DecodeError, Problem};

pub use parse::{MAX_DEPTH, MAX_VALUES, SyntaxError, parse};
pub use skim::{Skim, Skimmed, skim};
pub use text::unescape;
pub use write::{ObjectWriter, write_text};

/// One value of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'a> {
    raw: &'a str,
    kind: Kind<'a>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, in whatever form it was written.
    Number,
    /// A string.
    Text(Escapes),
    /// An array.
    List(Vec<Node<'a>>),
    /// An object, in its order.
    Map(Vec<Member<'a>>),
}

/// Whether the letters of a string are its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// They are.
    None,
    /// There are escapes, all of them sound.
    Sound,
    /// There is half a surrogate pair.
    Lone,
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member<'a> {
    /// Its key, unescaped.
    pub key: Cow<'a, str>,
    /// Its value.
    pub value: Node<'a>,
}

/// Where a value stands in its document. It lives on the stack of the reader, and becomes text only in an error.
#[derive(Clone, Copy, Debug)]
pub enum Path<'p> {
    /// The document itself.
    Root,
    /// A member of an object.
    Key(&'p Path<'p>, &'p str),
    /// An item of an array.
    Index(&'p Path<'p>, usize),
}

// === impl Node ===

impl<'a> Node<'a> {
    /// The value to the letter.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// What it is.
    pub fn kind(&self) -> &Kind<'a> {
        &self.kind
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// Its text, if it is a string.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        let Kind::Text(escapes) = self.kind else { return None };
        let inner = self.raw.get(1..self.raw.len() - 1).unwrap_or_default();
        Some(match escapes {
            Escapes::None => Cow::Borrowed(inner),
            Escapes::Sound | Escapes::Lone => Cow::Owned(unescape(inner)),
        })
    }

    /// Whether it is the string `""`.
    pub fn is_empty_text(&self) -> bool {
        self.raw == "\"\""
    }

    /// Its truth, if it is a boolean.
    pub fn bool(&self) -> Option<bool> {
        if let Kind::Bool(value) = self.kind { Some(value) } else { None }
    }

    /// Its value, if it is a number.
    pub fn number(&self) -> Option<f64> {
        if self.kind == Kind::Number { self.raw.parse().ok() } else { None }
    }

    /// Its value, if it is a whole number: `7`, and also `7.0` and `7e0`, which JavaScript does not tell apart.
    pub fn integer(&self) -> Option<i64> {
        if self.kind != Kind::Number {
            return None;
        }
        if let Ok(integer) = self.raw.parse() {
            return Some(integer);
        }
        let number = self.number()?;
        // Beyond 2^53 neighbours are not told apart.
        #[expect(clippy::cast_possible_truncation, reason = "checked in this line")]
        (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
    }

    /// Its items, if it is an array.
    pub fn items(&self) -> Option<&[Node<'a>]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    /// Its members, if it is an object.
    pub fn members(&self) -> Option<&[Member<'a>]> {
        if let Kind::Map(members) = &self.kind { Some(members) } else { None }
    }

    /// The member `key`, if it is an object that has one. `null` is a value here; see [`Node::find`].
    pub fn member(&self, key: &str) -> Option<&Node<'a>> {
        self.members()?.iter().rev().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The member `key`, unless it is `null`: for OpenAI's clients, null and absent are the same.
    pub fn find(&self, key: &str) -> Option<&Node<'a>> {
        self.member(key).filter(|value| !value.is_null())
    }

    /// What it is, for a sentence.
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "an array",
            Kind::Map(_) => "an object",
        }
    }

    /// Writes it: its own letters, or sound ones where its own are broken.
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.is_sound() {
            out.extend_from_slice(self.raw.as_bytes());
        } else {
            self.write_mended(out);
        }
    }

    fn write_mended(&self, out: &mut Vec<u8>) {
        match &self.kind {
            Kind::Text(Escapes::Lone) => write_text(out, &self.text().unwrap_or_default()),
            Kind::Null | Kind::Bool(_) | Kind::Number | Kind::Text(_) => out.extend_from_slice(self.raw.as_bytes()),
            Kind::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write_mended(out);
                }
                out.push(b']');
            }
            Kind::Map(members) => {
                let mut object = ObjectWriter::open(out);
                for member in members {
                    member.value.write_mended(object.key(&member.key));
                }
                object.close();
            }
        }
    }

    /// Its letters, sound, as a text of their own where they had to change.
    pub fn json(&self) -> Cow<'a, str> {
        if self.is_sound() {
            return Cow::Borrowed(self.raw);
        }
        let mut out = Vec::with_capacity(self.raw.len());
        self.write(&mut out);
        Cow::Owned(String::from_utf8(out).unwrap_or_default())
    }

    /// Whether every text in it is whole.
    fn is_sound(&self) -> bool {
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number => true,
            Kind::Text(escapes) => *escapes != Escapes::Lone,
            Kind::List(items) => items.iter().all(Node::is_sound),
            // A key that was broken has been mended, and shows it.
            Kind::Map(members) => members.iter().all(|member| {
                (matches!(member.key, Cow::Borrowed(_)) || !member.key.contains(char::REPLACEMENT_CHARACTER))
                    && member.value.is_sound()
            }),
        }
    }

    /// Its text, or an error that names the path.
    pub fn want_text(&self, path: &Path<'_>) -> Result<Cow<'a, str>, DecodeError> {
        self.text().ok_or_else(|| self.unwanted(path, "a string"))
    }

    /// Its items, or an error that names the path.
    pub fn want_items(&self, path: &Path<'_>) -> Result<&[Node<'a>], DecodeError> {
        self.items().ok_or_else(|| self.unwanted(path, "an array"))
    }

    /// Its members, or an error that names the path.
    pub fn want_members(&self, path: &Path<'_>) -> Result<&[Member<'a>], DecodeError> {
        self.members().ok_or_else(|| self.unwanted(path, "an object"))
    }

    /// Its truth, or an error that names the path.
    pub fn want_bool(&self, path: &Path<'_>) -> Result<bool, DecodeError> {
        self.bool().ok_or_else(|| self.unwanted(path, "a boolean"))
    }

    /// Its value, or an error that names the path.
    pub fn want_number(&self, path: &Path<'_>) -> Result<f64, DecodeError> {
        match self.number() {
            Some(number) if number.is_finite() => Ok(number),
            // `1e999` is a number in JSON, and infinite as a double.
            Some(_) => Err(DecodeError::new(Problem::Invalid, path.to_string(), "is too large a number")),
            None => Err(self.unwanted(path, "a number")),
        }
    }

    /// Its value, or an error that names the path.
    pub fn want_integer(&self, path: &Path<'_>) -> Result<i64, DecodeError> {
        self.integer().ok_or_else(|| self.unwanted(path, "an integer"))
    }

    /// The error for a value of the wrong type.
    pub fn unwanted(&self, path: &Path<'_>, wanted: &str) -> DecodeError {
        let got = if wanted == "an integer" && self.kind == Kind::Number { self.raw } else { self.describe() };
        DecodeError::new(Problem::WrongType, path.to_string(), format!("must be {wanted}, not {got}"))
    }
}

// === impl Path ===

impl<'p> Path<'p> {
    /// The path of a member below this one.
    #[must_use]
    pub fn key(&'p self, key: &'p str) -> Self {
        Self::Key(self, key)
    }

    /// The path of an item below this one.
    #[must_use]
    pub fn index(&'p self, index: usize) -> Self {
        Self::Index(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests;
