//! An answer as OpenAI's stream of chunks.
//!
//! The order is OpenAI's to the letter, because clients are written against it: the role in a chunk of its own, what is
//! said, how each choice ended in a chunk of its own, with `include_usage` one chunk with `choices: []`, then `[DONE]`
//! (wire 95, wire 113). A stream that ends before its answer does gets none of the last three (wire 25, wire 112).
//!
//! Frames are written straight into the buffer that is sent: everything before a chunk's own words is the same in each
//! chunk and copied as one slice, and the words are the upstream's letters.

use crate::call::{AudioFormat, ReplyPlan};
use crate::meter::{Findings, Usage};
use crate::openai::error::Error;
use crate::reply::{Media, Text};

use super::answer::{Answer, MAX_CHOICES};
use super::encode::{CallSignature, Delta, EncodeError, End, Outcome, Sink};
use super::media::{Samples, decode_base64, write_base64, write_image};
use super::{usage, write_extra, write_head, write_number};

/// The last frame of a stream that is whole.
const DONE: &[u8] = b"data: [DONE]\n\n";

/// What a chunk of the upstream has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing for the client: an answer can still be thrown away and asked for again.
    Silent,
    /// Frames.
    Spoke,
}

/// Turns one streamed answer into frames.
#[derive(Debug)]
pub struct StreamEncoder {
    answer: Answer,
    frames: Frames,
}

/// What frames need beside the buffer that they go into.
#[derive(Debug)]
struct Frames {
    id: String,
    created: u64,
    model: String,
    fingerprint: Vec<u8>,
    /// Everything before the choices.
    head: Vec<u8>,
    with_usage: bool,
    /// How many choices were asked for.
    candidates: u32,
    audio_format: Option<AudioFormat>,
    /// Whether it is one of several answers that become one stream.
    is_part: bool,
    /// Whose role has been told.
    begun: Vec<u32>,
    /// Whose audio has begun.
    audio: Vec<u32>,
}

/// Writes frames into a buffer.
struct FrameSink<'s> {
    frames: &'s mut Frames,
    out: &'s mut Vec<u8>,
    rest: &'s [u8],
}

// === impl StreamEncoder ===

impl StreamEncoder {
    /// An encoder at the beginning of an answer. `id` (such as `chatcmpl-…`) must differ between all answers; `created`
    /// is in seconds since 1970.
    pub fn new(plan: ReplyPlan, id: impl Into<String>, created: u64) -> Self {
        let id = id.into();
        let mut frames = Frames {
            id: id.clone(),
            created,
            model: plan.model.clone(),
            fingerprint: Vec::new(),
            head: Vec::new(),
            with_usage: plan.include_usage,
            candidates: plan.candidates.min(MAX_CHOICES),
            audio_format: plan.audio,
            is_part: false,
            begun: Vec::new(),
            audio: Vec::new(),
        };
        frames.write_head();
        Self { answer: Answer::new(plan, id), frames }
    }

    /// Says how many tokens the prompt is thought to have, for when the upstream never says it.
    #[must_use]
    pub fn with_estimated_prompt(mut self, tokens: u64) -> Self {
        self.answer.estimate_prompt(tokens);
        self
    }

    /// Says that it is one of several answers to the same request, each of which gives one choice of the same stream: this
    /// one. The stream begins with [`Self::begin_together`] and ends with [`Self::end_together`].
    #[must_use]
    pub fn with_place(mut self, place: u32) -> Self {
        self.answer.stand_at(place);
        self.frames.is_part = true;
        self.frames.begun = (0..self.frames.candidates).collect();
        self
    }

    /// Begins every choice of a stream that several answers become. Any of them may do it.
    pub fn begin_together(&mut self, out: &mut Vec<u8>) {
        self.frames.begun.clear();
        if let Some(last) = self.frames.candidates.checked_sub(1) {
            FrameSink { frames: &mut self.frames, out, rest: b"" }.begin(last, false);
        }
    }

