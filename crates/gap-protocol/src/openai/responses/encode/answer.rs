//! One answer on its way: what each event of it means for the response.

use crate::call::{JsonMode, ReplyPlan};
use crate::json::write_text;
use crate::meter::{BlockReason, Findings, FinishReason, Usage};
use crate::openai::chat::annotations::{Annotations, Form};
use crate::openai::chat::calls::{WholeCall, id_of};
use crate::openai::chat::choice::Choice;
use crate::openai::chat::finish::Class;
use crate::openai::chat::{CallSignature, EncodeError, Outcome, ids, logprobs};
use crate::openai::responses::sealed::Sealed;
use crate::reply::{self, Event, Text};

use super::events::Events;
use super::item::{Message, Open, Place, Thoughts};
use super::{Finished, Plan, calls, response};

/// Follows one answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) plan: ReplyPlan,
    pub(super) extra: Plan,
    pub(super) id: String,
    pub(super) created: u64,
    /// The one candidate that counts: no request asks for two.
    pub(super) choice: Choice,
    pub(super) findings: Findings,
    pub(super) prompt_feedback: Option<String>,
    pub(super) usage: Vec<u8>,
    pub(super) said_bytes: u64,
    pub(super) estimated_prompt: u64,
    signatures: Vec<CallSignature>,
    calls: usize,
    begun: bool,
    pub(super) open: Open,
    /// What the next reasoning item carries.
    pub(super) owed: Sealed,
    /// Gemini's own parts that no item has a word for, to be shown: items.
    pub(super) native: Vec<u8>,
    /// Items that are done, separated by commas.
    pub(super) items: Vec<u8>,
    pub(super) count: u64,
    finished: Option<Finished>,
}

// === impl Answer ===

impl Answer {
    pub(super) fn new(plan: ReplyPlan, extra: Plan, id: String, created: u64) -> Self {
        let begun = extra.background;
        Self {
            plan,
            extra,
            id,
            created,
            choice: Choice::new(0),
            findings: Findings::default(),
            prompt_feedback: None,
            usage: Vec::new(),
            said_bytes: 0,
            estimated_prompt: 0,
            signatures: Vec::new(),
            calls: 0,
            begun,
            open: Open::Nothing,
            owed: Sealed::default(),
            native: Vec::new(),
            items: Vec::new(),
            count: 0,
            finished: None,
        }
    }

    /// Follows a chunk.
    pub(super) fn take(&mut self, chunk: &[u8], events: &mut Events<'_>) -> Result<(), EncodeError> {
        reply::read(chunk, |event| self.on(&event, events))?;
        match &self.findings.error {
            Some(error) => Err(EncodeError::Upstream(error.clone())),
            None => Ok(()),
        }
    }

    /// Ends it. `whole` says that nothing can be missing, so that an answer without a reason has ended too.
    pub(super) fn end(&mut self, whole: bool, events: &mut Events<'_>) -> Result<(), EncodeError> {
        let blocked = self.findings.block_reason.is_some();
        if self.findings.candidates == 0 && !blocked {
            return Err(EncodeError::Nothing);
        }
        if !whole && !blocked && self.choice.finish.is_none() {
            return Err(EncodeError::Truncated);
        }
        if let Some(pending) = self.choice.pending.take() {
            self.say_call(&pending.finish(), events);
        }
        if let Some(mut fence) = self.choice.fence.take() {
            let rest = fence.finish();
            self.say_plain(&rest, events);
        }
        self.begin(events);
        let ending = self.ending();
        let mut annotations = Annotations::default();
        if let Open::Message(message) = &self.open {
            annotations = Annotations::new(Form::Flat(message.base));
            self.choice.annotate(&mut annotations);
        }
        self.close_with(ending.item_status(), annotations.json(), events);
        self.pay(events);
        self.say_searches(events);
        self.finished = Some(response::finish(self, &ending, events));
        Ok(())
    }

    /// The response, when it is whole.
    pub(super) fn finished(&self) -> Option<&Finished> {
        self.finished.as_ref()
    }

    /// Whether the client has been told that there is a response.
    pub(super) fn is_begun(&self) -> bool {
        self.begun
    }

