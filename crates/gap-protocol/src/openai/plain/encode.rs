//! One text or one sound on its way back.

use bytes::Bytes;

use crate::call::{AudioFormat, ReplyPlan};
use crate::json::{ObjectWriter, unescape, write_text};
use crate::meter::{Findings, Usage};
use crate::openai::chat::answer::Answer;
use crate::openai::chat::encode::{Delta, End, Sink};
use crate::openai::chat::media::{Samples, decode_base64, write_base64};
use crate::openai::chat::stream::write_end;
use crate::openai::chat::write::{write_head, write_number};
use crate::openai::chat::{CallSignature, EncodeError, Outcome};
use crate::reply::{Media, Text};
use crate::sound::{Recorder, Unwritable};

use super::timed::Timed;
use super::{Plan, Transcript};

/// Turns one streamed answer into frames.
#[derive(Debug)]
pub struct StreamEncoder {
    answer: Answer,
    frames: Frames,
}

/// Turns one answer into a body.
#[derive(Debug)]
pub struct UnaryEncoder {
    answer: Answer,
    plan: Plan,
    created: u64,
    body: Body,
}

/// What frames need beside the buffer that they go into.
#[derive(Debug)]
struct Frames {
    plan: Plan,
    /// Everything before the choices of a completion.
    head: Vec<u8>,
    identity: (String, u64, String),
    with_usage: bool,
    /// Letters of a transcript so far.
    said: Vec<u8>,
    /// The file that the sound goes into, once there is any.
    file: Option<Result<Recorder, Unwritable>>,
}

/// Writes frames into a buffer.
struct FrameSink<'s> {
    frames: &'s mut Frames,
    out: &'s mut Vec<u8>,
}

/// What a body is made of.
#[derive(Debug, Default)]
struct Body {
    fingerprint: Vec<u8>,
    choices: Vec<Choice>,
    samples: Option<Samples>,
    sound: Vec<u8>,
}

#[derive(Debug, Default)]
struct Choice {
    index: u32,
    letters: Vec<u8>,
    end: Vec<u8>,
}

// === impl StreamEncoder ===

impl StreamEncoder {
    /// An encoder at the beginning of an answer.
    pub fn new(plan: Plan, reply: ReplyPlan, id: impl Into<String>, created: u64) -> Self {
        let id = id.into();
        let mut frames = Frames {
            plan,
            head: Vec::new(),
            identity: (id.clone(), created, reply.model.clone()),
            with_usage: reply.include_usage,
            said: Vec::new(),
            file: None,
        };
        frames.write_head(&[]);
        Self { answer: Answer::new(reply, id), frames }
    }

    /// Says how many tokens the prompt is thought to have, for when the upstream never says it.
    #[must_use]
    pub fn with_estimated_prompt(mut self, tokens: u64) -> Self {
        self.answer.estimate_prompt(tokens);
        self
    }

    /// Takes one event of the upstream and appends its frames to `out`.
    pub fn chunk(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.answer.take(chunk, &mut FrameSink { frames: &mut self.frames, out })
    }

