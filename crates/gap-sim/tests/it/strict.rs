//! What is refused, in Google's words.

use serde_json::{Value, json};

use crate::recordings;
use crate::support::{Ask, MODEL, Sim, said};

const THIRD: &str = "gemini-3.1-pro-preview";

fn with(member: &str, value: Value) -> Value {
    let mut body = said("hi");
    body[member] = value;
    body
}

fn config(value: Value) -> Value {
    with("generationConfig", value)
}

fn declared(functions: Value) -> Value {
    with("tools", json!([{"functionDeclarations": functions}]))
}

fn parameters(schema: Value) -> Value {
    declared(json!([{"name": "f", "parameters": schema}]))
}

fn turns(turns: Value) -> Value {
    let turns = turns.as_array().unwrap().iter().map(|turn| json!({"role": turn[0], "parts": turn[1]}));
    json!({"contents": turns.collect::<Value>()})
}

async fn refused(sim: &Sim, ask: &Ask, mark: &str) {
    let answer = sim.send(ask).await;
    assert_eq!(answer.status, 400, "{mark}: {}", answer.text());
    assert_eq!(answer.json()["error"]["status"], "INVALID_ARGUMENT");
    assert!(answer.message().contains(mark), "wanted {mark:?}, got {:?}", answer.message());
}

#[tokio::test]
async fn shapes_that_googles_parser_does_not_know() {
    let sim = Sim::start().await;
    let cases = [
        (with("nonsense", json!(1)), "Invalid JSON payload received. Unknown name \"nonsense\": Cannot find field."),
        (config(json!({"logProbs": 1})), "Unknown name \"logProbs\" at 'generation_config': Cannot find field."),
        (
            json!({"contents": [{"parts": [{"txt": "hi"}]}]}),
            "Unknown name \"txt\" at 'contents[0].parts[0]': Cannot find field.",
        ),
        (
            parameters(json!({"type": "OBJECT", "properties": {"v": {"type": "NUMBER", "exclusiveMinimum": 0}}})),
            "Unknown name \"exclusiveMinimum\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field.",
        ),
        (
            config(json!({"temperature": "hot"})),
            "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"hot\"",
        ),
        (
            config(json!({"maxOutputTokens": 1.5})),
            "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), 1.5",
        ),
        (config(json!({"responseMimeType": ["a"]})), "Proto field is not repeating, cannot start list."),
        (with("safetySettings", json!([{"category": "HARM_CATEGORY_NONSENSE"}])), "HARM_CATEGORY_NONSENSE"), // wire 96
        (
            json!({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "!!"}}]}]}),
            "Base64 decoding failed",
        ),
        (
            json!({"contents": [{"parts": [{"text": "a", "inlineData": {"mimeType": "image/png", "data": "AA=="}}]}]}),
            "oneof field 'data' is already set",
        ),
        // wire 62
        (
            turns(json!([["user", [{"functionResponse": {"name": "f", "response": "sunny"}}]]])),
            "google.protobuf.Struct",
        ),
        (json!([]), "Invalid value"),
    ];
    for (body, mark) in cases {
        refused(&sim, &Ask::generate(MODEL, &body), mark).await;
    }
    let answer = sim.send(&Ask::generate(MODEL, &with("nonsense", json!(1)))).await.json();
    assert_eq!(answer["error"]["details"][0]["@type"], "type.googleapis.com/google.rpc.BadRequest");
    refused(
        &sim,
        &Ask::generate(MODEL, &Value::Null).bytes("{\"contents\": [").header("content-type", "application/json"),
        "Invalid JSON payload received.",
    )
    .await;
}

