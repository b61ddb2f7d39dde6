//! What Gemini would have seen of a client's calls: whether each step brought back the signature that it was given.
//!
//! The simulator refuses a call without one, and takes the word that stands for "do not check" as Google does. The gateway
//! falls back to that word where a signature is lost, so a client that loses all of them seems to work, and the model
//! forgets what it thought. Only what arrived upstream tells the two apart.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::http;

const PATIENCE: Duration = Duration::from_secs(30);
/// What stands for a signature that nobody has.
const STAND_IN: &str = "skip_thought_signature_validator";

/// The steps with calls that came back to a model that signs them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Signatures {
    intact: usize,
    lost: usize,
}

/// Forgets what came before.
pub(super) fn forget(simulator: u16) -> Result<()> {
    let answer = http::delete(simulator, "/_sim/requests", PATIENCE)?;
    ensure!(answer.status == 200, "the simulator answers {}: {}", answer.status, answer.body);
    Ok(())
}

/// Looks through what has arrived since.
pub(super) fn seen(simulator: u16) -> Result<Signatures> {
    let answer = http::get(simulator, "/_sim/requests", PATIENCE)?;
    ensure!(answer.status == 200, "the simulator answers {}: {}", answer.status, answer.body);
    let journal: Value = serde_json::from_str(&answer.body)?;
    let mut signatures = Signatures::default();
    for request in journal["requests"].as_array().into_iter().flatten() {
        let signs = request["path"].as_str().is_some_and(|path| path.contains("/gemini-3"));
        let body = request["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
        if let Some(body) = body.filter(|_| signs) {
            signatures.add(&body);
        }
    }
    Ok(signatures)
}

// === impl Signatures ===

impl Signatures {
    /// Counts the steps of a request: the first call of each has to carry a signature.
    fn add(&mut self, body: &Value) {
        for content in body["contents"].as_array().into_iter().flatten() {
            let mut parts = content["parts"].as_array().into_iter().flatten();
            let Some(call) = parts.find(|part| part.get("functionCall").is_some()) else { continue };
            match call["thoughtSignature"].as_str() {
                Some(signature) if signature != STAND_IN => self.intact += 1,
                Some(_) | None => self.lost += 1,
            }
        }
    }
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

#[cfg(test)]
mod tests;
