//! Answers that were recorded from the real API, where they are at hand.

use std::fs;
use std::path::{Path, PathBuf};

use gap_protocol::meter::Framing;
use serde_json::Value;

/// One recorded answer of the native API.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Folder and name.
    pub(crate) id: String,
    /// The path that was asked.
    pub(crate) path: String,
    pub(crate) framing: Framing,
    /// The answer as it came, or as near to it as was kept.
    pub(crate) bytes: String,
    /// Its events, read with a JSON parser.
    pub(crate) events: Vec<Value>,
}

/// All recorded answers, or none, saying so.
pub(crate) fn all() -> Vec<Recording> {
    let folder = folder();
    if !folder.is_dir() {
        println!("skipped: no recordings at {}", folder.display());
        return Vec::new();
    }
    let mut recordings: Vec<Recording> = json_files(&folder).iter().filter_map(|path| read(path)).collect();
    recordings.sort_by(|a, b| a.id.cmp(&b.id));
    assert!(recordings.len() > 500, "only {} recordings at {}", recordings.len(), folder.display());
    recordings
}

#[expect(clippy::disallowed_methods, reason = "a test's input, not a setting of the product")]
fn folder() -> PathBuf {
    let shared = std::env::var("GAP_SHARED_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    Path::new(&shared).join("recordings")
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

fn read(path: &Path) -> Option<Recording> {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let body = &file["response_body"];
    let raw = file["response_body_raw"].as_str().map(str::to_owned);
    let (framing, bytes, events) = match (file["response_format"].as_str()?, body) {
        ("json", Value::Null) => return None,
        ("json", Value::Array(events)) => (Framing::JsonArray, raw.unwrap_or_else(|| pretty(body)), events.clone()),
        ("json", document) => (Framing::Json, raw.unwrap_or_else(|| pretty(body)), vec![document.clone()]),
        ("sse", Value::String(text)) => {
            let data = super::reference::events(text).into_iter().map(|(_, data)| data);
            // `[DONE]` is no JSON object; it says nothing.
            let events = data.map(|data| serde_json::from_str(&data).unwrap_or(Value::Null)).collect();
            (Framing::Sse, text.clone(), events)
        }
        _ => return None,
    };
    let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
    Some(Recording { id: text("id"), path: text("path"), framing, bytes, events })
}

fn pretty(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap() + "\n"
}
