//! One answer on its way: what each event of it means for the client.

use crate::call::{JsonMode, ReplyPlan, Thoughts, Words};
use crate::json::{ObjectWriter, write_text};
use crate::meter::{BlockReason, Findings, FinishReason, Usage};
use crate::openai::chat::calls::{WholeCall, id_of};
use crate::openai::chat::choice::Choice;
use crate::openai::chat::finish::Class;
use crate::openai::chat::ids::TextName;
use crate::openai::chat::{CallSignature, EncodeError, Outcome};
use crate::reply::{self, Call, Event, Media, Text, compact};

use super::encode::{Block, CallBlock, Delta, Sink, write_signature};
use super::held::{Gate, Held};
use super::native::{self, Native};
use super::{citations, stop, usage};

/// A guess for text whose tokens nobody has counted.
const BYTES_PER_TOKEN: u64 = 4;
/// A buffer that has become larger is not kept.
const LARGE: usize = 64 * 1024;

/// The block that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Text,
    Thinking { signed: bool },
}

/// Follows one answer.
#[derive(Debug)]
pub(super) struct Answer {
    plan: ReplyPlan,
    id: String,
    /// The first candidate; no more are asked for.
    choice: Choice,
    candidate: Option<u32>,
    /// How many blocks have begun.
    blocks: u32,
    open: Open,
    /// Whether the last words were thoughts, shown or not.
    thinks: bool,
    /// The signature of the last text, which stands behind it.
    of_text: Option<String>,
    /// What the last text is known by.
    text: TextName,
    /// A signature that no block holds.
    kept: Option<String>,
    /// The id of the code that ran last.
    code: Option<String>,
    server_calls: usize,
    /// What waits for the end, if the model may search.
    held: Option<Held>,
    tools: usage::ServerTools,
    findings: Findings,
    prompt_feedback: Option<String>,
    usage: Vec<u8>,
    said_bytes: u64,
    estimated_prompt: u64,
    signatures: Vec<CallSignature>,
    scratch: Vec<u8>,
}

// === impl Answer ===

