//! Where an answer has it from (wire 118), in Anthropic's words.
//!
//! Google tells it at the end: which stretch of the text leans on which page. Anthropic hangs citations on text blocks,
//! each with the words it stands for, so none of Google's offsets has to be counted anew.

use std::collections::HashSet;

use crate::json::{self, Node, ObjectWriter};

/// What searches have brought.
#[derive(Debug, Default)]
pub(super) struct Grounding {
    queries: Vec<String>,
    pages: Vec<Page>,
    /// The words, and the pages that they lean on.
    supports: Vec<(String, Vec<usize>)>,
}

#[derive(Debug)]
struct Page {
    url: String,
    title: String,
}

// === impl Grounding ===

impl Grounding {
    /// Reads every `groundingMetadata` of an answer.
    pub(super) fn read(metadata: &[String]) -> Self {
        let mut grounding = Self::default();
        for json in metadata {
            if let Ok(metadata) = json::parse(json.as_bytes()) {
                grounding.add(&metadata);
            }
        }
        grounding
    }

    fn add(&mut self, metadata: &Node<'_>) {
        for query in items(metadata, "webSearchQueries").iter().filter_map(Node::text) {
            if self.queries.iter().all(|known| *known != query) {
                self.queries.push(query.into_owned());
            }
        }
        let places: Vec<Option<usize>> =
            items(metadata, "groundingChunks").iter().map(|page| self.page(page)).collect();
        for support in items(metadata, "groundingSupports") {
            let words = support.find("segment").and_then(|segment| segment.find("text")).and_then(Node::text);
            let indices = items(support, "groundingChunkIndices").iter().filter_map(Node::integer);
            let pages = indices.filter_map(|index| *places.get(usize::try_from(index).ok()?)?).collect();
            self.supports.push((words.unwrap_or_default().into_owned(), pages));
        }
    }

    /// The place of a page in the list: an object with one member, named for its kind. None if it has no address.
    fn page(&mut self, page: &Node<'_>) -> Option<usize> {
        let source = page.members()?.iter().find_map(|member| member.value.members().map(|_| &member.value))?;
        let text = |key: &str| source.find(key).and_then(Node::text).filter(|text| !text.is_empty());
        let url = text("uri")?.into_owned();
        let title = text("title").or_else(|| text("domain")).map_or_else(|| url.clone(), std::borrow::Cow::into_owned);
        if let Some(known) = self.pages.iter().position(|page| page.url == url) {
            return Some(known);
        }
        self.pages.push(Page { url, title });
        Some(self.pages.len() - 1)
    }

    /// Whether nothing was searched.
    pub(super) fn is_empty(&self) -> bool {
        self.queries.is_empty() && self.pages.is_empty()
    }

    /// How many searches there were.
    pub(super) fn searches(&self) -> u64 {
        self.queries.len().max(1) as u64
    }

    /// The input of the call that stands for the searches.
    pub(super) fn input(&self) -> String {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        object.text("query", &self.queries.join("; "));
        object.close();
        String::from_utf8(out).unwrap_or_default()
    }

    /// Hands over each citation once, as JSON.
    pub(super) fn cite(&self, mut citation: impl FnMut(&[u8])) {
        let mut seen = HashSet::new();
        for (words, pages) in &self.supports {
            for place in pages {
                let Some(page) = self.pages.get(*place).filter(|_| seen.insert((words, *place))) else { continue };
                let mut out = Vec::new();
                let mut object = ObjectWriter::open(&mut out);
                object.text("type", "web_search_result_location").text("cited_text", words);
                object.text("url", &page.url).text("title", &page.title).text("encrypted_index", "");
                object.close();
                citation(&out);
            }
        }
    }

    /// Writes the members of a `web_search_tool_result`.
    pub(super) fn write_results(&self, out: &mut Vec<u8>, id: &str) {
        out.extend_from_slice(b"\"type\":\"web_search_tool_result\",\"tool_use_id\":");
        json::write_text(out, id);
        out.extend_from_slice(b",\"content\":[");
        for (place, page) in self.pages.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let mut object = ObjectWriter::open(out);
            object.text("type", "web_search_result").text("url", &page.url).text("title", &page.title);
            object.text("encrypted_content", "").raw("page_age", "null");
            object.close();
        }
        out.push(b']');
    }
}

/// How many pages were read by their addresses.
pub(super) fn fetches(metadata: &[String]) -> u64 {
    let count = |json: &String| {
        let metadata = json::parse(json.as_bytes()).ok()?;
        Some(items(&metadata, "urlMetadata").len() as u64)
    };
    metadata.iter().filter_map(count).max().unwrap_or_default()
}

fn items<'n, 'a>(node: &'n Node<'a>, key: &str) -> &'n [Node<'a>] {
    node.find(key).and_then(Node::items).unwrap_or_default()
}
