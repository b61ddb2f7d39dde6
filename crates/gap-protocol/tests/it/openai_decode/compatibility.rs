//! Every property of OpenAI's own description has its entry.

use gap_protocol::openai::chat::compatibility::{CHAT, EMBEDDINGS, Entry};
use gap_protocol::openai::images::compatibility::{EDITS, GENERATIONS};
use gap_protocol::openai::plain::compatibility::{COMPLETIONS, SPEECH, TRANSCRIPTIONS, TRANSLATIONS};
use serde_json::Value;

use crate::support::shared::document;

/// The names of a schema's properties, also those that it has by `allOf` and `$ref`.
pub(super) fn properties(description: &Value, schema: &Value) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return properties(description, description.pointer(reference.trim_start_matches('#')).unwrap());
    }
    let own = schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys().cloned());
    let inherited = schema["allOf"].as_array().into_iter().flatten();
    own.chain(inherited.flat_map(|part| properties(description, part))).collect()
}

pub(crate) fn assert_complete(schema: &str, entries: &[Entry], at_least: usize) {
    let Some(description) = document("specs/openai-openapi-20260821.json") else { return };
    let names = properties(&description, &description["components"]["schemas"][schema]);
    assert!(names.len() >= at_least, "{schema} has only {names:?}");
    for name in &names {
        assert!(entries.iter().any(|entry| entry.name == name), "{schema}.{name} has no entry: say what becomes of it");
    }
    for entry in entries {
        assert!(
            names.iter().any(|name| name == entry.name),
            "{schema} has no {}: it is an extension, or gone",
            entry.name
        );
    }
}

#[test]
fn every_property_of_a_chat_completion_request_has_an_entry() {
    assert_complete("CreateChatCompletionRequest", CHAT, 37);
}

#[test]
fn every_property_of_an_embedding_request_has_an_entry() {
    assert_complete("CreateEmbeddingRequest", EMBEDDINGS, 5);
}

#[test]
fn every_property_of_requests_for_pictures_sound_and_plain_text_has_an_entry() {
    assert_complete("CreateImageRequest", GENERATIONS, 14);
    assert_complete("CreateImageEditRequest", EDITS, 15);
    assert_complete("CreateSpeechRequest", SPEECH, 7);
    assert_complete("CreateTranscriptionRequest", TRANSCRIPTIONS, 14);
    assert_complete("CreateTranslationRequest", TRANSLATIONS, 5);
    assert_complete("CreateCompletionRequest", COMPLETIONS, 18);
    for entries in [GENERATIONS, EDITS, SPEECH, TRANSCRIPTIONS, TRANSLATIONS, COMPLETIONS] {
        assert!(entries.is_sorted_by(|a, b| a.name < b.name));
    }
}
