//! What an answer cost, in Anthropic's words.
//!
//! Anthropic counts what came out of a cache beside `input_tokens`, Google inside its prompt; clients add the three input
//! counts up, so nothing may be in two of them (wire 122). Thoughts are output, the results of Google's own tools are input.

use crate::json::{ObjectWriter, write_text};
use crate::meter::Usage;
use crate::openai::chat::write::write_number;

/// Calls of Google's own tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerTools {
    pub(super) searches: u64,
    pub(super) fetches: u64,
}

/// Writes the members that every `usage` has.
fn write_counts(object: &mut ObjectWriter<'_>, usage: &Usage, output: u64) {
    let input = usage.prompt.saturating_add(usage.tool_use_prompt);
    let cached = usage.cached.min(input);
    write_number(object.key("input_tokens"), input - cached);
    write_number(object.key("cache_creation_input_tokens"), 0);
    write_number(object.key("cache_read_input_tokens"), cached);
    write_number(object.key("output_tokens"), output);
}

/// Writes what is known at the beginning of a stream.
pub(super) fn write_first(out: &mut Vec<u8>, usage: &Usage) {
    let mut object = ObjectWriter::open(out);
    write_counts(&mut object, usage, usage.candidates.saturating_add(usage.thoughts).max(1));
    object.close();
}

/// Writes all of it. `estimated` marks numbers that are GAP's guess, because Google gave none (wire 124).
pub(super) fn write(out: &mut Vec<u8>, usage: &Usage, tier: Option<&str>, tools: ServerTools, estimated: bool) {
    let mut object = ObjectWriter::open(out);
    write_counts(&mut object, usage, usage.candidates.saturating_add(usage.thoughts));
    if usage.thoughts > 0 {
        let mut details = ObjectWriter::open(object.key("output_tokens_details"));
        write_number(details.key("thinking_tokens"), usage.thoughts);
        details.close();
    }
    if tools != ServerTools::default() {
        let mut counts = ObjectWriter::open(object.key("server_tool_use"));
        write_number(counts.key("web_search_requests"), tools.searches);
        write_number(counts.key("web_fetch_requests"), tools.fetches);
        counts.close();
    }
    if let Some(tier) = tier {
        write_text(object.key("service_tier"), tier);
    }
    if estimated {
        object.raw("estimated", "true");
    }
    object.close();
}

/// Anthropic's word for Google's `serviceTier`; it has none for `flex`.
pub(super) fn service_tier(usage: &[u8]) -> Option<&'static str> {
    match crate::openai::chat::usage::service_tier(usage)? {
        "default" => Some("standard"),
        "priority" => Some("priority"),
        _ => None,
    }
}
