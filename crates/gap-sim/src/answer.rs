//! What a model says, decided before the first byte is sent.
//!
//! The order of members, what stands in which chunk and what is left out follow the recordings: usage and the ids are in
//! every chunk, `finishReason` in the last, the count of candidates is absent while it is 0, `index` since 2.5,
//! `avgLogprobs` on 2.0 alone, ids of function calls since 3, a signature on the first of several calls, and at the end
//! of a streamed text on a part of its own.

mod events;
pub(crate) mod say;

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::account::Spent;
use crate::dice::Dice;
use crate::directive::Directives;
use crate::models::Model;
use crate::request::Generate;
use crate::tokens::Tokens;

/// What is asked, and of whom.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) model: &'static Model,
    pub(crate) request: &'a Generate,
    pub(crate) prompt: Tokens,
    /// Tokens from an explicit cache.
    pub(crate) cached: u64,
    /// Tokens of the prompt that the implicit cache knows.
    pub(crate) implicit: u64,
    pub(crate) seed: u64,
    pub(crate) streamed: bool,
}

/// An answer, ready to be written in one piece or in many.
#[derive(Debug)]
pub(crate) struct Plan {
    model: &'static Model,
    response_id: String,
    usage: Option<Usage>,
    block: Option<String>,
    thoughts: Option<String>,
    said: Said,
    candidates: u64,
    finish: Option<String>,
    finish_message: Option<String>,
    /// Which pieces of the text stand in which event.
    cuts: Vec<Range<usize>>,
    spread: bool,
    grounded: bool,
    log_probability: Option<f64>,
}

/// The content of a candidate.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    /// `signature` belongs to the last part.
    Text {
        text: String,
        signature: Option<String>,
    },
    Calls(Vec<Value>),
    /// An image or sound, with what is said beside it.
    Media {
        text: Option<String>,
        mime: &'static str,
        data: String,
        signature: Option<String>,
    },
    /// No `parts`: the model came to nothing.
    Nothing,
    /// No `content` at all.
    NoContent,
    /// `content: {}`.
    EmptyContent,
}

#[derive(Debug, Clone, Copy)]
struct Usage {
    prompt: Tokens,
    /// From either cache.
    cached: u64,
    /// From an explicit one.
    explicit: u64,
    thoughts: u64,
    candidates: u64,
}

impl Plan {
    /// `dice` follow the request, `fresh` are unlike all before.
    pub(crate) fn new(asked: Asked<'_>, directives: &Directives, dice: Dice, fresh: &mut Dice) -> Self {
        say::plan(asked, directives, dice, fresh)
    }

    /// The tokens that it costs; none where nothing is counted.
    pub(crate) fn spent(&self) -> Option<Spent> {
        let Usage { prompt, cached, explicit, thoughts, candidates } = self.usage?;
        let implicit = cached.saturating_sub(explicit);
        Some(Spent { prompt: prompt.total(), explicit, implicit, output: candidates + thoughts })
    }

    /// The answer in one piece.
    pub(crate) fn whole(&self) -> Value {
        let mut answer = Map::new();
        if let Some(reason) = &self.block {
            answer.insert("promptFeedback".to_owned(), json!({"blockReason": reason}));
        } else {
            let candidates = (0..self.candidates).map(|index| self.candidate(index));
            answer.insert("candidates".to_owned(), candidates.collect());
        }
        let said = self.usage.map_or(0, |usage| usage.candidates);
        self.finish_off(answer, said)
    }

    /// The answer in events, made one by one.
    pub(crate) fn events(self) -> events::Events {
        events::Events::new(self)
    }

    fn candidate(&self, index: u64) -> Value {
        let mut parts: Vec<Value> = self.thoughts.iter().map(|text| json!({"text": text, "thought": true})).collect();
        match &self.said {
            Said::Text { text, signature } => {
                let mut part = json!({ "text": text });
                sign(&mut part, signature.as_deref());
                parts.push(part);
            }
            Said::Calls(calls) => parts.extend(calls.iter().cloned()),
            Said::Media { text, .. } => {
                parts.extend(text.iter().map(|text| json!({ "text": text })));
                parts.extend(self.media_part());
            }
            Said::Nothing | Said::NoContent | Said::EmptyContent => {}
        }
        let content = match &self.said {
            Said::NoContent if parts.is_empty() => None,
            Said::EmptyContent => Some(json!({})),
            _ => Some(content(parts)),
        };
        self.framed(content, self.finish.as_deref(), index)
    }

