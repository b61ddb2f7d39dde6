//! What translating a request costs, beside one parse of the same bytes.
//!
//! The budget: a chat of a megabyte costs at most twice what `serde_json` needs to parse it.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gap_protocol::models::ModelTable;
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory, decode};
use serde_json::{Value, json};

/// Requests of different kinds of weight.
fn requests() -> Vec<(&'static str, String)> {
    let prose = "The quick brown fox jumps over the lazy dog, and says \"nothing\".\n";
    let short = json!({
        "model": "gemini-2.5-flash", "temperature": 0.2,
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "What is the capital of Switzerland?"}]
    });
    let one_text =
        json!({"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": prose.repeat(16_000)}]});
    let turns: Vec<Value> = (0..400)
        .map(|turn| json!({"role": if turn % 2 == 0 { "user" } else { "assistant" }, "content": prose.repeat(40)}))
        .collect();
    let image = json!({"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,iVBORw0KGgo{}", "A".repeat(1_048_565))}}
    ]}]});
    let tools: Vec<Value> = (0..60)
        .map(|tool| {
            json!({"type": "function", "function": {"name": format!("tool_{tool}"), "description": prose, "parameters": {
                "type": "object", "additionalProperties": false, "required": ["path"],
                "properties": {"path": {"type": "string", "description": prose}, "lines": {"type": ["integer", "null"]}}
            }}})
        })
        .collect();
    let mut steps = vec![json!({"role": "user", "content": "Fix it."})];
    for step in 0..200 {
        let id = format!("call_{step}");
        let call = json!({"id": id, "type": "function", "function": {"name": "tool_1", "arguments": json!({"path": prose}).to_string()}});
        steps.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
        steps.push(
            json!({"role": "tool", "tool_call_id": id, "content": json!({"text": prose.repeat(60)}).to_string()}),
        );
    }
    let agent = json!({"model": "gemini-3-flash-preview", "stream": true, "messages": steps, "tools": tools});
    let chat = json!({"model": "gemini-2.5-flash", "messages": turns});
    vec![
        ("short", short.to_string()),
        ("text of 1 MB", one_text.to_string()),
        ("400 turns of 1 MB", chat.to_string()),
        ("image of 1 MB", image.to_string()),
        ("agent of 1 MB", agent.to_string()),
    ]
}

fn decoding(criterion: &mut Criterion) {
    let models = ModelTable::built_in().expect("the compiled-in table is sound");
    let context = DecodeContext { models: &models, memory: &NoMemory, options: DecodeOptions::default() };
    for (name, request) in requests() {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(request.len() as u64));
        group.bench_function("decode", |bencher| {
            bencher.iter(|| decode(black_box(request.as_bytes()), &context).expect("it is sound"));
        });
        group.bench_function("one parse", |bencher| {
            bencher.iter(|| serde_json::from_slice::<Value>(black_box(request.as_bytes())).expect("it is sound"));
        });
        group.finish();
    }
}

criterion_group!(benches, decoding);
criterion_main!(benches);
