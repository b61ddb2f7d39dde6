//! What becomes of each property of OpenAI's requests.
//!
//! One table drives the decoder, which asks it what may go unread, and the reference in `docs/`, which is written from it
//! (`cargo xtask docs`). A test walks the properties of OpenAI's own description and fails on
//! one that is not here.

use std::fmt::Write as _;

use crate::openai::images::compatibility::{EDITS, GENERATIONS};
use crate::openai::plain::compatibility::{COMPLETIONS, SPEECH, TRANSCRIPTIONS, TRANSLATIONS};
use crate::openai::responses::compatibility::{EXTENSIONS as RESPONSES_EXTENSIONS, ITEMS, RESPONSES, TOOLS};

/// What becomes of one property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What is done with it.
    pub treatment: Treatment,
    /// Where it goes, or why it does not, for people.
    pub note: &'static str,
}

/// What is done with a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It has an equal in Gemini's request.
    Mapped,
    /// GAP itself does what it asks for.
    Kept,
    /// It has no equal. It is named in `x-gap-warnings`, or refused in strict mode.
    Warned {
        /// Values, as JSON, that ask for nothing.
        unless: &'static [&'static str],
        /// What the warning says.
        message: &'static str,
    },
    /// It cannot be done here, and an answer without it would be another one: 400.
    Refused {
        /// Values, as JSON, that ask for nothing.
        unless: &'static [&'static str],
        /// What the refusal says.
        message: &'static str,
    },
}

use Treatment::{Kept, Mapped, Refused, Warned};

pub(crate) const fn mapped(name: &'static str, note: &'static str) -> Entry {
    Entry { name, treatment: Mapped, note }
}

pub(crate) const fn kept(name: &'static str, note: &'static str) -> Entry {
    Entry { name, treatment: Kept, note }
}

pub(crate) const fn warned(
    name: &'static str,
    unless: &'static [&'static str],
    message: &'static str,
    note: &'static str,
) -> Entry {
    Entry { name, treatment: Warned { unless, message }, note }
}

pub(crate) const fn refused(
    name: &'static str,
    unless: &'static [&'static str],
    message: &'static str,
    note: &'static str,
) -> Entry {
    Entry { name, treatment: Refused { unless, message }, note }
}

