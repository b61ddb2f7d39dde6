use serde_json::{Value, json};

use super::*;

fn page() -> Page {
    let body = json!({
        "models": [
            {"name": "models/gemini-2.5-flash", "displayName": "Gemini 2.5 Flash", "inputTokenLimit": 1_048_576,
             "outputTokenLimit": 65_536, "supportedGenerationMethods": ["generateContent"], "temperature": 1, "thinking": true},
            {"displayName": "nameless"},
            "odd",
            {"name": "tunedModels/mine"},
        ],
        "nextPageToken": "more",
    });
    Page::read(body.to_string().as_bytes()).unwrap()
}

#[test]
fn a_model_has_openais_four_members_and_googles_entry() {
    let read: Value = serde_json::from_slice(&page().models[0].to_json()).unwrap();
    assert_eq!(
        read,
        json!({
            "id": "gemini-2.5-flash", "object": "model", "created": 1_702_425_600, "owned_by": "google",
            "display_name": "Gemini 2.5 Flash", "context_length": 1_048_576, "max_output_tokens": 65_536,
            "extra_content": {"google": {
                "name": "models/gemini-2.5-flash", "displayName": "Gemini 2.5 Flash", "inputTokenLimit": 1_048_576,
                "outputTokenLimit": 65_536, "supportedGenerationMethods": ["generateContent"], "temperature": 1, "thinking": true
            }},
        })
    );
}

#[test]
fn a_list_has_every_model_once() {
    // wire 135
    let page = page();
    assert_eq!(page.next_page_token.as_deref(), Some("more"));
    let twice: Vec<Model> = page.models.iter().chain(&page.models).cloned().collect();
    let read: Value = serde_json::from_slice(&list(&twice)).unwrap();
    let ids: Vec<&str> = read["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!((read["object"].as_str().unwrap(), ids), ("list", vec!["gemini-2.5-flash", "tunedModels/mine"]));
}

#[test]
fn no_models_are_an_empty_list() {
    assert_eq!(list(&[]), br#"{"object":"list","data":[]}"#);
    assert_eq!(Page::read(b"{}").unwrap(), Page::default());
}

#[test]
fn what_is_no_answer_is_nothing() {
    for body in ["", "[]", "7", "{"] {
        assert_eq!(Page::read(body.as_bytes()), None, "{body}");
        assert_eq!(Model::read(body.as_bytes()), None, "{body}");
    }
    assert_eq!(Model::read(b"{\"error\":{}}"), None);
}
