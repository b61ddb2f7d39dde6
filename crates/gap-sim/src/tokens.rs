//! How many tokens something has. Google's counter is unknown; this one is of the same size and always the same.

use serde_json::{Value, json};

use crate::request::{Content, Generate, Part};

/// Tokens of a prompt, by modality.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) text: u64,
    pub(crate) image: u64,
    pub(crate) audio: u64,
    pub(crate) video: u64,
    pub(crate) document: u64,
}

/// What Google counts for an image of one tile, a second of sound, a second of film and a page.
const IMAGE: u64 = 258;
const AUDIO: u64 = 32;
const VIDEO: u64 = 263;
const PAGE: u64 = 258;

impl Tokens {
    pub(crate) fn total(self) -> u64 {
        self.text + self.image + self.audio + self.video + self.document
    }

    /// `promptTokensDetails`.
    pub(crate) fn details(self) -> Value {
        let all = [
            ("TEXT", self.text),
            ("IMAGE", self.image),
            ("AUDIO", self.audio),
            ("VIDEO", self.video),
            ("DOCUMENT", self.document),
        ];
        let some = all.into_iter().filter(|(_, count)| *count > 0);
        some.map(|(modality, count)| json!({"modality": modality, "tokenCount": count})).collect()
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            text: self.text + other.text,
            image: self.image + other.image,
            audio: self.audio + other.audio,
            video: self.video + other.video,
            document: self.document + other.document,
        }
    }

    fn media(mime: &str, bytes: u64) -> Self {
        let kind = mime.split('/').next().unwrap_or_default();
        match kind {
            "image" => Self { image: IMAGE, ..Self::default() },
            // Sixteen kilobytes a second, and a hundred for film: what is usual after compression.
            "audio" => Self { audio: (bytes / 16_000 + 1) * AUDIO, ..Self::default() },
            "video" => Self { video: (bytes / 100_000 + 1) * VIDEO, ..Self::default() },
            _ if mime == "application/pdf" => Self { document: (bytes / 50_000 + 1) * PAGE, ..Self::default() },
            _ => Self { text: bytes.div_ceil(4), ..Self::default() },
        }
    }
}

/// Tokens of a text: about four letters each, and at least one if there is any.
pub(crate) fn of_text(text: &str) -> u64 {
    let letters = if text.is_ascii() { text.len() } else { text.chars().count() };
    (letters as u64).div_ceil(4)
}

/// Everything that is input: contents, system instruction, tools.
pub(crate) fn of_request(request: &Generate) -> Tokens {
    let contents = request.contents.iter().chain(&request.system_instruction);
    let tokens = contents.map(of_content).fold(Tokens::default(), Tokens::plus);
    let functions = request.functions().map(|function| {
        let schemas = [&function.parameters, &function.parameters_json_schema];
        of_text(&function.name)
            + of_text(&function.description)
            + schemas.iter().copied().flatten().map(|schema| of_text(&schema.to_string())).sum::<u64>()
    });
    Tokens { text: tokens.text + functions.sum::<u64>(), ..tokens }
}

/// Tokens of one turn.
pub(crate) fn of_content(content: &Content) -> Tokens {
    content.parts.iter().map(of_part).fold(Tokens::default(), Tokens::plus)
}

fn of_part(part: &Part) -> Tokens {
    let text = |count| Tokens { text: count, ..Tokens::default() };
    if let Some(words) = &part.text {
        return text(of_text(words));
    }
    if let Some(blob) = &part.inline_data {
        return Tokens::media(&blob.mime_type, blob.data.len() as u64 / 4 * 3);
    }
    if let Some(file) = &part.file_data {
        return Tokens::media(&file.mime_type, 1);
    }
    if let Some(call) = &part.function_call {
        return text(of_text(&call.name) + of_text(&Value::Object(call.args.clone()).to_string()));
    }
    if let Some(response) = &part.function_response {
        return text(of_text(&response.name) + of_text(&Value::Object(response.response.clone()).to_string()));
    }
    let others = [&part.executable_code, &part.code_execution_result, &part.tool_call, &part.tool_response];
    text(others.iter().copied().flatten().map(|value| of_text(&value.to_string())).sum())
}
