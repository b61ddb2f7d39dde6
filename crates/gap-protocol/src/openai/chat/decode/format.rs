//! JSON in answers: `response_format`.

use crate::call::{DecodeError, Feature, JsonMode, Problem};
use crate::gemini::schema;
use crate::json::{Node, Path};

use super::Work;
use super::config::Config;
use super::content::want;
use super::tools::Declared;
use super::turns::Conversation;

/// Reads `response_format`.
// wire 93
pub(crate) fn read<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    declared: &mut Declared<'_>,
    conversation: &mut Conversation<'n>,
    config: &mut Config<'n>,
) -> Result<(), DecodeError> {
    let Some(format) = request.find("response_format") else { return Ok(()) };
    let path = Path::Root.key("response_format");
    let kind = want(format, "type", &path)?.want_text(&path.key("type"))?;
    let wanted = match kind.as_ref() {
        "text" => return Ok(()),
        "json_object" => None,
        "json_schema" => json_schema(format, &path)?,
        other => {
            let message = format!("{other:?} is no format; known are text, json_object and json_schema");
            return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
        }
    };
    put(work, wanted, &path, declared, conversation, config);
    Ok(())
}

/// Asks for JSON, of this schema if there is one, as the model takes it. `path` is where it was asked for.
pub(crate) fn put<'n>(
    work: &mut Work<'_>,
    wanted: Option<&'n Node<'n>>,
    path: &Path<'_>,
    declared: &mut Declared<'_>,
    conversation: &mut Conversation<'n>,
    config: &mut Config<'n>,
) {
    let takes_both = work.family.json_with_tools && !work.refused.contains(Feature::JsonWithTools);
    if !takes_both {
        declared.withhold_uncallable();
    }
    let takes_json = work.family.json_mode && !work.refused.contains(Feature::JsonMode);
    if !takes_json || (!takes_both && !declared.is_empty()) {
        // wire 70: "Function calling with a response mime type: 'application/json' is unsupported", and the same of tools.
        let beside = if takes_json { " beside tools" } else { "" };
        work.warn(path, format!("is refused by {}{beside}; it was asked for in words", work.model));
        work.plan.json = JsonMode::Instructed;
        conversation.instruct(instruction(wanted, declared.offers_functions()));
        return;
    }
    work.plan.json = JsonMode::Native;
    config.set("responseMimeType", "\"application/json\"");
    let Some(wanted) = wanted else { return };
    if schema::is_sound(wanted) && !work.refused.contains(Feature::JsonSchema) {
        config.set("responseJsonSchema", wanted.json());
        return;
    }
    let cleaned = schema::clean_for_answers(&super::tools::value_of(wanted));
    config.set("responseSchema", cleaned.to_string());
}

/// The schema of a `json_schema` format, if it has one.
fn json_schema<'n>(format: &'n Node<'n>, path: &Path<'_>) -> Result<Option<&'n Node<'n>>, DecodeError> {
    let outer = want(format, "json_schema", path)?;
    let path = path.key("json_schema");
    outer.want_members(&path)?;
    schema_in(outer, &path)
}

/// The schema that a format names, if it says anything.
pub(crate) fn schema_in<'n>(outer: &'n Node<'n>, path: &Path<'_>) -> Result<Option<&'n Node<'n>>, DecodeError> {
    let Some(schema) = outer.find("schema") else { return Ok(None) };
    schema.want_members(&path.key("schema"))?;
    Ok((!schema::is_empty(schema)).then_some(schema))
}

fn instruction(schema: Option<&Node<'_>>, beside_tools: bool) -> String {
    let when = if beside_tools { "When you do not call a function, answer" } else { "Answer" };
    let form = schema.map_or_else(String::new, |schema| format!(" It must match this JSON Schema:\n{}", schema.json()));
    format!("{when} with one JSON value and nothing else: no words around it, no code fence.{form}")
}
