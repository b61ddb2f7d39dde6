//! Recorded embeddings, lists of models and refusals, in OpenAI's form.

use gap_protocol::models::ModelTable;
use gap_protocol::openai::embeddings;
use gap_protocol::openai::models::{self, Page};
use gap_protocol::openai::refusal::Refusal;
use serde_json::{Value, json};

use super::schema::Schemas;
use crate::support::recording;

#[test]
fn every_recorded_embedding_arrives() {
    let schemas = Schemas::load();
    let table = ModelTable::built_in().unwrap();
    let mut seen = 0;
    for recording in recording::all() {
        let event = recording.events.first().cloned().unwrap_or_default();
        let vectors = match (&event["embeddings"], &event["embedding"]) {
            (Value::Array(vectors), _) => vectors.clone(),
            (_, vector @ Value::Object(_)) => vec![vector.clone()],
            _ => continue,
        };
        if vectors.iter().any(|vector| !vector["values"].is_array()) {
            continue;
        }
        seen += 1;
        for format in ["float", "base64"] {
            let request =
                json!({"model": "gemini-embedding-001", "input": vec!["a"; vectors.len()], "encoding_format": format});
            let call = embeddings::decode(request.to_string().as_bytes(), &table, false).unwrap();
            let body = embeddings::encode(&call, &[recording.bytes.as_bytes()]).unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            if format == "float" {
                let got: Vec<&Value> =
                    body["data"].as_array().unwrap().iter().map(|entry| &entry["embedding"]).collect();
                let sent: Vec<&Value> = vectors.iter().map(|vector| &vector["values"]).collect();
                assert_eq!(got, sent, "{}", recording.id);
                assert_eq!(schemas.faults("CreateEmbeddingResponse", &body), Vec::<String>::new(), "{}", recording.id);
            }
            let counted = event["usageMetadata"]["promptTokenCount"].as_u64();
            assert_eq!(body["usage"]["estimated"].is_null(), counted.is_some(), "{}", recording.id);
            if let Some(counted) = counted {
                assert_eq!(body["usage"]["total_tokens"].as_u64(), Some(counted), "{}", recording.id);
            }
        }
    }
    assert!(seen == 0 || seen > 15, "only {seen}");
}

#[test]
fn every_recorded_list_of_models_is_one_for_openai() {
    let schemas = Schemas::load();
    let mut seen = 0;
    for recording in recording::all() {
        let Some(listed) = recording.events.first().and_then(|event| event["models"].as_array()) else { continue };
        seen += 1;
        let page = Page::read(recording.bytes.as_bytes()).unwrap();
        assert_eq!(page.models.len(), listed.len(), "{}", recording.id);
        let body: Value = serde_json::from_slice(&models::list(&page.models)).unwrap();
        assert_eq!(schemas.faults("ListModelsResponse", &body), Vec::<String>::new(), "{}", recording.id);
        for (model, sent) in body["data"].as_array().unwrap().iter().zip(listed) {
            assert_eq!(format!("models/{}", model["id"].as_str().unwrap()), sent["name"].as_str().unwrap());
            assert_eq!(&model["extra_content"]["google"], sent);
        }
    }
    assert!(seen == 0 || seen > 3, "only {seen}");
}

#[test]
fn every_recorded_refusal_keeps_its_sentence() {
    // wire 1, wire 24
    let schemas = Schemas::load();
    let mut named = 0;
    for recording in recording::all().iter().filter(|recording| recording.id.starts_with("errors/40")) {
        let error = recording.events.first().and_then(|event| event.get("error").cloned()).unwrap_or_default();
        let Some(message) = error["message"].as_str() else { continue };
        let status = u16::try_from(error["code"].as_u64().unwrap_or(400)).unwrap();
        let refusal = Refusal::of(status, recording.bytes.as_bytes());
        let body: Value = serde_json::from_str(&refusal.to_json()).unwrap();
        assert_eq!(body["error"]["message"], message.trim(), "{}", recording.id);
        assert_eq!(schemas.faults("ErrorResponse", &body), Vec::<String>::new(), "{}", recording.id);
        let is_long = message.contains("input token count");
        assert_eq!(refusal.code == Some("context_length_exceeded"), is_long, "{}: {message}", recording.id);
        named += usize::from(refusal.param.is_some());
    }
    assert!(named == 0 || named > 5, "only {named}");
}
