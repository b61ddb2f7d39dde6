//! The response itself, as it stands in events and bodies.
//!
//! OpenAI knows two reasons why a response is incomplete; Google knows twenty why an answer ended. Where the model has said
//! something, an odd reason leaves the response complete, with Google's own word in `extra_content`; where it has said nothing,
//! the response has failed, because an empty one that claims to be complete would be taken for an answer.

use bytes::Bytes;

use crate::call::ReplyPlan;
use crate::json::{ObjectWriter, write_text};
use crate::openai::chat::finish::Class;
use crate::openai::chat::usage::service_tier;
use crate::openai::chat::write::write_number;
use crate::reply::compact;

use super::answer::Answer;
use super::events::Events;
use super::usage;
use super::{Finished, Plan};

/// How a response has ended, if it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It has not even begun.
    Queued,
    /// Not yet.
    InProgress,
    /// With all that the model had to say.
    Completed,
    /// Early; OpenAI's word for why.
    Incomplete(&'static str),
    /// With an error: OpenAI's code and a sentence.
    Failed(&'static str, String),
}

// === impl Ending ===

impl Ending {
    /// From Google's words: why the candidate ended, and why the prompt was blocked.
    pub(super) fn of(native: Option<&str>, blocked: Option<&str>, said: bool) -> Self {
        match (native.map(Class::of), blocked) {
            (Some(Class::Length), _) => Self::Incomplete("max_output_tokens"),
            (Some(Class::Filtered), _) | (None, Some(_)) => Self::Incomplete("content_filter"),
            (Some(Class::BrokenCall | Class::Odd), _) if !said => {
                let native = native.unwrap_or_default();
                Self::Failed("server_error", format!("The model gave no answer: it ended with {native}."))
            }
            (Some(Class::Done | Class::BrokenCall | Class::Odd) | None, _) => Self::Completed,
        }
    }

    /// The status of the item that was open when it came.
    pub(super) fn item_status(&self) -> &'static str {
        match self {
            Self::Queued | Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) | Self::Failed(..) => "incomplete",
        }
    }

    fn status(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
            Self::Failed(..) => "failed",
        }
    }
}

/// Ends a response: tells the last event, and gives what can be kept.
pub(super) fn finish(answer: &Answer, ending: &Ending, events: &mut Events<'_>) -> Finished {
    let mut response = Vec::with_capacity(answer.items.len() + answer.extra.echo.len() + 1024);
    write(answer, &mut response, ending);
    let kind = match ending {
        Ending::Queued | Ending::InProgress | Ending::Completed => "response.completed",
        Ending::Incomplete(_) => "response.incomplete",
        Ending::Failed(..) => "response.failed",
    };
    events.tell(kind, |event| event.key("response").extend_from_slice(&response));
    let output = [b"[", answer.items.as_slice(), b"]"].concat();
    let is_answer = matches!(ending, Ending::Completed | Ending::Incomplete(_));
    Finished { response: Bytes::from(response), output: Bytes::from(output), is_answer }
}

/// A response that nobody works on yet; the arguments are those of [`super::StreamEncoder::new`].
pub fn queued(plan: ReplyPlan, extra: Plan, id: impl Into<String>, created: u64) -> Bytes {
    let mut out = Vec::new();
    write(&Answer::new(plan, extra, id.into(), created), &mut out, &Ending::Queued);
    out.into()
}

/// Writes a response as it is now.
pub(super) fn write(answer: &Answer, out: &mut Vec<u8>, ending: &Ending) {
    let mut object = ObjectWriter::open(out);
    object.text("id", &answer.id).text("object", "response");
    write_number(object.key("created_at"), answer.created);
    object.text("status", ending.status());
    match ending {
        Ending::Failed(code, message) => {
            let mut error = ObjectWriter::open(object.key("error"));
            error.text("code", code).text("message", message);
            error.close();
        }
        Ending::Queued | Ending::InProgress | Ending::Completed | Ending::Incomplete(_) => {
            object.raw("error", "null");
        }
    }
    match ending {
        Ending::Incomplete(reason) => {
            let mut details = ObjectWriter::open(object.key("incomplete_details"));
            details.text("reason", reason);
            details.close();
        }
        Ending::Queued | Ending::InProgress | Ending::Completed | Ending::Failed(..) => {
            object.raw("incomplete_details", "null");
        }
    }
    object.text("model", &answer.plan.model);
    let output = object.key("output");
    output.push(b'[');
    output.extend_from_slice(&answer.items);
    output.push(b']');
    let echo = answer.extra.echo.get(1..answer.extra.echo.len().saturating_sub(1)).unwrap_or_default();
    if matches!(ending, Ending::Queued | Ending::InProgress) {
        object.text("service_tier", "auto");
    } else {
        object.text("service_tier", service_tier(&answer.usage).unwrap_or("default"));
        usage::write(object.key("usage"), answer);
        write_extra(answer, &mut object);
    }
    object.close();
    if !echo.is_empty() {
        // The members of the echo, in front of the brace.
        out.pop();
        out.push(b',');
        out.extend_from_slice(echo);
        out.push(b'}');
    }
}

/// Writes what Google says of an answer and OpenAI has no word for.
fn write_extra(answer: &Answer, object: &mut ObjectWriter<'_>) {
    let mut facts = Vec::new();
    answer.choice.write_facts(&mut facts);
    let mut extra = ObjectWriter::open(object.key("extra_content"));
    let mut google = ObjectWriter::open(extra.key("google"));
    for (name, value) in [
        ("model_version", answer.findings.model_version.as_deref()),
        ("response_id", answer.findings.response_id.as_deref()),
        ("finish_reason", answer.choice.finish.as_ref().map(crate::meter::FinishReason::as_str)),
    ] {
        if let Some(value) = value {
            write_text(google.key(name), value);
        }
    }
    if let Some(feedback) = &answer.prompt_feedback {
        compact(google.key("prompt_feedback"), feedback);
    }
    if !facts.is_empty() {
        google.key("candidate").extend_from_slice(&facts);
    }
    if !answer.native.is_empty() {
        let parts = google.key("parts");
        parts.push(b'[');
        parts.extend_from_slice(&answer.native);
        parts.push(b']');
    }
    google.close();
    extra.close();
}
