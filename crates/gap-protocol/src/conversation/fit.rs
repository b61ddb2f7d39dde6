//! Which turns of the history go with a request.
//!
//! ## Edges
//! - Turns that were asked for at the same time are kept one after the other, so the result of a call may stand behind
//!   somebody else's question. It is put back behind its call.
//! - A call that was never answered is left out, unless the request brings its result; then its group stands last.
//! - A result whose call is nowhere is left out, with what was said of it.

use std::collections::VecDeque;

use super::Turn;

/// How much may go with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The model's window; none when nobody knows the model.
    pub window: Option<u64>,
    /// What must stay free of it.
    pub margin: u64,
    /// The most that is added.
    pub cap: u64,
    /// What the client itself sends: its turns, the system instruction, the tools.
    pub own: u64,
}

/// Even what cannot be left out is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the conversation needs {needed} tokens, and the model takes {limit}")]
pub struct TooLong {
    /// What the client sends, and what belongs to it.
    pub needed: u64,
    /// The window without the margin.
    pub limit: u64,
}

/// A question and all that came of it.
#[derive(Debug, Default)]
struct Group {
    turns: Vec<usize>,
    /// What the model called last and nobody has answered.
    open: Option<Vec<String>>,
}

/// The turns of `history` that go before the turns of a request (`incoming`), by their numbers, in the order in which they
/// go: as many whole groups as there is room for, the newest.
pub fn fit(history: &[Turn], incoming: &[Turn], room: &Room) -> Result<Vec<usize>, TooLong> {
    let mut groups = groups(history);
    let needed = answered(&mut groups, incoming);
    for group in &mut groups {
        // Nobody will answer it any more.
        if group.open.take().is_some() {
            group.turns.pop();
        }
    }
    groups.sort_by_key(|group| group.turns.last().copied());

    let cost = |group: &Group| group.turns.iter().filter_map(|turn| history.get(*turn)).map(|turn| turn.tokens).sum();
    let must: u64 = needed.as_ref().map_or(0, cost);
    let limit = room.window.map(|window| window.saturating_sub(room.margin));
    let needs = room.own.saturating_add(must);
    if let Some(limit) = limit.filter(|limit| needs > *limit) {
        return Err(TooLong { needed: needs, limit });
    }
    // Of an unknown model the cap is the window.
    let window = limit.unwrap_or_else(|| room.cap.saturating_sub(room.margin));
    let mut left = room.cap.saturating_sub(must).min(window.saturating_sub(needs));
    let mut kept: VecDeque<Group> = needed.into_iter().collect();
    while let Some(group) = groups.pop() {
        let Some(rest) = left.checked_sub(cost(&group)) else { break };
        left = rest;
        kept.push_front(group);
    }
    Ok(kept.into_iter().flat_map(|group| group.turns).collect())
}

/// Takes out the group whose calls the request answers.
fn answered(groups: &mut Vec<Group>, incoming: &[Turn]) -> Option<Group> {
    let first = incoming.first().filter(|turn| turn.is_result())?;
    let at = groups.iter().rposition(|group| group.open.as_ref() == Some(&first.results))?;
    let mut group = groups.remove(at);
    group.open = None;
    Some(group)
}

fn groups(history: &[Turn]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut current: Option<usize> = None;
    for (number, turn) in history.iter().enumerate() {
        if turn.is_result() {
            current = groups.iter().rposition(|group| group.open.as_ref() == Some(&turn.results));
        } else if !turn.is_models {
            // Questions in a row are one.
            let goes_on = number
                .checked_sub(1)
                .and_then(|before| history.get(before))
                .is_some_and(|before| !before.is_models && !before.is_result());
            if !goes_on || current.is_none() {
                groups.push(Group::default());
                current = Some(groups.len() - 1);
            }
        } else if number == 0 {
            groups.push(Group::default());
            current = Some(0);
        }
        let Some(group) = current.and_then(|current| groups.get_mut(current)) else { continue };
        if turn.is_models && !turn.calls.is_empty() {
            let after_words = group.turns.last().and_then(|last| history.get(*last)).is_none_or(|last| last.is_models);
            // Google takes calls after a question or after results alone (wire 43).
            if after_words {
                current = None;
                continue;
            }
            group.open = Some(turn.calls.clone());
        } else {
            group.open = None;
        }
        group.turns.push(number);
    }
    groups.retain(|group| !group.turns.is_empty());
    groups
}
