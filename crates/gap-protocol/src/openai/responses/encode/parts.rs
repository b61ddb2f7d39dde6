//! Images, code, searches, and whatever else Gemini puts between its words.

use crate::json::{self, Node, ObjectWriter, write_text};
use crate::openai::chat::media::Kind;
use crate::openai::chat::write::write_letters;
use crate::reply::{Media, Native, Text};

use super::answer::Answer;
use super::events::Events;
use super::item::{Code, Open, Place};

impl Answer {
    /// An image is an item; other media have no word, and are shown in `extra_content`.
    pub(super) fn on_media(&mut self, media: &Media<'_>, signature: Option<Text<'_>>, events: &mut Events<'_>) {
        self.note_part(0);
        self.choice.said = true;
        if Kind::of(&media.mime_type.decode()) == Kind::Image {
            self.say_image(media, events);
            if let Some(signature) = signature {
                self.owe_last(signature.decode().into_owned());
            }
            return;
        }
        self.begin(events);
        let mut part = Vec::new();
        let mut object = ObjectWriter::open(&mut part);
        let mut inline = ObjectWriter::open(object.key("inlineData"));
        write_letters(inline.key("mimeType"), media.mime_type);
        write_letters(inline.key("data"), media.data);
        inline.close();
        if let Some(signature) = signature {
            write_letters(object.key("thoughtSignature"), signature);
        }
        object.close();
        self.show(&part);
    }

    fn say_image(&mut self, media: &Media<'_>, events: &mut Events<'_>) {
        self.make_room(events);
        let Place { index, id } = self.place("ig");
        let write = |status: &str, done: bool| {
            let mut out = Vec::new();
            let mut item = ObjectWriter::open(&mut out);
            item.text("id", &id).text("type", "image_generation_call").text("status", status);
            if done {
                let mime = media.mime_type.decode();
                item.text("output_format", mime.strip_prefix("image/").unwrap_or(&mime));
                write_letters(item.key("result"), media.data);
            } else {
                item.raw("result", "null");
            }
            item.close();
            out
        };
        if events.heard() {
            events.item("response.output_item.added", index, &write("in_progress", false));
            for step in ["in_progress", "generating", "completed"] {
                events.of_item(&format!("response.image_generation_call.{step}"), index, &id, |_| {});
            }
        }
        let item = write("completed", true);
        events.item("response.output_item.done", index, &item);
        self.add(&item);
    }

    /// A part of any other kind: code and its result are an item, the rest comes back sealed.
    pub(super) fn on_native(&mut self, part: Native<'_>, events: &mut Events<'_>) {
        self.note_part(0);
        self.choice.said = true;
        let mut json = Vec::new();
        part.write(&mut json);
        let text = String::from_utf8(json).unwrap_or_default();
        let Ok(node) = json::parse(text.as_bytes()) else { return };
        if let Some(code) = node.find("executableCode") {
            self.make_room(events);
            let place = self.place("ci");
            let code = code.find("code").and_then(Node::text).unwrap_or_default().into_owned();
            self.open = Open::Code(Code::begin(place, code, text, events));
            return;
        }
        if let (Some(result), Open::Code(code)) = (node.find("codeExecutionResult"), &mut self.open) {
            let output = result.find("output").and_then(Node::text).unwrap_or_default();
            code.output.get_or_insert_default().push_str(&output);
            let outcome = result.find("outcome").and_then(Node::text);
            code.failed = outcome.is_some_and(|outcome| outcome != "OUTCOME_OK");
            code.parts.push(text.clone());
            self.close(events);
            return;
        }
        self.begin(events);
        self.close(events);
        self.owed.parts.push(text);
    }

    /// Shows a part in `extra_content`.
    fn show(&mut self, part: &[u8]) {
        if !self.native.is_empty() {
            self.native.push(b',');
        }
        self.native.extend_from_slice(part);
    }

    /// What was searched for: Google tells it with its sources, behind the text.
    // wire 118
    pub(super) fn say_searches(&mut self, events: &mut Events<'_>) {
        let mut queries: Vec<String> = Vec::new();
        let mut sources: Vec<String> = Vec::new();
        for fact in self.choice.facts("groundingMetadata") {
            let Ok(metadata) = json::parse(fact.as_bytes()) else { continue };
            let list = |key: &str| metadata.find(key).and_then(Node::items).unwrap_or_default();
            let asked = list("webSearchQueries").iter().filter_map(Node::text);
            for query in asked {
                if !queries.iter().any(|known| *known == *query) {
                    queries.push(query.into_owned());
                }
            }
            let found = list("groundingChunks").iter().filter_map(|chunk| chunk.find("web")?.find("uri")?.text());
            for uri in found {
                if !sources.iter().any(|known| *known == *uri) {
                    sources.push(uri.into_owned());
                }
            }
        }
        if queries.is_empty() {
            return;
        }
        let sources = self.extra.include.sources.then_some(sources);
        let Place { index, id } = self.place("ws");
        let write = |status: &str| {
            let mut out = Vec::new();
            let mut item = ObjectWriter::open(&mut out);
            item.text("id", &id).text("type", "web_search_call").text("status", status);
            let mut action = ObjectWriter::open(item.key("action"));
            action.text("type", "search").text("query", queries.first().map_or("", String::as_str));
            let list = action.key("queries");
            list.push(b'[');
            for (place, query) in queries.iter().enumerate() {
                if place > 0 {
                    list.push(b',');
                }
                write_text(list, query);
            }
            list.push(b']');
            if let Some(sources) = &sources {
                let list = action.key("sources");
                list.push(b'[');
                for (place, uri) in sources.iter().enumerate() {
                    if place > 0 {
                        list.push(b',');
                    }
                    let mut source = ObjectWriter::open(list);
                    source.text("type", "url").text("url", uri);
                    source.close();
                }
                list.push(b']');
            }
            action.close();
            item.close();
            out
        };
        if events.heard() {
            events.item("response.output_item.added", index, &write("in_progress"));
            for step in ["in_progress", "searching", "completed"] {
                events.of_item(&format!("response.web_search_call.{step}"), index, &id, |_| {});
            }
        }
        let item = write("completed");
        events.item("response.output_item.done", index, &item);
        self.add(&item);
    }
}
