//! Anthropic's clients, by translation.

use gap_sim::{After, Fault, Preset, Script};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::app::ACCESS_KEY;
use crate::support::client::Client;
use crate::support::{Ended, Reply, TestApp};

const MESSAGES: &str = "/v1/messages";
const MODEL: &str = "gemini-2.5-flash";
const SIGNING: &str = "gemini-3.1-pro-preview";
const STORY: &str = "[[sim: chunks=6 chunk_bytes=30]] Tell me a story.";

/// A client that presents its access key as Anthropic's SDKs do.
fn client(app: &TestApp) -> Client {
    let client = Client::new(app.address, None).header("x-api-key", ACCESS_KEY);
    client.header("content-type", "application/json").header("anthropic-version", "2023-06-01")
}

fn ask(text: &str, stream: bool) -> String {
    let messages = json!([{ "role": "user", "content": text }]);
    json!({ "model": MODEL, "max_tokens": 1000, "messages": messages, "stream": stream }).to_string()
}

/// The events of a stream: name and data.
fn events(reply: &Reply) -> Vec<(String, Value)> {
    let frames = reply.text().split_terminator("\n\n").map(|frame| frame.split_once("\ndata: ").unwrap());
    frames.map(|(name, data)| (name.replace("event: ", ""), serde_json::from_str(data).unwrap())).collect()
}

