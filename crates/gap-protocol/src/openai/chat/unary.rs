//! An answer as one body.

use crate::call::{AudioFormat, ReplyPlan};
use crate::meter::Findings;
use crate::reply::{Media, Text};

use super::answer::Answer;
use super::encode::{CallSignature, Delta, EncodeError, End, Outcome, Sink};
use super::media::{Samples, decode_base64, write_base64, write_image};
use super::stream::{write_audio_id, write_end};
use super::{write_head, write_number};

/// Turns one answer, whole or in chunks, into one body.
#[derive(Debug)]
pub struct UnaryEncoder {
    answer: Answer,
    created: u64,
    body: Body,
}

/// What has come so far.
#[derive(Debug, Default)]
struct Body {
    fingerprint: Vec<u8>,
    messages: Vec<Message>,
    audio_format: Option<AudioFormat>,
}

/// One choice.
#[derive(Debug, Default)]
struct Message {
    choice: u32,
    /// Letters.
    content: Vec<u8>,
    /// Letters.
    reasoning: Vec<u8>,
    /// Items.
    tool_calls: Vec<u8>,
    function_call: Vec<u8>,
    /// Items.
    images: Vec<u8>,
    audio: Option<Audio>,
    /// Items.
    logprobs: Vec<u8>,
    /// Members.
    extras: Vec<u8>,
    /// Members of the choice after the message.
    end: Vec<u8>,
}

#[derive(Debug)]
struct Audio {
    samples: Option<Samples>,
    bytes: Vec<u8>,
}

// === impl UnaryEncoder ===

