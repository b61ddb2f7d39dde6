//! What is asked, in the one form that GAP works with.
//!
//! Gemini is the internal language: a dialect's decoder writes the JSON body that Google will get, once, and beside it
//! notes what its own encoder must know to answer in kind. Nothing between the two reads or changes the body, so the
//! cost of a dialect is the cost of writing that body, and a field that one dialect invents touches one folder.
//!
//! Media behind a web address must be fetched before the body is complete, and fetching is not this crate's business.
//! So a decoder answers with [`Decoded`]: the body so far, and what is [`Pending`]; [`Decoded::finish`] puts the bytes in.

mod feature;
mod hint;
mod media;
mod plan;
mod problem;
mod tools;
mod warnings;

use bytes::Bytes;

pub use feature::{Feature, Unsupported};
pub use hint::CacheHint;
pub use media::{Decoded, Draft, Fetched, Pending, PendingKind};
pub use plan::{AudioFormat, CallForm, IdStyle, JsonMode, ReplyPlan, Thoughts, Words};
pub use problem::{DecodeError, Problem};
pub use tools::{Restore, ToolKind, ToolPlan, Tools};
pub use warnings::{Warning, Warnings};

/// One request to one model, ready to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// The model as the client named it; answers echo it.
    pub model_asked: String,
    /// The model as Google is asked for it, without `models/`.
    pub model: String,
    /// The body of `generateContent`: Gemini's JSON, ready.
    pub body: Bytes,
    /// Whether the client wants a stream.
    pub stream: bool,
    /// What the encoder of the client's dialect must know.
    pub plan: ReplyPlan,
    /// What could not be expressed as asked.
    pub warnings: Warnings,
    /// Names of upstream resources in the body (`files/…`, `cachedContents/…`): they belong to one project, which
    /// therefore has to answer.
    pub resources: Vec<String>,
    /// What the client says of the beginning of its request, if it says that it will come again.
    pub cache_hint: Option<CacheHint>,
    /// A guess at the input tokens, for reserving quota; the answer's own usage replaces it.
    pub estimated_tokens: u64,
}

#[cfg(test)]
mod tests;
