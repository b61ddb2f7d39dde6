//! How gateways choose. Each sees what a gateway sees: its keys, what the operator has typed in, and the answers.

mod gap;
mod litellm;
mod original;
mod plain;

use gap_pool::Fault;

use self::gap::Gap;
use self::litellm::LiteLlm;
use self::original::Original;
use self::plain::{LeastRecentlyUsed, Random, RoundRobin};
use crate::world::{Limits, Millis, Told, World};

/// A gateway's choice of keys.
pub(crate) trait Strategy {
    /// What to do with a request now. Asked again after each failed try, and whenever a wait is over.
    fn choose(&mut self, ask: &Ask<'_>, now: Millis) -> Choice;

    /// Tells how a send ended.
    fn settle(&mut self, sent: &Sent, outcome: &Outcome<'_>, now: Millis);

    /// Called once a minute, to look at keys that are out: `look` makes a cheap call with a key, which names no model
    /// and costs no quota, and tells what is wrong.
    fn tick(&mut self, _now: Millis, _look: &mut dyn FnMut(usize) -> Option<Fault>) {}

    /// Told when a request is over, however it ended.
    fn forget(&mut self, _request: usize) {}
}

/// What a gateway knows of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// Which request it is.
    pub(crate) request: usize,
    pub(crate) model: usize,
    /// Its input tokens, guessed.
    pub(crate) estimate: u64,
    /// When the client gives up waiting.
    pub(crate) deadline: Millis,
    /// Keys that were tried for it, in this order.
    pub(crate) tried: &'a [usize],
}

/// What a gateway does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Send it with this key.
    Send(usize),
    /// Keep it until then, or until something changes: nobody can serve a request of this model and size now.
    Wait(Millis),
    /// Keep just this one until then.
    Pause(Millis),
    /// Give up.
    Refuse,
}

/// A send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) request: usize,
    /// Which try of the request it is, from 0.
    pub(crate) attempt: usize,
    pub(crate) model: usize,
    pub(crate) key: usize,
    pub(crate) estimate: u64,
    pub(crate) at: Millis,
}

/// How a send ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// The model answered; so many input tokens were counted.
    Answered { tokens: u64 },
    /// It did not.
    Failed { status: u16, fault: &'a Fault },
}

/// Names of all strategies, as the report has them; the oracle is none of them.
pub(crate) const NAMES: [&str; 6] =
    ["gap", "round_robin", "random", "least_recently_used", "original_score", "litellm_usage"];

/// The strategy with that name.
pub(crate) fn named<'a>(name: &str, world: &'a World, seed: u64) -> Option<Box<dyn Strategy + 'a>> {
    let keys = world.keys.len();
    Some(match name {
        "gap" => Box::new(Gap::new(world, seed)),
        "round_robin" => Box::new(RoundRobin::new(keys)),
        "random" => Box::new(Random::new(keys, seed)),
        "least_recently_used" => Box::new(LeastRecentlyUsed::new(keys)),
        "original_score" => Box::new(Original::new(world)),
        "litellm_usage" => Box::new(LiteLlm::new(world, seed)),
        _ => return None,
    })
}

/// What the operator has typed in about a key and a model.
fn told_limits(world: &World, key: usize, model: usize) -> Limits {
    match world.told {
        Told::Nothing => Limits::default(),
        Told::Limits => world.limits(world.keys[key].project, model, 0),
    }
}
