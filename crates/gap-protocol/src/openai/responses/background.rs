//! Responses that are worked on without their client.
//!
//! Such a response is known before anybody works on it: it is `queued`, then `in_progress`, and ends in one of four ways.
//! Whoever works on it tells its first events ([`FIRST_EVENTS`]); the encoder of its answer goes on from there.

use bytes::Bytes;

use crate::json::{self, Node, ObjectWriter};
use crate::openai::chat::write::write_number;

pub use super::encode::queued;

/// How many events are told before an answer begins: `response.created`, `response.queued`, `response.in_progress`.
pub const FIRST_EVENTS: u64 = 3;

/// Where a response stands that says nothing itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'s> {
    /// Somebody works on it.
    InProgress,
    /// Nobody wants it any more.
    Cancelled,
    /// It cannot be had.
    Failed {
        /// OpenAI's word for why.
        code: &'s str,
        /// A sentence.
        message: &'s str,
    },
}

// === impl Standing ===

impl Standing<'_> {
    /// OpenAI's word for it.
    pub fn status(&self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Cancelled => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A response with another standing, and with these items if there are some. Nothing if it is no response.
pub fn restate(response: &[u8], standing: Standing<'_>, output: Option<&[u8]>) -> Option<Bytes> {
    let node = json::parse(response).ok()?;
    let mut out = Vec::with_capacity(response.len() + 256);
    let mut object = ObjectWriter::open(&mut out);
    for member in node.members()? {
        match &*member.key {
            "status" => {
                object.text("status", standing.status());
            }
            "error" => match standing {
                Standing::Failed { code, message } => {
                    let mut error = ObjectWriter::open(object.key("error"));
                    error.text("code", code).text("message", message);
                    error.close();
                }
                Standing::InProgress | Standing::Cancelled => {
                    object.raw("error", "null");
                }
            },
            "output" if output.is_some() => object.key("output").extend_from_slice(output.unwrap_or_default()),
            other => {
                object.node(other, &member.value);
            }
        }
    }
    object.close();
    Some(out.into())
}

/// An event about a whole response.
pub fn event(kind: &str, sequence: u64, response: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(response.len() + 128);
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let mut object = ObjectWriter::open(&mut out);
    object.text("type", kind);
    write_number(object.key("sequence_number"), sequence);
    object.key("response").extend_from_slice(response);
    object.close();
    out.extend_from_slice(b"\n\n");
    out.into()
}

/// The events of a piece of a stream that an encoder of this crate has written: it consists of whole events, and of comments,
/// which are no events.
pub fn events_of(piece: &Bytes) -> Vec<Bytes> {
    let mut events = Vec::new();
    let mut begin = 0;
    for end in memchr::memmem::find_iter(piece, b"\n\n") {
        let event = piece.slice(begin..end + 2);
        begin = end + 2;
        if event.starts_with(b"event: ") {
            events.push(event);
        }
    }
    events
}

/// What is told in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An item is done.
    Item(String),
    /// The response has ended.
    Ended(Outcome),
    /// Anything else.
    Nothing,
}

/// How a response has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is an answer, all of it or its beginning.
    pub is_answer: bool,
    /// The response.
    pub response: Bytes,
    /// Its items: a JSON list.
    pub output: Bytes,
}

// === impl Told ===

impl Told {
    /// Reads an event.
    pub fn read(event: &[u8]) -> Self {
        let ends = [&b"event: response.completed\n"[..], b"event: response.incomplete\n", b"event: response.failed\n"];
        let is_item = event.starts_with(b"event: response.output_item.done\n");
        if !is_item && !ends.iter().any(|end| event.starts_with(end)) {
            return Self::Nothing;
        }
        let data = memchr::memmem::find(event, b"\ndata: ").and_then(|at| event.get(at + 7..)).unwrap_or_default();
        let Ok(node) = json::parse(data.trim_ascii_end()) else { return Self::Nothing };
        if is_item {
            return node.find("item").map_or(Self::Nothing, |item| Self::Item(item.json().into_owned()));
        }
        node.find("response").and_then(Outcome::of).map_or(Self::Nothing, Self::Ended)
    }
}

// === impl Outcome ===

impl Outcome {
    /// Reads a response that has ended.
    pub fn read(response: &[u8]) -> Option<Self> {
        Self::of(&json::parse(response).ok()?)
    }

    fn of(response: &Node<'_>) -> Option<Self> {
        let status = response.find("status")?.text()?;
        let output = response.find("output").map_or_else(|| "[]".to_owned(), |output| output.json().into_owned());
        Some(Self {
            is_answer: matches!(&*status, "completed" | "incomplete"),
            response: response.json().into_owned().into(),
            output: output.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUED: &[u8] = br#"{"id":"resp_1","status":"queued","error":null,"output":[],"metadata":{"a":"b"}}"#;

    #[test]
    fn a_response_is_restated_and_nothing_else_of_it_changes() {
        let failed = restate(QUEUED, Standing::Failed { code: "server_error", message: "no \"key\"" }, None).unwrap();
        assert_eq!(
            failed,
            r#"{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"no \"key\""},"output":[],"metadata":{"a":"b"}}"#
        );
        let cancelled = restate(&failed, Standing::Cancelled, Some(b"[1]")).unwrap();
        assert_eq!(cancelled, r#"{"id":"resp_1","status":"cancelled","error":null,"output":[1],"metadata":{"a":"b"}}"#);
        assert_eq!(restate(b"[", Standing::InProgress, None), None);
        assert_eq!(restate(b"[]", Standing::InProgress, None), None);
    }

    #[test]
    fn events_are_told_apart_and_comments_are_none() {
        let first = event("response.created", 0, QUEUED);
        let piece = [&first[..], b": keep-alive\n\n", b"event: x\ndata: {}\n\n", b"event: cut"].concat().into();
        assert_eq!(events_of(&piece), [first, Bytes::from_static(b"event: x\ndata: {}\n\n")]);
        assert_eq!(events_of(&Bytes::new()), Vec::<Bytes>::new());
    }

    #[test]
    fn an_event_tells_what_became_of_the_response() {
        let completed = br#"{"status":"completed","output":[{"id":"a"}]}"#;
        let ended = Told::read(&event("response.completed", 7, completed));
        let outcome = Outcome::read(completed).unwrap();
        assert_eq!(ended, Told::Ended(outcome.clone()));
        assert!(outcome.is_answer && outcome.output == r#"[{"id":"a"}]"#);
        let Told::Ended(failed) = Told::read(&event("response.failed", 7, br#"{"status":"failed"}"#)) else { panic!() };
        assert!(!failed.is_answer && failed.output == "[]");
        let item = b"event: response.output_item.done\ndata: {\"item\":{\"id\":1}}\n\n";
        assert_eq!(Told::read(item), Told::Item("{\"id\":1}".to_owned()));
        for nothing in [&b"event: response.completed\ndata: {\n\n"[..], b"", b"event: response.created\ndata: {}\n\n"] {
            assert_eq!(Told::read(nothing), Told::Nothing);
        }
    }
}
