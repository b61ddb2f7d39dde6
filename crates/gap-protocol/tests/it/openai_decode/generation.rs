//! The numbers of a request, its forms, and Gemini's own fields.

use gap_protocol::call::{AudioFormat, Feature, JsonMode};
use serde_json::{Value, json};

use super::{Asked, ask};

fn config(request: Value) -> Value {
    ask("gemini-2.5-flash", request).body().get("generationConfig").cloned().unwrap_or_default()
}

fn warnings(model: &str, request: Value) -> Vec<String> {
    ask(model, request).warnings()
}

// wire 89; zero counts, and null is absent.
#[test]
fn numbers_pass_to_the_letter() {
    let request = r#"{"model":"gemini-2.0-flash","messages":[{"role":"user","content":"x"}],"temperature":0,"top_p":0.10,"top_k":5,"seed":0,"max_tokens":null,"n":null,"stop":null}"#;
    let call = super::call_of(request);
    let body = String::from_utf8(call.body.to_vec()).unwrap();
    assert!(body.ends_with(r#""generationConfig":{"temperature":0,"topP":0.10,"topK":5,"seed":0}}"#), "{body}");
    assert!(call.warnings.is_empty());
}

// wire 87
#[test]
fn the_limit_is_at_most_what_the_model_writes() {
    assert_eq!(config(json!({"max_tokens": 10}))["maxOutputTokens"], 10);
    assert_eq!(config(json!({"max_tokens": 10, "max_completion_tokens": 20}))["maxOutputTokens"], 20);
    assert_eq!(config(json!({"max_tokens": 100_000}))["maxOutputTokens"], 65536);
    assert_eq!(
        warnings("gemini-2.5-flash", json!({"max_tokens": 100_000})),
        ["max_tokens: is more than gemini-2.5-flash can write; 65536 was asked for"]
    );
    // Nothing is known about others, and only Google can say.
    let unknown = ask("my-tuned-model", json!({"max_tokens": 100_000}));
    assert_eq!(unknown.body()["generationConfig"]["maxOutputTokens"], 100_000);
    assert_eq!(config(json!({"max_tokens": 16.0}))["maxOutputTokens"], 16);
}

// wire 88
#[test]
fn stop_sequences_are_cleaned_and_counted() {
    assert_eq!(config(json!({"stop": "\n"}))["stopSequences"], json!(["\n"]));
    assert_eq!(config(json!({"stop": ["a", "", "b"]}))["stopSequences"], json!(["a", "b"]));
    assert_eq!(config(json!({"stop": ["", ""]})), Value::Null);
    let many = json!({"stop": ["1", "2", "3", "4", "5", "6"]});
    assert_eq!(config(many.clone())["stopSequences"], json!(["1", "2", "3", "4", "5"]));
    assert_eq!(warnings("gemini-2.5-flash", many), ["stop: has more than 5 sequences; the first 5 were sent on"]);
}

// wire 91
#[test]
fn candidates_and_seeds_stay_in_their_range() {
    let three = ask("gemini-2.5-flash", json!({"n": 3})).call();
    assert_eq!(
        (super::body(&three)["generationConfig"]["candidateCount"].clone(), three.plan.candidates),
        (json!(3), 3)
    );
    assert_eq!(config(json!({"n": 1})), Value::Null);
    for (model, n) in [("gemini-2.5-flash", 9), ("gemini-2.5-flash-image", 2)] {
        assert!(ask(model, json!({"n": n})).refusal().starts_with(&format!("n: {model} gives at most")));
    }
    let learned =
        ask("gemini-2.5-flash", json!({"n": 2})).with(|asked| asked.refused = asked.refused.with(Feature::Candidates));
    assert!(learned.refusal().starts_with("n: gemini-2.5-flash gives at most 1"));
    let together = |n: u32, stream: bool| {
        ask("gemini-2.5-flash-image", json!({"n": n, "stream": stream})).with(|asked| asked.options.most_copies = 8)
    };
    for stream in [false, true] {
        let call = together(3, stream).call();
        assert_eq!((call.plan.copies, call.plan.candidates), (3, 3));
        assert_eq!(super::body(&call)["generationConfig"]["candidateCount"], Value::Null);
        assert!(call.warnings.iter().any(|warning| warning.field == "n" && warning.message.contains("3 requests")));
    }
    assert!(together(9, false).refusal().starts_with("n: gemini-2.5-flash-image gives at most 1"));

    assert_eq!(config(json!({"seed": -5}))["seed"], -5);
    let large = json!({"seed": 9_007_199_254_740_993_i64});
    let folded = config(large.clone())["seed"].as_i64().unwrap();
    assert!(i32::try_from(folded).is_ok());
    assert_eq!(config(large.clone())["seed"], folded, "the same seed stays the same");
    assert_eq!(warnings("gemini-2.5-flash", large), ["seed: has more than 32 bits; it was folded into them"]);
}

// wire 90: refused by 2.5 (recorded), sent to others, left out once refused.
#[test]
fn penalties_go_to_models_that_take_them() {
    let request = json!({"presence_penalty": 0.5, "frequency_penalty": -1});
    let sent = |asked: &Asked| asked.body().get("generationConfig").cloned().unwrap_or_default();
    let newer = ask("gemini-3-flash-preview", request.clone());
    assert_eq!(sent(&newer), json!({"presencePenalty": 0.5, "frequencyPenalty": -1}));
    let older = ask("gemini-2.5-flash", request);
    assert_eq!((sent(&older), older.warnings().len()), (Value::Null, 2));
    let learned = newer.with(|asked| asked.refused = asked.refused.with(Feature::Penalties));
    assert_eq!((sent(&learned), learned.warnings().len()), (Value::Null, 2));
    // Zero asks for nothing; clients send it all the time.
    assert_eq!(
        warnings("gemini-2.5-flash", json!({"presence_penalty": 0, "frequency_penalty": 0.0})),
        Vec::<String>::new()
    );
}

// wire 92
#[test]
fn log_probabilities_are_asked_of_models_that_tell_them() {
    let asked = ask("gemini-2.0-flash", json!({"logprobs": true, "top_logprobs": 3}));
    assert_eq!(asked.body()["generationConfig"], json!({"responseLogprobs": true, "logprobs": 3}));
    assert!(asked.call().plan.logprobs);
    assert_eq!(
        ask("gemini-2.0-flash", json!({"logprobs": true})).body()["generationConfig"],
        json!({"responseLogprobs": true})
    );
    let many = ask("gemini-2.0-flash", json!({"logprobs": true, "top_logprobs": 20}));
    assert_eq!((many.body()["generationConfig"]["logprobs"].clone(), many.warnings().len()), (json!(5), 1));
    for (model, request) in [
        ("gemini-2.5-flash", json!({"logprobs": true})),
        // "LogProbs is not supported in streaming mode": recorded.
        ("gemini-2.0-flash", json!({"logprobs": true, "stream": true})),
        ("gemini-2.0-flash", json!({"top_logprobs": 3})),
    ] {
        let asked = ask(model, request);
        assert_eq!((asked.body().get("generationConfig"), asked.warnings().len()), (None, 1));
        assert!(!asked.call().plan.logprobs);
    }
    assert_eq!(warnings("gemini-2.5-flash", json!({"logprobs": false, "top_logprobs": 0})), Vec::<String>::new());
}

// wire 93
#[test]
fn json_is_asked_for_with_and_without_a_schema() {
    let schema = json!({"type": "object", "properties": {"z": {"$ref": "#/$defs/A"}, "a": {"type": "integer"}}, "$defs": {"A": {"type": "string"}}, "additionalProperties": false});
    let format = |schema: Value| json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}}});
    assert_eq!(
        config(format(schema.clone())),
        json!({"responseMimeType": "application/json", "responseJsonSchema": schema})
    );
    assert_eq!(
        config(json!({"response_format": {"type": "json_object"}})),
        json!({"responseMimeType": "application/json"})
    );
    assert_eq!(config(format(json!({}))), json!({"responseMimeType": "application/json"}));
    assert_eq!(config(json!({"response_format": {"type": "text"}})), Value::Null);

    let cleaned = ask("gemini-2.5-flash", format(json!({"type": "object", "properties": {"level": {"enum": [1, 2]}}})))
        .with(|asked| asked.refused = asked.refused.with(Feature::JsonSchema));
    // Nobody turns numbers in an answer's text back, so they stay numbers.
    assert_eq!(
        cleaned.body()["generationConfig"]["responseSchema"],
        json!({"type": "OBJECT", "properties": {"level": {"type": "INTEGER", "description": "one of 1, 2"}}})
    );
    for model in ["gemma-3-27b-it", "gemini-2.5-flash-image"] {
        let asked = ask(model, json!({"response_format": {"type": "json_object"}}));
        let call = asked.call();
        assert_eq!((call.plan.json, asked.warnings().len()), (JsonMode::Instructed, 1), "{model}");
        assert!(String::from_utf8(call.body.to_vec()).unwrap().contains("one JSON value"), "{model}");
    }
}

