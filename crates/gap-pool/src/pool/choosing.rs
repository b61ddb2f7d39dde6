//! Rank: who may serve a need, best first, and why the others may not.
//!
//! A few projects are looked at: all where there are few, else some whose turn it is and some by chance. The best by
//! headroom × health is taken; among those that are nearly as good, the one used longest ago. Only when none of them has
//! room, more are looked at.

mod keys;

use std::cmp::Ordering;

use jiff::Timestamp;

use super::ranking::{Candidate, Ranking, Reason, Score, Why};
use super::{Model, Pool, Project};
use crate::ids::{ProjectId, scatter};
use crate::lane::{Class, Classes, Lane, Ready, State};
use crate::limits::TierPolicy;
use crate::need::{Affinity, Need, Tried};
use crate::quota::{Full, Millis, millis, timestamp};
use crate::verdict::Cause;

/// How many projects are looked at where one of them will do.
const SAMPLE: usize = 8;
/// How many are looked at where it is hard to find any.
const SEARCH: usize = 512;
/// What is nearly as good as the best.
const NEARLY: f32 = 0.95;
/// A wanted project is passed over when it looks worse than the best by more than this.
const CLEARLY_WORSE: f32 = 0.5;
/// Nobody knows when a request under way will end; so long a waiter waits before it looks again.
pub(super) const A_MOMENT: Millis = 1_000;

impl Pool {
    /// Who may serve `need`, best first, and why the others may not.
    pub fn rank(&self, need: &Need, tried: &Tried, now: Timestamp) -> Ranking {
        let mut choice = Choice::new(self, need, tried, now);
        match need.affinity {
            Affinity::Must(project) => choice.consider_only(self.present(project)),
            Affinity::None => choice.consider_all(None),
            Affinity::Should(project) => choice.consider_all(Some(self.present(project))),
        }
        choice.finish()
    }

    /// Until when nobody is asked for a model, whoever it is: it is overloaded, or the way out seems closed. The time to
    /// ask another model.
    pub fn paused(&self, model: Option<&str>, now: Timestamp) -> Option<Timestamp> {
        let model = self.models.get(self.counted_as(model.unwrap_or_default()));
        self.pause(model, now).map(|(until, _)| until)
    }

    pub(super) fn pause(&self, model: Option<&Model>, now: Timestamp) -> Option<(Timestamp, Cause)> {
        let at = millis(now);
        let of_model = model.and_then(|model| model.breaker.closed_until(at));
        let pauses = [(self.egress.closed_until(at), Cause::EgressBlocked), (of_model, Cause::Overloaded)];
        let pauses = pauses.into_iter().filter_map(|(until, cause)| Some((timestamp(until?), cause)));
        pauses.max_by_key(|(until, _)| *until)
    }
}

/// Which projects are asked first, and which after them.
pub(super) fn order(policy: TierPolicy) -> &'static [Classes] {
    match policy {
        TierPolicy::Any => &[Classes::Both],
        TierPolicy::FreeFirst => &[Classes::Only(Class::Free), Classes::Only(Class::Paid)],
        TierPolicy::PaidFirst => &[Classes::Only(Class::Paid), Classes::Only(Class::Free)],
        TierPolicy::OnlyPaid => &[Classes::Only(Class::Paid)],
    }
}

/// A project with room.
#[derive(Clone, Copy, Debug)]
struct Scored {
    project: ProjectId,
    turn: u64,
    weight: u32,
    why: Why,
    /// How good it looks, or looked when it was last used.
    looks: f32,
    /// None while it has only been glanced at.
    score: Option<Score>,
}

/// A ranking in the making.
struct Choice<'a> {
    pool: &'a Pool,
    lane: &'a Lane<ProjectId>,
    bucket: &'a str,
    model: Option<&'a Model>,
    need: &'a Need,
    tried: &'a Tried,
    now: Timestamp,
    /// The clock went back: what the lane calls ready is to be looked at twice.
    doubt: bool,
    seen: Vec<ProjectId>,
    fresh: Vec<Candidate>,
    again: Vec<Candidate>,
    ranking: Ranking,
}

impl<'a> Choice<'a> {
    fn new(pool: &'a Pool, need: &'a Need, tried: &'a Tried, now: Timestamp) -> Self {
        let bucket = pool.counted_as(need.bucket());
        let model = pool.models.get(bucket);
        Self {
            pool,
            lane: model.and_then(|model| model.lane.as_ref()).unwrap_or(&pool.base),
            bucket,
            model,
            need,
            tried,
            now,
            doubt: now < pool.latest,
            seen: Vec::with_capacity(SAMPLE),
            fresh: Vec::new(),
            again: Vec::new(),
            ranking: Ranking::default(),
        }
    }

