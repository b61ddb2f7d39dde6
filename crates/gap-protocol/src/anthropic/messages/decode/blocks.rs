//! Blocks of content that say something: text, images, documents, found pages.

use std::borrow::Cow;

use crate::call::{DecodeError, PendingKind, Problem};
use crate::json::{Kind, Node, Path};
use crate::openai::chat::decode::Work;
pub(super) use crate::openai::chat::decode::content::want;
use crate::openai::chat::decode::part::{Extras, Medium, Part, Text};

/// What blocks may have beside what makes them their kind.
const BESIDE: &[&str] = &["type", "cache_control", "citations", "extra_content", "caller", "toolset_name"];

/// The type of a block.
pub(super) fn kind_of<'n>(block: &'n Node<'n>, path: &Path<'_>) -> Result<Cow<'n, str>, DecodeError> {
    want(block, "type", path)?.want_text(&path.key("type"))
}

/// The refusal of a block whose type nobody knows here.
pub(super) fn unknown_kind(kind: &str, place: &str, path: &Path<'_>) -> DecodeError {
    let kind: String = kind.chars().take(60).collect();
    let message = format!("{kind:?} is no kind of block that {place} can have");
    DecodeError::new(Problem::Invalid, path.key("type").to_string(), message)
}

/// A text of our own.
pub(super) fn own_text<'n>(text: String) -> Part<'n> {
    Part::text(Text::Own(Cow::Owned(text)))
}

/// The blocks of a content, which may be one string.
pub(super) enum Content<'n> {
    Text(&'n Node<'n>),
    Blocks(&'n [Node<'n>]),
}

impl<'n> Content<'n> {
    /// The content in `holder`; nothing if it is absent.
    pub(super) fn of(holder: &'n Node<'n>, path: &Path<'_>) -> Result<Option<Self>, DecodeError> {
        let Some(content) = holder.find("content") else { return Ok(None) };
        match content.kind() {
            Kind::Text(_) => Ok(Some(Self::Text(content))),
            Kind::List(blocks) => Ok(Some(Self::Blocks(blocks))),
            _ => Err(content.unwanted(&path.key("content"), "a string or an array of blocks")),
        }
    }
}

/// Reads a block that stands alike in messages, results of tools and documents, as one part or several; none if it is of
/// another kind.
pub(super) fn read<'n>(
    work: &mut Work<'_>,
    block: &'n Node<'n>,
    kind: &str,
    path: &Path<'_>,
) -> Result<Option<Vec<Part<'n>>>, DecodeError> {
    Ok(Some(match kind {
        "text" => {
            note_unread(work, block, &["text"], path);
            vec![text(block, path)?]
        }
        "image" => {
            note_unread(work, block, &["source", "transformations"], path);
            if block.find("transformations").and_then(Node::members).is_some_and(|members| !members.is_empty()) {
                work.warn(&path.key("transformations"), "has no equal: images go on as they are");
            }
            vec![image(work, block, path)?]
        }
        "document" => document(work, block, path)?,
        "search_result" => vec![search_result(work, block, path)?],
        _ => return Ok(None),
    }))
}

/// `{text}`
pub(super) fn text<'n>(block: &'n Node<'n>, path: &Path<'_>) -> Result<Part<'n>, DecodeError> {
    let text = want(block, "text", path)?;
    text.want_text(&path.key("text"))?;
    Ok(Part::text(Text::Node(text)))
}

/// `{source: {type: base64 | url | file}}`
pub(super) fn image<'n>(work: &mut Work<'_>, block: &'n Node<'n>, path: &Path<'_>) -> Result<Part<'n>, DecodeError> {
    let source = want(block, "source", path)?;
    let path = path.key("source");
    let kind = kind_of(source, &path)?;
    let medium = medium(work, source, &kind, PendingKind::Image, &path)?;
    let Some(medium) = medium else {
        let message = format!("{kind:?} is no source of an image; known are base64, url and file");
        return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
    };
    if let Medium::Inline { mime, .. } = &medium
        && !mime.starts_with("image/")
    {
        let message = format!("must be an image, and is {mime}");
        return Err(DecodeError::new(Problem::Invalid, path.key("data").to_string(), message));
    }
    Ok(Part::Medium { medium, extras: Extras::default(), signature: None })
}

