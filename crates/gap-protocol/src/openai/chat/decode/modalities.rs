//! In which forms the answer comes: text, images, sound.

use crate::call::{AudioFormat, DecodeError, Problem};
use crate::json::{Node, Path, write_text};
use crate::models::Modality;

use super::Work;
use super::config::Config;
use super::content::want;

/// OpenAI's voices, and those of Gemini's that are described alike.
const VOICES: &[(&str, &str)] = &[
    ("alloy", "Kore"),
    ("ash", "Orus"),
    ("ballad", "Enceladus"),
    ("cedar", "Algenib"),
    ("coral", "Aoede"),
    ("echo", "Charon"),
    ("fable", "Puck"),
    ("marin", "Callirrhoe"),
    ("nova", "Leda"),
    ("onyx", "Fenrir"),
    ("sage", "Despina"),
    ("shimmer", "Zephyr"),
    ("verse", "Iapetus"),
];

/// Reads `modalities` and `audio`.
// wire 97
pub(crate) fn read(work: &mut Work<'_>, request: &Node<'_>, config: &mut Config<'_>) -> Result<(), DecodeError> {
    let path = Path::Root.key("modalities");
    let mut asked = Vec::new();
    if let Some(list) = request.find("modalities") {
        for (index, item) in list.want_items(&path)?.iter().enumerate() {
            let path = path.index(index);
            asked.push(match item.want_text(&path)?.to_ascii_lowercase().as_str() {
                "text" => Modality::Text,
                "image" => Modality::Image,
                "audio" => Modality::Audio,
                other => {
                    let message = format!("{other:?} is no form of an answer; known are text, image and audio");
                    return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
                }
            });
        }
    }
    let family = work.family;
    for modality in &asked {
        let possible = family.answers_with(*modality) || family.is_unknown();
        // A model that only speaks answers with text in the form of a transcript.
        if !possible && *modality != Modality::Text {
            let message = format!("{} does not answer with {}", work.model, name(*modality).to_ascii_lowercase());
            return Err(DecodeError::new(Problem::Unsupported, "modalities", message));
        }
    }
    let speaks = asked.contains(&Modality::Audio) || !family.answers_with(Modality::Text);
    if speaks {
        // "accepts the following combination of response modalities: AUDIO": recorded.
        config.set("responseModalities", "[\"AUDIO\"]");
        work.plan.audio = Some(AudioFormat::Wav);
    } else if asked.contains(&Modality::Image) || (asked.is_empty() && family.answers_with(Modality::Image)) {
        config.set("responseModalities", "[\"TEXT\",\"IMAGE\"]");
    }
    audio(work, request, speaks, config)
}

fn audio(work: &mut Work<'_>, request: &Node<'_>, speaks: bool, config: &mut Config<'_>) -> Result<(), DecodeError> {
    let Some(audio) = request.find("audio") else { return Ok(()) };
    let path = Path::Root.key("audio");
    audio.want_members(&path)?;
    if !speaks {
        work.warn(&path, "has no effect without audio among the modalities");
        return Ok(());
    }
    let field = path.key("format");
    let format = audio.find("format").map(|format| format.want_text(&field)).transpose()?;
    work.plan.audio = Some(match format.as_deref() {
        Some("pcm16") => AudioFormat::Pcm16,
        None | Some("wav") => AudioFormat::Wav,
        Some(other) => {
            work.warn(&field, format!("{other:?} is not written here; the answer is wav"));
            AudioFormat::Wav
        }
    });
    let Some(voice) = audio.find("voice") else { return Ok(()) };
    let speech = speech_config(work, voice, &path.key("voice"))?;
    config.set("speechConfig", speech);
    Ok(())
}

/// The value of `speechConfig` for a voice: a name, or an object with an `id`.
pub(crate) fn speech_config(work: &mut Work<'_>, voice: &Node<'_>, field: &Path<'_>) -> Result<String, DecodeError> {
    let voice = match voice.members() {
        Some(_) => want(voice, "id", field)?.want_text(&field.key("id"))?,
        None => voice.want_text(field)?,
    };
    let own = VOICES.iter().find(|(theirs, _)| voice.eq_ignore_ascii_case(theirs)).map(|(_, own)| *own);
    if let Some(own) = own {
        work.warn(field, format!("is one of OpenAI's; {own} speaks in its place"));
    }
    let mut json = Vec::from(b"{\"voiceConfig\":{\"prebuiltVoiceConfig\":{\"voiceName\":");
    write_text(&mut json, own.unwrap_or(&voice));
    json.extend_from_slice(b"}}}");
    Ok(String::from_utf8(json).unwrap_or_default())
}

fn name(modality: Modality) -> &'static str {
    match modality {
        Modality::Text => "TEXT",
        Modality::Image => "IMAGE",
        Modality::Audio => "AUDIO",
        Modality::Video => "VIDEO",
        Modality::Pdf => "PDF",
    }
}
