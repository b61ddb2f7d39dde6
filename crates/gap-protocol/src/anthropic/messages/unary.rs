//! An answer as one body.

use crate::call::ReplyPlan;
use crate::json::write_text;
use crate::meter::Findings;
use crate::openai::chat::{CallSignature, EncodeError, Outcome};

use super::answer::Answer;
use super::encode::{Block, CallBlock, Delta, Sink, write_call};

/// Turns one answer, whole or in chunks, into one body.
#[derive(Debug)]
pub struct UnaryEncoder {
    answer: Answer,
    body: Body,
}

/// What has come so far.
#[derive(Debug, Default)]
struct Body {
    blocks: Vec<Written>,
}

/// A block.
#[derive(Debug)]
enum Written {
    /// Letters, and citations.
    Text {
        letters: Vec<u8>,
        citations: Vec<u8>,
    },
    /// Letters, and a signature.
    Thinking {
        letters: Vec<u8>,
        signature: String,
    },
    Call {
        kind: &'static str,
        id: String,
        name: String,
        signature: Option<String>,
        input: String,
    },
    /// Members.
    Whole(Vec<u8>),
}

// === impl UnaryEncoder ===

impl UnaryEncoder {
    /// An encoder at the beginning of an answer; the arguments are those of [`super::StreamEncoder::new`].
    pub fn new(plan: ReplyPlan, id: impl Into<String>) -> Self {
        Self { answer: Answer::new(plan, id.into()), body: Body::default() }
    }

    /// Says how many tokens the prompt is thought to have, for when the upstream never says it.
    #[must_use]
    pub fn with_estimated_prompt(mut self, tokens: u64) -> Self {
        self.answer.estimate_prompt(tokens);
        self
    }

    /// Takes an answer of `generateContent`, or one event of a stream.
    pub fn chunk(&mut self, chunk: &[u8]) -> Result<(), EncodeError> {
        self.answer.take(chunk, &mut self.body)
    }

    /// The body. `streamed` says that the chunks were events of a stream, where one without a finish reason is cut; a whole
    /// document without one is only an odd document.
    pub fn end(&mut self, streamed: bool) -> Result<Vec<u8>, EncodeError> {
        self.answer.end(!streamed, &mut self.body)?;
        let mut out = Vec::with_capacity(1024 + self.body.len());
        out.push(b'{');
        self.answer.write_head(&mut out);
        out.extend_from_slice(b",\"content\":[");
        for (place, block) in self.body.blocks.iter().enumerate() {
            out.extend_from_slice(if place > 0 { b",{" } else { b"{" });
            block.write(&mut out);
            out.push(b'}');
        }
        out.extend_from_slice(b"],");
        self.answer.write_stop(&mut out);
        out.extend_from_slice(b",\"usage\":");
        self.answer.write_usage(&mut out);
        self.answer.write_extra(&mut out);
        out.push(b'}');
        Ok(out)
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
}

// === impl Body ===

impl Body {
    fn len(&self) -> usize {
        self.blocks.iter().map(Written::len).sum()
    }
}

impl Sink for Body {
    fn open(&mut self, _: u32, block: &Block<'_>) {
        self.blocks.push(match block {
            Block::Text => Written::Text { letters: Vec::new(), citations: Vec::new() },
            Block::Thinking => Written::Thinking { letters: Vec::new(), signature: String::new() },
            Block::Call(CallBlock { kind, id, name, signature }) => Written::Call {
                kind,
                id: (*id).to_owned(),
                name: (*name).to_owned(),
                signature: signature.map(str::to_owned),
                input: String::new(),
            },
            Block::Whole(members) => Written::Whole(members.to_vec()),
        });
    }

    fn delta(&mut self, _: u32, delta: &Delta<'_>) {
        match (self.blocks.last_mut(), delta) {
            (Some(Written::Text { letters, .. }), Delta::Text(more))
            | (Some(Written::Thinking { letters, .. }), Delta::Thinking(more)) => letters.extend_from_slice(more),
            (Some(Written::Thinking { signature, .. }), Delta::Signature(own)) => (*own).clone_into(signature),
            (Some(Written::Call { input, .. }), Delta::Input(json)) => input.push_str(json),
            (Some(Written::Text { citations, .. }), Delta::Citation(json)) => {
                if !citations.is_empty() {
                    citations.push(b',');
                }
                citations.extend_from_slice(json);
            }
            // An answer says of a block only what belongs to its kind.
            _ => {}
        }
    }

    fn close(&mut self, _: u32) {}
}

// === impl Written ===

impl Written {
    fn len(&self) -> usize {
        match self {
            Self::Text { letters, citations } => letters.len() + citations.len(),
            Self::Thinking { letters, signature } => letters.len() + signature.len(),
            Self::Call { id, input, .. } => id.len() + input.len(),
            Self::Whole(members) => members.len(),
        }
    }

    /// Writes the members.
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text { letters, citations } => {
                out.extend_from_slice(b"\"type\":\"text\",\"text\":\"");
                out.extend_from_slice(letters);
                out.push(b'"');
                if !citations.is_empty() {
                    out.extend_from_slice(b",\"citations\":[");
                    out.extend_from_slice(citations);
                    out.push(b']');
                }
            }
            Self::Thinking { letters, signature } => {
                out.extend_from_slice(b"\"type\":\"thinking\",\"thinking\":\"");
                out.extend_from_slice(letters);
                out.extend_from_slice(b"\",\"signature\":");
                write_text(out, signature);
            }
            Self::Call { kind, id, name, signature, input } => {
                let call = CallBlock { kind, id, name, signature: signature.as_deref() };
                write_call(out, &call, if input.is_empty() { "{}" } else { input });
            }
            Self::Whole(members) => out.extend_from_slice(members),
        }
    }
}