    fn consider_all(&mut self, preferred: Option<ProjectId>) {
        let policy = self.need.tiers.unwrap_or(self.pool.policy.tiers);
        for classes in order(policy) {
            self.consider_class(*classes, preferred);
            self.returns_at(self.first_back(*classes));
            if !self.fresh.is_empty() {
                break;
            }
        }
        for (reason, keys) in self.lane.out_of_play() {
            self.ranking.rejected.add(reason, keys);
            if reason == Reason::Busy {
                self.returns_in_a_moment();
            }
        }
        let (free, paid) = (self.lane.in_play(Class::Free), self.lane.in_play(Class::Paid));
        self.ranking.in_play = paid + if policy == TierPolicy::OnlyPaid { 0 } else { free };
        if policy == TierPolicy::OnlyPaid {
            self.ranking.rejected.add(Reason::OtherTier, free);
        }
    }

    fn consider_class(&mut self, classes: Classes, preferred: Option<ProjectId>) {
        let mut found = Vec::with_capacity(SAMPLE);
        if let Some(project) = preferred.filter(|project| self.is_good(*project, classes)) {
            self.weigh(self.lane.known(project), Why::Affinity, &mut found);
        }
        for due in self.lane.due(classes, self.now).take(SAMPLE) {
            self.weigh(due, Why::LeastRecentlyUsed, &mut found);
        }
        let ready = self.lane.ready(classes);
        let seed = self.pool.policy.seed ^ scatter(self.pool.turn);
        for number in self.lane.sample(classes, SAMPLE, seed) {
            let Some(member) = self.lane.at(classes, number) else { continue };
            if ready <= SAMPLE {
                self.weigh(member, Why::LeastRecentlyUsed, &mut found);
            } else {
                self.glance(member, &mut found);
            }
        }
        self.take(found);
        if !self.is_enough() && (self.seen.len() < ready || self.lane.due(classes, self.now).nth(SAMPLE).is_some()) {
            self.search(classes, ready, seed);
        }
        if !self.is_enough() {
            let mut found = Vec::new();
            for member in self.lane.last_resort(classes, self.now).take(SEARCH) {
                self.weigh(self.lane.known(member), Why::LastResort, &mut found);
            }
            self.take(found);
        }
    }

    /// When the first sleeper has room for the need: one that has used up its tokens wakes for the lightest.
    fn first_back(&self, classes: Classes) -> Option<Timestamp> {
        let mut first: Option<Timestamp> = None;
        for (project, until, reason) in self.lane.sleepers(classes, self.now).take(SEARCH) {
            if first.is_some_and(|first| first <= until) {
                break;
            }
            let back = self.back(project, until, reason);
            first = [first, back].into_iter().flatten().min();
        }
        first
    }

    /// When a sleeper has room for the need.
    fn back(&self, project: ProjectId, until: Timestamp, reason: Reason) -> Option<Timestamp> {
        if !matches!(reason, Reason::Spent(_)) || self.need.tokens <= 1 {
            return Some(until);
        }
        match self.pool.room(self.model, self.bucket, project, self.need.tokens, self.now) {
            Ok(_) => Some(until),
            Err(full) => Some(timestamp(full.until?).max(until)),
        }
    }

    /// Looks at many more.
    fn search(&mut self, classes: Classes, ready: usize, seed: u64) {
        let mut found = Vec::new();
        let start = usize::try_from(seed % ready.max(1) as u64).unwrap_or_default();
        for due in self.lane.due(classes, self.now).take(SEARCH) {
            self.weigh(due, Why::LeastRecentlyUsed, &mut found);
        }
        for nth in 0..ready.min(SEARCH) {
            if let Some(ready) = self.lane.at(classes, (start + nth) % ready) {
                self.weigh(ready, Why::LeastRecentlyUsed, &mut found);
            }
        }
        self.take(found);
    }

    fn consider_only(&mut self, pinned: ProjectId) {
        let keys = self.pool.projects.get(&pinned).map_or(0, Project::size);
        self.ranking.rejected.add(Reason::OtherProject, self.pool.keys.len() - keys);
        if self.lane.is_in_play(pinned, self.now) {
            self.ranking.in_play = keys;
            let mut found = Vec::new();
            self.weigh(self.lane.known(pinned), Why::Affinity, &mut found);
            return self.take(found);
        }
        match self.lane.state(pinned) {
            Some(State::Asleep(until, reason)) => {
                self.ranking.rejected.add(reason, keys);
                self.returns_at(self.back(pinned, until, reason));
            }
            Some(State::Out(reason)) => {
                self.ranking.rejected.add(reason, keys);
                if reason == Reason::Busy {
                    self.returns_in_a_moment();
                }
            }
            Some(State::Ready | State::LastResort(_)) | None => {}
        }
    }

    fn is_good(&self, project: ProjectId, classes: Classes) -> bool {
        let class = self.pool.projects.get(&project).map(Project::class);
        class.is_some_and(|class| classes.has(class))
            && self.lane.is_in_play(project, self.now)
            && !self.lane.is_last_resort(project, self.now)
    }

    /// Looks at a project that is in play.
    fn weigh(&mut self, ready: Ready<ProjectId>, why: Why, found: &mut Vec<Scored>) {
        let id = ready.member;
        if self.seen.contains(&id) {
            return;
        }
        self.seen.push(id);
        let Some(project) = self.pool.projects.get(&id) else { return };
        if let Some(score) = self.look(id) {
            let (weight, looks) = (project.weight, score.total());
            found.push(Scored { project: id, turn: ready.turn, weight, why, looks, score: Some(score) });
        }
    }

