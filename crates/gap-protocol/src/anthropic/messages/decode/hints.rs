//! `cache_control`: what a client says of the requests to come.

use crate::call::CacheHint;
use crate::json::Node;

/// What Anthropic keeps a marked beginning for, unless it is told otherwise.
const FIVE_MINUTES: u32 = 300;
const AN_HOUR: u32 = 3600;

/// The longest beginning that is marked; nothing if none is.
pub(super) fn read(request: &Node<'_>) -> Option<CacheHint> {
    let messages = items(request, "messages");
    let mut seconds = None;
    let mut note = |node: &Node<'_>| {
        let Some(control) = node.find("cache_control") else { return false };
        let asked =
            if control.find("ttl").and_then(Node::text).as_deref() == Some("1h") { AN_HOUR } else { FIVE_MINUTES };
        seconds = Some(seconds.map_or(asked, |known: u32| known.max(asked)));
        true
    };
    // At the top it means the last thing that can be kept.
    let mut longest = if note(request) { messages.len() } else { 0 };
    for node in items(request, "tools").iter().chain(items(request, "system")) {
        note(node);
    }
    for (index, message) in messages.iter().enumerate() {
        for block in items(message, "content") {
            if note(block) {
                longest = longest.max(index + 1);
            }
        }
    }
    seconds.map(|seconds| CacheHint { messages: longest, seconds })
}

fn items<'n, 'a>(node: &'n Node<'a>, key: &str) -> &'n [Node<'a>] {
    node.find(key).and_then(Node::items).unwrap_or_default()
}