#[tokio::test]
async fn both_spellings_and_other_liberties_are_taken() {
    let sim = Sim::start().await;
    for body in [
        // wire 32
        json!({"contents": {"parts": {"text": "hi"}}, "generation_config": {"max_output_tokens": "20", "top_k": 3.0}}),
        json!({"contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "_-8"}}]}]}),
        with("system_instruction", json!({"parts": {"text": ""}})),
        // wire 59
        parameters(json!({"type": "object", "properties": {"a": {"type": "string"}}})),
        config(json!({"responseMimeType": null, "stopSequences": "END"})),
        json!({"contents": [{"role": "function", "parts": [{"text": "hi"}]}]}), // wire 39
        json!({"contents": [{"role": "user", "parts": [{"text": ""}]}]}),
        // wire 52
        declared(json!([{"name": "f"}, {"name": "g", "parameters": {"type": "OBJECT", "properties": {}}}])),
    ] {
        let answer = sim.send(&Ask::generate(MODEL, &body)).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    }
}

#[tokio::test]
async fn conversations_out_of_order() {
    let sim = Sim::start().await;
    let call = json!([{"functionCall": {"name": "f", "args": {}}}]);
    let two = json!([{"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "g", "args": {}}}]);
    let result = json!([{"functionResponse": {"name": "f", "response": {}}}]);
    let text = json!([{"text": "hi"}]);
    let cases = [
        (json!({}), "* GenerateContentRequest.contents: contents is not specified\n"), // wire 45
        (json!({"contents": []}), "contents is not specified"),
        (
            json!({"contents": [{"role": "user", "parts": []}]}),
            "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n",
        ),
        (
            json!({"contents": [{"role": "user", "parts": [{}]}]}),
            "parts[0].data: required oneof field 'data' must have one initialized field\n",
        ),
        (json!({"contents": [{"role": "system", "parts": text}]}), "Please use a valid role: user, model."), // wire 39
        (json!({"contents": [{"role": "assistant", "parts": text}]}), "Please use a valid role: user, model."),
        // wire 43
        (turns(json!([["model", call]])), "function call turn comes immediately after a user turn"),
        (
            turns(json!([["user", text], ["model", text], ["model", call]])),
            "function call turn comes immediately after a user turn",
        ),
        (
            turns(json!([["user", text], ["user", result]])),
            "function response turn comes immediately after a function call turn",
        ),
        (turns(json!([["user", result]])), "function response turn comes immediately after a function call turn"),
        // wire 65
        (
            turns(json!([["user", text], ["model", two], ["user", result]])),
            "number of function response parts is equal to the number of function call parts",
        ),
        // wire 63
        (
            turns(json!([["user", text], ["model", call], ["user", [{"functionResponse": {"response": {}}}]]])),
            "function_response.name: Name cannot be empty",
        ),
    ];
    for (body, mark) in cases {
        refused(&sim, &Ask::generate(MODEL, &body), mark).await;
    }
    let good = turns(
        json!([["user", text], ["model", two], ["user", [result[0], {"functionResponse": {"name": "g", "response": {}}}]], ["model", text], ["user", text]]),
    );
    assert_eq!(sim.send(&Ask::generate(MODEL, &good)).await.status, 200);
}

#[tokio::test]
async fn schemas_that_google_cannot_follow() {
    let sim = Sim::start().await;
    let json_mode = |schema: Value| config(json!({"responseMimeType": "application/json", "responseSchema": schema}));
    let cases = [
        // wire 57
        (
            parameters(json!({"type": "OBJECT", "properties": {}, "required": ["a"]})),
            "parameters.required[0]: property is not defined",
        ),
        // wire 58
        (
            parameters(json!({"type": "OBJECT", "properties": {"a": {"type": "ARRAY"}}})),
            "parameters.properties[a].items: missing field.",
        ),
        // wire 55
        (
            parameters(json!({"type": "OBJECT", "properties": {"a": {"type": "INTEGER", "enum": ["1"]}}})),
            "enum: only allowed for STRING type",
        ),
        // wire 56
        (
            json_mode(json!({"type": "STRING", "format": "uri"})),
            "format: only 'enum' and 'date-time' are supported for STRING type",
        ),
        (json_mode(json!({"type": "OBJECT", "additionalProperties": false})), "Unknown name \"additionalProperties\""),
        (config(json!({"responseSchema": {"type": "STRING"}})), "only supported when response_mime_type is"),
        // wire 53
        (
            declared(json!([{"name": "f", "parameters": {"type": "OBJECT"}, "parametersJsonSchema": {}}])),
            "mutually exclusive",
        ),
        // wire 51
        (declared(json!([{"name": "1st"}])), "Invalid function name"),
        (declared(json!([{"name": "a b"}])), "Invalid function name"),
        (declared(json!([{"name": "f".repeat(129)}])), "Invalid function name"),
        // wire 50
        (declared(json!([{"name": "echo"}, {"name": "echo"}])), "Duplicate function declaration found: echo"),
        (with("toolConfig", json!({"functionCallingConfig": {"mode": "ANY"}})), "without function_declarations"),
    ];
    for (body, mark) in cases {
        refused(&sim, &Ask::generate(MODEL, &body), mark).await;
    }
}

#[tokio::test]
async fn what_a_model_cannot_do() {
    let sim = Sim::start().await;
    let thinking = |value: Value| config(json!({ "thinkingConfig": value }));
    let search = json!([{"googleSearch": {}}, {"functionDeclarations": [{"name": "f"}]}]);
    let json_with_tools = || {
        let mut body = declared(json!([{"name": "f"}]));
        body["generationConfig"] = json!({"responseMimeType": "application/json"});
        body
    };
    let cases = [
        // wire 82–84
        (
            MODEL,
            thinking(json!({"thinkingBudget": 24_577})),
            "The thinking budget 24577 is invalid. Please choose a value between",
        ),
        ("gemini-2.5-pro", thinking(json!({"thinkingBudget": 0})), "This model only works in thinking mode."),
        (MODEL, thinking(json!({"thinkingLevel": "LOW"})), "Thinking level is not supported for this model."),
        (
            THIRD,
            thinking(json!({"thinkingLevel": "LOW", "thinkingBudget": 5})),
            "only set only one of thinking budget and thinking level",
        ),
        (
            THIRD,
            thinking(json!({"thinkingLevel": "MINIMAL"})),
            "Thinking level MINIMAL is not supported for this model.",
        ),
        ("gemini-2.0-flash", thinking(json!({"includeThoughts": true})), "Thinking is not enabled for this model"),
        // wire 69, 70
        (MODEL, with("tools", search.clone()), "cannot be combined"),
        (THIRD, with("tools", search), "include_server_side_tool_invocations"),
        (MODEL, json_with_tools(), "Function calling with a response mime type: 'application/json' is unsupported"),
        // wire 87–92
        (
            MODEL,
            config(json!({"maxOutputTokens": 70_000})),
            "maxOutputTokens value of 70000 but the supported range is from 1 (inclusive) to 65537 (exclusive)",
        ),
        (MODEL, config(json!({"maxOutputTokens": 0})), "max_output_tokens must be positive"),
        (MODEL, config(json!({"temperature": 2.1})), "temperature must be in the range [0.0, 2.0]"),
        (
            MODEL,
            config(json!({"topP": -0.1, "candidateCount": 9})),
            "top_p must be in the range [0.0, 1.0].\n* GenerateContentRequest.generation_config.candidate_count",
        ),
        (MODEL, config(json!({"stopSequences": ["a", "b", "c", "d", "e", "f"]})), "at most 5"),
        (MODEL, config(json!({"seed": 3_000_000_000_u64})), "generation_config.seed"),
        (MODEL, config(json!({"presencePenalty": 0.5})), "Penalty is not enabled for models/gemini-2.5-flash"),
        (THIRD, config(json!({"responseLogprobs": true})), "Logprobs is not enabled for models/gemini-3.1-pro-preview"),
        (MODEL, config(json!({"responseMimeType": "image/png"})), "allowed mimetypes are"),
        // wire 97
        (
            "gemini-2.5-flash-image",
            config(json!({"responseMimeType": "application/json"})),
            "JSON mode is not enabled for models/gemini-2.5-flash-image",
        ),
        (
            "gemini-2.5-flash-preview-tts",
            said("hi"),
            "The requested combination of response modalities (TEXT) is not supported by the model. models/gemini-2.5-flash-preview-tts accepts the following combination of response modalities:\n* AUDIO\n",
        ),
        (MODEL, config(json!({"responseModalities": ["AUDIO"]})), "This model only supports text output."),
        ("bad%20model", said("hi"), "* GenerateContentRequest.model: unexpected model name format\n"),
        // wire 23
        (
            MODEL,
            said(&"word ".repeat(900_000)),
            "The input token count exceeds the maximum number of tokens allowed (1048576).",
        ),
        // wire 101
        (
            MODEL,
            json!({"contents": [{"parts": [{"inlineData": {"mimeType": "image/svg+xml", "data": "AA=="}}]}]}),
            "Unsupported MIME type: image/svg+xml",
        ),
        (
            MODEL,
            json!({"contents": [{"parts": [{"fileData": {"fileUri": "gs://bucket/a", "mimeType": "image/png"}}]}]}),
            "Cannot fetch content from the provided URL.",
        ),
    ];
    for (model, body, mark) in cases {
        refused(&sim, &Ask::generate(model, &body), mark).await;
    }
    let stream = Ask::stream(MODEL, &config(json!({"responseLogprobs": true})));
    refused(&sim, &stream, "LogProbs is not supported in streaming mode").await;
}

#[tokio::test]
async fn embeddings_are_checked_as_well() {
    let sim = Sim::start().await;
    let one = "/v1beta/models/gemini-embedding-001:embedContent";
    let many = "/v1beta/models/gemini-embedding-001:batchEmbedContents";
    let request = json!({"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "a"}]}});
    for (path, body, mark) in [
        (one, json!({}), "contents is not specified"),
        (one, json!({"content": {"parts": [{"text": ""}]}}), "empty"),
        (one, json!({"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4_000}), "outputDimensionality"),
        (one, json!({"content": {"parts": [{"text": "a"}]}, "input": "a"}), "Unknown name \"input\""),
        (many, json!({"requests": []}), "requests is not specified"),
        (many, json!({"requests": [{"content": {"parts": [{"text": "a"}]}}]}), "model is not specified"),
        (many, json!({"requests": vec![request; 101]}), "at most 100"),
    ] {
        refused(&sim, &Ask::post(path, &body), mark).await;
    }
}

#[tokio::test]
async fn paths_and_models_that_are_not_there() {
    let sim = Sim::start().await;
    let body = said("hi");
    // wire 18
    let answer = sim.send(&Ask::generate("gemini-0-nonsense", &body)).await;
    assert_eq!(
        answer.text(),
        "{\n  \"error\": {\n    \"code\": 404,\n    \"message\": \"models/gemini-0-nonsense is not found for API version v1beta, or is not supported for generateContent. Call ModelService.ListModels to see the list of available models and their supported methods.\",\n    \"status\": \"NOT_FOUND\"\n  }\n}\n"
    );
    assert_eq!(sim.send(&Ask::generate("gemini-embedding-001", &body)).await.status, 404);
    assert!(sim.send(&Ask::get("/v1beta/models/gemini-0-nonsense")).await.message().contains("gemini-0-nonsense"));
    for ask in [
        Ask::get("/nonsense"),
        Ask::get("/v1beta"),
        Ask::get("/v9/models"),
        Ask::get(&format!("/v1beta/models/{MODEL}:generateContent")).method("PUT"),
        Ask::post("/v1beta/models", &body),
        Ask::post(&format!("/v1beta/models/{MODEL}:inventContent"), &body),
        Ask::post("/v1beta/models/publishers/x/models/y:batchEmbedContents", &body),
    ] {
        let answer = sim.send(&ask).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (404, 0), "{ask:?}");
        assert_eq!(answer.headers["content-type"], "text/html", "{ask:?}");
    }
    // wire 31
    for path in [format!("/v1/models/{MODEL}%3AgenerateContent"), format!("//v1alpha//models/{MODEL}:generateContent")]
    {
        assert_eq!(sim.send(&Ask::post(&path, &body)).await.status, 200, "{path}");
    }
}

/// Refused for what only Google can see: a web page, a bucket, a picture's inside, other people's models.
const OUT_OF_SIGHT: [&str; 8] = [
    "Unsupported file uri: https://",
    "Cannot fetch content from the provided URL.",
    "The document has no pages.",
    "Provided image is not valid.",
    "Unsupported MIME type: image/gif",
    "at most 6 image parts",
    // The recorder shortened the input.
    "The input token count exceeds",
    // The alias stood for another model then; the same request was also recorded with the other refusal.
    "Logprobs is not enabled for models/gemini-flash-latest",
];

#[tokio::test]
async fn what_google_refused_is_refused() {
    let sim = Sim::start().await;
    let mut count = 0;
    let mut wrong = Vec::new();
    for recording in recordings::all() {
        let wanted = recording.answer["error"]["message"].as_str().unwrap_or_default().to_owned();
        let seen = recording.status == 400
            && recording.request.is_object()
            && recording.provenance == "recorded_http"
            && !recording.truncated;
        let hidden = OUT_OF_SIGHT.iter().any(|message| wanted.contains(message))
            || wanted.contains("API key")
            || wanted == "Request contains an invalid argument.";
        if !seen || hidden || !recording.path.contains("/models/") {
            continue;
        }
        let answer = sim.send(&Ask::post(&recording.path, &recording.request)).await;
        let known = answer.status != 404;
        if !known {
            continue;
        }
        count += 1;
        if answer.status != 400 || answer.message() != wanted {
            wrong.push(format!("{}\n  wanted {wanted:?}\n  got {} {}", recording.id, answer.status, answer.text()));
        }
    }
    println!("{count} refusals");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
