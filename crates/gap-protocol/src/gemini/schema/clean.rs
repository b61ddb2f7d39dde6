//! The rules, in the order in which they must be applied.

use serde_json::{Map, Value, json};

use super::keywords::{format, is_bare_map, keep, kind_of, limits, size, split_types};
use super::merge::merge;
use super::{Cleaned, MAX_NODES, lookup, remark};
use crate::call::Restore;

/// The most values that are copied on the way; far more than any schema needs that a model could use.
const MAX_COPIED: usize = 500_000;

/// How deep schemas may be nested once references are written out; Google refuses much less.
const MAX_DEPTH: usize = 48;

/// Keywords that `Schema` lacks and that a model can be told in words.
const TOLD_IN_WORDS: &[&str] =
    &["multipleOf", "uniqueItems", "contains", "minContains", "maxContains", "contentEncoding", "contentMediaType"];

/// What becomes of enumerations of numbers and booleans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enumerations {
    /// They become strings, to be turned back.
    Bent,
    /// They keep their type, and the values are told in words.
    Told,
}

pub(super) fn run(schema: &Value, enumerations: Enumerations) -> Cleaned {
    let (active, place, restore) = (Vec::new(), Vec::new(), Vec::new());
    let mut cleaner = Cleaner { root: schema, enumerations, active, place, restore, nodes: 0, copied: 0 };
    let schema = match schema {
        Value::Object(object) if is_bare_map(object) => {
            cleaner.schema(&json!({"type": "object", "properties": object}))
        }
        other => cleaner.schema(other),
    };
    Cleaned { schema, restore: cleaner.restore }
}

struct Cleaner<'v> {
    root: &'v Value,
    enumerations: Enumerations,
    /// References that are being written out; one that is met again leads back into itself.
    active: Vec<String>,
    /// Where in the arguments the current schema stands.
    place: Vec<Option<String>>,
    restore: Vec<Restore>,
    nodes: usize,
    copied: usize,
}

// === impl Cleaner ===

