//! What becomes of each property of legacy completions, speech and transcripts.

use crate::openai::chat::compatibility::{EXTENSIONS, Entry, kept, mapped, warned};

/// The properties of `POST /v1/completions`.
pub const COMPLETIONS: &[Entry] = &[
    warned("best_of", &["1", "0"], "has no equal: every choice is the first one", "no equal"),
    kept("echo", "the prompt stands in front of each text"),
    mapped("frequency_penalty", "as in chat completions"),
    warned("logit_bias", &["{}"], "has no equal: Gemini does not weigh single tokens", "no equal"),
    warned("logprobs", &["0"], "are not told in this form; chat completions have them", "not told in this form"),
    mapped("max_tokens", "`maxOutputTokens`; without it the model's own limit, not 16. Thinking counts"),
    mapped("model", "the model; answers echo what was asked"),
    mapped("n", "`candidateCount`; refused above what the model gives"),
    mapped("presence_penalty", "as in chat completions"),
    mapped(
        "prompt",
        "the user's turn: a text, or a list of texts, each in a call of its own (at most 128, not streamed). Lists of tokens are refused",
    ),
    mapped("seed", "as in chat completions"),
    mapped("stop", "`stopSequences`: the first five, without empty ones"),
    kept("stream", "a stream of events"),
    kept("stream_options", "`include_usage`"),
    mapped("suffix", "a system instruction with the end of the text: the model is asked for what stands between"),
    mapped("temperature", "`temperature`, also 0"),
    mapped("top_p", "`topP`"),
    warned("user", &["\"\""], "is not sent on", "no equal"),
];

/// The properties of `POST /v1/audio/speech`.
pub const SPEECH: &[Entry] = &[
    mapped("input", "the user's turn, behind the instructions"),
    mapped("instructions", "stand before the text, as Google has it: `Say it cheerfully: …`"),
    mapped("model", "a model that speaks (`…-tts`)"),
    kept(
        "response_format",
        "`wav`, `opus` (in Ogg), `flac` and `pcm` (24 kHz, 16 bits, mono). Without it `wav`, with a warning; `mp3` and `aac` are refused",
    ),
    warned("speed", &["1", "1.0"], "has no equal; say it in the instructions", "no equal; say it in `instructions`"),
    kept("stream_format", "`audio`: one body; `sse`: events as Gemini speaks"),
    mapped(
        "voice",
        "`speechConfig`. OpenAI's voices become Gemini's nearest, with a warning; Gemini's are taken by name",
    ),
];

/// The properties of `POST /v1/audio/transcriptions`, a form.
pub const TRANSCRIPTIONS: &[Entry] = &[
    warned(
        "chunking_strategy",
        &["\"auto\""],
        "has no equal: the recording is heard whole",
        "no equal: it is heard whole",
    ),
    mapped(
        "file",
        "the recording: any audio or film that Gemini takes, by its bytes; as large as `server.replay_limit`",
    ),
    warned("include", &["[]"], "token probabilities are not told", "token probabilities are not told"),
    mapped("keywords", "a sentence in the prompt"),
    warned("known_speaker_names", &["[]"], "speakers are not told apart", "speakers are not told apart"),
    warned("known_speaker_references", &["[]"], "speakers are not told apart", "speakers are not told apart"),
    mapped("language", "a sentence in the prompt"),
    mapped("languages", "a sentence in the prompt"),
    mapped("model", "any model that hears"),
    mapped("prompt", "a part of the prompt: what came before"),
    kept(
        "response_format",
        "`json`, `text`; `srt`, `vtt` and `verbose_json` by a schema (their times are what the model estimates). `diarized_json` is refused",
    ),
    kept("stream", "`transcript.text.delta` and `transcript.text.done`, for `json` and `text`"),
    mapped("temperature", "`temperature`"),
    mapped("timestamp_granularities", "`word` asks for the times of words as well, with `verbose_json`"),
];

/// The properties of `POST /v1/audio/translations`, a form.
pub const TRANSLATIONS: &[Entry] = &[
    mapped("file", "as for transcriptions"),
    mapped("model", "any model that hears"),
    mapped("prompt", "as for transcriptions"),
    kept("response_format", "as for transcriptions; the text is English"),
    mapped("temperature", "`temperature`"),
];

fn find(entries: &'static [Entry], name: &str) -> Option<&'static Entry> {
    entries.iter().find(|entry| entry.name == name)
}

pub(super) fn find_completion(name: &str) -> Option<&'static Entry> {
    find(COMPLETIONS, name).or_else(|| find(EXTENSIONS, name))
}

pub(super) fn find_speech(name: &str) -> Option<&'static Entry> {
    find(SPEECH, name)
}

pub(super) fn find_transcription(name: &str) -> Option<&'static Entry> {
    find(TRANSCRIPTIONS, name)
}

pub(super) fn find_translation(name: &str) -> Option<&'static Entry> {
    // Streams are no part of OpenAI's translations, and cost nothing here.
    find(TRANSLATIONS, name).or_else(|| find(TRANSCRIPTIONS, name).filter(|entry| entry.name == "stream"))
}
