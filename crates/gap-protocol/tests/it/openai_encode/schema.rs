//! Holds what is emitted against OpenAI's own description of it, where that is at hand.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// OpenAI's schemas, or none, saying so.
pub(crate) struct Schemas(Option<Value>);

impl Schemas {
    #[expect(clippy::disallowed_methods, reason = "a test's input, not a setting of the product")]
    pub(crate) fn load() -> Self {
        let shared = std::env::var("GAP_SHARED_DIR")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
        let path = Path::new(&shared).join("specs/openai-openapi-20260821.json");
        let Ok(bytes) = fs::read(&path) else {
            println!("skipped: no schemas at {}", path.display());
            return Self(None);
        };
        Self(Some(serde_json::from_slice(&bytes).unwrap()))
    }

    /// Everything in which `value` is not what the schema `name` says.
    pub(crate) fn faults(&self, name: &str, value: &Value) -> Vec<String> {
        let Some(document) = &self.0 else { return Vec::new() };
        let mut faults = Vec::new();
        check(document, &document["components"]["schemas"][name], value, name, &mut faults);
        faults
    }

    /// Everything in which an event of a response is not what the schema of its type says.
    pub(crate) fn faults_of_event(&self, event: &Value) -> Vec<String> {
        let Some(document) = &self.0 else { return Vec::new() };
        let schemas = &document["components"]["schemas"];
        let all = schemas["ResponseStreamEvent"]["anyOf"].as_array().unwrap().iter();
        let names = all.map(|event| event["$ref"].as_str().unwrap().rsplit('/').next().unwrap());
        let is_it = |name: &&str| schemas[name]["properties"]["type"]["enum"][0] == event["type"];
        let Some(name) = names.clone().find(is_it) else { return vec![format!("{} is no event", event["type"])] };
        self.faults(name, event)
    }
}

fn check(document: &Value, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    if value.is_null() && schema["nullable"] == Value::Bool(true) {
        return;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').unwrap();
        return check(document, document.pointer(pointer).unwrap(), value, path, faults);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, path, faults);
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(alternatives) = schema[keyword].as_array() {
            let tries = alternatives.iter().map(|alternative| {
                let mut inner = Vec::new();
                check(document, alternative, value, path, &mut inner);
                inner
            });
            let tries: Vec<Vec<String>> = tries.collect();
            if tries.iter().all(|inner| !inner.is_empty()) {
                faults.push(format!("{path}: fits nothing in {keyword}"));
                // What was most likely meant.
                let best = tries
                    .into_iter()
                    .filter(|inner| inner.iter().all(|fault| !fault.starts_with(&format!("{path}.type:"))));
                faults.extend(best.min_by_key(Vec::len).into_iter().flatten());
            }
            return;
        }
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        faults.push(format!("{path}: {value} is none of {values:?}"));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    };
    if !fits {
        faults.push(format!("{path}: {value} is no {}", schema["type"]));
        return;
    }
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(required).is_none() {
            faults.push(format!("{path}: {required} is missing"));
        }
    }
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(key) {
            check(document, schema, value, &format!("{path}.{key}"), faults);
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (index, value) in values.iter().enumerate() {
            check(document, items, value, &format!("{path}[{index}]"), faults);
        }
    }
}

#[test]
fn the_checker_finds_faults() {
    let schemas = Schemas::load();
    if schemas.0.is_none() {
        return;
    }
    let wrong = serde_json::json!({"id": 1, "object": "chat.completion", "created": "now", "choices": [{"index": 0}]});
    let faults = schemas.faults("CreateChatCompletionResponse", &wrong);
    assert!(faults.len() >= 6, "{faults:?}");
}
