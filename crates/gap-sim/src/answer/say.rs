//! Deciding what is said: what the directives ask for, else what the request asks for, else a little prose.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{Asked, Plan, Said, Usage};
use crate::dice::Dice;
use crate::directive::Directives;
use crate::models::Thinks;
use crate::request::{Content, FunctionDeclaration, Generate};
use crate::sample::sample;
use crate::{signature, tokens};

/// Google's chunks have some hundred letters.
const CHUNK: usize = 120;

const WORDS: [&str; 40] = [
    "answer", "bridge", "careful", "day", "early", "evening", "first", "garden", "harbour", "idea", "journey", "kind",
    "letter", "light", "maker", "morning", "narrow", "old", "open", "paper", "people", "quiet", "rain", "river",
    "road", "sea", "simple", "slow", "song", "stone", "story", "summer", "table", "tower", "town", "true", "water",
    "white", "window", "year",
];

/// One grey pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

pub(super) fn plan(asked: Asked<'_>, directives: &Directives, mut dice: Dice, fresh: &mut Dice) -> Plan {
    let Asked { model, request, .. } = asked;
    let response_id = URL_SAFE_NO_PAD.encode(fresh.bytes(16));
    let thinking = Thinking::of(asked, directives, &mut dice);
    let calls =
        if directives.block.is_some() || directives.empty { Vec::new() } else { calls(asked, directives, &mut dice) };
    let mut plan = Plan {
        model,
        response_id,
        usage: None,
        block: directives.block.clone(),
        thoughts: thinking.shown,
        said: Said::Nothing,
        candidates: request.generation_config.candidate_count.map_or(1, |count| count.unsigned_abs().clamp(1, 8)),
        finish: Some("STOP".to_owned()),
        finish_message: None,
        cuts: Vec::new(),
        spread: directives.spread,
        grounded: false,
        log_probability: None,
    };
    let mut said_tokens = 0;
    let mut thoughts = thinking.tokens;
    if plan.block.is_some() {
        (plan.thoughts, thoughts) = (None, 0);
    } else if directives.empty {
        plan.thoughts = None;
    } else if !calls.is_empty() {
        said_tokens = calls.iter().map(|call| tokens::of_text(&call.to_string())).sum();
        plan.said = Said::Calls(signed_calls(asked, calls, thoughts > 0, fresh));
        if model.is_third_generation() {
            plan.finish_message = Some("Model generated function call(s).".to_owned());
        }
    } else if ends_without_words(directives) {
        plan.said = if directives.finish.as_deref() == Some("MALFORMED_FUNCTION_CALL") {
            Said::EmptyContent
        } else {
            Said::NoContent
        };
    } else {
        let text = text(asked, directives, &mut dice);
        let (text, limit) = within_limits(text, request, thoughts);
        thoughts = thoughts.min(limit.thoughts);
        if limit.reached {
            plan.finish = Some("MAX_TOKENS".to_owned());
        }
        said_tokens = tokens::of_text(&text);
        plan.said = said(asked, text, thoughts, limit.reached, fresh);
        plan.grounded =
            request.tools.iter().any(|tool| tool.google_search.is_some() || tool.google_search_retrieval.is_some());
        if model.generation == 20 && !asked.streamed {
            plan.log_probability = Some(-(dice.unit() / 10.0));
        }
    }
    if let Some(finish) = &directives.finish {
        plan.finish = Some(finish.clone()).filter(|finish| finish != "NONE");
        if finish == "MALFORMED_FUNCTION_CALL" {
            plan.finish_message = Some("Malformed function call: print(default_api.".to_owned());
        }
    }
    if let Said::Text { text, .. } = &plan.said {
        plan.cuts = cuts(text, directives);
    }
    if !directives.no_usage {
        let explicit = directives.cached_tokens.unwrap_or(asked.cached);
        let prompt = tokens::Tokens { text: asked.prompt.text.max(1) + explicit, ..asked.prompt };
        let cached = explicit + asked.implicit;
        let candidates = said_tokens * plan.candidates;
        plan.usage = Some(Usage { prompt, cached, explicit, thoughts, candidates });
    }
    plan
}

// === thinking ===

struct Thinking {
    tokens: u64,
    shown: Option<String>,
}

