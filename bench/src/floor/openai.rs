//! OpenAI's chat words, as far as the floor knows them, and their translation.

use serde::{Deserialize, Serialize};

use crate::floor::gemini;
use crate::text::Text;

/// The floor owns no clock: nobody measures when an answer says it was made.
const CREATED: u64 = 1_790_000_000;

#[derive(Debug, Deserialize)]
pub(super) struct Chat<'a> {
    #[serde(borrow)]
    pub model: Text<'a>,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(default)]
    pub stream: bool,
    temperature: Option<f64>,
    top_p: Option<f64>,
    #[serde(alias = "max_completion_tokens")]
    max_tokens: Option<u64>,
    #[serde(borrow, default)]
    stop: Vec<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Message<'a> {
    role: Role,
    #[serde(borrow)]
    content: Text<'a>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    #[serde(alias = "developer")]
    System,
    User,
    Assistant,
}

/// A whole answer or one chunk of a stream; they differ in `object` and in where the text stands.
#[derive(Debug, Serialize)]
pub(super) struct Completion<'a> {
    id: Id<'a>,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Debug)]
struct Id<'a>(&'a str);

#[derive(Debug, Serialize)]
struct Choice<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Said<'a>>,
    finish_reason: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Text<'a>,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "OpenAI's names")]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

/// The same request in Gemini's words.
pub(super) fn request<'a>(chat: &'a Chat<'a>) -> gemini::Request<'a> {
    let mut request = gemini::Request {
        contents: Vec::with_capacity(chat.messages.len()),
        generation_config: Some(gemini::GenerationConfig {
            temperature: chat.temperature,
            top_p: chat.top_p,
            max_output_tokens: chat.max_tokens,
            stop_sequences: chat.stop.iter().map(|stop| Text::from(&**stop)).collect(),
            ..gemini::GenerationConfig::default()
        }),
        ..gemini::Request::default()
    };
    for message in &chat.messages {
        let part = gemini::Part { text: Some(Text::from(&*message.content)), ..gemini::Part::default() };
        match message.role {
            Role::System => request.system_instruction.get_or_insert_default().parts.push(part),
            Role::User => request.contents.push(content("user", part)),
            Role::Assistant => request.contents.push(content("model", part)),
        }
    }
    request
}

/// A whole answer in OpenAI's words.
pub(super) fn completion<'a>(answer: &'a gemini::Answer<'a>) -> Completion<'a> {
    tell(answer, "chat.completion", |said| (Some(said), None))
}

/// One event in OpenAI's words.
pub(super) fn chunk<'a>(answer: &'a gemini::Answer<'a>) -> Completion<'a> {
    tell(answer, "chat.completion.chunk", |said| (None, Some(said)))
}

fn content<'a>(role: &'static str, part: gemini::Part<'a>) -> gemini::Content<'a> {
    gemini::Content { role: Some(Text::from(role)), parts: vec![part] }
}

fn tell<'a>(
    answer: &'a gemini::Answer<'a>,
    object: &'static str,
    place: impl Fn(Said<'a>) -> (Option<Said<'a>>, Option<Said<'a>>),
) -> Completion<'a> {
    let choices = answer.candidates.iter().map(|candidate| {
        let (message, delta) = place(Said { role: "assistant", content: text_of(candidate) });
        let finish_reason = candidate.finish_reason.as_deref().map(|reason| match reason {
            "MAX_TOKENS" => "length",
            "SAFETY" | "RECITATION" => "content_filter",
            _ => "stop",
        });
        Choice { index: candidate.index, message, delta, finish_reason }
    });
    Completion {
        id: Id(answer.response_id.as_deref().unwrap_or_default()),
        object,
        created: CREATED,
        model: answer.model_version.as_deref().unwrap_or_default(),
        choices: choices.collect(),
        usage: answer.usage_metadata.as_ref().map(|usage| Usage {
            prompt_tokens: usage.prompt_token_count,
            completion_tokens: usage.candidates_token_count + usage.thoughts_token_count.unwrap_or_default(),
            total_tokens: usage.total_token_count,
        }),
    }
}

fn text_of<'a>(candidate: &'a gemini::Candidate<'a>) -> Text<'a> {
    let mut texts = candidate.content.parts.iter().filter_map(|part| part.text.as_deref());
    let first = texts.next().unwrap_or_default();
    match texts.next() {
        None => Text::from(first),
        Some(second) => Text::from([first, second].into_iter().chain(texts).collect::<String>()),
    }
}

// === impl Id ===

impl Serialize for Id<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("chatcmpl-{}", self.0))
    }
}
