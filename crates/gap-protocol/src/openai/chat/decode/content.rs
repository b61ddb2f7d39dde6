//! The content of a message: a string, a list of parts, or nothing.

use std::borrow::Cow;

use crate::call::{DecodeError, Feature, PendingKind, Problem};
use crate::gemini::mime;
use crate::json::{Kind, Node, Path};

use super::Work;
use super::part::{Extras, Medium, Part, Text};

impl Work<'_> {
    /// The parts of a message's content.
    pub(crate) fn content<'n>(&mut self, content: &'n Node<'n>, path: &Path<'_>) -> Result<Vec<Part<'n>>, DecodeError> {
        match content.kind() {
            Kind::Null => Ok(Vec::new()),
            Kind::Text(_) => Ok(vec![Part::text(Text::Node(content))]),
            Kind::List(items) => {
                let mut parts = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    if let Some(part) = self.part(item, &path.index(index))? {
                        parts.push(part);
                    }
                }
                Ok(parts)
            }
            // Some clients forget the list around a single part.
            Kind::Map(_) => Ok(self.part(content, path)?.into_iter().collect()),
            Kind::Bool(_) | Kind::Number => Err(content.unwanted(path, "a string or an array of parts")),
        }
    }

    fn part<'n>(&mut self, item: &'n Node<'n>, path: &Path<'_>) -> Result<Option<Part<'n>>, DecodeError> {
        if let Kind::Text(_) = item.kind() {
            return Ok(Some(Part::text(Text::Node(item))));
        }
        item.want_members(path)?;
        for hint in ["cache_control", "prompt_cache_breakpoint"] {
            if item.find(hint).is_some() {
                self.warn(&path.key(hint), "has no equal; Gemini caches prefixes by itself");
            }
        }
        let kind = match item.find("type") {
            Some(kind) => kind.want_text(&path.key("type"))?,
            None => Cow::Borrowed(guess(item)),
        };
        let signature = self.signature_in(item, path)?;
        let part = match kind.as_ref() {
            "text" | "input_text" | "output_text" => {
                let text = want(item, "text", path)?;
                text.want_text(&path.key("text"))?;
                return Ok(Some(Part::Text { text: Text::Node(text), signature }));
            }
            "refusal" => {
                let text = want(item, "refusal", path)?;
                text.want_text(&path.key("refusal"))?;
                return Ok(Some(Part::text(Text::Node(text))));
            }
            // Earlier thoughts come back from clients that keep them; models do not read them again.
            "thinking" | "redacted_thinking" | "reasoning" | "reasoning_content" => return Ok(None),
            "image_url" | "input_image" => self.image(item, path)?,
            "input_audio" => (self.audio(item, path)?, Extras::default()),
            "file" | "input_file" => (self.file(item, path)?, extras(item, path)?),
            "video_url" | "audio_url" | "document_url" | "file_url" => self.linked(item, kind.as_ref(), path)?,
            other => {
                let message =
                    format!("{other:?} is no kind of part; known are text, image_url, input_audio, file and video_url");
                return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
            }
        };
        Ok(Some(Part::Medium { medium: part.0, extras: part.1, signature }))
    }

    /// `image_url: {url, detail}`, or the address alone.
    fn image<'n>(&mut self, item: &'n Node<'n>, path: &Path<'_>) -> Result<(Medium<'n>, Extras<'n>), DecodeError> {
        // The Responses API may name an uploaded file in its place.
        let key =
            if item.find("image_url").is_none() && item.find("file_id").is_some() { "file_id" } else { "image_url" };
        let image = want(item, key, path)?;
        let path = path.key(key);
        let mut beside = extras(item, &path)?;
        let (url, url_path) = match image.kind() {
            Kind::Map(_) => (want(image, "url", &path)?, path.key("url")),
            _ => (image, path),
        };
        if let Some(detail) = image.find("detail").or_else(|| item.find("detail")) {
            let field = path.key("detail");
            beside.resolution = self.resolution(&detail.want_text(&field)?, &field)?;
        }
        let medium = self.link(url.want_text(&url_path)?, PendingKind::Image, &url_path)?;
        Ok((medium, beside))
    }

    /// How finely an image is looked at.
    fn resolution(&mut self, detail: &str, path: &Path<'_>) -> Result<Option<&'static str>, DecodeError> {
        let level = match detail {
            "auto" | "" => return Ok(None),
            "low" => "MEDIA_RESOLUTION_LOW",
            "medium" => "MEDIA_RESOLUTION_MEDIUM",
            "high" | "original" => "MEDIA_RESOLUTION_HIGH",
            _ => {
                let message = format!("must be auto, low or high, not {detail:?}");
                return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
            }
        };
        if self.family.media_resolution && !self.refused.contains(Feature::MediaResolution) {
            return Ok(Some(level));
        }
        self.warn(path, format!("has no equal for {}: it looks at images in its own way", self.model));
        Ok(None)
    }

    /// `input_audio: {data, format}`
    fn audio<'n>(&mut self, item: &'n Node<'n>, path: &Path<'_>) -> Result<Medium<'n>, DecodeError> {
        let audio = want(item, "input_audio", path)?;
        let path = path.key("input_audio");
        let data = want(audio, "data", &path)?.want_text(&path.key("data"))?;
        let label = match audio.find("format") {
            Some(format) => format!("audio/{}", format.want_text(&path.key("format"))?),
            None => String::new(),
        };
        let data_path = path.key("data");
        if data.starts_with("data:") || data.starts_with("http") {
            return self.link(data, PendingKind::File, &data_path);
        }
        self.inline(data, &label, &data_path)
    }

    /// `file: {file_data, filename}` or `file: {file_id}`
    fn file<'n>(&mut self, item: &'n Node<'n>, path: &Path<'_>) -> Result<Medium<'n>, DecodeError> {
        let file = item.find("file").unwrap_or(item);
        let path = if item.find("file").is_some() { path.key("file") } else { *path };
        if let Some(data) = file.find("file_data").or_else(|| file.find("data")) {
            let field = path.key("file_data");
            let data = data.want_text(&field)?;
            if data.starts_with("data:") || data.starts_with("http") {
                return self.link(data, PendingKind::File, &field);
            }
            let name = match file.find("filename") {
                Some(name) => name.want_text(&path.key("filename"))?,
                None => Cow::Borrowed(""),
            };
            return self.inline(data, mime::of_name(&name).unwrap_or_default(), &field);
        }
        for key in ["file_url", "url"] {
            if let Some(url) = file.find(key) {
                let field = path.key(key);
                return self.link(url.want_text(&field)?, PendingKind::File, &field);
            }
        }
        let Some(id) = file.find("file_id") else {
            let message = "a file needs its data (file_data), its id (file_id) or its address (file_url)";
            return Err(DecodeError::new(Problem::Missing, path.to_string(), message));
        };
        let field = path.key("file_id");
        let id = id.want_text(&field)?;
        if !id.starts_with("files/") && !id.contains("://") {
            let message = format!("{id:?} is no file of the Gemini API: its files are called files/…");
            return Err(DecodeError::new(Problem::Invalid, field.to_string(), message));
        }
        self.link(id, PendingKind::File, &field)
    }

    /// `video_url: {url}` and its like, or the address alone.
    fn linked<'n>(
        &mut self,
        item: &'n Node<'n>,
        kind: &str,
        path: &Path<'_>,
    ) -> Result<(Medium<'n>, Extras<'n>), DecodeError> {
        let linked = want(item, kind, path)?;
        let path = path.key(kind);
        let beside = match extras(item, &path)? {
            Extras { video: None, .. } => extras(linked, &path)?,
            found => found,
        };
        let (url, url_path) = match linked.kind() {
            Kind::Map(_) => (want(linked, "url", &path)?, path.key("url")),
            _ => (linked, path),
        };
        Ok((self.link(url.want_text(&url_path)?, PendingKind::File, &url_path)?, beside))
    }
}