    /// Ends the stream, or says why its end would be a lie.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.answer.end(false, &mut FrameSink { frames: &mut self.frames, out })?;
        match &self.frames.plan {
            Plan::Completion { .. } => {
                if self.frames.with_usage {
                    out.extend_from_slice(&self.frames.head);
                    out.extend_from_slice(b"\"choices\":[],\"usage\":");
                    self.answer.write_usage(out);
                    out.extend_from_slice(b"}\n\n");
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
            Plan::Speech(_) => {
                let mut last = Vec::new();
                match &mut self.frames.file {
                    None => return Err(silence(&self.answer)),
                    Some(Err(why)) => return Err(unwritable(*why)),
                    Some(Ok(file)) => file.end(&mut last),
                }
                write_sound(out, &last);
                out.extend_from_slice(b"data: {\"type\":\"speech.audio.done\",\"usage\":");
                write_usage(out, &self.answer, false);
                out.extend_from_slice(b"}\n\n");
            }
            Plan::Transcript(_) => {
                if self.frames.said.is_empty() && is_withheld(&self.answer) {
                    return Err(silence(&self.answer));
                }
                out.extend_from_slice(b"data: {\"type\":\"transcript.text.done\",\"text\":\"");
                out.extend_from_slice(&self.frames.said);
                out.extend_from_slice(b"\",\"usage\":");
                write_usage(out, &self.answer, true);
                out.extend_from_slice(b"}\n\n");
            }
        }
        Ok(())
    }

    /// What has become of the answer so far.
    pub fn outcome(&self) -> Outcome {
        self.answer.outcome()
    }

    /// What the answer has said about itself.
    pub fn findings(&self) -> Findings {
        self.answer.findings()
    }

    /// The signatures of the calls since the last time: there are none.
    pub fn take_signatures(&mut self) -> Vec<CallSignature> {
        self.answer.take_signatures()
    }
}

impl Frames {
    fn write_head(&mut self, fingerprint: &[u8]) {
        self.head.clear();
        self.head.extend_from_slice(b"data: ");
        let (id, created, model) = &self.identity;
        write_head(&mut self.head, "text_completion", (id, *created, model), fingerprint);
    }
}

// === impl FrameSink ===

impl FrameSink<'_> {
    /// A frame of a completion: a piece of text in letters, and how the choice ended.
    fn piece(&mut self, choice: u32, letters: &[u8], end: &[u8]) {
        self.out.extend_from_slice(&self.frames.head);
        self.out.extend_from_slice(b"\"choices\":[{\"text\":\"");
        self.out.extend_from_slice(letters);
        self.out.extend_from_slice(b"\",\"index\":");
        write_number(self.out, u64::from(choice));
        self.out.extend_from_slice(b",\"logprobs\":null");
        self.out.extend_from_slice(end);
        self.out.extend_from_slice(if self.frames.with_usage {
            b"}],\"usage\":null}\n\n".as_slice()
        } else {
            b"}]}\n\n"
        });
    }

    fn sound(&mut self, media: &Media<'_>, format: AudioFormat) {
        let Some(piece) = decode_base64(&media.data.decode()) else { return };
        let mut bytes = Vec::new();
        let file = self.frames.file.get_or_insert_with(|| {
            Recorder::begin(Some(format), Samples::of(&media.mime_type.decode()), None, &mut bytes)
        });
        if let Ok(file) = file {
            file.push(&piece, &mut bytes);
        }
        write_sound(self.out, &bytes);
    }
}

impl Sink for FrameSink<'_> {
    fn model(&mut self, version: Text<'_>) {
        self.frames.write_head(&version.letters());
    }

    fn begin(&mut self, choice: u32, _calls: bool) {
        if let Plan::Completion { echo: Some(prompt) } = &self.frames.plan {
            let letters = letters_of(prompt);
            self.piece(choice, &letters, b",\"finish_reason\":null");
        }
    }

    fn delta(&mut self, choice: u32, delta: &Delta<'_>) {
        match (&self.frames.plan, delta) {
            (Plan::Completion { .. }, Delta::Content(letters)) => {
                self.piece(choice, letters, b",\"finish_reason\":null");
            }
            (Plan::Transcript(_), Delta::Content(letters)) => {
                self.frames.said.extend_from_slice(letters);
                self.out.extend_from_slice(b"data: {\"type\":\"transcript.text.delta\",\"delta\":\"");
                self.out.extend_from_slice(letters);
                self.out.extend_from_slice(b"\"}\n\n");
            }
            (Plan::Speech(format), Delta::Audio(media)) => self.sound(media, *format),
            // These forms have no place for anything else.
            _ => {}
        }
    }

    fn end(&mut self, choice: u32, end: &End<'_>) {
        if matches!(self.frames.plan, Plan::Completion { .. }) {
            let mut ended = Vec::new();
            write_end(&mut ended, end);
            self.piece(choice, b"", &ended);
        }
    }
}

// === impl UnaryEncoder ===

