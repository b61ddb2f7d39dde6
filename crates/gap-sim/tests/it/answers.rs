//! What models answer.

use gap_sim::{Options, SimKey};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::{Ask, KEY, MODEL, Sim, said, said_in};

const THIRD: &str = "gemini-3.1-pro-preview";

fn tools() -> Value {
    let city = json!({"type": "OBJECT", "properties": {"city": {"type": "STRING"}, "days": {"type": "INTEGER"}}, "required": ["city"]});
    json!([{"functionDeclarations": [
        {"name": "current_weather", "description": "The weather", "parameters": city},
        {"name": "current_time"},
    ]}])
}

fn with_tools(text: &str) -> Value {
    let mut body = said(text);
    body["tools"] = tools();
    body
}

// === framing ===

#[tokio::test]
async fn an_answer_in_one_piece_is_written_as_google_writes_it() {
    let sim = Sim::start().await;
    let answer = sim.say("[[sim: text=\"a <b>\\nc\"]]").await;
    let text = answer.text();
    let start = "{\n  \"candidates\": [\n    {\n      \"content\": {\n        \"parts\": [\n          {\n            \"text\": \"a \\u003cb\\u003e\\nc\"\n          }\n        ],\n        \"role\": \"model\"\n      },\n      \"finishReason\": \"STOP\",\n      \"index\": 0\n    }\n  ],\n  \"usageMetadata\": {\n    \"promptTokenCount\": ";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("\"\n}\n"));
    for (name, value) in [
        ("content-type", "application/json; charset=UTF-8"),
        ("server", "scaffolding on HTTPServer2"),
        ("x-gemini-service-tier", "standard"),
        ("transfer-encoding", "chunked"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "SAMEORIGIN"),
        ("x-xss-protection", "0"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    let vary: Vec<&str> = answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(vary, ["Origin", "X-Origin", "Referer"]);
}

#[tokio::test]
async fn events_stand_on_one_line_each() {
    let sim = Sim::start().await;
    let answer = sim.send(&Ask::stream(MODEL, &said("[[sim: text=\"one two\" chunks=2]]"))).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    assert_eq!(answer.headers["content-disposition"], "attachment");
    let text = answer.text();
    assert!(text.starts_with("data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"one \"}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": "), "{text}");
    assert!(text.contains("\"}\r\n\r\ndata: {"));
    assert!(text.ends_with("\"}\r\n\r\n"));
    assert!(!text.contains("[DONE]"));
}

#[tokio::test]
async fn without_sse_a_stream_is_an_array() {
    // wire 28
    let sim = Sim::start().await;
    let path = format!("/v1beta/models/{MODEL}:streamGenerateContent");
    let answer = sim.send(&Ask::post(&path, &said("[[sim: chunks=3]]"))).await;
    assert_eq!(answer.headers["content-type"], "application/json; charset=UTF-8");
    let text = answer.text();
    assert!(text.starts_with("[{\n  \"candidates\": [\n"), "{text}");
    assert_eq!(text.matches("\n}\n,\r\n{\n").count(), 2);
    assert!(text.ends_with("\n}\n]"));
    assert_eq!(answer.json().as_array().unwrap().len(), 3);
    // wire 1
    let refused = sim.send(&Ask::post(&path, &json!({}))).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"]["code"].as_u64()), (400, Some(400)));
}

#[tokio::test]
async fn enums_come_as_numbers_where_that_is_asked_for() {
    let sim = Sim::start().await;
    let path = format!("/v1beta/models/{MODEL}:generateContent?%24alt=json%3Benum-encoding%3Dint");
    let answer = sim.send(&Ask::post(&path, &said("hi"))).await.json();
    assert_eq!(answer["candidates"][0]["finishReason"], 1);
    assert_eq!(answer["usageMetadata"]["promptTokensDetails"][0]["modality"], 1);
    let path = format!("/v1beta/models/{MODEL}:streamGenerateContent?$alt=json;enum-encoding=int");
    let answer = sim.send(&Ask::post(&path, &said("hi"))).await.json();
    assert_eq!(answer.as_array().unwrap().last().unwrap()["candidates"][0]["finishReason"], 1);
    // What is sent may be numbers as well.
    let mut body = said("hi");
    body["safetySettings"] = json!([{"category": 7, "threshold": 3}]);
    assert_eq!(sim.send(&Ask::generate(MODEL, &body)).await.status, 200);
}

#[tokio::test]
async fn streams_add_up() {
    let sim = Sim::start().await;
    for model in [MODEL, THIRD, "gemini-2.0-flash", "gemma-4-31b-it"] {
        let events = sim.send(&Ask::stream(model, &said("[[sim: chunks=9 chunk_bytes=33]]"))).await.events();
        let whole: Vec<u64> =
            events.iter().map(|event| event["usageMetadata"]["candidatesTokenCount"].as_u64().unwrap()).collect();
        // wire 124: cumulative.
        assert!(whole.is_sorted(), "{whole:?}");
        let text: String = events.iter().map(said_in).collect();
        assert_eq!(text.len(), 9 * 33);
        let last = events.last().unwrap();
        assert_eq!(last["candidates"][0]["finishReason"], "STOP");
        assert!(events.iter().rev().skip(1).all(|event| event["candidates"][0].get("finishReason").is_none()));
        for event in &events {
            assert_eq!(event["modelVersion"], last["modelVersion"]);
            assert_eq!(event["responseId"], last["responseId"]);
            assert_eq!(
                event["candidates"][0].get("index").is_some(),
                model != "gemini-2.0-flash" && !model.starts_with("gemma")
            );
            let usage = &event["usageMetadata"];
            let count = |name: &str| usage[name].as_u64().unwrap_or_default();
            // wire 122
            assert_eq!(
                count("totalTokenCount"),
                count("promptTokenCount") + count("candidatesTokenCount") + count("thoughtsTokenCount")
            );
        }
    }
}

#[tokio::test]
async fn an_alias_answers_with_the_model_behind_it() {
    let sim = Sim::start().await;
    let answer = sim.send(&Ask::generate("gemini-3-pro-preview", &said("hi"))).await.json();
    assert_eq!(answer["modelVersion"], "gemini-3.1-pro-preview");
}

// === chance ===

#[tokio::test]
async fn the_same_seed_and_words_give_the_same_answer() {
    let (one, two) = (Sim::start().await, Sim::start().await);
    let other = Sim::with(Options { seed: 2, ..Options::with_keys([KEY]) }).await;
    for text in ["hi", "Tell me more.", "[[sim: chunks=4]]"] {
        let [first, second, third] = [one.say(text).await, two.say(text).await, other.say(text).await];
        assert_eq!(first.body, second.body);
        assert_ne!(first.said(), third.said());
    }
    // Ids are never given twice.
    let (first, second) = (one.say("hi").await.json(), one.say("hi").await.json());
    assert_eq!(said_in(&first), said_in(&second));
    assert_ne!(first["responseId"], second["responseId"]);
    one.control.reset();
    two.control.reset();
    assert_eq!(one.say("again").await.body, two.say("again").await.body);
}

// === thinking ===

#[tokio::test]
async fn thinking_is_counted_and_shown_only_on_request() {
    let sim = Sim::start().await;
    let ask = async |model: &str, config: Value| {
        let mut body = said("Think.");
        body["generationConfig"] = json!({ "thinkingConfig": config });
        sim.send(&Ask::generate(model, &body)).await.json()
    };
    let thoughts = |answer: &Value| answer["usageMetadata"]["thoughtsTokenCount"].as_u64();
    let silent = ask(MODEL, json!({})).await;
    assert!(thoughts(&silent).unwrap() > 0);
    assert_eq!(silent["candidates"][0]["content"]["parts"].as_array().unwrap().len(), 1);
    // wire 81
    let shown = ask(MODEL, json!({"includeThoughts": true})).await;
    assert_eq!(shown["candidates"][0]["content"]["parts"][0]["thought"], true);
    assert!(shown["candidates"][0]["content"]["parts"][0].get("thoughtSignature").is_none());
    assert_eq!(thoughts(&ask(MODEL, json!({"thinkingBudget": 0, "includeThoughts": true})).await), None);
    assert_eq!(thoughts(&ask("gemini-3-flash-preview", json!({"thinkingLevel": "minimal"})).await), None);
}

#[tokio::test]
async fn thinking_counts_against_the_limit() {
    // wire 86
    let sim = Sim::start().await;
    let mut body = said("[[sim: thought_tokens=50 bytes=400]]");
    body["generationConfig"] = json!({"maxOutputTokens": 20});
    let answer = sim.send(&Ask::generate(MODEL, &body)).await.json();
    assert_eq!(
        answer["candidates"][0],
        json!({"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0})
    );
    assert_eq!(answer["usageMetadata"]["thoughtsTokenCount"], 20);
    body["generationConfig"] = json!({"maxOutputTokens": 60});
    let answer = sim.send(&Ask::generate(MODEL, &body)).await.json();
    assert_eq!((said_in(&answer).len(), answer["candidates"][0]["finishReason"].as_str()), (40, Some("MAX_TOKENS")));
}

#[tokio::test]
async fn a_streamed_signature_stands_on_an_empty_text_at_the_end() {
    // wire 75
    let sim = Sim::start().await;
    let events = sim.send(&Ask::stream(THIRD, &said("hi"))).await.events();
    let part = &events.last().unwrap()["candidates"][0]["content"]["parts"][0];
    assert_eq!(part["text"], "");
    assert!(part["thoughtSignature"].as_str().unwrap().len() > 60);
    let answer = sim.send(&Ask::generate(THIRD, &said("hi"))).await.json();
    let part = &answer["candidates"][0]["content"]["parts"][0];
    assert!(!part["text"].as_str().unwrap().is_empty() && part["thoughtSignature"].is_string());
    let second = sim.send(&Ask::generate("gemini-2.0-flash", &said("hi"))).await.text();
    assert!(!second.contains("thoughtSignature"));
}

// === functions ===

#[tokio::test]
async fn functions_are_called_when_the_words_or_the_configuration_ask_for_it() {
    let sim = Sim::start().await;
    let called = async |body: Value| -> Vec<String> {
        let answer = sim.send(&Ask::generate(MODEL, &body)).await.json();
        let parts = answer["candidates"][0]["content"]["parts"].as_array().unwrap().clone();
        parts.iter().filter_map(|part| part["functionCall"]["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(called(with_tools("Please tell me a joke.")).await, [""; 0]);
    assert_eq!(called(with_tools("What is the current weather in Oslo?")).await, ["current_weather"]);
    assert_eq!(
        called(with_tools("[[sim: calls=current_time,current_weather]]")).await,
        ["current_time", "current_weather"]
    );
    let mut body = with_tools("Please tell me a joke.");
    body["toolConfig"] = json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["current_time"]}});
    assert_eq!(called(body.clone()).await, ["current_time"]);
    body = with_tools("What is the current weather in Oslo?");
    body["toolConfig"] = json!({"functionCallingConfig": {"mode": "NONE"}});
    assert_eq!(called(body).await, [""; 0]);
}

#[tokio::test]
async fn calls_look_as_their_generation_has_them() {
    let sim = Sim::start().await;
    let ask = async |model: &str| {
        let answer =
            sim.send(&Ask::generate(model, &with_tools("[[sim: calls=current_weather,current_time]]"))).await.json();
        answer["candidates"][0].clone()
    };
    let old = ask("gemini-2.0-flash").await;
    let parts = old["content"]["parts"].as_array().unwrap();
    assert!(
        parts.iter().all(|part| part["functionCall"].get("id").is_none() && part.get("thoughtSignature").is_none())
    );
    assert!(parts[0]["functionCall"]["args"]["city"].is_string() && parts[0]["functionCall"]["args"]["days"].is_i64());
    assert_eq!(parts[1]["functionCall"]["args"], json!({}));
    // wire 71
    assert_eq!(old["finishReason"], "STOP");

    let new = ask(THIRD).await;
    let parts = new["content"]["parts"].as_array().unwrap();
    // wire 64
    assert!(parts.iter().all(|part| part["functionCall"]["id"].as_str().unwrap().len() == 8));
    assert_ne!(parts[0]["functionCall"]["id"], parts[1]["functionCall"]["id"]);
    // wire 76
    assert!(parts[0]["thoughtSignature"].is_string() && parts[1].get("thoughtSignature").is_none());
    assert_eq!(new["finishMessage"], "Model generated function call(s).");
}

#[tokio::test]
async fn streamed_calls_come_whole_together_or_spread() {
    // wire 72
    let sim = Sim::start().await;
    let names = |event: &Value| {
        let parts = event["candidates"][0]["content"]["parts"].as_array().unwrap().clone();
        parts.iter().map(|part| part["functionCall"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let events =
        sim.send(&Ask::stream(MODEL, &with_tools("[[sim: calls=current_weather,current_time]]"))).await.events();
    assert_eq!(events.iter().map(names).collect::<Vec<_>>(), [["current_weather", "current_time"]]);
    let events =
        sim.send(&Ask::stream(MODEL, &with_tools("[[sim: calls=current_weather,current_time spread]]"))).await.events();
    assert_eq!(events.iter().map(names).collect::<Vec<_>>(), [["current_weather"], ["current_time"]]);
    assert_eq!(events[1]["candidates"][0]["finishReason"], "STOP");
}

#[tokio::test]
async fn gemini_3_demands_its_signatures_back() {
    let sim = Sim::start().await;
    let question = with_tools("[[sim: calls=current_weather]]");
    let first = sim.send(&Ask::generate(THIRD, &question)).await.json();
    let call = first["candidates"][0]["content"]["parts"][0].clone();
    let again = |part: Value| {
        let mut body = question.clone();
        let response = json!({"functionResponse": {"name": "current_weather", "response": {"result": "sunny"}}});
        let turns = body["contents"].as_array_mut().unwrap();
        turns.push(json!({"role": "model", "parts": [part]}));
        turns.push(json!({"role": "user", "parts": [response]}));
        body
    };
    let good = sim.send(&Ask::generate(THIRD, &again(call.clone()))).await;
    assert_eq!(good.status, 200, "{}", good.text());
    // After the result it answers in words.
    assert!(!good.said().is_empty());

    let mut bare = call.clone();
    bare.as_object_mut().unwrap().remove("thoughtSignature");
    let refused = sim.send(&Ask::generate(THIRD, &again(bare.clone()))).await;
    assert_eq!(refused.status, 400);
    let wanted = "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call default_api:current_weather , position 2. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.";
    assert_eq!(refused.message(), wanted);
    assert_eq!(sim.send(&Ask::generate(MODEL, &again(bare))).await.status, 200, "2.5 does not ask for them");

    let mut foreign = call.clone();
    foreign["thoughtSignature"] = "Zm9yZWlnbiBzaWduYXR1cmUgZnJvbSBzb21lYm9keSBlbHNl".into();
    assert_eq!(sim.send(&Ask::generate(THIRD, &again(foreign))).await.message(), "Thought signature is not valid");
    // wire 78
    let mut sentinel = call;
    sentinel["thoughtSignature"] = "skip_thought_signature_validator".into();
    assert_eq!(sim.send(&Ask::generate(THIRD, &again(sentinel.clone()))).await.status, 200);
    // In turns that are over nobody asks.
    let mut over = again(sentinel);
    over["contents"][1]["parts"][0].as_object_mut().unwrap().remove("thoughtSignature");
    over["contents"].as_array_mut().unwrap().extend([
        json!({"role": "model", "parts": [{"text": "Sunny."}]}),
        json!({"role": "user", "parts": [{"text": "Thanks."}]}),
    ]);
    assert_eq!(sim.send(&Ask::generate(THIRD, &over)).await.status, 200);
}

// === shapes ===

#[tokio::test]
async fn json_follows_its_schema() {
    let sim = Sim::start().await;
    let ask = async |config: Value| -> Value {
        let mut body = said("Fill it.");
        body["generationConfig"] = config;
        let answer = sim.send(&Ask::generate(MODEL, &body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_str(&answer.said()).unwrap()
    };
    let schema = json!({
        "type": "OBJECT",
        "properties": {
            "b": {"type": "STRING", "enum": ["x", "y"]},
            "a": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "3", "maxItems": "3"},
            "c": {"type": "NUMBER", "minimum": 5, "maximum": 6},
        },
        "propertyOrdering": ["c", "a", "b"],
        "required": ["a", "b", "c"],
    });
    let value = ask(json!({"responseMimeType": "application/json", "responseSchema": schema})).await;
    assert_eq!(value.as_object().unwrap().keys().collect::<Vec<_>>(), ["c", "a", "b"]);
    assert_eq!(value["a"].as_array().unwrap().len(), 3);
    assert!(["x", "y"].contains(&value["b"].as_str().unwrap()));
    assert!((5.0..=6.0).contains(&value["c"].as_f64().unwrap()));

    let schema = json!({
        "type": "object",
        "properties": {
            "tree": {"$ref": "#/$defs/node"},
            "maybe": {"type": ["integer", "null"]},
            "either": {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
            "fixed": {"const": 7},
        },
        "$defs": {"node": {"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["name"]}},
    });
    let value = ask(json!({"responseMimeType": "application/json", "responseJsonSchema": schema})).await;
    assert!(value["tree"]["name"].is_string() && value["maybe"].is_i64() && value["either"].is_boolean());
    assert_eq!(value["fixed"], 7);
    assert!(ask(json!({"responseMimeType": "application/json"})).await.is_object());
}

#[tokio::test]
async fn an_enum_is_one_of_its_words() {
    let sim = Sim::start().await;
    let mut body = said("Which?");
    body["generationConfig"] =
        json!({"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["red", "blue"]}});
    let word = sim.send(&Ask::generate(MODEL, &body)).await.said();
    assert!(["red", "blue"].contains(&word.as_str()), "{word}");
}

#[tokio::test]
async fn media_come_inline() {
    let sim = Sim::start().await;
    let answer = sim.send(&Ask::generate("gemini-2.5-flash-image", &said("Draw."))).await.json();
    let parts = answer["candidates"][0]["content"]["parts"].as_array().unwrap().clone();
    assert_eq!(parts.last().unwrap()["inlineData"]["mimeType"], "image/png");
    let mut body = said("Speak.");
    body["generationConfig"] = json!({"responseModalities": ["AUDIO"]});
    let answer = sim.send(&Ask::generate("gemini-2.5-flash-preview-tts", &body)).await.json();
    let kind = answer["candidates"][0]["content"]["parts"][0]["inlineData"]["mimeType"].as_str().unwrap();
    // wire 105
    assert!(kind.starts_with("audio/L16"), "{kind}");
}

#[tokio::test]
async fn stop_sequences_stop() {
    let sim = Sim::start().await;
    let mut body = said("[[sim: text=\"one END two\"]]");
    body["generationConfig"] = json!({"stopSequences": ["two", "END"]});
    assert_eq!(sim.send(&Ask::generate(MODEL, &body)).await.said(), "one ");
}

#[tokio::test]
async fn several_candidates_are_numbered() {
    let sim = Sim::start().await;
    let mut body = said("hi");
    body["generationConfig"] = json!({"candidateCount": 3});
    let answer = sim.send(&Ask::generate(MODEL, &body)).await.json();
    let indexes: Vec<u64> =
        answer["candidates"].as_array().unwrap().iter().map(|candidate| candidate["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, [0, 1, 2]);
}

#[tokio::test]
async fn directives_are_read_from_the_last_turn_alone() {
    let sim = Sim::start().await;
    let turn = |role: &str, text: &str| json!({"role": role, "parts": [{"text": text}]});
    let body = json!({"contents": [turn("user", "[[sim: text=\"first\"]]"), turn("model", "first"), turn("user", "And then? [[sim: echo]]")]});
    assert_eq!(sim.send(&Ask::generate(MODEL, &body)).await.said(), "And then?");
    let refused = sim.say("[[sim: colour=blue]]").await;
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("colour"));
}

#[tokio::test]
async fn a_task_of_several_steps_stands_in_one_prompt() {
    let sim = Sim::start().await;
    let turn = |role: &str, part: Value| json!({"role": role, "parts": [part]});
    let task = "Go. [[sim: calls=current_weather]] [[sim: step=2 calls=current_time]] [[sim: step=3 text=\"Done.\"]]";
    let mut body = with_tools(task);
    for name in ["current_weather", "current_time"] {
        let call = sim.send(&Ask::generate(THIRD, &body)).await.json()["candidates"][0]["content"]["parts"][0].clone();
        assert_eq!(call["functionCall"]["name"], name);
        let turns = body["contents"].as_array_mut().unwrap();
        turns.push(turn("model", call));
        turns.push(turn("user", json!({"functionResponse": {"name": name, "response": {"result": "noted"}}})));
        // Agents put words of their own behind a result.
        turns.push(turn("user", json!({"text": "Remember the rules."})));
    }
    assert_eq!(sim.send(&Ask::generate(MODEL, &body)).await.said(), "Done.");
    // What was said in a turn that is over is not heard again.
    let turns = body["contents"].as_array_mut().unwrap();
    turns.extend([turn("model", json!({"text": "Done."})), turn("user", json!({"text": "[[sim: echo]] And now?"}))]);
    assert_eq!(sim.send(&Ask::generate(MODEL, &body)).await.said(), "And now?");
}

// === counting and embedding ===

#[tokio::test]
async fn tokens_are_counted_in_both_forms_and_cost_nothing() {
    let sim = Sim::start().await;
    let path = format!("/v1beta/models/{MODEL}:countTokens");
    let plain = sim.send(&Ask::post(&path, &said("one two three"))).await;
    assert_eq!(
        plain.text(),
        "{\n  \"totalTokens\": 4,\n  \"promptTokensDetails\": [\n    {\n      \"modality\": \"TEXT\",\n      \"tokenCount\": 4\n    }\n  ]\n}\n"
    );
    // wire 126
    let mut request = with_tools("one two three");
    request["model"] = format!("models/{MODEL}").into();
    let full = sim.send(&Ask::post(&path, &json!({"generateContentRequest": request}))).await.json();
    assert!(full["totalTokens"].as_u64() > Some(4));
    request.as_object_mut().unwrap().remove("model");
    assert_eq!(sim.send(&Ask::post(&path, &json!({"generateContentRequest": request}))).await.status, 400);
    let image = json!({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]}]});
    let image = sim.send(&Ask::post(&path, &image)).await.json();
    assert_eq!(image["promptTokensDetails"], json!([{"modality": "IMAGE", "tokenCount": 258}]));
    assert!(sim.control.usage().is_empty());
}

#[tokio::test]
async fn embeddings_have_the_size_that_was_asked_for() {
    // wire 108
    let sim = Sim::start().await;
    let values = |embedding: &Value| {
        embedding["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect::<Vec<f64>>()
    };
    let length = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let one = |text: &str| json!({"content": {"parts": [{"text": text}]}});
    let path = "/v1beta/models/gemini-embedding-001:embedContent";
    let full = values(&sim.send(&Ask::post(path, &one("hello world"))).await.json()["embedding"]);
    assert_eq!(full.len(), 3_072);
    assert!((length(&full) - 1.0).abs() < 1e-3);

    let request = |text: &str| json!({"model": "models/gemini-embedding-001", "content": {"parts": [{"text": text}]}, "outputDimensionality": 256});
    let batch = json!({"requests": [request("hello world"), request("hello moon"), request("something else")]});
    let answer = sim.send(&Ask::post("/v1beta/models/gemini-embedding-001:batchEmbedContents", &batch)).await.json();
    let small: Vec<Vec<f64>> = answer["embeddings"].as_array().unwrap().iter().map(values).collect();
    assert_eq!(small[0], full[..256]);
    assert!(length(&small[0]) < 0.9, "smaller ones are not normalised");
    let near = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(left, right)| left * right).sum::<f64>();
    assert!(near(&small[0], &small[1]) > near(&small[0], &small[2]));
    assert!(answer.get("usageMetadata").is_none());

    let second = sim.send(&Ask::post("/v1beta/models/gemini-embedding-2:embedContent", &one("hello"))).await.json();
    assert_eq!(second["usageMetadata"]["promptTokenDetails"][0]["modality"], "TEXT");
}

// === clients that leave ===

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let sim = Sim::with(Options { control: true, keys: vec![SimKey::good(KEY, 1)], ..Options::default() }).await;
    // wire 128
    let mut body = sim.open(&Ask::stream(MODEL, &said("[[sim: chunks=5000 delay_ms=20]]"))).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    assert!(!sim.control.requests()[0].client_gone());
    drop(body);
    sim.until(|control| control.requests()[0].client_gone()).await;

    // Before the headers as well.
    let slow = Ask::generate(MODEL, &said("[[sim: first_ms=60000]]"));
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), sim.open(&slow)).await;
    assert!(given_up.is_err());
    sim.until(|control| control.requests().len() == 2 && control.requests()[1].client_gone()).await;

    sim.say("hi").await;
    assert!(sim.control.requests()[2].is_done() && !sim.control.requests()[2].client_gone());
}
