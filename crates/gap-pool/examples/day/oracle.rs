//! How many requests anybody could have had answered, who knew everything: all arrivals, sizes, limits, kinds of
//! windows, troubles, and the network's moods.
//!
//! Finding the best schedule is hard (many knapsacks side by side), so this is no schedule but a bound: the smallest
//! of several numbers that no schedule can exceed. Each is the optimum of the problem with something left out, so that
//! a ratio to it never flatters a strategy.
//!
//! 1. *servable*: requests for which some key works at some moment while they may be counted, that is from their
//!    arrival until the client's patience and the longest jitter are over.
//! 2. *requests*: a maximum flow from requests through windows and days to what projects admit. The flow may give each
//!    request to any project that can take it in any window that it touches. Fixed minutes are exactly the windows of
//!    the upstream. A sliding window admits no more than its limit in any minute, so also in those of a grid that
//!    begins anywhere: several grids are tried and the lowest bound counts. A token bucket is a chain of slots in which
//!    what is not used flows on.
//! 3. *tokens*: the same flow in tokens instead of requests, in which requests may be served in part, and the parts
//!    count. What requests can send is a polymatroid, so taking the smallest requests first is optimal.
//! 4. *merged*: all projects of a model with a sliding window put together as one with the sum of their limits.
//!    Requests all have the same patience, so whoever came first has the earliest deadline, and serving in order of
//!    arrival as early as possible is optimal: the n-th answer never comes later than in any other schedule.
//!
//! Left out are the limit of attempts, answers' latencies, and that a request is either large or many.

mod flow;

use std::collections::BTreeMap;
use std::ops::Range;

use self::flow::{Network, UNLIMITED};
use crate::traffic::whole;
use crate::world::{Limits, MAX_JITTER, MAX_WAIT, MINUTE, Millis, Request, SECOND, Windows, World};

/// How many requests can be answered at most.
pub(crate) fn bound(world: &World, requests: &[Request]) -> usize {
    let oracle = Oracle::new(world, requests);
    let grids: Vec<Grid> = match world.windows {
        Windows::Sliding => (0..6).map(|at| Grid { slot: MINUTE, begins: at * 10 * SECOND }).collect(),
        Windows::FixedMinute => vec![Grid { slot: MINUTE, begins: 0 }],
        Windows::TokenBucket => vec![Grid { slot: BUCKET_SLOT, begins: 0 }],
    };
    let by_flow = grids.iter().map(|grid| oracle.by_requests(*grid).min(oracle.by_tokens(*grid))).min();
    let merged = if world.windows == Windows::Sliding { oracle.merged() } else { usize::MAX };
    by_flow.unwrap_or(usize::MAX).min(merged).min(oracle.servable())
}

/// Slots of a token bucket: fine enough that refilling at a slot's beginning flatters little.
const BUCKET_SLOT: Millis = 10 * SECOND;

/// How time is cut.
#[derive(Clone, Copy, Debug)]
struct Grid {
    slot: Millis,
    /// Where the second slot begins; the first one begins with the scenario.
    begins: Millis,
}

struct Oracle<'a> {
    world: &'a World,
    midnights: Vec<Millis>,
    classes: Vec<Class>,
    /// Requests with the classes that can serve them.
    requests: Vec<(Request, Classes)>,
}

/// Projects that are alike.
#[derive(Clone, Debug)]
struct Class {
    /// One of them.
    project: usize,
    count: u64,
}

/// Places of classes.
type Classes = Vec<usize>;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Requests,
    Tokens,
}

impl<'a> Oracle<'a> {
    fn new(world: &'a World, requests: &[Request]) -> Self {
        let classes = classes(world);
        let requests = requests.iter().map(|request| (*request, able(world, &classes, request))).collect();
        Self { world, midnights: world.midnights(), classes, requests }
    }

    fn servable(&self) -> usize {
        self.requests.iter().filter(|(_, classes)| !classes.is_empty()).count()
    }

    fn by_requests(&self, grid: Grid) -> usize {
        let mut graph = Graph::new(self, grid, Unit::Requests);
        for (request, classes) in self.requests.iter().filter(|(_, classes)| !classes.is_empty()) {
            graph.offer(request, classes, 1);
        }
        usize::try_from(graph.augment()).unwrap_or(usize::MAX)
    }

