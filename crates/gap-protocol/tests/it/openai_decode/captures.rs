//! What real clients send.

use std::fs;
use std::path::PathBuf;

use gap_protocol::call::Unsupported;
use gap_protocol::openai::chat::DecodeOptions;
use serde_json::Value;

use super::gemini::Judge;
use super::{Asked, body};
use crate::support::shared::shared;

/// The bodies of all chat completions that were captured.
fn requests() -> Vec<(PathBuf, Value)> {
    let Some(folder) = shared("captures") else { return Vec::new() };
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut requests: Vec<(PathBuf, Value)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter_map(|path| {
            let mut capture: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let is_chat = capture["path"].as_str().is_some_and(|path| path.ends_with("/chat/completions"));
            let body = match capture["body"].take() {
                Value::String(text) => serde_json::from_str(&text).ok()?,
                body => body,
            };
            is_chat.then_some((path, body))
        })
        .collect();
    requests.sort_by(|a, b| a.0.cmp(&b.0));
    requests
}

#[test]
fn every_captured_request_is_understood() {
    let requests = requests();
    if requests.is_empty() {
        return;
    }
    assert!(requests.len() > 40, "only {} captures", requests.len());
    let judge = Judge::load();
    for (path, request) in requests {
        let asked = Asked {
            request,
            options: DecodeOptions::default(),
            refused: Unsupported::default(),
            signatures: Vec::new(),
        };
        let decoded = asked.decode().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(decoded.pending().is_empty(), "{}", path.display());
        let call = decoded.finish(&[]).unwrap();
        let body = body(&call);
        if let Some(judge) = &judge {
            judge.check(&body).unwrap_or_else(|fault| panic!("{}: {fault}\n{body:#}", path.display()));
        }
        // Nothing that a mainstream client sends is lost, but for what is known to have no equal.
        for warning in call.warnings.iter() {
            let known = ["logprobs", "metadata", "response_format", "user"];
            let is_detail = warning.field.ends_with(".detail");
            assert!(is_detail || known.contains(&warning.field.as_str()), "{}: {warning}", path.display());
        }
        let said = |request: &Value| {
            request["messages"]
                .as_array()
                .map_or(0, |messages| messages.iter().filter(|message| message["role"] == "tool").count())
        };
        let responses = body["contents"].to_string().matches("\"functionResponse\"").count();
        assert_eq!(responses, said(&asked.request), "{}: every result arrives", path.display());
        assert_eq!(asked.request["stream"].as_bool().unwrap_or_default(), call.stream);
    }
}
