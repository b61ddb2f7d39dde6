//! The encoders of the forms in which an answer can be given, behind one face.

use bytes::Bytes;
use gap_protocol::anthropic::messages;
use gap_protocol::meter::Findings;
use gap_protocol::openai::chat::{self, CallSignature, EncodeError, Outcome};
use gap_protocol::openai::plain;
use gap_protocol::openai::responses::{self, Finished};

use super::{Chat, Form};
use crate::error::Failure;

/// Turns one streamed answer into frames.
#[derive(Debug)]
pub(super) enum StreamEncoder {
    Completion(Box<chat::StreamEncoder>),
    Message(Box<messages::StreamEncoder>),
    Plain(Box<plain::StreamEncoder>),
    Response(Box<responses::StreamEncoder>),
}

/// Turns one answer into a body.
#[derive(Debug)]
pub(super) enum UnaryEncoder {
    Completion(Box<chat::UnaryEncoder>),
    Message(Box<messages::UnaryEncoder>),
    Plain(Box<plain::UnaryEncoder>),
    Response(Box<responses::UnaryEncoder>),
}

// === impl StreamEncoder ===

impl StreamEncoder {
    pub(super) fn new(chat: &Chat) -> Self {
        let Chat { form, plan, id, created, estimated_prompt, .. } = chat;
        let plan = plan.clone();
        match form {
            Form::Completion => {
                let encoder = chat::StreamEncoder::new(plan, id.as_str(), *created);
                let encoder = encoder.with_estimated_prompt(*estimated_prompt);
                Self::Completion(Box::new(match chat.place {
                    Some(place) => encoder.with_place(place),
                    None => encoder,
                }))
            }
            Form::Message => {
                let encoder = messages::StreamEncoder::new(plan, id.as_str());
                Self::Message(Box::new(encoder.with_estimated_prompt(*estimated_prompt)))
            }
            Form::Plain(form) => {
                let encoder = plain::StreamEncoder::new(form.clone(), plan, id.as_str(), *created);
                Self::Plain(Box::new(encoder.with_estimated_prompt(*estimated_prompt)))
            }
            Form::Response { extra, .. } => {
                let encoder = responses::StreamEncoder::new(plan, extra.as_ref().clone(), id.as_str(), *created);
                Self::Response(Box::new(encoder.with_estimated_prompt(*estimated_prompt)))
            }
        }
    }

    /// Begins all choices of a stream that several answers become. Only chat completions have more than one.
    pub(super) fn begin_together(&mut self, frames: &mut Vec<u8>) {
        if let Self::Completion(encoder) = self {
            encoder.begin_together(frames);
        }
    }

    /// Ends a stream that several answers have become.
    pub(super) fn end_together<'e>(parts: impl Iterator<Item = &'e Self> + Clone, frames: &mut Vec<u8>) {
        let completions = parts.filter_map(|part| match part {
            Self::Completion(encoder) => Some(&**encoder),
            Self::Message(_) | Self::Plain(_) | Self::Response(_) => None,
        });
        chat::StreamEncoder::end_together(completions, frames);
    }

    pub(super) fn chunk(&mut self, chunk: &[u8], frames: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Completion(encoder) => encoder.chunk(chunk, frames).map(drop),
            Self::Message(encoder) => encoder.chunk(chunk, frames).map(drop),
            Self::Plain(encoder) => encoder.chunk(chunk, frames),
            Self::Response(encoder) => encoder.chunk(chunk, frames).map(drop),
        }
    }

    pub(super) fn end(&mut self, frames: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Completion(encoder) => encoder.end(frames),
            Self::Message(encoder) => encoder.end(frames),
            Self::Plain(encoder) => encoder.end(frames),
            Self::Response(encoder) => encoder.end(frames),
        }
    }

    /// Says as the last thing that the answer cannot go on.
    pub(super) fn fail(&mut self, failure: &Failure, frames: &mut Vec<u8>) {
        match self {
            Self::Completion(_) | Self::Plain(_) => frames.extend_from_slice(&failure.openai_frame()),
            Self::Message(_) => frames.extend_from_slice(&failure.anthropic_frame()),
            Self::Response(encoder) => encoder.fail(failure.openai_error().message, frames),
        }
    }

    /// What shows a client of this form that its stream lives.
    pub(super) fn keep_alive(&self) -> &'static [u8] {
        match self {
            Self::Message(_) => messages::PING,
            Self::Completion(_) | Self::Plain(_) | Self::Response(_) => super::KEEP_ALIVE,
        }
    }

    pub(super) fn finished(&self) -> Option<&Finished> {
        match self {
            Self::Completion(_) | Self::Message(_) | Self::Plain(_) => None,
            Self::Response(encoder) => encoder.finished(),
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Completion(encoder) => encoder.outcome(),
            Self::Message(encoder) => encoder.outcome(),
            Self::Plain(encoder) => encoder.outcome(),
            Self::Response(encoder) => encoder.outcome(),
        }
    }

    pub(super) fn findings(&self) -> Findings {
        match self {
            Self::Completion(encoder) => encoder.findings(),
            Self::Message(encoder) => encoder.findings(),
            Self::Plain(encoder) => encoder.findings(),
            Self::Response(encoder) => encoder.findings(),
        }
    }

    pub(super) fn take_signatures(&mut self) -> Vec<CallSignature> {
        match self {
            Self::Completion(encoder) => encoder.take_signatures(),
            Self::Message(encoder) => encoder.take_signatures(),
            Self::Plain(encoder) => encoder.take_signatures(),
            Self::Response(encoder) => encoder.take_signatures(),
        }
    }
}

