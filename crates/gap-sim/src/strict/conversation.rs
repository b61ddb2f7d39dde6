//! Turns and their parts.

use crate::error::{ApiError, Mistakes};
use crate::options::Signatures;
use crate::request::{Content, Generate};
use crate::signature;

/// Every part must hold something; an empty text is something. A turn of the model may have none: one that ran into
/// `maxOutputTokens` while thinking comes back like that.
pub(super) fn parts(content: &Content, place: &str) -> Result<(), ApiError> {
    if content.parts.is_empty() && !Generate::is_model(content) {
        return Err(ApiError::invalid(format!("* {place}.parts: contents.parts must not be empty.\n")));
    }
    let mut wrong = Mistakes::default();
    for (index, part) in content.parts.iter().enumerate() {
        let place = format!("{place}.parts[{index}]");
        if !part.has_data() && part.thought_signature.is_none() {
            wrong.add(format_args!("{place}.data"), "required oneof field 'data' must have one initialized field");
        }
        if part.function_call.as_ref().is_some_and(|call| call.name.is_empty()) {
            wrong.add(format_args!("{place}.function_call.name"), "Name cannot be empty.");
        }
        if part.function_response.as_ref().is_some_and(|response| response.name.is_empty()) {
            wrong.add(format_args!("{place}.function_response.name"), "Name cannot be empty.");
        }
        if part.inline_data.as_ref().is_some_and(|blob| blob.data.is_empty()) {
            wrong.add(format_args!("{place}.inline_data.data"), "required field is not initialized");
        }
    }
    wrong.into_result()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Start,
    User,
    /// A turn of the model with so many calls.
    Calls(usize),
    Model,
    Responses,
}

/// Wire 43 and 65: calls follow the user, their responses follow them, as many as there were calls.
pub(super) fn turns(contents: &[Content]) -> Result<(), ApiError> {
    let mut before = Turn::Start;
    for content in contents {
        let calls = content.parts.iter().filter(|part| part.function_call.is_some()).count();
        let responses = content.parts.iter().filter(|part| part.function_response.is_some()).count();
        before = match before {
            Turn::Start | Turn::Model if calls > 0 => {
                return Err(ApiError::invalid(
                    "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
                ));
            }
            Turn::Start | Turn::User | Turn::Model | Turn::Responses if responses > 0 && before != Turn::Responses => {
                return Err(ApiError::invalid(
                    "Please ensure that function response turn comes immediately after a function call turn.",
                ));
            }
            Turn::Calls(wanted) if responses > 0 && responses != wanted => {
                return Err(ApiError::invalid(
                    "Please ensure that the number of function response parts is equal to the number of function call \
                     parts of the function call turn.",
                ));
            }
            _ if calls > 0 => Turn::Calls(calls),
            _ if responses > 0 => Turn::Responses,
            _ if Generate::is_model(content) => Turn::Model,
            _ => Turn::User,
        };
    }
    Ok(())
}

/// Wire 76: in the turn that is going on, the first call of each step must bring its signature back.
pub(super) fn signatures(contents: &[Content], seed: u64, which: Signatures) -> Result<(), ApiError> {
    // The turn goes on since the user last said something that is not a result.
    let is_question = |content: &Content| {
        !Generate::is_model(content) && content.parts.iter().all(|part| part.function_response.is_none())
    };
    let start = contents.iter().rposition(is_question).unwrap_or_default();
    for (index, content) in contents.iter().enumerate() {
        let mut calls = content.parts.iter().filter_map(|part| part.function_call.as_ref().map(|call| (call, part)));
        let Some((call, part)) = calls.next() else { continue };
        match part.thought_signature.as_deref().filter(|signature| !signature.is_empty()) {
            Some(signature) if signature::is_good(signature, seed, which) => {}
            Some(_) => return Err(ApiError::invalid("Thought signature is not valid")),
            None if index < start => {}
            None => {
                return Err(ApiError::invalid(format!(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to \
                     work correctly, and missing thought_signature may lead to degraded model performance. Additional \
                     data, function call default_api:{} , position {}. Please refer to \
                     https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
                    call.name,
                    index + 1
                )));
            }
        }
    }
    Ok(())
}