impl Thinking {
    fn of(asked: Asked<'_>, directives: &Directives, dice: &mut Dice) -> Self {
        let config = asked.request.generation_config.thinking_config.clone().unwrap_or_default();
        let off = config.thinking_budget == Some(0)
            || config.thinking_level.as_deref() == Some("MINIMAL")
            || asked.model.thinks.is_none();
        let usual = match &asked.model.thinks {
            Some(Thinks::Level { .. }) if config.thinking_level.as_deref() == Some("HIGH") => dice.between(48, 128),
            _ => dice.between(16, 64),
        };
        let most = config.thinking_budget.and_then(|budget| u64::try_from(budget).ok()).unwrap_or(u64::MAX);
        let wanted = directives.thought_tokens.or(directives.thoughts.as_deref().map(tokens::of_text));
        let tokens = wanted.unwrap_or(if off { 0 } else { usual.min(most) });
        let shown = directives.thoughts.clone().or_else(|| {
            (config.include_thoughts && tokens > 0)
                .then(|| format!("**Considering the request**\n\n{}\n\n\n", prose(dice, 160)))
        });
        Self { tokens, shown }
    }
}

// === function calls ===

/// The calls to be made: those a directive names, or one that the configuration or the words ask for.
fn calls(asked: Asked<'_>, directives: &Directives, dice: &mut Dice) -> Vec<Value> {
    let request = asked.request;
    let names: Vec<&str> = if directives.calls.is_empty() {
        wanted(request, directives).into_iter().collect()
    } else {
        directives.calls.iter().map(String::as_str).filter(|name| !name.is_empty()).collect()
    };
    let calls = names.into_iter().map(|name| {
        let declared = request.functions().find(|function| function.name == name);
        let args = directives
            .args
            .clone()
            .unwrap_or_else(|| declared.map(|function| args(function, dice)).unwrap_or_default());
        json!({"name": name, "args": args})
    });
    calls.collect()
}

fn wanted<'a>(request: &'a Generate, directives: &Directives) -> Option<&'a str> {
    let config = &request.tool_config.function_calling_config;
    let allowed = |name: &&str| {
        config.allowed_function_names.is_empty() || config.allowed_function_names.iter().any(|known| known == name)
    };
    let mut names = request.functions().map(|function| function.name.as_str()).filter(allowed);
    match config.mode.as_deref() {
        Some("NONE") => None,
        Some("ANY") => names.next(),
        _ if directives.text.is_some() || directives.finish.is_some() || directives.echo => None,
        _ => {
            let question = last_question(request)?;
            names.find(|name| {
                let name = name.to_lowercase();
                question.contains(&name) || name.contains('_') && question.contains(&name.replace('_', " "))
            })
        }
    }
}

/// The words of the last turn in lower case, if it is the user's and not the result of a call.
fn last_question(request: &Generate) -> Option<String> {
    let last = request.contents.last().filter(|content| !Generate::is_model(content))?;
    if last.parts.iter().any(|part| part.function_response.is_some()) {
        return None;
    }
    Some(words(last).to_lowercase())
}

fn words(content: &Content) -> String {
    let texts = content.parts.iter().filter_map(|part| part.text.as_deref()).map(Directives::strip);
    texts.collect::<Vec<_>>().join(" ")
}

fn args(function: &FunctionDeclaration, dice: &mut Dice) -> Map<String, Value> {
    let schema = function.parameters_json_schema.as_ref().or(function.parameters.as_ref());
    match schema.map(|schema| sample(schema, dice)) {
        Some(Value::Object(args)) => args,
        _ => Map::new(),
    }
}

/// Since generation 3 calls have ids. Only the first of several has a signature (wire 76).
fn signed_calls(asked: Asked<'_>, calls: Vec<Value>, thinks: bool, fresh: &mut Dice) -> Vec<Value> {
    let third = asked.model.is_third_generation();
    let parts = calls.into_iter().enumerate().map(|(index, mut call)| {
        if third {
            call["id"] = fresh.id(8).into();
        }
        let mut part = json!({ "functionCall": call });
        if index == 0 && (third || thinks) {
            super::sign(&mut part, Some(&signature::sign(asked.seed, fresh)));
        }
        part
    });
    parts.collect()
}

// === words ===

/// Whether the finish reason leaves nothing to be said, unless something to say was given.
fn ends_without_words(directives: &Directives) -> bool {
    let wordless = directives.finish.as_deref().is_some_and(|finish| !matches!(finish, "STOP" | "MAX_TOKENS" | "NONE"));
    wordless && directives.text.is_none() && directives.bytes.is_none() && directives.chunks.is_none()
}

