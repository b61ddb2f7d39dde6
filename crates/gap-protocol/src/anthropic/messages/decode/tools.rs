//! Tools: the client's own, those that Anthropic's models know by heart, and those that run at the provider.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::call::{DecodeError, Problem};
use crate::json::{self, Node, Path};
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::built_in::built_in_name;
use crate::openai::chat::decode::tool_choice::{self, Choice};
use crate::openai::chat::decode::tools::Declared;

use super::blocks::want;

/// The tools that Anthropic's models know by heart, written out for Gemini, which has never seen them.
static KNOWN_BY_HEART: LazyLock<Option<Node<'static>>> =
    LazyLock::new(|| json::parse(include_bytes!("known_tools.json")).ok());

/// What says nothing about what the model may do.
const WITHOUT_MEANING: &[&str] =
    &["type", "name", "description", "input_schema", "cache_control", "defer_loading", "eager_input_streaming"];

/// Reads the tools of a request, and which of them are to be called.
pub(super) fn read<'n>(work: &mut Work<'_>, request: &'n Node<'n>) -> Result<Declared<'n>, DecodeError> {
    let root = Path::Root;
    let path = root.key("tools");
    let mut declared = Declared::default();
    let tools = request.find("tools").map_or(Ok(&[][..]), |tools| tools.want_items(&path))?;
    let kind_of = |tool: &Node<'n>| tool.find("type").and_then(Node::text).unwrap_or_default();
    // Where the provider searches the tools, none can be held back: Gemini could not find it.
    let searched = tools.iter().any(|tool| kind_of(tool).starts_with("tool_search_tool"));
    let referenced = referenced(request);
    for (index, tool) in tools.iter().enumerate() {
        let path = path.index(index);
        tool.want_members(&path)?;
        let is_deferred = tool.find("defer_loading").and_then(Node::bool) == Some(true);
        let name = tool.find("name").and_then(Node::text).unwrap_or_default();
        if is_deferred && !searched && !referenced.contains(&*name) {
            continue;
        }
        add(work, &mut declared, tool, &path)?;
    }
    if let Some(choice) = request.find("tool_choice") {
        let path = root.key("tool_choice");
        want(choice, "type", &path)?;
        if let Some(alone) = choice.find("disable_parallel_tool_use") {
            // wire 68
            work.plan.single_call = alone.want_bool(&path.key("disable_parallel_tool_use"))?;
        }
    }
    let own = tools.iter().filter(|tool| built_in_name(&kind_of(tool)).is_some());
    let own: HashSet<_> = own.filter_map(|tool| tool.find("name").and_then(Node::text)).collect();
    let choice = if forces_one_of(&own, declared.offers_functions(), request) {
        work.warn(&root.key("tool_choice"), "cannot force Google's own tools: the model decides");
        Choice::Auto
    } else {
        tool_choice::read(work, request)?
    };
    declared.choose(work, choice, "tools")?;
    Ok(declared)
}

/// Whether a tool is to be called that runs at the provider: it is named, or there is no other.
fn forces_one_of(own: &HashSet<Cow<'_, str>>, beside_functions: bool, request: &Node<'_>) -> bool {
    let Some(choice) = request.find("tool_choice") else { return false };
    let text = |key: &str| choice.find(key).and_then(Node::text);
    match text("type").as_deref() {
        Some("tool") => text("name").is_some_and(|name| own.contains(&name)),
        Some("any") => !own.is_empty() && !beside_functions,
        _ => false,
    }
}

fn add<'n>(
    work: &mut Work<'_>,
    declared: &mut Declared<'n>,
    tool: &'n Node<'n>,
    path: &Path<'_>,
) -> Result<(), DecodeError> {
    let kind = tool.find("type").map(|kind| kind.want_text(&path.key("type"))).transpose()?;
    match kind.as_deref() {
        None | Some("custom" | "function") => {
            note_unread(work, tool, &[], path);
            want(tool, "input_schema", path)?;
            declared.function(work, tool, path, None)
        }
        Some(kind) if kind.starts_with("tool_search_tool") => {
            work.warn(path, "is not needed: all tools are shown to the model");
            Ok(())
        }
        // wire 69
        Some(kind) if built_in_name(kind).is_some() => {
            note_unread(work, tool, &[], path);
            let name = built_in_name(kind).unwrap_or_default();
            declared.built_in(name, "{}".into(), path);
            Ok(())
        }
        Some(kind) => {
            let by_heart = KNOWN_BY_HEART.as_ref().and_then(|known| known.find(known_name(kind)?));
            let Some(known) = by_heart else {
                let kind: String = kind.chars().take(60).collect();
                let message = format!(
                    "{kind:?} has no equal; known are custom tools, bash, text_editor, memory, web_search, web_fetch and code_execution"
                );
                return Err(DecodeError::new(Problem::Unsupported, path.key("type").to_string(), message));
            };
            let name = want(tool, "name", path)?.want_text(&path.key("name"))?;
            // One of them is called otherwise in its first form.
            let known = known.find(&name).unwrap_or(known);
            note_unread(work, tool, &["max_characters"], path);
            declared.function(work, known, path, None)
        }
    }
}

/// The key in the list of those known by heart: types are names with dates.
fn known_name(kind: &str) -> Option<&'static str> {
    let is = |name: &str| kind.strip_prefix(name).is_some_and(|rest| rest.starts_with("_20"));
    ["bash", "text_editor", "memory"].into_iter().find(|name| is(name))
}

/// Names what is said of a tool and not done.
fn note_unread(work: &mut Work<'_>, tool: &Node<'_>, more: &[&str], path: &Path<'_>) {
    for member in tool.members().unwrap_or_default() {
        let key = member.key.as_ref();
        let is_empty = member.value.is_null()
            || member.value.bool() == Some(false)
            || member.value.items().is_some_and(<[_]>::is_empty);
        if is_empty || WITHOUT_MEANING.contains(&key) || more.contains(&key) {
            continue;
        }
        let message = match key {
            "strict" => "has no equal: Gemini holds to the schema as far as it can",
            "input_examples" => "has no equal; put examples into the description",
            "allowed_callers" if member.value.raw() == "[\"direct\"]" => continue,
            "allowed_callers" => "has no equal: code that the model runs calls no tools",
            "max_uses" | "max_content_tokens" | "allowed_domains" | "blocked_domains" | "user_location" => {
                "has no equal: Google's own tools work in their own way"
            }
            "citations" | "use_cache" | "response_inclusion" => "has no equal",
            _ => "is not known and was not sent on",
        };
        let key: String = key.chars().take(80).collect();
        work.warn(&path.key(&key), message);
    }
}

/// The names of tools that were held back at first and brought in by the conversation.
fn referenced(request: &Node<'_>) -> HashSet<String> {
    let mut names = HashSet::new();
    let messages = request.find("messages").and_then(Node::items).unwrap_or_default();
    let content = |node: &Node<'_>, names: &mut HashSet<String>| {
        for block in node.find("content").and_then(Node::items).unwrap_or_default() {
            let inner = block.find("content").and_then(Node::items).unwrap_or_default();
            for reference in inner.iter().chain(std::iter::once(block)).chain(block.find("tool")) {
                if reference.find("type").and_then(Node::text).as_deref() == Some("tool_reference") {
                    names.extend(
                        ["tool_name", "name"]
                            .iter()
                            .filter_map(|key| reference.find(key).and_then(Node::text).map(Cow::into_owned)),
                    );
                }
            }
        }
    };
    for message in messages {
        content(message, &mut names);
    }
    names
}