impl Answer {
    pub(super) fn new(plan: ReplyPlan, id: String) -> Self {
        Self {
            plan,
            id,
            choice: Choice::new(0),
            candidate: None,
            blocks: 0,
            open: Open::Nothing,
            thinks: false,
            of_text: None,
            text: TextName::default(),
            kept: None,
            code: None,
            server_calls: 0,
            held: None,
            tools: usage::ServerTools::default(),
            findings: Findings::default(),
            prompt_feedback: None,
            usage: Vec::new(),
            said_bytes: 0,
            estimated_prompt: 0,
            signatures: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub(super) fn estimate_prompt(&mut self, tokens: u64) {
        self.estimated_prompt = tokens;
    }

    /// Follows a chunk.
    pub(super) fn take(&mut self, chunk: &[u8], sink: &mut impl Sink) -> Result<(), EncodeError> {
        let (mut held, waits) = (self.held.take(), self.plan.words == Words::AfterSearch);
        let read = reply::read(chunk, |event| self.on(&event, &mut Gate { sink, held: &mut held, waits }));
        self.held = held;
        read?;
        match &self.findings.error {
            Some(error) => Err(EncodeError::Upstream(error.clone())),
            None => Ok(()),
        }
    }

    /// Ends the last block. `whole` says that nothing can be missing, so that a candidate without a reason has ended too.
    pub(super) fn end(&mut self, whole: bool, sink: &mut impl Sink) -> Result<(), EncodeError> {
        let blocked = self.findings.block_reason.is_some();
        if self.candidate.is_none() && !blocked {
            return Err(EncodeError::Nothing);
        }
        if !whole && !blocked && self.choice.finish.is_none() {
            return Err(EncodeError::Truncated);
        }
        let grounding = citations::Grounding::read(self.choice.facts("groundingMetadata"));
        let (mut held, waits) = (self.held.take(), self.plan.words == Words::AfterSearch);
        self.end_blocks(&grounding, &mut Gate { sink, held: &mut held, waits });
        self.tools.fetches = citations::fetches(self.choice.facts("urlContextMetadata"));
        // What was held back comes behind the search; where nothing was, it has gone out already.
        let end = held.as_ref().map(|held| std::mem::replace(&mut self.blocks, held.first));
        let before = self.blocks;
        if !grounding.is_empty() {
            self.say_search(&grounding, sink);
        }
        if let (Some(held), Some(end)) = (held, end) {
            let between = self.blocks - before;
            held.release(between, sink);
            self.blocks = end + between;
        }
        Ok(())
    }

    /// Says what is left to say, and ends the last block.
    fn end_blocks(&mut self, grounding: &citations::Grounding, sink: &mut impl Sink) {
        if let Some(pending) = self.choice.pending.take() {
            self.say_call(&pending.finish(), sink);
        }
        if let Some(rest) = self.choice.fence.as_mut().map(crate::openai::chat::fence::Fence::finish) {
            self.say_text(&rest, sink);
        }
        if self.open == Open::Text {
            grounding.cite(|citation| sink.delta(self.blocks.saturating_sub(1), &Delta::Citation(citation)));
        }
        self.keep_last_signature();
        self.close(sink);
    }

    fn say_search(&mut self, grounding: &citations::Grounding, sink: &mut impl Sink) {
        self.tools.searches = grounding.searches();
        let id = self.server_id(None);
        self.whole_call("web_search", &id, &grounding.input(), None, sink);
        let mut members = std::mem::take(&mut self.scratch);
        grounding.write_results(&mut members, &id);
        self.whole(&members, sink);
        self.keep(members);
    }

    /// What has become of it.
    pub(super) fn outcome(&self) -> Outcome {
        let said = self.choice.said;
        if !said && self.findings.block_reason.is_some() {
            return Outcome::Blocked;
        }
        let Some(reason) = self.choice.finish.as_ref().filter(|_| self.candidate.is_some()) else {
            return Outcome::Unfinished;
        };
        let class = Class::of(reason.as_str());
        if self.choice.calls == 0 && class == Class::BrokenCall {
            return Outcome::BrokenCall;
        }
        if said || !class.is_worth_another_try() { Outcome::Complete } else { Outcome::Empty }
    }

    /// What a meter would have found in the same answer.
    pub(super) fn findings(&self) -> Findings {
        let mut findings = self.findings.clone();
        findings.usage = Usage::read(&self.usage);
        findings
    }

    pub(super) fn take_signatures(&mut self) -> Vec<CallSignature> {
        std::mem::take(&mut self.signatures)
    }

    /// Writes `"id", "type", "role", "model"`: what a message begins with.
    pub(super) fn write_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"id\":");
        write_text(out, &self.id);
        out.extend_from_slice(b",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
        write_text(out, &self.plan.model);
    }

    /// Writes the value of `usage` as far as it is known at the beginning.
    pub(super) fn write_first_usage(&self, out: &mut Vec<u8>) {
        let known = Usage::read(&self.usage).filter(|usage| usage.prompt > 0);
        let guess = || Usage { prompt: self.estimated_prompt, ..Usage::default() };
        usage::write_first(out, &known.unwrap_or_else(guess));
    }

    /// Writes the value of `usage`: Google's, or a guess.
    pub(super) fn write_usage(&self, out: &mut Vec<u8>) {
        let tier = usage::service_tier(&self.usage);
        if let Some(usage) = Usage::read(&self.usage) {
            return usage::write(out, &usage, tier, self.tools, false);
        }
        let candidates = self.said_bytes.div_ceil(BYTES_PER_TOKEN);
        let guess = Usage { prompt: self.estimated_prompt, candidates, ..Usage::default() };
        usage::write(out, &guess, tier, self.tools, true);
    }

    /// Writes `"stop_reason", "stop_sequence"`, and why the answer was refused if it was.
    pub(super) fn write_stop(&self, out: &mut Vec<u8>) {
        let reason = match self.native_reason() {
            Some(reason) if self.choice.finish.is_some() => stop::word(reason, self.choice.calls > 0),
            Some(_) => "refusal",
            None => stop::word("", self.choice.calls > 0),
        };
        out.extend_from_slice(b"\"stop_reason\":\"");
        out.extend_from_slice(reason.as_bytes());
        out.extend_from_slice(b"\",\"stop_sequence\":null");
        if reason == "refusal" {
            out.extend_from_slice(b",\"stop_details\":{\"type\":\"refusal\",\"category\":null,\"explanation\":");
            write_text(out, &format!("Gemini stopped with {}", self.native_reason().unwrap_or_default()));
            out.push(b'}');
        }
    }

    /// Writes `,"extra_content":{"google":{…}}`: what is to be known about the answer and has no place in Anthropic's.
    pub(super) fn write_extra(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"extra_content\":{\"google\":");
        let mut google = ObjectWriter::open(out);
        if let Some(id) = &self.findings.response_id {
            google.text("response_id", id);
        }
        if let Some(model) = &self.findings.model_version {
            google.text("model_version", model);
        }
        if let Some(reason) = self.native_reason() {
            google.text("native_finish_reason", reason);
        }
        if let Some(signature) = &self.kept {
            google.text("thought_signature", signature);
        }
        if let Some(feedback) = &self.prompt_feedback {
            compact(google.key("prompt_feedback"), feedback);
        }
        let mut facts = Vec::new();
        self.choice.write_facts(&mut facts);
        if !facts.is_empty() {
            google.key("candidate").extend_from_slice(&facts);
        }
        google.close();
        out.push(b'}');
    }

