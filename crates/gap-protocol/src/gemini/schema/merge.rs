//! Two schemas that must both hold, as one.

use serde_json::{Map, Value};

/// Lays `other` over `base`: properties and required names add up, the narrower of two limits holds, and of anything
/// else the later word counts.
pub(super) fn merge(base: &mut Map<String, Value>, other: &Map<String, Value>) {
    for (key, value) in other {
        match (key.as_str(), base.get_mut(key), value) {
            ("properties" | "$defs" | "definitions", Some(Value::Object(into)), Value::Object(from)) => {
                for (name, schema) in from {
                    match (into.get_mut(name), schema) {
                        (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
                        _ => {
                            into.insert(name.clone(), schema.clone());
                        }
                    }
                }
            }
            ("required", Some(Value::Array(into)), Value::Array(from)) => {
                for name in from {
                    if !into.contains(name) {
                        into.push(name.clone());
                    }
                }
            }
            ("enum", Some(Value::Array(into)), Value::Array(from)) => into.retain(|value| from.contains(value)),
            ("description", Some(Value::String(into)), Value::String(from)) if into != from => {
                *into = format!("{into} {from}");
            }
            ("minimum" | "minLength" | "minItems" | "minProperties", Some(into), from) => {
                if from.as_f64() > into.as_f64() {
                    *into = from.clone();
                }
            }
            ("maximum" | "maxLength" | "maxItems" | "maxProperties", Some(into), from) => {
                if from.as_f64() < into.as_f64() {
                    *into = from.clone();
                }
            }
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
