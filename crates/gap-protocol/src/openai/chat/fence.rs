//! Takes the fence off JSON that the model was only asked for in words.
//!
//! A model that is told to answer in JSON likes to wrap it in a Markdown code block. Text passes through as it comes; held
//! back is only what may still turn out to be a part of the fence.

/// The longest info string after the backticks that is taken for one; more is prose.
const MAX_INFO: usize = 32;
const TICKS: &str = "```";

/// A filter for text in pieces.
#[derive(Debug)]
pub(crate) enum Fence {
    /// Nothing but white space and perhaps a beginning of the fence has come.
    Start(String),
    /// Inside the fence; held back is what may be its end.
    Inside(String),
    /// There is no fence.
    Absent,
}

impl Default for Fence {
    fn default() -> Self {
        Self::Start(String::new())
    }
}

impl Fence {
    /// Takes a piece and gives what may pass on.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        match self {
            Self::Absent => piece.to_owned(),
            Self::Inside(held) => {
                held.push_str(piece);
                let body = held.trim_end();
                let body = body.strip_suffix(TICKS).or_else(|| body.strip_suffix("``")).unwrap_or(body);
                let passes = body.strip_suffix('`').unwrap_or(body).trim_end().len();
                held.drain(..passes).collect()
            }
            Self::Start(held) => {
                held.push_str(piece);
                let begun = held.trim_start();
                let Some(after) = begun.strip_prefix(TICKS) else {
                    if TICKS.starts_with(begun) {
                        return String::new();
                    }
                    let passes = std::mem::take(held);
                    *self = Self::Absent;
                    return passes;
                };
                if let Some((_info, body)) = after.split_once('\n') {
                    let body = body.to_owned();
                    *self = Self::Inside(String::new());
                    return self.push(&body);
                }
                if after.len() <= MAX_INFO {
                    return String::new();
                }
                let passes = std::mem::take(held);
                *self = Self::Absent;
                passes
            }
        }
    }

    /// What is left when the answer has ended.
    pub(crate) fn finish(&mut self) -> String {
        match std::mem::replace(self, Self::Absent) {
            Self::Absent => String::new(),
            Self::Inside(held) if held.trim() == TICKS => String::new(),
            Self::Start(held) | Self::Inside(held) => held,
        }
    }
}

#[cfg(test)]
mod tests;
