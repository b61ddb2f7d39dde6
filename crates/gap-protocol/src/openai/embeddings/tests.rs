use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(body: &Value) -> Result<EmbeddingsCall, DecodeError> {
    decode(body.to_string().as_bytes(), &ModelTable::built_in().unwrap(), false)
}

fn asked(body: &Value) -> EmbeddingsCall {
    read(body).unwrap()
}

/// Field and sentence of a refusal.
fn refused(body: &Value) -> (String, String) {
    let error = read(body).unwrap_err();
    (error.field.unwrap_or_default(), error.message)
}

fn batches(call: &EmbeddingsCall) -> Vec<Value> {
    call.batches.iter().map(|batch| serde_json::from_slice(batch).unwrap()).collect()
}

fn answered(call: &EmbeddingsCall, answers: &[Value]) -> Value {
    let answers: Vec<String> = answers.iter().map(Value::to_string).collect();
    serde_json::from_slice(&encode(call, &answers).unwrap()).unwrap()
}

#[test]
fn one_text_becomes_one_batch_of_one() {
    let call = asked(&json!({"model": "models/gemini-embedding-001", "input": "a\"b\n", "dimensions": 8, "user": "u"}));
    assert_eq!(
        (call.model_asked.as_str(), call.model.as_str()),
        ("models/gemini-embedding-001", "gemini-embedding-001")
    );
    assert_eq!(
        batches(&call),
        [json!({"requests": [{
            "model": "models/gemini-embedding-001",
            "content": {"parts": [{"text": "a\"b\n"}]},
            "outputDimensionality": 8,
        }]})]
    );
    assert_eq!(call.warnings.header_value().unwrap(), "user: is not known to Gemini and was left out");
}

#[test]
fn what_cannot_be_embedded_is_refused_by_its_field() {
    let model = "gemini-embedding-001";
    let cases = [
        (json!({"input": "a"}), "model"),
        (json!({"model": "", "input": "a"}), "model"),
        (json!({"model": 7, "input": "a"}), "model"),
        (json!({"model": model}), "input"),
        (json!({"model": model, "input": null}), "input"),
        (json!({"model": model, "input": []}), "input"),
        (json!({"model": model, "input": ""}), "input"),
        (json!({"model": model, "input": {"text": "a"}}), "input"),
        (json!({"model": model, "input": ["a", ""]}), "input[1]"),
        (json!({"model": model, "input": ["a", null]}), "input[1]"),
        (json!({"model": model, "input": vec!["a"; 2049]}), "input"),
        (json!({"model": model, "input": "a", "dimensions": 0}), "dimensions"),
        (json!({"model": model, "input": "a", "dimensions": "8"}), "dimensions"),
        (json!({"model": model, "input": "a", "dimensions": 1.5}), "dimensions"),
        (json!({"model": model, "input": "a", "encoding_format": "hex"}), "encoding_format"),
        (json!(["a"]), ""),
    ];
    for (body, field) in cases {
        assert_eq!(refused(&body).0, field, "{body}");
    }
    assert!(decode(b"{\"model\"", &ModelTable::built_in().unwrap(), false).is_err());
}

#[test]
fn strict_mode_refuses_what_would_be_left_out() {
    let body = json!({"model": "m", "input": "a", "user": "u"}).to_string();
    let error = decode(body.as_bytes(), &ModelTable::built_in().unwrap(), true).unwrap_err();
    assert_eq!((error.field.as_deref(), error.problem), (Some("user"), Problem::Unsupported));
    let null = json!({"model": "m", "input": "a", "user": null, "dimensions": null}).to_string();
    assert!(decode(null.as_bytes(), &ModelTable::built_in().unwrap(), true).is_ok());
}

#[test]
fn tokens_are_refused_with_the_way_out() {
    // wire 108
    for input in [json!([1, 2]), json!([[1, 2], [3]])] {
        let (field, message) = refused(&json!({"model": "gemini-embedding-001", "input": input}));
        assert_eq!(field, "input[0]");
        assert!(message.contains("check_embedding_ctx_length=False"), "{message}");
    }
}

