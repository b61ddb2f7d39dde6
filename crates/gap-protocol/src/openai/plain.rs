//! The forms of OpenAI's API whose answer is one text or one sound: legacy completions, speech, transcripts.
//!
//! They share one encoder, which follows an answer as chat completions do ([`crate::openai::chat`]): a body is the sum of its
//! stream, a prompt that was blocked is told, usage is counted in the same way. Only what is written differs, and that is
//! what a [`Plan`] says.

pub mod compatibility;
pub mod completions;
mod encode;
pub mod speech;
mod timed;
pub mod transcripts;

use bytes::Bytes;

pub use encode::{StreamEncoder, UnaryEncoder};

use crate::call::{AudioFormat, Call, DecodeError, Decoded, Problem};
use crate::openai::chat::decode::Work;

/// In which form the answer is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// A legacy completion.
    Completion {
        /// The prompt, if the answer is to begin with it.
        echo: Option<String>,
    },
    /// Speech.
    Speech(AudioFormat),
    /// What was said in a recording.
    Transcript(Transcript),
}

/// In which form a transcript is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transcript {
    /// A text in an object.
    Json,
    /// The text alone.
    Text,
    /// Subtitles, as SubRip has them.
    Srt,
    /// Subtitles, as the web has them.
    Vtt,
    /// Everything that is known, with times.
    Verbose {
        /// `transcribe` or `translate`.
        task: &'static str,
    },
}

impl Plan {
    /// What an answer in one piece says it is.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Completion { .. } | Self::Transcript(Transcript::Json | Transcript::Verbose { .. }) => {
                "application/json"
            }
            Self::Speech(AudioFormat::Wav) => "audio/wav",
            Self::Speech(AudioFormat::Pcm16) => "audio/pcm",
            Self::Speech(AudioFormat::Flac) => "audio/flac",
            Self::Speech(AudioFormat::Opus) => "audio/ogg; codecs=opus",
            Self::Transcript(Transcript::Text | Transcript::Srt) => "text/plain; charset=utf-8",
            Self::Transcript(Transcript::Vtt) => "text/vtt; charset=utf-8",
        }
    }
}

/// A body that is written, as a call; in strict mode every warning is a refusal.
fn call_of(work: Work<'_>, body: Vec<u8>, stream: bool, estimated_tokens: u64) -> Result<Decoded, DecodeError> {
    if work.context.options.strict
        && let Some(warning) = work.warnings.iter().next()
    {
        return Err(DecodeError::new(Problem::Unsupported, &warning.field, &warning.message));
    }
    let call = Call {
        model_asked: work.plan.model.clone(),
        model: work.model,
        body: Bytes::from(body),
        stream,
        plan: work.plan,
        warnings: work.warnings,
        resources: work.resources,
        cache_hint: None,
        estimated_tokens,
    };
    Ok(Decoded::new(call, Vec::new()))
}

/// A word of a client's, short enough for a sentence.
fn short(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
