//! The Conversations API: what its requests say and what its answers look like.
//!
//! A conversation is a list of items under a name of its own. Its client puts items in and takes them out; responses that name
//! it add what was said and answered.

use std::collections::HashSet;

use crate::call::{DecodeError, Problem};
use crate::json::{self, Kind, Member, Node, ObjectWriter, Path, write_text};
use crate::openai::chat::write::write_number;

use super::items::{Item, write_item};

/// How many items one request may bring.
pub const MOST_ITEMS: usize = 20;
/// How many pairs of metadata there may be, and how long their keys and values.
const METADATA: (usize, usize, usize) = (16, 64, 512);
/// Who may have said a message.
const ROLES: &[&str] = &["user", "assistant", "system", "developer"];

/// What a conversation begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// What its client notes about it: a JSON object.
    pub metadata: String,
    /// Its first items.
    pub items: Vec<Item>,
}

/// Reads a request for a new conversation. `unique` makes the ids of items that have none.
pub fn read_beginning(body: &[u8], unique: &str) -> Result<Beginning, DecodeError> {
    if body.trim_ascii().is_empty() {
        return Ok(Beginning { metadata: "{}".to_owned(), items: Vec::new() });
    }
    let request = document(body, &["items", "metadata"])?;
    let metadata = request.find("metadata").map_or_else(|| Ok("{}".to_owned()), metadata)?;
    let items = request.find("items").map_or_else(|| Ok(Vec::new()), |items| new_items(items, unique))?;
    Ok(Beginning { metadata, items })
}

/// Reads the metadata that a conversation is to have.
pub fn read_metadata(body: &[u8]) -> Result<String, DecodeError> {
    let request = document(body, &["metadata"])?;
    match request.member("metadata") {
        Some(node) if node.is_null() => Ok("{}".to_owned()),
        Some(node) => metadata(node),
        None => Err(DecodeError::new(Problem::Missing, "metadata", "is needed")),
    }
}

/// Reads items that are to be added.
pub fn read_items(body: &[u8], unique: &str) -> Result<Vec<Item>, DecodeError> {
    let request = document(body, &["items"])?;
    let items = request.find("items").ok_or_else(|| DecodeError::new(Problem::Missing, "items", "is needed"))?;
    new_items(items, unique)
}

/// The conversation itself.
pub fn describe(id: &str, metadata: &str, created_at: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    object.text("id", id).text("object", "conversation");
    write_number(object.key("created_at"), created_at);
    object.raw("metadata", metadata);
    object.close();
    out
}

/// A list of items.
pub fn list<'i>(items: impl ExactSizeIterator<Item = (&'i str, &'i str)> + Clone, has_more: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    let data = object.text("object", "list").key("data");
    data.push(b'[');
    for (place, (_, item)) in items.clone().enumerate() {
        if place > 0 {
            data.push(b',');
        }
        data.extend_from_slice(item.as_bytes());
    }
    data.push(b']');
    for (name, item) in [("first_id", items.clone().next()), ("last_id", items.last())] {
        match item {
            Some((id, _)) => write_text(object.key(name), id),
            None => {
                object.raw(name, "null");
            }
        }
    }
    object.raw("has_more", if has_more { "true" } else { "false" });
    object.close();
    out
}

fn document<'b>(body: &'b [u8], known: &[&str]) -> Result<Node<'b>, DecodeError> {
    let request = crate::openai::chat::decode::document(body)?;
    for Member { key, .. } in request.members().unwrap_or_default() {
        if !known.contains(&&**key) {
            let field: String = key.chars().take(80).collect();
            let message = format!("is not known here; known are {}", known.join(" and "));
            return Err(DecodeError::new(Problem::Invalid, field, message));
        }
    }
    Ok(request)
}

