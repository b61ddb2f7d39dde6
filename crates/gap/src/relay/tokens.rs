//! How many input tokens a call will cost, as far as its body tells.
//!
//! The pool books them before Google has counted; [`gap_pool::estimate`] says what words and media cost, and this module
//! finds them in the body. Names of fields cost nothing, the text of parts and what the model is told of functions does,
//! media count by their kind and not by the letters they are wrapped in.

use std::borrow::Cow;

use gap_pool::estimate::{self, Media};
use gap_protocol::json::{self, Kind, Node, unescape};

use super::Call;
use crate::body::{Kept, RequestBody};
use crate::prefixes::Followed;

/// Of larger bodies only samples are looked at.
const MOST: u64 = 4 * 1024 * 1024;
/// Of texts longer than this, in bytes, samples speak for the whole: so many, of so many bytes.
const LONG_TEXT: usize = 16 * 1024;
const SAMPLES: usize = 16;
const SAMPLE: usize = 512;
/// So far apart are the samples of a large body.
const STRIDE: usize = 64 * 1024;
/// Base64 is longer than what it wraps.
const WRAPPED: (u64, u64) = (3, 4);
/// What bytes are worth in which nothing can be told apart.
const BYTES_PER_TOKEN: u64 = 4;

/// The input tokens that `call` will be counted, the body of which is `document` if it has been read. What Google has
/// counted of its beginning before is not guessed again.
pub(super) fn of_call(call: &Call, document: Option<&Node<'_>>, followed: Option<&Followed>) -> u64 {
    // Counting is free.
    if call.model.is_none() || call.path.ends_with(":countTokens") {
        return 0;
    }
    if let Some((counted, new)) = followed.and_then(Followed::counted) {
        return counted + new.map(of_json).sum::<u64>();
    }
    if let Some(document) = document {
        return of_document(document);
    }
    match &call.body {
        RequestBody::Kept(kept) if kept.length() <= MOST => of_json(&kept.to_bytes()),
        RequestBody::Kept(kept) => of_large(kept),
        // It has not been read.
        body @ RequestBody::Once(_) => of_size(body.length().unwrap_or(MOST)),
    }
}

/// What a body costs of which nothing but the size is known: nobody writes so much text.
fn of_size(bytes: u64) -> u64 {
    estimate::of_media(Media::Audio, bytes / WRAPPED.1 * WRAPPED.0)
}

/// A large body is mostly media, but a prompt may be larger than any quota, and whoever takes it for media lets it be
/// refused by one key after the other.
fn of_large(body: &Kept) -> u64 {
    let (mut text, mut media) = (0, 0);
    for piece in body.chunks() {
        for stretch in piece.chunks(STRIDE) {
            // From its middle: where media begin, their stretch begins with words.
            let from = stretch.len().saturating_sub(SAMPLE) / 2;
            let sample = stretch.get(from..from + SAMPLE).unwrap_or(stretch);
            let length = stretch.len() as u64;
            if is_base64(sample) {
                media += length;
            } else {
                let tokens = estimate::of_text(&unescaped(&String::from_utf8_lossy(sample)));
                text += tokens * length / sample.len().max(1) as u64;
            }
        }
    }
    text + if media > 0 { of_size(media) } else { 0 }
}

fn is_base64(sample: &[u8]) -> bool {
    sample.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'='))
}

pub(super) fn of_json(body: &[u8]) -> u64 {
    // Else Google will refuse it, or it is compressed.
    json::parse(body).map_or(body.len() as u64 / BYTES_PER_TOKEN, |document| of_document(&document))
}

fn of_document(document: &Node<'_>) -> u64 {
    let mut guess = Guess::default();
    guess.add(document, Place::Request);
    guess.tokens
}

