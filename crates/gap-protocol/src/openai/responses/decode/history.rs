//! What a request goes on from: answers that are kept, and items of theirs that it refers to.

use std::collections::HashMap;

use bytes::Bytes;

use crate::call::{DecodeError, Problem};
use crate::json::{self, Node, Path};

use super::Kept;

/// The texts that were found; they are read into nodes beside it.
#[derive(Debug, Default)]
pub(super) struct History {
    previous: Option<String>,
    lists: Vec<Bytes>,
    referenced: HashMap<String, String>,
}

// === impl History ===

impl History {
    /// Finds everything that a request refers to.
    pub(super) fn find(request: &Node<'_>, kept: &dyn Kept) -> Result<Self, DecodeError> {
        let mut history = Self::default();
        if let Some(previous) = request.find("previous_response_id") {
            let field = Path::Root.key("previous_response_id");
            let id = previous.want_text(&field)?.into_owned();
            let Some(lists) = kept.history(&id) else {
                let shown: String = id.chars().take(80).collect();
                let message =
                    format!("Previous response with id '{shown}' not found: it was never kept, or no longer is.");
                return Err(DecodeError::new(Problem::NotKept, field.to_string(), message));
            };
            history.lists = lists;
            history.previous = Some(id);
        }
        let path = Path::Root.key("input");
        for (index, item) in request.find("input").and_then(Node::items).unwrap_or_default().iter().enumerate() {
            let Some(id) = reference(item) else { continue };
            if history.referenced.contains_key(&*id) {
                continue;
            }
            let Some(text) = kept.item(&id) else {
                let shown: String = id.chars().take(80).collect();
                let message =
                    format!("Item with id '{shown}' not found: send the item itself, or keep its answer (store)");
                return Err(DecodeError::new(Problem::Invalid, path.index(index).key("id").to_string(), message));
            };
            history.referenced.insert(id.into_owned(), text);
        }
        Ok(history)
    }

    /// The answer that is gone on from.
    pub(super) fn previous(&self) -> Option<&str> {
        self.previous.as_deref()
    }

    /// The lists of items, oldest first.
    pub(super) fn read(&self) -> Result<Vec<Node<'_>>, DecodeError> {
        self.lists.iter().map(|list| json::parse(list).map_err(|_| damaged())).collect()
    }

    /// The items that are referred to.
    pub(super) fn read_referenced(&self) -> Result<HashMap<&str, Node<'_>>, DecodeError> {
        self.referenced
            .iter()
            .map(|(id, text)| Ok((id.as_str(), json::parse(text.as_bytes()).map_err(|_| damaged())?)))
            .collect()
    }
}

/// The id that an item refers to, if it is a reference. Some leave its type out.
pub(super) fn reference<'n>(item: &'n Node<'n>) -> Option<std::borrow::Cow<'n, str>> {
    let id = item.find("id")?.text()?;
    match item.find("type").and_then(Node::text) {
        Some(kind) => (kind == "item_reference").then_some(id),
        None => (item.members()?.len() <= 2 && item.find("role").is_none()).then_some(id),
    }
}

fn damaged() -> DecodeError {
    DecodeError::new(Problem::NotKept, "previous_response_id", "what is kept of it cannot be read")
}
