//! What a medium is: its own bytes say, a label only guesses.
//!
//! Google refuses `image/jpg`, parameters behind a type, and any type that does not match the bytes; clients send all of
//! these. What no model reads is refused here, with a hint, because Google's sentence for it does not give one.

/// What one image or page costs, about. Others cost more; the answer's usage tells the truth.
pub const TOKENS_OF_A_MEDIUM: u64 = 258;

/// How many bytes at the beginning are enough for [`judge`].
pub const ENOUGH: usize = 512;

/// The type of a medium by its first bytes and its label, or why no model can read it.
pub fn judge(bytes: &[u8], label: &str) -> Result<String, String> {
    let label = normalise(label);
    if let Some(known) = sniff(bytes, &label) {
        return readable(known).map(str::to_owned);
    }
    if label.is_empty() || label == "application/octet-stream" {
        return if is_text(bytes) {
            Ok("text/plain".to_owned())
        } else {
            Err("the type of the data is not known; name it, as in `data:image/png;base64,…`".to_owned())
        };
    }
    readable(&label).map(str::to_owned)
}

/// A label as Google writes it: no parameters, lower case, one name for one thing.
pub fn normalise(label: &str) -> String {
    let bare = label.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match bare.as_str() {
        "image/jpg" | "image/pjpeg" => "image/jpeg",
        "image/x-png" => "image/png",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "audio/wav",
        "audio/mpeg" | "audio/mpeg3" | "audio/x-mp3" => "audio/mp3",
        "audio/x-flac" => "audio/flac",
        "audio/x-aac" | "audio/aacp" => "audio/aac",
        "audio/x-aiff" => "audio/aiff",
        "application/x-pdf" => "application/pdf",
        // Text in the end, and refused under these names.
        "application/json"
        | "application/yaml"
        | "application/x-yaml"
        | "application/toml"
        | "application/x-sh"
        | "application/x-ndjson"
        | "text/markdown"
        | "text/x-markdown"
        | "text/x-python"
        | "application/x-python"
        | "application/sql" => "text/plain",
        "application/xml" => "text/xml",
        _ => return bare,
    }
    .to_owned()
}

/// The type of a file by its name's ending, for a part that has no other label.
pub fn of_name(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "txt" | "md" | "json" | "yaml" | "yml" | "toml" | "log" | "py" | "rs" | "js" | "ts" | "sh" | "c" | "cpp"
        | "java" | "go" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "xml" => "text/xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "wav" => "audio/wav",
        "mp3" => "audio/mp3",
        "flac" => "audio/flac",
        "ogg" => "audio/ogg",
        "aac" => "audio/aac",
        "mp4" => "video/mp4",
        "mov" => "video/mov",
        "webm" => "video/webm",
        _ => return None,
    })
}

/// What the first bytes give away.
fn sniff(bytes: &[u8], label: &str) -> Option<&'static str> {
    let starts = |prefix: &[u8]| bytes.starts_with(prefix);
    let at = |offset: usize, word: &[u8]| bytes.get(offset..offset + word.len()) == Some(word);
    let known = match () {
        () if starts(b"\x89PNG\r\n\x1A\n") => "image/png",
        () if starts(b"\xFF\xD8\xFF") => "image/jpeg",
        () if starts(b"GIF8") => "image/gif",
        () if starts(b"RIFF") && at(8, b"WEBP") => "image/webp",
        () if starts(b"RIFF") && at(8, b"WAVE") => "audio/wav",
        () if starts(b"RIFF") && at(8, b"AVI ") => "video/avi",
        () if starts(b"BM") && at(6, &[0, 0, 0, 0]) => "image/bmp",
        () if starts(b"II*\0") || starts(b"MM\0*") => "image/tiff",
        () if starts(b"%PDF-") => "application/pdf",
        () if starts(b"fLaC") => "audio/flac",
        () if starts(b"OggS") => "audio/ogg",
        () if starts(b"FORM") && at(8, b"AIF") => "audio/aiff",
        () if starts(b"ID3") => "audio/mp3",
        () if starts(b"\x1A\x45\xDF\xA3") => matroska(label),
        () if at(4, b"ftyp") => iso_media(bytes.get(8..12).unwrap_or_default(), label),
        // Frames of MPEG audio: eleven set bits; layer 0 is AAC.
        () if matches!(bytes, [0xFF, second, ..] if second & 0xF6 == 0xF0) => "audio/aac",
        () if matches!(bytes, [0xFF, second, ..] if second & 0xE6 == 0xE2) => "audio/mp3",
        () if looks_like_svg(bytes) => "image/svg+xml",
        () => return None,
    };
    Some(known)
}

fn matroska(label: &str) -> &'static str {
    if label == "audio/webm" { "audio/webm" } else { "video/webm" }
}

fn iso_media(brand: &[u8], label: &str) -> &'static str {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" => "image/heic",
        b"mif1" | b"msf1" | b"hevc" => "image/heif",
        b"avif" | b"avis" => "image/avif",
        b"qt  " => "video/mov",
        b"M4A " | b"M4B " => "audio/m4a",
        _ if label.starts_with("audio/") => "audio/mp4",
        _ => "video/mp4",
    }
}

fn looks_like_svg(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(ENOUGH)).unwrap_or_default();
    let head = head.trim_ascii_start();
    (head.starts_with(b"<?xml") || head.starts_with(b"<svg") || head.starts_with(b"<!--"))
        && memchr::memmem::find(head, b"<svg").is_some()
}

fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(ENOUGH)).unwrap_or_default();
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // Cut inside a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}

/// The type itself, unless it is known that no model reads it.
// wire 101: SVG and GIF are answered with a hint, HEIC passes.
fn readable(mime: &str) -> Result<&str, String> {
    match mime {
        "image/svg+xml" => Err("Gemini reads no SVG; render it to PNG, or send its source as text".to_owned()),
        "image/gif" | "image/bmp" | "image/tiff" | "image/avif" | "image/x-icon" | "image/vnd.microsoft.icon" => {
            Err(format!("Gemini reads no {mime}; it takes PNG, JPEG, WebP, HEIC and HEIF"))
        }
        _ if mime.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty()) => Ok(mime),
        _ => Err(format!("{mime:?} is no media type")),
    }
}

#[cfg(test)]
mod tests;
