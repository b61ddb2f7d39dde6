//! What of a turn counts, fed to a digest.
//!
//! Every value is written with its kind, and with its length where it has one, so that no two different ones write the
//! same.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use blake3::Hasher;

use super::{Digest, Key, digest, either};
use crate::json::{Kind, Member, Node};

/// Padding or none.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Letters of base64 that are looked at together.
const LETTERS: usize = 4096;
const BYTES: usize = LETTERS / 4 * 3;

/// A turn in the making. Its form is written out and hashed at once: turns are short, and a hasher of its own for each
/// would be most of the work.
#[derive(Debug)]
pub(super) struct Turn {
    form: Vec<u8>,
    key: Key,
    is_models: bool,
    calls: usize,
    /// Where a text begins that may go on in the next part.
    text: Option<usize>,
}

// === impl Turn ===

impl Turn {
    pub(super) fn begin(is_models: bool, key: &Key) -> Self {
        Self { form: Vec::new(), key: *key, is_models, calls: 0, text: None }
    }

    /// A `Content`; none when it is nothing of the kind.
    pub(super) fn of(node: &Node<'_>, key: &Key) -> Option<Self> {
        node.members()?;
        let role = node.find("role").and_then(Node::text);
        let is_models = role.as_deref() == Some("model");
        let mut turn = Self::begin(is_models, key);
        if let Some(role) = role.filter(|role| !matches!(&**role, "model" | "user" | "")) {
            // `function`, and what may come.
            turn.form.extend_from_slice(b"role");
            write_text(&role, &mut turn.form);
        }
        if let Some(parts) = node.find("parts") {
            turn.add_all(parts);
        }
        Some(turn)
    }

    pub(super) fn is_models(&self) -> bool {
        self.is_models
    }

    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    pub(super) fn add_all(&mut self, parts: &Node<'_>) {
        for part in parts.items().unwrap_or(std::slice::from_ref(parts)) {
            self.add(part);
        }
    }

    /// Takes in one part.
    fn add(&mut self, part: &Node<'_>) {
        let Some(members) = part.members() else { return };
        if part.find("thought").and_then(Node::bool) == Some(true) {
            return;
        }
        for Member { key, value } in members {
            if value.is_null() {
                continue;
            }
            match &**key {
                "text" => self.add_text(&value.text().unwrap_or_default()),
                "thought" | "thoughtSignature" | "thought_signature" => {}
                "inlineData" | "inline_data" => self.add_blob(value),
                "functionCall" | "function_call" => {
                    self.calls += 1;
                    self.add_function(b'c', value, &["args"]);
                }
                "functionResponse" | "function_response" => self.add_function(b'r', value, &["response", "parts"]),
                other => {
                    self.end_text();
                    self.form.push(b'o');
                    write_text(&camel(other), &mut self.form);
                    write(value, &mut self.form);
                }
            }
        }
    }

    fn add_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.text.is_none() {
            self.form.push(b't');
            // Its length, once it is known.
            self.form.extend_from_slice(&length(0));
            self.text = Some(self.form.len());
        }
        self.form.extend_from_slice(text.as_bytes());
    }

    fn end_text(&mut self) {
        let Some(begins) = self.text.take() else { return };
        let of_text = length(self.form.len() - begins);
        if let Some(place) = self.form.get_mut(begins - of_text.len()..begins) {
            place.copy_from_slice(&of_text);
        }
    }

    fn add_blob(&mut self, blob: &Node<'_>) {
        self.end_text();
        self.form.push(b'b');
        let kind = either(blob, "mimeType", "mime_type").and_then(Node::text).unwrap_or_default();
        write_text(&kind.to_ascii_lowercase(), &mut self.form);
        let mut bytes = Hasher::new_keyed(&self.key);
        let data = blob.find("data").and_then(Node::text).unwrap_or_default();
        unwrap(&data, &mut bytes);
        self.form.extend_from_slice(bytes.finalize().as_bytes());
    }

    /// A call or its result, without the id. The order of its fields is none of the model's business.
    fn add_function(&mut self, kind: u8, function: &Node<'_>, fields: &[&str]) {
        self.end_text();
        self.form.push(kind);
        write_text(&function.find("name").and_then(Node::text).unwrap_or_default(), &mut self.form);
        for field in fields {
            match function.find(field) {
                // No arguments, and arguments that are empty, are the same.
                Some(value) if value.members().is_none_or(|members| !members.is_empty()) => {
                    self.form.push(b'1');
                    write(value, &mut self.form);
                }
                Some(_) | None => self.form.push(b'0'),
            }
        }
    }

    /// The parts alone, whoever says them.
    pub(super) fn parts(mut self) -> Digest {
        self.end_text();
        digest(&self.key, &[&self.form])
    }

    pub(super) fn finish(self) -> Digest {
        let key = self.key;
        let speaker: &[u8] = if self.is_models { b"turn of the model" } else { b"turn of the user" };
        digest(&key, &[speaker, &self.parts()])
    }
}