// wire 97
#[test]
fn answers_come_in_the_forms_that_are_asked_for() {
    let modalities =
        |model: &str, request: Value| ask(model, request).body()["generationConfig"]["responseModalities"].clone();
    assert_eq!(modalities("gemini-2.5-flash", json!({"modalities": ["text"]})), Value::Null);
    assert_eq!(modalities("gemini-2.5-flash-image", json!({})), json!(["TEXT", "IMAGE"]));
    assert_eq!(modalities("gemini-2.5-flash-image", json!({"modalities": ["text"]})), Value::Null);
    assert_eq!(modalities("gemini-2.5-flash-preview-tts", json!({})), json!(["AUDIO"]));
    for modality in ["audio", "image"] {
        let refusal = ask("gemini-2.5-flash", json!({"modalities": ["text", modality]})).refusal();
        assert_eq!(refusal, format!("modalities: gemini-2.5-flash does not answer with {modality}"));
    }
    let speech = ask(
        "gemini-2.5-flash-preview-tts",
        json!({"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}),
    );
    let call = speech.call();
    assert_eq!(
        super::body(&call)["generationConfig"],
        json!({"responseModalities": ["AUDIO"], "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}})
    );
    assert_eq!(call.plan.audio, Some(AudioFormat::Pcm16));
    assert_eq!(speech.warnings(), ["audio.voice: is one of OpenAI's; Kore speaks in its place"]);
    let mp3 = ask("gemini-2.5-flash-preview-tts", json!({"audio": {"voice": {"id": "Puck"}, "format": "mp3"}}));
    assert_eq!(mp3.call().plan.audio, Some(AudioFormat::Wav));
    assert_eq!(mp3.warnings(), ["audio.format: \"mp3\" is not written here; the answer is wav"]);
    assert_eq!(warnings("gemini-2.5-flash", json!({"audio": {"voice": "alloy", "format": "wav"}})).len(), 1);
}

// wire 94, and what else has no equal.
#[test]
fn what_has_no_equal_is_named_and_refused_in_strict_mode() {
    let request = json!({
        "user": "ann", "safety_identifier": "x", "store": true, "metadata": {"a": "b"}, "logit_bias": {"50256": -100},
        "prediction": {"type": "content", "content": "x"}, "prompt_cache_key": "k", "verbosity": "low",
        "moderation": {}, "service_tier": "scale", "shiny_new": 1,
    });
    let asked = ask("gemini-2.5-flash", request);
    let mut fields: Vec<String> =
        asked.warnings().iter().map(|warning| warning.split(':').next().unwrap().to_owned()).collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "logit_bias",
            "metadata",
            "moderation",
            "prediction",
            "prompt_cache_key",
            "safety_identifier",
            "service_tier",
            "shiny_new",
            "store",
            "user",
            "verbosity"
        ]
    );
    let header = asked.call().warnings.header_value().unwrap();
    assert!(header.contains("user: is not sent on"), "{header}");
    let strict = ask("gemini-2.5-flash", json!({"user": "ann"})).with(|asked| asked.options.strict = true);
    assert_eq!(strict.refusal(), "user: is not sent on");
    assert_eq!(strict.decode().unwrap_err().code(), Some("unsupported_value"));
}

#[test]
fn values_that_ask_for_nothing_are_no_reason_to_warn() {
    let request = json!({
        "user": "", "store": false, "metadata": {}, "logit_bias": {}, "verbosity": "medium", "service_tier": "auto",
        "parallel_tool_calls": true, "stream": false, "n": 1, "modalities": ["text"], "frequency_penalty": 0,
        "stream_options": null, "prediction": null, "unknown": null, "reasoning_effort": null,
    });
    let asked = ask("gemini-2.5-flash", request).with(|asked| asked.options.strict = true);
    assert_eq!(asked.body(), json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}));
}

