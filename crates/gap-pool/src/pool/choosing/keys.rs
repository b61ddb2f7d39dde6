//! Which keys of a project that was chosen are taken, and in which order.

use std::cmp::Ordering;

use super::{Choice, Scored};
use crate::ids::ProjectId;
use crate::lane::State;
use crate::need::Standing;
use crate::pool::Member;
use crate::pool::ranking::{Candidate, Reason, Score, Why};

impl Choice<'_> {
    /// Takes the best key of a project.
    pub(super) fn take_best_key(&mut self, scored: &Scored) {
        let Some(project) = self.pool.projects.get(&scored.project) else { return };
        let mut excluded = 0;
        let mut best: Option<(&Member, Standing)> = None;
        for member in &project.members {
            if let Some(reason) = self.hindrance(member) {
                if reason == Reason::Busy {
                    self.ranking.rejected.add(reason, 1);
                    self.returns_in_a_moment();
                }
                continue;
            }
            let standing = self.standing(member, scored.project);
            if standing == Standing::Excluded {
                excluded += 1;
            } else if best.is_none_or(|(other, _)| self.comes_before(member, other) == Ordering::Less) {
                best = Some((member, standing));
            }
        }
        self.ranking.rejected.add(Reason::Tried, excluded);
        if let Some((member, standing)) = best {
            self.push(member, standing, scored);
        }
    }

    /// Takes the key of a project that comes as number `nth`.
    pub(super) fn take_key(&mut self, scored: &Scored, nth: usize) {
        let Some(project) = self.pool.projects.get(&scored.project) else { return };
        let free = project.members.iter().filter(|member| self.hindrance(member).is_none());
        let with_standing = free.map(|member| (member, self.standing(member, scored.project)));
        let mut keys: Vec<_> = with_standing.filter(|(_, standing)| *standing != Standing::Excluded).collect();
        keys.sort_by(|(one, _), (two, _)| self.comes_before(one, two));
        if let Some((member, standing)) = keys.get(nth) {
            self.push(member, *standing, scored);
        }
    }

    fn push(&mut self, member: &Member, standing: Standing, scored: &Scored) {
        let Scored { project, why, score, .. } = *scored;
        let candidate = Candidate { key: member.key, project, why, score: score.unwrap_or(Score::BEST) };
        match standing {
            Standing::Fresh => self.fresh.push(candidate),
            Standing::Later => self.again.push(Candidate { why: Why::TriedBefore, ..candidate }),
            Standing::Excluded => {}
        }
    }

    fn standing(&self, member: &Member, project: ProjectId) -> Standing {
        if self.tried.is_empty() {
            return Standing::Fresh;
        }
        self.tried.standing(member.key, project, |key| Some(self.pool.keys.get(&key)?.project))
    }

    /// Which of two keys of a project comes first.
    fn comes_before(&self, one: &Member, two: &Member) -> Ordering {
        let turn = self.pool.turn + 1;
        let pause = |member: &Member| turn.saturating_sub(member.turn).saturating_mul(u64::from(member.weight));
        pause(two).cmp(&pause(one)).then(two.weight.cmp(&one.weight))
    }

    /// Why a key of a project in play cannot be taken.
    fn hindrance(&self, member: &Member) -> Option<Reason> {
        match member.state {
            State::Asleep(until, reason) if until > self.now => return Some(reason),
            State::Out(reason) => return Some(reason),
            State::Ready | State::LastResort(_) | State::Asleep(..) => {}
        }
        if !member.serves(self.bucket) && !member.serves(self.need.bucket()) {
            return Some(Reason::OtherModel);
        }
        let rest = if self.doubt { self.pool.key_rest_behind(member.key, self.now) } else { None };
        rest.map(|rest| Reason::Fault(rest.cause))
    }
}
