//! JSON Schema in the words of Google's older `Schema`.
//!
//! Gemini takes JSON Schema as it is (`parametersJsonSchema`, `responseJsonSchema`), and that is what is sent first. Some
//! models, and some schemas, are refused that way; then the same meaning is put into the subset that `Schema` knows. What
//! it cannot express moves into the description, where the model still reads it: a keyword that is only deleted makes a
//! model write arguments that the client then refuses.
//!
//! A `$ref` is replaced by what it names, never deleted. One that leads back into itself has no finite form; it becomes an
//! object whose description says what it is.
//!
//! ## Edges
//! References that multiply (each naming two of the next) would grow without end, so a schema has a budget of
//! [`MAX_NODES`]; what lies beyond becomes a bare object. This module rewrites schemas only; arguments and results are not
//! its business, although they may have keys like `$ref`.

mod clean;
mod keywords;
mod merge;

use serde_json::{Map, Value};

use crate::call::Restore;
use crate::json::{Kind, Node};

/// The most subschemas of one schema that are written out.
pub const MAX_NODES: usize = 4096;

/// The types of JSON Schema.
const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/// A schema in the words of `Schema`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaned {
    /// The schema.
    pub schema: Value,
    /// Where values were numbers or booleans before an enumeration of them became one of strings.
    pub restore: Vec<Restore>,
}

/// Puts a schema into the words of `Schema`.
pub fn clean(schema: &Value) -> Cleaned {
    clean::run(schema, clean::Enumerations::Bent)
}

/// Puts the schema of an answer into the words of `Schema`. Nobody turns values in an answer's text back, so numbers in
/// enumerations stay numbers, and the description says which.
pub fn clean_for_answers(schema: &Value) -> Value {
    clean::run(schema, clean::Enumerations::Told).schema
}

/// Whether a schema asks for nothing: no parameters, which is written by leaving it out.
// wire 52: an object without properties was refused as `parameters` by older models; absent is right for all.
pub fn is_empty(schema: &Node<'_>) -> bool {
    let Some(members) = schema.members() else { return schema.is_null() };
    // What an object of any content says, in all its spellings.
    members.iter().all(|member| match member.key.as_ref() {
        "type" => member.value.text().is_some_and(|text| text == "object"),
        "properties" => member.value.members().is_some_and(<[_]>::is_empty),
        "required" => member.value.items().is_some_and(<[_]>::is_empty),
        "additionalProperties" => member.value.bool().is_some(),
        "$schema" | "title" => true,
        _ => false,
    })
}

/// Whether a schema is JSON Schema at all. Broken tool servers declare drafts of long ago (`required: true` on a
/// property), or a bare map of properties; [`clean()`] makes sense of these, Google does not.
pub fn is_sound(schema: &Node<'_>) -> bool {
    let Kind::Map(_) = schema.kind() else { return false };
    let root_says_what_it_is = ["type", "properties", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"];
    root_says_what_it_is.iter().any(|key| schema.member(key).is_some()) && is_sound_below(schema)
}

fn is_sound_below(schema: &Node<'_>) -> bool {
    let Some(members) = schema.members() else { return schema.bool().is_some() };
    members.iter().all(|member| {
        let value = &member.value;
        let all_sound = |items: Option<&[Node<'_>]>| items.is_some_and(|items| items.iter().all(is_sound_below));
        match member.key.as_ref() {
            "type" => match value.items() {
                Some(types) => types.iter().all(is_type),
                None => is_type(value),
            },
            "required" => value.items().is_some_and(|names| names.iter().all(|name| name.text().is_some())),
            "properties" | "$defs" | "definitions" => {
                value.members().is_some_and(|members| members.iter().all(|member| is_sound_below(&member.value)))
            }
            "items" | "additionalProperties" => is_sound_below(value),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => all_sound(value.items()),
            "enum" => value.items().is_some(),
            // Google follows no other. Some clients (litellm is one) lose the sign in front; [`clean()`] knows what they mean.
            "$ref" => value.text().is_some_and(|reference| reference.starts_with('#')),
            _ => true,
        }
    })
}

fn is_type(node: &Node<'_>) -> bool {
    node.text().is_some_and(|text| TYPES.contains(&text.as_ref()))
}

/// What `pointer` (`#/$defs/Name`) names in `root`.
fn lookup<'v>(root: &'v Value, pointer: &str) -> Option<&'v Value> {
    let pointer = pointer.strip_prefix('#').or_else(|| pointer.starts_with('/').then_some(pointer))?;
    let found = if pointer.is_empty() { Some(root) } else { root.pointer(&percent_decoded(pointer)) };
    // Generators disagree about where definitions are; the name is what counts.
    found.or_else(|| {
        let name = pointer.rsplit('/').next()?;
        ["$defs", "definitions"].iter().find_map(|place| root.get(place)?.get(name))
    })
}

fn percent_decoded(pointer: &str) -> String {
    percent_encoding::percent_decode_str(pointer).decode_utf8_lossy().into_owned()
}

/// Adds a remark to the description.
fn remark(schema: &mut Map<String, Value>, remark: &str) {
    let text = match schema.get("description").and_then(Value::as_str) {
        Some(description) if !description.is_empty() => format!("{description} ({remark})"),
        _ => remark.to_owned(),
    };
    schema.insert("description".to_owned(), Value::String(text));
}

#[cfg(test)]
mod tests;