fn metadata(node: &Node<'_>) -> Result<String, DecodeError> {
    let path = Path::Root.key("metadata");
    let (most, longest_key, longest_value) = METADATA;
    let pairs = node.want_members(&path)?;
    let invalid = |field: String, message: String| Err(DecodeError::new(Problem::Invalid, field, message));
    if pairs.len() > most {
        return invalid(path.to_string(), format!("has at most {most} pairs, not {}", pairs.len()));
    }
    for Member { key, value } in pairs {
        let shown: String = key.chars().take(longest_key).collect();
        let field = path.key(&shown);
        if key.chars().count() > longest_key {
            return invalid(field.to_string(), format!("its key has at most {longest_key} characters"));
        }
        if value.want_text(&field)?.chars().count() > longest_value {
            return invalid(field.to_string(), format!("has at most {longest_value} characters"));
        }
    }
    Ok(node.json().into_owned())
}

fn new_items(node: &Node<'_>, unique: &str) -> Result<Vec<Item>, DecodeError> {
    let path = Path::Root.key("items");
    let items = node.want_items(&path)?;
    if items.len() > MOST_ITEMS {
        let message = format!("has at most {MOST_ITEMS} items at a time, not {}", items.len());
        return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
    }
    let mut seen = HashSet::new();
    let mut new = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let path = path.index(place);
        check(item, &path)?;
        let mut out = Vec::new();
        write_item(item, unique, place, &mut out);
        let json = String::from_utf8(out).unwrap_or_default();
        let id = json::parse(json.as_bytes()).ok().and_then(|item| Some(item.find("id")?.text()?.into_owned()));
        let id = id.unwrap_or_default();
        if !seen.insert(id.clone()) {
            return Err(DecodeError::new(Problem::Invalid, path.key("id").to_string(), "names two of the items"));
        }
        new.push(Item { id, json });
    }
    Ok(new)
}

