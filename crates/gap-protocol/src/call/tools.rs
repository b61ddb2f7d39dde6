//! The tools of a request under two names, and the way back.
//!
//! Google is stricter than OpenAI about the names of tools, and its `Schema` knows enumerations of strings only. What was
//! bent on the way out is noted here and bent back on arrival, so that the client gets its own names and its own numbers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

/// Every tool of a request, found by either name at once: long histories name them thousands of times.
#[derive(Clone, Default)]
pub struct Tools {
    list: Vec<ToolPlan>,
    by_name: HashMap<String, usize>,
    by_sent: HashMap<String, usize>,
}

/// One tool of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolPlan {
    /// The client's name for it.
    pub name: String,
    /// Its name at Google.
    pub sent: String,
    /// The namespace in which the client declared it; [`ToolPlan::name`] then begins with it, see [`ToolPlan::bare_name`].
    pub namespace: Option<String>,
    /// In which form the client declared it.
    pub kind: ToolKind,
    /// Which of its arguments were numbers or booleans before they became strings.
    pub restore: Vec<Restore>,
}

/// In which form a tool was declared, and is to be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolKind {
    /// A function with JSON arguments.
    #[default]
    Function,
    /// OpenAI's `custom` tool: one free text. Google gets a function with one argument, [`ToolPlan::CUSTOM_INPUT`].
    Custom,
    /// `local_shell` of the Responses API: one command, word by word.
    LocalShell,
    /// `shell` of the Responses API: commands as text.
    Shell,
    /// `apply_patch` of the Responses API: one change of one file.
    ApplyPatch,
}

/// Where an argument is that became a string: keys from the outside in, `None` for every item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore(pub Vec<Option<String>>);

impl Tools {
    /// Adds a tool.
    pub fn push(&mut self, tool: ToolPlan) {
        self.by_name.insert(tool.name.clone(), self.list.len());
        self.by_sent.insert(tool.sent.clone(), self.list.len());
        self.list.push(tool);
    }

    /// The tool that Google calls `sent`; absent if the model made it up.
    pub fn find_sent(&self, sent: &str) -> Option<&ToolPlan> {
        self.list.get(*self.by_sent.get(sent)?)
    }

    /// The tool that the client calls `name`.
    pub fn find(&self, name: &str) -> Option<&ToolPlan> {
        self.list.get(*self.by_name.get(name)?)
    }

    /// All of them, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = &ToolPlan> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether the request has no tools.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl ToolPlan {
    /// The one argument under which a custom tool's text travels.
    pub const CUSTOM_INPUT: &'static str = "input";

    /// What stands between a namespace and a name.
    pub const NAMESPACE_END: &'static str = "__";

    /// The client's name without its namespace.
    pub fn bare_name(&self) -> &str {
        let inside = self.namespace.as_deref().and_then(|namespace| self.name.strip_prefix(namespace));
        inside.and_then(|name| name.strip_prefix(Self::NAMESPACE_END)).unwrap_or(&self.name)
    }

    /// The arguments as the client's own schema has them. `arguments` is the JSON object as Google sent it; it comes back
    /// untouched, to the letter, unless an enumeration had to be bent.
    pub fn restore_arguments<'a>(&self, arguments: &'a str) -> Cow<'a, str> {
        if self.restore.is_empty() {
            return Cow::Borrowed(arguments);
        }
        let Ok(mut value) = serde_json::from_str::<Value>(arguments) else { return Cow::Borrowed(arguments) };
        for place in &self.restore {
            restore(&mut value, &place.0);
        }
        Cow::Owned(value.to_string())
    }

    /// The free text of a custom tool's call, from the arguments of the function that stands for it.
    pub fn custom_input(arguments: &str) -> String {
        match serde_json::from_str::<Value>(arguments) {
            Ok(Value::Object(mut object)) => match object.remove(Self::CUSTOM_INPUT) {
                Some(Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => arguments.to_owned(),
            },
            _ => arguments.to_owned(),
        }
    }
}

fn restore(value: &mut Value, place: &[Option<String>]) {
    match (place.split_first(), value) {
        (None, value) => {
            // Only what reads as a number or boolean and as nothing else was bent.
            if let Some(scalar) = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok())
                && (scalar.is_number() || scalar.is_boolean())
            {
                *value = scalar;
            }
        }
        (Some((Some(key), rest)), Value::Object(object)) => {
            if let Some(inner) = object.get_mut(key) {
                restore(inner, rest);
            }
        }
        (Some((None, rest)), Value::Array(items)) => items.iter_mut().for_each(|item| restore(item, rest)),
        _ => {}
    }
}
