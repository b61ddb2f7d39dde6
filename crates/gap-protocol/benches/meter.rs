//! What following an answer costs. The budget: a native pass-through may cost 1.2 times the CPU of a proxy that looks
//! at nothing, so this must stay far below what the kernel takes to move the same bytes.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gap_protocol::meter::{Framing, Meter};
use gap_protocol::sse::Decoder;
use serde_json::{Value, json};

/// How much arrives at once on an HTTP/2 connection.
const CHUNK: usize = 16 * 1024;

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

fn unary(part: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(&answer(part, true)).unwrap_or_default()
}

fn stream(events: usize) -> Vec<u8> {
    let frame =
        |at: usize| format!("data: {}\r\n\r\n", answer(&json!({"text": prose(40 + at % 30)}), at + 1 == events));
    (0..events).map(frame).collect::<String>().into_bytes()
}

fn meter(c: &mut Criterion) {
    let cases = [
        ("unary 1 kB", Framing::Json, unary(&json!({"text": prose(480)}))),
        ("unary 100 kB of text", Framing::Json, unary(&json!({"text": prose(98_000)}))),
        ("stream of 100 events", Framing::Sse, stream(100)),
        ("image of 1.4 MB in one event", Framing::Sse, {
            let image = "iVBORw0KGgo".chars().cycle().take(1_400_000).collect::<String>();
            let event = answer(&json!({"inlineData": {"mimeType": "image/png", "data": image}}), true);
            format!("data: {event}\r\n\r\n").into_bytes()
        }),
        ("embedding of 3072 numbers", Framing::Json, {
            let values: Vec<f64> = (0..3072).map(|at| f64::from(at) / 7919.0).collect();
            serde_json::to_vec_pretty(&json!({"embedding": {"values": values}})).unwrap_or_default()
        }),
    ];
    let mut group = c.benchmark_group("meter");
    for (name, framing, bytes) in cases {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut meter = Meter::new(framing);
                for chunk in black_box(&bytes).chunks(CHUNK) {
                    meter.feed(chunk);
                }
                meter.finish();
                black_box(meter.findings().usage.is_some())
            });
        });
    }
    // One event at a time, as a slow model sends them.
    let bytes = stream(100);
    let events: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("stream of 100 events, each on its own", |b| {
        b.iter(|| {
            let mut meter = Meter::new(Framing::Sse);
            for event in black_box(&events) {
                meter.feed(event);
                black_box(meter.position());
            }
            black_box(meter.events())
        });
    });
    group.finish();
}

fn decoder(c: &mut Criterion) {
    let bytes = Bytes::from(stream(100));
    let mut group = c.benchmark_group("decoder");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("stream of 100 events", |b| {
        b.iter(|| {
            let mut decoder = Decoder::new();
            let mut rest = bytes.clone();
            while !rest.is_empty() {
                decoder.push(rest.split_to(CHUNK.min(rest.len())));
                while let Some(event) = decoder.next_event() {
                    black_box(event).ok();
                }
            }
        });
    });
    group.finish();
}

criterion_group!(benches, meter, decoder);
criterion_main!(benches);
