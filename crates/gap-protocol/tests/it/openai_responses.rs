//! OpenAI's Responses: what Google gets for a request, and what a client gets for Google's answer.
#![expect(clippy::needless_pass_by_value, reason = "a document that is written in place reads better without a sign")]

mod account;
mod captures;
mod conversations;
mod decoding;
mod golden;
mod properties;
mod recorded;
mod refusals;
mod round_trip;
mod tools;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use gap_protocol::call::{Call, DecodeError, ReplyPlan, Unsupported};
use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, EncodeError, Memory};
use gap_protocol::openai::responses::{Kept, Plan, Request, StreamEncoder, UnaryEncoder, decode};
use serde_json::{Value, json};

const ID: &str = "resp_0193c0ffee0070008000a1b2c3d4e5f6";
const CREATED: u64 = 1_790_000_000;
const MODEL: &str = "gemini-2.5-flash";
const SIGNING: &str = "gemini-3.1-pro-preview";
const DRAWING: &str = "gemini-2.5-flash-image";

static MODELS: LazyLock<ModelTable> = LazyLock::new(|| ModelTable::built_in().unwrap());

/// A request and the circumstances under which it is decoded.
struct Asked {
    request: Value,
    options: DecodeOptions,
    refused: Unsupported,
    /// Lists of items by the id of the response that they end with.
    histories: BTreeMap<&'static str, Vec<Value>>,
    conversations: BTreeMap<&'static str, Value>,
    items: BTreeMap<&'static str, Value>,
    signatures: BTreeMap<&'static str, &'static str>,
}

impl Memory for Asked {
    fn signature_of(&self, call_id: &str) -> Option<String> {
        self.signatures.get(call_id).map(|signature| (*signature).to_owned())
    }

    fn refused_by(&self, _: &str) -> Unsupported {
        self.refused
    }
}

impl Kept for Asked {
    fn history(&self, response_id: &str) -> Option<Vec<Bytes>> {
        let lists = self.histories.get(response_id)?;
        Some(lists.iter().map(|list| list.to_string().into()).collect())
    }

    fn conversation(&self, id: &str) -> Option<Vec<Bytes>> {
        self.conversations.get(id).map(|items| vec![items.to_string().into()])
    }

    fn item(&self, id: &str) -> Option<String> {
        self.items.get(id).map(Value::to_string)
    }
}

/// A request of one model, with an input if it brings none.
fn ask(model: &str, mut request: Value) -> Asked {
    let object = request.as_object_mut().unwrap();
    object.entry("model").or_insert_with(|| model.into());
    object.entry("input").or_insert_with(|| "Hi".into());
    of(request)
}

fn of(request: Value) -> Asked {
    Asked {
        request,
        options: DecodeOptions::default(),
        refused: Unsupported::default(),
        histories: BTreeMap::new(),
        conversations: BTreeMap::new(),
        items: BTreeMap::new(),
        signatures: BTreeMap::new(),
    }
}

impl Asked {
    fn decode(&self) -> Result<Request, DecodeError> {
        let context = DecodeContext { models: &MODELS, memory: self, options: self.options };
        decode(self.request.to_string().as_bytes(), &context, self, ID)
    }

    fn decoded(&self) -> Request {
        self.decode().unwrap_or_else(|error| panic!("{error}\n{}", self.request))
    }

    /// The call, which must need nothing more.
    fn call(&self) -> Call {
        let decoded = self.decoded().decoded;
        assert_eq!(decoded.pending(), [], "nothing is to be fetched");
        decoded.finish(&[]).unwrap()
    }

    /// The body that Google gets.
    fn body(&self) -> Value {
        serde_json::from_slice(&self.call().body).unwrap()
    }

    fn warnings(&self) -> Vec<String> {
        self.call().warnings.iter().map(ToString::to_string).collect()
    }

    /// The refusal: path and sentence.
    fn refusal(&self) -> String {
        match self.decode() {
            Ok(request) => panic!("was not refused: {:?}", request.decoded.call().body),
            Err(error) => error.to_string(),
        }
    }

