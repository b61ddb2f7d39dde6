//! The JSON of requests and answers, shaped as Google's: unary answers pretty printed, events compact.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::load::Route;
use crate::script::{Script, prose};

const PROMPT_TOKENS: usize = 128;

/// The body of a request whose prompt has `prompt_chars` characters.
pub(crate) fn request(route: Route, model: &str, prompt_chars: usize, stream: bool) -> Bytes {
    let prompt = prose(prompt_chars);
    let instruction = "You are a helpful assistant.";
    let body = match route {
        Route::Native => json!({
            "systemInstruction": {"parts": [{"text": instruction}]},
            "contents": [{"role": "user", "parts": [{"text": prompt}]}],
            "generationConfig": {"temperature": 0.7, "maxOutputTokens": 2048},
        }),
        Route::Openai => json!({
            "model": model,
            "messages": [{"role": "system", "content": instruction}, {"role": "user", "content": prompt}],
            "temperature": 0.7,
            "max_tokens": 2048,
            "stream": stream,
        }),
    };
    body.to_string().into()
}

/// The whole unary answer.
pub(crate) fn unary(script: &Script) -> Bytes {
    let text = script.answer_text();
    let answer = response(&text, Some("STOP"), tokens_of(&text));
    // `Value` always becomes JSON, and the alternate form is Google's: two spaces.
    format!("{answer:#}\n").into()
}

/// One event of a stream in its frame.
pub(crate) fn event(script: &Script, at: usize, text: &str) -> Bytes {
    let last = at + 1 == script.events;
    let answer = response(text, last.then_some("STOP"), tokens_of(text) * (at + 1));
    format!("data: {answer}\r\n\r\n").into()
}

fn tokens_of(text: &str) -> usize {
    text.len().div_ceil(4)
}

fn response(text: &str, finish: Option<&str>, tokens: usize) -> Value {
    let mut answer = json!({
        "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}],
        "usageMetadata": {
            "promptTokenCount": PROMPT_TOKENS,
            "candidatesTokenCount": tokens,
            "totalTokenCount": PROMPT_TOKENS + tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": PROMPT_TOKENS}],
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "92JAab_qKNaf-8YPnLassQc",
    });
    let candidate = &mut answer["candidates"][0];
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.into();
    }
    candidate["index"] = 0.into();
    answer
}
