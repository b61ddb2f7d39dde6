//! A script of every kind of call, with what it must come to: by what clients were told, and by what arrived upstream.

use gap_sim::{After, Fault, Preset, Script};
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::client::{Client, eventually, within};
use crate::support::{ARRAY, EVENTS, Ended, Reply, TestApp, UNARY, prompt};

const MODEL: &str = "gemini-2.5-flash";
/// What its tokens cost by Google's list, in billionths of a dollar.
const INPUT: i64 = 300;
const CACHED: i64 = 30;
const OUTPUT: i64 = 2_500;
/// What a token of `gemini-embedding-001` costs.
const EMBEDDED: i64 = 150;

/// How many kinds of calls a script knows.
pub(super) const KINDS: usize = 26;

/// What a script did, by its own count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) requests: i64,
    pub(super) failed: i64,
    pub(super) cancelled: i64,
    /// What arrived upstream.
    pub(super) attempts: i64,
    pub(super) prompt: i64,
    pub(super) cached: i64,
    pub(super) thoughts: i64,
    pub(super) output: i64,
    pub(super) cost: i64,
}

/// What one answer used, in whatever words its client was told.
#[derive(Clone, Copy, Default)]
struct Used {
    prompt: i64,
    cached: i64,
    thoughts: i64,
    output: i64,
}

// === impl Truth ===

impl Truth {
    /// What a row of a report says.
    pub(super) fn of(amount: &Value) -> Self {
        let count = |name: &str| amount[name].as_i64().unwrap();
        Self {
            requests: count("requests"),
            failed: count("failed"),
            cancelled: count("cancelled"),
            attempts: count("attempts"),
            prompt: count("prompt_tokens"),
            cached: count("cached_tokens"),
            thoughts: count("thought_tokens"),
            output: count("output_tokens"),
            cost: count("cost_nanos"),
        }
    }

    /// What a record of the log says.
    pub(super) fn of_record(record: &Value) -> Self {
        let count = |name: &str| record[name].as_i64().unwrap();
        let ended = |outcome: &str| i64::from(record["outcome"] == outcome);
        Self {
            requests: 1,
            failed: ended("failed"),
            cancelled: ended("cancelled"),
            attempts: count("attempts"),
            prompt: count("prompt_tokens"),
            cached: count("cached_tokens"),
            thoughts: count("thought_tokens"),
            output: count("output_tokens"),
            cost: count("cost_nanos"),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.attempts += other.attempts;
        self.prompt += other.prompt;
        self.cached += other.cached;
        self.thoughts += other.thoughts;
        self.output += other.output;
        self.cost += other.cost;
    }

    fn used(&mut self, used: Used) {
        self.prompt += used.prompt;
        self.cached += used.cached;
        self.thoughts += used.thoughts;
        self.output += used.output;
        self.cost +=
            (used.prompt - used.cached) * INPUT + used.cached * CACHED + (used.thoughts + used.output) * OUTPUT;
    }
}

// === impl Used ===

impl Used {
    fn google(usage: &Value) -> Self {
        Self {
            prompt: count(&usage["promptTokenCount"]),
            cached: count(&usage["cachedContentTokenCount"]),
            thoughts: count(&usage["thoughtsTokenCount"]),
            output: count(&usage["candidatesTokenCount"]),
        }
    }

    fn chat(usage: &Value) -> Self {
        let thoughts = count(&usage["completion_tokens_details"]["reasoning_tokens"]);
        Self {
            prompt: count(&usage["prompt_tokens"]),
            cached: count(&usage["prompt_tokens_details"]["cached_tokens"]),
            thoughts,
            output: count(&usage["completion_tokens"]) - thoughts,
        }
    }

    fn responses(usage: &Value) -> Self {
        let thoughts = count(&usage["output_tokens_details"]["reasoning_tokens"]);
        Self {
            prompt: count(&usage["input_tokens"]),
            cached: count(&usage["input_tokens_details"]["cached_tokens"]),
            thoughts,
            output: count(&usage["output_tokens"]) - thoughts,
        }
    }

