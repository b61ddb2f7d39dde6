//! Speech: a text, and how it is to be read.
//!
//! Speech models answer with naked samples (wire 105); [`crate::sound`] makes a file of them. What OpenAI does when nothing is
//! said, MP3, is not written here: the answer is WAV, which everything plays that plays MP3. Nobody has to guess, because the
//! answer names its type and a warning says it. A format that is asked for by name and not written is refused, because a
//! file of another kind would be no answer.

use crate::call::{AudioFormat, DecodeError, Decoded, Problem};
use crate::json::{ObjectWriter, Path, write_text};
use crate::models::Modality;
use crate::openai::chat::DecodeContext;
use crate::openai::chat::decode::modalities::speech_config;
use crate::openai::chat::decode::{Work, document, text_of};

use super::{Plan, call_of, compatibility, short};

/// Turns a request body into a call, or says which field is at fault.
pub fn decode_for(
    body: &[u8],
    instead: Option<&str>,
    context: &DecodeContext<'_>,
) -> Result<(Decoded, Plan), DecodeError> {
    let request = document(body)?;
    let root = Path::Root;
    let mut work = Work::begin(&request, instead, context)?;
    work.note_what_has_no_equal(&request, compatibility::find_speech)?;
    if !work.family.answers_with(Modality::Audio) && !work.family.is_unknown() {
        let message = format!("{} does not speak; gemini-2.5-flash-preview-tts does", work.model);
        return Err(DecodeError::new(Problem::Unsupported, "model", message));
    }
    let Some(input) = text_of(&request, "input")?.filter(|input| !input.trim().is_empty()) else {
        return Err(DecodeError::new(Problem::Missing, "input", "a text to be read is needed"));
    };
    let Some(voice) = request.find("voice") else {
        return Err(DecodeError::new(
            Problem::Missing,
            "voice",
            "the name of a voice is needed, such as Kore or alloy",
        ));
    };
    let voice = speech_config(&mut work, voice, &root.key("voice"))?;
    let format = match text_of(&request, "response_format")?.as_deref() {
        Some("wav") => AudioFormat::Wav,
        Some("pcm") => AudioFormat::Pcm16,
        Some("flac") => AudioFormat::Flac,
        Some("opus") => AudioFormat::Opus,
        None => {
            work.warnings.add("response_format", "OpenAI's usual mp3 is not written here; the answer is wav");
            AudioFormat::Wav
        }
        Some(other) => {
            let message = format!(
                "{:?} is not written here; \"wav\", \"opus\", \"flac\" and \"pcm\" are (24 kHz, 16 bits, mono)",
                short(other)
            );
            return Err(DecodeError::new(Problem::Unsupported, "response_format", message));
        }
    };
    let stream = match text_of(&request, "stream_format")?.as_deref() {
        None | Some("audio") => false,
        Some("sse") => true,
        Some(other) => {
            let message = format!("must be \"audio\" or \"sse\", not {:?}", short(other));
            return Err(DecodeError::new(Problem::Invalid, "stream_format", message));
        }
    };
    let instructions = text_of(&request, "instructions")?.unwrap_or_default();
    let instructions = instructions.trim().trim_end_matches([':', '.']);

    let mut out = Vec::with_capacity(input.len() + instructions.len() + 256);
    let mut object = ObjectWriter::open(&mut out);
    let contents = object.key("contents");
    contents.extend_from_slice(b"[{\"role\":\"user\",\"parts\":[{\"text\":");
    if instructions.is_empty() {
        write_text(contents, &input);
    } else {
        // Google's own way to say how something is to be read.
        write_text(contents, &format!("{instructions}:\n{input}"));
    }
    contents.extend_from_slice(b"}]}]");
    let mut config = ObjectWriter::open(object.key("generationConfig"));
    config.raw("responseModalities", "[\"AUDIO\"]").raw("speechConfig", &voice);
    config.close();
    object.close();
    let tokens = (input.len() + instructions.len()) as u64 / 4 + 1;
    Ok((call_of(work, out, stream, tokens)?, Plan::Speech(format)))
}
