//! What a strategy did, written down by somebody who does not trust it.
//!
//! The ledger reads the same answers as the strategy and keeps its own account of who is known to rest and which
//! limits are known. A gateway's word about itself does not count.

use std::collections::{BTreeMap, HashMap};

use gap_pool::Fault;
use gap_pool::verdict::{Rest, Scope};

use crate::strategies::Sent;
use crate::upstream::Quota;
use crate::world::{Limits, MINUTE, Millis, Request, Told, World};

/// The account of one run.
pub(crate) struct Ledger<'a> {
    world: &'a World,
    midnights: Vec<Millis>,
    /// Until when a bucket is known to rest.
    bucket_rests: HashMap<(Owner, usize), Millis>,
    /// Until when a project is known to rest.
    project_rests: HashMap<Owner, Millis>,
    /// Keys that are known to be dead.
    dead: Vec<bool>,
    /// Limits that an answer has told, and when.
    learned: HashMap<(Owner, usize, Quota), (u64, Millis)>,
    load: Vec<u64>,
    waits: Vec<Millis>,
    calls: u64,
    refused: u64,
    refused_after_learning: u64,
    /// Requests and failures of each client.
    clients: BTreeMap<u64, (u64, u64)>,
    sent_to_resting: u64,
    mistakes: Vec<String>,
}

/// Who owns quota as far as a gateway can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owner {
    Project(usize),
    /// Nobody has said which project it is.
    Key(usize),
}

/// The result of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) requests: usize,
    pub(crate) answered: usize,
    pub(crate) calls: u64,
    pub(crate) refused: u64,
    /// 429s about limits that the strategy had been told before it sent.
    pub(crate) refused_after_learning: u64,
    pub(crate) failed: u64,
    /// The share of the requests of the client that fared worst which ended without an answer.
    pub(crate) worst_client: f64,
    pub(crate) sent_to_resting: u64,
    pub(crate) wait_p50: Millis,
    pub(crate) wait_p99: Millis,
    pub(crate) spread: f64,
    /// The first calls that what was known at the time forbade, in words.
    pub(crate) mistakes: Vec<String>,
}

/// So many mistakes are told one by one.
const MOST_MISTAKES: usize = 40;
/// Loads are compared only between keys that should have served at least so many requests each.
const FEWEST_FOR_SPREAD: f64 = 30.0;

impl<'a> Ledger<'a> {
    pub(crate) fn new(world: &'a World, requests: &[Request]) -> Self {
        let keys = world.keys.len();
        let mut clients = BTreeMap::new();
        for request in requests {
            clients.entry(request.access_key).or_insert((0, 0)).0 += 1;
        }
        Self {
            world,
            midnights: world.midnights(),
            bucket_rests: HashMap::new(),
            project_rests: HashMap::new(),
            dead: vec![false; keys],
            learned: HashMap::new(),
            load: vec![0; keys],
            waits: Vec::new(),
            calls: 0,
            refused: 0,
            refused_after_learning: 0,
            clients,
            sent_to_resting: 0,
            mistakes: Vec::new(),
        }
    }

    /// A call was sent.
    pub(crate) fn sent(&mut self, sent: &Sent) {
        self.calls += 1;
        let owner = self.owner(sent.key);
        let rests = |until: Option<&Millis>| until.is_some_and(|until| *until > sent.at);
        let resting = rests(self.bucket_rests.get(&(owner, sent.model))) || rests(self.project_rests.get(&owner));
        if resting || self.dead[sent.key] {
            self.sent_to_resting += 1;
            self.note(sent, "rests");
        }
    }

    /// A request was answered.
    pub(crate) fn answered(&mut self, sent: &Sent, wait: Millis) {
        self.load[sent.key] += 1;
        self.waits.push(wait);
        self.dead[sent.key] = false;
    }

    /// A call came back with an error.
    pub(crate) fn refused(&mut self, sent: &Sent, status: u16, exceeded: &[(Quota, u64)], fault: &Fault, now: Millis) {
        let owner = self.owner(sent.key);
        if status == 429 {
            self.refused += 1;
            let known = |(quota, limit): &(Quota, u64)| {
                let told = self.told(sent, *quota) == Some(*limit);
                let learned = self.learned.get(&(owner, sent.model, *quota));
                told || learned.is_some_and(|(value, at)| value == limit && *at <= sent.at)
            };
            if !exceeded.is_empty() && exceeded.iter().all(known) {
                self.refused_after_learning += 1;
                self.note(sent, &format!("was full: {exceeded:?}"));
            }
            for (quota, limit) in exceeded {
                let learned = self.learned.entry((owner, sent.model, *quota)).or_insert((*limit, now));
                if learned.0 != *limit {
                    *learned = (*limit, now);
                }
            }
        }
        let Some(until) = self.rests_until(fault, now) else { return };
        match fault.scope {
            Scope::Bucket => raise(self.bucket_rests.entry((owner, sent.model)).or_default(), until),
            Scope::Key => self.dead[sent.key] = true,
            Scope::Project => raise(self.project_rests.entry(owner).or_default(), until),
            Scope::Request | Scope::Feature | Scope::Egress | Scope::Model | Scope::Upstream => {}
        }
    }

