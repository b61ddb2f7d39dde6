//! `thinking` and `output_config.effort`.
//!
//! A request that does not ask for thinking gets none, as at Anthropic, from models that can do without; of others it gets
//! no thinking blocks. With a budget the budget counts, without one the effort does.

use crate::call::{DecodeError, Problem, Thoughts};
use crate::json::{Node, Path};
use crate::models::Thinking;
use crate::openai::chat::decode::Work;
use crate::openai::chat::decode::extension::Extension;
use crate::openai::chat::decode::thinking::{Asked, in_googles_words};

use super::blocks::want;

/// What is asked of the model's thoughts; notes what the client sees of them.
pub(super) fn read(
    work: &mut Work<'_>,
    request: &Node<'_>,
    extension: &Extension<'_>,
) -> Result<Option<Asked>, DecodeError> {
    let root = Path::Root;
    let config = root.key("output_config");
    let effort = match request.find("output_config") {
        Some(node) => effort(work, node, &config)?,
        None => None,
    };
    let effort_path = config.key("effort");
    if let Some((own, field)) = extension.thinking() {
        let asked = in_googles_words(own, field)?;
        show(work, if asked.include_thoughts == Some(true) { Thoughts::Shown } else { Thoughts::Hidden });
        return Ok(Some(asked));
    }
    let path = root.key("thinking");
    let Some(thinking) = request.find("thinking") else {
        if effort.is_some() {
            return Asked::effort(effort, &effort_path, Some(false)).map(Some);
        }
        let can_do_without = matches!(work.family.thinking, Thinking::Budget { off: true, .. });
        return Ok(can_do_without.then(|| Asked::off(&path)));
    };
    let kind = want(thinking, "type", &path)?.want_text(&path.key("type"))?;
    let shown = match thinking.find("display").map(|node| node.want_text(&path.key("display"))).transpose()?.as_deref()
    {
        None | Some("summarized") => Thoughts::Shown,
        Some("omitted") => Thoughts::Signed,
        Some(other) => {
            let message = format!("must be summarized or omitted, not {other:?}");
            return Err(DecodeError::new(Problem::Invalid, path.key("display").to_string(), message));
        }
    };
    let is_shown = shown == Thoughts::Shown;
    let asked = match kind.as_ref() {
        "disabled" => return Ok(Some(Asked::off(&path.key("type")))),
        "enabled" => {
            let field = path.key("budget_tokens");
            let budget = want(thinking, "budget_tokens", &path)?.want_integer(&field)?;
            if budget < 1 {
                let message = format!("must be at least 1, not {budget}");
                return Err(DecodeError::new(Problem::Invalid, field.to_string(), message));
            }
            Asked::budget(Some(budget), &field, is_shown)
        }
        "adaptive" | "between_tools" if effort.is_some() => Asked::effort(effort, &effort_path, Some(is_shown))?,
        "adaptive" | "between_tools" => Asked::budget(None, &path.key("type"), is_shown),
        other => {
            let message = format!("must be enabled, adaptive or disabled, not {other:?}");
            return Err(DecodeError::new(Problem::Invalid, path.key("type").to_string(), message));
        }
    };
    show(work, shown);
    Ok(Some(asked))
}

/// With blocks for thoughts, signatures have a place that clients keep, and ids may be short.
fn show(work: &mut Work<'_>, thoughts: Thoughts) {
    work.plan.thoughts = thoughts;
    if thoughts != Thoughts::Hidden {
        work.plan.ids = crate::call::IdStyle::Short;
    }
}

/// `output_config.effort`, and what else stands there.
fn effort<'n>(work: &mut Work<'_>, config: &'n Node<'n>, path: &Path<'_>) -> Result<Option<&'n Node<'n>>, DecodeError> {
    for member in config.want_members(path)? {
        if !matches!(member.key.as_ref(), "effort" | "format") && !member.value.is_null() {
            let key: String = member.key.chars().take(80).collect();
            work.warn(&path.key(&key), "is not known and was not sent on");
        }
    }
    let effort = config.find("effort");
    if let Some(effort) = effort {
        let level = effort.want_text(&path.key("effort"))?;
        if !matches!(level.as_ref(), "low" | "medium" | "high" | "xhigh" | "max") {
            let message = format!("must be low, medium, high, xhigh or max, not {level:?}");
            return Err(DecodeError::new(Problem::Invalid, path.key("effort").to_string(), message));
        }
    }
    Ok(effort)
}
