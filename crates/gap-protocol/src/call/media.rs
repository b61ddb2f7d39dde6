//! Media that must be fetched before a request can be sent, and the seam where it is put in.
//!
//! The decoder writes the body around the missing parts and notes where each belongs. [`Decoded::finish`] writes the body
//! once more with the parts in it: base64 goes straight into its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::{CacheHint, Call, DecodeError, Problem};
use crate::gemini::mime;

/// A decoded request: ready, or waiting for media.
#[derive(Clone, Debug)]
pub enum Decoded {
    /// Ready to be sent.
    Ready(Call),
    /// Waiting for what [`Draft::pending`] lists.
    Draft(Draft),
}

/// A request whose body has holes.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The call, with a body that is not JSON yet.
    call: Call,
    pending: Vec<Pending>,
}

/// A medium behind an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The address: `http://…` or `https://…`, or the id of a file in the service's own store.
    pub url: String,
    /// What is expected there.
    pub kind: PendingKind,
    /// The path of the field that holds the address, for refusals.
    pub field: String,
    /// Where in the body its part belongs.
    pub(crate) offset: usize,
}

/// What is expected behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingKind {
    /// An image.
    Image,
    /// A document, audio or video.
    File,
}

/// A medium that has arrived.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// Its bytes, and what its server calls them; the bytes are believed more than the name.
    Bytes {
        /// The medium itself.
        data: Bytes,
        /// The header `content-type`.
        content_type: Option<String>,
    },
    /// It lies at Google: a file that was uploaded, or an address that Google fetches itself.
    Uri {
        /// Its address.
        uri: String,
        /// Its type, if known.
        mime_type: Option<String>,
    },
}

impl Decoded {
    /// Puts a decoded call together: ready if nothing is pending.
    pub fn new(call: Call, pending: Vec<Pending>) -> Self {
        if pending.is_empty() { Self::Ready(call) } else { Self::Draft(Draft { call, pending }) }
    }

    /// The same with what the client says about requests to come.
    #[must_use]
    pub fn with_cache_hint(mut self, hint: Option<CacheHint>) -> Self {
        match &mut self {
            Self::Ready(call) | Self::Draft(Draft { call, .. }) => call.cache_hint = hint,
        }
        self
    }

    /// The call with its body as far as it is written.
    pub fn call(&self) -> &Call {
        match self {
            Self::Ready(call) | Self::Draft(Draft { call, .. }) => call,
        }
    }

    /// What must be fetched, in the order in which [`Decoded::finish`] wants it.
    pub fn pending(&self) -> &[Pending] {
        match self {
            Self::Ready(_) => &[],
            Self::Draft(draft) => &draft.pending,
        }
    }

    /// Puts in what was fetched, one for each pending medium in order, or says which field led to something that no
    /// model can read.
    pub fn finish(self, fetched: &[Fetched]) -> Result<Call, DecodeError> {
        match self {
            Self::Ready(call) => Ok(call),
            Self::Draft(draft) => draft.finish(fetched),
        }
    }
}

impl Draft {
    /// What must be fetched.
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    fn finish(self, fetched: &[Fetched]) -> Result<Call, DecodeError> {
        let Self { mut call, pending } = self;
        if let Some(unserved) = pending.get(fetched.len()) {
            return Err(DecodeError::new(Problem::Invalid, &unserved.field, "the medium was not fetched"));
        }
        let arriving: usize = fetched.iter().map(Fetched::written_len).sum();
        let mut body = Vec::with_capacity(call.body.len() + arriving);
        let mut done = 0;
        for (slot, medium) in pending.iter().zip(fetched) {
            body.extend_from_slice(call.body.get(done..slot.offset).unwrap_or_default());
            done = slot.offset;
            medium.write(slot, &mut body)?;
        }
        body.extend_from_slice(call.body.get(done..).unwrap_or_default());
        call.estimated_tokens += pending.len() as u64 * mime::TOKENS_OF_A_MEDIUM;
        call.body = Bytes::from(body);
        Ok(call)
    }
}

// === impl Fetched ===

impl Fetched {
    fn written_len(&self) -> usize {
        match self {
            Self::Bytes { data, .. } => data.len().div_ceil(3) * 4 + 128,
            Self::Uri { uri, .. } => uri.len() + 128,
        }
    }

    /// Writes the members of a part.
    fn write(&self, slot: &Pending, body: &mut Vec<u8>) -> Result<(), DecodeError> {
        match self {
            Self::Bytes { data, content_type } => {
                if data.is_empty() {
                    return Err(DecodeError::new(
                        Problem::Invalid,
                        &slot.field,
                        "the address leads to an empty answer",
                    ));
                }
                let mime = mime::judge(data, content_type.as_deref().unwrap_or_default());
                let mime = mime.map_err(|reason| DecodeError::new(Problem::Unsupported, &slot.field, reason))?;
                if slot.kind == PendingKind::Image && !mime.starts_with("image/") {
                    let message = format!("the address leads to {mime}, not to an image");
                    return Err(DecodeError::new(Problem::Invalid, &slot.field, message));
                }
                body.extend_from_slice(b"\"inlineData\":{\"mimeType\":");
                crate::json::write_text(body, &mime);
                body.extend_from_slice(b",\"data\":\"");
                let start = body.len();
                body.resize(start + data.len().div_ceil(3) * 4, b'=');
                if let Some(place) = body.get_mut(start..) {
                    // The place is exactly as long as the text will be.
                    let _ = STANDARD.encode_slice(data, place);
                }
                body.extend_from_slice(b"\"}");
            }
            Self::Uri { uri, mime_type } => {
                body.extend_from_slice(b"\"fileData\":{");
                if let Some(mime_type) = mime_type {
                    body.extend_from_slice(b"\"mimeType\":");
                    crate::json::write_text(body, mime_type);
                    body.push(b',');
                }
                body.extend_from_slice(b"\"fileUri\":");
                crate::json::write_text(body, uri);
                body.push(b'}');
            }
        }
        Ok(())
    }
}
