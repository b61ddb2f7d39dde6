//! Where a medium is: in the request itself, at Google, or behind an address that must be fetched.

use std::borrow::Cow;

use crate::call::{DecodeError, PendingKind, Problem};
use crate::gemini::mime;
use crate::json::Path;

use super::Work;
use super::base64_text;
use super::part::Medium;

/// Where Google keeps files.
const FILES: &str = "https://generativelanguage.googleapis.com/";

impl Work<'_> {
    /// The medium behind a link: a `data:` URL, an address, or the name of a file at Google.
    pub(crate) fn link<'n>(
        &mut self,
        url: Cow<'n, str>,
        kind: PendingKind,
        path: &Path<'_>,
    ) -> Result<Medium<'n>, DecodeError> {
        if has_scheme(&url, "data:") {
            return self.data_url(url, kind, path);
        }
        self.note_file(&url);
        if let Some(name) = file_name(&url) {
            self.media += 1;
            let uri = if url.starts_with(FILES) { url } else { Cow::Owned(format!("{FILES}v1beta/{name}")) };
            return Ok(Medium::Uri { mime: None, uri });
        }
        if is_youtube(&url) {
            // wire 102: nobody but Google itself can fetch these.
            self.media += 1;
            return Ok(Medium::Uri { mime: None, uri: url });
        }
        if has_scheme(&url, "http://") || has_scheme(&url, "https://") {
            return Ok(Medium::Pending { url: url.trim().to_owned(), kind, field: path.to_string() });
        }
        if has_scheme(&url, "gs://") {
            let message =
                "files in Cloud Storage cannot be read with an API key; upload the file, or give an https address";
            return Err(DecodeError::new(Problem::Unsupported, path.to_string(), message));
        }
        let message = "must be an https address, a data: URL or the name of an uploaded file (files/…)";
        Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
    }

    /// Remembers a file at Google: only keys of its project can read it.
    pub(crate) fn note_file(&mut self, uri: &str) {
        if let Some(name) = file_name(uri) {
            self.resources.push(name.to_owned());
        }
    }

    /// A medium in base64, with or without a label.
    pub(crate) fn inline<'n>(
        &mut self,
        data: Cow<'n, str>,
        label: &str,
        path: &Path<'_>,
    ) -> Result<Medium<'n>, DecodeError> {
        let data = base64_text::normalise(data)
            .map_err(|reason| DecodeError::new(Problem::Invalid, path.to_string(), format!("the data {reason}")))?;
        let mime = mime::judge(&base64_text::head(&data), label)
            .map_err(|reason| DecodeError::new(Problem::Unsupported, path.to_string(), reason))?;
        self.media += 1;
        self.media_bytes += data.len();
        Ok(Medium::Inline { mime, data })
    }

    /// `data:[type][;parameters][;base64],data`
    fn data_url<'n>(
        &mut self,
        url: Cow<'n, str>,
        kind: PendingKind,
        path: &Path<'_>,
    ) -> Result<Medium<'n>, DecodeError> {
        let Some(comma) = memchr::memchr(b',', url.as_bytes()) else {
            let message = "a data: URL needs a comma before its data";
            return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
        };
        let head = url.get(5..comma).unwrap_or_default().trim().to_ascii_lowercase();
        let data = match url {
            Cow::Borrowed(url) => Cow::Borrowed(url.get(comma + 1..).unwrap_or_default()),
            Cow::Owned(mut url) => Cow::Owned(url.split_off(comma + 1)),
        };
        let (label, is_base64) = match head.strip_suffix(";base64") {
            Some(label) => (label, true),
            None => (head.as_str(), false),
        };
        let data = if is_base64 {
            data
        } else {
            let bytes: Vec<u8> = percent_encoding::percent_decode_str(&data).collect();
            Cow::Owned(base64_text::encode(&bytes))
        };
        // Without a type, a data: URL is text.
        let label = if label.is_empty() && !is_base64 { "text/plain" } else { label };
        let medium = self.inline(data, label, path)?;
        match &medium {
            Medium::Inline { mime, .. } if kind == PendingKind::Image && !mime.starts_with("image/") => {
                // PDFs and sound arrive as images from clients that know no other part.
                if mime.starts_with("audio/") || mime.starts_with("video/") || mime == "application/pdf" {
                    return Ok(medium);
                }
                let message = format!("must be an image, and is {mime}");
                Err(DecodeError::new(Problem::Invalid, path.to_string(), message))
            }
            _ => Ok(medium),
        }
    }
}

pub(crate) fn has_scheme(url: &str, scheme: &str) -> bool {
    url.trim_start().get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// The name `files/…` of a file at Google, from its address or as it is.
fn file_name(url: &str) -> Option<&str> {
    let name = match url.strip_prefix(FILES) {
        Some(path) => path.split_once('/')?.1,
        None => url,
    };
    let id = name.strip_prefix("files/")?;
    let valid = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    valid.then_some(name)
}

fn is_youtube(url: &str) -> bool {
    const HOSTS: [&str; 4] = ["www.youtube.com/", "youtube.com/", "m.youtube.com/", "youtu.be/"];
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| HOSTS.iter().any(|host| rest.starts_with(host)))
}
