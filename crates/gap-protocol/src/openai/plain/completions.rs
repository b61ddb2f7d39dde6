//! Legacy completions: a prompt, which becomes what the user says.
//!
//! A request may hold several prompts, which Gemini cannot: it is taken [`apart`] into requests of one prompt each, and their
//! answers are [joined](join), choice behind choice in the order of the prompts.

use std::borrow::Cow;

use crate::call::{DecodeError, Decoded, Problem};
use crate::json::{self, Node, ObjectWriter, Path};
use crate::openai::chat::DecodeContext;
use crate::openai::chat::decode::config::Config;
use crate::openai::chat::decode::part::{Part, Text};
use crate::openai::chat::decode::tools::Declared;
use crate::openai::chat::decode::turns::Builder;
use crate::openai::chat::decode::{Sections, Work, check_cache, document, extension, generation, text_of, thinking};

use super::{Plan, compatibility};

/// What the model is told where the text goes on behind the gap.
const FILL: &str = "The user gives the beginning of a text, and below is its end. Write only what stands between the two, \
                    without repeating either.\n\nThe end of the text:\n";

/// More prompts than anybody sends at once.
const MOST_PROMPTS: usize = 128;

/// One of several prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The request with this prompt alone.
    pub body: Vec<u8>,
    /// The prompt, if the answer is to begin with it.
    pub echo: Option<String>,
}

/// Takes a request with several prompts apart; none if it has one, or is to be refused for what it has.
pub fn apart(body: &[u8]) -> Result<Option<Vec<Prompt>>, DecodeError> {
    let Ok(request) = document(body) else { return Ok(None) };
    let prompts = request.find("prompt").and_then(Node::items).unwrap_or_default();
    if prompts.len() < 2 || prompts.iter().any(|prompt| prompt.text().is_none()) {
        return Ok(None);
    }
    if prompts.len() > MOST_PROMPTS {
        let message = format!("there are {} prompts; at most {MOST_PROMPTS} can be answered at once", prompts.len());
        return Err(DecodeError::new(Problem::Invalid, "prompt", message));
    }
    if request.find("stream").and_then(Node::bool) == Some(true) {
        let message = "answers to several prompts come in one piece: leave stream out, or send a request for each";
        return Err(DecodeError::new(Problem::Unsupported, "stream", message));
    }
    let echo = request.find("echo").and_then(Node::bool) == Some(true);
    let alone = |prompt: &Node<'_>| {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        for member in request.members().unwrap_or_default() {
            object.node(&member.key, if member.key == "prompt" { prompt } else { &member.value });
        }
        object.close();
        Prompt { body: out, echo: prompt.text().filter(|_| echo).map(Cow::into_owned) }
    };
    Ok(Some(prompts.iter().map(alone).collect()))
}

/// Joins answers in this form; none if one is something else.
pub fn join<T: AsRef<[u8]>>(answers: &[T]) -> Option<Vec<u8>> {
    let answers: Vec<Node<'_>> =
        answers.iter().map(|answer| json::parse(answer.as_ref()).ok()).collect::<Option<_>>()?;
    let first = answers.first()?;
    let mut out = Vec::new();
    let mut object = ObjectWriter::open(&mut out);
    for name in ["id", "object", "created", "model", "system_fingerprint"] {
        if let Some(value) = first.find(name) {
            object.node(name, value);
        }
    }
    let list = object.key("choices");
    list.push(b'[');
    let choices = answers.iter().map(|answer| answer.find("choices").and_then(Node::items));
    for (place, choice) in choices.collect::<Option<Vec<_>>>()?.into_iter().flatten().enumerate() {
        if place > 0 {
            list.push(b',');
        }
        let mut written = ObjectWriter::open(list);
        for member in choice.members()? {
            if member.key == "index" {
                written.raw("index", &place.to_string());
            } else {
                written.node(&member.key, &member.value);
            }
        }
        written.close();
    }
    list.push(b']');
    let count = |name: &str| {
        let counts = answers.iter().filter_map(|answer| answer.find("usage")?.find(name)?.integer());
        counts.fold(0_i64, i64::saturating_add).to_string()
    };
    let mut usage = ObjectWriter::open(object.key("usage"));
    for name in ["prompt_tokens", "completion_tokens", "total_tokens"] {
        usage.raw(name, &count(name));
    }
    if answers.iter().any(|answer| answer.find("usage").is_some_and(|usage| usage.find("estimated").is_some())) {
        usage.raw("estimated", "true");
    }
    usage.close();
    object.close();
    Some(out)
}

