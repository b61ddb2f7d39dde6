//! What a client sends back of an answer reaches Gemini as Gemini gave it, also from clients that drop what they do not
//! know.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gap_protocol::call::{Decoded, Unsupported};
use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{CallSignature, DecodeContext, DecodeOptions, Memory, NoMemory, UnaryEncoder, decode};
use serde_json::{Value, json};

use super::accounting::{self, Call};
use super::{CREATED, ID, plan};
use crate::support::recording;

/// What the service remembers.
struct Vault(Vec<CallSignature>);

impl Memory for Vault {
    fn signature_of(&self, call_id: &str) -> Option<String> {
        self.0.iter().find(|kept| kept.call_id == call_id).map(|kept| kept.signature.clone())
    }

    fn refused_by(&self, _: &str) -> Unsupported {
        Unsupported::default()
    }
}

/// The parts of the model's turn after a client has sent `message` back, with a result for each of its calls.
fn sent_back(message: &Value, table: &ModelTable, memory: &dyn Memory) -> Vec<Value> {
    let results = message["tool_calls"].as_array().into_iter().flatten();
    let results = results.map(|call| json!({"role": "tool", "tool_call_id": call["id"], "content": "done"}));
    let mut messages = vec![json!({"role": "user", "content": "go"}), message.clone()];
    messages.extend(results);
    messages.push(json!({"role": "user", "content": "go on"}));
    let request = json!({"model": "gemini-2.5-flash", "messages": messages}).to_string();
    let context = DecodeContext { models: table, memory, options: DecodeOptions::default() };
    let Ok(Decoded::Ready(call)) = decode(request.as_bytes(), &context) else { panic!("{request}") };
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["contents"][1]["role"], "model");
    body["contents"][1]["parts"].as_array().unwrap().clone()
}

fn calls(parts: &[Value]) -> Vec<Call> {
    let calls = parts.iter().filter(|part| part["functionCall"].is_object());
    calls
        .map(|part| Call {
            name: part["functionCall"]["name"].as_str().unwrap().to_owned(),
            arguments: part["functionCall"].get("args").cloned().unwrap_or_else(|| json!({})),
            signature: part["thoughtSignature"].as_str().map(str::to_owned),
        })
        .collect()
}

/// What is left of a message in a client that rebuilds it from the fields it knows.
fn without_what_clients_drop(message: &Value) -> Value {
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls: Vec<Value> =
        calls.map(|call| json!({"id": call["id"], "type": call["type"], "function": call["function"]})).collect();
    json!({"role": "assistant", "content": message["content"], "tool_calls": calls})
}

#[test]
fn recorded_calls_come_back_with_their_signatures() {
    // wire 64, wire 76, wire 77
    let table = ModelTable::built_in().unwrap();
    let (mut seen, mut without_vault) = (0, 0);
    for recording in recording::all() {
        let is_answer = recording.path.ends_with("enerateContent") && !recording.bytes.contains("\"partialArgs\"");
        if !is_answer || recording.events.iter().any(|event| event.get("error").is_some()) {
            continue;
        }
        let expected = accounting::of_gemini(&recording.events);
        let Some(choice) = expected.choices.get(&0).filter(|choice| !choice.calls.is_empty()) else { continue };
        let mut encoder = UnaryEncoder::new(plan(), ID, CREATED);
        for event in &recording.events {
            encoder.chunk(event.to_string().as_bytes()).unwrap();
        }
        let body: Value = serde_json::from_slice(&encoder.end(false).unwrap()).unwrap();
        let message = &body["choices"][0]["message"];
        seen += 1;
        let whole = sent_back(message, &table, &NoMemory);
        assert_eq!(calls(&whole), choice.calls, "{}", recording.id);
        let text: String = whole.iter().filter_map(|part| part["text"].as_str()).collect();
        assert_eq!(text, choice.text, "{}", recording.id);
        let ids = |call: &&Value| call["functionCall"]["id"].as_str().map(str::to_owned);
        let parts: Vec<&Value> = recording
            .events
            .iter()
            .filter_map(|event| event["candidates"][0]["content"]["parts"].as_array())
            .flatten()
            .collect();
        let given: Vec<Option<String>> =
            parts.iter().filter(|part| part["functionCall"].is_object()).map(ids).collect();
        let returned: Vec<Option<String>> =
            whole.iter().filter(|part| part["functionCall"].is_object()).map(|part| ids(&part)).collect();
        // Where Gemini gave none, any that pairs call and result will do.
        for (returned, given) in returned.iter().zip(&given).filter(|(_, given)| given.is_some()) {
            assert_eq!(returned, given, "{}", recording.id);
        }

        let bare = without_what_clients_drop(message);
        let vault = Vault(encoder.take_signatures());
        assert_eq!(calls(&sent_back(&bare, &table, &vault)), choice.calls, "{}", recording.id);
        // Ids need no vault (it may be another instance's, or gone), unless a recorder has put something else in the
        // place of a signature, or it is one of the few that are too long.
        let mut signatures = choice.calls.iter().filter_map(|call| call.signature.as_deref());
        if signatures.all(|signature| signature.len() < 3000 && STANDARD.decode(signature).is_ok()) {
            without_vault += 1;
            assert_eq!(calls(&sent_back(&bare, &table, &NoMemory)), choice.calls, "{}", recording.id);
        }
    }
    assert!(seen == 0 || (seen > 50 && without_vault * 10 > seen * 8), "{without_vault} of {seen}");
}

