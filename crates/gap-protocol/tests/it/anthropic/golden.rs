//! The answers of `tests/golden/openai/answers/` once more, as Anthropic's clients get them.

use std::fmt::Write as _;
use std::fs;

use gap_protocol::anthropic::messages::{StreamEncoder, UnaryEncoder};
use gap_protocol::call::{ReplyPlan, Thoughts};
use serde_json::Value;

use super::ID;
use crate::openai_encode::golden::{plan, written};

#[test]
fn answers() {
    insta::with_settings!({snapshot_path => "../../golden/anthropic/answers", prepend_module_to_snapshot => false}, {
        insta::glob!("../../golden/openai/answers", "*.json", |path| {
            let case: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            let plan = ReplyPlan { thoughts: Thoughts::Shown, ..plan(&case["plan"]) };
            let chunks: Vec<String> = case["chunks"].as_array().unwrap().iter().map(written).collect();
            insta::assert_snapshot!(format!("{}\n{}", streamed(&plan, &chunks), whole(&plan, &chunks)));
        });
    });
}

fn streamed(plan: &ReplyPlan, chunks: &[String]) -> String {
    let mut encoder = StreamEncoder::new(plan.clone(), ID);
    let (mut out, mut story) = (Vec::new(), String::new());
    for chunk in chunks {
        if let Err(error) = encoder.chunk(chunk.as_bytes(), &mut out) {
            writeln!(story, "chunk: {error}").unwrap();
        }
    }
    let outcome = encoder.outcome();
    if let Err(error) = encoder.end(&mut out) {
        writeln!(story, "end: {error}").unwrap();
    }
    for signature in encoder.take_signatures() {
        writeln!(story, "signature of {}: {}", signature.call_id, signature.signature).unwrap();
    }
    // The name of an event stands in its data once more.
    let frames = String::from_utf8(out).unwrap();
    let data: String =
        frames.lines().filter_map(|line| line.strip_prefix("data: ")).flat_map(|line| [line, "\n"]).collect();
    format!("{data}{story}outcome: {outcome:?}\n")
}

fn whole(plan: &ReplyPlan, chunks: &[String]) -> String {
    let mut encoder = UnaryEncoder::new(plan.clone(), ID);
    for chunk in chunks {
        if let Err(error) = encoder.chunk(chunk.as_bytes()) {
            return format!("body: {error}\n");
        }
    }
    match encoder.end(chunks.len() > 1) {
        Ok(body) => serde_json::to_string_pretty(&serde_json::from_slice::<Value>(&body).unwrap()).unwrap(),
        Err(error) => format!("body: {error}\n"),
    }
}
