//! Answers of any bytes, a chunk a line: no panic, every frame is a JSON document, a body is one too, and both forms agree
//! on whether there is an answer.
#![no_main]

use gap_protocol::call::ReplyPlan;
use gap_protocol::openai::chat::{StreamEncoder, UnaryEncoder};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const ID: &str = "chatcmpl-0193c0ffee0070008000a1b2c3d4e5f6";

fuzz_target!(|input: (u8, &[u8])| {
    let (switches, bytes) = input;
    let plan = || ReplyPlan {
        model: "gemini-2.5-flash".to_owned(),
        include_usage: switches & 1 > 0,
        single_call: switches & 2 > 0,
        logprobs: switches & 4 > 0,
        ..ReplyPlan::default()
    };
    let (mut stream, mut unary) = (StreamEncoder::new(plan(), ID, 1), UnaryEncoder::new(plan(), ID, 1));
    let mut frames = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let chunk = line.strip_prefix(b"data: ").unwrap_or(line).trim_ascii();
        if chunk.is_empty() {
            continue;
        }
        let (one, other) = (stream.chunk(chunk, &mut frames), unary.chunk(chunk));
        assert_eq!(one.is_err(), other.is_err());
        if one.is_err() {
            return check_frames(&frames);
        }
    }
    assert_eq!(stream.outcome(), unary.outcome());
    assert_eq!(stream.findings(), unary.findings());
    let (ended, body) = (stream.end(&mut frames), unary.end(true));
    check_frames(&frames);
    assert_eq!(ended.err(), body.as_ref().err().cloned());
    if let Ok(body) = body {
        let body: Value = serde_json::from_slice(&body).expect("a body is JSON");
        assert_eq!(body["object"], "chat.completion");
    }
});

fn check_frames(frames: &[u8]) {
    let frames = std::str::from_utf8(frames).expect("frames are text");
    for frame in frames.split_terminator("\n\n") {
        let data = frame.strip_prefix("data: ").expect("a frame is one line of data");
        assert!(data == "[DONE]" || serde_json::from_str::<Value>(data).is_ok(), "{data}");
    }
}
