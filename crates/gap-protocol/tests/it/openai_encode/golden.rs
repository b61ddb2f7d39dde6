//! Answers and what becomes of them, side by side: `tests/golden/openai/answers/`.

use std::fmt::Write as _;
use std::fs;

use gap_protocol::call::{AudioFormat, CallForm, IdStyle, JsonMode, ReplyPlan, Restore, ToolKind, ToolPlan};
use gap_protocol::openai::chat::{StreamEncoder, UnaryEncoder};
use serde_json::Value;

use super::{CREATED, ID};

#[test]
fn answers() {
    insta::with_settings!({snapshot_path => "../../golden/openai/answers", prepend_module_to_snapshot => false}, {
        insta::glob!("../../golden/openai/answers", "*.json", |path| {
            let case: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            let plan = plan(&case["plan"]);
            let chunks: Vec<String> = case["chunks"].as_array().unwrap().iter().map(written).collect();
            insta::assert_snapshot!(format!("{}\n{}", streamed(&plan, &chunks), whole(&plan, &chunks)));
        });
    });
}

/// A chunk: JSON, or a string that is sent to the letter.
pub(crate) fn written(chunk: &Value) -> String {
    chunk.as_str().map_or_else(|| chunk.to_string(), str::to_owned)
}

pub(crate) fn plan(plan: &Value) -> ReplyPlan {
    let is = |key: &str, value: &str| plan[key] == value;
    let mut reply = ReplyPlan {
        include_usage: plan["include_usage"] != false,
        single_call: plan["single_call"] == true,
        call_form: if is("calls", "function") { CallForm::Function } else { CallForm::Tools },
        json: if is("json", "instructed") { JsonMode::Instructed } else { JsonMode::Off },
        ids: if is("ids", "short") { IdStyle::Short } else { IdStyle::Embedded },
        audio: is("audio", "pcm16").then_some(AudioFormat::Pcm16),
        ..super::plan()
    };
    for tool in plan["tools"].as_array().into_iter().flatten() {
        let text = |key: &str| tool[key].as_str().unwrap().to_owned();
        let places = tool["restore"].as_array().into_iter().flatten();
        let place = |place: &Value| {
            Restore(place.as_array().unwrap().iter().map(|step| step.as_str().map(str::to_owned)).collect())
        };
        reply.tools.push(ToolPlan {
            name: text("name"),
            namespace: None,
            sent: text("sent"),
            kind: if tool["kind"] == "custom" { ToolKind::Custom } else { ToolKind::Function },
            restore: places.map(place).collect(),
        });
    }
    reply
}

fn streamed(plan: &ReplyPlan, chunks: &[String]) -> String {
    let mut encoder = StreamEncoder::new(plan.clone(), ID, CREATED);
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
    // What never changes is not repeated in each line.
    let head =
        format!(r#"data: {{"id":"{ID}","object":"chat.completion.chunk","created":{CREATED},"model":"gemini-flash","#);
    let frames = String::from_utf8(out).unwrap().replace(&head, "… ").replace("\n\n", "\n");
    format!("{frames}{story}outcome: {outcome:?}\n")
}

fn whole(plan: &ReplyPlan, chunks: &[String]) -> String {
    let mut encoder = UnaryEncoder::new(plan.clone(), ID, CREATED);
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
