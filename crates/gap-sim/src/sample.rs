//! Values that fit a schema: Google's `Schema` and JSON Schema, which differ in spelling alone where it matters here.

use serde_json::{Map, Number, Value, json};

use crate::dice::Dice;

/// Deeper is not made up: recursive schemas have to end somewhere.
const DEEPEST: usize = 12;
/// Nor more values than these: a schema that branches into itself grows by powers.
const MOST_VALUES: usize = 2_000;
const MOST_ITEMS: u64 = 64;

const WORDS: [&str; 16] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbour", "island", "juniper", "kelp", "lagoon",
    "meadow", "north", "opal", "pine",
];

/// A value that fits the schema.
pub(crate) fn sample(schema: &Value, dice: &mut Dice) -> Value {
    Sampler { root: schema, dice, left: MOST_VALUES }.value(schema, "", 0)
}

struct Sampler<'a, 'd> {
    root: &'a Value,
    dice: &'d mut Dice,
    /// How many values may still be made up.
    left: usize,
}

impl<'a> Sampler<'a, '_> {
    fn value(&mut self, schema: &'a Value, name: &str, depth: usize) -> Value {
        if self.left == 0 {
            return Value::Null;
        }
        self.left -= 1;
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return match target {
                Some(target) if depth < DEEPEST => self.value(target, name, depth + 1),
                _ => Value::Null,
            };
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
            return self.dice.pick(values).clone();
        }
        for word in ["anyOf", "any_of", "oneOf"] {
            if let Some(choices) = schema.get(word).and_then(Value::as_array) {
                let choice = choices.iter().find(|choice| type_of(choice).as_deref() != Some("null"));
                return choice.map_or(Value::Null, |choice| self.value(choice, name, depth + 1));
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(schema, parts, name, depth);
        }
        match type_of(schema).as_deref() {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(schema, name, depth),
            Some("integer") => self.integer(schema),
            Some("number") => self.number(schema),
            Some("boolean") => json!(self.dice.percent(50)),
            Some("null") => Value::Null,
            _ => json!(self.text(schema, name)),
        }
    }

    fn all_of(&mut self, schema: &'a Value, parts: &'a [Value], name: &str, depth: usize) -> Value {
        let mut merged = Map::new();
        let mut other = Value::Null;
        for part in parts {
            match self.value(part, name, depth + 1) {
                Value::Object(members) => merged.extend(members),
                value => other = value,
            }
        }
        if schema.get("properties").is_some()
            && let Value::Object(members) = self.object(schema, depth)
        {
            merged.extend(members);
        }
        if merged.is_empty() { other } else { Value::Object(merged) }
    }

    /// All properties while there is room, only the required ones further down; in the order that was asked for.
    fn object(&mut self, schema: &'a Value, depth: usize) -> Value {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(Map::new());
        };
        let list = |name: &str| {
            let names = schema.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            names.collect::<Vec<_>>()
        };
        let required = list("required");
        let ordering = [list("propertyOrdering"), list("property_ordering")].concat();
        let rest = properties.keys().map(String::as_str).filter(|name| !ordering.contains(name));
        let mut object = Map::new();
        for name in ordering.iter().copied().chain(rest) {
            let Some(property) = properties.get(name) else { continue };
            if depth < DEEPEST / 2 || required.contains(&name) {
                let value = if depth < DEEPEST { self.value(property, name, depth + 1) } else { Value::Null };
                object.insert(name.to_owned(), value);
            }
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &'a Value, name: &str, depth: usize) -> Value {
        let least = limit(schema, &["minItems", "min_items"]).unwrap_or(0).min(MOST_ITEMS);
        let most = limit(schema, &["maxItems", "max_items"]).unwrap_or(least.max(2)).clamp(least, MOST_ITEMS);
        if let Some(first) = schema.get("prefixItems").and_then(Value::as_array) {
            return first.iter().map(|item| self.value(item, name, depth + 1)).collect();
        }
        let Some(items) = schema.get("items").filter(|items| items.is_object()) else { return json!([]) };
        let count = if depth >= DEEPEST {
            least
        } else {
            self.dice.between(least.max(1).min(most), most.min(least.max(1) + 2))
        };
        (0..count).map(|_| self.value(items, name, depth + 1)).collect()
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let (low, high) = (bound(schema, Side::Low), bound(schema, Side::High));
        #[expect(clippy::cast_possible_truncation, reason = "floats saturate, and bounds beyond an i64 are no bounds")]
        let (low, high) = match (low.map(|low| low.ceil() as i64), high.map(|high| high.floor() as i64)) {
            (Some(low), Some(high)) => (low, high.max(low)),
            (Some(low), None) => (low, low.saturating_add(40)),
            (None, Some(high)) => (high.saturating_sub(40), high),
            (None, None) => (1, 40),
        };
        let span = high.abs_diff(low).min(1_000_000);
        let value = low.saturating_add(i64::try_from(self.dice.between(0, span)).unwrap_or_default());
        let step = schema.get("multipleOf").and_then(Value::as_i64).filter(|step| *step > 1);
        step.map_or(value, |step| value.div_euclid(step).saturating_mul(step)).into()
    }

    fn number(&mut self, schema: &Value) -> Value {
        let low = bound(schema, Side::Low);
        let high = bound(schema, Side::High).unwrap_or_else(|| low.unwrap_or(0.0) + 40.0);
        let low = low.unwrap_or((high - 40.0).max(0.0).min(high));
        let value = (low + (high - low).max(0.0) * self.dice.unit()).mul_add(100.0, 0.0).round() / 100.0;
        Number::from_f64(value.clamp(low, high.max(low))).map_or(json!(0), Value::Number)
    }

    fn text(&mut self, schema: &Value, name: &str) -> String {
        let day = self.dice.between(1, 28);
        let text = match schema.get("format").and_then(Value::as_str).unwrap_or_default() {
            "date-time" => format!("2026-06-{day:02}T12:00:00Z"),
            "date" => format!("2026-06-{day:02}"),
            "time" => "12:00:00Z".to_owned(),
            "duration" => "PT1H".to_owned(),
            "email" => format!("{}@example.com", self.word()),
            "uri" | "url" => format!("https://example.com/{}", self.word()),
            "hostname" => "example.com".to_owned(),
            "ipv4" => "192.0.2.1".to_owned(),
            "ipv6" => "2001:db8::1".to_owned(),
            "uuid" => {
                let id = self.dice.next();
                format!(
                    "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                    id >> 32,
                    id >> 16 & 0xffff,
                    id >> 4 & 0xfff,
                    id & 0xfff,
                    id >> 16
                )
            }
            _ if name.is_empty() => self.word().to_owned(),
            _ => format!("{} {}", self.word(), name.replace('_', " ")),
        };
        let least = limit(schema, &["minLength", "min_length"]).unwrap_or(0).min(100_000);
        let most = limit(schema, &["maxLength", "max_length"]).unwrap_or(u64::MAX);
        let mut letters: Vec<char> = text.chars().collect();
        while (letters.len() as u64) < least {
            letters.push('x');
        }
        letters.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        letters.into_iter().collect()
    }

    fn word(&mut self) -> &'static str {
        self.dice.pick::<&'static str>(WORDS.as_slice())
    }
}

