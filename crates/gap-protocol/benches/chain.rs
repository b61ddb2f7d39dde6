//! What it costs to name the prefixes of a conversation.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gap_protocol::chain::Chain;
use serde_json::{Value, json};

fn requests() -> Vec<(&'static str, String)> {
    let prose = "The quick brown fox jumps over the lazy dog, and says \"nothing\".\n";
    let short = json!({"contents": [{"role": "user", "parts": [{"text": "What is the capital of Switzerland?"}]}]});
    let chat = |turns: usize, lines: usize| {
        let turns: Vec<Value> = (0..turns)
            .map(|turn| json!({"role": if turn % 2 == 0 { "user" } else { "model" }, "parts": [{"text": prose.repeat(lines)}]}))
            .collect();
        json!({"systemInstruction": {"parts": [{"text": prose.repeat(20)}]}, "contents": turns})
    };
    let image = json!({"contents": [{"parts": [
        {"text": "What is this?"},
        {"inlineData": {"mimeType": "image/png", "data": format!("iVBORw0KGgo{}", "A".repeat(4 * 1_048_576 - 11))}}
    ]}]});
    vec![
        ("short", short.to_string()),
        ("chat of 8 KB", chat(12, 10).to_string()),
        ("400 turns of 1 MB", chat(400, 40).to_string()),
        ("image of 4 MB", image.to_string()),
    ]
}

fn chain(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chain");
    for (name, body) in requests() {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| Chain::of_request(black_box(body.as_bytes()), &[7; 32]));
        });
    }
    group.finish();
}

criterion_group!(benches, chain);
criterion_main!(benches);
