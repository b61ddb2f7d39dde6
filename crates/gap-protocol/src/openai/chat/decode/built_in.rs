//! Google's own tools, under the names that clients know.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature, Problem};
use crate::json::{Node, Path};

use super::Work;
use super::extension::Extension;
use super::tools::Declared;

/// Google's own tools, and what clients call them.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("googleSearch", &["google_search", "googleSearch", "web_search", "web_search_preview"]),
    ("urlContext", &["url_context", "urlContext", "web_fetch"]),
    ("codeExecution", &["code_execution", "codeExecution", "code_interpreter"]),
    ("googleMaps", &["google_maps", "googleMaps"]),
    ("googleSearchRetrieval", &["google_search_retrieval", "googleSearchRetrieval"]),
    ("fileSearch", &["file_search", "fileSearch"]),
    ("computerUse", &["computer_use", "computerUse"]),
];

#[derive(Debug)]
pub(super) struct BuiltIn<'n> {
    pub(super) name: &'static str,
    /// What it is told, as JSON.
    pub(super) settings: Cow<'n, str>,
    field: String,
}

impl<'n> Declared<'n> {
    /// One of Google's own tools.
    pub(crate) fn built_in(&mut self, name: &'static str, settings: Cow<'n, str>, path: &Path<'_>) {
        self.built_in.push(BuiltIn { name, settings, field: path.to_string() });
    }

    /// A tool in Google's own form.
    pub(crate) fn own(&mut self, tool: &'n Node<'n>, path: &Path<'_>) -> Result<(), DecodeError> {
        for member in tool.want_members(path)? {
            let Some(name) = built_in_name(&member.key) else {
                let message = "must say its type: function, custom, or one of Google's own tools";
                return Err(DecodeError::new(Problem::Missing, path.key("type").to_string(), message));
            };
            let path = path.key(&member.key);
            if !member.value.is_null() {
                member.value.want_members(&path)?;
                self.built_in.push(BuiltIn { name, settings: member.value.json(), field: path.to_string() });
            }
        }
        Ok(())
    }

    /// `web_search_options`
    pub(super) fn web_search(&mut self, work: &mut Work<'_>, request: &Node<'_>) -> Result<(), DecodeError> {
        let Some(options) = request.find("web_search_options") else { return Ok(()) };
        let path = Path::Root.key("web_search_options");
        for member in options.want_members(&path)? {
            let asks_for_nothing = member.value.is_null() || member.value.raw() == "\"medium\"";
            if !asks_for_nothing {
                work.warn(&path.key(&member.key), "has no equal: Google searches in its own way");
            }
        }
        self.built_in.push(BuiltIn { name: "googleSearch", settings: Cow::Borrowed("{}"), field: path.to_string() });
        Ok(())
    }

    /// Adds Google's own tools from the extension, and leaves out what the model does not take.
    // wire 69
    pub(crate) fn add_built_in(&mut self, work: &mut Work<'_>, extension: &Extension<'n>) {
        for tool in &extension.tools {
            for member in tool.members().unwrap_or_default() {
                match built_in_name(&member.key) {
                    Some(name) if !member.value.is_null() => {
                        let field = format!("google.tools.{name}");
                        self.built_in.push(BuiltIn { name, settings: member.value.json(), field });
                    }
                    _ => {
                        let key: String = member.key.chars().take(80).collect();
                        work.warnings.add(format!("google.tools.{key}"), "is none of Google's own tools");
                    }
                }
            }
        }
        let beside_functions = !self.functions.is_empty();
        let mut seen: Vec<&'static str> = Vec::new();
        self.built_in.retain(|tool| {
            let has = |list: &[String]| list.iter().any(|name| name == tool.name);
            let alone = has(&work.family.built_in);
            let together = has(&work.family.built_in_with_tools) && !work.refused.contains(Feature::BuiltInWithTools);
            let message = match (alone, beside_functions && !together) {
                (false, _) => format!("{} is not taken by {} and was left out", tool.name, work.model),
                (true, true) => {
                    format!("{} is not taken by {} beside functions and was left out", tool.name, work.model)
                }
                (true, false) => {
                    let is_new = !seen.contains(&tool.name);
                    seen.push(tool.name);
                    return is_new;
                }
            };
            work.warnings.add(tool.field.clone(), message);
            false
        });
    }
}

pub(crate) fn built_in_name(called: &str) -> Option<&'static str> {
    // Clients append dates: `web_search_preview_2025_03_11`.
    let is_it = |name: &&str| called == *name || called.strip_prefix(name).is_some_and(|rest| rest.starts_with("_20"));
    BUILT_IN.iter().find(|(_, names)| names.iter().any(is_it)).map(|(own, _)| *own)
}
