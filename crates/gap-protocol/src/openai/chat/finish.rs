//! Why an answer ended, in OpenAI's five words.
//!
//! Gemini has twenty reasons and adds more. The word decides what a client does next, so a reason that nobody knows becomes
//! `stop`, the only word after which a client does nothing; Google's own word always stands beside it as
//! `native_finish_reason`, because `stop` alone would claim that all is well (wire 73, wire 111).

use crate::call::CallForm;

/// What a reason means for the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The model has said what it had to say.
    Done,
    /// There was no room for more.
    Length,
    /// Somebody did not like it.
    Filtered,
    /// The model tried to call a function and failed; asking again helps.
    BrokenCall,
    /// Anything else.
    Odd,
}

impl Class {
    /// The class of Google's reason.
    pub(crate) fn of(reason: &str) -> Self {
        match reason {
            "STOP" => Self::Done,
            "MAX_TOKENS" => Self::Length,
            "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION"
            | "ESCALATION"
            | "MODEL_ARMOR" => Self::Filtered,
            "MALFORMED_FUNCTION_CALL"
            | "UNEXPECTED_TOOL_CALL"
            | "TOO_MANY_TOOL_CALLS"
            | "MISSING_THOUGHT_SIGNATURE" => Self::BrokenCall,
            _ => Self::Odd,
        }
    }

    /// OpenAI's word. Gemini says `STOP` also after calls (wire 71).
    pub(crate) fn word(self, called: bool, form: CallForm) -> &'static str {
        match (self, form) {
            (Self::Length, _) => "length",
            (Self::Filtered, _) => "content_filter",
            (Self::Done | Self::BrokenCall | Self::Odd, _) if !called => "stop",
            (Self::Done | Self::BrokenCall | Self::Odd, CallForm::Tools) => "tool_calls",
            (Self::Done | Self::BrokenCall | Self::Odd, CallForm::Function) => "function_call",
        }
    }

    /// Whether an answer that ended so and said nothing may be asked for again.
    pub(crate) fn is_worth_another_try(self) -> bool {
        match self {
            Self::Done | Self::BrokenCall | Self::Odd => true,
            Self::Length | Self::Filtered => false,
        }
    }
}

#[cfg(test)]
mod tests;
