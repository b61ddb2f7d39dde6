//! Models, in Anthropic's form.

use crate::json::{self, Node, ObjectWriter};
use crate::openai::models::Model;

/// Google does not say since when a model exists; Anthropic's reference allows the epoch then.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Which models of a list are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// How many at most.
    pub limit: usize,
    /// Those behind this one.
    pub after: Option<String>,
    /// Those before this one.
    pub before: Option<String>,
}

/// One model.
pub fn one(model: &Model) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, model);
    out
}

/// One page of the list.
pub fn page(models: &[Model], cursor: &Cursor) -> Vec<u8> {
    let place = |id: &Option<String>| models.iter().position(|model| Some(&model.id) == id.as_ref());
    let (mut from, mut to) =
        (place(&cursor.after).map_or(0, |at| at + 1), place(&cursor.before).unwrap_or(models.len()));
    to = to.max(from);
    let has_more = to - from > cursor.limit;
    if cursor.before.is_some() && cursor.after.is_none() {
        from = from.max(to.saturating_sub(cursor.limit));
    } else {
        to = to.min(from + cursor.limit);
    }
    let shown = models.get(from..to).unwrap_or_default();
    let mut out = b"{\"data\":[".to_vec();
    for (index, model) in shown.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(&mut out, model);
    }
    out.extend_from_slice(b"],\"has_more\":");
    out.extend_from_slice(if has_more { b"true" } else { b"false" });
    for (key, model) in [("first_id", shown.first()), ("last_id", shown.last())] {
        out.extend_from_slice(format!(",\"{key}\":").as_bytes());
        match model {
            Some(model) => json::write_text(&mut out, &model.id),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
    out
}

fn write(out: &mut Vec<u8>, model: &Model) {
    let entry = json::parse(model.entry().as_bytes()).ok();
    let find = |key| entry.as_ref().and_then(|entry| entry.find(key));
    let name = find("displayName").and_then(Node::text);
    let mut object = ObjectWriter::open(out);
    object.text("type", "model").text("id", &model.id).text("display_name", name.as_deref().unwrap_or(&model.id));
    object.text("created_at", CREATED).text("lifecycle", "active");
    for (key, limit) in [("max_input_tokens", "inputTokenLimit"), ("max_tokens", "outputTokenLimit")] {
        match find(limit).and_then(Node::integer) {
            Some(limit) => object.raw(key, &limit.to_string()),
            None => object.raw(key, "null"),
        };
    }
    object.close();
}
