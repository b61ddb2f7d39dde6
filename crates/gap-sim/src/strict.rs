//! What Google refuses although its shape is right: turns out of order, schemas it cannot follow, what a model cannot do.
//!
//! Messages are Google's own where they were recorded or reported. Several mistakes of one kind are told at once, each on
//! a line that begins with `* `, as Google does it; of several kinds the first is told.

mod conversation;
mod declared;
mod media;

use std::fmt::Display;

use crate::endpoint::Ask;
use crate::error::{ApiError, Mistakes};
use crate::models::{Model, Thinks};
use crate::refusal;
use crate::request::{Config, Content, Generate, ThinkingConfig};
use crate::tokens;

/// Refuses what the model would refuse.
pub(crate) fn request(ask: &Ask<'_>, model: &Model, request: &Generate, streamed: bool) -> Result<(), ApiError> {
    contents(&request.contents, "GenerateContentRequest")?;
    if let Some(system) = &request.system_instruction {
        conversation::parts(system, "GenerateContentRequest.system_instruction")?;
    }
    conversation::turns(&request.contents)?;
    if model.is_third_generation() {
        conversation::signatures(&request.contents, ask.world.options.seed, ask.world.options.signatures)?;
    }
    declared::tools(model, request)?;
    declared::answer_schema(&request.generation_config)?;
    config(model, request, streamed)?;
    media::all(ask, &request.contents)?;
    let tokens = tokens::of_request(request).total();
    if tokens > model.input_limit() {
        return Err(refusal::too_long(model.input_limit()));
    }
    Ok(())
}

/// Refuses contents that are none.
pub(crate) fn contents(contents: &[Content], message: &str) -> Result<(), ApiError> {
    if contents.is_empty() {
        return Err(ApiError::invalid(format!("* {message}.contents: contents is not specified\n")));
    }
    for (index, content) in contents.iter().enumerate() {
        let known = matches!(content.role.as_deref(), None | Some("" | "user" | "model" | "function" | "tool"));
        if !known {
            return Err(ApiError::invalid("Please use a valid role: user, model."));
        }
        conversation::parts(content, &format!("{message}.contents[{index}]"))?;
    }
    Ok(())
}

