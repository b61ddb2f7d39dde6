//! What an answer cost, in the words of the Responses API. The sums are those of chat completions.

use crate::json::ObjectWriter;
use crate::meter::Usage;
use crate::openai::chat::write::write_number;

use super::answer::Answer;

/// A guess for text whose tokens nobody has counted.
const BYTES_PER_TOKEN: u64 = 4;

/// Writes the value of `usage`: Google's, or a guess, which says that it is one (wire 124).
pub(super) fn write(out: &mut Vec<u8>, answer: &Answer) {
    let told = Usage::read(&answer.usage);
    let is_guess = told.is_none();
    let usage = told.unwrap_or_else(|| Usage {
        prompt: answer.estimated_prompt,
        candidates: answer.said_bytes.div_ceil(BYTES_PER_TOKEN),
        ..Usage::default()
    });
    let input = usage.prompt.saturating_add(usage.tool_use_prompt);
    let output = usage.candidates.saturating_add(usage.thoughts);
    let mut object = ObjectWriter::open(out);
    write_number(object.key("input_tokens"), input);
    let mut details = ObjectWriter::open(object.key("input_tokens_details"));
    write_number(details.key("cached_tokens"), usage.cached);
    details.raw("cache_write_tokens", "0");
    details.close();
    write_number(object.key("output_tokens"), output);
    let mut details = ObjectWriter::open(object.key("output_tokens_details"));
    write_number(details.key("reasoning_tokens"), usage.thoughts);
    details.close();
    write_number(object.key("total_tokens"), input.saturating_add(output));
    if is_guess {
        object.raw("estimated", "true");
    }
    object.close();
}
