//! Reserve: the first candidate that still has room, taken in one step, so that no two requests share the last place.

use std::time::Duration;

use jiff::Timestamp;

use super::lease::{Booking, Lease, Looks};
use super::ranking::{Candidate, Ranking};
use super::{Pool, Resting, Standing};
use crate::lane::State;
use crate::need::{Affinity, Need};
use crate::pacific::after;
use crate::quota::{Millis, UNLIMITED, millis};

/// So long the first request after a rest without a known end goes alone.
const LOOK: Duration = Duration::from_mins(1);

impl Pool {
    /// Takes the first candidate that still may serve `need`.
    pub fn reserve(&mut self, need: &Need, ranking: &Ranking, now: Timestamp) -> Option<Lease> {
        self.arrive(now);
        let candidate = *ranking.candidates.iter().find(|candidate| self.may_serve(candidate, need, now))?;
        let Candidate { key: id, project: project_id, .. } = candidate;
        self.turn += 1;
        let turn = self.turn;
        self.latest = self.latest.max(now);
        let name = self.counted_as(need.bucket());
        let bucket: Box<str> = name.into();
        let counted = self.counts(&bucket, project_id, now);

        match self.models.get_mut(&bucket).and_then(|model| model.lane.as_mut()) {
            Some(lane) => {
                lane.wake(now);
                lane.touch(project_id, turn, candidate.score.total());
            }
            None => self.base.touch(project_id, turn, 1.0),
        }
        self.base.wake(now);
        let key = self.keys.get_mut(&id)?;
        key.last_used = Some(now);
        key.counters.leases += 1;
        key.counters.open += 1;
        self.open += 1;
        let member = self.projects.get_mut(&project_id)?.member(id)?;
        member.turn = turn;
        member.open += 1;
        if member.open >= member.concurrency {
            self.refresh_key(id, now);
        }
        let booking = if counted { self.book(&bucket, candidate, need.tokens, now) } else { None };
        let looks = self.begin_looks(&bucket, candidate, now);
        Some(Lease {
            key: id,
            project: project_id,
            bucket: need.bucket().into(),
            turn,
            estimate: need.tokens,
            booking,
            looks,
        })
    }

    fn book(&mut self, name: &str, candidate: Candidate, tokens: u64, now: Timestamp) -> Option<Booking> {
        let (at, day_ends, rule) = (millis(now), self.day_ends(now), self.rule);
        let margin = self.models.get(name).map(|model| model.margin).unwrap_or_default();
        let bucket = self.counted_bucket(name, candidate.project)?;
        let tokens = margin.within(tokens, &bucket.caps(at));
        bucket.usage.book(tokens, at, day_ends, rule);
        let minute = bucket.usage.minute(at, rule);
        let day = bucket.usage.day(at, day_ends, rule);
        let seen = [minute.requests, minute.tokens, day.requests, day.tokens];
        let full = bucket.state(State::Ready, now, day_ends, rule) != State::Ready;
        let limited = bucket.caps != [UNLIMITED; 4];
        if full || limited && self.models.get(name).is_some_and(|model| model.lane.is_none()) {
            self.refresh_bucket(name, candidate.project, now);
        }
        self.touch_bucket(name, candidate.project);
        Some(Booking { at, tokens, day_ends, seen })
    }

    /// After a rest whose end was a guess, one request goes ahead; the others wait for what it finds.
    fn begin_looks(&mut self, name: &str, candidate: Candidate, now: Timestamp) -> Looks {
        let Candidate { key, project, .. } = candidate;
        let mut looks = Looks { pause: self.begin_pause_look(name, millis(now)), ..Looks::default() };
        let look = |rest: &mut Resting| {
            if !rest.wants_look(now) {
                return None;
            }
            rest.until = after(now, LOOK);
            Some(rest.until)
        };
        if let Some(rest) = self.keys.get_mut(&key).and_then(|key| key.rest.as_mut()) {
            looks.key = look(rest);
        }
        if let Some(rest) = self.projects.get_mut(&project).and_then(|project| project.rest.as_mut()) {
            looks.project = look(rest);
        }
        let bucket = self.models.get_mut(name).and_then(|model| model.buckets.get_mut(&project));
        if let Some(Standing::Resting(rest)) = bucket.map(|bucket| &mut bucket.standing) {
            looks.bucket = look(rest);
        }
        if looks.key.is_some() {
            self.refresh_key(key, now);
        }
        if looks.project.is_some() {
            self.refresh(project, now);
        }
        if looks.bucket.is_some() {
            self.refresh_bucket(name, project, now);
        }
        looks
    }

    fn begin_pause_look(&mut self, name: &str, at: Millis) -> bool {
        let of_model = self.models.get_mut(name).is_some_and(|model| model.breaker.ask(at));
        self.egress.ask(at) || of_model
    }

    fn may_serve(&self, candidate: &Candidate, need: &Need, now: Timestamp) -> bool {
        let Candidate { key, project, .. } = *candidate;
        let name = self.counted_as(need.bucket());
        let model = self.models.get(name);
        let lane = model.and_then(|model| model.lane.as_ref()).unwrap_or(&self.base);
        let pinned_elsewhere = matches!(need.affinity, Affinity::Must(pinned) if self.present(pinned) != project);
        let Some(found) = self.projects.get(&project) else { return false };
        let member = found.members.iter().find(|member| member.key == key);
        let in_play = member.is_some_and(|member| match member.state {
            State::Ready | State::LastResort(_) => member.serves(name) || member.serves(need.bucket()),
            State::Asleep(until, _) => until <= now,
            State::Out(_) => false,
        });
        let rests = now < self.latest
            && (self.rest_behind(project, name, now).is_some() || self.key_rest_behind(key, now).is_some());
        let expired = self.keys.get(&key).is_none_or(|key| key.expires_at.is_some_and(|at| at <= now));
        !pinned_elsewhere
            && in_play
            && !rests
            && !expired
            && self.pause(model, now).is_none()
            && lane.is_in_play(project, now)
            && self.room(model, name, project, need.tokens, now).is_ok()
    }
}
