//! What a request says of a conversation that is kept.
//!
//! ## Edges
//! - Clients that keep nothing send no turn of the model; clients that keep the history always do, except at the very
//!   beginning. So a request without one brings what is new, unless it is the beginning to the letter and nothing but its
//!   answer came after it: then somebody asks once more.
//! - A client may keep the latest turns alone. They are found at the end of what is kept, and the rest goes before them.
//! - Two branches may begin alike. The one that agrees for longest is meant, and of equals the newest.

use crate::chain::Digest;

/// A turn that is kept. Turns are numbered from 1 in the order in which they came; 0 is the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The turn that it follows.
    pub parent: usize,
    /// What was said.
    pub digest: Digest,
    /// Whether the model spoke.
    pub is_models: bool,
}

/// A turn of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// What is said.
    pub digest: Digest,
    /// Whether the model spoke.
    pub is_models: bool,
}

/// What a request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is kept yet.
    New,
    /// Only what is new, or the latest turns: the rest must be put before it.
    Continued,
    /// The history, and what is new.
    Resent,
    /// A history that was changed, or is gone back to.
    Branched,
}

/// Where a request stands in its conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// What it brings.
    pub kind: Kind,
    /// The turns that it leaves out at its beginning, in order.
    pub history: Vec<usize>,
    /// The kept turns that its first turns are.
    pub known: Vec<usize>,
    /// The turn that its first new turn follows.
    pub parent: usize,
    /// Whether it goes on wherever the conversation is by then, as clients that keep nothing expect.
    pub follows_head: bool,
}

/// Finds `said` in a conversation: its turns, and the one at which it goes on.
pub fn recognise(kept: &[Kept], head: usize, said: &[Said]) -> Recognised {
    let path = path(kept, head);
    let speaks = said.iter().any(|turn| turn.is_models);
    if path.is_empty() {
        let (history, known) = (Vec::new(), Vec::new());
        return Recognised { kind: Kind::New, history, known, parent: 0, follows_head: !speaks };
    }
    let digest = |number: &usize| number.checked_sub(1).and_then(|at| kept.get(at)).map(|turn| turn.digest);
    let same = |numbers: &[usize], said: &[Said]| {
        numbers.len() == said.len()
            && numbers.iter().zip(said).all(|(number, said)| digest(number) == Some(said.digest))
    };
    if !speaks {
        return if is_beginning(kept, &path, said.len()) && same(path.get(..said.len()).unwrap_or_default(), said) {
            let known: Vec<usize> = path.iter().copied().take(said.len()).collect();
            let parent = known.last().copied().unwrap_or(0);
            Recognised { kind: Kind::Resent, history: Vec::new(), known, parent, follows_head: false }
        } else {
            Recognised { kind: Kind::Continued, history: path, known: Vec::new(), parent: head, follows_head: true }
        };
    }
    let known = longest(kept, said);
    if let Some(parent) = known.last().copied() {
        let kind = if parent == head || known.len() == said.len() { Kind::Resent } else { Kind::Branched };
        return Recognised { kind, history: Vec::new(), known, parent, follows_head: false };
    }
    let latest = (2..=said.len().min(path.len())).rev().find(|count| {
        let (first, last) =
            (said.get(..*count).unwrap_or_default(), path.get(path.len() - count..).unwrap_or_default());
        first.iter().any(|turn| turn.is_models) && same(last, first)
    });
    if let Some(count) = latest {
        let mut history = path;
        let known = history.split_off(history.len() - count);
        return Recognised { kind: Kind::Continued, history, known, parent: head, follows_head: true };
    }
    Recognised { kind: Kind::Branched, history: Vec::new(), known: Vec::new(), parent: 0, follows_head: false }
}

/// The turns from the beginning to this one.
fn path(kept: &[Kept], to: usize) -> Vec<usize> {
    let mut path = Vec::new();
    let mut at = to;
    while let Some(turn) = at.checked_sub(1).and_then(|index| kept.get(index)) {
        path.push(at);
        // A parent came earlier; what says otherwise is damaged, and must not keep anybody here for ever.
        if turn.parent >= at {
            break;
        }
        at = turn.parent;
    }
    path.reverse();
    path
}

/// Whether so many turns are all of it, or all but the model's answer to them.
fn is_beginning(kept: &[Kept], path: &[usize], count: usize) -> bool {
    let is_models =
        |number: &usize| number.checked_sub(1).and_then(|at| kept.get(at)).is_some_and(|turn| turn.is_models);
    path.len() == count || (path.len() == count + 1 && path.last().is_some_and(is_models))
}

/// The kept turns that the first turns of a request are: the longest way, and of equals the newest.
fn longest(kept: &[Kept], said: &[Said]) -> Vec<usize> {
    // All turns that are reached by what was said so far.
    let mut reached = vec![0];
    for turn in said {
        let next: Vec<usize> = (1..)
            .zip(kept)
            .filter(|(_, kept)| kept.digest == turn.digest && reached.contains(&kept.parent))
            .map(|(number, _)| number)
            .collect();
        if next.is_empty() {
            break;
        }
        reached = next;
    }
    path(kept, reached.last().copied().unwrap_or(0))
}
