use std::mem::size_of;

use super::{anthropic, gemini, openai};

/// How large the future of a handler is, in bytes.
fn size<A, B, C, R>(_: impl Fn(A, B, C) -> R) -> usize {
    size_of::<R>()
}

/// The router moves every handler's future onto the heap, and moving it costs what it weighs. What is rarely waited for
/// inside of one belongs into a box of its own.
#[test]
fn what_every_request_moves_is_small() {
    let sizes = [
        ("generateContent", size(gemini::relay_native)),
        ("chat completions", size(openai::chat::create_chat_completion)),
        ("completions", size(openai::completions::create_completion)),
        ("responses", size(openai::responses::create_response)),
        ("embeddings", size(openai::embeddings::create_embeddings)),
        ("messages", size(anthropic::messages::create_message)),
    ];
    assert!(sizes.iter().all(|(_, size)| *size <= 6 * 1024), "{sizes:?}");
}