    fn by_tokens(&self, grid: Grid) -> usize {
        let mut sorted: Vec<&(Request, Classes)> =
            self.requests.iter().filter(|(_, classes)| !classes.is_empty()).collect();
        sorted.sort_by_key(|(request, _)| request.tokens);
        let mut graph = Graph::new(self, grid, Unit::Tokens);
        let mut answered = 0.0;
        // Requests of nearly one size at a time; among them the smallest first.
        for alike in sorted.chunk_by(|(a, _), (b, _)| size_class(a.tokens) == size_class(b.tokens)) {
            for (request, classes) in alike {
                graph.offer(request, classes, request.tokens);
            }
            let mut left = graph.augment();
            for (request, _) in alike {
                let part = left.min(request.tokens);
                answered += part as f64 / request.tokens as f64;
                left -= part;
            }
        }
        // What is answered is a whole number; the summand is for what floating point has lost.
        usize::try_from(whole(answered + 1e-6)).unwrap_or(usize::MAX)
    }

    fn merged(&self) -> usize {
        (0..self.world.models.len()).map(|model| self.merged_of(model)).sum()
    }

    fn merged_of(&self, model: usize) -> usize {
        let most = |class: &Class| {
            let steps = &self.world.projects[class.project].limits[model];
            let most = steps.iter().map(|(_, limits)| limits.requests_per_minute.unwrap_or(UNLIMITED)).max();
            most.unwrap_or(UNLIMITED).saturating_mul(class.count).min(UNLIMITED)
        };
        let capacity = self.classes.iter().map(most).fold(0, u64::saturating_add);
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        let mut sends: Vec<Millis> = Vec::new();
        for (request, _) in self.requests.iter().filter(|(request, _)| request.model == model) {
            let freed = sends.len().checked_sub(capacity).and_then(|at| sends.get(at)).map_or(0, |at| at + MINUTE);
            let earliest = request.arrival.max(freed);
            if capacity > 0 && earliest < patience(request).end {
                sends.push(earliest);
            }
        }
        sends.len()
    }
}

/// When a request may be counted.
fn patience(request: &Request) -> Range<Millis> {
    request.arrival..request.arrival + MAX_WAIT + MAX_JITTER + 1
}

/// Requests whose sizes differ by less than a fifth.
fn size_class(tokens: u64) -> u64 {
    whole((tokens as f64).ln() / 1.2_f64.ln())
}

fn classes(world: &World) -> Vec<Class> {
    let is_troubled = |project: usize| {
        let mut keys = world.keys.iter().enumerate().filter(|(_, key)| key.project == project);
        keys.any(|(key, _)| world.has_own_trouble(key))
    };
    let mut classes: Vec<Class> = Vec::new();
    for project in 0..world.projects.len() {
        let alike = |class: &&mut Class| {
            world.projects[class.project].limits == world.projects[project].limits && !is_troubled(class.project)
        };
        match classes.iter_mut().find(alike).filter(|_| !is_troubled(project)) {
            Some(class) => class.count += 1,
            None => classes.push(Class { project, count: 1 }),
        }
    }
    classes
}

/// The classes that could serve a request if they had nothing else to do.
fn able(world: &World, classes: &[Class], request: &Request) -> Classes {
    let during = patience(request);
    let fits = |project: usize| {
        // Limits may change while the request waits.
        [during.start, during.end].into_iter().any(|at| {
            let limits = world.limits(project, request.model, at);
            limits.is_on_tier() && limits.tokens_per_minute.is_none_or(|limit| request.tokens <= limit)
        })
    };
    let able =
        |(_, class): &(usize, &Class)| fits(class.project) && world.can_serve(class.project, request.model, &during);
    classes.iter().enumerate().filter(able).map(|(at, _)| at).collect()
}

/// The network of one grid, built as requests need it.
struct Graph<'a> {
    oracle: &'a Oracle<'a>,
    grid: Grid,
    unit: Unit,
    network: Network,
    source: usize,
    sink: usize,
    /// By model, first and last slot, and classes: the arc from the source.
    groups: BTreeMap<(usize, Millis, Millis, Classes), usize>,
    /// By class, model and slot.
    slots: BTreeMap<(usize, usize, Millis), usize>,
    /// By class and model: how many slots of a token bucket there are.
    chains: BTreeMap<(usize, usize), Millis>,
    /// By class, model and Pacific day.
    days: BTreeMap<(usize, usize, usize), usize>,
}

impl<'a> Graph<'a> {
    fn new(oracle: &'a Oracle<'a>, grid: Grid, unit: Unit) -> Self {
        let mut network = Network::default();
        let (source, sink) = (network.add_node(), network.add_node());
        Self {
            oracle,
            grid,
            unit,
            network,
            source,
            sink,
            groups: BTreeMap::new(),
            slots: BTreeMap::new(),
            chains: BTreeMap::new(),
            days: BTreeMap::new(),
        }
    }

    fn augment(&mut self) -> u64 {
        self.network.augment(self.source, self.sink)
    }

