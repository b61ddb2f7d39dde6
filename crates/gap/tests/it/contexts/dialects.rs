//! Conversations in the words of OpenAI and Anthropic.

use rstest::rstest;
use serde_json::{Value, json};

use super::{seen, seen_body, texts};
use crate::support::TestApp;
use crate::support::app::ACCESS_KEY;
use crate::support::client::{Client, Reply};

/// A dialect: where it asks, and what a request with these messages looks like.
#[derive(Clone, Copy, Debug)]
enum Form {
    Chat,
    Responses,
    Messages,
}

impl Form {
    fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
        }
    }

    fn request(self, messages: &[Value], stream: bool) -> Value {
        let model = "gemini-2.5-flash";
        match self {
            Self::Chat => json!({ "model": model, "messages": messages, "stream": stream }),
            Self::Responses => json!({ "model": model, "input": messages, "stream": stream, "store": false }),
            Self::Messages => json!({ "model": model, "messages": messages, "stream": stream, "max_tokens": 1000 }),
        }
    }

    /// What the model said.
    fn answer(self, reply: &Reply, stream: bool) -> String {
        let data = reply.text().lines().filter_map(|line| line.strip_prefix("data: "));
        let events: Vec<Value> = data.filter_map(|data| serde_json::from_str(data).ok()).collect();
        let pieces = |pointer: &str| -> String {
            events.iter().filter_map(|event| event.pointer(pointer)?.as_str().map(str::to_owned)).collect()
        };
        match (self, stream) {
            (Self::Chat, false) => reply.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned(),
            (Self::Chat, true) => pieces("/choices/0/delta/content"),
            (Self::Messages, false) => reply.json()["content"][0]["text"].as_str().unwrap().to_owned(),
            (Self::Messages, true) => pieces("/delta/text"),
            (Self::Responses, false) => {
                let reply = reply.json();
                let items = reply["output"].as_array().unwrap();
                let message = items.iter().find(|item| item["type"] == "message").unwrap();
                message["content"][0]["text"].as_str().unwrap().to_owned()
            }
            (Self::Responses, true) => {
                let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta");
                deltas.filter_map(|event| event["delta"].as_str()).collect()
            }
        }
    }
}

fn client(app: &TestApp) -> Client {
    let client = Client::new(app.address, None).header("authorization", &format!("Bearer {ACCESS_KEY}"));
    client.header("content-type", "application/json").header("anthropic-version", "2023-06-01")
}