    /// What has become of it.
    pub(super) fn outcome(&self) -> Outcome {
        let class = self.choice.finish.as_ref().map(|reason| Class::of(reason.as_str()));
        if !self.choice.said && self.findings.block_reason.is_some() {
            return Outcome::Blocked;
        }
        match class {
            None => Outcome::Unfinished,
            Some(Class::BrokenCall) if self.calls == 0 => Outcome::BrokenCall,
            Some(class) if self.choice.said || !class.is_worth_another_try() => Outcome::Complete,
            Some(_) => Outcome::Empty,
        }
    }

    /// Whether it says nothing, and does not say why.
    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty()
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

    fn on(&mut self, event: &Event<'_>, events: &mut Events<'_>) {
        match *event {
            Event::Model(version) => {
                let known = self.findings.model_version.as_deref();
                if known.is_none_or(|known| known.as_bytes() != &*version.letters()) {
                    self.findings.model_version = Some(version.decode().into_owned());
                }
            }
            Event::ResponseId(id) => {
                if self.findings.response_id.is_none() {
                    self.findings.response_id = Some(id.decode().into_owned());
                }
            }
            Event::Candidate(_) => self.findings.candidates += 1,
            Event::PromptFeedback(json) => self.on_feedback(json),
            Event::Usage(json) => {
                self.usage.clear();
                self.usage.extend_from_slice(json.as_bytes());
            }
            Event::Error(json) => self.findings.error = Some(json.to_owned()),
            Event::Text { candidate: 0, text } => self.on_text(text, events),
            Event::Thought { candidate: 0, text } => {
                self.note_part(text.letters().len());
                self.say_thought(&text.letters(), events);
            }
            Event::Call { candidate: 0, ref call, signature } => {
                self.note_part(0);
                for whole in self.choice.on_call(call, signature) {
                    self.say_call(&whole, events);
                }
            }
            Event::Media { candidate: 0, ref media, signature } => self.on_media(media, signature, events),
            Event::Signature { candidate: 0, signature } => self.owe_last(signature.decode().into_owned()),
            Event::Native { candidate: 0, part } => self.on_native(part, events),
            Event::Logprobs { candidate: 0, json } => {
                if let Open::Message(message) = &mut self.open {
                    logprobs::write(&mut message.logprobs, json);
                }
            }
            Event::Fact { candidate: 0, name, json } => self.choice.learn(name, json),
            Event::Finish { candidate: 0, ref reason } => {
                self.findings.finish_reason = Some(reason.clone());
                self.choice.finish = Some(reason.clone());
            }
            // Nobody has asked for a second candidate.
            Event::Text { .. }
            | Event::Thought { .. }
            | Event::Call { .. }
            | Event::Media { .. }
            | Event::Signature { .. }
            | Event::Native { .. }
            | Event::Logprobs { .. }
            | Event::Fact { .. }
            | Event::Finish { .. } => {}
        }
    }

    fn on_text(&mut self, text: Text<'_>, events: &mut Events<'_>) {
        let letters = text.letters();
        self.note_part(letters.len());
        if self.plan.json == JsonMode::Instructed {
            let passes = self.choice.fence.get_or_insert_default().push(&text.decode());
            self.say_plain(&passes, events);
        } else {
            self.say_text(&letters, events);
        }
        self.choice.offsets.push(text);
    }

    /// Says a text that is not in letters.
    fn say_plain(&mut self, text: &str, events: &mut Events<'_>) {
        let mut quoted = Vec::with_capacity(text.len() + 2);
        write_text(&mut quoted, text);
        self.say_text(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default(), events);
    }

    fn say_text(&mut self, letters: &[u8], events: &mut Events<'_>) {
        if letters.is_empty() {
            return;
        }
        self.choice.said = true;
        if !matches!(self.open, Open::Message(_)) {
            self.make_room(events);
            let place = self.place("msg");
            self.open = Open::Message(Message::begin(place, self.choice.offsets.end(), events));
        }
        if let Open::Message(message) = &mut self.open {
            message.say(letters, events);
        }
    }

    fn say_thought(&mut self, letters: &[u8], events: &mut Events<'_>) {
        if !matches!(self.open, Open::Thoughts(_)) {
            self.close(events);
            self.begin(events);
            let place = self.place("rs");
            self.open = Open::Thoughts(Thoughts::begin(place, events));
        }
        if let Open::Thoughts(thoughts) = &mut self.open {
            thoughts.say(letters, events);
        }
    }

