//! Legacy completions.

use gap_sim::{Fault, Preset};
use rstest::rstest;
use serde_json::{Value, json};

use super::{Chunks, MODEL, client, error_of, sent};
use crate::support::TestApp;

const PATH: &str = "/v1/completions";

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_completed() {
    let app = TestApp::start().await;
    let prompt = "[[sim: text=\"and \\\"so\\\" on\"]] Once upon a time";
    let body = json!({ "model": MODEL, "prompt": [prompt], "echo": true, "stop": "END", "max_tokens": 500, "temperature": 0, "suffix": "the end." });
    let reply = client(&app).post(PATH, body.to_string()).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-warnings")), (200, None), "{}", reply.text());
    let answer = reply.json();
    assert_eq!((&answer["object"], &answer["model"]), (&json!("text_completion"), &json!(MODEL)));
    assert!(answer["id"].as_str().unwrap().starts_with("cmpl-"));
    assert_eq!(answer["choices"][0]["text"], format!("{prompt}and \"so\" on"));
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert!(answer["usage"]["completion_tokens"].as_u64().unwrap() > 0);
    let sent: Value = serde_json::from_str(&sent(&app)[0]).unwrap();
    assert_eq!(sent["contents"], json!([{ "role": "user", "parts": [{ "text": prompt }] }]));
    assert!(sent["systemInstruction"]["parts"][0]["text"].as_str().unwrap().ends_with("the end."));
    let config = &sent["generationConfig"];
    assert_eq!(
        (&config["stopSequences"], &config["maxOutputTokens"], &config["temperature"]),
        (&json!(["END"]), &json!(500), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_is_streamed() {
    let app = TestApp::start().await;
    let body = json!({ "model": MODEL, "prompt": "[[sim: chunks=5 chunk_bytes=20]] x", "stream": true, "stream_options": { "include_usage": true } });
    let chunks = Chunks::of(&client(&app).post(PATH, body.to_string()).await);
    let text: String = chunks.documents.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
    assert_eq!((chunks.done, text.len(), chunks.finishes()), (true, 100, vec!["stop"]));
    assert!(chunks.documents.iter().all(|chunk| chunk["object"] == "text_completion"));
    let usage = &chunks.documents.last().unwrap()["usage"];
    assert!(usage["total_tokens"].as_u64().unwrap() > 0);

    app.sim.add_fault(Fault::new(Preset::Overloaded).times(1)).unwrap();
    let reply = client(&app).post(PATH, json!({ "model": MODEL, "prompt": "x" }).to_string()).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts")), (200, Some("2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_prompts_are_answered_in_their_order() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::Overloaded).times(1)).unwrap();
    let prompts: Vec<String> = (0..6).map(|n| format!("[[sim: text=\"answer {n}\"]] {n}:")).collect();
    let body = json!({ "model": MODEL, "prompt": prompts, "echo": true, "user": "me" });
    let reply = client(&app).post(PATH, body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.header("x-gap-warnings").unwrap().starts_with("user: "));
    let answer = reply.json();
    for (n, choice) in answer["choices"].as_array().unwrap().iter().enumerate() {
        assert_eq!((&choice["index"], &choice["finish_reason"]), (&json!(n), &json!("stop")));
        assert_eq!(choice["text"], format!("{}answer {n}", prompts[n]));
    }
    let usage = &answer["usage"];
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(count("total_tokens"), count("prompt_tokens") + count("completion_tokens"));
    assert_eq!((app.arrived(), answer["choices"].as_array().unwrap().len()), (7, 6));

    app.sim.add_fault(Fault::new(Preset::Overloaded)).unwrap();
    assert_eq!(error_of(&client(&app).post(PATH, body.to_string()).await).0, 503);
}

#[rstest]
#[case(json!({ "model": MODEL }), "prompt")]
#[case(json!({ "model": MODEL, "prompt": [] }), "prompt")]
#[case(json!({ "model": MODEL, "prompt": [1, 2] }), "prompt")]
#[case(json!({ "model": MODEL, "prompt": [[1]] }), "prompt")]
#[case(json!({ "model": MODEL, "prompt": ["a", 7] }), "prompt")]
#[case(json!({ "model": MODEL, "prompt": ["a", "b"], "stream": true }), "stream")]
#[case(json!({ "model": MODEL, "prompt": vec!["a"; 129] }), "prompt")]
#[case(json!({ "model": MODEL, "prompt": ["a", "b"], "temperature": 9 }), "temperature")]
#[case(json!({ "model": MODEL, "prompt": "x", "echo": "yes" }), "echo")]
#[case(json!({ "model": MODEL, "prompt": "x", "n": 99 }), "n")]
#[case(json!({ "model": MODEL, "prompt": "x", "max_tokens": 0 }), "max_tokens")]
#[case(json!({ "prompt": "x" }), "model")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_completed_is_said_by_its_field(#[case] body: Value, #[case] field: &str) {
    let app = TestApp::start().await;
    let (status, message, param, _) = error_of(&client(&app).post(PATH, body.to_string()).await);
    assert_eq!((status, param.as_deref()), (400, Some(field)), "{message}");
    let loud = json!({ "model": MODEL, "prompt": "x", "logprobs": 3, "best_of": 2 }).to_string();
    let warnings = client(&app).post(PATH, loud).await;
    let warnings = warnings.header("x-gap-warnings").unwrap();
    assert!(warnings.contains("logprobs") && warnings.contains("best_of"), "{warnings}");
}