fn says(role: &str, text: &str) -> Value {
    json!({ "role": role, "content": text })
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_message_is_enough(
    #[values(Form::Chat, Form::Responses, Form::Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = TestApp::start().await;
    let client = client(&app).header("x-gap-conversation", "talk");
    let mut said = Vec::new();
    for number in 0..3 {
        let question = format!("question {number}");
        let reply = client.post(form.path(), form.request(&[says("user", &question)], stream).to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("x-gap-history"), Some(said.len().to_string().as_str()));
        said.push(question);
        assert_eq!(texts(&seen(&app)), said);
        said.push(form.answer(&reply, stream));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_is_never_doubled(
    #[values(Form::Chat, Form::Responses, Form::Messages)] form: Form,
    #[values(false, true)] stream: bool,
) {
    let app = TestApp::start().await;
    let client = client(&app).header("x-gap-conversation", "talk");
    let mut messages = Vec::new();
    for number in 0..4 {
        messages.push(says("user", &format!("question {number}")));
        let reply = client.post(form.path(), form.request(&messages, stream).to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.header("x-gap-history")), (200, Some("0")), "{}", reply.text());
        let expected: Vec<&str> = messages.iter().map(|message| message["content"].as_str().unwrap()).collect();
        assert_eq!(texts(&seen(&app)), expected);
        messages.push(says("assistant", &form.answer(&reply, stream)));
    }
    // Known to the last turn: whoever brings only the newest now gets each turn once.
    let reply = client.post(form.path(), form.request(&[says("user", "the last")], stream).to_string()).await;
    assert_eq!(reply.header("x-gap-history"), Some("8"));
    assert_eq!(seen(&app).len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_conversation_goes_on_in_every_dialect() {
    let app = TestApp::start().await;
    let client = client(&app).header("x-gap-conversation", "talk");
    let mut history = 0;
    for form in [Form::Chat, Form::Messages, Form::Responses, Form::Chat] {
        let reply = client.post(form.path(), form.request(&[says("user", "And now?")], false).to_string()).await;
        let shown = reply.header("x-gap-history").unwrap().parse::<usize>().unwrap();
        // The very first question alone may be one that is asked again.
        assert!(shown == history || history == 2, "{shown} {history}");
        history = shown + 2;
    }
}

#[rstest]
#[case::metadata(json!({ "metadata": { "conversation_id": "talk" } }))]
#[case::user_id(json!({ "user_id": "talk" }))]
#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_name_the_conversation(#[case] naming: Value) {
    let app = TestApp::start().await;
    let client = client(&app).header("x-gap-strict", "true");
    for number in 0..2 {
        let mut request = Form::Chat.request(&[says("user", &format!("question {number}"))], false);
        request.as_object_mut().unwrap().extend(naming.as_object().unwrap().clone());
        let reply = client.post("/v1/chat/completions", request.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("x-gap-conversation"), Some("talk"));
        assert_eq!(reply.header("x-gap-warnings"), None);
        assert_eq!(seen(&app).len(), 1 + 2 * number);
    }
    let mut request = Form::Chat.request(&[says("user", "hi")], false);
    request["user_id"] = json!(7);
    let reply = client.post("/v1/chat/completions", request.to_string()).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(reply.text().contains("user_id"), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_message_is_remembered() {
    let app = TestApp::start().await;
    let client = client(&app).header("x-gap-conversation", "talk");
    let first = [says("system", "Be short."), says("user", "one")];
    client.post("/v1/chat/completions", Form::Chat.request(&first, false).to_string()).await;
    client.post("/v1/chat/completions", Form::Chat.request(&[says("user", "two")], false).to_string()).await;
    assert_eq!(seen_body(&app)["systemInstruction"]["parts"][0]["text"], "Be short.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_keeps_its_signature() {
    let app = TestApp::start().await;
    let client = client(&app).header("x-gap-conversation", "talk");
    let tools = json!([{ "type": "function", "function": { "name": "weather", "parameters": { "type": "object" } } }]);
    let ask = async |messages: &[Value]| {
        let request = json!({ "model": "gemini-3-pro-preview", "messages": messages, "tools": tools });
        let reply = client.post("/v1/chat/completions", request.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["choices"][0]["message"].clone()
    };
    let question = says("user", "Weather? [[sim:calls=weather]]");
    let mut called = ask(std::slice::from_ref(&question)).await;
    // A client with ids of its own, which tell nothing.
    called["tool_calls"][0]["id"] = json!("call_1");
    let result = json!({ "role": "tool", "tool_call_id": "call_1", "content": "blue" });
    let answered = ask(&[question.clone(), called.clone(), result.clone()]).await;
    let turns = seen(&app);
    assert_eq!(turns.len(), 3);
    let signature = turns[1]["parts"][0]["thoughtSignature"].as_str().unwrap().to_owned();
    assert!(signature.len() > 10 && signature != "skip_thought_signature_validator", "{signature}");
    ask(&[question, called, result, says("assistant", answered["content"].as_str().unwrap()), says("user", "Thanks.")])
        .await;
    let turns = seen(&app);
    assert_eq!((turns.len(), turns[1]["parts"][0]["thoughtSignature"].as_str()), (5, Some(signature.as_str())));
    // And the newest alone brings all of it along.
    ask(&[says("user", "Bye.")]).await;
    let turns = seen(&app);
    assert_eq!((turns.len(), turns[1]["parts"][0]["thoughtSignature"].as_str()), (7, Some(signature.as_str())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_told_in_the_words_of_the_dialect() {
    let app = TestApp::with().set("context.safety_margin", "30000").start().await;
    let client = client(&app).header("x-gap-conversation", "talk");
    let first = Form::Chat.request(&[says("user", "one")], false).to_string();
    assert_eq!(client.post("/v1/chat/completions", first).await.status, 200);
    let arrived = app.arrived();
    let long = "word ".repeat(1_100_000);
    let reply =
        client.post("/v1/chat/completions", Form::Chat.request(&[says("user", &long)], false).to_string()).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["error"]["code"]), (400, &json!("context_length_exceeded")));
    let reply = client.post("/v1/messages", Form::Messages.request(&[says("user", &long)], false).to_string()).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["error"]["type"]), (400, &json!("invalid_request_error")));
    assert_eq!(app.arrived(), arrived, "no key was asked");
}
