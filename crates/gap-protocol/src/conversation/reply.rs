//! The model's turn, gathered from the pieces of an answer, as the next request must bring it back.
//!
//! Pieces of text become one text; everything else, signed parts above all, stays to the letter.

use crate::json::{self, Node, ObjectWriter, write_text};

/// Of a longer turn the rest is not kept; in bytes.
pub const MOST_REPLY: usize = 16 * 1024 * 1024;

/// The turn so far.
#[derive(Debug, Default)]
pub struct ReplyParts {
    /// The finished parts, with commas between them.
    parts: Vec<u8>,
    /// A text that may go on, and whether it is a thought.
    text: Option<(bool, String)>,
    /// Whether something was left out because there was too much.
    cut: bool,
    finished: bool,
    prompt_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

// === impl ReplyParts ===

impl ReplyParts {
    /// Takes in a chunk of an answer (`GenerateContentResponse`): what its first candidate says, and what it cost.
    pub fn chunk(&mut self, chunk: &[u8]) {
        let Ok(document) = json::parse(chunk) else { return };
        if let Some(usage) = document.find("usageMetadata") {
            let count = |field: &str| usage.find(field).and_then(Node::integer).and_then(|count| count.try_into().ok());
            self.prompt_tokens = count("promptTokenCount").or(self.prompt_tokens);
            self.output_tokens = count("candidatesTokenCount").or(self.output_tokens);
        }
        let Some(first) = document.find("candidates").and_then(Node::items).and_then(<[Node<'_>]>::first) else {
            return;
        };
        if let Some(parts) = first.find("content").and_then(|content| content.find("parts")).and_then(Node::items) {
            for part in parts {
                self.add(part);
            }
        }
        self.finished |= first.find("finishReason").is_some();
    }

    fn add(&mut self, part: &Node<'_>) {
        let Some(members) = part.members() else { return };
        if self.parts.len() + self.text.as_ref().map_or(0, |(_, text)| text.len()) + part.raw().len() > MOST_REPLY {
            self.cut = true;
            return;
        }
        let is_thought = part.find("thought").and_then(Node::bool) == Some(true);
        let text = part.find("text").and_then(Node::text);
        let is_plain = members.iter().all(|member| matches!(&*member.key, "text" | "thought"));
        let Some(text) = text.filter(|_| is_plain) else {
            self.end_text();
            self.separate();
            part.write(&mut self.parts);
            return;
        };
        match &mut self.text {
            Some((thought, so_far)) if *thought == is_thought => so_far.push_str(&text),
            _ => {
                self.end_text();
                self.text = Some((is_thought, text.into_owned()));
            }
        }
    }

    fn end_text(&mut self) {
        let Some((is_thought, text)) = self.text.take().filter(|(_, text)| !text.is_empty()) else { return };
        self.separate();
        let mut part = ObjectWriter::open(&mut self.parts);
        write_text(part.key("text"), &text);
        if is_thought {
            part.raw("thought", "true");
        }
        part.close();
    }

    fn separate(&mut self) {
        if !self.parts.is_empty() {
            self.parts.push(b',');
        }
    }

    /// Whether the model has said that it is done.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether all that it said is here.
    pub fn is_whole(&self) -> bool {
        self.finished && !self.cut
    }

    /// The tokens of the prompt and of the answer, as far as Google has counted.
    pub fn tokens(&self) -> (Option<u64>, Option<u64>) {
        (self.prompt_tokens, self.output_tokens)
    }

    /// The turn as a `Content`; none when nothing was said.
    pub fn finish(&mut self) -> Option<String> {
        self.end_text();
        if self.parts.is_empty() {
            return None;
        }
        let parts = String::from_utf8(std::mem::take(&mut self.parts)).ok()?;
        Some(format!("{{\"role\":\"model\",\"parts\":[{parts}]}}"))
    }
}