// wire 94
#[test]
fn tiers_are_mapped() {
    let tier = |name: &str| ask("gemini-2.5-flash", json!({"service_tier": name})).body().get("serviceTier").cloned();
    assert_eq!(tier("flex"), Some(json!("flex")));
    assert_eq!(tier("priority"), Some(json!("priority")));
    assert_eq!(tier("fast"), Some(json!("priority")));
    assert_eq!(tier("default"), None);
    let learned = ask("gemini-2.5-flash", json!({"service_tier": "flex"}))
        .with(|asked| asked.refused = asked.refused.with(Feature::ServiceTier));
    assert_eq!((learned.body().get("serviceTier"), learned.warnings().len()), (None, 1));
}

// wire 95
#[test]
fn usage_at_the_end_is_for_streams_that_ask_for_it() {
    let plan = |request: Value| ask("m", request).call();
    let call = plan(json!({"stream": true, "stream_options": {"include_usage": true, "include_obfuscation": false}}));
    assert!(call.stream && call.plan.include_usage && call.warnings.is_empty());
    assert!(!plan(json!({"stream": true})).plan.include_usage);
    assert!(!plan(json!({"stream_options": {"include_usage": true}})).plan.include_usage);
}

// wire 96
#[test]
fn safety_settings_are_the_operator_s_unless_the_client_has_its_own() {
    let off = |model: &str, request: Value| {
        ask(model, request).with(|asked| asked.options.disable_safety_filtering = true).body()["safetySettings"].clone()
    };
    let settings = off("gemini-2.5-flash", json!({}));
    assert_eq!(settings.as_array().unwrap().len(), 4);
    assert_eq!(settings[0], json!({"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}));
    assert_eq!(off("gemini-1.5-flash", json!({}))[0]["threshold"], "BLOCK_NONE");
    let own = json!([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}]);
    assert_eq!(off("gemini-2.5-flash", json!({"google": {"safety_settings": own}})), own);
    assert_eq!(ask("gemini-2.5-flash", json!({})).body().get("safetySettings"), None);
}

// wire 98
#[test]
fn gemini_s_own_fields_pass_through() {
    let google = json!({
        "media_resolution": "MEDIA_RESOLUTION_LOW", "speech_config": {"language_code": "de-DE"}, "imageConfig": {"aspectRatio": "16:9"},
        "generation_config": {"enable_enhanced_civic_answers": true}, "labels": {"team": "a"}, "temperature": 0.5, "brand_new": [1, 2.0]
    });
    for request in [json!({"google": google, "temperature": 1}), json!({"extra_body": {"google": google}})] {
        let asked = ask("gemini-2.5-flash", request);
        let body = asked.body();
        assert_eq!(
            body["generationConfig"],
            json!({"temperature": 0.5, "mediaResolution": "MEDIA_RESOLUTION_LOW", "speechConfig": {"language_code": "de-DE"}, "imageConfig": {"aspectRatio": "16:9"}, "enableEnhancedCivicAnswers": true})
        );
        assert_eq!((&body["labels"], &body["brandNew"]), (&json!({"team": "a"}), &json!([1, 2.0])));
        assert_eq!(asked.warnings(), Vec::<String>::new());
    }
    assert_eq!(warnings("gemini-2.5-flash", json!({"extra_body": {"top_k": 3}})).len(), 1);
    assert!(ask("m", json!({"google": {"contents": []}})).refusal().starts_with("google.contents: is written from"));
    assert!(ask("m", json!({"google": 7})).refusal().starts_with("google: must be an object"));
}

// wire 99
#[test]
fn a_cache_stands_without_system_messages_and_tools() {
    let cached = json!({"cached_content": "cachedContents/abc"});
    let call = ask("gemini-2.5-flash", json!({"google": cached})).call();
    assert_eq!(super::body(&call)["cachedContent"], "cachedContents/abc");
    assert_eq!(call.resources, ["cachedContents/abc"]);
    let system = json!([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]);
    let refusal = ask("gemini-2.5-flash", json!({"google": cached, "messages": system})).refusal();
    assert!(refusal.starts_with("google.cached_content: Gemini takes a system message only as a part"), "{refusal}");
    let tools = json!([{"type": "function", "function": {"name": "a"}}]);
    let refusal = ask("gemini-2.5-flash", json!({"extra_body": {"google": cached}, "tools": tools})).refusal();
    assert!(refusal.starts_with("extra_body.google.cached_content: Gemini takes tools only"), "{refusal}");
    assert!(
        ask("m", json!({"google": {"cached_content": "abc"}})).refusal().starts_with("google.cached_content: must be")
    );
}

#[test]
fn the_model_is_asked_for_by_its_bare_name_and_echoed_as_it_was_asked() {
    let call = ask("models/gemini-2.5-flash", json!({})).call();
    assert_eq!(
        (call.model.as_str(), call.model_asked.as_str(), call.plan.model.as_str()),
        ("gemini-2.5-flash", "models/gemini-2.5-flash", "models/gemini-2.5-flash")
    );
}

#[test]
fn an_estimate_grows_with_text_and_not_with_base64() {
    let estimate = |content: Value| {
        ask("gemini-2.5-flash", json!({"messages": [{"role": "user", "content": content}]})).call().estimated_tokens
    };
    let short = estimate(json!("x"));
    assert!(estimate(json!("x".repeat(40_000))) > short + 9_000);
    let png = format!("data:image/png;base64,iVBORw0KGgo{}", "A".repeat(399_989));
    let image = estimate(json!([{"type": "image_url", "image_url": {"url": png}}]));
    assert!(image > short + 200 && image < short + 400, "{image}");
}