/// Turns a request body into a call, or says which field is at fault.
pub fn decode_for(
    body: &[u8],
    instead: Option<&str>,
    context: &DecodeContext<'_>,
) -> Result<(Decoded, Plan), DecodeError> {
    let request = document(body)?;
    let root = Path::Root;
    let mut work = Work::begin(&request, instead, context)?;
    work.note_what_has_no_equal(&request, compatibility::find_completion)?;
    let stream = request.find("stream").map_or(Ok(false), |node| node.want_bool(&root.key("stream")))?;
    let prompt = read_prompt(&request)?;
    let echo = request.find("echo").map_or(Ok(false), |node| node.want_bool(&root.key("echo")))?;

    let mut config = Config::default();
    generation::sampling(&request, &mut config)?;
    generation::max_tokens(&mut work, &request, &["max_tokens"], &mut config)?;
    generation::stops(&mut work, &request, &mut config)?;
    // Several prompts are several requests already.
    generation::candidates(&mut work, &request, 0, &mut config)?;
    generation::seed(&mut work, &request, &mut config)?;
    generation::penalties(&mut work, &request, &mut config)?;
    generation::stream_options(&mut work, &request, stream)?;
    let mut own_words = Config::default();
    let extension = extension::read(&mut work, &request, &mut own_words)?;
    let mut declared = Declared::default();
    declared.add_built_in(&mut work, &extension);
    config.replace_by(own_words);

    let mut builder = Builder::default();
    if let Some(suffix) = text_of(&request, "suffix")?.filter(|suffix| !suffix.is_empty()) {
        builder.system(vec![Part::text(Text::Own(format!("{FILL}{suffix}").into()))]);
    }
    builder.user(vec![Part::text(Text::Own(prompt.clone()))]);
    let mut conversation = builder.finish(&mut work)?;
    if !work.takes_system() {
        conversation.system_into_first_turn();
    }
    thinking::read(&mut work, &request, &extension, &mut config)?;
    check_cache(&extension, &conversation, &declared)?;
    let sections = Sections { conversation, declared, config, extension };
    let decoded = work.finish(&sections, stream, body.len())?;
    Ok((decoded, Plan::Completion { echo: echo.then(|| prompt.into_owned()) }))
}

fn read_prompt<'n>(request: &'n Node<'n>) -> Result<Cow<'n, str>, DecodeError> {
    let path = Path::Root.key("prompt");
    let Some(prompt) = request.find("prompt") else {
        return Err(DecodeError::new(Problem::Missing, "prompt", "a text is needed"));
    };
    let text = match prompt.items() {
        None => prompt.want_text(&path)?,
        Some([only]) if only.text().is_some() => only.want_text(&path.index(0))?,
        Some([]) => return Err(DecodeError::new(Problem::Invalid, "prompt", "the list is empty")),
        Some(items) if items.iter().any(|item| item.number().is_some() || item.items().is_some()) => {
            let message = "lists of tokens cannot be used, because Gemini has another vocabulary: send text";
            return Err(DecodeError::new(Problem::Unsupported, "prompt", message));
        }
        Some([only]) => return Err(only.unwanted(&path.index(0), "a string")),
        // Several texts were taken apart before.
        Some(_) => return Err(DecodeError::new(Problem::Invalid, "prompt", "must be a text, or a list of texts")),
    };
    if text.trim().is_empty() {
        return Err(DecodeError::new(Problem::Invalid, "prompt", "the text is empty"));
    }
    Ok(text)
}