    fn say_call(&mut self, call: &WholeCall, events: &mut Events<'_>) {
        if self.plan.single_call && self.calls > 0 {
            return;
        }
        self.choice.said = true;
        self.said_bytes += call.arguments.len() as u64;
        let id = id_of(&self.id, self.calls, call, &self.plan);
        if let Some(signature) = &call.signature {
            // What the id carries needs no second way.
            if ids::decode(&id).is_none_or(|carried| carried.signature.is_none()) {
                self.owed.calls.push((id.clone(), signature.clone()));
            }
            self.signatures.push(CallSignature {
                call_id: id.clone(),
                place: u32::try_from(self.calls).ok(),
                signature: signature.clone(),
            });
        }
        self.make_room(events);
        self.calls += 1;
        let item = calls::say(self, call, &id, events);
        self.add(&item);
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

    /// How it ended.
    fn ending(&self) -> response::Ending {
        let native = self.choice.finish.as_ref().map(FinishReason::as_str);
        let blocked = self.findings.block_reason.as_ref().map(BlockReason::as_str);
        response::Ending::of(native, blocked, self.choice.said)
    }

    // === Items ===

    /// Tells that there is a response, once.
    pub(super) fn begin(&mut self, events: &mut Events<'_>) {
        if std::mem::replace(&mut self.begun, true) || !events.heard() {
            return;
        }
        let mut object = Vec::new();
        response::write(self, &mut object, &response::Ending::InProgress);
        for kind in ["response.created", "response.in_progress"] {
            events.tell(kind, |event| event.key("response").extend_from_slice(&object));
        }
    }

    /// Ends what is open and pays what is owed, so that an item can begin.
    pub(super) fn make_room(&mut self, events: &mut Events<'_>) {
        self.begin(events);
        self.close(events);
        self.pay(events);
    }

    /// The place of the next item.
    pub(super) fn place(&mut self, prefix: &str) -> Place {
        let unique = self.id.strip_prefix("resp_").unwrap_or(&self.id);
        let place = Place { index: self.count, id: format!("{prefix}_{unique}_{}", self.count) };
        self.count += 1;
        place
    }

    /// Adds an item that is done.
    pub(super) fn add(&mut self, item: &[u8]) {
        if !self.items.is_empty() {
            self.items.push(b',');
        }
        self.items.extend_from_slice(item);
    }

    pub(super) fn close(&mut self, events: &mut Events<'_>) {
        self.close_with("completed", b"", events);
    }

    fn close_with(&mut self, status: &str, annotations: &[u8], events: &mut Events<'_>) {
        let item = match std::mem::take(&mut self.open) {
            Open::Nothing => return,
            Open::Message(message) => message.end(status, annotations, events),
            Open::Thoughts(thoughts) => {
                let owed = std::mem::take(&mut self.owed);
                thoughts.end((!owed.is_empty()).then(|| owed.seal()).as_deref(), events)
            }
            Open::Code(code) => {
                // What is signed has to come back to the letter.
                if code.parts.iter().any(|part| part.contains("\"thoughtSignature\"")) {
                    self.owed.parts.extend(code.parts.iter().cloned());
                    self.owed.replaces.push(code.place.id.clone());
                }
                code.end(events)
            }
        };
        self.add(&item);
    }

    /// Makes a reasoning item of what is owed, if anything is.
    fn pay(&mut self, events: &mut Events<'_>) {
        if self.owed.is_empty() {
            return;
        }
        self.begin(events);
        let place = self.place("rs");
        self.open = Open::Thoughts(Thoughts::begin(place, events));
        self.close(events);
    }

    /// Keeps the signature of the text or image before. One before it is kept as a part of its own.
    // wire 75
    pub(super) fn owe_last(&mut self, signature: String) {
        if let Some(before) = self.owed.last.replace(signature).filter(|before| self.owed.last.as_ref() != Some(before))
        {
            let mut part = Vec::from(b"{\"text\":\"\",\"thoughtSignature\":");
            write_text(&mut part, &before);
            part.push(b'}');
            self.owed.parts.push(String::from_utf8(part).unwrap_or_default());
        }
    }

    pub(super) fn note_part(&mut self, bytes: usize) {
        self.findings.parts += 1;
        self.findings.content = true;
        self.said_bytes += bytes as u64;
    }
}