    /// Ends a stream that several answers have become, all of which have ended; their tokens are added.
    pub fn end_together<'e>(parts: impl Iterator<Item = &'e Self> + Clone, out: &mut Vec<u8>) {
        if let Some(first) = parts.clone().next().filter(|first| first.frames.with_usage) {
            let mut sum = Usage::default();
            let mut has_guess = false;
            for part in parts {
                let (usage, is_guess) = part.answer.usage();
                sum += &usage;
                has_guess |= is_guess;
            }
            first.frames.write_usage(&[], out, |out| usage::write(out, &sum, has_guess));
        }
        out.extend_from_slice(DONE);
    }

    /// Takes one event of the upstream (a `GenerateContentResponse` in JSON) and appends its frames to `out`.
    ///
    /// After an error the stream is over: [`Self::fail`] says so to a client that has got frames already.
    pub fn chunk(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<Progress, EncodeError> {
        let before = out.len();
        self.answer.take(chunk, &mut FrameSink { frames: &mut self.frames, out, rest: b"" })?;
        Ok(if out.len() > before { Progress::Spoke } else { Progress::Silent })
    }

    /// Ends the stream, or says why its end would be a lie; then nothing has been written.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut rest = Vec::new();
        self.answer.write_rest(&mut rest);
        self.answer.end(false, &mut FrameSink { frames: &mut self.frames, out, rest: &rest })?;
        if self.frames.is_part {
            return Ok(());
        }
        if self.frames.with_usage {
            self.frames.write_usage(&rest, out, |out| self.answer.write_usage(out));
        }
        out.extend_from_slice(DONE);
        Ok(())
    }

    /// Ends the stream with an error, which SDKs raise. No `[DONE]` follows: nothing is done.
    pub fn fail(error: &Error<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(error.to_json().as_bytes());
        out.extend_from_slice(b"\n\n");
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

// === impl Frames ===

impl Frames {
    fn write_head(&mut self) {
        self.head.clear();
        self.head.extend_from_slice(b"data: ");
        let Self { head, id, created, model, fingerprint, .. } = self;
        write_head(head, "chat.completion.chunk", (id, *created, model), fingerprint);
    }

    /// Writes the frame without choices that says what the answer cost.
    fn write_usage(&self, rest: &[u8], out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b"\"choices\":[],\"usage\":");
        write(out);
        out.extend_from_slice(rest);
        out.extend_from_slice(b"}\n\n");
    }
}

// === impl FrameSink ===

impl FrameSink<'_> {
    /// Writes everything of a frame before the members of its choice's `delta`.
    fn open(&mut self, choice: u32) {
        self.out.extend_from_slice(&self.frames.head);
        self.out.extend_from_slice(b"\"choices\":[{\"index\":");
        write_number(self.out, u64::from(choice));
        self.out.extend_from_slice(b",\"delta\":{");
    }

    /// Writes everything after the members of the choice.
    fn close(&mut self, rest: &[u8]) {
        self.out.extend_from_slice(if self.frames.with_usage { b"}],\"usage\":null".as_slice() } else { b"}]" });
        self.out.extend_from_slice(rest);
        self.out.extend_from_slice(b"}\n\n");
    }

    fn frame(&mut self, choice: u32, delta: &[&[u8]]) {
        self.open(choice);
        for piece in delta {
            self.out.extend_from_slice(piece);
        }
        self.out.extend_from_slice(b"},\"logprobs\":null,\"finish_reason\":null");
        self.close(b"");
    }

    fn audio(&mut self, choice: u32, media: &Media<'_>) {
        let mut audio = Vec::new();
        let samples = Samples::of(&media.mime_type.decode());
        let begins = !self.frames.audio.contains(&choice);
        audio.extend_from_slice(b"\"audio\":{");
        let mut bytes = Vec::new();
        if begins {
            self.frames.audio.push(choice);
            write_audio_id(&mut audio, &self.frames.id, choice, self.frames.created);
            bytes = samples.map(|samples| samples.header(self.frames.audio_format, None)).unwrap_or_default();
        }
        audio.extend_from_slice(b"\"data\":");
        if let Some(piece) = decode_base64(&media.data.decode()).filter(|_| !bytes.is_empty()) {
            bytes.extend_from_slice(&piece);
            write_base64(&mut audio, &bytes);
        } else {
            audio.push(b'"');
            audio.extend_from_slice(&media.data.letters());
            audio.push(b'"');
        }
        audio.push(b'}');
        self.frame(choice, &[&audio]);
    }
}