// === impl UnaryEncoder ===

impl UnaryEncoder {
    /// What follows is another answer to the same request. Only chat completions have several.
    pub(super) fn another(&mut self) {
        match self {
            Self::Completion(encoder) => encoder.another(),
            Self::Message(_) | Self::Plain(_) | Self::Response(_) => {}
        }
    }

    pub(super) fn new(chat: &Chat) -> Self {
        let Chat { form, plan, id, created, estimated_prompt, .. } = chat;
        let plan = plan.clone();
        match form {
            Form::Completion => {
                let encoder = chat::UnaryEncoder::new(plan, id.as_str(), *created);
                Self::Completion(Box::new(encoder.with_estimated_prompt(*estimated_prompt)))
            }
            Form::Message => {
                let encoder = messages::UnaryEncoder::new(plan, id.as_str());
                Self::Message(Box::new(encoder.with_estimated_prompt(*estimated_prompt)))
            }
            Form::Plain(form) => {
                let encoder = plain::UnaryEncoder::new(form.clone(), plan, id.as_str(), *created);
                Self::Plain(Box::new(encoder.with_estimated_prompt(*estimated_prompt)))
            }
            Form::Response { extra, .. } => {
                let encoder = responses::UnaryEncoder::new(plan, extra.as_ref().clone(), id.as_str(), *created);
                Self::Response(Box::new(encoder.with_estimated_prompt(*estimated_prompt)))
            }
        }
    }

    pub(super) fn chunk(&mut self, chunk: &[u8]) -> Result<(), EncodeError> {
        match self {
            Self::Completion(encoder) => encoder.chunk(chunk),
            Self::Message(encoder) => encoder.chunk(chunk),
            Self::Plain(encoder) => encoder.chunk(chunk),
            Self::Response(encoder) => encoder.chunk(chunk),
        }
    }

    pub(super) fn end(&mut self, streamed: bool) -> Result<Bytes, EncodeError> {
        match self {
            Self::Completion(encoder) => encoder.end(streamed).map(Bytes::from),
            Self::Message(encoder) => encoder.end(streamed).map(Bytes::from),
            Self::Plain(encoder) => encoder.end(streamed),
            Self::Response(encoder) => encoder.end(streamed),
        }
    }

    pub(super) fn finished(&self) -> Option<&Finished> {
        match self {
            Self::Completion(_) | Self::Message(_) | Self::Plain(_) => None,
            Self::Response(encoder) => encoder.finished(),
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Completion(encoder) => encoder.outcome(),
            Self::Message(encoder) => encoder.outcome(),
            Self::Plain(encoder) => encoder.outcome(),
            Self::Response(encoder) => encoder.outcome(),
        }
    }

    pub(super) fn findings(&self) -> Findings {
        match self {
            Self::Completion(encoder) => encoder.findings(),
            Self::Message(encoder) => encoder.findings(),
            Self::Plain(encoder) => encoder.findings(),
            Self::Response(encoder) => encoder.findings(),
        }
    }

    pub(super) fn take_signatures(&mut self) -> Vec<CallSignature> {
        match self {
            Self::Completion(encoder) => encoder.take_signatures(),
            Self::Message(encoder) => encoder.take_signatures(),
            Self::Plain(encoder) => encoder.take_signatures(),
            Self::Response(encoder) => encoder.take_signatures(),
        }
    }
}
