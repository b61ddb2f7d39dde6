//! `predict`: Imagen's own way of making pictures.
//!
//! The message is free in its form (`instances` and `parameters` are any JSON to Google's parser), so what it may hold is
//! checked here, as strictly as the model behind it does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Ask;
use crate::answer::say::PNG;
use crate::body::Body;
use crate::directive::Directives;
use crate::error::ApiError;
use crate::outgoing;
use crate::quota::Cost;
use crate::route::Action;
use crate::tokens;

/// The most pictures of one request.
const MOST: u64 = 4;
const RATIOS: [&str; 5] = ["1:1", "3:4", "4:3", "9:16", "16:9"];
const SIZES: [&str; 2] = ["1K", "2K"];
const KINDS: [&str; 2] = ["image/png", "image/jpeg"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    instances: Vec<Instance>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    prompt: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Parameters {
    sample_count: Option<u64>,
    aspect_ratio: Option<String>,
    sample_image_size: Option<String>,
    person_generation: Option<String>,
    safety_setting: Option<String>,
    language: Option<String>,
    guidance_scale: Option<f64>,
    include_rai_reason: bool,
    include_safety_attributes: bool,
    output_options: OutputOptions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct OutputOptions {
    mime_type: Option<String>,
    compression_quality: Option<u8>,
}

pub(crate) fn predict(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let model = ask.model(name, Action::Predict)?;
    let request: Request = serde_json::from_slice(ask.body)
        .map_err(|error| ApiError::invalid(format!("Invalid JSON payload received. {error}")))?;
    let [Instance { prompt }] = request.instances.as_slice() else {
        return Err(ApiError::invalid("Only one instance is supported."));
    };
    let parameters = &request.parameters;
    let count = parameters.sample_count.unwrap_or(MOST);
    check(parameters, count, name)?;
    if prompt.trim().is_empty() {
        return Err(ApiError::invalid("The prompt is empty."));
    }
    ask.admit(model, Cost { requests: 1, tokens: tokens::of_text(prompt) })?;
    let directives = ask.directives.clone().or(Directives::read(prompt, 1).map_err(ApiError::invalid)?);
    if directives.block.is_some() {
        let reason = "Unable to show generated images. All images were filtered out because they violated Google's \
                      Responsible AI practices.";
        let withheld =
            parameters.include_rai_reason.then(|| json!({ "predictions": [{ "raiFilteredReason": reason }] }));
        return Ok(ask.json(withheld.unwrap_or_else(|| json!({}))));
    }
    let mime = parameters.output_options.mime_type.as_deref().unwrap_or("image/png");
    let picture = json!({ "mimeType": mime, "bytesBase64Encoded": STANDARD.encode(PNG) });
    let predictions: Vec<Value> = (0..count).map(|_| picture.clone()).collect();
    Ok(outgoing::with_service_tier(ask.json(json!({ "predictions": predictions })), "standard"))
}

fn check(parameters: &Parameters, count: u64, name: &str) -> Result<(), ApiError> {
    let one_of = |value: Option<&String>, known: &[&str], field: &str| match value {
        Some(value) if !known.contains(&value.as_str()) => {
            Err(ApiError::invalid(format!("{value:?} is not a valid value of {field}: {}", known.join(", "))))
        }
        _ => Ok(()),
    };
    if !(1..=MOST).contains(&count) {
        return Err(ApiError::invalid(format!("sampleCount must be between 1 and {MOST}, but got {count}.")));
    }
    one_of(parameters.aspect_ratio.as_ref(), &RATIOS, "aspectRatio")?;
    if name.contains("fast") && parameters.sample_image_size.is_some() {
        return Err(ApiError::invalid("sampleImageSize is not adjustable for this model."));
    }
    one_of(parameters.sample_image_size.as_ref(), &SIZES, "sampleImageSize")?;
    let output = &parameters.output_options;
    one_of(output.mime_type.as_ref(), &KINDS, "outputOptions.mimeType")?;
    if output.compression_quality.is_some_and(|quality| quality > 100 || output.mime_type.as_deref() != Some(KINDS[1]))
    {
        return Err(ApiError::invalid("compressionQuality must be between 0 and 100, and is for image/jpeg."));
    }
    Ok(())
}