/// The type in lower case. `["string", "null"]` is a string; properties without a type are an object.
fn type_of(schema: &Value) -> Option<String> {
    let one = |value: &Value| value.as_str().map(str::to_lowercase);
    match schema.get("type") {
        Some(Value::Array(types)) => {
            types.iter().filter_map(one).find(|name| name != "null").or(Some("null".to_owned()))
        }
        Some(value) => one(value).filter(|name| name != "type_unspecified"),
        None if schema.get("properties").is_some() => Some("object".to_owned()),
        None if schema.get("items").is_some() => Some("array".to_owned()),
        None => None,
    }
}

fn limit(schema: &Value, names: &[&str]) -> Option<u64> {
    let value = names.iter().find_map(|name| schema.get(name))?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[derive(Clone, Copy)]
enum Side {
    Low,
    High,
}

fn bound(schema: &Value, side: Side) -> Option<f64> {
    let (inclusive, exclusive, step) = match side {
        Side::Low => ("minimum", "exclusiveMinimum", 1.0),
        Side::High => ("maximum", "exclusiveMaximum", -1.0),
    };
    let at = schema.get(inclusive).and_then(Value::as_f64);
    let beyond = schema.get(exclusive).and_then(Value::as_f64).map(|bound| bound + step);
    at.or(beyond)
}

#[cfg(test)]
mod tests;
