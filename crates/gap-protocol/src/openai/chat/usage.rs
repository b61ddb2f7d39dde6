//! What an answer cost, in OpenAI's words.
//!
//! Google counts four things beside each other, OpenAI two with details inside them, and `total = prompt + completion` must
//! hold. So the results of Google's own tools count as prompt, thoughts as completion, and what came out of a cache is
//! inside the prompt already (wire 122).

use crate::json::ObjectWriter;
use crate::meter::{Modalities, Usage};

use super::write_number;

/// Writes the value of `usage`. `estimated` marks numbers that are GAP's guess, because Google gave none (wire 124).
pub(crate) fn write(out: &mut Vec<u8>, usage: &Usage, estimated: bool) {
    let prompt = usage.prompt.saturating_add(usage.tool_use_prompt);
    let completion = usage.candidates.saturating_add(usage.thoughts);
    let mut object = ObjectWriter::open(out);
    write_number(object.key("prompt_tokens"), prompt);
    write_number(object.key("completion_tokens"), completion);
    write_number(object.key("total_tokens"), prompt.saturating_add(completion));

    let prompt_parts = sum(&usage.prompt_by_modality, &usage.tool_use_prompt_by_modality);
    let mut details = ObjectWriter::open(object.key("prompt_tokens_details"));
    write_number(details.key("cached_tokens"), usage.cached);
    write_number(details.key("audio_tokens"), prompt_parts.audio);
    write_modalities(&mut details, &prompt_parts);
    details.close();

    let mut details = ObjectWriter::open(object.key("completion_tokens_details"));
    write_number(details.key("reasoning_tokens"), usage.thoughts);
    write_number(details.key("audio_tokens"), usage.candidates_by_modality.audio);
    write_number(details.key("accepted_prediction_tokens"), 0);
    write_number(details.key("rejected_prediction_tokens"), 0);
    write_modalities(&mut details, &usage.candidates_by_modality);
    details.close();

    if estimated {
        object.raw("estimated", "true");
    }
    object.close();
}

/// OpenAI's word for Google's `serviceTier`.
pub(crate) fn service_tier(usage: &[u8]) -> Option<&'static str> {
    // Rare enough to look before reading.
    memchr::memmem::find(usage, b"serviceTier")?;
    let node = crate::json::parse(usage).ok()?;
    match node.find("serviceTier")?.text()?.to_ascii_lowercase().as_str() {
        "standard" => Some("default"),
        "flex" => Some("flex"),
        "priority" => Some("priority"),
        _ => None,
    }
}

/// The modalities that OpenAI has a word for, if Google counted them.
fn write_modalities(details: &mut ObjectWriter<'_>, modalities: &Modalities) {
    for (key, count) in [("text_tokens", modalities.text), ("image_tokens", modalities.image)] {
        if count > 0 {
            write_number(details.key(key), count);
        }
    }
}

fn sum(one: &Modalities, other: &Modalities) -> Modalities {
    Modalities {
        text: one.text.saturating_add(other.text),
        image: one.image.saturating_add(other.image),
        audio: one.audio.saturating_add(other.audio),
        ..Modalities::default()
    }
}
