//! Every recorded answer, counted on both sides.

use gap_protocol::meter::Framing;
use gap_protocol::openai::chat::{EncodeError, StreamEncoder};
use serde_json::Value;

use super::accounting::{self, Account};
use super::schema::Schemas;
use super::{CREATED, ID, events_of, plan, stream, unary};
use crate::support::recording::{self, Recording};

/// The recorded answers of `generateContent` and `streamGenerateContent`.
pub(crate) fn answers() -> Vec<Recording> {
    let is_answer = |recording: &Recording| {
        (recording.path.ends_with(":generateContent") || recording.path.ends_with(":streamGenerateContent"))
            && recording.events.iter().all(|event| event.get("error").is_none())
            && recording.events.iter().any(|event| event.get("candidates").or(event.get("promptFeedback")).is_some())
    };
    recording::all().into_iter().filter(is_answer).collect()
}

pub(crate) fn chunks(recording: &Recording) -> Vec<Vec<u8>> {
    match recording.framing {
        Framing::Sse => events_of(&recording.bytes).iter().map(|event| event.to_vec()).collect(),
        Framing::Json | Framing::JsonArray => vec![recording.bytes.clone().into_bytes()],
    }
}

/// Streamed arguments, and a fixture that somebody has cut: no accountant's business, looked at elsewhere.
pub(crate) fn is_special(recording: &Recording) -> bool {
    recording.bytes.contains("\"partialArgs\"")
        || recording.id == "stream/generative-ai-android-success-quotes-escaped-47332c"
}

#[test]
fn nothing_is_lost_in_a_body() {
    let schemas = Schemas::load();
    for recording in answers() {
        if is_special(&recording) {
            continue;
        }
        let body = unary(&plan(), &chunks(&recording), recording.framing != Framing::Json);
        let body = body.unwrap_or_else(|error| panic!("{}: {error}", recording.id));
        assert_eq!(accounting::of_body(&body), accounting::of_gemini(&recording.events), "{}", recording.id);
        assert_eq!(schemas.faults("CreateChatCompletionResponse", &body), Vec::<String>::new(), "{}", recording.id);
        is_well_finished(&body, &recording);
    }
}

#[test]
fn nothing_is_lost_in_a_stream() {
    let schemas = Schemas::load();
    for recording in answers() {
        let chunks = chunks(&recording);
        // One document without a reason, which only a stream takes for cut.
        let unfinished = accounting_is_open(&recording);
        if is_special(&recording) || unfinished {
            continue;
        }
        let frames = stream(&plan(), &chunks).unwrap_or_else(|error| panic!("{}: {error}", recording.id));
        let expected = accounting::of_gemini(&recording.events);
        assert_eq!(accounting::of_stream(&frames, true), expected, "{}", recording.id);
        for frame in frames.split("\n\n").filter_map(|frame| frame.strip_prefix("data: {")) {
            let chunk: Value = serde_json::from_str(&format!("{{{frame}")).unwrap();
            let faults = schemas.faults("CreateChatCompletionStreamResponse", &chunk);
            assert_eq!(faults, Vec::<String>::new(), "{}", recording.id);
        }
        let without_usage = stream(&gap_protocol::call::ReplyPlan { include_usage: false, ..plan() }, &chunks).unwrap();
        let without = accounting::of_stream(&without_usage, false);
        assert_eq!(without.choices, expected.choices, "{}", recording.id);
    }
}

pub(crate) fn accounting_is_open(recording: &Recording) -> bool {
    accounting::of_gemini(&recording.events).choices.values().any(|choice| choice.finish.is_none())
}

/// wire 71, wire 111
fn is_well_finished(body: &Value, recording: &Recording) {
    for choice in body["choices"].as_array().unwrap() {
        let called = choice["message"]["tool_calls"].is_array();
        let expected = match choice["native_finish_reason"].as_str() {
            Some("MAX_TOKENS") => "length",
            Some("SAFETY" | "RECITATION" | "MODEL_ARMOR") => "content_filter",
            _ if called => "tool_calls",
            _ => "stop",
        };
        assert_eq!(choice["finish_reason"], expected, "{}", recording.id);
    }
}

#[test]
fn most_recordings_are_answers_and_most_have_something_to_lose() {
    // If the names ever changed, both sides might count nothing.
    let recordings = answers();
    if recordings.is_empty() {
        return;
    }
    assert!(recordings.len() > 600, "only {}", recordings.len());
    let accounts: Vec<Account> = recordings.iter().map(|recording| accounting::of_gemini(&recording.events)).collect();
    let count = |has: fn(&accounting::Choice) -> bool| {
        accounts.iter().filter(|account| account.choices.values().any(has)).count()
    };
    assert!(count(|choice| !choice.text.is_empty()) > 400);
    assert!(count(|choice| !choice.thoughts.is_empty()) > 30);
    assert!(count(|choice| choice.calls.iter().any(|call| call.signature.is_some())) > 40);
    assert!(count(|choice| !choice.images.is_empty()) > 10);
    assert!(count(|choice| !choice.audio.is_empty()) > 3);
    assert!(count(|choice| !choice.native.is_empty()) > 20);
    assert!(count(|choice| !choice.citations.is_empty()) > 30);
    assert!(count(|choice| !choice.signatures.is_empty()) > 100);
}

#[test]
fn the_encoder_finds_what_the_meter_finds() {
    for recording in answers() {
        let mut encoder = StreamEncoder::new(plan(), ID, CREATED);
        let mut out = Vec::new();
        for chunk in chunks(&recording) {
            encoder.chunk(&chunk, &mut out).unwrap();
        }
        let meter = crate::support::metered(recording.framing, recording.bytes.as_bytes(), usize::MAX);
        let (mut found, expected) = (encoder.findings(), meter.findings().clone());
        // The meter knows aliases by the letter, and counts empty parts.
        found.parts = expected.parts;
        found.model_version = expected.model_version.clone();
        assert_eq!(found, expected, "{}", recording.id);
    }
}

#[test]
fn recorded_errors_are_handed_over() {
    // wire 1, wire 25
    let mut seen = 0;
    for recording in recording::all() {
        if !recording.path.ends_with("enerateContent") || recording.framing == Framing::Sse {
            continue;
        }
        let Some(expected) = recording.events.first().and_then(|event| event.get("error")) else { continue };
        let error = stream(&plan(), &[recording.bytes.as_bytes()]).unwrap_err();
        let EncodeError::Upstream(json) = error else { panic!("{}: {error}", recording.id) };
        assert_eq!(&serde_json::from_str::<Value>(&json).unwrap(), expected, "{}", recording.id);
        seen += 1;
    }
    assert!(seen == 0 || seen > 50, "only {seen}");
}

#[test]
fn a_recorded_stream_without_its_end_is_an_error() {
    // wire 112
    for recording in answers().iter().filter(|recording| is_special(recording) && recording.id.contains("android")) {
        assert_eq!(stream(&plan(), &chunks(recording)), Err(EncodeError::Truncated));
    }
}

#[test]
fn recorded_pieces_of_arguments_become_one_call() {
    // wire 72
    for recording in answers().iter().filter(|recording| recording.bytes.contains("\"partialArgs\"")) {
        let body = unary(&plan(), &chunks(recording), true).unwrap();
        let call = &body["choices"][0]["message"]["tool_calls"][0];
        let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
        assert_eq!(arguments, serde_json::json!({"greeting": "Hello", "name": "jone smith"}));
        assert!(call["extra_content"]["google"]["thought_signature"].is_string());
        assert_eq!(body["choices"][0]["finish_reason"], "tool_calls");
    }
}
