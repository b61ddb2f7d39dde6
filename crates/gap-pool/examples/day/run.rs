//! One scenario with one strategy, event by event.
//!
//! A request arrives, the strategy chooses, the call reaches the upstream's counter up to two seconds later, and some
//! time after that the answer is back and is judged by the real classifier. Jitter, latency and estimates belong to
//! the request and its attempt, not to the strategy: all strategies meet the same luck.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use gap_pool::Fault;
use gap_pool::verdict::{self, Answer, Scope, Verdict};

use crate::dice::Dice;
use crate::ledger::{Ledger, Tally};
use crate::strategies::{Ask, Choice, Outcome, Sent, Strategy};
use crate::traffic::whole;
use crate::upstream::{Reply, Upstream};
use crate::world::{MAX_ATTEMPTS, MAX_JITTER, MAX_KEYS, MAX_WAIT, MINUTE, Millis, Request, World};

/// What the dice of a call are for.
const CALL: u64 = 2;

/// Plays `requests` against the upstream of `world`.
pub(crate) fn run(world: &World, requests: &[Request], seed: u64, strategy: &mut (dyn Strategy + '_)) -> Tally {
    let mut run = Run {
        world,
        requests,
        seed,
        strategy,
        upstream: Upstream::new(world),
        ledger: Ledger::new(world, requests),
        progress: vec![Progress::default(); requests.len()],
        waiting: vec![BTreeSet::new(); world.models.len()],
        next_wake: vec![Millis::MAX; world.models.len()],
        events: BinaryHeap::new(),
        calls: Vec::new(),
        numbered: 0,
    };
    run.play();
    run.ledger.tally()
}

struct Run<'a> {
    world: &'a World,
    requests: &'a [Request],
    seed: u64,
    strategy: &'a mut (dyn Strategy + 'a),
    upstream: Upstream<'a>,
    ledger: Ledger<'a>,
    progress: Vec<Progress>,
    /// Requests that wait for a key, by model; in the order in which they arrived.
    waiting: Vec<BTreeSet<usize>>,
    /// When those that wait are asked about next.
    next_wake: Vec<Millis>,
    /// What happens next; the number keeps the order of what happens at the same time.
    events: BinaryHeap<Reverse<(Millis, u64, Event)>>,
    calls: Vec<Call>,
    numbered: u64,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    tried: Vec<usize>,
    /// How many tries failed without a key being to blame.
    blameless: usize,
    attempts: usize,
    over: bool,
    patience_ends: bool,
}

/// A call under way.
#[derive(Clone, Debug)]
struct Call {
    sent: Sent,
    dice: Dice,
    reply: Option<Reply>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive(usize),
    /// A call reaches the upstream's counter.
    Count(usize),
    /// The answer of a call is back.
    Return(usize),
    /// Those who wait for a model are asked about.
    Wake(usize),
    /// A request has paused long enough.
    Resume(usize),
    /// A client has waited long enough.
    GiveUp(usize),
    Tick,
}