impl UnaryEncoder {
    /// An encoder at the beginning of an answer.
    pub fn new(plan: Plan, reply: ReplyPlan, id: impl Into<String>, created: u64) -> Self {
        Self { answer: Answer::new(reply, id.into()), plan, created, body: Body::default() }
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

    /// The body. `streamed` says that the chunks were events of a stream, where one without a finish reason is cut.
    pub fn end(&mut self, streamed: bool) -> Result<Bytes, EncodeError> {
        self.answer.end(!streamed, &mut self.body)?;
        match &self.plan {
            Plan::Completion { echo } => Ok(self.completion(echo.as_deref()).into()),
            Plan::Speech(format) => self.speech(*format),
            Plan::Transcript(form) => self.transcript(*form),
        }
    }

    fn completion(&self, echo: Option<&str>) -> Vec<u8> {
        let reply = self.answer.plan();
        let mut out = Vec::with_capacity(1024);
        let identity = (self.answer.id(), self.created, reply.model.as_str());
        write_head(&mut out, "text_completion", identity, &self.body.fingerprint);
        out.extend_from_slice(b"\"choices\":[");
        let mut choices: Vec<&Choice> = self.body.choices.iter().collect();
        choices.sort_by_key(|choice| choice.index);
        let before = echo.map(letters_of).unwrap_or_default();
        for (place, choice) in choices.into_iter().enumerate() {
            out.extend_from_slice(if place > 0 { b",{\"text\":\"" } else { b"{\"text\":\"" });
            out.extend_from_slice(&before);
            out.extend_from_slice(&choice.letters);
            out.extend_from_slice(b"\",\"index\":");
            write_number(&mut out, u64::from(choice.index));
            out.extend_from_slice(b",\"logprobs\":null");
            out.extend_from_slice(&choice.end);
            out.push(b'}');
        }
        out.extend_from_slice(b"],\"usage\":");
        self.answer.write_usage(&mut out);
        self.answer.write_rest(&mut out);
        out.push(b'}');
        out
    }

    fn speech(&self, format: AudioFormat) -> Result<Bytes, EncodeError> {
        let Body { sound, samples, .. } = &self.body;
        if sound.is_empty() {
            return Err(silence(&self.answer));
        }
        let mut out = Vec::with_capacity(sound.len() + 64);
        let file = Recorder::begin(Some(format), *samples, Some(sound.len()), &mut out);
        let mut file = file.map_err(unwritable)?;
        file.push(sound, &mut out);
        file.end(&mut out);
        Ok(out.into())
    }

    fn transcript(&self, form: Transcript) -> Result<Bytes, EncodeError> {
        let letters = self.body.choices.first().map(|choice| choice.letters.as_slice()).unwrap_or_default();
        if letters.is_empty() && is_withheld(&self.answer) {
            return Err(silence(&self.answer));
        }
        let text = || unescape(&String::from_utf8_lossy(letters));
        // Cut off, or not what was asked for: no subtitles can be made of it.
        let timed = || Timed::read(&text()).ok_or(EncodeError::Truncated);
        Ok(match form {
            Transcript::Json => {
                let mut out = b"{\"text\":\"".to_vec();
                out.extend_from_slice(letters);
                out.extend_from_slice(b"\",\"usage\":");
                write_usage(&mut out, &self.answer, true);
                out.push(b'}');
                out.into()
            }
            Transcript::Text => {
                let mut text = text();
                text.push('\n');
                text.into()
            }
            Transcript::Srt => timed()?.srt().into(),
            Transcript::Vtt => timed()?.vtt().into(),
            Transcript::Verbose { task } => timed()?.verbose(task).into(),
        })
    }

    /// What has become of the answer so far.
    pub fn outcome(&self) -> Outcome {
        match (&self.plan, self.answer.outcome()) {
            // There may be nothing to hear.
            (Plan::Transcript(_), Outcome::Empty) => Outcome::Complete,
            (_, outcome) => outcome,
        }
    }

    /// What the answer has said about itself.
    pub fn findings(&self) -> Findings {
        self.answer.findings()
    }

    /// The signatures of the calls since the last time: there are none.
    pub fn take_signatures(&mut self) -> Vec<CallSignature> {
        self.answer.take_signatures()
    }
}

// === impl Body ===

impl Body {
    fn choice(&mut self, index: u32) -> Option<&mut Choice> {
        let place = self.choices.iter().position(|choice| choice.index == index);
        let place = place.unwrap_or_else(|| {
            self.choices.push(Choice { index, ..Choice::default() });
            self.choices.len() - 1
        });
        self.choices.get_mut(place)
    }
}

impl Sink for Body {
    fn model(&mut self, version: Text<'_>) {
        self.fingerprint = version.letters().into_owned();
    }

