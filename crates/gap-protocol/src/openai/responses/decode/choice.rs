//! `tool_choice` of a Responses request.

use crate::call::{DecodeError, Problem, ToolPlan};
use crate::json::{Kind, Node, Path};
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::built_in::built_in_name;
use crate::openai::chat::decode::content::want;
use crate::openai::chat::decode::tool_choice::Choice;

use super::optional_text;

/// Reads `tool_choice`.
// wire 67
pub(super) fn read(work: &mut Work<'_>, request: &Node<'_>) -> Result<Choice, DecodeError> {
    let Some(node) = request.find("tool_choice") else { return Ok(Choice::Auto) };
    let path = Path::Root.key("tool_choice");
    let choice = match node.kind() {
        Kind::Text(_) => match node.want_text(&path)?.as_ref() {
            "none" => Choice::None,
            "auto" => Choice::Auto,
            "required" => Choice::Any(Vec::new()),
            other => {
                let message = format!("must be none, auto, required or name a tool, not {other:?}");
                return Err(DecodeError::new(Problem::Invalid, "tool_choice", message));
            }
        },
        Kind::Map(_) => named(work, node, &path)?,
        _ => return Err(node.unwanted(&path, "a string or an object")),
    };
    if work.plan.tools.is_empty() && matches!(choice, Choice::Any(_)) {
        // Google's own tools cannot be forced.
        if request.find("tools").and_then(Node::items).is_some_and(|tools| !tools.is_empty()) {
            work.warn(&path, "cannot be forced upon Google's own tools; the model decides");
            return Ok(Choice::Auto);
        }
        let message = "asks for a call, and there are no tools to be called";
        return Err(DecodeError::new(Problem::Invalid, "tool_choice", message));
    }
    Ok(choice)
}

fn named(work: &mut Work<'_>, node: &Node<'_>, path: &Path<'_>) -> Result<Choice, DecodeError> {
    let kind = want(node, "type", path)?.want_text(&path.key("type"))?;
    if kind != "allowed_tools" {
        let Some(name) = sent_name(work, node, path)? else {
            work.warn(path, "cannot be forced upon Google's own tools; the model decides");
            return Ok(Choice::Auto);
        };
        return Ok(Choice::Any(vec![name]));
    }
    let list = path.key("tools");
    let mut names = Vec::new();
    let mut others = false;
    for (index, tool) in want(node, "tools", path)?.want_items(&list)?.iter().enumerate() {
        match sent_name(work, tool, &list.index(index))? {
            Some(name) => names.push(name),
            None => others = true,
        }
    }
    match optional_text(node, "mode", path)?.as_deref() {
        // Google's own tools are there, whatever is allowed.
        _ if names.is_empty() => Ok(if others { Choice::Auto } else { Choice::None }),
        None | Some("auto") => Ok(Choice::Only(names)),
        Some("required") => Ok(Choice::Any(names)),
        Some(other) => {
            let message = format!("must be auto or required, not {other:?}");
            Err(DecodeError::new(Problem::Invalid, path.key("mode").to_string(), message))
        }
    }
}

/// The name at Google of the function that `{type, name}` means; nothing for one of Google's own tools.
fn sent_name(work: &Work<'_>, node: &Node<'_>, path: &Path<'_>) -> Result<Option<String>, DecodeError> {
    let kind = want(node, "type", path)?.want_text(&path.key("type"))?;
    let name = match kind.as_ref() {
        "function" | "custom" => {
            let name = want(node, "name", path)?.want_text(&path.key("name"))?;
            match optional_text(node, "namespace", path)? {
                Some(namespace) => format!("{namespace}{}{name}", ToolPlan::NAMESPACE_END),
                None => name.into_owned(),
            }
        }
        "shell" | "apply_patch" | "local_shell" => kind.into_owned(),
        "image_generation" => return Ok(None),
        other if built_in_name(other).is_some() => return Ok(None),
        other => {
            let message =
                format!("{other:?} is no choice; known are function, custom, allowed_tools and kinds of tools");
            return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
        }
    };
    if let Some(tool) = work.plan.tools.find(&name) {
        return Ok(Some(tool.sent.clone()));
    }
    let name: String = name.chars().take(80).collect();
    let message = format!("{name:?} is not among the tools");
    Err(DecodeError::new(Problem::Invalid, path.key("name").to_string(), message))
}
