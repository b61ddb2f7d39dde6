//! How much the model thinks, from four ways to say it.
//!
//! Gemini 2.5 is told by a budget of tokens, Gemini 3 by a level, and each refuses the other, or both. Clients say it in
//! OpenAI's way (`reasoning_effort`), in Google's own (`google.thinking_config`), or in the ways of OpenRouter and Anthropic
//! (`reasoning`, `thinking`). All of them become one wish, and the model table says how it is put.

use crate::call::{DecodeError, Feature, Problem};
use crate::json::{Node, Path};
use crate::models::{Thinking, ThinkingLevel};

use super::Work;
use super::config::Config;
use super::extension::Extension;

/// What a client wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// No thinking.
    Off,
    /// By a word.
    Level(ThinkingLevel),
    /// More than any level.
    Most,
    /// By a number of tokens; −1 is as much as it likes.
    Budget(i64),
}

/// A wish, where it stands, and whether thoughts are to be shown.
#[derive(Default)]
pub(crate) struct Asked {
    wish: Option<(Wish, String)>,
    /// A second one, of the other kind, in the same place.
    other: Option<(Wish, String)>,
    pub(crate) include_thoughts: Option<bool>,
}

/// Reads all that is said about thinking into `thinkingConfig`.
pub(crate) fn read(
    work: &mut Work<'_>,
    request: &Node<'_>,
    extension: &Extension<'_>,
    config: &mut Config<'_>,
) -> Result<(), DecodeError> {
    put_asked(work, asked(request, extension)?, config);
    Ok(())
}

/// Puts what is asked, as the model takes it.
pub(crate) fn put_asked(work: &mut Work<'_>, asked: Asked, config: &mut Config<'_>) {
    let shown = asked.include_thoughts.unwrap_or_else(|| {
        let thinks = asked.wish.as_ref().is_some_and(|(wish, _)| !matches!(wish, Wish::Off | Wish::Budget(0)));
        thinks || work.context.options.always_include_thoughts
    });
    let wish = match (asked.wish, asked.other) {
        (Some(first), Some(second)) => {
            // wire 84: both together are refused.
            let level_fits = matches!(work.family.thinking, Thinking::Level { .. });
            let (used, left) =
                if matches!(first.0, Wish::Budget(_)) == level_fits { (second, first) } else { (first, second) };
            work.warnings.add(left.1, format!("cannot be sent together with {}, which was used", used.1));
            Some(used)
        }
        (first, second) => first.or(second),
    };
    let mut members = Vec::new();
    if let Some((wish, field)) = wish {
        members.extend(put(work, wish, &field));
    }
    let takes_thoughts = matches!(work.family.thinking, Thinking::Budget { .. } | Thinking::Level { .. });
    if shown && takes_thoughts && !work.refused.contains(Feature::Thinking) {
        members.push("\"includeThoughts\":true".to_owned());
    }
    if !members.is_empty() {
        config.set("thinkingConfig", format!("{{{}}}", members.join(",")));
    }
    leave_room(work, config);
}

impl Asked {
    /// No thinking.
    pub(crate) fn off(path: &Path<'_>) -> Self {
        Self { wish: Some((Wish::Off, path.to_string())), other: None, include_thoughts: Some(false) }
    }

    /// So many tokens of thinking, or as many as the model likes.
    pub(crate) fn budget(tokens: Option<i64>, path: &Path<'_>, shown: bool) -> Self {
        let wish = Wish::Budget(tokens.unwrap_or(-1));
        Self { wish: Some((wish, path.to_string())), other: None, include_thoughts: Some(shown) }
    }

    /// What an effort in words asks for; thoughts are shown if `shown` says so.
    pub(crate) fn effort(effort: Option<&Node<'_>>, path: &Path<'_>, shown: Option<bool>) -> Result<Self, DecodeError> {
        let wish = effort.map(|effort| of_effort(effort, path)).transpose()?.flatten();
        Ok(Self { wish: wish.map(|wish| (wish, path.to_string())), other: None, include_thoughts: shown })
    }
}

