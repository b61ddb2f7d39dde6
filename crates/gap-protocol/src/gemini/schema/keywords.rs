//! Single keywords: what is kept, what becomes a relative, what is told in words.

use serde_json::{Map, Value};

use super::{TYPES, remark};

/// Whether an object is a map of properties that someone forgot to wrap.
// wire 57: seen from broken tool servers.
pub(super) fn is_bare_map(object: &Map<String, Value>) -> bool {
    const KEYWORDS: &[&str] = &["type", "properties", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "items"];
    !object.is_empty()
        && !KEYWORDS.iter().any(|keyword| object.get(*keyword).is_some_and(|value| !is_schema_with_type(value)))
        && object.values().all(is_schema_with_type)
}

pub(super) fn is_schema_with_type(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str).is_some_and(|name| TYPES.contains(&name.to_ascii_lowercase().as_str()))
}

/// How many values a value holds, counted up to `most`.
pub(super) fn size(value: &Value, most: usize) -> usize {
    let mut left = most;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if left == 0 {
            return most;
        }
        left -= 1;
        match value {
            Value::Array(items) => open.extend(items.iter().take(left)),
            Value::Object(members) => open.extend(members.values().take(left)),
            _ => {}
        }
    }
    most - left
}

/// Takes apart a list of types; says whether `null` is among them. Several that remain become alternatives.
pub(super) fn split_types(object: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(types)) = object.get("type") else { return false };
    let mut names: Vec<Value> = types.iter().filter(|name| name.is_string()).cloned().collect();
    let before = names.len();
    names.retain(|name| name != "null");
    let nullable = names.len() < before;
    object.remove("type");
    match names.len() {
        0 => {}
        1 => {
            object.extend(names.pop().map(|name| ("type".to_owned(), name)));
        }
        _ if object.contains_key("anyOf") => {}
        _ => {
            // Each alternative keeps what its type can use.
            let mut common = object.clone();
            for outer in ["description", "nullable", "default", "title"] {
                common.remove(outer);
            }
            let alternative = |name| {
                let mut schema = common.clone();
                schema.insert("type".to_owned(), name);
                Value::Object(schema)
            };
            let alternatives = names.into_iter().map(alternative).collect();
            object.retain(|key, _| key == "description");
            object.insert("anyOf".to_owned(), Value::Array(alternatives));
        }
    }
    nullable
}

/// The type, in lower case; a missing one is read from what else is there.
pub(super) fn kind_of(object: &Map<String, Value>) -> &'static str {
    let named = object.get("type").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let known = named.and_then(|name| TYPES.into_iter().find(|known| *known == name));
    let guessed = || {
        let has = |keys: &[&str]| keys.iter().any(|key| object.contains_key(*key));
        if has(&["properties", "additionalProperties", "patternProperties", "required"]) {
            "object"
        } else if has(&["items", "prefixItems", "minItems", "maxItems"]) {
            "array"
        } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
            "number"
        } else {
            "string"
        }
    };
    match known {
        // Only null: there is no such type; it is something that may be absent.
        Some("null") => "string",
        Some(known) => known,
        None => guessed(),
    }
}

pub(super) fn keep(from: &Map<String, Value>, into: &mut Map<String, Value>, keywords: &[&str]) {
    for keyword in keywords {
        if let Some(value) = from.get(*keyword).filter(|value| value.is_number() || value.is_string()) {
            into.insert((*keyword).to_owned(), value.clone());
        }
    }
}

/// Limits of numbers; exclusive ones become inclusive where that is the same.
pub(super) fn limits(from: &Map<String, Value>, into: &mut Map<String, Value>, kind: &str) {
    if kind != "number" && kind != "integer" {
        return;
    }
    keep(from, into, &["minimum", "maximum"]);
    for (exclusive, inclusive, step) in [("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)] {
        match (kind, from.get(exclusive)) {
            ("integer", Some(value)) if value.is_i64() => {
                let limit = value.as_i64().unwrap_or_default().saturating_add(step);
                into.insert(inclusive.to_owned(), Value::from(limit));
            }
            (_, Some(value)) if value.is_number() => remark(into, &format!("{exclusive}: {value}")),
            _ => {}
        }
    }
}

/// wire 56: the few formats that `Schema` knows; others are told in words.
pub(super) fn format(from: &Map<String, Value>, into: &mut Map<String, Value>, kind: &str) {
    let Some(format) = from.get("format").and_then(Value::as_str).filter(|format| !format.is_empty()) else { return };
    let known = match kind {
        "string" => format == "date-time" && !into.contains_key("enum"),
        "integer" => matches!(format, "int32" | "int64") && !into.contains_key("enum"),
        "number" => matches!(format, "float" | "double") && !into.contains_key("enum"),
        _ => false,
    };
    if known {
        into.insert("format".to_owned(), Value::String(format.to_owned()));
    } else if kind == "string" && format != "enum" {
        remark(into, &format!("format: {format}"));
    }
}
