//! An answer as Anthropic's stream of events.
//!
//! The order is Anthropic's to the letter, because clients are written against it: `message_start` with what the prompt
//! cost, the blocks one after the other, each begun, gone on with and ended before the next, then `message_delta` with
//! the reason and the cost of all of it, then `message_stop`. A stream that ends before its answer does gets neither of
//! the last two (wire 25, wire 112).

use crate::anthropic::error::Error;
use crate::call::ReplyPlan;
use crate::json::write_text;
use crate::meter::Findings;
use crate::openai::chat::write::write_number;
use crate::openai::chat::{CallSignature, EncodeError, Outcome, Progress};
use crate::reply::compact_into_text;

use super::answer::Answer;
use super::encode::{Block, CallBlock, Delta, Sink, write_block};

/// An event that says nothing but that the stream lives.
pub const PING: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";

/// Turns one streamed answer into events.
#[derive(Debug)]
pub struct StreamEncoder {
    answer: Answer,
    begun: bool,
    pinged: bool,
}

/// Writes events into a buffer.
struct EventSink<'s> {
    out: &'s mut Vec<u8>,
    pinged: &'s mut bool,
}

// === impl StreamEncoder ===

impl StreamEncoder {
    /// An encoder at the beginning of an answer. `id` (such as `msg_…`) must differ between all answers.
    pub fn new(plan: ReplyPlan, id: impl Into<String>) -> Self {
        Self { answer: Answer::new(plan, id.into()), begun: false, pinged: false }
    }

    /// Says how many tokens the prompt is thought to have, for when the upstream never says it.
    #[must_use]
    pub fn with_estimated_prompt(mut self, tokens: u64) -> Self {
        self.answer.estimate_prompt(tokens);
        self
    }

    /// Takes one event of the upstream (a `GenerateContentResponse` in JSON) and appends the events for it to `out`.
    ///
    /// After an error the stream is over: [`Self::fail`] says so to a client that has got events already.
    pub fn chunk(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<Progress, EncodeError> {
        let Self { answer, begun, pinged } = self;
        if *begun {
            let before = out.len();
            answer.take(chunk, &mut EventSink { out, pinged })?;
            return Ok(if out.len() > before { Progress::Spoke } else { Progress::Silent });
        }
        // What the prompt cost stands at the end of the first chunk, and at the beginning of Anthropic's stream.
        let mut first = Vec::new();
        answer.take(chunk, &mut EventSink { out: &mut first, pinged })?;
        if first.is_empty() {
            return Ok(Progress::Silent);
        }
        self.start(out);
        out.extend_from_slice(&first);
        Ok(Progress::Spoke)
    }

    /// Ends the stream, or says why its end would be a lie; then nothing has been written.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut last = Vec::new();
        self.answer.end(false, &mut EventSink { out: &mut last, pinged: &mut self.pinged })?;
        if !self.begun {
            self.start(out);
        }
        out.extend_from_slice(&last);
        out.extend_from_slice(b"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{");
        self.answer.write_stop(out);
        out.extend_from_slice(b"},\"usage\":");
        self.answer.write_usage(out);
        self.answer.write_extra(out);
        out.extend_from_slice(b"}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        Ok(())
    }

    /// Ends the stream with an error, which SDKs raise.
    pub fn fail(error: &Error<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: error\ndata: ");
        out.extend_from_slice(error.to_json().as_bytes());
        out.extend_from_slice(b"\n\n");
    }

    /// What has become of the answer so far.
    pub fn outcome(&self) -> Outcome {
        self.answer.outcome()
    }

    /// What the answer has said about itself, as [`crate::meter::Meter`] finds it in a native one.
    pub fn findings(&self) -> Findings {
        self.answer.findings()
    }

    /// The signatures of the calls since the last time.
    pub fn take_signatures(&mut self) -> Vec<CallSignature> {
        self.answer.take_signatures()
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        self.begun = true;
        out.extend_from_slice(b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{");
        self.answer.write_head(out);
        out.extend_from_slice(b",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
        self.answer.write_first_usage(out);
        out.extend_from_slice(b"}}\n\n");
    }
}

// === impl EventSink ===

impl Sink for EventSink<'_> {
    fn open(&mut self, index: u32, block: &Block<'_>) {
        self.out.extend_from_slice(b"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":");
        write_number(self.out, u64::from(index));
        self.out.extend_from_slice(b",\"content_block\":{");
        match block {
            // Its input comes in deltas.
            Block::Call(CallBlock { kind, id, name, signature }) => {
                let call = CallBlock { kind, id, name, signature: *signature };
                super::encode::write_call(self.out, &call, "{}");
            }
            Block::Text | Block::Thinking | Block::Whole(_) => write_block(self.out, block),
        }
        self.out.extend_from_slice(b"}}\n\n");
        if !std::mem::replace(self.pinged, true) {
            self.out.extend_from_slice(PING);
        }
    }

    fn delta(&mut self, index: u32, delta: &Delta<'_>) {
        let out = &mut *self.out;
        out.extend_from_slice(b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":");
        write_number(out, u64::from(index));
        out.extend_from_slice(b",\"delta\":{\"type\":\"");
        match *delta {
            Delta::Text(letters) => {
                out.extend_from_slice(b"text_delta\",\"text\":\"");
                out.extend_from_slice(letters);
                out.push(b'"');
            }
            Delta::Thinking(letters) => {
                out.extend_from_slice(b"thinking_delta\",\"thinking\":\"");
                out.extend_from_slice(letters);
                out.push(b'"');
            }
            Delta::Signature(signature) => {
                out.extend_from_slice(b"signature_delta\",\"signature\":");
                write_text(out, signature);
            }
            Delta::Input(json) => {
                out.extend_from_slice(b"input_json_delta\",\"partial_json\":\"");
                compact_into_text(out, json);
                out.push(b'"');
            }
            Delta::Citation(json) => {
                out.extend_from_slice(b"citations_delta\",\"citation\":");
                out.extend_from_slice(json);
            }
        }
        out.extend_from_slice(b"}}\n\n");
    }

    fn close(&mut self, index: u32) {
        self.out.extend_from_slice(b"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":");
        write_number(self.out, u64::from(index));
        self.out.extend_from_slice(b"}\n\n");
    }
}
