//! Which requests have one answer only, and which answers are worth keeping.

use bytes::Bytes;
use gap_protocol::json::{self, Node};
use gap_protocol::meter::Framing;
use gap_protocol::sse::Decoder;

/// What names something outside the request, which may change or vanish.
const OUTSIDE: [&str; 4] = ["fileData", "file_data", "cachedContent", "cached_content"];

/// Whether a request asks for one answer with temperature 0 and depends on nothing but what stands in it.
pub(super) fn is_deterministic(body: &[u8]) -> bool {
    if memchr::memmem::find(body, b"temperature").is_none() {
        return false;
    }
    let Ok(document) = json::parse(body) else { return false };
    let configured = one_of(&document, "generationConfig", "generation_config");
    let is_cold = |config: &Node<'_>| config.find("temperature").and_then(Node::number) == Some(0.0);
    let asks_for_one = |config: &Node<'_>| {
        let count = config.find("candidateCount").or_else(|| config.find("candidate_count"));
        count.is_none_or(|count| count.number() == Some(1.0))
    };
    configured.is_some_and(|config| is_cold(config) && asks_for_one(config))
        && document.find("tools").is_none_or(has_only_functions)
        && !names_outside(&document)
}

/// Whether the tools are functions of the client's: what Google's own tools find is another thing each day.
fn has_only_functions(tools: &Node<'_>) -> bool {
    let is_function = |name: &str| matches!(name, "functionDeclarations" | "function_declarations");
    let is_plain =
        |tool: &Node<'_>| tool.members().is_some_and(|members| members.iter().all(|member| is_function(&member.key)));
    tools.items().is_some_and(|tools| tools.iter().all(is_plain))
}

fn names_outside(node: &Node<'_>) -> bool {
    let members = node.members().unwrap_or_default();
    let items = node.items().unwrap_or_default();
    members.iter().any(|member| OUTSIDE.contains(&&*member.key) || names_outside(&member.value))
        || items.iter().any(names_outside)
}

/// The value that goes by either name; none when both are there, since only Google knows which of them counts.
fn one_of<'n, 'a>(document: &'n Node<'a>, name: &str, other: &str) -> Option<&'n Node<'a>> {
    match (document.find(name), document.find(other)) {
        (Some(value), None) | (None, Some(value)) => Some(value),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// Whether an answer that has come to its end is whole, says something, and ended of itself.
pub(super) fn is_whole(body: &Bytes, framing: Framing) -> bool {
    let mut seen = Seen::default();
    let all_read = match framing {
        Framing::Json => json::parse(body).is_ok_and(|document| seen.read(&document)),
        Framing::JsonArray => json::parse(body)
            .is_ok_and(|document| document.items().is_some_and(|events| events.iter().all(|event| seen.read(event)))),
        Framing::Sse => read_events(body.clone(), &mut seen),
    };
    all_read && seen.stopped && seen.said
}

fn read_events(body: Bytes, seen: &mut Seen) -> bool {
    let mut decoder = Decoder::new();
    decoder.push(body);
    decoder.finish();
    while let Some(event) = decoder.next_event() {
        let Ok(event) = event else { return false };
        if !json::parse(&event.data).is_ok_and(|event| seen.read(&event)) {
            return false;
        }
    }
    true
}

/// What an answer has said so far.
#[derive(Debug, Default)]
struct Seen {
    /// It ended of itself.
    stopped: bool,
    /// There is something in it for the client.
    said: bool,
}

// === impl Seen ===

impl Seen {
    /// Takes in an event. False when it is nothing to keep.
    fn read(&mut self, event: &Node<'_>) -> bool {
        let is_refused = event.find("error").is_some()
            || event.find("promptFeedback").is_some_and(|said| said.find("blockReason").is_some());
        let candidates = event.find("candidates").and_then(Node::items).unwrap_or_default();
        !is_refused && candidates.iter().all(|candidate| self.read_candidate(candidate))
    }

    fn read_candidate(&mut self, candidate: &Node<'_>) -> bool {
        let is_first = candidate.find("index").is_none_or(|index| index.number() == Some(0.0));
        let reason = candidate.find("finishReason").and_then(Node::text);
        if !is_first || reason.as_deref().is_some_and(|reason| reason != "STOP") {
            return false;
        }
        self.stopped |= reason.is_some();
        let parts = candidate.find("content").and_then(|content| content.find("parts")).and_then(Node::items);
        self.said |= parts.unwrap_or_default().iter().any(says_something);
        true
    }
}

/// Whether a part is for the client, and not only a thought.
fn says_something(part: &Node<'_>) -> bool {
    let is_thought = part.find("thought").and_then(Node::bool) == Some(true);
    let has_text = part.find("text").is_some_and(|text| !text.is_empty_text());
    !is_thought && (has_text || part.find("functionCall").is_some() || part.find("inlineData").is_some())
}
