//! Names for the prefixes of a conversation.
//!
//! A client of a model without memory sends the whole conversation again with every turn. Whoever can tell that this
//! request continues that one can keep it with the project that holds its beginning in a cache, knows what its beginning
//! costs in tokens, finds what the client has dropped, and need not keep it twice. So every turn has a digest, and every
//! prefix is named by the digest of its turns in order, beginning with the *root*: the system instruction, the tools and
//! the cached content, which stand before the first turn.
//!
//! Digests are keyed (BLAKE3), and the key is the caller's: with a secret one they cannot be guessed, with one for each
//! access key they link nobody to anybody.
//!
//! ## What does not count
//! Clients do not send back what they got to the letter. The canonical form leaves out what they change in passing: the
//! spacing and the order of keys in JSON, how a number is written, thoughts and signatures, ids of calls, the seams
//! between pieces of text, empty text. Media count by their bytes, not by the letters that wrap them. Everything else
//! counts: two prefixes have one name only if the model would read the same.
//!
//! ## Edges
//! - Two turns of one role stay two: who merges them tells the model the same, and gets another name. Nothing is lost by
//!   that but a recognition.
//! - What is no JSON, or is too large to be looked into, has no chain. Nor is any of this an error: nothing depends on it.

mod canonical;

use std::fmt;
use std::ops::Range;

use crate::json::{self, Node};

use self::canonical::Turn;

/// Larger bodies are not looked into.
pub const MOST: usize = 8 * 1024 * 1024;

/// What digests are keyed with.
pub type Key = [u8; 32];

/// The name of a turn or of a prefix: as good as unique.
pub type Digest = [u8; 16];

/// The names of a conversation's prefixes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Chain {
    root: Digest,
    /// How many bytes of the body stand before the turns.
    root_bytes: usize,
    turns: Vec<Link>,
}

/// One turn in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The turn alone, wherever it stands.
    pub turn: Digest,
    /// The conversation up to and with it.
    pub prefix: Digest,
    /// Whether the model spoke.
    pub is_models: bool,
    /// How many functions it calls.
    pub calls: usize,
    /// Where it stands in the body that it was read from; empty for a turn that was appended.
    pub bytes: Range<usize>,
}

/// The model's turn while its pieces arrive.
#[derive(Debug)]
pub struct ReplyTurn(Turn);

// === impl Chain ===

impl Chain {
    /// The chain of a request to `generateContent`. Empty when there is nothing to be read from the body.
    pub fn of_request(body: &[u8], key: &Key) -> Self {
        if body.len() > MOST {
            return Self::default();
        }
        json::parse(body).map_or_else(|_| Self::default(), |document| Self::of_document(&document, body, key))
    }