impl Cleaner<'_> {
    fn schema(&mut self, schema: &Value) -> Value {
        self.nodes += 1;
        let too_deep = self.place.len() + self.active.len() > MAX_DEPTH;
        if too_deep || self.nodes > MAX_NODES || !self.afford(schema) {
            return json!({"type": "OBJECT", "description": "any JSON object"});
        }
        let Value::Object(object) = schema else {
            return json!({"type": "STRING", "description": "any value"});
        };
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            return self.reference(reference, object);
        }
        let mut object = object.clone();
        self.merge_all_of(&mut object);
        if let Some(alternatives) = object.remove("oneOf") {
            object.entry("anyOf").or_insert(alternatives);
        }
        if let Some(value) = object.remove("const") {
            object.insert("enum".to_owned(), Value::Array(vec![value]));
        }
        let mut nullable = object.get("nullable").and_then(Value::as_bool).unwrap_or_default();
        nullable |= split_types(&mut object);
        let mut cleaned = match object.remove("anyOf") {
            Some(Value::Array(alternatives)) if !alternatives.is_empty() => {
                self.any_of(&mut object, alternatives, &mut nullable)
            }
            _ => self.plain(&mut object, &mut nullable),
        };
        if nullable {
            cleaned.insert("nullable".to_owned(), Value::Bool(true));
        }
        Value::Object(cleaned)
    }

    /// Pays for a copy of a schema: a large definition that is named often must not be copied for ever.
    fn afford(&mut self, schema: &Value) -> bool {
        self.copied += size(schema, MAX_COPIED.saturating_sub(self.copied));
        self.copied < MAX_COPIED
    }

    fn reference(&mut self, reference: &str, beside: &Map<String, Value>) -> Value {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        let described = |text: String| json!({"type": "OBJECT", "description": text});
        if self.active.iter().any(|active| active == reference) {
            return described(format!("another {name}, of the same form"));
        }
        let Some(target) = lookup(self.root, reference) else {
            return described(format!("a {name}"));
        };
        if !self.afford(target) {
            return described(format!("a {name}"));
        }
        let target = target.clone();
        self.active.push(reference.to_owned());
        // What stands beside a reference says more about this place than the definition does.
        let cleaned = match target {
            Value::Object(mut target) => {
                let mut beside = beside.clone();
                beside.remove("$ref");
                if beside.contains_key("description") {
                    target.remove("description");
                }
                merge(&mut target, &beside);
                self.schema(&Value::Object(target))
            }
            other => self.schema(&other),
        };
        self.active.pop();
        cleaned
    }

    /// Writes what `allOf` lists into the schema itself.
    fn merge_all_of(&mut self, object: &mut Map<String, Value>) {
        // Each round takes one level; definitions may have an `allOf` again.
        for _ in 0..MAX_DEPTH {
            let Some(Value::Array(parts)) = object.remove("allOf") else { return };
            for part in parts {
                let mut part = part;
                for _ in 0..MAX_DEPTH {
                    let Some(reference) = part.get("$ref").and_then(Value::as_str).map(str::to_owned) else { break };
                    match lookup(self.root, &reference) {
                        Some(target) if self.afford(target) && *target != part => part = target.clone(),
                        _ => break,
                    }
                }
                self.nodes += 1;
                if let Value::Object(part) = part
                    && self.nodes <= MAX_NODES
                {
                    merge(object, &part);
                    object.remove("$ref");
                }
            }
        }
    }

    fn any_of(
        &mut self,
        object: &mut Map<String, Value>,
        alternatives: Vec<Value>,
        nullable: &mut bool,
    ) -> Map<String, Value> {
        let is_null = |schema: &Value| schema.get("type").is_some_and(|name| name == "null");
        let before = alternatives.len();
        let mut alternatives: Vec<Value> = alternatives.into_iter().filter(|schema| !is_null(schema)).collect();
        *nullable |= alternatives.len() < before;
        if let [_] = alternatives.as_slice()
            && let Some(only) = alternatives.pop()
        {
            let mut whole = object.clone();
            let cleaned = match only {
                Value::Object(only) if only.contains_key("$ref") => {
                    merge(&mut whole, &only);
                    self.schema(&Value::Object(whole))
                }
                Value::Object(mut only) => {
                    merge(&mut only, &whole);
                    self.schema(&Value::Object(only))
                }
                other => self.schema(&other),
            };
            return match cleaned {
                Value::Object(cleaned) => cleaned,
                _ => Map::new(),
            };
        }
        if alternatives.is_empty() {
            return self.plain(object, nullable);
        }
        // Properties beside the alternatives hold for each of them.
        object.remove("type");
        let common: Map<String, Value> = ["properties", "required"]
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), object.remove(*key)?)))
            .collect();
        let written = alternatives.into_iter().map(|alternative| match alternative {
            Value::Object(mut alternative) if !common.is_empty() && !alternative.contains_key("$ref") => {
                merge(&mut alternative, &common);
                self.schema(&Value::Object(alternative))
            }
            other => self.schema(&other),
        });
        let written: Vec<Value> = written.collect();
        let mut cleaned = Map::new();
        if let Some(description) = object.remove("description").filter(Value::is_string) {
            cleaned.insert("description".to_owned(), description);
        }
        cleaned.insert("anyOf".to_owned(), Value::Array(written));
        cleaned
    }

    /// A schema of one type.
    fn plain(&mut self, object: &mut Map<String, Value>, nullable: &mut bool) -> Map<String, Value> {
        let kind = kind_of(object);
        let mut cleaned = Map::new();
        cleaned.insert("type".to_owned(), Value::String(kind.to_ascii_uppercase()));
        if let Some(description) = object.get("description").filter(|value| value.is_string()) {
            cleaned.insert("description".to_owned(), description.clone());
        }
        match kind {
            "object" => self.object(object, &mut cleaned),
            "array" => self.array(object, &mut cleaned),
            "string" => keep(object, &mut cleaned, &["minLength", "maxLength", "pattern"]),
            _ => limits(object, &mut cleaned, kind),
        }
        if kind != "object" && kind != "array" {
            self.enumeration(object, &mut cleaned, nullable);
        }
        format(object, &mut cleaned, kind);
        for keyword in TOLD_IN_WORDS {
            if let Some(value) = object.get(*keyword).filter(|value| **value != Value::Bool(false)) {
                remark(&mut cleaned, &format!("{keyword}: {value}"));
            }
        }
        cleaned
    }

    fn object(&mut self, object: &Map<String, Value>, cleaned: &mut Map<String, Value>) {
        let Some(Value::Object(properties)) = object.get("properties") else { return };
        let mut written = Map::new();
        let mut required: Vec<Value> = Vec::new();
        for (name, schema) in properties {
            self.place.push(Some(name.clone()));
            written.insert(name.clone(), self.schema(schema));
            self.place.pop();
            // Draft 3 says it on the property.
            if schema.get("required") == Some(&Value::Bool(true)) {
                required.push(Value::String(name.clone()));
            }
        }
        if let Some(Value::Array(names)) = object.get("required") {
            for name in names.iter().filter(|name| name.as_str().is_some_and(|name| written.contains_key(name))) {
                if !required.contains(name) {
                    required.push(name.clone());
                }
            }
        }
        if written.len() > 1 {
            // wire 93: Gemini writes properties in this order.
            let order = written.keys().map(|name| Value::String(name.clone())).collect();
            cleaned.insert("propertyOrdering".to_owned(), Value::Array(order));
        }
        if !written.is_empty() {
            cleaned.insert("properties".to_owned(), Value::Object(written));
        }
        if !required.is_empty() {
            cleaned.insert("required".to_owned(), Value::Array(required));
        }
        keep(object, cleaned, &["minProperties", "maxProperties"]);
    }

    fn array(&mut self, object: &Map<String, Value>, cleaned: &mut Map<String, Value>) {
        self.place.push(None);
        let first = object.get("prefixItems").or_else(|| object.get("items").filter(|items| items.is_array()));
        let items = match (first, object.get("items")) {
            // A tuple: `Schema` has one form for all items.
            (Some(Value::Array(forms)), _) => {
                let mut distinct: Vec<Value> = Vec::new();
                for form in forms {
                    let form = self.schema(form);
                    if !distinct.contains(&form) {
                        distinct.push(form);
                    }
                }
                remark(cleaned, &format!("{} items, in this order", forms.len()));
                if distinct.len() > 1 { json!({ "anyOf": distinct }) } else { distinct.pop().unwrap_or_else(any_item) }
            }
            (_, Some(items @ Value::Object(_))) => self.schema(items),
            // wire 58: an array without items is refused.
            _ => any_item(),
        };
        self.place.pop();
        cleaned.insert("items".to_owned(), items);
        keep(object, cleaned, &["minItems", "maxItems"]);
    }

    /// wire 55: enumerations are of strings; others become strings, and their arguments are turned back.
    fn enumeration(&mut self, object: &Map<String, Value>, cleaned: &mut Map<String, Value>, nullable: &mut bool) {
        let Some(Value::Array(values)) = object.get("enum") else { return };
        let mut texts: Vec<Value> = Vec::new();
        let (mut bent, mut ambiguous) = (false, false);
        for value in values {
            let text = match value {
                Value::Null => {
                    *nullable = true;
                    continue;
                }
                Value::String(text) => {
                    let scalar = serde_json::from_str::<Value>(text);
                    ambiguous |= scalar.is_ok_and(|scalar| scalar.is_number() || scalar.is_boolean());
                    text.clone()
                }
                other => {
                    bent = true;
                    other.to_string()
                }
            };
            let text = Value::String(text);
            // An empty name is refused, and a name twice as well.
            if text != "" && !texts.contains(&text) {
                texts.push(text);
            }
        }
        if texts.is_empty() {
            return;
        }
        if bent && self.enumerations == Enumerations::Told {
            let kind = match values.iter().find(|value| !value.is_null()) {
                Some(Value::Bool(_)) => "BOOLEAN",
                Some(Value::Number(number)) if number.is_f64() => "NUMBER",
                Some(Value::Number(_)) => "INTEGER",
                _ => "STRING",
            };
            cleaned.insert("type".to_owned(), Value::String(kind.to_owned()));
            let told: Vec<String> = values.iter().map(Value::to_string).collect();
            remark(cleaned, &format!("one of {}", told.join(", ")));
            return;
        }
        if bent && !ambiguous {
            self.restore.push(Restore(self.place.clone()));
        }
        cleaned.insert("type".to_owned(), Value::String("STRING".to_owned()));
        for limit in ["minimum", "maximum", "minLength", "maxLength", "pattern"] {
            cleaned.remove(limit);
        }
        cleaned.insert("format".to_owned(), Value::String("enum".to_owned()));
        cleaned.insert("enum".to_owned(), Value::Array(texts));
    }
}

fn any_item() -> Value {
    json!({"type": "STRING"})
}
