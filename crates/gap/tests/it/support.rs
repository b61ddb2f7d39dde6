//! What the tests stand on.

pub(crate) mod app;
pub(crate) mod client;
pub(crate) mod log;
pub(crate) mod raw;

pub(crate) use app::TestApp;
pub(crate) use client::{Ended, Reply};

/// A prompt, as the smallest body that Gemini takes.
pub(crate) fn prompt(text: &str) -> String {
    serde_json::json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }] }).to_string()
}

/// The paths of one model's methods.
pub(crate) const UNARY: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
pub(crate) const EVENTS: &str = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
pub(crate) const ARRAY: &str = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
