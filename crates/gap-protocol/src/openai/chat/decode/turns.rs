//! Turns in the order that Gemini accepts.
//!
//! OpenAI lets messages follow each other as they like; Gemini wants a user first, turns that alternate, and behind every
//! turn with calls exactly one turn with all results, in the order of the calls. Histories come trimmed, reordered and
//! spliced from other providers, so they are repaired:
//!
//! - messages of one role in a row become one turn, their parts in order;
//! - results move behind their calls, whatever was said in between; a call without a result gets one that says so;
//! - a history that begins with the model gets a user in front who says nothing (a space, because Google refuses less);
//! - a request of system messages alone becomes what the user says: there has to be a turn, and a system instruction that
//!   answers itself would be said twice.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use crate::call::{DecodeError, Pending, Problem};
use crate::json::ObjectWriter;

use super::Work;
use super::outcome::Outcome;
use super::part::{self, Part, Response, Text};

/// The conversation of a request.
#[derive(Debug, Default)]
pub(crate) struct Conversation<'n> {
    system: Vec<Part<'n>>,
    turns: Vec<Turn<'n>>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    User,
    Model,
}

#[derive(Debug)]
struct Turn<'n> {
    role: Role,
    parts: Vec<Part<'n>>,
    /// The calls of a model's turn, and where their results go.
    slots: Vec<Slot<'n>>,
}

/// A call that waits for its result.
#[derive(Debug)]
pub(crate) struct Slot<'n> {
    /// The id in the client's words.
    pub(crate) call_id: Cow<'n, str>,
    /// The id in Google's words.
    pub(crate) id: Option<Cow<'n, str>>,
    pub(crate) name: Cow<'n, str>,
    /// The path of the call, for warnings.
    pub(crate) field: String,
    result: Option<ToolResult<'n>>,
}

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct ToolResult<'n> {
    pub(crate) outcome: Outcome<'n>,
    pub(crate) media: Vec<Part<'n>>,
}

/// How a result names its call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResultOf<'r> {
    /// By the id of the call.
    Id(&'r str),
    /// By the name of the function, in the form before there were ids.
    Name(&'r str),
}

/// The conversation while its messages arrive.
#[derive(Debug, Default)]
pub(crate) struct Builder<'n> {
    conversation: Conversation<'n>,
    /// Whether the model spoke last; system messages in between do not count.
    model_spoke_last: bool,
    by_id: HashMap<Cow<'n, str>, Calls>,
    by_name: HashMap<Cow<'n, str>, Calls>,
}

/// Where the calls with one id or name are. Ids repeat in histories of clients that count from zero in each turn, so the
/// latest open one is meant; within a turn, those that have no ids at all are answered in their order.
#[derive(Debug, Default)]
struct Calls {
    /// Turn by turn, those that have no result yet.
    open: Vec<(usize, VecDeque<usize>)>,
    /// The one that was answered last; a second result replaces the first.
    answered: Option<(usize, usize)>,
}

// === impl Calls ===

impl Calls {
    fn add(&mut self, turn: usize, slot: usize) {
        match self.open.last_mut() {
            Some((last, slots)) if *last == turn => slots.push_back(slot),
            _ => self.open.push((turn, VecDeque::from([slot]))),
        }
    }

    /// The call that the next result belongs to.
    fn latest(&mut self) -> Option<(usize, usize)> {
        if let Some((turn, slots)) = self.open.last_mut() {
            let turn = *turn;
            if let Some(slot) = slots.pop_front() {
                self.answered = Some((turn, slot));
            }
            if slots.is_empty() {
                self.open.pop();
            }
        }
        self.answered
    }
}

// === impl Builder ===

impl<'n> Builder<'n> {
    pub(crate) fn system(&mut self, parts: Vec<Part<'n>>) {
        self.conversation.system.extend(parts.into_iter().filter(|part| !part.is_empty()));
    }

