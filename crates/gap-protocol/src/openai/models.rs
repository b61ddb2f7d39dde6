//! Models: Google's list in OpenAI's form.
//!
//! OpenAI says four things of a model; Google says much that front ends like to show. The most useful is beside the four
//! under the names that routers use, and Google's own entry stands in `extra_content.google`, to the letter.

use std::collections::HashSet;

use crate::json::{self, Node, ObjectWriter};
use crate::reply::compact;

/// Google does not say since when a model exists. This is the day on which its API opened (2023-12-13); one that changed
/// with every start would make two lists of the same models differ.
const CREATED: &str = "1702425600";

/// One model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name, without `models/`.
    pub id: String,
    /// Google's entry, as JSON.
    json: String,
}

/// One page of Google's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The models on it.
    pub models: Vec<Model>,
    /// What to ask for the next page with, if there is one.
    pub next_page_token: Option<String>,
}

// === impl Page ===

impl Page {
    /// Reads an answer of `models.list`; nothing if it is none.
    pub fn read(body: &[u8]) -> Option<Self> {
        let page = json::parse(body).ok()?;
        page.members()?;
        let models = page.find("models").and_then(Node::items).unwrap_or_default();
        let next_page_token = page.find("nextPageToken").and_then(Node::text).filter(|token| !token.is_empty());
        Some(Self {
            models: models.iter().filter_map(Model::of).collect(),
            next_page_token: next_page_token.map(std::borrow::Cow::into_owned),
        })
    }
}

// === impl Model ===

impl Model {
    /// Reads an answer of `models.get`; nothing if it is none.
    pub fn read(body: &[u8]) -> Option<Self> {
        Self::of(&json::parse(body).ok()?)
    }

    /// The same model under another name: an alias of it.
    #[must_use]
    pub fn called(&self, id: &str) -> Self {
        Self { id: id.to_owned(), json: self.json.clone() }
    }

    /// Google's entry, as JSON.
    pub fn entry(&self) -> &str {
        &self.json
    }

    /// OpenAI's form of it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.json.len() + 256);
        self.write(&mut out);
        out
    }

    fn of(node: &Node<'_>) -> Option<Self> {
        let name = node.find("name")?.text()?;
        let id = name.strip_prefix("models/").unwrap_or(&name).to_owned();
        (!id.is_empty()).then(|| Self { id, json: node.raw().to_owned() })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let entry = json::parse(self.json.as_bytes()).ok();
        let find = |key| entry.as_ref().and_then(|entry| entry.find(key));
        let mut object = ObjectWriter::open(out);
        object.text("id", &self.id).text("object", "model").raw("created", CREATED).text("owned_by", "google");
        let texts = [("display_name", "displayName"), ("description", "description")];
        for (name, text) in texts.iter().filter_map(|(name, key)| Some((name, find(key)?.text()?))) {
            object.text(name, &text);
        }
        let limits = [("context_length", "inputTokenLimit"), ("max_output_tokens", "outputTokenLimit")];
        for (name, limit) in limits.iter().filter_map(|(name, key)| Some((name, find(key)?.integer()?))) {
            object.raw(name, &limit.to_string());
        }
        let mut extra = ObjectWriter::open(object.key("extra_content"));
        compact(extra.key("google"), &self.json);
        extra.close();
        object.close();
    }
}

/// OpenAI's list of these models, each once, in their order.
pub fn list(models: &[Model]) -> Vec<u8> {
    let mut out = b"{\"object\":\"list\",\"data\":[".to_vec();
    let mut seen = HashSet::new();
    for model in models.iter().filter(|model| seen.insert(&model.id)) {
        if out.last() == Some(&b'}') {
            out.push(b',');
        }
        model.write(&mut out);
    }
    out.extend_from_slice(b"]}");
    out
}

#[cfg(test)]
mod tests;
