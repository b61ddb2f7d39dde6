//! Rank and reserve.

use jiff::Timestamp;

use super::lease::Lease;
use super::ranking::{Candidate, Ranking, Reason, Why};
use super::{Pool, Resting};
use crate::ids::{KeyId, ProjectId};
use crate::lane::{Lane, State};
use crate::need::{Affinity, Need, Standing, Tried};

impl Pool {
    /// Who may serve `need`, best first, and why the others may not.
    pub fn rank(&self, need: &Need, tried: &Tried, now: Timestamp) -> Ranking {
        let mut choice = Choice::new(self, need.bucket(), tried, now);
        match need.affinity {
            Affinity::None => choice.consider_all(None),
            Affinity::Must(project) => choice.consider_only(project),
            Affinity::Should(project) => choice.consider_all(Some(project)),
        }
        choice.finish()
    }

    /// Takes the first candidate that still may serve `need`.
    pub fn reserve(&mut self, need: &Need, ranking: &Ranking, now: Timestamp) -> Option<Lease> {
        let candidate = *ranking.candidates.iter().find(|candidate| self.may_serve(candidate, need, now))?;
        let Candidate { key: id, project: project_id, .. } = candidate;
        self.turn += 1;
        let turn = self.turn;
        self.latest = self.latest.max(now);

        self.base.wake(now);
        self.base.touch(project_id, turn);
        if let Some(lane) = self.models.get_mut(need.bucket()).and_then(|model| model.lane.as_mut()) {
            lane.wake(now);
            lane.touch(project_id, turn);
        }
        let project = self.projects.get_mut(&project_id)?;
        project.keys.wake(now);
        project.keys.touch(id, turn);
        let key = self.keys.get_mut(&id)?;
        key.last_used = Some(now);
        key.counters.leases += 1;
        key.counters.open += 1;
        self.open += 1;
        Some(Lease { key: id, project: project_id, bucket: need.bucket().into(), turn })
    }

    fn may_serve(&self, candidate: &Candidate, need: &Need, now: Timestamp) -> bool {
        let Candidate { key, project, .. } = *candidate;
        let pinned_elsewhere = matches!(need.affinity, Affinity::Must(pinned) if pinned != project);
        let in_play = self.projects.get(&project).is_some_and(|project| project.keys.is_in_play(key, now));
        let rests = now < self.latest
            && (self.rest_behind(project, need.bucket(), now).is_some() || self.key_rest_behind(key, now).is_some());
        !pinned_elsewhere && in_play && !rests && self.lane(need.bucket()).is_in_play(project, now)
    }

    /// The rest of a project, or of its bucket, that the orders took for ended before the clock went back.
    fn rest_behind(&self, project: ProjectId, bucket: &str, now: Timestamp) -> Option<Resting> {
        let of_project = self.projects.get(&project).and_then(|project| project.rest);
        let bucket = self.models.get(bucket).and_then(|model| model.buckets.get(&project));
        let of_bucket = bucket.and_then(|bucket| match bucket.standing {
            super::Standing::Resting(rest) => Some(rest),
            super::Standing::InPlay | super::Standing::LastResort(_) | super::Standing::OffTier => None,
        });
        let rests = [of_project, of_bucket].into_iter().flatten().filter(|rest| rest.until > now);
        rests.max_by_key(|rest| rest.until)
    }

    /// Like [`Self::rest_behind`], for a key.
    fn key_rest_behind(&self, key: KeyId, now: Timestamp) -> Option<Resting> {
        self.keys.get(&key)?.rest.filter(|rest| rest.until > now)
    }

    /// The order of projects for a model.
    fn lane(&self, bucket: &str) -> &Lane<ProjectId> {
        self.models.get(bucket).and_then(|model| model.lane.as_ref()).unwrap_or(&self.base)
    }
}

/// A ranking in the making.
struct Choice<'a> {
    pool: &'a Pool,
    lane: &'a Lane<ProjectId>,
    bucket: &'a str,
    tried: &'a Tried,
    now: Timestamp,
    /// The clock went back: what the lane calls ready is to be looked at twice.
    doubt: bool,
    fresh: Vec<Candidate>,
    again: Vec<Candidate>,
    ranking: Ranking,
}

