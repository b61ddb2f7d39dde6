//! The model's turn while its items arrive.
//!
//! An item says one thing, a turn many, and a reasoning item speaks of its neighbours: of calls that follow it, of the text
//! before it, of code whose parts it has to the letter. So the parts of a turn are collected until somebody else speaks.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::call::{DecodeError, Feature, Problem};
use crate::json::{self, Node, ObjectWriter, Path, write_text};
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::calling::upstream_id;
use crate::openai::chat::decode::content::want;
use crate::openai::chat::decode::part::{Call, Part, Text};
use crate::openai::chat::decode::signature::NO_SIGNATURE;
use crate::openai::chat::decode::turns::{Builder, Conversation, ResultOf, Slot, ToolResult};
use crate::openai::chat::ids;
use crate::openai::responses::sealed::Sealed;

use super::optional_text;

/// A conversation whose last turn is still open.
#[derive(Debug, Default)]
pub(super) struct Turns<'n> {
    builder: Builder<'n>,
    begun: bool,
    parts: Vec<Piece<'n>>,
    slots: Vec<Slot<'n>>,
    /// Signatures of calls to come, by id.
    signatures: HashMap<String, String>,
}

#[derive(Debug)]
struct Piece<'n> {
    /// The item that it is of, for those that may be replaced.
    item: Option<Cow<'n, str>>,
    part: Part<'n>,
}

// === impl Turns ===

impl<'n> Turns<'n> {
    /// Whether anybody has said anything.
    pub(super) fn is_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn system(&mut self, parts: Vec<Part<'n>>) {
        self.builder.system(parts);
    }

    pub(super) fn user(&mut self, work: &Work<'_>, parts: Vec<Part<'n>>) {
        self.flush(work);
        self.begun = true;
        self.builder.user(parts);
    }

    pub(super) fn model(&mut self, parts: Vec<Part<'n>>) {
        self.begun = true;
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        self.parts.extend(parts.map(|part| Piece { item: None, part }));
    }

    /// A call of the tool that the client calls `name`, with the JSON object `arguments`.
    pub(super) fn call(
        &mut self,
        work: &mut Work<'_>,
        item: &'n Node<'n>,
        path: &Path<'_>,
        name: Cow<'n, str>,
        arguments: Cow<'n, str>,
    ) -> Result<(), DecodeError> {
        self.begun = true;
        let id = optional_text(item, "call_id", path)?;
        // What OpenAI has made without a `call_id` is answered by its `id`.
        let id = id.or(optional_text(item, "id", path)?).unwrap_or(Cow::Borrowed(""));
        let carried = ids::decode(&id);
        let place = work.place_of_call();
        let signature = self.signatures.get(&*id).cloned();
        let signature = signature
            .or_else(|| carried.as_ref()?.signature.clone())
            .or_else(|| work.kept_signature(&id, place))
            .map(Cow::Owned);
        let own_id = if work.refused.contains(Feature::CallIds) { None } else { upstream_id(&id, carried) };
        let name = work.sent_name(name);
        self.slots.push(Slot::new(id, own_id.clone(), name.clone(), path.to_string()));
        let part = Part::Call(Call { id: own_id, name, arguments, signature });
        self.parts.push(Piece { item: None, part });
        Ok(())
    }

    /// The result of a call.
    pub(super) fn result(
        &mut self,
        work: &mut Work<'_>,
        item: &'n Node<'n>,
        path: &Path<'_>,
        result: ToolResult<'n>,
    ) -> Result<(), DecodeError> {
        self.flush(work);
        self.begun = true;
        // `local_shell_call_output` of older clients has its call's id in `id`.
        let id = optional_text(item, "call_id", path)?.or(optional_text(item, "id", path)?);
        let Some(id) = id else {
            return Err(DecodeError::new(Problem::Missing, path.key("call_id").to_string(), "is needed"));
        };
        let Err(result) = self.builder.result(ResultOf::Id(&id), result) else { return Ok(()) };
        // wire 63: the id itself may know the name.
        let name = optional_text(item, "name", path)?.map(Cow::into_owned).or_else(|| ids::decode(&id)?.name);
        let Some(name) = name else {
            let shown: String = id.chars().take(60).collect();
            let message = format!("no item before it is a call with the id {shown:?}");
            return Err(DecodeError::new(Problem::Invalid, path.key("call_id").to_string(), message));
        };
        work.orphan(&name, result, &path.key("call_id"), &mut self.builder);
        Ok(())
    }

