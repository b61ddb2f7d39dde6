//! What holds for a guest holds in every form in which a model can be asked: access keys, limits, budgets, records,
//! and what is kept for them.

use gap_sim::{Fault, Preset};
use http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::{Reply, TestApp, UNARY, prompt};

const ADMIN: &str = "the-admin-key";
const MODEL: &str = "gemini-2.5-flash";
const SIGNING: &str = "gemini-3.1-pro-preview";
const RESPONSES: &str = "/v1/responses";

/// A form in which a model is asked.
#[derive(Clone, Copy, Debug)]
enum Form {
    Chat,
    Responses,
    Messages,
}

use Form::{Chat, Messages, Responses};

impl Form {
    fn path(self) -> &'static str {
        match self {
            Chat => "/v1/chat/completions",
            Responses => RESPONSES,
            Messages => "/v1/messages",
        }
    }

    /// Where the tokens of a request are counted.
    fn counter(self) -> Option<&'static str> {
        match self {
            Chat => None,
            Responses => Some("/v1/responses/input_tokens"),
            Messages => Some("/v1/messages/count_tokens"),
        }
    }

    fn ask(self, model: &str, text: &str, stream: bool) -> String {
        let messages = json!([{ "role": "user", "content": text }]);
        let body = match self {
            Chat => {
                json!({ "model": model, "messages": messages, "stream": stream })
            }
            Responses => json!({ "model": model, "input": text, "stream": stream }),
            Messages => json!({ "model": model, "max_tokens": 500, "messages": messages, "stream": stream }),
        };
        body.to_string()
    }

    fn client(self, app: &TestApp, key: &str) -> Client {
        let client = Client::new(app.address, None).header("content-type", "application/json");
        match self {
            Chat | Responses => client.header("authorization", &format!("Bearer {key}")),
            Messages => client.header("x-api-key", key).header("anthropic-version", "2023-06-01"),
        }
    }

    /// The header that says how many requests are left.
    fn left(self, reply: &Reply) -> Option<&str> {
        reply.header(match self {
            Chat | Responses => "x-ratelimit-remaining-requests",
            Messages => "anthropic-ratelimit-requests-remaining",
        })
    }

    /// The status and the sentence of a refusal, which has the form's own shape and a name.
    fn refusal(self, reply: &Reply) -> (u16, String) {
        let body = reply.json();
        assert!(reply.header("x-request-id").is_some(), "{body}");
        match self {
            Chat | Responses => assert!(body["error"].get("param").is_some(), "{body}"),
            Messages => {
                assert_eq!(body["type"], "error", "{body}");
                assert_eq!(reply.header("request-id"), reply.header("x-request-id"));
            }
        }
        (reply.status.as_u16(), body["error"]["message"].as_str().unwrap().to_owned())
    }
}

async fn house() -> TestApp {
    TestApp::with().set("auth.admin_api_keys", ADMIN).start().await
}

fn admin(app: &TestApp) -> Client {
    Client::new(app.address, Some(ADMIN)).header("content-type", "application/json")
}

/// Makes an access key: the key, and its id.
async fn make(app: &TestApp, limits: Value) -> (String, String) {
    let wanted = json!({ "name": "guest", "limits": limits }).to_string();
    let reply = admin(app).post("/api/v1/access-keys", wanted).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let made = reply.json();
    (made["key"].as_str().unwrap().to_owned(), made["access_key"]["id"].as_str().unwrap().to_owned())
}

