//! What the model has said: words, calls, and the signatures of its thoughts.
//!
//! A signature stands in a thinking block and belongs to the call that follows it, or, where a block without thoughts stands
//! behind a text, to that text: so it is written ([`super::super::encode`]). Signatures of Claude's must not reach Google,
//! which refuses what it cannot verify, and nothing in them tells whose they are. But the ids of calls do.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature};
use crate::json::{self, Node, ObjectWriter, Path};
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::calling::upstream_id;
use crate::openai::chat::decode::part::{Call, Part, Text};
use crate::openai::chat::decode::signature::NO_SIGNATURE;
use crate::openai::chat::decode::turns::{Builder, Slot};
use crate::openai::chat::ids;

use super::super::native;
use super::blocks::{self, Content, kind_of, note_unread, unknown_kind, want};
use super::carrier_id;

/// The message while its blocks are read.
#[derive(Default)]
struct Message<'n> {
    parts: Vec<Part<'n>>,
    slots: Vec<Slot<'n>>,
    /// A signature whose part has not come yet, and whether its block says nothing else.
    pending: Option<(Cow<'n, str>, bool)>,
    called: bool,
}

/// Reads a message of the model; says whether it ends in words to be gone on with.
pub(super) fn read<'n>(
    work: &mut Work<'_>,
    message: &'n Node<'n>,
    path: &Path<'_>,
    builder: &mut Builder<'n>,
) -> Result<bool, DecodeError> {
    let mut said = Message::default();
    match Content::of(message, path)? {
        None => {}
        Some(Content::Text(text)) => said.parts.push(Part::text(Text::Node(text))),
        Some(Content::Blocks(items)) => {
            let list = path.key("content");
            for (index, block) in items.iter().enumerate() {
                let path = list.index(index);
                let kind = kind_of(block, &path)?;
                said.block(work, block, &kind, &path)?;
            }
        }
    }
    said.settle();
    said.recall(work);
    let ends_in_words = said.parts.last().is_some_and(|part| matches!(part, Part::Text { .. }) && !part.is_empty());
    builder.model(said.parts, said.slots);
    Ok(ends_in_words)
}

// === impl Message ===

impl<'n> Message<'n> {
    fn block(
        &mut self,
        work: &mut Work<'_>,
        block: &'n Node<'n>,
        kind: &str,
        path: &Path<'_>,
    ) -> Result<(), DecodeError> {
        match kind {
            "thinking" => {
                self.settle();
                note_unread(work, block, &["thinking", "signature"], path);
                let thoughts = block.find("thinking").map(|node| node.want_text(&path.key("thinking"))).transpose()?;
                if let Some(signature) = block.find("signature") {
                    let field = path.key("signature");
                    let signature = work.usable_signature(signature.want_text(&field)?, &field);
                    let says_nothing = thoughts.is_none_or(|thoughts| thoughts.is_empty());
                    self.pending = signature.map(|signature| (signature, says_nothing));
                }
            }
            "redacted_thinking" => {
                let data = want(block, "data", path)?.want_text(&path.key("data"))?;
                if let Some(part) = native::read_opaque(&data) {
                    self.settle();
                    self.opaque(work, &part, &path.key("data"))?;
                }
            }
            "tool_use" => self.call(work, block, path)?,
            "server_tool_use" => {
                self.settle();
                self.server_call(work, block, path)?;
            }
            "code_execution_tool_result" => {
                self.settle();
                self.code_result(work, block, path)?;
            }
            // What was found is in the words that follow; Google searches again if it must.
            "web_search_tool_result" | "web_fetch_tool_result" | "tool_search_tool_result" => {}
            "bash_code_execution_tool_result"
            | "text_editor_code_execution_tool_result"
            | "mcp_tool_use"
            | "mcp_tool_result"
            | "container_upload"
            | "compaction"
            | "fallback" => work.warn(path, "has no equal and was not sent on"),
            _ => {
                let signature = work.signature_in(block, path)?;
                let Some(mut parts) = blocks::read(work, block, kind, path)? else {
                    return Err(unknown_kind(kind, "an assistant's message", path));
                };
                self.settle();
                if let (
                    Some(signature),
                    Some(Part::Text { signature: own, .. } | Part::Medium { signature: own, .. }),
                ) = (signature, parts.last_mut())
                {
                    *own = Some(signature);
                }
                self.parts.extend(parts);
            }
        }
        Ok(())
    }

    /// Gives the signature that waits to the text before it, if its block stood there for that.
    fn settle(&mut self) {
        let Some((signature, true)) = self.pending.take() else { return };
        if let Some(Part::Text { signature: own, .. }) = self.parts.last_mut()
            && own.is_none()
        {
            *own = Some(signature);
        }
    }

    /// Gives the text that ends the message the signature that is kept for it.
    fn recall(&mut self, work: &Work<'_>) {
        if let Some(Part::Text { text, signature: own @ None }) = self.parts.last_mut()
            && work.family.signatures
            && !text.is_empty()
        {
            *own = work.kept_signature_of_text(&text.decode()).map(Cow::Owned);
        }
    }