fn config(model: &Model, request: &Generate, streamed: bool) -> Result<(), ApiError> {
    let config = &request.generation_config;
    ranges(model, config)?;
    config.thinking_config.as_ref().map_or(Ok(()), |thinking| thoughts(model, thinking))?;
    modalities(model, config)?;
    pictures(model, config)?;
    let name = || format!("models/{}", model.id());
    if (config.presence_penalty.is_some_and(is_set) || config.frequency_penalty.is_some_and(is_set)) && !model.penalties
    {
        return Err(ApiError::invalid(format!("Penalty is not enabled for {}", name())));
    }
    if config.response_logprobs && streamed {
        return Err(ApiError::invalid("LogProbs is not supported in streaming mode"));
    }
    if config.response_logprobs && !model.logprobs {
        return Err(ApiError::invalid(format!("Logprobs is not enabled for {}", name())));
    }
    if config.logprobs.is_some() && !config.response_logprobs {
        return Err(ApiError::invalid("Set response_logprobs to true when logprobs is set."));
    }
    if config.wants_json() && !model.json {
        return Err(ApiError::invalid(format!("JSON mode is not enabled for {}", name())));
    }
    if config.wants_json() && model.generation < 30 && request.functions().next().is_some() {
        let message = "Function calling with a response mime type: 'application/json' is unsupported";
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

/// Zero is what is meant by default, and asks for nothing.
fn is_set(penalty: f64) -> bool {
    penalty.abs() > f64::EPSILON
}

fn ranges(model: &Model, config: &Config) -> Result<(), ApiError> {
    let mut wrong = Mistakes::default();
    let mut check = |is_good: bool, field: &str, what: &dyn Display| {
        if !is_good {
            wrong.add(format_args!("GenerateContentRequest.generation_config.{field}"), what);
        }
    };
    let within = |value: Option<f64>, low: f64, high: f64| value.is_none_or(|value| (low..=high).contains(&value));
    check(within(config.temperature, 0.0, 2.0), "temperature", &"temperature must be in the range [0.0, 2.0].");
    check(within(config.top_p, 0.0, 1.0), "top_p", &"top_p must be in the range [0.0, 1.0].");
    check(config.top_k.is_none_or(|top_k| top_k >= 0), "top_k", &"top_k must be non-negative.");
    check(
        config.max_output_tokens.is_none_or(|most| most > 0),
        "max_output_tokens",
        &"max_output_tokens must be positive.",
    );
    let candidates = config.candidate_count.unwrap_or(1);
    check((0..=8).contains(&candidates), "candidate_count", &"candidate_count must be in the range [1, 8].");
    check(config.stop_sequences.len() <= 5, "stop_sequences", &"the number of stop sequences must be at most 5.");
    let empty = config.stop_sequences.iter().any(String::is_empty);
    check(!empty, "stop_sequences", &"stop sequences must not be empty.");
    check(
        within(config.presence_penalty, -2.0, 2.0),
        "presence_penalty",
        &"presence_penalty must be in the range [-2.0, 2.0].",
    );
    let frequency = within(config.frequency_penalty, -2.0, 2.0);
    check(frequency, "frequency_penalty", &"frequency_penalty must be in the range [-2.0, 2.0].");
    check(
        config.logprobs.is_none_or(|count| (0..=20).contains(&count)),
        "logprobs",
        &"logprobs must be in the range [0, 20].",
    );
    let seed = config.seed.is_none_or(|seed| i32::try_from(seed).is_ok());
    check(seed, "seed", &"seed must be a 32-bit integer.");
    let kinds = ["", "text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum"];
    let known = config.response_mime_type.as_deref().is_none_or(|kind| kinds.contains(&kind));
    let allowed = "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.";
    check(known, "response_mime_type", &allowed);
    wrong.into_result()?;
    let limit = model.output_limit();
    match config.max_output_tokens.and_then(|most| u64::try_from(most).ok()).filter(|most| *most > limit) {
        Some(most) => Err(ApiError::invalid(format!(
            "Unable to submit request because it has a maxOutputTokens value of {most} but the supported range is from 1 \
             (inclusive) to {} (exclusive). Update the value and try again.",
            limit + 1
        ))),
        None => Ok(()),
    }
}

fn modalities(model: &Model, config: &Config) -> Result<(), ApiError> {
    let can = |name: &String| model.outputs.contains(name);
    // A model that draws can also be asked for words alone; one that speaks cannot.
    let wanted = &config.response_modalities;
    let good = if wanted.is_empty() {
        model.outputs.first().is_none_or(|first| first != "AUDIO")
    } else {
        wanted.iter().all(can)
    };
    if good {
        return Ok(());
    }
    let asked = if wanted.is_empty() { "TEXT".to_owned() } else { wanted.join(", ") };
    let name = format!("models/{}", model.id());
    if config.speech_config.is_some() || wanted.iter().any(|modality| modality == "AUDIO") && model.outputs == ["TEXT"]
    {
        return Err(ApiError::invalid("This model only supports text output."));
    }
    Err(ApiError::invalid(format!(
        "The requested combination of response modalities ({asked}) is not supported by the model. {name} accepts the \
         following combination of response modalities:\n* {}\n",
        model.outputs.join(", ")
    )))
}

/// How pictures are asked for: wire 97.
fn pictures(model: &Model, config: &Config) -> Result<(), ApiError> {
    const RATIOS: [&str; 14] =
        ["1:1", "1:4", "4:1", "1:8", "8:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
    const SIZES: [&str; 4] = ["512", "1K", "2K", "4K"];
    let Some(wanted) = &config.image_config else { return Ok(()) };
    let draws = model.outputs.iter().any(|output| output == "IMAGE");
    // The second generation takes the one size that it has (recorded).
    let sizes: &[&str] = if model.is_third_generation() { &SIZES } else { &["1K"] };
    let good = draws
        && wanted.aspect_ratio.as_deref().is_none_or(|ratio| RATIOS.contains(&ratio))
        && wanted.image_size.as_deref().is_none_or(|size| sizes.contains(&size));
    if good { Ok(()) } else { Err(ApiError::invalid("Request contains an invalid argument.")) }
}

/// Wire 82–84.
fn thoughts(model: &Model, config: &ThinkingConfig) -> Result<(), ApiError> {
    let Some(thinks) = &model.thinks else {
        let asks = config.include_thoughts
            || config.thinking_level.is_some()
            || config.thinking_budget.is_some_and(|budget| budget != 0);
        return if asks { Err(ApiError::invalid("Thinking is not enabled for this model")) } else { Ok(()) };
    };
    let level = config.thinking_level.as_deref().filter(|level| *level != "THINKING_LEVEL_UNSPECIFIED");
    if level.is_some() && config.thinking_budget.is_some() {
        return Err(ApiError::invalid("You can only set only one of thinking budget and thinking level."));
    }
    match (thinks, level, config.thinking_budget) {
        (Thinks::Budget { .. }, Some(_), _) => {
            Err(ApiError::invalid("Thinking level is not supported for this model."))
        }
        (Thinks::Budget { min, max, off }, None, Some(budget)) => {
            let good = budget == -1 || (budget == 0 && *off) || (*min..=*max).contains(&budget);
            match budget {
                _ if good => Ok(()),
                0 => Err(ApiError::invalid("Budget 0 is invalid. This model only works in thinking mode.")),
                _ => Err(ApiError::invalid(format!(
                    "The thinking budget {budget} is invalid. Please choose a value between {min} and {max}."
                ))),
            }
        }
        (Thinks::Level { levels }, Some(level), _) if !levels.iter().any(|known| known == level) => {
            let message = format!(
                "Thinking level {level} is not supported for this model. Please retry with other thinking level."
            );
            Err(ApiError::invalid(message))
        }
        _ => Ok(()),
    }
}
