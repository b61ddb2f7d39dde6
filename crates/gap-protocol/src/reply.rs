//! What is answered, in the one vocabulary that every encoder reads.
//!
//! A unary answer is a stream of one, so there is one thing to read: a chunk, which is a `GenerateContentResponse` as
//! Gemini sends it, whole or in pieces. [`read`] takes one apart into [`Event`]s, in the order in which an encoder wants
//! them: who speaks, then each candidate's parts and how it ended, then what it cost.
//!
//! Most of an answer is text that goes from one JSON string into another, so nothing is unescaped that is only passed
//! on: a [`Text`] is the letters between the quotes, a slice of the chunk. What is nested and rare (grounding, token
//! probabilities) stays raw until somebody looks.
//!
//! ## Edges
//! - A field of an unexpected kind counts as absent and takes nothing else with it; enums may be numbers (`enum-encoding=int`),
//!   names that Google adds are kept.
//! - A candidate may lack `content`, `parts` (wire 110) and `index` (older models; its place in the list counts then).
//! - A part that no dialect has a word for becomes [`Event::Native`], to the letter, so that it is not lost.
//! - An error may come in the place of a chunk, as an object or as an array of one (wire 1).

mod chunk;
mod lenient;
mod letters;

use std::borrow::Cow;

pub use self::letters::{Text, compact, compact_into_text};
use crate::json::ObjectWriter;
use crate::meter::FinishReason;

/// One thing that an answer says. `candidate` is the index of the candidate that says it.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Which model answers: `modelVersion`, without `models/`.
    Model(Text<'a>),
    /// Google's id of the answer.
    ResponseId(Text<'a>),
    /// There is such a candidate. Stands before everything else that it says in this chunk.
    Candidate(u32),
    /// Some text of the answer.
    Text {
        /// Whose.
        candidate: u32,
        /// The text; never empty.
        text: Text<'a>,
    },
    /// Some text of the thoughts.
    Thought {
        /// Whose.
        candidate: u32,
        /// The text; never empty.
        text: Text<'a>,
    },
    /// A call of a function, or a piece of one.
    Call {
        /// Whose.
        candidate: u32,
        /// The call.
        call: Call<'a>,
        /// The signature of its part.
        signature: Option<Text<'a>>,
    },
    /// An image, a sound, a document: inline bytes.
    Media {
        /// Whose.
        candidate: u32,
        /// The medium.
        media: Media<'a>,
        /// The signature of its part.
        signature: Option<Text<'a>>,
    },
    /// The signature of a part that holds text, thoughts, or nothing else (wire 75).
    Signature {
        /// Whose.
        candidate: u32,
        /// The signature.
        signature: Text<'a>,
    },
    /// A part of any other kind: `executableCode`, `codeExecutionResult`, `toolCall`, `toolResponse`, `fileData`, or
    /// whatever Google has added.
    Native {
        /// Whose.
        candidate: u32,
        /// The part.
        part: Native<'a>,
    },
    /// `logprobsResult`, as JSON.
    Logprobs {
        /// Whose.
        candidate: u32,
        /// The JSON.
        json: &'a str,
    },
    /// Anything else that is said of a candidate: `groundingMetadata`, `safetyRatings`, `avgLogprobs`, …
    Fact {
        /// Whose.
        candidate: u32,
        /// The member's name.
        name: &'a str,
        /// Its value, as JSON.
        json: &'a str,
    },
    /// Why a candidate ended. It may stand in every chunk; the last one counts (wire 112).
    Finish {
        /// Whose.
        candidate: u32,
        /// Why.
        reason: FinishReason,
    },
    /// `promptFeedback`, as JSON.
    PromptFeedback(&'a str),
    /// `usageMetadata`, as JSON. It is cumulative; the last one counts (wire 124).
    Usage(&'a str),
    /// The value of `error`, as JSON: nothing follows.
    Error(&'a str),
}

/// A part that is passed on as it came.
#[derive(Clone, Copy, Debug)]
pub struct Native<'a> {
    /// What any kind of part may have: `text`, `thought`, `thoughtSignature`.
    common: [(&'static str, Option<&'a str>); 3],
    /// What makes it the kind that it is.
    members: &'a [(Cow<'a, str>, &'a str)],
}

/// A call of a function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// Google's id of it; newer models give one (wire 64).
    pub id: Option<Text<'a>>,
    /// The name of the function, as it was sent to Google.
    pub name: Option<Text<'a>>,
    /// The arguments, as JSON.
    pub args: Option<&'a str>,
    /// Pieces of arguments, as JSON; only where arguments are streamed (wire 72).
    pub partial_args: Option<&'a str>,
    /// Whether more pieces of this call follow.
    pub will_continue: bool,
}

/// Inline bytes.
#[derive(Clone, Copy, Debug)]
pub struct Media<'a> {
    /// What they are, such as `image/png`.
    pub mime_type: Text<'a>,
    /// The bytes, in base64.
    pub data: Text<'a>,
}

/// A chunk that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON.
    #[error("the upstream sent something that is not JSON")]
    NotJson,
    /// It is JSON, and neither an object nor an array of objects.
    #[error("the upstream sent JSON that is no answer")]
    NoAnswer,
}

/// Takes a chunk apart and hands over what it says, in order.
///
/// An array is read as its chunks one after the other.
pub fn read(chunk: &[u8], mut event: impl FnMut(Event<'_>)) -> Result<(), ReadError> {
    let text = std::str::from_utf8(chunk).map_err(|_| ReadError::NotJson)?;
    let chunks = chunk::parse(text)?;
    for chunk in &chunks {
        chunk.tell(&mut event);
    }
    Ok(())
}

// === impl Native ===

impl Native<'_> {
    /// Writes the part as an object on one line.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        for (key, json) in self.members {
            compact(object.key(key), json);
        }
        for (key, json) in self.common {
            if let Some(json) = json {
                compact(object.key(key), json);
            }
        }
        object.close();
    }
}

#[cfg(test)]
mod tests;
