//! Embeddings.

use gap_sim::{Fault, Preset};
use serde_json::{Value, json};

use super::{client, error_of};
use crate::support::TestApp;

const PATH: &str = "/v1/embeddings";
const MODEL: &str = "gemini-embedding-001";

fn body(input: &Value) -> String {
    json!({ "model": MODEL, "input": input, "dimensions": 64, "encoding_format": "float" }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_texts_than_gemini_takes_keep_their_order() {
    let app = TestApp::start().await;
    let texts: Vec<String> = (0..230).map(|n| format!("text {n}")).collect();
    let reply = client(&app).post(PATH, body(&json!(texts))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let data = answer["data"].as_array().unwrap();
    let places: Vec<u64> = data.iter().map(|vector| vector["index"].as_u64().unwrap()).collect();
    assert_eq!(places, (0..230).collect::<Vec<u64>>());
    assert!(answer["usage"]["prompt_tokens"].as_u64().unwrap() > 0);
    assert_eq!((app.arrived(), reply.header("x-gap-attempts")), (3, Some("3")));
    let alone = client(&app).post(PATH, body(&json!("text 150"))).await.json();
    assert_eq!(alone["data"][0]["embedding"], data[150]["embedding"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_batch_that_fails_is_asked_for_again() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::Overloaded).times(1)).unwrap();
    let texts: Vec<String> = (0..150).map(|n| format!("text {n}")).collect();
    let reply = client(&app).post(PATH, body(&json!(texts))).await;
    assert_eq!((reply.status.as_u16(), app.arrived()), (200, 3), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said() {
    let app = TestApp::start().await;
    let (status, _, param, _) = error_of(&client(&app).post(PATH, body(&json!([[1, 2]]))).await);
    assert_eq!(status, 400);
    assert!(param.unwrap().starts_with("input"));
    let unknown = json!({ "model": "gemini-9-nano", "input": "x" }).to_string();
    let (status, _, _, code) = error_of(&client(&app).post(PATH, unknown).await);
    assert_eq!((status, code.as_deref()), (404, Some("model_not_found")));
    let (status, ..) = error_of(&client(&app).post(PATH, "[").await);
    assert_eq!(status, 400);

    app.sim.add_fault(Fault::new(Preset::Overloaded)).unwrap();
    let texts: Vec<String> = (0..150).map(|n| format!("text {n}")).collect();
    let (status, ..) = error_of(&client(&app).post(PATH, body(&json!(texts))).await);
    assert_eq!(status, 503);
}
