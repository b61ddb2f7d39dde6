//! Putting turns into a request without touching what else it says.

use crate::json::{self, Node};

/// What is put into a request.
#[derive(Clone, Debug, Default)]
pub struct Additions<'a> {
    /// `Content`s that go before its own.
    pub before: Vec<&'a str>,
    /// `Content`s that go in the place of its first ones; none where its own stays.
    pub instead: Vec<Option<&'a str>>,
    /// The system instruction, which it must not have.
    pub system: Option<&'a str>,
}

// === impl Additions ===

impl Additions<'_> {
    /// Whether the request stays as it is.
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.system.is_none() && self.instead.iter().all(Option::is_none)
    }
}

/// The request with what is added. Everything else keeps its letters. None when it is no request that has turns.
pub fn splice(body: &[u8], additions: &Additions<'_>) -> Option<Vec<u8>> {
    let document = json::parse(body).ok()?;
    let contents = document.find("contents")?;
    let own = contents.items().unwrap_or(std::slice::from_ref(contents));
    let at = |node: &Node<'_>| (node.raw().as_ptr() as usize).checked_sub(body.as_ptr() as usize);
    let (begins, contents_at) = (at(&document)?, at(contents)?);

    let added: usize = additions.before.iter().map(|content| content.len() + 1).sum();
    let mut out = Vec::with_capacity(body.len() + added + additions.system.map_or(0, |system| system.len() + 32));
    out.push(b'{');
    if let Some(system) = additions.system {
        out.extend_from_slice(b"\"systemInstruction\":");
        out.extend_from_slice(system.as_bytes());
        out.push(b',');
    }
    // The members before, without the brace.
    out.extend_from_slice(body.get(begins + 1..contents_at)?);
    out.push(b'[');
    let instead = additions.instead.iter().copied().chain(std::iter::repeat(None));
    let own = own.iter().zip(instead).map(|(node, instead)| instead.unwrap_or(node.raw()));
    for (number, content) in additions.before.iter().copied().chain(own).enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(content.as_bytes());
    }
    out.push(b']');
    out.extend_from_slice(body.get(contents_at + contents.raw().len()..)?);
    Some(out)
}
