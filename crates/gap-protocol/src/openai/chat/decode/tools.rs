//! Tools: functions, OpenAI's `custom` tools, and Google's own.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use crate::call::{CallForm, DecodeError, Feature, Problem, ToolKind, ToolPlan};
use crate::gemini::schema;
use crate::json::{Node, ObjectWriter, Path, write_text};

use super::Work;
use super::built_in::{BuiltIn, built_in_name};
use super::content::want;
use super::extension::Extension;
use super::names::{MAX_NAME, sanitise};
use super::part::Text;
use super::tool_choice::{self, Choice};

/// More tools are a mistake; names that must be told apart by numbers would cost the square of their number.
const MAX_TOOLS: usize = 2048;

/// The tools of a request.
#[derive(Debug, Default)]
pub(crate) struct Declared<'n> {
    pub(super) functions: Vec<Function<'n>>,
    pub(super) built_in: Vec<BuiltIn<'n>>,
    choice: Choice,
    /// Both stand side by side, on a model that must be told so.
    pub(super) mixed: bool,
}

#[derive(Debug)]
pub(super) struct Function<'n> {
    /// Its name at Google.
    sent: String,
    description: Option<Text<'n>>,
    parameters: Parameters<'n>,
}

#[derive(Debug)]
pub(crate) enum Parameters<'n> {
    None,
    JsonSchema(Cow<'n, str>),
    Schema(String),
}

/// Reads the tools of a request, in both forms, and which of them are to be called.
pub(crate) fn read<'n>(work: &mut Work<'_>, request: &'n Node<'n>) -> Result<Declared<'n>, DecodeError> {
    let root = Path::Root;
    let mut declared = Declared::default();
    if let Some(tools) = request.find("tools") {
        let path = root.key("tools");
        for (index, tool) in tools.want_items(&path)?.iter().enumerate() {
            declared.tool(work, tool, &path.index(index))?;
        }
    }
    if let Some(functions) = request.find("functions") {
        let path = root.key("functions");
        let functions = functions.want_items(&path)?;
        // A client that offers tools as well, or an empty list here, reads calls in the newer form.
        if declared.functions.is_empty() && !functions.is_empty() {
            work.plan.call_form = CallForm::Function;
            // That form has room for one call.
            work.plan.single_call = true;
        }
        for (index, function) in functions.iter().enumerate() {
            declared.function(work, function, &path.index(index), None)?;
        }
    }
    declared.web_search(work, request)?;
    let choice = tool_choice::read(work, request)?;
    let field = if request.find("tools").is_some() { "tools" } else { "functions" };
    declared.choose(work, choice, field)?;
    Ok(declared)
}

// === impl Declared ===