    /// Google's own word for the end.
    fn native_reason(&self) -> Option<&str> {
        let finish = self.choice.finish.as_ref().map(FinishReason::as_str);
        finish.or_else(|| self.findings.block_reason.as_ref().map(BlockReason::as_str))
    }

    fn on(&mut self, event: &Event<'_>, sink: &mut impl Sink) {
        if let Some(candidate) = candidate_of(event)
            && *self.candidate.get_or_insert(candidate) != candidate
        {
            return;
        }
        match *event {
            Event::Model(version) => {
                if self.findings.model_version.is_none() {
                    self.findings.model_version = Some(version.decode().into_owned());
                }
            }
            Event::ResponseId(id) => {
                if self.findings.response_id.is_none() {
                    self.findings.response_id = Some(id.decode().into_owned());
                }
            }
            Event::Candidate(_) => self.findings.candidates += 1,
            Event::Text { text, .. } => self.on_text(text, sink),
            Event::Thought { text, .. } => self.on_thought(text, sink),
            Event::Call { ref call, signature, .. } => self.on_call(call, signature, sink),
            Event::Media { ref media, signature, .. } => self.on_media(media, signature, sink),
            Event::Signature { signature, .. } => self.on_signature(signature.decode().into_owned(), sink),
            Event::Native { part, .. } => {
                let mut json = Vec::new();
                part.write(&mut json);
                self.on_native(&json, sink);
            }
            Event::Logprobs { json, .. } => self.choice.learn("logprobsResult", json),
            Event::Fact { name, json, .. } => self.choice.learn(name, json),
            Event::Finish { ref reason, .. } => {
                self.findings.finish_reason = Some(reason.clone());
                self.choice.finish = Some(reason.clone());
            }
            Event::PromptFeedback(json) => self.on_feedback(json),
            Event::Usage(json) => {
                self.usage.clear();
                self.usage.extend_from_slice(json.as_bytes());
            }
            Event::Error(json) => self.findings.error = Some(json.to_owned()),
        }
    }

    fn on_text(&mut self, text: Text<'_>, sink: &mut impl Sink) {
        if self.plan.json == JsonMode::Instructed {
            self.note_part(0);
            let passes = self.choice.fence.get_or_insert_default().push(&text.decode());
            return self.say_text(&passes, sink);
        }
        let letters = text.letters();
        self.note_part(letters.len());
        self.say_letters(&letters, sink);
        self.text.add(&text.decode());
    }

    fn say_text(&mut self, text: &str, sink: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        let mut quoted = Vec::with_capacity(text.len() + 2);
        write_text(&mut quoted, text);
        self.say_letters(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default(), sink);
        self.text.add(text);
    }

    fn say_letters(&mut self, letters: &[u8], sink: &mut impl Sink) {
        self.choice.said = true;
        self.thinks = false;
        if self.open != Open::Text || self.of_text.is_some() {
            self.close(sink);
            self.begin(&Block::Text, sink);
            self.open = Open::Text;
            self.text = TextName::default();
        }
        sink.delta(self.blocks.saturating_sub(1), &Delta::Text(letters));
    }

    fn on_thought(&mut self, text: Text<'_>, sink: &mut impl Sink) {
        let letters = text.letters();
        self.note_part(letters.len());
        self.thinks = true;
        if self.plan.thoughts != Thoughts::Shown {
            return;
        }
        if self.open != (Open::Thinking { signed: false }) {
            self.close(sink);
            self.begin(&Block::Thinking, sink);
            self.open = Open::Thinking { signed: false };
        }
        sink.delta(self.blocks.saturating_sub(1), &Delta::Thinking(&letters));
    }

