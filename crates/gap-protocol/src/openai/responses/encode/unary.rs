//! A response as one body.

use bytes::Bytes;

use crate::call::ReplyPlan;
use crate::meter::Findings;
use crate::openai::chat::{CallSignature, EncodeError, Outcome};

use super::answer::Answer;
use super::events::Events;
use super::{Finished, Plan};

/// Turns one answer, whole or in chunks, into one body.
#[derive(Debug)]
pub struct UnaryEncoder {
    answer: Answer,
}

// === impl UnaryEncoder ===

impl UnaryEncoder {
    /// An encoder at the beginning of an answer; the arguments are those of [`super::StreamEncoder::new`].
    pub fn new(plan: ReplyPlan, extra: Plan, id: impl Into<String>, created: u64) -> Self {
        Self { answer: Answer::new(plan, extra, id.into(), created) }
    }

    /// Says how many tokens the prompt is thought to have, for when the upstream never says it.
    #[must_use]
    pub fn with_estimated_prompt(mut self, tokens: u64) -> Self {
        self.answer.estimated_prompt = tokens;
        self
    }

    /// Takes an answer of `generateContent`, or one event of a stream.
    pub fn chunk(&mut self, chunk: &[u8]) -> Result<(), EncodeError> {
        self.answer.take(chunk, &mut Events::unheard())
    }

    /// The body. `streamed` says that the chunks were events of a stream, where one without a finish reason is cut; a whole
    /// document without one is only an odd document.
    pub fn end(&mut self, streamed: bool) -> Result<Bytes, EncodeError> {
        self.answer.end(!streamed, &mut Events::unheard())?;
        Ok(self.finished().map(|finished| finished.response.clone()).unwrap_or_default())
    }

    /// The response, when it is whole.
    pub fn finished(&self) -> Option<&Finished> {
        self.answer.finished()
    }

    /// What has become of the answer so far.
    pub fn outcome(&self) -> Outcome {
        self.answer.outcome()
    }

    /// Whether nothing was said so far, not even thoughts, and no reason given for it.
    pub fn is_empty(&self) -> bool {
        self.answer.is_empty()
    }

    /// What the answer has said about itself, as [`crate::meter::Meter`] finds it in a native one.
    pub fn findings(&self) -> Findings {
        self.answer.findings()
    }

    /// The signatures of the calls since the last time.
    pub fn take_signatures(&mut self) -> Vec<CallSignature> {
        self.answer.take_signatures()
    }
}
