//! Messages into turns.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature, Problem};
use crate::json::{Node, Path};
use crate::openai::chat::ids;

use super::Work;
use super::content::want;
use super::part::{Part, Text};
use super::signature::{NO_SIGNATURE, sign};
use super::turns::{Builder, Conversation, ResultOf};

/// What clients send along with a message, from our own answers or for themselves, without a meaning for the model.
const WITHOUT_MEANING: &[&str] = &[
    "role",
    "content",
    "refusal",
    "tool_calls",
    "tool_call_id",
    "function_call",
    "extra_content",
    "provider_specific_fields",
    "thought_signature",
    "images",
    "audio",
    "name",
    "annotations",
    // Earlier thoughts: models do not read them again.
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "thinking_blocks",
];

/// What only the model's own messages have.
const OF_ANSWERS: &[&str] = &["tool_calls", "function_call", "refusal", "images", "audio"];

/// Reads the messages.
pub(crate) fn read<'n>(work: &mut Work<'_>, request: &'n Node<'n>) -> Result<Conversation<'n>, DecodeError> {
    let path = Path::Root.key("messages");
    let messages = want(request, "messages", &Path::Root)?.want_items(&path)?;
    if messages.is_empty() {
        return Err(DecodeError::new(Problem::Invalid, "messages", "must hold at least one message"));
    }
    let mut builder = Builder::default();
    for (index, message) in messages.iter().enumerate() {
        let path = path.index(index);
        message.want_members(&path)?;
        work.note_unread(message, &path);
        let role = want(message, "role", &path)?.want_text(&path.key("role"))?;
        match role.as_ref() {
            // wire 40
            "system" | "developer" => {
                let parts = work.content_of(message, &path)?;
                text_only(&parts, &path)?;
                builder.system(parts);
            }
            "user" => builder.user(work.content_of(message, &path)?),
            "assistant" | "model" => assistant(work, message, &path, &mut builder)?,
            "tool" | "function" => tool(work, message, &path, role == "function", &mut builder)?,
            other => {
                let message = format!("{other:?} is no role; known are system, developer, user, assistant and tool");
                return Err(DecodeError::new(Problem::Invalid, path.key("role").to_string(), message));
            }
        }
    }
    let conversation = builder.finish(work)?;
    // wire 47
    if conversation.ends_with_model() && !work.family.prefill {
        work.warn(&path, format!("end with the assistant's words, which {} may not go on with", work.model));
    }
    Ok(conversation)
}

/// A message of the model: its words, its images, its calls.
fn assistant<'n>(
    work: &mut Work<'_>,
    message: &'n Node<'n>,
    path: &Path<'_>,
    builder: &mut Builder<'n>,
) -> Result<(), DecodeError> {
    let mut parts = work.content_of(message, path)?;
    if let Some(refusal) = message.find("refusal") {
        refusal.want_text(&path.key("refusal"))?;
        parts.push(Part::text(Text::Node(refusal)));
    }
    parts.retain(|part| !part.is_empty());
    if message.find("audio").is_some() {
        work.warn(&path.key("audio"), "is not kept; the model reads what it said from the content alone");
    }
    images(work, message, path, &mut parts)?;
    let native = work.native_parts(message, path)?;

    let mut calls = Vec::new();
    if let Some(list) = message.find("tool_calls") {
        let path = path.key("tool_calls");
        for (index, call) in list.want_items(&path)?.iter().enumerate() {
            calls.push(work.call(call, &path.index(index))?);
        }
    }
    if let Some(call) = message.find("function_call") {
        calls.push(work.function_call(call, &path.key("function_call"))?);
    }

    if let Some(signature) = work.signature_in(message, path)? {
        sign(signature, message.find("function_call").is_some(), &mut parts, &mut calls);
    }
    // wire 76, 78: only the first call of a step has to carry one.
    if let Some((first, _)) = calls.first_mut()
        && first.signature.is_none()
        && work.family.signatures
    {
        first.signature = Some(Cow::Borrowed(NO_SIGNATURE));
    }
    let mut slots = Vec::with_capacity(calls.len());
    for (call, slot) in calls {
        parts.push(Part::Call(call));
        slots.push(slot);
    }
    builder.model(native.into_iter().chain(parts).collect(), slots);
    Ok(())
}

