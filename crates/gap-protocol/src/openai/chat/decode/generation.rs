//! How the answer is to be generated: the numbers of a request.

use crate::call::{DecodeError, Feature, Problem};
use crate::json::{Kind, Node, Path};

use super::Work;
use super::config::Config;

/// The most stop sequences that Gemini takes.
const MAX_STOPS: usize = 5;

/// Reads the numbers of a request into `generationConfig`.
pub(crate) fn read<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    stream: bool,
    config: &mut Config<'n>,
) -> Result<(), DecodeError> {
    let root = Path::Root;
    sampling(request, config)?;
    if let Some(node) = request.find("top_k") {
        let top_k = node.want_integer(&root.key("top_k"))?;
        // Zero and less switch it off, in the language of other servers.
        if top_k > 0 {
            config.set("topK", i32::try_from(top_k).unwrap_or(i32::MAX).to_string());
        }
    }
    max_tokens(work, request, &["max_completion_tokens", "max_tokens"], config)?;
    stops(work, request, config)?;
    let most_copies = work.context.options.most_copies;
    candidates(work, request, most_copies, config)?;
    seed(work, request, config)?;
    penalties(work, request, config)?;
    log_probabilities(work, request, stream, config)?;
    stream_options(work, request, stream)?;
    parallel_calls(work, request)
}

/// `temperature` and `top_p`.
// wire 89: zero counts.
pub(crate) fn sampling<'n>(request: &'n Node<'n>, config: &mut Config<'n>) -> Result<(), DecodeError> {
    for (name, field, least, most) in [("temperature", "temperature", 0.0, 2.0), ("top_p", "topP", 0.0, 1.0)] {
        if let Some(node) = request.find(name) {
            within(node, &Path::Root.key(name), least, most)?;
            config.set(field, node.raw());
        }
    }
    Ok(())
}

fn within(node: &Node<'_>, path: &Path<'_>, least: f64, most: f64) -> Result<f64, DecodeError> {
    let number = node.want_number(path)?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(DecodeError::new(
        Problem::Invalid,
        path.to_string(),
        format!("must be from {least} to {most}, not {}", node.raw()),
    ))
}

// wire 87
pub(crate) fn max_tokens(
    work: &mut Work<'_>,
    request: &Node<'_>,
    names: &[&'static str],
    config: &mut Config<'_>,
) -> Result<(), DecodeError> {
    let found = names.iter().find_map(|name| Some((*name, request.find(name)?)));
    let Some((name, node)) = found else { return Ok(()) };
    let field = Path::Root.key(name);
    let asked = node.want_integer(&field)?;
    if asked < 1 {
        return Err(DecodeError::new(Problem::Invalid, name, format!("must be at least 1, not {asked}")));
    }
    let limit = i64::try_from(work.family.output_tokens).unwrap_or(i64::MAX);
    let most = asked.min(limit);
    // An unknown model's limit is a guess, and only Google knows better.
    if asked > limit && !work.family.is_unknown() {
        work.warn(&field, format!("is more than {} can write; {limit} was asked for", work.model));
    }
    let most = if work.family.is_unknown() { asked.min(i64::from(i32::MAX)) } else { most };
    config.set("maxOutputTokens", most.to_string());
    Ok(())
}

// wire 88
pub(crate) fn stops<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    config: &mut Config<'n>,
) -> Result<(), DecodeError> {
    stops_in(work, request, "stop", config)
}

/// The stop sequences that stand in the field `name`.
pub(crate) fn stops_in<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    name: &'static str,
    config: &mut Config<'n>,
) -> Result<(), DecodeError> {
    let Some(node) = request.find(name) else { return Ok(()) };
    let field = Path::Root.key(name);
    let stops = match node.kind() {
        Kind::Text(_) => std::slice::from_ref(node),
        Kind::List(items) => items.as_slice(),
        _ => return Err(node.unwanted(&field, "a string or an array of strings")),
    };
    for (index, stop) in stops.iter().enumerate() {
        stop.want_text(&field.index(index))?;
    }
    let stops: Vec<&Node<'_>> = stops.iter().filter(|stop| !stop.is_empty_text()).collect();
    if stops.len() > MAX_STOPS {
        work.warn(&field, format!("has more than {MAX_STOPS} sequences; the first {MAX_STOPS} were sent on"));
    }
    if !stops.is_empty() {
        let stops: Vec<_> = stops.iter().take(MAX_STOPS).map(|stop| stop.json()).collect();
        config.set("stopSequences", format!("[{}]", stops.join(",")));
    }
    Ok(())
}

// wire 91
pub(crate) fn candidates(
    work: &mut Work<'_>,
    request: &Node<'_>,
    most_copies: u32,
    config: &mut Config<'_>,
) -> Result<(), DecodeError> {
    let Some(node) = request.find("n") else { return Ok(()) };
    let asked = node.want_integer(&Path::Root.key("n"))?;
    let most = if work.refused.contains(Feature::Candidates) { 1 } else { work.family.candidates };
    match u32::try_from(asked) {
        Ok(1) => Ok(()),
        Ok(asked) if asked > 1 && asked <= most => {
            work.plan.candidates = asked;
            config.set("candidateCount", asked.to_string());
            Ok(())
        }
        Ok(asked) if asked > 1 && asked <= most_copies => {
            work.plan.candidates = asked;
            work.plan.copies = asked;
            let sentence = format!("was met by {asked} requests, because {} gives {most} in one answer", work.model);
            work.warn(&Path::Root.key("n"), sentence);
            Ok(())
        }
        _ if asked < 1 => Err(DecodeError::new(Problem::Invalid, "n", format!("must be at least 1, not {asked}"))),
        _ => {
            let message = format!("{} gives at most {most} in one answer; send the request several times", work.model);
            Err(DecodeError::new(Problem::Unsupported, "n", message))
        }
    }
}