    /// `{id, name, input}`
    fn call(&mut self, work: &mut Work<'_>, block: &'n Node<'n>, path: &Path<'_>) -> Result<(), DecodeError> {
        note_unread(work, block, &["id", "name", "input"], path);
        let id = want(block, "id", path)?.want_text(&path.key("id"))?;
        let name = work.sent_name(want(block, "name", path)?.want_text(&path.key("name"))?);
        let arguments = match block.find("input") {
            Some(input) => work.arguments(input, &path.key("input"))?,
            None => Cow::Borrowed("{}"),
        };
        let bearer = carrier_id(&id);
        let carried = ids::decode(&bearer);
        let beside = self.pending.take().map(|(signature, _)| signature).filter(|_| !is_claudes(&id));
        let signature = match beside {
            Some(signature) => Some(signature),
            None => work.signature_in(block, path)?,
        };
        let place = work.place_of_call();
        let signature = signature
            .or_else(|| carried.as_ref()?.signature.clone().map(Cow::Owned))
            .or_else(|| work.kept_signature(&id, place).map(Cow::Owned));
        // wire 76, 78: only the first call of a step has to carry one.
        let stand_in = (!std::mem::replace(&mut self.called, true) && work.family.signatures)
            .then_some(Cow::Borrowed(NO_SIGNATURE));
        let upstream = if work.refused.contains(Feature::CallIds) {
            None
        } else if carried.is_some() {
            upstream_id(&bearer, carried)
        } else {
            upstream_id(&id, None)
        };
        self.slots.push(Slot::new(id, upstream.clone(), name.clone(), path.to_string()));
        self.parts.push(Part::Call(Call { id: upstream, name, arguments, signature: signature.or(stand_in) }));
        Ok(())
    }

    /// A call of one of Google's own tools. Code is a part of Gemini's; a search is told by what it brought.
    fn server_call(&mut self, work: &mut Work<'_>, block: &'n Node<'n>, path: &Path<'_>) -> Result<(), DecodeError> {
        let name = want(block, "name", path)?.want_text(&path.key("name"))?;
        let code = block.find("input").and_then(|input| input.find("code")).filter(|code| code.text().is_some());
        match (name.as_ref(), code) {
            ("code_execution", Some(code)) => {
                let id = gemini_id(block, "id");
                self.native(work, block, path, |part| {
                    let mut object = ObjectWriter::open(part.key("executableCode"));
                    if let Some(id) = id {
                        object.text("id", &id);
                    }
                    object.text("language", "PYTHON").node("code", code);
                    object.close();
                })
            }
            ("web_search" | "web_fetch" | "tool_search_tool_regex" | "tool_search_tool_bm25", _) => Ok(()),
            _ => {
                work.warn(path, "has no equal and was not sent on");
                Ok(())
            }
        }
    }

    /// What came of code that ran.
    fn code_result(&mut self, work: &mut Work<'_>, block: &'n Node<'n>, path: &Path<'_>) -> Result<(), DecodeError> {
        let content = want(block, "content", path)?;
        if content.find("type").and_then(Node::text).as_deref() != Some("code_execution_result") {
            work.warn(path, "has no equal and was not sent on");
            return Ok(());
        }
        let path = path.key("content");
        let return_code = want(content, "return_code", &path)?.want_integer(&path.key("return_code"))?;
        let text = |key: &'static str| content.find(key).map(|node| node.want_text(&path.key(key))).transpose();
        let output = format!("{}{}", text("stdout")?.unwrap_or_default(), text("stderr")?.unwrap_or_default());
        let id = gemini_id(block, "tool_use_id");
        self.native(work, block, &path, |part| {
            let mut object = ObjectWriter::open(part.key("codeExecutionResult"));
            if let Some(id) = id {
                object.text("id", &id);
            }
            object.text("outcome", native::outcome_of(return_code));
            if !output.is_empty() {
                object.text("output", &output);
            }
            object.close();
        })
    }

    fn native(
        &mut self,
        work: &mut Work<'_>,
        block: &'n Node<'n>,
        path: &Path<'_>,
        write: impl FnOnce(&mut ObjectWriter<'_>),
    ) -> Result<(), DecodeError> {
        let signature = work.signature_in(block, path)?;
        let mut out = Vec::new();
        let mut part = ObjectWriter::open(&mut out);
        write(&mut part);
        if let Some(signature) = signature {
            part.text("thoughtSignature", &signature);
        }
        part.close();
        self.parts.push(Part::Native(Cow::Owned(String::from_utf8(out).unwrap_or_default())));
        Ok(())
    }

    /// A part of Gemini's that came back to the letter. It went through a client, so it is looked at again.
    fn opaque(&mut self, work: &mut Work<'_>, part: &[u8], path: &Path<'_>) -> Result<(), DecodeError> {
        let Ok(part) = json::parse(part) else {
            work.warn(path, "is damaged and was not sent on");
            return Ok(());
        };
        if let Some(Part::Native(json)) = work.native_part(&part, path)? {
            self.parts.push(Part::Native(Cow::Owned(json.into_owned())));
        }
        Ok(())
    }
}

/// Gemini's own id in the id of one of our blocks.
fn gemini_id(block: &Node<'_>, key: &str) -> Option<String> {
    ids::decode(&carrier_id(&block.find(key)?.text()?))?.gemini_id
}

/// Whether Anthropic made this id, or one of those who resell its models.
fn is_claudes(id: &str) -> bool {
    let rest = id.strip_prefix("toolu_").unwrap_or_default();
    let rest = ["bdrk_", "vrtx_"].iter().find_map(|reseller| rest.strip_prefix(reseller)).unwrap_or(rest);
    let unique = rest.strip_prefix("01").unwrap_or_default();
    unique.len() == 22 && unique.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
