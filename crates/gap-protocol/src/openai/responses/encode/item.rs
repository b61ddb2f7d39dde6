//! The item that is open: a message, thoughts, or code.

use crate::json::{self, ObjectWriter, write_text};
use crate::openai::chat::write::write_number;

use super::events::{Events, quoted};

/// What is being said.
#[derive(Debug, Default)]
pub(super) enum Open {
    /// Nothing.
    #[default]
    Nothing,
    /// Text.
    Message(Message),
    /// Thoughts.
    Thoughts(Thoughts),
    /// Code that the model runs.
    Code(Code),
}

/// Where an item is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) index: u64,
    pub(super) id: String,
}

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) place: Place,
    /// Letters.
    pub(super) text: Vec<u8>,
    /// How many characters of the answer came before it.
    pub(super) base: usize,
    /// Items.
    pub(super) logprobs: Vec<u8>,
}

/// Thoughts, or nothing but what a reasoning item carries.
#[derive(Debug)]
pub(super) struct Thoughts {
    pub(super) place: Place,
    /// Letters.
    pub(super) text: Vec<u8>,
    /// Whether a part was begun.
    pub(super) said: bool,
}

/// Code and what came of it.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) place: Place,
    pub(super) source: String,
    pub(super) output: Option<String>,
    pub(super) failed: bool,
    /// Gemini's own parts.
    pub(super) parts: Vec<String>,
}

// === impl Message ===

impl Message {
    pub(super) fn begin(place: Place, base: usize, events: &mut Events<'_>) -> Self {
        let message = Self { place, text: Vec::new(), base, logprobs: Vec::new() };
        if events.heard() {
            let mut item = Vec::new();
            message.write(&mut item, "in_progress", None);
            events.item("response.output_item.added", message.place.index, &item);
            events.of_item("response.content_part.added", message.place.index, &message.place.id, |event| {
                event.raw("content_index", "0");
                message.write_part(event.key("part"), b"", b"");
            });
        }
        message
    }

    pub(super) fn say(&mut self, letters: &[u8], events: &mut Events<'_>) {
        self.text.extend_from_slice(letters);
        events.of_item("response.output_text.delta", self.place.index, &self.place.id, |event| {
            event.raw("content_index", "0");
            quoted(event, "delta", letters);
            event.raw("logprobs", "[]");
        });
    }

    /// Ends it; `annotations` are items. Gives the item.
    pub(super) fn end(self, status: &str, annotations: &[u8], events: &mut Events<'_>) -> Vec<u8> {
        let Place { index, id } = &self.place;
        if events.heard() {
            let list = [b"[", annotations, b"]"].concat();
            let nodes = json::parse(&list).ok();
            for (at, annotation) in nodes.iter().filter_map(json::Node::items).flatten().enumerate() {
                events.of_item("response.output_text.annotation.added", *index, id, |event| {
                    event.raw("content_index", "0");
                    write_number(event.key("annotation_index"), at as u64);
                    event.node("annotation", annotation);
                });
            }
            events.of_item("response.output_text.done", *index, id, |event| {
                event.raw("content_index", "0");
                quoted(event, "text", &self.text);
                event.raw("logprobs", "[]");
            });
            events.of_item("response.content_part.done", *index, id, |event| {
                event.raw("content_index", "0");
                self.write_part(event.key("part"), &self.text, annotations);
            });
        }
        let mut item = Vec::with_capacity(self.text.len() + annotations.len() + 200);
        self.write(&mut item, status, Some(annotations));
        events.item("response.output_item.done", *index, &item);
        item
    }

    fn write(&self, out: &mut Vec<u8>, status: &str, annotations: Option<&[u8]>) {
        let mut item = ObjectWriter::open(out);
        item.text("id", &self.place.id).text("type", "message").text("status", status);
        let content = item.text("role", "assistant").key("content");
        content.push(b'[');
        if let Some(annotations) = annotations {
            self.write_part(content, &self.text, annotations);
        }
        content.push(b']');
        item.close();
    }

    fn write_part(&self, out: &mut Vec<u8>, letters: &[u8], annotations: &[u8]) {
        let mut part = ObjectWriter::open(out);
        quoted(part.text("type", "output_text"), "text", letters);
        for (key, items) in [("annotations", annotations), ("logprobs", &self.logprobs)] {
            let list = part.key(key);
            list.push(b'[');
            list.extend_from_slice(items);
            list.push(b']');
        }
        part.close();
    }
}

