use super::*;

#[test]
fn every_reason_that_google_documents_has_its_word() {
    // wire 71, wire 111
    let cases = [
        ("FINISH_REASON_UNSPECIFIED", "stop", "tool_calls"),
        ("STOP", "stop", "tool_calls"),
        ("MAX_TOKENS", "length", "length"),
        ("SAFETY", "content_filter", "content_filter"),
        ("RECITATION", "content_filter", "content_filter"),
        ("LANGUAGE", "content_filter", "content_filter"),
        ("OTHER", "stop", "tool_calls"),
        ("BLOCKLIST", "content_filter", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter", "content_filter"),
        ("SPII", "content_filter", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "stop", "tool_calls"),
        ("IMAGE_SAFETY", "content_filter", "content_filter"),
        ("IMAGE_PROHIBITED_CONTENT", "content_filter", "content_filter"),
        ("IMAGE_OTHER", "stop", "tool_calls"),
        ("NO_IMAGE", "stop", "tool_calls"),
        ("IMAGE_RECITATION", "content_filter", "content_filter"),
        ("UNEXPECTED_TOOL_CALL", "stop", "tool_calls"),
        ("TOO_MANY_TOOL_CALLS", "stop", "tool_calls"),
        ("MISSING_THOUGHT_SIGNATURE", "stop", "tool_calls"),
        ("MALFORMED_RESPONSE", "stop", "tool_calls"),
        ("ESCALATION", "content_filter", "content_filter"),
        ("INVENTED_TOMORROW", "stop", "tool_calls"),
    ];
    for (reason, without, with) in cases {
        let class = Class::of(reason);
        assert_eq!(class.word(false, CallForm::Tools), without, "{reason}");
        assert_eq!(class.word(true, CallForm::Tools), with, "{reason}");
        assert_eq!(class.word(true, CallForm::Function), with.replace("tool_calls", "function_call"), "{reason}");
    }
}

#[test]
fn only_what_chance_has_decided_is_worth_another_try() {
    // wire 73, wire 114
    for reason in ["STOP", "OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "NO_IMAGE", "INVENTED_TOMORROW"]
    {
        assert!(Class::of(reason).is_worth_another_try(), "{reason}");
    }
    for reason in ["MAX_TOKENS", "SAFETY", "RECITATION", "PROHIBITED_CONTENT"] {
        assert!(!Class::of(reason).is_worth_another_try(), "{reason}");
    }
}
