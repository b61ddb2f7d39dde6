//! What Google refuses in a request, in OpenAI's words.
//!
//! Google names fields of the request that it has got, which the client has never seen; the client must read about its
//! own. And Google says what is wrong only in a sentence, where OpenAI's clients decide by `code`: a conversation that is
//! too long is shortened and sent again, if it is called `context_length_exceeded`.
//!
//! Only refusals of the request itself are translated here. A fault of an upstream key must never be shown as one
//! (wire 24): whose fault it is decides the service.

use crate::call::DecodeError;
use crate::json::{self, Node};

use super::error::Error;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status for the client.
    pub status: u16,
    /// Google's sentence.
    pub message: String,
    /// The field of the client's request, as far as it can be told.
    pub param: Option<String>,
    /// OpenAI's word for it.
    pub code: Option<&'static str>,
}

/// Google's fields, and OpenAI's that became them. Both spellings of Google's are compared without underscores.
const FIELDS: &[(&str, &str)] = &[
    ("maxoutputtokens", "max_tokens"),
    ("temperature", "temperature"),
    ("topp", "top_p"),
    ("topk", "top_k"),
    ("candidatecount", "n"),
    ("stopsequences", "stop"),
    ("presencepenalty", "presence_penalty"),
    ("frequencypenalty", "frequency_penalty"),
    ("seed", "seed"),
    ("responselogprobs", "logprobs"),
    ("logprobs", "top_logprobs"),
    ("responsemimetype", "response_format"),
    ("responseschema", "response_format"),
    ("responsejsonschema", "response_format"),
    ("responsemodalities", "modalities"),
    ("speechconfig", "audio"),
    ("thinkingconfig", "reasoning_effort"),
    ("outputdimensionality", "dimensions"),
    ("toolconfig", "tool_choice"),
    ("tools", "tools"),
    ("systeminstruction", "messages"),
    ("contents", "messages"),
    ("content", "input"),
    ("requests", "input"),
    ("model", "model"),
];

/// Fields of chat completions that have another name in the Responses API.
const IN_RESPONSES: &[(&str, &str)] = &[
    ("max_tokens", "max_output_tokens"),
    ("messages", "input"),
    ("response_format", "text.format"),
    ("reasoning_effort", "reasoning.effort"),
    ("logprobs", "top_logprobs"),
];

// === impl Refusal ===

impl Refusal {
    /// Translates Google's answer: the body, or the value of `error` in it.
    pub fn of(status: u16, body: &[u8]) -> Self {
        let node = json::parse(body).ok();
        let first = node.as_ref().map(|node| node.items().and_then(<[_]>::first).unwrap_or(node));
        let error = first.map(|first| first.find("error").unwrap_or(first));
        let message = error.and_then(|error| error.find("message")).and_then(Node::text);
        let message =
            message.map_or_else(|| "The upstream refused the request.".to_owned(), |text| text.trim().to_owned());
        let field = error.and_then(violated_field).or_else(|| named_field(&message).map(str::to_owned));
        let code = code(status, &message);
        let param = match code {
            Some("model_not_found") => Some("model".to_owned()),
            Some("context_length_exceeded") => Some("messages".to_owned()),
            _ => field.map(|field| own_field(&field)),
        };
        Self { status, message, param, code }
    }

    /// Gives the field the name that it has in the Responses API.
    pub fn rename_for_responses(&mut self) {
        let Some(param) = &mut self.param else { return };
        let other = IN_RESPONSES.iter().find(|(chat, _)| chat == param);
        if let Some((_, other)) = other {
            (*other).clone_into(param);
        }
    }

    /// The body for the client.
    pub fn to_json(&self) -> String {
        self.error().to_json()
    }

    /// The value of `error` in it.
    pub fn error(&self) -> Error<'_> {
        let error_type = if self.status < 500 { "invalid_request_error" } else { "server_error" };
        Error { message: &self.message, error_type, param: self.param.as_deref(), code: self.code }
    }
}

impl From<&DecodeError> for Refusal {
    /// What cannot even be sent.
    fn from(error: &DecodeError) -> Self {
        Self { status: 400, message: error.to_string(), param: error.field.clone(), code: error.code() }
    }
}

fn code(status: u16, message: &str) -> Option<&'static str> {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().all(|word| message.contains(word));
    match status {
        404 if says(&["model"]) => Some("model_not_found"),
        404 => Some("not_found"),
        413 => Some("request_too_large"),
        _ if says(&["token count", "exceeds the maximum"]) => Some("context_length_exceeded"),
        _ if says(&["unexpected model name format"]) => Some("model_not_found"),
        _ if says(&["blocked", "safety"]) || says(&["prohibited content"]) => Some("content_filter"),
        _ if says(&["unsupported mime type"]) || says(&["unable to process input image"]) => {
            Some("invalid_image_format")
        }
        _ if says(&["unknown name"]) => Some("unknown_parameter"),
        _ => None,
    }
}

/// The first field that a `BadRequest` among the details names.
fn violated_field(error: &Node<'_>) -> Option<String> {
    let details = error.find("details")?.items()?;
    let violations = details.iter().filter_map(|detail| detail.find("fieldViolations")?.items()).flatten();
    let mut fields = violations.filter_map(|violation| violation.find("field")?.text());
    fields.find(|field| !field.is_empty()).map(std::borrow::Cow::into_owned)
}

/// The field that a sentence names: `… at 'generation_config.seed' …`, `* GenerateContentRequest.model: …`.
fn named_field(message: &str) -> Option<&str> {
    if let Some((_, after)) = message.split_once(" at '") {
        return after.split_once('\'').map(|(field, _)| field).filter(|field| !field.is_empty());
    }
    let (_, after) = message.split_once("Request.")?;
    let (field, _) = after.split_once(':')?;
    (!field.is_empty() && !field.contains(' ')).then_some(field)
}

/// The client's own field: the innermost of Google's that has an equal, or Google's.
fn own_field(field: &str) -> String {
    let segments = field.rsplit('.').map(|segment| segment.split('[').next().unwrap_or(segment));
    let mut plain = segments.map(|segment| segment.replace('_', "").to_ascii_lowercase());
    let own = plain.find_map(|segment| FIELDS.iter().find(|(google, _)| *google == segment));
    own.map_or_else(|| field.to_owned(), |(_, own)| (*own).to_owned())
}

#[cfg(test)]
mod tests;
