//! JSON of which little is looked at.
//!
//! A tree remembers every value; who wants three members of a document walks towards them and passes by the rest, and
//! nothing is allocated for what is passed. A value of an unexpected kind is passed by as well.

use std::borrow::Cow;

use super::parse::{Parsed, Parser};

/// What was read, or what is wrong with the document.
pub type Skimmed<T> = Parsed<T>;

/// A place in a document, before a value that has not been read.
///
/// Whoever is handed one reads exactly one value with it.
pub struct Skim<'p, 'a>(&'p mut Parser<'a>);

/// Reads a document with `read`, and sees to it that all of it is JSON.
pub fn skim<'a, T>(text: &'a str, read: impl FnOnce(Skim<'_, 'a>) -> Skimmed<T>) -> Skimmed<T> {
    Parser::new(text).document(|parser| read(Skim(parser)))
}

// === impl Skim ===

impl<'a> Skim<'_, 'a> {
    /// The value as it was written.
    pub fn raw(self) -> Skimmed<&'a str> {
        self.0.raw()
    }

    /// Passes the value by.
    pub fn pass(self) -> Skimmed<()> {
        self.0.pass()
    }

    /// Hands the members of an object to `member`; whether it was one, for anything else is passed by.
    pub fn members(self, mut member: impl FnMut(Cow<'a, str>, Skim<'_, 'a>) -> Skimmed<()>) -> Skimmed<bool> {
        if self.0.peek() != Some(b'{') {
            return self.0.pass().map(|()| false);
        }
        self.0.members(|parser, key| member(key, Skim(parser))).map(|()| true)
    }

    /// Hands the items of an array to `item`; whether it was one, for anything else is passed by.
    pub fn items(self, mut item: impl FnMut(Skim<'_, 'a>) -> Skimmed<()>) -> Skimmed<bool> {
        if self.0.peek() != Some(b'[') {
            return self.0.pass().map(|()| false);
        }
        self.0.items(|parser| item(Skim(parser))).map(|()| true)
    }

    /// The first byte of the value, which tells of what kind it is.
    pub fn first(&self) -> Option<u8> {
        self.0.peek()
    }
}