/// `video_metadata: {fps, start_offset, end_offset}`, an extension.
fn extras<'n>(item: &'n Node<'n>, path: &Path<'_>) -> Result<Extras<'n>, DecodeError> {
    for key in ["video_metadata", "videoMetadata"] {
        if let Some(video) = item.find(key) {
            video.want_members(&path.key(key))?;
            return Ok(Extras { video: Some(video.json()), resolution: None });
        }
    }
    Ok(Extras::default())
}

/// Whether a value is a part of a message, and not just any JSON.
pub(crate) fn is_part(item: &Node<'_>) -> bool {
    const KINDS: [&str; 9] = [
        "text",
        "input_text",
        "output_text",
        "image_url",
        "input_image",
        "input_audio",
        "file",
        "input_file",
        "video_url",
    ];
    item.find("type").and_then(Node::text).is_some_and(|kind| KINDS.contains(&kind.as_ref()))
}

/// What a part without a type is, by what it holds.
fn guess(item: &Node<'_>) -> &'static str {
    const KINDS: [&str; 6] = ["text", "image_url", "input_audio", "file", "video_url", "refusal"];
    KINDS.into_iter().find(|kind| item.find(kind).is_some()).unwrap_or("")
}

/// A member that must be there.
pub(crate) fn want<'n>(node: &'n Node<'n>, key: &str, path: &Path<'_>) -> Result<&'n Node<'n>, DecodeError> {
    node.want_members(path)?;
    node.find(key).ok_or_else(|| DecodeError::new(Problem::Missing, path.key(key).to_string(), "is needed"))
}
