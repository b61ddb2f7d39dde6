//! The parts of a turn, before they are written.

use std::borrow::Cow;

use crate::call::{Pending, PendingKind};
use crate::json::{Node, ObjectWriter, write_text};

use super::outcome::Outcome;

/// One part of a turn.
#[derive(Clone, Debug)]
pub(crate) enum Part<'n> {
    Text {
        text: Text<'n>,
        signature: Option<Cow<'n, str>>,
    },
    Medium {
        medium: Medium<'n>,
        extras: Extras<'n>,
        signature: Option<Cow<'n, str>>,
    },
    Call(Call<'n>),
    Response(Response<'n>),
    /// A part in Gemini's own words, as it stands in the request.
    Native(Cow<'n, str>),
}

/// A text: as it stands in the request, or one of our own.
#[derive(Clone, Debug)]
pub(crate) enum Text<'n> {
    Node(&'n Node<'n>),
    Own(Cow<'n, str>),
}

/// An image, document, sound or film.
#[derive(Clone, Debug)]
pub(crate) enum Medium<'n> {
    /// Base64 in the standard alphabet.
    Inline { mime: String, data: Cow<'n, str> },
    /// Something that Google can reach.
    Uri { mime: Option<String>, uri: Cow<'n, str> },
    /// Something that must be fetched.
    Pending { url: String, kind: PendingKind, field: String },
}

/// What stands beside a medium.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras<'n> {
    pub(crate) video: Option<Cow<'n, str>>,
    pub(crate) resolution: Option<&'static str>,
}

/// A call of a function.
#[derive(Clone, Debug)]
pub(crate) struct Call<'n> {
    pub(crate) id: Option<Cow<'n, str>>,
    pub(crate) name: Cow<'n, str>,
    /// A JSON object.
    pub(crate) arguments: Cow<'n, str>,
    pub(crate) signature: Option<Cow<'n, str>>,
}

/// What a function answered.
#[derive(Clone, Debug)]
pub(crate) struct Response<'n> {
    pub(crate) id: Option<Cow<'n, str>>,
    pub(crate) name: Cow<'n, str>,
    pub(crate) outcome: Outcome<'n>,
    pub(crate) media: Vec<Part<'n>>,
}

// === impl Part ===

impl<'n> Part<'n> {
    /// A text without a signature.
    pub(crate) fn text(text: Text<'n>) -> Self {
        Self::Text { text, signature: None }
    }

    /// Whether it says nothing, and carries nothing.
    // wire 45, 75: empty parts are refused; one that holds a signature is not empty.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Text { text, signature: None } if text.is_empty())
    }

    /// Whether it is a medium whose bytes are at hand.
    pub(crate) fn is_inline(&self) -> bool {
        matches!(self, Self::Medium { medium: Medium::Inline { .. }, .. })
    }

    /// The medium without what stands beside it.
    pub(crate) fn bare(self) -> Self {
        match self {
            Self::Medium { medium, .. } => Self::Medium { medium, extras: Extras::default(), signature: None },
            other => other,
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>, pending: &mut Vec<Pending>) {
        match self {
            Self::Text { text, signature } => {
                out.extend_from_slice(b"{\"text\":");
                text.write(out);
                write_signature(out, signature.as_deref());
                out.push(b'}');
            }
            Self::Medium { medium, extras, signature } => {
                out.push(b'{');
                medium.write(out, pending);
                if let Some(video) = &extras.video {
                    out.extend_from_slice(b",\"videoMetadata\":");
                    out.extend_from_slice(video.as_bytes());
                }
                if let Some(level) = extras.resolution {
                    out.extend_from_slice(b",\"mediaResolution\":{\"level\":\"");
                    out.extend_from_slice(level.as_bytes());
                    out.extend_from_slice(b"\"}");
                }
                write_signature(out, signature.as_deref());
                out.push(b'}');
            }
            Self::Call(call) => {
                out.extend_from_slice(b"{\"functionCall\":");
                let mut object = ObjectWriter::open(out);
                if let Some(id) = &call.id {
                    object.text("id", id);
                }
                object.text("name", &call.name).raw("args", &call.arguments);
                object.close();
                write_signature(out, call.signature.as_deref());
                out.push(b'}');
            }
            Self::Native(part) => out.extend_from_slice(part.as_bytes()),
            Self::Response(response) => {
                out.extend_from_slice(b"{\"functionResponse\":");
                let mut object = ObjectWriter::open(out);
                if let Some(id) = &response.id {
                    object.text("id", id);
                }
                object.text("name", &response.name);
                response.outcome.write(object.key("response"));
                if !response.media.is_empty() {
                    write_all(&response.media, object.key("parts"), pending);
                }
                object.close();
                out.push(b'}');
            }
        }
    }
}

/// Writes parts as an array.
pub(crate) fn write_all(parts: &[Part<'_>], out: &mut Vec<u8>, pending: &mut Vec<Pending>) {
    out.push(b'[');
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        part.write(out, pending);
    }
    out.push(b']');
}

fn write_signature(out: &mut Vec<u8>, signature: Option<&str>) {
    if let Some(signature) = signature {
        out.extend_from_slice(b",\"thoughtSignature\":");
        write_text(out, signature);
    }
}

// === impl Text ===

impl Text<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Node(node) => node.is_empty_text(),
            Self::Own(text) => text.is_empty(),
        }
    }

    /// What it says.
    pub(crate) fn decode(&self) -> Cow<'_, str> {
        match self {
            Self::Node(node) => node.text().unwrap_or_default(),
            Self::Own(text) => Cow::Borrowed(text),
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Node(node) => node.write(out),
            Self::Own(text) => write_text(out, text),
        }
    }
}

// === impl Medium ===

impl Medium<'_> {
    fn write(&self, out: &mut Vec<u8>, pending: &mut Vec<Pending>) {
        match self {
            Self::Inline { mime, data } => {
                out.extend_from_slice(b"\"inlineData\":{\"mimeType\":");
                write_text(out, mime);
                // Base64 has nothing to escape.
                out.extend_from_slice(b",\"data\":\"");
                out.extend_from_slice(data.as_bytes());
                out.extend_from_slice(b"\"}");
            }
            Self::Uri { mime, uri } => {
                out.extend_from_slice(b"\"fileData\":");
                let mut object = ObjectWriter::open(out);
                if let Some(mime) = mime {
                    object.text("mimeType", mime);
                }
                object.text("fileUri", uri);
                object.close();
            }
            Self::Pending { url, kind, field } => {
                pending.push(Pending { url: url.clone(), kind: *kind, field: field.clone(), offset: out.len() });
            }
        }
    }
}
