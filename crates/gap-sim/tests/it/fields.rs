//! `src/data/fields.json` is what Google's own document says: it is derived here once more.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value, json};

use crate::recordings;

const DATA: &str = include_str!("../../src/data/fields.json");

/// What can be sent.
const ROOTS: [&str; 7] = [
    "BatchEmbedContentsRequest",
    "BatchGenerateContentRequest",
    "CachedContent",
    "CountTokensRequest",
    "CreateFileRequest",
    "EmbedContentRequest",
    "GenerateContentRequest",
];

struct Derived<'a> {
    schemas: &'a Map<String, Value>,
    enums: BTreeMap<String, Value>,
    messages: BTreeMap<String, BTreeMap<String, String>>,
}

impl Derived<'_> {
    fn message(&mut self, name: &str) {
        if self.messages.contains_key(name) {
            return;
        }
        self.messages.insert(name.to_owned(), BTreeMap::new());
        let properties = self.schemas[name]["properties"].as_object().cloned().unwrap_or_default();
        for (field, schema) in properties {
            let kind = self.kind(name, &field, &schema);
            self.messages.get_mut(name).unwrap().insert(field, kind);
        }
    }

    fn kind(&mut self, message: &str, field: &str, schema: &Value) -> String {
        if let [only] = schema["allOf"].as_array().map(Vec::as_slice).unwrap_or_default() {
            return self.kind(message, field, only);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            return self.reference(reference.rsplit('/').next().unwrap());
        }
        if let Some(values) = schema.get("enum") {
            let mut name = format!("{message}.{field}");
            let first = message.len() + 1;
            name[first..=first].make_ascii_uppercase();
            self.enums.insert(name.clone(), values.clone());
            return format!("enum {name}");
        }
        let format = schema["format"].as_str().unwrap_or_default();
        match (schema["type"].as_str().unwrap_or_default(), format) {
            ("string", "byte") => "bytes".to_owned(),
            ("string", "google-duration") => "duration".to_owned(),
            ("string", "google-datetime" | "date-time") => "timestamp".to_owned(),
            ("string", "int64") => "int64".to_owned(),
            ("string", _) => "string".to_owned(),
            ("boolean", _) => "bool".to_owned(),
            ("integer" | "number", format) => format.to_owned(),
            ("array", _) => format!("*{}", self.kind(message, field, &schema["items"])),
            ("object", _) if schema["additionalProperties"].get("$ref").is_some() => {
                format!("%{}", self.kind(message, field, &schema["additionalProperties"]))
            }
            ("object", _) => "struct".to_owned(),
            _ => "any".to_owned(),
        }
    }

    fn reference(&mut self, name: &str) -> String {
        if let Some(values) = self.schemas[name].get("enum") {
            self.enums.insert(name.to_owned(), values.clone());
            return format!("enum {name}");
        }
        self.message(name);
        name.to_owned()
    }
}

#[test]
fn the_table_of_fields_is_googles() {
    let data: Value = serde_json::from_str(DATA).unwrap();
    let revision = data["revision"].as_str().unwrap();
    let path = recordings::folder().join(format!("specs/gemini-v1beta-openapi3-rev{revision}.json"));
    let Ok(document) = fs::read(&path) else {
        println!("skipped: no document at {}", path.display());
        return;
    };
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["info"]["x-google-revision"], data["revision"]);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut derived = Derived { schemas, enums: BTreeMap::new(), messages: BTreeMap::new() };
    for root in ROOTS {
        derived.message(root);
    }
    for (name, message) in &derived.messages {
        assert_eq!(data["messages"][name], json!(message), "{name}");
    }
    assert_eq!(data["messages"].as_object().unwrap().len(), derived.messages.len());
    assert_eq!(data["enums"], json!(derived.enums));
}
