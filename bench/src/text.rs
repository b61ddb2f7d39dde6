//! Text in JSON, borrowed wherever it can be.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A string of a JSON document; a copy only if it was escaped there.
///
/// Serde borrows a field of type `Cow<str>`, but copies what stands inside an `Option` or a `Vec`; inside this type it
/// borrows there as well.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}