/// The parts of a recorded answer that go back: all but thoughts in words, which models do not read again.
fn given(recording: &recording::Recording) -> Vec<Value> {
    let parts = recording.events.iter().filter_map(|event| event["candidates"][0]["content"]["parts"].as_array());
    let is_thought = |part: &&Value| part["thought"] == true && part["text"].is_string();
    parts.flatten().filter(|part| !is_thought(part)).cloned().collect()
}

/// The parts that hold one of these, in order.
fn holding(parts: &[Value], kinds: &[&str]) -> Vec<Value> {
    parts.iter().filter(|part| kinds.iter().any(|kind| part.get(kind).is_some())).cloned().collect()
}

#[test]
fn recorded_parts_that_openai_has_no_word_for_come_back_to_the_letter() {
    // wire 75, wire 106
    const NATIVE: &[&str] = &["executableCode", "codeExecutionResult", "toolCall", "toolResponse", "fileData"];
    let table = ModelTable::built_in().unwrap();
    let (mut seen, mut media) = (0, 0);
    for recording in recording::all() {
        let parts = given(&recording);
        let natives = holding(&parts, NATIVE);
        let images = holding(&parts, &["inlineData"]);
        let is_sound =
            |part: &Value| part["inlineData"]["mimeType"].as_str().is_some_and(|mime| mime.starts_with("audio"));
        let is_answer = recording.path.contains("enerateContent");
        if !is_answer || (natives.is_empty() && images.is_empty()) || images.iter().any(is_sound) {
            continue;
        }
        let mut encoder = UnaryEncoder::new(plan(), ID, CREATED);
        for event in &recording.events {
            encoder.chunk(event.to_string().as_bytes()).unwrap();
        }
        let body: Value = serde_json::from_slice(&encoder.end(false).unwrap()).unwrap();
        let whole = sent_back(&body["choices"][0]["message"], &table, &NoMemory);
        seen += usize::from(!natives.is_empty());
        media += usize::from(!images.is_empty());
        assert_eq!(holding(&whole, NATIVE), natives, "{}", recording.id);
        assert_eq!(holding(&whole, &["inlineData"]), images, "{}", recording.id);
        let text = |parts: &[Value]| parts.iter().filter_map(|part| part["text"].as_str()).collect::<String>();
        assert_eq!(text(&whole), text(&parts), "{}", recording.id);
        let signatures = |parts: &[Value]| {
            let mut all: Vec<String> =
                parts.iter().filter_map(|part| part["thoughtSignature"].as_str().map(str::to_owned)).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(signatures(&whole), signatures(&parts), "{}", recording.id);
    }
    assert!(seen + media == 0 || (seen > 10 && media > 3), "{seen} with parts, {media} with media");
}