impl UnaryEncoder {
    /// An encoder at the beginning of an answer; the arguments are those of [`super::StreamEncoder::new`].
    pub fn new(plan: ReplyPlan, id: impl Into<String>, created: u64) -> Self {
        let body = Body { audio_format: plan.audio, ..Body::default() };
        Self { answer: Answer::new(plan, id.into()), created, body }
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

    /// What follows is another answer to the same request: its choices come after those so far, its tokens are added.
    pub fn another(&mut self) {
        self.answer.another();
    }

    /// The body. `streamed` says that the chunks were events of a stream, where one without a finish reason is cut; a whole
    /// document without one is only an odd document.
    pub fn end(&mut self, streamed: bool) -> Result<Vec<u8>, EncodeError> {
        self.answer.end(!streamed, &mut self.body)?;
        let plan = self.answer.plan();
        let mut out = Vec::with_capacity(1024 + self.body.len());
        write_head(&mut out, "chat.completion", (self.answer.id(), self.created, &plan.model), &self.body.fingerprint);
        out.extend_from_slice(b"\"choices\":[");
        // Several candidates may have come in any order.
        self.body.messages.sort_by_key(|message| message.choice);
        for (place, message) in self.body.messages.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            message.write(&mut out, self.answer.id(), self.created, self.body.audio_format);
        }
        out.extend_from_slice(b"],\"usage\":");
        self.answer.write_usage(&mut out);
        self.answer.write_rest(&mut out);
        out.push(b'}');
        Ok(out)
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

// === impl Body ===

impl Body {
    fn message(&mut self, choice: u32) -> Option<&mut Message> {
        let place = self.messages.iter().position(|message| message.choice == choice);
        let place = place.unwrap_or_else(|| {
            self.messages.push(Message { choice, ..Message::default() });
            self.messages.len() - 1
        });
        self.messages.get_mut(place)
    }

    fn len(&self) -> usize {
        self.messages.iter().map(Message::len).sum()
    }
}

impl Sink for Body {
    fn model(&mut self, version: Text<'_>) {
        self.fingerprint = version.letters().into_owned();
    }

    fn begin(&mut self, choice: u32, _calls: bool) {
        self.message(choice);
    }

    fn delta(&mut self, choice: u32, delta: &Delta<'_>) {
        let Some(message) = self.message(choice) else { return };
        match *delta {
            Delta::Content(letters) => message.content.extend_from_slice(letters),
            Delta::Reasoning(letters) => message.reasoning.extend_from_slice(letters),
            Delta::ToolCall(_, members) => {
                let calls = item(&mut message.tool_calls);
                calls.push(b'{');
                calls.extend_from_slice(members);
                calls.push(b'}');
            }
            Delta::FunctionCall(call) => message.function_call.extend_from_slice(call),
            Delta::Image(place, media, signature) => write_image(item(&mut message.images), place, media, signature),
            Delta::Audio(media) => message.add_audio(media),
            Delta::Logprobs(items) => item(&mut message.logprobs).extend_from_slice(items),
            Delta::Extras(members) => message.extras.extend_from_slice(members),
        }
    }

    fn end(&mut self, choice: u32, end: &End<'_>) {
        if let Some(message) = self.message(choice) {
            write_end(&mut message.end, end);
        }
    }
}

// === impl Message ===

impl Message {
    fn len(&self) -> usize {
        let Self { content, reasoning, tool_calls, images, extras, end, .. } = self;
        let audio = self.audio.as_ref().map_or(0, |audio| audio.bytes.len().div_ceil(3) * 4);
        [content, reasoning, tool_calls, images, extras, end].map(Vec::len).iter().sum::<usize>() + audio
    }

    fn add_audio(&mut self, media: &Media<'_>) {
        let Some(piece) = decode_base64(&media.data.decode()) else { return };
        let samples = Samples::of(&media.mime_type.decode());
        self.audio.get_or_insert(Audio { samples, bytes: Vec::new() }).bytes.extend_from_slice(&piece);
    }

    fn write(&self, out: &mut Vec<u8>, id: &str, created: u64, format: Option<AudioFormat>) {
        out.extend_from_slice(b"{\"index\":");
        write_number(out, u64::from(self.choice));
        out.extend_from_slice(b",\"message\":{\"role\":\"assistant\",\"content\":");
        // OpenAI says null where there is nothing but a call.
        let only_calls = self.content.is_empty() && !(self.tool_calls.is_empty() && self.function_call.is_empty());
        if only_calls {
            out.extend_from_slice(b"null");
        } else {
            out.push(b'"');
            out.extend_from_slice(&self.content);
            out.push(b'"');
        }
        out.extend_from_slice(b",\"refusal\":null");
        let members: [(&[u8], &[u8], &[u8]); 5] = [
            (b",\"reasoning_content\":\"", &self.reasoning, b"\""),
            (b",\"tool_calls\":[", &self.tool_calls, b"]"),
            (b",\"function_call\":", &self.function_call, b""),
            (b",\"images\":[", &self.images, b"]"),
            (b",", &self.extras, b""),
        ];
        for (before, value, after) in members {
            if !value.is_empty() {
                out.extend_from_slice(before);
                out.extend_from_slice(value);
                out.extend_from_slice(after);
            }
        }
        if let Some(audio) = &self.audio {
            out.extend_from_slice(b",\"audio\":{");
            write_audio_id(out, id, self.choice, created);
            out.extend_from_slice(b"\"data\":");
            match audio.samples {
                Some(samples) => {
                    let mut bytes = samples.header(format, Some(audio.bytes.len()));
                    bytes.extend_from_slice(&audio.bytes);
                    write_base64(out, &bytes);
                }
                None => write_base64(out, &audio.bytes),
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"},\"logprobs\":");
        if self.logprobs.is_empty() {
            out.extend_from_slice(b"null");
        } else {
            out.extend_from_slice(b"{\"content\":[");
            out.extend_from_slice(&self.logprobs);
            out.extend_from_slice(b"],\"refusal\":null}");
        }
        out.extend_from_slice(&self.end);
        out.push(b'}');
    }
}

/// A list's items, ready for another one.
fn item(list: &mut Vec<u8>) -> &mut Vec<u8> {
    if !list.is_empty() {
        list.push(b',');
    }
    list
}
