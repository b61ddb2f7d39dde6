//! The items of a request, as they are kept and listed.

use std::collections::HashMap;

use bytes::Bytes;

use crate::json::{self, Kind, Node, ObjectWriter, write_text};

use super::decode::history::reference;

/// Which items of a list are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The item behind which the page begins.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// In which order.
    pub order: Order,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were said.
    Ascending,
    /// The latest first.
    Descending,
}

/// An item by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// The item, as JSON.
    pub json: String,
}

/// The items of a list, each by itself. What has no id is none.
pub fn take_apart(list: &[u8]) -> Vec<Item> {
    let Ok(list) = json::parse(list) else { return Vec::new() };
    let items = list.items().unwrap_or_default().iter();
    items
        .filter_map(|item| Some(Item { id: item.find("id")?.text()?.into_owned(), json: item.json().into_owned() }))
        .collect()
}

/// The items of a request, each with an id, as a JSON array. `answer` is the id of the answer; in the place of an item that
/// refers to another stands what it refers to.
pub(super) fn normalise(request: &Node<'_>, answer: &str, referenced: &HashMap<&str, Node<'_>>) -> Vec<u8> {
    let unique = answer.strip_prefix("resp_").unwrap_or(answer);
    let mut out = Vec::from(b"[");
    match request.find("input").map(|input| (input, input.kind())) {
        Some((input, Kind::Text(_))) => {
            let mut item = ObjectWriter::open(&mut out);
            item.text("id", &format!("msg_{unique}_i0")).text("type", "message").text("role", "user");
            write_content(&mut item, input, "input_text");
            item.text("status", "completed");
            item.close();
        }
        Some((_, Kind::List(items))) => {
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                match reference(item).and_then(|id| referenced.get(&*id)) {
                    Some(itself) => itself.write(&mut out),
                    None => write_item(item, unique, place, &mut out),
                }
            }
        }
        Some(_) | None => {}
    }
    out.push(b']');
    out
}

pub(super) fn write_item(item: &Node<'_>, unique: &str, place: usize, out: &mut Vec<u8>) {
    let Some(members) = item.members() else { return item.write(out) };
    let kind = item.find("type").and_then(Node::text);
    let kind = kind.as_deref().unwrap_or("message");
    let mut object = ObjectWriter::open(out);
    if item.find("id").is_none() {
        object.text("id", &format!("{}_{unique}_i{place}", prefix(kind)));
    }
    if item.find("type").is_none() && item.find("role").is_some() {
        object.text("type", "message");
    }
    let is_answer = item.find("role").and_then(Node::text).is_some_and(|role| role == "assistant");
    let mut seen: Vec<&str> = Vec::new();
    for member in members {
        let key = member.key.as_ref();
        if member.value.is_null() || seen.contains(&key) {
            continue;
        }
        seen.push(key);
        if key == "content" && matches!(member.value.kind(), Kind::Text(_)) {
            write_content(&mut object, &member.value, if is_answer { "output_text" } else { "input_text" });
        } else {
            object.node(key, &member.value);
        }
    }
    if kind == "message" && item.find("status").is_none() {
        object.text("status", "completed");
    }
    object.close();
}

/// A text as a list with one part.
fn write_content(object: &mut ObjectWriter<'_>, text: &Node<'_>, kind: &str) {
    let content = object.key("content");
    content.push(b'[');
    let mut part = ObjectWriter::open(content);
    part.text("type", kind).node("text", text);
    if kind == "output_text" {
        part.raw("annotations", "[]").raw("logprobs", "[]");
    }
    part.close();
    content.push(b']');
}

/// What ids of a kind of item begin with.
fn prefix(kind: &str) -> &'static str {
    match kind {
        "message" => "msg",
        "reasoning" => "rs",
        "function_call" => "fc",
        "function_call_output" => "fco",
        "custom_tool_call" => "ctc",
        "custom_tool_call_output" => "ctco",
        _ => "item",
    }
}

/// One page of items. `lists` are JSON arrays, oldest first. Nothing if the item to begin behind is in none of them.
pub fn page(lists: &[Bytes], page: &Page) -> Option<Vec<u8>> {
    let lists: Vec<Node<'_>> = lists.iter().filter_map(|list| json::parse(list).ok()).collect();
    let mut items: Vec<&Node<'_>> = lists.iter().flat_map(|list| list.items().unwrap_or_default()).collect();
    if page.order == Order::Descending {
        items.reverse();
    }
    let id = |item: &Node<'_>| item.find("id").and_then(|id| Some(id.text()?.into_owned()));
    let begin = match &page.after {
        Some(after) => items.iter().position(|item| id(item).as_ref() == Some(after))? + 1,
        None => 0,
    };
    let rest = items.get(begin..).unwrap_or_default();
    let shown = rest.get(..page.limit.min(rest.len())).unwrap_or_default();
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    let data = object.text("object", "list").key("data");
    data.push(b'[');
    for (place, item) in shown.iter().enumerate() {
        if place > 0 {
            data.push(b',');
        }
        item.write(data);
    }
    data.push(b']');
    for (name, item) in [("first_id", shown.first()), ("last_id", shown.last())] {
        match item.and_then(|item| id(item)) {
            Some(id) => write_text(object.key(name), &id),
            None => {
                object.raw(name, "null");
            }
        }
    }
    object.raw("has_more", if shown.len() < rest.len() { "true" } else { "false" });
    object.close();
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn normalised(request: &Value) -> Value {
        let text = request.to_string();
        let node = json::parse(text.as_bytes()).unwrap();
        serde_json::from_slice(&normalise(&node, "resp_u", &HashMap::new())).unwrap()
    }

    fn ids(list: &Value) -> Vec<&str> {
        list["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
    }

    #[test]
    fn every_item_that_is_kept_has_an_id() {
        let text = normalised(&json!({"input": "hi"}));
        assert_eq!(text[0]["content"][0], json!({"type": "input_text", "text": "hi"}));
        assert_eq!(text[0]["id"], "msg_u_i0");
        let items = normalised(&json!({"input": [
            {"role": "assistant", "content": "a"},
            {"type": "function_call_output", "call_id": "c", "output": "1"},
            {"id": "rs_own", "type": "reasoning", "summary": []},
        ]}));
        assert_eq!(items[0]["content"][0]["type"], "output_text");
        assert_eq!(items[1]["id"], "fco_u_i1");
        assert_eq!(items[2]["id"], "rs_own");
    }

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        let lists = [Bytes::from_static(br#"[{"id":"a"},{"id":"b"}]"#), Bytes::from_static(br#"[{"id":"c"}]"#)];
        for (order, expected) in [(Order::Ascending, ["a", "b", "c"]), (Order::Descending, ["c", "b", "a"])] {
            let mut after = None;
            let mut seen = Vec::new();
            loop {
                let wanted = Page { after: after.clone(), limit: 2, order };
                let list: Value = serde_json::from_slice(&page(&lists, &wanted).unwrap()).unwrap();
                seen.extend(ids(&list).into_iter().map(str::to_owned));
                after = list["last_id"].as_str().map(str::to_owned);
                if list["has_more"] == false {
                    break;
                }
            }
            assert_eq!(seen, expected);
        }
        let unknown = Page { after: Some("x".to_owned()), limit: 2, order: Order::Ascending };
        assert_eq!(page(&lists, &unknown), None);
    }
}
