//! What a request goes on from: answers that are kept, or a conversation, and items of theirs that it refers to.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use crate::call::{DecodeError, Problem};
use crate::json::{self, Node, Path};

use super::Kept;

/// The texts that were found; they are read into nodes beside it.
#[derive(Debug, Default)]
pub(super) struct History {
    previous: Option<String>,
    conversation: Option<String>,
    lists: Vec<Bytes>,
    referenced: HashMap<String, String>,
}

// === impl History ===

impl History {
    /// Finds everything that a request refers to.
    pub(super) fn find(request: &Node<'_>, kept: &dyn Kept) -> Result<Self, DecodeError> {
        let mut history = Self::default();
        if let Some(id) = conversation_of(request)? {
            if request.find("previous_response_id").is_some() {
                let message = "and conversation exclude each other: leave one of them out";
                return Err(DecodeError::new(Problem::Invalid, "previous_response_id", message));
            }
            let Some(lists) = kept.conversation(&id) else {
                let message = format!("Conversation with id '{}' not found.", id.chars().take(80).collect::<String>());
                return Err(DecodeError::new(Problem::Invalid, "conversation", message));
            };
            history.lists = lists;
            history.conversation = Some(id.into_owned());
        }
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

    /// The conversation that is gone on with.
    pub(super) fn conversation(&self) -> Option<&str> {
        self.conversation.as_deref()
    }

    /// The field that names what is gone on from.
    pub(super) fn field(&self) -> &'static str {
        if self.conversation.is_some() { "conversation" } else { "previous_response_id" }
    }

    /// In a conversation an id names one item.
    pub(super) fn refuse_repeated(&self, request: &Node<'_>, lists: &[Node<'_>]) -> Result<(), DecodeError> {
        if self.conversation.is_none() {
            return Ok(());
        }
        let id = |item: &Node<'_>| Some(item.find("id")?.text()?.into_owned());
        let mut known: HashSet<String> =
            lists.iter().flat_map(|list| list.items().unwrap_or_default()).filter_map(id).collect();
        let path = Path::Root.key("input");
        for (index, item) in request.find("input").and_then(Node::items).unwrap_or_default().iter().enumerate() {
            if reference(item).is_some() {
                continue;
            }
            if let Some(id) = id(item)
                && !known.insert(id.clone())
            {
                let shown: String = id.chars().take(80).collect();
                let message =
                    format!("Duplicate item found with id {shown}: send only what is new in the conversation");
                return Err(DecodeError::new(Problem::Invalid, path.index(index).key("id").to_string(), message));
            }
        }
        Ok(())
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
pub(in crate::openai::responses) fn reference<'n>(item: &'n Node<'n>) -> Option<Cow<'n, str>> {
    let id = item.find("id")?.text()?;
    match item.find("type").and_then(Node::text) {
        Some(kind) => (kind == "item_reference").then_some(id),
        None => (item.members()?.len() <= 2 && item.find("role").is_none()).then_some(id),
    }
}

/// The conversation that a request names: by its id, or by an object that has it.
pub(in crate::openai::responses) fn conversation_of<'n>(
    request: &'n Node<'n>,
) -> Result<Option<Cow<'n, str>>, DecodeError> {
    let path = Path::Root.key("conversation");
    let Some(node) = request.find("conversation") else { return Ok(None) };
    if node.members().is_none() {
        return node
            .text()
            .map(Some)
            .ok_or_else(|| node.unwanted(&path, "the id of a conversation, or an object with it"));
    }
    let path = path.key("id");
    match node.find("id") {
        Some(id) => id.want_text(&path).map(Some),
        None => Err(DecodeError::new(Problem::Missing, path.to_string(), "is needed")),
    }
}

fn damaged() -> DecodeError {
    DecodeError::new(Problem::NotKept, "previous_response_id", "what is kept of it cannot be read")
}
