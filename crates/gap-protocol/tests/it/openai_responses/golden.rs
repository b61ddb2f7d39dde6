//! Requests, answers and what becomes of them, side by side: `tests/golden/openai/responses/`.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::{ID, check_stream, events, of, stream, unary};
use crate::openai_encode::schema::Schemas;

#[test]
fn exchanges() {
    let schemas = Schemas::load();
    insta::with_settings!({
        snapshot_path => "../../golden/openai/responses", prepend_module_to_snapshot => false, omit_expression => true
    }, {
        insta::glob!("../../golden/openai/responses", "*.json", |path| {
            let case: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            let asked = of(case["request"].clone());
            let request = asked.decoded();
            let call = asked.call();
            let mut story = serde_json::to_string_pretty(&asked.body()).unwrap();
            story.push('\n');
            for warning in asked.warnings() {
                writeln!(story, "warning: {warning}").unwrap();
            }
            let chunks: Vec<String> = case["chunks"].as_array().unwrap().iter().map(Value::to_string).collect();
            let frames = stream(&call.plan, &request.plan, &chunks).unwrap();
            let response = unary(&call.plan, &request.plan, &chunks, true).unwrap();
            let events = events(&frames);
            check_stream(&events, &response);
            for event in &events {
                assert_eq!(schemas.faults_of_event(event), Vec::<String>::new());
                let mut event = event.clone();
                // The response is below.
                if let Some(response) = event.get_mut("response") {
                    *response = response["status"].clone();
                }
                writeln!(story, "{event}").unwrap();
            }
            story.push_str(&serde_json::to_string_pretty(&response).unwrap());
            insta::assert_snapshot!("exchange", story.replace(ID.trim_start_matches("resp_"), "…"));
        });
    });
}
