//! Legacy completions: one prompt, which becomes what the user says.

use std::borrow::Cow;

use crate::call::{DecodeError, Decoded, Problem};
use crate::json::{Node, Path};
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
    generation::candidates(&mut work, &request, &mut config)?;
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
        Some(items) => {
            let message = format!("there are {} prompts; send a request for each", items.len());
            return Err(DecodeError::new(Problem::Unsupported, "prompt", message));
        }
    };
    if text.trim().is_empty() {
        return Err(DecodeError::new(Problem::Invalid, "prompt", "the text is empty"));
    }
    Ok(text)
}