/// The records of an access key, the newest first, once there are so many.
async fn records(app: &TestApp, id: &str, number: usize) -> Vec<Value> {
    for _ in 0..400 {
        let page = admin(app).get(&format!("/api/v1/requests?access_key={id}")).await.json();
        let items = page["items"].as_array().unwrap();
        if items.len() >= number {
            return items.clone();
        }
        tokio::task::yield_now().await;
    }
    panic!("{number} requests are not recorded")
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_turned_away_in_their_own_words(
    #[values(Chat, Responses, Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = house().await;
    let (key, id) = make(&app, json!({})).await;
    let body = form.ask(MODEL, "hi", stream);
    let wrong = form.client(&app, "wrong").post(form.path(), body.clone()).await;
    assert_eq!(form.refusal(&wrong).0, 401);
    admin(&app).post(&format!("/api/v1/access-keys/{id}/disable"), "").await;
    let (status, sentence) = form.refusal(&form.client(&app, &key).post(form.path(), body).await);
    assert!(status == 401 && sentence.contains("is disabled"), "{sentence}");
    if let Some(counter) = form.counter() {
        let body = form.ask(MODEL, "hi", false);
        assert_eq!(form.refusal(&form.client(&app, &key).post(counter, body).await).0, 401);
    }
    assert_eq!(app.arrived(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_before_they_are_read(
    #[values(Chat, Responses, Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = house().await;
    let (key, id) = make(&app, json!({ "rpm": 1 })).await;
    let client = form.client(&app, &key);
    let first = client.post(form.path(), form.ask(MODEL, "hi", stream)).await;
    assert_eq!((first.status.as_u16(), form.left(&first)), (200, Some("0")), "{}", first.text());
    let refused = client.post(form.path(), "this is no JSON at all").await;
    let (status, sentence) = form.refusal(&refused);
    assert!(status == 429 && sentence.contains("(rpm)"), "{sentence}");
    assert_eq!(refused.header("retry-after"), Some("60"));
    if let Some(counter) = form.counter() {
        assert_eq!(form.refusal(&client.post(counter, form.ask(MODEL, "hi", false)).await).0, 429);
    }
    assert_eq!(app.arrived(), 1);
    let records = records(&app, &id, 2).await;
    assert!(records.iter().any(|record| record["status"] == 429 && record["outcome"] == "failed"), "{records:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_uses_its_models_alone(
    #[values(Chat, Responses, Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = TestApp::with()
        .set("auth.admin_api_keys", ADMIN)
        .set("models.aliases", "quick = gemini-2.5-flash,clever = gemini-2.5-pro")
        .start()
        .await;
    let (key, _) = make(&app, json!({ "models": [MODEL] })).await;
    let client = form.client(&app, &key);
    for model in ["gemini-2.5-pro", "clever"] {
        let refused = client.post(form.path(), form.ask(model, "hi", stream)).await;
        assert_eq!(form.refusal(&refused).0, 403, "{model}");
        if let Some(counter) = form.counter() {
            assert_eq!(form.refusal(&client.post(counter, form.ask(model, "hi", false)).await).0, 403);
        }
        let native = Client::new(app.address, Some(&key)).post(&UNARY.replace(MODEL, model), prompt("hi")).await;
        assert_eq!(native.status, 403, "{model}");
    }
    assert_eq!(app.arrived(), 0);
    for model in [MODEL, "quick"] {
        let reply = client.post(form.path(), form.ask(model, "hi", stream)).await;
        assert_eq!(reply.status, 200, "{model}: {}", reply.text());
        let native = Client::new(app.address, Some(&key)).post(&UNARY.replace(MODEL, model), prompt("hi")).await;
        assert_eq!(native.status, 200, "{model}: {}", native.text());
    }
    let list = client.get("/v1/models").await.json();
    let mut ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [MODEL, "quick"]);
    assert_eq!(client.get("/v1/models/quick").await.json()["id"], "quick");
    for hidden in ["clever", "gemini-2.5-pro"] {
        assert_eq!(form.refusal(&client.get(&format!("/v1/models/{hidden}")).await).0, 404);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn budgets_hold(#[values(Chat, Responses, Messages)] form: Form, #[values(false, true)] stream: bool) {
    let app = house().await;
    let (key, id) = make(&app, json!({ "token_budget": { "day": 300 } })).await;
    let client = form.client(&app, &key);
    let mut answered = 0;
    let refused = loop {
        let reply = client.post(form.path(), form.ask(MODEL, "tell me a long story", stream)).await;
        if reply.status != 200 {
            break reply;
        }
        answered += 1;
        assert!(answered < 100, "the budget holds nobody back");
    };
    let (status, sentence) = form.refusal(&refused);
    assert!(status == 429 && sentence.contains("token_budget.day"), "{sentence}");
    assert!(answered > 0);
    let own = admin(&app).get(&format!("/api/v1/access-keys/{id}")).await.json();
    assert!(own["used"]["tokens_day"].as_u64().unwrap() >= 200, "{own}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_recorded_as_its_client_was_told(
    #[values(Chat, Responses, Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = house().await;
    let (key, id) = make(&app, json!({})).await;
    let client = form.client(&app, &key);
    let mut body: Value = serde_json::from_str(&form.ask(MODEL, "tell me a story", stream)).unwrap();
    if stream && matches!(form, Chat) {
        body["stream_options"] = json!({ "include_usage": true });
    }
    let reply = client.post(form.path(), body.to_string()).await;
    let texts: Vec<&str> = reply.text().lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let documents: Vec<Value> = if stream {
        texts.into_iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
    } else {
        vec![reply.json()]
    };
    let count = |names: &[&str]| {
        let of = |document: &Value| {
            let usages = [&document["usage"], &document["response"]["usage"], &document["message"]["usage"]];
            usages.iter().flat_map(|usage| names.iter().filter_map(|name| usage[*name].as_u64())).max()
        };
        documents.iter().filter_map(of).max().unwrap()
    };
    let (input, output) = (count(&["prompt_tokens", "input_tokens"]), count(&["completion_tokens", "output_tokens"]));
    assert!(input > 0 && output > 0, "{}", reply.text());

    let records = records(&app, &id, 1).await;
    let record = &records[0];
    let method = match form {
        Chat => "chat.completions",
        Responses => "responses",
        Messages => "messages",
    };
    assert_eq!((&record["method"], &record["model"]), (&json!(method), &json!(MODEL)), "{record}");
    assert_eq!((&record["outcome"], &record["streamed"]), (&json!("answered"), &json!(stream)), "{record}");
    assert_eq!(record["prompt_tokens"], input, "{record}");
    let written = record["output_tokens"].as_u64().unwrap() + record["thought_tokens"].as_u64().unwrap_or(0);
    assert_eq!(written, output, "{record}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_be_had_is_replaced(
    #[values(Responses, Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = TestApp::with()
        .set("auth.admin_api_keys", ADMIN)
        .set("pool.fallback_models", "gemini-2.5-flash = gemini-2.5-flash-lite")
        .set("pool.back_off_min", "0s")
        .start()
        .await;
    app.sim.add_fault(Fault::new(Preset::Overloaded).model(MODEL)).unwrap();
    let reply = form.client(&app, ADMIN).post(form.path(), form.ask(MODEL, "hi", stream)).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-gap-model")), (200, Some("gemini-2.5-flash-lite")));
    assert!(reply.header("x-gap-warnings").unwrap().contains("answered in its place"));
    assert!(reply.text().contains("\"gemini-2.5-flash-lite\""), "the body does not pretend: {}", reply.text());
    let strict = form.client(&app, ADMIN).header("x-gap-strict", "true");
    assert!(strict.post(form.path(), form.ask(MODEL, "hi", stream)).await.status.is_server_error());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn calls_under_ids_of_the_clients_own_are_known_by_their_place(
    #[values(Responses, Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = house().await;
    let client = form.client(&app, ADMIN);
    let mut body: Value =
        serde_json::from_str(&form.ask(SIGNING, "[[sim: calls=weather,time]] Oslo?", stream)).unwrap();
    let names = ["weather", "time"];
    let schema = json!({ "type": "object" });
    body["tools"] = match form {
        Messages => names.iter().map(|name| json!({ "name": name, "input_schema": schema })).collect(),
        Chat | Responses => {
            names.iter().map(|name| json!({ "type": "function", "name": name, "parameters": schema })).collect()
        }
    };
    assert_eq!(client.post(form.path(), body.to_string()).await.status, 200);
    // As clients do that keep histories in a form of their own.
    if matches!(form, Messages) {
        let call = |name: &str| json!({ "type": "tool_use", "id": format!("my-{name}"), "name": name, "input": {} });
        let result = |name: &str| json!({ "type": "tool_result", "tool_use_id": format!("my-{name}"), "content": "x" });
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({ "role": "assistant", "content": names.map(call) }));
        messages.push(json!({ "role": "user", "content": names.map(result) }));
    } else {
        let call = |name: &str| json!({ "type": "function_call", "call_id": format!("my-{name}"), "name": name, "arguments": "{}" });
        let result =
            |name: &str| json!({ "type": "function_call_output", "call_id": format!("my-{name}"), "output": "x" });
        let mut items = vec![json!({ "role": "user", "content": body["input"] })];
        items.extend(names.map(call));
        items.extend(names.map(result));
        body["input"] = json!(items);
    }
    let reply = client.post(form.path(), body.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let last = String::from_utf8(app.sim.requests().pop().unwrap().body.to_vec()).unwrap();
    assert!(last.contains("thoughtSignature") && !last.contains("skip_thought_signature_validator"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_for_one_access_key_is_not_there_for_another() {
    let app = house().await;
    let (alice, _) = make(&app, json!({})).await;
    let (bob, bobs) = make(&app, json!({ "rpm": 100 })).await;
    let (alice, bob) = (Responses.client(&app, &alice), Responses.client(&app, &bob));
    let secret = Responses.ask(MODEL, "[[sim: text=Answered]] my secret", false);
    let kept = alice.post(RESPONSES, secret).await.json();
    let (id, item) = (kept["id"].as_str().unwrap(), &kept["output"][0]["id"]);
    let path = format!("{RESPONSES}/{id}");
    let nobodys = format!("{RESPONSES}/resp_0000");

    for (verb, tail) in
        [(Method::GET, ""), (Method::DELETE, ""), (Method::GET, "/input_items"), (Method::POST, "/cancel")]
    {
        let refused = bob.send(verb.clone(), &format!("{path}{tail}"), "").await;
        let (status, sentence) = Responses.refusal(&refused);
        let (unknown, said) = Responses.refusal(&bob.send(verb.clone(), &format!("{nobodys}{tail}"), "").await);
        assert_eq!((status, sentence), (unknown, said.replace("resp_0000", id)), "{verb} {tail}: no trace of it");
        assert_eq!(status, 404);
    }
    let arrived = app.arrived();
    let goes_on = json!({ "model": MODEL, "input": "And?", "previous_response_id": id });
    let refers = json!({ "model": MODEL, "input": [{ "type": "item_reference", "id": item }] });
    for body in [goes_on.clone(), refers.clone()] {
        for path in [RESPONSES, "/v1/responses/input_tokens"] {
            let refused = bob.post(path, body.to_string()).await;
            assert_eq!(Responses.refusal(&refused).0, 400, "{path}: {body}");
            assert!(!refused.text().contains("secret") && !refused.text().contains("Answered"), "{}", refused.text());
        }
    }
    let mut streamed = goes_on.clone();
    streamed["stream"] = json!(true);
    assert_eq!(Responses.refusal(&bob.post(RESPONSES, streamed.to_string()).await).0, 400);
    assert_eq!(app.arrived(), arrived);
    // An administrator's key is another key too.
    assert_eq!(Responses.client(&app, ADMIN).get(&path).await.status, 404);

    assert_eq!(alice.get(&path).await.json(), kept);
    for body in [goes_on, refers] {
        let reply = alice.post(RESPONSES, body.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let records = records(&app, &bobs, 13).await;
    assert!(records.iter().all(|record| record["outcome"] == "failed"), "{records:?}");
    assert!(records.iter().any(|record| record["method"] == "responses.delete"), "{records:?}");
    assert_eq!(alice.send(Method::DELETE, &path, "").await.status, 200);
    assert_eq!(alice.get(&path).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_responses_are_looked_at_within_the_limits() {
    let app = house().await;
    let (key, _) = make(&app, json!({ "rpm": 2 })).await;
    let client = Responses.client(&app, &key);
    let kept = client.post(RESPONSES, Responses.ask(MODEL, "hi", false)).await.json();
    let path = format!("{RESPONSES}/{}", kept["id"].as_str().unwrap());
    let looked = client.get(&path).await;
    assert_eq!((looked.status.as_u16(), Responses.left(&looked)), (200, Some("0")));
    for verb in [Method::GET, Method::DELETE] {
        assert_eq!(Responses.refusal(&client.send(verb, &path, "").await).0, 429);
    }
}

/// What is neither a chat nor asked of a chat's model.
const OTHERS: [(&str, &str, &str); 5] = [
    ("/v1/images/generations", "gemini-2.5-flash-image", r#""prompt":"hi","n":2"#),
    ("/v1/images/generations", "imagen-4.0-generate-001", r#""prompt":"hi""#),
    ("/v1/audio/speech", "gemini-2.5-flash-preview-tts", r#""input":"hi","voice":"Kore","response_format":"wav""#),
    ("/v1/completions", "gemini-2.5-flash", r#""prompt":"hi""#),
    ("/v1beta/openai/completions", "gemini-2.5-flash", r#""prompt":"hi","stream":true"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn pictures_and_sounds_are_held_to_the_same_rules() {
    let app = house().await;
    for (path, model, rest) in OTHERS {
        let body = format!(r#"{{"model":"{model}",{rest}}}"#);
        let wrong = Chat.client(&app, "wrong").post(path, body.clone()).await;
        assert_eq!(Chat.refusal(&wrong).0, 401, "{path}");
        let (other, _) = make(&app, json!({ "models": ["gemini-2.5-pro"] })).await;
        assert_eq!(Chat.refusal(&Chat.client(&app, &other).post(path, body.clone()).await).0, 403, "{path}");

        let (key, id) = make(&app, json!({ "rpm": 1 })).await;
        let client = Chat.client(&app, &key);
        let served = client.post(path, body.clone()).await;
        assert_eq!(served.status, 200, "{path}: {}", served.status);
        assert!(served.header("x-gap-key").is_some() && served.header("x-gap-attempts").is_some(), "{path}");
        let refused = client.post(path, body).await;
        assert_eq!(Chat.refusal(&refused).0, 429, "{path}");
        let records = records(&app, &id, 2).await;
        let answered = records.iter().find(|record| record["status"] == 200).unwrap();
        assert_eq!(answered["model"], model, "{path}");
        assert!(answered["prompt_tokens"].as_u64().unwrap_or_default() > 0, "{path}: {answered}");
    }
}
