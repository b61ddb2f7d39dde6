//! What is in a response, counted to be compared with what Gemini has said.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gap_protocol::openai::chat::ids;
use gap_protocol::openai::responses::sealed::Sealed;
use serde_json::{Value, json};

use crate::openai_encode::accounting::{Account, Call, Choice};

/// Everything that must not be lost.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Counted {
    text: String,
    thoughts: String,
    calls: Vec<Call>,
    images: Vec<String>,
    audio: Vec<u8>,
    native: Vec<String>,
    signatures: BTreeSet<String>,
    finish: Option<String>,
    usage: [u64; 4],
}

/// Counts Gemini's side.
pub(super) fn of_gemini(account: &Account) -> Counted {
    let nothing = Choice::default();
    let choice = account.choices.get(&0).unwrap_or(&nothing);
    let mut counted = Counted {
        text: choice.text.clone(),
        thoughts: choice.thoughts.clone(),
        calls: choice.calls.clone(),
        images: choice.images.iter().map(|(image, _)| image.clone()).collect(),
        audio: choice.audio.clone(),
        signatures: choice.signatures.clone(),
        finish: choice.finish.clone(),
        usage: [account.prompt, account.completion, account.reasoning, account.cached],
        ..Counted::default()
    };
    counted.signatures.extend(choice.images.iter().filter_map(|(_, signature)| signature.clone()));
    for part in &choice.native {
        counted.add_native(part);
    }
    counted.native.sort();
    counted
}

/// Counts the side of a client.
pub(super) fn of_response(response: &Value) -> Counted {
    let mut counted = Counted::default();
    let items = response["output"].as_array().unwrap();
    let opened: Vec<Sealed> = items
        .iter()
        .filter_map(|item| {
            Some(Sealed::open(item["encrypted_content"].as_str()?).expect("what is sealed can be opened"))
        })
        .collect();
    for sealed in &opened {
        counted.signatures.extend(sealed.last.clone());
        for part in &sealed.parts {
            let part: Value = serde_json::from_str(part).unwrap();
            if part["text"] == json!("") && part.as_object().unwrap().len() == 2 {
                counted.signatures.extend(part["thoughtSignature"].as_str().map(str::to_owned));
            } else {
                counted.add_native(&part);
            }
        }
    }
    for item in items {
        match item["type"].as_str().unwrap() {
            "message" => {
                for part in item["content"].as_array().unwrap() {
                    counted.text.push_str(part["text"].as_str().unwrap());
                }
            }
            "reasoning" => {
                for part in item["summary"].as_array().unwrap() {
                    counted.thoughts.push_str(part["text"].as_str().unwrap());
                }
            }
            "function_call" => {
                let id = item["call_id"].as_str().unwrap();
                let sealed = opened.iter().flat_map(|sealed| &sealed.calls).find(|(call, _)| call == id);
                counted.calls.push(Call {
                    name: item["name"].as_str().unwrap().to_owned(),
                    arguments: serde_json::from_str(item["arguments"].as_str().unwrap()).unwrap(),
                    signature: sealed.map(|(_, signature)| signature.clone()).or_else(|| ids::decode(id)?.signature),
                });
            }
            "image_generation_call" => {
                let (format, data) = (item["output_format"].as_str().unwrap(), item["result"].as_str().unwrap());
                counted.images.push(format!("data:image/{format};base64,{data}"));
            }
            "code_interpreter_call" => {
                let is_replaced = opened.iter().any(|sealed| sealed.replaces.iter().any(|id| item["id"] == **id));
                if !is_replaced {
                    counted.add_native(&json!({"executableCode": {"code": item["code"]}}));
                    if let Some(logs) = item["outputs"][0].get("logs") {
                        counted.add_native(&json!({"codeExecutionResult": {"output": logs}}));
                    }
                }
            }
            "web_search_call" => assert!(item["action"]["query"].is_string()),
            other => panic!("{other}"),
        }
    }
    let google = &response["extra_content"]["google"];
    for part in google["parts"].as_array().into_iter().flatten() {
        let bytes = STANDARD.decode(part["inlineData"]["data"].as_str().unwrap()).unwrap();
        // The other side counts samples alone.
        let wrapped = bytes.starts_with(b"RIFF") && bytes.get(12..16) == Some(b"fmt ") && counted.audio.is_empty();
        counted.audio.extend(&bytes[if wrapped { 44 } else { 0 }..]);
        counted.signatures.extend(part["thoughtSignature"].as_str().map(str::to_owned));
    }
    let reason = google["finish_reason"].as_str().or_else(|| google["prompt_feedback"]["blockReason"].as_str());
    counted.finish = reason.map(str::to_owned);
    let usage = &response["usage"];
    let count = |value: &Value| value.as_u64().unwrap();
    let [input, output] = [count(&usage["input_tokens"]), count(&usage["output_tokens"])];
    assert_eq!(count(&usage["total_tokens"]), input + output);
    if usage["estimated"] != json!(true) {
        let reasoning = count(&usage["output_tokens_details"]["reasoning_tokens"]);
        counted.usage = [input, output, reasoning, count(&usage["input_tokens_details"]["cached_tokens"])];
    }
    counted.native.sort();
    counted
}

impl Counted {
    /// Code and its results are told by what they say; anything else to the letter.
    fn add_native(&mut self, part: &Value) {
        let signature = &part["thoughtSignature"];
        let told = if let Some(code) = part.get("executableCode") {
            format!("code {} {signature}", code["code"].as_str().unwrap_or_default())
        } else if let Some(result) = part.get("codeExecutionResult") {
            format!("result {} {signature}", result["output"].as_str().unwrap_or_default())
        } else {
            sorted(part).to_string()
        };
        self.native.push(told);
    }
}

/// The order of members says nothing.
fn sorted(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let members: std::collections::BTreeMap<&String, Value> =
        members.iter().map(|(key, value)| (key, sorted(value))).collect();
    members.into_iter().map(|(key, value)| (key.clone(), value)).collect()
}