#[test]
fn floats_keep_their_letters_and_base64_is_little_endian() {
    let answer = r#"{"embeddings":[{"values":[0.1, -2.50, 1e-3]}],"usageMetadata":{"promptTokenCount":4}}"#;
    let float = asked(&json!({"model": "m", "input": "a"}));
    let body = String::from_utf8(encode(&float, &[answer]).unwrap()).unwrap();
    assert_eq!(
        body,
        r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2.50,1e-3]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}"#
    );
    let base64 = asked(&json!({"model": "m", "input": "a", "encoding_format": "base64"}));
    let body: Value = serde_json::from_slice(&encode(&base64, &[answer]).unwrap()).unwrap();
    let bytes = STANDARD.decode(body["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let numbers: Vec<f32> = bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(numbers, [0.1, -2.5, 0.001]);
}

#[test]
fn shortened_vectors_get_the_length_one_if_dimensions_were_asked_for() {
    // wire 108
    let answer = json!({"embeddings": [{"values": [3.0, 4.0]}]});
    let plain = asked(&json!({"model": "m", "input": "a"}));
    assert_eq!(answered(&plain, std::slice::from_ref(&answer))["data"][0]["embedding"], json!([3.0, 4.0]));
    let short = asked(&json!({"model": "m", "input": "a", "dimensions": 2}));
    assert_eq!(answered(&short, std::slice::from_ref(&answer))["data"][0]["embedding"], json!([0.6, 0.8]));
    // There is no way to stretch nothing.
    let zero = json!({"embeddings": [{"values": [0, 0]}]});
    assert_eq!(answered(&short, &[zero])["data"][0]["embedding"], json!([0, 0]));
}

#[test]
fn what_it_cost_is_a_guess_only_if_google_does_not_say() {
    let call = asked(&json!({"model": "m", "input": ["12345678", "a"]}));
    let vectors = json!([{"values": [1]}, {"values": [2]}]);
    let told = answered(&call, &[json!({"embeddings": vectors, "usageMetadata": {"promptTokenCount": 7}})]);
    assert_eq!(told["usage"], json!({"prompt_tokens": 7, "total_tokens": 7}));
    let silent = answered(&call, &[json!({"embeddings": vectors})]);
    assert_eq!(silent["usage"]["estimated"], true);
    assert!(silent["usage"]["prompt_tokens"].as_u64().unwrap() > 0);
}

#[test]
fn answers_that_do_not_fit_are_errors() {
    let call = asked(&json!({"model": "m", "input": ["a", "b"]}));
    let cases = [
        ("", EncodeError::Unreadable),
        ("[]", EncodeError::Unreadable),
        (r#"{"embeddings":[{}]}"#, EncodeError::Unreadable),
        (r#"{"embeddings":[{"values":["x"]}]}"#, EncodeError::Unreadable),
        (r#"{"embeddings":[{"values":[1]}]}"#, EncodeError::Count { wanted: 2, got: 1 }),
        (r#"{"embeddings":[]}"#, EncodeError::Count { wanted: 2, got: 0 }),
    ];
    for (answer, error) in cases {
        assert_eq!(encode(&call, &[answer]), Err(error), "{answer}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_number_of_texts_keeps_its_order(texts in proptest::collection::vec("[ -~äß\n]{1,8}", 1..260), base64 in any::<bool>()) {
        let format = if base64 { "base64" } else { "float" };
        let call = asked(&json!({"model": "m", "input": texts, "encoding_format": format}));
        let batches = batches(&call);
        prop_assert!(batches.iter().all(|batch| (1..=MAX_BATCH).contains(&batch["requests"].as_array().unwrap().len())));
        // An upstream that answers with the place of each text.
        let mut place = 0;
        let answers: Vec<Value> = batches.iter().map(|batch| {
            let vectors: Vec<Value> = batch["requests"].as_array().unwrap().iter().map(|request| {
                assert_eq!(request["content"]["parts"][0]["text"].as_str().unwrap(), texts[place]);
                place += 1;
                json!({"values": [place - 1]})
            }).collect();
            json!({"embeddings": vectors})
        }).collect();
        let body = answered(&call, &answers);
        for (index, entry) in body["data"].as_array().unwrap().iter().enumerate() {
            prop_assert_eq!(entry["index"].as_u64().unwrap(), index as u64);
            let got = match entry["embedding"].as_str() {
                Some(text) => f64::from(f32::from_le_bytes(STANDARD.decode(text).unwrap().try_into().unwrap())),
                None => entry["embedding"][0].as_f64().unwrap(),
            };
            prop_assert!((got - index as f64).abs() < 0.5);
        }
        prop_assert_eq!(body["data"].as_array().unwrap().len(), texts.len());
    }
}
