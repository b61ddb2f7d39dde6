//! Where an answer has it from (wire 118).
//!
//! Google points into the answer by bytes, OpenAI's `url_citation` by characters; a client that cuts a Python string at
//! byte offsets cuts it in the wrong place as soon as there is an umlaut. So the text is followed while it passes by:
//! as long as it is ASCII only its length is kept, which costs an open stream nothing.
//!
//! ## Edges
//! Google's offsets count over all text of a candidate, thoughts left out, also when it comes in pieces. An offset inside
//! a character or behind the end is moved to the nearest place that exists. A source that nothing in the text refers to
//! stands for the whole answer.
//!
//! What `fileSearch` has found has no address on the web. Chat completions know no other citation than `url_citation`, and
//! clients that check what they get would throw away an answer with another one: there the address is the document's at
//! Google. A response has `file_citation` for it. Either way the source stands beside it as Google gave it, once.

use std::collections::HashSet;

use crate::json::{Node, ObjectWriter};
use crate::reply::{Text, compact};

use super::write_number;

/// Where Google serves what has a name.
const AT_GOOGLE: &str = "https://generativelanguage.googleapis.com/v1beta/";

/// Turns byte offsets of a text into character offsets.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    /// How long the text is before its first character that is not ASCII.
    ascii: usize,
    /// The text from there on.
    rest: String,
}

/// The items of `annotations`, without repetitions.
#[derive(Debug, Default)]
pub(crate) struct Annotations {
    form: Form,
    json: Vec<u8>,
    seen: HashSet<(usize, usize, String)>,
    /// Sources without an address that have been told in full.
    told: HashSet<String>,
}

/// How an item is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Form {
    /// `{type, url_citation: {…}}`
    #[default]
    Nested,
    /// `{type, …}`, counted from this character on.
    Flat(usize),
}

// === impl Offsets ===

impl Offsets {
    /// Follows the next piece of the text.
    pub(crate) fn push(&mut self, text: Text<'_>) {
        if self.rest.is_empty() {
            if let Some(length) = text.ascii_len() {
                self.ascii += length;
                return;
            }
            let text = text.decode();
            let ascii = text.bytes().take_while(u8::is_ascii).count();
            self.ascii += ascii;
            self.rest.push_str(text.get(ascii..).unwrap_or_default());
            return;
        }
        self.rest.push_str(&text.decode());
    }

    /// The character at which the byte `offset` is.
    fn character(&self, offset: usize) -> usize {
        let Some(inside) = offset.checked_sub(self.ascii) else { return offset };
        let inside = inside.min(self.rest.len());
        let characters = self.rest.char_indices().take_while(|(at, character)| at + character.len_utf8() <= inside);
        self.ascii + characters.count()
    }

    /// How many characters have come.
    pub(crate) fn end(&self) -> usize {
        self.ascii + self.rest.chars().count()
    }
}

// === impl Annotations ===

impl Annotations {
    /// Without items yet.
    pub(crate) fn new(form: Form) -> Self {
        Self { form, ..Self::default() }
    }

    /// The items, separated by commas.
    pub(crate) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Reads a `groundingMetadata`.
    pub(crate) fn add_grounding(&mut self, json: &str, offsets: &Offsets) {
        let Ok(metadata) = crate::json::parse(json.as_bytes()) else { return };
        let chunks = list(&metadata, "groundingChunks");
        let mut used = vec![false; chunks.len()];
        for support in list(&metadata, "groundingSupports") {
            let segment = support.find("segment");
            let place = |key| segment.and_then(|segment| segment.find(key)).and_then(offset);
            // What is 0 is left out.
            let start = place("startIndex").unwrap_or_default();
            let Some(end) = place("endIndex") else { continue };
            for index in list(support, "groundingChunkIndices") {
                let Some(index) = offset(index) else { continue };
                let (Some(chunk), Some(used)) = (chunks.get(index), used.get_mut(index)) else { continue };
                *used = true;
                self.add_source(chunk, offsets.character(start), offsets.character(end));
            }
        }
        for (chunk, _) in chunks.iter().zip(&used).filter(|(_, used)| !**used) {
            self.add_source(chunk, 0, offsets.end());
        }
    }

