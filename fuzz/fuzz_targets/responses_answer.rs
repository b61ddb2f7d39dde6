//! Answers of any bytes as responses, a chunk a line: no panic, every event is a JSON document with the next number, and what
//! the stream ends with is the body.
#![no_main]

use gap_protocol::call::ReplyPlan;
use gap_protocol::openai::responses::{Plan, StreamEncoder, UnaryEncoder};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const ID: &str = "resp_0193c0ffee0070008000a1b2c3d4e5f6";

fuzz_target!(|input: (u8, &[u8])| {
    let (switches, bytes) = input;
    let plan = || ReplyPlan {
        model: "gemini-2.5-flash".to_owned(),
        single_call: switches & 1 > 0,
        logprobs: switches & 2 > 0,
        ..ReplyPlan::default()
    };
    let extra = Plan { echo: r#"{"store":true}"#.into(), ..Plan::default() };
    let mut stream = StreamEncoder::new(plan(), extra.clone(), ID, 1);
    let mut unary = UnaryEncoder::new(plan(), extra, ID, 1);
    let mut frames = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let chunk = line.strip_prefix(b"data: ").unwrap_or(line).trim_ascii();
        if chunk.is_empty() {
            continue;
        }
        let (one, other) = (stream.chunk(chunk, &mut frames), unary.chunk(chunk));
        assert_eq!(one.is_err(), other.is_err());
        if one.is_err() {
            stream.fail("it broke", &mut frames);
            drop(events(&frames));
            return;
        }
    }
    assert_eq!(stream.outcome(), unary.outcome());
    assert_eq!(stream.findings(), unary.findings());
    let (ended, body) = (stream.end(&mut frames), unary.end(true));
    let events = events(&frames);
    assert_eq!(ended.err(), body.as_ref().err().cloned());
    if let Ok(body) = body {
        let body: Value = serde_json::from_slice(&body).expect("a body is JSON");
        assert_eq!(events.last().map(|event| &event["response"]), Some(&body));
    }
});

fn events(frames: &[u8]) -> Vec<Value> {
    let frames = std::str::from_utf8(frames).expect("frames are text");
    let read = |(number, frame): (usize, &str)| {
        let (_, data) = frame.split_once("\ndata: ").expect("a name and one line of data");
        let event: Value = serde_json::from_str(data).expect("an event is JSON");
        assert_eq!(event["sequence_number"].as_u64(), Some(number as u64));
        event
    };
    frames.split_terminator("\n\n").enumerate().map(read).collect()
}