    /// The signature of a part that is a thought, a text, or nothing else.
    // wire 75
    fn on_signature(&mut self, signature: String, sink: &mut impl Sink) {
        if self.open == (Open::Thinking { signed: false }) && self.thinks {
            sink.delta(self.blocks.saturating_sub(1), &Delta::Signature(&signature));
            self.open = Open::Thinking { signed: true };
            return;
        }
        if self.of_text.as_ref() == Some(&signature) {
            return;
        }
        if self.of_text.is_some() {
            self.close(sink);
        }
        self.of_text = Some(signature);
    }

    fn on_call(&mut self, call: &Call<'_>, signature: Option<Text<'_>>, sink: &mut impl Sink) {
        self.note_part(0);
        for whole in self.choice.on_call(call, signature) {
            self.say_call(&whole, sink);
        }
    }

    fn say_call(&mut self, call: &WholeCall, sink: &mut impl Sink) {
        self.said_bytes += call.arguments.len() as u64;
        if self.choice.calls > 0 && self.plan.single_call {
            return;
        }
        self.choice.said = true;
        match &call.signature {
            Some(signature) if self.plan.thoughts != Thoughts::Hidden => {
                if self.open == (Open::Thinking { signed: false }) {
                    sink.delta(self.blocks.saturating_sub(1), &Delta::Signature(signature));
                    self.close(sink);
                } else {
                    self.close(sink);
                    self.sign(signature, sink);
                }
            }
            Some(_) | None => self.close(sink),
        }
        let place = usize::try_from(self.choice.calls).unwrap_or_default();
        let id = super::decode::tool_use_id(&id_of(&self.id, place, call, &self.plan));
        let tool = self.plan.tools.find_sent(&call.name);
        let name = tool.map_or(call.name.as_str(), |tool| &tool.name);
        let input = match tool {
            Some(tool) => tool.restore_arguments(&call.arguments),
            None => call.arguments.as_str().into(),
        };
        let index = self.blocks;
        sink.open(index, &Block::Call(CallBlock { kind: "tool_use", id: &id, name, signature: None }));
        sink.delta(index, &Delta::Input(&input));
        sink.close(index);
        self.blocks += 1;
        let place = Some(self.choice.calls);
        self.choice.calls += 1;
        self.thinks = false;
        if let Some(signature) = &call.signature {
            self.signatures.push(CallSignature { call_id: id, place, signature: signature.clone() });
        }
    }