impl<'a> Choice<'a> {
    fn new(pool: &'a Pool, bucket: &'a str, tried: &'a Tried, now: Timestamp) -> Self {
        let (lane, doubt) = (pool.lane(bucket), now < pool.latest);
        let ranking = Ranking::default();
        Self { pool, lane, bucket, tried, now, doubt, fresh: Vec::new(), again: Vec::new(), ranking }
    }

    fn consider_all(&mut self, preferred: Option<ProjectId>) {
        let is_good = |project: &ProjectId| {
            self.lane.is_in_play(*project, self.now) && !self.lane.is_last_resort(*project, self.now)
        };
        let preferred = preferred.filter(is_good);
        if let Some(project) = preferred {
            self.consider(project, Why::Affinity);
        }
        for project in self.lane.in_play(self.now) {
            if self.is_enough() {
                break;
            }
            if Some(project) != preferred {
                let last_resort = self.lane.is_last_resort(project, self.now);
                self.consider(project, if last_resort { Why::LastResort } else { Why::LeastRecentlyUsed });
            }
        }
        for (reason, keys) in self.lane.out_of_play() {
            self.ranking.rejected.add(reason, keys);
        }
        self.returns_at(self.lane.first_waking(self.now).map(|(at, _)| at));
    }

    fn consider_only(&mut self, pinned: ProjectId) {
        let keys = self.pool.projects.get(&pinned).map_or(0, |project| project.keys.len());
        self.ranking.rejected.add(Reason::OtherProject, self.pool.keys.len() - keys);
        if self.lane.is_in_play(pinned, self.now) {
            return self.consider(pinned, Why::Affinity);
        }
        match self.lane.state(pinned) {
            Some(State::Asleep(until, reason)) => {
                self.ranking.rejected.add(reason, keys);
                self.returns_at(Some(until));
            }
            Some(State::Out(reason)) => self.ranking.rejected.add(reason, keys),
            Some(State::Ready | State::LastResort(_)) | None => {}
        }
    }

    /// Looks at the keys of a project in play.
    fn consider(&mut self, id: ProjectId, why: Why) {
        let Some(project) = self.pool.projects.get(&id) else { return };
        if self.doubt && !self.is_really_in_play(id) {
            return;
        }
        let mut tried = 0;
        for key in project.keys.in_play(self.now) {
            if self.is_enough() {
                break;
            }
            if self.doubt && self.pool.key_rest_behind(key, self.now).is_some() {
                continue;
            }
            match self.tried.standing(key, id, |key| Some(self.pool.keys.get(&key)?.project)) {
                Standing::Fresh => self.fresh.push(Candidate { key, project: id, why }),
                Standing::Later => self.again.push(Candidate { key, project: id, why: Why::TriedBefore }),
                Standing::Excluded => tried += 1,
            }
        }
        self.ranking.rejected.add(Reason::Tried, tried);
    }

    /// Whether a project that the lane calls ready is; if not, notes when it will be.
    fn is_really_in_play(&mut self, id: ProjectId) -> bool {
        let Some(project) = self.pool.projects.get(&id) else { return false };
        let in_play = |key: &KeyId| !matches!(project.keys.state(*key), Some(State::Out(_)));
        let key_rests = project.keys.members().filter(in_play).map(|key| self.pool.key_rest_behind(key, self.now));
        let of_keys = key_rests.min_by_key(|rest| rest.map(|rest| rest.until)).flatten();
        let rest = self.pool.rest_behind(id, self.bucket, self.now);
        let Some(rest) = [of_keys, rest].into_iter().flatten().max_by_key(|rest| rest.until) else { return true };
        self.ranking.rejected.add(Reason::Fault(rest.cause), project.keys.len());
        self.returns_at(Some(rest.until));
        false
    }

    fn is_enough(&self) -> bool {
        let found = if self.tried.stays_with_tried() { self.again.len() } else { self.fresh.len() };
        found >= self.pool.policy.candidates.max(1)
    }

    fn returns_at(&mut self, at: Option<Timestamp>) {
        self.ranking.returns_at = [self.ranking.returns_at, at].into_iter().flatten().min();
    }

    fn finish(self) -> Ranking {
        let (mut first, second) =
            if self.tried.stays_with_tried() { (self.again, self.fresh) } else { (self.fresh, self.again) };
        first.extend(second);
        first.truncate(self.pool.policy.candidates.max(1));
        Ranking { candidates: first, ..self.ranking }
    }
}
