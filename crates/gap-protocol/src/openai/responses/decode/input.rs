//! Items into turns.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::call::{DecodeError, Problem, ToolPlan};
use crate::json::{Kind, Node, ObjectWriter, Path, write_text};
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::content::want;
use crate::openai::chat::decode::links::has_scheme;
use crate::openai::chat::decode::messages::text_only;
use crate::openai::chat::decode::outcome::Outcome;
use crate::openai::chat::decode::part::{Extras, Part, Text};
use crate::openai::chat::decode::turns::{Conversation, ToolResult};

use super::history::reference;
use super::optional_text;
use super::turn::Turns;

/// The members that items have, all kinds together, and those that SDKs add when they hand them out.
const KNOWN: &[&str] = &[
    "action",
    "annotations",
    "arguments",
    "background",
    "call_id",
    "caller",
    "code",
    "container_id",
    "content",
    "created_by",
    "encrypted_content",
    "environment",
    "id",
    "input",
    "max_output_length",
    "name",
    "namespace",
    "operation",
    "output",
    "output_format",
    "outputs",
    "parsed_arguments",
    "phase",
    "quality",
    "queries",
    "result",
    "results",
    "revised_prompt",
    "role",
    "size",
    "status",
    "summary",
    "tools",
    "type",
];

/// Where items are, beside the request.
#[derive(Clone, Copy)]
pub(super) struct Sources<'n> {
    /// The field that names the history.
    pub(super) of: &'static str,
    /// Lists of items, oldest first.
    pub(super) history: &'n [Node<'n>],
    /// Items, by id.
    pub(super) referenced: &'n HashMap<&'n str, Node<'n>>,
}

/// Reads `instructions`, the history and `input`.
pub(super) fn read<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    sources: &Sources<'n>,
) -> Result<Conversation<'n>, DecodeError> {
    let mut turns = Turns::default();
    if let Some(instructions) = request.find("instructions") {
        let parts = work.content(instructions, &Path::Root.key("instructions"))?;
        text_only(&parts, &Path::Root.key("instructions"))?;
        turns.system(parts);
    }
    let path = Path::Root.key(sources.of);
    for list in sources.history {
        for (index, item) in list.items().unwrap_or_default().iter().enumerate() {
            one(work, item, &path.index(index), &mut turns)?;
        }
    }
    let path = Path::Root.key("input");
    match request.find("input").map(|input| (input, input.kind())) {
        Some((input, Kind::Text(_))) => turns.user(work, vec![Part::text(Text::Node(input))]),
        Some((_, Kind::List(items))) => {
            for (index, item) in items.iter().enumerate() {
                let path = path.index(index);
                note_unread(work, item, &path);
                let item = reference(item).and_then(|id| sources.referenced.get(&*id)).unwrap_or(item);
                one(work, item, &path, &mut turns)?;
            }
        }
        // What is kept may be enough to go on from.
        None if turns.is_begun() => {}
        None => return Err(DecodeError::new(Problem::Missing, "input", "is needed")),
        Some((input, _)) => return Err(input.unwanted(&path, "a string or an array of items")),
    }
    let conversation = turns.finish(work)?;
    // wire 47
    if conversation.ends_with_model() && !work.family.prefill {
        work.warn(&path, format!("ends with the assistant's words, which {} may not go on with", work.model));
    }
    Ok(conversation)
}

/// Names the members of an item that are not read.
fn note_unread(work: &mut Work<'_>, item: &Node<'_>, path: &Path<'_>) {
    for member in item.members().unwrap_or_default() {
        if !member.value.is_null() && !KNOWN.contains(&&*member.key) {
            let key: String = member.key.chars().take(80).collect();
            work.warn(&path.key(&key), "is not known and was not sent on");
        }
    }
}