/// What is asked, from the most exact place.
fn asked(request: &Node<'_>, extension: &Extension<'_>) -> Result<Asked, DecodeError> {
    if let Some((own, field)) = extension.thinking() {
        return in_googles_words(own, field);
    }
    let root = Path::Root;
    let mut asked = Asked::default();
    if let Some(effort) = request.find("reasoning_effort") {
        let path = root.key("reasoning_effort");
        asked.wish = of_effort(effort, &path)?.map(|wish| (wish, path.to_string()));
        return Ok(asked);
    }
    if let Some(reasoning) = request.find("reasoning") {
        let path = root.key("reasoning");
        reasoning.want_members(&path)?;
        if let Some(effort) = reasoning.find("effort") {
            asked.wish = of_effort(effort, &path.key("effort"))?.map(|wish| (wish, "reasoning.effort".to_owned()));
        } else if let Some(budget) = reasoning.find("max_tokens") {
            let budget = budget.want_integer(&path.key("max_tokens"))?;
            asked.wish = Some((Wish::Budget(budget), "reasoning.max_tokens".to_owned()));
        } else if let Some(enabled) = reasoning.find("enabled") {
            let wish = if enabled.want_bool(&path.key("enabled"))? { Wish::Budget(-1) } else { Wish::Off };
            asked.wish = Some((wish, "reasoning.enabled".to_owned()));
        }
        if let Some(exclude) = reasoning.find("exclude") {
            asked.include_thoughts = Some(!exclude.want_bool(&path.key("exclude"))?);
        }
        return Ok(asked);
    }
    if let Some(thinking) = request.find("thinking") {
        let path = root.key("thinking");
        thinking.want_members(&path)?;
        let kind = thinking.find("type").map(|kind| kind.want_text(&path.key("type"))).transpose()?;
        asked.wish = match (kind.as_deref(), thinking.find("budget_tokens")) {
            (Some("disabled"), _) => Some((Wish::Off, "thinking.type".to_owned())),
            (_, Some(budget)) => {
                let budget = budget.want_integer(&path.key("budget_tokens"))?;
                Some((Wish::Budget(budget), "thinking.budget_tokens".to_owned()))
            }
            (Some("enabled" | "adaptive"), None) => Some((Wish::Budget(-1), "thinking.type".to_owned())),
            _ => None,
        };
    }
    Ok(asked)
}

/// `thinking_config: {thinking_budget, thinking_level, include_thoughts}`, in either spelling.
pub(crate) fn in_googles_words(own: &Node<'_>, field: &str) -> Result<Asked, DecodeError> {
    let path = Path::Key(&Path::Root, field);
    own.want_members(&path)?;
    let find = |snake: &str, camel: &str| own.find(snake).or_else(|| own.find(camel));
    let mut asked = Asked::default();
    if let Some(level) = find("thinking_level", "thinkingLevel") {
        let path = path.key("thinking_level");
        asked.wish = of_effort(level, &path)?.map(|wish| (wish, path.to_string()));
    }
    if let Some(budget) = find("thinking_budget", "thinkingBudget") {
        let path = path.key("thinking_budget");
        asked.other = Some((Wish::Budget(budget.want_integer(&path)?), path.to_string()));
    }
    if let Some(include) = find("include_thoughts", "includeThoughts") {
        asked.include_thoughts = Some(include.want_bool(&path.key("include_thoughts"))?);
    }
    if asked.wish.is_none() {
        asked.wish = asked.other.take();
    }
    Ok(asked)
}

/// An effort in words; nothing for the model's own choice.
// wire 85
fn of_effort(node: &Node<'_>, path: &Path<'_>) -> Result<Option<Wish>, DecodeError> {
    let text = node.want_text(path)?;
    Ok(Some(match text.to_ascii_lowercase().as_str() {
        "none" | "disabled" => Wish::Off,
        "minimal" => Wish::Level(ThinkingLevel::Minimal),
        "low" => Wish::Level(ThinkingLevel::Low),
        "medium" => Wish::Level(ThinkingLevel::Medium),
        "high" => Wish::Level(ThinkingLevel::High),
        "xhigh" | "max" => Wish::Most,
        "" | "auto" | "default" | "thinking_level_unspecified" => return Ok(None),
        other => {
            let message = format!("must be none, minimal, low, medium, high, xhigh or max, not {other:?}");
            return Err(DecodeError::new(Problem::Invalid, path.to_string(), message));
        }
    }))
}

