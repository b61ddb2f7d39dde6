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

/// Where a request names a cache, in both spellings.
const NAMES: [&str; 2] = ["cachedContent", "cached_content"];

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
    if !may_name_one(body) {
        return None;
    }
    let document = json::parse(body).ok()?;
    either(&document, NAMES[0], NAMES[1]).and_then(Node::text).map(Cow::into_owned)
}

/// Every cache that a request names, for itself or for the requests within it: those of a batch, the one that is counted.
/// In what is no JSON, which Google may be more lenient with, everything that looks like the name of one. Each once.
pub fn all_named_in(body: &[u8]) -> Vec<String> {
    if !may_name_one(body) {
        return Vec::new();
    }
    let Ok(document) = json::parse(body) else { return look_alikes(body) };
    let mut names = Vec::new();
    add_named(&document, &mut names);
    for counted in fields(&document, ["generateContentRequest", "generate_content_request"]) {
        add_named(counted, &mut names);
    }
    let batches = fields(&document, ["batch", "batch"]);
    let inputs = batches.flat_map(|batch| fields(batch, ["inputConfig", "input_config"]));
    let lists = inputs.flat_map(|input| fields(input, ["requests", "requests"]));
    let lists = lists.flat_map(|list| fields(list, ["requests", "requests"]));
    for entry in lists.filter_map(Node::items).flatten() {
        for request in fields(entry, ["request", "request"]) {
            add_named(request, &mut names);
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Whether it is worth reading the request for it: the field stands there, or letters that JSON has disguised.
fn may_name_one(body: &[u8]) -> bool {
    [&b"achedContent"[..], b"ached_content", br"\u00"].iter().any(|mark| memchr::memmem::find(body, mark).is_some())
}

fn add_named(request: &Node<'_>, names: &mut Vec<String>) {
    names.extend(fields(request, NAMES).filter_map(Node::text).map(Cow::into_owned));
}

/// The values of a field, in both of its spellings and however often it is there: which of them counts is Google's choice.
fn fields<'n, 'a>(node: &'n Node<'a>, names: [&'static str; 2]) -> impl Iterator<Item = &'n Node<'a>> {
    let members = node.members().unwrap_or_default().iter();
    members.filter(move |member| names.contains(&&*member.key)).map(|member| &member.value)
}

fn look_alikes(body: &[u8]) -> Vec<String> {
    const COLLECTION: &[u8] = b"cachedContents/";
    let ids = memchr::memmem::find_iter(body, COLLECTION).map(|at| {
        let id = body.get(at + COLLECTION.len()..).unwrap_or_default();
        let length = id.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
        String::from_utf8_lossy(id.get(..length).unwrap_or_default())
    });
    let mut names: Vec<String> = ids.filter(|id| !id.is_empty()).map(|id| format!("cachedContents/{id}")).collect();
    names.sort();
    names.dedup();
    names
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