/// Writes a value whatever its spacing and the order of its keys.
pub(super) fn write(value: &Node<'_>, out: &mut Vec<u8>) {
    match value.kind() {
        Kind::Null => out.push(b'n'),
        Kind::Bool(truth) => out.push(if *truth { b'y' } else { b'f' }),
        Kind::Number => write_number(value, out),
        Kind::Text(_) => write_text(&value.text().unwrap_or_default(), out),
        Kind::List(items) => {
            out.push(b'[');
            out.extend_from_slice(&length(items.len()));
            for item in items {
                write(item, out);
            }
        }
        Kind::Map(members) => {
            let mut sorted: Vec<&Member<'_>> = members.iter().collect();
            // Of a repeated key the last one counts.
            sorted.sort_by(|a, b| a.key.cmp(&b.key));
            sorted.reverse();
            sorted.dedup_by(|later, kept| later.key == kept.key);
            out.push(b'{');
            out.extend_from_slice(&length(sorted.len()));
            for Member { key, value } in sorted {
                write_text(key, out);
                write(value, out);
            }
        }
    }
}

/// `7`, `7.0` and `7e0` are one number.
fn write_number(value: &Node<'_>, out: &mut Vec<u8>) {
    match (value.integer(), value.number().filter(|number| number.is_finite())) {
        (Some(integer), _) => {
            out.push(b'i');
            out.extend_from_slice(&integer.to_le_bytes());
        }
        (None, Some(number)) => {
            out.push(b'd');
            out.extend_from_slice(&number.to_bits().to_le_bytes());
        }
        // Larger than anybody reckons with.
        (None, None) => {
            out.push(b'?');
            out.extend_from_slice(&length(value.raw().len()));
            out.extend_from_slice(value.raw().as_bytes());
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(&length(text.len()));
    out.extend_from_slice(text.as_bytes());
}

fn length(length: usize) -> [u8; 8] {
    (length as u64).to_le_bytes()
}

/// `video_metadata` is `videoMetadata`.
fn camel(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return Cow::Borrowed(name);
    }
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    Cow::Owned(camel)
}

/// Feeds the bytes behind base64, in whatever alphabet and lines it is written.
fn unwrap(letters: &str, out: &mut Hasher) {
    if decode(letters.as_bytes(), out) {
        return;
    }
    let standard: Vec<u8> = letters
        .bytes()
        .filter_map(|letter| match letter {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b' ' | b'\n' | b'\r' | b'\t' | b'=' => None,
            other => Some(other),
        })
        .collect();
    out.reset();
    if !decode(&standard, out) {
        out.reset();
        out.update(b"no base64").update(letters.as_bytes());
    }
}

/// Whether it is plain base64; what could be read until then has been fed.
fn decode(letters: &[u8], out: &mut Hasher) -> bool {
    let mut bytes = [0; BYTES];
    letters.chunks(LETTERS).all(|chunk| match BASE64.decode_slice(chunk, &mut bytes) {
        Ok(length) => {
            out.update(bytes.get(..length).unwrap_or_default());
            true
        }
        Err(_) => false,
    })
}