    /// The response, for an answer of Google's.
    fn answered<T: AsRef<[u8]>>(&self, chunks: &[T]) -> Value {
        let request = self.decoded();
        let plan = request.decoded.call().plan.clone();
        let response = unary(&plan, &request.plan, chunks, true).unwrap();
        let frames = stream(&plan, &request.plan, chunks).unwrap();
        check_stream(&events(&frames), &response);
        response
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

fn plain() -> (ReplyPlan, Plan) {
    let request = ask(MODEL, json!({})).decoded();
    (request.decoded.call().plan.clone(), request.plan)
}

/// All frames of a stream, as text.
fn stream<T: AsRef<[u8]>>(plan: &ReplyPlan, extra: &Plan, chunks: &[T]) -> Result<String, EncodeError> {
    let mut encoder = StreamEncoder::new(plan.clone(), extra.clone(), ID, CREATED);
    let mut out = Vec::new();
    for chunk in chunks {
        encoder.chunk(chunk.as_ref(), &mut out)?;
    }
    encoder.end(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// The response for the same answer.
fn unary<T: AsRef<[u8]>>(plan: &ReplyPlan, extra: &Plan, chunks: &[T], streamed: bool) -> Result<Value, EncodeError> {
    let mut encoder = UnaryEncoder::new(plan.clone(), extra.clone(), ID, CREATED);
    for chunk in chunks {
        encoder.chunk(chunk.as_ref())?;
    }
    Ok(serde_json::from_slice(&encoder.end(streamed)?).unwrap())
}

/// The events of a stream; each is named twice, the same.
fn events(frames: &str) -> Vec<Value> {
    let frames = frames.split_terminator("\n\n").map(|frame| {
        let (name, data) = frame.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!(event["type"], name);
        event
    });
    frames.collect()
}

/// Reads a stream as a client does that believes nothing, and compares what it adds up to with the response.
fn check_stream(events: &[Value], response: &Value) {
    assert_eq!(events[0]["type"], "response.created");
    assert_eq!(events[1]["type"], "response.in_progress");
    assert!(events[..2].iter().all(|event| event["response"]["status"] == "in_progress"));
    let last = events.last().unwrap();
    assert_eq!(last["type"], format!("response.{}", response["status"].as_str().unwrap()));
    assert_eq!(&last["response"], response);
    let mut done: Vec<Value> = Vec::new();
    let mut open: Option<Value> = None;
    let mut said = String::new();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"].as_u64(), Some(number as u64));
        let kind = event["type"].as_str().unwrap();
        if let Some(place) = event.get("output_index") {
            assert_eq!(place.as_u64(), Some(done.len() as u64), "{kind}");
        }
        if let Some(id) = event.get("item_id") {
            assert_eq!(Some(id), open.as_ref().map(|item| &item["id"]), "{kind}: of the item that is open");
        }
        match kind {
            "response.output_item.added" => {
                assert!(open.is_none(), "one at a time");
                open = Some(event["item"].clone());
                said.clear();
            }
            "response.output_item.done" => {
                let begun = open.take().expect("begun before it is done");
                let item = &event["item"];
                assert_eq!((&begun["id"], &begun["type"]), (&item["id"], &item["type"]));
                assert_ne!(item["status"], "in_progress");
                let text = match item["type"].as_str().unwrap() {
                    "message" => &item["content"][0]["text"],
                    "function_call" => &item["arguments"],
                    "custom_tool_call" => &item["input"],
                    "code_interpreter_call" => &item["code"],
                    "reasoning" => &item["summary"][0]["text"],
                    _ => &Value::Null,
                };
                assert_eq!(text.as_str().unwrap_or_default(), said, "{item}");
                done.push(item.clone());
            }
            _ => said.push_str(event["delta"].as_str().unwrap_or_default()),
        }
        for key in ["text", "arguments", "input", "code"] {
            if kind.rsplit('.').next() == Some("done")
                && let Some(whole) = event[key].as_str()
            {
                assert_eq!(whole, said, "{kind}");
            }
        }
    }
    assert!(open.is_none(), "what is begun is done");
    assert_eq!(response["output"], Value::Array(done));
}

/// A chunk of Google's with these parts.
fn chunk(parts: Value) -> String {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}}]}).to_string()
}

/// The last chunk of an answer.
fn stop() -> String {
    json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}})
        .to_string()
}
