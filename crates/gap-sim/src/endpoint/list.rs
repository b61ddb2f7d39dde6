//! Pages of a list.

use serde_json::{Map, Value};

use super::Ask;
use crate::error::ApiError;

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Everybody's: the models.
    All,
    /// The caller's project: another's token is refused (wire 38).
    Project,
}

/// How many items a page has where nothing is said, and at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) usual: usize,
    pub(crate) most: usize,
}

/// One page: the items under their name, and a token if there are more.
pub(crate) fn page(ask: &Ask<'_>, name: &str, items: &[Value], owner: Owner, sizes: Sizes) -> Result<Value, ApiError> {
    let size = ask.query.page_size(sizes.usual, sizes.most)?;
    let owner = if owner == Owner::Project { ask.caller.project } else { 0 };
    let start = match ask.query.page_token() {
        None => 0,
        Some(token) => place(token, owner)
            .filter(|place| *place <= items.len())
            .ok_or_else(|| ApiError::invalid("* ListRequest.page_token: invalid page token\n"))?,
    };
    let end = start.saturating_add(size).min(items.len());
    let mut page = Map::new();
    let shown = items.get(start..end).unwrap_or_default();
    if !shown.is_empty() {
        page.insert(name.to_owned(), shown.to_vec().into());
    }
    if end < items.len() {
        page.insert("nextPageToken".to_owned(), token(end, owner).into());
    }
    Ok(Value::Object(page))
}

fn token(place: usize, owner: u64) -> String {
    let mark = crate::dice::hash(format!("{owner}/{place}").as_bytes());
    format!("{place:x}-{mark:016x}")
}

fn place(text: &str, owner: u64) -> Option<usize> {
    let place = usize::from_str_radix(text.split_once('-')?.0, 16).ok()?;
    (token(place, owner) == text).then_some(place)
}
