//! Requests whose beginning stands in an explicit cache.
//!
//! A request that names a cache must not say again what the cache says: the turns that are in it, and beside them the
//! system instruction, the tools and the tool configuration, which Google refuses there whatever they are (wire 99). So a
//! request is divided after some of its turns: what comes before goes into the cache, what comes after is sent with its
//! name. All else of the request stays as it was, to the letter.

use std::borrow::Cow;

use crate::json::{self, Node, ObjectWriter};

/// What stands before the turns, and can stand in a cache alone; each in both of its spellings.
const BEFORE: [(&str, &str); 3] =
    [("systemInstruction", "system_instruction"), ("tools", "tools"), ("toolConfig", "tool_config")];

/// What a new cache is to be like.
#[derive(Clone, Copy, Debug)]
pub struct NewCache<'a> {
    /// For which model, without `models/`.
    pub model: &'a str,
    /// What people, and whoever comes after a crash, know it by.
    pub display_name: &'a str,
    /// After how many seconds Google forgets it.
    pub seconds: u64,
}

/// The cache that a request names itself.
pub fn named_in(body: &[u8]) -> Option<String> {
    memchr::memmem::find(body, b"cachedContents/")?;
    let document = json::parse(body).ok()?;
    either(&document, "cachedContent", "cached_content").and_then(Node::text).map(Cow::into_owned)
}

/// The letters of a request's tool configuration, which a cache has to repeat.
pub fn tool_config(body: &[u8]) -> Option<Vec<u8>> {
    let has = |field: &[u8]| memchr::memmem::find(body, field).is_some();
    if !has(b"toolConfig") && !has(b"tool_config") {
        return None;
    }
    let document = json::parse(body).ok()?;
    either(&document, "toolConfig", "tool_config").map(|config| config.raw().as_bytes().to_vec())
}

/// Whether a request says anything that can stand in a cache without a turn: Google wants an instruction there.
pub fn has_instruction(body: &[u8]) -> bool {
    let has = |field: &[u8]| memchr::memmem::find(body, field).is_some();
    (has(b"systemInstruction") || has(b"system_instruction"))
        && json::parse(body)
            .is_ok_and(|document| either(&document, "systemInstruction", "system_instruction").is_some())
}

/// The request without its first `turns` turns and what stands before them, which the cache `name` has. None when that
/// would leave nothing to answer, or when the request names a cache itself.
pub fn shorten(body: &[u8], turns: usize, name: &str) -> Option<Vec<u8>> {
    let document = json::parse(body).ok()?;
    let (_, rest) = divide(&document, turns)?;
    let mut out = Vec::with_capacity(body.len() / 2);
    let mut object = ObjectWriter::open(&mut out);
    object.text("cachedContent", name);
    let members = document.members()?;
    for (at, member) in members.iter().enumerate() {
        let is_last = members.iter().skip(at + 1).all(|other| other.key != member.key);
        let is_before = BEFORE.iter().any(|(name, other)| member.key == *name || member.key == *other);
        if !is_before && is_last && !matches!(&*member.key, "contents" | "cachedContent" | "cached_content") {
            object.node(&member.key, &member.value);
        }
    }
    write_turns(object.key("contents"), rest);
    object.close();
    Some(out)
}

/// The request for a cache that holds what stands before the turns of a request, and its first `turns` turns.
pub fn creation(body: &[u8], turns: usize, new: NewCache<'_>) -> Option<Vec<u8>> {
    let document = json::parse(body).ok()?;
    let (beginning, _) = divide(&document, turns)?;
    let mut out = Vec::with_capacity(body.len());
    let mut object = ObjectWriter::open(&mut out);
    object.text("model", &format!("models/{}", new.model));
    object.text("displayName", new.display_name).text("ttl", &format!("{}s", new.seconds));
    for (name, other) in BEFORE {
        if let Some(value) = either(&document, name, other) {
            object.node(name, value);
        }
    }
    if !beginning.is_empty() {
        write_turns(object.key("contents"), beginning);
    }
    object.close();
    Some(out)
}

fn divide<'n, 'a>(document: &'n Node<'a>, turns: usize) -> Option<(&'n [Node<'a>], &'n [Node<'a>])> {
    if either(document, "cachedContent", "cached_content").is_some() {
        return None;
    }
    let contents = document.find("contents")?.items()?;
    (turns < contents.len()).then(|| contents.split_at(turns))
}

fn write_turns(out: &mut Vec<u8>, turns: &[Node<'_>]) {
    out.push(b'[');
    for (at, turn) in turns.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        turn.write(out);
    }
    out.push(b']');
}

fn either<'n, 'a>(document: &'n Node<'a>, name: &str, other: &str) -> Option<&'n Node<'a>> {
    document.find(name).or_else(|| document.find(other))
}

#[cfg(test)]
mod tests;