impl Run<'_> {
    fn play(&mut self) {
        for (id, request) in self.requests.iter().enumerate() {
            self.at(request.arrival, Event::Arrive(id));
        }
        self.at(MINUTE, Event::Tick);
        while let Some(Reverse((now, _, event))) = self.events.pop() {
            match event {
                Event::Arrive(id) => self.arrive(id, now),
                Event::Count(call) => self.count(call, now),
                Event::Return(call) => self.come_back(call, now),
                Event::Wake(model) => {
                    if self.next_wake[model] <= now {
                        self.next_wake[model] = Millis::MAX;
                        self.wake(model, now);
                    }
                }
                Event::Resume(id) if !self.progress[id].over => self.offer(id, now),
                Event::GiveUp(id) if self.waiting[self.requests[id].model].contains(&id) => self.fail(id),
                Event::Resume(_) | Event::GiveUp(_) => {}
                Event::Tick => self.tick(now),
            }
        }
    }

    fn tick(&mut self, now: Millis) {
        let (world, upstream, ledger) = (self.world, &self.upstream, &mut self.ledger);
        self.strategy.tick(now, &mut |key| {
            let fault = judge(world, &upstream.look(key, now), now).map(|(fault, _)| fault);
            if fault.is_none() {
                ledger.key_is_back(key);
            }
            fault
        });
        for model in 0..self.waiting.len() {
            self.wake(model, now);
        }
        if now < self.world.length {
            self.at(now + MINUTE, Event::Tick);
        }
    }

    fn at(&mut self, time: Millis, event: Event) {
        self.numbered += 1;
        self.events.push(Reverse((time, self.numbered, event)));
    }

    fn arrive(&mut self, id: usize, now: Millis) {
        let model = self.requests[id].model;
        if self.waiting[model].is_empty() {
            return self.offer(id, now);
        }
        // Not past those who came earlier.
        self.keep(id, now);
        self.wake(model, now);
    }

    /// Asks the strategy about one request.
    fn offer(&mut self, id: usize, now: Millis) {
        match self.ask(id, now) {
            Choice::Send(key) => self.send(id, key, now),
            Choice::Wait(until) => {
                self.keep(id, now);
                self.wake_at(self.requests[id].model, until.max(now + 1));
            }
            Choice::Pause(until) => self.at(until.max(now + 1), Event::Resume(id)),
            Choice::Refuse => self.fail(id),
        }
    }

    /// Asks the strategy about those who wait for `model`. What does not fit for a small request is not asked for a
    /// larger one.
    fn wake(&mut self, model: usize, now: Millis) {
        let mut too_large = u64::MAX;
        let mut next = None;
        while let Some(id) = self.after(model, next) {
            next = Some(id);
            let estimate = self.requests[id].estimate;
            if estimate >= too_large {
                continue;
            }
            match self.ask(id, now) {
                Choice::Wait(until) => {
                    too_large = estimate;
                    self.wake_at(model, until.max(now + 1));
                    continue;
                }
                Choice::Send(key) => self.send(id, key, now),
                Choice::Pause(until) => self.at(until.max(now + 1), Event::Resume(id)),
                Choice::Refuse => self.fail(id),
            }
            self.waiting[model].remove(&id);
        }
    }

    /// The first who waits for `model` and came after `previous`.
    fn after(&self, model: usize, previous: Option<usize>) -> Option<usize> {
        self.waiting[model].range(previous.map_or(0, |id| id + 1)..).next().copied()
    }

    fn ask(&mut self, id: usize, now: Millis) -> Choice {
        let Request { model, estimate, arrival, .. } = self.requests[id];
        let deadline = arrival + MAX_WAIT;
        if now > deadline {
            return Choice::Refuse;
        }
        let ask = Ask { request: id, model, estimate, deadline, tried: &self.progress[id].tried };
        self.strategy.choose(&ask, now)
    }

    fn keep(&mut self, id: usize, now: Millis) {
        let Request { model, arrival, .. } = self.requests[id];
        self.waiting[model].insert(id);
        if !std::mem::replace(&mut self.progress[id].patience_ends, true) {
            self.at((arrival + MAX_WAIT + 1).max(now), Event::GiveUp(id));
        }
    }

    fn wake_at(&mut self, model: usize, time: Millis) {
        if time < self.next_wake[model] {
            self.next_wake[model] = time;
            self.at(time, Event::Wake(model));
        }
    }

    fn send(&mut self, id: usize, key: usize, now: Millis) {
        let Request { model, estimate, .. } = self.requests[id];
        let progress = &mut self.progress[id];
        let sent = Sent { request: id, attempt: progress.attempts, model, key, estimate, at: now };
        progress.attempts += 1;
        progress.tried.push(key);
        self.ledger.sent(&sent);
        let mut dice = Dice::of(&[self.seed, CALL, id as u64, sent.attempt as u64]);
        let counted = now + dice.below(MAX_JITTER + 1);
        self.calls.push(Call { sent, dice, reply: None });
        self.at(counted, Event::Count(self.calls.len() - 1));
    }

    fn count(&mut self, at: usize, now: Millis) {
        let call = &mut self.calls[at];
        let request = &self.requests[call.sent.request];
        let reply = self.upstream.call(call.sent.key, request, now, &mut call.dice);
        let latency = match reply {
            // Most answers take seconds, some a minute.
            Reply::Answer => whole(call.dice.log_normal(2_500.0, 0.8)).clamp(300, 90_000),
            Reply::Error { .. } => 100 + call.dice.below(300),
        };
        call.reply = Some(reply);
        self.at(now + latency, Event::Return(at));
    }

    fn come_back(&mut self, at: usize, now: Millis) {
        let sent = self.calls[at].sent;
        let Some(reply) = self.calls[at].reply.take() else { return };
        let id = sent.request;
        let Some((fault, is_final)) = judge(self.world, &reply, now) else {
            let Request { tokens, arrival, .. } = self.requests[id];
            self.ledger.answered(&sent, sent.at - arrival);
            self.strategy.settle(&sent, &Outcome::Answered { tokens }, now);
            self.end(id);
            return self.wake(sent.model, now);
        };
        let Reply::Error { status, exceeded, .. } = reply else { return };
        self.ledger.refused(&sent, status, &exceeded, &fault, now);
        self.strategy.settle(&sent, &Outcome::Failed { status, fault: &fault }, now);
        if is_final || !self.may_try_again(id, &fault) {
            self.fail(id);
        } else {
            self.offer(id, now);
        }
        self.wake(sent.model, now);
    }

    /// The product's two limits: so many keys, and so many tries that blame none.
    fn may_try_again(&mut self, id: usize, fault: &Fault) -> bool {
        let progress = &mut self.progress[id];
        let blames_a_key = matches!(fault.scope, Scope::Bucket | Scope::Feature | Scope::Key | Scope::Project);
        progress.blameless += usize::from(!blames_a_key);
        progress.attempts < MAX_KEYS && progress.blameless < MAX_ATTEMPTS
    }

    fn fail(&mut self, id: usize) {
        self.ledger.failed(self.requests[id].access_key);
        self.end(id);
    }

    fn end(&mut self, id: usize) {
        self.progress[id].over = true;
        self.progress[id].tried = Vec::new();
        self.waiting[self.requests[id].model].remove(&id);
        self.strategy.forget(id);
    }
}

/// What the real classifier makes of a reply, and whether it is the last word; nothing if it is an answer.
fn judge(world: &World, reply: &Reply, now: Millis) -> Option<(Fault, bool)> {
    let Reply::Error { status, body, .. } = reply else { return None };
    match verdict::of(&Answer { status: *status, retry_after: None, body: body.as_bytes() }, world.timestamp(now)) {
        Verdict::Answered => None,
        Verdict::Refused(fault) => Some((fault, true)),
        Verdict::TryElsewhere(fault) => Some((fault, false)),
    }
}

#[cfg(test)]
mod tests;
