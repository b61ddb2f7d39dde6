//! Strategies that look at no quota: the next key, any key, the key used longest ago. A key that failed a request is
//! not tried for it again while there are others.

use super::{Ask, Choice, Outcome, Sent, Strategy};
use crate::dice::Dice;
use crate::world::Millis;

/// The next key in turn.
pub(super) struct RoundRobin {
    keys: usize,
    next: usize,
}

/// Any key.
pub(super) struct Random {
    keys: usize,
    dice: Dice,
}

/// The key that was used longest ago.
pub(super) struct LeastRecentlyUsed {
    /// The number of the last use of each key; 0: never.
    last: Vec<u64>,
    uses: u64,
}

impl RoundRobin {
    pub(super) fn new(keys: usize) -> Self {
        Self { keys, next: 0 }
    }
}

impl Strategy for RoundRobin {
    fn choose(&mut self, ask: &Ask<'_>, _now: Millis) -> Choice {
        let turn = (0..self.keys).map(|step| (self.next + step) % self.keys);
        let Some(key) = turn.clone().find(|key| !ask.tried.contains(key)).or_else(|| turn.clone().next()) else {
            return Choice::Refuse;
        };
        self.next = key + 1;
        Choice::Send(key)
    }

    fn settle(&mut self, _sent: &Sent, _outcome: &Outcome<'_>, _now: Millis) {}
}

impl Random {
    pub(super) fn new(keys: usize, seed: u64) -> Self {
        Self { keys, dice: Dice::of(&[seed, 31]) }
    }
}

impl Strategy for Random {
    fn choose(&mut self, ask: &Ask<'_>, _now: Millis) -> Choice {
        let fresh: Vec<usize> = (0..self.keys).filter(|key| !ask.tried.contains(key)).collect();
        let choice = if fresh.is_empty() { (0..self.keys).collect() } else { fresh };
        pick(&choice, &mut self.dice).map_or(Choice::Refuse, Choice::Send)
    }

    fn settle(&mut self, _sent: &Sent, _outcome: &Outcome<'_>, _now: Millis) {}
}

impl LeastRecentlyUsed {
    pub(super) fn new(keys: usize) -> Self {
        Self { last: vec![0; keys], uses: 0 }
    }
}

impl Strategy for LeastRecentlyUsed {
    fn choose(&mut self, ask: &Ask<'_>, _now: Millis) -> Choice {
        let oldest = (0..self.last.len()).min_by_key(|key| (ask.tried.contains(key), self.last[*key]));
        let Some(key) = oldest else { return Choice::Refuse };
        self.uses += 1;
        self.last[key] = self.uses;
        Choice::Send(key)
    }

    fn settle(&mut self, _sent: &Sent, _outcome: &Outcome<'_>, _now: Millis) {}
}

/// One of several, by the dice.
pub(super) fn pick(choice: &[usize], dice: &mut Dice) -> Option<usize> {
    #[expect(clippy::cast_possible_truncation, reason = "an index of a slice")]
    let at = dice.below(choice.len() as u64) as usize;
    choice.get(at).copied()
}
