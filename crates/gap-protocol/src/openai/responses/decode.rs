//! A Responses request, in Gemini's words.
//!
//! The sections of the body are those of a chat completion, read from other places ([`crate::openai::chat`] has the code that
//! decides what they mean). What is new is the conversation: it is a list of items, of which some are in the request and
//! others in answers that are kept ([`Kept`]), by `previous_response_id` or by reference.

mod choice;
mod echo;
pub(super) mod history;
mod input;
mod tools;
mod turn;

use std::borrow::Cow;

use crate::call::{DecodeError, Decoded, IdStyle, Problem};
use crate::json::{Node, Path};
use crate::openai::chat::DecodeContext;
use crate::openai::chat::decode::config::Config;
use crate::openai::chat::decode::content::want;
use crate::openai::chat::decode::thinking::{self, Asked};
use crate::openai::chat::decode::{Sections, Work, document, extension, format, generation, modalities};

use super::compatibility;
use super::encode::Plan;
use super::items;
use history::History;

/// The answers that are kept for the caller, and for nobody else.
pub trait Kept {
    /// What was said up to an answer and in it: lists of items as JSON, oldest first. Nothing if the answer, or one before it,
    /// is not kept.
    fn history(&self, response_id: &str) -> Option<Vec<bytes::Bytes>>;

    /// The items of a conversation: lists of items as JSON, oldest first. Nothing if there is no such conversation.
    fn conversation(&self, conversation_id: &str) -> Option<Vec<bytes::Bytes>>;

    /// An item of an answer or of the conversation, as JSON.
    fn item(&self, id: &str) -> Option<String>;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct NothingKept;

/// A decoded request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The call, ready or waiting for media.
    pub decoded: Decoded,
    /// What the encoder needs beside the call's own plan.
    pub plan: Plan,
    /// Whether the answer is to be kept.
    pub store: bool,
    /// The answer that this one goes on from.
    pub previous: Option<String>,
    /// The conversation that it belongs to.
    pub conversation: Option<String>,
    /// The items of the request, each with an id, as a JSON array.
    pub input: Vec<u8>,
}

/// What an answer is to contain beyond the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    /// `reasoning.encrypted_content`: the client sends reasoning items back.
    pub encrypted: bool,
    /// `web_search_call.action.sources`
    pub sources: bool,
    /// `message.output_text.logprobs`
    pub logprobs: bool,
}

impl Kept for NothingKept {
    fn history(&self, _: &str) -> Option<Vec<bytes::Bytes>> {
        None
    }

    fn conversation(&self, _: &str) -> Option<Vec<bytes::Bytes>> {
        None
    }

    fn item(&self, _: &str) -> Option<String> {
        None
    }
}

/// Turns a request body into a call, or says which field is at fault and what it takes. `id` is the id of the answer to
/// come, such as `resp_…`: items without an id get one that is derived from it.
pub fn decode(body: &[u8], context: &DecodeContext<'_>, kept: &dyn Kept, id: &str) -> Result<Request, DecodeError> {
    decode_for(body, None, context, kept, id)
}

/// The same for another model than the request names; answers name this one.
pub fn decode_for(
    body: &[u8],
    instead: Option<&str>,
    context: &DecodeContext<'_>,
    kept: &dyn Kept,
    id: &str,
) -> Result<Request, DecodeError> {
    let request = document(body)?;
    let root = Path::Root;
    let mut work = Work::begin(&request, instead, context)?;
    work.note_what_has_no_equal(&request, compatibility::find)?;

    let stream = flag(&request, "stream")?.unwrap_or(false);
    let store = flag(&request, "store")?.unwrap_or(true);
    let background = flag(&request, "background")?.unwrap_or(false);
    if background && !store {
        let message = "needs store: what nobody waits for can only be had if it is kept";
        return Err(DecodeError::new(Problem::Invalid, "background", message));
    }
    let include = include(&mut work, &request)?;
    if include.encrypted {
        work.plan.ids = IdStyle::Short;
    }
    let history = History::find(&request, kept)?;
    let history_items = history.read()?;
    history.refuse_repeated(&request, &history_items)?;
    let referenced = history.read_referenced()?;

    let mut config = Config::default();
    let mut declared = tools::read(&mut work, &request)?;
    let sources = input::Sources { of: history.field(), history: &history_items, referenced: &referenced };
    let mut conversation = input::read(&mut work, &request, &sources)?;
    numbers(&mut work, &request, stream, include, &mut config)?;
    modalities::read(&mut work, &request, &mut config)?;
    let mut own_words = Config::default();
    let extension = extension::read(&mut work, &request, &mut own_words)?;
    declared.add_built_in(&mut work, &extension);
    if let Some(text) = request.find("text") {
        let path = root.key("text");
        text.want_members(&path)?;
        if let Some(words) = verbosity(text, &path)? {
            conversation.instruct(words.to_owned());
        }
        if let Some(wanted) = json_format(text, &path)? {
            let path = path.key("format");
            format::put(&mut work, wanted, &path, &mut declared, &mut conversation, &mut config);
        }
    }
    config.replace_by(own_words);
    if !work.takes_system() {
        conversation.system_into_first_turn();
    }
    let asked = match extension.thinking() {
        Some((own, field)) => thinking::in_googles_words(own, field)?,
        None => reasoning(&mut work, &request)?,
    };
    thinking::put_asked(&mut work, asked, &mut config);
    crate::openai::chat::decode::check_cache(&extension, &conversation, &declared)?;

    let joined = history.conversation().map(str::to_owned);
    let plan = Plan { echo: echo::write(&request, store, joined.as_deref()).into(), include, background };
    let previous = history.previous().map(str::to_owned);
    let input = items::normalise(&request, id, &referenced);
    let decoded = work.finish(&Sections { conversation, declared, config, extension }, stream, body.len())?;
    Ok(Request { decoded, plan, store, previous, conversation: joined, input })
}