    fn media_part(&self) -> Option<Value> {
        let Said::Media { mime, data, signature, .. } = &self.said else { return None };
        let mut part = json!({"inlineData": {"mimeType": mime, "data": data}});
        sign(&mut part, signature.as_deref());
        Some(part)
    }

    /// A candidate around its content.
    fn framed(&self, content: Option<Value>, finish: Option<&str>, index: u64) -> Value {
        let mut candidate = Map::new();
        if let Some(content) = content {
            candidate.insert("content".to_owned(), content);
        }
        if let Some(finish) = finish {
            candidate.insert("finishReason".to_owned(), finish.into());
        }
        if self.model.generation >= 25 || index > 0 {
            candidate.insert("index".to_owned(), index.into());
        }
        if finish.is_some() {
            if let Some(message) = &self.finish_message {
                candidate.insert("finishMessage".to_owned(), message.as_str().into());
            }
            if finish == Some("SAFETY") {
                candidate.insert("safetyRatings".to_owned(), safety_ratings());
            }
            if self.grounded {
                candidate.insert("groundingMetadata".to_owned(), grounding());
            }
            if let Some(log) = self.log_probability {
                candidate.insert("avgLogprobs".to_owned(), log.into());
            }
        }
        Value::Object(candidate)
    }

    /// Usage and ids, which every answer and every event ends with.
    fn finish_off(&self, mut answer: Map<String, Value>, said: u64) -> Value {
        if let Some(usage) = &self.usage {
            answer.insert("usageMetadata".to_owned(), usage.shown(said));
        }
        answer.insert("modelVersion".to_owned(), self.model.version().into());
        answer.insert("responseId".to_owned(), self.response_id.as_str().into());
        Value::Object(answer)
    }
}

impl Usage {
    /// `said`: the tokens of candidates so far.
    fn shown(&self, said: u64) -> Value {
        let mut usage = Map::new();
        let mut add = |name: &str, value: Value| usage.insert(name.to_owned(), value);
        let prompt = self.prompt.total();
        add("promptTokenCount", prompt.into());
        if said > 0 {
            add("candidatesTokenCount", said.into());
        }
        // Cached tokens are part of the prompt (wire 122).
        add("totalTokenCount", (prompt + said + self.thoughts).into());
        if self.cached > 0 {
            add("cachedContentTokenCount", self.cached.into());
        }
        add("promptTokensDetails", self.prompt.details());
        if self.cached > 0 {
            add("cacheTokensDetails", json!([{"modality": "TEXT", "tokenCount": self.cached}]));
        }
        if self.thoughts > 0 {
            add("thoughtsTokenCount", self.thoughts.into());
        }
        add("serviceTier", "standard".into());
        Value::Object(usage)
    }
}

fn content(parts: Vec<Value>) -> Value {
    let mut content = Map::new();
    if !parts.is_empty() {
        content.insert("parts".to_owned(), Value::Array(parts));
    }
    content.insert("role".to_owned(), "model".into());
    Value::Object(content)
}

fn sign(part: &mut Value, signature: Option<&str>) {
    if let Some(signature) = signature {
        part["thoughtSignature"] = signature.into();
    }
}

fn safety_ratings() -> Value {
    let categories = ["SEXUALLY_EXPLICIT", "HATE_SPEECH", "HARASSMENT", "DANGEROUS_CONTENT"];
    let ratings = categories.iter().enumerate().map(|(index, category)| {
        let mut rating = json!({"category": format!("HARM_CATEGORY_{category}"), "probability": "NEGLIGIBLE"});
        if index == 3 {
            rating["probability"] = "HIGH".into();
            rating["blocked"] = true.into();
        }
        rating
    });
    ratings.collect()
}

/// As after a search. Offsets are of bytes (wire 118).
fn grounding() -> Value {
    json!({
        "searchEntryPoint": {"renderedContent": "<div class=\"container\">example</div>"},
        "groundingChunks": [{"web": {"uri": "https://example.com/", "title": "example.com"}}],
        "groundingSupports": [{"segment": {"endIndex": 1, "text": "T"}, "groundingChunkIndices": [0]}],
        "webSearchQueries": ["example"],
    })
}
