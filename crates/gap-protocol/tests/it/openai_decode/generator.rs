//! Requests that OpenAI's own description allows, by chance.

use serde_json::{Map, Value, json};

use crate::support::shared::document;

/// Makes values that a schema allows. Where a string has a meaning (a role, an id, an address), it is drawn from few, so that
/// they meet each other.
pub(super) struct Generator {
    description: Value,
    state: u64,
}

/// Strings by the property that holds them.
const POOLS: &[(&str, &[&str])] = &[
    (
        "model",
        &[
            "gemini-2.5-flash",
            "gemini-2.5-pro",
            "gemini-3-flash-preview",
            "gemini-2.0-flash",
            "gemma-3-27b-it",
            "gpt-4o",
        ],
    ),
    ("id", &["call_a", "call_b", "call_c", "x"]),
    ("tool_call_id", &["call_a", "call_b", "call_c"]),
    ("name", &["get", "set", "wei rd/ü", "a.very-long_name"]),
    ("url", &["data:image/png;base64,iVBORw0KGgo=", "https://x.test/a.png", "data:,x"]),
    ("file_data", &["data:application/pdf;base64,JVBERi0=", "JVBERi0="]),
    ("file_id", &["files/abc", "file-abc"]),
    ("data", &["UklGRiQAAABXQVZFZm10IA=="]),
    ("arguments", &["{}", "", "{\"a\": 7.0}", "{\"$ref\": 1}"]),
    ("text", &["Hi", "", " ", "\u{1F600}\n"]),
    ("content", &["Hi", "", "{\"a\": 1}"]),
];

impl Generator {
    pub(super) fn load() -> Option<Self> {
        Some(Self { description: document("specs/openai-openapi-20260821.json")?, state: 0 })
    }

    /// A request by the number of `seed`.
    pub(super) fn request(&mut self, seed: u64) -> Value {
        self.state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let schema = json!({"$ref": "#/components/schemas/CreateChatCompletionRequest"});
        self.value(&schema, "", 0)
    }

    fn dice(&mut self, sides: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % sides.max(1)
    }

    fn resolved(&self, schema: &Value) -> Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let target = self.description.pointer(reference.trim_start_matches('#')).unwrap();
                self.resolved(target)
            }
            None => schema.clone(),
        }
    }

    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let schema = self.resolved(schema);
        if schema["nullable"] == true && self.dice(8) == 0 {
            return Value::Null;
        }
        for alternatives in ["oneOf", "anyOf"] {
            if let Some(list) = schema[alternatives].as_array() {
                let choice = self.dice(list.len());
                return self.value(&list[choice], name, depth);
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            let choice = self.dice(values.len());
            return values[choice].clone();
        }
        match schema["type"].as_str() {
            Some("string") => self.text(name),
            Some("boolean") => json!(self.dice(2) == 0),
            Some("integer") => {
                let (least, most) = limits(&schema, 1.0, 4.0);
                #[expect(clippy::cast_possible_truncation, reason = "the limits of the description are whole")]
                let (least, most) = (least as i64, most as i64);
                json!(least.saturating_add(i64::try_from(self.dice(7)).unwrap()).min(most))
            }
            Some("number") => {
                let (least, most) = limits(&schema, 0.0, 1.0);
                json!(least + (most - least) * f64::from(u32::try_from(self.dice(5)).unwrap()) / 4.0)
            }
            Some("array") => {
                let least = usize::try_from(schema["minItems"].as_u64().unwrap_or_default()).unwrap();
                let length = least + self.dice(if name == "messages" { 7 } else { 3 });
                (0..length).map(|_| self.value(&schema["items"], name, depth + 1)).collect()
            }
            Some("null") => Value::Null,
            _ => self.object(&schema, depth),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Value::Object(part) = self.value(part, "", depth) {
                object.extend(part);
            }
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (key, property) in schema["properties"].as_object().cloned().into_iter().flatten() {
            let is_required = required.iter().any(|name| *name == key);
            // Few at the top, so that most requests are not full of refusals.
            let sides = if depth == 0 { 9 } else { 3 };
            if is_required || self.dice(sides) == 0 {
                object.insert(key.clone(), self.value(&property, &key, depth + 1));
            }
        }
        Value::Object(object)
    }

    fn text(&mut self, name: &str) -> Value {
        let pool =
            POOLS.iter().find(|(key, _)| *key == name).map_or(&["a", "Hi there", "ü\u{1F600}"][..], |(_, pool)| pool);
        let choice = self.dice(pool.len());
        json!(pool[choice])
    }
}

fn limits(schema: &Value, least: f64, most: f64) -> (f64, f64) {
    let limit = |key: &str, otherwise: f64| schema[key].as_f64().unwrap_or(otherwise);
    let least = limit("minimum", least);
    (least, limit("maximum", most.max(least)))
}
