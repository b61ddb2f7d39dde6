//! Keys that went out of use until somebody mends them, and keys that came back: for whoever tells people.
//!
//! Rests pass by themselves and are nobody's news. What is not fetched is forgotten, the oldest first: nobody listened.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::Pool;
use crate::ids::{KeyId, ProjectId};

/// Turns that are kept until somebody asks.
const MOST: usize = 1_024;

/// A key that went out of use, or came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which key.
    pub key: KeyId,
    /// Whether it is out of use now.
    pub out: bool,
}

#[derive(Debug, Default)]
pub(super) struct Turns(VecDeque<Turn>);

impl Pool {
    /// Keys that went out of use or came back since this was asked last, in the order in which they did.
    pub fn take_turns(&mut self) -> impl ExactSizeIterator<Item = Turn> {
        std::mem::take(&mut self.turns.0).into_iter()
    }

    /// Notes a turn of a key, if there is one.
    pub(super) fn note_turn(&mut self, id: KeyId, now: Timestamp) {
        let Some(key) = self.keys.get_mut(&id) else { return };
        let of_project = self.projects.get(&key.project).is_some_and(|project| project.disabled.is_some());
        let out = of_project || key.disabled.is_some() || key.expires_at.is_some_and(|at| at <= now);
        if key.out == out {
            return;
        }
        key.out = out;
        if self.turns.0.len() >= MOST {
            self.turns.0.pop_front();
        }
        self.turns.0.push_back(Turn { key: id, out });
    }

    /// The same of every key of a project.
    pub(super) fn note_turns(&mut self, project: ProjectId, now: Timestamp) {
        let members: Vec<KeyId> = self.members_of(project).collect();
        for key in members {
            self.note_turn(key, now);
        }
    }
}
