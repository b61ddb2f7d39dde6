//! One answer on its way: what each event of it means for the client.

use std::borrow::Cow;

use crate::call::{CallForm, JsonMode, ReplyPlan};
use crate::json::{ObjectWriter, write_text};
use crate::meter::{BlockReason, Findings, FinishReason, Usage};
use crate::reply::{self, Call, Event, Media, Text, compact};

use super::calls::{WholeCall, id_of};
use super::choice::Choice;
use super::encode::{CallSignature, Delta, EncodeError, End, Outcome, Sink};
use super::finish::Class;
use super::media::Kind;
use super::{usage, write_letters};

/// More choices than anybody can ask for.
pub(crate) const MAX_CHOICES: u32 = 128;
/// A guess for text whose tokens nobody has counted.
const BYTES_PER_TOKEN: u64 = 4;

/// Follows one answer.
#[derive(Debug)]
pub(crate) struct Answer {
    plan: ReplyPlan,
    id: String,
    choices: Vec<Choice>,
    calls: usize,
    findings: Findings,
    prompt_feedback: Option<String>,
    usage: Vec<u8>,
    /// Choices of answers before this one, which are put together with it.
    before: u32,
    /// What those have cost.
    spent: Option<Usage>,
    said_bytes: u64,
    estimated_prompt: u64,
    signatures: Vec<CallSignature>,
    scratch: Vec<u8>,
}

// === impl Answer ===

impl Answer {
    pub(crate) fn new(plan: ReplyPlan, id: String) -> Self {
        Self {
            plan,
            id,
            choices: Vec::new(),
            calls: 0,
            findings: Findings::default(),
            prompt_feedback: None,
            usage: Vec::new(),
            before: 0,
            spent: None,
            said_bytes: 0,
            estimated_prompt: 0,
            signatures: Vec::new(),
            scratch: Vec::new(),
        }
    }

