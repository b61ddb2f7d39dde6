//! How many input tokens a call will cost, as far as its body tells.
//!
//! The pool books them before Google has counted; [`gap_pool::estimate`] says what words and media cost, and this module
//! finds them in the body. Names of fields cost nothing, the text of parts and what the model is told of functions does,
//! media count by their kind and not by the letters they are wrapped in.

use std::borrow::Cow;
use std::fmt;

use gap_pool::estimate::{self, Media};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Call;
use crate::body::RequestBody;
use crate::prefixes::Followed;

/// Larger bodies are not looked into: nobody writes so much text, so they are mostly media.
const MOST: u64 = 4 * 1024 * 1024;
/// Of texts longer than this, in bytes, samples speak for the whole: so many, of so many bytes.
const LONG_TEXT: usize = 16 * 1024;
const SAMPLES: usize = 16;
const SAMPLE: usize = 512;
/// Base64 is longer than what it wraps.
const WRAPPED: (u64, u64) = (3, 4);
/// What bytes are worth in which nothing can be told apart.
const BYTES_PER_TOKEN: u64 = 4;

/// The input tokens that `call` will be counted. What Google has counted of its beginning before is not guessed again.
pub(super) fn of_call(call: &Call, followed: Option<&Followed>) -> u64 {
    // Counting is free.
    if call.model.is_none() || call.path.ends_with(":countTokens") {
        return 0;
    }
    if let Some((counted, new)) = followed.and_then(Followed::counted) {
        return counted + new.map(of_json).sum::<u64>();
    }
    match &call.body {
        RequestBody::Kept(kept) if kept.length() <= MOST => of_json(&kept.to_bytes()),
        body => of_size(body.length().unwrap_or(MOST)),
    }
}

fn of_size(bytes: u64) -> u64 {
    estimate::of_media(Media::Audio, bytes / WRAPPED.1 * WRAPPED.0)
}

fn of_json(body: &[u8]) -> u64 {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let mut tokens = 0;
    match (Value { tokens: &mut tokens, place: Place::Request }).deserialize(&mut reader) {
        Ok(()) => tokens,
        // Google will refuse it, or it is compressed.
        Err(_) => body.len() as u64 / BYTES_PER_TOKEN,
    }
}

/// A guess does not get better by the time it takes, and every prompt is only guessed until Google has counted.
fn of_text(text: &str) -> u64 {
    if text.len() <= LONG_TEXT {
        return estimate::of_text(text);
    }
    let stride = text.len() / SAMPLES;
    let samples = (0..SAMPLES).filter_map(|number| {
        let from = text.ceil_char_boundary(number * stride);
        text.get(from..text.ceil_char_boundary(from + SAMPLE))
    });
    let (tokens, read) =
        samples.fold((0, 0), |(tokens, read), sample| (tokens + estimate::of_text(sample), read + sample.len() as u64));
    tokens * text.len() as u64 / read.max(1)
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
    /// Media inside the body.
    Blob,
    /// Media elsewhere.
    File,
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
            "inlineData" | "inline_data" => Self::Blob,
            "fileData" | "file_data" => Self::File,
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

/// Reads a value and adds what it costs.
struct Value<'a> {
    tokens: &'a mut u64,
    place: Place,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.place == Place::Nowhere {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ());
        }
        deserializer.deserialize_any(self)
    }
}

impl Value<'_> {
    fn word(self, word: &impl ToString) {
        if self.place == Place::Data {
            *self.tokens += estimate::of_json(&word.to_string());
        }
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        *self.tokens += match self.place {
            Place::Text => of_text(text),
            Place::Data => estimate::of_json(text),
            Place::Request | Place::Blob | Place::File | Place::Nowhere => 0,
        };
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.word(&value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.word(&value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.word(&value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.word(&value);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Value { tokens: &mut *self.tokens, place: self.place })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        if matches!(self.place, Place::Blob | Place::File) {
            *self.tokens += Medium::read(&mut fields)?.tokens();
            return Ok(());
        }
        while let Some(Text(field)) = fields.next_key()? {
            if self.place == Place::Data {
                *self.tokens += estimate::of_json(&field);
            }
            fields.next_value_seed(Value { tokens: &mut *self.tokens, place: self.place.of(&field) })?;
        }
        Ok(())
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
    fn read<'de, A: MapAccess<'de>>(fields: &mut A) -> Result<Self, A::Error> {
        let mut medium = Self::default();
        while let Some(Text(field)) = fields.next_key()? {
            match &*field {
                "mimeType" | "mime_type" => medium.kind = Media::of_mime_type(&fields.next_value::<Text<'_>>()?.0),
                "data" => medium.letters = fields.next_value::<Text<'_>>()?.0.len() as u64,
                _ => _ = fields.next_value::<IgnoredAny>()?,
            }
        }
        Ok(medium)
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

/// A text that is not copied where that can be helped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests;
