//! Messages into turns.

use crate::call::{DecodeError, Problem};
use crate::json::{Node, Path};
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::messages::text_only;
use crate::openai::chat::decode::part::{Part, Text};
use crate::openai::chat::decode::turns::{Builder, Conversation};

use super::blocks::{self, Content, kind_of, own_text, unknown_kind, want};
use super::{assistant, results};

/// What a model that does not go on writing its own words is asked for in their place.
const GO_ON: &str = "Go on exactly where your last message stops. Do not repeat any of it, and say nothing before.";

/// Reads the system prompt and the messages.
pub(super) fn read<'n>(work: &mut Work<'_>, request: &'n Node<'n>) -> Result<Conversation<'n>, DecodeError> {
    let root = Path::Root;
    let path = root.key("messages");
    let messages = want(request, "messages", &root)?.want_items(&path)?;
    if messages.is_empty() {
        return Err(DecodeError::new(Problem::Invalid, "messages", "must hold at least one message"));
    }
    let mut builder = Builder::default();
    if let Some(system) = request.find("system") {
        builder.system(system_parts(work, system, &root.key("system"))?);
    }
    let mut last_words = false;
    for (index, message) in messages.iter().enumerate() {
        let path = path.index(index);
        message.want_members(&path)?;
        note_unread(work, message, &path);
        let role = want(message, "role", &path)?.want_text(&path.key("role"))?;
        if message.find("content").is_none() && role != "system" {
            return Err(DecodeError::new(Problem::Missing, path.key("content").to_string(), "is needed"));
        }
        match role.as_ref() {
            "user" => user(work, message, &path, &mut builder)?,
            "assistant" => last_words = assistant::read(work, message, &path, &mut builder)?,
            // wire 40: Anthropic's newer clients put these between the turns.
            "system" => {
                if let Some(content) = message.find("content") {
                    builder.system(system_parts(work, content, &path.key("content"))?);
                }
                continue;
            }
            other => {
                let message = format!("{other:?} is no role; known are user, assistant and system");
                return Err(DecodeError::new(Problem::Invalid, path.key("role").to_string(), message));
            }
        }
        last_words &= role == "assistant";
    }
    // wire 47
    if last_words && !work.family.prefill {
        work.warn(
            &path,
            format!("end with the assistant's words, which {} was asked in words to go on with", work.model),
        );
        builder.user(vec![own_text(GO_ON.to_owned())]);
    }
    builder.finish(work)
}

/// A system prompt: a string, or blocks of text.
fn system_parts<'n>(work: &mut Work<'_>, system: &'n Node<'n>, path: &Path<'_>) -> Result<Vec<Part<'n>>, DecodeError> {
    let Some(items) = system.items() else {
        system.want_text(path)?;
        return Ok(vec![Part::text(Text::Node(system))]);
    };
    let mut parts = Vec::with_capacity(items.len());
    for (index, block) in items.iter().enumerate() {
        let path = path.index(index);
        let kind = kind_of(block, &path)?;
        match kind.as_ref() {
            // Which tools there are is told by the tools of the request.
            "tool_addition" => {}
            "tool_removal" => work.warn(&path, "has no equal: the tool is still offered"),
            _ => match blocks::read(work, block, &kind, &path)? {
                Some(more) => parts.extend(more),
                None => return Err(unknown_kind(&kind, "a system prompt", &path)),
            },
        }
    }
    text_only(&parts, path)?;
    Ok(parts)
}

/// What the user says, and what tools have answered.
fn user<'n>(
    work: &mut Work<'_>,
    message: &'n Node<'n>,
    path: &Path<'_>,
    builder: &mut Builder<'n>,
) -> Result<(), DecodeError> {
    let items = match Content::of(message, path)? {
        None => return Ok(()),
        Some(Content::Text(text)) => {
            builder.user(vec![Part::text(Text::Node(text))]);
            return Ok(());
        }
        Some(Content::Blocks(items)) => items,
    };
    let list = path.key("content");
    let mut parts = Vec::new();
    for (index, block) in items.iter().enumerate() {
        let path = list.index(index);
        let kind = kind_of(block, &path)?;
        match kind.as_ref() {
            "tool_result" => results::read(work, block, &path, builder)?,
            "container_upload" => {
                work.warn(&path, "has no equal: there are no containers; send the file as a document");
            }
            _ => match blocks::read(work, block, &kind, &path)? {
                Some(more) => parts.extend(more),
                None => return Err(unknown_kind(&kind, "a user's message", &path)),
            },
        }
    }
    builder.user(parts);
    Ok(())
}

/// Names the fields of a message that are not read.
fn note_unread(work: &mut Work<'_>, message: &Node<'_>, path: &Path<'_>) {
    for member in message.members().unwrap_or_default() {
        let key = member.key.as_ref();
        // An answer that comes back whole brings what it was told about.
        let of_answers =
            ["id", "type", "model", "stop_reason", "stop_sequence", "stop_details", "usage", "extra_content"];
        let is_empty = member.value.is_null() || member.value.members().is_some_and(<[_]>::is_empty);
        if is_empty || matches!(key, "role" | "content") || of_answers.contains(&key) {
            continue;
        }
        let key: String = key.chars().take(80).collect();
        work.warn(&path.key(&key), "is not known and was not sent on");
    }
}
