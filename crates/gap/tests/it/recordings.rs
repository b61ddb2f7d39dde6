//! Recorded traffic through the gateway: native bytes pass unchanged both ways.

use std::fs;
use std::path::{Path, PathBuf};

use http::Method;
use serde_json::Value;

use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::raw::{RawUpstream, answer, body_of, chunked};
use crate::support::{Ended, TestApp};

/// One recorded call of the native API.
struct Recording {
    id: String,
    verb: Method,
    path: String,
    status: u16,
    content_type: &'static str,
    asked: String,
    answered: String,
}

impl Recording {
    /// Google lists the caches of a project, whoever made them; an access key gets its own, of all projects, from the
    /// gateway's books.
    fn lists_caches(&self) -> bool {
        self.verb == Method::GET && self.path.split('?').next().is_some_and(|path| path.ends_with("/cachedContents"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's input, not a setting of the product")]
fn folder() -> PathBuf {
    let shared = std::env::var("GAP_SHARED_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
    Path::new(&shared).join("recordings")
}

fn read(path: &Path) -> Option<Recording> {
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
    if text("api") != "gemini" || !text("path").starts_with("/v1") || file["request_body"].is_string() {
        return None;
    }
    let (content_type, answered) = match (text("response_format").as_str(), &file["response_body"]) {
        ("json", body) if !body.is_null() => ("application/json; charset=UTF-8", pretty(&file, body)),
        ("sse", Value::String(events)) => ("text/event-stream", events.clone()),
        _ => return None,
    };
    let query = query(&file["query"]);
    let mark = if query.is_empty() { "" } else { "?" };
    let asked = match &file["request_body"] {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    Some(Recording {
        id: text("id"),
        verb: text("method").parse().unwrap(),
        path: format!("{}{mark}{query}", text("path")),
        status: u16::try_from(file["status"].as_u64().unwrap_or(200)).unwrap(),
        content_type,
        asked,
        answered,
    })
}

/// Parameters are kept by name; what a name may hold was decoded.
fn query(parameters: &Value) -> String {
    let others = parameters.as_object().into_iter().flatten().filter(|(name, _)| *name != "key");
    let pairs = others.map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let safe = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b";=-_.".contains(&byte));
        if safe { format!("{name}={value}") } else { format!("{name}=decoded") }
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn pretty(file: &Value, body: &Value) -> String {
    let raw = file["response_body_raw"].as_str().map(str::to_owned);
    raw.unwrap_or_else(|| serde_json::to_string_pretty(body).unwrap() + "\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_bytes_pass_unchanged_both_ways() {
    let Ok(names) = fs::read_to_string(folder().join("dev.txt")) else {
        println!("skipped: no recordings at {}", folder().display());
        return;
    };
    let recordings: Vec<_> = names.lines().filter_map(|name| read(&folder().join(name))).collect();
    assert!(recordings.len() > 300, "{}", recordings.len());
    let mut wrong = Vec::new();
    for recording in &recordings {
        if let Err(what) = replay(recording).await {
            wrong.push(format!("{}: {what}", recording.id));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), recordings.len(), wrong.join("\n"));
}

async fn replay(recording: &Recording) -> Result<(), String> {
    let headers = [("content-type", recording.content_type)];
    let (asked, answered) = (recording.asked.as_bytes(), recording.answered.as_bytes());
    let said = match recording.status {
        200 => chunked(&headers, answered, 1000),
        status => answer(status, &headers, answered),
    };
    let upstream = RawUpstream::start(vec![said]).await;
    let app = TestApp::with().upstream(upstream.address).start().await;
    let client = Client::new(app.address, Some(ACCESS_KEY)).header("content-type", "application/json");
    let reply = client.send(recording.verb.clone(), &recording.path, recording.asked.clone()).await;

    let received = upstream.received();
    if recording.lists_caches() {
        // The next page of a recorded list is none of this gateway's.
        let expected = if recording.path.contains("pageToken") { 400 } else { 200 };
        return match serde_json::from_slice(&reply.body) {
            Ok(Value::Object(_)) if received.is_empty() && reply.status == expected => Ok(()),
            _ => Err(format!("{}: {:?}", reply.status, tail(&reply.body))),
        };
    }
    let first = received.first().ok_or("nothing arrived upstream")?;
    if body_of(first) != asked {
        return Err("the request's body was changed".to_owned());
    }
    let head = String::from_utf8_lossy(first);
    if !head.starts_with(&format!("{} {} HTTP/1.1\r\n", recording.verb, recording.path)) {
        return Err(format!("the request line is {:?}", head.lines().next()));
    }
    // A key's or a project's fault is not the client's to see, and what Google says of a request is redacted.
    if recording.status != 200 {
        return Ok(());
    }
    if received.len() != 1 {
        return Err(format!("asked {} times", received.len()));
    }
    // One fixture is older than finish reasons. A stream without any cannot be told from one that was cut (wire 112).
    let finished = ["finishReason", "finish_reason", "blockReason", "\"error\""];
    let cut = head.contains(":streamGenerateContent") && !finished.iter().any(|word| recording.answered.contains(word));
    if cut && recording.content_type.starts_with("text/") {
        return if reply.body.starts_with(answered) { Ok(()) } else { Err("the answer was changed".to_owned()) };
    }
    match (reply.status.as_u16(), reply.ended) {
        (200, Ended::Whole) if reply.body == answered => Ok(()),
        (200, Ended::Whole) => Err(format!("the answer was changed: {:?}", tail(&reply.body))),
        (status, ended) => Err(format!("{status}, {ended:?}: {:?}", tail(&reply.body))),
    }
}

fn tail(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(200)..]).into_owned()
}