    pub(crate) fn plan(&self) -> &ReplyPlan {
        &self.plan
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// It is one of several answers to the same request: its choice is this one.
    pub(crate) fn stand_at(&mut self, place: u32) {
        // The ids of calls begin with the answer's, and no two may be the same.
        self.id = format!("{}c{place}", self.id);
        self.before = place;
    }

    pub(crate) fn estimate_prompt(&mut self, tokens: u64) {
        self.estimated_prompt = tokens;
    }

    /// Follows a chunk.
    pub(crate) fn take(&mut self, chunk: &[u8], sink: &mut impl Sink) -> Result<(), EncodeError> {
        reply::read(chunk, |event| self.on(&event, sink))?;
        match &self.findings.error {
            Some(error) => Err(EncodeError::Upstream(error.clone())),
            None => Ok(()),
        }
    }

    /// What follows is another answer to the same request: its choices come after those so far, its tokens are added.
    pub(crate) fn another(&mut self) {
        self.settle_copy();
        self.usage.clear();
        self.before = u32::try_from(self.choices.len()).unwrap_or(MAX_CHOICES);
    }

    /// Every answer has a choice, even one that says nothing, and its tokens count.
    fn settle_copy(&mut self) {
        if self.choices.len() <= self.before as usize {
            self.choice(0);
        }
        if let Some(usage) = Usage::read(&self.usage) {
            *self.spent.get_or_insert_default() += &usage;
        }
    }

    /// Ends every choice. `whole` says that nothing can be missing, so that a candidate without a reason has ended too.
    pub(crate) fn end(&mut self, whole: bool, sink: &mut impl Sink) -> Result<(), EncodeError> {
        let blocked = self.findings.block_reason.is_some();
        if self.choices.is_empty() {
            if !blocked {
                return Err(EncodeError::Nothing);
            }
            self.choice(0);
        }
        if self.before > 0 {
            self.settle_copy();
            self.before = 0;
        }
        let is_open = |choice: &Choice| choice.finish.is_none();
        if !whole && !blocked && self.choices.iter().any(is_open) {
            return Err(EncodeError::Truncated);
        }
        for place in 0..self.choices.len() {
            self.end_choice(place, sink);
        }
        // Events repeat it, so that only the last one is read; from here on it is asked for twice.
        self.findings.usage = self.spent.take().or_else(|| Usage::read(&self.usage));
        Ok(())
    }

    /// What has become of it.
    pub(crate) fn outcome(&self) -> Outcome {
        let said = self.choices.iter().any(|choice| choice.said);
        let class = |choice: &Choice| choice.finish.as_ref().map(|reason| Class::of(reason.as_str()));
        if !said && self.findings.block_reason.is_some() {
            return Outcome::Blocked;
        }
        if self.choices.is_empty() || self.choices.iter().any(|choice| choice.finish.is_none()) {
            return Outcome::Unfinished;
        }
        if self.choices.iter().any(|choice| choice.calls == 0 && class(choice) == Some(Class::BrokenCall)) {
            return Outcome::BrokenCall;
        }
        let hopeless = |choice: &Choice| class(choice).is_some_and(|class| !class.is_worth_another_try());
        if said || self.choices.iter().any(hopeless) { Outcome::Complete } else { Outcome::Empty }
    }

    /// Whether it says nothing, and does not say why.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// What a meter would have found in the same answer.
    pub(crate) fn findings(&self) -> Findings {
        let mut findings = self.findings.clone();
        findings.usage = findings.usage.or_else(|| Usage::read(&self.usage));
        findings
    }

    pub(crate) fn take_signatures(&mut self) -> Vec<CallSignature> {
        std::mem::take(&mut self.signatures)
    }

    /// Writes the value of `usage`: Google's, or a guess.
    pub(crate) fn write_usage(&self, out: &mut Vec<u8>) {
        let (usage, is_guess) = self.usage();
        usage::write(out, &usage, is_guess);
    }

    /// What it cost: as Google says, or else a guess.
    pub(crate) fn usage(&self) -> (Cow<'_, Usage>, bool) {
        let read = || Usage::read(&self.usage).map(Cow::Owned);
        if let Some(usage) = self.findings.usage.as_ref().map(Cow::Borrowed).or_else(read) {
            return (usage, false);
        }
        let candidates = self.said_bytes.div_ceil(BYTES_PER_TOKEN);
        (Cow::Owned(Usage { prompt: self.estimated_prompt, candidates, ..Usage::default() }), true)
    }

    /// Writes what is to be known of the whole answer: `,"service_tier":…,"extra_content":…`.
    pub(crate) fn write_rest(&self, out: &mut Vec<u8>) {
        if let Some(tier) = usage::service_tier(&self.usage) {
            out.extend_from_slice(b",\"service_tier\":");
            write_text(out, tier);
        }
        if self.findings.response_id.is_none() && self.prompt_feedback.is_none() {
            return;
        }
        out.extend_from_slice(b",\"extra_content\":{\"google\":");
        let mut google = ObjectWriter::open(out);
        if let Some(id) = &self.findings.response_id {
            google.text("response_id", id);
        }
        if let Some(feedback) = &self.prompt_feedback {
            compact(google.key("prompt_feedback"), feedback);
        }
        google.close();
        out.push(b'}');
    }

    fn on(&mut self, event: &Event<'_>, sink: &mut impl Sink) {
        match *event {
            Event::Model(version) => {
                let known = self.findings.model_version.as_deref();
                if known.is_none_or(|known| known.as_bytes() != &*version.letters()) {
                    self.findings.model_version = Some(version.decode().into_owned());
                    sink.model(version);
                }
            }
            Event::ResponseId(id) => {
                if self.findings.response_id.is_none() {
                    self.findings.response_id = Some(id.decode().into_owned());
                }
            }
            Event::Candidate(candidate) => {
                self.findings.candidates += 1;
                self.choice(candidate);
            }
            Event::Text { candidate, text } => self.on_text(candidate, text, sink),
            Event::Thought { candidate, text } => {
                self.note_part(text.letters().len());
                if let Some(choice) = self.choice(candidate) {
                    choice.say(&Delta::Reasoning(&text.letters()), sink);
                }
            }
            Event::Call { candidate, ref call, signature } => self.on_call(candidate, call, signature, sink),
            Event::Media { candidate, ref media, signature } => self.on_media(candidate, media, signature, sink),
            Event::Signature { candidate, signature } => {
                if let Some(choice) = self.choice(candidate) {
                    choice.sign(signature);
                }
            }
            Event::Native { candidate, part } => {
                self.note_part(0);
                if let Some(choice) = self.choice(candidate) {
                    choice.add_native(|out| part.write(out));
                }
            }
            Event::Logprobs { candidate, json } => {
                let mut scratch = std::mem::take(&mut self.scratch);
                super::logprobs::write(&mut scratch, json);
                if !scratch.is_empty()
                    && let Some(choice) = self.choice(candidate)
                {
                    choice.begin(false, sink);
                    sink.delta(choice.index, &Delta::Logprobs(&scratch));
                }
                self.keep(scratch);
            }
            Event::Fact { candidate, name, json } => {
                if let Some(choice) = self.choice(candidate) {
                    choice.learn(name, json);
                }
            }
            Event::Finish { candidate, ref reason } => {
                self.findings.finish_reason = Some(reason.clone());
                if let Some(choice) = self.choice(candidate) {
                    choice.finish = Some(reason.clone());
                }
            }
            Event::PromptFeedback(json) => self.on_feedback(json),
            Event::Usage(json) => {
                self.findings.usage = None;
                self.usage.clear();
                self.usage.extend_from_slice(json.as_bytes());
            }
            Event::Error(json) => self.findings.error = Some(json.to_owned()),
        }
    }

    fn on_text(&mut self, candidate: u32, text: Text<'_>, sink: &mut impl Sink) {
        let letters = text.letters();
        self.note_part(letters.len());
        let json = self.plan.json;
        let Some(choice) = self.choice(candidate) else { return };
        choice.offsets.push(text);
        if json == JsonMode::Instructed {
            let passes = choice.fence.get_or_insert_default().push(&text.decode());
            return choice.say_text(&passes, sink);
        }
        choice.say(&Delta::Content(&letters), sink);
    }

    fn on_call(&mut self, candidate: u32, call: &Call<'_>, signature: Option<Text<'_>>, sink: &mut impl Sink) {
        self.note_part(0);
        let Some(choice) = self.choice(candidate) else { return };
        for whole in choice.on_call(call, signature) {
            self.say_call(candidate, &whole, sink);
        }
    }

    fn say_call(&mut self, candidate: u32, call: &WholeCall, sink: &mut impl Sink) {
        let (plan, mut scratch) = (std::mem::take(&mut self.plan), std::mem::take(&mut self.scratch));
        let id = id_of(&self.id, self.calls, call, &plan);
        self.said_bytes += call.arguments.len() as u64;
        if let Some(choice) = self.choice(candidate)
            && (choice.calls == 0 || !(plan.single_call || plan.call_form == CallForm::Function))
        {
            choice.begin(true, sink);
            choice.said = true;
            match plan.call_form {
                CallForm::Function => {
                    // There is no place for it but the message.
                    if call.signature.is_some() {
                        choice.signature.clone_from(&call.signature);
                    }
                    call.write_function(&mut scratch, &plan);
                    sink.delta(choice.index, &Delta::FunctionCall(&scratch));
                }
                CallForm::Tools => {
                    call.write(&mut scratch, &id, &plan);
                    sink.delta(choice.index, &Delta::ToolCall(choice.calls, &scratch));
                }
            }
            let place = (plan.candidates <= 1).then_some(choice.calls);
            choice.calls += 1;
            self.calls += 1;
            if let Some(signature) = &call.signature {
                self.signatures.push(CallSignature { call_id: id, place, signature: signature.clone() });
            }
        }
        self.plan = plan;
        self.keep(scratch);
    }

    fn on_media(&mut self, candidate: u32, media: &Media<'_>, signature: Option<Text<'_>>, sink: &mut impl Sink) {
        self.note_part(0);
        let Some(choice) = self.choice(candidate) else { return };
        match Kind::of(&media.mime_type.decode()) {
            Kind::Image => {
                let place = choice.images;
                choice.images += 1;
                choice.say(&Delta::Image(place, media, signature), sink);
            }
            Kind::Audio => {
                choice.say(&Delta::Audio(media), sink);
                if let Some(signature) = signature {
                    choice.sign(signature);
                }
            }
            Kind::Other => choice.add_native(|out| {
                let mut part = ObjectWriter::open(out);
                let mut inline = ObjectWriter::open(part.key("inlineData"));
                write_letters(inline.key("mimeType"), media.mime_type);
                write_letters(inline.key("data"), media.data);
                inline.close();
                if let Some(signature) = signature {
                    write_letters(part.key("thoughtSignature"), signature);
                }
                part.close();
            }),
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

    fn end_choice(&mut self, place: usize, sink: &mut impl Sink) {
        let Some(index) = self.choices.get(place).map(|choice| choice.index) else { return };
        if let Some(pending) = self.choices.get_mut(place).and_then(|choice| choice.pending.take()) {
            self.say_call(index, &pending.finish(), sink);
        }
        let Some(choice) = self.choices.get_mut(place) else { return };
        if let Some(fence) = &mut choice.fence {
            let rest = fence.finish();
            choice.say_text(&rest, sink);
        }
        choice.begin(false, sink);
        let mut scratch = std::mem::take(&mut self.scratch);
        choice.write_extras(&mut scratch);
        if !scratch.is_empty() {
            sink.delta(index, &Delta::Extras(&scratch));
        }
        scratch.clear();
        choice.write_facts(&mut scratch);
        let block = self.findings.block_reason.as_ref().map(BlockReason::as_str);
        let native = choice.finish.as_ref().map(FinishReason::as_str);
        let reason = match (native, block) {
            (Some(native), _) => Class::of(native).word(choice.calls > 0, self.plan.call_form),
            (None, Some(_)) => Class::Filtered.word(false, self.plan.call_form),
            (None, None) => Class::Odd.word(choice.calls > 0, self.plan.call_form),
        };
        sink.end(index, &End { reason, native: native.or(block), facts: &scratch });
        self.keep(scratch);
    }

    /// The choice of a candidate; none if its index is beyond reason.
    fn choice(&mut self, index: u32) -> Option<&mut Choice> {
        let index = index.saturating_add(self.before);
        let place = match self.choices.iter().position(|choice| choice.index == index) {
            Some(place) => place,
            None if index < MAX_CHOICES => {
                self.choices.push(Choice::new(index));
                self.choices.len() - 1
            }
            None => return None,
        };
        self.choices.get_mut(place)
    }

    fn note_part(&mut self, bytes: usize) {
        self.findings.parts += 1;
        self.findings.content = true;
        self.said_bytes += bytes as u64;
    }

    /// Keeps a buffer for the next time, unless it has become large.
    fn keep(&mut self, mut scratch: Vec<u8>) {
        const LARGE: usize = 64 * 1024;
        scratch.clear();
        self.scratch = if scratch.capacity() > LARGE { Vec::new() } else { scratch };
    }
}
