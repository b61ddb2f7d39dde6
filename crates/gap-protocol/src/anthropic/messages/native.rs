//! Gemini's own parts as blocks, and back.
//!
//! Code that ran and what came of it have blocks of Anthropic's, which clients show. Every other part goes out to the
//! letter inside a `redacted_thinking` block, whose `data` clients keep without reading it, and comes back the same way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::json::{self, Node, ObjectWriter};

/// Marks a part of Gemini's among what is redacted; Anthropic's own data do not begin so.
const MARK: &str = "gemini-part.";

/// What a part is.
pub(super) enum Native {
    /// `executableCode`
    Code { id: Option<String>, code: String, signature: Option<String> },
    /// `codeExecutionResult`
    Result { id: Option<String>, outcome: Outcome, output: String, signature: Option<String> },
    /// Anything else, or one of these with something that their blocks have no place for.
    Other,
}

/// How code ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    Failed,
    TimedOut,
}

/// By Google's word, and the exit code that says it.
const OUTCOMES: &[(&str, Outcome, i64)] = &[
    ("OUTCOME_OK", Outcome::Ok, 0),
    ("OUTCOME_FAILED", Outcome::Failed, 1),
    ("OUTCOME_DEADLINE_EXCEEDED", Outcome::TimedOut, 124),
];

// === impl Native ===

impl Native {
    /// Reads a part.
    pub(super) fn read(part: &[u8]) -> Self {
        json::parse(part).ok().and_then(|part| Self::of(&part)).unwrap_or(Self::Other)
    }

    fn of(part: &Node<'_>) -> Option<Self> {
        let members = part.members()?;
        let signature = part.find("thoughtSignature").and_then(text_of);
        if members
            .iter()
            .any(|member| !matches!(member.key.as_ref(), "executableCode" | "codeExecutionResult" | "thoughtSignature"))
        {
            return None;
        }
        match (part.find("executableCode"), part.find("codeExecutionResult")) {
            (Some(code), None) => {
                let python = code.find("language").is_none_or(|language| language.text().as_deref() == Some("PYTHON"));
                let known = only(code, &["id", "language", "code"]) && python;
                let id = code.find("id").and_then(text_of);
                known.then_some(Self::Code { id, code: code.find("code").and_then(text_of)?, signature })
            }
            (None, Some(result)) => {
                let word = result.find("outcome").and_then(text_of)?;
                let (_, outcome, _) = OUTCOMES.iter().find(|(own, ..)| *own == word)?;
                let output = result.find("output").and_then(text_of).unwrap_or_default();
                let known = only(result, &["id", "outcome", "output"]);
                let id = result.find("id").and_then(text_of);
                known.then_some(Self::Result { id, outcome: *outcome, output, signature })
            }
            _ => None,
        }
    }
}

/// Writes the members of a `code_execution_tool_result`.
pub(super) fn write_result(out: &mut Vec<u8>, id: &str, outcome: Outcome, output: &str) {
    out.extend_from_slice(b"\"type\":\"code_execution_tool_result\",\"tool_use_id\":");
    json::write_text(out, id);
    out.extend_from_slice(b",\"content\":");
    let code = OUTCOMES.iter().find(|(_, own, _)| *own == outcome).map_or(1, |(_, _, code)| *code);
    let (stdout, stderr) = if outcome == Outcome::Ok { (output, "") } else { ("", output) };
    let mut content = ObjectWriter::open(out);
    content.text("type", "code_execution_result").text("stdout", stdout).text("stderr", stderr);
    content.raw("return_code", &code.to_string()).raw("content", "[]");
    content.close();
}

/// The part behind a `code_execution_tool_result`: its outcome by its exit code, and its output.
pub(super) fn outcome_of(return_code: i64) -> &'static str {
    OUTCOMES.iter().find(|(_, _, code)| *code == return_code).map_or("OUTCOME_FAILED", |(own, ..)| own)
}

/// Writes the members of a `redacted_thinking` that holds a part.
pub(super) fn write_opaque(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(b"\"type\":\"redacted_thinking\",\"data\":\"");
    out.extend_from_slice(MARK.as_bytes());
    out.extend_from_slice(URL_SAFE_NO_PAD.encode(part).as_bytes());
    out.push(b'"');
}

/// The part in the data of a `redacted_thinking`; nothing if it is another provider's.
pub(super) fn read_opaque(data: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(data.strip_prefix(MARK)?).ok()
}

fn text_of(node: &Node<'_>) -> Option<String> {
    node.text().map(std::borrow::Cow::into_owned)
}

fn only(node: &Node<'_>, names: &[&str]) -> bool {
    node.members().is_some_and(|members| members.iter().all(|member| names.contains(&member.key.as_ref())))
}
