//! What the meter should find and where it should be, by parsing whole prefixes again and again.

use gap_protocol::meter::{Findings, Position};
use serde_json::Value;

/// The events of a whole stream, by its lines. Text, because references need not be fast.
pub(crate) fn events(text: &str) -> Vec<(Option<String>, String)> {
    let mut events = Vec::new();
    let (mut name, mut data) = (None, None::<String>);
    let mut lines = lines(text);
    // What the end of the stream leaves is an event too.
    lines.push(String::new());
    for line in lines {
        if line.is_empty() {
            let name = name.take().filter(|name: &String| !name.is_empty());
            if let Some(data) = data.take() {
                events.push((name, data));
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = Some(value.to_owned()),
            "data" => data = Some(data.map_or_else(|| value.to_owned(), |before| format!("{before}\n{value}"))),
            _ => {}
        }
    }
    events
}

/// The lines of a text, the last one perhaps unfinished.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(str::to_owned).collect()
}

/// Where a stream of events is after `prefix`.
pub(crate) fn position_in_events(prefix: &str) -> Position {
    let mut lines = lines(prefix);
    let unfinished = lines.pop().unwrap_or_default();
    let (mut count, mut fields, mut has_data) = (0, 0, false);
    for line in lines {
        if line.is_empty() {
            count += u64::from(has_data);
            (fields, has_data) = (0, false);
        } else if !line.starts_with(':') {
            fields += 1;
            has_data |= line == "data" || line.starts_with("data:");
        }
    }
    match (unfinished.is_empty() && fields == 0, count) {
        (false, _) => Position::Inside,
        (true, 0) => Position::Before,
        (true, _) => Position::Between,
    }
}

/// Where a document or an array of objects is after `prefix` of valid JSON.
pub(crate) fn position_in_json(prefix: &str) -> Position {
    let parses = |text: &str| serde_json::from_str::<Value>(text).ok();
    let text = prefix.trim();
    if text.is_empty() || text == "[" {
        return Position::Before;
    }
    if parses(text).is_some() {
        return Position::Closed;
    }
    let without_comma = text.strip_suffix(',').unwrap_or(text);
    match parses(&format!("{without_comma}]")) {
        Some(Value::Array(_)) => Position::Between,
        _ => Position::Inside,
    }
}

/// What the events of an answer say, read with a JSON parser.
pub(crate) fn findings(events: &[Value]) -> Expected {
    let mut expected = Expected::default();
    for event in events {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let latest = |place: &mut Option<String>, value: Option<String>| {
            if value.is_some() {
                *place = value;
            }
        };
        for place in ["/usageMetadata", "/usage", "/interaction/usage", "/metadata/total_usage"] {
            if let Some(usage) = event.pointer(place).filter(|usage| usage.is_object()) {
                expected.usage = Some(usage.clone());
            }
        }
        latest(&mut expected.model_version, event.get("modelVersion").and_then(text));
        latest(&mut expected.response_id, event.get("responseId").and_then(text));
        latest(&mut expected.response_id, event.get("id").and_then(text));
        latest(&mut expected.response_id, event.pointer("/interaction/id").and_then(text));
        latest(&mut expected.block_reason, event.pointer("/promptFeedback/blockReason").and_then(text));
        latest(&mut expected.name, event.get("name").and_then(text));
        latest(&mut expected.name, event.pointer("/file/name").and_then(text));
        if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
            expected.error = Some(error.clone());
        }
        let candidates = event.get("candidates").and_then(Value::as_array).into_iter().flatten();
        for candidate in candidates.filter(|candidate| candidate.is_object()) {
            expected.candidates += 1;
            let reason = &candidate["finishReason"];
            latest(&mut expected.finish_reason, text(reason).or_else(|| reason.as_u64().map(finish_by_number)));
            let parts = candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten();
            for part in parts.filter_map(Value::as_object) {
                expected.parts += 1;
                expected.content |= part.iter().any(|(key, value)| match key.as_str() {
                    "text" => value.as_str().is_some_and(|text| !text.is_empty()),
                    "thought" | "thoughtSignature" => false,
                    _ => true,
                });
            }
        }
    }
    expected
}

fn finish_by_number(number: u64) -> String {
    ["FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION"][usize::try_from(number).unwrap()]
        .to_owned()
}

#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) usage: Option<Value>,
    pub(crate) finish_reason: Option<String>,
    block_reason: Option<String>,
    model_version: Option<String>,
    response_id: Option<String>,
    name: Option<String>,
    error: Option<Value>,
    candidates: u64,
    parts: u64,
    content: bool,
}

impl Expected {
    /// Compares with what a meter has found.
    pub(crate) fn check(&self, found: &Findings, context: &str) {
        assert_eq!(found.finish_reason.as_ref().map(ToString::to_string), self.finish_reason, "{context}");
        assert_eq!(found.block_reason.as_ref().map(ToString::to_string), self.block_reason, "{context}");
        assert_eq!(found.model_version, self.model_version, "{context}");
        assert_eq!(found.response_id, self.response_id, "{context}");
        assert_eq!(found.name, self.name, "{context}");
        let error = found.error.as_deref().map(|error| serde_json::from_str::<Value>(error).unwrap());
        assert_eq!(error, self.error, "{context}");
        assert_eq!(
            (found.candidates, found.parts, found.content),
            (self.candidates, self.parts, self.content),
            "{context}"
        );
        assert_eq!(found.usage.is_some(), self.usage.is_some(), "{context}");
        let (Some(found), Some(expected)) = (&found.usage, &self.usage) else { return };
        let count = |names: [&str; 2]| names.iter().find_map(|name| expected.get(*name)?.as_u64()).unwrap_or_default();
        assert_eq!(found.prompt, count(["promptTokenCount", "total_input_tokens"]), "{context}");
        assert_eq!(found.cached, count(["cachedContentTokenCount", "total_cached_tokens"]), "{context}");
        assert_eq!(found.candidates, count(["candidatesTokenCount", "total_output_tokens"]), "{context}");
        assert_eq!(found.thoughts, count(["thoughtsTokenCount", "total_thought_tokens"]), "{context}");
        assert_eq!(found.tool_use_prompt, count(["toolUsePromptTokenCount", "total_tool_use_tokens"]), "{context}");
        assert_eq!(found.total, count(["totalTokenCount", "total_tokens"]), "{context}");
        let details = |names: [&str; 2]| -> u64 {
            let list = names.iter().find_map(|name| expected.get(*name)?.as_array());
            let entries = list.into_iter().flatten();
            entries.filter_map(|entry| entry.get("tokenCount").or_else(|| entry.get("tokens"))?.as_u64()).sum()
        };
        assert_eq!(
            found.prompt_by_modality.sum(),
            details(["promptTokensDetails", "input_tokens_by_modality"]).max(details(["promptTokenDetails", ""])),
            "{context}"
        );
        assert_eq!(
            found.cached_by_modality.sum(),
            details(["cacheTokensDetails", "cached_tokens_by_modality"]),
            "{context}"
        );
        assert_eq!(
            found.candidates_by_modality.sum(),
            details(["candidatesTokensDetails", "output_tokens_by_modality"]),
            "{context}"
        );
        assert_eq!(
            found.tool_use_prompt_by_modality.sum(),
            details(["toolUsePromptTokensDetails", "tool_use_tokens_by_modality"]),
            "{context}"
        );
    }
}
