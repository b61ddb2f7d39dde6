//! What Gemini would have seen of a client: what no client can tell of itself.
//!
//! - **Signatures.** The simulator refuses a call without one, and takes the word that stands for "do not check" as Google
//!   does. The gateway falls back to that word where a signature is lost, so a client that loses all of them seems to work,
//!   and the model forgets what it thought. Only what arrived upstream tells the two apart.
//! - **Pictures.** A model that is not shown one answers all the same.
//! - **Leaving.** Whoever stops reading is satisfied at once; whether the gateway goes on reading, and pays for it, shows at
//!   the other end alone.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::http;
use crate::service::POLL;
use crate::stopwatch::Stopwatch;

const PATIENCE: Duration = Duration::from_secs(30);
/// How soon the upstream has to be left after the client has gone; its answer would go on for much longer.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// What stands for a signature that nobody has.
const STAND_IN: &str = "skip_thought_signature_validator";
/// How the prompts begin whose answers are not read to their end (`LONG` in e2e/clients).
const LONG: &str = "[[sim: chunks=400 ";
/// How the pictures of e2e/clients begin, in base64: they are PNG.
const PNG: &str = "iVBORw0KGgo";

/// What a client has brought about.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) signatures: Signatures,
    /// How many pictures arrived.
    pub(super) pictures: usize,
    /// What became of the answers that nobody wanted to hear out.
    pub(super) long: Long,
}

/// The steps with calls that came back to a model that signs them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Signatures {
    intact: usize,
    lost: usize,
}

/// Answers that their readers left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Long {
    left: usize,
    read_on: usize,
}

/// Forgets what came before.
pub(super) fn forget(simulator: u16) -> Result<()> {
    let answer = http::delete(simulator, "/_sim/requests", PATIENCE)?;
    ensure!(answer.status == 200, "the simulator answers {}: {}", answer.status, answer.body);
    Ok(())
}

/// Looks through what has arrived since.
pub(super) fn seen(simulator: u16) -> Result<Journal> {
    let watch = Stopwatch::start();
    loop {
        let answer = http::get(simulator, "/_sim/requests", PATIENCE)?;
        ensure!(answer.status == 200, "the simulator answers {}: {}", answer.status, answer.body);
        let journal = Journal::read(&serde_json::from_str(&answer.body)?);
        if journal.long.read_on == 0 || watch.is_over(LEAVE_LIMIT) {
            return Ok(journal);
        }
        std::thread::sleep(POLL);
    }
}

// === impl Journal ===

impl Journal {
    fn read(document: &Value) -> Self {
        let mut journal = Self::default();
        for request in document["requests"].as_array().into_iter().flatten() {
            let text = request["body"].as_str().unwrap_or_default();
            if text.contains(LONG) {
                journal.long.add(request["client_gone"] == true);
            }
            let Ok(body) = serde_json::from_str::<Value>(text) else { continue };
            journal.pictures += pictures(&body);
            if request["path"].as_str().is_some_and(|path| path.contains("/gemini-3")) {
                journal.signatures.add(&body);
            }
        }
        journal
    }
}

/// How many pictures stand in a value: in a turn, or in the result of a call.
fn pictures(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(pictures).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match name.as_str() {
                "inlineData" | "inline_data" => {
                    usize::from(value["data"].as_str().is_some_and(|data| data.starts_with(PNG)))
                }
                _ => pictures(value),
            })
            .sum(),
        _ => 0,
    }
}

// === impl Signatures ===

impl Signatures {
    /// Counts the steps of a request: the first call of each has to carry a signature.
    fn add(&mut self, body: &Value) {
        for content in body["contents"].as_array().into_iter().flatten() {
            let mut parts = content["parts"].as_array().into_iter().flatten();
            let Some(call) = parts.find(|part| either(part, "functionCall", "function_call").is_some()) else {
                continue;
            };
            match either(call, "thoughtSignature", "thought_signature").and_then(Value::as_str) {
                Some(signature) if signature != STAND_IN => self.intact += 1,
                Some(_) | None => self.lost += 1,
            }
        }
    }
}

/// A member by either of its names: Google takes both.
fn either<'v>(value: &'v Value, name: &str, other: &str) -> Option<&'v Value> {
    value.get(name).or_else(|| value.get(other))
}

impl fmt::Display for Signatures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { intact: 0, lost: 0 } => formatter.write_str("-"),
            Self { lost: 0, .. } => formatter.write_str("ok"),
            Self { intact, lost } => write!(formatter, "FAILED: {lost} of {} lost", intact + lost),
        }
    }
}

// === impl Long ===

impl Long {
    fn add(&mut self, is_left: bool) {
        if is_left {
            self.left += 1;
        } else {
            self.read_on += 1;
        }
    }

    /// Whether each was left, and there was one.
    pub(super) fn is_left(&self) -> bool {
        self.left > 0 && self.read_on == 0
    }
}

#[cfg(test)]
mod tests;