    fn on_media(&mut self, media: &Media<'_>, signature: Option<Text<'_>>, sink: &mut impl Sink) {
        self.note_part(0);
        let mut members = std::mem::take(&mut self.scratch);
        let is_image = media.mime_type.decode().to_ascii_lowercase().starts_with("image/");
        members.extend_from_slice(if is_image { br#""type":"image""# } else { br#""type":"document""# });
        members.extend_from_slice(br#","source":{"type":"base64","media_type":""#);
        members.extend_from_slice(&media.mime_type.letters());
        members.extend_from_slice(b"\",\"data\":\"");
        members.extend_from_slice(&media.data.letters());
        members.extend_from_slice(b"\"}");
        if let Some(signature) = signature {
            write_signature(&mut members, &signature.decode());
        }
        self.whole(&members, sink);
        self.keep(members);
    }

    fn on_native(&mut self, part: &[u8], sink: &mut impl Sink) {
        self.note_part(0);
        match Native::read(part) {
            Native::Code { id, code, signature } => {
                let own = self.server_id(id);
                let mut input = Vec::new();
                let mut object = ObjectWriter::open(&mut input);
                object.text("code", &code);
                object.close();
                let input = String::from_utf8(input).unwrap_or_default();
                self.whole_call("code_execution", &own, &input, signature.as_deref(), sink);
                self.code = Some(own);
            }
            Native::Result { id, outcome, output, signature } => {
                let own = self.code.take().unwrap_or_else(|| self.server_id(id));
                let mut members = std::mem::take(&mut self.scratch);
                native::write_result(&mut members, &own, outcome, &output);
                if let Some(signature) = signature {
                    write_signature(&mut members, &signature);
                }
                self.whole(&members, sink);
                self.keep(members);
            }
            Native::Other => {
                let mut members = std::mem::take(&mut self.scratch);
                native::write_opaque(&mut members, part);
                self.whole(&members, sink);
                self.keep(members);
            }
        }
    }

    fn on_feedback(&mut self, json: &str) {
        let Ok(feedback) = crate::json::parse(json.as_bytes()) else { return };
        if let Some(reason) = feedback.find("blockReason") {
            self.findings.block_reason = BlockReason::read(reason.raw().as_bytes());
        }
        if feedback.members().is_some_and(|members| !members.is_empty()) {
            self.prompt_feedback = Some(json.to_owned());
        }
    }

    /// The id of a call of Google's own tools.
    fn server_id(&mut self, gemini_id: Option<String>) -> String {
        let call = WholeCall { gemini_id, ..WholeCall::default() };
        self.server_calls += 1;
        // Beside the calls of functions, which are counted from zero.
        let id = id_of(&self.id, 1000 + self.server_calls, &call, &self.plan);
        format!("srv{}", super::decode::tool_use_id(&id))
    }

    fn whole_call(&mut self, name: &str, id: &str, input: &str, signature: Option<&str>, sink: &mut impl Sink) {
        self.close(sink);
        self.choice.said = true;
        let index = self.blocks;
        sink.open(index, &Block::Call(CallBlock { kind: "server_tool_use", id, name, signature }));
        sink.delta(index, &Delta::Input(input));
        sink.close(index);
        self.blocks += 1;
        self.thinks = false;
    }

    /// A block that comes in one piece.
    fn whole(&mut self, members: &[u8], sink: &mut impl Sink) {
        self.close(sink);
        self.choice.said = true;
        self.thinks = false;
        let index = self.begin(&Block::Whole(members), sink);
        sink.close(index);
    }

    /// A block that holds nothing but a signature.
    fn sign(&mut self, signature: &str, sink: &mut impl Sink) {
        let index = self.begin(&Block::Thinking, sink);
        sink.delta(index, &Delta::Signature(signature));
        sink.close(index);
    }

    fn begin(&mut self, block: &Block<'_>, sink: &mut impl Sink) -> u32 {
        let index = self.blocks;
        self.blocks += 1;
        sink.open(index, block);
        index
    }

    /// Ends the open block, and puts the signature of a text behind it.
    fn close(&mut self, sink: &mut impl Sink) {
        if self.open != Open::Nothing {
            sink.close(self.blocks.saturating_sub(1));
            self.open = Open::Nothing;
        }
        if let Some(signature) = self.of_text.take() {
            match self.plan.thoughts {
                Thoughts::Hidden => self.kept = Some(signature),
                Thoughts::Signed | Thoughts::Shown => self.sign(&signature, sink),
            }
        }
    }

    /// The signature of the text that ends the message gets no block: clients take the last block for the answer, and would
    /// show nothing. It is kept under the name of the text, and told beside the message.
    fn keep_last_signature(&mut self) {
        let Some(signature) = self.of_text.take() else { return };
        if self.open == Open::Text {
            let call_id = self.text.id();
            self.signatures.push(CallSignature { call_id, place: None, signature: signature.clone() });
        }
        self.kept = Some(signature);
    }

    fn note_part(&mut self, bytes: usize) {
        self.findings.parts += 1;
        self.findings.content = true;
        self.said_bytes += bytes as u64;
    }

    fn keep(&mut self, mut scratch: Vec<u8>) {
        scratch.clear();
        self.scratch = if scratch.capacity() > LARGE { Vec::new() } else { scratch };
    }
}

/// Whose event it is.
fn candidate_of(event: &Event<'_>) -> Option<u32> {
    match *event {
        Event::Candidate(candidate)
        | Event::Text { candidate, .. }
        | Event::Thought { candidate, .. }
        | Event::Call { candidate, .. }
        | Event::Media { candidate, .. }
        | Event::Signature { candidate, .. }
        | Event::Native { candidate, .. }
        | Event::Logprobs { candidate, .. }
        | Event::Fact { candidate, .. }
        | Event::Finish { candidate, .. } => Some(candidate),
        Event::Model(_) | Event::ResponseId(_) | Event::PromptFeedback(_) | Event::Usage(_) | Event::Error(_) => None,
    }
}
