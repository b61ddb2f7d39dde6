//! Calls of functions, from Gemini's form into OpenAI's.
//!
//! Gemini sends a call whole, with its arguments as an object; OpenAI wants them as a string of JSON, and an id. Numbers
//! keep their letters (`7` stays `7`: some clients refuse `7.0` for an integer), and so do order and escapes.
//!
//! Where arguments are streamed (wire 72) they come as values for paths (`$.city`, `$.days[1]`), which no client of OpenAI
//! could make use of in pieces. They are collected, and the call goes out when it is whole.

use serde_json::{Map, Value};

use crate::call::{ReplyPlan, ToolKind, ToolPlan};
use crate::json::{ObjectWriter, write_text};
use crate::reply::{Call, Text, compact_into_text};

use super::ids::{self, Carried};

/// Items of one list; paths may name any number.
const MAX_ITEMS: usize = 10_000;
/// Steps of one path; recursion must end.
const MAX_DEPTH: usize = 64;

/// A call that is whole.
#[derive(Debug, Default)]
pub(crate) struct WholeCall {
    pub(crate) gemini_id: Option<String>,
    /// As it was sent to Google.
    pub(crate) name: String,
    /// A JSON object.
    pub(crate) arguments: String,
    pub(crate) signature: Option<String>,
}

/// A call whose arguments are still coming.
#[derive(Debug, Default)]
pub(crate) struct PartialCall {
    gemini_id: Option<String>,
    name: String,
    signature: Option<String>,
    arguments: Value,
}

/// The id of a call; `answer` is the id of the answer, `place` counts the calls in it.
pub(crate) fn id_of(answer: &str, place: usize, call: &WholeCall, plan: &ReplyPlan) -> String {
    // The end of an id is its random half. Sixteen letters leave room for Gemini's id within OpenAI's limit.
    let mut unique: Vec<char> = answer.chars().filter(char::is_ascii_alphanumeric).collect();
    unique.drain(..unique.len().saturating_sub(16));
    let mut unique: String = unique.into_iter().collect();
    unique.push_str(&place.to_string());
    let carried = Carried {
        gemini_id: call.gemini_id.clone(),
        name: Some(plan.tools.find_sent(&call.name).map_or_else(|| call.name.clone(), |tool| tool.name.clone())),
        signature: call.signature.clone(),
    };
    ids::encode(&unique, &carried, plan.ids)
}

impl WholeCall {
    /// A call as Gemini sends it.
    pub(crate) fn new(call: &Call<'_>, signature: Option<Text<'_>>) -> Self {
        Self {
            gemini_id: call.id.map(|id| id.decode().into_owned()),
            name: call.name.map(|name| name.decode().into_owned()).unwrap_or_default(),
            arguments: call.args.unwrap_or("{}").to_owned(),
            signature: signature.map(|signature| signature.decode().into_owned()),
        }
    }

    /// Writes the members of an item of `tool_calls`, all but its index.
    pub(crate) fn write(&self, out: &mut Vec<u8>, id: &str, plan: &ReplyPlan) {
        let tool = plan.tools.find_sent(&self.name);
        out.extend_from_slice(b"\"id\":");
        write_text(out, id);
        match tool.map(|tool| tool.kind) {
            Some(ToolKind::Custom) => {
                out.extend_from_slice(b",\"type\":\"custom\",\"custom\":");
                let mut custom = ObjectWriter::open(out);
                custom.text("name", tool.map_or(&self.name, |tool| &tool.name));
                custom.text("input", &ToolPlan::custom_input(&self.arguments));
                custom.close();
            }
            // The other kinds are declared in the Responses API alone.
            Some(ToolKind::Function | ToolKind::LocalShell | ToolKind::Shell | ToolKind::ApplyPatch) | None => {
                out.extend_from_slice(b",\"type\":\"function\",\"function\":");
                self.write_function(out, plan);
            }
        }
        if let Some(signature) = &self.signature {
            out.extend_from_slice(b",\"extra_content\":{\"google\":{\"thought_signature\":");
            write_text(out, signature);
            out.extend_from_slice(b"}}");
        }
    }

    /// Writes `{"name", "arguments"}`.
    pub(crate) fn write_function(&self, out: &mut Vec<u8>, plan: &ReplyPlan) {
        let tool = plan.tools.find_sent(&self.name);
        let mut function = ObjectWriter::open(out);
        function.text("name", tool.map_or(&self.name, |tool| &tool.name));
        let arguments = function.key("arguments");
        arguments.push(b'"');
        match tool {
            Some(tool) => compact_into_text(arguments, &tool.restore_arguments(&self.arguments)),
            None => compact_into_text(arguments, &self.arguments),
        }
        arguments.push(b'"');
        function.close();
    }
}

impl PartialCall {
    /// The first piece of a call.
    pub(crate) fn new(call: &Call<'_>, signature: Option<Text<'_>>) -> Self {
        let whole = WholeCall::new(call, signature);
        let arguments = serde_json::from_str(&whole.arguments).unwrap_or(Value::Null);
        let mut partial = Self {
            gemini_id: whole.gemini_id,
            name: whole.name,
            signature: whole.signature,
            arguments: if arguments.is_object() { arguments } else { Value::Object(Map::new()) },
        };
        partial.add(call);
        partial
    }

    /// Another piece.
    pub(crate) fn add(&mut self, call: &Call<'_>) {
        let pieces = call.partial_args.and_then(|json| serde_json::from_str::<Vec<Value>>(json).ok());
        for piece in pieces.unwrap_or_default() {
            let Some(path) = piece["jsonPath"].as_str() else { continue };
            let value = ["stringValue", "numberValue", "boolValue"].iter().find_map(|key| piece.get(key));
            let steps = steps(path);
            if steps.len() > MAX_DEPTH {
                continue;
            }
            if let Some(place) = find(&mut self.arguments, &steps) {
                match (place, value) {
                    // Pieces of one text follow each other.
                    (Value::String(text), Some(Value::String(more))) => text.push_str(more),
                    (place, value) => *place = value.cloned().unwrap_or(Value::Null),
                }
            }
        }
    }

    /// The call, whole.
    pub(crate) fn finish(self) -> WholeCall {
        WholeCall {
            gemini_id: self.gemini_id,
            name: self.name,
            arguments: self.arguments.to_string(),
            signature: self.signature,
        }
    }
}

/// One step of a path.
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

/// The steps of `$.a.b[0]`, `$['a']`.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (inside, after) = after.split_once(']').unwrap_or((after, ""));
            let quoted = inside.trim_matches(['\'', '"']);
            steps.push(match inside.parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(quoted),
            });
            rest = after;
            continue;
        }
        let after = rest.strip_prefix('.').unwrap_or(rest);
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (key, after) = after.split_at(end);
        if !key.is_empty() {
            steps.push(Step::Key(key));
        }
        rest = after;
    }
    steps
}

/// The place to which the steps lead, made on the way if need be.
fn find<'v>(value: &'v mut Value, steps: &[Step<'_>]) -> Option<&'v mut Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    let next = match step {
        Step::Key(key) => {
            if !value.is_object() {
                *value = Value::Object(Map::new());
            }
            value.as_object_mut()?.entry(*key).or_insert(Value::Null)
        }
        Step::Index(index) => {
            if !value.is_array() {
                *value = Value::Array(Vec::new());
            }
            let items = value.as_array_mut()?;
            if *index >= MAX_ITEMS {
                return None;
            }
            while items.len() <= *index {
                items.push(Value::Null);
            }
            items.get_mut(*index)?
        }
    };
    find(next, rest)
}