/// The properties of `POST /v1/chat/completions`.
pub const CHAT: &[Entry] = &[
    mapped(
        "audio",
        "`speechConfig`. OpenAI's voices become Gemini's nearest (named in a warning); any of Gemini's own is taken as it is. `format` `wav` and `pcm16` are written as asked, others as `wav`, with a warning",
    ),
    mapped("frequency_penalty", "`frequencyPenalty`, for models that take it; else a warning"),
    mapped("function_call", "as `tool_choice`; the answer has `function_call` in place of `tool_calls`"),
    mapped("functions", "as `tools`"),
    warned(
        "logit_bias",
        &["{}"],
        "has no equal: Gemini does not weigh single tokens",
        "no equal: Gemini does not weigh single tokens",
    ),
    mapped(
        "logprobs",
        "`responseLogprobs`, for models that tell; never in streams, where Gemini refuses it: a warning",
    ),
    mapped(
        "max_completion_tokens",
        "`maxOutputTokens`, at most what the model can write. Thinking counts, as at OpenAI",
    ),
    mapped("max_tokens", "as `max_completion_tokens`, which counts if both are there"),
    mapped(
        "messages",
        "`contents` and `systemInstruction`. `name` and `audio` of a message have no equal: warnings. Thoughts in earlier messages (`reasoning_content` and its like) are not read again. Text, image_url, input_audio, file and the extension video_url are taken; results of tools go behind their calls",
    ),
    warned(
        "metadata",
        &["{}"],
        "is not kept: answers are not stored by metadata",
        "`conversation_id` alone names the conversation that the gateway keeps; nothing else is stored by metadata",
    ),
    mapped("modalities", "`responseModalities`; refused if the model cannot. `image` is an extension"),
    mapped("model", "the model, without `models/` or `google/`; answers echo what was asked"),
    warned(
        "moderation",
        &[],
        "has no equal; see Gemini's safety settings",
        "no equal; safety settings are an extension, see below",
    ),
    mapped("n", "`candidateCount`; where the model gives one answer at a time, up to 8 requests, with a warning"),
    kept(
        "parallel_tool_calls",
        "Gemini has no such switch: with `false`, calls after the first are left out of the answer",
    ),
    warned(
        "prediction",
        &[],
        "has no equal; it only makes OpenAI's answers faster",
        "no equal; it only makes OpenAI's answers faster",
    ),
    mapped("presence_penalty", "`presencePenalty`, for models that take it; else a warning"),
    warned(
        "prompt_cache_key",
        &["\"\""],
        "has no equal; Gemini caches prefixes by itself",
        "no equal; Gemini caches prefixes by itself",
    ),
    warned(
        "prompt_cache_options",
        &["{}"],
        "has no equal; Gemini caches prefixes by itself",
        "no equal; Gemini caches prefixes by itself",
    ),
    warned(
        "prompt_cache_retention",
        &["\"in_memory\""],
        "has no equal; Gemini caches prefixes by itself",
        "no equal; Gemini caches prefixes by itself",
    ),
    mapped(
        "reasoning_effort",
        "`thinkingConfig`: a budget (`minimal` and `low` 1024, `medium` 8192, `high` 24576, above that the most) or the nearest level, whichever the model takes. `none` is the least that the model allows, with a warning where that is not nothing. Thoughts come as `reasoning_content`",
    ),
    mapped(
        "response_format",
        "`responseMimeType` and `responseJsonSchema`. Models that cannot combine JSON with tools are told in words, with a warning",
    ),
    warned("safety_identifier", &["\"\""], "is not sent on", "no equal"),
    mapped("seed", "`seed`. Gemini's has 32 bits: a larger one is folded into them, with a warning"),
    mapped(
        "service_tier",
        "`serviceTier`: `flex`, and `priority` or `fast`; `auto` and `default` are Gemini's default, `scale` is a warning",
    ),
    mapped("stop", "`stopSequences`: the first five, without empty ones"),
    warned(
        "store",
        &["false"],
        "has no equal: answers cannot be fetched again",
        "no equal: answers cannot be fetched again; `false` is kept",
    ),
    kept("stream", "a stream of events"),
    kept("stream_options", "`include_usage` is kept; `include_obfuscation` asks for padding, which GAP does not send"),
    mapped("temperature", "`temperature`, also 0"),
    mapped("tool_choice", "`functionCallingConfig`: none, auto, required, a named tool, allowed_tools"),
    mapped(
        "tools",
        "`functionDeclarations` with `parametersJsonSchema`, as it is; names that Google refuses are changed on the way out and back. `custom` tools become functions with one text (a grammar is a warning). Google's own tools are taken as an extension, by their type or below `google.tools`: `google_search`, `url_context`, `code_execution`, `google_maps`, `file_search` (also with `vector_store_ids` that are Gemini's stores), `computer_use`, and `web_search` for the first. What stands beside the type is sent on where the type is Google's word, else a warning; so is a tool that the model does not take",
    ),
    mapped("top_logprobs", "`logprobs`, at most what the model tells"),
    mapped("top_p", "`topP`"),
    warned("user", &["\"\""], "is not sent on", "no equal"),
    warned(
        "verbosity",
        &["\"medium\""],
        "has no equal; say in a system message how long answers should be",
        "no equal; say in a system message how long answers should be",
    ),
    mapped("web_search_options", "the tool `googleSearch`; a place and a size of context are warnings"),
];

/// Properties that OpenAI does not have.
pub const EXTENSIONS: &[Entry] = &[
    mapped(
        "extra_body",
        "`extra_body.google`, the same as `google`; for clients that send the name itself. OpenAI's SDK for Python puts what stands in its argument `extra_body` at the top of the request, so there it is `extra_body={\"google\": {…}}`",
    ),
    mapped(
        "google",
        "Gemini's own fields, in either spelling (`thinking_config`, `thinkingConfig`): `thinking_config`, `cached_content`, `safety_settings`, `labels`, `tool_config`, `tools`, and those of `generationConfig` (`speech_config`, `image_config`, `media_resolution`, `response_modalities` and so on). A field that is not known is sent as it is",
    ),
    mapped("reasoning", "`{effort}` as `reasoning_effort`, `{max_tokens}` as a budget, `{exclude}` for no thoughts"),
    mapped("thinking", "`{type, budget_tokens}` as a budget"),
    mapped("top_k", "`topK`"),
    kept("user_id", "names the conversation that the gateway keeps; never sent on"),
];

/// The properties of `POST /v1/embeddings`.
pub const EMBEDDINGS: &[Entry] = &[
    mapped("dimensions", "`outputDimensionality`"),
    kept("encoding_format", "`float` and `base64`"),
    mapped("input", "texts, in batches of 100, in order; arrays of tokens are refused"),
    mapped("model", "the model, without `models/` or `google/`"),
    warned("user", &["\"\""], "is not sent on", "no equal"),
];

/// A field that OpenAI does not have: where it is, and what it is for, for people.
pub type Addition = (&'static str, &'static str);

