//! A response as a stream of events.

use crate::call::ReplyPlan;
use crate::meter::Findings;
use crate::openai::chat::{CallSignature, EncodeError, Outcome, Progress};

use crate::openai::responses::background::FIRST_EVENTS;

use super::answer::Answer;
use super::events::Events;
use super::response::{self, Ending};
use super::{Finished, Plan};

/// Turns one streamed answer into events.
#[derive(Debug)]
pub struct StreamEncoder {
    answer: Answer,
    sequence: u64,
}

// === impl StreamEncoder ===

impl StreamEncoder {
    /// An encoder at the beginning of an answer. `id` (such as `resp_…`) must be the one that the request was decoded with;
    /// `created` is in seconds since 1970.
    pub fn new(plan: ReplyPlan, extra: Plan, id: impl Into<String>, created: u64) -> Self {
        let sequence = if extra.background { FIRST_EVENTS } else { 0 };
        Self { answer: Answer::new(plan, extra, id.into(), created), sequence }
    }

    /// Says how many tokens the prompt is thought to have, for when the upstream never says it.
    #[must_use]
    pub fn with_estimated_prompt(mut self, tokens: u64) -> Self {
        self.answer.estimated_prompt = tokens;
        self
    }

    /// Takes an event of the upstream and appends events to `out`.
    pub fn chunk(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<Progress, EncodeError> {
        let before = self.sequence;
        self.with_events(out, |answer, events| answer.take(chunk, events))?;
        Ok(if self.sequence == before { Progress::Silent } else { Progress::Spoke })
    }

    /// The upstream has ended: appends the last events.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.with_events(out, |answer, events| answer.end(false, events))
    }

    /// Ends a stream that cannot go on: a response that has begun has failed, one that has not is an `error`.
    pub fn fail(&mut self, message: &str, out: &mut Vec<u8>) {
        let mut events = Events::into_stream(out, self.sequence);
        if self.answer.is_begun() {
            let mut failed = Vec::new();
            response::write(&self.answer, &mut failed, &Ending::Failed("server_error", message.to_owned()));
            events.tell("response.failed", |event| event.key("response").extend_from_slice(&failed));
        } else {
            events.tell("error", |event| {
                event.text("code", "server_error").text("message", message).raw("param", "null");
            });
        }
        self.sequence = events.sequence;
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

    fn with_events<T>(&mut self, out: &mut Vec<u8>, step: impl FnOnce(&mut Answer, &mut Events<'_>) -> T) -> T {
        let mut events = Events::into_stream(out, self.sequence);
        let result = step(&mut self.answer, &mut events);
        self.sequence = events.sequence;
        result
    }
}