    /// Takes a project for what it looked like after its last use, so as not to touch all that is known about it.
    fn glance(&mut self, ready: Ready<ProjectId>, found: &mut Vec<Scored>) {
        let Ready { member: project, turn, score: looks } = ready;
        if !self.seen.contains(&project) {
            self.seen.push(project);
            let weight = self.pool.policy.usual_weight;
            found.push(Scored { project, turn, weight, why: Why::LeastRecentlyUsed, looks, score: None });
        }
    }

    /// How good a project looks; none when it has no room or is not in play after all.
    fn look(&mut self, id: ProjectId) -> Option<Score> {
        self.ranking.looked_at += 1;
        if self.doubt && !self.is_really_in_play(id) {
            return None;
        }
        match self.pool.room(self.model, self.bucket, id, self.need.tokens, self.now) {
            Ok(score) => Some(score),
            Err(Full { quota, until }) => {
                let keys = self.pool.projects.get(&id).map_or(0, Project::size);
                self.ranking.rejected.add(Reason::Spent(quota), keys);
                self.returns_at(until.map(timestamp));
                None
            }
        }
    }

    /// Takes keys of the projects found, best first.
    fn take(&mut self, mut found: Vec<Scored>) {
        let best = found.iter().map(|scored| scored.looks).fold(0.0, f32::max);
        let turn = self.pool.turn + 1;
        let rank = |scored: &Scored| {
            let wanted = scored.why == Why::Affinity && scored.looks >= best * CLEARLY_WORSE;
            let near = scored.looks >= best * NEARLY;
            // Among equals by last use: twice the weight, half the pause.
            let pause = turn.saturating_sub(scored.turn).saturating_mul(u64::from(scored.weight));
            if near { (wanted, near, pause, scored.weight as f32) } else { (wanted, near, 0, scored.looks) }
        };
        let better = |a: &Scored, b: &Scored| rank(b).partial_cmp(&rank(a)).unwrap_or(Ordering::Equal);
        let mut taken = Vec::with_capacity(self.limit());
        // The next best, one after the other: mostly nobody asks for the order of the others.
        while !self.is_enough() && !found.is_empty() {
            let next = (0..found.len()).min_by(|a, b| better(&found[*a], &found[*b])).unwrap_or_default();
            let mut scored = found.swap_remove(next);
            scored.score = scored.score.or_else(|| self.look(scored.project));
            if scored.score.is_some() {
                self.take_best_key(&scored);
                taken.push(scored);
            }
        }
        for nth in 1.. {
            let before = self.fresh.len() + self.again.len();
            for scored in &taken {
                if self.is_enough() {
                    return;
                }
                self.take_key(scored, nth);
            }
            if before == self.fresh.len() + self.again.len() {
                return;
            }
        }
    }

    /// Whether a project that the lane calls ready is; if not, notes when it will be.
    fn is_really_in_play(&mut self, id: ProjectId) -> bool {
        let Some(project) = self.pool.projects.get(&id) else { return false };
        let in_play = project.members.iter().filter(|member| !matches!(member.state, State::Out(_)));
        let key_rests = in_play.map(|member| self.pool.key_rest_behind(member.key, self.now));
        let of_keys = key_rests.min_by_key(|rest| rest.map(|rest| rest.until)).flatten();
        let rest = self.pool.rest_behind(id, self.bucket, self.now);
        let Some(rest) = [of_keys, rest].into_iter().flatten().max_by_key(|rest| rest.until) else { return true };
        self.ranking.rejected.add(Reason::Fault(rest.cause), project.size());
        self.returns_at(Some(rest.until));
        false
    }

    fn limit(&self) -> usize {
        self.pool.policy.candidates.max(1)
    }

    fn is_enough(&self) -> bool {
        let found = if self.tried.stays_with_tried() { self.again.len() } else { self.fresh.len() };
        found >= self.limit()
    }

    fn returns_at(&mut self, at: Option<Timestamp>) {
        self.ranking.returns_at = [self.ranking.returns_at, at].into_iter().flatten().min();
    }

    fn in_a_moment(&self) -> Timestamp {
        timestamp(millis(self.now) + A_MOMENT)
    }

    fn returns_in_a_moment(&mut self) {
        self.returns_at(Some(self.in_a_moment()));
    }

    fn finish(mut self) -> Ranking {
        let stays = self.tried.stays_with_tried();
        let (mut first, second) = if stays { (self.again, self.fresh) } else { (self.fresh, self.again) };
        first.extend(second);
        first.truncate(self.pool.policy.candidates.max(1));
        if let Some((until, cause)) = self.pool.pause(self.model, self.now) {
            self.ranking.rejected.add(Reason::Fault(cause), self.ranking.in_play);
            let first_back = if first.is_empty() { self.ranking.returns_at } else { Some(until) };
            self.ranking.returns_at = first_back.map(|at| at.max(until));
            first.clear();
        }
        Ranking { candidates: first, ..self.ranking }
    }
}