/// What clients may say in earlier messages beyond OpenAI's properties. All of it comes from answers: a client that sends
/// messages back as it got them has nothing to do.
pub const IN_MESSAGES: &[Addition] = &[
    (
        "`extra_content.google.thought_signature`",
        "of an assistant message, of an item of its `tool_calls` or `images`, or of a part of its content: Gemini's proof of what it thought. Gemini 3 refuses a call that comes back without one; GAP then finds it by the call's `id`, or sends Google's documented stand-in",
    ),
    (
        "`extra_content.google.parts`",
        "of an assistant message: Gemini's own parts, sent on to the letter in front of the message's text. A part that GAP's answers cannot hold is a warning; a known one with a wrong type is refused",
    ),
    ("`images`", "of an assistant message: the images that the model made, which it needs to change them"),
    (
        "`reasoning_content`",
        "of an assistant message, and its like in other dialects: not read again, without a warning",
    ),
    (
        "content part `video_url`",
        "`{url}`; also `audio_url`, `document_url` and `file_url`. `video_metadata` beside it is sent on",
    ),
    (
        "content part `image_url`",
        "its `url` may also be the name of an uploaded file (`files/…`), which `file_id` takes too",
    ),
];

/// What answers hold beyond OpenAI's properties. In a stream the same stands in `delta`; what is said once comes with the last
/// delta of its choice.
pub const IN_ANSWERS: &[Addition] = &[
    ("`choices[].message.reasoning_content`", "the thoughts, where they were asked for; never in `content`"),
    ("`choices[].message.images`", "images of the answer, each an `image_url` with a `data:` address"),
    (
        "`choices[].message.annotations`",
        "as at OpenAI, from Google's grounding and citations; offsets count characters. What `fileSearch` found has its address at Google, and in `extra_content.google` all that is known of it",
    ),
    (
        "`choices[].message.extra_content.google`",
        "what has to come back with the message: `thought_signature`, and in `parts` Gemini's own parts to the letter (code that was run and its result, calls of Google's own tools, films). A call's signature is in its own `extra_content`",
    ),
    (
        "`choices[].extra_content.google`",
        "what is to be known about an answer: `grounding_metadata`, `url_context_metadata`, `citation_metadata`, `safety_ratings`, and whatever else Google says of it",
    ),
    (
        "`choices[].native_finish_reason`",
        "Google's own word for the end: `STOP`, `MAX_TOKENS`, `SAFETY`, `RECITATION`, … `finish_reason` is the nearest of OpenAI's",
    ),
    ("`extra_content.google`", "`response_id`, and `prompt_feedback` where the prompt was blocked"),
    ("`usage.estimated`", "`true` where Google gave no numbers and these are GAP's guess"),
];

/// Headers of requests and answers.
pub const HEADERS: &[Addition] = &[
    ("request `x-gap-strict: true`", "refuse with 400 what would be a warning"),
    ("answer `x-gap-warnings`", "`field: sentence; field: sentence`: what was changed or left out, in visible ASCII"),
];

/// What becomes of a property of a chat completion request; nothing is known about others.
pub fn find(name: &str) -> Option<&'static Entry> {
    CHAT.iter().chain(EXTENSIONS).find(|entry| entry.name == name)
}

/// The reference for people, in Markdown.
pub fn reference() -> String {
    let mut text = String::from(HEAD);
    let tables = [
        ("Chat completions", CHAT),
        ("Extensions of chat completions", EXTENSIONS),
        ("Responses", RESPONSES),
        ("Extensions of responses", RESPONSES_EXTENSIONS),
        ("Embeddings", EMBEDDINGS),
        ("Images: generations", GENERATIONS),
        ("Images: edits", EDITS),
        ("Audio: speech", SPEECH),
        ("Audio: transcriptions", TRANSCRIPTIONS),
        ("Audio: translations", TRANSLATIONS),
        ("Completions (legacy)", COMPLETIONS),
    ];
    for (heading, entries) in tables {
        let _ = write!(text, "\n## {heading}\n\n| property | | what becomes of it |\n| --- | --- | --- |\n");
        for entry in entries {
            let treatment = match entry.treatment {
                Mapped => "mapped",
                Kept => "kept by GAP",
                Warned { .. } => "warning",
                Refused { .. } => "refused",
            };
            let _ = writeln!(text, "| `{}` | {treatment} | {} |", entry.name, entry.note);
        }
    }
    let tables = [
        ("More in messages", IN_MESSAGES),
        ("More in answers", IN_ANSWERS),
        ("Tools of responses", TOOLS),
        ("Items of responses", ITEMS),
        ("Headers", HEADERS),
    ];
    for (heading, additions) in tables {
        let _ = write!(text, "\n## {heading}\n\n| what | what it is |\n| --- | --- |\n");
        for (place, note) in additions {
            let _ = writeln!(text, "| {place} | {note} |");
        }
    }
    text
}

const HEAD: &str = "\
# What OpenAI's properties become

<!-- Written by `cargo xtask docs`; do not edit. -->

Nothing is dropped in silence. *Mapped*: it has an equal in Gemini's request. *Kept by GAP*: GAP does what it asks for. *Warning*:
it has no equal; the answer's header `x-gap-warnings` names it, and with the request header `x-gap-strict: true` it is refused
with 400. *Refused*: without it the answer would be another one, so there is none. A property that is not in these tables is a warning as well. `null` is the same as absent.
";

#[cfg(test)]
mod tests;
