//! Answers in one piece.

use gap_sim::{Directives, Fault, Preset, Reply as Scripted, Script};
use rstest::rstest;
use serde_json::json;

use super::{CHAT, MODEL, ask, client, error_of, sent};
use crate::support::TestApp;
use crate::support::client::Client;

/// A model with a small window.
const SMALL: &str = "gemma-3-27b-it";
const SIGNING: &str = "gemini-3.1-pro-preview";

#[rstest]
#[case("/v1/chat/completions")]
#[case("/v1beta/openai/chat/completions")]
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered(#[case] path: &str) {
    let app = TestApp::start().await;
    let reply = client(&app).post(path, ask("[[sim: text=Hello]] Hi", false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert!(answer["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert_eq!(reply.header("x-gap-attempts"), Some("1"));
    assert!(reply.header("x-gap-key").is_some() && reply.header("x-request-id").is_some());
    assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_openais_shape() {
    let app = TestApp::with().set("server.replay_limit", "64KiB").start().await;
    let nobody = Client::new(app.address, None);
    let wrong = Client::new(app.address, None).header("authorization", "Bearer nonsense");
    let known = client(&app);
    let long = ask(&"a long story. ".repeat(10_000), false);

    let (status, _, _, code) = error_of(&nobody.post(CHAT, ask("hi", false)).await);
    assert_eq!((status, code.as_deref()), (401, Some("invalid_api_key")));
    let (status, _, _, code) = error_of(&wrong.post(CHAT, ask("hi", false)).await);
    assert_eq!((status, code.as_deref()), (401, Some("invalid_api_key")));
    let (status, message, _, _) = error_of(&known.post(CHAT, "{\"model\": \"x\",").await);
    assert_eq!(status, 400);
    assert!(message.contains("not valid JSON") && message.contains("column"), "{message}");
    let (status, _, param, code) = error_of(&known.post(CHAT, json!({ "messages": [] }).to_string()).await);
    assert_eq!((status, param.as_deref(), code.as_deref()), (400, Some("model"), Some("missing_required_parameter")));
    let (status, message, _, code) = error_of(&known.post(CHAT, long).await);
    assert_eq!((status, code.as_deref()), (413, Some("request_too_large")));
    assert!(message.contains("server.replay_limit"), "the operator can raise it: {message}");
    let (status, _, _, code) = error_of(&known.get(CHAT).await);
    assert_eq!((status, code.as_deref()), (405, Some("method_not_supported")));
    let (status, _, _, code) = error_of(&known.post("/v1/fine_tuning/jobs", "{}").await);
    assert_eq!((status, code.as_deref()), (404, Some("unknown_url")));
    for model in ["gemini-9-nano", "../files", "a/b:c", "..", "tunedModels/x?y", "modèle"] {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] });
        let (status, _, param, code) = error_of(&known.post(CHAT, body.to_string()).await);
        assert_eq!(
            (status, param.as_deref(), code.as_deref()),
            (404, Some("model"), Some("model_not_found")),
            "{model}"
        );
    }
    assert!(app.sim.requests().iter().all(|request| request.path.starts_with("/v1beta/models/gemini-9-nano:")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gemini_cannot_do_is_named_or_refused() {
    let app = TestApp::start().await;
    let body = json!({
        "model": MODEL, "messages": [{ "role": "user", "content": "hi" }], "logit_bias": { "1": 2 }, "ünknown": 1,
    });
    let reply = client(&app).post(CHAT, body.to_string()).await;
    assert_eq!(reply.status, 200);
    let warnings = reply.header("x-gap-warnings").unwrap();
    assert!(warnings.contains("logit_bias") && warnings.is_ascii(), "{warnings}");
    let strict = client(&app).header("x-gap-strict", "true").post(CHAT, body.to_string()).await;
    let (status, _, param, _) = error_of(&strict);
    assert_eq!((status, param.as_deref()), (400, Some("logit_bias")));
    assert_eq!(app.arrived(), 1, "a refused request asks nobody");
}

#[rstest]
#[case::embedded(SIGNING)]
#[case::without_signatures(MODEL)]
#[tokio::test(flavor = "multi_thread")]
async fn parallel_calls_come_back_from_a_client_that_keeps_nothing_but_ids(#[case] model: &str) {
    let app = TestApp::start().await;
    let tool =
        |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object" } } });
    let tools = json!([tool("weather"), tool("time")]);
    let asked = json!({ "role": "user", "content": "[[sim: calls=weather,time]] Oslo?" });
    let first = json!({ "model": model, "messages": [asked], "tools": tools });
    let reply = client(&app).post(CHAT, first.to_string()).await;
    let answer = reply.json();
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls", "{answer}");
    let calls = answer["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2);
    let kept: Vec<_> = calls
        .iter()
        .map(|call| json!({ "id": call["id"], "type": "function", "function": call["function"] }))
        .collect();
    let mut messages = vec![asked, json!({ "role": "assistant", "content": null, "tool_calls": kept })];
    messages
        .extend(calls.iter().rev().map(|call| json!({ "role": "tool", "tool_call_id": call["id"], "content": "x" })));
    let second = json!({ "model": model, "messages": messages, "tools": tools });
    // The simulator refuses a missing signature as Google does (wire 76).
    let reply = client(&app).post(CHAT, second.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[rstest]
#[case::whole(false)]
#[case::streamed(true)]
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_back_under_other_ids_are_known_by_their_place(#[case] stream: bool) {
    let app = TestApp::start().await;
    let tool =
        |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object" } } });
    let tools = json!([tool("weather"), tool("time")]);
    let mut messages = vec![
        json!({ "role": "system", "content": "Be short." }),
        json!({ "role": "user", "content": "[[sim: calls=weather,time]] Oslo?" }),
    ];
    let body = json!({ "model": SIGNING, "messages": messages, "tools": tools, "stream": stream });
    assert_eq!(client(&app).post(CHAT, body.to_string()).await.status, 200);
    // As clients do that keep histories in a form of their own: the ids are made up.
    let call = |name: &str| {
        let function = json!({ "name": name, "arguments": "{ }" });
        json!({ "id": format!("my-{name}"), "type": "function", "function": function })
    };
    messages.push(json!({ "role": "assistant", "tool_calls": [call("weather"), call("time")] }));
    for name in ["weather", "time"] {
        messages.push(json!({ "role": "tool", "tool_call_id": format!("my-{name}"), "content": "x" }));
    }
    let body = json!({ "model": SIGNING, "messages": messages, "tools": tools });
    assert_eq!(client(&app).post(CHAT, body.to_string()).await.status, 200);
    let last = sent(&app).pop().unwrap();
    assert!(last.contains("thoughtSignature") && !last.contains("skip_thought_signature_validator"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_megabyte_of_prompt_arrives() {
    let app = TestApp::start().await;
    let text = "A sentence with some words in it. ".repeat(31_000);
    let reply = client(&app).post(CHAT, ask(&text, false)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(sent(&app)[0].contains(&text));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_is_asked_for_again_and_blames_no_key() {
    let app = TestApp::start().await;
    let empty = Directives { empty: true, ..Directives::default() };
    app.sim.add_fault(Fault::new(Script::Answer(Box::new(empty.clone()))).times(2)).unwrap();
    let reply = client(&app).post(CHAT, ask("[[sim: text=there]]", false)).await;
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "there");
    assert_eq!(reply.header("x-gap-attempts"), Some("3"));
    let used = app.keys_used();
    assert!(used[0] != used[1] && used[1] != used[2], "{used:?}");
    assert!(app.app.keyring.keys().iter().all(|key| key.counters.faults == 0));

    // When it stays empty, that is the answer.
    app.sim.clear_faults();
    app.sim.add_fault(Fault::new(Script::Answer(Box::new(empty)))).unwrap();
    for stream in [false, true] {
        app.sim.forget_requests();
        let reply = client(&app).post(CHAT, ask("hi", stream)).await;
        assert_eq!((reply.status.as_u16(), app.arrived()), (200, 3), "{}", reply.text());
        assert!(reply.text().contains(r#""finish_reason":"stop""#), "{}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_any_candidate_is_a_failure_in_the_end() {
    let app = TestApp::start().await;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    app.sim.add_fault(Fault::new(Script::Reply(Scripted { status: 200, headers, body: "{}".into() }))).unwrap();
    let (status, message, _, code) = error_of(&client(&app).post(CHAT, ask("hi", false)).await);
    assert_eq!((status, code.as_deref()), (502, Some("bad_gateway")), "{message}");
    assert_eq!(app.arrived(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_that_a_model_refuses_is_left_out_and_remembered() {
    let app = TestApp::start().await;
    let refusal = json!({ "error": {
        "code": 400, "message": "Seed is not supported for models/gemini-2.5-flash", "status": "INVALID_ARGUMENT",
    } });
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let refused = Scripted { status: 400, headers, body: refusal.to_string().into() };
    app.sim.add_fault(Fault::new(Script::Reply(refused)).times(1)).unwrap();
    let body = json!({
        "model": MODEL, "messages": [{ "role": "user", "content": "hi" }], "seed": 7,
    });
    let reply = client(&app).post(CHAT, body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.header("x-gap-warnings").unwrap().contains("seed"));
    assert_eq!(reply.header("x-gap-attempts"), Some("2"));
    let again = client(&app).post(CHAT, body.to_string()).await;
    assert!(again.header("x-gap-warnings").unwrap().contains("seed"));
    let sent: Vec<bool> = sent(&app).iter().map(|body| body.contains(r#""seed":7"#)).collect();
    assert_eq!(sent, [true, false, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_stays_is_told_in_the_clients_words_once() {
    let app = TestApp::start().await;
    let refusal = json!({ "error": {
        "code": 400,
        "message": "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), 99999999999",
        "status": "INVALID_ARGUMENT",
    } });
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    app.sim
        .add_fault(Fault::new(Script::Reply(Scripted { status: 400, headers, body: refusal.to_string().into() })))
        .unwrap();
    let (status, _, param, _) = error_of(&client(&app).post(CHAT, ask("hi", false)).await);
    assert_eq!((status, param.as_deref()), (400, Some("max_tokens")));
    assert_eq!(app.arrived(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_keys_that_fail_are_not_the_clients_fault() {
    let app = TestApp::start().await;
    app.sim.add_fault(Fault::new(Preset::KeyInvalid)).unwrap();
    let reply = client(&app).post(CHAT, ask("hi", false)).await;
    let (status, message, param, _) = error_of(&reply);
    assert!(matches!(status, 502 | 503), "{status}: {message}");
    assert_eq!(param, None);
    assert!(crate::support::app::KEYS.iter().all(|key| !reply.text().contains(key)));
}

#[tokio::test(flavor = "multi_thread")]
async fn media_by_address_come_from_where_the_operator_allows() {
    let picture = axum::Router::new().route("/red.png", axum::routing::get(async || PIXEL));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the server of the picture is no part of the gateway")]
    let server = tokio::spawn(async move { axum::serve(listener, picture).await.unwrap() });
    let body = |path: &str| {
        let image = json!({ "type": "image_url", "image_url": { "url": format!("http://{address}{path}") } });
        json!({ "model": MODEL, "messages": [{ "role": "user", "content": [image] }] }).to_string()
    };
    let app = TestApp::start().await;
    let (status, message, param, _) = error_of(&client(&app).post(CHAT, body("/red.png")).await);
    assert_eq!((status, param.as_deref()), (400, Some("messages[0].content[0].image_url.url")), "{message}");
    assert_eq!(app.arrived(), 0);

    let trusting = TestApp::with().set("media.allow_hosts", &address.to_string()).start().await;
    let reply = client(&trusting).post(CHAT, body("/red.png")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(sent(&trusting)[0].contains(r#""mimeType":"image/png""#));
    let (status, message, _, _) = error_of(&client(&trusting).post(CHAT, body("/none.png")).await);
    assert_eq!(status, 400);
    assert!(message.contains("404"), "{message}");
    server.abort();
}

/// The beginning of a picture is enough to be told for one.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde";

#[tokio::test(flavor = "multi_thread")]
async fn safety_settings_are_added_where_the_operator_wants_it() {
    let app = TestApp::with().set("upstream.disable_safety_filtering", "true").start().await;
    client(&app).post(CHAT, ask("hi", false)).await;
    assert!(sent(&app)[0].contains("safetySettings"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_clearly_too_long_for_a_model_is_refused_unasked() {
    // wire 23: Google counts what it refuses.
    let app = TestApp::start().await;
    let ask = |model: &str, words: usize| {
        let content = "word ".repeat(words);
        json!({ "model": model, "messages": [{ "role": "user", "content": content }] }).to_string()
    };
    let (status, message, param, code) = error_of(&client(&app).post(CHAT, ask(SMALL, 230_000)).await);
    assert_eq!((status, param.as_deref(), code.as_deref()), (400, Some("messages"), Some("context_length_exceeded")));
    assert!(message.contains("maximum context length is 131072 tokens"), "{message}");
    assert_eq!(app.arrived(), 0);
    // The guess may be wrong, so what is near the limit is Google's to judge; so is a model that nobody knows.
    for (model, words) in [(SMALL, 120_000), ("gemini-next-unheard-of", 230_000)] {
        app.sim.forget_requests();
        client(&app).post(CHAT, ask(model, words)).await;
        assert!(app.arrived() > 0, "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_call_that_comes_back_is_refused_or_kept_as_the_operator_wants() {
    let call = json!({ "id": "call_1", "type": "function", "function": { "name": "look_up", "arguments": "{\"city\": \"Par" } });
    let messages = json!([
        { "role": "user", "content": "Weather?" },
        { "role": "assistant", "content": null, "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "call_1", "content": "the arguments are broken" },
    ]);
    let body = json!({ "model": MODEL, "messages": messages }).to_string();
    let app = TestApp::start().await;
    let (status, _, param, _) = error_of(&client(&app).post(CHAT, body.clone()).await);
    assert_eq!((status, param.as_deref()), (400, Some("messages[1].tool_calls[0].function.arguments")));
    assert_eq!(app.arrived(), 0);

    let app = TestApp::with().set("upstream.keep_broken_arguments", "true").start().await;
    let reply = client(&app).post(CHAT, body.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.header("x-gap-warnings").unwrap().contains("_raw"), "{:?}", reply.headers);
    let arrived: serde_json::Value = serde_json::from_str(&sent(&app)[0]).unwrap();
    assert_eq!(arrived["contents"][1]["parts"][0]["functionCall"]["args"]["_raw"], "{\"city\": \"Par");
    let (status, ..) = error_of(&client(&app).header("x-gap-strict", "true").post(CHAT, body).await);
    assert_eq!(status, 400, "a warning is a refusal for who wants it so");
}