    /// The same of a request that has been read: `document` is what `body` says.
    pub fn of_document(document: &Node<'_>, body: &[u8], key: &Key) -> Self {
        let Some(contents) = either(document, "contents", "contents") else { return Self::default() };
        // One turn may stand alone.
        let turns = contents.items().unwrap_or(std::slice::from_ref(contents));
        let (root, root_bytes) = root(document, key);
        let mut chain = Self { root, root_bytes, turns: Vec::with_capacity(turns.len() + 1) };
        for node in turns {
            let Some(turn) = Turn::of(node, key) else { return Self::default() };
            let (is_models, calls) = (turn.is_models(), turn.calls());
            let at = (node.raw().as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
            let bytes = at..at + node.raw().len();
            chain.append(Link { turn: turn.finish(), prefix: Digest::default(), is_models, calls, bytes }, key);
        }
        chain
    }

    /// Adds the model's answer, which the next request will bring back.
    pub fn push_reply(&mut self, reply: Digest, key: &Key) {
        let link = Link { turn: reply, prefix: Digest::default(), is_models: true, calls: 0, bytes: 0..0 };
        self.append(link, key);
    }

    fn append(&mut self, link: Link, key: &Key) {
        let before = self.last().unwrap_or(self.root);
        let prefix = digest(key, &[b"prefix", &before, &link.turn]);
        self.turns.push(Link { prefix, ..link });
    }

    /// The turns, each with the name of what stands before it.
    pub fn places(&self) -> impl Iterator<Item = (Digest, &Link)> {
        let before = std::iter::once(self.root).chain(self.turns.iter().map(|link| link.prefix));
        before.zip(&self.turns)
    }

    /// The name of what stands before the first turn.
    pub fn root(&self) -> Digest {
        self.root
    }

    /// How many bytes of the request that is, in the letters of the client: whether it is worth a thought.
    pub fn root_bytes(&self) -> usize {
        self.root_bytes
    }

    /// The turns, in order.
    pub fn turns(&self) -> &[Link] {
        &self.turns
    }

    /// The names of the prefixes that end with a turn, the longest first.
    pub fn prefixes(&self) -> impl Iterator<Item = Digest> {
        self.turns.iter().rev().map(|link| link.prefix)
    }

    /// The name of the whole conversation.
    pub fn last(&self) -> Option<Digest> {
        self.turns.last().map(|link| link.prefix)
    }

    /// Whether there is no turn.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// The longest prefix that somebody knows something about: of how many turns it is, and what is known.
    pub fn longest_known<T>(&self, mut known: impl FnMut(&Digest) -> Option<T>) -> Option<(usize, T)> {
        let links = self.turns.iter().enumerate().rev();
        links.map(|(at, link)| (at + 1, &link.prefix)).find_map(|(turns, name)| Some((turns, known(name)?)))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("turns", &self.turns.len()).finish_non_exhaustive()
    }
}

/// The name of a turn alone (a `Content`), as it has in every chain with this key; none when it is nothing of the kind.
pub fn name_of_turn(content: &[u8], key: &Key) -> Option<Digest> {
    Turn::of(&json::parse(content).ok()?, key).map(Turn::finish)
}

/// What stands before the first turn, and how many bytes of it there are.
fn root(document: &Node<'_>, key: &Key) -> (Digest, usize) {
    let mut form = b"root".to_vec();
    let mut bytes = 0;
    if let Some(system) = either(document, "systemInstruction", "system_instruction") {
        bytes += system.raw().len();
        // Whatever role it claims.
        let mut turn = Turn::begin(false, key);
        if let Some(parts) = system.find("parts") {
            turn.add_all(parts);
        }
        form.extend_from_slice(b"system");
        form.extend_from_slice(&turn.parts());
    }
    for (name, other) in [("tools", "tools"), ("cachedContent", "cached_content")] {
        if let Some(value) = either(document, name, other) {
            bytes += value.raw().len();
            form.extend_from_slice(name.as_bytes());
            canonical::write(value, &mut form);
        }
    }
    (digest(key, &[&form]), bytes)
}

/// A field, by the name that it has in JSON or by the one that it has in Google's protocol.
fn either<'n, 'a>(node: &'n Node<'a>, name: &str, other: &str) -> Option<&'n Node<'a>> {
    node.find(name).or_else(|| node.find(other))
}

/// The digest of pieces in a row.
fn digest(key: &Key, pieces: &[&[u8]]) -> Digest {
    let hash = match pieces {
        [only] => blake3::keyed_hash(key, only),
        pieces => blake3::keyed_hash(key, &pieces.concat()),
    };
    let mut digest = Digest::default();
    for (to, from) in digest.iter_mut().zip(hash.as_bytes()) {
        *to = *from;
    }
    digest
}

// === impl ReplyTurn ===

impl ReplyTurn {
    /// A turn of which nothing has been said yet.
    pub fn new(key: &Key) -> Self {
        Self(Turn::begin(true, key))
    }

    /// Takes in a chunk of an answer (`GenerateContentResponse`): the parts of its first candidate.
    pub fn chunk(&mut self, chunk: &[u8]) {
        let Ok(document) = json::parse(chunk) else { return };
        let first = document.find("candidates").and_then(Node::items).and_then(<[Node<'_>]>::first);
        if let Some(parts) = first.and_then(|first| first.find("content")?.find("parts")) {
            self.0.add_all(parts);
        }
    }

    /// The turn's name.
    pub fn finish(self) -> Digest {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests;
