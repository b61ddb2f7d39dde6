//! Imagen's own way of being asked.

use serde_json::{Value, json};

use crate::support::{Ask, Sim};

const MODEL: &str = "imagen-4.0-generate-001";

fn predict(model: &str, body: &Value) -> Ask {
    Ask::post(&format!("/v1beta/models/{model}:predict"), body)
}

fn asked(parameters: &Value) -> Value {
    json!({"instances": [{"prompt": "a cat"}], "parameters": parameters})
}

#[tokio::test]
async fn as_many_pictures_as_are_asked_for() {
    let sim = Sim::start().await;
    let parameters = json!({"sampleCount": 3, "aspectRatio": "16:9", "outputOptions": {"mimeType": "image/jpeg", "compressionQuality": 70}});
    let answer = sim.send(&predict(MODEL, &asked(&parameters))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let pictures = answer["predictions"].as_array().unwrap();
    assert_eq!((pictures.len(), &pictures[0]["mimeType"]), (3, &json!("image/jpeg")));
    assert!(pictures[0]["bytesBase64Encoded"].as_str().unwrap().starts_with("iVBOR"));
    let usual = sim.send(&predict(MODEL, &asked(&json!({})))).await.json();
    assert_eq!(usual["predictions"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn what_imagen_does_not_take_is_refused() {
    let sim = Sim::start().await;
    let wrong = [
        asked(&json!({"sampleCount": 5})),
        asked(&json!({"sampleCount": 0})),
        asked(&json!({"aspectRatio": "3:2"})),
        asked(&json!({"sampleImageSize": "4K"})),
        asked(&json!({"outputOptions": {"mimeType": "image/webp"}})),
        asked(&json!({"outputOptions": {"mimeType": "image/png", "compressionQuality": 5}})),
        asked(&json!({"magic": true})),
        json!({"instances": []}),
        json!({"instances": [{"prompt": ""}]}),
        json!({"contents": []}),
    ];
    for body in wrong {
        let answer = sim.send(&predict(MODEL, &body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["error"]["status"], "INVALID_ARGUMENT");
    }
    let unable = sim.send(&predict("gemini-2.5-flash", &asked(&json!({})))).await;
    assert_eq!(unable.status, 404);
    let talking = sim.send(&Ask::generate(MODEL, &json!({"contents": [{"parts": [{"text": "hi"}]}]}))).await;
    assert_eq!(talking.status, 404);
}

#[tokio::test]
async fn a_picture_is_withheld_with_its_reason_or_without_a_word() {
    let sim = Sim::start().await;
    let body = |told: bool| json!({"instances": [{"prompt": "[[sim: block=SAFETY]]"}], "parameters": {"includeRaiReason": told}});
    let told = sim.send(&predict(MODEL, &body(true))).await.json();
    assert!(told["predictions"][0]["raiFilteredReason"].is_string());
    assert_eq!(sim.send(&predict(MODEL, &body(false))).await.json(), json!({}));
}

// wire 97
#[tokio::test]
async fn proportions_are_for_models_that_draw() {
    let sim = Sim::start().await;
    let body =
        |config: Value| json!({"contents": [{"parts": [{"text": "hi"}]}], "generationConfig": {"imageConfig": config}});
    for (model, config, status) in [
        ("gemini-2.5-flash-image", json!({"aspectRatio": "21:9", "imageSize": "1K"}), 200),
        ("gemini-3-pro-image", json!({"aspectRatio": "1:1", "imageSize": "4K"}), 200),
        ("gemini-2.5-flash-image", json!({"imageSize": "2K"}), 400),
        ("gemini-2.5-flash-image", json!({"aspectRatio": "7:3"}), 400),
        ("gemini-2.5-flash", json!({"aspectRatio": "1:1"}), 400),
    ] {
        assert_eq!(sim.send(&Ask::generate(model, &body(config.clone()))).await.status, status, "{model} {config}");
    }
}
