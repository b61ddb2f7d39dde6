//! What tools have answered.

use std::borrow::Cow;

use crate::call::{DecodeError, Problem};
use crate::json::{Node, ObjectWriter, Path};
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::outcome::Outcome;
use crate::openai::chat::decode::part::{Part, Text};
use crate::openai::chat::decode::turns::{Builder, ResultOf, ToolResult};
use crate::openai::chat::ids;

use super::blocks::{self, Content, kind_of, unknown_kind, want};
use super::carrier_id;

/// `{tool_use_id, content, is_error}`
pub(super) fn read<'n>(
    work: &mut Work<'_>,
    block: &'n Node<'n>,
    path: &Path<'_>,
    builder: &mut Builder<'n>,
) -> Result<(), DecodeError> {
    blocks::note_unread(work, block, &["tool_use_id", "content", "is_error"], path);
    let id = want(block, "tool_use_id", path)?.want_text(&path.key("tool_use_id"))?;
    let failed = block.find("is_error").map_or(Ok(false), |node| node.want_bool(&path.key("is_error")))?;
    let mut result = outcome(work, block, path)?;
    if failed {
        result.outcome = as_error(&result.outcome);
    }
    let Err(result) = builder.result(ResultOf::Id(&id), result) else { return Ok(()) };
    // wire 63: the id itself may know the name.
    let Some(name) = ids::decode(&carrier_id(&id)).and_then(|carried| carried.name) else {
        let id: String = id.chars().take(60).collect();
        let message = format!("no assistant message before it has a tool_use with the id {id:?}");
        return Err(DecodeError::new(Problem::Invalid, path.key("tool_use_id").to_string(), message));
    };
    work.orphan(&name, result, &path.key("tool_use_id"), builder);
    Ok(())
}

/// What a tool answered: a text, or blocks of which the texts are one answer and media stand beside it.
// wire 61, 62, 74
fn outcome<'n>(work: &mut Work<'_>, block: &'n Node<'n>, path: &Path<'_>) -> Result<ToolResult<'n>, DecodeError> {
    let items = match Content::of(block, path)? {
        None => &[],
        Some(Content::Text(text)) => return Ok(ToolResult { outcome: Outcome::of_text(text), media: Vec::new() }),
        Some(Content::Blocks(items)) => items,
    };
    let list = path.key("content");
    let mut texts: Vec<Text<'n>> = Vec::new();
    let mut media = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = list.index(index);
        let kind = kind_of(item, &path)?;
        if kind == "tool_reference" {
            let name = want(item, "tool_name", &path)?.want_text(&path.key("tool_name"))?;
            texts.push(Text::Own(Cow::Owned(format!("The tool {name} can be called now."))));
            continue;
        }
        let Some(parts) = blocks::read(work, item, &kind, &path)? else {
            return Err(unknown_kind(&kind, "the result of a tool", &path));
        };
        for part in parts {
            match part {
                Part::Text { text, .. } => texts.push(text),
                other => media.push(other),
            }
        }
    }
    let outcome = match texts.as_slice() {
        [Text::Node(only)] => Outcome::of_text(only),
        texts => {
            let words = texts.iter().filter_map(|text| match text {
                Text::Node(node) => node.text(),
                Text::Own(text) => Some(text.clone()),
            });
            Outcome::Text(Text::Own(Cow::Owned(words.collect::<Vec<_>>().join("\n"))))
        }
    };
    Ok(ToolResult { outcome, media })
}

/// The same as something that went wrong: `{"error": …}`, the key that Google documents for it.
fn as_error<'n>(outcome: &Outcome<'_>) -> Outcome<'n> {
    let mut inner = Vec::new();
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    match outcome {
        Outcome::Text(text) => text.write(object.key("error")),
        Outcome::Object(json) | Outcome::Json(json) => object.key("error").extend_from_slice(json.as_bytes()),
        Outcome::Missing(_) => {
            outcome.write(&mut inner);
            object.key("error").extend_from_slice(&inner);
        }
    }
    object.close();
    Outcome::Object(Cow::Owned(String::from_utf8(out).unwrap_or_default()))
}
