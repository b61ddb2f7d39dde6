//! Whether an answer is what the upstream said: the whole text, in order, once, with its end and its usage.

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::load::Route;
use crate::text::Text;

/// Follows one answer.
#[derive(Debug)]
pub(super) struct Check<'a> {
    route: Route,
    /// What of the text is still to come.
    left: &'a str,
    finished: bool,
    counted: bool,
    done: bool,
}

/// As much of an answer or an event as is checked, in either route's words.
#[derive(Debug, Deserialize)]
struct Seen<'a> {
    #[serde(borrow, default, alias = "choices")]
    candidates: Vec<Candidate<'a>>,
    #[serde(default, rename = "usageMetadata", alias = "usage")]
    usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
struct Candidate<'a> {
    #[serde(borrow, default, alias = "message", alias = "delta")]
    content: Option<Content<'a>>,
    #[serde(borrow, default, rename = "finishReason", alias = "finish_reason")]
    finish: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Content<'a> {
    /// Gemini's.
    #[serde(borrow, default)]
    parts: Vec<Part<'a>>,
    /// OpenAI's.
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(rename = "totalTokenCount", alias = "total_tokens")]
    total: u64,
}

// === impl Check ===

impl<'a> Check<'a> {
    pub(super) fn new(route: Route, expected: &'a str) -> Self {
        Self { route, left: expected, finished: false, counted: false, done: false }
    }

    /// Checks a whole answer.
    pub(super) fn whole(&mut self, body: &[u8]) -> anyhow::Result<()> {
        self.see(body)?;
        if !self.counted {
            bail!("the answer has no usage");
        }
        // Only streams have a mark of their own at the end.
        self.done = true;
        Ok(())
    }

    /// Checks one event.
    pub(super) fn event(&mut self, data: &[u8]) -> anyhow::Result<()> {
        if self.done {
            bail!("an event came after [DONE]");
        }
        match (self.route, data) {
            (Route::Openai, b"[DONE]") => {
                self.done = true;
                Ok(())
            }
            _ => self.see(data),
        }
    }

    /// Checks that nothing is missing.
    pub(super) fn end(self) -> anyhow::Result<()> {
        if !self.left.is_empty() {
            bail!("the last {} characters of the answer are missing", self.left.len());
        }
        if !self.finished {
            bail!("the answer has no finish reason");
        }
        match self.route {
            Route::Native if !self.counted => bail!("the answer has no usage"),
            Route::Openai if !self.done => bail!("the stream has no [DONE]"),
            _ => Ok(()),
        }
    }

    fn see(&mut self, json: &[u8]) -> anyhow::Result<()> {
        let seen: Seen<'_> = serde_json::from_slice(json)
            .with_context(|| format!("not the JSON of an answer: {}", String::from_utf8_lossy(json)))?;
        for candidate in &seen.candidates {
            for text in candidate.content.iter().flat_map(Content::texts) {
                self.take(text)?;
            }
            self.finished |= candidate.finish.is_some();
        }
        self.counted |= seen.usage.is_some_and(|usage| usage.total > 0);
        Ok(())
    }

    fn take(&mut self, text: &str) -> anyhow::Result<()> {
        match self.left.strip_prefix(text) {
            Some(left) => self.left = left,
            None => bail!("the text is another one, {} characters before its end: {text:?}", self.left.len()),
        }
        Ok(())
    }
}

impl Content<'_> {
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| part.text.as_deref()).chain(self.content.as_deref())
    }
}
