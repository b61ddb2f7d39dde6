//! Media in a conversation.

use crate::endpoint::Ask;
use crate::error::ApiError;
use crate::request::{Content, FileData};

/// Refused by every model, however they come.
const REFUSED: [&str; 6] =
    ["image/gif", "image/svg+xml", "image/bmp", "image/tiff", "application/zip", "application/octet-stream"];

pub(super) fn all(ask: &Ask<'_>, contents: &[Content]) -> Result<(), ApiError> {
    for part in contents.iter().flat_map(|content| &content.parts) {
        if let Some(blob) = &part.inline_data {
            kind(&blob.mime_type)?;
        }
        if let Some(file) = &part.file_data {
            kind(&file.mime_type)?;
            address(ask, file)?;
        }
    }
    Ok(())
}

fn kind(mime: &str) -> Result<(), ApiError> {
    let unknown = !mime.is_empty() && !mime.contains('/');
    // Parameters are not taken either.
    if unknown || REFUSED.contains(&mime) || mime.contains(';') && mime.starts_with("text/") {
        return Err(ApiError::invalid(format!("Unsupported MIME type: {mime}")));
    }
    Ok(())
}

/// Own files, and what is on the web; nothing else can be reached.
fn address(_ask: &Ask<'_>, file: &FileData) -> Result<(), ApiError> {
    let uri = file.file_uri.as_str();
    if uri.is_empty() {
        return Err(ApiError::invalid(
            "* GenerateContentRequest.contents.parts.file_data.file_uri: must not be empty.\n",
        ));
    }
    if uri.starts_with("gs://") {
        return Err(ApiError::invalid("Cannot fetch content from the provided URL."));
    }
    let known = uri.starts_with("https://") || uri.starts_with("http://") || uri.starts_with("files/");
    if known { Ok(()) } else { Err(ApiError::invalid(format!("Unsupported file uri: {uri}"))) }
}
