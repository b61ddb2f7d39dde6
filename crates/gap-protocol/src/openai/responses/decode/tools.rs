//! The tools of a Responses request.
//!
//! Its list knows more kinds than that of chat completions. Some are functions under another name: a shell, a patch, a
//! namespace around functions. They become functions whose calls are given back in their own form. Some are services that OpenAI
//! runs; of these Google has its own, or nobody has.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature, Problem, ToolKind, ToolPlan};
use crate::json::{Node, Path};
use crate::models::Modality;
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::built_in::{built_in_name, note_settings};
use crate::openai::chat::decode::content::want;
use crate::openai::chat::decode::part::Text;
use crate::openai::chat::decode::tools::{Declared, Parameters};

use super::choice;

/// Functions that stand for tools of the Responses API: their name, what they are for, the kind of their calls, and their
/// arguments.
const OWN_FORMS: &[(&str, &str, ToolKind, &str)] = &[
    (
        "local_shell",
        "Runs one command on the user's machine and gives its output.",
        ToolKind::LocalShell,
        r#"{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":"The program and its arguments, word by word."},"working_directory":{"type":"string"},"timeout_ms":{"type":"integer"}},"required":["command"]}"#,
    ),
    (
        "shell",
        "Runs commands in a shell on the user's machine and gives their output.",
        ToolKind::Shell,
        r#"{"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"},"description":"Commands as they would be typed."},"timeout_ms":{"type":"integer"},"max_output_length":{"type":"integer"}},"required":["commands"]}"#,
    ),
    (
        "apply_patch",
        "Creates, changes or deletes one file. A diff is in the V4A format: lines that begin with a space, + or -, below @@ lines that say where they are.",
        ToolKind::ApplyPatch,
        r#"{"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},"diff":{"type":"string","description":"What changes; not for delete_file."}},"required":["type","path"]}"#,
    ),
];

/// Reads `tools`, the tools among the items of `input`, and `tool_choice`.
pub(super) fn read<'n>(work: &mut Work<'_>, request: &'n Node<'n>) -> Result<Declared<'n>, DecodeError> {
    let mut declared = Declared::default();
    if let Some(tools) = request.find("tools") {
        list(work, tools, &Path::Root.key("tools"), &mut declared)?;
    }
    let path = Path::Root.key("input");
    for (index, item) in request.find("input").and_then(Node::items).unwrap_or_default().iter().enumerate() {
        let kind = item.find("type").and_then(Node::text);
        if kind.as_deref() == Some("additional_tools")
            && let Some(tools) = item.find("tools")
        {
            list(work, tools, &path.index(index).key("tools"), &mut declared)?;
        }
    }
    let choice = choice::read(work, request)?;
    declared.choose(work, choice, "tools")?;
    Ok(declared)
}

fn list<'n>(
    work: &mut Work<'_>,
    tools: &'n Node<'n>,
    path: &Path<'_>,
    declared: &mut Declared<'n>,
) -> Result<(), DecodeError> {
    for (index, tool) in tools.want_items(path)?.iter().enumerate() {
        one(work, tool, &path.index(index), declared)?;
    }
    Ok(())
}

fn one<'n>(
    work: &mut Work<'_>,
    tool: &'n Node<'n>,
    path: &Path<'_>,
    declared: &mut Declared<'n>,
) -> Result<(), DecodeError> {
    tool.want_members(path)?;
    let Some(kind) = tool.find("type") else { return declared.own(tool, path) };
    let kind = kind.want_text(&path.key("type"))?;
    if let Some((name, description, kind, parameters)) = OWN_FORMS.iter().find(|(name, ..)| *name == kind) {
        let plan = ToolPlan { name: (*name).to_owned(), kind: *kind, ..ToolPlan::default() };
        return declared.declare_own(work, plan, description, parameters, path);
    }
    match kind.as_ref() {
        // Those who come from chat completions nest it once more.
        "function" if tool.find("function").is_some() => {
            declared.function(work, want(tool, "function", path)?, &path.key("function"), None)
        }
        "function" => declared.function(work, tool, path, None),
        "custom" => declared.custom(work, tool, path),
        "namespace" => namespace(work, tool, path, declared),
        "file_search" => declared.file_search(work, tool, path),
        "image_generation" => {
            image_generation(work, tool, path);
            Ok(())
        }
        "tool_search" | "programmatic_tool_calling" => {
            work.warn(path, format!("{kind:?} has no equal and was left out"));
            Ok(())
        }
        "computer" | "computer_use_preview" | "mcp" => {
            let message =
                format!("{kind:?} is not possible: nobody here would carry it out; offer functions in its place");
            Err(DecodeError::new(Problem::Unsupported, path.key("type").to_string(), message))
        }
        other => {
            let Some(name) = built_in_name(other) else {
                let message =
                    format!("{other:?} is no kind of tool; known are function, custom and those of the reference");
                return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
            };
            note_settings(work, tool, path, name);
            declared.built_in(name, tool.find(other).map_or(Cow::Borrowed("{}"), Node::json), path);
            Ok(())
        }
    }
}

/// `{type: namespace, name, tools}`
fn namespace<'n>(
    work: &mut Work<'_>,
    tool: &'n Node<'n>,
    path: &Path<'_>,
    declared: &mut Declared<'n>,
) -> Result<(), DecodeError> {
    let name = want(tool, "name", path)?.want_text(&path.key("name"))?;
    let list = path.key("tools");
    for (index, inner) in want(tool, "tools", path)?.want_items(&list)?.iter().enumerate() {
        let path = list.index(index);
        match want(inner, "type", &path)?.want_text(&path.key("type"))?.as_ref() {
            "function" => declared.function(work, inner, &path, Some(&name))?,
            other => work.warn(&path, format!("{other:?} is not possible in a namespace and was left out")),
        }
    }
    Ok(())
}

/// `{type: image_generation}`: a model that draws needs no tool for it.
fn image_generation(work: &mut Work<'_>, tool: &Node<'_>, path: &Path<'_>) {
    if !work.family.answers_with(Modality::Image) {
        work.warn(
            path,
            format!("is not possible with {}, which does not answer with images; it was left out", work.model),
        );
        return;
    }
    for member in tool.members().unwrap_or_default() {
        let asks_for_nothing = matches!(&*member.key, "type" | "moderation" | "action")
            || member.value.is_null()
            || member.value.raw() == "\"auto\"";
        if !asks_for_nothing {
            let key: String = member.key.chars().take(60).collect();
            work.warn(&path.key(&key), "has no equal; see google.imageConfig");
        }
    }
}

impl Declared<'_> {
    /// Declares a function of our own.
    fn declare_own(
        &mut self,
        work: &mut Work<'_>,
        plan: ToolPlan,
        description: &'static str,
        parameters: &'static str,
        path: &Path<'_>,
    ) -> Result<(), DecodeError> {
        let parameters = if work.refused.contains(Feature::JsonSchema) {
            let value = serde_json::from_str(parameters).unwrap_or_default();
            Parameters::Schema(crate::gemini::schema::clean(&value).schema.to_string())
        } else {
            Parameters::JsonSchema(Cow::Borrowed(parameters))
        };
        self.declare(work, plan, Some(Text::Own(Cow::Borrowed(description))), parameters, path)
    }
}
