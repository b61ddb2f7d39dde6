//! Which functions may be called, and whether one must.

use crate::call::{DecodeError, Problem};
use crate::json::{Kind, Node, ObjectWriter, Path, write_text};

use super::Work;
use super::content::want;

/// Which functions may be called, and whether one must.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// As the model likes.
    #[default]
    Auto,
    /// None.
    None,
    /// One must be, of these if any are named.
    Any(Vec<String>),
    /// These may be.
    Only(Vec<String>),
}

/// Reads `tool_choice`, or `function_call`.
// wire 67
pub(crate) fn read(work: &mut Work<'_>, request: &Node<'_>) -> Result<Choice, DecodeError> {
    let (node, field) = match (request.find("tool_choice"), request.find("function_call")) {
        (Some(node), _) => (node, "tool_choice"),
        (None, Some(node)) => (node, "function_call"),
        (None, None) => return Ok(Choice::Auto),
    };
    let path = Path::Root.key(field);
    let choice = match node.kind() {
        Kind::Text(_) => match node.want_text(&path)?.as_ref() {
            "none" => Choice::None,
            "auto" | "validated" => Choice::Auto,
            "required" | "any" => Choice::Any(Vec::new()),
            other => {
                let message = format!("must be none, auto, required or name a tool, not {other:?}");
                return Err(DecodeError::new(Problem::Invalid, field, message));
            }
        },
        Kind::Map(_) => named(work, node, &path)?,
        _ => return Err(node.unwanted(&path, "a string or an object")),
    };
    if work.plan.tools.is_empty() && matches!(choice, Choice::Any(_)) {
        return Err(DecodeError::new(Problem::Invalid, field, "asks for a call, and there are no tools to be called"));
    }
    Ok(choice)
}

fn named(work: &Work<'_>, node: &Node<'_>, path: &Path<'_>) -> Result<Choice, DecodeError> {
    let kind = node.find("type").map(|kind| kind.want_text(&path.key("type"))).transpose()?;
    match kind.as_deref() {
        Some("allowed_tools") => {
            let allowed = node.find("allowed_tools").unwrap_or(node);
            let path = if node.find("allowed_tools").is_some() { path.key("allowed_tools") } else { *path };
            let tools = want(allowed, "tools", &path)?;
            let list = path.key("tools");
            let mut names = Vec::new();
            for (index, tool) in tools.want_items(&list)?.iter().enumerate() {
                names.push(sent_name(work, tool, &list.index(index))?);
            }
            let mode = allowed.find("mode").map(|mode| mode.want_text(&path.key("mode"))).transpose()?;
            match mode.as_deref() {
                _ if names.is_empty() => Ok(Choice::None),
                None | Some("auto") => Ok(Choice::Only(names)),
                Some("required") => Ok(Choice::Any(names)),
                Some(other) => {
                    let message = format!("must be auto or required, not {other:?}");
                    Err(DecodeError::new(Problem::Invalid, path.key("mode").to_string(), message))
                }
            }
        }
        // Google's own tools cannot be forced; they are there.
        Some("function" | "custom" | "tool") | None => Ok(Choice::Any(vec![sent_name(work, node, path)?])),
        Some("auto") => Ok(Choice::Auto),
        Some("none") => Ok(Choice::None),
        Some("any" | "required") => Ok(Choice::Any(Vec::new())),
        Some(other) => {
            let message = format!("{other:?} is no choice; known are function, custom and allowed_tools");
            Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message))
        }
    }
}

/// The name at Google of the tool that `{function: {name}}`, `{custom: {name}}` or `{name}` means.
fn sent_name(work: &Work<'_>, node: &Node<'_>, path: &Path<'_>) -> Result<String, DecodeError> {
    node.want_members(path)?;
    let inner = ["function", "custom"].into_iter().find_map(|key| Some((node.find(key)?, path.key(key))));
    let (holder, path) = inner.unwrap_or((node, *path));
    let name = want(holder, "name", &path)?.want_text(&path.key("name"))?;
    if let Some(tool) = work.plan.tools.find(&name) {
        return Ok(tool.sent.clone());
    }
    let name: String = name.chars().take(80).collect();
    let message = format!("{name:?} is not among the tools");
    Err(DecodeError::new(Problem::Invalid, path.key("name").to_string(), message))
}

// === impl Choice ===

impl Choice {
    /// Writes `toolConfig`, if there is anything to say. `beside_built_in` says that functions stand beside Google's own tools
    /// on a model that takes both: "Please enable tool_config.include_server_side_tool_invocations" it answers without
    /// that word (recorded). What those tools did then comes as parts of the answer, which go back with it.
    pub(crate) fn write(&self, writer: &mut ObjectWriter<'_>, beside_built_in: bool) {
        let calling = match self {
            Self::Auto | Self::Only(_) => None,
            Self::None => Some(("NONE", None)),
            Self::Any(names) => Some(("ANY", (!names.is_empty()).then_some(names))),
        };
        if calling.is_none() && !beside_built_in {
            return;
        }
        let mut config = ObjectWriter::open(writer.key("toolConfig"));
        if let Some((mode, names)) = calling {
            let mut calling = ObjectWriter::open(config.key("functionCallingConfig"));
            calling.text("mode", mode);
            if let Some(names) = names {
                let out = calling.key("allowedFunctionNames");
                out.push(b'[');
                for (index, name) in names.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_text(out, name);
                }
                out.push(b']');
            }
            calling.close();
        }
        if beside_built_in {
            config.raw("includeServerSideToolInvocations", "true");
        }
        config.close();
    }
}