    /// Reads a `citationMetadata`: what the model has recited.
    pub(crate) fn add_citations(&mut self, json: &str, offsets: &Offsets) {
        let Ok(metadata) = crate::json::parse(json.as_bytes()) else { return };
        // The documented name and the one that most answers have.
        for key in ["citationSources", "citations"] {
            for source in list(&metadata, key) {
                let place = |key| source.find(key).and_then(offset);
                let start = place("startIndex").map_or(0, |start| offsets.character(start));
                let end = place("endIndex").map_or_else(|| offsets.end(), |end| offsets.character(end));
                self.add(source, start, end);
            }
        }
    }

    /// One entry of `groundingChunks`: an object with one member, named for the kind of source.
    fn add_source(&mut self, chunk: &Node<'_>, start: usize, end: usize) {
        for member in chunk.members().unwrap_or_default() {
            let has_address = self.add(&member.value, start, end);
            if !has_address && member.key == "retrievedContext" {
                self.add_found(&member.value, start, end);
            }
        }
    }

    /// What a search of the client's own files has found.
    fn add_found(&mut self, source: &Node<'_>, start: usize, end: usize) {
        let text = |key| source.find(key).and_then(Node::text).filter(|text| !text.is_empty());
        let Some(id) = text("documentName").or_else(|| text("fileSearchStore")) else { return };
        // Passages of one document differ in their text alone.
        if !self.seen.insert((start, end, source.raw().to_owned())) {
            return;
        }
        let title = text("title").unwrap_or_else(|| id.clone());
        let is_new = self.told.insert(source.raw().to_owned());
        if !self.json.is_empty() {
            self.json.push(b',');
        }
        let mut object = ObjectWriter::open(&mut self.json);
        match self.form {
            Form::Nested => {
                object.text("type", "url_citation");
                let mut citation = ObjectWriter::open(object.key("url_citation"));
                write_number(citation.key("start_index"), start as u64);
                write_number(citation.key("end_index"), end.max(start) as u64);
                citation.text("url", &format!("{AT_GOOGLE}{id}"));
                citation.text("title", &title);
                citation.close();
            }
            Form::Flat(base) => {
                object.text("type", "file_citation");
                write_number(object.key("index"), end.max(start).saturating_sub(base) as u64);
                object.text("file_id", &id);
                object.text("filename", &title);
            }
        }
        if is_new {
            let mut extra = ObjectWriter::open(object.key("extra_content"));
            let mut google = ObjectWriter::open(extra.key("google"));
            compact(google.key("retrievedContext"), source.raw());
            google.close();
            extra.close();
        }
        object.close();
    }

    /// Cites a source, if it has an address.
    fn add(&mut self, source: &Node<'_>, start: usize, end: usize) -> bool {
        let text = |key| source.find(key).and_then(Node::text).filter(|text| !text.is_empty());
        let Some(url) = text("uri").or_else(|| text("sourceUri")) else { return false };
        if !self.seen.insert((start, end, url.clone().into_owned())) {
            return true;
        }
        if !self.json.is_empty() {
            self.json.push(b',');
        }
        let mut object = ObjectWriter::open(&mut self.json);
        object.text("type", "url_citation");
        let members = |citation: &mut ObjectWriter<'_>, base: usize| {
            write_number(citation.key("start_index"), start.saturating_sub(base) as u64);
            write_number(citation.key("end_index"), end.max(start).saturating_sub(base) as u64);
            citation.text("url", &url);
            citation.text("title", &text("title").or_else(|| text("domain")).unwrap_or_else(|| url.clone()));
        };
        match self.form {
            Form::Nested => {
                let mut citation = ObjectWriter::open(object.key("url_citation"));
                members(&mut citation, 0);
                citation.close();
            }
            Form::Flat(base) => members(&mut object, base),
        }
        object.close();
        true
    }
}

fn offset(node: &Node<'_>) -> Option<usize> {
    usize::try_from(node.integer()?).ok()
}

fn list<'n, 'a>(node: &'n Node<'a>, key: &str) -> &'n [Node<'a>] {
    node.find(key).and_then(Node::items).unwrap_or_default()
}

#[cfg(test)]
mod tests;
