//! The score of the gateway whose users GAP wants to serve: what is left of each limit, weighted: requests a day 0.4,
//! tokens a day 0.3, requests a minute 0.2, tokens a minute 0.1. The key with the highest score wins.
//!
//! It counts by itself, per key and model, in minutes of the clock and in Pacific days. It learns no limits: where the
//! operator has typed none in, a limit takes nothing from the score. A key that has reached a limit is left out; when
//! every key has, the request is refused at once. A failed try goes on to the next best key; equals take turns.

use super::{Ask, Choice, Outcome, Sent, Strategy};
use crate::world::{Limits, MINUTE, Millis, World};

pub(super) struct Original {
    midnights: Vec<Millis>,
    /// By key and model.
    usage: Vec<Vec<Usage>>,
    turns: u64,
}

#[derive(Clone, Debug, Default)]
struct Usage {
    limits: Limits,
    minute: Millis,
    day: usize,
    /// Requests a day, tokens a day, requests a minute, tokens a minute.
    used: [u64; 4],
    last_turn: u64,
}

const WEIGHTS: [f64; 4] = [0.4, 0.3, 0.2, 0.1];

impl Original {
    pub(super) fn new(world: &World) -> Self {
        let of_key = |key| {
            (0..world.models.len())
                .map(|model| Usage { limits: super::told_limits(world, key, model), ..Usage::default() })
                .collect()
        };
        let usage = (0..world.keys.len()).map(of_key).collect();
        Self { midnights: world.midnights(), usage, turns: 0 }
    }
}

impl Strategy for Original {
    fn choose(&mut self, ask: &Ask<'_>, now: Millis) -> Choice {
        let day = self.midnights.partition_point(|midnight| *midnight <= now);
        let mut best: Option<(f64, u64, usize)> = None;
        for (key, models) in self.usage.iter_mut().enumerate() {
            let usage = &mut models[ask.model];
            usage.move_to(now / MINUTE, day);
            let Some(score) = usage.score().filter(|_| !ask.tried.contains(&key)) else { continue };
            let better = |(best, turn, _): (f64, u64, usize)| score > best || score >= best && usage.last_turn < turn;
            if best.is_none_or(better) {
                best = Some((score, usage.last_turn, key));
            }
        }
        let Some((_, _, key)) = best else { return Choice::Refuse };
        self.turns += 1;
        let usage = &mut self.usage[key][ask.model];
        usage.last_turn = self.turns;
        for (used, amount) in usage.used.iter_mut().zip([1, ask.estimate, 1, ask.estimate]) {
            *used += amount;
        }
        Choice::Send(key)
    }

    fn settle(&mut self, _sent: &Sent, _outcome: &Outcome<'_>, _now: Millis) {}
}

impl Usage {
    fn move_to(&mut self, minute: Millis, day: usize) {
        if self.day != day {
            self.used[0] = 0;
            self.used[1] = 0;
        }
        if self.minute != minute {
            self.used[2] = 0;
            self.used[3] = 0;
        }
        (self.minute, self.day) = (minute, day);
    }

    /// From 0 to 1; none when a limit is reached.
    fn score(&self) -> Option<f64> {
        let Limits { requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day } = self.limits;
        let limits = [requests_per_day, tokens_per_day, requests_per_minute, tokens_per_minute];
        let mut score = 0.0;
        for ((limit, used), weight) in limits.into_iter().zip(self.used).zip(WEIGHTS) {
            let left = match limit {
                None => 1.0,
                Some(limit) if used >= limit => return None,
                Some(limit) => 1.0 - used as f64 / limit as f64,
            };
            score += weight * left;
        }
        Some(score)
    }
}