/// What the letters of a JSON string cost.
///
/// A guess does not get better by the time it takes, and every prompt is only guessed until Google has counted.
fn of_letters(letters: &str) -> u64 {
    if letters.len() <= LONG_TEXT {
        return estimate::of_text(&unescaped(letters));
    }
    let stride = letters.len() / SAMPLES;
    let samples = (0..SAMPLES).filter_map(|number| {
        let from = letters.ceil_char_boundary(number * stride);
        letters.get(from..letters.ceil_char_boundary(from + SAMPLE))
    });
    let (tokens, read) = samples.fold((0, 0), |(tokens, read), sample| {
        (tokens + estimate::of_text(&unescaped(sample)), read + sample.len() as u64)
    });
    tokens * letters.len() as u64 / read.max(1)
}

fn unescaped(letters: &str) -> Cow<'_, str> {
    if letters.contains('\\') { Cow::Owned(unescape(letters)) } else { Cow::Borrowed(letters) }
}

/// The letters of a JSON string, which is `json`.
fn letters(json: &str) -> &str {
    json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(json)
}

/// Where a value stands, which says what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Around the words.
    Request,
    /// What somebody wrote.
    Text,
    /// Words in a form of their own: functions, their arguments and results, schemas.
    Data,
    /// Media, inside the body or elsewhere.
    Media,
    /// Meant for Google and not for the model.
    Nowhere,
}

impl Place {
    /// Where the value of a field stands.
    fn of(self, field: &str) -> Self {
        if self == Self::Data {
            return self;
        }
        match field {
            "text" => Self::Text,
            "inlineData" | "inline_data" | "fileData" | "file_data" => Self::Media,
            "functionDeclarations"
            | "function_declarations"
            | "functionCall"
            | "function_call"
            | "functionResponse"
            | "function_response"
            | "responseSchema"
            | "response_schema"
            | "responseJsonSchema"
            | "response_json_schema"
            | "executableCode"
            | "executable_code"
            | "codeExecutionResult"
            | "code_execution_result" => Self::Data,
            "contents" | "content" | "parts" | "systemInstruction" | "system_instruction" | "tools"
            | "generationConfig" | "generation_config" | "requests" => Self::Request,
            _ => Self::Nowhere,
        }
    }
}

/// What a request costs, as far as it has been read.
#[derive(Debug, Default)]
struct Guess {
    tokens: u64,
}

impl Guess {
    /// Adds what a value costs.
    fn add(&mut self, value: &Node<'_>, place: Place) {
        match (place, value.kind()) {
            (Place::Nowhere, _) => {}
            (Place::Media, Kind::Map(_)) => self.tokens += Medium::read(value).tokens(),
            (_, Kind::Map(members)) => {
                for member in members {
                    if place == Place::Data {
                        self.tokens += estimate::of_json(&member.key);
                    }
                    self.add(&member.value, place.of(&member.key));
                }
            }
            (_, Kind::List(items)) => items.iter().for_each(|item| self.add(item, place)),
            (Place::Text, Kind::Text(_)) => self.tokens += of_letters(letters(value.raw())),
            (Place::Data, Kind::Text(_)) => self.tokens += estimate::of_json(&unescaped(letters(value.raw()))),
            // Nothing is said by null.
            (Place::Data, Kind::Bool(_) | Kind::Number) => self.tokens += estimate::of_json(value.raw()),
            (Place::Request | Place::Text | Place::Data | Place::Media, _) => {}
        }
    }
}

/// Media, as a part names them.
#[derive(Debug, Default)]
struct Medium {
    kind: Option<Media>,
    /// Base64.
    letters: u64,
}

impl Medium {
    fn read(value: &Node<'_>) -> Self {
        let mut medium = Self::default();
        for member in value.members().unwrap_or_default() {
            match &*member.key {
                "mimeType" | "mime_type" => {
                    medium.kind = Media::of_mime_type(&unescaped(letters(member.value.raw())));
                }
                "data" => medium.letters = letters(member.value.raw()).len() as u64,
                _ => {}
            }
        }
        medium
    }

    fn tokens(&self) -> u64 {
        let bytes = self.letters / WRAPPED.1 * WRAPPED.0;
        match self.kind {
            Some(kind) => estimate::of_media(kind, bytes),
            // Text in an attachment.
            None => bytes / BYTES_PER_TOKEN,
        }
    }
}

#[cfg(test)]
mod tests;
