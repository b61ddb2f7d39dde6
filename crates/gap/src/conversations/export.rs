//! A conversation as a document that people read: Markdown.

use std::fmt::Write as _;

use gap_store::conversations::Conversation;
use serde_json::Value;

/// A turn on the page: who spoke, and what was said.
#[derive(Clone, Debug)]
pub struct Spoken<'a> {
    /// Whether the model spoke.
    pub is_models: bool,
    /// Whether the answer broke off.
    pub partial: bool,
    /// A `Content` of Gemini's.
    pub content: &'a Value,
}

/// The conversation in Markdown. What was said stays as it is; what is no text is named.
pub fn markdown<'a>(conversation: &Conversation, turns: impl IntoIterator<Item = Spoken<'a>>) -> String {
    let title = if conversation.title.is_empty() { &conversation.name } else { &conversation.title };
    let mut page = format!("# {title}\n\n");
    let _ = writeln!(page, "{} · {}\n", conversation.model, conversation.updated_at);
    if let Some(system) = system_of(conversation) {
        page.push_str("## System\n\n");
        write_content(&mut page, &system);
    }
    for turn in turns {
        page.push_str(if turn.is_models { "## Model\n\n" } else { "## User\n\n" });
        write_content(&mut page, turn.content);
        if turn.partial {
            page.push_str("*The answer broke off here.*\n\n");
        }
    }
    page
}

/// The system instruction that was sent last, as a `Content` of Gemini's.
pub fn system_of(conversation: &Conversation) -> Option<Value> {
    conversation.system.as_deref().and_then(|system| serde_json::from_str(system).ok())
}

fn write_content(page: &mut String, content: &Value) {
    for part in content["parts"].as_array().into_iter().flatten() {
        write_part(page, part);
    }
}

fn write_part(page: &mut String, part: &Value) {
    let text_of = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if let Some(text) = part["text"].as_str() {
        if text.is_empty() {
            return;
        }
        if part["thought"].as_bool() == Some(true) {
            for line in text.trim_end().lines() {
                let _ = writeln!(page, "> {line}");
            }
            page.push('\n');
        } else {
            let _ = writeln!(page, "{}\n", text.trim_end());
        }
    } else if let Some(call) = part.get("functionCall") {
        write_data(page, &format!("Calls `{}`", text_of(call, "name")), &call["args"]);
    } else if let Some(result) = part.get("functionResponse") {
        write_data(page, &format!("Result of `{}`", text_of(result, "name")), &result["response"]);
    } else if let Some(code) = part.get("executableCode") {
        let _ = writeln!(page, "```{}\n{}\n```\n", text_of(code, "language").to_lowercase(), text_of(code, "code"));
    } else if let Some(result) = part.get("codeExecutionResult") {
        let _ = writeln!(page, "```\n{}\n```\n", text_of(result, "output"));
    } else if let Some(blob) = part.get("inlineData") {
        let bytes = blob["data"].as_str().map_or(0, |data| data.len() / 4 * 3);
        let _ = writeln!(page, "*[{}, {bytes} bytes]*\n", text_of(blob, "mimeType"));
    } else if let Some(file) = part.get("fileData") {
        let _ = writeln!(page, "*[{}, {}]*\n", text_of(file, "mimeType"), text_of(file, "fileUri"));
    }
}

fn write_data(page: &mut String, what: &str, data: &Value) {
    let data = serde_json::to_string_pretty(data).unwrap_or_default();
    let _ = writeln!(page, "{what}:\n\n```json\n{data}\n```\n");
}
