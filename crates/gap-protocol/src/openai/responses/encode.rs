//! The way from Gemini's answer to a response: items, and the events of their lives.
//!
//! An [`Answer`](answer::Answer) follows what Gemini says and keeps the response as it grows; on the way it tells each step to
//! [`Events`](events::Events), which writes frames for a stream and nothing for a body. So a body is the sum of its stream by
//! construction.
//!
//! Only one item is open at a time, and each is done before the next begins: clients are written against OpenAI's streams,
//! where it is so. What comes late, comes last: sources point into all of the text, so annotations are added when a
//! message ends, and what the model searched for is an item behind it; the signature of a text is known when the text has ended,
//! so the reasoning item that carries it stands behind the message.

mod answer;
mod calls;
mod events;
mod item;
mod parts;
mod response;
mod stream;
mod unary;
mod usage;

use bytes::Bytes;

pub use response::queued;
pub use stream::StreamEncoder;
pub use unary::UnaryEncoder;

use super::decode::Include;

/// What the encoder needs beside a call's own plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What a response repeats of its request: an object.
    pub echo: Bytes,
    /// What it contains beyond the usual.
    pub include: Include,
    /// Whether it is worked on without its client, who has been told then that there is a response
    /// ([`super::background`]).
    pub background: bool,
}

/// A response that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The response.
    pub response: Bytes,
    /// Its items alone: a JSON array.
    pub output: Bytes,
    /// Whether it is an answer, all of it or its beginning.
    pub is_answer: bool,
}