/// A source that is bytes, an address or an uploaded file; none if it is of another kind.
fn medium<'n>(
    work: &mut Work<'_>,
    source: &'n Node<'n>,
    kind: &str,
    pending: PendingKind,
    path: &Path<'_>,
) -> Result<Option<Medium<'n>>, DecodeError> {
    Ok(Some(match kind {
        "base64" => {
            let data = want(source, "data", path)?.want_text(&path.key("data"))?;
            let label = source.find("media_type").map(|label| label.want_text(&path.key("media_type"))).transpose()?;
            if data.starts_with("data:") {
                return work.link(data, pending, &path.key("data")).map(Some);
            }
            work.inline(data, label.as_deref().unwrap_or_default(), &path.key("data"))?
        }
        "url" => {
            let url = want(source, "url", path)?.want_text(&path.key("url"))?;
            work.link(url, pending, &path.key("url"))?
        }
        "file" => {
            let field = path.key("file_id");
            let id = want(source, "file_id", path)?.want_text(&field)?;
            if !id.starts_with("files/") && !id.contains("://") {
                let message = format!("{id:?} is no file of the Gemini API: its files are called files/…");
                return Err(DecodeError::new(Problem::Invalid, field.to_string(), message));
            }
            work.link(id, pending, &field)?
        }
        _ => return Ok(None),
    }))
}

/// `{source: {type: base64 | text | content | url | file}, title, context}`
fn document<'n>(work: &mut Work<'_>, block: &'n Node<'n>, path: &Path<'_>) -> Result<Vec<Part<'n>>, DecodeError> {
    note_unread(work, block, &["source", "title", "context"], path);
    let mut parts = Vec::new();
    for (key, label) in [("title", "Title of the document"), ("context", "About the document")] {
        if let Some(node) = block.find(key) {
            let text = node.want_text(&path.key(key))?;
            if !text.is_empty() {
                parts.push(own_text(format!("{label}: {text}\n")));
            }
        }
    }
    let source = want(block, "source", path)?;
    let path = path.key("source");
    let kind = kind_of(source, &path)?;
    match kind.as_ref() {
        "text" => {
            let data = want(source, "data", &path)?;
            data.want_text(&path.key("data"))?;
            parts.push(Part::text(Text::Node(data)));
        }
        "content" => match Content::of(source, &path)? {
            Some(Content::Text(text)) => parts.push(Part::text(Text::Node(text))),
            Some(Content::Blocks(blocks)) => {
                let list = path.key("content");
                for (index, block) in blocks.iter().enumerate() {
                    let path = list.index(index);
                    let kind = kind_of(block, &path)?;
                    match kind.as_ref() {
                        "text" => parts.push(text(block, &path)?),
                        "image" => parts.push(image(work, block, &path)?),
                        _ => return Err(unknown_kind(&kind, "a document", &path)),
                    }
                }
            }
            None => return Err(DecodeError::new(Problem::Missing, path.key("content").to_string(), "is needed")),
        },
        other => {
            let Some(medium) = medium(work, source, other, PendingKind::File, &path)? else {
                let message =
                    format!("{other:?} is no source of a document; known are base64, text, content, url and file");
                return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
            };
            parts.push(Part::Medium { medium, extras: Extras::default(), signature: None });
        }
    }
    Ok(parts)
}

/// `{source, title, content: [text]}`: a page that the client has found, in words.
fn search_result<'n>(work: &mut Work<'_>, block: &'n Node<'n>, path: &Path<'_>) -> Result<Part<'n>, DecodeError> {
    note_unread(work, block, &["source", "title", "content"], path);
    let source = want(block, "source", path)?.want_text(&path.key("source"))?;
    let title = want(block, "title", path)?.want_text(&path.key("title"))?;
    let mut words = format!("Search result: {title}\nSource: {source}\n");
    let list = path.key("content");
    for (index, item) in want(block, "content", path)?.want_items(&list)?.iter().enumerate() {
        let path = list.index(index);
        words.push_str(&want(item, "text", &path)?.want_text(&path.key("text"))?);
        words.push('\n');
    }
    Ok(own_text(words))
}

/// Names what a block says and nobody reads.
pub(super) fn note_unread(work: &mut Work<'_>, block: &Node<'_>, known: &[&str], path: &Path<'_>) {
    for member in block.members().unwrap_or_default() {
        let key = member.key.as_ref();
        if key == "citations" && member.value.find("enabled").and_then(Node::bool) == Some(true) {
            work.warn(&path.key("citations"), "has no equal: Gemini cites what it has searched, not what it was given");
        }
        if member.value.is_null() || BESIDE.contains(&key) || known.contains(&key) {
            continue;
        }
        let key: String = key.chars().take(80).collect();
        work.warn(&path.key(&key), "is not known and was not sent on");
    }
}
