use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::meter::Usage;
use crate::models::ModelTable;
use crate::openai::chat::{DecodeOptions, NoMemory};

const MODEL: &str = "gemini-3-pro-image";

fn with<T>(use_it: impl FnOnce(&DecodeContext<'_>) -> T) -> T {
    let models = ModelTable::built_in().unwrap();
    use_it(&DecodeContext { models: &models, memory: &NoMemory, options: DecodeOptions::default() })
}

fn of(request: &Value) -> Result<ImagesCall, DecodeError> {
    with(|context| decode(request.to_string().as_bytes(), context))
}

fn config(size: &str, model: &str) -> (Value, Vec<String>) {
    let call = of(&json!({ "model": model, "prompt": "x", "size": size })).unwrap();
    let body: Value = serde_json::from_slice(&call.bodies[0]).unwrap();
    let warnings = call.warnings.iter().map(ToString::to_string).collect();
    (body["generationConfig"]["imageConfig"].clone(), warnings)
}

// wire 97
#[test]
fn pixels_become_the_nearest_proportion() {
    let cases = [
        ("1024x1024", json!({"aspectRatio": "1:1"}), 0),
        ("1536x1024", json!({"aspectRatio": "3:2"}), 0),
        ("1024X1536", json!({"aspectRatio": "2:3"}), 0),
        ("512x512", json!({"aspectRatio": "1:1"}), 0),
        ("1792x1024", json!({"aspectRatio": "16:9", "imageSize": "2K"}), 0),
        ("4096x4096", json!({"aspectRatio": "1:1", "imageSize": "4K"}), 0),
        ("100x1600", json!({"aspectRatio": "9:16"}), 1),
        ("auto", json!(null), 0),
    ];
    for (size, expected, warnings) in cases {
        let (config, said) = config(size, MODEL);
        // 1792x1024 is 7:4, a hair from 16:9.
        let expected_warnings = warnings + usize::from(size == "1792x1024");
        assert_eq!((config, said.len()), (expected, expected_warnings), "{size}: {said:?}");
    }
    let (small, said) = config("4096x4096", "gemini-2.5-flash-image");
    assert_eq!((small, said.len()), (json!({"aspectRatio": "1:1"}), 1));
}

#[test]
fn imagen_makes_four_at_a_time() {
    let call = of(&json!({"model": "imagen-4.0-generate-001", "prompt": "x", "n": 10})).unwrap();
    let counts: Vec<u64> = call
        .bodies
        .iter()
        .map(|body| serde_json::from_slice::<Value>(body).unwrap()["parameters"]["sampleCount"].as_u64().unwrap())
        .collect();
    assert_eq!((call.method, counts), (Method::Predict, vec![4, 4, 2]));
}

#[test]
fn a_model_that_only_talks_back_is_quoted() {
    let mut made = Made::default();
    let answer =
        json!({"candidates": [{"content": {"parts": [{"text": "I would rather not."}]}, "finishReason": "STOP"}]});
    read_answer(Method::Generate, answer.to_string().as_bytes(), &mut made).unwrap();
    let refusal = made.refusal().unwrap();
    assert_eq!((refusal.status, refusal.code), (400, Some("no_image")));
    assert_eq!(refusal.message, "the model made no picture; it said: I would rather not.");
    read_answer(Method::Predict, b"{}", &mut made).unwrap();
    assert!(read_answer(Method::Predict, b"[]", &mut made).is_err());
    assert!(read_answer(Method::Predict, b"{\"predictions\":7}", &mut made).is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-20_i64..20).prop_map(Value::from),
        "[a-z0-9x:]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z_]{1,10}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_request_becomes_json_or_an_error_with_its_field(
        members in proptest::collection::vec((proptest::sample::select(vec![
            "n", "size", "quality", "style", "stream", "background", "response_format", "output_format",
            "output_compression", "partial_images", "user", "moderation", "odd",
        ]), any_json()), 0..5),
        imagen in any::<bool>(),
    ) {
        let mut request = json!({"model": if imagen { "imagen-4.0-generate-001" } else { MODEL }, "prompt": "a \"cat\""});
        for (name, value) in members {
            request[name] = value;
        }
        match of(&request) {
            Ok(call) => {
                prop_assert!((1..=10).contains(&call.count));
                for body in &call.bodies {
                    prop_assert!(serde_json::from_slice::<Value>(body).is_ok());
                }
            }
            Err(error) => prop_assert!(error.field.is_some(), "{error}"),
        }
    }

    #[test]
    fn any_answer_is_survived(answer in any_json(), part in any_json(), predict in any::<bool>()) {
        let call = of(&json!({"model": MODEL, "prompt": "x"})).unwrap();
        let method = if predict { Method::Predict } else { Method::Generate };
        let wrapped = json!({"candidates": [{"content": {"parts": [part]}}], "predictions": [answer]});
        let mut made = Made::default();
        for answer in [&answer, &wrapped] {
            let _ = read_answer(method, answer.to_string().as_bytes(), &mut made);
        }
        let body = made.body(&call, 1, Some(&Usage::default()));
        prop_assert!(serde_json::from_slice::<Value>(&body).is_ok());
        let _ = made.events(&call, 1, None);
        prop_assert_eq!(made.refusal().is_some(), made.count() == 0);
    }
}