impl Sink for FrameSink<'_> {
    fn model(&mut self, version: Text<'_>) {
        self.frames.fingerprint = version.letters().into_owned();
        self.frames.write_head();
    }

    fn begin(&mut self, choice: u32, calls: bool) {
        // OpenAI's own SDK adds choices to a list and fails when the second comes before the first.
        let first = if choice < self.frames.candidates { 0 } else { choice };
        for choice in first..=choice {
            if self.frames.begun.contains(&choice) {
                continue;
            }
            self.frames.begun.push(choice);
            let content: &[u8] = if calls { b"null" } else { b"\"\"" };
            self.frame(choice, &[b"\"role\":\"assistant\",\"content\":", content, b",\"refusal\":null"]);
        }
    }

    fn delta(&mut self, choice: u32, delta: &Delta<'_>) {
        match *delta {
            Delta::Content(letters) => self.frame(choice, &[b"\"content\":\"", letters, b"\""]),
            Delta::Reasoning(letters) => self.frame(choice, &[b"\"reasoning_content\":\"", letters, b"\""]),
            Delta::ToolCall(place, members) => {
                let mut index = Vec::with_capacity(4);
                write_number(&mut index, u64::from(place));
                self.frame(choice, &[b"\"tool_calls\":[{\"index\":", &index, b",", members, b"}]"]);
            }
            Delta::FunctionCall(call) => self.frame(choice, &[b"\"function_call\":", call]),
            Delta::Image(place, media, signature) => {
                self.open(choice);
                self.out.extend_from_slice(b"\"images\":[");
                write_image(self.out, place, media, signature);
                self.out.extend_from_slice(b"]},\"logprobs\":null,\"finish_reason\":null");
                self.close(b"");
            }
            Delta::Audio(media) => self.audio(choice, media),
            Delta::Logprobs(items) => {
                self.open(choice);
                self.out.extend_from_slice(b"},\"logprobs\":{\"content\":[");
                self.out.extend_from_slice(items);
                self.out.extend_from_slice(b"],\"refusal\":null},\"finish_reason\":null");
                self.close(b"");
            }
            Delta::Extras(members) => self.frame(choice, &[members]),
        }
    }

    fn end(&mut self, choice: u32, end: &End<'_>) {
        self.open(choice);
        self.out.extend_from_slice(b"},\"logprobs\":null");
        write_end(self.out, end);
        let rest = self.rest;
        self.close(rest);
    }
}

/// Writes the first members of an `audio`. It expires when it is made: nothing keeps it.
pub(crate) fn write_audio_id(out: &mut Vec<u8>, id: &str, choice: u32, created: u64) {
    let id = id.strip_prefix("chatcmpl-").unwrap_or(id);
    out.extend_from_slice(b"\"id\":");
    crate::json::write_text(out, &format!("audio_{id}_{choice}"));
    out.extend_from_slice(b",\"expires_at\":");
    write_number(out, created);
    out.extend_from_slice(b",\"transcript\":\"\",");
}

/// Writes how a choice ended, as its last members.
pub(crate) fn write_end(out: &mut Vec<u8>, end: &End<'_>) {
    out.extend_from_slice(b",\"finish_reason\":\"");
    out.extend_from_slice(end.reason.as_bytes());
    out.extend_from_slice(b"\",\"native_finish_reason\":");
    match end.native {
        Some(native) => crate::json::write_text(out, native),
        None => out.extend_from_slice(b"null"),
    }
    write_extra(out, end.facts);
}
