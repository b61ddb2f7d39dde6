//! An answer in events, made while it is sent.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::{Plan, Said, content, sign};
use crate::tokens;

/// The events of one answer.
#[derive(Debug)]
pub(crate) struct Events {
    plan: Plan,
    next: usize,
    steps: Steps,
    /// Tokens said so far.
    said: u64,
}

/// What the events hold, as little as it can be said.
#[derive(Debug)]
enum Steps {
    /// Thoughts first, then pieces of text, then a signature.
    Text { lead: usize, pieces: usize, tail: bool },
    /// Contents that are ready.
    Contents(VecDeque<(Option<Value>, u64)>),
    /// One event and no candidate.
    Blocked,
}

impl Events {
    pub(super) fn new(plan: Plan) -> Self {
        let steps = if plan.block.is_some() { Steps::Blocked } else { steps(&plan) };
        Self { plan, next: 0, steps, said: 0 }
    }

    fn total(&self) -> usize {
        match &self.steps {
            Steps::Text { lead, pieces, tail } => lead + pieces + usize::from(*tail),
            Steps::Contents(contents) => self.next + contents.len(),
            Steps::Blocked => 1,
        }
    }

    /// The content of the event, and the tokens in it.
    fn content(&mut self) -> (Option<Value>, u64) {
        match &mut self.steps {
            Steps::Blocked => (None, 0),
            Steps::Contents(contents) => contents.pop_front().unwrap_or_default(),
            Steps::Text { lead, pieces, .. } => {
                let Said::Text { text, signature } = &self.plan.said else { return (None, 0) };
                if self.next < *lead {
                    let thought = self.plan.thoughts.as_deref().unwrap_or_default();
                    return (Some(content(vec![json!({"text": thought, "thought": true})])), 0);
                }
                if self.next == *lead + *pieces {
                    let mut part = json!({"text": ""});
                    sign(&mut part, signature.as_deref());
                    return (Some(content(vec![part])), 0);
                }
                let piece = self.plan.cuts.get(self.next - *lead).and_then(|range| text.get(range.clone()));
                let piece = piece.unwrap_or_default();
                (Some(content(vec![json!({ "text": piece })])), tokens::of_text(piece))
            }
        }
    }
}

impl Iterator for Events {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let last = self.total();
        if self.next >= last {
            return None;
        }
        let is_last = self.next + 1 == last;
        let (content, tokens) = self.content();
        self.next += 1;
        let whole = self.plan.usage.map_or(0, |usage| usage.candidates);
        // The pieces' tokens are rounded up one by one: the sum must not go beyond the whole.
        self.said = if is_last { whole } else { (self.said + tokens).min(whole) };
        let mut event = Map::new();
        if let Some(reason) = &self.plan.block {
            event.insert("promptFeedback".to_owned(), json!({"blockReason": reason}));
        } else {
            let finish = if is_last { self.plan.finish.as_deref() } else { None };
            let candidates = (0..self.plan.candidates).map(|index| self.plan.framed(content.clone(), finish, index));
            event.insert("candidates".to_owned(), candidates.collect());
        }
        Some(self.plan.finish_off(event, self.said))
    }
}

fn steps(plan: &Plan) -> Steps {
    let thought = plan.thoughts.iter().map(|text| (Some(content(vec![json!({"text": text, "thought": true})])), 0));
    let whole = plan.usage.map_or(0, |usage| usage.candidates);
    let mut contents: VecDeque<(Option<Value>, u64)> = thought.collect();
    match &plan.said {
        Said::Text { signature, .. } => {
            let tail = signature.is_some() || plan.cuts.is_empty();
            return Steps::Text { lead: contents.len(), pieces: plan.cuts.len(), tail };
        }
        Said::Calls(calls) if plan.spread => {
            let each = whole / (calls.len() as u64).max(1);
            contents.extend(calls.iter().map(|call| (Some(content(vec![call.clone()])), each)));
        }
        Said::Calls(calls) => contents.push_back((Some(content(calls.clone())), whole)),
        Said::Media { text, .. } => {
            contents
                .extend(text.iter().map(|text| (Some(content(vec![json!({ "text": text })])), tokens::of_text(text))));
            contents.extend(plan.media_part().map(|part| (Some(content(vec![part])), whole)));
        }
        Said::Nothing => contents.push_back((Some(content(Vec::new())), 0)),
        Said::NoContent => contents.push_back((None, 0)),
        Said::EmptyContent => contents.push_back((Some(json!({})), 0)),
    }
    Steps::Contents(contents)
}