/// Images that the model made earlier, as our answers give them: a model that edits them needs them back.
fn images<'n>(
    work: &mut Work<'_>,
    message: &'n Node<'n>,
    path: &Path<'_>,
    parts: &mut Vec<Part<'n>>,
) -> Result<(), DecodeError> {
    let Some(images) = message.find("images") else { return Ok(()) };
    let path = path.key("images");
    images.want_items(&path)?;
    parts.append(&mut work.content(images, &path)?);
    Ok(())
}

/// A message with the result of a call.
fn tool<'n>(
    work: &mut Work<'_>,
    message: &'n Node<'n>,
    path: &Path<'_>,
    is_legacy: bool,
    builder: &mut Builder<'n>,
) -> Result<(), DecodeError> {
    let result = work.result(message, path)?;
    let text_of = |key: &'static str| message.find(key).map(|node| node.want_text(&path.key(key))).transpose();
    let name = text_of("name")?;
    let (id, field) = match (text_of("tool_call_id")?, &name) {
        (Some(id), name) if !is_legacy && (name.is_none() || !id.is_empty()) => (id, "tool_call_id"),
        (_, Some(name)) => {
            let sent = work.sent_name(Cow::Borrowed(name.as_ref())).into_owned();
            let of = ResultOf::Name(&sent);
            if let Err(result) = builder.result(of, result) {
                work.orphan(name, result, &path.key("name"), builder);
            }
            return Ok(());
        }
        _ => return Err(DecodeError::new(Problem::Missing, path.key("tool_call_id").to_string(), "is needed")),
    };
    let Err(result) = builder.result(ResultOf::Id(&id), result) else { return Ok(()) };
    // wire 63: the id itself may know the name.
    let known = name.map(Cow::into_owned).or_else(|| ids::decode(&id)?.name);
    let Some(name) = known else {
        let message = format!("no assistant message before it has a call with the id {:?}", shorten(&id));
        return Err(DecodeError::new(Problem::Invalid, path.key(field).to_string(), message));
    };
    work.orphan(&name, result, &path.key(field), builder);
    Ok(())
}

// === impl Work ===

impl Work<'_> {
    /// The content of a message, which may be absent.
    pub(crate) fn content_of<'n>(
        &mut self,
        message: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<Vec<Part<'n>>, DecodeError> {
        match message.find("content") {
            Some(content) => self.content(content, &path.key("content")),
            None => Ok(Vec::new()),
        }
    }

    /// Names the fields of a message that are not read.
    fn note_unread(&mut self, message: &Node<'_>, path: &Path<'_>) {
        let role = message.find("role").and_then(Node::text).unwrap_or_default();
        let is_result = role == "tool" || role == "function";
        let is_answer = role == "assistant" || role == "model";
        for member in message.members().unwrap_or_default() {
            let key = member.key.as_ref();
            let is_empty = member.value.is_empty_text() || member.value.items().is_some_and(<[_]>::is_empty);
            if !is_answer && !is_empty && OF_ANSWERS.contains(&key) && !member.value.is_null() {
                self.warn(&path.key(key), format!("is read in messages of the assistant alone, not of {role:?}"));
            }
            if member.value.is_null() || WITHOUT_MEANING.contains(&key) && key != "name" {
                continue;
            }
            // wire 48
            if key != "name" {
                let key: String = key.chars().take(80).collect();
                self.warn(&path.key(&key), "is not known and was not sent on");
            } else if !is_result && !member.value.is_empty_text() {
                self.warn(&path.key(key), "has no equal: Gemini knows one user and one model");
            }
        }
    }

    pub(crate) fn takes_system(&self) -> bool {
        self.family.system && !self.refused.contains(Feature::SystemInstruction)
    }

    pub(crate) fn takes_media_in_results(&self) -> bool {
        self.family.media_in_results && !self.refused.contains(Feature::MediaInToolResults)
    }
}

/// Google's system instruction is text alone.
pub(crate) fn text_only(parts: &[Part<'_>], path: &Path<'_>) -> Result<(), DecodeError> {
    if parts.iter().all(|part| matches!(part, Part::Text { .. })) {
        return Ok(());
    }
    let message = "a system message is text; put media into a user message";
    Err(DecodeError::new(Problem::Unsupported, path.key("content").to_string(), message))
}

fn shorten(id: &str) -> String {
    id.chars().take(60).collect()
}
