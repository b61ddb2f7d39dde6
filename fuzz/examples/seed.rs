//! Fills `fuzz/corpus` with a seed of every kind, and with recorded answers where they are at hand.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --example seed`

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

/// Longer inputs take longer without finding more.
const MAX_SEED: usize = 8 * 1024;

const ANSWERS: &[&str] = &[
    "data: {\"candidates\": [{\"finishReason\": \"STOP\"}]}\r\n\r\n",
    "event: a\rid: 1\nretry: 2\r\n: c\ndata: x\ndata\n\n",
    "[{\n  \"candidates\": []\n}\n,\r\n{\"error\": {\"code\": 503}}]",
    "{\"promptFeedback\": {\"blockReason\": 1}, \"file\": {\"name\": \"files/a\"}}",
];

const PATHS: &[&str] = &[
    "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
    "//v2/upload/v1/files",
    "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
    "/v2/v1alpha/models/a%3Ab%2e%2e:x",
];

const QUERY: &str = "alt=sse&key=k&$alt=json;enum-encoding=int";

const REQUESTS: &[&str] = &[
    r##"{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}]}"##,
    r##"{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}],"extra_content":{"google":{"parts":[{"toolCall":{"id":"t"},"thoughtSignature":"YQ=="}]}}},{"role":"tool","tool_call_id":"c","content":"{}"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"x":{"$ref":"#/$defs/y"}},"$defs":{"y":{"type":["integer","null"]}}}}}],"tool_choice":"auto","stream":true,"stream_options":{"include_usage":true}}"##,
    r##"{"model":"gemini-2.5-pro","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"reasoning_effort":"low","stop":["x"],"n":2,"seed":1,"google":{"thinking_config":{"thinking_budget":1},"tools":[{"google_search":{}}]}}"##,
];

const RESPONSES: &[&str] = &[
    r##"{"model":"gemini-2.5-flash","input":"a","instructions":"b","text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}},"verbosity":"low"},"reasoning":{"effort":"low","summary":"auto"},"metadata":{"a":"b"}}"##,
    r##"{"model":"gemini-3-flash-preview","stream":true,"store":false,"include":["reasoning.encrypted_content"],"input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gap1.eyJsYXN0IjoiYUE9PSJ9"},{"type":"function_call","call_id":"c","namespace":"n","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"x"}]}],"tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]},{"type":"custom","name":"g"},{"type":"shell"},{"type":"web_search"}],"tool_choice":{"type":"shell"}}"##,
];

fn main() -> io::Result<()> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut answers: Vec<String> = ANSWERS.iter().map(|answer| (*answer).to_owned()).collect();
    let shared = std::env::var_os("GAP_SHARED_DIR").map_or_else(|| fuzz.join("../../shared"), PathBuf::from);
    let recordings = shared.join("recordings");
    if recordings.is_dir() {
        for folder in fs::read_dir(&recordings)? {
            let folder = folder?.path();
            if folder.is_dir() {
                read_folder(&folder, &mut answers)?;
            }
        }
    } else {
        println!("skipped: no recordings at {}", recordings.display());
    }
    for target in ["meter", "sse"] {
        // The targets read the piece size from the end of the input.
        write(&fuzz.join("corpus").join(target), answers.iter().map(|answer| [answer.as_bytes(), &[7]].concat()))?;
    }
    write(&fuzz.join("corpus/path"), PATHS.iter().map(|path| [path.as_bytes(), QUERY.as_bytes()].concat()))?;
    // These read their switches from there.
    let end = |text: &String| [text.as_bytes(), &[1]].concat();
    write(&fuzz.join("corpus/chat_answer"), answers.iter().map(end))?;
    write(&fuzz.join("corpus/responses_answer"), answers.iter().map(end))?;
    let responses: Vec<String> = RESPONSES.iter().map(|request| (*request).to_owned()).collect();
    write(&fuzz.join("corpus/responses_request"), responses.iter().map(end))?;
    let mut requests: Vec<String> = REQUESTS.iter().map(|request| (*request).to_owned()).collect();
    read_captures(&shared.join("captures"), &mut requests)?;
    write(&fuzz.join("corpus/chat_request"), requests.iter().map(end))?;
    println!("{} answers, {} paths, {} requests", answers.len(), PATHS.len(), requests.len());
    Ok(())
}

fn read_folder(folder: &Path, answers: &mut Vec<String>) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let Ok(recording) = serde_json::from_slice::<Value>(&fs::read(&path)?) else { continue };
        let body = match (&recording["response_body_raw"], &recording["response_body"]) {
            (Value::String(text), _) | (_, Value::String(text)) => text.clone(),
            (_, Value::Null) => continue,
            (_, body) => body.to_string(),
        };
        if body.len() <= MAX_SEED {
            answers.push(body);
        }
    }
    Ok(())
}

/// The chat completions that real clients were seen to send.
fn read_captures(captures: &Path, requests: &mut Vec<String>) -> io::Result<()> {
    if !captures.is_dir() {
        return Ok(());
    }
    for folder in fs::read_dir(captures)? {
        let folder = folder?.path();
        for file in folder.is_dir().then(|| fs::read_dir(&folder)).transpose()?.into_iter().flatten() {
            let Ok(capture) = serde_json::from_slice::<Value>(&fs::read(file?.path())?) else { continue };
            let is_chat = capture["path"].as_str().is_some_and(|path| path.ends_with("/chat/completions"));
            let body = capture["body"].as_str().map_or_else(|| capture["body"].to_string(), str::to_owned);
            if is_chat && body.len() <= MAX_SEED {
                requests.push(body);
            }
        }
    }
    Ok(())
}

fn write(folder: &Path, seeds: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (at, seed) in seeds.enumerate() {
        fs::write(folder.join(format!("seed-{at:04}")), seed)?;
    }
    Ok(())
}