    fn begin(&mut self, choice: u32, _calls: bool) {
        self.choice(choice);
    }

    fn delta(&mut self, choice: u32, delta: &Delta<'_>) {
        match delta {
            Delta::Content(letters) => {
                if let Some(choice) = self.choice(choice) {
                    choice.letters.extend_from_slice(letters);
                }
            }
            Delta::Audio(media) => {
                if let Some(piece) = decode_base64(&media.data.decode()) {
                    self.samples = self.samples.or_else(|| Samples::of(&media.mime_type.decode()));
                    self.sound.extend_from_slice(&piece);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, choice: u32, end: &End<'_>) {
        if let Some(choice) = self.choice(choice) {
            write_end(&mut choice.end, end);
        }
    }
}

/// A text as the letters of a JSON string, without the quotes.
fn letters_of(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    out.pop();
    if !out.is_empty() {
        out.remove(0);
    }
    out
}

/// Whether Google kept an answer back.
fn is_withheld(answer: &Answer) -> bool {
    let reason = answer.findings().finish_reason;
    answer.findings().block_reason.is_some()
        || reason.is_some_and(|reason| !matches!(reason.as_str(), "STOP" | "MAX_TOKENS"))
}

/// Why there is nothing to give. What Google withholds is a refusal of the request, and said as Google says one: these forms
/// have no place for a reason.
fn silence(answer: &Answer) -> EncodeError {
    let findings = answer.findings();
    let blocked = findings.block_reason.as_ref().map(|reason| reason.as_str().to_owned());
    let finished = findings.finish_reason.as_ref().map(|reason| reason.as_str().to_owned());
    match blocked.or(finished).filter(|_| is_withheld(answer)) {
        Some(reason) => {
            let message = format!("Google withheld the answer: {reason}");
            let error = serde_json::json!({ "code": 400, "message": message, "status": "INVALID_ARGUMENT" });
            EncodeError::Upstream(error.to_string())
        }
        None => EncodeError::Nothing,
    }
}

/// The next piece of a file as an event, unless nothing of it is ready.
fn write_sound(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    out.extend_from_slice(b"data: {\"type\":\"speech.audio.delta\",\"audio\":");
    write_base64(out, bytes);
    out.extend_from_slice(b"}\n\n");
}

/// Google speaks in another way than it ever did.
fn unwritable(why: Unwritable) -> EncodeError {
    let message = format!("{why}; \"wav\" takes every sound");
    EncodeError::Upstream(serde_json::json!({ "code": 502, "message": message, "status": "UNAVAILABLE" }).to_string())
}

/// What it cost, in the words of these forms.
fn write_usage(out: &mut Vec<u8>, answer: &Answer, with_kind: bool) {
    let usage: Usage = answer.findings().usage.unwrap_or_default();
    let (input, output) = (usage.prompt, usage.candidates.saturating_add(usage.thoughts));
    let mut object = ObjectWriter::open(out);
    if with_kind {
        object.text("type", "tokens");
    }
    write_number(object.key("input_tokens"), input);
    if with_kind {
        let audio = usage.prompt_by_modality.audio;
        let mut details = ObjectWriter::open(object.key("input_token_details"));
        write_number(details.key("audio_tokens"), audio);
        write_number(details.key("text_tokens"), input.saturating_sub(audio));
        details.close();
    }
    write_number(object.key("output_tokens"), output);
    write_number(object.key("total_tokens"), input.saturating_add(output));
    object.close();
}
