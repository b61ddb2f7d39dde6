//! Words that wait until it is known what was searched for.
//!
//! Anthropic tells a search before the words that lean on it, and clients count on it: the last block of an answer is what
//! they show. Google tells it last (wire 118). So where the model may search, everything from the first word on is held
//! back, thoughts before it are not, and goes out behind the search at the end; meanwhile pings show that the answer
//! lives. Where it may not, nothing waits.

use super::encode::{Block, CallBlock, Delta, Sink};

/// What is held back.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The place of its first block.
    pub(super) first: u32,
    steps: Vec<Step>,
}

/// A call of a [`Sink`].
#[derive(Debug)]
enum Step {
    Text,
    Thinking,
    Call { kind: &'static str, id: String, name: String, signature: Option<String> },
    Whole(Vec<u8>),
    MoreText(Vec<u8>),
    MoreThinking(Vec<u8>),
    Signature(String),
    Input(String),
    Citation(Vec<u8>),
    Close,
}

/// Lets through what need not wait.
pub(super) struct Gate<'g, S> {
    /// Where it goes.
    pub(super) sink: &'g mut S,
    /// What waits, once something does.
    pub(super) held: &'g mut Option<Held>,
    /// Whether anything has to.
    pub(super) waits: bool,
}

// === impl Held ===

impl Held {
    /// Hands everything over, behind so many blocks that came in between.
    pub(super) fn release(self, between: u32, sink: &mut impl Sink) {
        let mut next = self.first + between;
        for step in &self.steps {
            let open = next.saturating_sub(1);
            match step {
                Step::Text => sink.open(next, &Block::Text),
                Step::Thinking => sink.open(next, &Block::Thinking),
                Step::Call { kind, id, name, signature } => {
                    sink.open(next, &Block::Call(CallBlock { kind, id, name, signature: signature.as_deref() }));
                }
                Step::Whole(members) => sink.open(next, &Block::Whole(members)),
                Step::MoreText(letters) => sink.delta(open, &Delta::Text(letters)),
                Step::MoreThinking(letters) => sink.delta(open, &Delta::Thinking(letters)),
                Step::Signature(signature) => sink.delta(open, &Delta::Signature(signature)),
                Step::Input(json) => sink.delta(open, &Delta::Input(json)),
                Step::Citation(json) => sink.delta(open, &Delta::Citation(json)),
                Step::Close => sink.close(open),
            }
            if matches!(step, Step::Text | Step::Thinking | Step::Call { .. } | Step::Whole(_)) {
                next += 1;
            }
        }
    }
}

// === impl Gate ===

impl<S: Sink> Sink for Gate<'_, S> {
    fn open(&mut self, index: u32, block: &Block<'_>) {
        if self.held.is_none() && self.waits && !matches!(block, Block::Thinking) {
            *self.held = Some(Held { first: index, steps: Vec::new() });
        }
        let Some(held) = self.held.as_mut() else { return self.sink.open(index, block) };
        held.steps.push(match block {
            Block::Text => Step::Text,
            Block::Thinking => Step::Thinking,
            Block::Call(CallBlock { kind, id, name, signature }) => Step::Call {
                kind,
                id: (*id).to_owned(),
                name: (*name).to_owned(),
                signature: signature.map(str::to_owned),
            },
            Block::Whole(members) => Step::Whole(members.to_vec()),
        });
    }

    fn delta(&mut self, index: u32, delta: &Delta<'_>) {
        let Some(held) = self.held.as_mut() else { return self.sink.delta(index, delta) };
        held.steps.push(match *delta {
            Delta::Text(letters) => Step::MoreText(letters.to_vec()),
            Delta::Thinking(letters) => Step::MoreThinking(letters.to_vec()),
            Delta::Signature(signature) => Step::Signature(signature.to_owned()),
            Delta::Input(json) => Step::Input(json.to_owned()),
            Delta::Citation(json) => Step::Citation(json.to_vec()),
        });
    }

    fn close(&mut self, index: u32) {
        match self.held.as_mut() {
            Some(held) => held.steps.push(Step::Close),
            None => self.sink.close(index),
        }
    }
}
