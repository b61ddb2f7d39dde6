//! The shape of requests, as strictly as Google's JSON parser takes it.
//!
//! `data/fields.json` holds every message that can stand in a request, derived from Google's OpenAPI document of the
//! revision named in it (`tests/it/fields.rs` derives it again and compares). The parser accepts a field in camelCase
//! and in snake_case, one value where a list is meant, numbers as strings, `null` as "absent"; everything else is a 400
//! that names the place in snake_case. What passes is handed on in one canonical form: camelCase, lists, upper-case enums.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// Checks a request against the message it should be, and answers its canonical form.
pub(crate) fn canonical(message: &str, body: &[u8]) -> Result<Value, ApiError> {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return Err(malformed(&error)),
    };
    canonical_value(message, value)
}

/// The same, for a request that is JSON already.
pub(crate) fn canonical_value(message: &str, value: Value) -> Result<Value, ApiError> {
    let mut walk = Walk { place: Vec::new(), violations: Vec::new() };
    let value = if value.is_null() { Value::Object(Map::new()) } else { value };
    let canonical = walk.message(message, value);
    if walk.violations.is_empty() {
        return Ok(canonical);
    }
    let message: Vec<&str> = walk.violations.iter().map(|violation| violation.description.as_str()).collect();
    let message = message.join("\n");
    let violations = walk.violations.iter().map(|violation| {
        if violation.field.is_empty() {
            json!({"description": violation.description})
        } else {
            json!({"field": violation.field, "description": violation.description})
        }
    });
    let violations: Vec<Value> = violations.collect();
    let detail = json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations});
    Err(ApiError::invalid(message).with(detail))
}

/// Whether this is base64 as Google takes it: either alphabet, padding optional.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    engine.decode(text).ok()
}

/// `scriptName` as `script_name`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
            snake.push(letter.to_ascii_lowercase());
        } else {
            snake.push(letter);
        }
    }
    snake
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let what = if error.is_eof() { "Unexpected end of string. Expected a value." } else { "Expected a value." };
    let message = format!("Invalid JSON payload received. {what}\n\n^");
    let detail =
        json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"description": message}]});
    ApiError::invalid(message).with(detail)
}

// === the table ===

/// Accepted by the live service although its document does not say so; each was seen in an answered request.
const UNDOCUMENTED: [(&str, &str, &str); 6] = [
    // In the path, says the document; in the body as well, said the service.
    ("BatchEmbedContentsRequest", "model", "string"),
    ("BatchGenerateContentRequest", "model", "string"),
    ("CountTokensRequest", "model", "string"),
    ("GenerationConfig", "audioTimestamp", "bool"),
    ("GenerationConfig", "routingConfig", "struct"),
    ("FunctionResponsePart", "fileData", "FileData"),
];

/// The members of `Part` of which only one may be set.
const PART_DATA: [&str; 9] = [
    "text",
    "inlineData",
    "functionCall",
    "functionResponse",
    "fileData",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

#[derive(Deserialize)]
struct Document {
    enums: HashMap<String, Vec<String>>,
    messages: HashMap<String, HashMap<String, String>>,
}

struct Tables {
    enums: HashMap<String, Vec<String>>,
    /// By message, then by name in either spelling.
    messages: HashMap<String, HashMap<String, Field>>,
}

#[derive(Clone)]
struct Field {
    camel: String,
    snake: String,
    shape: Shape,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    List,
    Map,
}

#[derive(Clone)]
enum Kind {
    Message(String),
    Enum(String),
    Struct,
    Any,
    Bool,
    Text,
    Bytes,
    Duration,
    Timestamp,
    Int32,
    Int64,
    Float(&'static str),
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "compiled in, and read by every test")]
    let mut document: Document =
        serde_json::from_str(include_str!("data/fields.json")).expect("data/fields.json is a table of messages");
    for (message, field, kind) in UNDOCUMENTED {
        document.messages.entry(message.to_owned()).or_default().insert(field.to_owned(), kind.to_owned());
    }
    let messages = document.messages.into_iter().map(|(name, fields)| {
        let mut both = HashMap::with_capacity(fields.len() * 2);
        for (camel, kind) in fields {
            let field = Field::parse(camel, &kind);
            both.insert(field.camel.clone(), field.clone());
            both.insert(field.snake.clone(), field);
        }
        (name, both)
    });
    Tables { enums: document.enums, messages: messages.collect() }
});

