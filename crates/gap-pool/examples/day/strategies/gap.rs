//! The real pool, used as the gateway's relay uses it: rank, reserve, settle; wait while somebody returns before the
//! client gives up, refuse when nobody does; pause before a further try that blames no key; look at disabled keys when
//! the pool asks for it.

use std::collections::HashMap;
use std::time::Duration;

use gap_pool::{
    Answered, Fault, KeyId, Lease, Limits, Need, NewKey, Outcome as Ended, Policy, Pool, Tier, Tried, verdict,
};
use jiff::Timestamp;

use super::{Ask, Choice, Outcome, Sent, Strategy};
use crate::dice::Dice;
use crate::traffic::whole;
use crate::world::{self, Millis, SECOND, Told, World};

/// Pause before a further try that blames no key; the product's defaults.
const BACK_OFF: (f64, f64) = (100.0, 2_000.0);

pub(super) struct Gap<'a> {
    world: &'a World,
    pool: Pool,
    /// Our names of the pool's keys.
    places: HashMap<KeyId, usize>,
    /// What each request has tried, and when it may try again.
    requests: HashMap<usize, Progress>,
    leases: HashMap<(usize, usize), (Lease, Millis)>,
    dice: Dice,
}

#[derive(Debug, Default)]
struct Progress {
    tried: Tried,
    pauses: i32,
    pauses_until: Millis,
}

impl<'a> Gap<'a> {
    pub(super) fn new(world: &'a World, seed: u64) -> Self {
        let mut pool = Pool::new(Policy { seed, ..Policy::default() });
        let mut ids = Vec::new();
        for (at, key) in world.keys.iter().enumerate() {
            let tier = match world.projects[key.project].tier {
                world::Tier::Free => Tier::Free,
                world::Tier::Paid => Tier::Tier1,
            };
            let new = NewKey {
                label: format!("key {at}"),
                project: key.project_is_told.then(|| format!("project {}", key.project)),
                tier: Some(tier),
                ..NewKey::default()
            };
            ids.push(pool.add(new, world.start));
        }
        if world.told == Told::Limits {
            tell_limits(&mut pool, &ids, world);
        }
        let places = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let (requests, leases) = (HashMap::new(), HashMap::new());
        Self { world, pool, places, requests, leases, dice: Dice::of(&[seed, 33]) }
    }
}

/// Types in what the operator knows.
fn tell_limits(pool: &mut Pool, ids: &[KeyId], world: &World) {
    let projects: HashMap<KeyId, _> = pool.keys(world.start).iter().map(|view| (view.id, view.project)).collect();
    for (key, id) in ids.iter().enumerate() {
        let Some(project) = projects.get(id) else { continue };
        for (at, model) in world.models.iter().enumerate() {
            let told = super::told_limits(world, key, at);
            let limits = Limits {
                requests_per_minute: told.requests_per_minute,
                tokens_per_minute: told.tokens_per_minute,
                requests_per_day: told.requests_per_day,
                tokens_per_day: told.tokens_per_day,
            };
            pool.set_limits(*project, Some(model), limits, world.start);
        }
    }
}

impl Strategy for Gap<'_> {
    fn choose(&mut self, ask: &Ask<'_>, now: Millis) -> Choice {
        let time = self.world.timestamp(now);
        let progress = self.requests.entry(ask.request).or_default();
        if progress.pauses_until > now {
            return Choice::Pause(progress.pauses_until);
        }
        let model = self.world.models[ask.model];
        let need = Need { model: Some(model.into()), tokens: ask.estimate, ..Need::default() };
        let ranking = self.pool.rank(&need, &progress.tried, time);
        if let Some(lease) = self.pool.reserve(&need, &ranking, time) {
            let Some(key) = self.places.get(&lease.key()).copied() else { return Choice::Refuse };
            self.leases.insert((ask.request, ask.tried.len()), (lease, now));
            return Choice::Send(key);
        }
        match ranking.returns_at.map(|at| self.millis(at)) {
            Some(at) if at <= ask.deadline => Choice::Wait(at),
            Some(_) | None => Choice::Refuse,
        }
    }

    fn settle(&mut self, sent: &Sent, outcome: &Outcome<'_>, now: Millis) {
        let time = self.world.timestamp(now);
        let Some((lease, at)) = self.leases.remove(&(sent.request, sent.attempt)) else { return };
        let ended = match outcome {
            Outcome::Answered { tokens } => Ended::Success(Answered {
                input_tokens: Some(*tokens),
                latency: Some(Duration::from_millis(now - at)),
                empty: false,
            }),
            Outcome::Failed { fault, .. } => {
                let progress = self.requests.entry(sent.request).or_default();
                progress.tried.note(lease.key(), fault);
                if fault.retry == verdict::Retry::BackOff {
                    let longest = (BACK_OFF.0 * 2_f64.powi(progress.pauses)).min(BACK_OFF.1);
                    progress.pauses += 1;
                    progress.pauses_until = now + whole(self.dice.between(longest / 2.0, longest));
                }
                Ended::Fault((*fault).clone())
            }
        };
        self.pool.settle(lease, &ended, time);
    }

    fn tick(&mut self, now: Millis, look: &mut dyn FnMut(usize) -> Option<Fault>) {
        let time = self.world.timestamp(now);
        for id in self.pool.due_for_recheck(usize::MAX, time) {
            let Some(place) = self.places.get(&id) else { continue };
            self.pool.rechecked(id, look(*place).as_ref(), time);
        }
    }

    fn forget(&mut self, request: usize) {
        self.requests.remove(&request);
    }
}

impl Gap<'_> {
    /// Rounded up: a moment too early is asked in vain.
    fn millis(&self, at: Timestamp) -> Millis {
        let micros = at.duration_since(self.world.start).as_micros();
        u64::try_from(micros.max(0)).map_or(Millis::MAX, |micros| micros.div_ceil(SECOND))
    }
}
