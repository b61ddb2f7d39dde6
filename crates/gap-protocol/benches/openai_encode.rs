//! What translating an answer costs, beside the least that a translating proxy could do: typed structs in, typed structs
//! out, text only. The budget for a whole stream is 1.5 times such a proxy's CPU, sockets included.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gap_protocol::anthropic::messages;
use gap_protocol::call::ReplyPlan;
use gap_protocol::openai::chat::{StreamEncoder, UnaryEncoder};
use gap_protocol::openai::responses;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const ID: &str = "chatcmpl-0193c0ffee0070008000a1b2c3d4e5f6";
const CREATED: u64 = 1_790_000_000;

fn answer(part: &Value, finish: bool) -> Value {
    let mut candidate = json!({"content": {"parts": [part], "role": "model"}, "index": 0});
    if finish {
        candidate["finishReason"] = json!("STOP");
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": 12,
            "candidatesTokenCount": 345,
            "totalTokenCount": 1357,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 12}],
            "thoughtsTokenCount": 1000
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "OopyavzdMqTQjrEPqLCdqAc"
    })
}

fn prose(length: usize) -> String {
    "The pelican said \"hello\" to the wind,\nand the wind, being older, said nothing at all.  "
        .chars()
        .cycle()
        .take(length)
        .collect()
}

fn events(count: usize, text: impl Fn(usize) -> String) -> Vec<Vec<u8>> {
    (0..count).map(|at| answer(&json!({"text": text(at)}), at + 1 == count).to_string().into_bytes()).collect()
}

fn plan() -> ReplyPlan {
    ReplyPlan { model: "gemini-2.5-flash".to_owned(), include_usage: true, ..ReplyPlan::default() }
}

fn encode_stream(events: &[Vec<u8>]) -> usize {
    let mut encoder = StreamEncoder::new(plan(), ID, CREATED);
    let mut sent = 0;
    for event in events {
        let mut out = Vec::with_capacity(1024);
        let progress = encoder.chunk(event, &mut out);
        sent += usize::from(progress.is_ok()) * out.len();
    }
    let mut out = Vec::with_capacity(1024);
    sent + usize::from(encoder.end(&mut out).is_ok()) * out.len()
}

/// The same answer as a response, whose request had two kilobytes worth repeating.
fn encode_response(events: &[Vec<u8>]) -> usize {
    let echo = format!(r#"{{"instructions":"{}","tools":[]}}"#, "Be kind. ".repeat(220));
    let extra = responses::Plan { echo: echo.into(), ..responses::Plan::default() };
    let mut encoder = responses::StreamEncoder::new(plan(), extra, ID, CREATED);
    let mut sent = 0;
    for event in events {
        let mut out = Vec::with_capacity(1024);
        let progress = encoder.chunk(event, &mut out);
        sent += usize::from(progress.is_ok()) * out.len();
    }
    let mut out = Vec::with_capacity(1024);
    sent + usize::from(encoder.end(&mut out).is_ok()) * out.len()
}

/// The same answer as a message of Anthropic's.
fn encode_message(events: &[Vec<u8>]) -> usize {
    let mut encoder = messages::StreamEncoder::new(plan(), "msg_0193c0ffee0070008000a1b2c3d4e5f6");
    let mut sent = 0;
    for event in events {
        let mut out = Vec::with_capacity(1024);
        let progress = encoder.chunk(event, &mut out);
        sent += usize::from(progress.is_ok()) * out.len();
    }
    let mut out = Vec::with_capacity(1024);
    sent + usize::from(encoder.end(&mut out).is_ok()) * out.len()
}

fn encode_body(bytes: &[u8]) -> usize {
    let mut encoder = UnaryEncoder::new(plan(), ID, CREATED);
    let read = encoder.chunk(bytes);
    read.and_then(|()| encoder.end(false)).map_or(0, |body| body.len())
}

// === The floor ===

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiChunk {
    candidates: Vec<GeminiCandidate>,
    usage_metadata: Option<GeminiUsage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeminiCandidate {
    content: GeminiContent,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct GeminiContent {
    parts: Vec<GeminiPart>,
}

#[derive(Deserialize)]
struct GeminiPart {
    text: String,
}

#[derive(Deserialize)]
struct GeminiUsage {
    #[serde(rename = "promptTokenCount")]
    prompt: u64,
    #[serde(rename = "candidatesTokenCount")]
    candidates: Option<u64>,
    #[serde(rename = "totalTokenCount")]
    total: u64,
}

#[derive(Serialize)]
struct OpenAiChunk<'a> {
    id: &'a str,
    object: &'a str,
    created: u64,
    model: &'a str,
    choices: [OpenAiChoice<'a>; 1],
}

#[derive(Serialize)]
struct OpenAiChoice<'a> {
    index: u32,
    delta: OpenAiDelta<'a>,
    finish_reason: Option<&'a str>,
}

#[derive(Serialize)]
struct OpenAiDelta<'a> {
    content: &'a str,
}

fn floor_stream(events: &[Vec<u8>]) -> usize {
    let mut sent = 0;
    for event in events {
        let Ok(chunk) = serde_json::from_slice::<GeminiChunk>(event) else { continue };
        let usage =
            chunk.usage_metadata.map_or(0, |usage| usage.prompt + usage.candidates.unwrap_or_default() + usage.total);
        let Some(candidate) = chunk.candidates.first() else { continue };
        let text = candidate.content.parts.first().map_or("", |part| &part.text);
        let choice = OpenAiChoice {
            index: 0,
            delta: OpenAiDelta { content: text },
            finish_reason: candidate.finish_reason.as_deref().map(|_| "stop"),
        };
        let chunk = OpenAiChunk {
            id: ID,
            object: "chat.completion.chunk",
            created: CREATED,
            model: "gemini",
            choices: [choice],
        };
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"data: ");
        if serde_json::to_writer(&mut out, &chunk).is_ok() {
            out.extend_from_slice(b"\n\n");
        }
        sent += out.len() + usize::try_from(black_box(usage)).unwrap_or_default();
    }
    sent
}

