//! Messages into turns.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature, Problem};
use crate::json::{self, Kind, Node, Path};
use crate::openai::chat::ids;

use super::Work;
use super::content::{is_part, want};
use super::names::sanitise;
use super::outcome::{Outcome, letters_of};
use super::part::{Call, Part, Text};
use super::signature::{NO_SIGNATURE, sign};
use super::turns::{Builder, Conversation, ResultOf, Slot, ToolResult};

/// The longest foreign id that is passed on.
const MAX_ID: usize = 64;

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
pub(super) fn read<'n>(work: &mut Work<'_>, request: &'n Node<'n>) -> Result<Conversation<'n>, DecodeError> {
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
    fn content_of<'n>(&mut self, message: &'n Node<'n>, path: &Path<'_>) -> Result<Vec<Part<'n>>, DecodeError> {
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

    pub(super) fn takes_system(&self) -> bool {
        self.family.system && !self.refused.contains(Feature::SystemInstruction)
    }

    pub(super) fn takes_media_in_results(&self) -> bool {
        self.family.media_in_results && !self.refused.contains(Feature::MediaInToolResults)
    }

    /// The name of a tool as Google knows it.
    fn sent_name<'n>(&self, name: Cow<'n, str>) -> Cow<'n, str> {
        match self.plan.tools.find(&name) {
            Some(tool) if tool.sent == name => name,
            Some(tool) => Cow::Owned(tool.sent.clone()),
            None => match sanitise(&name) {
                Cow::Borrowed(_) => name,
                Cow::Owned(clean) => Cow::Owned(clean),
            },
        }
    }

    /// An entry of `tool_calls`.
    fn call<'n>(&mut self, call: &'n Node<'n>, path: &Path<'_>) -> Result<(Call<'n>, Slot<'n>), DecodeError> {
        call.want_members(path)?;
        let id = match call.find("id") {
            Some(id) => id.want_text(&path.key("id"))?,
            None => Cow::Borrowed(""),
        };
        let carried = ids::decode(&id);
        let (name, arguments) = match call.find("custom") {
            Some(custom) => {
                let path = path.key("custom");
                let name = want(custom, "name", &path)?.want_text(&path.key("name"))?;
                let input = want(custom, "input", &path)?;
                input.want_text(&path.key("input"))?;
                (
                    self.sent_name(name),
                    Cow::Owned(format!("{{\"{}\":{}}}", crate::call::ToolPlan::CUSTOM_INPUT, input.json())),
                )
            }
            None => self.function(want(call, "function", path)?, &path.key("function"))?,
        };
        let signature = self.signature_in(call, path)?;
        let signature = match (signature, call.find("function")) {
            (None, Some(function)) => self.signature_in(function, &path.key("function"))?,
            (signature, _) => signature,
        };
        let signature = signature
            .or_else(|| carried.as_ref()?.signature.clone().map(Cow::Owned))
            .or_else(|| self.context.memory.signature_of(&id).map(Cow::Owned))
            .or_else(|| self.context.memory.signature_at(self.calls).map(Cow::Owned));
        self.calls += 1;
        let upstream_id = if self.refused.contains(Feature::CallIds) { None } else { upstream_id(&id, carried) };
        let field = path.to_string();
        let slot = Slot::new(id, upstream_id.clone(), name.clone(), field);
        Ok((Call { id: upstream_id, name, arguments, signature }, slot))
    }

    /// The form before there were tools: a call without an id.
    fn function_call<'n>(&mut self, call: &'n Node<'n>, path: &Path<'_>) -> Result<(Call<'n>, Slot<'n>), DecodeError> {
        let (name, arguments) = self.function(call, path)?;
        let signature = self.signature_in(call, path)?;
        let signature = signature.or_else(|| self.context.memory.signature_at(self.calls).map(Cow::Owned));
        self.calls += 1;
        let slot = Slot::new(Cow::Borrowed(""), None, name.clone(), path.to_string());
        Ok((Call { id: None, name, arguments, signature }, slot))
    }

    /// `{name, arguments}`
    fn function<'n>(
        &mut self,
        function: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<(Cow<'n, str>, Cow<'n, str>), DecodeError> {
        let name = want(function, "name", path)?.want_text(&path.key("name"))?;
        let name = self.sent_name(name);
        let arguments = match function.find("arguments") {
            Some(arguments) => self.arguments(arguments, &path.key("arguments"))?,
            None => Cow::Borrowed("{}"),
        };
        Ok((name, arguments))
    }

    /// The arguments of a call: a JSON object, written as a string.
    // wire 66
    fn arguments<'n>(&mut self, arguments: &'n Node<'n>, path: &Path<'_>) -> Result<Cow<'n, str>, DecodeError> {
        if let Kind::Map(_) = arguments.kind() {
            return Ok(arguments.json());
        }
        if arguments.items().is_some_and(<[_]>::is_empty) {
            return Ok(Cow::Borrowed("{}"));
        }
        let text = arguments.want_text(path)?;
        if text.trim().is_empty() {
            return Ok(Cow::Borrowed("{}"));
        }
        match json::parse(text.as_bytes()) {
            Ok(node) if node.members().is_some() => {
                let own = letters_of(&node, &text);
                Ok(own.map_or(text, Cow::Owned))
            }
            // As good as nothing: a call without arguments, the second in the words of PHP.
            Ok(node) if node.is_null() || node.items().is_some_and(<[_]>::is_empty) => Ok(Cow::Borrowed("{}")),
            _ if self.context.options.keep_broken_arguments => {
                self.warn(path, "are no JSON object; they were sent on under the key _raw");
                let mut out = Vec::from(b"{\"_raw\":");
                arguments.write(&mut out);
                out.push(b'}');
                Ok(Cow::Owned(String::from_utf8(out).unwrap_or_default()))
            }
            Ok(node) => {
                let message = format!("must be a JSON object written as a string, not {}", node.describe());
                Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
            }
            Err(error) => {
                let message = format!("must be a JSON object written as a string: {error}");
                Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
            }
        }
    }

    /// The content of a tool's message.
    fn result<'n>(&mut self, message: &'n Node<'n>, path: &Path<'_>) -> Result<ToolResult<'n>, DecodeError> {
        let Some(content) = message.find("content") else {
            return Ok(ToolResult { outcome: Outcome::Text(Text::Own(Cow::Borrowed(""))), media: Vec::new() });
        };
        // Whatever a tool answers may have a type; only parts have one of these.
        if !content.items().is_some_and(|items| items.iter().all(is_part)) {
            return Ok(ToolResult { outcome: Outcome::of_value(content), media: Vec::new() });
        }
        let parts = self.content(content, &path.key("content"))?;
        let (texts, media): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| matches!(part, Part::Text { .. }));
        let texts: Vec<Text<'n>> = texts
            .into_iter()
            .filter_map(|part| if let Part::Text { text, .. } = part { Some(text) } else { None })
            .collect();
        let outcome = match texts.as_slice() {
            [Text::Node(only)] => Outcome::of_text(only),
            texts => {
                let lines = texts.iter().filter_map(|text| match text {
                    Text::Node(node) => node.text(),
                    Text::Own(text) => Some(text.clone()),
                });
                Outcome::Text(Text::Own(Cow::Owned(lines.collect::<Vec<_>>().join("\n"))))
            }
        };
        Ok(ToolResult { outcome, media })
    }

    /// A result whose call was cut off the history: Gemini takes no response without a call, so the user tells it.
    // wire 49, 63
    fn orphan<'n>(&mut self, name: &str, result: ToolResult<'n>, path: &Path<'_>, builder: &mut Builder<'n>) {
        self.warn(path, "names a call that is not in the messages; its result was passed on as text");
        let mut outcome = Vec::new();
        result.outcome.write(&mut outcome);
        let outcome = String::from_utf8(outcome).unwrap_or_default();
        let mut parts = vec![Part::text(Text::Own(Cow::Owned(format!("Result of the tool {name}: {outcome}"))))];
        parts.extend(result.media);
        builder.user(parts);
    }
}

/// Google's system instruction is text alone.
fn text_only(parts: &[Part<'_>], path: &Path<'_>) -> Result<(), DecodeError> {
    if parts.iter().all(|part| matches!(part, Part::Text { .. })) {
        return Ok(());
    }
    let message = "a system message is text; put media into a user message";
    Err(DecodeError::new(Problem::Unsupported, path.key("content").to_string(), message))
}

/// The id of a call for Google: its own, where the client's id carries it.
// wire 64
fn upstream_id<'n>(id: &Cow<'n, str>, carried: Option<ids::Carried>) -> Option<Cow<'n, str>> {
    match carried {
        Some(ids::Carried { gemini_id: Some(own), .. }) => Some(Cow::Owned(own)),
        // What it carries is of no use there.
        Some(_) => {
            let bare = id.split('_').take(2).collect::<Vec<_>>().join("_");
            Some(Cow::Owned(bare))
        }
        None => (!id.is_empty() && id.len() <= MAX_ID).then(|| id.clone()),
    }
}

fn shorten(id: &str) -> String {
    id.chars().take(60).collect()
}
