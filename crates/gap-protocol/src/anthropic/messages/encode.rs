//! The way from Gemini's answer to Anthropic's: what both forms of it, a stream and one body, have in common.
//!
//! An [`Answer`](super::answer::Answer) follows the events of an answer and turns them into blocks, one after the other and
//! never one inside another. A [`Sink`] writes them, as events ([`super::stream`]) or into one body ([`super::unary`]). So a
//! body is the sum of its stream by construction.
//!
//! ## Where things are
//! - Thoughts are `thinking` blocks, if the client asked for thinking. The `signature` of one is Gemini's, of the part that
//!   follows; where nobody thought aloud, the block says nothing, as Anthropic's own do with `display: "omitted"`. The
//!   signature of a text stands in such a block behind it, because in a stream it comes last; but not at the end of the
//!   message, where clients that take the last block for the answer (Claude Code is one) would show nothing. That one is
//!   remembered under the text, and told in `extra_content`.
//! - A client that did not ask for thinking gets no such blocks: it may take the first block for the answer. What it must
//!   send back travels in the ids of calls (see [`crate::openai::chat::ids`]).
//! - Code that the model ran, and what came of it, are `server_tool_use` and `code_execution_tool_result`; searches are
//!   `server_tool_use` and `web_search_tool_result`, before the words that lean on them ([`super::held`]).
//! - An image is an `image` block and any other medium a `document` block, as Anthropic has them in requests.
//! - A part that Anthropic has no word for is a `redacted_thinking` block: opaque, and to be sent back.
//! - What else is to be known about an answer is in `extra_content.google`, of the message or of its `message_delta`.

/// Begins a block.
pub(super) enum Block<'b> {
    Text,
    Thinking,
    Call(CallBlock<'b>),
    /// A block without deltas: its members.
    Whole(&'b [u8]),
}

/// A call, of the client's tools or of Google's.
pub(super) struct CallBlock<'b> {
    /// `tool_use` or `server_tool_use`.
    pub(super) kind: &'static str,
    pub(super) id: &'b str,
    pub(super) name: &'b str,
    /// The signature of its part, where no block before it could hold it.
    pub(super) signature: Option<&'b str>,
}

/// A piece of a block.
pub(super) enum Delta<'d> {
    /// Letters of a text.
    Text(&'d [u8]),
    /// Letters of a thought.
    Thinking(&'d [u8]),
    /// The signature of a thought.
    Signature(&'d str),
    /// The input of a call, as JSON.
    Input(&'d str),
    /// A citation, as JSON.
    Citation(&'d [u8]),
}

/// Writes what an [`Answer`](super::answer::Answer) finds.
pub(super) trait Sink {
    /// A block begins; the one before it has ended.
    fn open(&mut self, index: u32, block: &Block<'_>);
    /// The last block that was begun goes on.
    fn delta(&mut self, index: u32, delta: &Delta<'_>);
    /// It has ended.
    fn close(&mut self, index: u32);
}

/// Writes `,"extra_content":{"google":{"thought_signature":…}}`.
pub(super) fn write_signature(out: &mut Vec<u8>, signature: &str) {
    out.extend_from_slice(b",\"extra_content\":{\"google\":{\"thought_signature\":");
    crate::json::write_text(out, signature);
    out.extend_from_slice(b"}}");
}

/// Writes the members of a block, as it begins.
pub(super) fn write_block(out: &mut Vec<u8>, block: &Block<'_>) {
    match block {
        Block::Text => out.extend_from_slice(br#""type":"text","text":"""#),
        Block::Thinking => out.extend_from_slice(br#""type":"thinking","thinking":"","signature":"""#),
        Block::Call(call) => write_call(out, call, "{}"),
        Block::Whole(members) => out.extend_from_slice(members),
    }
}

/// Writes the members of a call; `input` is a JSON object.
pub(super) fn write_call(out: &mut Vec<u8>, call: &CallBlock<'_>, input: &str) {
    out.extend_from_slice(b"\"type\":\"");
    out.extend_from_slice(call.kind.as_bytes());
    out.extend_from_slice(b"\",\"id\":");
    crate::json::write_text(out, call.id);
    out.extend_from_slice(b",\"name\":");
    crate::json::write_text(out, call.name);
    out.extend_from_slice(b",\"input\":");
    crate::reply::compact(out, input);
    if let Some(signature) = call.signature {
        write_signature(out, signature);
    }
}
