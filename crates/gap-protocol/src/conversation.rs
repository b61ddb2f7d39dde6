//! Conversations that somebody keeps for clients: what is known of one already, what must be added to a request, and
//! what of it fits.
//!
//! A kept conversation is a tree of turns, because clients edit: what follows an edited turn is another branch, and the
//! *head* is the turn at which the conversation goes on. A request that names the conversation brings one of three
//! things, and [`recognise()`] tells which: only what is new (the history must be put before it), all of the history (it must
//! not be doubled), or a history with something changed (a branch begins). Turns are compared by their digests
//! ([`crate::chain`]), so that what clients change in passing does not make a stranger of an old turn.
//!
//! [`fit()`] says which turns of the history go with a request. Whole groups are left out, the oldest first: a question with all
//! that was said, called and answered because of it. So no call is ever without its result, and no signed part is ever
//! changed. [`splice()`] puts the turns into the request's bytes, and [`ReplyParts`] gathers the turn that answers it.

mod fit;
mod recognise;
mod reply;
mod splice;

use crate::json::{self, Node};
use crate::openai::chat::NO_SIGNATURE;

pub use self::fit::{Room, TooLong, fit};
pub use self::recognise::Recognised;
pub use self::recognise::{Kept, Kind, Said, recognise};
pub use self::reply::{MOST_REPLY, ReplyParts};
pub use self::splice::{Additions, splice};

/// What matters of a turn for its place among others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Whether the model spoke.
    pub is_models: bool,
    /// Names of the functions that it calls, in alphabetical order.
    pub calls: Vec<String>,
    /// Names of the functions whose results it brings, in alphabetical order.
    pub results: Vec<String>,
    /// Whether a part of it carries a thought signature, and not what stands in for one.
    pub is_signed: bool,
    /// What it costs to say it again.
    pub tokens: u64,
}

// === impl Turn ===

impl Turn {
    /// Reads a `Content`, which costs so many tokens; none when it is nothing of the kind.
    pub fn read(content: &str, tokens: u64) -> Option<Self> {
        Self::of(&json::parse(content.as_bytes()).ok()?, tokens)
    }

    fn of(content: &Node<'_>, tokens: u64) -> Option<Self> {
        content.members()?;
        let is_models = content.find("role").and_then(Node::text).as_deref() == Some("model");
        let mut turn = Self { is_models, tokens, ..Self::default() };
        let Some(parts) = content.find("parts") else { return Some(turn) };
        for part in parts.items().unwrap_or(std::slice::from_ref(parts)) {
            let name_in = |field: &str, other: &str| {
                let function = part.find(field).or_else(|| part.find(other))?;
                Some(function.find("name").and_then(Node::text).unwrap_or_default().into_owned())
            };
            turn.calls.extend(name_in("functionCall", "function_call"));
            turn.results.extend(name_in("functionResponse", "function_response"));
            let signature = part.find("thoughtSignature").or_else(|| part.find("thought_signature"));
            turn.is_signed |= signature.and_then(Node::text).is_some_and(|signature| signature != NO_SIGNATURE);
        }
        turn.calls.sort_unstable();
        turn.results.sort_unstable();
        Some(turn)
    }

    /// Whether it brings results of calls.
    fn is_result(&self) -> bool {
        !self.is_models && !self.results.is_empty()
    }
}

/// The turns of a request to `generateContent`, in order, with what each costs by `count`. Empty when it has none.
pub fn turns(body: &[u8], mut count: impl FnMut(&str) -> u64) -> Vec<Turn> {
    let Ok(document) = json::parse(body) else { return Vec::new() };
    let Some(contents) = document.find("contents") else { return Vec::new() };
    let items = contents.items().unwrap_or(std::slice::from_ref(contents));
    items.iter().filter_map(|item| Turn::of(item, count(item.raw()))).collect()
}

#[cfg(test)]
mod tests;