fn text(asked: Asked<'_>, directives: &Directives, dice: &mut Dice) -> String {
    let request = asked.request;
    if let Some(text) = &directives.text {
        return text.clone();
    }
    if directives.echo {
        return request
            .contents
            .iter()
            .rev()
            .find(|content| !Generate::is_model(content))
            .map(words)
            .unwrap_or_default();
    }
    let config = &request.generation_config;
    let schema = config.json_schema().or(config.response_schema.as_ref());
    match (config.response_mime_type.as_deref(), schema) {
        (Some("application/json"), Some(schema)) => return sample(schema, dice).to_string(),
        (Some("application/json"), None) => return json!({"answer": prose(dice, 40)}).to_string(),
        (Some("text/x.enum"), Some(schema)) => {
            let value = sample(schema, dice);
            return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        }
        _ => {}
    }
    let bytes = match (directives.bytes, directives.chunks, directives.chunk_bytes) {
        (Some(bytes), _, _) => bytes,
        (None, Some(chunks), each) => chunks * each.unwrap_or(24),
        (None, None, Some(each)) => each * 4,
        (None, None, None) => usize::try_from(dice.between(80, 480)).unwrap_or(80),
    };
    prose(dice, bytes)
}

/// So many bytes of prose.
fn prose(dice: &mut Dice, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    let mut left_in_sentence = 0;
    while text.len() < bytes {
        let word = dice.pick(&WORDS);
        if left_in_sentence == 0 {
            left_in_sentence = dice.between(6, 14);
            if !text.is_empty() {
                text.push_str(". ");
            }
            text.push_str(&word[..1].to_uppercase());
            text.push_str(&word[1..]);
        } else {
            text.push(' ');
            text.push_str(word);
        }
        left_in_sentence -= 1;
    }
    text.truncate(bytes.saturating_sub(1));
    if bytes > 0 {
        text.push('.');
    }
    text
}

struct Limit {
    reached: bool,
    /// How much thinking there was room for.
    thoughts: u64,
}

/// Stop sequences, then `maxOutputTokens`, against which thinking counts as well (wire 86).
fn within_limits(mut text: String, request: &Generate, thoughts: u64) -> (String, Limit) {
    let config = &request.generation_config;
    let stops =
        config.stop_sequences.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str()));
    if let Some(at) = stops.min() {
        text.truncate(at);
    }
    let Some(most) = config.max_output_tokens.and_then(|most| u64::try_from(most).ok()) else {
        return (text, Limit { reached: false, thoughts });
    };
    let left = most.saturating_sub(thoughts);
    if thoughts <= most && tokens::of_text(&text) <= left {
        return (text, Limit { reached: false, thoughts });
    }
    let letters = usize::try_from(left.saturating_mul(4)).unwrap_or(usize::MAX);
    let end = text.char_indices().nth(letters).map_or(text.len(), |(at, _)| at);
    text.truncate(end);
    (text, Limit { reached: true, thoughts: most.min(thoughts) })
}

fn said(asked: Asked<'_>, text: String, thoughts: u64, limited: bool, fresh: &mut Dice) -> Said {
    let signature =
        (asked.model.is_third_generation() && thoughts > 0 && !limited).then(|| signature::sign(asked.seed, fresh));
    let outputs = &asked.model.outputs;
    let wanted = &asked.request.generation_config.response_modalities;
    let wants = |name: &str| {
        outputs.iter().any(|output| output == name)
            && (wanted.is_empty() || wanted.iter().any(|modality| modality == name))
    };
    if wants("IMAGE") {
        let text = wants("TEXT").then_some(text).filter(|text| !text.is_empty());
        return Said::Media { text, mime: "image/png", data: STANDARD.encode(PNG), signature };
    }
    if wants("AUDIO") {
        // A tenth of a second of silence (wire 105).
        return Said::Media {
            text: None,
            mime: "audio/L16;codec=pcm;rate=24000",
            data: STANDARD.encode([0; 4_800]),
            signature,
        };
    }
    if text.is_empty() && limited { Said::Nothing } else { Said::Text { text, signature } }
}

/// Where the text is cut into events: into so many, into pieces of so many bytes, or as Google would.
fn cuts(text: &str, directives: &Directives) -> Vec<Range<usize>> {
    let chunks = directives.chunks.unwrap_or(usize::MAX);
    let each = match (directives.chunk_bytes, directives.chunks) {
        (Some(bytes), _) => bytes,
        (None, Some(chunks)) => text.len().div_ceil(chunks),
        (None, None) => CHUNK,
    };
    let mut cuts = Vec::new();
    let mut start = 0;
    while start < text.len() {
        // So that there are as many as were asked for: what is left is spread over the events that are left.
        let left = chunks.saturating_sub(cuts.len()).max(1);
        let rest = text.len() - start;
        let size =
            if directives.chunk_bytes.is_none() && directives.chunks.is_some() { rest.div_ceil(left) } else { each };
        let end = if left == 1 { text.len() } else { boundary(text, start + size.max(1)) };
        cuts.push(start..end);
        start = end;
    }
    cuts
}

/// The first place from `at` on where a letter begins.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests;