    /// A request ended without an answer.
    pub(crate) fn failed(&mut self, access_key: u64) {
        self.clients.entry(access_key).or_default().1 += 1;
    }

    /// A cheap call has shown that a key works.
    pub(crate) fn key_is_back(&mut self, key: usize) {
        self.dead[key] = false;
    }

    /// The sums.
    pub(crate) fn tally(mut self) -> Tally {
        self.waits.sort_unstable();
        let percentile = |percent: usize| {
            let at = (self.waits.len() * percent).div_ceil(100).max(1) - 1;
            self.waits.get(at).copied().unwrap_or(0)
        };
        Tally {
            requests: usize::try_from(self.clients.values().map(|(requests, _)| requests).sum::<u64>())
                .unwrap_or(usize::MAX),
            answered: self.waits.len(),
            calls: self.calls,
            refused: self.refused,
            refused_after_learning: self.refused_after_learning,
            failed: self.clients.values().map(|(_, failed)| failed).sum(),
            worst_client: self.clients.values().map(|(all, failed)| *failed as f64 / *all as f64).fold(0.0, f64::max),
            sent_to_resting: self.sent_to_resting,
            wait_p50: percentile(50),
            wait_p99: percentile(99),
            spread: self.spread(),
            mistakes: self.mistakes,
        }
    }

    fn note(&mut self, sent: &Sent, what: &str) {
        if self.mistakes.len() < MOST_MISTAKES {
            let Sent { request, attempt, model, key, estimate, at } = *sent;
            let (time, model) = (self.world.timestamp(at), self.world.models[model]);
            self.mistakes.push(format!(
                "{time:.3} request {request} try {attempt}, {model}, {estimate} tokens: key {key} {what}"
            ));
        }
    }

    fn owner(&self, key: usize) -> Owner {
        let found = self.world.keys[key];
        if found.project_is_told { Owner::Project(found.project) } else { Owner::Key(key) }
    }

    /// The limit that the operator has typed in.
    fn told(&self, sent: &Sent, quota: Quota) -> Option<u64> {
        if self.world.told == Told::Nothing {
            return None;
        }
        let Limits { requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day } =
            self.world.limits(self.world.keys[sent.key].project, sent.model, 0);
        match quota {
            Quota::RequestsPerMinute => requests_per_minute,
            Quota::TokensPerMinute => tokens_per_minute,
            Quota::RequestsPerDay => requests_per_day,
            Quota::TokensPerDay => tokens_per_day,
        }
    }

    /// Until when everybody who reads the answer knows that asking again is in vain.
    fn rests_until(&self, fault: &Fault, now: Millis) -> Option<Millis> {
        Some(match fault.rest {
            Rest::For(wait) => now + u64::try_from(wait.as_millis()).unwrap_or(Millis::MAX),
            Rest::NextMinute => (now / MINUTE + 1) * MINUTE,
            Rest::Midnight { .. } => *self.midnights.iter().find(|midnight| **midnight > now)?,
            Rest::OffTier | Rest::Disabled => Millis::MAX,
            Rest::None | Rest::Escalating | Rest::LastResort(_) => return None,
        })
    }

    /// The largest load among equal keys over their mean.
    fn spread(&self) -> f64 {
        let mut classes: Vec<(Vec<usize>, usize)> = Vec::new();
        for (at, key) in self.world.keys.iter().enumerate() {
            let alike = |class: &&mut (Vec<usize>, usize)| self.are_equal(class.1, at);
            match classes.iter_mut().find(alike) {
                Some(class) => class.0.push(at),
                None => classes.push((vec![at], at)),
            }
            debug_assert!(key.project < self.world.projects.len());
        }
        let spread = |(keys, _): &(Vec<usize>, usize)| {
            let loads = || keys.iter().map(|key| self.load[*key]);
            let mean = loads().sum::<u64>() as f64 / keys.len() as f64;
            let most = loads().max().unwrap_or(0) as f64;
            (keys.len() > 1 && mean >= FEWEST_FOR_SPREAD).then_some(most / mean)
        };
        classes.iter().filter_map(spread).fold(1.0, f64::max)
    }

    /// Whether two keys have the same lot: equal limits, as many siblings, the same troubles.
    fn are_equal(&self, a: usize, b: usize) -> bool {
        let (world, of) = (self.world, |key: usize| self.world.keys[key].project);
        let siblings = |key: usize| world.keys.iter().filter(|other| other.project == of(key)).count();
        let lot = |key: usize| (world.projects[of(key)].tier, &world.projects[of(key)].limits);
        // Whose sibling is dead carries the whole project.
        let family_has_trouble =
            |key: usize| (0..world.keys.len()).any(|other| of(other) == of(key) && world.has_own_trouble(other));
        lot(a) == lot(b) && siblings(a) == siblings(b) && !family_has_trouble(a) && !family_has_trouble(b)
    }
}

fn raise(rest: &mut Millis, until: Millis) {
    *rest = (*rest).max(until);
}