impl<'n> Declared<'n> {
    /// Says which of the functions, which stand in `field`, may be called.
    pub(crate) fn choose(
        &mut self,
        work: &mut Work<'_>,
        choice: Choice,
        field: &'static str,
    ) -> Result<(), DecodeError> {
        self.choice = choice;
        let takes_functions = work.family.tools && !work.refused.contains(Feature::Tools);
        if !takes_functions && !self.functions.is_empty() {
            if matches!(self.choice, Choice::Any(_)) {
                let message = format!("{} knows no functions, and was told to call one", work.model);
                return Err(DecodeError::new(Problem::Unsupported, field, message));
            }
            work.warn(&Path::Root.key(field), format!("are refused by {} and were left out", work.model));
            self.functions.clear();
        }
        if let Choice::Only(names) = &self.choice {
            // Gemini knows no subset that may be called and need not; so only these are self.
            let names: HashSet<&String> = names.iter().collect();
            self.functions.retain(|function| names.contains(&function.sent));
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.built_in.is_empty()
    }

    /// Whether there are functions that may be called.
    pub(crate) fn offers_functions(&self) -> bool {
        !self.functions.is_empty()
    }

    /// Leaves the functions out, if none of them may be called anyway.
    pub(crate) fn withhold_uncallable(&mut self) {
        if self.choice == Choice::None {
            self.functions.clear();
        }
    }

    fn tool(&mut self, work: &mut Work<'_>, tool: &'n Node<'n>, path: &Path<'_>) -> Result<(), DecodeError> {
        tool.want_members(path)?;
        let kind = tool.find("type").map(|kind| kind.want_text(&path.key("type"))).transpose()?;
        match kind.as_deref() {
            // The form of the Responses API, which some editors send here.
            Some("function") if is_flat(tool, "function") => self.function(work, tool, path, None),
            Some("custom") if is_flat(tool, "custom") => self.custom(work, tool, path),
            Some("function") => self.function(work, want(tool, "function", path)?, &path.key("function"), None),
            None if tool.find("function").is_some() => {
                self.function(work, want(tool, "function", path)?, &path.key("function"), None)
            }
            Some("custom") => self.custom(work, want(tool, "custom", path)?, &path.key("custom")),
            Some(kind) => {
                let Some(name) = built_in_name(kind) else {
                    let message = format!("{kind:?} is no kind of tool; known are function, custom and Google's own");
                    return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
                };
                self.typed(work, tool, (kind, name), path)
            }
            // `{"google_search": {}}`, as Google writes it.
            None => self.own(tool, path),
        }
    }

    /// `{name, description, parameters}`, perhaps in a namespace.
    pub(crate) fn function(
        &mut self,
        work: &mut Work<'_>,
        function: &'n Node<'n>,
        path: &Path<'_>,
        namespace: Option<&str>,
    ) -> Result<(), DecodeError> {
        let name = want(function, "name", path)?.want_text(&path.key("name"))?;
        let description = described(function, path)?;
        let mut restore = Vec::new();
        // Anthropic's word for it is another.
        let key = if function.find("input_schema").is_some() { "input_schema" } else { "parameters" };
        let parameters = match function.find(key) {
            Some(parameters) if !schema::is_empty(parameters) => {
                parameters.want_members(&path.key(key))?;
                if schema::is_sound(parameters) && !work.refused.contains(Feature::JsonSchema) {
                    // wire 53
                    Parameters::JsonSchema(parameters.json())
                } else {
                    let cleaned = schema::clean(&value_of(parameters));
                    restore = cleaned.restore;
                    Parameters::Schema(cleaned.schema.to_string())
                }
            }
            // wire 52
            _ => Parameters::None,
        };
        let name = match namespace {
            Some(namespace) => format!("{namespace}{}{name}", ToolPlan::NAMESPACE_END),
            None => name.into_owned(),
        };
        let tool = ToolPlan { name, namespace: namespace.map(str::to_owned), restore, ..ToolPlan::default() };
        self.declare(work, tool, description, parameters, path)
    }

    /// `{name, description, format}`: a tool that takes a text.
    pub(crate) fn custom(
        &mut self,
        work: &mut Work<'_>,
        custom: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<(), DecodeError> {
        let name = want(custom, "name", path)?.want_text(&path.key("name"))?;
        let description = described(custom, path)?;
        if let Some(format) = custom.find("format") {
            let path = path.key("format");
            let kind = want(format, "type", &path)?.want_text(&path.key("type"))?;
            if kind != "text" {
                work.warn(&path, format!("{kind:?} has no equal: the model is not held to a grammar"));
            }
        }
        let (object, string) = ("object", "string");
        let schema = |object: &str, string: &str| {
            let input = ToolPlan::CUSTOM_INPUT;
            format!(r#"{{"type":"{object}","properties":{{"{input}":{{"type":"{string}"}}}},"required":["{input}"]}}"#)
        };
        let parameters = if work.refused.contains(Feature::JsonSchema) {
            Parameters::Schema(schema(&object.to_uppercase(), &string.to_uppercase()))
        } else {
            Parameters::JsonSchema(Cow::Owned(schema(object, string)))
        };
        let tool = ToolPlan { name: name.into_owned(), kind: ToolKind::Custom, ..ToolPlan::default() };
        self.declare(work, tool, description, parameters, path)
    }

    // wire 50, 51: names are unique, and such as Google takes.
    pub(crate) fn declare(
        &mut self,
        work: &mut Work<'_>,
        mut tool: ToolPlan,
        description: Option<Text<'n>>,
        parameters: Parameters<'n>,
        path: &Path<'_>,
    ) -> Result<(), DecodeError> {
        if work.plan.tools.len() == MAX_TOOLS {
            let message = format!("more than {MAX_TOOLS} tools are more than any model takes");
            return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
        }
        if tool.name.is_empty() {
            return Err(DecodeError::new(Problem::Invalid, path.key("name").to_string(), "must not be empty"));
        }
        if work.plan.tools.find(&tool.name).is_some() {
            // "Duplicate function declaration found": recorded.
            work.warn(&path.key("name"), "was declared before; the first declaration counts");
            return Ok(());
        }
        let clean = sanitise(&tool.name).into_owned();
        tool.sent.clone_from(&clean);
        let mut number = 2;
        while work.plan.tools.find_sent(&tool.sent).is_some() {
            let end = format!("_{number}");
            let room = clean.len().min(MAX_NAME - end.len());
            tool.sent = format!("{}{end}", clean.get(..room).unwrap_or(&clean));
            number += 1;
        }
        self.functions.push(Function { sent: tool.sent.clone(), description, parameters });
        work.plan.tools.push(tool);
        Ok(())
    }

    pub(crate) fn write(&self, writer: &mut ObjectWriter<'_>, extension: &Extension<'_>) {
        if !self.is_empty() {
            let out = writer.key("tools");
            out.push(b'[');
            if !self.functions.is_empty() {
                let mut object = ObjectWriter::open(out);
                let out = object.key("functionDeclarations");
                out.push(b'[');
                for (index, function) in self.functions.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    function.write(out);
                }
                out.push(b']');
                object.close();
            }
            for (index, tool) in self.built_in.iter().enumerate() {
                if index > 0 || !self.functions.is_empty() {
                    out.push(b',');
                }
                let mut object = ObjectWriter::open(out);
                object.raw(tool.name, &tool.settings);
                object.close();
            }
            out.push(b']');
        }
        if !self.functions.is_empty() && !extension.has("toolConfig") {
            self.choice.write(writer, self.mixed);
        }
    }
}

impl Function<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        object.text("name", &self.sent);
        match &self.description {
            Some(description) => description.write(object.key("description")),
            // Google's schema has it among the required fields.
            None => write_text(object.key("description"), &self.sent),
        }
        match &self.parameters {
            Parameters::None => {}
            Parameters::JsonSchema(json) => {
                object.raw("parametersJsonSchema", json);
            }
            Parameters::Schema(json) => {
                object.raw("parameters", json);
            }
        }
        object.close();
    }
}

/// Whether a tool's own members stand beside its type, in place of below it.
fn is_flat(tool: &Node<'_>, kind: &str) -> bool {
    tool.find(kind).is_none() && tool.find("name").is_some()
}

/// A description that says something.
fn described<'n>(node: &'n Node<'n>, path: &Path<'_>) -> Result<Option<Text<'n>>, DecodeError> {
    let Some(description) = node.find("description") else { return Ok(None) };
    description.want_text(&path.key("description"))?;
    Ok((!description.is_empty_text()).then_some(Text::Node(description)))
}

/// A part of the request as a value tree, for rewriting.
pub(crate) fn value_of(node: &Node<'_>) -> Value {
    serde_json::from_str(&node.json()).unwrap_or(Value::Null)
}