// wire 91
pub(crate) fn seed(work: &mut Work<'_>, request: &Node<'_>, config: &mut Config<'_>) -> Result<(), DecodeError> {
    let Some(node) = request.find("seed") else { return Ok(()) };
    let field = Path::Root.key("seed");
    let seed = if let Some(seed) = node.integer() {
        seed
    } else {
        // OpenAI allows 64 bits, which JavaScript rounds and writes as it likes.
        let number = node.want_number(&field)?;
        if number.fract() != 0.0 {
            return Err(node.unwanted(&field, "an integer"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "a cast of floats ends at the limits, which is meant")]
        let seed = number as i64;
        seed
    };
    if work.refused.contains(Feature::Seed) {
        work.warn(&field, format!("is refused by {} and was left out", work.model));
        return Ok(());
    }
    let folded = i32::try_from(seed).unwrap_or_else(|_| {
        work.warn(&field, "has more than 32 bits; it was folded into them");
        // The same seed stays the same, which is all that a seed is for.
        let halves = seed ^ (seed >> 32);
        i32::try_from(halves & i64::from(i32::MAX)).unwrap_or_default()
    });
    config.set("seed", folded.to_string());
    Ok(())
}

// wire 90
pub(crate) fn penalties<'n>(
    work: &mut Work<'_>,
    request: &'n Node<'n>,
    config: &mut Config<'n>,
) -> Result<(), DecodeError> {
    let taken = work.family.penalties && !work.refused.contains(Feature::Penalties);
    for (name, field) in [("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty")] {
        let Some(node) = request.find(name) else { continue };
        let path = Path::Root.key(name);
        // Zero is what happens without it, and would be refused all the same.
        if within(node, &path, -2.0, 2.0)? == 0.0 {
            continue;
        }
        if taken {
            config.set(field, node.raw());
        } else {
            work.warn(&path, format!("is refused by {} and was left out", work.model));
        }
    }
    Ok(())
}

// wire 92
fn log_probabilities(
    work: &mut Work<'_>,
    request: &Node<'_>,
    stream: bool,
    config: &mut Config<'_>,
) -> Result<(), DecodeError> {
    let root = Path::Root;
    let wanted = request.find("logprobs").map_or(Ok(false), |node| node.want_bool(&root.key("logprobs")))?;
    put_log_probabilities(work, request, "logprobs", wanted, stream, config)
}

/// Asks for the likelihood of tokens, if it is `wanted` by the field `name`.
pub(crate) fn put_log_probabilities(
    work: &mut Work<'_>,
    request: &Node<'_>,
    name: &'static str,
    wanted: bool,
    stream: bool,
    config: &mut Config<'_>,
) -> Result<(), DecodeError> {
    let root = Path::Root;
    let top = match request.find("top_logprobs") {
        Some(node) => {
            let path = root.key("top_logprobs");
            within(node, &path, 0.0, 20.0)?;
            u32::try_from(node.want_integer(&path)?).unwrap_or_default()
        }
        None => 0,
    };
    if !wanted {
        if top > 0 {
            work.warn(&root.key("top_logprobs"), format!("has no effect without {name}"));
        }
        return Ok(());
    }
    let most = if work.refused.contains(Feature::Logprobs) { 0 } else { work.family.logprobs };
    if most == 0 {
        work.warn(&root.key(name), format!("are not told by {}", work.model));
        return Ok(());
    }
    if stream {
        // "LogProbs is not supported in streaming mode": recorded.
        work.warn(&root.key(name), "are not told in streams");
        return Ok(());
    }
    work.plan.logprobs = true;
    config.set("responseLogprobs", "true");
    if top > most {
        work.warn(&root.key("top_logprobs"), format!("is more than {} tells; {most} was asked for", work.model));
    }
    if top > 0 {
        config.set("logprobs", top.min(most).to_string());
    }
    Ok(())
}

// wire 95
pub(crate) fn stream_options(work: &mut Work<'_>, request: &Node<'_>, stream: bool) -> Result<(), DecodeError> {
    let Some(options) = request.find("stream_options") else { return Ok(()) };
    let path = Path::Root.key("stream_options");
    for member in options.want_members(&path)? {
        if member.value.is_null() {
            continue;
        }
        match member.key.as_ref() {
            "include_usage" => work.plan.include_usage = member.value.want_bool(&path.key("include_usage"))? && stream,
            "include_obfuscation" => {
                if member.value.want_bool(&path.key("include_obfuscation"))? {
                    work.warn(&path.key("include_obfuscation"), "is not done: no padding is sent");
                }
            }
            other => work.warn(&path.key(other), "is not known"),
        }
    }
    Ok(())
}

// wire 68
pub(crate) fn parallel_calls(work: &mut Work<'_>, request: &Node<'_>) -> Result<(), DecodeError> {
    if let Some(node) = request.find("parallel_tool_calls")
        && !node.want_bool(&Path::Root.key("parallel_tool_calls"))?
    {
        work.plan.single_call = true;
    }
    Ok(())
}
