//! Media in a conversation.

use crate::endpoint::{Ask, files};
use crate::error::ApiError;
use crate::request::{Content, FileData};

/// Refused by every model, however they come.
const REFUSED: [&str; 5] = ["image/svg+xml", "image/bmp", "image/tiff", "application/zip", "application/octet-stream"];

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

/// Own files that are ready, and what is on the web; nothing else can be reached.
fn address(ask: &Ask<'_>, file: &FileData) -> Result<(), ApiError> {
    let uri = file.file_uri.as_str();
    if let Some(name) = own_file(uri) {
        let file = files::own(ask, name)?;
        if !file.is_active(ask.world.clock.now()) {
            let message = format!("The File {name} is not in an ACTIVE state and usage is not allowed.");
            return Err(ApiError::new(400, "FAILED_PRECONDITION", message));
        }
        return Ok(());
    }
    if uri.starts_with("gs://") {
        return Err(ApiError::invalid("Cannot fetch content from the provided URL."));
    }
    let on_the_web = uri.starts_with("https://") || uri.starts_with("http://");
    if on_the_web { Ok(()) } else { Err(ApiError::invalid(format!("Unsupported file uri: {uri}"))) }
}

/// The name in the address of a file of Google's: `https://…/v1beta/files/NAME`, or `files/NAME` alone.
fn own_file(uri: &str) -> Option<&str> {
    let (before, name) = uri.rsplit_once("files/")?;
    let is_google =
        before.is_empty() || ["/v1beta/", "/v1/", "/v1alpha/"].iter().any(|version| before.ends_with(version));
    (is_google && !name.is_empty() && !name.contains('/')).then_some(name)
}