    /// What a reasoning item carries. Its summary is not read again.
    pub(super) fn reasoning(
        &mut self,
        work: &mut Work<'_>,
        item: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<(), DecodeError> {
        self.begun = true;
        let Some(content) = optional_text(item, "encrypted_content", path)?.filter(|content| !content.is_empty())
        else {
            return Ok(());
        };
        let field = path.key("encrypted_content");
        let Some(sealed) = Sealed::open(&content) else {
            work.warn(&field, "is another provider's, or damaged, and was left out");
            return Ok(());
        };
        for (id, signature) in sealed.calls {
            if let Some(signature) = work.usable_signature(Cow::Owned(signature), &field) {
                self.signatures.insert(id, signature.into_owned());
            }
        }
        let mut parts = Vec::new();
        for part in &sealed.parts {
            let Ok(node) = json::parse(part.as_bytes()) else { continue };
            if let Some(Part::Native(json)) = work.native_part(&node, &field)? {
                parts.push(Part::Native(Cow::Owned(json.into_owned())));
            }
        }
        if !parts.is_empty() {
            let replaced = |piece: &Piece<'_>| {
                piece.item.as_ref().is_some_and(|item| sealed.replaces.iter().any(|id| *id == **item))
            };
            self.parts.retain(|piece| !replaced(piece));
            self.model(parts);
        }
        if let Some(last) = sealed.last.and_then(|last| work.usable_signature(Cow::Owned(last), &field)) {
            self.sign_last(last);
        }
        Ok(())
    }

    /// Puts a signature at the last text or image, else at a text that says nothing.
    // wire 75
    fn sign_last(&mut self, last: Cow<'n, str>) {
        let place = self.parts.iter_mut().rev().find_map(|piece| match &mut piece.part {
            Part::Text { signature, .. } | Part::Medium { signature, .. } => Some(signature),
            Part::Call(_) | Part::Response(_) | Part::Native(_) => None,
        });
        match place {
            Some(place) if place.is_none() => *place = Some(last),
            Some(_) | None => {
                let part = Part::Text { text: Text::Own(Cow::Borrowed("")), signature: Some(last) };
                self.parts.push(Piece { item: None, part });
            }
        }
    }

    /// `code_interpreter_call`: code that the model ran, and what came of it.
    pub(super) fn code(&mut self, item: &'n Node<'n>, path: &Path<'_>) -> Result<(), DecodeError> {
        self.begun = true;
        let id = optional_text(item, "id", path)?;
        let Some(code) = optional_text(item, "code", path)?.filter(|code| !code.is_empty()) else { return Ok(()) };
        let mut out = Vec::from(b"{\"executableCode\":{\"language\":\"PYTHON\",\"code\":");
        write_text(&mut out, &code);
        out.extend_from_slice(b"}}");
        self.add_native(id.clone(), out);

        let status = optional_text(item, "status", path)?;
        let mut output = String::new();
        let list = path.key("outputs");
        for (index, entry) in
            item.find("outputs").map_or(Ok(&[][..]), |outputs| outputs.want_items(&list))?.iter().enumerate()
        {
            let path = list.index(index);
            if let Some(logs) = entry.find("logs") {
                output.push_str(&logs.want_text(&path.key("logs"))?);
            } else {
                want(entry, "type", &path)?;
            }
        }
        let mut out = Vec::from(b"{\"codeExecutionResult\":");
        let mut result = ObjectWriter::open(&mut out);
        result.text("outcome", if status.as_deref() == Some("failed") { "OUTCOME_FAILED" } else { "OUTCOME_OK" });
        result.text("output", &output);
        result.close();
        out.push(b'}');
        self.add_native(id, out);
        Ok(())
    }

    fn add_native(&mut self, item: Option<Cow<'n, str>>, json: Vec<u8>) {
        let part = Part::Native(Cow::Owned(String::from_utf8(json).unwrap_or_default()));
        self.parts.push(Piece { item, part });
    }

    /// The model has ended its turn.
    fn flush(&mut self, work: &Work<'_>) {
        if self.parts.is_empty() {
            return;
        }
        let mut parts: Vec<Part<'n>> = self.parts.drain(..).map(|piece| piece.part).collect();
        // wire 76, 78: only the first call of a step has to carry one.
        let first = parts.iter_mut().find_map(|part| if let Part::Call(call) = part { Some(call) } else { None });
        if let Some(first) = first
            && first.signature.is_none()
            && work.family.signatures
        {
            first.signature = Some(Cow::Borrowed(NO_SIGNATURE));
        }
        self.builder.model(parts, std::mem::take(&mut self.slots));
    }

    /// The conversation, repaired.
    pub(super) fn finish(mut self, work: &mut Work<'_>) -> Result<Conversation<'n>, DecodeError> {
        self.flush(work);
        self.builder.finish(work)
    }
}