    /// Lets a request send `amount`.
    fn offer(&mut self, request: &Request, classes: &Classes, amount: u64) {
        let during = patience(request);
        let (first, last) = (self.grid.slot_of(during.start), self.grid.slot_of(during.end - 1));
        let model = request.model;
        let key = (model, first, last, classes.clone());
        if let Some(arc) = self.groups.get(&key) {
            return self.network.widen(*arc, amount);
        }
        let node = self.network.add_node();
        let arc = self.network.add_arc(self.source, node, amount);
        self.groups.insert(key, arc);
        for class in classes {
            for slot in first..=last {
                let project = self.oracle.classes[*class].project;
                if self.oracle.world.can_serve(project, model, &self.grid.time_of(slot)) {
                    let slot = self.slot(*class, model, slot);
                    self.network.add_arc(node, slot, UNLIMITED);
                }
            }
        }
    }

    /// The node of a slot.
    fn slot(&mut self, class: usize, model: usize, slot: Millis) -> usize {
        if let Some(node) = self.slots.get(&(class, model, slot)) {
            return *node;
        }
        if self.oracle.world.windows == Windows::TokenBucket {
            // What is not used flows on, so there are no gaps in the chain.
            let made = self.chains.entry((class, model)).or_default();
            for slot in std::mem::replace(made, slot + 1)..slot {
                self.add_slot(class, model, slot);
            }
        }
        self.add_slot(class, model, slot)
    }

    fn add_slot(&mut self, class: usize, model: usize, slot: Millis) -> usize {
        let Class { project, count } = self.oracle.classes[class];
        let world = self.oracle.world;
        let time = self.grid.time_of(slot);
        let node = self.network.add_node();
        self.slots.insert((class, model, slot), node);
        let limit = self.limit(project, model, &time, |limits| match self.unit {
            Unit::Requests => limits.requests_per_minute,
            Unit::Tokens => limits.tokens_per_minute,
        });
        let limit = limit.map_or(UNLIMITED, |limit| limit * count);
        let refills = world.windows == Windows::TokenBucket && limit != UNLIMITED;
        let kept = if refills { limit } else { 0 };
        let mut capacity = limit;
        if refills {
            // Rounded up as a whole, not slot by slot.
            let refilled = |slots: Millis| (limit * slots * self.grid.slot).div_ceil(MINUTE);
            capacity = refilled(slot + 1) - refilled(slot);
            match slot.checked_sub(1).and_then(|before| self.slots.get(&(class, model, before))) {
                Some(before) => _ = self.network.add_arc(node, *before, limit + 1),
                // A full bucket to begin with.
                None => capacity += limit + 1,
            }
        }
        // A slot around midnight belongs to both days.
        let admitted = self.network.add_node();
        self.network.add_arc(node, admitted, capacity);
        for day in self.day_of(time.start)..=self.day_of(time.end - 1) {
            let day = self.day(class, model, day, kept);
            self.network.add_arc(admitted, day, UNLIMITED);
        }
        node
    }

    /// The node of a day. What a token bucket has `kept` of it may be used on the next.
    fn day(&mut self, class: usize, model: usize, day: usize, kept: u64) -> usize {
        if let Some(node) = self.days.get(&(class, model, day)) {
            return *node;
        }
        let Class { project, count } = self.oracle.classes[class];
        let midnight = |at: usize| self.oracle.midnights.get(at).copied().unwrap_or(Millis::MAX);
        let time = day.checked_sub(1).map_or(0, midnight)..midnight(day);
        let limit = self.limit(project, model, &time, |limits| match self.unit {
            Unit::Requests => limits.requests_per_day,
            Unit::Tokens => limits.tokens_per_day,
        });
        let capacity = limit.map_or(UNLIMITED, |limit| (limit * count).saturating_add(kept).min(UNLIMITED));
        let node = self.network.add_node();
        self.network.add_arc(node, self.sink, capacity);
        self.days.insert((class, model, day), node);
        node
    }

    /// The highest limit within a time.
    fn limit(
        &self,
        project: usize,
        model: usize,
        time: &Range<Millis>,
        of: impl Fn(Limits) -> Option<u64>,
    ) -> Option<u64> {
        let world = self.oracle.world;
        let changes = world.projects[project].limits[model].iter().map(|(from, _)| *from);
        let times = std::iter::once(time.start).chain(changes.filter(|from| time.contains(from)));
        times.map(|at| of(world.limits(project, model, at))).max_by_key(|limit| limit.unwrap_or(u64::MAX)).flatten()
    }

    fn day_of(&self, at: Millis) -> usize {
        self.oracle.midnights.partition_point(|midnight| *midnight <= at)
    }
}

impl Grid {
    fn slot_of(self, at: Millis) -> Millis {
        (at + self.slot - self.begins) / self.slot
    }

    fn time_of(self, slot: Millis) -> Range<Millis> {
        let begins = slot * self.slot + self.begins;
        begins.saturating_sub(self.slot)..begins.max(1)
    }
}

#[cfg(test)]
mod tests;
