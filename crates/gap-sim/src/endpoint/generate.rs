//! `generateContent`, `streamGenerateContent`, `countTokens`.

use std::time::Duration;

use http::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ask, typed};
use crate::answer::{Asked, Plan};
use crate::body::{Body, Piece, Pieces};
use crate::dice::Dice;
use crate::directive::{DIRECTIVE, Directives};
use crate::error::ApiError;
use crate::fault::millis;
use crate::models::Model;
use crate::outgoing;
use crate::quota::Cost;
use crate::refusal;
use crate::request::{Content, Generate};
use crate::route::Action;
use crate::simulator::World;
use crate::tokens::{self, Tokens};
use crate::{lock, schema, strict, wire};

pub(crate) async fn generate(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let ready = prepare(ask, name, Action::GenerateContent)?;
    tokio::time::sleep(ready.first).await;
    let answer = ask.json(ready.plan.whole());
    Ok(outgoing::with_service_tier(answer, "standard"))
}

pub(crate) async fn stream(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let ready = prepare(ask, name, Action::StreamGenerateContent)?;
    tokio::time::sleep(ready.first).await;
    let as_events = ask.query.wants_events();
    let numbers = ask.query.wants_numbers();
    let events = ready.plan.events().map(move |event| if numbers { outgoing::numbered(event) } else { event });
    let frames: Box<dyn Iterator<Item = Vec<u8>> + Send> = if as_events {
        Box::new(events.map(|event| wire::event(&event)))
    } else {
        Box::new(wire::ArrayFrames::new(events))
    };
    let pieces = paced(frames, ready.pace, ready.dice);
    Ok(outgoing::with_service_tier(outgoing::stream(pieces, as_events), "standard"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Count {
    contents: Vec<Content>,
    generate_content_request: Option<Generate>,
}

/// Counting costs nothing of what generating costs.
pub(crate) fn count(ask: &Ask<'_>, name: &str) -> Result<Response<Body>, ApiError> {
    let model = ask.model(name, Action::CountTokens)?;
    let count: Count = ask.read("CountTokensRequest")?;
    let tokens = match (count.generate_content_request, count.contents.is_empty()) {
        (Some(_), false) => {
            let what = "generate_content_request and contents are mutually exclusive";
            return Err(ApiError::invalid(format!("* CountTokensRequest: {what}\n")));
        }
        (Some(request), true) => {
            let named = request.model.as_deref().unwrap_or_default();
            if named.strip_prefix("models/") != Some(name) {
                let place = "CountTokensRequest.generate_content_request.model";
                return Err(ApiError::invalid(format!("* {place}: unexpected model name format\n")));
            }
            strict::contents(&request.contents, "CountTokensRequest.generate_content_request")?;
            tokens::of_request(&request)
        }
        (None, _) => {
            strict::contents(&count.contents, "CountTokensRequest")?;
            count.contents.iter().map(tokens::of_content).fold(Tokens::default(), Tokens::plus)
        }
    };
    if tokens.total() > model.input_limit() {
        return Err(refusal::too_long(model.input_limit()));
    }
    Ok(ask.json(json!({"totalTokens": tokens.total(), "promptTokensDetails": tokens.details()})))
}

/// An answer to one request of a batch.
pub(crate) fn in_batch(ask: &Ask<'_>, model: &'static Model, request: Value) -> Result<Value, ApiError> {
    let request: Generate = typed(request)?;
    let (directives, dice) = judge(ask, model, &request, false)?;
    Ok(plan(ask, model, &request, &directives, dice, false)?.whole())
}

/// An answer that only has to be sent.
struct Ready {
    plan: Plan,
    /// Until the headers.
    first: Duration,
    pace: Pace,
    dice: Dice,
}

/// How fast the events of a stream follow each other.
#[derive(Debug, Clone, Copy)]
enum Pace {
    Each(Duration),
    Between(crate::options::Millis),
}

fn prepare(ask: &Ask<'_>, name: &str, action: Action) -> Result<Ready, ApiError> {
    let model = ask.model(name, action)?;
    let request: Generate = typed(schema::canonical("GenerateContentRequest", ask.body)?)?;
    let streamed = action == Action::StreamGenerateContent;
    // A model that is asked is a model that has counted: what it then refuses has cost its input all the same (wire 19).
    let tokens = tokens::of_request(&request);
    ask.admit(model, Cost { requests: 1, tokens: tokens.total() })?;
    let (directives, mut dice) = judge(ask, model, &request, streamed)?;
    let latency = ask.world.options.latency;
    let first = directives.first_ms.map_or_else(|| World::pause(&mut dice, latency.first), millis);
    let pace = directives.delay_ms.map_or(Pace::Between(latency.between), |ms| Pace::Each(millis(ms)));
    let plan = plan(ask, model, &request, &directives, dice.clone(), streamed)?;
    if let Some(spent) = plan.spent() {
        lock(&ask.world.accounts).answered(ask.caller.project, model, spent);
    }
    Ok(Ready { plan, first, pace, dice })
}

/// What the model thinks of the request, and what is wanted of it.
fn judge(ask: &Ask<'_>, model: &Model, request: &Generate, streamed: bool) -> Result<(Directives, Dice), ApiError> {
    strict::request(ask, model, request, streamed)?;
    let mut directives = ask.directives.clone();
    let mut dice = Dice::new(ask.world.options.seed, &[model.id()]);
    for text in request.contents.iter().rev().find(|content| !Generate::is_model(content)).into_iter().flat_map(texts) {
        dice = dice.with(text);
    }
    let (prompt, step) = prompt(&request.contents);
    for text in prompt.into_iter().flat_map(texts).filter(|text| text.contains(DIRECTIVE)) {
        directives = directives.or(Directives::read(text, step).map_err(ApiError::invalid)?);
    }
    let seed = request.generation_config.seed.unwrap_or_default();
    let turns = request.contents.len();
    Ok((directives, dice.with(&format!("{seed}/{turns}"))))
}

/// Whose directives count, and which step of them is due: the last words of the user with any, in the turn that goes on.
/// An answer without calls ends a turn, and what stands before it has been heard.
fn prompt(contents: &[Content]) -> (Option<&Content>, usize) {
    let mut step = 1;
    for content in contents.iter().rev() {
        let calls = content.parts.iter().any(|part| part.function_call.is_some());
        match (Generate::is_model(content), calls) {
            (true, true) => step += 1,
            (true, false) => break,
            (false, _) if texts(content).any(|text| text.contains(DIRECTIVE)) => return (Some(content), step),
            (false, _) => {}
        }
    }
    (None, step)
}

fn texts(content: &Content) -> impl Iterator<Item = &str> {
    content.parts.iter().filter_map(|part| part.text.as_deref())
}

fn plan(
    ask: &Ask<'_>,
    model: &'static Model,
    request: &Generate,
    directives: &Directives,
    dice: Dice,
    streamed: bool,
) -> Result<Plan, ApiError> {
    let cached = super::caches::tokens_of(ask, model, request)?;
    let prompt = tokens::of_request(request);
    let implicit = implicit(ask, model, request);
    let asked = Asked { model, request, prompt, cached, implicit, seed: ask.world.options.seed, streamed };
    Ok(Plan::new(asked, directives, dice, &mut ask.world.fresh_dice("answer")))
}

/// The tokens of a prompt that the implicit cache knows. What stands in an explicit one is cached already.
fn implicit(ask: &Ask<'_>, model: &Model, request: &Generate) -> u64 {
    let Some(policy) = ask.world.options.implicit_cache.filter(|_| request.cached_content.is_none()) else { return 0 };
    let whose = (ask.caller.project, model.id());
    lock(&ask.world.beginnings).send(whose, request, policy, ask.world.clock.now())
}

/// The first event at once, each further one after a pause.
fn paced(frames: Box<dyn Iterator<Item = Vec<u8>> + Send>, pace: Pace, mut dice: Dice) -> Pieces {
    let pieces = frames.enumerate().flat_map(move |(index, frame)| {
        let pause = match pace {
            _ if index == 0 => Duration::ZERO,
            Pace::Each(pause) => pause,
            Pace::Between(span) => World::pause(&mut dice, span),
        };
        [Piece::Pause(pause), Piece::Bytes(frame.into())]
    });
    Box::new(pieces)
}
