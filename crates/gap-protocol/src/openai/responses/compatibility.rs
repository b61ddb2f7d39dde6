//! What becomes of each property of a Responses request, of its tools and of its items.
//!
//! The tables drive the decoder and the reference in `docs/`, as those of chat completions do.

use crate::openai::chat::compatibility::{Addition, Entry, kept, mapped, refused, warned};

const NO_PROMPT: &str = "is not possible: there are no prompt templates; send the text in instructions and input";
const CACHES_ITSELF: &str = "has no equal; Gemini caches prefixes by itself";

/// The properties of `POST /v1/responses`.
pub const RESPONSES: &[Entry] = &[
    kept(
        "background",
        "`true` is answered at once with `queued`; the answer is worked on without its client, can be retrieved, streamed again from any event, and cancelled. It needs `store`; how many may run at a time say the settings `responses`",
    ),
    warned(
        "context_management",
        &["[]"],
        "has no equal: a conversation is never shortened here",
        "no equal: a conversation is never shortened here",
    ),
    mapped(
        "conversation",
        "its items stand before `input`; input and answer are added to it when the answer has ended, unless it failed or was cancelled. 404 if there is none, 400 beside `previous_response_id`",
    ),
    mapped(
        "include",
        "`message.output_text.logprobs` asks for probabilities; `web_search_call.action.sources` adds them; `reasoning.encrypted_content` says that reasoning items come back, so that ids of calls need not carry signatures. Others ask for nothing",
    ),
    mapped("input", "`contents`; what each kind of item becomes is below"),
    mapped("instructions", "`systemInstruction`, in front of system and developer messages"),
    mapped("max_output_tokens", "`maxOutputTokens`, at most what the model can write. Thinking counts, as at OpenAI"),
    warned(
        "max_tool_calls",
        &[],
        "has no equal: Google's own tools are called as often as they are needed",
        "no equal: Google's own tools are called as often as they are needed",
    ),
    kept("metadata", "echoed and kept with the answer; never sent on"),
    mapped("model", "the model, without `models/` or `google/`; answers echo what was asked"),
    warned(
        "moderation",
        &[],
        "has no equal; see Gemini's safety settings",
        "no equal; safety settings are an extension of chat completions that works here too",
    ),
    kept(
        "parallel_tool_calls",
        "Gemini has no such switch: with `false`, calls after the first are left out of the answer",
    ),
    kept(
        "previous_response_id",
        "the items of that answer, and of those before it, stand before `input`; its `instructions` do not. 400 with `previous_response_not_found` if it is not kept, or no longer",
    ),
    refused("prompt", &[], NO_PROMPT, "there are no prompt templates"),
    kept("prompt_cache_key", "echoed; Gemini caches prefixes by itself"),
    warned("prompt_cache_options", &["{}"], CACHES_ITSELF, "no equal; Gemini caches prefixes by itself"),
    warned("prompt_cache_retention", &[], CACHES_ITSELF, "no equal; Gemini caches prefixes by itself"),
    mapped(
        "reasoning",
        "`effort` as in chat completions; `summary` asks for the thoughts, which are one text whatever it says. `mode` and `context` have no equal: warnings",
    ),
    kept("safety_identifier", "echoed; never sent on"),
    mapped(
        "service_tier",
        "`serviceTier` for `flex` and `priority`; others are answered by the standard tier, with a warning",
    ),
    kept("store", "`true` unless said otherwise: the answer is kept for its access key, see the setting `responses`"),
    kept("stream", "server-sent events, each with its `sequence_number`"),
    kept("stream_options", "`include_obfuscation` is not done: a warning if it is `true`"),
    mapped("temperature", "`temperature`"),
    mapped(
        "text",
        "`format` as `response_format` of chat completions; `verbosity` other than `medium` is asked for in words",
    ),
    mapped("tool_choice", "`toolConfig`; Google's own tools cannot be forced: a warning"),
    mapped("tools", "what each kind becomes is below"),
    mapped(
        "top_logprobs",
        "`logprobs`, if `include` asks for probabilities; never in streams, where Gemini refuses it",
    ),
    mapped("top_p", "`topP`"),
    warned(
        "truncation",
        &["\"disabled\""],
        "has no equal: a conversation that is too long is refused",
        "`auto` has no equal: a conversation that is too long is refused",
    ),
    kept("user", "echoed; never sent on"),
];

