//! What an encoder must know about the request it answers.

use super::Tools;

/// Notes from the request for the encoder of its answer.
#[derive(Clone, Debug, Default)]
pub struct ReplyPlan {
    /// The model as the client named it, to be echoed.
    pub model: String,
    /// Whether the stream ends with a chunk of usage (`stream_options.include_usage`).
    pub include_usage: bool,
    /// How many candidates were asked for (`n`).
    pub candidates: u32,
    /// How many requests the answer is put together of, because the model gives one candidate at a time; 0 for one.
    pub copies: u32,
    /// Whether token probabilities were asked for and sent on.
    pub logprobs: bool,
    /// Every tool of the request: its name at Google, the client's name for it, and what its arguments need.
    pub tools: Tools,
    /// Whether calls after the first are to be left out (`parallel_tool_calls: false`, which Gemini cannot express).
    pub single_call: bool,
    /// In which form the client wants calls.
    pub call_form: CallForm,
    /// How JSON was asked for.
    pub json: JsonMode,
    /// How the ids of tool calls look.
    pub ids: IdStyle,
    /// What the client sees of the model's thoughts, where that is a matter of blocks.
    pub thoughts: Thoughts,
    /// When what the model says goes out, in dialects that tell a search before the words that lean on it.
    pub words: Words,
    /// The container in which the client wants audio, if it asked for audio.
    pub audio: Option<AudioFormat>,
}

/// In which form a client wants calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallForm {
    /// `tool_calls`.
    #[default]
    Tools,
    /// The form before there were tools: `functions` in, one `function_call` out.
    Function,
}

/// How JSON was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonMode {
    /// Text was asked for.
    #[default]
    Off,
    /// Gemini was told by `responseMimeType`, and holds to it.
    Native,
    /// The model was only instructed in words, because it cannot combine JSON with the rest of the request:
    /// a fence around the JSON is to be taken off.
    Instructed,
}

/// How the ids of tool calls carry what clients drop; see [`crate::openai::chat::ids`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdStyle {
    /// The id holds the signature, as long as it stays below a few kilobytes: it survives restarts and other instances.
    #[default]
    Embedded,
    /// At most 40 characters, the longest id that OpenAI itself takes back; signatures live in the vault alone.
    Short,
}

/// What a client sees of the model's thoughts, in dialects that give them a block of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thoughts {
    /// No blocks at all: it did not ask for thinking, and may take the first block for the answer.
    #[default]
    Hidden,
    /// Blocks that say nothing, and hold the signatures that have to come back.
    Signed,
    /// Blocks with thoughts and signatures.
    Shown,
}

/// When the words of an answer go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// As they come.
    #[default]
    AtOnce,
    /// At the end, behind what was searched for: the model may search.
    AfterSearch,
}

/// A form of audio that can be made of raw samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioFormat {
    /// RIFF with a header.
    Wav,
    /// The samples alone: 16 bits, little-endian.
    Pcm16,
    /// FLAC.
    Flac,
    /// Opus in Ogg.
    Opus,
}