/// One item.
fn one<'n>(work: &mut Work<'_>, item: &'n Node<'n>, path: &Path<'_>, turns: &mut Turns<'n>) -> Result<(), DecodeError> {
    item.want_members(path)?;
    let kind = match item.find("type") {
        Some(kind) => kind.want_text(&path.key("type"))?,
        None if item.find("role").is_some() => Cow::Borrowed("message"),
        None => return Err(DecodeError::new(Problem::Missing, path.key("type").to_string(), "is needed")),
    };
    match kind.as_ref() {
        "message" => message(work, item, path, turns),
        "reasoning" => turns.reasoning(work, item, path),
        "function_call" => {
            let name = function_name(item, path)?;
            let arguments = match item.find("arguments") {
                Some(arguments) => work.arguments(arguments, &path.key("arguments"))?,
                None => Cow::Borrowed("{}"),
            };
            turns.call(work, item, path, name, arguments)
        }
        "custom_tool_call" => {
            let name = function_name(item, path)?;
            let input = want(item, "input", path)?;
            input.want_text(&path.key("input"))?;
            let arguments = format!("{{\"{}\":{}}}", ToolPlan::CUSTOM_INPUT, input.json());
            turns.call(work, item, path, name, Cow::Owned(arguments))
        }
        "local_shell_call" | "shell_call" => {
            let name = if kind == "shell_call" { "shell" } else { "local_shell" };
            let action = want(item, "action", path)?;
            let arguments = members_but(action, &["type"], &path.key("action"))?;
            turns.call(work, item, path, Cow::Borrowed(name), Cow::Owned(arguments))
        }
        "apply_patch_call" => {
            let operation = want(item, "operation", path)?;
            let arguments = members_but(operation, &[], &path.key("operation"))?;
            turns.call(work, item, path, Cow::Borrowed("apply_patch"), Cow::Owned(arguments))
        }
        "function_call_output" | "custom_tool_call_output" | "local_shell_call_output" | "shell_call_output" => {
            let result = work.result_in(item, "output", path)?;
            turns.result(work, item, path, result)
        }
        "apply_patch_call_output" => {
            let result = ToolResult { outcome: Outcome::Object(patch_outcome(item, path)?.into()), media: Vec::new() };
            turns.result(work, item, path, result)
        }
        "code_interpreter_call" => turns.code(item, path),
        "image_generation_call" => image(work, item, path, turns),
        // What was found is in the message behind it; the tools were read with the others.
        "web_search_call" | "file_search_call" | "additional_tools" | "compaction_trigger" => Ok(()),
        "item_reference" => {
            let message = "names an item inside of a kept answer, which cannot be";
            Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
        }
        other => {
            let other: String = other.chars().take(60).collect();
            work.warn(path, format!("{other:?} has no equal and was left out"));
            Ok(())
        }
    }
}

/// `{type: message, role, content}`
fn message<'n>(
    work: &mut Work<'_>,
    item: &'n Node<'n>,
    path: &Path<'_>,
    turns: &mut Turns<'n>,
) -> Result<(), DecodeError> {
    let role = want(item, "role", path)?.want_text(&path.key("role"))?;
    let parts = work.content_of(item, path)?;
    match role.as_ref() {
        // wire 40
        "system" | "developer" => {
            text_only(&parts, path)?;
            turns.system(parts);
        }
        "user" => turns.user(work, parts),
        "assistant" => turns.model(parts),
        other => {
            let message = format!("{other:?} is no role; known are system, developer, user and assistant");
            return Err(DecodeError::new(Problem::Invalid, path.key("role").to_string(), message));
        }
    }
    Ok(())
}

/// The client's name of what is called, with its namespace.
fn function_name<'n>(item: &'n Node<'n>, path: &Path<'_>) -> Result<Cow<'n, str>, DecodeError> {
    let name = want(item, "name", path)?.want_text(&path.key("name"))?;
    match optional_text(item, "namespace", path)?.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => Ok(Cow::Owned(format!("{namespace}{}{name}", ToolPlan::NAMESPACE_END))),
        None => Ok(name),
    }
}

/// An object without some of its members, and without nulls.
fn members_but(node: &Node<'_>, left_out: &[&str], path: &Path<'_>) -> Result<String, DecodeError> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    let mut seen: Vec<&str> = Vec::new();
    for member in node.want_members(path)? {
        let key = member.key.as_ref();
        if !member.value.is_null() && !left_out.contains(&key) && !seen.contains(&key) {
            seen.push(key);
            object.node(key, &member.value);
        }
    }
    object.close();
    Ok(String::from_utf8(out).unwrap_or_default())
}

/// `{status, output}` of a patch.
fn patch_outcome(item: &Node<'_>, path: &Path<'_>) -> Result<String, DecodeError> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    for key in ["status", "output"] {
        if let Some(text) = optional_text(item, key, path)? {
            write_text(object.key(key), &text);
        }
    }
    object.close();
    Ok(String::from_utf8(out).unwrap_or_default())
}

/// An image that the model made earlier: one that edits it needs it back.
fn image<'n>(
    work: &mut Work<'_>,
    item: &'n Node<'n>,
    path: &Path<'_>,
    turns: &mut Turns<'n>,
) -> Result<(), DecodeError> {
    let Some(result) = optional_text(item, "result", path)?.filter(|result| !result.is_empty()) else { return Ok(()) };
    let field = path.key("result");
    let medium = if has_scheme(&result, "data:") {
        work.link(result, crate::call::PendingKind::Image, &field)?
    } else {
        work.inline(result, "image/png", &field)?
    };
    turns.model(vec![Part::Medium { medium, extras: Extras::default(), signature: None }]);
    Ok(())
}
