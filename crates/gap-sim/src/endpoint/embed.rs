//! Embeddings: made up from the words, so that texts that share words are near each other.

use http::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Ask;
use crate::body::Body;
use crate::dice::Dice;
use crate::error::ApiError;
use crate::models::Model;
use crate::outgoing;
use crate::quota::Cost;
use crate::request::Content;
use crate::route::Action;
use crate::tokens::{self, Tokens};

/// The full size of Google's embeddings.
const FULL: i64 = 3_072;
/// As many as one batch may hold.
const MOST: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    model: Option<String>,
    content: Content,
    output_dimensionality: Option<i64>,
    task_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Batch {
    requests: Vec<Request>,
}

pub(crate) fn one(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let model = ask.model(name, Action::EmbedContent)?;
    let request: Request = ask.read("EmbedContentRequest")?;
    check(&request, name, "EmbedContentRequest")?;
    let tokens = tokens::of_content(&request.content);
    ask.admit(model, Cost { requests: 1, tokens: tokens.total() })?;
    let mut answer = json!({"embedding": embedding(ask, model, &request)});
    with_usage(&mut answer, model, tokens);
    Ok(outgoing::with_service_tier(ask.json(answer), "standard"))
}

pub(crate) fn many(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let model = ask.model(name, Action::BatchEmbedContents)?;
    let batch: Batch = ask.read("BatchEmbedContentsRequest")?;
    let count = batch.requests.len();
    if count == 0 {
        return Err(ApiError::invalid("* BatchEmbedContentsRequest.requests: requests is not specified\n"));
    }
    if count > MOST {
        let message = format!("* BatchEmbedContentsRequest.requests: at most {MOST} requests can be in one batch\n");
        return Err(ApiError::invalid(message));
    }
    for (index, request) in batch.requests.iter().enumerate() {
        if request.model.is_none() {
            let place = format!("BatchEmbedContentsRequest.requests[{index}].model");
            return Err(ApiError::invalid(format!("* {place}: model is not specified\n")));
        }
        check(request, name, &format!("BatchEmbedContentsRequest.requests[{index}]"))?;
    }
    let tokens = batch.requests.iter().map(|request| tokens::of_content(&request.content));
    let tokens = tokens.fold(Tokens::default(), Tokens::plus);
    // Google counts every text of a batch as a request.
    ask.admit(model, Cost { requests: count as u64, tokens: tokens.total() })?;
    let embeddings: Vec<Value> = batch.requests.iter().map(|request| embedding(ask, model, request)).collect();
    let mut answer = json!({ "embeddings": embeddings });
    with_usage(&mut answer, model, tokens);
    Ok(outgoing::with_service_tier(ask.json(answer), "standard"))
}

fn check(request: &Request, name: &str, place: &str) -> Result<(), ApiError> {
    if let Some(model) = &request.model
        && model.strip_prefix("models/").unwrap_or(model) != name
    {
        let message = format!("* {place}.model: the model of a request must be the model in the path\n");
        return Err(ApiError::invalid(message));
    }
    if request.content.parts.is_empty() {
        return Err(ApiError::invalid(format!("* {place}.content: contents is not specified\n")));
    }
    if request.content.parts.iter().any(|part| !part.has_data()) {
        let what = "required oneof field 'data' must have one initialized field";
        return Err(ApiError::invalid(format!("* {place}.content.parts[0].data: {what}\n")));
    }
    if request.content.parts.iter().any(|part| part.text.as_deref() == Some("")) {
        return Err(ApiError::invalid("The text content is empty."));
    }
    match request.output_dimensionality {
        Some(size) if !(1..=FULL).contains(&size) => {
            Err(ApiError::invalid(format!("outputDimensionality must be between 1 and {FULL}, but got {size}.")))
        }
        _ => Ok(()),
    }
}

/// Sums of directions, one per word; the full size has length 1, smaller ones are cut from it (wire 108).
fn embedding(ask: &Ask<'_>, model: &Model, request: &Request) -> Value {
    let size = usize::try_from(request.output_dimensionality.unwrap_or(FULL)).unwrap_or_default();
    let full = usize::try_from(FULL).unwrap_or_default();
    let mut sum = vec![0.0_f64; full];
    let task = request.task_type.as_deref().unwrap_or_default();
    let mut add = |word: &str, weight: f64| {
        let mut dice = Dice::new(ask.world.options.seed, &["embedding", model.id(), word]);
        for value in &mut sum {
            *value += (dice.unit() - 0.5) * weight;
        }
    };
    add(task, 0.25);
    for part in &request.content.parts {
        match (&part.text, &part.inline_data) {
            (Some(text), _) => text.split_whitespace().take(MOST_WORDS).for_each(|word| add(&word.to_lowercase(), 1.0)),
            (None, Some(blob)) => add(&blob.data, 1.0),
            (None, None) => add("", 1.0),
        }
    }
    let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    #[expect(clippy::cast_possible_truncation, reason = "Google gives single precision")]
    let values = sum.iter().take(size).map(|value| (value / length) as f32);
    json!({"values": values.map(short).collect::<Vec<Value>>()})
}

/// Words beyond these are not looked at: each costs three thousand throws of the dice.
const MOST_WORDS: usize = 256;

/// As few digits as tell one `f32` from the next, as Google prints them.
fn short(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

/// Since the second generation; `promptTokenDetails` is singular there.
fn with_usage(answer: &mut Value, model: &Model, tokens: Tokens) {
    if model.id().starts_with("gemini-embedding-2") {
        answer["usageMetadata"] = json!({"promptTokenCount": tokens.total(), "promptTokenDetails": tokens.details()});
    }
}