    pub(crate) fn user(&mut self, parts: Vec<Part<'n>>) {
        self.model_spoke_last = false;
        let parts: Vec<Part<'n>> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            self.conversation.turns.push(Turn { role: Role::User, parts, slots: Vec::new() });
        }
    }

    pub(crate) fn model(&mut self, parts: Vec<Part<'n>>, slots: Vec<Slot<'n>>) {
        // Clients write each of several calls as a message of its own.
        let goes_on =
            self.model_spoke_last && self.conversation.turns.last().is_some_and(|turn| turn.role == Role::Model);
        if !goes_on {
            self.conversation.turns.push(Turn { role: Role::Model, parts: Vec::new(), slots: Vec::new() });
        }
        self.model_spoke_last = true;
        let at = self.conversation.turns.len() - 1;
        let Some(turn) = self.conversation.turns.last_mut() else { return };
        for slot in slots {
            for (index, key) in [(&mut self.by_id, &slot.call_id), (&mut self.by_name, &slot.name)] {
                index.entry(key.clone()).or_default().add(at, turn.slots.len());
            }
            turn.slots.push(slot);
        }
        turn.parts.extend(parts.into_iter().filter(|part| !part.is_empty()));
    }

    /// Puts a result behind its call; gives it back if there is no such call.
    pub(crate) fn result(&mut self, of: ResultOf<'_>, result: ToolResult<'n>) -> Result<(), ToolResult<'n>> {
        self.model_spoke_last = false;
        let calls = match of {
            ResultOf::Id(id) => self.by_id.get_mut(id),
            ResultOf::Name(name) => self.by_name.get_mut(name),
        };
        let turns = &mut self.conversation.turns;
        let Some(slot) =
            calls.and_then(Calls::latest).and_then(|(turn, slot)| turns.get_mut(turn)?.slots.get_mut(slot))
        else {
            return Err(result);
        };
        slot.result = Some(result);
        Ok(())
    }

    /// The conversation, repaired.
    pub(crate) fn finish(self, work: &mut Work<'_>) -> Result<Conversation<'n>, DecodeError> {
        let Self { conversation: Conversation { mut system, turns: given }, .. } = self;
        let mut turns: Vec<Turn<'n>> = Vec::with_capacity(given.len() * 2);
        let mut add = |role: Role, parts: Vec<Part<'n>>| match turns.last_mut() {
            Some(last) if last.role == role => last.parts.extend(parts),
            _ => turns.push(Turn { role, parts, slots: Vec::new() }),
        };
        for Turn { role, parts, slots } in given {
            if parts.is_empty() {
                continue;
            }
            add(role, parts);
            if !slots.is_empty() {
                add(Role::User, results(slots, work));
            }
        }
        if turns.is_empty() {
            if system.is_empty() {
                // wire 45
                let message = "there is nothing to answer: no message has any content";
                return Err(DecodeError::new(Problem::Invalid, "messages", message));
            }
            // wire 41
            let parts = std::mem::take(&mut system);
            turns.push(Turn { role: Role::User, parts, slots: Vec::new() });
        }
        if turns.first().is_some_and(|turn| turn.role == Role::Model) {
            // wire 42
            let parts = vec![Part::text(Text::Own(Cow::Borrowed(" ")))];
            turns.insert(0, Turn { role: Role::User, parts, slots: Vec::new() });
        }
        Ok(Conversation { system, turns })
    }
}

/// The turn behind a turn with calls.
// wire 65: as many as calls, in their order.
fn results<'n>(slots: Vec<Slot<'n>>, work: &mut Work<'_>) -> Vec<Part<'n>> {
    let (mut parts, mut after) = (Vec::with_capacity(slots.len()), Vec::new());
    for Slot { id, name, field, result, .. } in slots {
        let ToolResult { outcome, media } = result.unwrap_or_else(|| {
            work.warnings.add(field, "has no result; the model is told that there is none");
            ToolResult { outcome: Outcome::Missing("no result was given for this call"), media: Vec::new() }
        });
        // wire 74; inside a response there is room for bytes alone.
        let takes_media = work.takes_media_in_results();
        let (inside, mut behind): (Vec<_>, Vec<_>) =
            media.into_iter().partition(|part| takes_media && part.is_inline());
        let media = inside.into_iter().map(Part::bare).collect();
        after.append(&mut behind);
        parts.push(Part::Response(Response { id, name, outcome, media }));
    }
    parts.append(&mut after);
    parts
}

impl<'n> Slot<'n> {
    pub(crate) fn new(call_id: Cow<'n, str>, id: Option<Cow<'n, str>>, name: Cow<'n, str>, field: String) -> Self {
        Self { call_id, id, name, field, result: None }
    }
}

// === impl Conversation ===

impl Conversation<'_> {
    pub(crate) fn has_system(&self) -> bool {
        !self.system.is_empty()
    }

    /// Says something more to the model, behind what the client's system messages say.
    pub(crate) fn instruct(&mut self, text: String) {
        self.system.push(Part::text(Text::Own(Cow::Owned(text))));
    }

    /// Moves the system messages in front of what the user says first, for models that know none.
    pub(crate) fn system_into_first_turn(&mut self) {
        if let Some(first) = self.turns.first_mut() {
            let mut parts = std::mem::take(&mut self.system);
            parts.append(&mut first.parts);
            first.parts = parts;
        }
    }

    /// Whether the model's own words stand last.
    pub(crate) fn ends_with_model(&self) -> bool {
        self.turns.last().is_some_and(|turn| turn.role == Role::Model)
    }

    pub(crate) fn write(&self, writer: &mut ObjectWriter<'_>, pending: &mut Vec<Pending>) {
        if !self.system.is_empty() {
            let mut object = ObjectWriter::open(writer.key("systemInstruction"));
            part::write_all(&self.system, object.key("parts"), pending);
            object.close();
        }
        let out = writer.key("contents");
        out.push(b'[');
        for (index, turn) in self.turns.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let mut object = ObjectWriter::open(out);
            // wire 39
            object.text("role", if turn.role == Role::User { "user" } else { "model" });
            part::write_all(&turn.parts, object.key("parts"), pending);
            object.close();
        }
        out.push(b']');
    }
}