/// The status, Anthropic's type, and the sentence.
fn error_of(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    assert_eq!(body["type"], "error", "{body}");
    assert!(reply.header("request-id").is_some());
    let text = |key: &str| body["error"][key].as_str().unwrap().to_owned();
    (reply.status.as_u16(), text("type"), text("message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered() {
    let app = TestApp::start().await;
    let reply = client(&app).post("/v1/messages?beta=true", ask("[[sim: text=Hello]] Hi", false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(answer["content"], json!([{ "type": "text", "text": "Hello" }]));
    assert_eq!((&answer["stop_reason"], &answer["model"]), (&json!("end_turn"), &json!(MODEL)));
    assert!(answer["id"].as_str().unwrap().starts_with("msg_"));
    assert!(answer["usage"]["input_tokens"].as_u64().unwrap() > 0);
    assert!(reply.header("request-id").is_some() && reply.header("x-gap-attempts") == Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_anthropics_order() {
    let app = TestApp::start().await;
    let reply = client(&app).post(MESSAGES, ask(STORY, true)).await;
    assert_eq!((reply.status.as_u16(), reply.ended), (200, Ended::Whole));
    let events = events(&reply);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..3], ["message_start", "content_block_start", "ping"]);
    assert_eq!(names[names.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    assert!(events[0].1["message"]["usage"]["input_tokens"].as_u64().unwrap() > 0);
    assert!(events[events.len() - 2].1["usage"]["output_tokens"].as_u64().unwrap() > 0);
}

#[rstest]
#[case::kept(true)]
#[case::dropped(false)]
#[tokio::test(flavor = "multi_thread")]
async fn calls_and_their_signatures_survive_a_turn(#[case] thinking: bool, #[values(MODEL, SIGNING)] model: &str) {
    let app = TestApp::start().await;
    let tool = |name: &str| json!({ "name": name, "input_schema": { "type": "object" } });
    let mut request = json!({
        "model": model, "max_tokens": 4000, "tools": [tool("weather"), tool("time")],
        "messages": [{ "role": "user", "content": "[[sim: calls=weather,time]] Oslo?" }],
    });
    if thinking {
        request["thinking"] = json!({ "type": "adaptive" });
    }
    let reply = client(&app).post(MESSAGES, request.to_string()).await;
    let answer = reply.json();
    assert_eq!(answer["stop_reason"], "tool_use", "{answer}");
    let content = answer["content"].as_array().unwrap();
    let calls: Vec<&Value> = content.iter().filter(|block| block["type"] == "tool_use").collect();
    assert_eq!(calls.len(), 2);
    // What comes back is what clients keep: all of it, or the calls alone.
    let kept: Vec<&Value> = if thinking { content.iter().collect() } else { calls.clone() };
    let results: Vec<Value> = calls
        .iter()
        .rev()
        .map(|call| json!({ "type": "tool_result", "tool_use_id": call["id"], "content": "x" }))
        .collect();
    let messages = request["messages"].as_array_mut().unwrap();
    messages.push(json!({ "role": "assistant", "content": kept }));
    messages.push(json!({ "role": "user", "content": results }));
    let reply = client(&app).post(MESSAGES, request.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let sent = app.sim.requests().iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap()).last();
    let sent = sent.unwrap();
    assert!(!sent.contains("skip_thought_signature_validator"), "{sent}");
    assert_eq!(sent.contains("thoughtSignature"), model == SIGNING || sent.contains("thoughtSignature"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted() {
    let app = TestApp::start().await;
    let request = json!({ "model": MODEL, "messages": [{ "role": "user", "content": "How many words are these?" }] });
    let reply = client(&app).post("/v1/messages/count_tokens", request.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.json()["input_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_shown_in_anthropics_form_by_pages() {
    let app = TestApp::with()
        .set("models.aliases", "claude-sonnet-4-5 = gemini-2.5-pro,claude-* = gemini-2.5-flash")
        .start()
        .await;
    let first = client(&app).get("/v1/models?limit=3").await.json();
    assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (3, &json!(true)));
    assert_eq!(first["data"][0]["type"], "model");
    let after = first["last_id"].as_str().unwrap();
    let rest = client(&app).get(&format!("/v1/models?limit=1000&after_id={after}")).await.json();
    assert_eq!(rest["has_more"], false);
    assert!(rest["data"].to_string().contains("claude-sonnet-4-5") && rest["data"][0]["id"] != first["data"][0]["id"]);
    let one = client(&app).get("/v1/models/claude-haiku-9").await.json();
    assert_eq!((&one["id"], &one["max_tokens"]), (&json!("claude-haiku-9"), &json!(65536)));
    let (status, kind, _) = error_of(&client(&app).get("/v1/models/nobody").await);
    assert_eq!((status, kind.as_str()), (404, "not_found_error"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_own_names_work_in_every_dialect() {
    let app = TestApp::with()
        .set(
            "models.aliases",
            "claude-sonnet-4-5 = gemini-2.5-pro,claude-* = gemini-2.5-flash,gpt-4o = gemini-2.5-flash",
        )
        .start()
        .await;
    let mut request: Value = serde_json::from_str(&ask("hi", false)).unwrap();
    for (asked, model) in [("claude-sonnet-4-5", "gemini-2.5-pro"), ("claude-opus-4-6", MODEL), ("gpt-4o", MODEL)] {
        request["model"] = asked.into();
        app.sim.forget_requests();
        for path in [MESSAGES, "/v1/chat/completions"] {
            let reply = client(&app).post(path, request.to_string()).await;
            assert_eq!(reply.json()["model"], asked, "{}", reply.text());
        }
        let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] });
        let reply = client(&app).post(&format!("/v1beta/models/{asked}:generateContent"), body.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let paths: Vec<String> = app.sim.requests().iter().map(|request| request.path.clone()).collect();
        assert_eq!(paths, vec![format!("/v1beta/models/{model}:generateContent"); 3]);
    }
    let list =
        Client::new(app.address, None).header("authorization", &format!("Bearer {ACCESS_KEY}")).get("/v1/models").await;
    assert!(list.text().contains(r#""id":"gpt-4o""#));
}

#[rstest]
#[case::overloaded(Preset::Overloaded, 529, "overloaded_error")]
#[case::minute(Preset::QuotaPerMinute, 429, "rate_limit_error")]
#[case::internal(Preset::Internal, 502, "api_error")]
#[case::invalid(Preset::InvalidArgument, 400, "invalid_request_error")]
#[tokio::test(flavor = "multi_thread")]
async fn faults_have_anthropics_shape(
    #[case] preset: Preset,
    #[case] status: u16,
    #[case] kind: &str,
    #[values(false, true)] stream: bool,
) {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(preset)).unwrap();
    let reply = client(&app).post(MESSAGES, ask(STORY, stream)).await;
    let (found, error_type, _) = error_of(&reply);
    assert_eq!((found, error_type.as_str()), (status, kind), "{}", reply.text());
    assert_eq!(reply.header("retry-after").is_some(), status == 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_are_refused_by_field() {
    let app = TestApp::start().await;
    let (status, kind, _) = error_of(&Client::new(app.address, None).post(MESSAGES, ask("hi", false)).await);
    assert_eq!((status, kind.as_str()), (401, "authentication_error"));
    let (status, kind, message) = error_of(&client(&app).post(MESSAGES, r#"{"model":"m","messages":[]}"#).await);
    assert_eq!((status, kind.as_str()), (400, "invalid_request_error"));
    assert!(message.starts_with("messages: "), "{message}");
    let unknown = ask("hi", false).replace(MODEL, "gemini-9-nano");
    let (status, kind, _) = error_of(&client(&app).post(MESSAGES, unknown).await);
    assert_eq!((status, kind.as_str()), (404, "not_found_error"));
    let odd = ask("hi", false).replace("\"stream\"", "\"container\":\"c\",\"stream\"");
    let reply = client(&app).post(MESSAGES, odd.clone()).await;
    assert!(reply.header("x-gap-warnings").unwrap().contains("container"));
    let (status, ..) = error_of(&client(&app).header("x-gap-strict", "true").post(MESSAGES, odd).await);
    assert_eq!(status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_ends_with_an_error_event() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Script::CutBetweenEvents(After { after: 3 })).times(1)).unwrap();
    let reply = client(&app).post(MESSAGES, ask(STORY, true)).await;
    let events = events(&reply);
    let (name, data) = events.last().unwrap();
    assert_eq!((name.as_str(), &data["error"]["type"]), ("error", &json!("overloaded_error")));
    assert!(events.iter().all(|(name, _)| name != "message_stop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_wait_for_a_search_are_not_silence() {
    let app = TestApp::with().set("server.keep_alive", "50ms").start().await;
    // The upstream speaks more often than that, and nothing of it goes out.
    let text =
        r#"[[sim: thoughts=Hm text="Herons fish in rivers, lakes and the sea." chunks=10 delay_ms=30]] And herons?"#;
    let tools = json!([{ "type": "web_search_20250305", "name": "web_search" }]);
    let thinking = json!({ "type": "enabled", "budget_tokens": 1024 });
    let mut body: Value = serde_json::from_str(&ask(text, true)).unwrap();
    body.as_object_mut().unwrap().extend([("tools".to_owned(), tools), ("thinking".to_owned(), thinking)]);
    body["max_tokens"] = 4000.into();
    let events = events(&client(&app).post(MESSAGES, body.to_string()).await);
    assert!(events.iter().filter(|(name, _)| name == "ping").count() > 2, "{events:?}");
    let blocks = events.iter().filter_map(|(_, data)| data["content_block"]["type"].as_str());
    assert_eq!(blocks.collect::<Vec<_>>(), ["thinking", "server_tool_use", "web_search_tool_result", "text"]);
}
