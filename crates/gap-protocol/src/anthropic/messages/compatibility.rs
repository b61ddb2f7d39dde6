//! What becomes of each property of Anthropic's requests. The decoder asks this table what may go unread.

use crate::openai::chat::compatibility::{EXTENSIONS as OPENAI_EXTENSIONS, Entry, kept, mapped, refused, warned};

const NO_EQUAL: &str = "has no equal and was not sent on";

/// The properties of `POST /v1/messages` and of `/v1/messages/count_tokens`.
pub const MESSAGES: &[Entry] = &[
    warned("billing_policy", &[], NO_EQUAL, "no equal"),
    kept("cache_control", "a hint, here and on every block: Gemini caches prefixes by itself"),
    warned("compaction", &["{}"], NO_EQUAL, "no equal"),
    warned("container", &["\"\""], NO_EQUAL, "no equal: there are no containers"),
    warned(
        "context_management",
        &["{}", "{\"edits\":[]}", "{\"edits\":[{\"type\":\"clear_thinking_20251015\",\"keep\":\"all\"}]}"],
        NO_EQUAL,
        "no equal: the conversation goes on as it is",
    ),
    warned("diagnostics", &["{}"], NO_EQUAL, "no equal"),
    warned("fallback_credit_token", &[], NO_EQUAL, "no equal"),
    warned("fallbacks", &["[]"], NO_EQUAL, "no equal"),
    warned("inference_geo", &["\"\""], NO_EQUAL, "no equal"),
    mapped("max_tokens", "`maxOutputTokens`, at most what the model can write; thinking counts"),
    refused(
        "mcp_servers",
        &["[]"],
        "cannot be reached from here: let the client call them",
        "servers that Anthropic would call",
    ),
    mapped(
        "messages",
        "`contents` and `systemInstruction`: text, image, document, search_result, tool_use, tool_result, thinking, redacted_thinking and the blocks of server tools",
    ),
    kept("metadata", "neither sent on nor logged"),
    mapped("model", "the model, or what `models.aliases` says of it; answers echo what was asked"),
    mapped("output_config", "`effort` as thinking, `format` as `responseJsonSchema`"),
    mapped("output_format", "as `output_config.format`"),
    kept("service_tier", "Gemini's standard tier; `flex` and `priority` are taken as an extension"),
    warned("speed", &["\"standard\""], NO_EQUAL, "no equal"),
    mapped("stop_sequences", "`stopSequences`: the first five"),
    kept("stream", "a stream of events"),
    mapped("system", "`systemInstruction`"),
    mapped("temperature", "`temperature`"),
    mapped("thinking", "`thinkingConfig`, by the table of models; without it none, where the model can do without"),
    warned("thread", &["{}"], NO_EQUAL, "no equal"),
    mapped(
        "tool_choice",
        "`functionCallingConfig`; of several calls only the first is answered with `disable_parallel_tool_use`",
    ),
    mapped(
        "tools",
        "`functionDeclarations`; web_search, web_fetch and code_execution are Google's own tools; bash, text_editor and memory are declared as functions",
    ),
    mapped("top_k", "`topK`"),
    mapped("top_p", "`topP`"),
];

/// What becomes of a property; nothing is known about others.
pub fn find(name: &str) -> Option<&'static Entry> {
    let extension = OPENAI_EXTENSIONS.iter().filter(|entry| matches!(entry.name, "google" | "extra_body"));
    MESSAGES.iter().chain(extension).find(|entry| entry.name == name)
}
