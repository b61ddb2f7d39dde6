use super::*;

fn fed(framing: Framing, bytes: &str) -> Meter {
    let mut meter = Meter::new(framing);
    meter.feed(bytes.as_bytes());
    meter
}

fn position(framing: Framing, bytes: &str) -> Position {
    fed(framing, bytes).position()
}

fn closing(framing: Framing, bytes: &str) -> Option<String> {
    let error = "{\n  \"error\": {\n    \"message\": \"a\\nb\"\n  }\n}\n";
    fed(framing, bytes).closing(error).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

const ERROR: &str = r#"{"error": {"message": "a\nb"}}"#;

#[test]
fn positions_in_a_document() {
    use Position::{Before, Closed, Inside};
    for (bytes, expected) in [
        ("", Before),
        (" \r\n\t", Before),
        ("{", Inside),
        (r#"{"a": "}"#, Inside),
        (r#"{"a": "\"}"#, Inside),
        (r#"{"a": [{}]"#, Inside),
        (r#"{"a": [{}]}"#, Closed),
        ("{}\n", Closed),
        ("{} trailing {", Closed),
        ("[]", Closed),
        (r#""text"#, Inside),
        (r#""text""#, Closed),
        ("12", Inside),
        ("12 ", Closed),
        ("null\n", Closed),
        ("<html>", Inside),
        ("<html> </html>", Inside),
        ("}", Inside),
    ] {
        assert_eq!(position(Framing::Json, bytes), expected, "{bytes}");
    }
}

#[test]
fn positions_in_an_array() {
    use Position::{Before, Between, Closed, Inside};
    for (bytes, expected) in [
        ("", Before),
        ("[", Before),
        ("[ \r\n", Before),
        ("[{", Inside),
        (r#"[{"a": "]"#, Inside),
        ("[{}", Between),
        ("[{}\n", Between),
        ("[{}\n,", Between),
        ("[{}\n,\r\n", Between),
        ("[{}\n,\r\n{", Inside),
        ("[{}\n,\r\n{}]", Closed),
        ("[]", Closed),
        ("[1", Inside),
        ("[1 ", Between),
        ("[[{}]", Between),
        ("[{}{", Inside),
        ("[{} x", Inside),
        (r#"{"error": {"#, Inside),
        (r#"{"error": {}}"#, Closed),
    ] {
        assert_eq!(position(Framing::JsonArray, bytes), expected, "{bytes}");
    }
}

#[test]
fn positions_between_events() {
    use Position::{Before, Between, Inside};
    for (bytes, expected) in [
        ("", Before),
        ("\r\n\r\n", Before),
        (": comment", Inside),
        (": comment\n", Before),
        ("\u{feff}", Before),
        ("event: x\n", Inside),
        ("d", Inside),
        ("data: {}\r\n", Inside),
        ("data: {}\r\n\r", Between),
        ("data: {}\r\n\r\n", Between),
        ("data: {}\r\r", Between),
        ("data: {}\n\n: comment\n", Between),
        ("data: {}\n\n: com", Inside),
        ("data: {}\n\nevent: y", Inside),
        ("data: {}\n\nevent: y\n\n", Between),
        ("data: [DONE]\n\n", Between),
    ] {
        assert_eq!(position(Framing::Sse, bytes), expected, "{bytes:?}");
    }
    let mut meter = Meter::new(Framing::Sse);
    meter.feed(b"\xEF\xBB");
    assert_eq!(meter.position(), Inside, "half a byte order mark");
}

#[test]
fn an_answer_that_ends_is_closed_or_cut() {
    let ended = |framing, bytes: &str| {
        let mut meter = fed(framing, bytes);
        meter.finish();
        meter.finish();
        (meter.position(), meter.events())
    };
    assert_eq!(ended(Framing::Json, "{}"), (Position::Closed, 1));
    assert_eq!(ended(Framing::Json, "12"), (Position::Closed, 1));
    assert_eq!(ended(Framing::Json, "{"), (Position::Inside, 0));
    assert_eq!(ended(Framing::JsonArray, "[{}"), (Position::Between, 1));
    assert_eq!(ended(Framing::JsonArray, "[{},1"), (Position::Inside, 1));
    assert_eq!(ended(Framing::JsonArray, "[{},{}]"), (Position::Closed, 2));
    assert_eq!(ended(Framing::Sse, "data: {}\n\n"), (Position::Closed, 1));
    // wire 30: an event without its blank line.
    assert_eq!(ended(Framing::Sse, "data: {}\n\ndata: {}"), (Position::Closed, 2));
    assert_eq!(ended(Framing::Sse, "data: {}\n\ndata"), (Position::Closed, 2));
    assert_eq!(ended(Framing::Sse, "data: {}\n\ndata: {\"a\""), (Position::Inside, 2));
    assert_eq!(ended(Framing::Sse, "data: {}\n\nevent: x"), (Position::Closed, 1));
}

#[test]
fn an_array_ends_with_an_error_element() {
    // wire 25, wire 28
    for (bytes, expected) in [
        ("", Some(format!("[{ERROR}]"))),
        ("\n", Some(format!("[{ERROR}]"))),
        ("[", Some(format!("{ERROR}]"))),
        ("[{}\n", Some(format!(",{ERROR}]"))),
        ("[{}\n,\r\n", Some(format!("{ERROR}]"))),
        ("[{}\n,{", None),
        ("[{}]", Some(String::new())),
        ("{}", Some(String::new())),
        ("{", None),
        ("<", None),
    ] {
        assert_eq!(closing(Framing::JsonArray, bytes), expected, "{bytes}");
    }
}

#[test]
fn events_end_with_an_error_event_on_one_line() {
    // wire 25; the SDKs read a `data` line at a time.
    let error = format!("data: {ERROR}\r\n\r\n");
    assert_eq!(closing(Framing::Sse, "").as_ref(), Some(&error));
    assert_eq!(closing(Framing::Sse, "data: {}\n\n").as_ref(), Some(&error));
    assert_eq!(closing(Framing::Sse, "data: {}\n\n: x\n").as_ref(), Some(&error));
    assert_eq!(closing(Framing::Sse, "data: {}\n"), None);
    assert_eq!(closing(Framing::Sse, "data: {}\n\nevent: x\n"), None);
}

#[test]
fn a_document_where_events_were_promised_ends_as_what_it_is() {
    assert_eq!(closing(Framing::Sse, "[{}\n"), Some(format!(",{ERROR}]")));
    assert_eq!(closing(Framing::Sse, "\r\n["), Some(format!("{ERROR}]")));
    assert_eq!(closing(Framing::Sse, "{"), None);
    assert_eq!(closing(Framing::Sse, "{}"), Some(String::new()));
    assert_eq!(fed(Framing::Sse, "[{},").keep_alive(), Some(&b"\r\n"[..]));
}

#[test]
fn a_unary_answer_can_only_be_whole_or_broken_off() {
    for bytes in ["", " ", "{", "[{}", "[{},"] {
        assert_eq!(closing(Framing::Json, bytes), None, "{bytes}");
    }
    assert_eq!(closing(Framing::Json, "{}"), Some(String::new()));
}

#[test]
fn keep_alives_stand_only_between_events() {
    let beat = |framing, bytes: &str| fed(framing, bytes).keep_alive().map(|bytes| std::str::from_utf8(bytes).unwrap());
    assert_eq!(beat(Framing::Sse, ""), Some("\r\n\r\n"));
    assert_eq!(beat(Framing::Sse, "data: {}\r\n\r\n"), Some("\r\n\r\n"));
    assert_eq!(beat(Framing::Sse, "data: {}\r\n"), None);
    assert_eq!(beat(Framing::Sse, "{"), None);
    // google-generativeai wants `[` as the very first character.
    assert_eq!(beat(Framing::JsonArray, ""), None);
    assert_eq!(beat(Framing::JsonArray, "["), Some("\r\n"));
    assert_eq!(beat(Framing::JsonArray, "[{}"), Some("\r\n"));
    assert_eq!(beat(Framing::JsonArray, "[{},"), Some("\r\n"));
    assert_eq!(beat(Framing::JsonArray, "[{"), None);
    assert_eq!(beat(Framing::JsonArray, "[{}]"), None);
    assert_eq!(beat(Framing::JsonArray, "{}"), None);
    assert_eq!(beat(Framing::Json, ""), None);
    assert_eq!(beat(Framing::Json, "[{},"), None);
}

#[test]
fn blank_lines_and_comments_are_no_events() {
    let meter = fed(Framing::Sse, ": a\n\n\r\n\r\nevent: x\n\ndata: {}\n\ndata\n\n: b\n\n");
    assert_eq!(meter.events(), 2);
}

#[test]
fn an_error_is_found_whatever_its_framing() {
    // wire 1; all recorded errors of `alt=sse` are plain documents.
    let error = "{\n    \"code\": 429,\n    \"message\": \"{\\\"\"\n  }";
    for (framing, text) in [
        (Framing::Json, format!("{{\n  \"error\": {error}\n}}\n")),
        (Framing::Json, format!("[{{\n  \"error\": {error}\n}}\n]")),
        (Framing::JsonArray, format!("[{{\n  \"error\": {error}\n}}\n]")),
        (Framing::JsonArray, format!("{{\"error\": {error}}}")),
        (Framing::Sse, format!("{{\n  \"error\": {error}\n}}\n")),
        (Framing::Sse, format!("\r\n[{{\"error\": {error}}}]")),
    ] {
        let meter = fed(framing, &text);
        assert_eq!(meter.findings().error.as_deref(), Some(error), "{text}");
        assert_eq!((meter.position(), meter.events()), (Position::Closed, 1), "{text}");
        assert!(!meter.findings().is_empty());
    }
    let in_stream = fed(Framing::Sse, "data: {}\n\ndata: {\"error\":{\"code\":503}}\n\n");
    assert_eq!(in_stream.findings().error.as_deref(), Some(r#"{"code":503}"#));
    assert_eq!(fed(Framing::Json, r#"{"error": null}"#).findings().error, None);
}

#[test]
fn an_error_too_large_to_keep_is_still_an_error() {
    let text = format!(r#"{{"error": {{"message": "{}"}}, "modelVersion": "m"}}"#, "x".repeat(70_000));
    for size in [1000, text.len()] {
        let mut meter = Meter::new(Framing::Json);
        text.as_bytes().chunks(size).for_each(|chunk| meter.feed(chunk));
        assert_eq!(meter.findings().error.as_deref(), Some("{}"));
        assert_eq!(meter.findings().model_version.as_deref(), Some("m"));
    }
}

#[test]
fn other_values_too_large_to_keep_are_left_out() {
    let text = format!(r#"{{"modelVersion": "{}", "responseId": "r"}}"#, "x".repeat(17_000));
    let findings = fed(Framing::Json, &text).findings().clone();
    assert_eq!((findings.model_version, findings.response_id.as_deref()), (None, Some("r")));
}

#[test]
fn usage_is_the_last_one_and_never_a_sum() {
    // wire 122, 124, 125
    let text = concat!(
        r#"data: {"usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}"#,
        "\r\n\r\n",
        r#"data: {"usageMetadata": {"promptTokenCount": 8,"candidatesTokenCount": 3,"thoughtsTokenCount": 41,"#,
        r#""cachedContentTokenCount": 4,"toolUsePromptTokenCount": 5,"totalTokenCount": 57,"serviceTier": "standard","#,
        r#""promptTokensDetails": [{"modality": "TEXT","tokenCount": 6},{"modality": "IMAGE","tokenCount": 2}]}}"#,
        "\r\n\r\n",
        r#"data: {"candidates": []}"#,
        "\r\n\r\n",
    );
    let usage = fed(Framing::Sse, text).findings().usage.clone().unwrap();
    assert_eq!((usage.prompt, usage.cached, usage.candidates, usage.thoughts), (8, 4, 3, 41));
    assert_eq!((usage.tool_use_prompt, usage.total), (5, 57));
    assert_eq!(usage.prompt_by_modality, Modalities { text: 6, image: 2, ..Modalities::default() });
    assert_eq!(usage.prompt_by_modality.sum(), 8);
}

#[test]
fn usage_is_read_leniently() {
    // wire 32; `enum-encoding=int`; the embedding models' singular.
    let usage = |json: &str| fed(Framing::Json, &format!(r#"{{"usageMetadata": {json}}}"#)).findings().usage.clone();
    let prompt = |json: &str| usage(json).unwrap().prompt;
    assert_eq!(prompt(r#"{"promptTokenCount": "12"}"#), 12);
    assert_eq!(prompt(r#"{"promptTokenCount": 12.0}"#), 12);
    assert_eq!(prompt(r#"{"prompt_token_count": 12}"#), 12);
    for odd in ["null", "-1", "true", "{}", "[1]", r#""many""#, r#"{"a": {"b": [1]}}"#] {
        let json = format!(r#"{{"promptTokenCount": {odd}, "promptTokensDetails": {odd}, "totalTokenCount": 7}}"#);
        let usage = usage(&json).unwrap();
        assert_eq!((usage.prompt, usage.total, usage.prompt_by_modality.sum()), (0, 7, 0), "{odd}");
    }
    let details = |list: &str| usage(&format!(r#"{{"promptTokensDetails": {list}}}"#)).unwrap().prompt_by_modality;
    assert_eq!(
        details(r#"[{"modality": 1, "tokenCount": 3}, {"modality": 4, "tokenCount": "2"}]"#),
        Modalities { text: 3, audio: 2, ..Modalities::default() }
    );
    assert_eq!(details(r#"[{"modality": "SMELL", "tokenCount": 3}, {"tokenCount": 1}, 7, null]"#).other, 4);
    let singular = usage(r#"{"promptTokenDetails": [{"modality": "DOCUMENT", "tokenCount": 3}]}"#).unwrap();
    assert_eq!(singular.prompt_by_modality.document, 3);
    // Nothing to read is not zero.
    assert_eq!(usage("null"), None);
    assert_eq!(usage("7"), None);
}

#[test]
fn interactions_count_their_tokens_in_other_words() {
    let usage = r#"{"total_tokens":58,"total_input_tokens":7,"input_tokens_by_modality":[{"modality":"text","tokens":7}],"total_cached_tokens":1,"total_output_tokens":19,"total_tool_use_tokens":2,"total_thought_tokens":32}"#;
    for (framing, text) in [
        (Framing::Json, format!(r#"{{"id": "v1_x", "status": "completed", "usage": {usage}}}"#)),
        (
            Framing::Sse,
            format!("event: interaction.completed\ndata: {{\"interaction\":{{\"id\":\"v\",\"usage\":{usage}}}}}\n\n"),
        ),
        (Framing::Sse, format!("event: step.stop\ndata: {{\"index\":1,\"metadata\":{{\"total_usage\":{usage}}}}}\n\n")),
    ] {
        let usage = fed(framing, &text).findings().usage.clone().unwrap();
        assert_eq!((usage.prompt, usage.cached, usage.candidates, usage.thoughts), (7, 1, 19, 32), "{text}");
        assert_eq!((usage.tool_use_prompt, usage.total, usage.prompt_by_modality.text), (2, 58, 7), "{text}");
    }
}

// wire 134
#[test]
fn an_interaction_is_known_by_its_id_from_the_beginning() {
    let begun =
        "data: {\"interaction\":{\"id\":\"v1_x\",\"status\":\"in_progress\"}}\n\ndata: {\"step\":{\"id\":\"s\"}}\n\n";
    for (framing, text) in [(Framing::Json, r#"{"id": "v1_x", "steps": [{"id": "s"}]}"#), (Framing::Sse, begun)] {
        assert_eq!(fed(framing, text).findings().response_id.as_deref(), Some("v1_x"), "{text}");
    }
}

#[test]
fn finish_reasons_are_names_or_numbers_and_the_last_one_counts() {
    // wire 111, 112
    let reason = |json: &str| {
        let text = format!(r#"{{"candidates": [{{"finishReason": {json}}}]}}"#);
        fed(Framing::Json, &text).findings().finish_reason.as_ref().map(ToString::to_string)
    };
    assert_eq!(reason(r#""STOP""#).as_deref(), Some("STOP"));
    assert_eq!(reason(r#""TOMORROW""#).as_deref(), Some("TOMORROW"));
    assert_eq!(reason(r#""\u0053TOP""#).as_deref(), Some("STOP"));
    assert_eq!(reason("1").as_deref(), Some("STOP"));
    assert_eq!(reason("2").as_deref(), Some("MAX_TOKENS"));
    assert_eq!(reason("99").as_deref(), Some("99"));
    for nothing in ["null", "\"\"", "-1", "1.5", "{}", "[1]", "true", "4294967296"] {
        assert_eq!(reason(nothing), None, "{nothing}");
    }
    let repeated = concat!(
        "data: {\"candidates\": [{\"finishReason\": \"STOP\"}]}\n\n",
        "data: {\"candidates\": [{\"finish_reason\": \"MAX_TOKENS\"}]}\n\n",
        "data: {\"candidates\": [{\"finishReason\": null}]}\n\n",
    );
    assert_eq!(fed(Framing::Sse, repeated).findings().finish_reason.as_ref().unwrap().as_str(), "MAX_TOKENS");
}

#[test]
fn a_blocked_prompt_is_no_empty_answer() {
    // wire 109
    let findings =
        fed(Framing::Json, r#"{"promptFeedback": {"safetyRatings": [{"blockReason": "X"}], "blockReason": "SAFETY"}}"#);
    assert_eq!(findings.findings().block_reason.as_ref().unwrap().as_str(), "SAFETY");
    assert!(!findings.findings().is_empty());
    let number = fed(Framing::Json, r#"{"promptFeedback": {"blockReason": 4}}"#);
    assert_eq!(number.findings().block_reason.as_ref().unwrap().to_string(), "PROHIBITED_CONTENT");
}

#[test]
fn an_answer_without_content_is_empty() {
    // wire 75, 110, 114
    let of = |candidate: &str| {
        let text = format!(r#"{{"candidates": [{candidate}]}}"#);
        let findings = fed(Framing::Json, &text).findings().clone();
        (findings.is_empty(), findings.candidates, findings.parts)
    };
    assert_eq!(of(r#"{"finishReason": "STOP"}"#), (true, 1, 0));
    assert_eq!(of(r#"{"content": {}}"#), (true, 1, 0));
    assert_eq!(of(r#"{"content": {"role": "model"}}"#), (true, 1, 0));
    assert_eq!(of(r#"{"content": {"parts": []}}"#), (true, 1, 0));
    assert_eq!(of(r#"{"content": {"parts": [{"text": ""}]}}"#), (true, 1, 1));
    assert_eq!(
        of(r#"{"content": {"parts": [{"text": "", "thoughtSignature": "abc"}, {"text": null}]}}"#),
        (true, 1, 2)
    );
    assert_eq!(of(r#"{"content": {"parts": [{"text": ""}, {"text": "\n"}]}}"#), (false, 1, 2));
    assert_eq!(of(r#"{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}}"#), (false, 1, 1));
    assert_eq!(
        of(r#"{"content": {"parts": [{"inlineData": {"data": "AA=="}}]}}, {"content": {"parts": [{"text": "a"}]}}"#),
        (false, 2, 2)
    );
    assert_eq!(of(""), (true, 0, 0));
}

#[test]
fn only_the_top_level_of_an_event_is_read() {
    let text = r#"{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {
        "usageMetadata": {"promptTokenCount": 1}, "error": {"code": 1}, "finishReason": "X", "modelVersion": "x",
        "candidates": [{"finishReason": "X"}], "text": "}\"]"}}}],
        "error": 1, "name": "n"}, "tokenCount": 3, "usageMetadata": {}}], "other": {"usageMetadata": {"totalTokenCount": 9}, "name": "n"},
        "modelVersion": "models/m", "responseId": "r\u00e9"}"#;
    let findings = fed(Framing::Json, text).findings().clone();
    assert_eq!((findings.usage, findings.error, findings.finish_reason, findings.name), (None, None, None, None));
    assert_eq!((findings.model_version.as_deref(), findings.response_id.as_deref()), (Some("models/m"), Some("ré")));
    assert_eq!((findings.candidates, findings.parts), (1, 1));
}

#[test]
fn names_of_resources_are_found() {
    let name = |text: &str| fed(Framing::Json, text).findings().name.clone();
    assert_eq!(name(r#"{"name": "cachedContents/abc", "model": "models/m"}"#).as_deref(), Some("cachedContents/abc"));
    assert_eq!(name(r#"{"file": {"name": "files/abc", "mimeType": "x"}}"#).as_deref(), Some("files/abc"));
    assert_eq!(name(r#"{"files": [{"name": "files/abc"}]}"#), None);
    assert_eq!(name(r#"{"name": 7}"#), None);
}

#[test]
fn keys_longer_than_any_known_one_are_skipped() {
    let long = "k".repeat(100_000);
    let text = format!(r#"{{"{long}": "{long}", "modelVersion{long}": 1, "": 2, "modelVersion": "m"}}"#);
    for size in [1, 7, text.len()] {
        let mut meter = Meter::new(Framing::Json);
        text.as_bytes().chunks(size).for_each(|chunk| meter.feed(chunk));
        assert_eq!(meter.findings().model_version.as_deref(), Some("m"));
    }
}

#[test]
fn nesting_without_end_needs_no_memory_and_no_stack() {
    let mut meter = Meter::new(Framing::Json);
    meter.feed(b"{\"a\": ");
    for _ in 0..1000 {
        meter.feed(&[b'['; 1000]);
    }
    assert_eq!(meter.position(), Position::Inside);
    for _ in 0..1000 {
        meter.feed(&[b']'; 1000]);
    }
    meter.feed(b"}");
    assert_eq!(meter.position(), Position::Closed);
}

#[test]
fn an_interrupted_event_leaves_nothing_behind_for_the_next() {
    let meter = fed(
        Framing::Sse,
        "data: {\"usageMetadata\": {\"promptTokenCount\": \"\\\n\ndata: {\"modelVersion\": \"m\"}\n\n",
    );
    assert_eq!(meter.findings().usage, None);
    assert_eq!(meter.findings().model_version.as_deref(), Some("m"));
    assert_eq!((meter.events(), meter.position()), (2, Position::Between));
}

/// What a client gets that must not read the value of an error.
fn censored(framing: Framing, chunks: &[&[u8]]) -> String {
    let mut meter = Meter::new(framing);
    let mut out = Vec::new();
    for chunk in chunks {
        meter.feed(chunk);
        let Some(span) = meter.error_span() else {
            out.extend_from_slice(chunk);
            continue;
        };
        out.extend_from_slice(&chunk[..span.from]);
        if let Some(until) = span.until {
            out.extend_from_slice(format!("<{}>", meter.findings().error.as_deref().unwrap_or("null")).as_bytes());
            out.extend_from_slice(&chunk[until..]);
        }
    }
    String::from_utf8(out).unwrap()
}

const HEALTHY: &str = r#"{"candidates": [{"content": {"parts": [{"text": "\"error\": {\"code\": 1}"}]}}]}"#;
const BROKEN: &str = r#"{"code": 403, "message": "key }\"{ [x]"}"#;

#[test]
fn of_an_error_exactly_its_value_is_found() {
    let events = format!("data: {HEALTHY}\r\n\r\ndata: {{\"error\": {BROKEN}}}\r\n\r\n");
    let array = format!("[{HEALTHY}\n,\r\n{{\n  \"error\" : {BROKEN}\n}}\n]");
    for (framing, bytes) in [(Framing::Sse, events), (Framing::JsonArray, array)] {
        let expected = bytes.replace(BROKEN, &format!("<{BROKEN}>"));
        assert_eq!(censored(framing, &[bytes.as_bytes()]), expected);
        // Wherever it is cut, in two places.
        for first in 0..bytes.len() {
            for second in [first + 1, first + 7, first + 60] {
                let second = second.min(bytes.len());
                let (begin, rest) = bytes.as_bytes().split_at(first);
                let (middle, end) = rest.split_at(second - first);
                assert_eq!(censored(framing, &[begin, middle, end]), expected, "cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn of_several_errors_in_a_chunk_the_last_stands_for_all() {
    let events = format!("data: {{\"error\": {{\"code\": 1}}}}\n\ndata: {{\"error\": {BROKEN}}}\n\n");
    assert_eq!(censored(Framing::Sse, &[events.as_bytes()]), format!("data: {{\"error\": <{BROKEN}>}}\n\n"));
    assert_eq!(censored(Framing::Sse, &[b"data: {\"error\": null}\n\n"]), "data: {\"error\": <null>}\n\n");
    assert_eq!(censored(Framing::Sse, &[b"data: {\"error\": 7", b"}\n\n"]), "data: {\"error\": <7>}\n\n");
}
