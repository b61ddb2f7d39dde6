//! Google's own tools, under the names that clients know.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature, Problem};
use crate::json::{Node, ObjectWriter, Path, write_text};

use super::Work;
use super::content::want;
use super::extension::{Extension, camel};
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

/// Those that tell at the end of an answer what they have found (wire 118).
const GROUNDING: &[&str] = &["googleSearch", "googleSearchRetrieval", "googleMaps", "fileSearch", "urlContext"];

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

    /// Whether one is among them that looks things up.
    pub(crate) fn searches(&self) -> bool {
        self.built_in.iter().any(|tool| GROUNDING.contains(&tool.name))
    }

    /// One of Google's own tools by its type: `{type: google_maps, …}`. Its settings stand below its own name, or beside the
    /// type where the type is Google's word; what belongs to OpenAI's tool of that kind has no equal.
    pub(super) fn typed(
        &mut self,
        work: &mut Work<'_>,
        tool: &'n Node<'n>,
        (kind, name): (&str, &'static str),
        path: &Path<'_>,
    ) -> Result<(), DecodeError> {
        if name == "fileSearch" && tool.find("vector_store_ids").is_some() {
            return self.file_search(work, tool, path);
        }
        if let Some(own) = tool.find(kind) {
            own.want_members(&path.key(kind))?;
            note_settings(work, tool, path, name);
            self.built_in(name, own.json(), path);
            return Ok(());
        }
        if camel(kind) != name {
            note_settings(work, tool, path, name);
            self.built_in(name, Cow::Borrowed("{}"), path);
            return Ok(());
        }
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        for member in tool.members().unwrap_or_default() {
            if member.key != "type" && !member.value.is_null() {
                object.node(&member.key, &member.value);
            }
        }
        object.close();
        self.built_in(name, Cow::Owned(String::from_utf8(out).unwrap_or_default()), path);
        Ok(())
    }

    /// `{type: file_search, vector_store_ids}`, if the stores are Gemini's.
    pub(crate) fn file_search(
        &mut self,
        work: &mut Work<'_>,
        tool: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<(), DecodeError> {
        if let Some(own) = tool.find("file_search") {
            self.built_in("fileSearch", own.json(), path);
            return Ok(());
        }
        let list = path.key("vector_store_ids");
        let mut out = Vec::from(b"{\"fileSearchStoreNames\":[");
        for (index, store) in want(tool, "vector_store_ids", path)?.want_items(&list)?.iter().enumerate() {
            let field = list.index(index);
            let store = store.want_text(&field)?;
            if !store.starts_with("fileSearchStores/") {
                let message = "must be the name of one of Gemini's stores (fileSearchStores/…): OpenAI's are not \
                               reachable from here";
                return Err(DecodeError::new(Problem::Unsupported, field.to_string(), message));
            }
            if index > 0 {
                out.push(b',');
            }
            write_text(&mut out, &store);
            work.resources.push(store.into_owned());
        }
        out.push(b']');
        if let Some(most) = tool.find("max_num_results") {
            let most = most.want_integer(&path.key("max_num_results"))?;
            out.extend_from_slice(format!(",\"topK\":{most}").as_bytes());
        }
        out.push(b'}');
        for key in ["filters", "ranking_options"] {
            if tool.find(key).is_some() {
                work.warn(&path.key(key), "has no equal");
            }
        }
        self.built_in("fileSearch", Cow::Owned(String::from_utf8(out).unwrap_or_default()), path);
        Ok(())
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
        // Since the third generation.
        self.mixed = beside_functions && !self.built_in.is_empty() && work.family.signatures;
    }
}

/// Names what stands beside a tool's type and has no equal.
pub(crate) fn note_settings(work: &mut Work<'_>, tool: &Node<'_>, path: &Path<'_>, name: &str) {
    for member in tool.members().unwrap_or_default() {
        let (key, raw) = (member.key.as_ref(), member.value.raw());
        let asks_for_nothing = match (name, key) {
            (_, "type") => true,
            _ if member.value.is_null() => true,
            ("googleSearch", "search_context_size") => raw == "\"medium\"",
            ("googleSearch", "external_web_access") => raw == "true",
            ("codeExecution", "container") => {
                member.value.find("file_ids").is_none() && member.value.members().is_some()
            }
            // Google's own settings, below its own name.
            _ => built_in_name(key) == Some(name),
        };
        if !asks_for_nothing {
            let key: String = key.chars().take(60).collect();
            work.warn(&path.key(&key), "has no equal: Google's tool works in its own way");
        }
    }
}

pub(crate) fn built_in_name(called: &str) -> Option<&'static str> {
    // Clients append dates: `web_search_preview_2025_03_11`.
    let is_it = |name: &&str| called == *name || called.strip_prefix(name).is_some_and(|rest| rest.starts_with("_20"));
    BUILT_IN.iter().find(|(_, names)| names.iter().any(is_it)).map(|(own, _)| *own)
}
