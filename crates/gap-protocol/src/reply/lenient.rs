//! Objects and lists where anything may stand.
//!
//! `serde`'s derived readers give up on the whole document when one value is of another kind. These pass the value by.

use std::borrow::Cow;

use crate::json::{Skim, Skimmed};

/// An object that takes its members one by one.
pub(super) trait Object<'a>: Default {
    /// Takes the value of `key`.
    fn member(&mut self, key: Cow<'a, str>, value: Skim<'_, 'a>) -> Skimmed<()>;
}

/// An object, or none where something else stands.
pub(super) fn object<'a, T: Object<'a>>(value: Skim<'_, 'a>) -> Skimmed<Option<T>> {
    let mut object = T::default();
    let is_object = value.members(|key, value| object.member(key, value))?;
    Ok(is_object.then_some(object))
}

/// The objects of a list, in their places; nothing where something else stands.
pub(super) fn objects<'a, T: Object<'a>>(value: Skim<'_, 'a>) -> Skimmed<Vec<Option<T>>> {
    let mut objects = Vec::new();
    value.items(|item| {
        objects.push(object(item)?);
        Ok(())
    })?;
    Ok(objects)
}