fn floor_body(bytes: &[u8]) -> usize {
    let Ok(answer) = serde_json::from_slice::<GeminiChunk>(bytes) else { return 0 };
    let Some(candidate) = answer.candidates.first() else { return 0 };
    let text = candidate.content.parts.first().map_or("", |part| &part.text);
    let usage = answer.usage_metadata.map(|usage| (usage.prompt, usage.candidates.unwrap_or_default(), usage.total));
    let choice = OpenAiChoice { index: 0, delta: OpenAiDelta { content: text }, finish_reason: Some("stop") };
    let body = OpenAiChunk { id: ID, object: "chat.completion", created: CREATED, model: "gemini", choices: [choice] };
    serde_json::to_vec(&(body, usage)).map_or(0, |body| body.len())
}

fn streams(c: &mut Criterion) {
    let cases = [
        ("100 events of English", events(100, |at| prose(40 + at % 30))),
        (
            "100 events of Chinese",
            events(100, |at| "鹈鹕对风说：\"你好\"，".chars().cycle().take(15 + at % 8).collect()),
        ),
    ];
    let mut group = c.benchmark_group("stream");
    for (name, events) in &cases {
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_function(*name, |b| b.iter(|| encode_stream(black_box(events))));
        group.bench_function(format!("{name}, as a response"), |b| b.iter(|| encode_response(black_box(events))));
        group.bench_function(format!("{name}, as a message"), |b| b.iter(|| encode_message(black_box(events))));
        group.bench_function(format!("{name}, the floor"), |b| b.iter(|| floor_stream(black_box(events))));
    }
    group.finish();
}

fn bodies(c: &mut Criterion) {
    let pretty = |part: &Value| serde_json::to_vec_pretty(&answer(part, true)).unwrap_or_default();
    let image: String = "iVBORw0KGgo".chars().cycle().take(1_400_000).collect();
    let arguments: Vec<Value> =
        (0..40).map(|at| json!({"name": format!("item {at}"), "count": at, "price": 1.5})).collect();
    let cases = [
        ("1 kB", pretty(&json!({"text": prose(480)}))),
        ("100 kB of text", pretty(&json!({"text": prose(98_000)}))),
        ("a call with 40 objects", pretty(&json!({"functionCall": {"name": "order", "args": {"items": arguments}}}))),
        ("an image of 1.4 MB", pretty(&json!({"inlineData": {"mimeType": "image/png", "data": image}}))),
    ];
    let mut group = c.benchmark_group("body");
    for (name, bytes) in &cases[..2] {
        group.bench_function(format!("{name}, the floor"), |b| b.iter(|| floor_body(black_box(bytes))));
    }
    for (name, bytes) in &cases {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(*name, |b| b.iter(|| encode_body(black_box(bytes))));
    }
    group.finish();
}

criterion_group!(benches, streams, bodies);
criterion_main!(benches);
