//! Why an answer ended, in Anthropic's words.
//!
//! Google says `STOP` also where a stop sequence was met, and not which, so `stop_sequence` is never claimed. Google's own
//! word always stands in `extra_content.google.native_finish_reason`.

use crate::openai::chat::finish::Class;

/// Anthropic's word for Google's reason; `called` says that there are calls for the client to make.
pub(super) fn word(reason: &str, called: bool) -> &'static str {
    match Class::of(reason) {
        Class::Length => "max_tokens",
        Class::Filtered => "refusal",
        Class::Done | Class::BrokenCall | Class::Odd if called => "tool_use",
        // The model wanted to go on with Google's own tools: sent back as it is, it does.
        Class::BrokenCall if reason == "TOO_MANY_TOOL_CALLS" => "pause_turn",
        Class::Done | Class::BrokenCall | Class::Odd => "end_turn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // wire 71, wire 111
    #[test]
    fn reasons_become_anthropics() {
        let cases = [
            ("STOP", false, "end_turn"),
            ("STOP", true, "tool_use"),
            ("MAX_TOKENS", true, "max_tokens"),
            ("SAFETY", false, "refusal"),
            ("RECITATION", true, "refusal"),
            ("MALFORMED_FUNCTION_CALL", false, "end_turn"),
            ("TOO_MANY_TOOL_CALLS", false, "pause_turn"),
            ("TOMORROWS_REASON", false, "end_turn"),
            ("TOMORROWS_REASON", true, "tool_use"),
        ];
        for (reason, called, expected) in cases {
            assert_eq!(word(reason, called), expected, "{reason}");
        }
    }
}