/// Whether it is an item that a response could begin with. What is in it says the response that reads it.
fn check(item: &Node<'_>, path: &Path<'_>) -> Result<(), DecodeError> {
    item.want_members(path)?;
    let invalid =
        |field: &Path<'_>, message: String| Err(DecodeError::new(Problem::Invalid, field.to_string(), message));
    if let Some(id) = item.find("id") {
        let field = path.key("id");
        let id = id.want_text(&field)?;
        if id.is_empty() || id.len() > 200 || id.chars().any(char::is_control) {
            return invalid(&field, "has 1 to 200 bytes of text without control characters".to_owned());
        }
    }
    let kind = match item.find("type") {
        Some(kind) => kind.want_text(&path.key("type"))?,
        None if item.find("role").is_some() => std::borrow::Cow::Borrowed("message"),
        None => return Err(DecodeError::new(Problem::Missing, path.key("type").to_string(), "is needed")),
    };
    let needed: &[&str] = match &*kind {
        "message" => &["role", "content"],
        "function_call" => &["call_id", "name", "arguments"],
        "custom_tool_call" => &["call_id", "name", "input"],
        "function_call_output" | "custom_tool_call_output" => &["call_id", "output"],
        "item_reference" => {
            return invalid(&path.key("type"), "cannot be a reference: add the item itself".to_owned());
        }
        _ => &[],
    };
    for key in needed {
        let field = path.key(key);
        let Some(value) = item.find(key) else {
            return Err(DecodeError::new(Problem::Missing, field.to_string(), "is needed"));
        };
        let is_list = matches!(value.kind(), Kind::List(_)) && matches!(*key, "content" | "output");
        if !is_list {
            value.want_text(&field)?;
        }
    }
    if kind == "message" {
        let role = item.find("role").and_then(Node::text).unwrap_or_default();
        if !ROLES.contains(&&*role) {
            return invalid(&path.key("role"), format!("must be one of {}", ROLES.join(", ")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refusal(body: &Value) -> String {
        read_beginning(body.to_string().as_bytes(), "u").unwrap_err().to_string()
    }

    #[test]
    fn a_conversation_begins_with_what_its_client_says() {
        let nothing = Beginning { metadata: "{}".to_owned(), items: Vec::new() };
        for body in ["", "{}", r#"{"items":null,"metadata":null}"#] {
            assert_eq!(read_beginning(body.as_bytes(), "u").unwrap(), nothing);
        }
        let body = json!({"metadata": {"topic": "猫"}, "items": [
            {"role": "user", "content": "Hi"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gap1.x"},
        ]});
        let begun = read_beginning(body.to_string().as_bytes(), "u").unwrap();
        assert_eq!(begun.metadata, r#"{"topic":"猫"}"#);
        let ids: Vec<&str> = begun.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["msg_u_i0", "fco_u_i1", "rs_1"]);
        let first: Value = serde_json::from_str(&begun.items[0].json).unwrap();
        let content = json!([{"type": "input_text", "text": "Hi"}]);
        let expected =
            json!({"id": "msg_u_i0", "type": "message", "role": "user", "content": content, "status": "completed"});
        assert_eq!(first, expected);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_field() {
        let many: Vec<Value> = (0..21).map(|_| json!({"role": "user", "content": "x"})).collect();
        let pairs: serde_json::Map<String, Value> = (0..17).map(|n| (n.to_string(), json!("x"))).collect();
        let cases = [
            (json!({"items": {}}), "items: must be an array"),
            (json!({"items": many}), "items: has at most 20 items at a time, not 21"),
            (json!({"items": [1]}), "items[0]: must be an object"),
            (json!({"items": [{"content": "x"}]}), "items[0].type: is needed"),
            (json!({"items": [{"role": "robot", "content": "x"}]}), "items[0].role: must be one of"),
            (json!({"items": [{"role": "user"}]}), "items[0].content: is needed"),
            (
                json!({"items": [{"type": "function_call", "call_id": "c", "name": "f"}]}),
                "items[0].arguments: is needed",
            ),
            (json!({"items": [{"type": "item_reference", "id": "x"}]}), "items[0].type: cannot be a reference"),
            (json!({"items": [{"id": "", "role": "user", "content": "x"}]}), "items[0].id: has 1 to 200"),
            (
                json!({"items": [{"id": "a", "role": "user", "content": "x"}, {"id": "a", "role": "user", "content": "y"}]}),
                "items[1].id: names two",
            ),
            (json!({"metadata": []}), "metadata: must be an object"),
            (json!({"metadata": {"a": 1}}), "metadata.a: must be a string"),
            (json!({"metadata": {"a": "x".repeat(513)}}), "metadata.a: has at most 512"),
            (json!({"metadata": {"k".repeat(65): "x"}}), "its key has at most 64"),
            (json!({"metadata": pairs}), "metadata: has at most 16 pairs, not 17"),
            (json!({"title": "x"}), "title: is not known here; known are items and metadata"),
            (json!([]), "must be a JSON object"),
        ];
        for (body, expected) in cases {
            let refusal = refusal(&body);
            assert!(refusal.contains(expected), "{body}: {refusal}");
        }
        assert!(read_metadata(b"{}").unwrap_err().to_string().starts_with("metadata: is needed"));
        assert_eq!(read_metadata(br#"{"metadata":null}"#).unwrap(), "{}");
        assert!(read_items(b"{}", "u").unwrap_err().to_string().starts_with("items: is needed"));
        assert!(read_items(b"{", "u").is_err());
    }

    #[test]
    fn lists_and_conversations_are_what_openai_says() {
        let items = [("a", r#"{"id":"a"}"#), ("b", r#"{"id":"b"}"#)];
        let expected =
            r#"{"object":"list","data":[{"id":"a"},{"id":"b"}],"first_id":"a","last_id":"b","has_more":true}"#;
        assert_eq!(String::from_utf8(list(items.into_iter(), true)).unwrap(), expected);
        let none: Value = serde_json::from_slice(&list([].into_iter(), false)).unwrap();
        assert_eq!(none, json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false}));
        let described = String::from_utf8(describe("conv_1", r#"{"a":"b"}"#, 7)).unwrap();
        assert_eq!(described, r#"{"id":"conv_1","object":"conversation","created_at":7,"metadata":{"a":"b"}}"#);
    }
}
