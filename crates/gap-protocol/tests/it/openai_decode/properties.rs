//! What holds for any request.

use bytes::Bytes;
use gap_protocol::call::{DecodeError, Feature, Fetched, Unsupported};
use gap_protocol::openai::chat::{DecodeContext, DecodeOptions, NoMemory, decode};
use proptest::prelude::*;
use serde_json::Value;

use super::compatibility::properties;
use super::gemini::Judge;
use super::generator::Generator;
use super::{Asked, MODELS, body};

const FEATURES: [Feature; 17] = [
    Feature::Penalties,
    Feature::Logprobs,
    Feature::Candidates,
    Feature::Thinking,
    Feature::ThinkingBudget,
    Feature::ThinkingLevel,
    Feature::JsonSchema,
    Feature::JsonMode,
    Feature::JsonWithTools,
    Feature::BuiltInWithTools,
    Feature::SystemInstruction,
    Feature::Tools,
    Feature::Seed,
    Feature::ServiceTier,
    Feature::MediaInToolResults,
    Feature::CallIds,
    Feature::MediaResolution,
];

/// Decodes a request, and fetches what it wants.
fn outcome(asked: &Asked) -> Result<Value, String> {
    let error = |error: DecodeError| match error.field.clone() {
        Some(field) => {
            let top: String = field.split(['.', '[']).next().unwrap().to_owned();
            assert!(asked.request.get(&top).is_some() || error.code() == Some("missing_required_parameter"), "{field}");
            field
        }
        None => panic!("no field is named: {}", error.message),
    };
    let decoded = asked.decode().map_err(error)?;
    let png = || Fetched::Bytes { data: Bytes::from_static(b"\x89PNG\r\n\x1A\n"), content_type: None };
    let fetched: Vec<Fetched> = decoded.pending().iter().map(|_| png()).collect();
    Ok(body(&decoded.finish(&fetched).map_err(error)?))
}

// Any request that OpenAI's description allows becomes one that Google's allows, or is refused by a field's name.
#[test]
fn what_is_valid_for_openai_is_valid_for_gemini_or_refused_by_name() {
    let (Some(mut generator), Some(judge)) = (Generator::load(), Judge::load()) else { return };
    let mut answered = 0;
    let rounds = 3000;
    for seed in 0..rounds {
        let request = generator.request(seed);
        let refused = FEATURES.iter().enumerate().fold(Unsupported::default(), |refused, (index, feature)| {
            if seed % 4 == 0 && seed.rotate_right(u32::try_from(index).unwrap()) % 3 == 0 {
                refused.with(*feature)
            } else {
                refused
            }
        });
        let options = DecodeOptions { disable_safety_filtering: seed % 2 == 0, ..DecodeOptions::default() };
        let asked = Asked { request, options, refused, signatures: Vec::new() };
        if let Ok(body) = outcome(&asked) {
            answered += 1;
            if let Err(fault) = judge.check(&body) {
                panic!("seed {seed}: {fault}\n{:#}\n{body:#}", asked.request);
            }
        }
    }
    // Most roads lead somewhere.
    assert!(answered > rounds / 4, "only {answered} of {rounds} were answered");
}

// Strictness refuses exactly what would be warned about.
#[test]
fn strictness_refuses_what_is_warned_about_and_nothing_else() {
    let Some(mut generator) = Generator::load() else { return };
    for seed in 0..500 {
        let lenient = Asked {
            request: generator.request(seed),
            options: DecodeOptions::default(),
            refused: Unsupported::default(),
            signatures: Vec::new(),
        };
        let Ok(decoded) = lenient.decode() else { continue };
        let strict = Asked { options: DecodeOptions { strict: true, ..DecodeOptions::default() }, ..lenient };
        assert_eq!(strict.decode().is_err(), !decoded.call().warnings.is_empty(), "seed {seed}");
    }
}

#[test]
fn the_generator_knows_every_property() {
    let (Some(mut generator), Some(description)) =
        (Generator::load(), crate::support::shared::document("specs/openai-openapi-20260821.json"))
    else {
        return;
    };
    let names = properties(&description, &description["components"]["schemas"]["CreateChatCompletionRequest"]);
    let mut missing: Vec<&String> = names.iter().collect();
    for seed in 0..500 {
        let request = generator.request(seed);
        missing.retain(|name| request.get(name.as_str()).is_none());
    }
    assert_eq!(missing, Vec::<&String>::new());
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "model",
        "messages",
        "role",
        "content",
        "type",
        "text",
        "image_url",
        "url",
        "tool_calls",
        "id",
        "function",
        "name",
        "arguments",
        "tool_call_id",
        "tools",
        "parameters",
        "tool_choice",
        "response_format",
        "json_schema",
        "schema",
        "google",
        "extra_body",
        "thinking_config",
        "tools",
        "functions",
        "function_call",
        "extra_content",
        "thought_signature",
        "stop",
        "images",
        "custom",
        "input",
        "allowed_tools",
        "generation_config",
        "properties",
        "enum",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "user",
            "assistant",
            "tool",
            "system",
            "function",
            "text",
            "image_url",
            "gemini-3-pro-preview",
            "gemini-2.5-flash",
            "auto",
            "required",
            "json_schema",
            "",
            "data:image/png;base64,iVBORw0KGgo=",
            "data:",
            "https://x.test",
            "{\"a\":1}",
            "call_a_AAAA",
        ])
        .prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(7, 90, 7, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..7)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

fn context() -> DecodeContext<'static> {
    DecodeContext { models: &MODELS, memory: &NoMemory, options: DecodeOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    // Whatever it is, it becomes JSON or a refusal; never a panic.
    #[test]
    fn any_json_is_survived(request in any_json(), messages in any_json(), rest in any_json()) {
        let whole = serde_json::json!({"model": "gemini-3-flash-preview", "messages": [messages, rest], "tools": [request]});
        for value in [request, whole] {
            if let Ok(decoded) = decode(value.to_string().as_bytes(), &context())
                && decoded.pending().is_empty()
            {
                body(&decoded.finish(&[]).unwrap());
            }
        }
    }
}

// Damage to a real request: bytes changed, removed, doubled.
#[test]
fn damaged_requests_are_survived() {
    let request = serde_json::json!({
        "model": "gemini-2.5-flash", "temperature": 0.5, "stop": ["a"], "seed": 7,
        "messages": [
            {"role": "system", "content": "x"},
            {"role": "user", "content": [{"type": "text", "text": "\u{1F600}\\"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{\"a\": [1, 2.0]}"}}]},
            {"role": "tool", "tool_call_id": "call_a", "content": "{\"b\": null}"}
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"enum": [1]}}}}}],
        "response_format": {"type": "json_object"}
    })
    .to_string()
    .into_bytes();
    let mut survived = 0;
    for at in 0..request.len() {
        for damage in 0..6 {
            let mut damaged = request.clone();
            match damage {
                0 => damaged.truncate(at),
                1 => drop(damaged.remove(at)),
                2 => damaged.insert(at, damaged[at]),
                3 => damaged[at] ^= 1,
                4 => damaged[at] = b'"',
                _ => damaged[at] = b'\\',
            }
            if let Ok(decoded) = decode(&damaged, &context())
                && decoded.pending().is_empty()
            {
                body(&decoded.finish(&[]).unwrap());
                survived += 1;
            }
        }
    }
    assert!(survived > 100, "{survived}");
}