/// A property that is true or false.
fn flag(request: &Node<'_>, name: &'static str) -> Result<Option<bool>, DecodeError> {
    request.find(name).map(|node| node.want_bool(&Path::Root.key(name))).transpose()
}

/// Reads `include`.
fn include(work: &mut Work<'_>, request: &Node<'_>) -> Result<Include, DecodeError> {
    const WITHOUT_MEANING: [&str; 5] = [
        "code_interpreter_call.outputs",
        "computer_call_output.output.image_url",
        "file_search_call.results",
        "message.input_image.image_url",
        "web_search_call.results",
    ];
    let mut include = Include::default();
    let Some(list) = request.find("include") else { return Ok(include) };
    let path = Path::Root.key("include");
    for (index, item) in list.want_items(&path)?.iter().enumerate() {
        let path = path.index(index);
        match item.want_text(&path)?.as_ref() {
            "reasoning.encrypted_content" => include.encrypted = true,
            "web_search_call.action.sources" => include.sources = true,
            "message.output_text.logprobs" => include.logprobs = true,
            known if WITHOUT_MEANING.contains(&known) => {}
            other => work.warn(&path, format!("{:?} is not known", other.chars().take(60).collect::<String>())),
        }
    }
    Ok(include)
}

/// Reads the numbers of a request into `generationConfig`.
fn numbers<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    stream: bool,
    include: Include,
    config: &mut Config<'n>,
) -> Result<(), DecodeError> {
    generation::sampling(request, config)?;
    generation::max_tokens(work, request, &["max_output_tokens"], config)?;
    generation::stops(work, request, config)?;
    generation::seed(work, request, config)?;
    generation::penalties(work, request, config)?;
    // Those who name a number want to see them.
    let number = request.find("top_logprobs").and_then(Node::integer).is_some_and(|top| top > 0);
    let wanted = include.logprobs || number;
    generation::put_log_probabilities(work, request, "top_logprobs", wanted, stream, config)?;
    generation::stream_options(work, request, stream)?;
    generation::parallel_calls(work, request)
}

/// `text.format`, if it asks for JSON: its schema, if it has one.
#[expect(clippy::option_option, reason = "no JSON, any JSON, JSON of a schema")]
fn json_format<'n>(text: &'n Node<'n>, path: &Path<'_>) -> Result<Option<Option<&'n Node<'n>>>, DecodeError> {
    let Some(format) = text.find("format") else { return Ok(None) };
    let path = path.key("format");
    let kind = want(format, "type", &path)?.want_text(&path.key("type"))?;
    match kind.as_ref() {
        "text" => Ok(None),
        "json_object" => Ok(Some(None)),
        // Those who come from chat completions nest it once more.
        "json_schema" => match format.find("json_schema") {
            Some(nested) => format::schema_in(nested, &path.key("json_schema")).map(Some),
            None => format::schema_in(format, &path).map(Some),
        },
        other => {
            let message = format!("{other:?} is no format; known are text, json_object and json_schema");
            Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message))
        }
    }
}

/// `text.verbosity`, in words.
fn verbosity(text: &Node<'_>, path: &Path<'_>) -> Result<Option<&'static str>, DecodeError> {
    let Some(verbosity) = text.find("verbosity") else { return Ok(None) };
    let path = path.key("verbosity");
    match verbosity.want_text(&path)?.as_ref() {
        "medium" => Ok(None),
        "low" => Ok(Some("Keep your answers short: say what matters and no more.")),
        "high" => Ok(Some("Answer at length, with details and explanations.")),
        other => {
            let message = format!("must be low, medium or high, not {other:?}");
            Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
        }
    }
}

/// Reads `reasoning`. Without a summary, OpenAI shows no thoughts.
fn reasoning(work: &mut Work<'_>, request: &Node<'_>) -> Result<Asked, DecodeError> {
    let path = Path::Root.key("reasoning");
    let shown = work.context.options.always_include_thoughts;
    let Some(reasoning) = request.find("reasoning") else { return Asked::effort(None, &path, Some(shown)) };
    let mut shown = shown;
    let mut effort = None;
    for member in reasoning.want_members(&path)? {
        let field = path.key(&member.key);
        if member.value.is_null() {
            continue;
        }
        match &*member.key {
            "effort" => effort = Some(&member.value),
            "summary" | "generate_summary" => match member.value.want_text(&field)?.as_ref() {
                "auto" | "concise" | "detailed" => shown = true,
                "none" => {}
                other => {
                    let message = format!("must be auto, concise or detailed, not {other:?}");
                    return Err(DecodeError::new(Problem::Invalid, field.to_string(), message));
                }
            },
            "mode" if member.value.raw() == "\"standard\"" => {}
            "context" if member.value.raw() == "\"auto\"" => {}
            "mode" | "context" => work.warn(&field, "has no equal"),
            _ => work.warn(&field, "is not known and was not sent on"),
        }
    }
    Asked::effort(effort, &path.key("effort"), Some(shown))
}

/// A text that may be absent.
fn optional_text<'n>(node: &'n Node<'n>, key: &str, path: &Path<'_>) -> Result<Option<Cow<'n, str>>, DecodeError> {
    node.find(key).map(|value| value.want_text(&path.key(key))).transpose()
}
