//! What a response says about its request: OpenAI gives back most of it, with defaults where nothing was said.

use crate::json::{Node, ObjectWriter};

/// Properties that are given back as they came, and what stands there when they did not.
const ECHOED: &[(&str, &str)] = &[
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("safety_identifier", "null"),
    ("temperature", "1"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "1"),
    ("truncation", "\"disabled\""),
];

/// The members of a response that repeat its request, as an object.
pub(super) fn write(request: &Node<'_>, store: bool, conversation: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    for (name, default) in ECHOED {
        match request.find(name).filter(|node| !node.is_null()) {
            Some(node) => object.node(name, node),
            None => object.raw(name, default),
        };
    }
    if let Some(user) = request.find("user").filter(|user| !user.is_null()) {
        object.node("user", user);
    }
    nested(&mut object, "reasoning", request.find("reasoning"), &[("effort", "null"), ("summary", "null")]);
    nested(
        &mut object,
        "text",
        request.find("text"),
        &[("format", "{\"type\":\"text\"}"), ("verbosity", "\"medium\"")],
    );
    object.raw("store", if store { "true" } else { "false" });
    if let Some(conversation) = conversation {
        let mut inner = ObjectWriter::open(object.key("conversation"));
        inner.text("id", conversation);
        inner.close();
    }
    object.close();
    out
}

fn nested(object: &mut ObjectWriter<'_>, name: &str, node: Option<&Node<'_>>, members: &[(&str, &str)]) {
    let mut inner = ObjectWriter::open(object.key(name));
    for (name, default) in members {
        match node.and_then(|node| node.find(name)).filter(|node| !node.is_null()) {
            Some(node) => inner.node(name, node),
            None => inner.raw(name, default),
        };
    }
    inner.close();
}
