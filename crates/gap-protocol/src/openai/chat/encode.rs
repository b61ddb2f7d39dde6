//! The way from Gemini's answer to OpenAI's: what both forms of it, a stream and one body, have in common.
//!
//! An [`Answer`](super::answer::Answer) follows the events of an answer, candidate by candidate, and turns them into [`Delta`]s: what OpenAI calls
//! the pieces of a message. A [`Sink`] writes them, as frames ([`super::stream`]) or into one body ([`super::unary`]). So a
//! body is the sum of its stream by construction, and a rule about ids, names or finish reasons stands in one place.
//!
//! What comes at the end, comes at the end for a reason: Gemini may repeat a finish reason in every chunk (wire 112), the
//! sources of an answer point into all of its text, and the SDKs add up strings and lists that come in several pieces,
//! which a signature would not survive.
//!
//! ## Where things that OpenAI has no word for are
//! - What the client must send back: `message.extra_content.google`, with `thought_signature` and with `parts`, Gemini's own
//!   parts to the letter (`executableCode`, `toolCall`, …). A call's signature is in its own `extra_content`.
//! - What is to be known about an answer: `choices[].extra_content.google`, with `grounding_metadata`,
//!   `url_context_metadata`, `citation_metadata`, `safety_ratings` and whatever else Google says of a candidate.
//! - What is to be known about all of it: `extra_content.google`, with `response_id` and `prompt_feedback`.

use crate::reply::{Media, ReadError, Text};

/// Why an answer cannot be passed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The upstream's bytes make no sense.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The upstream sent an error in the place of an answer, or in the middle of it: the value of `error`, as JSON.
    #[error("the upstream answered with an error")]
    Upstream(String),
    /// The stream ended before a candidate did (wire 112).
    #[error("the answer broke off before its end")]
    Truncated,
    /// There is no candidate, and no reason why (wire 114).
    #[error("the upstream answered with nothing")]
    Nothing,
}

/// What has become of an answer so far; decides, while nothing has been sent, whether to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It says something and has ended.
    Complete,
    /// The prompt was blocked (wire 109): asking again does not help.
    Blocked,
    /// It has ended without saying anything but perhaps thoughts: asking again may help (wire 114).
    Empty,
    /// The model failed to make a call (wire 73): asking again may help.
    BrokenCall,
    /// It has not ended.
    Unfinished,
}

/// The signature that belongs to the id of a call, for those who remember signatures on behalf of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSignature {
    /// The id that the client got.
    pub call_id: String,
    /// Which call of the answer it is; none in an answer of several candidates.
    pub place: Option<u32>,
    /// The thought signature, in base64.
    pub signature: String,
}

/// A piece of a message.
pub(crate) enum Delta<'d> {
    /// Letters of `content`.
    Content(&'d [u8]),
    /// Letters of `reasoning_content`.
    Reasoning(&'d [u8]),
    /// A whole item of `tool_calls`: its place, and its members.
    ToolCall(u32, &'d [u8]),
    /// The value of `function_call`.
    FunctionCall(&'d [u8]),
    /// An item of `images`.
    Image(u32, &'d Media<'d>, Option<Text<'d>>),
    /// A piece of `audio`.
    Audio(&'d Media<'d>),
    /// Items of `logprobs.content`.
    Logprobs(&'d [u8]),
    /// Members that come once: `annotations`, `extra_content`.
    Extras(&'d [u8]),
}

/// How a choice ended.
pub(crate) struct End<'e> {
    /// OpenAI's word.
    pub(crate) reason: &'static str,
    /// Google's word.
    pub(crate) native: Option<&'e str>,
    /// The members of `extra_content.google` of the choice.
    pub(crate) facts: &'e [u8],
}

/// Writes what an [`Answer`](super::answer::Answer) finds.
pub(crate) trait Sink {
    /// The model that answers.
    fn model(&mut self, version: Text<'_>);
    /// A choice begins; `calls` says that it begins with a call.
    fn begin(&mut self, choice: u32, calls: bool);
    /// A choice goes on.
    fn delta(&mut self, choice: u32, delta: &Delta<'_>);
    /// A choice has ended.
    fn end(&mut self, choice: u32, end: &End<'_>);
}