    /// Anthropic counts what came out of a cache beside the rest (wire 122).
    fn messages(usage: &Value) -> Self {
        let cached = count(&usage["cache_read_input_tokens"]);
        let thoughts = count(&usage["output_tokens_details"]["thinking_tokens"]);
        Self {
            prompt: count(&usage["input_tokens"]) + cached,
            cached,
            thoughts,
            output: count(&usage["output_tokens"]) - thoughts,
        }
    }
}

fn count(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn chat(text: &str, more: &Value) -> String {
    let mut body = json!({ "model": MODEL, "messages": [{ "role": "user", "content": text }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

fn responses(text: &str, stream: bool) -> String {
    json!({ "model": MODEL, "input": text, "stream": stream }).to_string()
}

fn messages(text: &str, stream: bool) -> String {
    let messages = json!([{ "role": "user", "content": text }]);
    json!({ "model": MODEL, "max_tokens": 5000, "messages": messages, "stream": stream }).to_string()
}

/// The data of the last event that has any of this key.
fn last_with(reply: &Reply, key: &str) -> Value {
    let data = reply.text().lines().filter_map(|line| line.strip_prefix("data: "));
    let mut events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    events.rfind(|event| !event[key].is_null()).unwrap_or_else(|| panic!("no {key}: {}", reply.text()))
}

/// Every kind of call, round after round.
pub(super) async fn script(app: &TestApp, who: &str, calls: usize) -> Truth {
    let client = Client::new(app.address, Some(who));
    let mut truth = Truth::default();
    for at in 0..calls {
        app.sim.forget_requests();
        app.sim.clear_faults();
        truth.requests += 1;
        one(app, &client, at, &mut truth).await;
        truth.attempts += i64::try_from(app.arrived()).unwrap();
    }
    truth
}

async fn one(app: &TestApp, client: &Client, at: usize, truth: &mut Truth) {
    let fault = |fault: Fault| app.sim.add_fault(fault).unwrap();
    match at % KINDS {
        // Google's own words: in one piece, as events, as an array, with thoughts, out of a cache, with a call.
        0 => truth.used(native(client, "hello").await),
        1 => {
            let asked = prompt(&format!("long [[sim: chunks=4 thought_tokens=7 bytes={}]]", 40 + at));
            let events = client.post(EVENTS, asked).await.events();
            truth.used(Used::google(&events.last().unwrap()["usageMetadata"]));
        }
        2 => {
            let elements = client.post(ARRAY, prompt("[[sim: chunks=3 chunk_bytes=50]]")).await.json();
            truth.used(Used::google(&elements.as_array().unwrap().last().unwrap()["usageMetadata"]));
        }
        3 => truth.used(native(client, &format!("{at} {} [[sim: cached_tokens=5]]", "word ".repeat(30))).await),
        4 => {
            let path = format!("/v1beta/models/{MODEL}:countTokens");
            assert_eq!(client.post(&path, prompt("how many are these")).await.status, 200);
        }
        5 => {
            let asked = json!({ "content": { "parts": [{ "text": "some words" }] } }).to_string();
            let reply = client.post("/v1beta/models/gemini-embedding-001:embedContent", asked).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["usageMetadata"]), (200, &Value::Null));
        }
        // OpenAI's.
        6 => {
            let reply = client.post("/v1/chat/completions", chat("hi [[sim: thought_tokens=3]]", &json!({}))).await;
            truth.used(Used::chat(&reply.json()["usage"]));
        }
        7 => {
            let more = json!({ "stream": true, "stream_options": { "include_usage": true } });
            let asked = chat("[[sim: chunks=5 chunk_bytes=40 cached_tokens=2]] a story of some length", &more);
            let reply = client.post("/v1/chat/completions", asked).await;
            truth.used(Used::chat(&last_with(&reply, "usage")["usage"]));
        }
        8 => {
            let reply = client.post("/v1/chat/completions", chat("twice, please", &json!({ "n": 2 }))).await.json();
            assert_eq!(reply["choices"].as_array().unwrap().len(), 2);
            truth.used(Used::chat(&reply["usage"]));
        }
        9 => {
            let asked = responses("[[sim: thought_tokens=11 bytes=90]] hi", false);
            truth.used(Used::responses(&client.post("/v1/responses", asked).await.json()["usage"]));
        }
        10 => {
            let reply = client.post("/v1/responses", responses("[[sim: chunks=4 chunk_bytes=30]] hi", true)).await;
            truth.used(Used::responses(&last_with(&reply, "response")["response"]["usage"]));
        }
        11 => {
            let asked = json!({ "model": "gemini-embedding-001", "input": ["one", "two", "three words here"] });
            let usage = client.post("/v1/embeddings", asked.to_string()).await.json()["usage"].clone();
            truth.prompt += count(&usage["prompt_tokens"]);
            truth.cost += count(&usage["prompt_tokens"]) * EMBEDDED;
        }
        // Anthropic's.
        12 => {
            let asked = messages(&format!("{} [[sim: cached_tokens=4]]", "word ".repeat(20)), false);
            truth.used(Used::messages(&client.post("/v1/messages", asked).await.json()["usage"]));
        }
        13 => {
            let asked = messages("[[sim: chunks=4 chunk_bytes=30 thought_tokens=5]] a story", true);
            truth.used(Used::messages(&last_with(&client.post("/v1/messages", asked).await, "usage")["usage"]));
        }
        14 => assert_eq!(client.send(Method::GET, "/v1beta/models", "").await.status, 200),
        // A second key answers: after an error, and after nothing.
        15 => {
            fault(Fault::new(Preset::Internal).times(1));
            let reply = client.post(UNARY, prompt("again")).await;
            assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts")), (200, Some("2")));
            truth.used(Used::google(&reply.json()["usageMetadata"]));
        }
        16 => {
            let nothing = gap_sim::Directives { empty: true, ..gap_sim::Directives::default() };
            fault(Fault::new(Script::Answer(Box::new(nothing))).times(1));
            let reply = client.post("/v1/chat/completions", chat("say something", &json!({}))).await;
            assert_eq!((reply.status.as_u16(), reply.header("x-gap-attempts")), (200, Some("2")));
            truth.used(Used::chat(&reply.json()["usage"]));
        }
        _ => failing(app, client, at, truth).await,
    }
}

/// What ends badly, or is given up.
async fn failing(app: &TestApp, client: &Client, at: usize, truth: &mut Truth) {
    let fault = |fault: Fault| app.sim.add_fault(fault).unwrap();
    let mut failed = true;
    match at % KINDS {
        // Refused by Google, by GAP in three dialects before anything is sent, by every key.
        17 => assert_eq!(client.post(UNARY, r#"{"contents": 5}"#).await.status, 400),
        18 => {
            let wrong = json!({ "model": MODEL }).to_string();
            let path = ["/v1/chat/completions", "/v1/responses", "/v1/messages"][at / KINDS % 3];
            assert_eq!(client.post(path, wrong).await.status, 400, "{path}");
        }
        19 => {
            let path = "/v1beta/models/gemini-nobody-knows:generateContent";
            assert_eq!(client.post(path, prompt("hello?")).await.status, 404);
        }
        20 => {
            fault(Fault::new(Preset::Internal));
            let reply = client.post("/v1/messages", messages("in vain", false)).await;
            assert!(reply.status.is_server_error(), "{}", reply.text());
        }
        // Broken off after two events, without a reset, which would take back what is still on its way: what was heard until
        // then was paid for.
        21 => {
            fault(Fault::new(Script::EndBetweenEvents(After { after: 2 })).times(1));
            let reply = client.post(EVENTS, prompt("[[sim: chunks=6 chunk_bytes=30]] a story")).await;
            let events = reply.events();
            assert_eq!((events.len(), reply.google_error().0), (3, 503));
            truth.used(Used::google(&events[1]["usageMetadata"]));
        }
        22 => {
            fault(Fault::new(Script::EndInsideEvent(After { after: 2 })).times(1));
            let reply = client.post(EVENTS, prompt("[[sim: chunks=6 chunk_bytes=30]] a story")).await;
            assert_eq!(reply.ended, Ended::Aborted);
            let whole = reply.text().split("\r\n\r\n").take(2).last().unwrap().strip_prefix("data: ").unwrap();
            truth.used(Used::google(&serde_json::from_str::<Value>(whole).unwrap()["usageMetadata"]));
        }
        // The prompt is refused: an answer, though it says nothing.
        23 => {
            let reply = client.post(UNARY, prompt("[[sim: block=SAFETY]] no")).await;
            assert_eq!(reply.status, 200);
            truth.used(Used::google(&reply.json()["usageMetadata"]));
            failed = false;
        }
        // The client leaves before there is anything, and in the middle.
        24 => {
            let asked = prompt("slow [[sim: first_ms=60000]]");
            let leaving = client.post(EVENTS, asked);
            tokio::select! {
                _ = leaving => panic!("it takes a minute"),
                () = eventually("the request is under way", || app.arrived() > 0) => {}
            }
            failed = false;
            truth.cancelled += 1;
        }
        _ => {
            let asked = prompt("[[sim: chunks=3 chunk_bytes=30 delay_ms=60000]] a long story");
            let mut body = client.begin(Method::POST, EVENTS, asked).await.into_body();
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") {
                let frame = within(body.frame()).await.unwrap().unwrap();
                heard.extend_from_slice(frame.data_ref().unwrap());
            }
            let first: Value = serde_json::from_slice(heard.trim_ascii().strip_prefix(b"data: ").unwrap()).unwrap();
            truth.used(Used::google(&first["usageMetadata"]));
            failed = false;
            truth.cancelled += 1;
        }
    }
    truth.failed += i64::from(failed);
}

async fn native(client: &Client, text: &str) -> Used {
    Used::google(&client.post(UNARY, prompt(text)).await.json()["usageMetadata"])
}
