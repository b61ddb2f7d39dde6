//! Calls and their results, as earlier messages have them.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature, Problem, ToolPlan};
use crate::json::{self, Kind, Node, Path};
use crate::openai::chat::ids;

use super::Work;
use super::content::{is_part, want};
use super::names::sanitise;
use super::outcome::{Outcome, letters_of};
use super::part::{Call, Part, Text};
use super::turns::{Builder, Slot, ToolResult};

/// The longest foreign id that is passed on.
const MAX_ID: usize = 64;

impl Work<'_> {
    /// The name of a tool as Google knows it.
    pub(crate) fn sent_name<'n>(&self, name: Cow<'n, str>) -> Cow<'n, str> {
        match self.plan.tools.find(&name) {
            Some(tool) if tool.sent == name => name,
            Some(tool) => Cow::Owned(tool.sent.clone()),
            None => match sanitise(&name) {
                Cow::Borrowed(_) => name,
                Cow::Owned(clean) => Cow::Owned(clean),
            },
        }
    }

    /// An entry of `tool_calls`.
    pub(crate) fn call<'n>(
        &mut self,
        call: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<(Call<'n>, Slot<'n>), DecodeError> {
        call.want_members(path)?;
        let id = match call.find("id") {
            Some(id) => id.want_text(&path.key("id"))?,
            None => Cow::Borrowed(""),
        };
        let carried = ids::decode(&id);
        let (name, arguments) = match call.find("custom") {
            Some(custom) => {
                let path = path.key("custom");
                let name = want(custom, "name", &path)?.want_text(&path.key("name"))?;
                let input = want(custom, "input", &path)?;
                input.want_text(&path.key("input"))?;
                (self.sent_name(name), Cow::Owned(format!("{{\"{}\":{}}}", ToolPlan::CUSTOM_INPUT, input.json())))
            }
            None => self.function(want(call, "function", path)?, &path.key("function"))?,
        };
        let signature = self.signature_in(call, path)?;
        let signature = match (signature, call.find("function")) {
            (None, Some(function)) => self.signature_in(function, &path.key("function"))?,
            (signature, _) => signature,
        };
        let place = self.place_of_call();
        let signature = signature
            .or_else(|| carried.as_ref()?.signature.clone().map(Cow::Owned))
            .or_else(|| self.kept_signature(&id, place).map(Cow::Owned));
        let upstream_id = if self.refused.contains(Feature::CallIds) { None } else { upstream_id(&id, carried) };
        let field = path.to_string();
        let slot = Slot::new(id, upstream_id.clone(), name.clone(), field);
        Ok((Call { id: upstream_id, name, arguments, signature }, slot))
    }

    /// The form before there were tools: a call without an id.
    pub(crate) fn function_call<'n>(
        &mut self,
        call: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<(Call<'n>, Slot<'n>), DecodeError> {
        let (name, arguments) = self.function(call, path)?;
        let place = self.place_of_call();
        let signature = self.signature_in(call, path)?.or_else(|| self.kept_signature("", place).map(Cow::Owned));
        let slot = Slot::new(Cow::Borrowed(""), None, name.clone(), path.to_string());
        Ok((Call { id: None, name, arguments, signature }, slot))
    }

    /// `{name, arguments}`
    fn function<'n>(
        &mut self,
        function: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<(Cow<'n, str>, Cow<'n, str>), DecodeError> {
        let name = want(function, "name", path)?.want_text(&path.key("name"))?;
        let name = self.sent_name(name);
        let arguments = match function.find("arguments") {
            Some(arguments) => self.arguments(arguments, &path.key("arguments"))?,
            None => Cow::Borrowed("{}"),
        };
        Ok((name, arguments))
    }

    /// The arguments of a call: a JSON object, written as a string.
    // wire 66
    pub(crate) fn arguments<'n>(
        &mut self,
        arguments: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<Cow<'n, str>, DecodeError> {
        if let Kind::Map(_) = arguments.kind() {
            return Ok(arguments.json());
        }
        if arguments.items().is_some_and(<[_]>::is_empty) {
            return Ok(Cow::Borrowed("{}"));
        }
        let text = arguments.want_text(path)?;
        if text.trim().is_empty() {
            return Ok(Cow::Borrowed("{}"));
        }
        match json::parse(text.as_bytes()) {
            Ok(node) if node.members().is_some() => {
                let own = letters_of(&node, &text);
                Ok(own.map_or(text, Cow::Owned))
            }
            // As good as nothing: a call without arguments, the second in the words of PHP.
            Ok(node) if node.is_null() || node.items().is_some_and(<[_]>::is_empty) => Ok(Cow::Borrowed("{}")),
            _ if self.context.options.keep_broken_arguments => {
                self.warn(path, "are no JSON object; they were sent on under the key _raw");
                let mut out = Vec::from(b"{\"_raw\":");
                arguments.write(&mut out);
                out.push(b'}');
                Ok(Cow::Owned(String::from_utf8(out).unwrap_or_default()))
            }
            Ok(node) => {
                let message = format!("must be a JSON object written as a string, not {}", node.describe());
                Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
            }
            Err(error) => {
                let message = format!("must be a JSON object written as a string: {error}");
                Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
            }
        }
    }

    /// The content of a tool's message.
    pub(crate) fn result<'n>(&mut self, message: &'n Node<'n>, path: &Path<'_>) -> Result<ToolResult<'n>, DecodeError> {
        self.result_in(message, "content", path)
    }

    /// What a tool answered, in the member `key`.
    pub(crate) fn result_in<'n>(
        &mut self,
        message: &'n Node<'n>,
        key: &'static str,
        path: &Path<'_>,
    ) -> Result<ToolResult<'n>, DecodeError> {
        let Some(content) = message.find(key) else {
            return Ok(ToolResult { outcome: Outcome::Text(Text::Own(Cow::Borrowed(""))), media: Vec::new() });
        };
        // Whatever a tool answers may have a type; only parts have one of these.
        if !content.items().is_some_and(|items| items.iter().all(is_part)) {
            return Ok(ToolResult { outcome: Outcome::of_value(content), media: Vec::new() });
        }
        let parts = self.content(content, &path.key(key))?;
        let (texts, media): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| matches!(part, Part::Text { .. }));
        let texts: Vec<Text<'n>> = texts
            .into_iter()
            .filter_map(|part| if let Part::Text { text, .. } = part { Some(text) } else { None })
            .collect();
        let outcome = match texts.as_slice() {
            [Text::Node(only)] => Outcome::of_text(only),
            texts => {
                let lines = texts.iter().filter_map(|text| match text {
                    Text::Node(node) => node.text(),
                    Text::Own(text) => Some(text.clone()),
                });
                Outcome::Text(Text::Own(Cow::Owned(lines.collect::<Vec<_>>().join("\n"))))
            }
        };
        Ok(ToolResult { outcome, media })
    }

    /// A result whose call was cut off the history: Gemini takes no response without a call, so the user tells it.
    // wire 49, 63
    pub(crate) fn orphan<'n>(
        &mut self,
        name: &str,
        result: ToolResult<'n>,
        path: &Path<'_>,
        builder: &mut Builder<'n>,
    ) {
        self.warn(path, "names a call that is not in the messages; its result was passed on as text");
        let mut outcome = Vec::new();
        result.outcome.write(&mut outcome);
        let outcome = String::from_utf8(outcome).unwrap_or_default();
        let mut parts = vec![Part::text(Text::Own(Cow::Owned(format!("Result of the tool {name}: {outcome}"))))];
        parts.extend(result.media);
        builder.user(parts);
    }
}

/// The id of a call for Google: its own, where the client's id carries it.
// wire 64
pub(crate) fn upstream_id<'n>(id: &Cow<'n, str>, carried: Option<ids::Carried>) -> Option<Cow<'n, str>> {
    match carried {
        Some(ids::Carried { gemini_id: Some(own), .. }) => Some(Cow::Owned(own)),
        // What it carries is of no use there.
        Some(_) => {
            let bare = id.split('_').take(2).collect::<Vec<_>>().join("_");
            Some(Cow::Owned(bare))
        }
        None => (!id.is_empty() && id.len() <= MAX_ID).then(|| id.clone()),
    }
}
