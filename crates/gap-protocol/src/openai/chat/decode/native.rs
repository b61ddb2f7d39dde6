//! Gemini's own parts on their way back: `message.extra_content.google.parts`.
//!
//! Our answers put there, to the letter, what OpenAI has no word for: code that the model ran and what came of it, the
//! calls of Google's own tools, films, sketches between its thoughts, signatures of texts before the last one. They go
//! back to the letter too, because their signatures cover them. They stand in front of the turn's text: what a model ran
//! or looked up, it ran before it spoke of it.
//!
//! What comes back went through a client, so it is looked at as anything else that strangers send. Google refuses a whole
//! request for one part with a second kind, a field that it does not know or a key that comes twice, and its message
//! names a place that the client never wrote. So a part of no known kind is left out with a warning, and a known one with
//! a member of the wrong type is refused by its own path.

use std::borrow::Cow;

use crate::call::{DecodeError, Problem};
use crate::json::{Kind, Node, Path};

use super::Work;
use super::base64_text;
use super::content::want;
use super::extension::camel;
use super::part::Part;

/// What can be a part's one content.
const CONTENTS: &[&str] =
    &["text", "inlineData", "fileData", "executableCode", "codeExecutionResult", "toolCall", "toolResponse"];

/// What may stand beside it.
const BESIDE: &[&str] = &["thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution"];

/// Why a part is left out.
const NO_PART: &str = "is no part that GAP's answers give, and was not sent on";

impl Work<'_> {
    /// The parts that stand in `extra_content.google.parts` of a model's message.
    pub(crate) fn native_parts<'n>(
        &mut self,
        message: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<Vec<Part<'n>>, DecodeError> {
        let google = message.find("extra_content").and_then(|extra| extra.find("google"));
        let Some(list) = google.and_then(|google| google.find("parts")) else { return Ok(Vec::new()) };
        let (outer, name) = (path.key("extra_content"), "parts");
        let google = outer.key("google");
        let path = google.key(name);
        let mut parts = Vec::new();
        for (index, item) in list.want_items(&path)?.iter().enumerate() {
            parts.extend(self.native_part(item, &path.index(index))?);
        }
        Ok(parts)
    }

    /// One part; none if it is nothing that Google would know.
    pub(crate) fn native_part<'n>(
        &mut self,
        item: &'n Node<'n>,
        path: &Path<'_>,
    ) -> Result<Option<Part<'n>>, DecodeError> {
        let mut seen: Vec<&str> = Vec::new();
        let mut content = None;
        for member in item.want_members(path)? {
            // Google reads both spellings, so both are the same key.
            let name = camel(&member.key);
            let known = CONTENTS.iter().chain(BESIDE).copied().find(|known| *known == name);
            let Some(known) = known.filter(|known| !seen.contains(known)) else {
                self.warn(path, NO_PART);
                return Ok(None);
            };
            seen.push(known);
            if !CONTENTS.contains(&known) {
                check_beside(known, &member.value, &path.key(&member.key))?;
            } else if content.replace((known, &member.value, path.key(&member.key))).is_some() {
                self.warn(path, NO_PART);
                return Ok(None);
            }
        }
        let Some((kind, value, path)) = content else {
            self.warn(path, NO_PART);
            return Ok(None);
        };
        match kind {
            "text" => {
                value.want_text(&path)?;
                // wire 45, 75
                if value.is_empty_text() && !seen.contains(&"thoughtSignature") {
                    return Ok(None);
                }
            }
            "inlineData" => self.native_bytes(value, &path)?,
            "fileData" => self.native_file(value, &path)?,
            _ => {
                value.want_members(&path)?;
            }
        }
        Ok(Some(Part::Native(item.json())))
    }

    fn native_bytes(&mut self, inline: &Node<'_>, path: &Path<'_>) -> Result<(), DecodeError> {
        either(inline, "mimeType", "mime_type", path)?;
        let data = want(inline, "data", path)?.want_text(&path.key("data"))?;
        self.media += 1;
        self.media_bytes += data.len();
        match base64_text::normalise(data) {
            Ok(_) => Ok(()),
            Err(reason) => {
                let message = format!("the data {reason}");
                Err(DecodeError::new(Problem::Invalid, path.key("data").to_string(), message))
            }
        }
    }

    fn native_file(&mut self, file: &Node<'_>, path: &Path<'_>) -> Result<(), DecodeError> {
        let uri = either(file, "fileUri", "file_uri", path)?;
        self.note_file(&uri);
        self.media += 1;
        Ok(())
    }
}

/// Checks the type of what stands beside a part's content.
fn check_beside(name: &str, value: &Node<'_>, path: &Path<'_>) -> Result<(), DecodeError> {
    match name {
        "thought" => {
            value.want_bool(path)?;
        }
        "thoughtSignature" => {
            base64_text::normalise(value.want_text(path)?).map_err(|reason| {
                DecodeError::new(Problem::Invalid, path.to_string(), format!("the signature {reason}"))
            })?;
        }
        "mediaResolution" if matches!(value.kind(), Kind::Text(_)) => {}
        _ => {
            value.want_members(path)?;
        }
    }
    Ok(())
}

/// The text of a member that must be there in one of two spellings.
fn either<'n>(node: &'n Node<'n>, camel: &str, snake: &str, path: &Path<'_>) -> Result<Cow<'n, str>, DecodeError> {
    let name = if node.find(snake).is_some() { snake } else { camel };
    want(node, name, path)?.want_text(&path.key(name))
}
