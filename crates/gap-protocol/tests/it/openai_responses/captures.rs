//! What real clients send.

use std::fs;

use serde_json::Value;

use super::of;
use crate::openai_decode::gemini::Judge;
use crate::support::shared::shared;

#[test]
fn every_captured_request_is_understood() {
    let Some(folder) = shared("captures") else { return };
    let judge = Judge::load();
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for path in fs::read_dir(file).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let mut capture: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            if !capture["path"].as_str().is_some_and(|path| path.ends_with("/responses")) {
                continue;
            }
            let request = match capture["body"].take() {
                Value::String(text) => serde_json::from_str(&text).unwrap(),
                body => body,
            };
            let asked = of(request);
            let body = asked.body();
            if let Some(judge) = &judge {
                judge.check(&body).unwrap_or_else(|fault| panic!("{}: {fault}\n{body:#}", path.display()));
            }
            for warning in asked.warnings() {
                // Codex offers a search that does not leave OpenAI, beside functions, and wants JSON beside them too.
                assert!(
                    warning.starts_with("tools[") || warning.starts_with("text.format: is refused"),
                    "{}: {warning}",
                    path.display()
                );
            }
            assert!(!body.to_string().contains("installation"), "what a client says of itself goes nowhere");
            let results = asked.request.to_string().matches("\"function_call_output\"").count();
            assert_eq!(
                body["contents"].to_string().matches("\"functionResponse\"").count(),
                results,
                "{}",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 12, "only {seen}");
}
