//! One candidate on its way.

use crate::json::{ObjectWriter, write_text};
use crate::meter::FinishReason;
use crate::reply::{Call, Text, compact};

use super::annotations::{Annotations, Offsets};
use super::calls::{PartialCall, WholeCall};
use super::encode::{Delta, Sink};
use super::fence::Fence;

/// One candidate.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    pub(crate) index: u32,
    begun: bool,
    pub(crate) said: bool,
    pub(crate) calls: u32,
    pub(crate) images: u32,
    pub(crate) offsets: Offsets,
    pub(crate) fence: Option<Fence>,
    pub(crate) pending: Option<PartialCall>,
    /// The signature of its last text.
    pub(crate) signature: Option<String>,
    /// Items of `parts`.
    native: Vec<u8>,
    facts: Vec<Fact>,
    pub(crate) finish: Option<FinishReason>,
}

/// Something that is said of a candidate.
#[derive(Debug)]
struct Fact {
    name: String,
    /// Different values in their order; one, unless each may point at something else.
    values: Vec<String>,
}

// === impl Choice ===

impl Choice {
    pub(crate) fn new(index: u32) -> Self {
        Self { index, ..Self::default() }
    }

    pub(crate) fn begin(&mut self, calls: bool, sink: &mut impl Sink) {
        if !self.begun {
            self.begun = true;
            sink.begin(self.index, calls);
        }
    }

    pub(crate) fn say(&mut self, delta: &Delta<'_>, sink: &mut impl Sink) {
        self.begin(false, sink);
        // Thoughts alone are no answer.
        self.said |= !matches!(delta, Delta::Reasoning(_));
        sink.delta(self.index, delta);
    }

    pub(crate) fn say_text(&mut self, text: &str, sink: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        let mut quoted = Vec::with_capacity(text.len() + 2);
        write_text(&mut quoted, text);
        let inside = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        self.say(&Delta::Content(inside), sink);
    }

    /// Follows a call, or a piece of one: gives those that are whole now.
    pub(crate) fn on_call(
        &mut self,
        call: &Call<'_>,
        signature: Option<Text<'_>>,
    ) -> impl Iterator<Item = WholeCall> + use<> {
        let is_piece = call.name.is_none() && call.args.is_none();
        let mut before = None;
        if let Some(mut pending) = self.pending.take() {
            if is_piece {
                pending.add(call);
                if call.will_continue {
                    self.pending = Some(pending);
                    return [None, None].into_iter().flatten();
                }
                return [Some(pending.finish()), None].into_iter().flatten();
            }
            before = Some(pending.finish());
        }
        let now = if is_piece && call.partial_args.is_none() {
            None
        } else if call.will_continue {
            self.pending = Some(PartialCall::new(call, signature));
            None
        } else if call.partial_args.is_some() {
            Some(PartialCall::new(call, signature).finish())
        } else {
            Some(WholeCall::new(call, signature))
        };
        [before, now].into_iter().flatten()
    }

    /// Keeps the signature of a text. The last one is the message's; one before it is kept as a part of its own.
    pub(crate) fn sign(&mut self, signature: Text<'_>) {
        let signature = signature.decode().into_owned();
        if let Some(before) = self.signature.replace(signature).filter(|before| self.signature.as_ref() != Some(before))
        {
            self.add_native(|out| {
                let mut part = ObjectWriter::open(out);
                part.text("text", "").text("thoughtSignature", &before);
                part.close();
            });
        }
    }

    pub(crate) fn add_native(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.said = true;
        if !self.native.is_empty() {
            self.native.push(b',');
        }
        write(&mut self.native);
    }

    pub(crate) fn learn(&mut self, name: &str, json: &str) {
        if matches!(json, "null" | "{}" | "[]") {
            return;
        }
        // Each of these may point at another stretch of the text; of the others the last word counts.
        let accumulates = matches!(name, "groundingMetadata" | "citationMetadata" | "urlContextMetadata");
        match self.facts.iter_mut().find(|fact| fact.name == name) {
            Some(fact) if accumulates => {
                if !fact.values.iter().any(|value| value == json) {
                    fact.values.push(json.to_owned());
                }
            }
            Some(fact) => fact.values = vec![json.to_owned()],
            None => self.facts.push(Fact { name: name.to_owned(), values: vec![json.to_owned()] }),
        }
    }

    /// Adds where the answer has it from.
    pub(crate) fn annotate(&self, annotations: &mut Annotations) {
        for fact in &self.facts {
            for value in &fact.values {
                match fact.name.as_str() {
                    "groundingMetadata" => annotations.add_grounding(value, &self.offsets),
                    "citationMetadata" => annotations.add_citations(value, &self.offsets),
                    _ => {}
                }
            }
        }
    }

    /// What was said of it under this name, one JSON text after the other.
    pub(crate) fn facts(&self, name: &str) -> &[String] {
        self.facts.iter().find(|fact| fact.name == name).map_or(&[], |fact| &fact.values)
    }

    pub(crate) fn write_extras(&self, out: &mut Vec<u8>) {
        let mut annotations = Annotations::default();
        self.annotate(&mut annotations);
        if !annotations.json().is_empty() {
            out.extend_from_slice(b"\"annotations\":[");
            out.extend_from_slice(annotations.json());
            out.push(b']');
        }
        if self.signature.is_none() && self.native.is_empty() {
            return;
        }
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(b"\"extra_content\":{\"google\":");
        let mut google = ObjectWriter::open(out);
        if let Some(signature) = &self.signature {
            google.text("thought_signature", signature);
        }
        if !self.native.is_empty() {
            let parts = google.key("parts");
            parts.push(b'[');
            parts.extend_from_slice(&self.native);
            parts.push(b']');
        }
        google.close();
        out.push(b'}');
    }

    /// Writes an object, or nothing.
    pub(crate) fn write_facts(&self, out: &mut Vec<u8>) {
        if self.facts.is_empty() {
            return;
        }
        let mut google = ObjectWriter::open(out);
        for fact in &self.facts {
            let name = snake_case(&fact.name);
            let Some((last, earlier)) = fact.values.split_last() else { continue };
            compact(google.key(&name), last);
            if !earlier.is_empty() {
                let before = google.key(&format!("earlier_{name}"));
                before.push(b'[');
                for (place, value) in earlier.iter().enumerate() {
                    if place > 0 {
                        before.push(b',');
                    }
                    compact(before, value);
                }
                before.push(b']');
            }
        }
        google.close();
    }
}

/// `groundingMetadata` as `grounding_metadata`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}