/// What clients send beyond OpenAI's description.
pub const EXTENSIONS: &[Entry] = &[
    warned(
        "background_options",
        &["{}", "{\"completion_window\":\"soonest\"}"],
        "has no equal: a response in the background is worked on as soon as there is a key for it",
        "no equal: a response in the background is worked on as soon as there is a key for it",
    ),
    kept("client_metadata", "nothing is done with it: it is neither sent on, nor kept, nor logged"),
    mapped("extra_body", "`{google: …}`, as `google`"),
    mapped("frequency_penalty", "`frequencyPenalty`, for models that take it; else a warning"),
    mapped("google", "Gemini's own fields, as in chat completions"),
    mapped("presence_penalty", "`presencePenalty`, for models that take it; else a warning"),
    mapped("seed", "`seed`; more than 32 bits are folded into them, with a warning"),
    mapped("stop", "`stopSequences`, at most five"),
];

/// What the kinds of tools become.
pub const TOOLS: &[Addition] = &[
    ("`function`", "a function; `strict` is not needed, Gemini holds to the schema"),
    (
        "`custom`",
        "a function with one text; its call comes back as `custom_tool_call`. A grammar is not held to: a warning",
    ),
    ("`namespace`", "its functions, each under `namespace__name`; calls come back with both"),
    (
        "`local_shell`, `shell`, `apply_patch`",
        "functions of that name; calls come back in OpenAI's form, results are taken in it",
    ),
    ("`web_search`, `web_search_preview`", "`googleSearch`. Filters, places and sizes have no equal: warnings"),
    ("`code_interpreter`", "`codeExecution`. Files and containers have no equal: warnings"),
    (
        "`file_search`",
        "`fileSearch`, if `vector_store_ids` are names of Gemini's stores (`fileSearchStores/…`); else refused",
    ),
    (
        "`image_generation`",
        "nothing, with a model that answers with images: it draws when it is asked to. Else a warning",
    ),
    ("`tool_search`, `programmatic_tool_calling`", "no equal: warnings"),
    ("`computer`, `computer_use_preview`, `mcp`", "refused: nobody would carry them out"),
    ("`google_search`, `url_context`, `google_maps`, …", "Google's own, by their own names, as in chat completions"),
];

/// What the kinds of items become on their way to Gemini.
pub const ITEMS: &[Addition] = &[
    ("`message`", "a part of a turn; system and developer messages belong to the system instruction"),
    (
        "`function_call`, `custom_tool_call`, `local_shell_call`, `shell_call`, `apply_patch_call`",
        "a call of the function",
    ),
    ("`…_output`", "the result, behind its call, also with images and files in it"),
    ("`reasoning`", "the signatures in `encrypted_content`, each to its call or text; summaries are not read again"),
    ("`code_interpreter_call`", "the code that was run and what came of it"),
    ("`image_generation_call`", "the image, as the model's own"),
    ("`item_reference`", "the item of an answer that is kept"),
    ("`additional_tools`", "more tools"),
    ("`web_search_call`, `file_search_call`", "nothing: what was found is in the message behind it"),
    ("others", "a warning: they have no equal and are left out"),
];

/// What becomes of a property of a request; nothing is known about others.
pub fn find(name: &str) -> Option<&'static Entry> {
    RESPONSES.iter().chain(EXTENSIONS).find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        for entries in [RESPONSES, EXTENSIONS] {
            assert!(entries.is_sorted_by(|a, b| a.name < b.name));
        }
        assert!(EXTENSIONS.iter().all(|extension| RESPONSES.iter().all(|entry| entry.name != extension.name)));
    }
}