static STANDARD: LazyLock<GeneralPurpose> = LazyLock::new(|| lenient(&base64::alphabet::STANDARD));
static URL_SAFE: LazyLock<GeneralPurpose> = LazyLock::new(|| lenient(&base64::alphabet::URL_SAFE));

fn lenient(alphabet: &base64::alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

impl Field {
    fn parse(camel: String, kind: &str) -> Self {
        let (shape, kind) = match kind.as_bytes().first() {
            Some(b'*') => (Shape::List, &kind[1..]),
            Some(b'%') => (Shape::Map, &kind[1..]),
            _ => (Shape::One, kind),
        };
        let kind = match kind {
            "struct" => Kind::Struct,
            "any" => Kind::Any,
            "bool" => Kind::Bool,
            "string" => Kind::Text,
            "bytes" => Kind::Bytes,
            "duration" => Kind::Duration,
            "timestamp" => Kind::Timestamp,
            "int32" => Kind::Int32,
            "int64" => Kind::Int64,
            "float" => Kind::Float("TYPE_FLOAT"),
            "double" => Kind::Float("TYPE_DOUBLE"),
            other => match other.strip_prefix("enum ") {
                Some(name) => Kind::Enum(name.to_owned()),
                None => Kind::Message(other.to_owned()),
            },
        };
        Self { snake: snake(&camel), camel, shape, kind }
    }
}

// === the walk ===

struct Violation {
    field: String,
    description: String,
}

enum Step {
    Field(String),
    Index(usize),
}

struct Walk {
    place: Vec<Step>,
    violations: Vec<Violation>,
}

impl Walk {
    fn place(&self) -> String {
        let mut text = String::new();
        for step in &self.place {
            match step {
                Step::Field(name) if text.is_empty() => text.push_str(name),
                Step::Field(name) => {
                    let _written = write!(text, ".{name}");
                }
                Step::Index(index) => {
                    let _written = write!(text, "[{index}]");
                }
            }
        }
        text
    }

    fn unknown(&mut self, name: &str, why: &str) {
        let field = self.place();
        let at = if field.is_empty() { String::new() } else { format!(" at '{field}'") };
        let description = format!("Invalid JSON payload received. Unknown name \"{name}\"{at}: {why}");
        self.violations.push(Violation { field, description });
    }

    fn invalid(&mut self, kind: &str, what: &str) {
        let field = self.place();
        let description = format!("Invalid value at '{field}' ({kind}), {what}");
        self.violations.push(Violation { field, description });
    }

    fn message(&mut self, name: &str, value: Value) -> Value {
        let Value::Object(members) = value else {
            let what = short(&value);
            self.invalid(&format!("type.googleapis.com/google.ai.generativelanguage.v1beta.{name}"), &what);
            return Value::Null;
        };
        let Some(fields) = TABLES.messages.get(name) else { return Value::Object(members) };
        let mut canonical = Map::new();
        for (key, value) in members {
            let Some(field) = fields.get(&key) else {
                self.unknown(&key, "Cannot find field.");
                continue;
            };
            if value.is_null() {
                continue;
            }
            if value.is_array() && field.shape != Shape::List && !matches!(field.kind, Kind::Any | Kind::Struct) {
                self.unknown(&key, "Proto field is not repeating, cannot start list.");
                continue;
            }
            let is_data = name == "Part" && PART_DATA.contains(&field.camel.as_str());
            if is_data && PART_DATA.iter().any(|data| canonical.contains_key(*data)) {
                self.invalid("oneof", &format!("oneof field 'data' is already set. Cannot set '{}'", field.camel));
                continue;
            }
            self.place.push(Step::Field(field.snake.clone()));
            let value = self.field(field, value);
            self.place.pop();
            canonical.insert(field.camel.clone(), value);
        }
        Value::Object(canonical)
    }

    fn field(&mut self, field: &Field, value: Value) -> Value {
        match (field.shape, value) {
            (Shape::One, value) => self.single(&field.kind, value),
            (Shape::List, Value::Array(items)) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    self.place.push(Step::Index(index));
                    let item = self.single(&field.kind, item);
                    self.place.pop();
                    item
                });
                Value::Array(items.collect())
            }
            // One value stands for a list of one.
            (Shape::List, value) => Value::Array(vec![self.single(&field.kind, value)]),
            (Shape::Map, Value::Object(members)) => {
                let mut canonical = Map::new();
                for (index, (key, value)) in members.into_iter().enumerate() {
                    self.place.push(Step::Index(index));
                    self.place.push(Step::Field("value".to_owned()));
                    let value = self.single(&field.kind, value);
                    self.place.truncate(self.place.len() - 2);
                    canonical.insert(key, value);
                }
                Value::Object(canonical)
            }
            (Shape::Map, value) => {
                self.invalid("Map", &short(&value));
                Value::Null
            }
        }
    }

    fn single(&mut self, kind: &Kind, value: Value) -> Value {
        match kind {
            Kind::Message(name) => self.message(name, value),
            Kind::Any => value,
            Kind::Struct if value.is_object() => value,
            Kind::Struct => self.refuse("type.googleapis.com/google.protobuf.Struct", &value),
            Kind::Bool => match value {
                Value::Bool(_) => value,
                other => self.refuse("TYPE_BOOL", &other),
            },
            Kind::Text => match value {
                Value::String(_) => value,
                other => self.refuse("TYPE_STRING", &other),
            },
            Kind::Bytes => match value {
                Value::String(text) if decode_base64(&text).is_some() => Value::String(text),
                Value::String(text) => {
                    self.invalid("TYPE_BYTES", &format!("Base64 decoding failed for {}", short(&Value::String(text))));
                    Value::Null
                }
                other => self.refuse("TYPE_BYTES", &other),
            },
            Kind::Duration => match value {
                Value::String(text) if is_duration(&text) => Value::String(text),
                other => self.refuse("type.googleapis.com/google.protobuf.Duration", &other),
            },
            Kind::Timestamp => match value {
                Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => Value::String(text),
                other => self.refuse("type.googleapis.com/google.protobuf.Timestamp", &other),
            },
            Kind::Int32 => match integer(&value).filter(|number| i32::try_from(*number).is_ok()) {
                Some(number) => number.into(),
                None => self.refuse("TYPE_INT32", &value),
            },
            Kind::Int64 => match integer(&value) {
                Some(number) => number.into(),
                None => self.refuse("TYPE_INT64", &value),
            },
            Kind::Float(name) => match value {
                Value::Number(_) => value,
                Value::String(ref text) => match text.parse::<f64>() {
                    Ok(number) => number.into(),
                    Err(_) => self.refuse(name, &value),
                },
                other => self.refuse(name, &other),
            },
            Kind::Enum(name) => self.enumerated(name, &value),
        }
    }

    fn enumerated(&mut self, name: &str, value: &Value) -> Value {
        let names = TABLES.enums.get(name).map(Vec::as_slice).unwrap_or_default();
        let found = match value {
            // Seen accepted in lower case: `"type": "object"`.
            Value::String(text) => names.iter().find(|known| known.eq_ignore_ascii_case(text)),
            Value::Number(number) => number.as_u64().and_then(|index| names.get(usize::try_from(index).ok()?)),
            _ => None,
        };
        if let Some(found) = found {
            return Value::String(found.clone());
        }
        let kind = format!("type.googleapis.com/google.ai.generativelanguage.v1beta.{name}");
        self.refuse(&kind, value)
    }

    fn refuse(&mut self, kind: &str, value: &Value) -> Value {
        self.invalid(kind, &short(value));
        Value::Null
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within an i64's exact range")]
            (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
        }),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn is_duration(text: &str) -> bool {
    let Some(number) = text.strip_suffix('s') else { return false };
    let digits = number.strip_prefix('-').unwrap_or(number);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.parse::<f64>().is_ok()
}

/// As much of a value as an error message repeats.
fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 80 { text } else { text.chars().take(80).chain("…".chars()).collect() }
}
