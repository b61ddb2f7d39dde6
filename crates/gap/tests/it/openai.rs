//! OpenAI's clients, by translation.

mod audio;
mod background;
mod chat;
mod choices;
mod completions;
mod conversations;
mod embeddings;
mod faults;
mod images;
mod models;
mod responses;
mod streams;

use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{Reply, TestApp};

const CHAT: &str = "/v1/chat/completions";
const MODEL: &str = "gemini-2.5-flash";
const STORY: &str = "[[sim: chunks=6 chunk_bytes=30]] Tell me a story.";

/// A client that presents its access key as OpenAI's SDKs do.
fn client(app: &TestApp) -> Client {
    let bearer = format!("Bearer {ACCESS_KEY}");
    Client::new(app.address, None).header("authorization", &bearer).header("content-type", "application/json")
}

/// A conversation of one message.
fn ask(text: &str, stream: bool) -> String {
    let messages = serde_json::json!([{ "role": "user", "content": text }]);
    serde_json::json!({ "model": MODEL, "messages": messages, "stream": stream }).to_string()
}

/// The bodies that have arrived upstream.
fn sent(app: &TestApp) -> Vec<String> {
    app.sim.requests().iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap()).collect()
}

/// A stream, taken apart.
struct Chunks {
    /// The data of each event that is JSON.
    documents: Vec<serde_json::Value>,
    /// Whether `[DONE]` came last.
    done: bool,
    /// Comments in between.
    comments: usize,
}

impl Chunks {
    fn of(reply: &Reply) -> Self {
        let mut chunks = Self { documents: Vec::new(), done: false, comments: 0 };
        for frame in reply.text().split_terminator("\n\n") {
            assert!(!chunks.done, "nothing follows [DONE]: {frame}");
            match frame.strip_prefix("data: ") {
                Some("[DONE]") => chunks.done = true,
                Some(data) => chunks.documents.push(serde_json::from_str(data).unwrap()),
                None => {
                    assert!(frame.starts_with(':'), "{frame:?}");
                    chunks.comments += 1;
                }
            }
        }
        chunks
    }

    /// What was said.
    fn text(&self) -> String {
        self.documents.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
    }

    /// Every finish reason in it.
    fn finishes(&self) -> Vec<&str> {
        self.documents.iter().filter_map(|chunk| chunk["choices"][0]["finish_reason"].as_str()).collect()
    }

    /// The error that ended it.
    fn error(&self) -> &serde_json::Value {
        let last = self.documents.last().unwrap();
        assert!(last["error"]["message"].is_string(), "{last}");
        assert!(!self.done && self.finishes().is_empty(), "an answer that broke off has not stopped");
        &last["error"]
    }
}

/// The members of an error that SDKs decide by.
fn error_of(reply: &Reply) -> (u16, String, Option<String>, Option<String>) {
    let error = &reply.json()["error"];
    let text = |name: &str| error[name].as_str().map(str::to_owned);
    assert!(error.get("param").is_some() && error.get("code").is_some(), "{error}");
    (reply.status.as_u16(), text("message").unwrap(), text("param"), text("code"))
}