/// Puts a wish as the model takes it.
fn put(work: &mut Work<'_>, wish: Wish, field: &str) -> Option<String> {
    let thinking = if work.refused.contains(Feature::Thinking) { &Thinking::None } else { &work.family.thinking };
    let refused = |feature| work.refused.contains(feature);
    match thinking {
        Thinking::None if wish == Wish::Off => None,
        Thinking::None => {
            work.warnings.add(field, format!("has no effect: {} does not think", work.model));
            None
        }
        Thinking::Fixed => {
            work.warnings.add(field, format!("has no effect: {} thinks as it likes", work.model));
            None
        }
        Thinking::Budget { .. } if refused(Feature::ThinkingBudget) => {
            work.warnings.add(field, format!("is refused by {} and was left out", work.model));
            None
        }
        Thinking::Budget { min, max, off, dynamic } => {
            Some(format!("\"thinkingBudget\":{}", budget(work_warn(work, field), wish, *min, *max, *off, *dynamic)))
        }
        Thinking::Level { .. } if refused(Feature::ThinkingLevel) => {
            // The other way round, without knowing its range: what all models of the generation before took.
            let budget = budget(work_warn(work, field), wish, 128, 24_576, false, true);
            Some(format!("\"thinkingBudget\":{budget}"))
        }
        Thinking::Level { levels } => {
            let level = level(work_warn(work, field), wish, levels)?;
            Some(format!("\"thinkingLevel\":\"{}\"", level.wire()))
        }
    }
}

/// Lends the warnings for one field.
fn work_warn<'w>(work: &'w mut Work<'_>, field: &'w str) -> impl FnMut(&str) + use<'w> {
    let Work { warnings, model, .. } = work;
    let model = model.clone();
    move |message: &str| warnings.add(field, message.replace("{model}", &model))
}

// wire 82
fn budget(mut warn: impl FnMut(&str), wish: Wish, min: i64, max: i64, off: bool, dynamic: bool) -> i64 {
    let wanted = match wish {
        Wish::Off | Wish::Budget(0) => {
            if off {
                return 0;
            }
            warn("cannot be none: {model} always thinks; the least was asked for");
            return min;
        }
        Wish::Level(ThinkingLevel::Minimal | ThinkingLevel::Low) => 1024,
        Wish::Level(ThinkingLevel::Medium) => 8192,
        Wish::Level(ThinkingLevel::High) => 24_576,
        Wish::Most => return max,
        Wish::Budget(budget) if budget < 0 => {
            if dynamic {
                return -1;
            }
            max
        }
        Wish::Budget(budget) => budget,
    };
    let clamped = wanted.clamp(min, max);
    if clamped != wanted && matches!(wish, Wish::Budget(_)) {
        warn(&format!("must be from {min} to {max} for {{model}}; {clamped} was asked for"));
    }
    clamped
}

// wire 83, 84: a budget of zero would take the tools away as well; the lowest level does not.
fn level(mut warn: impl FnMut(&str), wish: Wish, levels: &[ThinkingLevel]) -> Option<ThinkingLevel> {
    let lowest = levels.first().copied()?;
    let wanted = match wish {
        Wish::Off | Wish::Budget(0) => {
            warn("cannot be none: {model} always thinks; its lowest level was asked for");
            return Some(lowest);
        }
        Wish::Level(level) => level,
        Wish::Budget(budget) if budget < 0 => return None,
        Wish::Budget(..=512) => ThinkingLevel::Minimal,
        Wish::Budget(..=4096) => ThinkingLevel::Low,
        Wish::Budget(..=16_384) => ThinkingLevel::Medium,
        Wish::Budget(_) | Wish::Most => ThinkingLevel::High,
    };
    // The nearest; of two equally near, the one that thinks more.
    let distance = |level: ThinkingLevel| (level as i8 - wanted as i8).abs();
    levels.iter().copied().rev().min_by_key(|level| distance(*level))
}

/// Adds to the limit of the answer what thinking may use, if the operator wants it so.
// wire 86
fn leave_room(work: &Work<'_>, config: &mut Config<'_>) {
    if !work.context.options.max_tokens_exclude_thinking {
        return;
    }
    let Some(asked) = config.get("maxOutputTokens").and_then(|tokens| tokens.parse::<i64>().ok()) else { return };
    let set = config.get("thinkingConfig").and_then(|json| {
        let node = crate::json::parse(json.as_bytes()).ok()?;
        node.find("thinkingBudget")?.integer()
    });
    let room = match (&work.family.thinking, set) {
        (_, Some(budget)) if budget >= 0 => budget,
        (Thinking::Budget { max, .. }, _) => *max,
        (Thinking::Level { .. } | Thinking::Fixed, _) => 24_576,
        (Thinking::None, _) => 0,
    };
    let limit = i64::try_from(work.family.output_tokens).unwrap_or(i64::MAX);
    config.set("maxOutputTokens", (asked + room).min(limit.max(asked)).to_string());
}
