//! A Messages request, in Gemini's words.
//!
//! Every property of the request stands in one table ([`compatibility`]) that says what becomes of it, as with OpenAI's
//! requests, and most of the work is theirs as well: turns that Gemini accepts, media, schemas, thinking by the table of
//! models. What is Anthropic's own is read here: blocks, tools that the model is expected to know, and the signatures of
//! thoughts, which stand in blocks of their own and belong to what follows them.

mod assistant;
mod blocks;
mod hints;
mod messages;
mod results;
mod thinking;
mod tools;

use std::borrow::Cow;

use super::compatibility;
use crate::call::{DecodeError, Decoded, Problem, Words};
use crate::json::{Node, Path};
use crate::openai::chat::DecodeContext;
use crate::openai::chat::decode::config::Config;
use crate::openai::chat::decode::{Sections, Work, check_cache, document, extension, format, generation};

/// What a request is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// An answer.
    Answer,
    /// The number of its tokens.
    Count,
}

/// Turns a request body into a call, or says which field is at fault and what it takes.
pub fn decode(body: &[u8], context: &DecodeContext<'_>) -> Result<Decoded, DecodeError> {
    decode_for(body, None, context)
}

/// The same for another model than the request names; answers name this one.
pub fn decode_for(body: &[u8], instead: Option<&str>, context: &DecodeContext<'_>) -> Result<Decoded, DecodeError> {
    read(body, instead, context, Purpose::Answer)
}

/// The same for a request whose tokens are to be counted: it may leave out what an answer needs.
pub fn decode_to_count(body: &[u8], context: &DecodeContext<'_>) -> Result<Decoded, DecodeError> {
    read(body, None, context, Purpose::Count)
}

/// The id of a `tool_use`, from the id that carries what clients forget.
pub(super) fn tool_use_id(id: &str) -> String {
    format!("toolu_{}", id.strip_prefix("call_").unwrap_or(id))
}

/// The id that carries what clients forget, from that of a `tool_use`.
fn carrier_id<'i>(id: &Cow<'i, str>) -> Cow<'i, str> {
    let own = id.strip_prefix("srv").unwrap_or(id).strip_prefix("toolu_").map(|rest| format!("call_{rest}"));
    own.map_or_else(|| id.clone(), Cow::Owned)
}

fn read(
    body: &[u8],
    instead: Option<&str>,
    context: &DecodeContext<'_>,
    purpose: Purpose,
) -> Result<Decoded, DecodeError> {
    let request = document(body)?;
    let root = Path::Root;
    let mut work = Work::begin(&request, instead, context)?;
    work.note_what_has_no_equal(&request, compatibility::find)?;

    let wants_stream = request.find("stream").map_or(Ok(false), |node| node.want_bool(&root.key("stream")))?;
    let stream = wants_stream && purpose == Purpose::Answer;
    let mut config = Config::default();
    let mut own_words = Config::default();
    let mut declared = tools::read(&mut work, &request)?;
    let extension = extension::read(&mut work, &request, &mut own_words)?;
    let asked = thinking::read(&mut work, &request, &extension)?;
    let mut conversation = messages::read(&mut work, &request)?;
    generation(&mut work, &request, purpose, &mut config)?;
    declared.add_built_in(&mut work, &extension);
    if declared.searches() {
        work.plan.words = Words::AfterSearch;
    }
    if let Some((wanted, path)) = output_format(&request)? {
        let field = Path::Key(&root, path);
        format::put(&mut work, wanted, &field, &mut declared, &mut conversation, &mut config);
    }
    config.replace_by(own_words);
    if !work.takes_system() {
        conversation.system_into_first_turn();
    }
    if let Some(asked) = asked {
        crate::openai::chat::decode::thinking::put_asked(&mut work, asked, &mut config);
    }
    check_cache(&extension, &conversation, &declared)?;
    let sections = Sections { conversation, declared, config, extension };
    Ok(work.finish(&sections, stream, body.len())?.with_cache_hint(hints::read(&request)))
}

/// The numbers of a request.
fn generation<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    purpose: Purpose,
    config: &mut Config<'n>,
) -> Result<(), DecodeError> {
    generation::sampling(request, config)?;
    if let Some(node) = request.find("top_k") {
        let top_k = node.want_integer(&Path::Root.key("top_k"))?;
        if top_k > 0 {
            config.set("topK", i32::try_from(top_k).unwrap_or(i32::MAX).to_string());
        }
    }
    if request.find("max_tokens").is_none() && purpose == Purpose::Answer {
        return Err(DecodeError::new(Problem::Missing, "max_tokens", "is needed"));
    }
    generation::max_tokens(work, request, &["max_tokens"], config)?;
    generation::stops_in(work, request, "stop_sequences", config)?;
    if let Some(metadata) = request.find("metadata") {
        // Whoever asks on behalf of whom is nobody's business: it is neither sent on nor logged.
        metadata.want_members(&Path::Root.key("metadata"))?;
    }
    Ok(())
}

/// The schema of JSON that is asked for, and where: `output_config.format`, or `output_format` as it was called before.
fn output_format<'n>(request: &'n Node<'n>) -> Result<Option<(Option<&'n Node<'n>>, &'static str)>, DecodeError> {
    let root = Path::Root;
    let inner = request.find("output_config").and_then(|config| config.find("format"));
    let (found, name) = match (inner, request.find("output_format")) {
        (Some(inner), _) => (inner, "output_config.format"),
        (None, Some(outer)) => (outer, "output_format"),
        (None, None) => return Ok(None),
    };
    let path = Path::Key(&root, name);
    let kind = blocks::want(found, "type", &path)?.want_text(&path.key("type"))?;
    if kind != "json_schema" {
        let message = format!("{kind:?} is no format; known is json_schema");
        return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
    }
    Ok(Some((format::schema_in(found, &path)?, name)))
}