// === impl Thoughts ===

impl Thoughts {
    pub(super) fn begin(place: Place, events: &mut Events<'_>) -> Self {
        let thoughts = Self { place, text: Vec::new(), said: false };
        if events.heard() {
            let mut item = Vec::new();
            thoughts.write(&mut item, "in_progress", None);
            events.item("response.output_item.added", thoughts.place.index, &item);
        }
        thoughts
    }

    pub(super) fn say(&mut self, letters: &[u8], events: &mut Events<'_>) {
        let Place { index, id } = &self.place;
        if !std::mem::replace(&mut self.said, true) {
            events.of_item("response.reasoning_summary_part.added", *index, id, |event| {
                event.raw("summary_index", "0");
                write_summary(event.key("part"), b"");
            });
        }
        self.text.extend_from_slice(letters);
        events.of_item("response.reasoning_summary_text.delta", *index, id, |event| {
            event.raw("summary_index", "0");
            quoted(event, "delta", letters);
        });
    }

    /// Ends them, with what they carry. Gives the item.
    pub(super) fn end(self, sealed: Option<&str>, events: &mut Events<'_>) -> Vec<u8> {
        let Place { index, id } = &self.place;
        if self.said {
            events.of_item("response.reasoning_summary_text.done", *index, id, |event| {
                event.raw("summary_index", "0");
                quoted(event, "text", &self.text);
            });
            events.of_item("response.reasoning_summary_part.done", *index, id, |event| {
                event.raw("summary_index", "0");
                write_summary(event.key("part"), &self.text);
            });
        }
        let mut item = Vec::with_capacity(self.text.len() + 200);
        self.write(&mut item, "completed", sealed);
        events.item("response.output_item.done", *index, &item);
        item
    }

    fn write(&self, out: &mut Vec<u8>, status: &str, sealed: Option<&str>) {
        let mut item = ObjectWriter::open(out);
        let summary = item.text("id", &self.place.id).text("type", "reasoning").key("summary");
        summary.push(b'[');
        if self.said {
            write_summary(summary, &self.text);
        }
        summary.push(b']');
        match sealed {
            Some(sealed) => write_text(item.key("encrypted_content"), sealed),
            None => {
                item.raw("encrypted_content", "null");
            }
        }
        item.text("status", status);
        item.close();
    }
}

fn write_summary(out: &mut Vec<u8>, letters: &[u8]) {
    let mut part = ObjectWriter::open(out);
    quoted(part.text("type", "summary_text"), "text", letters);
    part.close();
}

// === impl Code ===

impl Code {
    pub(super) fn begin(place: Place, source: String, part: String, events: &mut Events<'_>) -> Self {
        let begun = Self { place, source, output: None, failed: false, parts: vec![part] };
        if events.heard() {
            let Place { index, id } = &begun.place;
            let mut item = Vec::new();
            begun.write(&mut item, "in_progress", false);
            events.item("response.output_item.added", *index, &item);
            events.of_item("response.code_interpreter_call.in_progress", *index, id, |_| {});
            for (kind, key) in [
                ("response.code_interpreter_call_code.delta", "delta"),
                ("response.code_interpreter_call_code.done", "code"),
            ] {
                events.of_item(kind, *index, id, |event| write_text(event.key(key), &begun.source));
            }
            events.of_item("response.code_interpreter_call.interpreting", *index, id, |_| {});
        }
        begun
    }

    /// Ends it. Gives the item.
    pub(super) fn end(self, events: &mut Events<'_>) -> Vec<u8> {
        let Place { index, id } = &self.place;
        let mut item = Vec::new();
        self.write(&mut item, if self.failed { "failed" } else { "completed" }, true);
        events.of_item("response.code_interpreter_call.completed", *index, id, |_| {});
        events.item("response.output_item.done", *index, &item);
        item
    }

    fn write(&self, out: &mut Vec<u8>, status: &str, done: bool) {
        let mut item = ObjectWriter::open(out);
        item.text("id", &self.place.id).text("type", "code_interpreter_call").text("status", status);
        item.text("code", if done { &self.source } else { "" }).text("container_id", "google");
        match &self.output {
            Some(output) => {
                let outputs = item.key("outputs");
                outputs.push(b'[');
                let mut logs = ObjectWriter::open(outputs);
                logs.text("type", "logs").text("logs", output);
                logs.close();
                outputs.push(b']');
            }
            None => {
                item.raw("outputs", "null");
            }
        }
        item.close();
    }
}
